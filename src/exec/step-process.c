/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Steps about the process as the kernel schedules and counts it: group,
 * signals, session, priorities, limits. None of them allocates.
 */

#include "exec/child.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/ioprio.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static int write_zero(int fd) {
        return write(fd, "0", 1) == 1 ? 0 : -errno;
}

int step_cgroup(ExecContext *c) {
        const ExecPlan *p = c->plan;
        int r = 0;

        if (p->group_lack && !p->ignore_missing_privilege) /* PID 1 has noted it */
                return exec_refuse(c, p->group_lack);
        if (p->cgroup_fd >= 0 && !c->in_group) {
                int fd auto_fd = openat(p->cgroup_fd, "cgroup.procs", O_WRONLY | O_CLOEXEC | O_NOCTTY);

                if (fd < 0)
                        return -errno;
                r = write_zero(fd);
        }
        for (size_t i = 0; r >= 0 && i < p->n_cgroup_procs_fds; i++)
                r = write_zero(p->cgroup_procs_fds[i]);
        return r;
}

/* cgroups(7), "Delegation": the directory and what has to be written in it. The limits of the group stay ours. */
int step_delegation(ExecContext *c) {
        static const struct {
                const char *name;
                bool optional; /* not in every kernel */
        } files[] = { { "", false },
                      { "cgroup.procs", false },
                      { "cgroup.subtree_control", false },
                      { "cgroup.threads", true },
                      { "memory.oom.group", true },
                      { "memory.reclaim", true } };
        const ExecPlan *p = c->plan;
        const Account *a = &c->account;

        if (!p->delegate_group || p->cgroup_fd < 0 || !a->switches || a->uid == (uid_t)-1)
                return 0;
        for (size_t i = 0; i < ELEMENTSOF(files); i++)
                if (fchownat(p->cgroup_fd, files[i].name, a->uid, a->gid, AT_EMPTY_PATH) < 0 &&
                    !files[i].optional) {
                        exec_detail(c, "yes");
                        return -errno;
                }
        return 0;
}

/* The kernel's own call: libc hides the two signals that it uses itself, and those may have been inherited ignored as well. */
static bool disposition_is_default(int signo) {
        unsigned long action[16] = { 0 }; /* a struct sigaction of the kernel; the handler comes first */

        return syscall(SYS_rt_sigaction, signo, NULL, action, _NSIG / 8) < 0 || action[0] == 0;
}

static void set_default_disposition(int signo) {
        unsigned long action[16] = { 0 };

        (void)syscall(SYS_rt_sigaction, signo, action, NULL, _NSIG / 8);
}

/* Ignored signals outlive exec, and svinit may have been started with some: a few of 64, and the same at each spawn. */
uint64_t exec_changed_signals(void) {
        static uint64_t changed;
        static bool known;

        if (known)
                return changed;
        for (int s = 1; s < _NSIG; s++)
                if (!disposition_is_default(s))
                        changed |= UINT64_C(1) << (s - 1);
        known = true;
        return changed;
}

#define IDLE_PATIENCE_MSEC 5000

/* Only so that output does not mix: when the wait ends, for whatever reason, the service starts. */
int step_idle(ExecContext *c) {
        struct pollfd p = { .fd = c->plan->idle_fd, .events = POLLIN };

        if (c->plan->idle_fd > 0)
                (void)poll(&p, 1, IDLE_PATIENCE_MSEC);
        return 0;
}

int step_signals(ExecContext *c) {
        struct sigaction ignore = { .sa_handler = SIG_IGN };
        sigset_t none;

        for (int s = 1; s < _NSIG; s++)
                if (c->changed_signals & (UINT64_C(1) << (s - 1)))
                        set_default_disposition(s);
        if (c->plan->exec->ignore_sigpipe && sigaction(SIGPIPE, &ignore, NULL) < 0)
                return -errno;
        sigemptyset(&none);
        return sigprocmask(SIG_SETMASK, &none, NULL) < 0 ? -errno : 0;
}

int step_session(ExecContext *c) {
        if (c->plan->foreground)
                return setpgid(0, 0) < 0 ? -errno : 0;
        if (c->plan->exec->same_process_group)
                return 0;
        return setsid() < 0 ? -errno : 0;
}

int step_umask(ExecContext *c) {
        (void)umask((mode_t)c->plan->exec->umask);
        return 0;
}

int step_oom_score(ExecContext *c) {
        char text[16];
        int fd auto_fd = -1, n;

        if (!c->plan->exec->oom_score_adjust_set)
                return 0;
        n = snprintf(text, sizeof(text), "%d", c->plan->exec->oom_score_adjust);
        fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
        if (fd < 0 || write(fd, text, (size_t)n) < 0)
                return exec_tolerate(c, "OOMScoreAdjust", -errno);
        return 0;
}

/* RLIMIT_NICE counts from 20 downwards: 1 is nice 19, 40 is nice -20. */
static int nearest_nice(int wanted) {
        struct rlimit l;
        int best;

        if (getrlimit(RLIMIT_NICE, &l) < 0)
                return 0;
        best = l.rlim_cur == RLIM_INFINITY || l.rlim_cur > 40 ? -20 : 20 - (int)l.rlim_cur;
        return MAX(wanted, MIN(best, 0));
}

