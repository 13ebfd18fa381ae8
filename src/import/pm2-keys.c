/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "import/pm2.h"

#include <errno.h>

/* The key as PM2's schema has it, then its other spellings. */
static const char *const names[PM2_KEY_MAX] = {
        [PM2_APPEND_ENV_TO_NAME] = "append_env_to_name",
        [PM2_ARGS] = "args",
        [PM2_AUTORESTART] = "autorestart",
        [PM2_AUTOSTART] = "autostart",
        [PM2_CRON_RESTART] = "cron_restart cron",
        [PM2_CWD] = "cwd",
        [PM2_DISABLE_LOGS] = "disable_logs",
        [PM2_DISABLE_SOURCE_MAP_SUPPORT] = "disable_source_map_support",
        [PM2_ENV] = "env",
        [PM2_ERROR_FILE] = "error_file error err err_file err_log",
        [PM2_EXEC_INTERPRETER] = "exec_interpreter interpreter",
        [PM2_EXEC_MODE] = "exec_mode",
        [PM2_EXECUTE_COMMAND] = "execute_command",
        [PM2_EXP_BACKOFF] = "exp_backoff_restart_delay",
        [PM2_FILTER_ENV] = "filter_env",
        [PM2_GID] = "gid",
        [PM2_IGNORE_WATCH] = "ignore_watch",
        [PM2_INCREMENT_VAR] = "increment_var",
        [PM2_INSTANCES] = "instances",
        [PM2_INSTANCE_VAR] = "instance_var",
        [PM2_KILL_TIMEOUT] = "kill_timeout",
        [PM2_LISTEN_TIMEOUT] = "listen_timeout",
        [PM2_LOG_DATE_FORMAT] = "log_date_format",
        [PM2_LOG_FILE] = "log_file log",
        [PM2_LOG_TYPE] = "log_type",
        [PM2_MAX_MEMORY_RESTART] = "max_memory_restart",
        [PM2_MAX_RESTARTS] = "max_restarts",
        [PM2_MERGE_LOGS] = "merge_logs combine_logs",
        [PM2_MIN_UPTIME] = "min_uptime",
        [PM2_NAME] = "name",
        [PM2_NAMESPACE] = "namespace",
        [PM2_NAME_PREFIX] = "name_prefix",
        [PM2_NODE_ARGS] = "node_args interpreterArgs interpreter_args",
        [PM2_OUT_FILE] = "out_file out output out_log",
        [PM2_PID_FILE] = "pid_file pid",
        [PM2_PORT] = "port",
        [PM2_RESTART_DELAY] = "restart_delay",
        [PM2_SCRIPT] = "script exec cmd command",
        [PM2_SHUTDOWN_WITH_MESSAGE] = "shutdown_with_message",
        [PM2_SOURCE_MAP_SUPPORT] = "source_map_support",
        [PM2_STOP_EXIT_CODES] = "stop_exit_codes",
        [PM2_TIME] = "time",
        [PM2_TREEKILL] = "treekill",
        [PM2_UID] = "uid user",
        [PM2_WAIT_READY] = "wait_ready",
        [PM2_WATCH] = "watch",
        [PM2_WATCH_DELAY] = "watch_delay",
};

typedef struct Ignored {
        const char *key, *why;
        bool unless_false; /* false asks for nothing */
} Ignored;

static const Ignored ignored[] = {
        { "automation", "there is no agent in the process", true },
        { "deep_monitoring", "there is no agent in the process", true },
        { "disable_trace", "there is no agent in the process", true },
        { "event_loop_inspector", "there is no agent in the process", true },
        { "force", "a unit is started by its name, never twice", true },
        { "install_url", "npm fetches packages" },
        { "io", "there is no agent in the process" },
        { "kill_retry_time", "the end of a process is an event, not looked for again and again" },
        { "pmx", "there is no agent in the process", true },
        { "post_update", "what follows an update stands in ExecBuild= of [X-Deploy]" },
        { "trace", "there is no agent in the process", true },
        { "username", "PM2 fills it in itself: who runs the app is in uid" },
        { "v8", "there is no agent in the process", true },
        { "vizion", "git knows about versions", true },
        { "watch_options", "what is watched is said by X-Watch=, X-WatchIgnore= and X-WatchDelaySec=" },
        { "windowsHide", "there are no windows", true },
        { "write", "the unit file is what there is", true },
};

static bool is_among(const char *spellings, const char *key) {
        size_t n = strlen(key);

        for (const char *p = spellings; *p; p += strspn(p, " ")) {
                size_t k = strcspn(p, " ");

                if (k == n && memcmp(p, key, n) == 0)
                        return true;
                p += k;
        }
        return false;
}

static int find(const char *key) {
        for (int i = 0; i < PM2_KEY_MAX; i++)
                if (is_among(names[i], key))
                        return i;
        return -1;
}

static const Ignored *find_ignored(const char *key) {
        for (size_t i = 0; i < ELEMENTSOF(ignored); i++)
                if (str_equal(ignored[i].key, key))
                        return ignored + i;
        return NULL;
}

int pm2_keys_read(Pm2App *a) {
        Map m __attribute__((cleanup(map_release))) = { 0 };
        int r = map_read(a->tree, a->node, &m);

        for (size_t i = 0; i < m.n && r >= 0; i++) {
                int key = find(m.v[i].key);

                /* The name of the schema counts before its other spellings. */
                if (key >= 0 && node_kind(m.v[i].value) != NODE_NULL &&
                    (!a->given[key] || str_starts_with(names[key], m.v[i].key)))
                        a->given[key] = m.v[i].value;
        }
        return r;
}

void pm2_keys_drop(Pm2App *a) {
        Map m __attribute__((cleanup(map_release))) = { 0 };
        bool asked;

        if (map_read(a->tree, a->node, &m) < 0)
                a->import->error = -ENOMEM;
        for (size_t i = 0; i < m.n; i++) {
                const Ignored *it = find_ignored(m.v[i].key);

                if (it && (!it->unless_false || node_bool(m.v[i].value, &asked) < 0 || asked))
                        draft_drop(a->draft, "%s (line %u): %s", it->key, node_line(m.v[i].value), it->why);
                else if (!it && find(m.v[i].key) < 0 && !str_starts_with(m.v[i].key, "env_"))
                        draft_drop(a->draft, "%s (line %u): PM2 has no such key", m.v[i].key,
                                   node_line(m.v[i].value));
        }
}

void pm2_keys_list(Buf *b) {
        for (size_t i = 0; i < PM2_KEY_MAX; i++)
                for (const char *p = names[i]; *p; p += strspn(p, " ")) {
                        size_t n = strcspn(p, " ");

                        buf_addf(b, "%.*s\n", (int)n, p);
                        p += n;
                }
        for (size_t i = 0; i < ELEMENTSOF(ignored); i++)
                buf_addf(b, "%s\n", ignored[i].key);
}
