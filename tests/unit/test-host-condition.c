/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Conditions, and what is known of the place in which they are judged. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "host/condition-internal.h"

#include <errno.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

static HostInfo host;

static char *const environment[] = { (char *)"PATH=/bin",         (char *)"SVINIT_X=1",
                                     (char *)"NOTIFY_SOCKET=/x",  (char *)"LISTEN_FDS=1",
                                     (char *)"WATCHDOG_PID=2",    (char *)"container_uuid=3",
                                     (char *)"container=podman",  (char *)"MY_VAR=x y",
                                     (char *)"not an assignment", NULL };

static int set_up(void **state) {
        return host_info_init(&host, environment);
}

static int tear_down(void **state) {
        host_info_release(&host);
        return 0;
}

static void services_inherit_what_is_theirs(void **state) {
        char *joined;

        assert_int_equal(strv_join(host.environment, "|", &joined), 0);
        assert_string_equal(joined, "PATH=/bin|container=podman|MY_VAR=x y");
        free(joined);
}

static void specifiers_are_filled(void **state) {
        const SpecifierHost *s = &host.specifiers;
        struct utsname u;
        char uid[16];

        assert_int_equal(uname(&u), 0);
        assert_string_equal(s->kernel, u.release);
        assert_string_equal(s->hostname, u.nodename);
        assert_int_equal(strlen(s->machine_id), 32);
        assert_int_equal(strlen(s->boot_id), 32);
        snprintf(uid, sizeof(uid), "%u", geteuid());
        assert_string_equal(s->uid, uid);
        assert_non_null(s->user);
        assert_int_equal(s->home[0], '/');
        assert_string_equal(s->state_dir, "/var/lib");
        assert_string_equal(s->runtime_dir, host.runtime_dir);
        assert_non_null(s->os_id);
        assert_non_null(s->group);
        if (geteuid() == 0)
                assert_string_equal(s->user, "root");
}

static void the_limit_of_descriptors_is_raised_and_remembered(void **state) {
        struct rlimit l;

        assert_int_equal(getrlimit(RLIMIT_NOFILE, &l), 0);
        assert_int_equal(l.rlim_cur, l.rlim_max);
        assert_int_equal(host.original_nofile.hard, l.rlim_max);
        assert_true(host.original_nofile.soft <= l.rlim_max);
}

static bool holds(const char *type, const char *parameter) {
        Condition c = { .type = type, .parameter = (char *)parameter };
        ConditionList l = { &c, 1 };

        return conditions_hold(&host, &l, NULL, NULL);
}

static void paths_are_judged(void **state) {
        assert_true(holds("PathExists", "/etc/passwd"));
        assert_false(holds("PathExists", "/no/where"));
        assert_true(holds("PathExistsGlob", "/etc/{group,passwd}"));
        assert_false(holds("PathExistsGlob", "/no/*"));
        assert_true(holds("PathIsDirectory", "/etc"));
        assert_false(holds("PathIsDirectory", "/etc/passwd"));
        assert_true(holds("PathIsSymbolicLink", "/proc/self"));
        assert_false(holds("PathIsSymbolicLink", "/etc"));
        assert_true(holds("PathIsMountPoint", "/proc"));
        assert_false(holds("PathIsMountPoint", "/etc"));
        assert_true(holds("PathIsReadWrite", "/tmp"));
        assert_false(holds("PathIsEncrypted", "/"));
        assert_true(holds("DirectoryNotEmpty", "/etc"));
        assert_false(holds("DirectoryNotEmpty", "/no/where"));
        assert_true(holds("FileNotEmpty", "/etc/passwd"));
        assert_false(holds("FileNotEmpty", "/dev/null"));
        assert_true(holds("FileIsExecutable", "/bin/sh"));
        assert_false(holds("FileIsExecutable", "/etc/passwd"));
}

static void the_machine_is_judged(void **state) {
        char text[128];

        assert_true(holds("Architecture", "native"));
        assert_true(holds("Architecture", host.specifiers.architecture));
        assert_false(holds("Architecture", "cris"));
        assert_true(holds("KernelVersion", ">=2.6"));
        assert_true(holds("KernelVersion", ">= 2.6"));
        assert_false(holds("KernelVersion", "<2.6"));
        assert_true(holds("KernelVersion", ">=2.6 <99"));
        snprintf(text, sizeof(text), "=%s", host.specifiers.kernel);
        assert_true(holds("KernelVersion", text));
        assert_true(holds("KernelVersion", "*"));
        assert_true(holds("Memory", ">=1M"));
        assert_true(holds("Memory", "1M"));
        assert_false(holds("Memory", "<1M"));
        assert_true(holds("CPUs", "1"));
        assert_true(holds("CPUs", ">= 1"));
        assert_false(holds("CPUs", ">100000"));
        assert_false(holds("CPUs", "many"));
        assert_true(holds("Host", host.machine_id));
        assert_true(holds("Host", "*"));
        assert_false(holds("Host", "no-such-host"));
        assert_true(holds("ACPower", "true"));
        assert_false(holds("ACPower", "false"));
        assert_false(holds("CPUFeature", "no-such-feature"));
        assert_false(holds("Firmware", "nonsense"));
}

