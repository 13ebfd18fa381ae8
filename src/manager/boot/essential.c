/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Whose end is the container's end, and with which code: the command, --main=,
 * X-Essential=, FailureAction=, SuccessAction=, StartLimitAction= and
 * JobTimeoutAction=.
 */

#include "manager/manager-internal.h"

#include <errno.h>
#include <signal.h>

enum {
        EXIT_NOT_EXECUTABLE = 126,
        EXIT_NOT_FOUND = 127,
        EXIT_OF_EXEC = 203
};

bool unit_is_command(const Unit *u) {
        return u->transient && str_equal(u->id, COMMAND_UNIT);
}

Unit *manager_command(const Manager *m) {
        Unit *u = graph_find(m->graph, COMMAND_UNIT);

        return u && unit_is_command(u) ? u : NULL;
}

pid_t unit_signal_target(const Unit *u) {
        pid_t main = machine_main_pid(&unit_runtime(u)->machine);

        return main > 0 && unit_is_command(u) && unit_runtime(u)->manager->internal->options.signal_group
                       ? -main
                       : MAX(main, 0);
}

bool unit_is_essential(const Unit *u, bool failed) {
        const Manager *m = unit_runtime(u)->manager;
        const char *main_unit = m->internal->options.main_unit;
        int essential = u->type == UNIT_SERVICE ? u->spec->service->essential : 0;

        if (main_unit && graph_find(m->graph, main_unit) == u)
                return true;
        return essential == 1 || (essential == 2 && failed);
}

/* What a shell and tini say about a command that never ran. */
static int shell_code(int code, int error) {
        if (code != EXIT_OF_EXEC)
                return code;
        return error == -ENOENT || error == -ENOTDIR ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE;
}

/* ExecStartPre= and its like: the one whose failure was the unit's. */
static int code_of_commands(const Service *s) {
        for (unsigned i = 0; s->commands && i < COMMAND_KIND_MAX; i++) {
                const RunRecord *r = s->commands + i;

                if (r->exit.realtime == 0)
                        continue;
                if (r->code == CLD_EXITED && r->status != 0)
                        return r->status;
                if (r->code != CLD_EXITED)
                        return 128 + r->status;
        }
        return 1;
}

/* DESIGN section 4: the essential unit's own code, or one that names the failure. */
int unit_exit_code(const Unit *u, bool command_mode) {
        const UnitRuntime *rt = unit_runtime(u);
        const Service *s = &rt->machine.service;
        bool ended = s->main.exit.realtime > 0;

        if (s->result == RESULT_OOM_KILL) /* whatever became of the main process then */
                return EXIT_KILLED;
        if (ended && s->main.code == CLD_EXITED && s->main.status != 0)
                return command_mode && rt->failed_pid == s->main.pid
                               ? shell_code(s->main.status, rt->failed_error)
                               : s->main.status;
        if (ended && s->main.code != CLD_EXITED && (command_mode || s->result != RESULT_SUCCESS))
                return 128 + s->main.status;
        switch (s->result) {
        case RESULT_SUCCESS:
        case RESULT_EXEC_CONDITION:
                return 0;
        case RESULT_RESOURCES:
                return EXIT_SVINIT_FAILED;
        case RESULT_EXIT_CODE:
        case RESULT_SIGNAL:
        case RESULT_CORE_DUMP:
                return code_of_commands(s);
        default:
                return EXIT_TIMEOUT;
        }
}

static bool action_is_forced(EmergencyAction a) {
        return a == ACTION_EXIT_FORCE || a == ACTION_POWEROFF_FORCE || a == ACTION_POWEROFF_IMMEDIATE ||
               a == ACTION_REBOOT_FORCE || a == ACTION_REBOOT_IMMEDIATE;
}

static bool action_is_reboot(EmergencyAction a) {
        return a == ACTION_REBOOT || a == ACTION_REBOOT_FORCE || a == ACTION_REBOOT_IMMEDIATE;
}

void manager_act(Manager *m, EmergencyAction action, int status, const char *reason) {
        if (action == ACTION_NONE || m->stopping || m->watchdogs_off)
                return;
        if (action_is_reboot(action))
                status = EXIT_REBOOT;
        manager_stop(m, reason, status);
        if (action_is_forced(action))
                manager_stop_now(m);
}

static int status_or(int wanted, int code) {
        return wanted >= 0 ? wanted : code;
}

static bool unit_has_failed(const Unit *u) {
        if (u->type != UNIT_SERVICE)
                return u->active == FAILED;
        return unit_runtime(u)->machine.service.result != RESULT_SUCCESS &&
               unit_runtime(u)->machine.service.result != RESULT_EXEC_CONDITION;
}

static void end_with(Manager *m, Unit *u, int code, bool counts) {
        if (m->stopping) { /* a stop that was asked for is no failure, but the command's answer counts */
                if (!counts || m->exit_code > 0)
                        return;
                m->exit_code = code;
                if (code > 0)
                        manager_note_end_as_cause(m, u, code);
                return;
        }
        if (code > 0)
                manager_note_end_as_cause(m, u, code);
        if (manager_hold(m, u, code))
                return;
        LOG_UNIT(u->id, ESSENTIAL_ENDED, FIELD_S("UNIT_RESULT", machine_result(&unit_runtime(u)->machine)),
                 FIELD_I("EXIT_STATUS", code));
        manager_stop(m, "the essential unit has ended", code);
}

/* FailureAction= and its like: what they do can be put off as well. */
static void act_on_failure(Manager *m, Unit *u, EmergencyAction action, int status, const char *reason) {
        if (action == ACTION_NONE || m->stopping || m->watchdogs_off)
                return;
        manager_note_end_as_cause(m, u, status);
        if (!manager_hold(m, u, action_is_reboot(action) ? EXIT_REBOOT : status))
                manager_act(m, action, status, reason);
}

/* The unit is down and no job brings it back. */
void manager_note_end(Manager *m, Unit *u) {
        const PolicySpec *policy = u->spec->policy;
        bool failed = unit_has_failed(u), command = unit_is_command(u);
        int code = u->type == UNIT_SERVICE ? unit_exit_code(u, command) : failed;

        if (failed && m->internal->budget_hit && u->type == UNIT_SERVICE)
                code = EXIT_KILLED;
        if (unit_is_essential(u, failed)) {
                end_with(m, u, code, failed || command);
                return;
        }
        if (machine_hit_start_limit(&unit_runtime(u)->machine))
                act_on_failure(m, u, policy->start_limit_action, code ?: 1, "StartLimitAction= of a unit");
        if (failed)
                act_on_failure(m, u, policy->failure_action,
                               status_or(policy->failure_action_exit_status, code ?: 1),
                               "FailureAction= of a unit");
        else
                manager_act(m, policy->success_action, status_or(policy->success_action_exit_status, code),
                            "SuccessAction= of a unit");
}

/* A start job that never came to run the unit: a dependency, an assertion, a bad file. */
void manager_note_starts(Manager *m) {
        UnitRuntime *rt;

        while ((rt = m->internal->starts_ended)) {
                bool well = rt->start_result == JOB_DONE || rt->start_result == JOB_SKIPPED;
                Unit *u = rt->unit;

                m->internal->starts_ended = TAKE(rt->start_ended_next);
                rt->start_ended = false;
                if (u->job || !unit_is_down(u) || !unit_is_essential(u, !well))
                        continue;
                if (u->active == FAILED) /* it ran, and manager_note_end() has seen to it */
                        continue;
                end_with(m, u, well ? 0 : EXIT_TIMEOUT, !well);
        }
}
