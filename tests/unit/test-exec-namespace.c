/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Namespaces of real processes: what a service sees and may write. Most of it
 * needs root; as a user the same units must run, and say what is missing.
 */

#include "exec-world.h"

static char runtime[128];

/* A shell line in a service with these settings: what it writes. */
static void expect(World *w, const char *line, const char *settings, const char *output) {
        char text[4096];

        spec_free(TAKE(w->spec));
        assert_int_equal(spec_new("a.service", &w->spec), 0);
        snprintf(text, sizeof(text), "ExecStart=/bin/sh -c '%s'\n%s\n", line, settings);
        world_load(w, text);
        snprintf(runtime, sizeof(runtime), "%s/run", w->directory);
        w->plan.directory_bases[DIRECTORY_RUNTIME] = runtime;
        memset(&w->status, 0, sizeof(w->status));
        world_run(w);
        if (w->status.failed)
                fail_msg("%s: failed at %s (%s): %s", settings, w->status.step, w->status.detail,
                         strerror(-w->status.error));
        if (w->status.unapplied[0])
                fail_msg("%s: %s", settings, w->status.unapplied);
        if (!str_equal(w->output.data, output))
                fail_msg("%s; %s\n-- %s-- not\n-- %s", settings, line, w->output.data, output);
}

static int set_up(void **state) {
        int r = world_set_up(state);
        World *w = *state;

        make(w, "run", NULL);
        make(w, "run/systemd", NULL);
        make(w, "d", NULL);
        make(w, "d/sub", NULL);
        make(w, "d/file", "text\n");
        make(w, "e", NULL);
        return r;
}

static void paths_become_read_only(void **state) {
        World *w = *state;

        NEED_ROOT();
        expect(w, "touch `/d/x 2>/dev/null || echo ro; touch `/d/sub/x && echo rw; touch `/e/x && echo rw",
               "ReadOnlyPaths=`/d\nReadWritePaths=`/d/sub", "ro\nrw\nrw\n");
        expect(w, "echo x 2>/dev/null >`/d/file || echo ro; cat `/d/file", "ReadOnlyPaths=`/d/file",
               "ro\ntext\n");
        expect(w, "touch `/d/x 2>/dev/null || echo ro; touch `/d/sub/x 2>/dev/null || echo ro",
               "ReadOnlyPaths=`/d -/no/such/path", "ro\nro\n");
}

static void paths_are_hidden(void **state) {
        World *w = *state;

        NEED_ROOT();
        expect(w, "ls `/d; cat `/e/f 2>/dev/null; stat -c %%a `/d", "InaccessiblePaths=`/d", "0\n");
        expect(w, "cat `/d/file; stat -c %%a `/d/file; ls `/d", "InaccessiblePaths=`/d/file",
               "0\nfile\nsub\n");
}

static void paths_appear_elsewhere(void **state) {
        World *w = *state;

        NEED_ROOT();
        expect(w, "cat `/e/file; touch `/e/new; ls `/d", "BindPaths=`/d:`/e", "text\nfile\nnew\nsub\n");
        expect(w, "cat `/e/file; touch `/e/x 2>/dev/null || echo ro; touch `/d/x",
               "BindReadOnlyPaths=`/d:`/e", "text\nro\n");
        expect(w, "cat `/n/m/file", "BindPaths=`/d:`/n/m", "text\n");
}

static void empty_file_systems_hide_what_was_there(void **state) {
        World *w = *state;

        NEED_ROOT();
        expect(w, "ls `/d; stat -f -c %%T `/d", "TemporaryFileSystem=`/d", "tmpfs\n");
        expect(w, "ls `/d; cat `/d/deep/file; touch `/d/x 2>/dev/null || echo ro",
               "TemporaryFileSystem=`/d:ro\nBindPaths=`/d:`/d/deep", "deep\ntext\nro\n");
}

static void programs_may_be_denied(void **state) {
        World *w = *state;

        NEED_ROOT();
        expect(w,
               "cp /bin/true `/d/t; cp /bin/true `/d/sub/t; `/d/t 2>/dev/null || echo no; `/d/sub/t && echo "
               "yes",
               "NoExecPaths=`/d\nExecPaths=`/d/sub", "no\nyes\n");
}