static void the_manager_is_judged(void **state) {
        char uid[16];

        assert_true(holds("Environment", "MY_VAR"));
        assert_true(holds("Environment", "MY_VAR=x y"));
        assert_false(holds("Environment", "MY_VAR=x"));
        assert_false(holds("Environment", "SVINIT_X"));
        snprintf(uid, sizeof(uid), "%u", getuid());
        assert_true(holds("User", uid));
        assert_true(holds("User", host.specifiers.user));
        assert_false(holds("User", "no-such-user"));
        assert_true(holds("Group", host.specifiers.gid));
        assert_false(holds("Group", "no-such-group"));
        assert_false(holds("Credential", "x"));
        assert_false(holds("FirstBoot", "yes"));
        assert_int_equal(holds("Capability", "CAP_CHOWN"), host.capability_bounding & 1);
        assert_false(holds("Capability", "CAP_NONSENSE"));
        assert_false(holds("NoSuchCondition", "x"));
}

/* As in a default container. */
static void containers_are_told_apart(void **state) {
        HostInfo h = host;

        h.container = true;
        h.virtualization = (char *)"docker";
        Condition c[] = { { "Virtualization", .parameter = (char *)"container" },
                          { "Virtualization", .parameter = (char *)"docker" },
                          { "Virtualization", .parameter = (char *)"yes" },
                          { "Virtualization", .negate = true, .parameter = (char *)"vm" },
                          { "Virtualization", .negate = true, .parameter = (char *)"lxc" },
                          { "Virtualization", .negate = true, .parameter = (char *)"no" },
                          { "Virtualization", .negate = true, .parameter = (char *)"container" } };
        ConditionList l = { c, 6 };

        assert_true(conditions_hold(&h, &l, NULL, NULL));
        l.n = 7;
        assert_false(conditions_hold(&h, &l, NULL, NULL));
}

static void one_of_the_triggers_is_enough(void **state) {
        Condition c[] = { { "PathExists", .trigger = true, .parameter = (char *)"/no/where" },
                          { "PathExists", .trigger = true, .parameter = (char *)"/etc" },
                          { "PathExists", .parameter = (char *)"/usr" } };
        const Condition *failed = NULL;
        signed char results[3];
        ConditionList l = { c, 3 };

        assert_true(conditions_hold(&host, &l, results, &failed));
        assert_int_equal(results[0], -1);
        assert_int_equal(results[1], 1);
        assert_int_equal(results[2], 1);
        assert_null(failed);

        c[1].parameter = (char *)"/no/other";
        assert_false(conditions_hold(&host, &l, results, &failed));
        assert_ptr_equal(failed, c);
}

static void the_first_that_fails_is_named(void **state) {
        Condition c[] = { { "PathExists", .parameter = (char *)"/etc" },
                          { "PathExists", .negate = true, .parameter = (char *)"/etc" },
                          { "PathExists", .parameter = (char *)"/etc" } };
        const Condition *failed = NULL;
        signed char results[3] = { 9, 9, 9 };
        ConditionList l = { c, 3 };

        assert_false(conditions_hold(&host, &l, results, &failed));
        assert_ptr_equal(failed, c + 1);
        assert_int_equal(results[0], 1);
        assert_int_equal(results[1], -1);
        assert_int_equal(results[2], 0);
        l.n = 0;
        assert_true(conditions_hold(&host, &l, NULL, NULL));
}

static void what_cannot_be_told_does_not_hold(void **state) {
        Condition c = { .type = "Capability", .negate = true, .parameter = (char *)"CAP_NONSENSE" };
        ConditionList l = { &c, 1 };

        assert_false(conditions_hold(&host, &l, NULL, NULL));
}

static void versions_are_ordered(void **state) {
        static const char *const ascending[] = { "1~rc1", "1",     "1.0",   "1.1", "1.2",
                                                 "1.10",  "1.10a", "1.10b", "2",   "10" };

        for (size_t i = 0; i < ELEMENTSOF(ascending); i++)
                for (size_t j = 0; j < ELEMENTSOF(ascending); j++) {
                        int order = version_compare(ascending[i], ascending[j]);

                        if ((order < 0) != (i < j) || (order > 0) != (i > j))
                                fail_msg("%s against %s gives %d", ascending[i], ascending[j], order);
                }
        assert_int_equal(version_compare("1.01", "1.1"), 0);
        assert_int_equal(version_compare("", ""), 0);
}

