/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Options and arguments -> the matches of sd-journal. What belongs to a unit is what `journalctl -u` shows of it. */

#include "ctl/logs/logs.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>

int logs_add_match(sd_journal *j, const char *field, const char *value) {
        char *m auto_free = NULL;
        int r = str_printf(&m, "%s=%s", field, value);

        return r < 0 ? r : sd_journal_add_match(j, m, 0);
}

/* One alternative: all of these fields. The list ends with NULL. */
static int add_alternative(sd_journal *j, ...) {
        const char *field;
        va_list ap;
        int r = 0;

        va_start(ap, j);
        while (r >= 0 && (field = va_arg(ap, const char *)))
                r = logs_add_match(j, field, va_arg(ap, const char *));
        va_end(ap);
        return r < 0 ? r : sd_journal_add_disjunction(j);
}

/* What it wrote, its core dumps, what was said about it by svinit, PID 1 or not, and by those who may say so. */
const LogsWay logs_ways[] = {
        { "_SYSTEMD_UNIT" },
        { "COREDUMP_UNIT", "_UID", "0", "MESSAGE_ID", "fc2e22bc6ee647b6b90729ab34a250b1" },
        { "UNIT", "_PID", "1" },
        { "UNIT", "_SYSTEMD_UNIT", "init.scope" },
        { "OBJECT_SYSTEMD_UNIT", "_UID", "0" },
        { "_SYSTEMD_SLICE" },
        { 0 },
};

static int match_unit(sd_journal *j, const char *unit) {
        int r = 0;

        for (const LogsWay *w = logs_ways; w->field && r >= 0; w++)
                r = add_alternative(j, w->field, unit, w->with, w->value, w->and, w->other, NULL);
        return r;
}

/* The units of the journal that a glob fits. */
static int collect(sd_journal *j, const char *glob, char ***names) {
        int r = 0;

        for (const LogsWay *w = logs_ways; w->field && r >= 0; w++) {
                size_t n, skip = strlen(w->field) + 1;
                const void *data;

                r = sd_journal_query_unique(j, w->field);
                while (r >= 0 && sd_journal_enumerate_available_unique(j, &data, &n) > 0) {
                        char name[UNIT_NAME_MAX + 1];

                        snprintf(name, sizeof(name), "%.*s", (int)(n - skip), (const char *)data + skip);
                        if (fnmatch(glob, name, FNM_NOESCAPE) == 0)
                                r = strv_add_unique(names, name);
                }
        }
        return r;
}

int logs_match_units(Logs *l, char *const *units) {
        char **names auto_strv = NULL;
        int r = 0;

        STRV_FOREACH (u, units)
                if (r >= 0)
                        r = strpbrk(*u, "*?[") ? collect(l->j, *u, &names) : strv_add_unique(&names, *u);
        STRV_FOREACH (u, units)
                if (r >= 0)
                        r = logs_add_instances(l, *u, &names);
        STRV_FOREACH (name, names)
                if (r >= 0)
                        r = match_unit(l->j, *name);
        if (r >= 0 && units && *units && !names)
                return 1;
        return r >= 0 ? sd_journal_add_conjunction(l->j) : r;
}

/* Levels and facilities */

static int level(const char *text) {
        static const char *const names[] = { "emerg",   "alert",  "crit", "err",
                                             "warning", "notice", "info", "debug" };

        for (int i = 0; i < 8; i++)
                if (str_equal(text, names[i]) || (text[0] == '0' + i && !text[1]))
                        return i;
        return -EINVAL;
}

static int match_priority(Logs *l, const char *text) {
        char *copy auto_free = strdup(text);
        char *dots = copy ? strstr(copy, "..") : NULL;
        int from, to, r = 0;

        if (!copy)
                return -ENOMEM;
        if (dots)
                *dots = 0;
        from = dots ? level(copy) : 0;
        to = level(dots ? dots + 2 : copy);
        if (from < 0 || to < 0) {
                ctl_print_error(
                        "--priority: '%s' is not a level such as err or 3, or a range such as warning..err",
                        text);
                return -EINVAL;
        }
        for (int i = MIN(from, to); i <= MAX(from, to) && r >= 0; i++)
                r = logs_add_match(l->j, "PRIORITY", (char[]){ (char)('0' + i), 0 });
        return r >= 0 ? sd_journal_add_conjunction(l->j) : r;
}

static const char *const facility_names[] = { "kern",   "user",   "mail",   "daemon", "auth",     "syslog",
                                              "lpr",    "news",   "uucp",   "cron",   "authpriv", "ftp",
                                              "12",     "13",     "14",     "15",     "local0",   "local1",
                                              "local2", "local3", "local4", "local5", "local6",   "local7" };

static int facility(const char *text) {
        unsigned n;

        for (size_t i = 0; i < ELEMENTSOF(facility_names); i++)
                if (str_equal(text, facility_names[i]))
                        return (int)i;
        return parse_unsigned(text, &n) >= 0 && n < 128 ? (int)n : -EINVAL;
}

