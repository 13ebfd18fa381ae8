/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The inside of groups: hierarchies of cgroups, their files, and the two
 * trackers (cgroup, shim) behind one struct.
 *
 *      group.c           objects, what does not depend on the tier
 *      probe.c           which hierarchies are there and ours to write
 *      tree.c            slices, controllers switched on for those below
 *      file.c            files and process lists of one directory
 *      limits.c          CgroupSpec to attributes; values.c: to numbers
 *      limits-io.c       the same for devices' bandwidth and weights
 *      devices.c         which devices; device-program.c: its program for v2
 *      attribute.c       an attribute is written when it changes
 *      kill.c            signals, lists of processes
 *      freeze.c          holding them where they are
 *      events.c          inotify, polling, the shims' records
 *      usage.c           memory, tasks, CPU time and I/O by the counters of cgroups
 *      headroom.c        how far it is to the limits of memory
 *      memory-watch.c    memory that runs out, by events
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
        HIERARCHY_CPUSET,
        HIERARCHY_BLKIO,
        HIERARCHY_DEVICES,
        HIERARCHY_FREEZER,
        HIERARCHY_MAX,
        HIERARCHY_NONE = -1,
} Hierarchy;

typedef enum Controller { /* of v2, as bits */
        CONTROLLER_MEMORY = 1,
        CONTROLLER_PIDS = 2,
        CONTROLLER_CPU = 4,
        CONTROLLER_IO = 8,
        CONTROLLER_CPUSET = 16,
        CONTROLLER_ALL = 31,
} Controller;

typedef struct HierarchyInfo {
        char *base;     /* owned; directory of our own group: "/sys/fs/cgroup/unified/own"; NULL: not there */
        char *own_path; /* owned; as in /proc/self/cgroup, without init.scope */
        bool refused;   /* a mkdir failed: only to look at */
} HierarchyInfo;

typedef struct Shim {
        struct Group *group;
        pid_t pid;
        uint64_t cpu_nsec;       /* as last read */
        bool done;               /* has told the end of its last process */
        sd_event_source *source; /* owns the socket */
        struct Shim *next;
} Shim;

/* What a group had used when the run began. */
typedef struct UsedBefore {
        uint64_t cpu_nsec, io_read_bytes, io_write_bytes, io_read_operations, io_write_operations, oom_kills;
} UsedBefore;

typedef struct EventsWatch EventsWatch; /* events.c */
typedef struct Written Written;         /* attribute.c */

struct Group {
        Groups *groups;
        void *userdata;
        char *path;      /* owned; "/system.slice/a.service", "" for the top */
        Group *parent;   /* NULL for the top */
        Group *children; /* of slices; a list */
        Group *prev_sibling, *next_sibling;
        unsigned made; /* bits of Hierarchy: directories that are ours */
        unsigned
                limited; /* of those in v1: it or a slice above has limits there, so whoever is in it is there */
        unsigned passed_on;                              /* controllers of v2 that those below have ... */
        unsigned asked;                                  /* ... and those that were asked for */
        unsigned disabled;                               /* DisableControllers= */
        uint64_t default_memory_low, default_memory_min; /* for those below, where has_... */
        Written *written;   /* owned; attributes that are not as in a new group */
        char *device_rules; /* owned; NULL: every device */
        int device_program; /* of v2; -1: none */
        EventsWatch *watch; /* owned; NULL: what happens to it is not watched */
        uint64_t oom_seen;
        uint64_t cpu_gone; /* CPU time of shims that have ended, with all below them */
        UsedBefore before;
        struct MemoryWatch *memory_watch; /* owned; NULL: its memory is not watched */
        Shim *shims;
        FreezerState freezer;
        unsigned polling; /* what for: events.c */
        bool held;        /* by a unit: group_new() to group_free() */
        bool is_slice;
        bool stale; /* the directory was there already: it may have any limits */
        bool has_startup, has_io, has_default_memory_low, has_default_memory_min;
        /*
         * cgroup.kill was used. Linux 6.18 (at least) kills from then on whatever is cloned from outside right
         * into the group, so the next process, ExecStopPost= say, goes in by cgroup.procs.
         */
        bool kill_written;
        UT_hash_handle hh_path;
        Group *prev_polled, *next_polled;
};

