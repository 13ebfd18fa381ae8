/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a unit's files say: defaults, copies of parts, findings, how values are shown. */

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <syslog.h>

#include "spec-world.h"

static void bad_names_are_refused(void **state) {
        UnitSpec *s;

        assert_int_equal(spec_new("a", &s), -EINVAL);
        assert_int_equal(spec_new("a.conf", &s), -EINVAL);
        assert_int_equal(spec_new("a b.service", &s), -EINVAL);
        assert_int_equal(spec_new("", &s), -EINVAL);
}

static void defaults_are_shared_until_assigned(void **state) {
        UnitSpec *a, *b;
        const Assignment user = { .section = "Service", .key = "User", .value = "daemon" };

        assert_int_equal(spec_new("a.service", &a), 0);
        assert_int_equal(spec_new("b.service", &b), 0);
        for (int p = 0; p < PART_MAX; p++)
                assert_ptr_equal(a->parts[p], b->parts[p]);

        assert_int_equal(spec_assign(a, NULL, &user), 0);
        assert_ptr_not_equal(a->exec, b->exec);
        assert_string_equal(a->exec->user, "daemon");
        assert_null(b->exec->user);
        assert_ptr_equal(a->service, b->service);
        spec_free(a);
        spec_free(b);
}

static void a_plain_service_has_the_defaults_of_the_manual(void **state) {
        World w;

        world_complete(&w, "a.service", "[Service]\nExecStart=/bin/a\n");
        expect_nothing_found(&w);
        assert_false(w.spec->fatal);
        assert_int_equal(w.spec->service->type, TYPE_SIMPLE);
        assert_int_equal(w.spec->service->restart, RESTART_NO);
        assert_int_equal(w.spec->service->restart_delay, 100 * USEC_PER_MSEC);
        assert_int_equal(w.spec->service->timeout_start, 90 * USEC_PER_SEC);
        assert_int_equal(w.spec->service->timeout_stop, 90 * USEC_PER_SEC);
        assert_false(w.spec->service->timeout_abort_set);
        assert_int_equal(w.spec->service->notify_access, NOTIFY_NONE);
        assert_int_equal(w.spec->service->oom_policy, OOM_STOP);
        assert_true(w.spec->service->guess_main_pid);
        assert_true(w.spec->service->runtime_max == USEC_INFINITY);
        assert_int_equal(w.spec->kill->signal, SIGTERM);
        assert_int_equal(w.spec->kill->restart_signal, 0);
        assert_int_equal(w.spec->kill->final_signal, SIGKILL);
        assert_true(w.spec->kill->send_sigkill);
        assert_int_equal(w.spec->policy->start_limit_interval, 10 * USEC_PER_SEC);
        assert_int_equal(w.spec->policy->start_limit_burst, 5);
        assert_true(w.spec->policy->job_timeout == USEC_INFINITY);
        assert_int_equal(w.spec->policy->failure_action_exit_status, -1);
        assert_int_equal(w.spec->exec->umask, 0022);
        assert_true(w.spec->exec->ignore_sigpipe);
        assert_int_equal(w.spec->exec->io.input, INPUT_NULL);
        assert_int_equal(w.spec->exec->io.output, OUTPUT_JOURNAL);
        assert_int_equal(w.spec->exec->io.error, OUTPUT_INHERIT);
        assert_int_equal(w.spec->exec->syslog_facility, LOG_DAEMON);
        assert_int_equal(w.spec->exec->syslog_level, LOG_INFO);
        assert_int_equal(w.spec->exec->log_level_max, -1);
        assert_int_equal(w.spec->exec->directories[DIRECTORY_RUNTIME].mode, 0755);
        assert_false(w.spec->exec->nice_set);
        assert_true(w.spec->cgroup->memory_max == LIMIT_UNSET);
        assert_true(w.spec->cgroup->memory_max_permyriad == LIMIT_UNSET);
        assert_true(w.spec->cgroup->tasks_max == LIMIT_UNSET);
        assert_true(w.spec->cgroup->cpu_quota_per_sec == USEC_INFINITY);
        assert_string_equal(spec_slice(w.spec), "system.slice");
        world_release(&w);
}

