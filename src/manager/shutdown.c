/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The end: signals, the stop transaction, the one budget for all of it,
 * essential units and the exit code.
 *
 *      asked -> jobs of exit.target -> all units down -> strays TERM, KILL -> journal -> leave
 *
 * When the budget is nearly used up, everything that is left gets SIGKILL, and
 * the log names the units that held the stop up.
 */

#include "manager/manager-internal.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#define EXIT_TARGET "exit.target"
#define RESERVE (700 * USEC_PER_MSEC)     /* of the budget, for SIGKILL, the journal's end and our own */
#define STRAY_PATIENCE (2 * USEC_PER_SEC) /* between SIGTERM and SIGKILL for what no unit holds any more */
#define JOURNAL_PATIENCE (1 * USEC_PER_SEC)

enum {
        EXIT_TIMEOUT = 124,
        EXIT_REBOOT = 133,
        EXIT_KILLED = 128 + SIGKILL
};

/* DESIGN section 4: the essential unit's own code, or one that names the failure. */
int unit_exit_code(const Unit *u, bool command_mode) {
        const Service *s = &unit_runtime(u)->machine.service;

        if (s->main.exit.realtime > 0 && s->main.code == CLD_EXITED && s->main.status != 0)
                return s->main.status;
        if (s->main.exit.realtime > 0 && (s->main.code == CLD_KILLED || s->main.code == CLD_DUMPED) &&
            (command_mode || s->result != RESULT_SUCCESS))
                return 128 + s->main.status;
        if (s->result == RESULT_SUCCESS)
                return 0;
        return EXIT_TIMEOUT;
}

static bool unit_is_essential(const Unit *u, bool failed) {
        int essential = u->type == UNIT_SERVICE ? u->spec->service->essential : 0;

        return essential == 1 || (essential == 2 && failed);
}

static void act(Manager *m, Unit *u, EmergencyAction action, int status) {
        if (action == ACTION_NONE || m->stopping)
                return;
        if (action == ACTION_EXIT_FORCE || action == ACTION_POWEROFF_IMMEDIATE ||
            action == ACTION_REBOOT_IMMEDIATE) {
                m->exit_code = status;
                manager_stop_now(m);
                return;
        }
        if (action == ACTION_REBOOT || action == ACTION_REBOOT_FORCE)
                status = EXIT_REBOOT;
        manager_stop(m, "FailureAction= or SuccessAction= of a unit", status);
}

/* CMD mode's signals to the command are answered by its own exit; else a stop that was asked for is no failure. */
void manager_note_end(Manager *m, Unit *u) {
        const CommonSpec *c = u->spec->common;
        const UnitRuntime *rt = unit_runtime(u);
        bool failed, command_mode = u->transient && str_equal(u->id, "main.service");
        int code;

        if (u->type != UNIT_SERVICE || machine_will_restart(&rt->machine))
                return;
        failed = rt->machine.service.result != RESULT_SUCCESS;
        code = unit_exit_code(u, command_mode);
        if (failed && m->internal->budget_hit)
                code = EXIT_KILLED;

        if (unit_is_essential(u, failed)) {
                if (m->stopping) {
                        if ((failed || command_mode) && m->exit_code <= 0)
                                m->exit_code = code;
                } else {
                        LOG_UNIT(u->id, ESSENTIAL_ENDED, FIELD_S("UNIT_RESULT", machine_result(&rt->machine)),
                                 FIELD_I("EXIT_STATUS", code));
                        manager_stop(m, "the essential unit has ended", code);
                }
                return;
        }
        if (failed)
                act(m, u, c->failure_action, c->failure_action_exit_status >= 0 ? c->failure_action_exit_status : code ?: 1);
        else
                act(m, u, c->success_action,
                    c->success_action_exit_status >= 0 ? c->success_action_exit_status : code);
}

void manager_target_reached(Manager *m, Unit *u) {
        static const struct {
                const char *target;
                int code;
        } ends[] = { { "exit.target", -1 },
                     { "poweroff.target", 0 },
                     { "halt.target", 0 },
                     { "reboot.target", EXIT_REBOOT },
                     { "kexec.target", EXIT_REBOOT },
                     { "shutdown.target", -1 } };

        for (size_t i = 0; i < ELEMENTSOF(ends); i++)
                if (str_equal(u->id, ends[i].target)) {
                        if (!m->stopping)
                                manager_stop(m, u->id, ends[i].code);
                        return;
                }
}

static usec_t stop_budget(const Manager *m) {
        if (m->config.shutdown_timeout > 0)
                return m->config.shutdown_timeout;
        if (!m->host.container && m->host.pid1)
                return USEC_INFINITY;
        return (env_get(m->host.environment, "KUBERNETES_SERVICE_HOST", 23) ? 29 : 9) * USEC_PER_SEC;
}

