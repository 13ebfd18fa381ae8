/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The verbs: dispatch, --help and completion walk this table. */

#include "ctl/ctl.h"

const Verb verbs[] = {
        { "start", "UNIT...", "Start units", 1, -1, verb_jobs, "Units" },
        { "stop", "UNIT...", "Stop units", 1, -1, verb_jobs, "Units" },
        { "restart", "UNIT...", "Stop units and start them again", 1, -1, verb_jobs, "Units" },
        { "try-restart", "UNIT...", "Restart units that are active", 1, -1, verb_jobs, "Units" },
        { "reload", "UNIT...", "Ask units to read their configuration again", 1, -1, verb_jobs, "Units" },
        { "reload-or-restart", "UNIT...", "Reload units where possible, else restart them", 1, -1, verb_jobs,
          "Units" },
        { "try-reload-or-restart", "UNIT...", "The same, for active units only", 1, -1, verb_jobs, "Units" },
        { "isolate", "UNIT", "Start a unit and stop all others", 1, 1, verb_isolate, "Units" },
        { "kill", "UNIT...", "Send a signal to the processes of units", 1, -1, verb_kill, "Units" },
        { "status", "[UNIT...]", "Show the state of units, with their last log lines", 0, -1, verb_status,
          "Units" },
        { "show", "[UNIT...]", "Show properties", 0, -1, verb_show, "Units" },
        { "cat", "UNIT...", "Show the files of units", 1, -1, verb_cat, "Units" },
        { "logs", "[UNIT...]", "Show the log", 0, -1, verb_logs, "Units" },
        { "is-active", "UNIT...", "Is one of the units active?", 1, -1, verb_is_active, "Units" },
        { "is-failed", "UNIT...", "Has one of the units failed?", 1, -1, verb_is_failed, "Units" },
        { "reset-failed", "[UNIT...]", "Forget that units have failed", 0, -1, verb_reset_failed, "Units" },
        { "list-units", "[PATTERN...]", "List the units in memory", 0, -1, verb_list_units, "Units" },
        { "list-jobs", "", "List the jobs that wait or run", 0, 0, verb_list_jobs, "Units" },
        { "cancel", "[JOB...]", "Cancel jobs, without arguments all", 0, -1, verb_cancel, "Units" },
        { "list-dependencies", "[UNIT...]", "Show what a unit pulls in", 0, -1, verb_list_dependencies,
          "Units" },
        { "dot", "[PATTERN...]", "Draw units and their dependencies, for graphviz", 0, -1, verb_dot,
          "Units" },
        { "plan", "UNIT...", "Show what a job would take along, in which order and why; --job=", 1, -1,
          verb_plan, "Units" },
        { "enable", "UNIT...", "Have units started at boot", 1, -1, verb_unit_files, "Unit files" },
        { "disable", "UNIT...", "Undo enable", 1, -1, verb_unit_files, "Unit files" },
        { "reenable", "UNIT...", "Disable and enable again", 1, -1, verb_unit_files, "Unit files" },
        { "mask", "UNIT...", "Make units impossible to start", 1, -1, verb_unit_files, "Unit files" },
        { "unmask", "UNIT...", "Undo mask", 1, -1, verb_unit_files, "Unit files" },
        { "is-enabled", "UNIT...", "Are the units enabled?", 1, -1, verb_is_enabled, "Unit files" },
        { "list-unit-files", "[PATTERN...]", "List the files and whether they are enabled", 0, -1,
          verb_list_unit_files, "Unit files" },
        { "get-default", "", "Show what is booted", 0, 0, verb_get_default, "Unit files" },
        { "set-default", "UNIT", "Set what is booted", 1, 1, verb_set_default, "Unit files" },
        { "verify", "FILE|UNIT...", "Check unit files, with file, line and what was expected", 1, -1,
          verb_verify, "Unit files" },
        { "analyze", "CHECK [ARGUMENTS]", "Check values: calendar, timespan, timestamp, condition, ...", 0,
          -1, verb_analyze, "Unit files" },
        { "diff", "[UNIT...]", "Compare what is loaded with the files", 0, -1, verb_diff, "Unit files" },
        { "apply", "[UNIT...]", "Reload, and restart, start or stop the units that have changed", 0, -1,
          verb_apply, "Unit files" },
        { "escape", "TEXT...", "Escape text for use in a unit name", 0, -1, verb_escape, "Unit files" },
        { "dump-directives", "", "List all directives that svinit knows", 0, 0, verb_dump_directives,
          "Unit files" },
        { "daemon-reload", "", "Read all unit files again", 0, 0, verb_daemon_reload, "Manager" },
        { "is-system-running", "", "Is the system up, and are all units well?", 0, 0, verb_is_system_running,
          "Manager" },
        { "show-environment", "", "Show the environment that units inherit", 0, 0, verb_show_environment,
          "Manager" },
        { "set-environment", "NAME=VALUE...", "Set variables for units started from now on", 1, -1,
          verb_set_environment, "Manager" },
        { "unset-environment", "NAME...", "Unset variables", 1, -1, verb_set_environment, "Manager" },
        { "exit", "[CODE]", "Stop all units and end svinit with this exit code", 0, 1, verb_exit, "Manager" },
        { "poweroff", "", "The same with exit code 0", 0, 0, verb_exit, "Manager" },
        { "reboot", "", "The same with exit code 133", 0, 0, verb_exit, "Manager" },
        { "halt", "", "The same with exit code 0", 0, 0, verb_exit, "Manager" },
        { "help", "", "Show this text", 0, 0, verb_help, "Manager" },
        { 0 },
};

const Verb *verb_find(const char *name) {
        for (const Verb *v = verbs; v->name; v++)
                if (str_equal(v->name, name))
                        return v;
        return NULL;
}
