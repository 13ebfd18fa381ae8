/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The configuration of supervisord, as supervisor 4.2 reads it.
 *
 *      supervisord.c           the file, what it includes, its groups, the order of starts
 *      supervisord-program.c   [program:x] and [fcgi-program:x]
 *      supervisord-start.c     the settings of a program: how it is started, restarted and stopped
 *      supervisord-text.c      "%(name)s", pairs of the environment, command lines
 *      ini.c                   the format of the file
 */

#include "import/formats.h"
#include "import/ini.h"

#define PROGRAMS_MAX 4096 /* processes, of all programs */

/* What "%(name)s" may stand for. */
typedef struct Expansions {
        char **variables;     /* owned: "name=value", with ENV_ names among them */
        unsigned process_num; /* of the process */
        bool as_instance;     /* process_num is DRAFT_INSTANCE; it must be written without a width then */
        bool width_wanted;    /* ... but was not */
} Expansions;

typedef struct Supervisord {
        Import *import;
        Ini ini;
        char **files;       /* by number */
        char **environment; /* of [supervisord], "NAME=value" */
        Expansions base;    /* here, host_node_name, ENV_ */
} Supervisord;

typedef struct Program {
        Supervisord *all;
        IniSection *section;
        const char *name;   /* what follows the colon; borrowed */
        const char *group;  /* borrowed; its own name, or that of the [group:x] */
        const char *target; /* borrowed; of the group, if it has one */
        bool fcgi;
        unsigned processes, first;
} Program;

/* supervisord-text.c. 0; -EINVAL: it cannot be read, *ret_bad (owned) says what; -ENOMEM. */
int supervisord_expand(Expansions *x, const char *text, char **ret, char **ret_bad);
int supervisord_pairs(const char *text, char ***ret); /* "A=b,C='d'" */

/* supervisord-program.c: units of it; *ret_units grows by their names. 0, or negative: memory. */
int supervisord_program(Program *p, char ***ret_units);

typedef struct Process { /* of a program, or all of them as a set */
        const Program *program;
        Draft *draft;
        Expansions *expansions;
        bool set;
} Process;

/* supervisord-start.c */
const char *supervisord_get(const Process *p, const char *key,
                            char **ret_owned); /* expanded; NULL: not there */
long supervisord_number(const Process *p, const char *key, long otherwise);
bool supervisord_is(const Process *p, const char *key, bool otherwise);
void supervisord_write_start(Process *p);
void supervisord_write_logs(Process *p);
