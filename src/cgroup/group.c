/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cgroup/internal.h"
#include "host/proc-file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

const char *group_tier_to_string(GroupTier t) {
        static const char *const names[GROUP_TIER_MAX] = {
                [TIER_V2] = "v2", [TIER_HYBRID] = "hybrid", [TIER_V1] = "v1", [TIER_SHIM] = "shim"
        };

        return t >= 0 && t < GROUP_TIER_MAX ? names[t] : NULL;
}

/* The container's counter is asked at every start and end: one descriptor for all of them. */
static int open_container_oom(const Groups *gs) {
        char path[PATH_MAX];
        int fd = -1;

        if (cgroup_path(gs, HIERARCHY_V2, "", "memory.events", path) >= 0)
                fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
        if (fd < 0 && cgroup_path(gs, HIERARCHY_MEMORY, "", "memory.oom_control", path) >= 0)
                fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
        return fd;
}

Groups *groups_allocate(const GroupsOptions *o) {
        Groups *gs = malloc(sizeof(*gs));

        if (!gs)
                return NULL;
        *gs = (Groups){ .options = *o,
                        .inotify_fd = -1,
                        .memory_fd = -1,
                        .memory_eventfd = -1,
                        .oom_fd = -1,
                        .lent_fd = -1,
                        .starting = true };
        gs->top = (Group){
                .groups = gs, .path = (char *)"", .device_program = -1, .held = true, .is_slice = true
        };
        return gs;
}

int groups_new(const GroupsOptions *o, Groups **ret) {
        Groups *gs = groups_allocate(o);
        int r;

        if (!gs)
                return -ENOMEM;
        r = cgroup_probe(gs);
        for (Hierarchy h = 0; h < HIERARCHY_MAX; h++)
                if (gs->hierarchies[h].base)
                        gs->top.made |= 1U << h;
        if (r >= 0) {
                gs->oom_fd = open_container_oom(gs);
                r = o->event ? group_events_init(gs) : 0;
        }
        if (r < 0) {
                groups_free(gs);
                return r;
        }
        *ret = gs;
        return 0;
}

int groups_attach(Groups *gs, sd_event *event) {
        gs->options.event = event;
        return group_events_init(gs);
}

static void take_back_procs(Groups *gs) {
        for (size_t i = 0; i < gs->n_lent_procs_fds; i++)
                cleanup_fd(gs->lent_procs_fds + i);
        gs->n_lent_procs_fds = 0;
}

void groups_free(Groups *gs) {
        if (!gs)
                return;
        while (gs->by_path) {
                Group *g = gs->by_path;

                while (g->children)
                        g = g->children;
                group_free(g); /* and who is above, when it was the last */
        }
        group_attributes_release(&gs->top);
        group_events_release(gs);
        memory_watches_release(gs);
        cleanup_fd(&gs->oom_fd);
        cleanup_fd(&gs->lent_fd);
        take_back_procs(gs);
        for (Hierarchy h = 0; h < HIERARCHY_MAX; h++) {
                free(gs->hierarchies[h].base);
                free(gs->hierarchies[h].own_path);
        }
        free(gs);
}

GroupTier groups_tier(const Groups *gs) {
        return gs->tier;
}

const char *groups_root(const Groups *gs) {
        return gs->tracking == HIERARCHY_NONE ? "" : gs->hierarchies[gs->tracking].own_path;
}

/* Limits of version 1 are numbers near the largest when there are none. */
static uint64_t limit_of(const Groups *gs, Hierarchy h, const char *file) {
        uint64_t n;

        return cgroup_read_u64(gs, h, "", file, &n) < 0 || n >= UINT64_C(1) << 60 ? UINT64_MAX : n;
}

static uint64_t thousandths(uint64_t quota, uint64_t period) {
        return period == 0 || quota > UINT64_MAX / 1000 ? UINT64_MAX : quota * 1000 / period;
}

/* "max 100000" or "150000 100000"; version 1 has two files, and -1 for none. */
static uint64_t cpu_quota(const Groups *gs) {
        uint64_t v1 = UINT64_MAX, v2 = UINT64_MAX, quota, period;
        char text[64], *space;

        if (cgroup_read(gs, HIERARCHY_V2, "", "cpu.max", text, sizeof(text)) >= 0 &&
            (space = strchr(text, ' '))) {
                *space++ = 0;
                space[strcspn(space, "\n")] = 0;
                if (parse_u64(text, &quota) >= 0 && parse_u64(space, &period) >= 0)
                        v2 = thousandths(quota, period);
        }
        if (cgroup_read_u64(gs, HIERARCHY_CPU, "", "cpu.cfs_quota_us", &quota) >= 0 &&
            cgroup_read_u64(gs, HIERARCHY_CPU, "", "cpu.cfs_period_us", &period) >= 0)
                v1 = thousandths(quota, period);
        return MIN(v1, v2);
}

