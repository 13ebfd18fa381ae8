/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What processes tell: their end, PID files; and which of them is the main one.
 */

#include "manager/manager-internal.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *exit_word(int code) {
        return code == CLD_EXITED ? "exited" : code == CLD_DUMPED ? "dumped" : "killed";
}

static void status_word(int code, int status, char *buf, size_t n) {
        const char *name = code == CLD_EXITED ? exec_exit_code_to_string(status) : sigabbrev_np(status);

        snprintf(buf, n, "%d%s%s", status, name ? "/" : "", name ?: "");
}

bool unit_note_exit(Unit *u, const Event *ev, const char *comm) {
        const ProcessInfo *p = &ev->process;
        const Machine *machine = &unit_runtime(u)->machine;
        bool is_main = p->pid == machine_main_pid(machine);
        char status[40];

        if (!is_main && p->pid != machine_control_pid(machine))
                return false;
        unit_mark_changed(u);
        if (u->spec->exec)
                exec_note_dead(u->spec->exec, p->pid, p->code == CLD_EXITED ? 0 : p->status,
                               p->code == CLD_EXITED ? p->status : 0);
        if (p->code == CLD_EXITED && p->status == 0)
                return true;
        status_word(p->code, p->status, status, sizeof(status));
        LOG_UNIT(u->id, UNIT_PROCESS_EXIT, FIELD_S("ROLE", is_main ? "Main" : "Control"),
                 FIELD_I("PID", p->pid), FIELD_S("COMMAND", comm), FIELD_S("EXIT_CODE", exit_word(p->code)),
                 FIELD_I("EXIT_STATUS", p->status), FIELD_S("STATUS_TEXT", status));
        return true;
}

/* Of all processes of the container: a rise is that of the process that ended last. */
static bool container_oom_killed(Manager *m) {
        uint64_t all = groups_container_oom_kills(m->groups);
        bool rose = all > m->internal->oom_kills_seen;

        m->internal->oom_kills_seen = all;
        return rose;
}

/*
 * The kernel's counters say whether SIGKILL came from the OOM killer: the
 * group's own, else the container's. A rise without SIGKILL was another
 * process of the unit.
 */
static bool killed_for_memory(Manager *m, Unit *u, const ProcessEnd *end) {
        UnitRuntime *rt = unit_runtime(u);
        bool sigkill = end->code == CLD_KILLED && end->status == SIGKILL;

        if (rt->group && group_counts_oom(rt->group)) {
                bool rose = unit_oom_killed(u);

                if (rose && !sigkill)
                        (void)manager_push_type(m, u, EVENT_OOM);
                return sigkill &&
                       (rose || (rt->main_is_oom_killed && end->pid == machine_main_pid(&rt->machine)));
        }
        if (!container_oom_killed(m) || !sigkill)
                return false;
        unit_tell_oom(u);
        return true;
}

/* A file that its owner could have pointed anywhere is believed when it names a process of this very unit. */
static int read_pid_file(Unit *u, pid_t *ret) {
        Group *g = unit_runtime(u)->group;
        bool trusted = false;
        pid_t pid = 0;
        int r = pid_file_read(u->spec->service->pid_file, &pid, &trusted);

        if (r < 0)
                return r;
        if (!trusted && !(g && group_has_pid(g, pid)))
                return -EPERM;
        *ret = pid;
        return 0;
}

/* A main process that handed over to another one (a binary upgrade) has told so in the PID file. */
static void follow_pid_file(Manager *m, Unit *u, pid_t ended) {
        const char *path = u->type == UNIT_SERVICE ? u->spec->service->pid_file : NULL;
        pid_t pid = 0;

        if (!path || read_pid_file(u, &pid) < 0 || pid == ended || !process_exists(pid))
                return;
        if (unit_runtime(u)->group && group_has_pid(unit_runtime(u)->group, pid))
                (void)manager_push(m, u,
                                   &(Event){ .type = EVENT_MAIN_PID,
                                             .now = dual_now(),
                                             .process = { .pid = pid, .is_child = true } });
}

static void process_ended(Manager *m, Unit *u, const ProcessEnd *end) {
        UnitRuntime *rt = unit_runtime(u);
        bool is_main = end->pid == machine_main_pid(&rt->machine),
             is_control = end->pid == machine_control_pid(&rt->machine),
             /* What waits in the queue may be the news that it is one of the two. */
                is_known = is_main || is_control || m->internal->queue_count > 0;
        Event ev = { .type = EVENT_EXITED,
                     .now = end->when,
                     .process = {
                             .pid = end->pid, .code = end->code, .status = end->status, .is_child = true } };

        unit_status_ended(u, end->pid);
        journal_link_process_of_unit_ended(m->journal, end->pid, u);
        if (u->type == UNIT_SCOPE)
                unit_scope_process_ended(m, u, end->pid);
        ev.process.oom = killed_for_memory(m, u, end);
        if (unit_health_process_ended(u, end) || !is_known) {
                if (ev.process.oom)
                        (void)manager_push_type(m, u, EVENT_OOM);
                return;
        }
        if (!is_control)
                follow_pid_file(m, u, end->pid);
        ev.value = rt->group && group_is_empty(rt->group); /* the last one: the run ends in this step */
        (void)manager_push_exit(m, u, &ev, end->comm);
}

void on_process_end(const ProcessEnd *end, void *watcher, void *userdata) {
        Manager *m = userdata;

        if (watcher)
                process_ended(m, watcher, end);
        else if (m->journal && journal_link_is_pid(m->journal, end->pid))
                journal_link_process_end(m->journal, end);
        else if (apps_link_is_pid(m->apps, end->pid))
                apps_link_process_end(m->apps, end);
        else if (m->internal->options.tell_orphans)
                LOG(ORPHAN_REAPED, FIELD_I("PID", end->pid), FIELD_S("EXIT_CODE", exit_word(end->code)),
                    FIELD_I("STATUS", end->status));
        if (m->stopping)
                manager_kick(m);
}