int step_nice(ExecContext *c) {
        int r, wanted = c->plan->exec->nice;

        if (!c->plan->exec->nice_set || setpriority(PRIO_PROCESS, 0, wanted) >= 0)
                return 0;
        r = exec_tolerate(c, "Nice", -errno);
        if (r >= 0)
                (void)setpriority(PRIO_PROCESS, 0, nearest_nice(wanted));
        return r;
}

/* Each policy has its own range: a priority for another one is brought into it. */
static int priority_within(int policy, int priority) {
        int least = sched_get_priority_min(policy), most = sched_get_priority_max(policy);

        return least < 0 || most < 0 ? priority : MIN(MAX(priority, least), most);
}

int step_scheduler(ExecContext *c) {
        const ExecSpec *e = c->plan->exec;
        int policy = e->cpu_policy | (e->cpu_reset_on_fork ? SCHED_RESET_ON_FORK : 0);
        struct sched_param param = { 0 };

        if (!e->cpu_set)
                return 0;
        param.sched_priority = priority_within(e->cpu_policy, e->cpu_priority);
        if (sched_setscheduler(0, policy, &param) >= 0)
                return 0;
        return exec_tolerate(c, "CPUSchedulingPolicy", -errno);
}

/* One "3" or "0-5" at *p. */
static int take_cpu_range(const char **p, cpu_set_t *set) {
        unsigned long first, last;
        char *end;

        if (!isdigit((unsigned char)**p))
                return -EINVAL;
        first = last = strtoul(*p, &end, 10);
        if (*end == '-') {
                if (!isdigit((unsigned char)end[1]))
                        return -EINVAL;
                last = strtoul(end + 1, &end, 10);
        }
        if (last < first || last >= CPU_SETSIZE)
                return -ERANGE;
        for (; first <= last; first++)
                CPU_SET(first, set);
        *p = end;
        return 0;
}

#define SEPARATORS " \t,\n"

static int add_cpus(const char *p, cpu_set_t *set) {
        for (p += strspn(p, SEPARATORS); *p; p += strspn(p, SEPARATORS)) {
                int r = take_cpu_range(&p, set);

                if (r < 0)
                        return r;
        }
        return 0;
}

/* A list of numbers as the kernel shows them, such as "0-3,8". */
static int read_numbers(const char *path, cpu_set_t *set) {
        char text[4096];
        int fd auto_fd = open(path, O_RDONLY | O_CLOEXEC);
        ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

        if (n < 0)
                return -errno;
        text[n] = 0;
        return add_cpus(text, set);
}

static int find_nodes(const ExecSpec *e, cpu_set_t *ret) {
        CPU_ZERO(ret);
        if (str_equal(e->numa_mask, "all"))
                return read_numbers("/sys/devices/system/node/online", ret);
        return add_cpus(e->numa_mask ?: "", ret);
}

/* The processors of the nodes that NUMAMask= names. */
static int add_cpus_of_nodes(const ExecSpec *e, cpu_set_t *set) {
        cpu_set_t nodes;
        char path[64];
        int r = find_nodes(e, &nodes);

        for (int i = 0; r >= 0 && i < CPU_SETSIZE; i++)
                if (CPU_ISSET(i, &nodes)) {
                        (void)snprintf(path, sizeof(path), "/sys/devices/system/node/node%d/cpulist", i);
                        r = read_numbers(path, set);
                }
        return r;
}

int step_affinity(ExecContext *c) {
        const ExecSpec *e = c->plan->exec;
        cpu_set_t set;
        int r;

        if (str_is_empty(e->cpu_affinity))
                return 0;
        CPU_ZERO(&set);
        if (str_equal(e->cpu_affinity, "numa")) {
                r = add_cpus_of_nodes(e, &set);
                if (r == -ENOENT || CPU_COUNT(&set) == 0) {
                        exec_note_text(c, "CPUAffinity", "no such NUMA node can be seen here (NUMAMask=)");
                        return 0;
                }
        } else
                r = add_cpus(e->cpu_affinity, &set);
        if (r < 0)
                return r;
        if (sched_setaffinity(0, sizeof(set), &set) < 0)
                /* EINVAL: none of these processors is ours. */
                return exec_tolerate(c, "CPUAffinity", errno == EINVAL ? -EOPNOTSUPP : -errno);
        return 0;
}

#define NUMA_NODES_MAX CPU_SETSIZE

int step_numa(ExecContext *c) {
        const ExecSpec *e = c->plan->exec;
        cpu_set_t nodes;
        int r;

        if (!e->numa_set)
                return 0;
        r = find_nodes(e, &nodes);
        if (r < 0)
                return exec_tolerate(c, "NUMAPolicy", r == -ENOENT ? -EOPNOTSUPP : r);
        if (CPU_COUNT(&nodes) > 0)
                exec_blame(c, "NUMAMask");
        if (syscall(SYS_set_mempolicy, e->numa_policy, CPU_COUNT(&nodes) > 0 ? &nodes : NULL,
                    CPU_COUNT(&nodes) > 0 ? NUMA_NODES_MAX + 1 : 0) < 0)
                return exec_tolerate(c, "NUMAPolicy", -errno);
        return 0;
}

