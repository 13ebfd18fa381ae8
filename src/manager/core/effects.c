/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What machines ask for, done: one function for each effect, in one table.
 * An effect that fails is the next event.
 */

#include "manager/dynamic-user.h"
#include "manager/files.h"
#include "manager/manager-internal.h"
#include "manager/roll.h"
#include "manager/transient.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

typedef void (*EffectFunction)(Manager *m, Unit *u, const Effect *fx, const Event *cause);

/* Most services have a main process and nothing else. Without memory nothing is recorded. */
static void keep_records(Unit *u, CommandKind kind) {
        Service *s = &unit_runtime(u)->machine.service;

        if (u->type != UNIT_SERVICE || s->commands)
                return;
        if (kind != COMMAND_START || u->spec->service->type == TYPE_FORKING)
                s->commands = calloc(COMMAND_KIND_MAX, sizeof(*s->commands));
}

static void effect_spawn(Manager *m, Unit *u, const Effect *fx, const Event *cause) {
        ProcessInfo process = { 0 };
        int r;

        keep_records(u, fx->command);
        unit_runtime(u)->run_ended = false;
        r = m->internal->budget_hit ? -ESHUTDOWN : unit_spawn(m, u, fx->command, fx->index, &process);
        if (r < 0) {
                LOG_UNIT_ERRNO(u->id, SPAWN_REFUSED, r,
                               FIELD_S("COMMAND", command_kind_to_string(fx->command)));
                (void)manager_push_urgent(
                        m, u, &(Event){ .type = EVENT_SPAWN_FAILED, .now = dual_now(), .error = r });
                return;
        }
        if (process.pid > 0) /* else a shim was started, which will tell */
                (void)manager_push_urgent(
                        m, u, &(Event){ .type = EVENT_SPAWNED, .now = dual_now(), .process = process });
}

/* Below 0: a process group. It may be gone already: the end is on the way as an event of its own. */
static void signal_pid(pid_t pid, const Effect *fx) {
        if (pid == 0)
                return;
        (void)kill(pid, fx->signal);
        if (fx->also_sighup)
                (void)kill(pid, SIGHUP);
        if (fx->also_sigcont)
                (void)kill(pid, SIGCONT);
}

/* The whole group in one go, so that no process sees another die long before its own signal comes. */
static int signal_group(UnitRuntime *rt, const Effect *fx, GroupSignals *order) {
        unsigned n = 0;

        if (fx->signal == SIGKILL && !fx->except_main) {
                int r = group_kill_all(rt->group);

                order->met_main = order->main > 0 && group_has_pid(rt->group, order->main);
                order->met_control = order->control > 0 && group_has_pid(rt->group, order->control);
                return r;
        }
        order->signals[n++] = fx->signal;
        if (fx->also_sighup)
                order->signals[n++] = SIGHUP;
        if (fx->also_sigcont)
                order->signals[n++] = SIGCONT;
        if (fx->except_main)
                order->except1 = order->main;
        return group_signal(rt->group, order);
}

/*
 * All whom the signal reached are our children: when they end, it is asked
 * whether the group is empty. Where asking does not set a watch, one is needed now.
 */
static bool ends_are_told(const Unit *u, const GroupSignals *order, int n) {
        GroupTier tier = groups_tier(unit_runtime(u)->manager->groups);
        bool main = order->met_main && order->main != order->except1 && u->type == UNIT_SERVICE &&
                    unit_runtime(u)->machine.service.main_is_child;

        return (tier == TIER_V2 || tier == TIER_HYBRID) && n > 0 && n == main + order->met_control;
}

static void kill_list(Manager *m, Unit *u, const Effect *fx) {
        int n = unit_kill_list(u, fx->signal);

        if (fx->also_sighup)
                (void)unit_kill_list(u, SIGHUP);
        if (fx->also_sigcont)
                (void)unit_kill_list(u, SIGCONT);
        if (n <= 0)
                (void)manager_push_type(m, u, EVENT_EMPTY);
}

/* Who has made the scope knows better how its processes are ended; if it does not, the time-out does. */
static bool controller_stops_it(Manager *m, Unit *u, const Effect *fx) {
        UnitRuntime *rt = unit_runtime(u);

        if (u->type != UNIT_SCOPE || fx->signal == SIGKILL || !rt->transient || !rt->transient->controller)
                return false;
        return m->observer.ask_controller &&
               m->observer.ask_controller(u, rt->transient->controller, m->observer.userdata);
}

