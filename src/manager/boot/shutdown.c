/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The end: the stop transaction, the one budget for all of it (of which
 * stop-share.c gives each unit its share), and what is left when all units
 * are down.
 *
 *      asked -> jobs of exit.target -> all units down -> the rest TERM, KILL -> journal -> leave
 *
 * When the budget is nearly used up, everything that is left gets SIGKILL, and
 * the log names the units that held the stop up. From then on nothing is
 * started any more, so that each unit comes to its end by itself.
 */

#include "cgroup/leftover.h"
#include "manager/manager-internal.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#define EXIT_TARGET "exit.target"
#define RESERVE (700 * USEC_PER_MSEC)      /* of the budget, for SIGKILL, the journal's end and our own */
#define LAST_RESERVE (200 * USEC_PER_MSEC) /* of that, when not even SIGKILL was of use */
#define REST_PATIENCE (2 * USEC_PER_SEC)   /* between SIGTERM and SIGKILL for what no unit holds */
#define REST_GIVE_UP (10 * USEC_PER_SEC)   /* stuck in the kernel: there is nothing stronger */
#define REST_INTERVAL (10 * USEC_PER_MSEC) /* a process that is not our child ends without a word to us */
#define JOURNAL_PATIENCE (1 * USEC_PER_SEC)

/* The targets that end svinit, with the exit code that each has by itself. */
static const struct {
        const char *name;
        int code;
} end_targets[] = { { "exit.target", -1 },
                    { "poweroff.target", -1 },
                    { "halt.target", -1 },
                    { "reboot.target", EXIT_REBOOT },
                    { "kexec.target", EXIT_REBOOT } };

usec_t manager_stop_budget(const Manager *m) {
        if (m->config.shutdown_timeout > 0)
                return m->config.shutdown_timeout;
        if (!m->host.container)
                return USEC_INFINITY;
        return (env_get(m->host.environment, "KUBERNETES_SERVICE_HOST", 23) ? 29 : 9) * USEC_PER_SEC;
}

void unit_name_culprit(Unit *u, const char *why) {
        Manager *m = unit_runtime(u)->manager;
        char *text auto_free = NULL;

        if (unit_runtime(u)->held_stop_up)
                return;
        unit_runtime(u)->held_stop_up = true;
        LOG_UNIT(u->id, STOP_HELD_UP, FIELD_S("ACTIVE_STATE", active_state_to_string(u->active)),
                 FIELD_S("REASON", why));
        if (m->exit_code > 0 || !unit_is_essential(u, true))
                return;
        m->exit_code = EXIT_KILLED;
        if (str_printf(&text, "it was killed: %s", why) >= 0)
                manager_note_cause(m, u->id, text);
}

/* The last resort: nothing survives this, whatever its unit says. Only the journal is left to write it down. */
static void kill_everything(Manager *m, const char *why) {
        for (Unit *u = graph_next_unit(m->graph, NULL); u; u = graph_next_unit(m->graph, u)) {
                UnitRuntime *rt = unit_runtime(u);

                if (!rt->group || group_is_empty(rt->group))
                        continue;
                if (!active_state_is_down(machine_active_state(&rt->machine)))
                        unit_name_culprit(u, why);
                (void)group_kill_all(rt->group);
        }
        (void)leftovers_signal(SIGKILL, journal_link_pid(m->journal));
        manager_kick(m);
}

static void leave(Manager *m) {
        if (m->internal->phase < PHASE_JOURNAL)
                manager_log_to(-1); /* nobody waits for svinit-journald any more */
        m->internal->phase = PHASE_DONE;
        manager_tell_cause(m);
        (void)sd_event_exit(m->event, 0);
}

static void arm(sd_event_source *s, usec_t when) {
        (void)sd_event_source_set_time(s, when);
        (void)sd_event_source_set_enabled(s, SD_EVENT_ONESHOT);
}

static int on_budget_used(sd_event_source *s, uint64_t usec, void *userdata) {
        Manager *m = userdata;

        if (m->internal->budget_hit) {
                leave(m);
                return 0;
        }
        m->internal->budget_hit = true;
        kill_everything(m, "the stop budget was used up");
        arm(s, usec_add(now_monotonic(), RESERVE - LAST_RESERVE));
        return 0;
}

/* From here on there is no way back, whatever becomes of the jobs. */
static void begin_stopping(Manager *m, const char *reason, int exit_code) {
        usec_t budget = manager_stop_budget(m);
        int held = manager_end_hold(m);

        if (held >= 0 && m->exit_code < 0)
                m->exit_code = held;
        if (exit_code >= 0 && m->exit_code < 0)
                m->exit_code = exit_code;
        if (m->stopping)
                return;
        m->stopping = true;
        groups_set_starting(m->groups, true);
        m->state = SYSTEM_STOPPING;
        m->stop_reason = reason;
        LOG(SHUTDOWN, FIELD_S("REASON", reason), FIELD_I("BUDGET_USEC", budget));
        if (budget == USEC_INFINITY)
                return;
        m->stop_deadline = usec_add(now_monotonic(), budget);
        m->internal->kill_time = usec_sub(m->stop_deadline, MIN(RESERVE, budget / 2));
        m->internal->shares_stale = true;
        arm(m->internal->stop_source, m->internal->kill_time);
}

/* `systemctl poweroff` and its like are start jobs of a target: the budget runs from here, not from its end. */
void manager_note_job_of_end(Manager *m, const Job *j) {
        for (size_t i = 0; i < ELEMENTSOF(end_targets); i++)
                if (j->type == JOB_START && str_equal(j->unit->id, end_targets[i].name))
                        begin_stopping(m, end_targets[i].name, end_targets[i].code);
}

