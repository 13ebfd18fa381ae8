/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "manager/config.h"

#include "conf/unit-file.h"
#include "conf/words.h"
#include "host/account-file.h"
#include "unit/spec.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#define CONFIG_MAX (1024 * 1024)
#define CONFIG_FILE "/etc/svinit/svinit.conf"
#define CONFIG_DIRECTORY "/etc/svinit/svinit.conf.d"

void config_init(Config *c) {
        *c = (Config){ .default_timeout_start = 90 * USEC_PER_SEC,
                       .default_timeout_stop = 90 * USEC_PER_SEC,
                       .default_restart_delay = 100 * USEC_PER_MSEC,
                       .default_start_limit_interval = 10 * USEC_PER_SEC,
                       .default_start_limit_burst = 5,
                       .log_level = -1,
                       .pass_environment = true,
                       .bus_driver = true };
}

void config_release(Config *c) {
        strv_free(c->default_environment);
        free(c->control_users.v);
        free(c->control_groups.v);
        free(c->log_format);
        free(c->profile);
        *c = (Config){ 0 };
}

typedef struct ConfigKey {
        const char *key;
        int (*set)(Config *c, const char *value);
        const char *expects;
} ConfigKey;

static int set_span(usec_t *field, const char *value) {
        usec_t t;
        int r = timespan_parse(value, USEC_PER_SEC, &t);

        if (r >= 0)
                *field = t;
        return r;
}

static int set_timeout_start(Config *c, const char *v) {
        return set_span(&c->default_timeout_start, v);
}

static int set_timeout_stop(Config *c, const char *v) {
        return set_span(&c->default_timeout_stop, v);
}

static int set_restart(Config *c, const char *v) {
        return set_span(&c->default_restart_delay, v);
}

static int set_limit_interval(Config *c, const char *v) {
        return set_span(&c->default_start_limit_interval, v);
}

static int set_limit_burst(Config *c, const char *v) {
        return parse_unsigned(v, &c->default_start_limit_burst);
}

static int set_shutdown(Config *c, const char *v) {
        if (str_equal(v, "auto")) {
                c->shutdown_timeout = 0;
                return 0;
        }
        return set_span(&c->shutdown_timeout, v);
}

static int set_environment(Config *c, const char *v) {
        char **words auto_strv = NULL;
        int r;

        if (!*v) {
                strv_free(TAKE(c->default_environment));
                return 0;
        }
        r = words_split(v, WORDS_QUOTES | WORDS_UNESCAPE_RELAX, &words);
        STRV_FOREACH (w, words) {
                if (r >= 0 && !env_assignment_is_valid(*w))
                        r = -EINVAL;
                if (r >= 0)
                        r = env_set(&c->default_environment, *w);
        }
        return r;
}

static bool is_format(const char *v) {
        static const char *const known[] = { "prefix", "raw", "short-iso", "json", "none" };

        for (size_t i = 0; i < ELEMENTSOF(known); i++)
                if (str_equal(v, known[i]))
                        return true;
        return false;
}

/* One for both outputs, or one for each. */
static int set_format(Config *c, const char *v) {
        char **words auto_strv = NULL;
        int r = words_split(v, 0, &words);

        if (r < 0)
                return r;
        if (strv_length(words) < 1 || strv_length(words) > 2)
                return -EINVAL;
        STRV_FOREACH (w, words)
                if (!is_format(*w))
                        return -EINVAL;
        free(TAKE(c->log_format));
        return strv_join(words, " ", &c->log_format);
}

static int set_journal(Config *c, const char *v) {
        c->real_journal = str_equal(v, "systemd-journald");
        return c->real_journal || str_equal(v, "svinit-journald") ? 0 : -EINVAL;
}

static int set_level(Config *c, const char *v) {
        static const char *const names[] = { "emerg",   "alert",  "crit", "err",
                                             "warning", "notice", "info", "debug" };

        for (int i = 0; i < 8; i++)
                if (str_equal(v, names[i]) || (v[0] == '0' + i && v[1] == 0)) {
                        c->log_level = i;
                        return 0;
                }
        return -EINVAL;
}

static int set_strict(Config *c, const char *v) {
        return parse_bool(v, &c->strict);
}

static int set_pass(Config *c, const char *v) {
        return parse_bool(v, &c->pass_environment);
}

static int set_driver(Config *c, const char *v) {
        return parse_bool(v, &c->bus_driver);
}

static int set_profile(Config *c, const char *v) {
        if (!profile_name_is_valid(v) && v[0])
                return -EINVAL;
        return str_replace(&c->profile, v[0] ? v : NULL);
}

bool id_list_contains(const IdList *l, id_t id) {
        for (size_t i = 0; i < l->n; i++)
                if (l->v[i] == id)
                        return true;
        return false;
}

static int find_user(const char *name, id_t *ret) {
        AccountEntry e = { 0 };
        int r = account_file_user(name, &e);

        if (r >= 0)
                *ret = e.uid;
        account_entry_release(&e);
        return r;
}

static int find_group(const char *name, id_t *ret) {
        gid_t gid;
        int r = account_file_group(name, &gid);

        if (r >= 0)
                *ret = gid;
        return r;
}

/* Names are looked up here and never again: who asks is known by numbers. -1 is who nobody knows. */
static int parse_id(const char *word, int (*find)(const char *name, id_t *ret), id_t *ret) {
        unsigned n;

        if (parse_unsigned(word, &n) < 0)
                return find(word, ret);
        *ret = n;
        return *ret == (id_t)-1 ? -EINVAL : 0;
}

