/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bus/methods/manager-methods.h"
#include "bus/methods/markers.h"

#include "bus/clients/server.h"
#include "bus/codec/errors.h"
#include "bus/methods/job.h"
#include "bus/methods/unit-methods.h"
#include "bus/objects/control-group.h"
#include "bus/tables.h"

static int reply_unit_path(Call *c, const Unit *u) {
        char *path auto_free = NULL;
        int r = unit_path(u, &path);

        return r < 0 ? r : sd_bus_reply_method_return(c->message, "o", path);
}

static int method_get_unit(Call *c) {
        Unit *u;
        int r = call_read_and_find_unit(c, &u);

        return r < 0 ? r : reply_unit_path(c, u);
}

static int method_load_unit(Call *c) {
        Unit *u;
        int r = call_read_and_load_unit(c, &u);

        return r < 0 ? r : reply_unit_path(c, u);
}

static int method_get_unit_by_pid(Call *c) {
        uint32_t pid;
        Unit *u;
        int r;

        r = sd_bus_message_read(c->message, "u", &pid);
        if (r < 0)
                return r;

        if (pid == 0 && c->connection->anonymous)
                return CALLER_UNKNOWN;
        if (pid == 0)
                pid = (uint32_t)call_pid(c);
        u = unit_of_pid(c->manager, (pid_t)pid);
        if (!u)
                return sd_bus_error_setf(c->error, ERROR_NO_UNIT_FOR_PID, "PID %u belongs to no unit.", pid);
        return reply_unit_path(c, u);
}

/* None is that of the caller, as an empty name is its unit. */
static int method_get_unit_by_invocation(Call *c) {
        static const uint8_t none[sizeof(((UnitRuntime *)NULL)->invocation_id)];
        const void *id;
        size_t size;
        Unit *own;
        int r;

        r = sd_bus_message_read_array(c->message, 'y', &id, &size);
        if (r < 0)
                return r;
        if (size == 0 || (size == sizeof(none) && memcmp(id, none, size) == 0))
                return (r = call_find_unit(c, "", &own)) < 0 ? r : reply_unit_path(c, own);
        if (size != sizeof(none))
                return sd_bus_error_set(c->error, SD_BUS_ERROR_INVALID_ARGS, "Invalid invocation ID");

        own = unit_of_invocation(c->manager, id);
        if (own)
                return reply_unit_path(c, own);
        return sd_bus_error_set(c->error, ERROR_NO_UNIT_FOR_INVOCATION, "No unit has this invocation ID.");
}

/* The unit whose group it is, or in whose group it stands. */
static int method_get_unit_by_control_group(Call *c) {
        const char *root = groups_root(c->manager->groups), *wanted, *below;
        Unit *found = NULL;
        size_t longest = 0;
        int r;

        r = sd_bus_message_read(c->message, "s", &wanted);
        if (r < 0)
                return r;
        below = str_equal(root, "/") ? wanted : str_after(wanted, root);

        for (Unit *u = NULL; (u = next_unit(c->manager->graph, u));) {
                const Group *g = unit_runtime(u)->group;
                const char *rest = g && below ? str_after(below, group_path(g)) : NULL;

                if (!rest || (rest[0] != 0 && rest[0] != '/') || (found && strlen(group_path(g)) <= longest))
                        continue;
                found = u;
                longest = strlen(group_path(g));
        }
        if (found)
                return reply_unit_path(c, found);
        return sd_bus_error_setf(c->error, ERROR_NO_SUCH_UNIT, "Control group %s belongs to no unit.",
                                 wanted);
}

/* Jobs */

static int enqueue_named(Call *c, JobType type) {
        const char *name, *mode;
        Unit *u;
        int r;

        if ((r = sd_bus_message_read(c->message, "ss", &name, &mode)) < 0 ||
            (r = call_load_unit(c, name, &u)) < 0)
                return r;
        return unit_enqueue(c, u, type, mode);
}

static int method_start_unit(Call *c) {
        return enqueue_named(c, JOB_START);
}

static int method_stop_unit(Call *c) {
        return enqueue_named(c, JOB_STOP);
}

static int method_reload_unit(Call *c) {
        return enqueue_named(c, JOB_RELOAD);
}

static int method_restart_unit(Call *c) {
        return enqueue_named(c, JOB_RESTART);
}

