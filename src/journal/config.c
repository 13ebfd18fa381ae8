/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "journal/config.h"

#include "journal/compress.h"
#include "journal/line.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <syslog.h>
#include <unistd.h>

#define CONFIG_FILE_MAX (256 * 1024)
#define COMPLAINTS_MAX 20U
#define SYNC_INTERVAL_DEFAULT (5 * USEC_PER_MINUTE)

static const char *const mode_names[STORAGE_MODE_MAX] = {
        [STORAGE_AUTO] = "auto",
        [STORAGE_PERSISTENT] = "persistent",
        [STORAGE_VOLATILE] = "volatile",
        [STORAGE_NONE] = "none",
};

int config_init(Config *c) {
        *c = (Config){
                .formats = { RENDER_PREFIX, RENDER_PREFIX },
                .forward = { [FORWARD_SYSLOG] = true, [FORWARD_WALL] = true },
                .max_level = { [FORWARD_SYSLOG] = LOG_DEBUG,
                               [FORWARD_KMSG] = LOG_NOTICE,
                               [FORWARD_CONSOLE] = LOG_INFO,
                               [FORWARD_WALL] = LOG_EMERG },
                .max_level_store = LOG_DEBUG,
                .storage.compress_from = COMPRESS_FROM_DEFAULT,
                .read_kmsg = true,
                .tty_path = strdup("/dev/console"),
                .line_max = LINE_MAX_DEFAULT,
                .sync_interval = SYNC_INTERVAL_DEFAULT,
                .rate_burst = 10000,
                .persistent_dir = strdup("/var/log/journal"),
                .runtime_dir = strdup("/run/log/journal"),
                .syslog_socket = strdup("/run/systemd/journal/syslog"),
        };
        return c->persistent_dir && c->runtime_dir && c->syslog_socket && c->tty_path ? 0 : -ENOMEM;
}

void config_release(Config *c) {
        free(c->hostname);
        free(c->machine_id);
        free(c->persistent_dir);
        free(c->runtime_dir);
        free(c->syslog_socket);
        strv_free(c->complaints);
        free(c->tty_path);
        *c = (Config){ 0 };
}

int config_parse_size(const char *s, uint64_t *ret) {
        static const char units[] = "KMGTPE";
        uint64_t v, factor = 1;
        char number[24];
        const char *unit;
        size_t n = strspn(s, "0123456789");

        if (n == 0 || n >= sizeof(number))
                return -EINVAL;
        memcpy(number, s, n);
        number[n] = 0;
        if (parse_u64(number, &v) < 0)
                return -ERANGE;

        unit = s[n] ? strchr(units, s[n]) : NULL;
        if (unit) {
                for (const char *u = units; u <= unit; u++)
                        factor *= 1024;
                n++;
        }
        if (s[n] == 'B' && unit)
                n++;
        if (s[n] != 0)
                return -EINVAL;
        if (v > UINT64_MAX / factor)
                return -ERANGE;
        *ret = v * factor;
        return 0;
}

/* A truth value, or from how many bytes on. */
static int assign_compress(const char *value, uint64_t *ret) {
        uint64_t v;
        bool wanted;
        int r;

        if (parse_bool(value, &wanted) == 0) {
                *ret = wanted ? COMPRESS_FROM_DEFAULT : 0;
                return 0;
        }
        r = config_parse_size(value, &v);
        if (r >= 0)
                *ret = MAX(v, (uint64_t)COMPRESS_FROM_MIN);
        return r;
}

static int assign_mode(Config *c, const char *value) {
        for (int m = 0; m < STORAGE_MODE_MAX; m++)
                if (str_equal(value, mode_names[m])) {
                        c->storage.mode = (StorageMode)m;
                        return 0;
                }
        return -EINVAL;
}

static int assign_line_max(Config *c, const char *value) {
        uint64_t v;
        int r;

        r = config_parse_size(value, &v);
        if (r < 0)
                return r;
        c->line_max = v < LINE_MAX_MIN ? LINE_MAX_MIN : MIN(v, (uint64_t)STATE_CARRY_MAX);
        return 0;
}

static int assign_level(const char *value, int *ret) {
        static const char *const names[] = { "emerg",   "alert",  "crit", "err",
                                             "warning", "notice", "info", "debug" };
        int level;

        for (int i = 0; i <= LOG_DEBUG; i++)
                if (str_equal(value, names[i])) {
                        *ret = i;
                        return 0;
                }
        if (parse_int(value, &level) < 0 || level < 0 || level > LOG_DEBUG)
                return -EINVAL;
        *ret = level;
        return 0;
}

