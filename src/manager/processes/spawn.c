/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * From a unit and one of its commands to an ExecPlan and a process. Everything
 * here is memory and non-blocking system calls; what may block is the child's.
 */

#include "manager/dynamic-user.h"
#include "manager/manager-internal.h"
#include "manager/transient.h"
#include "unit/directive.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define SHIM_PATH PKGLIBDIR "/svinit-shim"

static const char *const command_search_path[] = {
        "/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin", NULL
};

/* "a-b.slice" lies in "a.slice": the path is made of all its parents. */
int unit_slice_path(const Unit *u, char **ret) {
        char *path auto_free = NULL, *parent = NULL, *at auto_free = NULL, *above auto_free = NULL;
        const char *slice = u->spec->cgroup->slice ?: "system.slice";
        int r;

        if (u->type == UNIT_SLICE) { /* by its name, with a file and without */
                r = name_slice_parent(u->id, &above);
                if (r < 0)
                        return r;
                slice = above ?: "-.slice";
        }
        if (str_equal(slice, "-.slice"))
                return str_replace(ret, "");
        at = strdup(slice);
        path = strdup(slice);
        if (!at || !path)
                return -ENOMEM;
        for (;;) {
                r = name_slice_parent(at, &parent);
                if (r < 0)
                        return r;
                free(TAKE(at));
                at = parent;
                if (!at || str_equal(at, "-.slice"))
                        break;
                char *longer;
                r = str_printf(&longer, "%s/%s", at, path);
                if (r < 0)
                        return r;
                free(path);
                path = longer;
        }
        *ret = TAKE(path);
        return 0;
}

/* The slices are there before what is in them, with their limits. -.slice is our own group. */
static int realize_slice(Manager *m, const Unit *u) {
        const Edge *e = unit_next_edge(u, DEP_SLICE, NULL);

        return e && !str_equal(e->other->id, "-.slice") ? unit_realize_group(m, e->other) : 0;
}

int unit_realize_group(Manager *m, Unit *u) {
        UnitRuntime *rt = unit_runtime(u);
        char *slice auto_free = NULL;
        Report unapplied = { 0 };
        int r;

        /* Alone with its command, svinit itself is what a shim would be: all that is left at the end is the command's. */
        if (rt->group ||
            (unit_is_command(u) && !m->internal->options.with_units && groups_tier(m->groups) == TIER_SHIM))
                return 0;
        r = realize_slice(m, u);
        if (r >= 0)
                r = unit_slice_path(u, &slice);
        if (r < 0)
                return r;
        r = group_new(m->groups, slice, u->id, u->spec->cgroup, u, &unapplied, &rt->group);
        if (r >= 0) {
                unit_note_unapplied_limits(u, &unapplied);
                unit_watch_memory(u);
        }
        report_release(&unapplied);
        return r;
}

void unit_apply_limits(Manager *m, Unit *u) {
        UnitRuntime *rt = unit_runtime(u);
        Report unapplied = { 0 };
        bool is_root = u->type == UNIT_SLICE && str_equal(u->id, "-.slice");

        if (is_root)
                groups_apply_root(m->groups, u->spec->cgroup, &unapplied);
        else if (rt->group)
                (void)group_apply(rt->group, u->spec->cgroup, &unapplied);
        if (is_root || rt->group)
                unit_note_unapplied_limits(u, &unapplied);
        if (rt->group)
                unit_watch_memory(u);
        report_release(&unapplied);
}

const CgroupSpec *unit_limits(void *userdata) {
        const Unit *u = userdata;

        return u->spec->cgroup;
}

int manager_add_env(char ***env, const char *name, const char *value) {
        char *s;
        int r = str_printf(&s, "%s=%s", name, value);

        return r < 0 ? r : strv_push(env, s);
}

int manager_add_env_number(char ***env, const char *name, uint64_t value) {
        char text[24];

        snprintf(text, sizeof(text), "%" PRIu64, value);
        return manager_add_env(env, name, text);
}

static const char *const result_names[] = { [0] = "exited", "exited", "killed", "dumped" };

