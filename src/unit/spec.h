/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What the files of one unit mean.
 *
 * A UnitSpec is made of parts, one for each group of directives. A part is
 * shared with the defaults until one of its directives is assigned (copied on
 * write), and once the spec is complete, with the equal parts of other specs;
 * so a plain service costs a few hundred bytes. Hence the rule that no
 * default owns memory: lists and strings start as NULL.
 *
 * Life cycle: spec_new(), spec_assign() for each assignment of the fragment
 * and its drop-ins, spec_complete() (what follows from several settings
 * together), then it never changes. Owned by the Unit, or by who loaded it.
 *
 * Directives that svinit knows but does not apply have no field: their text is
 * kept in `settings` for `show`, `verify` and the list of what was not applied.
 *
 * Durations are usec_t; sizes are bytes; USEC_INFINITY and LIMIT_UNSET mean none.
 */

#include "base/report.h"
#include "base/time.h"
#include "conf/calendar.h"
#include "conf/name.h"
#include "conf/specifier.h"
#include "conf/unit-file.h"
#include "unit/enums.h"
#include "unit/health-spec.h"
#include "unit/set-spec.h"

#define LIMIT_UNSET UINT64_MAX

typedef struct Directive Directive;

/* systemd.unit(5). The inverse of each kind is made by the graph. */
typedef enum DependencyKind {
        DEP_REQUIRES,
        DEP_REQUISITE,
        DEP_WANTS,
        DEP_BINDS_TO,
        DEP_PART_OF,
        DEP_UPHOLDS,
        DEP_CONFLICTS,
        DEP_BEFORE,
        DEP_AFTER,
        DEP_ON_SUCCESS,
        DEP_ON_FAILURE,
        DEP_PROPAGATES_RELOAD_TO,
        DEP_RELOAD_PROPAGATED_FROM,
        DEP_PROPAGATES_STOP_TO,
        DEP_STOP_PROPAGATED_FROM,
        DEP_JOINS_NAMESPACE_OF,
        DEP_TRIGGERS,
        DEP_SLICE,
        /* inverses */
        DEP_REQUIRED_BY,
        DEP_REQUISITE_OF,
        DEP_WANTED_BY,
        DEP_BOUND_BY,
        DEP_CONSISTS_OF,
        DEP_UPHELD_BY,
        DEP_CONFLICTED_BY,
        DEP_ON_SUCCESS_OF,
        DEP_ON_FAILURE_OF,
        DEP_TRIGGERED_BY,
        DEP_SLICE_OF,
        DEP_NAMESPACE_JOINED_BY, /* ours: systemd has no name for it */
        DEP_MAX,
} DependencyKind;
const char *dependency_to_string(DependencyKind k); /* the property's name: "Requires", "RequiredBy" */
DependencyKind dependency_inverse(DependencyKind k);
/* False: the file may say so, but it has no effect. A slice cannot fail, a device does not wait. */
bool dependency_is_possible(DependencyKind k, UnitType from, UnitType to);

typedef struct Dependency {
        DependencyKind kind;
        bool constant; /* the name is a constant of the program, not owned: "sysinit.target" */
        char *name;    /* owned unless constant; specifiers expanded */
} Dependency;

typedef struct Condition {
        const char *
                type; /* static: "ConditionPathExists", "AssertUser"... without "Condition"/"Assert": "PathExists" */
        bool trigger, negate; /* | and ! */
        char *parameter;      /* owned */
} Condition;

typedef struct ConditionList {
        Condition *v;
        size_t n;
} ConditionList;

typedef struct CommonSpec { /* [Unit] */
        char *description;
        char **documentation;
        char *source_path;
        Dependency *deps;
        size_t n_deps, deps_capacity;
        char **requires_mounts_for;
        ConditionList conditions, asserts;
} CommonSpec;

typedef struct PolicySpec { /* of [Unit]: what hardly any unit has for itself */
        bool default_dependencies, stop_when_unneeded, refuse_manual_start, refuse_manual_stop, allow_isolate;
        bool ignore_on_isolate;
        JobMode on_failure_job_mode, on_success_job_mode;
        usec_t job_timeout, job_running_timeout;
        bool job_running_timeout_set;
        EmergencyAction job_timeout_action, failure_action, success_action, start_limit_action;
        int failure_action_exit_status, success_action_exit_status; /* -1: unset */
        char *reboot_argument, *job_timeout_reboot_argument;
        usec_t start_limit_interval;
        unsigned start_limit_burst;
        bool start_limit_interval_set, start_limit_burst_set;
        CollectMode collect_mode;
} PolicySpec;