static bool limits_by(const Groups *gs, Hierarchy h, unsigned controller) {
        const HierarchyInfo *i = gs->hierarchies + h;

        return gs->controllers & controller ||
               (gs->tier != TIER_SHIM && h != HIERARCHY_V2 && i->base && !i->refused);
}

void groups_facts(const Groups *gs, GroupsFacts *ret) {
        *ret = (GroupsFacts){ .writable = gs->tracking != HIERARCHY_NONE,
                              .memory = limits_by(gs, HIERARCHY_MEMORY, CONTROLLER_MEMORY),
                              .pids = limits_by(gs, HIERARCHY_PIDS, CONTROLLER_PIDS),
                              .cpu = limits_by(gs, HIERARCHY_CPU, CONTROLLER_CPU),
                              .io = limits_by(gs, HIERARCHY_BLKIO, CONTROLLER_IO) };
        for (Hierarchy h = 0; h < HIERARCHY_MAX && !ret->hierarchy; h++)
                ret->hierarchy = gs->hierarchies[h].base;
        ret->memory_max = MIN(limit_of(gs, HIERARCHY_V2, "memory.max"),
                              limit_of(gs, HIERARCHY_MEMORY, "memory.limit_in_bytes"));
        ret->cpu_quota = cpu_quota(gs);
        ret->pids_max = MIN(limit_of(gs, HIERARCHY_V2, "pids.max"), limit_of(gs, HIERARCHY_PIDS, "pids.max"));
}

uint64_t groups_container_oom_kills(const Groups *gs) {
        char text[4096];
        ssize_t n = gs->oom_fd < 0 ? -1 : pread(gs->oom_fd, text, sizeof(text) - 1, 0);
        uint64_t kills;

        if (n < 0)
                return 0;
        text[n] = 0;
        return cgroup_find_key(text, "oom_kill", &kills) >= 0 ? kills : 0;
}

static Hierarchy oom_hierarchy(const Group *g) {
        if (group_has_controller(g, CONTROLLER_MEMORY))
                return HIERARCHY_V2;
        return g->made & 1U << HIERARCHY_MEMORY ? HIERARCHY_MEMORY : HIERARCHY_NONE;
}

bool group_counts_oom(const Group *g) {
        return oom_hierarchy(g) != HIERARCHY_NONE;
}

static uint64_t count_oom_kills(const Group *g) {
        Hierarchy h = oom_hierarchy(g);
        uint64_t n;

        if (h == HIERARCHY_NONE ||
            cgroup_read_key(g->groups, h, g->path, h == HIERARCHY_V2 ? "memory.events" : "memory.oom_control",
                            "oom_kill", &n) < 0)
                return g->oom_seen;
        return n;
}

void group_note_oom_kills(Group *g) {
        g->oom_seen = g->before.oom_kills = count_oom_kills(g);
}

bool group_oom_killed(Group *g) {
        uint64_t before = g->oom_seen;

        g->oom_seen = count_oom_kills(g);
        return g->oom_seen > before;
}

/* Names become directories: nothing may climb out of our own. */
static bool path_is_safe(const char *slice, const char *unit) {
        return slice[0] != '/' && !strstr(slice, "..") && unit[0] && unit[0] != '.' && !strchr(unit, '/');
}

int group_new(Groups *gs, const char *slice_path, const char *unit, const CgroupSpec *spec, void *userdata,
              Report *unapplied, Group **ret) {
        Group *g;
        int r;

        ENSURE(gs && slice_path && unit && path_is_safe(slice_path, unit), -EINVAL);
        r = group_find_or_make(gs, slice_path, unit, &g);
        if (r < 0)
                return r;
        ENSURE(!g->held, -EEXIST);
        g->held = true;
        g->userdata = userdata;
        if (spec)
                cgroup_apply_limits(g, spec, unapplied);
        group_note_oom_kills(g);
        group_freeze_newcomer(g);
        *ret = g;
        return 0;
}

/* A slice in which something is left loses its unit only: nobody is there to hear of it any more. */
void group_free(Group *g) {
        if (!g)
                return;
        memory_watch_release(g);
        g->held = false;
        g->userdata = NULL;
        group_drop(g);
}

/* The kernel refuses to remove what is in use, which is the answer in one call. */
static bool is_removed(const Group *g) {
        const Groups *gs = g->groups;
        char path[PATH_MAX];

        return gs->tracking == HIERARCHY_V2 && !g->shims &&
               cgroup_path(gs, HIERARCHY_V2, g->path, NULL, path) >= 0 && rmdir(path) >= 0;
}