static void an_empty_value_starts_a_list_afresh(void **state) {
        World w;

        world_complete(
                &w, "a.service",
                "[Unit]\nConditionPathExists=/a\nConditionUser=root\nConditionPathExists=\nConditionHost=b\n"
                "[Service]\nExecStart=/bin/a\nExecStart=\nExecStart=/bin/b\n"
                "Environment=A=1\nEnvironment=\nEnvironment=B=2\nEnvironmentFile=/a\nEnvironmentFile=\n"
                "Nice=5\nNice=\nMemoryMax=20%\nMemoryMax=\nUser=a\nUser=\n");
        expect_nothing_found(&w);
        assert_int_equal(w.spec->commands->of[COMMAND_START].n, 1);
        assert_string_equal(w.spec->commands->of[COMMAND_START].v[0].path, "/bin/b");
        assert_int_equal(w.spec->common->conditions.n, 1);
        assert_string_equal(w.spec->common->conditions.v[0].type, "Host");
        assert_int_equal(strv_length(w.spec->exec->environment), 1);
        assert_string_equal(w.spec->exec->environment[0], "B=2");
        assert_int_equal(w.spec->exec->n_environment_files, 0);
        assert_false(w.spec->exec->nice_set);
        assert_true(w.spec->cgroup->memory_max_permyriad == LIMIT_UNSET);
        assert_null(w.spec->exec->user);
        world_release(&w);
}

static void where_systemd_wants_a_value_an_empty_one_changes_nothing(void **state) {
        World w;

        world_complete(&w, "a.service",
                       "[Service]\nExecStart=/bin/a\nLimitNOFILE=5\nLimitNOFILE=\nUMask=0077\nUMask=\n"
                       "KillSignal=HUP\nKillSignal=\n");
        assert_int_equal(w.report.n_findings, 3);
        assert_int_equal(w.spec->exec->rlimits[RLIMIT_NOFILE]->soft, 5);
        assert_int_equal(w.spec->exec->umask, 0077);
        assert_int_equal(w.spec->kill->signal, SIGHUP);
        world_release(&w);
}

static void keys_that_go_out_of_use_are_warned_of(void **state) {
        World w;

        world_complete(&w, "a.service",
                       "[Unit]\nRequiresOverridable=b.service\n"
                       "[Service]\nExecStart=/bin/a\nMemoryLimit=1G\nCPUShares=5\n");
        assert_int_equal(w.report.n_findings, 3);
        for (size_t i = 0; i < 3; i++) {
                assert_int_equal(w.report.findings[i].code, FINDING_OLD_FORM);
                assert_int_equal(w.report.findings[i].severity, SEVERITY_WARNING);
        }
        assert_true(has(w.spec, DEP_REQUIRES, "b.service"));
        assert_true(w.spec->cgroup->memory_max == (uint64_t)1 << 30);
        world_release(&w);
}

static void the_first_unit_of_a_timer_stays(void **state) {
        World w;

        world_complete(&w, "a.timer", "[Timer]\nOnBootSec=1\nUnit=a.timer\nUnit=b.service\nUnit=c.service\n");
        assert_int_equal(w.report.n_findings, 2);
        assert_int_equal(w.report.findings[0].line, 3);
        assert_int_equal(w.report.findings[1].line, 5);
        assert_string_equal(w.spec->timer->unit, "b.service");
        world_release(&w);
}

