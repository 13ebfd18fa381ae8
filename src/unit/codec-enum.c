/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One word out of a table of enums.c.
 */

#include <errno.h>

#include "unit/codec-util.h"

/* `accept`: how else a word may be meant (a boolean, nothing at all); -1 when it may not. */
#define ENUM_CODEC(name_, type_, accept_, expects_, good_, bad_)                                             \
        static int name_##_parse(const CodecContext *c, const char *value, void *field) {                    \
                int v = name_##_from_string(value);                                                          \
                if (v < 0 && accept_(value, &v) < 0)                                                         \
                        return -EINVAL;                                                                      \
                *(type_ *)field = (type_)v;                                                                  \
                return 0;                                                                                    \
        }                                                                                                    \
        static int name_##_format(const Directive *row, const void *field, Buf *b) {                         \
                const char *word = name_##_to_string(*(const type_ *)field);                                 \
                buf_add(b, word ? word : "");                                                                \
                return format_end(b);                                                                        \
        }                                                                                                    \
        const Codec codec_##name_ = {                                                                        \
                CODEC_OF(name_),          .expects = expects_, .filled = true, .parse = name_##_parse,       \
                .format = name_##_format, .good = good_,       .bad = bad_,                                  \
        }

static int nothing_else(const char *s, int *ret) {
        return -1;
}

/* Not given: spec_complete() decides. */
static int or_unset(const char *s, int *ret) {
        *ret = -1;
        return s[0] == 0 ? 0 : -1;
}

/* The first two words of the table are no and yes. */
static int or_boolean(const char *s, int *ret) {
        bool v;

        if (parse_bool(s, &v) < 0)
                return -1;
        *ret = v;
        return 0;
}

ENUM_CODEC(service_type, ServiceType, or_unset,
           "one of simple, exec, forking, oneshot, dbus, notify, notify-reload, idle",
           SAMPLES("simple", "notify", "notify-reload", ""), SAMPLES("Simple", "daemon"));
ENUM_CODEC(exit_type, ExitType, nothing_else, "main or cgroup", SAMPLES("main", "cgroup"),
           SAMPLES("", "all"));
ENUM_CODEC(restart, Restart, nothing_else,
           "one of no, on-success, on-failure, on-abnormal, on-watchdog, on-abort, always",
           SAMPLES("no", "always", "on-abort"), SAMPLES("", "yes", "on_failure"));
ENUM_CODEC(restart_mode, RestartMode, nothing_else, "one of normal, direct, debug",
           SAMPLES("normal", "direct", "debug"), SAMPLES("", "fast"));
ENUM_CODEC(roll_mode, RollMode, or_unset, "surge or replace", SAMPLES("surge", "replace", ""),
           SAMPLES("Surge", "both"));
ENUM_CODEC(trigger_mode, TriggerMode, or_unset, "restart or roll", SAMPLES("restart", "roll", ""),
           SAMPLES("Roll", "reload"));
ENUM_CODEC(ipc, IpcKind, nothing_else, "none, node or node-cluster", SAMPLES("none", "node", "node-cluster"),
           SAMPLES("", "yes", "Node"));
ENUM_CODEC(ready_on, ReadyOn, or_unset, "one of start, notify, message, listening, health",
           SAMPLES("start", "notify", "message", "listening", "health", ""), SAMPLES("ready", "yes"));
ENUM_CODEC(notify_access, NotifyAccess, or_unset, "one of none, all, main, exec",
           SAMPLES("none", "all", "main", "exec", ""), SAMPLES("any"));

static int kill_mode_parse(const CodecContext *c, const char *value, void *field) {
        int v = kill_mode_from_string(value);

        if (v < 0)
                return -EINVAL;
        if (v == KILL_NONE)
                codec_note(c, SEVERITY_WARNING,
                           "With none, processes outlive their unit; use mixed or control-group.");
        *(KillMode *)field = (KillMode)v;
        return 0;
}

static int kill_mode_format(const Directive *row, const void *field, Buf *b) {
        buf_add(b, kill_mode_to_string(*(const KillMode *)field));
        return format_end(b);
}

const Codec codec_kill_mode = {
        CODEC_OF(kill_mode),
        .expects = "one of control-group, process, mixed, none",
        .parse = kill_mode_parse,
        .format = kill_mode_format,
        .good = SAMPLES("control-group", "process", "mixed", "none"),
        .bad = SAMPLES("", "cgroup"),
};

ENUM_CODEC(oom_policy, OomPolicy, or_unset, "one of continue, stop, kill",
           SAMPLES("continue", "stop", "kill", ""), SAMPLES("ignore"));
ENUM_CODEC(timeout_failure_mode, TimeoutFailureMode, nothing_else, "one of terminate, abort, kill",
           SAMPLES("terminate", "abort", "kill"), SAMPLES("", "term"));
