/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cron/files.h"
#include "conf/name.h"
#include "load/generated.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <unistd.h>

#define SYSTEM_TABLE "/etc/crontab"
#define SYSTEM_TABLES "/etc/cron.d"
#define USER_TABLES "/var/spool/cron/crontabs"

static const Root system_root = { .prefix = (char *)"", .fd = -1 };

/* 1, 0 or negative errno. */
static int daemon_is_there(void) {
        static const char *const daemons[] = { "cron.service",  "crond.service",         "cronie.service",
                                               "bcron.service", "busybox-crond.service", "cron.target" };
        NativeUnits units = { .known = false };
        int r = 0;

        for (size_t i = 0; i < ELEMENTSOF(daemons) && r == 0; i++) {
                bool masked;

                r = native_unit_is_there(&units, daemons[i], &masked);
                if (r > 0 && masked)
                        r = 0;
        }
        native_units_release(&units);
        return r;
}

typedef struct Writer {
        const char *directory;
        int dirfd;
        Report *report;
        int daemon; /* is there one? negative: not asked yet */
        int worst;  /* the first failure */
} Writer;

static int write_job(Writer *w, const Crontab *t, size_t number) {
        const CronJob *job = t->jobs + number - 1;
        char *service auto_free = NULL, *timer auto_free = NULL;
        Buf service_text auto_buf = { 0 }, timer_text auto_buf = { 0 };
        int r = cron_unit_name(t, number, "service", &service);

        if (r >= 0)
                r = cron_unit_name(t, number, "timer", &timer);
        if (r >= 0)
                r = cron_format_service(t, job, &service_text);
        if (r >= 0)
                r = cron_format_timer(t, job, &timer_text);
        if (r >= 0)
                r = generated_write(w->dirfd, service, &service_text);
        if (r >= 0)
                r = generated_write(w->dirfd, timer, &timer_text);
        return r < 0 ? r : generated_want(w->dirfd, timer, "timers.target");
}

static void write_jobs(Writer *w, const Crontab *t) {
        for (size_t i = 1; i <= t->n; i++) {
                int r = write_job(w, t, i);

                if (r >= 0)
                        continue;
                report_add(w->report, SEVERITY_ERROR, t->path, t->jobs[i - 1].line, NULL,
                           "The units of this job cannot be written to %s: %s; it will not run.",
                           w->directory, strerror(-r));
                if (w->worst == 0)
                        w->worst = r;
        }
}

/* Who may write the file decides as whom commands run. */
static bool is_trusted(const struct stat *st, const char *path, const char *owner, Report *report) {
        const struct passwd *user = owner ? getpwnam(owner) : NULL;

        if (st->st_mode & (S_IWGRP | S_IWOTH)) {
                report_add(report, SEVERITY_ERROR, path, 0, NULL,
                           "Others than its owner may write it (mode %04o; expected at most 0644); it is "
                           "left out.",
                           (unsigned)st->st_mode & 07777);
                return false;
        }
        if (st->st_uid == 0 || st->st_uid == geteuid() || (user && user->pw_uid == st->st_uid))
                return true;
        report_add(report, SEVERITY_ERROR, path, 0, NULL,
                   "It belongs to user %u and not to root%s%s; it is left out.", (unsigned)st->st_uid,
                   owner ? " or " : "", owner ? owner : "");
        return false;
}

/* 0, or -ENOMEM; all else is said. */
static int read_table(Crontab *t, Report *report) {
        Text text = { 0 };
        struct stat st;
        int r = root_read_file(&system_root, t->path, &text, &st);

        if (r == READ_OK && is_trusted(&st, t->path, t->owner, report))
                r = crontab_parse(t, text.data, text.len, report);
        else if (r != READ_OK && r != READ_MASK && r != -ENOENT)
                report_add(report, SEVERITY_ERROR, t->path, 0, NULL, "%s; it is left out.",
                           r < 0 ? strerror(-r) : read_outcome_words(r));
        free(text.data);
        return r == -ENOMEM ? r : 0;
}

static bool is_plain(const char *name) {
        for (const char *c = name; *c; c++)
                if (!isalnum((unsigned char)*c) && *c != '-' && *c != '_')
                        return false;
        return *name;
}

/* Escaped only where it must be; name NULL: none. */
static int unit_prefix(const char *prefix, const char *name, char **ret) {
        char *escaped auto_free = NULL;
        int r = 0;

        if (!name)
                return str_printf(ret, "%s", prefix);
        if (!is_plain(name))
                r = name_escape(name, &escaped);
        return r < 0 ? r : str_printf(ret, "%s-%s", prefix, escaped ?: name);
}

static int take_table(Writer *w, const char *path, const char *prefix, const char *name, const char *owner) {
        Crontab t = { 0 };
        int r = unit_prefix(prefix, name, &t.unit_prefix);

        t.path = strdup(path);
        t.owner = owner ? strdup(owner) : NULL;
        if (!t.path || (owner && !t.owner))
                r = -ENOMEM;
        if (r >= 0)
                r = read_table(&t, w->report);
        if (r >= 0 && t.n > 0 && w->daemon < 0)
                r = w->daemon = daemon_is_there();
        if (r >= 0 && w->daemon == 0)
                write_jobs(w, &t);
        crontab_release(&t);
        return r;
}

/* A file for each user, named after him. */
static bool is_user_name(const char *name) {
        return str_is_utf8(name, strlen(name)) && !strpbrk(name, " \t\n~\\%\"'");
}

static int take_directory(Writer *w, const char *directory, bool of_users) {
        char **names auto_strv = NULL;
        int r = root_list(&system_root, directory, &names);

        if (r == -ENOENT || r == -EACCES)
                return 0;
        STRV_FOREACH (name, names) {
                char *path auto_free = NULL;

                /* What packagers and editors leave behind in /etc/cron.d has a dot or a tilde: cron(8) skips it. */
                if (r < 0 || !(of_users ? is_user_name(*name) : is_plain(*name)))
                        continue;
                r = str_printf(&path, "%s/%s", directory, *name);
                if (r >= 0)
                        r = take_table(w, path, of_users ? "crontab" : "cron", *name,
                                       of_users ? *name : NULL);
        }
        return r;
}

int crontabs_generate(const char *directory, Report *report) {
        int fd auto_fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        Writer w = { .directory = directory, .dirfd = fd, .report = report, .daemon = -1 };
        int r;

        if (fd < 0) {
                r = -errno;
                report_add(report, SEVERITY_ERROR, directory, 0, NULL, "cannot be opened: %s", strerror(-r));
                return r;
        }
        r = take_table(&w, SYSTEM_TABLE, "crontab", NULL, NULL);
        if (r >= 0)
                r = take_directory(&w, SYSTEM_TABLES, false);
        if (r >= 0)
                r = take_directory(&w, USER_TABLES, true);
        return r < 0 ? r : w.worst;
}