/* ForwardToKMsg=, MaxLevelKMsg= and their like, MaxLevelStore=. 1: another key. */
static int assign_forward(Config *c, const char *key, const char *value) {
        static const char *const names[FORWARD_TO_MAX] = {
                [FORWARD_SYSLOG] = "Syslog",
                [FORWARD_KMSG] = "KMsg",
                [FORWARD_CONSOLE] = "Console",
                [FORWARD_WALL] = "Wall",
        };
        const char *to = str_after(key, "ForwardTo"), *level = str_after(key, "MaxLevel");

        for (int i = 0; i < FORWARD_TO_MAX; i++)
                if (to && str_equal(to, names[i]))
                        return parse_bool(value, &c->forward[i]);
                else if (level && str_equal(level, names[i]))
                        return assign_level(value, &c->max_level[i]);
        return level && str_equal(level, "Store") ? assign_level(value, &c->max_level_store) : 1;
}

static int assign(Config *c, const char *key, const char *value) {
        const struct {
                const char *key;
                uint64_t *size;
        } sizes[] = {
                { "SystemMaxUse", &c->storage.persistent.max_use },
                { "SystemKeepFree", &c->storage.persistent.keep_free },
                { "SystemMaxFileSize", &c->storage.persistent.max_file_size },
                { "SystemMaxFiles", &c->storage.persistent.max_files },
                { "RuntimeMaxUse", &c->storage.runtime.max_use },
                { "RuntimeKeepFree", &c->storage.runtime.keep_free },
                { "RuntimeMaxFileSize", &c->storage.runtime.max_file_size },
                { "RuntimeMaxFiles", &c->storage.runtime.max_files },
                { "RateLimitBurst", &c->rate_burst },
        };
        const struct {
                const char *key;
                usec_t *span;
        } spans[] = {
                { "MaxRetentionSec", &c->storage.max_retention_usec },
                { "MaxFileSec", &c->storage.max_file_usec },
                { "SyncIntervalSec", &c->sync_interval },
                { "RateLimitIntervalSec", &c->rate_interval },
        };

        for (size_t i = 0; i < ELEMENTSOF(sizes); i++)
                if (str_equal(key, sizes[i].key))
                        return config_parse_size(value, sizes[i].size);
        for (size_t i = 0; i < ELEMENTSOF(spans); i++)
                if (str_equal(key, spans[i].key))
                        return timespan_parse(value, USEC_PER_SEC, spans[i].span);

        if (str_equal(key, "Storage"))
                return assign_mode(c, value);
        if (str_equal(key, "Compress"))
                return assign_compress(value, &c->storage.compress_from);
        if (str_equal(key, "LineMax"))
                return assign_line_max(c, value);
        if (str_equal(key, "ReadKMsg"))
                return parse_bool(value, &c->read_kmsg);
        if (str_equal(key, "TTYPath"))
                return *value == '/' ? str_replace(&c->tty_path, value) : -EINVAL;
        return assign_forward(c, key, value);
}

/* Of journald.conf(5), and nothing here: there is no sealing, no audit, one journal for all users. */
static bool is_elsewhere(const char *key) {
        return str_equal(key, "Seal") || str_equal(key, "SplitMode") || str_equal(key, "Audit");
}

static void complain(Config *c, const char *path, unsigned line, const char *key, const char *value) {
        char *text = NULL;
        int r;

        if (strv_length(c->complaints) >= COMPLAINTS_MAX)
                return;
        if (value)
                r = str_printf(&text, "%s:%u: %s=: '%s' is not understood and ignored.", path, line, key,
                               value);
        else
                r = str_printf(&text, "%s:%u: Unknown key '%s' in section [Journal]; it is ignored.", path,
                               line, key);
        if (r >= 0)
                (void)strv_push(&c->complaints, text);
}

void config_parse(Config *c, const char *path, const char *text, size_t n) {
        char *copy auto_free = strndup(text, n), *rest = copy, *line;
        unsigned number = 0;
        bool ours = false;

        while ((line = strsep(&rest, "\n"))) {
                char *eq, *key, *value;
                int r;

                number++;
                line = str_strip(line);
                if (*line == '[')
                        ours = str_equal(line, "[Journal]");
                if (*line == '[' || *line == '#' || *line == ';' || !ours)
                        continue;
                eq = strchr(line, '=');
                if (!eq)
                        continue;
                *eq = 0;
                key = str_strip(line);
                value = str_strip(eq + 1);
                r = assign(c, key, value);
                if (r < 0 || (r > 0 && !is_elsewhere(key)))
                        complain(c, path, number, key, r < 0 ? value : NULL);
        }
}

