/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Process groups in our sense: all processes of one unit, kept together by a
 * cgroup where one can be made, else by svinit-shim.
 *
 *      Tier          tracking                      limits
 *      V2            own subtree, cgroup.events    v2 controllers
 *      HYBRID        v2 tree without controllers   v1 memory, pids, cpu
 *      V1            name=systemd or any v1        v1 memory, pids, cpu
 *      SHIM          svinit-shim, /proc            none; container's oom counter
 *
 * Which tier holds is found out by trying, once, in groups_new(). A Group
 * belongs to one unit (owned by the manager, made lazily at the first spawn,
 * removed when the unit is down). Groups lie in the groups of their slices,
 * which are made with the first that needs them and go with the last; a slice
 * whose unit has a Group has limits of its own. Controllers of v2 are switched
 * on where something below needs them.
 *
 * Limits are applied as a whole, from a CgroupSpec, and as often as it changes:
 * only attributes that change are written. What does not hold is in the report,
 * each time, with the key and the reason.
 */

#include "unit/spec.h"

#include <sys/types.h>
#include <systemd/sd-event.h>

typedef enum GroupTier {
        TIER_V2,
        TIER_HYBRID,
        TIER_V1,
        TIER_SHIM,
        GROUP_TIER_MAX
} GroupTier;
const char *group_tier_to_string(GroupTier t);

typedef struct Groups Groups;
typedef struct Group Group;

/*
 * Called from the loop when the last process of the group is gone: to who was
 * told by group_is_empty() that it is not, or has sent it SIGKILL. May come
 * again after new processes entered.
 */
typedef void (*GroupEmptyHandler)(Group *g, void *userdata);
/*
 * SHIM tier: a process of the unit that is no child of ours has ended, as the
 * CLD_... code and status tell. Code 0: the process which the shim was made
 * for was started; its pid is known only now. Pid 0: a shim was killed, and
 * tells no more of the processes that it leaves to us.
 */
typedef void (*GroupExitHandler)(Group *g, pid_t pid, int code, int status, void *userdata);

/* Something about the memory of a group that is watched (group_watch_memory()). The handler frees no group. */
typedef enum MemoryEvent {
        MEMORY_OOM_KILL,   /* the kernel has killed a process of it, as group_oom_killed() tells */
        MEMORY_SOFT_LIMIT, /* it is above its soft limit; once in a run */
} MemoryEvent;
typedef void (*GroupMemoryHandler)(Group *g, MemoryEvent what, void *userdata);

typedef enum FreezerState {
        FREEZER_RUNNING,
        FREEZER_FREEZING,
        FREEZER_FROZEN,
        FREEZER_THAWING,
        FREEZER_STATE_MAX
} FreezerState;
const char *freezer_state_to_string(FreezerState s);
/* The state of its freezer is another one. May come before group_freeze() returns. */
typedef void (*GroupFreezerHandler)(Group *g, void *userdata);

typedef struct GroupsOptions {
        sd_event *event; /* borrowed; NULL: groups_attach() brings it, before the first group is made */
        GroupMemoryHandler on_memory;
        GroupEmptyHandler on_empty;
        GroupExitHandler on_exit;
        GroupFreezerHandler on_freezer; /* may be NULL */
        /* The settings of a group's unit now: for limits that change by what happens to others. May be NULL. */
        const CgroupSpec *(*spec_of)(void *userdata);
        int64_t shim_priority; /* of what shims say: before the loop reaps */
        bool force_shim;       /* for tests: SVINIT_TIER=shim */
} GroupsOptions;

int groups_new(const GroupsOptions *o,
               Groups **ret); /* probes; moves ourselves into init.scope where needed */
int groups_attach(Groups *gs, sd_event *event);
void groups_free(Groups *gs);
GroupTier groups_tier(const Groups *gs);
const char *groups_root(
        const Groups *gs); /* the path of our own group, "" in SHIM; D-Bus ControlGroup of the manager */
typedef struct GroupsFacts {
        const char *hierarchy;         /* directory of our own group; NULL: none is mounted */
        bool writable;                 /* groups can be made there */
        bool memory, pids, cpu, io;    /* which limits units can have */
        uint64_t memory_max, pids_max; /* of the container itself; UINT64_MAX: none, or not to be seen */
        uint64_t cpu_quota;            /* ... in thousandths of a CPU */
} GroupsFacts;
void groups_facts(const Groups *gs, GroupsFacts *ret); /* strings borrowed */
uint64_t groups_container_oom_kills(const Groups *gs); /* of our own (container's) group; 0 when unreadable */

/*
 * Makes the group of a unit (slice path such as "system.slice" or "a.slice/a-b.slice") and sets its limits.
 * What could not be applied goes to the report as notes with the key. 0 or negative errno.
 */
int group_new(Groups *gs, const char *slice_path, const char *unit, const CgroupSpec *spec, void *userdata,
              Report *unapplied, Group **ret);
void group_free(
        Group *g); /* removes the cgroup directories (best effort), closes shims' sockets; kills nothing */
bool group_free_empty(Group *g); /* false: a process is left, the group stays, and the handler will be told */
int group_apply(Group *g, const CgroupSpec *spec, Report *unapplied); /* limits again, of what runs */
/* The limits of -.slice: of our own group, as far as it has some that we may write. */
void groups_apply_root(Groups *gs, const CgroupSpec *spec, Report *unapplied);
/* Startup...= count until this is false (they do at first), and while the manager stops. */
void groups_set_starting(Groups *gs, bool starting);
void *group_userdata(const Group *g);
const char *group_path(const Group *g); /* "/system.slice/nginx.service": real or logical, for D-Bus */

