/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What a crontab says, crontab(5), and the units that follow from it:
 * svinit-cron-generator(8).
 *
 * crontab_parse() reads the text of one file and opens nothing. A line that
 * cannot be used is one finding with file and line; the others count. Names
 * of users are taken as they stand: who runs the job finds out.
 */

#include "base/report.h"

typedef struct CronJob {
        unsigned line;
        bool at_boot;     /* @reboot: no calendars */
        char **calendars; /* owned, as everything here; values for OnCalendar=: each of them is an occasion */
        char *user;
        char *command;      /* for the shell */
        char *input;        /* its standard input, with newlines; NULL: none */
        char **environment; /* what was assigned above the line */
} CronJob;

typedef struct Crontab {
        char *path, *owner; /* owner NULL: each line names its user */
        char *unit_prefix;  /* "cron-NAME": the units are numbered */
        CronJob *jobs;
        size_t n, capacity;
} Crontab;

void crontab_release(Crontab *t);
/* Adds the jobs of the text. 0 or -ENOMEM. */
int crontab_parse(Crontab *t, const char *text, size_t len, Report *r);

/* schedule.c: five fields, or "@daily" and its like ("@reboot" is not for here), in a time zone (NULL: local). */
typedef struct CronTimes {
        uint64_t minutes, hours, days, months,
                weekdays;          /* a bit for each; days, months and weekdays from 1, Monday */
        bool any_day, any_weekday; /* the field begins with '*': only the other one decides */
} CronTimes;
int cron_times_parse(char *const *fields, CronTimes *ret, const char **ret_bad); /* 0; -EINVAL: that field */
int cron_times_named(const char *name, CronTimes *ret);                          /* 0 or -EINVAL */
int cron_times_format(const CronTimes *t, const char *zone, char ***ret);        /* 0 or -ENOMEM */

/* units.c: unit files as text; number counts from 1. 0 or -ENOMEM. */
int cron_unit_name(const Crontab *t, size_t number, const char *suffix, char **ret);
int cron_format_service(const Crontab *t, const CronJob *job, Buf *b);
int cron_format_timer(const Crontab *t, const CronJob *job, Buf *b);