static int add_prefixed(char ***env, const char *prefix, const char *name, const char *value) {
        char full[64];

        snprintf(full, sizeof(full), "%s%s", prefix, name);
        return manager_add_env(env, full, value);
}

/* $SERVICE_RESULT and its like, for ExecStop= and ExecStopPost=; of another service with MONITOR_ in front. */
static int add_result_env(const Service *s, const char *prefix, char ***env) {
        char text[16];
        int r;

        r = add_prefixed(env, prefix, "SERVICE_RESULT", service_result_to_string(s->result));
        if (r < 0 || s->main.exit.realtime == 0)
                return r;
        r = add_prefixed(env, prefix, "EXIT_CODE",
                         s->main.code >= 1 && s->main.code <= 3 ? result_names[s->main.code] : "exited");
        if (r < 0)
                return r;
        snprintf(text, sizeof(text), "%d", s->main.status);
        return add_prefixed(env, prefix, "EXIT_STATUS",
                            s->main.code == 1 ? text : sigabbrev_np(s->main.status) ?: text);
}

int manager_add_invocation(const uint8_t id[16], const char *name, char ***env) {
        char hex[33];

        hex_format(id, 16, hex);
        return manager_add_env(env, name, hex);
}

/* OnFailure= and OnSuccess=: whose end brought this unit up, when there is no doubt. */
static Unit *monitored_unit(const Unit *u) {
        Unit *found = NULL;

        for (const Edge *e = u->edges; e < unit_edges_end(u); e++) {
                if (!(e->kinds & (EDGE(DEP_ON_FAILURE_OF) | EDGE(DEP_ON_SUCCESS_OF))))
                        continue;
                if (found || e->other->type != UNIT_SERVICE)
                        return NULL;
                found = e->other;
        }
        return found;
}

static int add_monitor_env(const Unit *u, char ***env) {
        const Unit *other = monitored_unit(u);
        int r;

        if (!other)
                return 0;
        r = add_result_env(&unit_runtime(other)->machine.service, "MONITOR_", env);
        if (r >= 0 && unit_runtime(other)->has_invocation)
                r = manager_add_invocation(unit_runtime(other)->invocation_id, "MONITOR_INVOCATION_ID", env);
        return r < 0 ? r : manager_add_env(env, "MONITOR_UNIT", other->id);
}

/* RestartMode=debug: runs that began by an automatic start are to say more, and all of it is kept. */
bool unit_is_debugged(const Unit *u) {
        return u->type == UNIT_SERVICE && u->spec->service->restart_mode == RESTART_MODE_DEBUG &&
               unit_runtime(u)->machine.service.n_restarts > 0;
}

/* What svinit itself sets; systemd.exec(5) "ENVIRONMENT VARIABLES SET ON PROCESSES". */
static int service_environment(Manager *m, Unit *u, CommandKind kind, char ***ret) {
        UnitRuntime *rt = unit_runtime(u);
        const ServiceSpec *spec = u->spec->service;
        char **env auto_strv = NULL;
        const Service *s = &rt->machine.service;
        int r = 0;

        if (m->notify && spec->notify_access > NOTIFY_NONE)
                r = manager_add_env(&env, "NOTIFY_SOCKET", notify_socket_path(m->notify));
        if (r >= 0)
                r = manager_add_invocation(rt->invocation_id, "INVOCATION_ID", &env);
        if (r >= 0 && u->type == UNIT_SERVICE && s->main_pid > 0 && kind != COMMAND_START)
                r = manager_add_env_number(&env, "MAINPID", (uint64_t)s->main_pid);
        if (r >= 0 && spec->pid_file)
                r = manager_add_env(&env, "PIDFILE", spec->pid_file);
        if (r >= 0 && kind == COMMAND_START && spec->watchdog > 0 && spec->watchdog != USEC_INFINITY)
                r = manager_add_env_number(&env, "WATCHDOG_USEC", spec->watchdog);
        if (r >= 0 && spec->fd_store_max > 0)
                r = manager_add_env_number(&env, "FDSTORE", spec->fd_store_max);
        if (r >= 0)
                r = unit_add_set_environment(m, u, &env);
        if (r >= 0 && unit_is_debugged(u))
                r = manager_add_env(&env, "DEBUG_INVOCATION", "1");
        if (r >= 0 && u->type == UNIT_SERVICE && (kind == COMMAND_STOP || kind == COMMAND_STOP_POST))
                r = add_result_env(s, "", &env);
        if (r >= 0 && kind == COMMAND_START && spec->ipc.node_drain && spec->ipc.kind == IPC_NONE)
                r = manager_add_env(&env, "SVINIT_DRAIN_SIGNAL", signal_to_string(u->spec->kill->signal));
        if (r >= 0)
                r = add_monitor_env(u, &env);
        if (r >= 0 && rt->trigger_environment)
                r = strv_add_all(&env, rt->trigger_environment);
        if (r < 0)
                return r;
        *ret = TAKE(env);
        return 0;
}