/* For ExecPlan. The descriptors are lent until the next call for any group: no idle group keeps one open. */
#define GROUP_CONTROL                                                                                        \
        ".control" /* where control processes go in a group that was given away: it may hold no process itself */
int group_cgroup_fd(Group *g, const char *below);                     /* NULL, or a name; -1: none */
size_t group_procs_fds(Group *g, const char *below, const int **ret); /* v1 */
bool group_wants_shim(const Group *g);
int group_add_shim(Group *g, pid_t shim, int fd); /* takes the fd; the shim's records come to the handlers */

/* SIGKILL for a process that could not be watched, and for its descendants as far as memory lets us find them. */
void process_tree_kill(pid_t root);

void group_poll(Group *g); /* SHIM: what the shims have said by now comes to the handlers at once */
typedef struct GroupSignals {
        int signals[3];         /* to each process, in this order; 0 ends */
        pid_t except1, except2; /* get none */
        pid_t main, control;    /* are these in the group? */
        bool met_main, met_control;
} GroupSignals;
int group_signal(Group *g, GroupSignals *order); /* as group_kill(), in one go; fills in whom it met */
int group_kill(Group *g, int signal, pid_t except1,
               pid_t except2); /* all processes but those; number signalled or negative errno */
int group_kill_all(Group *g);  /* SIGKILL, cgroup.kill where there is */
/*
 * Holds all processes where they are, or lets them go on; of a slice those of all units in it. 0: done, 1: on the way,
 * the handler is told. -EOPNOTSUPP: no freezer here. What is killed or stopped while it is frozen dies all the same, but
 * needs to be thawed to do so by itself.
 */
int group_freeze(Group *g, bool freeze);
bool groups_can_freeze(const Groups *gs);
FreezerState group_freezer_state(const Group *g);
int group_pids(Group *g, pid_t **ret, size_t *n); /* sorted; owned by the caller */
/*
 * Moves a process that runs already into the group, in every hierarchy that the group has. What it was charged for
 * before stays where it was. -EOPNOTSUPP without cgroups: a shim cannot adopt; else as write(2) has it (-ESRCH).
 */
int group_attach(Group *g, pid_t pid);
bool group_is_empty(Group *g);
bool group_has_pid(Group *g, pid_t pid);
void group_watch_empty(Group *g, bool on); /* V1 has no event: polls at 100 ms only while on */

/*
 * What a group uses: the counters of its cgroups, and where there are none
 * sums over its processes. UINT64_MAX: unknown. CPU time, I/O and OOM kills
 * count from group_new() or the last group_end_run() on.
 */
typedef struct GroupUsage {
        uint64_t memory_current, memory_peak, memory_swap, memory_anon, memory_file;
        uint64_t tasks_current, cpu_nsec;
        uint64_t io_read_bytes, io_write_bytes, io_read_operations, io_write_operations;
        uint64_t oom_kills;
} GroupUsage;
void usage_fill(GroupUsage *u, const GroupUsage *from); /* what is unknown in u, from the other */
typedef enum UsageWanted { /* as bits: what is not asked for costs nothing and stays unknown */
        USAGE_MEMORY = 1,  /* current */
        USAGE_TASKS = 2,
        USAGE_CPU = 4,
        USAGE_IO = 8,
        USAGE_DETAILS = 16, /* swap, anon, file */
        USAGE_RECORDS = 32, /* peak, OOM kills */
        USAGE_ALL = 63,
} UsageWanted;
void group_usage(Group *g, unsigned wanted, GroupUsage *ret);
/* In between, many groups are asked about: processes that no cgroup tracks are looked at once for all of them. */
void groups_begin_look(Groups *gs);
void groups_end_look(Groups *gs);
/* The same of a group that is no Group: a slice ("/a.slice", "" is our own group) or init.scope. */
void groups_usage_at(Groups *gs, const char *path, unsigned wanted, GroupUsage *ret);
/* What is left below the nearest limit, the group's own or that of one above it. UINT64_MAX: there is no limit. */
uint64_t groups_memory_available(const Groups *gs, const char *path);
uint64_t group_memory_limit(const Group *g); /* MemoryMax= as the kernel has it; UINT64_MAX: none */
int group_working_set(Group *g,
                      uint64_t *ret); /* memory without what the kernel drops first: inactive_file */
/* The unit is down: what the run has used, as far as counters know. They begin anew. */
void group_end_run(Group *g, GroupUsage *ret);
/* More OOM kills since the last call (or since it was made)? Never where the group has no counter of its own. */
bool group_counts_oom(const Group *g);
bool group_oom_killed(Group *g);

typedef struct MemoryWatchOptions { /* UINT64_MAX: none */
        uint64_t soft, urgent;      /* bytes: what is above `urgent` has no patience */
        usec_t patience;            /* how long it may be above `soft` */
} MemoryWatchOptions;
/* From now on, or with other limits. Before the first process is in the group. */
int group_watch_memory(Group *g, const MemoryWatchOptions *o);
typedef struct MemoryNear { /* the most that was met when memory ran out, in this run */
        bool known;
        uint64_t anon, file;
} MemoryNear;
MemoryNear group_memory_near(const Group *g);
uint64_t groups_memory_max(const Groups *gs, const CgroupSpec *s); /* MemoryMax= in bytes; UINT64_MAX: none */
uint64_t groups_memory_total(const Groups *gs); /* of the machine, or what the container may use */
/* What a setting in 1/10000 of the whole comes to here. */
uint64_t groups_memory_share(const Groups *gs, uint64_t permyriad);
uint64_t groups_tasks_share(const Groups *gs, uint64_t permyriad);

/* Which unit's group does a pid belong to? By cgroup path, or by walking up to a shim. NULL: none. */
Group *groups_find_pid(Groups *gs, pid_t pid);