static int match_facilities(Logs *l) {
        int r = 0;

        STRV_FOREACH (f, l->o->facilities) {
                int n = facility(*f);
                char text[12];

                if (n < 0) {
                        ctl_print_error("--facility: '%s' is none; --facility=help lists them", *f);
                        return n;
                }
                snprintf(text, sizeof(text), "%d", n);
                if (r >= 0)
                        r = logs_add_match(l->j, "SYSLOG_FACILITY", text);
        }
        return r >= 0 ? sd_journal_add_conjunction(l->j) : r;
}

bool logs_print_facilities(const LogsOptions *o) {
        if (!strv_contains(o->facilities, "help"))
                return false;
        puts("Available facilities:");
        for (size_t i = 0; i < ELEMENTSOF(facility_names); i++)
                puts(facility_names[i]);
        return true;
}

/* Arguments */

/* A program is found by its path, a script by its name. */
static int match_path(Logs *l, const char *path) {
        char *full auto_free = realpath(path, NULL);
        char two[2] = "";
        struct stat st;
        FILE *f;

        if (!full || stat(full, &st) < 0)
                return ctl_print_error("%s: %s", path, strerror(errno)), -errno;
        if (!S_ISREG(st.st_mode) || !(st.st_mode & 0111))
                return ctl_print_error("%s: only programs can be looked for by their path", path), -EINVAL;
        f = fopen(full, "re");
        if (f) {
                (void)!fread(two, 1, 2, f);
                fclose(f);
        }
        if (two[0] == '#' && two[1] == '!') {
                char comm[16];

                snprintf(comm, sizeof(comm), "%s", strrchr(full, '/') + 1);
                return logs_add_match(l->j, "_COMM", comm);
        }
        return logs_add_match(l->j, "_EXE", full);
}

static int match_arguments(Logs *l, char *const *matches) {
        bool has_term = false;
        int r = 0;

        STRV_FOREACH (m, matches) {
                if (str_equal(*m, "+")) {
                        if (!has_term)
                                break;
                        r = sd_journal_add_disjunction(l->j);
                        has_term = false;
                } else {
                        r = **m == '/' ? match_path(l, *m) : sd_journal_add_match(l->j, *m, 0);
                        has_term = true;
                        if (r == -EINVAL && **m != '/')
                                ctl_print_error("'%s' is not a match such as FIELD=VALUE", *m);
                }
                if (r < 0)
                        return r;
        }
        if (!has_term && matches && *matches)
                return ctl_print_error("'+' stands between two matches"), -EINVAL;
        return sd_journal_add_conjunction(l->j);
}

static int match_boot(Logs *l, const sd_id128_t *boot) {
        char id[SD_ID128_STRING_MAX];
        int r = logs_add_match(l->j, "_BOOT_ID", sd_id128_to_string(*boot, id));

        return r >= 0 ? sd_journal_add_conjunction(l->j) : r;
}

static int match_invocation(Logs *l, const sd_id128_t *invocation) {
        char id[SD_ID128_STRING_MAX];
        int r;

        (void)sd_id128_to_string(*invocation, id);
        r = add_alternative(l->j, "_SYSTEMD_INVOCATION_ID", id, NULL);
        if (r >= 0)
                r = add_alternative(l->j, "_PID", "1", "INVOCATION_ID", id, NULL);
        if (r >= 0)
                r = add_alternative(l->j, "_SYSTEMD_UNIT", "init.scope", "INVOCATION_ID", id, NULL);
        return r >= 0 ? sd_journal_add_conjunction(l->j) : r;
}

static int match_fixed(Logs *l, const char *field, char *const *values) {
        int r = 0;

        STRV_FOREACH (v, values)
                if (r >= 0)
                        r = logs_add_match(l->j, field, *v);
        return r >= 0 ? sd_journal_add_conjunction(l->j) : r;
}

/* What has to be looked up comes first: looking up takes matches of its own, and leaves none. */
int logs_match(Logs *l, char *const *units, char *const *matches) {
        char *kernel[] = { (char *)"kernel", NULL };
        sd_id128_t boot, invocation;
        const LogsOptions *o = l->o;
        int r = 0, no_boot = 1;
        bool nothing = false;

        if (o->boot || o->kernel)
                r = no_boot = logs_find_boot(l, &boot);
        if (r >= 0 && o->invocation)
                r = logs_find_invocation(l, units, &invocation);
        if (r >= 0 && no_boot == 0)
                r = match_boot(l, &boot);
        if (r >= 0 && o->kernel)
                r = match_fixed(l, "_TRANSPORT", kernel);
        if (r >= 0 && o->invocation)
                r = match_invocation(l, &invocation);
        else if (r >= 0) {
                r = logs_match_units(l, units);
                nothing = r > 0;
        }
        if (r >= 0)
                r = match_fixed(l, "SYSLOG_IDENTIFIER", o->identifiers);
        if (r >= 0 && o->priority)
                r = match_priority(l, o->priority);
        if (r >= 0)
                r = match_facilities(l);
        if (r >= 0)
                r = match_arguments(l, matches);
        return r < 0 ? r : nothing;
}
