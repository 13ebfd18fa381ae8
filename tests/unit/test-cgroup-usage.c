/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What groups use: by the counters of cgroups, and by /proc where there are none. */

#include "cgroup-world.h"

#include <time.h>

#define MIB (UINT64_C(1) << 20)
#define MSEC UINT64_C(1000000) /* in ns */

/* For so long as it is the process that runs. */
static void spin(void) {
        struct timespec now;

        do
                clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
        while (now.tv_sec == 0 && now.tv_nsec < 60 * 1000000);
}

static void spin_in_child(void) {
        if (fork() == 0) {
                spin();
                _exit(0);
        }
        (void)wait(NULL);
        run_forever();
}

static void hold_16_mib(void) {
        size_t n = 16 * MIB;
        char *p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

        for (size_t i = 0; p != MAP_FAILED && i < n; i += 4096)
                p[i] = 1;
        run_forever();
}

/* What a process is about to use is used soon. */
#define WAIT_UNTIL(condition)                                                                                \
        for (unsigned turn = 0; !(condition); turn++) {                                                      \
                assert_true(turn < 100000);                                                                  \
                usleep(1000);                                                                                \
        }

static GroupUsage usage_now(World *w, unsigned wanted) {
        GroupUsage u;

        group_usage(w->group, wanted, &u);
        return u;
}

static void usage_is_counted(void **state) {
        World *w = *state;
        GroupUsage u, all;

        NEED_CGROUPS(w);
        make_group(w, &no_limits);
        (void)start_process(w, run_forever);
        u = usage_now(w, USAGE_ALL);
        assert_int_equal(u.tasks_current, 1);
        assert_true(u.memory_current > 0 && u.memory_current < (UINT64_C(1) << 40));
        assert_true(u.cpu_nsec != UINT64_MAX);
        groups_usage_at(w->groups, "/system.slice", USAGE_ALL, &all);
        assert_int_equal(all.tasks_current, 1);
        assert_true(all.cpu_nsec >= u.cpu_nsec);
}

static void what_nobody_asked_for_stays_unknown(void **state) {
        World *w = *state;
        GroupUsage u;

        NEED_CGROUPS(w);
        make_group(w, &no_limits);
        u = usage_now(w, USAGE_TASKS);
        assert_int_equal(u.tasks_current, 0);
        assert_true(u.memory_current == UINT64_MAX && u.cpu_nsec == UINT64_MAX);
}

/* What has ended counts, until the run ends; then it begins anew. */
static void cpu_time_counts_for_a_run(void **state) {
        World *w = *state;
        GroupUsage u;

        NEED_CGROUPS(w);
        make_group(w, &no_limits);
        assert_true(waitpid(start_process(w, spin), NULL, 0) > 0);
        assert_true(usage_now(w, USAGE_CPU).cpu_nsec >= 50 * MSEC);
        group_end_run(w->group, &u);
        assert_true(u.cpu_nsec >= 50 * MSEC);
        assert_true(usage_now(w, USAGE_CPU).cpu_nsec < 50 * MSEC);
}

static void memory_is_told_apart(void **state) {
        CgroupSpec spec = no_limits;
        World *w = *state;
        uint64_t n;
        GroupUsage u;

        NEED_CGROUPS(w);
        if (!memory_own[0])
                skip();
        spec.memory_max = 64 * MIB;
        make_group(w, &spec);
        (void)start_process(w, hold_16_mib);
        WAIT_UNTIL((u = usage_now(w, USAGE_ALL)).memory_anon >= 16 * MIB);
        assert_true(u.memory_anon <= u.memory_current);
        assert_true(u.memory_peak >= u.memory_anon && u.memory_peak <= 64 * MIB);
        assert_true(u.memory_file != UINT64_MAX);
        assert_true(u.oom_kills == 0);
        assert_true(group_memory_limit(w->group) == 64 * MIB);
        assert_in_range(groups_memory_available(w->groups, group_path(w->group)), 1, 48 * MIB);
        assert_int_equal(group_working_set(w->group, &n), 0);
        assert_in_range(n, 16 * MIB, 64 * MIB);
}

