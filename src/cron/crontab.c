/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cron/crontab.h"

#include <errno.h>
#include <string.h>

static void job_release(CronJob *j) {
        strv_free(j->calendars);
        strv_free(j->environment);
        free(j->user);
        free(j->command);
        free(j->input);
        *j = (CronJob){ 0 };
}

void crontab_release(Crontab *t) {
        for (size_t i = 0; i < t->n; i++)
                job_release(t->jobs + i);
        free(t->jobs);
        free(t->path);
        free(t->owner);
        free(t->unit_prefix);
        *t = (Crontab){ 0 };
}

typedef struct Reader {
        Crontab *table;
        Report *report;
        unsigned line;
        char **environment; /* so far */
        char *zone;         /* CRON_TZ= */
} Reader;

static bool is_blank(char c) {
        return c == ' ' || c == '\t';
}

static const char *skip_blanks(const char *s) {
        while (is_blank(*s))
                s++;
        return s;
}

#define COMPLAIN(rd, key, ...)                                                                               \
        report_add((rd)->report, SEVERITY_ERROR, (rd)->table->path, (rd)->line, key, __VA_ARGS__)

/* Assignments */

/* One pair of quotes around all of it goes; blanks at the ends as well, unless they are quoted. */
static char *unquoted(const char *s, size_t n) {
        while (n > 0 && is_blank(s[n - 1]))
                n--;
        if (n >= 2 && (s[0] == '"' || s[0] == '\'') && s[n - 1] == s[0]) {
                s++;
                n -= 2;
        }
        return strndup(s, n);
}

static int set_zone(Reader *rd, const char *value) {
        static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/";

        if (value[strspn(value, allowed)]) {
                COMPLAIN(rd, "CRON_TZ", "'%s' is not the name of a time zone; it is ignored.", value);
                return 0;
        }
        return str_replace(&rd->zone, *value ? value : NULL);
}

static int assign(Reader *rd, const char *name, const char *value) {
        char *assignment auto_free = NULL;
        int r;

        if (str_equal(name, "CRON_TZ"))
                return set_zone(rd, value);
        if (str_equal(name, "MAILTO") && *value)
                report_add(rd->report, SEVERITY_NOTE, rd->table->path, rd->line, name,
                           "No mail is sent to '%s': what jobs write is in the journal.", value);
        r = str_printf(&assignment, "%s=%s", name, value);
        if (r < 0)
                return r;
        if (!env_assignment_is_valid(assignment)) {
                COMPLAIN(rd, NULL, "'%s' is not an assignment of an environment variable; it is ignored.",
                         assignment);
                return 0;
        }
        return env_set(&rd->environment, assignment);
}

/* NAME = value. 1: it was one; 0: it is something else; -ENOMEM. */
static int read_assignment(Reader *rd, const char *s) {
        char *name auto_free = NULL, *value auto_free = NULL;
        const char *end;
        size_t n;
        int r;

        if (*s == '"' || *s == '\'') {
                n = strcspn(s + 1, (char[]){ *s, 0 });
                end = s[n + 1] ? s + n + 2 : s + n + 1;
                s++;
        } else {
                n = strcspn(s, "= \t");
                end = s + n;
        }
        end = skip_blanks(end);
        if (n == 0 || *end != '=')
                return 0;
        end = skip_blanks(end + 1);
        name = strndup(s, n);
        value = unquoted(end, strlen(end));
        if (!name || !value)
                return -ENOMEM;
        r = assign(rd, name, value);
        return r < 0 ? r : 1;
}

/* Jobs */

/* The next word; "" at the end. -ENOMEM or 0. */
static int take_word(const char **p, char **ret) {
        const char *s = skip_blanks(*p);
        size_t n = strcspn(s, " \t");

        *ret = strndup(s, n);
        *p = s + n;
        return *ret ? 0 : -ENOMEM;
}

static int read_fields(Reader *rd, const char **p, const char *first, CronTimes *ret) {
        char *rest[4] = { 0 };
        const char *bad = NULL;
        int r = 0;

        for (size_t i = 0; i < ELEMENTSOF(rest) && r >= 0; i++)
                r = take_word(p, rest + i);
        if (r >= 0) {
                char *const fields[] = { (char *)first, rest[0], rest[1], rest[2], rest[3] };

                r = cron_times_parse(fields, ret, &bad);
                if (r == -EINVAL)
                        COMPLAIN(rd, NULL,
                                 "'%s' is not a field of a schedule; expected minute, hour, day, month and "
                                 "weekday, each '*', numbers, ranges or steps; the line is ignored.",
                                 bad);
        }
        for (size_t i = 0; i < ELEMENTSOF(rest); i++)
                free(rest[i]);
        return r;
}