ENUM_CODEC(emergency_action, EmergencyAction, nothing_else,
           "one of none, reboot, reboot-force, reboot-immediate, poweroff, poweroff-force, "
           "poweroff-immediate, exit, "
           "exit-force",
           SAMPLES("none", "exit", "reboot-force"), SAMPLES("", "halt", "restart"));
ENUM_CODEC(collect_mode, CollectMode, nothing_else, "inactive or inactive-or-failed",
           SAMPLES("inactive", "inactive-or-failed"), SAMPLES("", "failed"));
ENUM_CODEC(job_mode, JobMode, nothing_else,
           "one of fail, replace, replace-irreversibly, isolate, flush, ignore-dependencies, "
           "ignore-requirements, "
           "triggering",
           SAMPLES("fail", "replace", "isolate"), SAMPLES("", "force"));
ENUM_CODEC(preserve, Preserve, or_boolean, "a boolean (no, yes) or restart", SAMPLES("no", "true", "restart"),
           SAMPLES("", "always"));
ENUM_CODEC(protect_system, ProtectSystem, or_boolean, "a boolean (no, yes), full or strict",
           SAMPLES("no", "true", "full", "strict"), SAMPLES("", "all"));
ENUM_CODEC(protect_home, ProtectHome, or_boolean, "a boolean (no, yes), read-only or tmpfs",
           SAMPLES("no", "on", "read-only", "tmpfs"), SAMPLES("", "ro"));
ENUM_CODEC(protect_proc, ProtectProc, nothing_else, "one of default, noaccess, invisible, ptraceable",
           SAMPLES("default", "invisible"), SAMPLES("", "yes"));
ENUM_CODEC(device_policy, DevicePolicy, nothing_else, "one of auto, closed, strict",
           SAMPLES("auto", "closed", "strict"), SAMPLES("", "open"));
ENUM_CODEC(proc_subset, ProcSubset, nothing_else, "all or pid", SAMPLES("all", "pid"), SAMPLES("", "none"));
ENUM_CODEC(utmp_mode, UtmpMode, nothing_else, "one of init, login, user", SAMPLES("init", "login", "user"),
           SAMPLES("", "dead"));
ENUM_CODEC(keyring_mode, KeyringMode, nothing_else, "one of inherit, private, shared",
           SAMPLES("inherit", "private", "shared"), SAMPLES("", "yes"));
ENUM_CODEC(bind_ipv6_only, BindIPv6Only, nothing_else, "one of default, both, ipv6-only",
           SAMPLES("default", "both", "ipv6-only"), SAMPLES("", "yes"));
ENUM_CODEC(socket_distribution, SocketDistribution, nothing_else, "shared or reuseport",
           SAMPLES("shared", "reuseport"), SAMPLES("", "no"));

static int or_longer_unit(const char *s, int *ret) {
        *ret = str_equal(s, "usec") || str_equal(s, "\u00b5s") ? TIMESTAMPING_US : TIMESTAMPING_NS;
        return *ret == TIMESTAMPING_US || str_equal(s, "nsec") ? 0 : -1;
}

ENUM_CODEC(timestamping, Timestamping, or_longer_unit, "one of off, us (usec, \u00b5s), ns (nsec)",
           SAMPLES("off", "us", "ns", "usec", "\u00b5s", "nsec"), SAMPLES("", "yes", "ms"));

/* OnFailureIsolate=, from before there was OnFailureJobMode=. */
static int isolate_job_mode_parse(const CodecContext *c, const char *value, void *field) {
        bool isolate;

        if (parse_bool(value, &isolate) < 0)
                return -EINVAL;
        *(JobMode *)field = isolate ? JOB_ISOLATE : JOB_REPLACE;
        return 0;
}

static int isolate_job_mode_format(const Directive *row, const void *field, Buf *b) {
        buf_add(b, *(const JobMode *)field == JOB_ISOLATE ? "yes" : "no");
        return format_end(b);
}

const Codec codec_isolate_job_mode = {
        CODEC_OF(isolate_job_mode),      .expects = "a boolean such as yes or no",
        .parse = isolate_job_mode_parse, .format = isolate_job_mode_format,
        .good = SAMPLES("yes", "no"),    .bad = SAMPLES("", "isolate"),
};

static const char *const essential_words[] = { "no", "yes", "on-failure" };

static int essential_parse(const CodecContext *c, const char *value, void *field) {
        int v;

        if (str_equal(value, essential_words[2]))
                v = 2;
        else if (or_boolean(value, &v) < 0)
                return -EINVAL;
        *(int *)field = v;
        return 0;
}

static int essential_format(const Directive *row, const void *field, Buf *b) {
        buf_add(b, essential_words[*(const int *)field]);
        return format_end(b);
}

const Codec codec_essential = {
        CODEC_OF(essential),
        .expects = "a boolean (no, yes) or on-failure",
        .parse = essential_parse,
        .format = essential_format,
        .good = SAMPLES("no", "yes", "on-failure"),
        .bad = SAMPLES("", "on-success"),
};