static void name_culprit(Manager *m, Unit *u) {
        LOG_UNIT(u->id, STOP_HELD_UP, FIELD_S("ACTIVE_STATE", active_state_to_string(u->active)));
        if (m->exit_code <= 0 && unit_is_essential(u, true))
                m->exit_code = EXIT_KILLED;
}

/* The last resort: nothing survives this, whatever its unit says. */
static void kill_everything(Manager *m, int signal) {
        for (Unit *u = graph_next_unit(m->graph, NULL); u; u = graph_next_unit(m->graph, u)) {
                UnitRuntime *rt = unit_runtime(u);

                if (!rt || !rt->group || group_is_empty(rt->group))
                        continue;
                if (signal == SIGKILL) {
                        if (!active_state_is_down(machine_active_state(&rt->machine)))
                                name_culprit(m, u);
                        (void)group_kill_all(rt->group);
                } else {
                        (void)group_kill(rt->group, signal, 0, 0);
                        (void)group_kill(rt->group, SIGCONT, 0, 0);
                }
        }
}

static int on_budget_used(sd_event_source *s, uint64_t usec, void *userdata) {
        Manager *m = userdata;

        if (!m->internal->budget_hit) {
                m->internal->budget_hit = true;
                kill_everything(m, SIGKILL);
                manager_kick(m);
                (void)sd_event_source_set_time(s, usec_add(now_monotonic(), RESERVE - 200 * USEC_PER_MSEC));
                (void)sd_event_source_set_enabled(s, SD_EVENT_ONESHOT);
                return 0;
        }
        m->internal->end_done = true;
        (void)sd_event_exit(m->event, 0);
        return 0;
}

static void arm_stop(Manager *m, usec_t when) {
        if (when == USEC_INFINITY)
                return;
        if (sd_event_add_time(m->event, &m->internal->stop_source, CLOCK_MONOTONIC, when, USEC_PER_MSEC,
                              on_budget_used, m) >= 0)
                (void)sd_event_source_set_priority(m->internal->stop_source, PRIORITY_SIGNAL);
}

/* What the target does not reach, or all of it without the target's file: every unit gets a stop job of its own. */
static void stop_each(Manager *m, bool only_services) {
        for (Unit *u = graph_next_unit(m->graph, NULL); u; u = graph_next_unit(m->graph, u))
                if (!active_state_is_down(u->active) && !u->perpetual &&
                    (!only_services || u->type == UNIT_SERVICE))
                        (void)manager_enqueue(m, JOB_STOP, u, JOB_REPLACE_IRREVERSIBLY, NULL, NULL);
}

void manager_stop(Manager *m, const char *reason, int exit_code) {
        usec_t budget = stop_budget(m);
        Report why = { 0 };
        Unit *target;
        int r;

        if (exit_code >= 0 && m->exit_code < 0)
                m->exit_code = exit_code;
        if (m->stopping)
                return;
        m->stop_reason = reason;
        LOG(SHUTDOWN, FIELD_S("REASON", reason), FIELD_I("BUDGET_USEC", budget));
        if (budget != USEC_INFINITY) {
                m->stop_deadline = usec_add(now_monotonic(), budget);
                arm_stop(m, usec_sub(m->stop_deadline, MIN(RESERVE, budget / 2)));
        }

        r = manager_load_unit(m, EXIT_TARGET, &target);
        if (r >= 0)
                r = active_state_is_up(target->active)
                            ? 0
                            : manager_enqueue(m, JOB_START, target, JOB_REPLACE_IRREVERSIBLY, &why, NULL);
        m->stopping = true;
        m->state = SYSTEM_STOPPING;
        if (r != 0) {
                LOG(STOP_WITHOUT_TARGET,
                    FIELD_S("TEXT", why.n_findings > 0 ? why.findings[0].text : "not loaded"));
                stop_each(m, false);
        }
        report_release(&why);
        manager_kick(m);
}

void manager_stop_now(Manager *m) {
        if (!m->stopping)
                manager_stop(m, "an immediate end was asked for", -1);
        m->internal->budget_hit = true;
        kill_everything(m, SIGKILL);
        sd_event_source_disable_unref(TAKE(m->internal->stop_source));
        arm_stop(m, usec_add(now_monotonic(), RESERVE));
}

void manager_set_exit_code(Manager *m, uint8_t code) {
        m->exit_code = code;
}

/* Any child left at all, ours or adopted? As PID 1, any process of the namespace would be one in the end. */
static bool strays_left(Manager *m) {
        for (Unit *u = graph_next_unit(m->graph, NULL); u; u = graph_next_unit(m->graph, u))
                if (unit_runtime(u) && unit_runtime(u)->group && !group_is_empty(unit_runtime(u)->group))
                        return true;
        return false;
}

static int on_leave_timer(sd_event_source *s, uint64_t usec, void *userdata) {
        Manager *m = userdata;
        ManagerInternal *in = m->internal;

        if (in->journal_ended) {
                in->end_done = true;
                return sd_event_exit(m->event, 0), 0;
        }
        kill_everything(m, SIGKILL);
        manager_kick(m);
        return 0;
}

