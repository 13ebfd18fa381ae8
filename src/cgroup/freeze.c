/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Holding the processes of a group where they are.
 *
 *      running -> freezing -> frozen -> thawing -> running
 *
 * v2 has cgroup.freeze, and tells the end in cgroup.events; v1 the freezer,
 * which has to be asked again while it is at work. A slice is what is in it:
 * its units are frozen one by one, so that one of them can be stopped, and it
 * has got there when all of them have. Who comes into a frozen slice is frozen.
 */

#include "cgroup/internal.h"

#include <errno.h>
#include <unistd.h>
#include <utlist.h>

const char *freezer_state_to_string(FreezerState s) {
        static const char *const names[FREEZER_STATE_MAX] = { [FREEZER_RUNNING] = "running",
                                                              [FREEZER_FREEZING] = "freezing",
                                                              [FREEZER_FROZEN] = "frozen",
                                                              [FREEZER_THAWING] = "thawing" };

        return (unsigned)s < FREEZER_STATE_MAX ? names[s] : NULL;
}

static bool is_on_its_way(const Group *g) {
        return g->freezer == FREEZER_FREEZING || g->freezer == FREEZER_THAWING;
}

static bool has_file(const Groups *gs) {
        char path[PATH_MAX];

        return cgroup_path(gs, HIERARCHY_V2, INIT_SCOPE, "cgroup.freeze", path) >= 0 &&
               access(path, F_OK) >= 0;
}

bool groups_can_freeze(const Groups *gs) {
        if (gs->tracking == HIERARCHY_NONE)
                return false;
        if (gs->tracking == HIERARCHY_V2)
                return has_file(gs);
        return gs->hierarchies[HIERARCHY_FREEZER].base && !gs->hierarchies[HIERARCHY_FREEZER].refused;
}

FreezerState group_freezer_state(const Group *g) {
        return g->freezer;
}

/* What the kernel says: has it got where it should? */
static bool has_arrived(const Group *g, bool frozen) {
        const Groups *gs = g->groups;
        char text[32];
        uint64_t now;

        if (gs->tracking == HIERARCHY_V2)
                return cgroup_read_key(gs, HIERARCHY_V2, g->path, "cgroup.events", "frozen", &now) >= 0 &&
                       (now != 0) == frozen;
        return cgroup_read(gs, HIERARCHY_FREEZER, g->path, "freezer.state", text, sizeof(text)) > 0 &&
               str_starts_with(text, frozen ? "FROZEN" : "THAWED");
}

static void set_state(Group *g, FreezerState s) {
        Groups *gs = g->groups;

        if (g->freezer == s)
                return;
        g->freezer = s;
        if (g->userdata && gs->options.on_freezer)
                gs->options.on_freezer(g, g->userdata);
}

static bool all_arrived(const Group *slice) {
        const Group *child;

        DL_FOREACH2(slice->children, child, next_sibling)
        if (is_on_its_way(child))
                return false;
        return true;
}

static void settle(Group *g) {
        group_watch_freezer(g, false);
        set_state(g, g->freezer == FREEZER_FREEZING ? FREEZER_FROZEN : FREEZER_RUNNING);
}

static void settle_above(Group *g) {
        for (Group *slice = g->parent; slice && is_on_its_way(slice) && all_arrived(slice);
             slice = slice->parent)
                settle(slice);
}

void group_check_freezer(Group *g) {
        if (g->is_slice || !is_on_its_way(g) || !has_arrived(g, g->freezer == FREEZER_FREEZING))
                return;
        settle(g);
        settle_above(g);
}

static int write_state(Group *g, bool freeze) {
        Groups *gs = g->groups;
        int r;

        if (gs->tracking == HIERARCHY_V2)
                return cgroup_write(gs, HIERARCHY_V2, g->path, "cgroup.freeze", freeze ? "1" : "0");
        r = group_enter_hierarchy(g, HIERARCHY_FREEZER); /* with its processes */
        if (r < 0)
                return r;
        return cgroup_write(gs, HIERARCHY_FREEZER, g->path, "freezer.state", freeze ? "FROZEN" : "THAWED");
}

static int freeze_leaf(Group *g, bool freeze) {
        int r = write_state(g, freeze);

        if (r < 0)
                return r;
        g->freezer = freeze ? FREEZER_FREEZING : FREEZER_THAWING; /* told when it is more than a moment */
        group_watch_freezer(g, true);
        if (has_arrived(g, freeze)) {
                settle(g);
                return 0;
        }
        if (g->userdata && g->groups->options.on_freezer)
                g->groups->options.on_freezer(g, g->userdata);
        return 1;
}

/* One that cannot is left out: its processes go on, and the others are held all the same. */
static int freeze_slice(Group *g, bool freeze) {
        Group *child;
        int worst = 0;

        DL_FOREACH2(g->children, child, next_sibling) {
                int r = child->is_slice ? freeze_slice(child, freeze) : freeze_leaf(child, freeze);

                worst = worst < 0 || (r >= 0 && worst >= r) ? worst : r;
        }
        set_state(g, freeze ? FREEZER_FREEZING : FREEZER_THAWING);
        if (all_arrived(g))
                settle(g);
        return worst < 0 ? worst : is_on_its_way(g);
}

int group_freeze(Group *g, bool freeze) {
        int r;

        if (!groups_can_freeze(g->groups))
                return -EOPNOTSUPP;
        r = g->is_slice ? freeze_slice(g, freeze) : freeze_leaf(g, freeze);
        if (r >= 0)
                settle_above(g);
        return r;
}

void group_freeze_newcomer(Group *g) {
        for (const Group *slice = g->parent; slice && !g->is_slice; slice = slice->parent)
                if (slice->freezer == FREEZER_FROZEN || slice->freezer == FREEZER_FREEZING) {
                        (void)freeze_leaf(g, true);
                        return;
                }
}

/* v1 does not let a frozen process die. */
void group_thaw_to_die(Group *g) {
        if (g->freezer == FREEZER_RUNNING || g->groups->tracking == HIERARCHY_V2)
                return;
        (void)group_freeze(g, false);
}
