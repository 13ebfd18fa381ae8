/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The tables behind directive_tables[], each sorted by key (strcmp) for the
 * binary search and ended by a row without a key. Internal to src/unit.
 */

#include "unit/directive.h"

extern const Directive unit_directives[], condition_directives[], assert_directives[], install_directives[];
extern const Directive deploy_directives[];
extern const Directive service_directives[];
extern const Directive exec_directives[], sandbox_directives[], kill_directives[], cgroup_directives[];
extern const Directive socket_directives[], timer_directives[], path_directives[];
extern const Directive mount_directives[], automount_directives[], swap_directives[], scope_directives[];

extern const size_t unit_directive_count, condition_directive_count, assert_directive_count,
        install_directive_count, deploy_directive_count;
extern const size_t service_directive_count;
extern const size_t exec_directive_count, sandbox_directive_count, kill_directive_count,
        cgroup_directive_count;
extern const size_t socket_directive_count, timer_directive_count, path_directive_count;
extern const size_t mount_directive_count, automount_directive_count, swap_directive_count,
        scope_directive_count;

#define END_OF_TABLE(name)                                                                                   \
        const size_t name##_directive_count = sizeof(name##_directives) / sizeof(name##_directives[0]) - 1