/* X-StopMessage=: the main process gets the message, all others the signal. */
static bool is_stopped_by_message(Manager *m, Unit *u, const Effect *fx) {
        const KillSpec *k = u->spec->kill;

        return u->type == UNIT_SERVICE && fx->whom != WHOM_CONTROL && fx->signal != SIGKILL &&
               (fx->signal == k->signal || fx->signal == k->restart_signal) && apps_say_stop(m, u);
}

static void effect_kill(Manager *m, Unit *u, const Effect *wanted, const Event *cause) {
        Effect own = *wanted;
        const Effect *fx = &own;
        UnitRuntime *rt = unit_runtime(u);
        GroupSignals order = { .main = machine_main_pid(&rt->machine),
                               .control = machine_control_pid(&rt->machine) };
        bool told = false;

        unit_thaw_to_stop(u);
        own.except_main = own.except_main || is_stopped_by_message(m, u, wanted);
        if (controller_stops_it(m, u, fx)) {
                if (rt->group)
                        group_watch_empty(rt->group, true);
                return;
        }
        if (unit_has_own_list(u)) {
                kill_list(m, u, fx);
                return;
        }
        if (fx->whom == WHOM_ALL && rt->group) {
                int n = signal_group(rt, fx, &order);

                told = ends_are_told(u, &order, n);
                if (!told)
                        group_watch_empty(rt->group, true);
        }
        if (fx->whom != WHOM_CONTROL && !fx->except_main && !order.met_main)
                signal_pid(unit_signal_target(u), fx);
        if (fx->whom != WHOM_MAIN && !order.met_control)
                signal_pid(order.control, fx);
        if (!rt->group || (!told && group_is_empty(rt->group)))
                (void)manager_push_type(m, u, EVENT_EMPTY);
}

static void effect_watch_pid_file(Manager *m, Unit *u, const Effect *fx, const Event *cause) {
        unit_watch_pid_file(m, u);
}

static void effect_unwatch_pid_file(Manager *m, Unit *u, const Effect *fx, const Event *cause) {
        UnitRuntime *rt = unit_runtime(u);

        if (machine_main_pid(&rt->machine) <= 0)
                unit_explain_pid_file(u);
        file_watch_free(TAKE(rt->file_watch));
}

static void effect_guess_main_pid(Manager *m, Unit *u, const Effect *fx, const Event *cause) {
        unit_guess_main(m, u);
}

static void effect_watch_main_pid(Manager *m, Unit *u, const Effect *fx, const Event *cause) {
        unit_watch_main(m, u, machine_main_pid(&unit_runtime(u)->machine));
}

static bool runs_again(const Service *s, const Machine *machine) {
        return s->restart_job || machine_will_restart(machine);
}

static bool uses_directory(const Unit *u, const char *name) {
        ActiveState state = machine_active_state(&unit_runtime(u)->machine);

        return state != INACTIVE && state != FAILED &&
               strv_contains(u->spec->exec->directories[DIRECTORY_RUNTIME].names, name);
}

/* Instances of a set that write the same name have one directory: it goes with the last of them. */
static bool others_use_directory(const Unit *u, const char *name) {
        const Unit *set = unit_set(u), *other;
        RollPhase phase;

        if (!set)
                return false;
        for (const Edge *e = NULL; (e = unit_next_edge(set, DEP_CONSISTS_OF, e));)
                if (e->other != u && uses_directory(e->other, name))
                        return true;
        for (unsigned i = 0; unit_roll_seat(set, &i, &other, &phase); i++)
                if (other != u && uses_directory(other, name))
                        return true;
        return false;
}

/*
 * RuntimeDirectory= lives as long as the run, or as RuntimeDirectoryPreserve= says, which takes a roll for a restart.
 * "a:b": b is a link to a.
 */