static void load_file(Config *c, const char *path) {
        char *text auto_free = malloc(CONFIG_FILE_MAX);
        int fd auto_fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
        ssize_t n;

        n = fd >= 0 && text ? read(fd, text, CONFIG_FILE_MAX) : -1;
        if (n > 0)
                config_parse(c, path, text, (size_t)n);
}

static const char *name_of(const char *path) {
        return strrchr(path, '/') + 1;
}

static int compare_names(const void *a, const void *b) {
        return strcmp(name_of(*(char *const *)a), name_of(*(char *const *)b));
}

/* One of the same name in a directory that comes earlier stands for it. */
static bool has_name(char *const *paths, const char *name) {
        STRV_FOREACH (path, paths)
                if (str_equal(name_of(*path), name))
                        return true;
        return false;
}

static void add_drop_ins(char ***paths, const char *dir) {
        DIR *d = opendir(dir);
        struct dirent *e;

        while (d && (e = readdir(d))) {
                char *path = NULL;

                if (e->d_name[0] != '.' && str_ends_with(e->d_name, ".conf") &&
                    !has_name(*paths, e->d_name) && str_printf(&path, "%s/%s", dir, e->d_name) >= 0)
                        (void)strv_push(paths, path);
        }
        if (d)
                closedir(d);
}

void config_load_from(Config *c, const char *root) {
        static const char *const dirs[] = { "/etc", "/run", "/usr/local/lib", "/usr/lib" };
        char path[PATH_MAX], **paths = NULL;

        snprintf(path, sizeof(path), "%s/etc/systemd/journald.conf", root);
        load_file(c, path);
        for (size_t i = 0; i < ELEMENTSOF(dirs); i++) {
                snprintf(path, sizeof(path), "%s%s/systemd/journald.conf.d", root, dirs[i]);
                add_drop_ins(&paths, path);
        }
        if (paths)
                qsort(paths, strv_length(paths), sizeof(char *), compare_names);
        STRV_FOREACH (drop_in, paths)
                load_file(c, *drop_in);
        strv_free(paths);
}

/* One word for both outputs, or one for each. */
static int assign_formats(Config *c, const char *value) {
        RenderFormat formats[2];

        if (render_formats_from_string(value, formats) < 0)
                return -EINVAL;
        memcpy(c->formats, formats, sizeof(formats));
        return 0;
}

static int option(Config *c, const char *name, const char *value) {
        if (str_equal(name, "format"))
                return assign_formats(c, value);
        if (str_equal(name, "storage"))
                return assign_mode(c, value);
        if (str_equal(name, "max-use")) {
                int r = config_parse_size(value, &c->storage.persistent.max_use);

                c->storage.runtime.max_use = c->storage.persistent.max_use;
                return r;
        }
        if (str_equal(name, "hostname"))
                return str_replace(&c->hostname, value);
        if (str_equal(name, "machine-id"))
                return str_replace(&c->machine_id, value);
        if (str_equal(name, "persistent-dir"))
                return str_replace(&c->persistent_dir, value);
        if (str_equal(name, "runtime-dir"))
                return str_replace(&c->runtime_dir, value);
        if (str_equal(name, "syslog-socket"))
                return str_replace(&c->syslog_socket, value);
        if (str_equal(name, "set")) {
                char *line auto_free = NULL;
                int r = str_printf(&line, "[Journal]\n%s\n", value);

                if (r >= 0)
                        config_parse(c, "--set", line, strlen(line));
                return r;
        }
        return -EINVAL;
}

int config_arguments(Config *c, int argc, char *argv[]) {
        for (int i = 1; i < argc; i++) {
                char *name auto_free = NULL;
                const char *arg = str_after(argv[i], "--"), *eq = arg ? strchr(arg, '=') : NULL;
                int r = -EINVAL;

                if (eq) {
                        name = strndup(arg, (size_t)(eq - arg));
                        r = name ? option(c, name, eq + 1) : -ENOMEM;
                }
                if (r < 0) {
                        fprintf(stderr, "svinit-journald: argument \"%s\" was not understood.\n", argv[i]);
                        return r;
                }
        }

        c->storage.persistent_dir = c->persistent_dir;
        c->storage.runtime_dir = c->runtime_dir;
        return 0;
}