static void the_system_is_protected(void **state) {
        World *w = *state;

        NEED_ROOT();
        expect(w, "touch /usr/x 2>/dev/null || echo ro; touch `/d/x && echo rw", "ProtectSystem=yes",
               "ro\nrw\n");
        expect(w, "touch /etc/x 2>/dev/null || echo ro", "ProtectSystem=full", "ro\n");
        expect(w,
               "touch /x 2>/dev/null || echo ro; touch `/d/x 2>/dev/null || echo ro; touch `/e/x && echo rw; "
               "echo x >/dev/null && echo dev",
               "ProtectSystem=strict\nReadWritePaths=`/e", "ro\nro\nrw\ndev\n");
        expect(w, "touch `/s/x && echo rw; touch `/d/x 2>/dev/null || echo ro",
               "ProtectSystem=strict\nStateDirectory=s", "rw\nro\n");
        expect(w, "ls /root /home", "ProtectHome=tmpfs", "/home:\n\n/root:\n");
        expect(w, "touch /root/x 2>/dev/null || echo ro", "ProtectHome=read-only", "ro\n");
        expect(w, "stat -c %%a /root", "ProtectHome=yes", "0\n");
}

static void temporary_files_are_private(void **state) {
        World *w = *state;
        char command[200];
        struct stat st;

        NEED_ROOT();
        expect(w, "ls /tmp /var/tmp; touch /tmp/mine; stat -c %%a /tmp", "PrivateTmp=yes",
               "/tmp:\n\n/var/tmp:\n1777\n");
        assert_int_equal(lstat(private_path("/tmp", "/tmp/mine"), &st), 0);
        assert_int_equal(lstat(private_path("/tmp", ""), &st), 0);
        assert_int_equal(st.st_mode & 07777, 0700);
        expect(w, "ls /tmp", "PrivateTmp=yes\nUser=nobody", "mine\n"); /* the other commands of the run */
        snprintf(command, sizeof(command), "rm -rf /tmp/%s /var/tmp/%s", private_name(), private_name());
        assert_int_equal(system(command), 0);
}

static void what_another_user_made_is_not_taken_for_ours(void **state) {
        World *w = *state;

        NEED_ROOT();
        assert_int_equal(mkdir(private_path("/tmp", ""), 0777), 0);
        assert_int_equal(chown(private_path("/tmp", ""), 1, 1), 0);
        run_and_fail(w, "ExecStart=/bin/true\nPrivateTmp=yes\n", 226, -EEXIST, "namespace");
        assert_int_equal(rmdir(private_path("/tmp", "")), 0);
}

static void devices_are_pseudo_ones(void **state) {
        World *w = *state;

        NEED_ROOT();
        expect(w,
               "echo x >/dev/null && ls /dev/zero /dev/urandom /dev/fd/0; touch /dev/x 2>/dev/null || echo "
               "ro; ls -d /dev/kmsg /dev/sd* /dev/loop* 2>/dev/null",
               "PrivateDevices=yes", "/dev/fd/0\n/dev/urandom\n/dev/zero\nro\n");
        expect(w, "grep CapBnd /proc/self/status | tail -c 9; stat -c %%a /dev/kmsg 2>/dev/null || echo 0",
               "ProtectKernelLogs=yes\nCapabilityBoundingSet=CAP_SYSLOG CAP_KILL", "00000020\n0\n");
}

static void kernel_settings_are_read_only(void **state) {
        World *w = *state;

        NEED_ROOT();
        expect(w, "echo x 2>/dev/null >/proc/sys/kernel/hostname || echo ro", "ProtectKernelTunables=yes",
               "ro\n");
        expect(w, "mkdir /sys/fs/cgroup/x 2>/dev/null || echo ro", "ProtectControlGroups=yes", "ro\n");
        expect(w, "ls /lib/modules 2>/dev/null | wc -l", "ProtectKernelModules=yes", "0\n");
}

static void processes_of_others_are_invisible(void **state) {
        World *w = *state;

        NEED_ROOT();
        expect(w, "ls -d /proc/1 2>/dev/null || echo none; test -e /proc/self/status && echo self",
               "ProtectProc=invisible\nUser=nobody", "none\nself\n");
        expect(w, "test -e /proc/meminfo || echo none; test -e /proc/self/status && echo self",
               "ProcSubset=pid", "none\nself\n");
}