static void arm_leave(Manager *m, usec_t span) {
        ManagerInternal *in = m->internal;

        sd_event_source_disable_unref(TAKE(in->leave_source));
        (void)sd_event_add_time_relative(m->event, &in->leave_source, CLOCK_MONOTONIC, span, USEC_PER_MSEC,
                                         on_leave_timer, m);
}

static bool units_are_down(const Manager *m) {
        for (Unit *u = graph_next_unit(m->graph, NULL); u; u = graph_next_unit(m->graph, u)) {
                const UnitRuntime *rt = unit_runtime(u);

                if (u->type == UNIT_SERVICE && rt &&
                    !active_state_is_down(machine_active_state(&rt->machine)))
                        return false;
        }
        return true;
}

void manager_check_leave(Manager *m) {
        ManagerInternal *in = m->internal;

        if (in->queue_count > 0 || in->end_done)
                return;
        if (!in->leaving) {
                if (graph_count_jobs(m->graph) > 0 && !in->budget_hit)
                        return;
                if (!units_are_down(m)) {
                        /* No conflict with shutdown.target (DefaultDependencies=no, say): nothing has asked these to go. */
                        if (!in->rest_asked) {
                                in->rest_asked = true;
                                stop_each(m, true);
                        }
                        return;
                }
                in->leaving = true;
        }
        if (!in->kill_sent) {
                in->kill_sent = true;
                if (strays_left(m)) {
                        kill_everything(m, SIGTERM);
                        arm_leave(m, in->budget_hit ? 1 : STRAY_PATIENCE);
                }
        }
        if (strays_left(m))
                return;
        if (!in->journal_ended) {
                in->journal_ended = true;
                journal_link_end(m->journal);
                arm_leave(m, JOURNAL_PATIENCE);
        }
        if (journal_link_ended(m->journal)) {
                in->end_done = true;
                (void)sd_event_exit(m->event, 0);
        }
}

static void forward(Manager *m, int signo) {
        Unit *u = graph_find(m->graph, "main.service");

        if (u && u->transient)
                (void)manager_kill(m, u, WHOM_MAIN, signo, false);
}

static void on_stop_signal(Manager *m, const char *reason) {
        Unit *u = graph_find(m->graph, "main.service");

        /* The command's own answer to the signal decides; the stop follows its end, or the budget. */
        if (u && u->transient)
                m->exit_code = m->exit_code >= 0 ? m->exit_code : -1;
        manager_stop(m, reason, u && u->transient ? -1 : 0);
}

static int on_signal(sd_event_source *s, const struct signalfd_siginfo *si, void *userdata) {
        Manager *m = userdata;
        int signo = (int)si->ssi_signo;
        Buf b auto_buf = { 0 };

        if (signo == SIGTERM || signo == SIGRTMIN + 3 || signo == SIGRTMIN + 4 || signo == SIGPWR)
                on_stop_signal(m, signo == SIGTERM ? "SIGTERM" : "a stop signal");
        else if (signo == SIGINT) {
                if (m->internal->pending_interrupts++ > 0)
                        manager_stop_now(m);
                else
                        on_stop_signal(m, "SIGINT");
        } else if (signo == SIGRTMIN + 5 || signo == SIGRTMIN + 6)
                manager_stop(m, "a reboot signal", EXIT_REBOOT);
        else if (signo == SIGHUP) {
                if (graph_find(m->graph, "main.service") && graph_find(m->graph, "main.service")->transient)
                        forward(m, signo);
                else
                        (void)manager_reload(m);
        } else if (signo == SIGUSR2) {
                manager_dump(m, &b);
                for (char *line = b.data, *end; line && *line; line = end + (*end != 0)) {
                        end = line + strcspn(line, "\n");
                        char text[512];
                        snprintf(text, sizeof(text), "%.*s", (int)(end - line), line);
                        LOG(TEXT, FIELD_S("TEXT", text));
                }
        } else
                forward(m, signo);
        return 0;
}

int manager_signals_init(Manager *m) {
        const int signals[] = { SIGTERM,      SIGINT,   SIGHUP,       SIGUSR1,      SIGUSR2,
                                SIGPWR,       SIGWINCH, SIGRTMIN + 3, SIGRTMIN + 4, SIGRTMIN + 5,
                                SIGRTMIN + 6, SIGQUIT,  SIGCONT };
        _Static_assert(ELEMENTSOF(signals) <= ELEMENTSOF(m->internal->signal_sources), "room for each");

        for (size_t i = 0; i < ELEMENTSOF(signals); i++) {
                int r = sd_event_add_signal(m->event, m->internal->signal_sources + i, signals[i], on_signal,
                                            m);

                if (r < 0)
                        return r;
                (void)sd_event_source_set_priority(m->internal->signal_sources[i], PRIORITY_SIGNAL);
        }
        return 0;
}
