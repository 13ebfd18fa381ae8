/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The methods of the manager's interface, by what they are about; manager-methods.c has the table. */

#include "bus/property.h"

/* manager-lists.c */
int method_list_units(Call *c);
int method_list_units_filtered(Call *c);
int method_list_units_by_patterns(Call *c);
int method_list_units_by_names(Call *c);
int method_list_jobs(Call *c);

/* manager-control.c */
int method_reload(Call *c);
int method_exit(Call *c);
int method_power_off(Call *c);
int method_reboot(Call *c);
int method_set_exit_code(Call *c);
int method_set_environment(Call *c);
int method_unset_environment(Call *c);
int method_unset_and_set_environment(Call *c);
int method_dump(Call *c);
int method_dump_to_fd(Call *c);
int method_dump_matching(Call *c);
int method_dump_matching_to_fd(Call *c);
int method_set_show_status(Call *c);
int method_dynamic_user_by_name(Call *c);
int method_dynamic_user_by_uid(Call *c);
int method_get_dynamic_users(Call *c);
int manager_environment(const Manager *m, char ***ret); /* what show-environment shows */

/* transient.c */
int method_start_transient_unit(Call *c);

/* unit-file-lists.c */
int method_list_unit_files(Call *c);
int method_list_unit_files_by_patterns(Call *c);
int method_get_unit_file_state(Call *c);
int method_get_unit_file_links(Call *c);

/* unit-files.c */
int method_enable_unit_files(Call *c);
int method_enable_unit_files_with_flags(Call *c);
int method_reenable_unit_files(Call *c);
int method_disable_unit_files(Call *c);
int method_disable_unit_files_with_flags(Call *c);
int method_disable_unit_files_with_flags_and_install_info(Call *c);
int method_link_unit_files(Call *c);
int method_mask_unit_files(Call *c);
int method_unmask_unit_files(Call *c);
int method_revert_unit_files(Call *c);
int method_preset_unit_files(Call *c);
int method_preset_unit_files_with_mode(Call *c);
int method_preset_all_unit_files(Call *c);
int method_add_dependency_unit_files(Call *c);
int method_get_default_target(Call *c);
int method_set_default_target(Call *c);