typedef struct InstallSpec { /* [Install] */
        char **wanted_by, **required_by, **upheld_by, **alias,
                **also; /* specifiers as written: enabling expands them */
        char *default_instance;
} InstallSpec;

typedef enum CommandKind {
        COMMAND_CONDITION,
        COMMAND_START_PRE,
        COMMAND_START,
        COMMAND_START_POST,
        COMMAND_RELOAD,
        COMMAND_STOP,
        COMMAND_STOP_POST,
        COMMAND_KIND_MAX,
} CommandKind;
const char *command_kind_to_string(CommandKind k); /* "ExecStartPre" */

typedef enum CommandFlags {
        COMMAND_IGNORE_FAILURE = 1,   /* - */
        COMMAND_FULLY_PRIVILEGED = 2, /* + */
        COMMAND_NO_SETUID = 4,        /* ! */
        COMMAND_AMBIENT_MAGIC = 8,    /* !! */
        COMMAND_NO_ENV_EXPAND = 16,   /* : */
        COMMAND_SHELL = 32,           /* | of later versions: run by the user's shell */
} CommandFlags;

typedef struct Command {
        char *path;  /* owned; may be a name without slash: looked up in ExecSearchPath= by the child */
        char **argv; /* owned; argv[0] is what @ gave, else path; specifiers expanded, variables not */
        unsigned flags;
} Command;

typedef struct CommandList {
        Command *v;
        size_t n;
} CommandList;

typedef struct ExitStatusSet {
        uint8_t *codes; /* owned */
        int *signals;   /* owned */
        size_t n_codes, n_signals;
} ExitStatusSet;
bool exit_status_set_contains(const ExitStatusSet *s, int code,
                              int status); /* CLD_EXITED / CLD_KILLED / CLD_DUMPED */

typedef enum OpenFileFlags { /* the numbers are those of D-Bus */
        OPEN_FILE_READ_ONLY = 1,
        OPEN_FILE_APPEND = 2,
        OPEN_FILE_TRUNCATE = 4,
        OPEN_FILE_GRACEFUL = 8,
} OpenFileFlags;
typedef struct OpenFile {
        char *path, *name; /* owned */
        unsigned flags;
} OpenFile;

typedef struct CommandsSpec { /* Exec...= of [Service]: apart from it, for each service has its own */
        CommandList of[COMMAND_KIND_MAX];
} CommandsSpec;

typedef struct ServiceSpec { /* [Service] */
        ServiceType type;
        ExitType exit_type;
        Restart restart;
        RestartMode restart_mode;
        char *pid_file; /* absolute */
        char *bus_name;
        char **sockets;
        usec_t restart_delay, restart_delay_max; /* RestartSec=, RestartMaxDelaySec= */
        unsigned restart_steps, restart_jitter;  /* jitter: percent */
        unsigned backoff_factor; /* X-BackoffFactor=, in hundredths; 0: RestartSteps= counts */
        usec_t backoff_reset;    /* X-BackoffResetSec=; 0: as `stable` */
        usec_t stable;           /* X-StableSec=; 0: never */
        usec_t timeout_start, timeout_stop,
                timeout_abort; /* timeout_abort USEC_INFINITY + flag unset: as stop */
        bool timeout_abort_set, timeout_start_set, timeout_stop_set, restart_delay_set;
        usec_t runtime_max, runtime_randomized_extra, watchdog;
        TimeoutFailureMode timeout_start_failure_mode, timeout_stop_failure_mode;
        ExitStatusSet success_status, restart_prevent_status, restart_force_status;
        NotifyAccess notify_access;
        OomPolicy oom_policy;
        unsigned fd_store_max;
        Preserve fd_store_preserve;
        char **watch, **watch_ignore; /* X-Watch=; the patterns: NULL for the usual ones */
        usec_t watch_delay;
        char **restart_on_calendar; /* X-RestartOnCalendar=, as written */
        TriggerMode trigger_mode;
        OpenFile *open_files;
        size_t n_open_files;
        unsigned notify_fd; /* X-NotifyFd=; 0: none */
        bool remain_after_exit, guess_main_pid, root_directory_start_only, permissions_start_only,
                non_blocking;
        int reload_signal;
        uint64_t memory_restart, memory_restart_permyriad; /* X-MemoryRestart=: bytes, share of MemoryMax= */
        usec_t hold_on_failure; /* X-HoldOnFailure=; 0: no, USEC_INFINITY: until somebody ends it */
        int essential;          /* X-Essential=: 0 no, 1 yes, 2 on-failure */
        InstanceCount instances;
        unsigned n_instances; /* of a set, from them: its own processes are none. 0: the unit is no set */
        bool is_member; /* an instance of a set, read from the set's own file or a template with X-Instances= */
        InstanceCount instances_min;  /* X-InstancesMin= */
        char **increment_environment; /* X-IncrementEnvironment= */
        char *profile;                /* X-Profile= */
        HealthSpec health;
        RollSpec roll;
        IpcSpec ipc;
} ServiceSpec;

