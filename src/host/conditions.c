/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host/condition-internal.h"

#include "base/text.h"

#include <errno.h>

static const struct {
        const char *type;
        ConditionTest test;
} tests[] = {
        { "ACPower", condition_ac_power },
        { "Architecture", condition_architecture },
        { "CPUFeature", condition_cpu_feature },
        { "CPUPressure", condition_cpu_pressure },
        { "CPUs", condition_cpus },
        { "Capability", condition_capability },
        { "ControlGroupController", condition_control_group_controller },
        { "Credential", condition_credential },
        { "DirectoryNotEmpty", condition_directory_not_empty },
        { "Environment", condition_environment },
        { "FileIsExecutable", condition_file_is_executable },
        { "FileNotEmpty", condition_file_not_empty },
        { "Firmware", condition_firmware },
        { "FirstBoot", condition_first_boot },
        { "Group", condition_group },
        { "Host", condition_host },
        { "IOPressure", condition_io_pressure },
        { "KernelCommandLine", condition_kernel_command_line },
        { "KernelVersion", condition_kernel_version },
        { "Memory", condition_memory },
        { "MemoryPressure", condition_memory_pressure },
        { "NeedsUpdate", condition_needs_update },
        { "OSRelease", condition_os_release },
        { "PathExists", condition_path_exists },
        { "PathExistsGlob", condition_path_exists_glob },
        { "PathIsDirectory", condition_path_is_directory },
        { "PathIsEncrypted", condition_path_is_encrypted },
        { "PathIsMountPoint", condition_path_is_mount_point },
        { "PathIsReadWrite", condition_path_is_read_write },
        { "PathIsSymbolicLink", condition_path_is_symbolic_link },
        { "Security", condition_security },
        { "User", condition_user },
        { "Virtualization", condition_virtualization },
};

int condition_test(const HostInfo *h, const Condition *c) {
        for (size_t i = 0; i < ELEMENTSOF(tests); i++)
                if (str_equal(tests[i].type, c->type)) {
                        int r = tests[i].test(h, c->parameter);

                        return r < 0 ? r : (r > 0) != c->negate;
                }
        return -EOPNOTSUPP;
}

bool conditions_hold(const HostInfo *h, const ConditionList *l, signed char *results,
                     const Condition **ret_failed) {
        const Condition *failed_trigger = NULL;
        bool triggered = false;

        for (size_t i = 0; results && i < l->n; i++)
                results[i] = 0;
        for (size_t i = 0; i < l->n; i++) {
                bool holds = condition_test(h, l->v + i) > 0;

                if (results)
                        results[i] = holds ? 1 : -1;
                if (l->v[i].trigger) {
                        triggered = triggered || holds;
                        failed_trigger = failed_trigger ?: l->v + i;
                } else if (!holds) {
                        if (ret_failed)
                                *ret_failed = l->v + i;
                        return false;
                }
        }
        if (!failed_trigger || triggered)
                return true;
        if (ret_failed)
                *ret_failed = failed_trigger;
        return false;
}