static void lists_add_up_over_files(void **state) {
        World w;

        world_init(&w, "a.service", "[Service]\nExecStart=/bin/a\nEnvironment=A=1\nSuccessExitStatus=1\n");
        world_read(&w, "10.conf", "[Service]\nEnvironment=B=2 A=3\nSuccessExitStatus=2 SIGHUP\n");
        assert_string_equal(w.spec->exec->environment[0], "A=3");
        assert_string_equal(w.spec->exec->environment[1], "B=2");
        assert_int_equal(w.spec->service->success_status.n_codes, 2);
        assert_int_equal(w.spec->service->success_status.n_signals, 1);
        assert_int_equal(strv_length(w.spec->files), 2);
        assert_string_equal(w.spec->files[0], "a.service");
        assert_string_equal(w.spec->files[1], "10.conf");
        world_release(&w);
}

static void five_mistakes_are_five_findings(void **state) {
        char *found auto_free = NULL;
        World w;

        world_complete(&w, "a.service",
                       "[Unit]\n"                   /* 1 */
                       "Descripton=x\n"             /* 2 */
                       "[Service]\n"                /* 3 */
                       "ExecStart=/bin/a\n"         /* 4 */
                       "TimeoutStopSec=5 parsecs\n" /* 5 */
                       "Restart=sometimes\n"        /* 6 */
                       "[Servce]\n"                 /* 7 */
                       "User=a\n"                   /* 8 */
                       "Group=a\n"                  /* 9 */
                       "[Service]\n"                /* 10 */
                       "After=b.service\n");        /* 11 */
        found = findings(&w);
        assert_string_equal(found, "2 Descripton\n5 TimeoutStopSec\n6 Restart\n7 -\n11 After\n");
        expect_text(&w, 0,
                    "Unknown key 'Descripton' in section [Unit]; it is ignored. Did you mean Description=?");
        expect_text(
                &w, 1,
                "'5 parsecs' is not a time span such as 5s or 1min 30s, or infinity; the default is kept.");
        expect_text(&w, 3,
                    "Unknown section [Servce] in a unit of the type service; its lines are ignored. Did you "
                    "mean [Service]?");
        expect_text(
                &w, 4,
                "Unknown key 'After' in section [Service]; it is ignored. After= belongs in section [Unit].");
        assert_false(w.spec->fatal);
        assert_int_equal(w.spec->service->timeout_stop, 90 * USEC_PER_SEC);
        world_release(&w);
}

static void a_finding_has_the_column_of_the_word(void **state) {
        static const struct {
                unsigned line, column;
                FindingCode code;
        } expected[] = { { 1, 1, FINDING_SYNTAX },      { 2, 2, FINDING_UNKNOWN_SECTION },
                         { 4, 3, FINDING_UNKNOWN_KEY }, { 5, 17, FINDING_BAD_VALUE },
                         { 6, 21, FINDING_BAD_VALUE },  { 8, 0, FINDING_BAD_VALUE },
                         { 9, 1, FINDING_SYNTAX } };
        World w;

        world_init(&w, "a.service",
                   "Stray=1\n"
                   " [Bogus]\n"
                   "[Service]\n"
                   "  Frobnicate=1\n"
                   "  TimeoutSec =  \xc3\xa9\n"
                   "Environment=A=\xc3\xa9 B=1 2 C=3\n"
                   "Environment=A=1 \\\n"
                   "  2\n"
                   "=3\n");
        assert_int_equal(w.report.n_findings, ELEMENTSOF(expected));
        for (size_t i = 0; i < ELEMENTSOF(expected); i++) {
                assert_int_equal(w.report.findings[i].line, expected[i].line);
                assert_int_equal(w.report.findings[i].column, expected[i].column);
                assert_int_equal(w.report.findings[i].code, expected[i].code);
        }
        world_release(&w);
}