static void without_a_limit_nothing_is_said_to_be_left(void **state) {
        World *w = *state;

        NEED_CGROUPS(w);
        make_group(w, &no_limits);
        assert_true(group_memory_limit(w->group) == UINT64_MAX);
        assert_true(groups_memory_available(w->groups, group_path(w->group)) == UINT64_MAX);
}

/* A limit above counts for all below it. */
static void the_nearest_limit_above_counts(void **state) {
        char path[PATH_MAX + 64];
        World *w = *state;
        int fd auto_fd = -1;

        NEED_CGROUPS(w);
        if (!memory_own[0])
                skip();
        CgroupSpec spec = no_limits;
        spec.memory_max = 64 * MIB;
        make_group(w, &spec);
        snprintf(path, sizeof(path), "%s/system.slice/memory.limit_in_bytes", memory_own);
        fd = open(path, O_WRONLY | O_CLOEXEC);
        assert_int_equal(write(fd, "33554432", 8), 8);
        assert_in_range(groups_memory_available(w->groups, group_path(w->group)), 31 * MIB, 32 * MIB);
}

/* With what a sanitizer needs for itself. */
#ifdef __SANITIZE_ADDRESS__
#define HOLDER_MAX (40 * MIB)
#else
#define HOLDER_MAX (20 * MIB)
#endif

static void without_cgroups_processes_are_summed(void **state) {
        World *w = *state;
        uint64_t n;
        GroupUsage u;

        NEED_SHIM();
        make_group(w, &no_limits);
        (void)start_shim(w, hold_16_mib);
        turn_until(w, &w->n_started, 1);
        WAIT_UNTIL((u = usage_now(w, USAGE_ALL)).memory_anon >= 16 * MIB);
        assert_in_range(u.memory_current, 16 * MIB, HOLDER_MAX);
        assert_int_equal(u.tasks_current, 1);
        assert_true(u.memory_peak == UINT64_MAX && u.oom_kills == UINT64_MAX);
        assert_int_equal(group_working_set(w->group, &n), 0);
        assert_in_range(n, 16 * MIB, HOLDER_MAX);
        groups_usage_at(w->groups, "/system.slice", USAGE_ALL, &u);
        assert_in_range(u.memory_current, 16 * MIB, HOLDER_MAX);
        assert_int_equal(u.tasks_current, 1);
}

static void fork_twice(void) {
        if (fork() == 0)
                (void)fork();
        run_forever();
}

/* Where few processes are seen, as in a container, from one look; else one by one. */
static void one_look_at_all_processes_says_the_same(void **state) {
        World *w = *state;
        GroupUsage u;

        NEED_SHIM();
        make_group(w, &no_limits);
        (void)start_shim(w, fork_twice);
        turn_until(w, &w->n_started, 1);
        WAIT_UNTIL(usage_now(w, USAGE_TASKS).tasks_current == 3);
        groups_begin_look(w->groups);
        assert_int_equal(usage_now(w, USAGE_TASKS).tasks_current, 3);
        groups_usage_at(w->groups, "/system.slice", USAGE_ALL, &u);
        assert_int_equal(u.tasks_current, 3);
        assert_true(u.cpu_nsec != UINT64_MAX && u.memory_current > 0);
        groups_end_look(w->groups);
}

static void without_cgroups_the_time_of_the_reaped_counts(void **state) {
        World *w = *state;
        GroupUsage u; /* in ticks of 10 ms, each part rounded down */

        NEED_SHIM();
        make_group(w, &no_limits);
        (void)start_shim(w, spin_in_child); /* waited for by its parent */
        turn_until(w, &w->n_started, 1);
        WAIT_UNTIL(usage_now(w, USAGE_CPU).cpu_nsec >= 30 * MSEC);
        assert_int_equal(group_kill_all(w->group), 0);
        turn_until(w, &w->n_empty, 1);
        (void)start_shim(w, spin); /* waited for by the shim, which ends as well */
        turn_until(w, &w->n_empty, 2);
        group_end_run(w->group, &u);
        assert_true(u.cpu_nsec >= 60 * MSEC);
        assert_true(usage_now(w, USAGE_CPU).cpu_nsec < 30 * MSEC);
}