static int set_ids(IdList *list, const char *value, int (*find)(const char *name, id_t *ret)) {
        char **words auto_strv = NULL;
        id_t *ids auto_free = NULL;
        size_t n = 0;
        int r = words_split(value, 0, &words);

        if (r < 0)
                return r;
        ids = calloc(strv_length(words) + 1, sizeof(id_t));
        if (!ids)
                return -ENOMEM;
        STRV_FOREACH (w, words) {
                r = parse_id(*w, find, ids + n++);
                if (r < 0)
                        return r;
        }
        free(list->v);
        *list = (IdList){ TAKE(ids), n };
        return 0;
}

static int set_users(Config *c, const char *v) {
        return set_ids(&c->control_users, v, find_user);
}

static int set_groups(Config *c, const char *v) {
        return set_ids(&c->control_groups, v, find_group);
}

static const ConfigKey keys[] = {
        { "BusControlGroups", set_groups, "group ids and names of /etc/group" },
        { "BusControlUsers", set_users, "user ids and names of /etc/passwd" },
        { "BusDriver", set_driver, "a boolean" },
        { "DefaultEnvironment", set_environment, "assignments NAME=value" },
        { "DefaultPassEnvironment", set_pass, "a boolean" },
        { "DefaultProfile", set_profile, "the name of a profile" },
        { "DefaultRestartSec", set_restart, "a time span" },
        { "DefaultStartLimitBurst", set_limit_burst, "a number" },
        { "DefaultStartLimitIntervalSec", set_limit_interval, "a time span" },
        { "DefaultTimeoutStartSec", set_timeout_start, "a time span" },
        { "DefaultTimeoutStopSec", set_timeout_stop, "a time span" },
        { "Journal", set_journal, "svinit-journald or systemd-journald" },
        { "LogFormat", set_format,
          "prefix, raw, short-iso, json or none, or two of them: for stdout and for stderr" },
        { "LogLevel", set_level, "a syslog level such as info or debug" },
        { "ShutdownTimeoutSec", set_shutdown, "auto or a time span" },
        { "Strict", set_strict, "a boolean" },
};

typedef struct ConfigRead {
        Config *config;
        Report *report;
} ConfigRead;

static int on_assignment(const Assignment *a, void *userdata) {
        ConfigRead *read = userdata;
        int r;

        if (!str_equal(a->section, "Manager"))
                return 0;
        for (size_t i = 0; i < ELEMENTSOF(keys); i++) {
                if (!str_equal(a->key, keys[i].key))
                        continue;
                r = keys[i].set(read->config, a->value);
                if (r == -ENOMEM)
                        return r;
                if (r < 0)
                        report_add(read->report, SEVERITY_ERROR, a->file, a->line, a->key,
                                   "'%s' is not %s; the default is kept.", a->value, keys[i].expects);
                return 0;
        }
        report_add(read->report, SEVERITY_WARNING, a->file, a->line, a->key,
                   "Unknown key in section [Manager], ignored.");
        return 0;
}

int config_read_text(Config *c, const char *file, Text text, Report *report) {
        return unit_file_parse(file, text, on_assignment, &(ConfigRead){ c, report }, report);
}

static int read_file(Config *c, const char *path, Report *report) {
        char *data auto_free = NULL;
        int fd auto_fd = -1;
        struct stat st;
        ssize_t n;

        fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
        if (fd < 0)
                return errno == ENOENT ? 0 : -errno;
        if (fstat(fd, &st) < 0)
                return -errno;
        if (!S_ISREG(st.st_mode) || st.st_size > CONFIG_MAX) {
                report_add(report, SEVERITY_ERROR, path, 0, NULL,
                           "Not a regular file of at most 1 MiB; ignored.");
                return 0;
        }
        data = malloc((size_t)st.st_size + 1);
        if (!data)
                return -ENOMEM;
        n = read(fd, data, (size_t)st.st_size);
        if (n < 0)
                return -errno;
        return config_read_text(c, path, (Text){ data, (size_t)n }, report);
}

static int is_conf(const struct dirent *e) {
        return str_ends_with(e->d_name, ".conf") && e->d_name[0] != '.';
}

static int set_from_environment(Config *c, char *const *env, const char *name, const char *key,
                                Report *report) {
        const char *value = env_get(env, name, strlen(name));

        if (!value)
                return 0;
        return on_assignment(&(Assignment){ "Manager", key, value, name, 0 }, &(ConfigRead){ c, report });
}

int config_load(Config *c, char *const *environ_at_start, Report *report) {
        struct dirent **names = NULL;
        int n, r;

        config_init(c);
        r = read_file(c, CONFIG_FILE, report);
        n = scandir(CONFIG_DIRECTORY, &names, is_conf, alphasort);
        for (int i = 0; i < n; i++) {
                char path[512];

                snprintf(path, sizeof(path), CONFIG_DIRECTORY "/%s", names[i]->d_name);
                if (r >= 0)
                        r = read_file(c, path, report);
                free(names[i]);
        }
        free(names);
        if (r >= 0)
                r = set_from_environment(c, environ_at_start, "SVINIT_STOP_BUDGET", "ShutdownTimeoutSec",
                                         report);
        if (r >= 0)
                r = set_from_environment(c, environ_at_start, "SVINIT_LOG_FORMAT", "LogFormat", report);
        if (r >= 0)
                r = set_from_environment(c, environ_at_start, "SVINIT_LOG_LEVEL", "LogLevel", report);
        if (r >= 0)
                r = set_from_environment(c, environ_at_start, "SVINIT_PROFILE", "DefaultProfile", report);
        return r;
}
