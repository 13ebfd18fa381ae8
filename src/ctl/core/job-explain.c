/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "ctl/core/job-wait.h"

#include "unit/enums.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#define LINES_SHOWN 3

/* What became of a job before its unit could do anything; the rest is the unit's own result. */
static const struct {
        const char *result, *words;
} job_results[] = {
        { "canceled", "was cancelled, by somebody or by a job that contradicts it" },
        { "timeout", "has taken longer than JobTimeoutSec=" },
        { "assert", "is not possible: an Assert...= is not met" },
        { "unsupported", "is not possible here: this kind of unit is not supported" },
        { "collected", "was given up: nobody refers to the unit any more" },
        { "once", "is not possible again: the unit is one that starts once" },
        { "invalid", "does not fit the unit" },
};

/* Results that are no matter of one command. */
static const struct {
        const char *result, *words, *property; /* what the limit was; NULL: there is none */
} unit_results[] = {
        { "timeout", "it has taken longer than allowed", "TimeoutStartUSec" },
        { "watchdog", "it did not tell in time that it is well (WatchdogSec=)", "WatchdogUSec" },
        { "start-limit-hit",
          "it was started too often (StartLimitBurst=); svctl reset-failed lets it start again", NULL },
        { "oom-kill", "the kernel killed a process of it for want of memory (MemoryMax=)", "MemoryMax" },
        { "protocol", "it did not do what its Type= promises", "Type" },
        { "resources", "what it needs could not be set up", NULL },
        { "exec-condition", "its ExecCondition= said no", NULL },
        { "service-start-limit-hit", "its service was started too often", NULL },
        { "trigger-limit-hit", "it was triggered too often (TriggerLimitBurst=)", NULL },
};

/* An exit status of those that svinit gives itself is the step that could not be done. */
static void add_end(const char *property, const char *path, int code, int status, Buf *b) {
        const char *name = exit_status_to_string(status);

        buf_addf(b, "%s=", property);
        add_printable(path, b);
        if (code != CLD_EXITED)
                buf_addf(b, " was killed by signal %s%s", sigabbrev_np(status) ? sigabbrev_np(status) : "?",
                         code == CLD_DUMPED ? " and dumped core" : "");
        else if (str_equal(exit_status_class(status), "systemd"))
                buf_addf(b, " could not be executed: step %s failed (status %d)", name, status);
        else
                buf_addf(b, " exited with status %d%s%s", status,
                         str_equal(exit_status_class(status), "libc") ? "/" : "",
                         str_equal(exit_status_class(status), "libc") ? name : "");
}

/* The first command of this kind that went wrong and was not to be ignored. */
static bool add_command(Ctl *c, const char *unit_path, const char *property, Buf *b) {
        sd_bus_message *m = NULL;
        int ignore, code, status, r;
        uint64_t end;
        const char *path;
        bool found = false;

        if (sd_bus_get_property(c->bus, SD1, unit_path, SD1 ".Service", property, NULL, &m,
                                "a(sasbttttuii)") < 0)
                return false;
        r = sd_bus_message_enter_container(m, 'a', "(sasbttttuii)");
        while (r > 0 && !found && (r = sd_bus_message_enter_container(m, 'r', "sasbttttuii")) > 0) {
                if ((r = sd_bus_message_read(m, "s", &path)) < 0 || (r = sd_bus_message_skip(m, "as")) < 0 ||
                    (r = sd_bus_message_read(m, "bttttuii", &ignore, NULL, NULL, &end, NULL, NULL, &code,
                                             &status)) < 0 ||
                    (r = sd_bus_message_exit_container(m)) < 0)
                        break;
                found = end > 0 && !ignore && (code != CLD_EXITED || status != 0);
                if (found)
                        add_end(property, path, code, status, b);
                r = 1;
        }
        sd_bus_message_unref(m);
        return found;
}

static bool add_any_command(Ctl *c, const char *unit_path, Buf *b) {
        static const char *const properties[] = { "ExecCondition", "ExecStartPre", "ExecStart",
                                                  "ExecStartPost", "ExecReload" };

        for (size_t i = 0; i < ELEMENTSOF(properties); i++)
                if (add_command(c, unit_path, properties[i], b))
                        return true;
        return false;
}

