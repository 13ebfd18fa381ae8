/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The processes of a service: commands run one after the other, which process
 * is the main one, and what the end of a process means.
 */

#include "life/service-internal.h"

#include <signal.h>

/* ExecStart= makes the main process, except for daemons that fork it off themselves. */
static bool makes_main(const Service *s, CommandKind kind) {
        return kind == COMMAND_START && service_spec(s)->type != TYPE_FORKING;
}

bool service_has_control(const Service *s) {
        return s->control_pid > 0 || (s->spawn_pending && !makes_main(s, s->command));
}

/* A process that is nobody's child of ours is believed to live as long as the group does. */
bool service_main_is_alive(const Service *s) {
        return s->main_pid > 0 && (s->main_is_child || !s->group_empty);
}

/* The command may be gone after a reload of the manager. */
static const Command *command_of(const Service *s, CommandKind kind, unsigned index) {
        const CommandList *l = s->spec->commands->of + kind;

        return index < l->n ? l->v + index : NULL;
}

void service_spawn(Service *s, const Event *ev, EffectList *fx, CommandKind kind, unsigned index) {
        Effect *e = effect_add(fx, EFFECT_SPAWN);

        e->command = s->command = kind;
        e->index = s->command_index = index;
        s->spawn_pending = true;
        service_arm(s, ev->now.monotonic, service_traits(s)->deadline); /* each command has the whole time */
}

ServiceState service_enter_commands(Service *s, const Event *ev, EffectList *fx) {
        const StateTraits *traits = service_traits(s);

        if (s->spec->commands->of[traits->command].n == 0)
                return traits->otherwise;
        service_spawn(s, ev, fx, traits->command, 0);
        return s->state;
}

bool service_next_command(Service *s, const Event *ev, EffectList *fx) {
        if (!command_of(s, s->command, s->command_index + 1))
                return false;
        service_spawn(s, ev, fx, s->command, s->command_index + 1);
        return true;
}

void service_note_spawned(Service *s, const Event *ev) {
        const RunRecord record = { .start = ev->now, .pid = ev->process.pid };

        s->spawn_pending = false;
        s->group_empty = false;
        if (s->commands)
                s->commands[s->command] = record;
        if (!makes_main(s, s->command)) {
                s->control_pid = ev->process.pid;
                return;
        }
        s->main = record;
        s->main_pid = ev->process.pid;
        s->main_is_child = s->main_known = true;
        s->main_executed = false;
}

/* Only daemons end well by a signal, and of a daemon only the process of ExecStart=. */
static bool exit_is_clean(const Service *s, const ProcessInfo *p, bool daemon) {
        if (p->oom)
                return false;
        if (p->code == CLD_EXITED && p->status == 0)
                return true;
        if (daemon && p->code == CLD_KILLED &&
            (p->status == SIGHUP || p->status == SIGINT || p->status == SIGTERM || p->status == SIGPIPE))
                return true;
        return exit_status_set_contains(&service_spec(s)->success_status, p->code, p->status);
}

static ServiceResult judge(const Service *s, const ProcessInfo *p, CommandKind kind, unsigned index) {
        const Command *c = command_of(s, kind, index);

        if (exit_is_clean(s, p, kind == COMMAND_START && service_spec(s)->type != TYPE_ONESHOT))
                return RESULT_SUCCESS;
        if (c && (c->flags & COMMAND_IGNORE_FAILURE))
                return RESULT_SUCCESS;
        if (p->oom)
                return RESULT_OOM_KILL;
        if (p->code == CLD_EXITED)
                return kind == COMMAND_CONDITION && p->status < 255 ? RESULT_EXEC_CONDITION
                                                                    : RESULT_EXIT_CODE;
        return p->code == CLD_DUMPED ? RESULT_CORE_DUMP : RESULT_SIGNAL;
}

/* A failed reload is no failure of the service. */
static void note_last_exit(Service *s, bool is_main) {
        if (is_main || s->command != COMMAND_RELOAD)
                service_note(s, s->last_exit);
        s->skip = s->skip || s->result == RESULT_EXEC_CONDITION;
}

static void record_exit(RunRecord *r, const Event *ev) {
        if (r->pid != ev->process.pid)
                return;
        r->exit = ev->now;
        r->code = ev->process.code;
        r->status = ev->process.status;
}

static void record_command_exit(Service *s, CommandKind kind, const Event *ev) {
        if (s->commands)
                record_exit(s->commands + kind, ev);
}

EventType service_note_exit(Service *s, const Event *ev) {
        pid_t pid = ev->process.pid;
        bool is_main = pid > 0 && pid == s->main_pid;

        if (!is_main && (pid <= 0 || pid != s->control_pid)) {
                s->unexpected++;
                return EVENT_TYPE_MAX;
        }
        if (is_main) {
                s->main_pid = 0;
                record_exit(&s->main, ev);
                record_command_exit(s, COMMAND_START, ev);
                s->last_exit = judge(s, &ev->process, COMMAND_START,
                                     s->command == COMMAND_START ? s->command_index : 0);
        } else {
                s->control_pid = 0;
                record_command_exit(s, s->command, ev);
                s->last_exit = judge(s, &ev->process, s->command, s->command_index);
        }
        s->group_empty = s->group_empty || (ev->value && s->control_pid == 0 && s->main_pid == 0);
        note_last_exit(s, is_main);
        return is_main ? EVENT_MAIN_EXITED : EVENT_CONTROL_EXITED;
}

EventType service_note_spawn_failure(Service *s, const Event *ev) {
        bool is_main = makes_main(s, s->command);

        s->spawn_pending = false;
        s->last_exit = RESULT_RESOURCES;
        note_last_exit(s, is_main);
        return is_main ? EVENT_MAIN_EXITED : EVENT_CONTROL_EXITED;
}

bool service_take_main_pid(Service *s, const Event *ev, EffectList *fx) {
        pid_t pid = ev->process.pid;

        if (!(service_traits(s)->flags & STATE_FOLLOWS_MAIN) || pid <= 0 || pid == s->control_pid)
                return false;
        service_unwatch_pid_file(s, fx);
        s->guess_pending = false;
        if (pid == s->main_pid)
                return false;
        s->main = (RunRecord){ .start = ev->now, .pid = pid };
        s->main_pid = pid;
        s->main_known = true;
        s->main_is_child = ev->process.is_child;
        s->group_empty = false;
        effect_add(fx, EFFECT_WATCH_MAIN_PID);
        return true;
}

void service_unwatch_pid_file(Service *s, EffectList *fx) {
        if (TAKE(s->pid_file_watched))
                effect_add(fx, EFFECT_UNWATCH_PID_FILE);
}