static void remove_runtime_directories(Manager *m, const Unit *u) {
        const ExecSpec *e = u->spec->exec;
        const Machine *machine = &unit_runtime(u)->machine;
        char path[PATH_MAX], trash[PATH_MAX];
        RollPhase phase;

        snprintf(trash, sizeof(trash), "%s/svinit", m->host.runtime_dir);
        if (u->type != UNIT_SERVICE || e->runtime_directory_preserve == PRESERVE_YES ||
            (e->runtime_directory_preserve == PRESERVE_RESTART &&
             (runs_again(&machine->service, machine) || unit_roll_phase(u, &phase))))
                return;
        STRV_FOREACH (name, e->directories[DIRECTORY_RUNTIME].names) {
                const char *link = strchr(*name, ':');
                int n = link ? (int)(link - *name) : (int)strlen(*name);

                if (others_use_directory(u, *name))
                        continue;
                if (snprintf(path, sizeof(path), "%s/%.*s", m->host.runtime_dir, n, *name) <
                    (int)sizeof(path))
                        remove_tree_aside(path, trash);
                if (link &&
                    snprintf(path, sizeof(path), "%s/%s", m->host.runtime_dir, link + 1) < (int)sizeof(path))
                        (void)unlink(path);
        }
}

static void effect_result(Manager *m, Unit *u, const Effect *fx, const Event *cause) {
        UnitRuntime *rt = unit_runtime(u);
        const char *result = machine_result(&rt->machine);

        if (machine_hit_start_limit(&rt->machine))
                LOG_UNIT(u->id, UNIT_TOO_OFTEN);
        remove_runtime_directories(m, u);
        unit_release_private(u);
        unit_close_notify_fd(u);
        if (u->spec->service->fd_store_preserve == PRESERVE_NO)
                unit_release_fd_store(u);
        exec_revert_terminal(u->spec->exec);
        if (u->type == UNIT_SERVICE && rt->machine.service.result == RESULT_EXEC_CONDITION)
                LOG_UNIT(u->id, UNIT_SKIPPED, FIELD_S("DESCRIPTION", u->spec->common->description ?: u->id),
                         FIELD_S("CONDITION", "ExecCondition="));
        else if (result && !str_equal(result, "success"))
                LOG_UNIT(u->id, UNIT_FAILURE_RESULT, FIELD_S("UNIT_RESULT", result));
        else
                LOG_UNIT(u->id, UNIT_SUCCESS, FIELD_S("UNIT_RESULT", "success"));
        apps_forget_unit(m, u);
        unit_end_run(u);
        if (u->type == UNIT_SERVICE && machine_will_restart(&rt->machine))
                LOG_UNIT(u->id, UNIT_RESTART_SCHEDULED,
                         FIELD_I("N_RESTARTS", rt->machine.service.n_restarts + 1),
                         FIELD_S("REASON", rt->machine.service.reason));
        if (u->type == UNIT_SERVICE && u->spec->service->pid_file)
                (void)unlink(u->spec->service->pid_file); /* stale now; the next run must not find it */
        unit_mark_changed(u);
}

static void effect_reload_done(Manager *m, Unit *u, const Effect *fx, const Event *cause) {
        unit_mark_changed(u); /* the job is ended by graph_unit_changed(), with this effect's value */
}

static void effect_restart(Manager *m, Unit *u, const Effect *fx, const Event *cause) {
        JobMode mode =
                u->spec->service->restart_mode == RESTART_MODE_DIRECT ? JOB_IGNORE_DEPENDENCIES : JOB_REPLACE;
        Report why = { 0 };
        int r;

        if (m->stopping)
                return;
        r = manager_enqueue(m, JOB_RESTART, u, mode, &why, NULL);
        if (r != 0) {
                LOG_UNIT(u->id, REQUEST_REFUSED, FIELD_S("JOB_TYPE", "restart"),
                         FIELD_S("REASON", "automatic restart"),
                         FIELD_S("TEXT", why.n_findings > 0 ? why.findings[0].text
                                         : r < 0            ? strerror(-r)
                                                            : ""));
                (void)manager_push(
                        m, u,
                        &(Event){ .type = EVENT_RESTART_REFUSED, .now = dual_now(), .value = r == -ENOMEM });
        }
        report_release(&why);
}

static void effect_trigger(Manager *m, Unit *u, const Effect *fx, const Event *cause) {
        unit_trigger(m, u);
}

