/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Process groups on the cgroups of this machine: in directories of the test's
 * own, below the groups it already is in, with every other hierarchy out of
 * sight in a private mount namespace. Without root, or without a hierarchy
 * that lets us, the tests are skipped; the shim tier needs neither.
 */

#include "cgroup-world.h"

static void groups_are_found_out_by_trying(void **state) {
        World *w = *state;

        NEED_CGROUPS(w);
        assert_int_equal(groups_tier(w->groups), memory_own[0] ? TIER_HYBRID : TIER_V2);
        assert_string_equal(groups_root(w->groups), v2_own + strlen(V2_MOUNT));
        make_group(w, &no_limits);
        assert_false(group_wants_shim(w->group));
        assert_true(group_is_empty(w->group));
}

static void write_own_limit(const char *value) {
        char path[PATH_MAX + 32];
        int fd auto_fd = -1;

        snprintf(path, sizeof(path), "%s/memory.limit_in_bytes", memory_own);
        fd = open(path, O_WRONLY | O_CLOEXEC);
        assert_true(fd >= 0);
        assert_int_equal(write(fd, value, strlen(value)), strlen(value));
}

static void the_containers_own_limits_are_seen(void **state) {
        World *w = *state;
        GroupsFacts f;

        NEED_CGROUPS(w);
        if (!memory_own[0])
                skip();
        groups_facts(w->groups, &f);
        assert_true(f.writable);
        assert_true(f.memory);
        assert_false(f.pids); /* out of sight */
        assert_true(f.memory_max == UINT64_MAX);
        assert_true(f.pids_max == UINT64_MAX);
        assert_string_equal(f.hierarchy, v2_own);
        write_own_limit("268435456");
        groups_facts(w->groups, &f);
        write_own_limit("-1");
        assert_true(f.memory_max == 268435456);
}

