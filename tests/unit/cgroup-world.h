/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Groups of processes on the cgroups of this machine: in directories of the
 * test's own, below the groups it already is in, with every other hierarchy
 * out of sight in a private mount namespace. Without root, or without a
 * hierarchy that lets us, those tests are skipped; the shim tier needs neither.
 *
 *      static int run_all(void) { ... TEST(it_holds), SHIM_TEST(...) ... }
 *      int main(void) { return run_with_cgroups(run_all); }
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/shim.h"
#include "cgroup/group.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define V2_MOUNT "/sys/fs/cgroup/unified"
#define MEMORY_MOUNT "/sys/fs/cgroup/memory"

static char v2_own[PATH_MAX], memory_own[PATH_MAX]; /* made by main(), removed by it */

typedef struct World {
        sd_event *event;
        Groups *groups;
        Group *group;
        Report report;
        unsigned n_empty, n_started, n_ended, n_oom, n_soft;
        pid_t last_pid;
        int last_status;
} World;

static CgroupSpec no_limits; /* the defaults of a service */

static inline void on_empty(Group *g, void *userdata) {
        World *w = userdata;

        assert_ptr_equal(group_userdata(g), w);
        w->n_empty++;
}

static inline void on_exit_(Group *g, pid_t pid, int code, int status, void *userdata) {
        World *w = userdata;

        w->last_pid = pid;
        if (code == 0)
                w->n_started++;
        else {
                w->n_ended++;
                w->last_status = status;
        }
}

static inline void on_memory(Group *g, MemoryEvent what, void *userdata) {
        World *w = userdata;

        if (what == MEMORY_OOM_KILL)
                w->n_oom++;
        else
                w->n_soft++;
}

static inline int set_up(void **state, bool force_shim) {
        World *w = calloc(1, sizeof(*w));
        GroupsOptions o = {
                .on_empty = on_empty, .on_exit = on_exit_, .on_memory = on_memory, .force_shim = force_shim
        };

        assert_non_null(w);
        assert_int_equal(sd_event_new(&w->event), 0);
        o.event = w->event;
        assert_int_equal(groups_new(&o, &w->groups), 0);
        *state = w;
        return 0;
}

static inline int set_up_cgroup(void **state) {
        if (!v2_own[0]) {
                *state = NULL;
                return 0;
        }
        return set_up(state, false);
}

static inline int set_up_shim(void **state) {
        return set_up(state, true);
}

static inline int tear_down(void **state) {
        World *w = *state;

        if (!w)
                return 0;
        if (w->group)
                (void)group_kill_all(w->group);
        while (waitpid(-1, NULL, 0) > 0)
                continue;
        group_free(w->group);
        groups_free(w->groups);
        report_release(&w->report);
        sd_event_unref(w->event);
        free(w);
        return 0;
}

#define NEED_CGROUPS(w)                                                                                      \
        do {                                                                                                 \
                if (!(w)) {                                                                                  \
                        print_message("skipped: no cgroup can be made here\n");                              \
                        skip();                                                                              \
                }                                                                                            \
        } while (0)

static inline void make_group(World *w, const CgroupSpec *spec) {
        assert_int_equal(group_new(w->groups, "system.slice", "a.service", spec, w, &w->report, &w->group),
                         0);
        assert_string_equal(group_path(w->group), "/system.slice/a.service");
}

/* A process in the group, which runs `run`. */
static inline pid_t start_process(World *w, void (*run)(void)) {
        int cgroup = group_cgroup_fd(w->group, NULL);
        const int *procs;
        size_t n = group_procs_fds(w->group, NULL, &procs);
        int ready[2];
        char c;
        pid_t pid;

        assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
        pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
                if (cgroup >= 0) {
                        int fd = openat(cgroup, "cgroup.procs", O_WRONLY | O_CLOEXEC);

                        if (fd < 0 || write(fd, "0", 1) != 1)
                                _exit(99);
                }
                for (size_t i = 0; i < n; i++)
                        if (write(procs[i], "0", 1) != 1)
                                _exit(98);
                (void)!write(ready[1], "x", 1);
                close(ready[1]);
                run();
                _exit(0);
        }
        close(ready[1]);
        assert_int_equal(read(ready[0], &c, 1), 1);
        close(ready[0]);
        return pid;
}

static inline void run_forever(void) {
        for (;;)
                pause();
}

static inline void run_child_and_forever(void) {
        if (fork() == 0) {
                setsid();
                run_forever();
        }
        run_forever();
}

static inline void run_memory_hog(void) {
        size_t n = 64 * 1024 * 1024;
        char *p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

        for (size_t i = 0; p != MAP_FAILED && i < n; i += 4096)
                p[i] = 1;
}

static inline void turn_until(World *w, const unsigned *counter, unsigned value) {
        for (unsigned i = 0; *counter < value; i++) {
                if (i > 5000)
                        fail_msg("nothing happened in 100 s");
                assert_true(sd_event_run(w->event, 20000) >= 0);
        }
}

