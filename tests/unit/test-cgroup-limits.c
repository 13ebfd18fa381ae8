/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Limits as attributes, in trees of ordinary files: what is written where, and
 * that nothing is written which has not changed. A file is emptied before each
 * look, so whatever is in it was written since.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "cgroup/internal.h"
#include "unit/spec-parts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <sys/sysmacros.h>
#include <unistd.h>

typedef struct World {
        Groups *groups;
        char directory[64];
        CgroupSpec spec, slice_spec;
        Group *slice, *group;
        Report report;
} World;

static const char *const v2_files[] = {
        "cgroup.subtree_control",
        "memory.min",
        "memory.low",
        "memory.high",
        "memory.max",
        "memory.swap.max",
        "memory.zswap.max",
        "memory.events",
        "memory.oom.group",
        "pids.max",
        "cpu.idle",
        "cpu.weight",
        "cpu.max",
        "io.weight",
        "io.max",
        "io.latency",
        "cpuset.cpus",
        "cpuset.mems",
        "memory.zswap.writeback",
        NULL,
};
static const char *const v1_memory[] = { "memory.limit_in_bytes", "memory.memsw.limit_in_bytes", NULL };
static const char *const v1_pids[] = { "pids.max", NULL };
static const char *const v1_cpu[] = { "cpu.shares", "cpu.idle", "cpu.cfs_period_us", "cpu.cfs_quota_us",
                                      NULL };
static const char *const v1_blkio[] = { "blkio.weight", "blkio.throttle.read_bps_device",
                                        "blkio.throttle.write_bps_device", "blkio.weight_device", NULL };
static const char *const v1_cpuset[] = { "cpuset.cpus", "cpuset.mems", NULL };
static const char *const v1_devices[] = { "devices.allow", "devices.deny", NULL };
static const char *const v1_tracking[] = { "cgroup.procs", NULL };

static const char *const *const files[HIERARCHY_MAX] = {
        [HIERARCHY_V2] = v2_files,    [HIERARCHY_SYSTEMD] = v1_tracking, [HIERARCHY_MEMORY] = v1_memory,
        [HIERARCHY_PIDS] = v1_pids,   [HIERARCHY_CPU] = v1_cpu,          [HIERARCHY_CPUSET] = v1_cpuset,
        [HIERARCHY_BLKIO] = v1_blkio, [HIERARCHY_DEVICES] = v1_devices,
};