static int method_try_restart_unit(Call *c) {
        return enqueue_named(c, JOB_TRY_RESTART);
}

static int method_reload_or_restart_unit(Call *c) {
        return enqueue_named(c, JOB_RELOAD_OR_RESTART);
}

static int method_reload_or_try_restart_unit(Call *c) {
        return enqueue_named(c, JOB_RELOAD_OR_TRY_RESTART);
}

static int method_start_unit_with_flags(Call *c) {
        const char *name, *mode;
        uint64_t flags;
        Unit *u;
        int r;

        r = sd_bus_message_read(c->message, "sst", &name, &mode, &flags);
        if (r < 0)
                return r;
        if (flags != 0)
                return sd_bus_error_set(c->error, SD_BUS_ERROR_INVALID_ARGS, "There are no flags yet.");

        r = call_load_unit(c, name, &u);
        return r < 0 ? r : unit_enqueue(c, u, JOB_START, mode);
}

/* Only if there is a job of the old one to be replaced. */
static int method_start_unit_replace(Call *c) {
        const char *old_name, *name, *mode;
        Unit *old, *u;
        int r;

        if ((r = sd_bus_message_read(c->message, "sss", &old_name, &name, &mode)) < 0 ||
            (r = call_find_unit(c, old_name, &old)) < 0)
                return r;
        if (!old->job || old->job->type != JOB_START)
                return sd_bus_error_setf(c->error, ERROR_NO_SUCH_JOB, "Unit %s has no start job.", old->id);

        r = call_load_unit(c, name, &u);
        return r < 0 ? r : unit_enqueue(c, u, JOB_START, mode);
}

static int method_enqueue_unit_job(Call *c) {
        const char *name, *type, *mode;
        Unit *u;
        int r;

        if ((r = sd_bus_message_read(c->message, "sss", &name, &type, &mode)) < 0 ||
            (r = call_load_unit(c, name, &u)) < 0)
                return r;
        return unit_enqueue_job(c, u, type, mode);
}

static int read_job(Call *c, Job **ret) {
        uint32_t id;
        int r;

        r = sd_bus_message_read(c->message, "u", &id);
        if (r < 0)
                return r;

        *ret = graph_find_job(c->manager->graph, id);
        if (!*ret)
                return sd_bus_error_setf(c->error, ERROR_NO_SUCH_JOB, "Job %u does not exist.", id);
        return 0;
}

static int method_get_job(Call *c) {
        char *path auto_free = NULL;
        Job *j;
        int r;

        if ((r = read_job(c, &j)) < 0 || (r = job_path(j, &path)) < 0)
                return r;
        return sd_bus_reply_method_return(c->message, "o", path);
}

static int method_get_job_after(Call *c) {
        Job *j;
        int r = read_job(c, &j);

        return r < 0 ? r : reply_job_order(c, j, true);
}

static int method_get_job_before(Call *c) {
        Job *j;
        int r = read_job(c, &j);

        return r < 0 ? r : reply_job_order(c, j, false);
}

static int method_cancel_job(Call *c) {
        Job *j;
        int r = read_job(c, &j);

        return r < 0 ? r : cancel_job(c, j->id);
}

/* Each may take others with it, so the list is begun anew after every one. */
static int method_clear_jobs(Call *c) {
        const Graph *g = c->manager->graph;

        for (size_t n = graph_count_jobs(g); n > 0 && graph_count_jobs(g) > 0; n--)
                (void)manager_cancel_job(c->manager, graph_next_job(g, NULL)->id);
        return sd_bus_reply_method_return(c->message, NULL);
}

/* One unit */

static int method_kill_unit(Call *c) {
        const char *name, *whom;
        int32_t signal;
        Unit *u;
        int r;

        if ((r = sd_bus_message_read(c->message, "ssi", &name, &whom, &signal)) < 0 ||
            (r = call_find_unit(c, name, &u)) < 0)
                return r;
        return unit_kill(c, u, whom, signal);
}

static int method_clean_unit(Call *c) {
        Unit *u;
        int r = call_read_and_load_unit(c, &u);

        return r < 0 ? r : unit_reply_clean(c, u);
}

static int freeze_unit(Call *c, bool freeze) {
        Unit *u;
        int r = call_read_and_find_unit(c, &u);

        return r < 0 ? r : unit_freeze(c, u, freeze);
}