static void effect_open(Manager *m, Unit *u, const Effect *fx, const Event *cause) {
        unit_open(m, u);
}

static void effect_close(Manager *m, Unit *u, const Effect *fx, const Event *cause) {
        unit_close(m, u);
}

static void effect_listen(Manager *m, Unit *u, const Effect *fx, const Event *cause) {
        if (fx->type == EFFECT_LISTEN)
                unit_flush_pending(u);
        unit_listen(m, u, fx->type == EFFECT_LISTEN);
}

static void effect_check_paths(Manager *m, Unit *u, const Effect *fx, const Event *cause) {
        unit_check_paths(m, u);
}

static void effect_stamp(Manager *m, Unit *u, const Effect *fx, const Event *cause) {
        unit_write_stamp(m, u);
}

/* By another unit with RemoveIPC= or without: its objects are those of the same user. */
static bool user_is_in_use(Manager *m, const Unit *u) {
        const ExecSpec *e = u->spec->exec;

        if (!e->remove_ipc)
                return true; /* nobody asks */
        for (Unit *i = graph_next_unit(m->graph, NULL); i; i = graph_next_unit(m->graph, i)) {
                if (i == u || i->type != UNIT_SERVICE || i->active == INACTIVE || i->active == FAILED)
                        continue;
                if ((e->user && str_equal(i->spec->exec->user, e->user)) ||
                    (e->group && str_equal(i->spec->exec->group, e->group)))
                        return true;
        }
        return false;
}

/* With the next change of a file, also when it has failed. */
static bool comes_back(const Unit *u) {
        return u->type == UNIT_SERVICE && u->spec->service->watch;
}

void unit_release_kept(Unit *u) {
        if (u->type == UNIT_SERVICE && u->spec->service->fd_store_preserve == PRESERVE_RESTART)
                unit_release_fd_store(u);
        if (!comes_back(u))
                unit_release_stdio(u);
        if (u->type == UNIT_SERVICE && !user_is_in_use(unit_runtime(u)->manager, u))
                exec_remove_ipc(u->spec->exec, unit_dynamic_uid(u));
}

/* The unit is down for good: what belonged to the run goes back. The group stays while strays live in it. */
static void effect_release(Manager *m, Unit *u, const Effect *fx, const Event *cause) {
        UnitRuntime *rt = unit_runtime(u);

        file_watch_free(TAKE(rt->file_watch));
        unit_freeze_release(u);
        fd_release(&rt->accepted_fd); /* the client sees the end of its connection now */
        if (rt->group && group_free_empty(rt->group))
                rt->group = NULL;
        if (fx->value)
                unit_release_kept(u);
        dynamic_user_release(u);
        fd_release(&rt->filter_fd);
        manager_collect(m, u);
}

static const EffectFunction effects[EFFECT_TYPE_MAX] = {
        [EFFECT_SPAWN] = effect_spawn,
        [EFFECT_KILL] = effect_kill,
        [EFFECT_WATCH_PID_FILE] = effect_watch_pid_file,
        [EFFECT_UNWATCH_PID_FILE] = effect_unwatch_pid_file,
        [EFFECT_GUESS_MAIN_PID] = effect_guess_main_pid,
        [EFFECT_WATCH_MAIN_PID] = effect_watch_main_pid,
        [EFFECT_RESULT] = effect_result,
        [EFFECT_RELOAD_DONE] = effect_reload_done,
        [EFFECT_RESTART] = effect_restart,
        [EFFECT_TRIGGER] = effect_trigger,
        [EFFECT_OPEN] = effect_open,
        [EFFECT_CLOSE] = effect_close,
        [EFFECT_LISTEN] = effect_listen,
        [EFFECT_UNLISTEN] = effect_listen,
        [EFFECT_CHECK_PATHS] = effect_check_paths,
        [EFFECT_STAMP] = effect_stamp,
        [EFFECT_RELEASE] = effect_release,
};
_Static_assert(ELEMENTSOF(effects) == EFFECT_TYPE_MAX, "an effect for each type");

void manager_apply(Manager *m, Unit *u, const Effect *fx, const Event *cause) {
        ENSURE_VOID(fx->type < EFFECT_TYPE_MAX && effects[fx->type]);
        effects[fx->type](m, u, fx, cause);
}