static void the_second_expression_needs_its_value(void **state) {
        assert_int_equal(condition_kernel_version(&host, "> 1 <999"), 1);
        assert_int_equal(condition_kernel_version(&host, ">1 <999"), 1);
        assert_int_equal(condition_kernel_version(&host, ">1 >999"), 0);
        assert_int_equal(condition_kernel_version(&host, "> 1 < 999"), -EINVAL);
        assert_int_equal(condition_kernel_version(&host, ">"), -EINVAL);
}

static void numbers_take_no_patterns(void **state) {
        assert_int_equal(condition_memory(&host, "> 0"), 1);
        assert_int_equal(condition_memory(&host, "$=1"), -EINVAL);
        assert_int_equal(condition_cpus(&host, ">=1"), 1);
        assert_int_equal(condition_cpus(&host, "!$=1"), -EINVAL);
}

static void os_release_has_no_blanks(void **state) {
        assert_int_equal(condition_os_release(&host, "ID!=bogus"), 1);
        assert_int_equal(condition_os_release(&host, "BOGUS!=x"), 1);
        assert_int_equal(condition_os_release(&host, "ID= debian"), -EINVAL);
        assert_int_equal(condition_os_release(&host, "ID="), -EINVAL);
        assert_int_equal(condition_os_release(&host, "1D=x"), -EINVAL);
}

static void unknown_controllers_do_not_count(void **state) {
        assert_int_equal(condition_control_group_controller(&host, "bogus"), 1);
        assert_int_equal(condition_control_group_controller(&host, "bpf-firewall"), 0);
        assert_int_equal(condition_control_group_controller(&host, "v1") +
                                 condition_control_group_controller(&host, "v2"),
                         1);
}

static void pressure_has_limits_and_spans(void **state) {
        if (access("/proc/pressure/memory", F_OK) < 0)
                skip();
        assert_int_equal(condition_memory_pressure(&host, "100%/10sec"), 1);
        assert_int_equal(condition_memory_pressure(&host, "1000\u2030"), 1);
        assert_int_equal(condition_memory_pressure(&host, "101%"), -ERANGE);
        assert_int_equal(condition_memory_pressure(&host, "10"), -EINVAL);
        assert_int_equal(condition_memory_pressure(&host, "10%/7sec"), -EINVAL);
        assert_int_equal(condition_io_pressure(&host, ""), -EINVAL);
}

static void features_have_the_names_of_the_manual(void **state) {
        assert_int_equal(condition_cpu_feature(&host, ""), 0);
        assert_int_equal(condition_cpu_feature(&host, "flags"), 0);
#ifdef __x86_64__
        assert_int_equal(condition_cpu_feature(&host, "lm"), 1);
        assert_int_equal(condition_cpu_feature(&host, "SSE2"), 1);
#endif
}

static void credentials_are_files_in_their_directory(void **state) {
        setenv("CREDENTIALS_DIRECTORY", "/etc", 1);
        assert_int_equal(condition_credential(&host, "passwd"), 1);
        assert_int_equal(condition_credential(&host, "pass*"), 0);
        assert_int_equal(condition_credential(&host, ".."), 0);
        assert_int_equal(condition_credential(&host, "../etc/passwd"), 0);
        unsetenv("CREDENTIALS_DIRECTORY");
        assert_int_equal(condition_credential(&host, "passwd"), 0);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(services_inherit_what_is_theirs),
                cmocka_unit_test(specifiers_are_filled),
                cmocka_unit_test(the_limit_of_descriptors_is_raised_and_remembered),
                cmocka_unit_test(paths_are_judged),
                cmocka_unit_test(the_machine_is_judged),
                cmocka_unit_test(the_manager_is_judged),
                cmocka_unit_test(containers_are_told_apart),
                cmocka_unit_test(one_of_the_triggers_is_enough),
                cmocka_unit_test(the_first_that_fails_is_named),
                cmocka_unit_test(what_cannot_be_told_does_not_hold),
                cmocka_unit_test(versions_are_ordered),
                cmocka_unit_test(the_second_expression_needs_its_value),
                cmocka_unit_test(numbers_take_no_patterns),
                cmocka_unit_test(os_release_has_no_blanks),
                cmocka_unit_test(unknown_controllers_do_not_count),
                cmocka_unit_test(pressure_has_limits_and_spans),
                cmocka_unit_test(features_have_the_names_of_the_manual),
                cmocka_unit_test(credentials_are_files_in_their_directory),
        };

        return cmocka_run_group_tests(tests, set_up, tear_down);
}