static int method_freeze_unit(Call *c) {
        return freeze_unit(c, true);
}

static int method_thaw_unit(Call *c) {
        return freeze_unit(c, false);
}

static int method_reset_failed_unit(Call *c) {
        Unit *u;
        int r = call_read_and_find_unit(c, &u);

        return r < 0 ? r : unit_reset_failed(c, u);
}

static int method_reset_failed(Call *c) {
        return unit_reset_failed(c, NULL);
}

static int method_get_unit_processes(Call *c) {
        Unit *u;
        int r = call_read_and_load_unit(c, &u);

        return r < 0 ? r : unit_reply_processes(c, u);
}

static int method_dump_fd_store(Call *c) {
        Unit *u;
        int r = call_read_and_load_unit(c, &u);

        return r < 0 ? r : unit_reply_fd_store(c, u);
}

static int method_subscribe(Call *c) {
        int r = system_bus_subscribe(c->bus->system, c);

        return r < 0 ? r : method_nothing(c);
}

static int method_unsubscribe(Call *c) {
        int r = system_bus_unsubscribe(c->bus->system, c);

        return r < 0 ? r : method_nothing(c);
}

/* By name, loaded; the handler reads on. */
static int with_unit(Call *c, int (*handle)(Call *c, Unit *u)) {
        Unit *u;
        int r = call_read_and_load_unit(c, &u);

        return r < 0 ? r : handle(c, u);
}

static int hold_loaded(Call *c, Unit *u) {
        int r = unit_check_loaded(c, u);

        return r < 0 ? r : unit_hold(c, u);
}

static int method_ref_unit(Call *c) {
        return with_unit(c, hold_loaded);
}

static int method_unref_unit(Call *c) {
        return with_unit(c, unit_let_go);
}

static int method_set_unit_properties(Call *c) {
        return with_unit(c, unit_set_properties);
}

static int method_attach_processes_to_unit(Call *c) {
        return with_unit(c, unit_attach_processes);
}

static int method_abandon_scope(Call *c) {
        return with_unit(c, unit_abandon);
}

#define UNIT_ROW "a(ssssssouso)"
#define CHANGES "a(sss)"
#define JOB_ROWS "a(usssoo)"

