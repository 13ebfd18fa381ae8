/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* How the process is kept, from PM2's defaults on: they are written down, so that the app behaves as before. */

#include "cron/crontab.h"
#include "import/pm2.h"

#include <errno.h>
#include <stdlib.h>

static void set_time(Pm2App *a, const char *section, const char *key, double ms) {
        Buf b auto_buf = { 0 };

        pm2_format_milliseconds(ms, &b);
        if (b.error < 0)
                a->import->error = b.error;
        else
                draft_set(a->draft, section, key, b.data);
}

static void write_instances(Pm2App *a) {
        const char *increment = pm2_text(a, PM2_INCREMENT_VAR), *n = pm2_text(a, PM2_INSTANCES);

        if (a->set)
                draft_set(a->draft, "Service", "X-Instances", str_equal(n, "0") ? "max" : n);
        if (a->cluster)
                draft_set(a->draft, "Service", "X-IPC", "node-cluster");
        else if (a->node_runs_it)
                draft_set(a->draft, "Service", "X-IPC", "node");
        if (increment)
                draft_words(a->draft, "Service", "X-IncrementEnvironment",
                            (char *[]){ (char *)increment, NULL });
}

static void write_start(Pm2App *a) {
        double ms = 3000;
        bool given = pm2_time(a, PM2_LISTEN_TIMEOUT, &ms), waits = pm2_is(a, PM2_WAIT_READY, false);

        if (waits && a->node_runs_it)
                draft_set(a->draft, "Service", "X-ReadyOn", "message");
        else if (waits)
                draft_drop(a->draft, "wait_ready: only a program of node sends that message");
        if (given || (waits && a->node_runs_it))
                set_time(a, "Service", "TimeoutStartSec", ms);
}

static void write_stop(Pm2App *a) {
        double ms = 1600;

        (void)pm2_time(a, PM2_KILL_TIMEOUT, &ms);
        draft_set(a->draft, "Service", "KillSignal", "SIGINT");
        set_time(a, "Service", "TimeoutStopSec", ms);
        if (!pm2_is(a, PM2_TREEKILL, true))
                draft_set(a->draft, "Service", "KillMode", "process");
        if (pm2_is(a, PM2_SHUTDOWN_WITH_MESSAGE, false))
                draft_set(a->draft, "Service", "X-StopMessage", "\"shutdown\"");
}

/* From d on, half as much again each time, up to 15 seconds; half a minute up begins anew. */
static void write_backoff(Pm2App *a, double ms) {
        set_time(a, "Service", "RestartSec", ms);
        draft_set(a->draft, "Service", "X-BackoffFactor", "1.5");
        draft_set(a->draft, "Service", "RestartMaxDelaySec", "15s");
        draft_set(a->draft, "Service", "X-BackoffResetSec", "30s");
}

/* PM2 counts runs that were shorter than min_uptime, in the first min_uptime times max_restarts. */
static void write_restart(Pm2App *a) {
        double up = 1000, most = 16, delay = 0;

        if (!pm2_is(a, PM2_AUTORESTART, true)) {
                draft_set(a->draft, "Service", "Restart", "no");
                return;
        }
        (void)pm2_time(a, PM2_MIN_UPTIME, &up);
        (void)pm2_number(a, PM2_MAX_RESTARTS, &most);
        draft_set(a->draft, "Service", "Restart", "always");
        if (pm2_time(a, PM2_EXP_BACKOFF, &delay) && delay > 0) {
                write_backoff(a, delay);
        } else {
                delay = 0;
                (void)pm2_time(a, PM2_RESTART_DELAY, &delay);
                set_time(a, "Service", "RestartSec", delay);
        }
        set_time(a, "Service", "X-StableSec", up);
        set_time(a, "Unit", "StartLimitIntervalSec", up * MAX(most, 1));
        draft_setf(a->draft, "Unit", "StartLimitBurst", "%.0f", MAX(most, 1.0));
}