static int inherited_environment(Manager *m, const ExecSpec *exec, char ***ret) {
        char **env auto_strv = NULL;
        int r = manager_inherited_environment(m, exec->pass_manager_environment, &env);

        STRV_FOREACH (name, exec->pass_environment) {
                const char *value = env_get(m->host.environment, *name, strlen(*name));

                if (r >= 0 && value && !env_get(env, *name, strlen(*name)))
                        r = manager_add_env(&env, *name, value);
        }
        if (r < 0)
                return r;
        *ret = TAKE(env);
        return 0;
}

static bool streams_wanted(const ExecSpec *exec) {
        return exec->io.output == OUTPUT_JOURNAL || exec->io.output == OUTPUT_JOURNAL_CONSOLE ||
               exec->io.output == OUTPUT_KMSG || exec->io.output == OUTPUT_KMSG_CONSOLE ||
               exec->io.error == OUTPUT_JOURNAL || exec->io.error == OUTPUT_JOURNAL_CONSOLE ||
               exec->io.error == OUTPUT_KMSG || exec->io.error == OUTPUT_KMSG_CONSOLE;
}

static bool is_log(StdOutput o) {
        return o == OUTPUT_JOURNAL || o == OUTPUT_JOURNAL_CONSOLE || o == OUTPUT_KMSG ||
               o == OUTPUT_KMSG_CONSOLE;
}

static bool all_streams_are_given(const Unit *u) {
        const Transient *t = unit_runtime(u)->transient;

        return t && t->stdio[0] >= 0 && t->stdio[1] >= 0 && t->stdio[2] >= 0;
}

/* The client's own descriptors take the place of whatever the settings say. */
static void plan_given_streams(const Unit *u, ExecPlan *p) {
        const Transient *t = unit_runtime(u)->transient;

        if (t && (t->stdio[STDOUT_FILENO] >= 0 || t->stdio[STDERR_FILENO] >= 0))
                p->give_output = false;
        if (t && t->stdio[STDIN_FILENO] >= 0)
                p->stdin_fd = t->stdio[STDIN_FILENO];
        if (t && t->stdio[STDOUT_FILENO] >= 0)
                p->stdout_fd = t->stdio[STDOUT_FILENO];
        if (t && t->stdio[STDERR_FILENO] >= 0)
                p->stderr_fd = t->stdio[STDERR_FILENO];
}

/* The child connects: the connection belongs to it, and nobody else has to wait for it. */
static int plan_connections(const Unit *u, ExecPlan *p) {
        int r = journal_real_header(u, false, &p->journal_headers[0]);

        if (r >= 0)
                r = journal_real_header(u, true, &p->journal_headers[1]);
        if (r < 0)
                free(TAKE(p->journal_headers[0]));
        return r;
}