static void a_finding_says_what_becomes_of_the_value(void **state) {
        World w;

        world_init(&w, "a.service",
                   "[Service]\nRestartSec=1\nRestartSec=x\nRestart=\nEnvironment=A=1 "
                   "2\nUser=a:b\nNice=99\nExecStart=a/b\n");
        expect_text(&w, 0, "'x' is not a time span such as 5s or 1min 30s; the earlier value is kept.");
        expect_text(&w, 1,
                    "The value is empty, but must be one of no, on-success, on-failure, on-abnormal, "
                    "on-watchdog, "
                    "on-abort, always; the default is kept.");
        expect_text(&w, 2,
                    "'2' is not an assignment such as NAME=value (with blanks: \"NAME=two words\"); it is "
                    "ignored.");
        expect_text(&w, 3, "'a:b' is not a user or group: a name or a number; the unit cannot be used.");
        expect_text(&w, 4, "'99' is not a number from -20 to 19; the default is kept.");
        expect_text(&w, 5,
                    "'a/b' is neither an absolute path nor a name without slashes; the unit cannot be used.");
        assert_int_equal(w.spec->service->restart_delay, USEC_PER_SEC);
        assert_string_equal(w.spec->exec->environment[0], "A=1");
        assert_true(w.spec->fatal);
        world_release(&w);
}

static void extensions_are_passed_over_in_silence(void **state) {
        World w;

        world_complete(
                &w, "a.service",
                "[Service]\nExecStart=/bin/a\nX-Anything=1\nX-Essential=yes\nX-PassManagerEnvironment=no\n"
                "[X-Vendor]\nA=1\n[Unit]\nX-Foo=x\n");
        expect_nothing_found(&w);
        assert_int_equal(w.spec->service->essential, 1);
        assert_string_equal(w.spec->exec->pass_manager_environment[0], "");
        world_release(&w);
}

static void old_spellings_mean_the_new_settings(void **state) {
        World w;

        world_complete(
                &w, "a.service",
                "[Unit]\nBindTo=b.service\nPropagateReloadTo=c.service\nOnFailureIsolate=yes\n"
                "[Service]\nExecStart=/bin/a\nStartLimitInterval=20\nStartLimitBurst=7\nFailureAction=exit\n"
                "RebootArgument=x\nStartLimitAction=reboot\nPermissionsStartOnly=true\n"
                "ReadWriteDirectories=/a\nTimeoutSec=5\n");
        expect_nothing_found(&w);
        assert_true(has(w.spec, DEP_BINDS_TO, "b.service"));
        assert_true(has(w.spec, DEP_PROPAGATES_RELOAD_TO, "c.service"));
        assert_int_equal(w.spec->policy->on_failure_job_mode, JOB_ISOLATE);
        assert_int_equal(w.spec->policy->start_limit_interval, 20 * USEC_PER_SEC);
        assert_int_equal(w.spec->policy->start_limit_burst, 7);
        assert_int_equal(w.spec->policy->failure_action, ACTION_EXIT);
        assert_int_equal(w.spec->policy->start_limit_action, ACTION_REBOOT);
        assert_string_equal(w.spec->policy->reboot_argument, "x");
        assert_true(w.spec->service->permissions_start_only);
        assert_string_equal(w.spec->sandbox->read_write_paths[0], "/a");
        assert_int_equal(w.spec->service->timeout_start, 5 * USEC_PER_SEC);
        assert_int_equal(w.spec->service->timeout_stop, 5 * USEC_PER_SEC);
        world_release(&w);
}

static void command_lines_are_taken_apart_as_systemd_does(void **state) {
        const Command *v;
        World w;

        world_init(&w, "app@x.service",
                   "[Service]\nExecStart=-@/bin/a argv0 %i \"two words\" $A ${B} \\; ';' ; !!prog %%\n");
        expect_nothing_found(&w);
        assert_int_equal(w.spec->commands->of[COMMAND_START].n, 2);
        v = w.spec->commands->of[COMMAND_START].v;
        assert_string_equal(v[0].path, "/bin/a");
        assert_int_equal(v[0].flags, COMMAND_IGNORE_FAILURE);
        assert_int_equal(strv_length(v[0].argv), 7);
        assert_string_equal(v[0].argv[0], "argv0");
        assert_string_equal(v[0].argv[1], "x");
        assert_string_equal(v[0].argv[2], "two words");
        assert_string_equal(v[0].argv[3], "$A");
        assert_string_equal(v[0].argv[5], ";");
        assert_string_equal(v[0].argv[6], ";");
        assert_string_equal(v[1].path, "prog");
        assert_string_equal(v[1].argv[1], "%");
        assert_int_equal(v[1].flags, COMMAND_AMBIENT_MAGIC);
        world_release(&w);
}

