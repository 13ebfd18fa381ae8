/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * `svctl logs`: the journal through sd-journal, with journalctl's options and
 * journalctl's output, line by line; nothing of ours parses the files.
 *
 *      logs.c          the verb: what was asked for, from where to where, following
 *      match.c         options and arguments -> what sd-journal matches
 *      set.c           what belongs to a set of instances
 *      later.c         following units that are still to come
 *      places.c        following where the journal goes on in another directory
 *      boot.c          boots and invocations: lists, and "-1" -> an id
 *      entry.c         one entry as a line: the short forms and our own for terminals
 *      fields.c        one entry with all fields: verbose, export, JSON, cat
 *      text.c          what may be printed of a message, and how
 *      grep.c          patterns: PCRE2 where the library is there, else POSIX
 *      keep.c          rotate, flush, sync, vacuum, disk usage, headers
 *
 * An entry is read once, field by field, as asking for each field by name
 * would go through the entry again each time.
 */

#include "ctl/core/ctl.h"

#include <limits.h>
#include <stdio.h>
#include <systemd/sd-journal.h>

#define LOGS_ALL_LINES UINT_MAX
#define FIELD_PRINT_MAX 300 /* bytes of a field in a line, as journalctl has it */

typedef enum LogsMode {
        LOGS_SHORT,
        LOGS_SHORT_FULL,
        LOGS_SHORT_ISO,
        LOGS_SHORT_ISO_PRECISE,
        LOGS_SHORT_PRECISE,
        LOGS_SHORT_MONOTONIC,
        LOGS_SHORT_DELTA,
        LOGS_SHORT_UNIX,
        LOGS_WITH_UNIT,
        LOGS_ALIGNED, /* our own: TIME UNIT | MESSAGE, each unit in a colour of its own */
        LOGS_VERBOSE,
        LOGS_EXPORT,
        LOGS_JSON,
        LOGS_JSON_PRETTY,
        LOGS_JSON_SSE,
        LOGS_JSON_SEQ,
        LOGS_CAT,
        LOGS_MODE_MAX,
} LogsMode;

typedef struct LogsPattern LogsPattern;
typedef struct LogsParts LogsParts; /* of a line */

typedef struct Logs {
        Ctl *c;
        const LogsOptions *o; /* of c */
        sd_journal *j;        /* owned */
        FILE *out;            /* borrowed */
        LogsMode mode;
        bool utc, full;                /* full: lines are not shortened */
        unsigned columns;              /* where they are */
        unsigned lines;                /* at most so many; LOGS_ALL_LINES */
        bool oldest;                   /* the first ones of the range, not the last ones */
        usec_t since, until;           /* 0: not said; USEC_INFINITY: not said */
        LogsPattern *pattern;          /* owned; NULL: none */
        size_t match_start, match_end; /* in the message that the pattern has found last */
        char *cursor;                  /* owned; of the entry shown last, when that is asked for */
        LogsParts *parts;              /* owned; kept from line to line */
        unsigned width;                /* of the column of names: LOGS_ALIGNED */
        size_t n_shown;
        sd_id128_t boot; /* of the entry shown last */
        bool has_boot;
        usec_t before; /* LOGS_SHORT_DELTA: when that was */
        sd_id128_t before_boot;
        bool has_before;
        char *const *later_units, *const *later_matches; /* borrowed; NULL: what is followed is all known */
        char *later_from; /* owned; where the journal ended when it was opened */
        bool is_later;
        char *const *units, *const *matches; /* borrowed; what was asked for */
        int places_fd;                       /* owned; tells of directories that come; -1: none is missing */
        unsigned n_places;                   /* that are there */
        char *place;                         /* owned; the entry that was read last, while some are missing */
} Logs;

/* match.c     : everything that was asked for becomes a match; 1: there can be no such entry; else 0, or negative and said. */
int logs_match(Logs *l, char *const *units, char *const *matches);
/* match.c: how an entry can belong to a unit: its name in `field`, besides fields that say who wrote that. The last is 0. */
typedef struct LogsWay {
        const char *field, *with, *value, *and, *other;
} LogsWay;
extern const LogsWay logs_ways[];
/*
 * later.c: a pattern fits units as well that write their first line while one
 * follows. So from then on an entry is asked whose it is, in place of matches.
 */
void logs_later_begin(Logs *l, char *const *units,
                      char *const *matches); /* before anything is matched or shown */
int logs_later_follow(Logs *l); /* 1: stands on the first entry that has come since; 0: there is none yet */
bool logs_later_fits(Logs *l);
/* places.c: */
void logs_places_watch(Logs *l);
void logs_places_remember(Logs *l); /* where it stands now */
int logs_places_changed(Logs *l);   /* 1: stands on the first entry behind that place; 0: there is none yet */
/* set.c: the instances of a set, by their names. 0 or negative. */
bool logs_is_instance(const char *unit, const char *name);
int logs_add_instances(Logs *l, const char *unit, char ***names);
void logs_say_unknown(Logs *l); /* nothing was found: is there such a unit? */
/* The entries of these units alone. */
int logs_match_units(Logs *l, char *const *units);
bool logs_print_facilities(const LogsOptions *o); /* --facility=help */
int logs_add_match(sd_journal *j, const char *field, const char *value);

/* boot.c      */
int logs_list_boots(Logs *l);                 /* exit code */
int logs_find_boot(Logs *l, sd_id128_t *ret); /* what -b says; 0: found; 1: none is meant; negative: said */
int logs_find_invocation(Logs *l, char *const *units, sd_id128_t *ret); /* 0, or negative: said */

/* entry.c     , fields.c     ; 0, or a negative errno */
int logs_print(Logs *l);
void logs_parts_free(LogsParts *parts);
int logs_print_fields(Logs *l);

/* text.c      */
typedef struct LogsText {
        const char *data;
        size_t n;
} LogsText;
bool logs_is_printable(const char *s, size_t n, bool newline); /* UTF-8 without control characters but tabs */
bool logs_shall_print(const Logs *l, LogsText t);              /* a field that stands in a line */
void logs_print_blob(Logs *l, size_t n);
/* Lines of text, those after the first behind `indent` blanks. */
void logs_print_lines(Logs *l, unsigned indent, LogsText t, const char *color);
/* Tabs become blanks, colours and links go. The text is changed in place. */
size_t logs_strip(char *s, size_t n);
void logs_print_catalog(Logs *l); /* -x: what the catalogue says of the entry */

/* grep.c      */
int logs_pattern_new(const char *text, const char *case_sensitive, LogsPattern **ret); /* negative: said */
void logs_pattern_free(LogsPattern *p);
bool logs_pattern_finds(const LogsPattern *p, LogsText t, size_t *ret_start, size_t *ret_end);

/* keep.c      */
bool logs_keep_asked(const LogsOptions *o);
int logs_keep(Logs *l); /* exit code */
int logs_open(Logs *l);
/* The journal that svinit-journald keeps in memory when it can write nowhere, and these files; -ENOENT: there is none. */
int logs_open_memory(sd_journal **ret, char *const *others);
void logs_say_why_none(Logs *l); /* a journal that is empty may be one that may not be read */