/* Without the target's file, or with a graph that refuses: every unit gets a stop job of its own. */
static void stop_each(Manager *m, bool only_services) {
        for (Unit *u = graph_next_unit(m->graph, NULL); u; u = graph_next_unit(m->graph, u))
                if (!active_state_is_down(u->active) && !u->perpetual &&
                    (!only_services || u->type == UNIT_SERVICE))
                        (void)manager_enqueue(m, JOB_STOP, u, JOB_REPLACE_IRREVERSIBLY, NULL, NULL);
}

void manager_stop(Manager *m, const char *reason, int exit_code) {
        Unit *target, *command = manager_command(m);
        bool again = m->stopping;
        Report why = { 0 };
        int r;

        begin_stopping(m, reason, exit_code);
        if (again)
                return;
        if (m->internal->files_unread) { /* there is nothing but the command */
                stop_each(m, false);
                manager_kick(m);
                return;
        }
        r = manager_load_unit(m, EXIT_TARGET, &target);
        if (r >= 0)
                r = active_state_is_up(target->active)
                            ? 0
                            : manager_enqueue(m, JOB_START, target, JOB_REPLACE_IRREVERSIBLY, &why, NULL);
        if (r != 0) {
                LOG(STOP_WITHOUT_TARGET,
                    FIELD_S("TEXT", why.n_findings > 0 ? why.findings[0].text : "not loaded"));
                stop_each(m, false);
        } else if (command) /* it was asked first: the units beside it may go at the same time */
                (void)manager_enqueue(m, JOB_STOP, command, JOB_REPLACE_IRREVERSIBLY, NULL, NULL);
        report_release(&why);
        manager_kick(m);
}

void manager_stop_now(Manager *m) {
        if (!m->stopping)
                manager_stop(m, "an immediate end was asked for", -1);
        m->internal->budget_hit = true;
        kill_everything(m, "an immediate end was asked for");
        arm(m->internal->stop_source, usec_add(now_monotonic(), RESERVE));
}

void manager_set_exit_code(Manager *m, uint8_t code) {
        m->exit_code = code;
}

static int on_leave_timer(sd_event_source *s, uint64_t usec, void *userdata) {
        Manager *m = userdata;

        if (m->internal->phase == PHASE_JOURNAL)
                leave(m);
        else
                manager_kick(m);
        return 0;
}

/* Counted from now and not from the time of the loop's turn, which may be long past: it must not come early. */
static void arm_leave(Manager *m, usec_t span) {
        arm(m->internal->leave_source, usec_add(now_monotonic(), span));
}

static int add_timer(Manager *m, sd_event_time_handler_t handler, sd_event_source **ret) {
        int r = sd_event_add_time(m->event, ret, CLOCK_MONOTONIC, 0, USEC_PER_MSEC, handler, m);

        return r < 0 ? r : sd_event_source_set_enabled(*ret, SD_EVENT_OFF);
}

int manager_end_init(Manager *m) {
        int r;

        r = add_timer(m, on_leave_timer, &m->internal->leave_source);
        if (r < 0)
                return r;
        r = add_timer(m, on_budget_used, &m->internal->stop_source);
        return r < 0 ? r : sd_event_source_set_priority(m->internal->stop_source, PRIORITY_SIGNAL);
}

static bool units_are_down(const Manager *m) {
        for (Unit *u = graph_next_unit(m->graph, NULL); u; u = graph_next_unit(m->graph, u))
                if ((u->type == UNIT_SERVICE || machine_control_pid(&unit_runtime(u)->machine) > 0) &&
                    !active_state_is_down(machine_active_state(&unit_runtime(u)->machine)))
                        return false;
        return true;
}

/* True: every unit has come to its end, or has had its chance. */
static bool units_have_ended(Manager *m) {
        ManagerInternal *in = m->internal;

        if (graph_count_jobs(m->graph) > 0 && !in->budget_hit)
                return false;
        if (units_are_down(m))
                return true;
        /* No conflict with shutdown.target (DefaultDependencies=no, say, or a file that is gone): nothing has asked them. */
        if (!in->rest_asked) {
                in->rest_asked = true;
                stop_each(m, true);
        }
        return false;
}

/* True: no process is left, or what is left cannot be killed. */
static bool rest_has_ended(Manager *m) {
        ManagerInternal *in = m->internal;
        usec_t now = now_monotonic(), waited;
        int left, signal = 0;

        if (in->phase == PHASE_UNITS) {
                in->phase = PHASE_REST;
                in->rest_begin = now;
                signal = SIGTERM;
        } else if (now < in->rest_looked + REST_INTERVAL)
                return false; /* the timer is armed; an end of a process comes for each of thousands */
        waited = now - in->rest_begin;
        /* What a command leaves behind goes with it, as it does where the command is PID 1 itself. */
        if (in->budget_hit || waited >= REST_PATIENCE || (in->options.command && !in->options.with_units))
                signal = SIGKILL;
        in->rest_looked = now;
        left = leftovers_signal(signal, journal_link_pid(m->journal));
        if (left <= 0 || waited >= REST_PATIENCE + REST_GIVE_UP)
                return true;
        arm_leave(m, REST_INTERVAL);
        return false;
}

/* After each turn while stopping. */
void manager_check_leave(Manager *m) {
        ManagerInternal *in = m->internal;

        if (in->queue_count > 0)
                return;
        if (in->phase == PHASE_UNITS && !units_have_ended(m))
                return;
        apps_link_end(m->apps);
        if (in->phase <= PHASE_REST) {
                if (!rest_has_ended(m))
                        return;
                in->phase = PHASE_JOURNAL;
                manager_tell_cause(m);
                journal_link_end(m->journal);
                arm_leave(m, JOURNAL_PATIENCE);
        }
        if (in->phase == PHASE_JOURNAL && journal_link_ended(m->journal))
                leave(m);
}