static void a_bad_command_with_a_dash_does_no_harm(void **state) {
        World w;

        world_complete(&w, "a.service", "[Service]\nExecStart=/bin/a\nExecStartPre=-a/b\n");
        assert_int_equal(w.report.n_findings, 1);
        expect_text(&w, 0, "'a/b' is neither an absolute path nor a name without slashes; it is left out.");
        assert_false(w.spec->fatal);
        assert_int_equal(w.spec->commands->of[COMMAND_START_PRE].n, 0);
        world_release(&w);
}

static void specifiers_are_replaced_where_systemd_does(void **state) {
        World w;

        world_init(&w, "web@a-b.service",
                   "[Unit]\nDescription=%p of %i on %H\nAfter=%p-db@%i.service "
                   "peer@.service\nConditionPathExists=%t/%i\n"
                   "[Service]\nEnvironment=NAME=%n "
                   "PCT=100%%\nPIDFile=%t/%p.pid\nUser=u%i\nRuntimeDirectory=%p/%i\n"
                   "EnvironmentFile=-/etc/%p.env\nSyslogIdentifier=%p\nWorkingDirectory=%S/%p\n"
                   "[Install]\nWantedBy=%p.target\n");
        expect_nothing_found(&w);
        assert_string_equal(w.spec->common->description, "web of a-b on box.example.org");
        assert_true(has(w.spec, DEP_AFTER, "web-db@a-b.service"));
        assert_true(has(w.spec, DEP_AFTER, "peer@a-b.service"));
        assert_string_equal(w.spec->common->conditions.v[0].parameter, "/run/a-b");
        assert_string_equal(w.spec->exec->environment[0], "NAME=web@a-b.service");
        assert_string_equal(w.spec->exec->environment[1], "PCT=100%");
        assert_string_equal(w.spec->service->pid_file, "/run/web.pid");
        assert_string_equal(w.spec->exec->user, "ua-b");
        assert_string_equal(w.spec->exec->directories[DIRECTORY_RUNTIME].names[0], "web/a-b");
        assert_string_equal(w.spec->exec->environment_files[0].path, "/etc/web.env");
        assert_true(w.spec->exec->environment_files[0].optional);
        assert_string_equal(w.spec->exec->syslog_identifier, "web");
        assert_string_equal(w.spec->exec->working_directory, "/var/lib/web");
        assert_string_equal(w.spec->install->wanted_by[0], "%p.target"); /* not before it is enabled */
        world_release(&w);
}

static void a_specifier_without_a_value_is_said(void **state) {
        World w;

        world_init(&w, "a.service", "[Unit]\nDescription=%A\n[Service]\nUser=%q%9\n");
        expect_text(&w, 0, "'%A' has a specifier without a value here; the default is kept.");
        expect_text(
                &w, 1,
                "'%q%9' has an unknown specifier (a percent sign is written %%); the unit cannot be used.");
        world_release(&w);
}

typedef struct Visited {
        Buf text;
} Visited;

static void visit(const Directive *d, const char *value, const char *file, unsigned line, void *userdata) {
        Visited *v = userdata;

        assert_non_null(d->limit);
        buf_addf(&v->text, "%s:%u %s=%s\n", file, line, d->key, value);
}