typedef enum DirectoryKind {
        DIRECTORY_RUNTIME,
        DIRECTORY_STATE,
        DIRECTORY_CACHE,
        DIRECTORY_LOGS,
        DIRECTORY_CONFIGURATION,
        DIRECTORY_KIND_MAX
} DirectoryKind;

typedef struct DirectorySpec {
        char **names; /* owned; relative; "a:b" (symlink) as written */
        unsigned mode;
} DirectorySpec;

typedef struct EnvironmentFile {
        char *path;    /* owned; may be a glob */
        bool optional; /* - */
} EnvironmentFile;

typedef struct StdIo {
        char *input_file, *output_file, *error_file; /* owned; also the names of named descriptors */
        char *input_data;                            /* owned; StandardInputText/Data */
        size_t input_data_len;
        StdInput input;
        StdOutput output, error;
        bool input_set, output_set, error_set;
} StdIo;

#define RLIMIT_KINDS 16 /* RLIM_NLIMITS */
typedef struct RlimitPair {
        uint64_t soft, hard; /* RLIM_INFINITY = UINT64_MAX */
} RlimitPair;

typedef struct ExecSpec { /* systemd.exec(5), what svinit applies */
        char *user, *group;
        char **supplementary_groups;
        char *working_directory; /* "~" is possible */
        char *root_directory;
        char **environment, **pass_environment, **unset_environment;
        EnvironmentFile *environment_files;
        size_t n_environment_files;
        char **exec_search_path;
        DirectorySpec directories[DIRECTORY_KIND_MAX];
        Preserve runtime_directory_preserve;
        StdIo io;
        char *tty_path;
        RlimitPair *rlimits[RLIMIT_KINDS]; /* owned; NULL: not set */
        char *syslog_identifier;
        int syslog_facility, syslog_level; /* LOG_DAEMON, LOG_INFO */
        int log_level_max;                 /* -1 unset */
        usec_t log_rate_limit_interval;    /* USEC_INFINITY unset */
        unsigned log_rate_limit_burst;     /* 0 unset */
        char **log_extra_fields;           /* NAME=value */
        unsigned umask;
        int nice, oom_score_adjust;
        int io_class, io_priority;
        int cpu_policy, cpu_priority;
        char *cpu_affinity;                               /* text, decoded by the child */
        usec_t timer_slack;                               /* in nanoseconds */
        uint64_t capability_bounding, capability_ambient; /* bit = capability number; bounding starts full */
        unsigned secure_bits;
        char *pam_name, *personality, *apparmor_profile, *selinux_context, *smack_label;
        char *utmp_identifier;
        UtmpMode utmp_mode;
        char **expand_file_variables; /* names without _FILE */
        KeyringMode keyring_mode;
        int numa_policy; /* MPOL_...: counts if numa_set */
        char *numa_mask; /* text, decoded by the child */
        uint64_t coredump_filter;
        unsigned tty_rows, tty_columns; /* 0: left alone */
        bool working_directory_optional, nice_set, oom_score_adjust_set, io_set, cpu_set, cpu_reset_on_fork,
                timer_slack_set;
        bool capability_bounding_set, keyring_set, numa_set, coredump_filter_set;
        bool syslog_level_prefix, ignore_sigpipe, no_new_privileges, dynamic_user, remove_ipc;
        bool tty_reset, tty_vhangup, tty_disallocate, same_process_group;
        char **pass_manager_environment; /* X-PassManagerEnvironment=, patterns; NULL: all; "": none */
} ExecSpec;