const Method manager_methods[] = {
        { "GetUnit", "s", "o", ACCESS_READ, method_get_unit, "name unit" },
        { "GetUnitByPID", "u", "o", ACCESS_READ, method_get_unit_by_pid, "pid unit" },
        { "GetUnitByInvocationID", "ay", "o", ACCESS_READ, method_get_unit_by_invocation,
          "invocation_id unit" },
        { "GetUnitByControlGroup", "s", "o", ACCESS_READ, method_get_unit_by_control_group, "cgroup unit" },
        { "LoadUnit", "s", "o", ACCESS_READ, method_load_unit, "name unit" },
        { "StartUnit", "ss", "o", ACCESS_UNITS, method_start_unit, "name mode job" },
        { "StartUnitWithFlags", "sst", "o", ACCESS_UNITS, method_start_unit_with_flags,
          "name mode flags job" },
        { "StartUnitReplace", "sss", "o", ACCESS_UNITS, method_start_unit_replace,
          "old_unit new_unit mode job" },
        { "StopUnit", "ss", "o", ACCESS_UNITS, method_stop_unit, "name mode job" },
        { "ReloadUnit", "ss", "o", ACCESS_UNITS, method_reload_unit, "name mode job" },
        { "RestartUnit", "ss", "o", ACCESS_UNITS, method_restart_unit, "name mode job" },
        { "TryRestartUnit", "ss", "o", ACCESS_UNITS, method_try_restart_unit, "name mode job" },
        { "ReloadOrRestartUnit", "ss", "o", ACCESS_UNITS, method_reload_or_restart_unit, "name mode job" },
        { "ReloadOrTryRestartUnit", "ss", "o", ACCESS_UNITS, method_reload_or_try_restart_unit,
          "name mode job" },
        { "EnqueueUnitJob", "sss", "uososa(uosos)", ACCESS_UNITS, method_enqueue_unit_job,
          "name job_type job_mode job_id job_path unit_id unit_path job_type affected_jobs" },
        { "KillUnit", "ssi", "", ACCESS_UNITS, method_kill_unit, "name whom signal" },
        { "CleanUnit", "sas", "", ACCESS_UNITS, method_clean_unit, "name mask" },
        { "FreezeUnit", "s", "", ACCESS_UNITS, method_freeze_unit, "name" },
        { "ThawUnit", "s", "", ACCESS_UNITS, method_thaw_unit, "name" },
        { "ResetFailedUnit", "s", "", ACCESS_UNITS, method_reset_failed_unit, "name" },
        { "SetUnitProperties", "sba(sv)", "", ACCESS_UNITS, method_set_unit_properties,
          "name runtime properties" },
        { "BindMountUnit", "sssbb", "", ACCESS_UNITS, method_not_supported,
          "name source destination read_only mkdir" },
        { "MountImageUnit", "sssbba(ss)", "", ACCESS_UNITS, method_not_supported,
          "name source destination read_only mkdir options" },
        { "RefUnit", "s", "", ACCESS_UNITS, method_ref_unit, "name" },
        { "UnrefUnit", "s", "", ACCESS_UNITS, method_unref_unit, "name" },
        { "StartTransientUnit", "ssa(sv)a(sa(sv))", "o", ACCESS_UNITS, method_start_transient_unit,
          "name mode properties aux job" },
        { "GetUnitProcesses", "s", "a(sus)", ACCESS_READ, method_get_unit_processes, "name processes" },
        { "DumpUnitFileDescriptorStore", "s", FD_STORE_SIGNATURE, ACCESS_READ, method_dump_fd_store,
          "name entries" },
        { "AttachProcessesToUnit", "ssau", "", ACCESS_CONTROL, method_attach_processes_to_unit,
          "unit_name subcgroup pids" },
        { "AbandonScope", "s", "", ACCESS_UNITS, method_abandon_scope, "name" },
        { "GetJob", "u", "o", ACCESS_READ, method_get_job, "id job" },
        { "GetJobAfter", "u", JOB_ROWS, ACCESS_READ, method_get_job_after, "id jobs" },
        { "GetJobBefore", "u", JOB_ROWS, ACCESS_READ, method_get_job_before, "id jobs" },
        { "CancelJob", "u", "", ACCESS_UNITS, method_cancel_job, "id" },
        { "ClearJobs", "", "", ACCESS_UNITS, method_clear_jobs },
        { "ResetFailed", "", "", ACCESS_UNITS, method_reset_failed },
        { "SetShowStatus", "s", "", ACCESS_CONTROL, method_set_show_status, "mode" },
        { "ListUnits", "", UNIT_ROW, ACCESS_READ, method_list_units, "units" },
        { "ListUnitsFiltered", "as", UNIT_ROW, ACCESS_READ, method_list_units_filtered, "states units" },
        { "ListUnitsByPatterns", "asas", UNIT_ROW, ACCESS_READ, method_list_units_by_patterns,
          "states patterns units" },
        { "ListUnitsByNames", "as", UNIT_ROW, ACCESS_READ, method_list_units_by_names, "names units" },
        { "ListJobs", "", JOB_ROWS, ACCESS_READ, method_list_jobs, "jobs" },
        { "Subscribe", "", "", ACCESS_READ, method_subscribe },
        { "Unsubscribe", "", "", ACCESS_READ, method_unsubscribe },
        { "Dump", "", "s", ACCESS_READ, method_dump, "output" },
        { "DumpByFileDescriptor", "", "h", ACCESS_READ, method_dump_to_fd, "fd" },
        { "DumpUnitsMatchingPatterns", "as", "s", ACCESS_READ, method_dump_matching, "patterns output" },
        { "DumpUnitsMatchingPatternsByFileDescriptor", "as", "h", ACCESS_READ, method_dump_matching_to_fd,
          "patterns fd" },
        { "Reload", "", "", ACCESS_RELOAD, method_reload },
        { "Reexecute", "", "", ACCESS_RELOAD, method_not_supported },
        { "Exit", "", "", ACCESS_CONTROL, method_exit },
        { "Reboot", "", "", ACCESS_CONTROL, method_reboot },
        { "PowerOff", "", "", ACCESS_CONTROL, method_power_off },
        { "Halt", "", "", ACCESS_CONTROL, method_power_off },
        { "KExec", "", "", ACCESS_CONTROL, method_reboot },
        { "SwitchRoot", "ss", "", ACCESS_CONTROL, method_not_supported, "new_root init" },
        { "SetEnvironment", "as", "", ACCESS_ENVIRONMENT, method_set_environment, "assignments" },
        { "UnsetEnvironment", "as", "", ACCESS_ENVIRONMENT, method_unset_environment, "names" },
        { "UnsetAndSetEnvironment", "asas", "", ACCESS_ENVIRONMENT, method_unset_and_set_environment,
          "names assignments" },
        { "EnqueueMarkedJobs", "", "ao", ACCESS_UNITS, method_enqueue_marked, "jobs" },
        { "ListUnitFiles", "", "a(ss)", ACCESS_READ, method_list_unit_files, "unit_files" },
        { "ListUnitFilesByPatterns", "asas", "a(ss)", ACCESS_READ, method_list_unit_files_by_patterns,
          "states patterns unit_files" },
        { "GetUnitFileState", "s", "s", ACCESS_READ, method_get_unit_file_state, "file state" },
        { "EnableUnitFiles", "asbb", "b" CHANGES, ACCESS_UNIT_FILES, method_enable_unit_files,
          "files runtime force carries_install_info changes" },
        { "DisableUnitFiles", "asb", CHANGES, ACCESS_UNIT_FILES, method_disable_unit_files,
          "files runtime changes" },
        { "EnableUnitFilesWithFlags", "ast", "b" CHANGES, ACCESS_UNIT_FILES,
          method_enable_unit_files_with_flags, "files flags carries_install_info changes" },
        { "DisableUnitFilesWithFlags", "ast", CHANGES, ACCESS_UNIT_FILES,
          method_disable_unit_files_with_flags, "files flags changes" },
        { "DisableUnitFilesWithFlagsAndInstallInfo", "ast", "b" CHANGES, ACCESS_UNIT_FILES,
          method_disable_unit_files_with_flags_and_install_info, "files flags carries_install_info changes" },
        { "ReenableUnitFiles", "asbb", "b" CHANGES, ACCESS_UNIT_FILES, method_reenable_unit_files,
          "files runtime force carries_install_info changes" },
        { "LinkUnitFiles", "asbb", CHANGES, ACCESS_UNIT_FILES, method_link_unit_files,
          "files runtime force changes" },
        { "PresetUnitFiles", "asbb", "b" CHANGES, ACCESS_UNIT_FILES, method_preset_unit_files,
          "files runtime force carries_install_info changes" },
        { "PresetUnitFilesWithMode", "assbb", "b" CHANGES, ACCESS_UNIT_FILES,
          method_preset_unit_files_with_mode, "files mode runtime force carries_install_info changes" },
        { "MaskUnitFiles", "asbb", CHANGES, ACCESS_UNIT_FILES, method_mask_unit_files,
          "files runtime force changes" },
        { "UnmaskUnitFiles", "asb", CHANGES, ACCESS_UNIT_FILES, method_unmask_unit_files,
          "files runtime changes" },
        { "RevertUnitFiles", "as", CHANGES, ACCESS_UNIT_FILES, method_revert_unit_files, "files changes" },
        { "SetDefaultTarget", "sb", CHANGES, ACCESS_UNIT_FILES, method_set_default_target,
          "name force changes" },
        { "GetDefaultTarget", "", "s", ACCESS_READ, method_get_default_target, "name" },
        { "PresetAllUnitFiles", "sbb", CHANGES, ACCESS_UNIT_FILES, method_preset_all_unit_files,
          "mode runtime force changes" },
        { "AddDependencyUnitFiles", "asssbb", CHANGES, ACCESS_UNIT_FILES, method_add_dependency_unit_files,
          "files target type runtime force changes" },
        { "GetUnitFileLinks", "sb", "as", ACCESS_READ, method_get_unit_file_links, "name runtime links" },
        { "SetExitCode", "y", "", ACCESS_CONTROL, method_set_exit_code, "number" },
        { "LookupDynamicUserByName", "s", "u", ACCESS_READ, method_dynamic_user_by_name, "name uid" },
        { "LookupDynamicUserByUID", "u", "s", ACCESS_READ, method_dynamic_user_by_uid, "uid name" },
        { "GetDynamicUsers", "", "a(us)", ACCESS_READ, method_get_dynamic_users, "users" },
        { 0 },
};