static void what_is_not_applied_is_listed_in_order(void **state) {
        Visited visited = { 0 };
        World w;

        world_init(&w, "a.service",
                   "[Service]\nExecStart=/"
                   "a\nPAMName=x\nMemoryKSM=no\nRestrictFileSystems=~@network\nUser=a\n"
                   "ExtensionDirectories=/a\nRootEphemeral=no\nRestrictFileSystems=@known\nDeviceAllow=/dev/"
                   "a\nDeviceAllow=\n");
        world_read(&w, "b.conf", "[Service]\nPAMName=y\nIPAccounting=on\n");
        spec_visit_unapplied(w.spec, visit, &visited);
        assert_string_equal(visited.text.data,
                            "a.service:5 RestrictFileSystems=~@network\na.service:7 ExtensionDirectories=/a\n"
                            "a.service:9 RestrictFileSystems=@known\nb.conf:2 PAMName=y\n"
                            "b.conf:3 IPAccounting=on\n");
        buf_release(&visited.text);
        world_release(&w);
}

static void settings_without_a_field_are_shown_as_written(void **state) {
        Buf b auto_buf = { 0 };
        World w;

        world_init(&w, "a.service",
                   "[Service]\nRestrictFileSystems=~@network\nRestrictFileSystems=@known\nDevicePolicy="
                   "strict\nDevicePolicy=closed\n");
        assert_int_equal(directive_format(directive_find("Service", "RestrictFileSystems"), w.spec, &b), 0);
        buf_add_char(&b, '|');
        assert_int_equal(directive_format(directive_find("Service", "DevicePolicy"), w.spec, &b), 0);
        buf_add_char(&b, '|');
        assert_int_equal(directive_format(directive_find("Service", "PrivateBPF"), w.spec, &b), 0);
        assert_string_equal(b.data, "~@network\n@known|closed|no");
        world_release(&w);
}

static void capabilities_add_up_as_in_systemd(void **state) {
        World w;

        world_init(&w, "a.service",
                   "[Service]\nCapabilityBoundingSet=CAP_CHOWN\nCapabilityBoundingSet=CAP_KILL\n"
                   "AmbientCapabilities=CAP_KILL CAP_CHOWN\nAmbientCapabilities=~CAP_CHOWN\n");
        assert_int_equal(w.spec->exec->capability_bounding, 1 << 0 | 1 << 5);
        assert_int_equal(w.spec->exec->capability_ambient, 1 << 5);
        assert_true(w.spec->exec->capability_bounding_set);
        world_release(&w);

        world_init(&w, "a.service", "[Service]\nCapabilityBoundingSet=\n");
        assert_int_equal(w.spec->exec->capability_bounding, 0);
        assert_true(w.spec->exec->capability_bounding_set);
        world_release(&w);

        world_init(&w, "a.service", "[Service]\nCapabilityBoundingSet=CAP_WHAT\n");
        assert_int_equal(__builtin_popcountll(w.spec->exec->capability_bounding), 63);
        world_release(&w);
}

/* The whole text of a file, NULL when there is none to read. */
static char *file_text(const char *dir, const char *name) {
        char path[512], *text;
        size_t n;
        FILE *f;

        snprintf(path, sizeof(path), "%s/%s", dir, name);
        f = fopen(path, "re");
        if (!f)
                return NULL;
        text = calloc(1, 1 << 20);
        n = text ? fread(text, 1, (1 << 20) - 1, f) : 0;
        fclose(f);
        if (n > 0)
                return text;
        free(text);
        return NULL;
}