static void the_last_process_is_noticed(void **state) {
        World *w = *state;
        pid_t pid;

        NEED_CGROUPS(w);
        make_group(w, &no_limits);
        pid = start_process(w, run_forever);
        assert_false(group_is_empty(w->group));
        assert_int_equal(kill(pid, SIGKILL), 0);
        turn_until(w, &w->n_empty, 1);
        /* The zombie is still there, and the group can go all the same. */
        assert_true(group_is_empty(w->group));
        group_free(TAKE(w->group));
        char path[PATH_MAX + 64];
        snprintf(path, sizeof(path), "%s/system.slice/a.service", v2_own);
        assert_int_equal(access(path, F_OK), -1);
        assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void processes_are_listed_and_found(void **state) {
        World *w = *state;
        pid_t a, b, *pids;
        size_t n;

        NEED_CGROUPS(w);
        make_group(w, &no_limits);
        a = start_process(w, run_forever);
        b = start_process(w, run_forever);
        assert_int_equal(group_pids(w->group, &pids, &n), 0);
        assert_int_equal(n, 2);
        assert_int_equal(pids[0], MIN(a, b));
        assert_int_equal(pids[1], MAX(a, b));
        free(pids);
        assert_ptr_equal(groups_find_pid(w->groups, a), w->group);
        assert_true(group_has_pid(w->group, b));
        assert_false(group_has_pid(w->group, getpid()));
        assert_null(groups_find_pid(w->groups, 1));

        assert_int_equal(group_kill(w->group, SIGTERM, a, 0), 1);
        assert_int_equal(waitpid(b, NULL, 0), b);
        assert_int_equal(kill(a, 0), 0);
}

static void stray_descendants_are_killed_too(void **state) {
        World *w = *state;

        NEED_CGROUPS(w);
        make_group(w, &no_limits);
        (void)start_process(w, run_child_and_forever);
        assert_true(group_kill_all(w->group) >= 0);
        turn_until(w, &w->n_empty, 1);
}

static void subgroups_belong_to_their_unit(void **state) {
        World *w = *state;
        char path[PATH_MAX + 64];
        pid_t pid, *pids;
        size_t n;
        FILE *f;

        NEED_CGROUPS(w);
        make_group(w, &no_limits);
        pid = start_process(w, run_forever);
        snprintf(path, sizeof(path), "%s/system.slice/a.service/sub", v2_own);
        assert_int_equal(mkdir(path, 0755), 0);
        strcat(path, "/cgroup.procs");
        f = fopen(path, "we");
        fprintf(f, "%d", (int)pid);
        assert_int_equal(fclose(f), 0);
        assert_int_equal(group_pids(w->group, &pids, &n), 0);
        assert_int_equal(n, 1);
        free(pids);
        assert_true(group_has_pid(w->group, pid));
        assert_int_equal(group_kill(w->group, SIGKILL, 0, 0), 1);
        turn_until(w, &w->n_empty, 1);
        waitpid(pid, NULL, 0);
        group_free(TAKE(w->group));
        snprintf(path, sizeof(path), "%s/system.slice/a.service", v2_own);
        assert_int_equal(access(path, F_OK), -1);
}

static void a_process_of_elsewhere_is_taken_in(void **state) {
        CgroupSpec spec = no_limits;
        char cgroups[4096] = "";
        World *w = *state;
        int fd auto_fd = -1;
        pid_t pid;

        NEED_CGROUPS(w);
        spec.memory_max = 20 * 1024 * 1024;
        make_group(w, &spec);
        pid = fork();
        if (pid == 0)
                run_forever();
        assert_false(group_has_pid(w->group, pid));
        assert_int_equal(group_attach(w->group, pid), 0);
        assert_true(group_has_pid(w->group, pid));
        snprintf(cgroups, 64, "/proc/%d/cgroup", (int)pid);
        fd = open(cgroups, O_RDONLY | O_CLOEXEC);
        assert_true(read(fd, cgroups, sizeof(cgroups) - 1) > 0);
        if (memory_own[0])
                assert_non_null(strstr(strstr(cgroups, ":memory:"), "/system.slice/a.service\n"));
        assert_int_equal(group_attach(w->group, 0), -EINVAL);
        assert_int_equal(group_attach(w->group, INT_MAX), -ESRCH);
}

static void a_memory_limit_kills_and_is_told(void **state) {
        CgroupSpec spec = no_limits;
        World *w = *state;
        int status;
        pid_t pid;

        NEED_CGROUPS(w);
        if (!memory_own[0])
                skip();
        spec.memory_max = 20 * 1024 * 1024;
        make_group(w, &spec);
        assert_int_equal(w->report.n_findings, 0);
        assert_false(group_oom_killed(w->group));
        pid = start_process(w, run_memory_hog);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
        assert_true(group_oom_killed(w->group));
        assert_false(group_oom_killed(w->group));

        /* Lifted again, the same process fits. */
        assert_int_equal(group_apply(w->group, &no_limits, &w->report), 0);
        pid = start_process(w, run_memory_hog);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void a_kill_of_ours_is_no_oom_kill(void **state) {
        CgroupSpec spec = no_limits;
        World *w = *state;

        NEED_CGROUPS(w);
        spec.memory_max = 20 * 1024 * 1024;
        make_group(w, &spec);
        assert_int_equal(kill(start_process(w, run_forever), SIGKILL), 0);
        while (waitpid(-1, NULL, 0) > 0)
                continue;
        assert_false(group_oom_killed(w->group));
}

static void limits_without_a_controller_are_noted(void **state) {
        CgroupSpec spec = no_limits;
        World *w = *state;

        NEED_CGROUPS(w);
        spec.cpu_quota_per_sec = USEC_PER_SEC / 5;
        spec.io_weight = 50;
        make_group(w, &spec);
        assert_int_equal(w->report.n_findings, 2);
        assert_string_equal(w->report.findings[0].key, "CPUQuota");
        assert_int_equal(w->report.findings[0].severity, SEVERITY_NOTE);
        assert_string_equal(w->report.findings[1].key, "IOWeight");
}

static void open_two_devices(void) {
        bool zero = open("/dev/zero", O_RDWR | O_CLOEXEC) >= 0,
             null = open("/dev/null", O_RDONLY | O_CLOEXEC) >= 0;
        bool full = open("/dev/full", O_RDONLY | O_CLOEXEC) >= 0,
             both = open("/dev/full", O_RDWR | O_CLOEXEC) >= 0;

        _exit(zero | null << 1 | full << 2 | both << 3);
}

static int devices_opened(World *w) {
        int status;
        pid_t pid = start_process(w, open_two_devices);

        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFEXITED(status));
        return WEXITSTATUS(status);
}

/* One program takes the place of the other while processes may run. */
static void devices_are_refused_by_a_program(void **state) {
        char *allowed[] = { (char *)"/dev/zero rwm", (char *)"/dev/full r", NULL },
             *drivers[] = { (char *)"char-mem rw", NULL };
        CgroupSpec spec = no_limits;
        World *w = *state;

        NEED_CGROUPS(w);
        spec.device_policy = DEVICE_POLICY_STRICT;
        spec.device_allow = allowed;
        make_group(w, &spec);
        if (w->report.n_findings > 0) {
                assert_non_null(strstr(w->report.findings[0].text, "neither BPF nor"));
                print_message("skipped: bpf(2) is not allowed here\n");
                skip();
        }
        assert_int_equal(devices_opened(w), 1 | 4);
        spec.device_allow = drivers;
        assert_int_equal(group_apply(w->group, &spec, &w->report), 0);
        assert_int_equal(devices_opened(w), 15);
        spec.device_allow = NULL;
        spec.device_policy = DEVICE_POLICY_CLOSED;
        assert_int_equal(group_apply(w->group, &spec, &w->report), 0);
        assert_int_equal(devices_opened(w), 15);
        spec.device_policy = DEVICE_POLICY_STRICT;
        assert_int_equal(group_apply(w->group, &spec, &w->report), 0);
        assert_int_equal(devices_opened(w), 0);
        assert_int_equal(group_apply(w->group, &no_limits, &w->report), 0);
        assert_int_equal(devices_opened(w), 15);
}

static void turn_until_state(World *w, FreezerState s) {
        for (unsigned i = 0; group_freezer_state(w->group) != s; i++) {
                if (i > 5000)
                        fail_msg("not %s in 100 s", freezer_state_to_string(s));
                assert_true(sd_event_run(w->event, 20000) >= 0);
        }
}

static void leave(int signo) {
        _exit(7);
}

/* A signal that a process takes itself waits, SIGKILL does not: v2 lets a frozen process die. */
static void frozen_processes_stay_where_they_are(void **state) {
        World *w = *state;
        pid_t a, b;

        NEED_CGROUPS(w);
        if (!groups_can_freeze(w->groups))
                skip();
        make_group(w, &no_limits);
        (void)signal(SIGTERM, leave); /* inherited */
        a = start_process(w, run_forever);
        b = start_process(w, run_forever);
        (void)signal(SIGTERM, SIG_DFL);
        assert_true(group_freeze(w->group, true) >= 0);
        turn_until_state(w, FREEZER_FROZEN);
        assert_int_equal(kill(a, SIGTERM), 0);
        assert_int_equal(kill(b, SIGKILL), 0);
        assert_int_equal(waitpid(b, NULL, 0), b);
        assert_int_equal(waitpid(a, NULL, WNOHANG), 0);
        assert_true(group_freeze(w->group, false) >= 0);
        turn_until_state(w, FREEZER_RUNNING);
        assert_int_equal(waitpid(a, NULL, 0), a);
        /* Nobody is in it: it is frozen at once, and so is who comes. */
        assert_int_equal(group_freeze(w->group, true), 0);
        assert_int_equal(group_freeze(w->group, false), 0);
}

static void slices_are_made_and_go_when_empty(void **state) {
        World *w = *state;
        char path[PATH_MAX + 64];

        NEED_CGROUPS(w);
        assert_int_equal(
                group_new(w->groups, "a.slice/a-b.slice", "x.service", &no_limits, w, NULL, &w->group), 0);
        snprintf(path, sizeof(path), "%s/a.slice/a-b.slice/x.service", v2_own);
        assert_int_equal(access(path, F_OK), 0);
        group_free(TAKE(w->group));
        snprintf(path, sizeof(path), "%s/a.slice", v2_own);
        assert_int_equal(access(path, F_OK), -1);
}

/* Last: hides v2, so that only a v1 hierarchy is left to track with. */
static void v1_tracks_by_looking(void **state) {
        World *w = *state;
        pid_t pid;

        NEED_CGROUPS(w);
        if (!memory_own[0])
                skip();
        groups_free(w->groups);
        assert_int_equal(umount2(V2_MOUNT, MNT_DETACH), 0);
        GroupsOptions o = { .event = w->event, .on_empty = on_empty };
        assert_int_equal(groups_new(&o, &w->groups), 0);
        assert_int_equal(groups_tier(w->groups), TIER_V1);
        make_group(w, &no_limits);
        assert_int_equal(group_cgroup_fd(w->group, NULL), -1);
        pid = start_process(w, run_child_and_forever);
        assert_true(group_has_pid(w->group, pid));
        assert_int_equal(group_kill_all(w->group), 0);
        group_watch_empty(w->group, true);
        turn_until(w, &w->n_empty, 1);
        assert_true(group_is_empty(w->group));
        /* Nobody waits any more: nothing wakes us. */
        assert_int_equal(sd_event_run(w->event, 250000), 0);
}

static void run_nothing(void) {
}

static void a_shim_reports_through_its_group(void **state) {
        World *w = *state;
        pid_t shim, service;

        NEED_SHIM();
        make_group(w, &no_limits);
        assert_int_equal(groups_tier(w->groups), TIER_SHIM);
        assert_true(group_wants_shim(w->group));
        assert_true(group_is_empty(w->group));
        shim = start_shim(w, run_nothing);
        turn_until(w, &w->n_started, 1);
        service = w->last_pid;
        assert_int_not_equal(service, shim);
        assert_false(group_is_empty(w->group));
        turn_until(w, &w->n_ended, 1);
        assert_int_equal(w->last_pid, service);
        assert_int_equal(w->last_status, 5);
        turn_until(w, &w->n_empty, 1);
        assert_true(group_is_empty(w->group));
}

static void the_tree_below_a_shim_is_the_group(void **state) {
        World *w = *state;
        pid_t shim, *pids;
        size_t n = 0;

        NEED_SHIM();
        make_group(w, &no_limits);
        shim = start_shim(w, run_child_and_forever);
        turn_until(w, &w->n_started, 1);
        for (unsigned i = 0; n < 2 && i < 50000; i++) {
                if (i > 0)
                        usleep(1000);
                assert_int_equal(group_pids(w->group, &pids, &n), 0);
                if (n == 2) {
                        assert_ptr_equal(groups_find_pid(w->groups, pids[0]), w->group);
                        assert_ptr_equal(groups_find_pid(w->groups, pids[1]), w->group);
                        assert_int_not_equal(pids[0], shim);
                }
                free(pids);
        }
        assert_int_equal(n, 2);
        assert_false(group_has_pid(w->group, shim));
        assert_false(group_has_pid(w->group, getpid()));
        assert_int_equal(group_kill_all(w->group), 0);
        turn_until(w, &w->n_empty, 1);
        assert_int_equal(w->n_ended, 2);
}

static void limits_are_noted_without_cgroups(void **state) {
        CgroupSpec spec = no_limits;
        World *w = *state;

        spec.memory_max = 1;
        make_group(w, &spec);
        assert_int_equal(w->report.n_findings, 1);
        assert_non_null(strstr(w->report.findings[0].text, "no cgroup can be made here"));
}

static int run_all(void) {
        const struct CMUnitTest tests[] = {
                SHIM_TEST(a_shim_reports_through_its_group),
                SHIM_TEST(the_tree_below_a_shim_is_the_group),
                SHIM_TEST(limits_are_noted_without_cgroups),
                TEST(groups_are_found_out_by_trying),
                TEST(the_containers_own_limits_are_seen),
                TEST(the_last_process_is_noticed),
                TEST(processes_are_listed_and_found),
                TEST(stray_descendants_are_killed_too),
                TEST(subgroups_belong_to_their_unit),
                TEST(a_process_of_elsewhere_is_taken_in),
                TEST(a_memory_limit_kills_and_is_told),
                TEST(a_kill_of_ours_is_no_oom_kill),
                TEST(limits_without_a_controller_are_noted),
                TEST(devices_are_refused_by_a_program),
                TEST(frozen_processes_stay_where_they_are),
                TEST(slices_are_made_and_go_when_empty),
                TEST(v1_tracks_by_looking),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void) {
        return run_with_cgroups(run_all);
}
