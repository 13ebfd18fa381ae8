/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The inside of groups: hierarchies of cgroups, their files, and the two
 * trackers (cgroup, shim) behind one struct.
 *
 *      group.c           objects, tables, what does not depend on the tier
 *      probe.c           which hierarchies are there and ours to write
 *      file.c            attributes and process lists of one directory
 *      limits.c          CgroupSpec to attributes
 *      events.c          inotify, polling, the shims' records
 *      usage.c           memory, tasks, CPU time and I/O by the counters of cgroups
 *      headroom.c        how far it is to the limits of memory
 *      process-usage.c   the same by /proc, where there are no counters
 *      process-tree.c    descendants by /proc
 */

#include "cgroup/group.h"
#include "host/process.h"

#include <limits.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#define INIT_SCOPE "/init.scope" /* the group of svinit itself */

typedef enum Hierarchy {
        HIERARCHY_V2,
        HIERARCHY_SYSTEMD, /* v1, name=systemd */
        HIERARCHY_MEMORY,
        HIERARCHY_PIDS,
        HIERARCHY_CPU,
        HIERARCHY_FREEZER,
        HIERARCHY_MAX,
        HIERARCHY_NONE = -1,
} Hierarchy;

typedef enum Controller { /* of v2, as bits */
        CONTROLLER_MEMORY = 1,
        CONTROLLER_PIDS = 2,
        CONTROLLER_CPU = 4,
        CONTROLLER_IO = 8,
} Controller;

typedef struct HierarchyInfo {
        char *base;     /* owned; directory of our own group: "/sys/fs/cgroup/unified/own"; NULL: not there */
        char *own_path; /* owned; as in /proc/self/cgroup, without init.scope */
        bool refused;   /* a mkdir failed: only to look at */
} HierarchyInfo;

typedef struct Shim {
        struct Group *group;
        pid_t pid;
        sd_event_source *source; /* owns the socket */
        struct Shim *next;
} Shim;

struct Groups {
        GroupsOptions options;
        GroupTier tier;
        Hierarchy tracking;   /* HIERARCHY_NONE: shim */
        unsigned controllers; /* of v2, that children can use */
        HierarchyInfo hierarchies[HIERARCHY_MAX];
        char *root; /* owned */
        Group *by_path, *by_watch;
        Group *polled; /* list */
        sd_event_source *inotify_source, *poll_source;
        int inotify_fd;
        int oom_fd;                        /* the container's counter of OOM kills; -1: not readable */
        int lent_fd;                       /* of group_cgroup_fd() */
        int lent_procs_fds[HIERARCHY_MAX]; /* of group_procs_fds() */
        size_t n_lent_procs_fds;
};

struct Group {
        Groups *groups;
        void *userdata;
        char *path;    /* owned; "/system.slice/a.service" */
        unsigned made; /* bits of Hierarchy: directories that are ours */
        int watch;     /* inotify; -1: none */
        uint64_t oom_seen;
        uint64_t cpu_gone; /* CPU time of shims that have ended, with all below them */
        GroupUsage before; /* the counters when the run began */
        Shim *shims;
        bool polling;
        /*
         * cgroup.kill was used. Linux 6.18 (at least) kills from then on whatever is cloned from outside right
         * into the group, so the next process, ExecStopPost= say, goes in by cgroup.procs.
         */
        bool kill_written;
        UT_hash_handle hh_path, hh_watch;
        Group *prev_polled, *next_polled;
};

/* probe.c */
int cgroup_probe(Groups *gs); /* fills tier, tracking, hierarchies; moves us into init.scope */
void cgroup_enable_controllers(Groups *gs, const char *directory); /* for the children of this v2 directory */

/* file.c; `file` NULL: the directory itself */
int cgroup_path(const Groups *gs, Hierarchy h, const char *path, const char *file, char ret[PATH_MAX]);
int cgroup_read(const Groups *gs, Hierarchy h, const char *path, const char *file, char *buffer, size_t size);
int cgroup_write(const Groups *gs, Hierarchy h, const char *path, const char *file, const char *value);
int cgroup_read_u64(const Groups *gs, Hierarchy h, const char *path, const char *file,
                    uint64_t *ret); /* "max" is UINT64_MAX */
/* The number behind "key " in a file of such lines; -ENOENT. */
int cgroup_read_key(const Groups *gs, Hierarchy h, const char *path, const char *file, const char *key,
                    uint64_t *ret);
int cgroup_find_key(char *text, const char *key, uint64_t *ret); /* the same in a text, which it cuts up */
int cgroup_make(Groups *gs, Hierarchy h, const char *path);      /* with parents */
void cgroup_remove(const Groups *gs, Hierarchy h,
                   const char *path); /* with what is below; parents other than the base when empty */

/* Each process of the group and of what is below it, until `visit` returns a negative number. Allocates nothing. */
typedef int (*PidVisitor)(pid_t pid, void *userdata);
int cgroup_each_pid(const Groups *gs, Hierarchy h, const char *path, PidVisitor visit, void *userdata);
bool cgroup_is_empty(const Groups *gs, Hierarchy h, const char *path);
/* In the text of /proc/PID/cgroup (which is cut up by it): the path in that hierarchy. */
int cgroup_line_path(char *text, Hierarchy h, const char **ret);
/* The group path (below our base) in which a process is; -ENOENT: outside. */
int cgroup_of_pid(const Groups *gs, Hierarchy h, pid_t pid, char **ret);

/* limits.c */
void cgroup_apply_limits(Group *g, const CgroupSpec *spec, bool fresh, Report *unapplied);
int group_enter_hierarchy(Group *g, Hierarchy h); /* makes the v1 directory when it is needed first */

/* events.c */
int group_events_init(Groups *gs);
void group_events_release(Groups *gs);
bool group_events_add(Group *g); /* false: there was a watch already, or none can be made */
void group_events_remove(Group *g);
void group_shims_release(Group *g);

/* process-tree.c */
typedef struct PidList {
        pid_t *pids; /* owned */
        size_t n, capacity;
} PidList;
void pid_list_release(PidList *l);
int pid_list_add(PidList *l, pid_t pid);
void pid_list_sort(PidList *l);                 /* and no doubles */
bool pid_list_has(const PidList *l, pid_t pid); /* of a sorted one */
int process_tree_add(pid_t root, PidList *l);   /* all descendants, not the root itself */

/* usage.c */
const GroupUsage *usage_unknown(void);
void usage_add(GroupUsage *sum, const GroupUsage *more); /* what is known */

/* process-usage.c: CPU time and I/O with those of children that were waited for */
void processes_usage(const pid_t *pids, size_t n, unsigned wanted, GroupUsage *u); /* into what is unknown */
uint64_t process_cpu_nsec(pid_t pid);