/* How many findings say that something is unknown or wrong. */
static unsigned complaints(const char *name, const char *text) {
        char *instance auto_free = NULL;
        unsigned n = 0;
        World w;

        if (name_kind(name) == NAME_TEMPLATE) { /* only an instance can be used */
                assert_int_equal(name_with_instance(name, "x", &instance), 0);
                name = instance;
        }
        world_complete(&w, name, text);
        for (size_t i = 0; i < w.report.n_findings; i++) {
                const Finding *f = &w.report.findings[i];

                if (!strstr(f->text, "Unknown") && f->severity != SEVERITY_ERROR)
                        continue;
                if (strstr(f->text, "This kind of socket is not opened"))
                        continue; /* netlink: refused on purpose */
                print_error("%s:%u: %s\n", name, f->line, f->text);
                n++;
        }
        world_release(&w);
        return n;
}

static void the_units_of_this_machine_are_understood(void **state) {
        static const char dir[] = "/usr/lib/systemd/system";
        unsigned n = 0, wrong = 0;
        struct dirent *entry;
        DIR *d;

        d = opendir(dir);
        while (d && (entry = readdir(d))) {
                char *text auto_free = NULL;

                if (!name_is_valid(entry->d_name, NAME_ANY))
                        continue;
                text = file_text(dir, entry->d_name);
                if (!text)
                        continue;
                wrong += complaints(entry->d_name, text);
                n++;
        }
        if (d)
                closedir(d);
        if (n == 0)
                skip();
        assert_int_equal(wrong, 0);
}

static void equal_parts_are_kept_once(void **state) {
        static const char *const text =
                "[Service]\nExecStart=/bin/a\nStandardOutput=null\nKillMode=process\n";
        World a, b;
        KillSpec *kill;

        world_complete(&a, "a.service", text);
        world_complete(&b, "b.service", text);
        assert_ptr_equal(a.spec->exec, b.spec->exec);
        assert_ptr_equal(a.spec->kill, b.spec->kill);
        assert_ptr_equal(a.spec->service, b.spec->service);
        assert_ptr_not_equal(a.spec->commands, b.spec->commands);

        kill = spec_part(a.spec, PART_KILL);
        assert_non_null(kill);
        assert_int_equal(kill->mode, KILL_PROCESS);
        kill->mode = KILL_MIXED;
        assert_int_equal(b.spec->kill->mode, KILL_PROCESS);
        world_release(&a);
        assert_int_equal(b.spec->exec->io.output, OUTPUT_NULL);
        world_release(&b);
}

static void of_many_dependencies_each_is_there_once(void **state) {
        char text[64 + 300 * 40] = "[Service]\nExecStart=/bin/a\n[Unit]\nDefaultDependencies=no\n";
        size_t n = strlen(text);
        World w;

        for (unsigned i = 0; i < 300; i++)
                n += (size_t)snprintf(text + n, sizeof(text) - n, "Wants=u%u.target\n", i % 100);
        world_complete(&w, "a.service", text);
        assert_true(w.spec->common->n_deps < 110); /* a few are implicit */
        for (unsigned i = 0; i < 100; i++) {
                char name[32];

                snprintf(name, sizeof(name), "u%u.target", i);
                assert_string_equal(w.spec->common->deps[i].name, name);
        }
        world_release(&w);
}

static void parts_that_own_memory_are_not_shared(void **state) {
        static const char *const text = "[Service]\nExecStart=/bin/a\nUser=nobody\nStandardOutput=file:/a\n";
        World a, b;

        world_complete(&a, "a.service", text);
        world_complete(&b, "b.service", text);
        assert_ptr_not_equal(a.spec->exec, b.spec->exec);
        world_release(&a);
        assert_string_equal(b.spec->exec->user, "nobody");
        world_release(&b);
}