typedef struct SandboxSpec { /* systemd.exec(5) "SANDBOXING" */
        bool private_tmp, private_devices, private_network, private_users, private_mounts, private_ipc;
        bool protect_clock, protect_kernel_tunables, protect_kernel_modules, protect_kernel_logs,
                protect_control_groups;
        bool protect_hostname, restrict_realtime, restrict_suid_sgid, lock_personality,
                memory_deny_write_execute;
        ProtectSystem protect_system;
        ProtectHome protect_home;
        char **read_write_paths, **read_only_paths, **inaccessible_paths, **exec_paths, **no_exec_paths;
        char **bind_paths, **bind_read_only_paths, **temporary_file_systems;
        char **system_calls, **system_call_log; /* as written, ~ before each word: see unit/system-calls.h */
        char **architectures;
        char **address_families;   /* as written, ~ before each word; "none" */
        int system_call_error;     /* an errno, or SYSTEM_CALL_KILL */
        uint64_t namespaces;       /* CLONE_NEW...: those that may be made */
        unsigned long mount_flags; /* MS_SHARED, MS_SLAVE, MS_PRIVATE; 0: not given */
        ProtectProc protect_proc;
        ProcSubset proc_subset;
        bool mount_api_vfs;
        char *network_namespace_path, *ipc_namespace_path;
        char **load_credentials;   /* "ID" or "ID:PATH" */
        char **import_credentials; /* patterns of names */
        char **set_credentials;    /* "ID:VALUE", the value still escaped */
} SandboxSpec;

typedef struct KillSpec { /* systemd.kill(5) */
        KillMode mode;
        int signal, restart_signal, final_signal, watchdog_signal; /* restart_signal 0: as signal */
        bool send_sigkill, send_sighup;
} KillSpec;

typedef struct CgroupSpec { /* systemd.resource-control(5) */
        char *slice;        /* NULL: the usual one; ask spec_slice() */
        uint64_t memory_min, memory_low, memory_high, memory_max, memory_swap_max,
                memory_zswap_max;                           /* bytes */
        uint64_t memory_max_permyriad, tasks_max_permyriad; /* of the whole; LIMIT_UNSET */
        uint64_t memory_min_permyriad, memory_low_permyriad, memory_high_permyriad, memory_swap_max_permyriad,
                memory_zswap_max_permyriad;
        uint64_t default_memory_min, default_memory_low; /* of what is in the slice */
        uint64_t default_memory_min_permyriad, default_memory_low_permyriad;
        bool memory_min_set, memory_low_set, default_memory_min_set, default_memory_low_set;
        uint64_t tasks_max;
        uint64_t cpu_weight, startup_cpu_weight, io_weight, startup_io_weight; /* 1..10000; CPU: 0 is idle */
        usec_t cpu_quota_per_sec, cpu_quota_period;                            /* USEC_INFINITY: none */
        char *allowed_cpus, *startup_allowed_cpus, *allowed_memory_nodes,
                *startup_allowed_memory_nodes; /* "0-3 5"; NULL: all */
        char **io_device_weight, **io_device_latency, **io_read_bandwidth, **io_write_bandwidth,
                **io_read_iops, **io_write_iops; /* device_entry_split() */
        /* Of cgroup v1; count where nothing newer is set. */
        uint64_t cpu_shares, startup_cpu_shares, block_io_weight, startup_block_io_weight;
        char **block_io_device_weight, **block_io_read_bandwidth, **block_io_write_bandwidth;
        DevicePolicy device_policy;
        char **device_allow; /* device_entry_split() */
        char **disabled_controllers;
        bool memory_zswap_writeback;
        bool memory_oom_group; /* follows from OOMPolicy= */
        bool delegate, cpu_accounting, memory_accounting, tasks_accounting, io_accounting;
        char **delegate_controllers;
} CgroupSpec;
/*
 * An entry of a list of devices: the device, which may have blanks, and in *ret_value what is behind it: a number in
 * bytes, microseconds or of a weight (UINT64_MAX: "infinity"), or letters of "rwm". The length of the device.
 */
size_t device_entry_split(const char *entry, const char **ret_value);

typedef enum ListenKind {
        LISTEN_STREAM,
        LISTEN_DATAGRAM,
        LISTEN_SEQPACKET,
        LISTEN_FIFO,
        LISTEN_SPECIAL,
        LISTEN_NETLINK,
        LISTEN_QUEUE,
        LISTEN_KIND_MAX
} ListenKind;
typedef struct ListenAddress {
        ListenKind kind;
        char *address; /* owned; as written, specifiers expanded; syntax checked; "FAMILY GROUP" for LISTEN_NETLINK */
} ListenAddress;
/* Is the address the path of a node that listen_open() makes? */
bool listen_address_is_node(const ListenAddress *l);
/* The families of netlink(7) as ListenNetlink= names them; a number is taken as well. NULL, -1: unknown. */
const char *netlink_family_to_string(int family);
int netlink_family_from_string(const char *s);