/* Standard output and error: our pipes where the journal is meant, else the child opens what the spec says. */
static int plan_streams(Manager *m, Unit *u, ExecPlan *p, int fds[2]) {
        const StdIo *io = &p->exec->io;
        int r;

        if (unit_is_command(u)) {
                command_plan_place(p);
                return 0;
        }
        if (all_streams_are_given(u) || !streams_wanted(p->exec))
                return 0;
        if (m->internal->real_journal)
                return plan_connections(u, p);
        if (!journal_link_available(m->journal)) {
                p->stdout_fd = is_log(io->output) ? STDOUT_FILENO : -1;
                p->stderr_fd = io->error == OUTPUT_INHERIT ? p->stdout_fd
                               : is_log(io->error)         ? STDERR_FILENO
                                                           : -1;
                return 0;
        }
        r = journal_link_streams(m, u, fds);
        if (r < 0)
                return r;
        p->give_output = true;
        p->stdout_fd = is_log(io->output) ? fds[0] : -1;
        if (is_log(io->error) || (io->error == OUTPUT_INHERIT && is_log(io->output)))
                p->stderr_fd = fds[1];
        return 0;
}

static void plan_privileges(const Unit *u, CommandKind kind, const Command *c, ExecPlan *p) {
        const ServiceSpec *service = u->spec->service;
        bool helper = kind != COMMAND_START;
        bool apply = !(c->flags & COMMAND_FULLY_PRIVILEGED) && !(helper && service->permissions_start_only);

        p->apply_user = p->apply_sandbox = apply;
        p->apply_root_directory = !(helper && service->root_directory_start_only);
}

static int register_child(Manager *m, Unit *u, ExecChild *child, ProcessInfo *ret) {
        UnitRuntime *rt = unit_runtime(u);
        bool has_executed = child->pid > 0 && child->status_fd < 0;
        int r;

        if (child->shim_pid > 0)
                r = group_add_shim(rt->group, child->shim_pid, child->shim_fd);
        else {
                reaper_unwatch(m->reaper, child->pid); /* a stranger that had the number before has ended */
                r = reaper_watch(m->reaper, child->pid, u);
        }
        if (r >= 0 && child->status_fd >= 0)
                r = unit_watch_status(m, u, TAKE_FD(child->status_fd), child->pid);
        if (r < 0) { /* what nobody watches must not run */
                process_tree_kill(child->shim_pid > 0 ? child->shim_pid : child->pid);
                reaper_unwatch(m->reaper, child->pid);
                cleanup_fd(&child->status_fd);
                return r;
        }
        if (has_executed && u->spec->service->type == TYPE_EXEC)
                (void)manager_push(m, u,
                                   &(Event){ .type = EVENT_EXECUTED,
                                             .now = dual_now(),
                                             .process = { .pid = child->pid } });
        *ret = (ProcessInfo){ .pid = child->pid, .is_child = true };
        return 0;
}

static const CommandList *socket_commands(const SocketSpec *s, CommandKind kind) {
        switch (kind) {
        case COMMAND_START_PRE:
                return &s->exec_start_pre;
        case COMMAND_START_POST:
                return &s->exec_start_post;
        case COMMAND_STOP:
                return &s->exec_stop_pre;
        default:
                return &s->exec_stop_post;
        }
}

static const Command *find_command(const Unit *u, CommandKind kind, unsigned index) {
        const CommandList *l = u->type == UNIT_SOCKET ? socket_commands(u->spec->socket, kind)
                                                      : &u->spec->commands->of[kind];

        return index < l->n ? l->v + index : NULL;
}

/* The first of the limits that were noted when the group was made. */
static const char *find_group_lack(const Unit *u) {
        const Report *here = &unit_runtime(u)->unapplied;

        for (size_t i = 0; i < here->n_findings; i++)
                if (key_is_of_group(here->findings[i].key))
                        return here->findings[i].text;
        return NULL;
}

/* Those that run beside the main process: in a group that was given away there may be no place for them. */
static bool is_beside_main(CommandKind kind) {
        return kind != COMMAND_CONDITION && kind != COMMAND_START_PRE && kind != COMMAND_START;
}

static void plan_group(UnitRuntime *rt, CommandKind kind, ExecPlan *p) {
        bool delegate = rt->unit->spec->cgroup->delegate;
        const char *below = delegate && is_beside_main(kind) ? GROUP_CONTROL : NULL;

        p->cgroup_fd = -1;
        p->group_lack = find_group_lack(rt->unit);
        if (!rt->group)
                return;
        p->cgroup_fd = group_cgroup_fd(rt->group, below);
        p->delegate_group = delegate && !below;
        p->n_cgroup_procs_fds = group_procs_fds(rt->group, below, &p->cgroup_procs_fds);
        p->shim = group_wants_shim(rt->group);
        p->shim_path = SHIM_PATH;
}