static void networks_are_private(void **state) {
        World *w = *state;

        NEED_ROOT();
        expect(w,
               "tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d \" \"; cat /sys/class/net/lo/flags "
               ">/dev/null; cat /proc/net/if_inet6 | wc -l",
               "PrivateNetwork=yes", "lo\n1\n");
}

static void a_named_network_must_be_there(void **state) {
        run_and_fail(*state, "ExecStart=/bin/true\nNetworkNamespacePath=/no/such\n", 225, -ENOENT, "network");
}

static void host_names_are_private(void **state) {
        World *w = *state;

        NEED_ROOT();
        expect(w, "hostname x 2>/dev/null || echo denied", "ProtectHostname=yes", "denied\n");
}

static void users_are_private(void **state) {
        World *w = *state;

        NEED_ROOT();
        expect(w, "cut -c1-32 /proc/self/uid_map | tr -s \" \"; id -u", "PrivateUsers=yes\nUser=1",
               " 0 0 1\n 1 1 1\n1\n");
        expect(w, "id -u; stat -c %%u `", "PrivateUsers=yes", "0\n0\n");
}

static void objects_of_ipc_are_private(void **state) {
        World *w = *state;
        char mine[64], out[80];
        ssize_t n;

        NEED_ROOT();
        n = readlink("/proc/self/ns/ipc", mine, sizeof(mine) - 1);
        assert_true(n > 0);
        mine[n] = 0;
        snprintf(out, sizeof(out), "test $(readlink /proc/self/ns/ipc) != %.*s && echo other", (int)n, mine);
        expect(w, out, "PrivateIPC=yes", "other\n");
        expect(w, "readlink /proc/self/ns/ipc", "IPCNamespacePath=/proc/self/ns/ipc",
               (snprintf(out, sizeof(out), "%s\n", mine), out));
}

static void a_missing_path_fails_the_unit(void **state) {
        World *w = *state;

        NEED_ROOT();
        run_and_fail(w, "ExecStart=/bin/true\nBindPaths=/no/such:/mnt\n", 226, -ENOENT, "namespace");
        assert_string_equal(w->status.detail, "/no/such");
        spec_free(TAKE(w->spec));
        assert_int_equal(spec_new("a.service", &w->spec), 0);
        run_and_fail(w, "ExecStart=/bin/true\nReadOnlyPaths=/no/such\n", 226, -ENOENT, "namespace");
}

static void the_root_directory_comes_after_the_mounts(void **state) {
        World *w = *state;

        NEED_ROOT();
        make(w, "r", NULL);
        expect(w, "cat /data/file; ls / | tr -d \"\\\\n\"; touch /usr/x 2>/dev/null || echo ro",
               "RootDirectory=`/r\nMountAPIVFS=yes\nBindReadOnlyPaths=/usr /bin /lib "
               "/lib64\nBindPaths=`/d:/data",
               "text\nbindatadevliblib64procrunsysusrro\n");
}

static void others_see_nothing_of_it(void **state) {
        World *w = *state;
        struct stat st;
        char path[192];

        NEED_ROOT();
        expect(w, "mount -t tmpfs tmpfs `/d && touch `/d/inside && ls `/d", "PrivateMounts=yes", "inside\n");
        snprintf(path, sizeof(path), "%s/d/file", w->directory);
        assert_int_equal(stat(path, &st), 0);
}

#undef TEST
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, world_tear_down)

int main(void) {
        const struct CMUnitTest tests[] = {
                TEST(paths_become_read_only),
                TEST(paths_are_hidden),
                TEST(paths_appear_elsewhere),
                TEST(empty_file_systems_hide_what_was_there),
                TEST(programs_may_be_denied),
                TEST(the_system_is_protected),
                TEST(temporary_files_are_private),
                TEST(what_another_user_made_is_not_taken_for_ours),
                TEST(devices_are_pseudo_ones),
                TEST(kernel_settings_are_read_only),
                TEST(processes_of_others_are_invisible),
                TEST(networks_are_private),
                TEST(a_named_network_must_be_there),
                TEST(host_names_are_private),
                TEST(users_are_private),
                TEST(objects_of_ipc_are_private),
                TEST(a_missing_path_fails_the_unit),
                TEST(the_root_directory_comes_after_the_mounts),
                TEST(others_see_nothing_of_it),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
