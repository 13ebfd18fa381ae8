/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The tests behind conditions. 1: true, 0: false, negative: cannot be told,
 * which counts as not met.
 */

#include "host/environment.h"

typedef int (*ConditionTest)(const HostInfo *h, const char *parameter);

/* condition-path.c */
int condition_path_exists(const HostInfo *h, const char *path);
int condition_path_exists_glob(const HostInfo *h, const char *pattern);
int condition_path_is_directory(const HostInfo *h, const char *path);
int condition_path_is_symbolic_link(const HostInfo *h, const char *path);
int condition_path_is_mount_point(const HostInfo *h, const char *path);
int condition_path_is_read_write(const HostInfo *h, const char *path);
int condition_path_is_encrypted(const HostInfo *h, const char *path);
int condition_directory_not_empty(const HostInfo *h, const char *path);
int condition_file_not_empty(const HostInfo *h, const char *path);
int condition_file_is_executable(const HostInfo *h, const char *path);
int condition_needs_update(const HostInfo *h, const char *path);

/* condition-host.c */
int condition_architecture(const HostInfo *h, const char *parameter);
int condition_virtualization(const HostInfo *h, const char *parameter);
int condition_host(const HostInfo *h, const char *parameter);
int condition_kernel_command_line(const HostInfo *h, const char *parameter);
int condition_kernel_version(const HostInfo *h, const char *parameter);
int condition_environment(const HostInfo *h, const char *parameter);
int condition_security(const HostInfo *h, const char *parameter);
int condition_capability(const HostInfo *h, const char *parameter);
int condition_ac_power(const HostInfo *h, const char *parameter);
int condition_first_boot(const HostInfo *h, const char *parameter);
int condition_user(const HostInfo *h, const char *parameter);
int condition_group(const HostInfo *h, const char *parameter);
int condition_control_group_controller(const HostInfo *h, const char *parameter);
int condition_memory(const HostInfo *h, const char *parameter);
int condition_cpus(const HostInfo *h, const char *parameter);
int condition_os_release(const HostInfo *h, const char *parameter);
int condition_credential(const HostInfo *h, const char *parameter);

/* condition-cpu.c */
int condition_cpu_feature(const HostInfo *h, const char *parameter);

/* condition-firmware.c */
int condition_firmware(const HostInfo *h, const char *parameter);

/* condition-pressure.c */
int condition_memory_pressure(const HostInfo *h, const char *parameter);
int condition_cpu_pressure(const HostInfo *h, const char *parameter);
int condition_io_pressure(const HostInfo *h, const char *parameter);

/* condition-compare.c */
typedef enum Operator {
        OPERATOR_LESS,
        OPERATOR_LESS_EQUAL,
        OPERATOR_SAME,
        OPERATOR_DIFFERENT,
        OPERATOR_GREATER_EQUAL,
        OPERATOR_GREATER,
        OPERATOR_EQUAL,   /* = : as text */
        OPERATOR_UNEQUAL, /* != */
        OPERATOR_GLOB,    /* $= */
        OPERATOR_NO_GLOB, /* !$= */
        OPERATOR_MAX,
        OPERATOR_NONE = -1,
} Operator;
Operator operator_take(const char **p, bool globs); /* skips it; $= and !$= only where globs may stand */
bool operator_holds_number(Operator o, uint64_t a, uint64_t b);
bool operator_holds_text(Operator o, const char *actual,
                         const char *wanted);      /* versions for < <= == <> >= > */
int version_compare(const char *a, const char *b); /* 6.1.9 < 6.1.10, 6.2~rc1 < 6.2 */