const char *manager_directory_base(const Manager *m, DirectoryKind kind) {
        const SpecifierHost *h = &m->host.specifiers;
        const char *const bases[DIRECTORY_KIND_MAX] = { m->host.runtime_dir, h->state_dir, h->cache_dir,
                                                        h->logs_dir, h->configuration_dir };

        return bases[kind];
}

void manager_plan_fixed(Manager *m, const UnitSpec *spec, const char *id, ExecPlan *p) {
        p->unit = id;
        p->exec = spec->exec;
        p->sandbox = spec->sandbox;
        for (DirectoryKind i = 0; i < DIRECTORY_KIND_MAX; i++)
                p->directory_bases[i] = manager_directory_base(m, i);
        p->default_search_path = command_search_path;
        p->stdin_fd = p->stdout_fd = p->stderr_fd = -1;
        p->console_fd = STDOUT_FILENO;
        p->original_nofile = m->host.original_nofile;
        p->ignore_missing_privilege = !manager_is_strict(m);
        p->dynamic_uid = (uid_t)-1;
        p->network_fd = p->ipc_fd = p->filter_fd = -1;
        p->tty_path = spec->exec->tty_path;
}

/* One for all units that wait; made when the first does. */
static int idle_fd(Manager *m) {
        if (graph_count_jobs(m->graph) == 0)
                return 0;
        if (m->internal->idle_fd <= 0)
                m->internal->idle_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        return MAX(m->internal->idle_fd, 0);
}

void manager_end_idle(Manager *m) {
        if (m->internal->idle_fd <= 0 || graph_count_jobs(m->graph) > 0)
                return;
        (void)eventfd_write(m->internal->idle_fd, 1);
        close(m->internal->idle_fd);
        m->internal->idle_fd = 0;
}

static int plan_user(Manager *m, Unit *u, ExecPlan *p) {
        int r = u->spec->exec->dynamic_user ? dynamic_user_take(m, u) : 0;

        p->dynamic_uid = unit_dynamic_uid(u);
        return r;
}

/* Node's ids of workers begin with 1. */
static void plan_node(Unit *u, ExecPlan *p) {
        const IpcSpec *ipc = &u->spec->service->ipc;

        if (p->channel_fd > 0 && ipc->kind == IPC_NODE_CLUSTER)
                p->cluster_id = unit_set_index(u) + 1;
        if (ipc->node_drain && apps_find_helper(u))
                p->node_options = "--require=" NODE_HELPER_PATH;
}

/* What the process inherits besides its streams; it stays the caller's. */
static int plan_fds(Unit *u, CommandKind kind, ExecPlan *p, PassedFds *passed, int *notify_fd,
                    int *channel_fd) {
        const StdIo *io = &u->spec->exec->io;
        int r = 0;

        p->fds_are_streams =
                u->type == UNIT_SERVICE &&
                (io->input == INPUT_SOCKET || io->output == OUTPUT_SOCKET || io->error == OUTPUT_SOCKET);
        p->streams_optional = kind != COMMAND_START;
        if (p->fds_are_streams && kind != COMMAND_START)
                r = unit_collect_connections(u, passed);
        else if (kind == COMMAND_START) {
                p->non_blocking_fds =
                        u->spec->service->non_blocking || u->spec->service->ipc.kind == IPC_NODE_CLUSTER;
                p->notify_fd_number = (int)u->spec->service->notify_fd;
                r = p->fds_are_streams ? unit_collect_connections(u, passed) : unit_collect_fds(u, passed);
                if (r >= 0)
                        r = apps_open_channel(unit_runtime(u)->manager, u, channel_fd);
                p->channel_fd = *channel_fd;
                plan_node(u, p);
                if (r >= 0)
                        r = unit_open_notify_fd(u, notify_fd);
                p->notify_fd = *notify_fd;
        } else if (u->type == UNIT_SOCKET && u->spec->socket->pass_fds_to_exec)
                r = unit_collect_own_fds(u, passed);
        p->fds = passed->fds;
        p->fd_names = passed->names;
        p->fds_in_use = passed->in_use;
        p->n_fds = passed->n;
        return r;
}