static void mistakes_are_found_in_all_profiles(void **state) {
        World w = { .context = { .specifiers = { .host = &host }, .profile = "a" } };
        char *said auto_free = NULL;

        w.context.report = &w.report;
        assert_int_equal(spec_new("x.service", &w.spec), 0);
        world_read(&w, "x.service",
                   "[X-Profile a]\nNice=high\n[X-Profile b]\nExecStart=relative/path\nNicer=1\nX-Profile=a\n"
                   "[X-Profile]\nNice=1\n[X-Profile c "
                   "d]\nNice=2\n[X-Other]\nNice=3\n[Service]\nExecStart=/bin/x\n");
        said = findings(&w);
        assert_string_equal(said, "6 X-Profile\n7 -\n9 -\n4 ExecStart\n5 Nicer\n2 Nice\n");
        assert_int_equal(w.spec->exec->nice, 0);
        assert_false(w.spec->fatal);
        assert_string_equal(w.spec->profile, "a");
        assert_int_equal(strv_length(w.spec->profiles), 2);
        world_release(&w);
}

static void other_units_have_no_profiles(void **state) {
        World w = { .context = { .specifiers = { .host = &host }, .profile = "a" } };

        w.context.report = &w.report;
        assert_int_equal(spec_new("x.socket", &w.spec), 0);
        world_read(&w, "x.socket", "[Socket]\nListenStream=/a\n[X-Profile a]\nListenStream=/b\n");
        assert_null(w.spec->profiles);
        assert_int_equal(spec_complete(w.spec, &w.context), 0);
        expect_nothing_found(&w);
        world_release(&w);
}

static void a_profile_that_is_missing_is_said_in_one_line(void **state) {
        World w;

        world_init(&w, "x.service", "[Service]\nExecStart=/bin/x\n[X-Profile a]\n[X-Profile b]\n");
        w.context.profile = "c";
        assert_int_equal(spec_complete(w.spec, &w.context), 0);
        assert_int_equal(w.report.n_findings, 1);
        expect_text(&w, 0, "There is no [X-Profile c] here, only a, b; the unit goes without a profile.");
        world_release(&w);
        world_complete(&w, "x.service", "[Service]\nExecStart=/bin/x\nX-Profile=c\n");
        assert_int_equal(w.report.n_findings, 1);
        expect_text(&w, 0, "There is no [X-Profile c] here; the unit goes without a profile.");
        world_release(&w);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(bad_names_are_refused),
                cmocka_unit_test(defaults_are_shared_until_assigned),
                cmocka_unit_test(a_plain_service_has_the_defaults_of_the_manual),
                cmocka_unit_test(an_empty_value_starts_a_list_afresh),
                cmocka_unit_test(where_systemd_wants_a_value_an_empty_one_changes_nothing),
                cmocka_unit_test(keys_that_go_out_of_use_are_warned_of),
                cmocka_unit_test(the_first_unit_of_a_timer_stays),
                cmocka_unit_test(lists_add_up_over_files),
                cmocka_unit_test(five_mistakes_are_five_findings),
                cmocka_unit_test(a_finding_has_the_column_of_the_word),
                cmocka_unit_test(a_finding_says_what_becomes_of_the_value),
                cmocka_unit_test(extensions_are_passed_over_in_silence),
                cmocka_unit_test(old_spellings_mean_the_new_settings),
                cmocka_unit_test(command_lines_are_taken_apart_as_systemd_does),
                cmocka_unit_test(a_bad_command_with_a_dash_does_no_harm),
                cmocka_unit_test(specifiers_are_replaced_where_systemd_does),
                cmocka_unit_test(a_specifier_without_a_value_is_said),
                cmocka_unit_test(what_is_not_applied_is_listed_in_order),
                cmocka_unit_test(settings_without_a_field_are_shown_as_written),
                cmocka_unit_test(capabilities_add_up_as_in_systemd),
                cmocka_unit_test(equal_parts_are_kept_once),
                cmocka_unit_test(of_many_dependencies_each_is_there_once),
                cmocka_unit_test(parts_that_own_memory_are_not_shared),
                cmocka_unit_test(the_units_of_this_machine_are_understood),
                cmocka_unit_test(mistakes_are_found_in_all_profiles),
                cmocka_unit_test(other_units_have_no_profiles),
                cmocka_unit_test(a_profile_that_is_missing_is_said_in_one_line),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