/* 0; -EINVAL: said. */
static int read_schedule(Reader *rd, const char **p, CronJob *job) {
        char *first auto_free = NULL;
        CronTimes times;
        int r = take_word(p, &first);

        if (r < 0)
                return r;
        if (strcasecmp(first, "@reboot") == 0) {
                job->at_boot = true;
                return 0;
        }
        if (first[0] == '@') {
                r = cron_times_named(first, &times);
                if (r < 0)
                        COMPLAIN(rd, NULL,
                                 "'%s' is not a schedule; expected @reboot, @yearly, @monthly, @weekly, "
                                 "@daily or @hourly; the line is ignored.",
                                 first);
        } else {
                r = read_fields(rd, p, first, &times);
        }
        return r < 0 ? r : cron_times_format(&times, rd->zone, &job->calendars);
}

/* What follows the first '%' is input, further ones end its lines; "\%" is a plain one. */
static int read_command(const char *s, CronJob *job) {
        Buf command auto_buf = { 0 }, input auto_buf = { 0 };
        bool in_input = false;
        int r;

        for (; *s; s++) {
                Buf *b = in_input ? &input : &command;

                if (s[0] == '\\' && s[1] == '%')
                        buf_add_char(b, *++s);
                else if (*s == '%' && in_input)
                        buf_add_char(b, '\n');
                else if (*s == '%')
                        in_input = true;
                else
                        buf_add_char(b, *s);
        }
        if (in_input)
                buf_add_char(&input, '\n');
        r = buf_take(&command, &job->command);
        return r < 0 || !in_input ? r : buf_take(&input, &job->input);
}

static int read_user(Reader *rd, const char **p, CronJob *job) {
        int r;

        if (rd->table->owner) {
                job->user = strdup(rd->table->owner);
                return job->user ? 0 : -ENOMEM;
        }
        r = take_word(p, &job->user);
        if (r >= 0 && (!*job->user || strpbrk(job->user, "\\%\"'"))) {
                COMPLAIN(rd, NULL,
                         "'%s' behind the schedule is no user; expected a user and a command; the line is "
                         "ignored.",
                         job->user);
                r = -EINVAL;
        }
        return r;
}

static int read_job(Reader *rd, const char *s, CronJob *job) {
        int r;

        job->line = rd->line;
        r = read_schedule(rd, &s, job);
        if (r >= 0)
                r = read_user(rd, &s, job);
        s = skip_blanks(s);
        if (r >= 0 && !*s) {
                COMPLAIN(rd, NULL, "There is no command; the line is ignored.");
                r = -EINVAL;
        }
        if (r >= 0)
                r = read_command(s, job);
        return r < 0 ? r : strv_copy(rd->environment, &job->environment);
}

static int read_line(Reader *rd, const char *s) {
        Crontab *t = rd->table;
        CronJob job = { 0 };
        int r;

        s = skip_blanks(s);
        if (!*s || *s == '#')
                return 0;
        r = read_assignment(rd, s);
        if (r != 0)
                return MIN(r, 0);
        r = read_job(rd, s, &job);
        if (r >= 0)
                r = array_reserve(&t->jobs, &t->capacity, t->n + 1, sizeof(job));
        if (r < 0)
                job_release(&job);
        else
                t->jobs[t->n++] = job;
        return r == -EINVAL ? 0 : r;
}

/* Text that is no text: control characters would change what a unit file means. */
static bool is_text(const char *s, size_t n) {
        for (size_t i = 0; i < n; i++)
                if (((unsigned char)s[i] < 0x20 && s[i] != '\t') || s[i] == 0x7f)
                        return false;
        return str_is_utf8(s, n);
}

int crontab_parse(Crontab *t, const char *text, size_t len, Report *report) {
        Reader rd = { .table = t, .report = report };
        int r = 0;

        while (len > 0 && r >= 0) {
                const char *end = memchr(text, '\n', len);
                size_t n = end ? (size_t)(end - text) : len;
                char *line auto_free = strndup(text, n);

                rd.line++;
                if (!line)
                        r = -ENOMEM;
                else if (!is_text(text, n))
                        COMPLAIN(&rd, NULL,
                                 "The line is not UTF-8, or has control characters; it is ignored.");
                else
                        r = read_line(&rd, line);
                text += n + (end != NULL);
                len -= n + (end != NULL);
        }
        strv_free(rd.environment);
        free(rd.zone);
        return r;
}
