/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What an init script says of itself, and the unit that follows from it:
 * systemd-sysv-generator(8).
 *
 * script_parse() reads the comments of one script: the LSB header between
 * "### BEGIN INIT INFO" and "### END INIT INFO", the older "# description:"
 * and "# pidfile:" lines, and the usage text, which tells whether the script
 * can reload. It opens nothing. What cannot be used is one finding with file
 * and line; the rest counts. Which runlevels start the script is not said
 * here but by the links in rcN.d, see scripts.h: "Default-Start:" and its like
 * are instructions for the program that makes those links.
 *
 * Facilities are translated on the way: $network and its like to targets,
 * anything else to the service of that name. "$all" stands for all other
 * scripts, which only scripts.h knows.
 */

#include "base/report.h"

typedef struct Script {
        char *path; /* owned, as everything here; of the script */
        char *unit; /* NAME.service */
        char *description, *pid_file;
        char **before, **after, **wants;
        char **aliases;   /* further names, from Provides: */
        char **wanted_by; /* targets whose runlevels start it */
        int position;     /* NN of its SNN links, the highest; -1: none */
        bool loaded;      /* read: there will be a unit */
        bool lsb;         /* it has an LSB header */
        bool after_all;   /* it asks for $all */
        bool can_reload;
} Script;

void script_release(Script *s);
/* Fills what the text says. 0 or -ENOMEM. */
int script_parse(Script *s, const char *text, size_t len, Report *r);

/* facility.c */
typedef enum Facility {
        FACILITY_NOTHING, /* always there, or the script itself */
        FACILITY_UNIT,    /* *ret_unit */
        FACILITY_ALL,
        FACILITY_INVALID, /* no unit can have that name */
} Facility;
/* An outcome or -ENOMEM. */
int facility_translate(const char *word, const char *script_path, char **ret_unit);

/* script-write.c: the unit file as text. 0 or -ENOMEM. */
int script_format(const Script *s, Buf *b);