bool group_free_empty(Group *g) {
        if (!g->is_slice && !is_removed(g) && !group_is_empty(g))
                return false;
        group_free(g);
        return true;
}

int group_apply(Group *g, const CgroupSpec *spec, Report *unapplied) {
        cgroup_apply_limits(g, spec, unapplied);
        return 0;
}

void groups_apply_root(Groups *gs, const CgroupSpec *spec, Report *unapplied) {
        cgroup_apply_limits(&gs->top, spec, unapplied);
}

void *group_userdata(const Group *g) {
        return g->userdata;
}

const char *group_path(const Group *g) {
        return g->path;
}

/* The group, or one below it, which is made. */
static int path_below(Group *g, const char *below, char ret[PATH_MAX]) {
        int r = cgroup_path(g->groups, HIERARCHY_V2, g->path, below, ret);

        if (r >= 0 && below && mkdir(ret, 0755) < 0 && errno != EEXIST)
                r = -errno;
        return r;
}

int group_cgroup_fd(Group *g, const char *below) {
        Groups *gs = g->groups;
        char path[PATH_MAX];

        fd_release(&gs->lent_fd);
        if (gs->tracking != HIERARCHY_V2 || g->kill_written || path_below(g, below, path) < 0)
                return -1;
        gs->lent_fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
        return gs->lent_fd;
}

static int open_procs(Group *g, Hierarchy h, const char *below) {
        char path[PATH_MAX];

        if (h == HIERARCHY_V2 && below) {
                if (path_below(g, below, path) < 0 || strlen(path) + sizeof("/cgroup.procs") > sizeof(path))
                        return -1;
                strcat(path, "/cgroup.procs");
        } else if (cgroup_path(g->groups, h, g->path, "cgroup.procs", path) < 0)
                return -1;
        return open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
}

size_t group_procs_fds(Group *g, const char *below, const int **ret) {
        Groups *gs = g->groups;

        take_back_procs(gs);
        for (Hierarchy h = g->kill_written ? HIERARCHY_V2 : HIERARCHY_SYSTEMD; h < HIERARCHY_MAX; h++) {
                int fd = g->made & 1U << h ? open_procs(g, h, below) : -1;

                if (fd >= 0)
                        gs->lent_procs_fds[gs->n_lent_procs_fds++] = fd;
        }
        *ret = gs->lent_procs_fds;
        return gs->n_lent_procs_fds;
}

bool group_wants_shim(const Group *g) {
        return g->groups->tracking == HIERARCHY_NONE;
}

static bool is_shim(const Group *g, pid_t pid) {
        for (const Shim *s = g->shims; s; s = s->next)
                if (s->pid == pid)
                        return true;
        return false;
}

bool group_is_empty(Group *g) {
        if (g->shims)
                return false; /* a shim ends with its last process */
        if (g->groups->tracking == HIERARCHY_NONE || cgroup_is_empty(g->groups, g->groups->tracking, g->path))
                return true;
        /* Who was told "no" wants to hear when it is; what ended before the watch was there is seen now. */
        if (g->groups->tracking != HIERARCHY_V2 || g->watch)
                return false;
        group_watch_empty(g, true);
        return g->watch && cgroup_is_empty(g->groups, g->groups->tracking, g->path);
}

static Group *find_by_path(Groups *gs, char *path) {
        for (char *slash = path + strlen(path); slash && slash > path; slash = strrchr(path, '/')) {
                Group *g;

                *slash = 0;
                HASH_FIND(hh_path, gs->by_path, path, strlen(path), g);
                if (g)
                        return g->is_slice ? NULL : g;
        }
        return NULL;
}

static Group *find_by_shim(Groups *gs, pid_t pid) {
        Group *g, *next;

        if (!gs->by_path)
                return NULL;
        for (unsigned depth = 0; pid > 1 && pid != getpid() && depth < 256;
             depth++, pid = process_parent(pid))
                HASH_ITER (hh_path, gs->by_path, g, next)
                        if (is_shim(g, pid))
                                return depth > 0 ? g : NULL; /* the shim itself is ours, not the unit's */
        return NULL;
}

Group *groups_find_pid(Groups *gs, pid_t pid) {
        char *path auto_free = NULL;

        if (pid <= 0)
                return NULL;
        if (gs->tracking == HIERARCHY_NONE)
                return find_by_shim(gs, pid);
        if (cgroup_of_pid(gs, gs->tracking, pid, &path) < 0)
                return NULL;
        return find_by_path(gs, path);
}

bool group_has_pid(Group *g, pid_t pid) {
        return groups_find_pid(g->groups, pid) == g;
}
