/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* From settings to the list of mounts, without a system. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "exec/mount-plan.h"

#include <stdio.h>

static const char *const contents[] = { "",         "inaccessible", "bind", "flat",   "tmp",  "dev",
                                        "host-dev", "proc",         "sys",  "queues", "tmpfs" };
static const char *const accesses[] = { "", "rw", "ro" };
static const char *const execs[] = { "", "exec", "noexec" };

static char *const no_directories[] = { NULL };

/* "path content access exec source", one entry on each line. */
static void expect_plan(const char *lines, const char *root, char *const *kept, const char *wanted) {
        Buf text auto_buf = { 0 }, out auto_buf = { 0 };
        UnitSpec *spec;
        MountPlan p;

        buf_addf(&text, "[Service]\nExecStart=/bin/true\n%s\n", lines);
        assert_int_equal(spec_new("a.service", &spec), 0);
        assert_int_equal(spec_read(spec, NULL, "a.service", (Text){ text.data, text.len }), 0);
        assert_int_equal(spec_complete(spec, NULL), 0);
        MountWishes w = { .sandbox = spec->sandbox, .root = root, .writable_directories = kept };

        assert_int_equal(mount_namespace_is_wanted(&w), wanted[0] != 0);
        assert_int_equal(mount_plan_build(&w, &p), 0);
        mount_plan_arrange(&p);
        for (size_t i = 0; i < p.n; i++) {
                const MountEntry *e = p.v + i;

                buf_addf(&out, "%s%s", e->optional ? "-" : "", e->path);
                if (e->content)
                        buf_addf(&out, " %s", contents[e->content]);
                if (e->access)
                        buf_addf(&out, " %s", accesses[e->access]);
                if (e->exec)
                        buf_addf(&out, " %s", execs[e->exec]);
                if (e->source)
                        buf_addf(&out, " (%s)", e->source);
                buf_add_char(&out, '\n');
        }
        assert_string_equal(out.data ? out.data : "", wanted);
        mount_plan_release(&p);
        spec_free(spec);
}

static void nothing_is_mounted_for_nothing(void **state) {
        expect_plan("ProtectSystem=no\nPrivateNetwork=yes", NULL, no_directories, "");
}

static void parents_stand_first(void **state) {
        expect_plan("ReadOnlyPaths=/a-b /a/b /a /b", NULL, NULL, "/a ro\n/a/b ro\n/a-b ro\n/b ro\n");
}

static void marks_say_what_may_be_missing(void **state) {
        expect_plan("ReadWritePaths=-/a -+/b +/c", NULL, NULL, "-/a rw\n-/b rw\n/c rw\n");
}

static void the_narrower_access_wins(void **state) {
        expect_plan("ReadWritePaths=/a\nReadOnlyPaths=/a\nNoExecPaths=/a\nExecPaths=/a", NULL, NULL,
                    "/a ro noexec\n");
}

static void what_lies_in_a_hidden_place_needs_nothing(void **state) {
        expect_plan("InaccessiblePaths=/a\nReadOnlyPaths=/a/b /a/c/d /ab\nBindPaths=/x:/a/y", NULL, NULL,
                    "/a inaccessible\n/ab ro\n");
}

static void a_strict_system_has_exceptions(void **state) {
        char *const kept[] = { (char *)"/var/lib/a", NULL };

        expect_plan("ProtectSystem=strict\nReadWritePaths=/srv", NULL, kept,
                    "/ ro\n-/dev rw\n-/home rw\n-/proc rw\n-/root rw\n-/run/user rw\n/srv rw\n-/sys "
                    "rw\n/var/lib/a rw\n");
        expect_plan("ProtectSystem=full\nProtectHome=tmpfs", NULL, kept,
                    "-/bin ro\n-/boot ro\n-/efi ro\n-/etc ro\n-/home tmpfs ro\n-/lib ro\n-/lib64 ro\n-/root "
                    "tmpfs ro\n"
                    "-/run/user tmpfs ro\n-/sbin ro\n-/usr ro\n");
}

static void binds_have_two_ends(void **state) {
        expect_plan("BindPaths=/a /b:/c -/d:/e:norbind\nBindReadOnlyPaths=/f:/g:rbind", NULL, NULL,
                    "/a bind (/a)\n/c bind (/b)\n-/e flat (/d)\n/g bind ro (/f)\n");
}

static void empty_file_systems_have_options(void **state) {
        expect_plan("TemporaryFileSystem=/a /b:ro,size=1m\nBindPaths=/b/c", NULL, NULL,
                    "/a tmpfs\n/b tmpfs ro (ro,size=1m)\n/b/c bind (/b/c)\n");
}

static void private_things_are_their_own(void **state) {
        expect_plan("PrivateTmp=yes\nPrivateDevices=yes\nProtectKernelLogs=yes", NULL, NULL,
                    "/dev dev\n-/dev/kmsg inaccessible\n-/proc/kmsg inaccessible\n/tmp tmp\n/var/tmp tmp\n");
}

static void control_groups_are_apart_from_tunables(void **state) {
        static const char tunables[] =
                "-/proc/acpi ro\n-/proc/fs ro\n-/proc/irq ro\n-/proc/latency_stats ro\n-/proc/sys ro\n"
                "-/proc/sysrq-trigger ro\n-/proc/timer_stats ro\n-/sys ro\n-/sys/fs/cgroup ";
        char wanted[512];

        (void)snprintf(wanted, sizeof(wanted), "%srw\n", tunables);
        expect_plan("ProtectKernelTunables=yes", NULL, NULL, wanted);
        (void)snprintf(wanted, sizeof(wanted), "%sro\n", tunables);
        expect_plan("ProtectKernelTunables=yes\nProtectControlGroups=yes", NULL, NULL, wanted);
}

static void a_root_may_get_the_kernel_s_file_systems(void **state) {
        expect_plan("MountAPIVFS=yes\nPrivateMounts=yes", "/srv/root", NULL,
                    "/dev host-dev\n/proc proc\n/run tmpfs\n/sys sys\n");
        expect_plan("MountAPIVFS=yes\nProtectProc=invisible", NULL, NULL, "/proc proc\n");
}

static void paths_are_within_whole_names_only(void **state) {
        assert_true(path_is_within("/a", "/a"));
        assert_true(path_is_within("/a/b", "/a"));
        assert_true(path_is_within("/a", "/"));
        assert_false(path_is_within("/ab", "/a"));
        assert_false(path_is_within("/", "/a"));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(nothing_is_mounted_for_nothing),
                cmocka_unit_test(parents_stand_first),
                cmocka_unit_test(marks_say_what_may_be_missing),
                cmocka_unit_test(the_narrower_access_wins),
                cmocka_unit_test(what_lies_in_a_hidden_place_needs_nothing),
                cmocka_unit_test(a_strict_system_has_exceptions),
                cmocka_unit_test(binds_have_two_ends),
                cmocka_unit_test(empty_file_systems_have_options),
                cmocka_unit_test(private_things_are_their_own),
                cmocka_unit_test(control_groups_are_apart_from_tunables),
                cmocka_unit_test(a_root_may_get_the_kernel_s_file_systems),
                cmocka_unit_test(paths_are_within_whole_names_only),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