struct Groups {
        GroupsOptions options;
        GroupTier tier;
        Hierarchy tracking;   /* HIERARCHY_NONE: shim */
        unsigned controllers; /* of v2, that children can use */
        HierarchyInfo hierarchies[HIERARCHY_MAX];
        Group top; /* our own group, -.slice */
        bool starting;
        unsigned n_with_startup; /* groups */
        Group *by_path;
        EventsWatch *by_watch;
        Group *polled; /* list */
        sd_event_source *inotify_source, *poll_source;
        int inotify_fd;
        struct ProcessTable *processes; /* while many groups are asked about; NULL */
        struct MemoryWatch *memory_watches, *memory_by_watch;
        int memory_fd, memory_eventfd; /* inotify of v2, events of v1; -1 */
        sd_event_source *memory_source, *soft_source, *memory_fd_source, *memory_eventfd_source;
        unsigned memory_looks;
        int oom_fd;                        /* the container's counter of OOM kills; -1: not readable */
        int lent_fd;                       /* of group_cgroup_fd() */
        int lent_procs_fds[HIERARCHY_MAX]; /* of group_procs_fds() */
        size_t n_lent_procs_fds;
};

/* group.c */
Groups *groups_allocate(const GroupsOptions *o); /* in no hierarchy yet; NULL: no memory */
void group_note_oom_kills(
        Group *g); /* those so far are none of ours: the directory may have been there before */

/* probe.c */
int cgroup_probe(Groups *gs); /* fills tier, tracking, hierarchies; moves us into init.scope */

/* file.c; `file` NULL: the directory itself */
int cgroup_path(const Groups *gs, Hierarchy h, const char *path, const char *file, char ret[PATH_MAX]);
const char *cgroup_v1_name(
        Hierarchy h); /* as /proc/self/cgroup and the options of mounts have it; NULL: of version 2 */
int cgroup_read(const Groups *gs, Hierarchy h, const char *path, const char *file, char *buffer, size_t size);
int cgroup_write(const Groups *gs, Hierarchy h, const char *path, const char *file, const char *value);
int cgroup_read_u64(const Groups *gs, Hierarchy h, const char *path, const char *file,
                    uint64_t *ret); /* "max" is UINT64_MAX */
/* The number behind "key " in a file of such lines; -ENOENT. */
int cgroup_read_key(const Groups *gs, Hierarchy h, const char *path, const char *file, const char *key,
                    uint64_t *ret);
int cgroup_find_key(char *text, const char *key, uint64_t *ret); /* the same in a text, which it cuts up */
int cgroup_make(Groups *gs, Hierarchy h, const char *path);      /* 1: it was there */
void cgroup_remove(const Groups *gs, Hierarchy h, const char *path); /* with what is below */

/* Each process of the group and of what is below it, until `visit` returns a negative number. Allocates nothing. */
typedef int (*PidVisitor)(pid_t pid, void *userdata);
int cgroup_each_pid(const Groups *gs, Hierarchy h, const char *path, PidVisitor visit, void *userdata);
bool cgroup_is_empty(const Groups *gs, Hierarchy h, const char *path);
/* In the text of /proc/PID/cgroup (which is cut up by it): the path in that hierarchy. */
int cgroup_line_path(char *text, Hierarchy h, const char **ret);
/* The group path (below our base) in which a process is; -ENOENT: outside. */
int cgroup_of_pid(const Groups *gs, Hierarchy h, pid_t pid, char **ret);

/* tree.c */
const char *controller_name(Controller c);
unsigned controllers_from_text(const char *text); /* words between blanks, unknown ones left out */
unsigned controllers_from_names(char *const *names);
void group_pass_on(Group *g, unsigned controllers); /* switches them on for those below g */
bool group_regain(Group *g, unsigned controllers);  /* somebody else had switched them off: on again */
int group_enter_hierarchy(Group *g,
                          Hierarchy h); /* makes the v1 directory when it is needed first, moves who runs */
int group_limit_in(Group *g, Hierarchy h); /* the same for all below: g is going to have limits there */
int group_find_or_make(Groups *gs, const char *slices, const char *unit, Group **ret);
void group_drop(Group *g); /* and the slices above, unless they are held or something is in them */
/* Can it have attributes of that controller in v2; is the controller one of v1 here? */
static inline bool group_has_controller(const Group *g, Controller c) {
        return g->groups->tracking == HIERARCHY_V2 && (g->groups->controllers & c) &&
               (!g->parent || (g->parent->passed_on & c));
}
bool group_has_v1(const Groups *gs, Controller c);

/* attribute.c */
typedef struct Attribute {
        const char *key; /* the directive */
        Hierarchy hierarchy;
        const char *file;
        const char *none; /* what undoes it; NULL: nothing does */
        dev_t device;     /* of files that have a line for each; 0 */
} Attribute;
/* value NULL: as in a new group. Nothing happens when it is so already. 0 or negative errno. */
int attribute_write(Group *g, const Attribute *a, const char *value);
void attribute_set(Group *g, const Attribute *a, const char *value,
                   Report *unapplied); /* a refusal is noted */