/* What a start was waiting for when its time was over. */
static void add_awaited(const char *type, Buf *b) {
        if (str_equal(type, "forking"))
                buf_add(b, "; Type=forking waits until ExecStart= has ended and left a daemon behind");
        else if (str_starts_with(type, "notify"))
                buf_addf(b, "; Type=%s waits until the service has sent READY=1", type);
        else if (str_equal(type, "dbus"))
                buf_add(b, "; Type=dbus waits until its BusName= is taken");
}

static void add_unit_result(Ctl *c, const char *unit, const char *path, const PropertyList *l, Buf *b) {
        const char *result = property_get(l, "Result"), *load = property_get(l, "LoadState");

        for (size_t i = 0; i < ELEMENTSOF(unit_results); i++)
                if (str_equal(unit_results[i].result, result)) {
                        const char *limit = unit_results[i].property;

                        buf_add(b, unit_results[i].words);
                        if (limit && *property_get(l, limit))
                                buf_addf(b, ": %s", property_get(l, limit));
                        if (str_equal(result, "timeout"))
                                add_awaited(property_get(l, "Type"), b);
                        return;
                }
        if (str_ends_with(unit, ".service") && add_any_command(c, path, b))
                return;
        if (!str_equal(load, "loaded"))
                buf_addf(b, "its files: %s", load);
        else
                buf_addf(b, "result '%s'", *result ? result : "failed");
}

/* Which of those that it cannot be without have failed; the first of them. */
static void add_needed(Ctl *c, const PropertyList *l, Buf *b, char **ret_first) {
        static const char *const properties[] = { "Requires", "Requisite", "BindsTo" };
        unsigned n = 0;

        for (size_t i = 0; i < ELEMENTSOF(properties); i++) {
                char *names auto_free = strdup(property_get(l, properties[i])), *save = NULL;

                for (char *u = names ? strtok_r(names, " ", &save) : NULL; u;
                     u = strtok_r(NULL, " ", &save)) {
                        char *path auto_free = NULL, *state auto_free = NULL;

                        if (ctl_unit_path(u, &path) < 0 ||
                            sd_bus_get_property_string(c->bus, SD1, path, SD1_UNIT, "ActiveState", NULL,
                                                       &state) < 0 ||
                            str_equal(state, "active") || str_equal(state, "reloading"))
                                continue;
                        if (n == 0)
                                *ret_first = strdup(u);
                        buf_addf(b, "%s%s (%s)", n++ > 0 ? ", " : "", u, state);
                }
        }
        if (n == 0)
                buf_add(b, "svctl list-dependencies tells which there are");
}

static bool add_job_result(const char *unit, const char *result, const char *verb, Buf *b) {
        for (size_t i = 0; i < ELEMENTSOF(job_results); i++)
                if (str_equal(job_results[i].result, result)) {
                        buf_addf(b, "%s: the %s job %s", unit, verb, job_results[i].words);
                        return true;
                }
        return false;
}

/* Since it was started: a unit that has been let go of meanwhile does not know. */
static void print_lines(Ctl *c, const char *unit, const PropertyList *l, usec_t begin) {
        usec_t exit = property_raw(l, "InactiveExitTimestamp"), since = exit > 0 ? MIN(exit, begin) : begin;
        Buf lines auto_buf = { 0 };

        if (ctl_log_tail(c, unit, since, LINES_SHOWN, &lines) >= 0 && lines.data)
                fputs(lines.data, stderr);
        ctl_print_error("see 'svctl status %s' and 'svctl logs %s'", unit, unit);
}

void job_explain(Ctl *c, const char *unit, const char *result, const char *verb, usec_t begin) {
        char *path auto_free = NULL;
        PropertyList l = { 0 };
        Buf b auto_buf = { 0 };

        if (c->quiet)
                return;
        if (add_job_result(unit, result, verb, &b)) {
                ctl_print_error("%s", b.data ? b.data : result);
                return;
        }
        if (ctl_unit_path(unit, &path) >= 0)
                (void)ctl_get_all(c, path, "", &l, NULL);
        if (str_equal(result, "dependency")) {
                char *first auto_free = NULL;

                add_needed(c, &l, &b, &first);
                ctl_print_error("%s: %s failed, as a unit that it needs could not be started: %s", unit, verb,
                                b.data ? b.data : "");
                if (first)
                        print_lines(c, first, &(PropertyList){ 0 }, begin);
        } else {
                add_unit_result(c, unit, path, &l, &b);
                ctl_print_error("%s: %s failed: %s", unit, verb, b.data ? b.data : result);
                print_lines(c, unit, &l, begin);
        }
        property_list_release(&l);
}