int step_core_dump(ExecContext *c) {
        char text[24];
        int fd auto_fd = -1, n;

        if (!c->plan->exec->coredump_filter_set)
                return 0;
        n = snprintf(text, sizeof(text), "0x%llx", (unsigned long long)c->plan->exec->coredump_filter);
        fd = open("/proc/self/coredump_filter", O_WRONLY | O_CLOEXEC);
        if (fd < 0 || write(fd, text, (size_t)n) < 0)
                return exec_tolerate(c, "CoredumpFilter", -errno);
        return 0;
}

int step_io_priority(ExecContext *c) {
        const ExecSpec *e = c->plan->exec;

        if (!e->io_set)
                return 0;
        if (syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, IOPRIO_PRIO_VALUE(e->io_class, e->io_priority)) <
            0)
                return exec_tolerate(c, "IOSchedulingClass", -errno);
        return 0;
}

int step_timer_slack(ExecContext *c) {
        if (!c->plan->exec->timer_slack_set)
                return 0;
        return prctl(PR_SET_TIMERSLACK, (unsigned long)c->plan->exec->timer_slack, 0, 0, 0) < 0 ? -errno : 0;
}

int step_personality(ExecContext *c) {
        static const struct {
                const char *name;
                unsigned long persona;
        } known[] = {
                { "x86", PER_LINUX32 },    { "x86-64", PER_LINUX }, { "arm64", PER_LINUX },
                { "arm", PER_LINUX32 },    { "ppc64", PER_LINUX },  { "ppc", PER_LINUX32 },
                { "ppc64-le", PER_LINUX }, { "s390x", PER_LINUX },  { "riscv64", PER_LINUX },
        };
        const char *wanted = c->plan->exec->personality;

        if (str_is_empty(wanted))
                return 0;
        exec_detail(c, wanted);
        for (size_t i = 0; i < ELEMENTSOF(known); i++)
                if (str_equal(known[i].name, wanted))
                        return personality(known[i].persona) < 0 ? exec_tolerate(c, "Personality", -errno)
                                                                 : 0;
        return exec_tolerate(c, "Personality", -EOPNOTSUPP);
}

static const char *const limit_keys[RLIM_NLIMITS] = {
        [RLIMIT_CPU] = "LimitCPU",           [RLIMIT_FSIZE] = "LimitFSIZE",
        [RLIMIT_DATA] = "LimitDATA",         [RLIMIT_STACK] = "LimitSTACK",
        [RLIMIT_CORE] = "LimitCORE",         [RLIMIT_RSS] = "LimitRSS",
        [RLIMIT_NOFILE] = "LimitNOFILE",     [RLIMIT_AS] = "LimitAS",
        [RLIMIT_NPROC] = "LimitNPROC",       [RLIMIT_MEMLOCK] = "LimitMEMLOCK",
        [RLIMIT_LOCKS] = "LimitLOCKS",       [RLIMIT_SIGPENDING] = "LimitSIGPENDING",
        [RLIMIT_MSGQUEUE] = "LimitMSGQUEUE", [RLIMIT_NICE] = "LimitNICE",
        [RLIMIT_RTPRIO] = "LimitRTPRIO",     [RLIMIT_RTTIME] = "LimitRTTIME",
};

/* Above our hard limit nobody may go without CAP_SYS_RESOURCE: the nearest value then. */
static int set_limit(ExecContext *c, int resource, const RlimitPair *wanted) {
        struct rlimit l = { .rlim_cur = wanted->soft, .rlim_max = wanted->hard }, ours;

        exec_blame(c, limit_keys[resource]);
        if (setrlimit((__rlimit_resource_t)resource, &l) >= 0)
                return 0;
        if (errno != EPERM)
                return -errno;
        if (getrlimit((__rlimit_resource_t)resource, &ours) < 0)
                return -errno;
        l.rlim_max = MIN(l.rlim_max, ours.rlim_max);
        l.rlim_cur = MIN(l.rlim_cur, l.rlim_max);
        if (setrlimit((__rlimit_resource_t)resource, &l) < 0)
                return -errno;
        exec_note_text(c, limit_keys[resource], "above the hard limit, the nearest value is set");
        return 0;
}

int step_limits(ExecContext *c) {
        const ExecPlan *p = c->plan;

        for (int i = 0; i < RLIMIT_KINDS && i < RLIM_NLIMITS; i++) {
                int r = 0;

                if (p->exec->rlimits[i])
                        r = set_limit(c, i, p->exec->rlimits[i]);
                else if (i == RLIMIT_NOFILE && p->original_nofile.hard > 0)
                        r = set_limit(c, i, &p->original_nofile);
                if (r < 0)
                        return r;
        }
        return 0;
}