static inline const char *shim_path(void) {
        static char path[512];
        static const char *const places[] = { "../svinit-shim", "../../svinit-shim" };
        char self[256];
        ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

        assert_true(n > 0);
        self[n] = 0;
        *strrchr(self, '/') = 0;
        for (size_t i = 0; i < ELEMENTSOF(places); i++) {
                snprintf(path, sizeof(path), "%s/%s", self, places[i]);
                if (access(path, X_OK) >= 0)
                        return path;
        }
        return getenv("SVINIT_SHIM");
}

/* As exec/spawn.c makes it: subreaper, the service as a child, then the program. */
static inline pid_t start_shim(World *w, void (*run)(void)) {
        int sockets[2];
        pid_t pid;

        assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets), 0);
        pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
                ShimRecord started = { .left = 1 };

                prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
                started.pid = fork();
                if (started.pid == 0) {
                        run();
                        _exit(5);
                }
                (void)send(sockets[1], &started, sizeof(started), 0);
                dup2(sockets[1], SHIM_SOCKET_FD);
                execl(shim_path(), "svinit-shim", NULL);
                _exit(97);
        }
        close(sockets[1]);
        assert_int_equal(group_add_shim(w->group, pid, sockets[0]), 0);
        return pid;
}

#define NEED_SHIM()                                                                                          \
        do {                                                                                                 \
                if (!shim_path()) {                                                                          \
                        print_message("skipped: svinit-shim is not built\n");                                \
                        skip();                                                                              \
                }                                                                                            \
        } while (0)

static inline bool own_directory(const char *mount, const char *line_start, char *ret) {
        char line[PATH_MAX], *path;
        bool made = false;
        FILE *f = fopen("/proc/self/cgroup", "re");

        while (f && fgets(line, sizeof(line), f)) {
                path = strstr(line, line_start);
                if (!path)
                        continue;
                path += strlen(line_start);
                path[strcspn(path, "\n")] = 0;
                snprintf(ret, PATH_MAX, "%s%s/svinit-test-%d", mount, strcmp(path, "/") == 0 ? "" : path,
                         (int)getpid());
                made = mkdir(ret, 0755) == 0;
                break;
        }
        if (f)
                fclose(f);
        if (!made)
                ret[0] = 0;
        return made;
}

static inline bool enter(const char *directory) {
        char path[PATH_MAX + 32];
        int fd;
        bool ok;

        snprintf(path, sizeof(path), "%s/cgroup.procs", directory);
        fd = open(path, O_WRONLY | O_CLOEXEC);
        ok = fd >= 0 && write(fd, "0", 1) == 1;
        if (fd >= 0)
                close(fd);
        return ok;
}

/* Everything but our two hierarchies goes out of sight, for us alone. */
static inline bool hide_others(void) {
        static const char *const others[] = { "cpu",      "cpuacct",    "cpuset",  "devices",     "freezer",
                                              "blkio",    "pids",       "systemd", "cpu,cpuacct", "net_cls",
                                              "net_prio", "perf_event", "hugetlb", "rdma",        "misc" };

        if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
                return false;
        for (size_t i = 0; i < ELEMENTSOF(others); i++) {
                char path[128];

                snprintf(path, sizeof(path), "/sys/fs/cgroup/%s", others[i]);
                (void)umount2(path, MNT_DETACH);
        }
        return true;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up_cgroup, tear_down)
#define SHIM_TEST(name) cmocka_unit_test_setup_teardown(name, set_up_shim, tear_down)

static inline void remove_tree(const char *directory) {
        char command[PATH_MAX + 64];

        if (!directory[0])
                return;
        snprintf(command, sizeof(command), "find '%s' -depth -type d -exec rmdir {} + 2>/dev/null",
                 directory);
        (void)!system(command);
}

/* The tests run in a child, so that its directories are removed whatever becomes of it. */
static inline int run_with_cgroups(int (*all)(void)) {
        UnitSpec *spec;
        int status = 1;
        pid_t pid;

        if (spec_new("a.service", &spec) < 0)
                return 1;
        no_limits = *spec->cgroup;
        if (geteuid() == 0 && access(V2_MOUNT "/cgroup.procs", F_OK) == 0) {
                (void)own_directory(V2_MOUNT, "0::", v2_own);
                (void)own_directory(MEMORY_MOUNT, ":memory:", memory_own);
        }
        pid = fork();
        if (pid == 0) {
                if (v2_own[0] && (!hide_others() || !enter(v2_own) || (memory_own[0] && !enter(memory_own))))
                        v2_own[0] = 0;
                exit(all());
        }
        if (pid > 0)
                (void)waitpid(pid, &status, 0);
        remove_tree(v2_own);
        remove_tree(memory_own);
        spec_free(spec);
        return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