typedef struct SocketSpec { /* [Socket] */
        ListenAddress *listen;
        size_t n_listen;
        BindIPv6Only bind_ipv6_only;
        SocketDistribution distribution;
        char *user, *group, *service, *fd_name, *bind_to_device, *tcp_congestion;
        char *smack_label, *smack_label_in, *smack_label_out;
        char **symlinks;
        CommandList exec_start_pre, exec_start_post, exec_stop_pre, exec_stop_post;
        unsigned mode, directory_mode, backlog, max_connections, max_connections_per_source,
                trigger_limit_burst;
        usec_t trigger_limit_interval, timeout, keep_alive_time, keep_alive_interval, defer_accept;
        unsigned keep_alive_probes;
        uint64_t receive_buffer, send_buffer, pipe_size; /* bytes; LIMIT_UNSET */
        int priority, mark, ip_tos, ip_ttl;              /* -1 unset */
        int queue_messages, queue_message_size;          /* 0 unset */
        int protocol;                                    /* IPPROTO_...; 0 unset */
        Timestamping timestamping;
        bool accept, writable, flush_pending, keep_alive, no_delay, free_bind, transparent, broadcast,
                pass_credentials;
        bool pass_security, pass_packet_info, remove_on_stop, reuse_port, pass_pidfd, accept_fds,
                pass_fds_to_exec;
        usec_t poll_limit_interval;
        unsigned poll_limit_burst;
        bool trigger_limit_burst_set, poll_limit_burst_set;
} SocketSpec;

typedef enum TimerBase {
        TIMER_ACTIVE,
        TIMER_BOOT,
        TIMER_STARTUP,
        TIMER_UNIT_ACTIVE,
        TIMER_UNIT_INACTIVE,
        TIMER_CALENDAR,
        TIMER_BASE_MAX
} TimerBase;
const char *timer_base_to_string(TimerBase b); /* "OnActiveSec", "OnCalendar" */
typedef struct TimerValue {
        TimerBase base;
        usec_t span;           /* for all but TIMER_CALENDAR */
        CalendarSpec calendar; /* owned */
        char *text;            /* owned; the calendar as written */
} TimerValue;

typedef struct TimerSpec { /* [Timer] */
        TimerValue *values;
        size_t n_values;
        char *unit;
        usec_t accuracy, randomized_delay;
        bool fixed_random_delay, persistent, wake_system, remain_after_elapse, on_clock_change,
                on_timezone_change;
} TimerSpec;

typedef enum PathKind {
        PATH_EXISTS,
        PATH_EXISTS_GLOB,
        PATH_CHANGED,
        PATH_MODIFIED,
        PATH_DIRECTORY_NOT_EMPTY,
        PATH_KIND_MAX
} PathKind;
const char *path_kind_to_string(PathKind k); /* "PathExists" */
typedef struct PathWatch {
        PathKind kind;
        char *path; /* owned; absolute */
} PathWatch;

typedef struct PathSpec { /* [Path] */
        PathWatch *watches;
        size_t n_watches;
        char *unit;
        bool make_directory;
        unsigned directory_mode, trigger_limit_burst;
        usec_t trigger_limit_interval;
} PathSpec;

typedef struct MountSpec { /* [Mount] */
        char *what, *where, *fs_type, *options;
        unsigned directory_mode;
        usec_t timeout;
        bool sloppy_options, lazy_unmount, force_unmount, read_write_only;
} MountSpec;

typedef enum PartId {
        PART_COMMON,
        PART_POLICY,
        PART_INSTALL,
        PART_SERVICE,
        PART_COMMANDS,
        PART_EXEC,
        PART_SANDBOX,
        PART_KILL,
        PART_CGROUP,
        PART_SOCKET,
        PART_TIMER,
        PART_PATH,
        PART_MOUNT,
        PART_MAX,
} PartId;

/* A known directive that has no field: its text, the last one for scalars, all for lists. */
typedef struct Setting {
        const Directive *row;
        char *value;      /* owned */
        const char *file; /* borrowed from UnitSpec.files */
        unsigned line;
} Setting;

