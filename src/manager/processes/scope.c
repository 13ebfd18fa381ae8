/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Processes that others have made, brought into a unit; above all the scopes,
 * which have no others.
 *
 *      tier            kept together by    the end of the last one is seen by
 *      V2, HYBRID      their group         its event
 *      V1              their group         the pidfds of all that are in it
 *      SHIM            nothing             the pidfds of those that were named
 *
 * Without control groups a process that an ended one has left behind is lost;
 * as long as its parents live it is found through them.
 */

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "manager/manager-internal.h"
#include "manager/transient.h"

#define ANCESTORS_MAX 64

static bool has_groups(const Manager *m) {
        return groups_tier(m->groups) != TIER_SHIM;
}

static bool needs_watches(const Manager *m) {
        return groups_tier(m->groups) == TIER_V1 || !has_groups(m);
}

static int watch(Manager *m, Unit *u, pid_t pid) {
        int r;

        if (reaper_find(m->reaper, pid) == u)
                return 0;
        if (process_parent(pid) == getpid())
                r = reaper_watch(m->reaper, pid, u);
        else
                r = reaper_watch_stranger(m->reaper, pid, u);
        if (r == -EEXIST && has_groups(m))
                return 0; /* another unit hears of it; the group knows whose it is now */
        return r < 0 ? r : transient_add_pid(unit_runtime(u)->transient, pid);
}

static void note_no_groups(Unit *u) {
        Report why = { 0 };

        report_add(&why, SEVERITY_NOTE, NULL, 0, NULL,
                   "There are no control groups here: only the processes that were named belong to the "
                   "unit, and what they start while they live.");
        unit_note_unapplied(u, &why);
        report_release(&why);
}

int unit_attach(Manager *m, Unit *u, pid_t pid) {
        UnitRuntime *rt = unit_runtime(u);
        int r;

        if (pid <= 1 || pid == getpid())
                return -EINVAL;
        r = unit_realize_group(m, u);
        if (r < 0)
                return r;
        if (has_groups(m)) {
                r = group_attach(rt->group, pid);
                if (r < 0)
                        return r;
        } else if (u->type != UNIT_SCOPE) {
                return -EOPNOTSUPP;
        }
        return u->type == UNIT_SCOPE && needs_watches(m) ? watch(m, u, pid) : 0;
}

static int bring_in(Manager *m, Unit *u) {
        Transient *t = unit_runtime(u)->transient;
        pid_t *pids auto_free = NULL;
        size_t n = t ? t->n_pids : 0, n_in = 0;
        int r = -ECHILD;

        if (n == 0)
                return r;
        pids = TAKE(t->pids); /* from here on the list is of those that are watched */
        t->n_pids = t->pids_capacity = 0;
        for (size_t i = 0; i < n; i++) {
                r = unit_attach(m, u, pids[i]);
                n_in += r >= 0;
        }
        if (n_in == 0)
                return r;
        if (!has_groups(m))
                note_no_groups(u);
        else if (!needs_watches(m))
                group_watch_empty(unit_runtime(u)->group, true);
        return 0;
}

void unit_open_scope(Manager *m, Unit *u) {
        int r = u->perpetual ? 0 : bring_in(m, u);
        bool empty = r >= 0 && has_groups(m) && !u->perpetual && group_is_empty(unit_runtime(u)->group);

        if (r < 0)
                LOG_UNIT_ERRNO(u->id, SCOPE_FAILED, r);
        (void)manager_push(m, u,
                           &(Event){ .type = r < 0 ? EVENT_OPEN_FAILED : EVENT_OPENED,
                                     .now = dual_now(),
                                     .error = MIN(r, 0) });
        if (empty)
                (void)manager_push_type(m, u, EVENT_EMPTY); /* gone as soon as it had come */
}

/* Whoever is in the group and not watched is from now on. False: nobody is left. */
static bool watch_group(Manager *m, Unit *u) {
        Group *g = unit_runtime(u)->group;
        pid_t *pids auto_free = NULL;
        size_t n = 0;
        bool any = false;

        if (!g || group_pids(g, &pids, &n) < 0)
                return false;
        for (size_t i = 0; i < n; i++)
                any = watch(m, u, pids[i]) >= 0 || any;
        return any;
}

void unit_scope_process_ended(Manager *m, Unit *u, pid_t pid) {
        Transient *t = unit_runtime(u)->transient;
        bool left = false;

        for (size_t i = 0; t && i < t->n_pids; i++)
                if (t->pids[i] == pid)
                        t->pids[i--] = t->pids[--t->n_pids];
        if (!has_groups(m))
                left = t && t->n_pids > 0;
        else
                left = watch_group(m, u);
        if (!left)
                (void)manager_push_type(m, u, EVENT_EMPTY);
}

static bool is_member(const Transient *t, pid_t pid) {
        for (size_t i = 0; i < t->n_pids; i++)
                if (t->pids[i] == pid)
                        return true;
        return false;
}

static bool descends_from_member(const Transient *t, pid_t pid) {
        for (unsigned i = 0; i < ANCESTORS_MAX && pid > 1; i++) {
                if (is_member(t, pid))
                        return true;
                pid = process_parent(pid);
        }
        return false;
}

/* Without control groups: the processes that were named, and all below them. */
static int collect_members(const Transient *t, pid_t **ret, size_t *ret_n) {
        pid_t *pids auto_free = NULL;
        size_t n = 0, capacity = 0;
        DIR *d = opendir("/proc");
        struct dirent *e;
        int r = d ? 0 : -errno;

        while (d && r >= 0 && (e = readdir(d))) {
                pid_t pid = isdigit((unsigned char)e->d_name[0]) ? (pid_t)strtol(e->d_name, NULL, 10) : 0;

                if (pid <= 1 || !descends_from_member(t, pid))
                        continue;
                r = array_reserve(&pids, &capacity, n + 1, sizeof(pid_t));
                if (r >= 0)
                        pids[n++] = pid;
        }
        if (d)
                closedir(d);
        if (r < 0)
                return r;
        *ret = TAKE(pids);
        *ret_n = n;
        return 0;
}

bool unit_has_own_list(const Unit *u) {
        return u->type == UNIT_SCOPE && unit_runtime(u)->transient && !has_groups(unit_runtime(u)->manager);
}

int unit_pids(const Unit *u, pid_t **ret, size_t *n) {
        const UnitRuntime *rt = unit_runtime(u);

        if (unit_has_own_list(u))
                return collect_members(rt->transient, ret, n);
        return rt->group ? group_pids(rt->group, ret, n) : -ENOENT;
}

int unit_kill_list(Unit *u, int signal) {
        pid_t *pids auto_free = NULL;
        size_t n = 0;
        int r = unit_pids(u, &pids, &n), met = 0;

        for (size_t i = 0; r >= 0 && i < n; i++)
                met += kill(pids[i], signal) >= 0;
        return r < 0 ? r : met;
}

void manager_abandon_scope(Manager *m, Unit *u) {
        (void)manager_push_type(m, u, EVENT_ABANDON);
}