static void write_last_codes(Pm2App *a) {
        char **codes auto_strv = NULL;

        if (pm2_words(a, PM2_STOP_EXIT_CODES, &codes) >= 0 && codes && codes[0])
                draft_words(a->draft, "Service", "RestartPreventExitStatus", codes);
}

/* Five fields as in a crontab; six begin with the seconds. */
static void write_cron(Pm2App *a) {
        const char *text = pm2_text(a, PM2_CRON_RESTART), *bad = NULL;
        char **fields auto_strv = NULL, **calendars auto_strv = NULL;
        CronTimes times;
        int r;

        if (!text || str_equal(text, "0"))
                return;
        r = pm2_words(a, PM2_CRON_RESTART, &fields);
        if (r < 0)
                return;
        if (text[0] == '@')
                r = cron_times_named(text + 1, &times);
        else if (strv_length(fields) == 5)
                r = cron_times_parse(fields, &times, &bad);
        else if (strv_length(fields) == 6 && (str_equal(fields[0], "0") || str_equal(fields[0], "00")))
                r = cron_times_parse(fields + 1, &times, &bad);
        else
                r = -EINVAL;
        if (r >= 0 && cron_times_format(&times, NULL, &calendars) < 0)
                a->import->error = -ENOMEM;
        if (r < 0)
                draft_drop(a->draft,
                           "cron_restart %s: five fields were expected, or six of which the first is 0%s%s",
                           text, bad ? "; not understood: " : "", bad ?: "");
        STRV_FOREACH (c, calendars)
                draft_set(a->draft, "Service", "X-RestartOnCalendar", *c);
}

static void write_watch(Pm2App *a) {
        char **paths auto_strv = NULL, **ignore auto_strv = NULL;
        bool all = false;
        double ms;

        if (!a->given[PM2_WATCH] || (node_bool(a->given[PM2_WATCH], &all) >= 0 && !all))
                return;
        if (!all && pm2_words(a, PM2_WATCH, &paths) < 0)
                return;
        if (!paths)
                draft_text(a->draft, "Service", "X-Watch", a->cwd);
        STRV_FOREACH (p, paths) {
                char *path auto_free = NULL;

                if (import_absolute(a->cwd, *p, &path) < 0)
                        a->import->error = -ENOMEM;
                else
                        draft_text(a->draft, "Service", "X-Watch", path);
        }
        if (pm2_words(a, PM2_IGNORE_WATCH, &ignore) >= 0 && ignore)
                draft_words(a->draft, "Service", "X-WatchIgnore", ignore);
        if (pm2_time(a, PM2_WATCH_DELAY, &ms))
                set_time(a, "Service", "X-WatchDelaySec", ms);
}

static void write_memory(Pm2App *a) {
        const char *text = pm2_text(a, PM2_MAX_MEMORY_RESTART);

        if (text)
                draft_text(a->draft, "Service", "X-MemoryRestart", text);
}

static void write_identity(Pm2App *a) {
        if (pm2_text(a, PM2_UID))
                draft_text(a->draft, "Service", "User", pm2_text(a, PM2_UID));
        if (pm2_text(a, PM2_GID))
                draft_text(a->draft, "Service", "Group", pm2_text(a, PM2_GID));
}

static void write_pid_file(Pm2App *a) {
        char *path auto_free = NULL;

        if (!pm2_text(a, PM2_PID_FILE) || str_equal(pm2_text(a, PM2_PID_FILE), "NULL") ||
            str_equal(pm2_text(a, PM2_PID_FILE), "/dev/null"))
                return;
        if (import_absolute(a->cwd, pm2_text(a, PM2_PID_FILE), &path) < 0)
                a->import->error = -ENOMEM;
        else
                draft_command(a->draft, "ExecStartPost",
                              (char *[]){ "/bin/sh", "-c", "echo \"$MAINPID\" >\"$0\"", path, NULL });
}

void pm2_write_service(Pm2App *a) {
        write_instances(a);
        write_identity(a);
        write_start(a);
        write_stop(a);
        write_restart(a);
        write_last_codes(a);
        write_cron(a);
        write_watch(a);
        write_memory(a);
        write_pid_file(a);
        pm2_write_logs(a);
}