void attribute_note(const Group *g, const Attribute *a, const char *value, int error, Report *unapplied);
const char *attribute_written(Group *g, const Attribute *a); /* borrowed until the next write; NULL */
/* Each device for which a line of that file was written; visit() may write it anew. */
int attributes_each(Group *g, const Attribute *like, int (*visit)(Group *g, dev_t device, void *userdata),
                    void *userdata);
void group_attributes_release(Group *g);

/* limits.c */
void cgroup_apply_limits(Group *g, const CgroupSpec *spec, Report *unapplied);

/* values.c: LIMIT_UNSET stands for none */
uint64_t limit_memory(const Groups *gs, uint64_t bytes, uint64_t permyriad);
uint64_t limit_memory_low(const Group *g, const CgroupSpec *s); /* 0: none; UINT64_MAX: all of it */
uint64_t limit_memory_min(const Group *g, const CgroupSpec *s);
uint64_t limit_tasks(const Groups *gs, const CgroupSpec *s);
uint64_t limit_cpu_weight(const Group *g, const CgroupSpec *s); /* of v2; 0: idle */
uint64_t limit_while_starting(const Group *g, uint64_t usual, uint64_t starting);
void limit_remember(Group *g, const CgroupSpec *s); /* what counts for others, or later */

/* limits-io.c */
unsigned limits_io_need(const CgroupSpec *s);       /* CONTROLLER_IO or 0 */
int cgroup_find_disk(const char *path, dev_t *ret); /* the whole disk of a device or a file; -ENOTBLK */
void cgroup_apply_io(Group *g, const CgroupSpec *s, Report *unapplied);

/* freeze.c */
void group_check_freezer(Group *g); /* something happened to it */
void group_freeze_newcomer(Group *g);
void group_thaw_to_die(Group *g);

/* devices.c */
enum {
        DEVICE_MAKE = 1,
        DEVICE_READ = 2,
        DEVICE_WRITE = 4,
        DEVICE_ALL = 7,
        DEVICE_ANY = -1,
        DEVICE_RULES_MAX = 500,
};
typedef struct DeviceRule {
        char type;        /* 'b', 'c' */
        int major, minor; /* DEVICE_ANY */
        unsigned access;
} DeviceRule;
typedef struct DeviceRules {
        DeviceRule *v; /* owned */
        size_t n;
} DeviceRules;
void cgroup_apply_devices(Group *g, const CgroupSpec *s, Report *unapplied);
void group_devices_release(Group *g);

/* device-program.c: negative errno, where the kernel or the container does not let us */
int device_program_load(const DeviceRules *rules); /* a descriptor */
int device_program_attach(int group_fd, int program);
int device_program_detach(int group_fd, int program);

/* events.c */
int group_events_init(Groups *gs);
void group_events_release(Groups *gs);
bool group_events_add(Group *g); /* false: there was a watch already, or none can be made */
void group_events_remove(Group *g);
void group_watch_freezer(Group *g, bool on);
void group_shims_release(Group *g);

/* memory-watch.c */
typedef struct MemoryWatch MemoryWatch;
void memory_watch_begin_run(Group *g);
void memory_watch_release(Group *g);
void memory_watches_release(Groups *gs);

/* process-tree.c */
typedef struct PidList {
        pid_t *pids; /* owned */
        size_t n, capacity;
} PidList;
void pid_list_release(PidList *l);
int pid_list_add(PidList *l, pid_t pid);
void pid_list_sort(PidList *l);               /* and no doubles */
int process_tree_add(pid_t root, PidList *l); /* all descendants, not the root itself */
int process_list_all(PidList *l);             /* that we see */

/* usage.c */
const GroupUsage *usage_unknown(void);
void usage_add(GroupUsage *sum, const GroupUsage *more); /* what is known */

/* process-usage.c: CPU time and I/O with those of children that were waited for */
typedef struct ProcessLine {
        pid_t pid, parent;
        uint64_t cpu_nsec, threads;
} ProcessLine;
typedef struct ProcessTable ProcessTable;
bool process_read_line(pid_t pid, ProcessLine *ret);
/* Into what is unknown; t: Groups.processes, or NULL. */
void processes_usage(const ProcessTable *t, const pid_t *pids, size_t n, unsigned wanted, GroupUsage *u);
uint64_t shim_cpu_nsec(const ProcessTable *t, const Shim *s); /* with all that it has reaped */

/* process-table.c */
bool process_line(const ProcessTable *t, pid_t pid, ProcessLine *ret); /* NULL: of the process itself */
int process_table_add_tree(const ProcessTable *t, pid_t root, PidList *l);