int unit_spawn(Manager *m, Unit *u, CommandKind kind, unsigned index, ProcessInfo *ret) {
        const Command *c = find_command(u, kind, index);

        ENSURE(c, -EINVAL);
        return unit_spawn_command(m, u, kind, c, false, ret);
}

/* The child reads them, as that may take long; but without them there need be no child, and no start that seems to succeed. */
static int check_environment_files(const Unit *u) {
        const ExecSpec *e = u->spec->exec;

        for (size_t i = 0; i < e->n_environment_files; i++) {
                const EnvironmentFile *f = e->environment_files + i;

                if (f->optional || f->path[strcspn(f->path, "*?[{")] || access(f->path, F_OK) >= 0)
                        continue;
                LOG_UNIT_ERRNO(u->id, ENVIRONMENT_FILE, -errno, FIELD_S("PATH", f->path));
                return -errno;
        }
        return 0;
}

int unit_spawn_command(Manager *m, Unit *u, CommandKind kind, const Command *c, bool aside,
                       ProcessInfo *ret) {
        UnitRuntime *rt = unit_runtime(u);
        char **set auto_strv = NULL, **inherited auto_strv = NULL;
        PassedFds passed __attribute__((cleanup(passed_fds_release))) = { 0 };
        int notify_fd auto_fd = -1, channel_fd auto_fd = -1, streams[2] = { -1, -1 }, r;
        ExecChild child;
        ExecPlan p = { 0 };

        if (kind == COMMAND_START && command_take(m, u, &child)) /* it runs already */
                return register_child(m, u, &child, ret);
        manager_plan_fixed(m, u->spec, u->id, &p);
        p.command = c;
        plan_privileges(u, kind, c, &p);

        r = check_environment_files(u);
        if (r >= 0)
                r = unit_realize_group(m, u);
        if (r < 0)
                return r;
        plan_group(rt, kind, &p);
        p.shim = p.shim && !aside;
        r = service_environment(m, u, kind, &set);
        if (r < 0)
                return r;
        r = inherited_environment(m, u->spec->exec, &inherited);
        if (r < 0)
                return r;
        p.set_environment = set;
        unit_plan_increment(u, &p);
        p.directory = unit_release(u);
        p.manager_environment = inherited;

        r = plan_user(m, u, &p);
        if (r < 0)
                return r;
        r = plan_fds(u, kind, &p, &passed, &notify_fd, &channel_fd);
        if (r < 0)
                return r;
        if (kind == COMMAND_START && u->spec->service->type == TYPE_IDLE)
                p.idle_fd = idle_fd(m);
        r = plan_streams(m, u, &p, streams);
        if (r < 0)
                return r;
        plan_given_streams(u, &p);
        r = unit_plan_namespaces(m, u, kind, &p);
        if (p.filter_fd >= 0 && p.filter_fd == p.notify_fd_number)
                p.filter_fd = -1; /* the child would overwrite it before it is read */
        if (r >= 0)
                r = exec_spawn(&p, &child);
        if (r >= 0 && unit_is_command(u) && kind == COMMAND_START)
                shell_job_begin(m, &p, child.pid);
        free(p.journal_headers[0]);
        free(p.journal_headers[1]);
        fd_release(&p.network_fd);
        fd_release(&p.ipc_fd);
        if (streams[0] >= 0)
                close(streams[0]);
        if (streams[1] >= 0)
                close(streams[1]);
        if (kind == COMMAND_START && r >= 0) { /* the service has its own copy */
                cleanup_fd(&rt->accepted_fd);
                rt->accepted_fd = -1;
        }
        if (streams[0] >= 0)
                journal_link_announce(m, u, r < 0 ? 0 : child.pid);
        if (kind == COMMAND_START && r >= 0)
                apps_announce(m, u);
        else if (kind == COMMAND_START)
                apps_forget_unit(m, u);
        if (r < 0)
                return r;
        return register_child(m, u, &child, ret);
}