static void write_file(World *w, Hierarchy h, const char *path, const char *file, const char *text) {
        char full[PATH_MAX];
        int fd auto_fd = -1;

        assert_int_equal(cgroup_path(w->groups, h, path, file, full), 0);
        fd = open(full, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
        assert_true(fd >= 0);
        assert_int_equal(write(fd, text, strlen(text)), strlen(text));
}

/* The files of a directory, all of them empty. */
static void empty_files(World *w, const char *path) {
        for (Hierarchy h = 0; h < HIERARCHY_MAX; h++) {
                char full[PATH_MAX];

                if (!w->groups->hierarchies[h].base || cgroup_path(w->groups, h, path, NULL, full) < 0 ||
                    access(full, F_OK) < 0)
                        continue;
                for (const char *const *f = files[h]; f && *f; f++)
                        write_file(w, h, path, *f, "");
        }
}

static void expect_in(World *w, Hierarchy h, const char *path, const char *file, const char *text) {
        char buffer[512] = "";
        ssize_t n = cgroup_read(w->groups, h, path, file, buffer, sizeof(buffer));

        if (n < 0)
                fail_msg("%s%s is not there: %s", path, file, strerror((int)-n));
        assert_string_equal(buffer, text);
}

#define expect_v2(w, file, text) expect_in(w, HIERARCHY_V2, "/a.slice/b.service", file, text)

static void add_hierarchy(World *w, Hierarchy h, const char *name) {
        HierarchyInfo *i = w->groups->hierarchies + h;

        assert_int_equal(str_printf(&i->base, "%s/%s", w->directory, name), 0);
        assert_int_equal(mkdir(i->base, 0755), 0);
        assert_int_equal(str_replace(&i->own_path, "/"), 0);
        w->groups->top.made |= 1U << h;
}

static const CgroupSpec *spec_of(void *userdata) {
        World *w = userdata;

        return &w->spec; /* of the service; slices have no userdata here */
}

static World *world_new(void) {
        World *w = calloc(1, sizeof(*w));

        assert_non_null(w);
        w->groups = groups_allocate(&(GroupsOptions){ .spec_of = spec_of });
        assert_non_null(w->groups);
        strcpy(w->directory, "/tmp/test-cgroup-limits-XXXXXX");
        assert_non_null(mkdtemp(w->directory));
        assert_int_equal(spec_parts_init(), 0);
        w->spec = w->slice_spec = *(const CgroupSpec *)spec_default(PART_CGROUP);
        return w;
}

static void make_groups(World *w) {
        assert_int_equal(group_new(w->groups, "", "a.slice", NULL, NULL, NULL, &w->slice), 0);
        empty_files(w, "/a.slice");
        assert_int_equal(group_new(w->groups, "a.slice", "b.service", NULL, w, NULL, &w->group), 0);
        empty_files(w, "/a.slice/b.service");
}

static int set_up_v2(void **state) {
        World *w = world_new();

        w->groups->tier = TIER_V2;
        w->groups->tracking = HIERARCHY_V2;
        w->groups->controllers = CONTROLLER_ALL;
        add_hierarchy(w, HIERARCHY_V2, "v2");
        write_file(w, HIERARCHY_V2, "", "cgroup.subtree_control", "");
        make_groups(w);
        *state = w;
        return 0;
}

static int set_up_v1(void **state) {
        World *w = world_new();

        w->groups->tier = TIER_V1;
        w->groups->tracking = HIERARCHY_SYSTEMD;
        add_hierarchy(w, HIERARCHY_SYSTEMD, "systemd");
        add_hierarchy(w, HIERARCHY_MEMORY, "memory");
        add_hierarchy(w, HIERARCHY_PIDS, "pids");
        add_hierarchy(w, HIERARCHY_CPU, "cpu");
        add_hierarchy(w, HIERARCHY_CPUSET, "cpuset");
        add_hierarchy(w, HIERARCHY_BLKIO, "blkio");
        add_hierarchy(w, HIERARCHY_DEVICES, "devices");
        write_file(w, HIERARCHY_CPUSET, "", "cpuset.cpus", "0-3\n");
        write_file(w, HIERARCHY_CPUSET, "", "cpuset.mems", "0\n");
        make_groups(w);
        for (Hierarchy h = HIERARCHY_MEMORY; h < HIERARCHY_FREEZER; h++) { /* as the kernel does */
                assert_int_equal(group_enter_hierarchy(w->group, h), 0);
        }
        empty_files(w, "/a.slice");
        empty_files(w, "/a.slice/b.service");
        *state = w;
        return 0;
}

static int tear_down(void **state) {
        World *w = *state;
        char command[128];

        group_free(w->group);
        group_free(w->slice);
        groups_free(w->groups);
        report_release(&w->report);
        snprintf(command, sizeof(command), "rm -rf '%s'", w->directory);
        assert_int_equal(system(command), 0);
        free(w);
        return 0;
}

static void apply(World *w) {
        empty_files(w, "/a.slice/b.service");
        report_release(&w->report);
        w->report = (Report){ 0 };
        assert_int_equal(group_apply(w->group, &w->spec, &w->report), 0);
}

static void every_limit_is_written_as_the_kernel_has_it(void **state) {
        World *w = *state;

        w->spec.memory_min = 1 << 20;
        w->spec.memory_min_set = true;
        w->spec.memory_low = UINT64_MAX;
        w->spec.memory_low_set = true;
        w->spec.memory_high = 3 << 20;
        w->spec.memory_max = 4 << 20;
        w->spec.memory_swap_max = 0;
        w->spec.memory_zswap_max = 6 << 20;
        w->spec.memory_zswap_writeback = false;
        w->spec.memory_oom_group = true;
        w->spec.tasks_max = 77;
        w->spec.cpu_weight = 300;
        w->spec.cpu_quota_per_sec = USEC_PER_SEC / 4;
        w->spec.io_weight = 55;
        w->spec.allowed_cpus = (char *)"0-1 3";
        w->spec.allowed_memory_nodes = (char *)"0";
        apply(w);
        expect_v2(w, "memory.min", "1048576");
        expect_v2(w, "memory.low", "max");
        expect_v2(w, "memory.high", "3145728");
        expect_v2(w, "memory.max", "4194304");
        expect_v2(w, "memory.swap.max", "0");
        expect_v2(w, "memory.zswap.max", "6291456");
        expect_v2(w, "memory.zswap.writeback", "0");
        expect_v2(w, "memory.oom.group", "1");
        expect_v2(w, "pids.max", "77");
        expect_v2(w, "cpu.idle", "");
        expect_v2(w, "cpu.weight", "300");
        expect_v2(w, "cpu.max", "25000 100000");
        expect_v2(w, "io.weight", "default 55");
        expect_v2(w, "cpuset.cpus", "0-1 3");
        expect_v2(w, "cpuset.mems", "0");
        assert_int_equal(w->report.n_findings, 0);
}

static void only_what_changes_is_written(void **state) {
        World *w = *state;

        w->spec.memory_max = 4 << 20;
        w->spec.tasks_max = 77;
        apply(w);
        apply(w);
        expect_v2(w, "memory.max", "");
        expect_v2(w, "pids.max", "");
        w->spec.tasks_max = 78;
        apply(w);
        expect_v2(w, "memory.max", "");
        expect_v2(w, "pids.max", "78");
}

static void what_is_unset_goes_back_to_the_default(void **state) {
        World *w = *state;
        CgroupSpec defaults = w->spec;

        w->spec.memory_max = 4 << 20;
        w->spec.memory_oom_group = true;
        w->spec.cpu_weight = 0;
        w->spec.cpu_quota_per_sec = USEC_PER_SEC;
        w->spec.allowed_cpus = (char *)"1";
        w->spec.io_weight = 10;
        apply(w);
        expect_v2(w, "cpu.idle", "1");
        expect_v2(w, "cpu.weight", "");
        w->spec = defaults;
        apply(w);
        expect_v2(w, "memory.max", "max");
        expect_v2(w, "memory.oom.group", "0");
        expect_v2(w, "cpu.idle", "0");
        expect_v2(w, "cpu.max", "max 100000");
        expect_v2(w, "cpuset.cpus", "\n");
        expect_v2(w, "io.weight", "default 100");
        expect_v2(w, "pids.max", "");
}

static void percentages_are_of_what_there_is(void **state) {
        World *w = *state;
        struct sysinfo si;
        char text[32];

        assert_int_equal(sysinfo(&si), 0);
        write_file(w, HIERARCHY_V2, "", "memory.max", "max");
        write_file(w, HIERARCHY_V2, "", "pids.max", "200");
        w->spec.memory_max_permyriad = 5000;
        w->spec.tasks_max_permyriad = 1000;
        apply(w);
        snprintf(text, sizeof(text), "%llu", (unsigned long long)si.totalram * si.mem_unit / 2);
        expect_v2(w, "memory.max", text);
        expect_v2(w, "pids.max", "20");
        write_file(w, HIERARCHY_V2, "", "memory.max", "1048576"); /* the container's own limit */
        apply(w);
        expect_v2(w, "memory.max", "524288");
}

static void a_slice_protects_what_is_in_it_by_default(void **state) {
        World *w = *state;

        w->slice_spec.default_memory_low = 5 << 20;
        w->slice_spec.default_memory_low_set = true;
        assert_int_equal(group_apply(w->slice, &w->slice_spec, NULL), 0);
        expect_v2(w, "memory.low", "5242880"); /* at once, who runs too */
        expect_in(w, HIERARCHY_V2, "/a.slice", "memory.low", "");
        w->spec.memory_low = 0;
        w->spec.memory_low_set = true;
        apply(w);
        expect_v2(w, "memory.low", "0");
        w->spec.memory_low_set = false;
        apply(w);
        expect_v2(w, "memory.low", "5242880");
        w->slice_spec.default_memory_low_set = false;
        empty_files(w, "/a.slice/b.service");
        assert_int_equal(group_apply(w->slice, &w->slice_spec, NULL), 0);
        expect_v2(w, "memory.low", "0");
}

static void startup_values_hold_until_the_start_is_over(void **state) {
        World *w = *state;

        w->spec.startup_cpu_weight = 900;
        w->spec.cpu_weight = 200;
        w->spec.startup_io_weight = 800;
        w->spec.startup_allowed_cpus = (char *)"0";
        apply(w);
        expect_v2(w, "cpu.weight", "900");
        expect_v2(w, "io.weight", "default 800");
        expect_v2(w, "cpuset.cpus", "0");
        empty_files(w, "/a.slice/b.service");
        groups_set_starting(w->groups, false);
        expect_v2(w, "cpu.weight", "200");
        expect_v2(w, "io.weight", "default 100");
        expect_v2(w, "cpuset.cpus", "\n");
        groups_set_starting(w->groups, true);
        expect_v2(w, "cpu.weight", "900");
}

static void older_settings_count_where_nothing_newer_is_set(void **state) {
        World *w = *state;

        w->spec.cpu_shares = 2048;
        w->spec.block_io_weight = 1000;
        apply(w);
        expect_v2(w, "cpu.weight", "200");
        expect_v2(w, "io.weight", "default 200");
        w->spec.cpu_weight = 50;
        w->spec.io_weight = 60;
        apply(w);
        expect_v2(w, "cpu.weight", "50");
        expect_v2(w, "io.weight", "default 60");
}

static void controllers_are_switched_on_where_they_are_needed(void **state) {
        World *w = *state;

        apply(w);
        assert_int_equal(w->slice->passed_on, CONTROLLER_MEMORY | CONTROLLER_PIDS); /* both are counted */
        assert_int_equal(w->groups->top.passed_on, CONTROLLER_MEMORY | CONTROLLER_PIDS);
        w->spec.io_weight = 10;
        apply(w);
        assert_true(w->slice->passed_on & CONTROLLER_IO);
        assert_true(w->groups->top.passed_on & CONTROLLER_IO);
        assert_false(w->slice->passed_on & CONTROLLER_CPUSET);
        w->spec.delegate = true;
        apply(w);
        assert_int_equal(w->slice->passed_on, CONTROLLER_ALL);
}

static void disabled_controllers_stay_off_below_the_slice(void **state) {
        char *names[] = { (char *)"cpu", NULL };
        World *w = *state;

        w->slice_spec.disabled_controllers = names;
        assert_int_equal(group_apply(w->slice, &w->slice_spec, NULL), 0);
        w->spec.cpu_weight = 10;
        apply(w);
        expect_v2(w, "cpu.weight", "");
        assert_int_equal(w->report.n_findings, 1);
        assert_non_null(strstr(w->report.findings[0].text, "CPUWeight=: the controller cpu is switched off"));
}

static void a_refused_write_says_what_was_tried_and_what_holds(void **state) {
        char path[PATH_MAX];
        World *w = *state;

        apply(w);
        assert_int_equal(cgroup_path(w->groups, HIERARCHY_V2, w->group->path, "pids.max", path), 0);
        assert_int_equal(unlink(path), 0);
        assert_int_equal(symlink("/dev/full", path), 0);
        w->spec.tasks_max = 5;
        assert_int_equal(group_apply(w->group, &w->spec, &w->report), 0);
        assert_int_equal(w->report.n_findings, 1);
        assert_string_equal(w->report.findings[0].key, "TasksMax");
        assert_non_null(strstr(w->report.findings[0].text, "'5' for "));
        assert_non_null(strstr(w->report.findings[0].text, "/pids.max is refused: No space left on device"));
        /* Tried again the next time. */
        assert_int_equal(unlink(path), 0);
        apply(w);
        expect_v2(w, "pids.max", "5");
        assert_int_equal(unlink(path), 0);
        w->spec.tasks_max = 6;
        report_release(&w->report);
        w->report = (Report){ 0 };
        assert_int_equal(group_apply(w->group, &w->spec, &w->report), 0);
        assert_non_null(strstr(w->report.findings[0].text, "there is no "));
}

static void limits_of_a_slice_are_its_own(void **state) {
        World *w = *state;

        w->slice_spec.memory_max = 9 << 20;
        assert_int_equal(group_apply(w->slice, &w->slice_spec, NULL), 0);
        expect_in(w, HIERARCHY_V2, "/a.slice", "memory.max", "9437184");
        expect_v2(w, "memory.max", "");
}

static void a_directory_that_was_there_loses_its_old_limits(void **state) {
        World *w = *state;

        w->group->stale = true;
        apply(w);
        expect_v2(w, "memory.max", "max");
        expect_v2(w, "pids.max", "max");
        expect_v2(w, "cpu.weight", ""); /* nobody has switched that controller on */
        apply(w);
        expect_v2(w, "memory.max", "");
}

/* Any disk that the machine has. */
static bool find_disk(char path[64], char number[32]) {
        static const char *const names[] = { "vda", "sda", "nvme0n1", "xvda", "loop0", "ram0" };

        for (size_t i = 0; i < ELEMENTSOF(names); i++) {
                struct stat st;

                snprintf(path, 64, "/dev/%s", names[i]);
                if (stat(path, &st) < 0 || !S_ISBLK(st.st_mode))
                        continue;
                snprintf(number, 32, "%u:%u", major(st.st_rdev), minor(st.st_rdev));
                return true;
        }
        return false;
}

static void devices_have_limits_of_their_own(void **state) {
        char path[64], number[32], text[128], entry[96];
        char *reads[] = { entry, NULL }, *latencies[] = { entry, NULL };
        World *w = *state;

        if (!find_disk(path, number))
                skip();
        snprintf(entry, sizeof(entry), "%s 5000", path);
        w->spec.io_read_bandwidth = reads;
        w->spec.io_device_latency = latencies;
        apply(w);
        snprintf(text, sizeof(text), "%s rbps=5000 wbps=max riops=max wiops=max", number);
        expect_v2(w, "io.max", text);
        snprintf(text, sizeof(text), "%s target=5000", number);
        expect_v2(w, "io.latency", text);
        apply(w);
        expect_v2(w, "io.max", "");
        w->spec.io_read_bandwidth = NULL;
        apply(w);
        snprintf(text, sizeof(text), "%s rbps=max wbps=max riops=max wiops=max", number);
        expect_v2(w, "io.max", text);
        expect_v2(w, "io.latency", "");
}

static void a_device_that_is_not_there_is_named(void **state) {
        char *weights[] = { (char *)"/dev/no such disk 100", (char *)"/proc 100", NULL };
        World *w = *state;

        w->spec.io_device_weight = weights;
        apply(w);
        assert_int_equal(w->report.n_findings, 2);
        assert_string_equal(w->report.findings[0].text,
                            "IODeviceWeight=: /dev/no such disk: No such file or directory, not applied");
        assert_string_equal(w->report.findings[1].text,
                            "IODeviceWeight=: /proc is on no block device, not applied");
}

#define expect_v1(w, where, file, text) expect_in(w, HIERARCHY_##where, "/a.slice/b.service", file, text)

static void v1_has_its_own_words(void **state) {
        World *w = *state;

        w->spec.memory_max = 4 << 20;
        w->spec.tasks_max = 77;
        w->spec.cpu_weight = 200;
        w->spec.cpu_quota_per_sec = USEC_PER_SEC / 4;
        w->spec.cpu_quota_period = 50 * USEC_PER_MSEC;
        w->spec.io_weight = 50;
        w->spec.allowed_cpus = (char *)"0-1";
        apply(w);
        expect_v1(w, MEMORY, "memory.limit_in_bytes", "4194304");
        expect_v1(w, MEMORY, "memory.memsw.limit_in_bytes", "4194304");
        expect_v1(w, PIDS, "pids.max", "77");
        expect_v1(w, CPU, "cpu.shares", "2048");
        expect_v1(w, CPU, "cpu.cfs_period_us", "50000");
        expect_v1(w, CPU, "cpu.cfs_quota_us", "12500");
        expect_v1(w, BLKIO, "blkio.weight", "250");
        expect_v1(w, CPUSET, "cpuset.cpus", "0-1");
        assert_int_equal(w->report.n_findings, 0);
        w->spec.allowed_cpus = NULL;
        w->spec.memory_max = LIMIT_UNSET;
        empty_files(w, "/a.slice/b.service");
        write_file(w, HIERARCHY_CPUSET, "/a.slice", "cpuset.cpus", "0-3\n");
        assert_int_equal(group_apply(w->group, &w->spec, NULL), 0);
        expect_v1(w, CPUSET, "cpuset.cpus", "0-3"); /* what the slice has: an empty set lets nobody run */
        expect_v1(w, MEMORY, "memory.limit_in_bytes", "-1");
        expect_v1(w, MEMORY, "memory.memsw.limit_in_bytes", "-1");
}

static void what_v1_has_not_is_listed(void **state) {
        World *w = *state;

        w->spec.memory_high = 1 << 20;
        w->spec.memory_low = 1 << 20;
        w->spec.memory_low_set = true;
        w->spec.memory_swap_max = 0;
        apply(w);
        assert_int_equal(w->report.n_findings, 3);
        assert_string_equal(w->report.findings[0].key, "MemoryLow");
        assert_string_equal(w->report.findings[1].key, "MemoryHigh");
        assert_non_null(strstr(w->report.findings[1].text, "cgroup v1"));
        assert_string_equal(w->report.findings[2].key, "MemorySwapMax");
}

static void a_slice_with_limits_in_v1_takes_those_below_in(void **state) {
        World *w = *state;
        Group *late;

        w->slice_spec.tasks_max = 100;
        assert_int_equal(group_apply(w->slice, &w->slice_spec, NULL), 0);
        expect_in(w, HIERARCHY_PIDS, "/a.slice", "pids.max", "100");
        assert_true(w->group->limited & 1U << HIERARCHY_PIDS);
        assert_int_equal(group_new(w->groups, "a.slice", "late.service", NULL, w, NULL, &late), 0);
        assert_true(late->made & 1U << HIERARCHY_PIDS);
        assert_false(late->made & 1U << HIERARCHY_MEMORY);
        group_free(late);
}

static void devices_of_v1_are_denied_then_allowed(void **state) {
        char *allowed[] = { (char *)"/dev/null rw", (char *)"/dev/no-such-thing r", NULL };
        World *w = *state;

        w->spec.device_policy = DEVICE_POLICY_STRICT;
        w->spec.device_allow = allowed;
        apply(w);
        expect_v1(w, DEVICES, "devices.deny", "a");
        expect_v1(w, DEVICES, "devices.allow", "c 1:3 rw");
        assert_int_equal(w->report.n_findings, 1);
        assert_string_equal(w->report.findings[0].text,
                            "DeviceAllow=: /dev/no-such-thing does not exist, nothing is allowed by it");
        apply(w);
        expect_v1(w, DEVICES, "devices.deny", "");
        w->spec.device_policy = DEVICE_POLICY_AUTO;
        w->spec.device_allow = NULL;
        apply(w);
        expect_v1(w, DEVICES, "devices.allow", "a");
}

static void a_slice_goes_with_the_last_that_is_in_it(void **state) {
        World *w = *state;
        Group *first, *second;

        assert_int_equal(group_new(w->groups, "x.slice/x-y.slice", "1.service", NULL, w, NULL, &first), 0);
        assert_int_equal(group_new(w->groups, "x.slice/x-y.slice", "2.service", NULL, w, NULL, &second), 0);
        assert_ptr_equal(first->parent, second->parent);
        group_free(first);
        expect_in(w, HIERARCHY_SYSTEMD, "/a.slice", "cgroup.procs", "");
        assert_non_null(w->groups->top.children);
        group_free(second);
        assert_ptr_equal(w->groups->top.children, w->slice);
        assert_null(w->slice->next_sibling);
        /* Its unit is stopped first: it stays while something is in it. */
        group_free(TAKE(w->slice));
        assert_ptr_equal(w->group->parent, w->groups->top.children);
        assert_int_equal(group_new(w->groups, "", "a.slice", NULL, NULL, NULL, &w->slice), 0);
        assert_ptr_equal(w->group->parent, w->slice);
}

int main(void) {
#define V2_TEST(name) cmocka_unit_test_setup_teardown(name, set_up_v2, tear_down)
#define V1_TEST(name) cmocka_unit_test_setup_teardown(name, set_up_v1, tear_down)
        const struct CMUnitTest tests[] = {
                V2_TEST(every_limit_is_written_as_the_kernel_has_it),
                V2_TEST(only_what_changes_is_written),
                V2_TEST(what_is_unset_goes_back_to_the_default),
                V2_TEST(percentages_are_of_what_there_is),
                V2_TEST(a_slice_protects_what_is_in_it_by_default),
                V2_TEST(startup_values_hold_until_the_start_is_over),
                V2_TEST(older_settings_count_where_nothing_newer_is_set),
                V2_TEST(controllers_are_switched_on_where_they_are_needed),
                V2_TEST(disabled_controllers_stay_off_below_the_slice),
                V2_TEST(a_refused_write_says_what_was_tried_and_what_holds),
                V2_TEST(limits_of_a_slice_are_its_own),
                V2_TEST(a_directory_that_was_there_loses_its_old_limits),
                V2_TEST(devices_have_limits_of_their_own),
                V2_TEST(a_device_that_is_not_there_is_named),
                V1_TEST(v1_has_its_own_words),
                V1_TEST(what_v1_has_not_is_listed),
                V1_TEST(a_slice_with_limits_in_v1_takes_those_below_in),
                V1_TEST(devices_of_v1_are_denied_then_allowed),
                V1_TEST(a_slice_goes_with_the_last_that_is_in_it),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
