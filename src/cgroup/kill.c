/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The processes of a group: listed, signalled, taken in from elsewhere. */

#include "cgroup/internal.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

static int push_pid(pid_t pid, void *userdata) {
        return pid_list_add(userdata, pid);
}

static int collect(Group *g, PidList *l) {
        int r = 0;

        if (g->groups->tracking != HIERARCHY_NONE)
                r = cgroup_each_pid(g->groups, g->groups->tracking, g->path, push_pid, l);
        for (const Shim *s = g->shims; r >= 0 && s; s = s->next)
                r = process_tree_add(s->pid, l);
        if (r >= 0)
                pid_list_sort(l);
        return r;
}

#define SEEN_MAX 512
#define KILL_ROUNDS_MAX 16
#define FREEZE_FROM 64 /* processes: so many may be a fork bomb */

typedef struct Killing {
        GroupSignals *order;
        int killed, error;
        pid_t seen[SEEN_MAX]; /* have got the signal: nobody gets it twice */
        unsigned n_seen;
        bool again; /* somebody new was there, who may have forked before the signal came */
} Killing;

static bool is_seen(const Killing *k, pid_t pid) {
        for (unsigned i = 0; i < k->n_seen; i++)
                if (k->seen[i] == pid)
                        return true;
        return false;
}

/* Who has gone between two signals has got the one that counts. */
static int send_all(const GroupSignals *order, pid_t pid) {
        int r = 0;

        for (unsigned i = 0; i < ELEMENTSOF(order->signals) && order->signals[i] > 0; i++)
                if (kill(pid, order->signals[i]) < 0 && i == 0)
                        r = -errno;
        return r;
}

static int kill_one(pid_t pid, void *userdata) {
        Killing *k = userdata;
        GroupSignals *order = k->order;
        int r;

        order->met_main = order->met_main || pid == order->main;
        order->met_control = order->met_control || pid == order->control;
        /* Never ourselves, whatever a list says. */
        if (pid == order->except1 || pid == order->except2 || pid <= 1 || pid == getpid() || is_seen(k, pid))
                return 0;
        r = send_all(order, pid);
        if (r >= 0)
                k->killed++;
        else if (r != -ESRCH)
                k->error = r;
        if (k->n_seen < SEEN_MAX) {
                k->seen[k->n_seen++] = pid;
                k->again = true;
        }
        return 0;
}

static int kill_round(Group *g, Killing *k) {
        PidList l = { 0 };
        int r;

        if (g->groups->tracking != HIERARCHY_NONE)
                return cgroup_each_pid(g->groups, g->groups->tracking, g->path, kill_one, k);
        r = collect(g, &l);
        for (size_t i = 0; r >= 0 && i < l.n; i++)
                (void)kill_one(l.pids[i], k);
        free(l.pids);
        return r;
}

/* Who forks while the list is read leaves a child behind that it does not have; with the signal pending nobody forks. */
int group_signal(Group *g, GroupSignals *order) {
        Killing k = { .order = order, .again = true };
        int r = 0;

        if (order->signals[0] == SIGKILL)
                (void)group_events_add(g);
        for (unsigned i = 0; i < KILL_ROUNDS_MAX && r >= 0 && TAKE(k.again); i++)
                r = kill_round(g, &k);
        if (r < 0)
                return r;
        return k.killed == 0 && k.error < 0 ? k.error : k.killed;
}

int group_kill(Group *g, int signal, pid_t except1, pid_t except2) {
        return group_signal(g,
                            &(GroupSignals){ .signals = { signal }, .except1 = except1, .except2 = except2 });
}

/*
 * Without cgroup.kill: whoever is held cannot fork, so a fork bomb is met where it stands. Then all are let go, which is
 * when they die in v1.
 */
static int kill_held(Group *g) {
        Groups *gs = g->groups;
        int r;

        if (gs->tracking == HIERARCHY_V2)
                (void)cgroup_write(gs, HIERARCHY_V2, g->path, "cgroup.freeze", "1");
        r = group_kill(g, SIGKILL, 0, 0);
        if (gs->tracking == HIERARCHY_V2)
                (void)cgroup_write(gs, HIERARCHY_V2, g->path, "cgroup.freeze", "0");
        else if (r >= FREEZE_FROM && group_freeze(g, true) >= 0) {
                r = group_kill(g, SIGKILL, 0, 0);
                (void)group_freeze(g, false);
        }
        group_thaw_to_die(g);
        return r;
}

int group_kill_all(Group *g) {
        int r;

        (void)group_events_add(g);
        if (g->groups->tracking == HIERARCHY_V2 &&
            cgroup_write(g->groups, HIERARCHY_V2, g->path, "cgroup.kill", "1") >= 0) {
                g->kill_written = true;
                return 0;
        }
        r = kill_held(g);
        return MIN(r, 0);
}

int group_pids(Group *g, pid_t **ret, size_t *n) {
        PidList l = { 0 };
        int r = collect(g, &l);

        if (r < 0) {
                free(l.pids);
                return r;
        }
        *ret = l.pids;
        *n = l.n;
        return 0;
}

int group_attach(Group *g, pid_t pid) {
        Groups *gs = g->groups;
        char text[16];

        if (gs->tracking == HIERARCHY_NONE)
                return -EOPNOTSUPP;
        if (pid <= 1 || pid == getpid()) /* 0 would be ourselves */
                return -EINVAL;
        (void)snprintf(text, sizeof(text), "%d", (int)pid);
        /* The limits first: a process is never tracked and without them. */
        for (Hierarchy h = 0; h < HIERARCHY_MAX; h++)
                if (h != gs->tracking && g->made & 1U << h)
                        (void)cgroup_write(gs, h, g->path, "cgroup.procs", text);
        return cgroup_write(gs, gs->tracking, g->path, "cgroup.procs", text);
}