/* What the first n of a spec's files said. */
typedef struct SpecTexts {
        size_t n;
        Text v[];
} SpecTexts;

typedef struct UnitSpec {
        UnitType type;
        uint16_t shared; /* bit per part that is shared with other specs of the same content */
        bool fatal;      /* a mistake that forbids the use of the unit (bad-setting); the report says which */
        char *name;      /* owned; the unit's id when it was read */
        union {
                const void *parts[PART_MAX];
                struct { /* in the order of PartId */
                        const CommonSpec *common;
                        const PolicySpec *policy;
                        const InstallSpec *install;
                        const ServiceSpec *service;
                        const CommandsSpec *commands;
                        const ExecSpec *exec;
                        const SandboxSpec *sandbox;
                        const KillSpec *kill;
                        const CgroupSpec *cgroup;
                        const SocketSpec *socket;
                        const TimerSpec *timer;
                        const PathSpec *path;
                        const MountSpec *mount;
                };
        };
        Setting *settings;
        size_t n_settings;
        char **profiles;     /* owned: the names of its [X-Profile NAME] sections */
        const char *profile; /* the one of them that counts; NULL: none */
        char **files;        /* owned: fragment first, then drop-ins, in the order read */
        SpecTexts *texts; /* owned; of a set, for instances that join it when its files say otherwise; NULL */
} UnitSpec;

/*
 * Units that are there because the manager is, systemd.special(7): they need no file, and nothing starts or stops them.
 * Drop-ins and links count for them as for others. Ends with NULL.
 */
extern const char *const perpetual_units[];

int spec_new(const char *name, UnitSpec **ret); /* all defaults; 0, -EINVAL (bad name), -ENOMEM */
void spec_free(UnitSpec *s);

/* Where spec_assign() finds what a value may refer to. */
typedef struct SpecContext {
        SpecifierContext specifiers;
        Report *report;     /* may be NULL */
        const Zones *zones; /* may be NULL: names of zones are not checked */
        usec_t default_timeout_start, default_timeout_stop,
                default_restart_delay; /* from svinit.conf; 0: built in */
        bool has_start_limit;          /* the two that follow are from svinit.conf, where 0 means no limit */
        usec_t default_start_limit_interval;
        unsigned default_start_limit_burst;
        unsigned usable_cpus; /* for X-Instances=; 0: one */
        const char *profile;  /* which [X-Profile NAME] counts where no X-Profile= says it; NULL: none */
        bool user;            /* of a user's manager */
} SpecContext;

/*
 * One assignment. Mistakes go to the report (file, line, key, what was
 * expected) and leave the value as it was: the result is 0 then as well.
 * Negative: memory.
 */
int spec_assign(UnitSpec *s, const SpecContext *c, const Assignment *a);
/* Parses a whole text with unit_file_parse() into the spec. Errors as there. */
int spec_read(UnitSpec *s, const SpecContext *c, const char *file, Text text);
/* The text of the last of its files; takes it. 0 or -ENOMEM. */
int spec_keep_text(UnitSpec *s, Text *text);
void spec_forget_texts(UnitSpec *s);
/*
 * Profiles: a section [X-Profile NAME] holds lines of [Service] that count, behind all others of the same file, when
 * NAME is the context's profile. Which one a unit wants may be said in its last drop-in: then what was read before
 * has to be read again, with that one in the context.
 */
bool profile_name_is_valid(const char *name);
bool spec_wants_other_profile(const UnitSpec *s, const SpecContext *c, const char **ret);
/* Defaults that depend on other settings, consistency checks ("no ExecStart="); sets `fatal`. 0 or -ENOMEM. */
int spec_complete(UnitSpec *s, const SpecContext *c);
/* The part for writing: a private copy. NULL: no memory. */
void *spec_part(UnitSpec *s, PartId part);
/*
 * Adds a dependency by name, as implicit and default dependencies do. One that is there already is no error. So many
 * are compared one by one when another comes; of more, the double ones go all at once, in spec_complete().
 */
#define DEPENDENCIES_FEW 64
int spec_add_dependency(UnitSpec *s, DependencyKind kind, const char *name);
int spec_drop_dependencies(UnitSpec *s, const char *name); /* of every kind */
/* The slice that a completed unit belongs in: borrowed; NULL for -.slice and for types without a cgroup. */
const char *spec_slice(const UnitSpec *s);