static const MemoryWatchOptions only_oom = { UINT64_MAX, UINT64_MAX, 0 };

static void run_hog_as_child(void) {
        if (fork() == 0) {
                run_memory_hog();
                _exit(0);
        }
        run_forever();
}

/* The victim is a grandchild: no end of a process of ours tells of it. */
static void a_kill_for_memory_is_told_by_an_event(void **state) {
        CgroupSpec spec = no_limits;
        World *w = *state;
        MemoryNear near;

        NEED_CGROUPS(w);
        if (!memory_own[0])
                skip();
        spec.memory_max = 20 * MIB;
        make_group(w, &spec);
        assert_int_equal(group_watch_memory(w->group, &only_oom), 0);
        (void)start_process(w, run_hog_as_child);
        turn_until(w, &w->n_oom, 1);
        assert_int_equal(usage_now(w, USAGE_RECORDS).oom_kills, 1);
        near = group_memory_near(w->group);
        assert_true(near.known && near.anon <= 20 * MIB);
        assert_false(group_oom_killed(w->group)); /* told once */
}

static void soft_limit_is_told_by_an_event(void **state) {
        MemoryWatchOptions o = { .soft = 8 * MIB, .urgent = 12 * MIB, .patience = USEC_INFINITY };
        World *w = *state;

        NEED_CGROUPS(w);
        if (!memory_own[0])
                skip();
        make_group(w, &no_limits);
        assert_int_equal(group_watch_memory(w->group, &o), 0);
        (void)start_process(w, hold_16_mib);
        turn_until(w, &w->n_soft, 1);
        assert_int_equal(w->n_oom, 0);
}

/* Its processes may outlive a slice, and what they use counts there all the same. */
static void slice_without_a_unit_is_not_watched(void **state) {
        MemoryWatchOptions o = { .soft = 8 * MIB, .urgent = 12 * MIB, .patience = USEC_INFINITY };
        CgroupSpec limited = no_limits;
        World *w = *state;
        Group *slice;

        NEED_CGROUPS(w);
        if (!memory_own[0])
                skip();
        assert_int_equal(group_new(w->groups, "", "system.slice", &no_limits, w, &w->report, &slice), 0);
        assert_int_equal(group_watch_memory(slice, &o), 0);
        limited.memory_max = 100 * MIB;
        make_group(w, &limited);
        assert_int_equal(group_watch_memory(w->group, &o), 0);
        group_free(slice);
        (void)start_process(w, hold_16_mib);
        turn_until(w, &w->n_soft, 1);
        assert_int_equal(w->n_soft, 1);
}

static void soft_limit_without_cgroups_is_looked_at(void **state) {
        MemoryWatchOptions o = { .soft = 8 * MIB, .urgent = UINT64_MAX, .patience = USEC_PER_SEC };
        World *w = *state;

        NEED_SHIM();
        make_group(w, &no_limits);
        assert_int_equal(group_watch_memory(w->group, &o), 0);
        (void)start_shim(w, hold_16_mib);
        turn_until(w, &w->n_soft, 1);
}

static int run_all(void) {
        const struct CMUnitTest tests[] = {
                SHIM_TEST(without_cgroups_processes_are_summed),
                SHIM_TEST(one_look_at_all_processes_says_the_same),
                SHIM_TEST(without_cgroups_the_time_of_the_reaped_counts),
                SHIM_TEST(soft_limit_without_cgroups_is_looked_at),
                TEST(a_kill_for_memory_is_told_by_an_event),
                TEST(soft_limit_is_told_by_an_event),
                TEST(slice_without_a_unit_is_not_watched),
                TEST(usage_is_counted),
                TEST(what_nobody_asked_for_stays_unknown),
                TEST(cpu_time_counts_for_a_run),
                TEST(memory_is_told_apart),
                TEST(without_a_limit_nothing_is_said_to_be_left),
                TEST(the_nearest_limit_above_counts),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void) {
        return run_with_cgroups(run_all);
}
