/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * CMD mode: main.service, made from the command line, and its start.
 *
 * A command that has svinit to itself goes first: nothing of what takes
 * svinit its time (the loop and its library, the graph, the bus) matters to
 * it. When the manager is made, if ever, it finds the process instead of
 * starting one. Not so where svinit can make control groups, since the command
 * then has one of its own, nor where more than the command was asked for.
 */

#include "manager/manager-internal.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

struct CommandStart {
        UnitSpec *spec; /* owned; NULL: the unit has it */
        ExecChild child;
        uint8_t invocation_id[16];
        DualTime when;
        bool taken; /* the unit knows the process */
};

static int fill_command(UnitSpec *spec, const ManagerOptions *options) {
        ServiceSpec *service = spec_part(spec, PART_SERVICE);
        CommandsSpec *commands = spec_part(spec, PART_COMMANDS);
        ExecSpec *exec = spec_part(spec, PART_EXEC);
        KillSpec *kill = spec_part(spec, PART_KILL);
        CommonSpec *common = spec_part(spec, PART_COMMON);
        PolicySpec *policy = spec_part(spec, PART_POLICY);
        Command *c = calloc(1, sizeof(*c));

        if (!service || !commands || !exec || !kill || !common || !policy || !c) {
                free(c);
                return -ENOMEM;
        }
        c->flags = COMMAND_NO_ENV_EXPAND;
        commands->of[COMMAND_START] = (CommandList){ c, 1 };
        service->type = TYPE_EXEC;
        service->essential = 1;
        service->notify_access = NOTIFY_MAIN;
        service->timeout_start = USEC_INFINITY;
        exec->io.input = INPUT_NAMED_FD;
        exec->io.output = exec->io.error = OUTPUT_INHERIT;
        exec->ignore_sigpipe = false;
        exec->umask = options->umask;
        /* Its children are its own affair, as they are where it runs by itself; none of them outlives it. */
        service->oom_policy = OOM_CONTINUE;
        kill->mode = KILL_MIXED;
        policy->default_dependencies = false;
        c->path = strdup(options->command[0]);
        common->description = strdup(options->command[0]);
        if (!c->path || !common->description)
                return -ENOMEM;
        return strv_copy(options->command, &c->argv);
}

static int make_spec(const Manager *m, UnitSpec **ret) {
        UnitSpec *spec;
        int r;

        r = spec_new(COMMAND_UNIT, &spec);
        if (r < 0)
                return r;
        r = fill_command(spec, &m->internal->options);
        if (r >= 0)
                r = spec_complete(spec, &(SpecContext){ .specifiers = { .host = &m->host.specifiers } });
        if (r < 0) {
                spec_free(spec);
                return r;
        }
        *ret = spec;
        return 0;
}

int manager_add_command_unit(Manager *m) {
        CommandStart *start = m->internal->command;
        UnitSpec *spec;
        Unit *u;
        int r;

        r = graph_add(m->graph, COMMAND_UNIT, &u);
        if (r < 0)
                return r;
        u->transient = true;
        if (start)
                spec = TAKE(start->spec);
        else
                r = make_spec(m, &spec);
        if (r < 0)
                return r;
        r = graph_set_spec(m->graph, u, spec, LOAD_LOADED);
        machine_set_spec(&unit_runtime(u)->machine, u->spec);
        return r;
}

/* What was started by hand keeps what svinit was given: its directory, its terminal, its keys; a shell has job control. */
void command_plan_place(ExecPlan *p) {
        p->foreground = isatty(STDIN_FILENO);
        p->keep_directory = true;
        p->stdin_fd = STDIN_FILENO;
        p->stdout_fd = STDOUT_FILENO;
        p->stderr_fd = STDERR_FILENO;
}

static int plan_environment(Manager *m, const CommandStart *start, char ***ret_set, char ***ret_inherited) {
        char *notify auto_free = NULL;
        int r = 0;

        if (m->internal->notify_fd >= 0) {
                r = str_printf(&notify, "%s/systemd/notify", m->host.runtime_dir);
                if (r >= 0)
                        r = manager_add_env(ret_set, "NOTIFY_SOCKET", notify);
        }
        if (r >= 0)
                r = manager_add_invocation(start->invocation_id, "INVOCATION_ID", ret_set);
        if (r >= 0)
                r = manager_inherited_environment(m, start->spec->exec->pass_manager_environment,
                                                  ret_inherited);
        return r;
}

/* The plan that unit_spawn() would make for the unit. */
static int spawn(Manager *m, CommandStart *start) {
        char **set auto_strv = NULL, **inherited auto_strv = NULL;
        ExecPlan p = { 0 };
        int r;

        manager_plan_fixed(m, start->spec, COMMAND_UNIT, &p);
        command_plan_place(&p);
        p.command = start->spec->commands->of[COMMAND_START].v;
        p.apply_user = p.apply_sandbox = p.apply_root_directory = true;
        p.cgroup_fd = -1;
        r = plan_environment(m, start, &set, &inherited);
        if (r < 0)
                return r;
        p.set_environment = set;
        p.manager_environment = inherited;
        start->when = dual_now();
        r = exec_spawn(&p, &start->child);
        if (r >= 0)
                shell_job_begin(m, &p, start->child.pid);
        return r;
}

static bool may_go_first(const Manager *m) {
        const ManagerOptions *o = &m->internal->options;

        return o->command && !o->with_units && !o->main_unit && !o->tell_orphans &&
               groups_tier(m->groups) == TIER_SHIM && log_max_priority() <= LOG_WARNING;
}

bool manager_start_command(Manager *m) {
        CommandStart *start = may_go_first(m) ? calloc(1, sizeof(*start)) : NULL;

        if (!start)
                return false;
        m->internal->command = start;
        manager_new_id(start->invocation_id);
        /* What cannot be done here is told by the manager, which tries again. */
        if (make_spec(m, &start->spec) >= 0 && spawn(m, start) >= 0)
                return true;
        command_free(m);
        return false;
}

static bool is_ours(const Manager *m, const Unit *u) {
        const CommandStart *start = m->internal->command;

        return start && !start->taken && unit_is_command(u);
}

bool command_invocation(const Manager *m, const Unit *u, uint8_t ret[16]) {
        if (!is_ours(m, u))
                return false;
        memcpy(ret, m->internal->command->invocation_id, 16);
        return true;
}

bool command_take(Manager *m, const Unit *u, ExecChild *ret) {
        if (!is_ours(m, u))
                return false;
        m->internal->command->taken = true;
        *ret = m->internal->command->child;
        return true;
}

void command_settle(Manager *m) {
        const CommandStart *start = m->internal->command;
        Unit *u = start && start->taken ? manager_command(m) : NULL;
        UnitRuntime *rt = u ? unit_runtime(u) : NULL;

        if (!rt || machine_main_pid(&rt->machine) != start->child.pid)
                return;
        rt->state_change = rt->inactive_exit = rt->active_enter = rt->condition_time = rt->assert_time =
                start->when;
        rt->machine.service.main.start = start->when;
        if (rt->machine.service.commands)
                rt->machine.service.commands[COMMAND_START].start = start->when;
        m->finish_time = start->when;
}

pid_t command_pid(const Manager *m) {
        return m->internal->command ? m->internal->command->child.pid : 0;
}

void command_free(Manager *m) {
        CommandStart *start = TAKE(m->internal->command);

        if (!start)
                return;
        spec_free(start->spec);
        if (!start->taken && start->child.pid > 0)
                cleanup_fd(&start->child.status_fd);
        free(start);
}