void on_group_empty(Group *g, void *userdata) {
        Unit *u = group_userdata(g);

        (void)manager_push_type(unit_runtime(u)->manager, u, EVENT_EMPTY);
        if (unit_is_down(u))
                manager_collect(unit_runtime(u)->manager, u);
}

/* Behind a shim the shim tells. A process that is gone already has nobody who tells of its end: we do. */
void unit_watch_main(Manager *m, Unit *u, pid_t pid) {
        UnitRuntime *rt = unit_runtime(u);
        int r;

        if (pid <= 0 || reaper_find(m->reaper, pid) == u)
                return;
        if (process_parent(pid) == getpid())
                r = reaper_watch(m->reaper, pid, u);
        else if (rt->group && group_wants_shim(rt->group) && group_has_pid(rt->group, pid))
                r = 0;
        else
                r = reaper_watch_stranger(m->reaper, pid, u);
        if (r == -ESRCH)
                (void)manager_push(m, u,
                                   &(Event){ .type = EVENT_EXITED,
                                             .now = dual_now(),
                                             .process = { .pid = pid, .code = CLD_EXITED } });
}

/* Its shim was killed: who is left is our child now, or was reaped and never told of. */
static void adopt(Manager *m, Unit *u) {
        const Machine *machine = &unit_runtime(u)->machine;

        LOG_UNIT(u->id, SHIM_KILLED);
        unit_watch_main(m, u, machine_main_pid(machine));
        unit_watch_main(m, u, machine_control_pid(machine));
}

/* Shim tier: code 0 says that the process was started, pid 0 that the shim tells no more. */
void on_group_exit(Group *g, pid_t pid, int code, int status, void *userdata) {
        Unit *u = group_userdata(g);
        Manager *m = unit_runtime(u)->manager;
        ProcessEnd end = { .pid = pid, .code = code, .status = status, .when = dual_now() };

        if (pid == 0) {
                adopt(m, u);
                return;
        }
        if (code == 0) {
                journal_link_announce(m, u, pid);
                (void)manager_push(m, u,
                                   &(Event){ .type = EVENT_SPAWNED,
                                             .now = end.when,
                                             .process = { .pid = pid, .is_child = true } });
                unit_status_started(u, pid);
                return;
        }
        process_ended(m, u, &end);
}

/* Watched first: it may end before the machine has heard of it. */
static void tell_main(Manager *m, Unit *u, pid_t pid) {
        if (pid > 0)
                unit_watch_main(m, u, pid);
        (void)manager_push(m, u,
                           &(Event){ .type = pid > 0 ? EVENT_MAIN_PID : EVENT_NO_MAIN_PID,
                                     .now = dual_now(),
                                     .process = { .pid = pid, .is_child = pid > 0 } });
}

/* The one process of the group that is left, or the one whose parent we (or the shim) are. */
void unit_guess_main(Manager *m, Unit *u) {
        UnitRuntime *rt = unit_runtime(u);
        pid_t *pids auto_free = NULL, found = 0, control = machine_control_pid(&rt->machine);
        size_t n = 0, candidates = 0;

        if (rt->group && group_pids(rt->group, &pids, &n) >= 0)
                for (size_t i = 0; i < n; i++) {
                        pid_t parent = process_parent(pids[i]);
                        bool top = parent == getpid() || parent == 1 || !group_has_pid(rt->group, parent);

                        if (pids[i] == control || !process_exists(pids[i]) || !top)
                                continue;
                        found = pids[i];
                        candidates++;
                }
        tell_main(m, u, candidates == 1 ? found : 0);
}

static void look_at_pid_file(Manager *m, Unit *u) {
        UnitRuntime *rt = unit_runtime(u);
        pid_t pid = 0;
        int r = read_pid_file(u, &pid);

        if (r >= 0) {
                tell_main(m, u, pid);
                return;
        }
        if (r == -EPERM || r == -EBADMSG)
                LOG_UNIT_ERRNO(u->id, PID_FILE_REFUSED, r, FIELD_S("PATH", u->spec->service->pid_file));
        if (rt->group && group_is_empty(rt->group))
                tell_main(m, u, 0);
}

static void on_pid_file_moved(FileWatch *w, void *userdata) {
        Unit *u = userdata;

        look_at_pid_file(unit_runtime(u)->manager, u);
}

/* The wait is over, and the file did not lead to a process. */
void unit_explain_pid_file(Unit *u) {
        pid_t pid;
        int r = read_pid_file(u, &pid);

        if (r < 0 && r != -EPERM && r != -EBADMSG) /* these two were told when they came */
                LOG_UNIT_ERRNO(u->id, PID_FILE_REFUSED, r == -EAGAIN ? -ENODATA : r,
                               FIELD_S("PATH", u->spec->service->pid_file));
}

void unit_watch_pid_file(Manager *m, Unit *u) {
        UnitRuntime *rt = unit_runtime(u);
        char *paths[] = { u->spec->service->pid_file, NULL };
        int r;

        if (!rt->file_watch) {
                r = file_watch_new(m->watcher, paths, on_pid_file_moved, u, &rt->file_watch);
                if (r < 0)
                        LOG_UNIT_ERRNO(u->id, WATCH_FAILED, r, FIELD_S("PATH", paths[0]));
        }
        look_at_pid_file(m, u);
}
