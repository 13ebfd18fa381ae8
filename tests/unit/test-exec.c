/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Real processes: a plan, its child, and what the child finds in itself. What
 * needs root says so and is skipped without it.
 */

#include "exec-world.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void a_plain_plan_is_light(void **state) {
        World *w = *state;
        ExecChild child;
        siginfo_t end;

        world_load(w, "ExecStart=/bin/true\n");
        assert_true(exec_plan_is_light(&w->plan));
        assert_int_equal(exec_spawn(&w->plan, &child), 0);
        /* With a sanitizer the copy is taken, whose end only the pipe tells. */
        if (child.status_fd >= 0)
                read_status(w, &child);
        assert_int_equal(waitid(P_PID, (id_t)child.pid, &end, WEXITED), 0);
        assert_int_equal(end.si_status, 0);
}

static void what_may_block_is_not_light(void **state) {
        static const char *const lines[] = {
                "User=nobody",           "Group=0",           "EnvironmentFile=-/x",
                "RuntimeDirectory=x",    "StandardInput=tty", "StandardOutput=append:/x",
                "WorkingDirectory=/tmp", "RootDirectory=/x",  "DynamicUser=yes",
                "StandardInput=file:/x",
        };

        for (size_t i = 0; i < ELEMENTSOF(lines); i++) {
                World *w;
                char text[128];
                void *inner;

                world_set_up(&inner);
                w = inner;
                snprintf(text, sizeof(text), "ExecStart=/bin/true\n%s\n", lines[i]);
                world_load(w, text);
                if (exec_plan_is_light(&w->plan))
                        fail_msg("%s was taken for light", lines[i]);
                world_tear_down(&inner);
        }
}

static void a_missing_program_is_told(void **state) {
        World *w = *state;

        run_and_fail(w, "ExecStart=/no/such/program\n", 203, -ENOENT, "exec");
        assert_string_equal(w->status.command, "/no/such/program");
}

static void a_missing_program_is_told_by_a_copy(void **state) {
        World *w = *state;

        run_and_fail(w, "ExecStart=no-such-program\nWorkingDirectory=/tmp\n", 203, -ENOENT, "exec");
}

static void a_file_that_is_no_program_is_told(void **state) {
        run_and_fail(*state, "ExecStart=/etc/passwd\n", 203, -EACCES, "exec");
}

static void programs_are_searched(void **state) {
        run_and_expect(*state, "ExecStart=echo a 'b c'\n", "a b c\n");
}

static void the_search_path_is_the_unit_s(void **state) {
        World *w = *state;
        char path[128];
        FILE *f;

        snprintf(path, sizeof(path), "%s/tool", w->directory);
        f = fopen(path, "we");
        assert_non_null(f);
        fprintf(f, "#!/bin/sh\necho \"$PATH\"\n");
        fclose(f);
        assert_int_equal(chmod(path, 0755), 0);
        world_load(w, "ExecSearchPath=/nowhere:`\nExecStart=tool\n");
        world_run(w);
        expect_exit(w, 0);
        assert_true(str_starts_with(w->output.data, "/nowhere:/tmp/test-exec-"));
}

static void argv_zero_is_what_was_given(void **state) {
        run_and_expect(*state, "ExecStart=@/bin/sh other -c 'echo $$0'\n", "other\n");
}

/* Whatever svinit ignores (SIGUSR1, by main()) or blocks, the service begins with a clean slate. */
static void signals_are_reset(void **state) {
        World *w = *state;
        sigset_t all, old;

        sigfillset(&all);
        sigprocmask(SIG_BLOCK, &all, &old);
        world_load(w, "ExecStart=/bin/grep -E '^Sig(Blk|Ign)' /proc/self/status\n");
        world_run(w);
        sigprocmask(SIG_SETMASK, &old, NULL);
        assert_string_equal(w->output.data, "SigBlk:\t0000000000000000\nSigIgn:\t0000000000001000\n");

        world_load(w, "IgnoreSIGPIPE=no\nWorkingDirectory=/tmp\n");
        world_run(w);
        assert_string_equal(w->output.data, "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
}

static void our_own_signals_stay_as_they_were(void **state) {
        sigset_t usr, old, now;

        sigemptyset(&usr);
        sigaddset(&usr, SIGUSR2);
        sigprocmask(SIG_BLOCK, &usr, &old);
        run_and_expect(*state, "ExecStart=/bin/true\n", "");
        sigprocmask(SIG_SETMASK, &old, &now);
        assert_int_equal(sigismember(&now, SIGUSR2), 1);
        assert_int_equal(sigismember(&now, SIGUSR1), 0);
}

static void nothing_else_stays_open(void **state) {
        World *w = *state;
        int stray = dup(0);

        world_load(w, "ExecStart=/bin/ls /proc/self/fd\n");
        world_run(w);
        close(stray);
        assert_string_equal(w->output.data, "0\n1\n2\n3\n"); /* 3: of ls itself */
}

static void the_service_leads_its_own_session(void **state) {
        run_and_expect(*state,
                       "ExecStart=/bin/sh -c 'set -- $(cat /proc/self/stat); [ $6 = $$$$ ] && echo yes'\n",
                       "yes\n");
}

static void descriptors_are_passed_in_their_order(void **state) {
        static const char *const names[] = { "first", "second" };
        int a[2], b[2], fds[2];
        World *w = *state;

        assert_int_equal(pipe2(a, O_CLOEXEC), 0);
        assert_int_equal(pipe2(b, O_CLOEXEC), 0);
        /* The targets 3 and 4 are among the sources or in use: nothing may be covered before it was moved. */
        fds[0] = b[1] > a[1] ? b[1] : a[1];
        fds[1] = b[1] > a[1] ? a[1] : b[1];
        world_load(w, "ExecStart=/bin/sh -c 'echo one >&3; echo two >&4; echo $$LISTEN_FDS $$LISTEN_FDNAMES "
                      "$$(($$LISTEN_PID == $$$$)) "
                      "$$(($$SYSTEMD_EXEC_PID == $$$$))'\n");
        w->plan.fds = fds;
        w->plan.fd_names = names;
        w->plan.n_fds = 2;
        world_run(w);
        expect_exit(w, 0);
        assert_string_equal(w->output.data, "2 first:second 1 1\n");
        for (unsigned i = 0; i < 2; i++) {
                char text[16] = "";

                assert_int_equal(read(fds[i] == b[1] ? b[0] : a[0], text, sizeof(text) - 1), 4);
                assert_string_equal(text, i == 0 ? "one\n" : "two\n");
        }
        for (unsigned i = 0; i < 2; i++) {
                close(a[i]);
                close(b[i]);
        }
}

/* X-NotifyFd=, with each number once: that of the source, that of the status pipe, free ones. */
static void readiness_descriptor_has_its_number(void **state) {
        for (int number = 3; number < 20; number++) {
                char lines[100], text[16] = "";
                int ends[2];
                World *w;

                if (number > 3) {
                        world_tear_down(state);
                        assert_int_equal(world_set_up(state), 0);
                }
                w = *state;
                assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
                snprintf(lines, sizeof(lines), "ExecStart=/bin/bash -c 'echo ready >&%d'\n", number);
                world_load(w, lines);
                w->plan.notify_fd = ends[1];
                w->plan.notify_fd_number = number;
                world_run(w);
                expect_exit(w, 0);
                close(ends[1]);
                assert_int_equal(read(ends[0], text, sizeof(text) - 1), 6);
                assert_string_equal(text, "ready\n");
                close(ends[0]);
        }
}

static void readiness_descriptor_covers_no_socket(void **state) {
        static const char *const names[] = { "first" };
        World *w = *state;
        int ends[2];

        assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
        world_load(w, "ExecStart=/bin/true\n");
        w->plan.fds = ends;
        w->plan.fd_names = names;
        w->plan.n_fds = 1;
        w->plan.notify_fd = ends[1];
        w->plan.notify_fd_number = 3;
        world_run(w);
        expect_exit(w, 202);
        close(ends[0]);
        close(ends[1]);
}

static void expect_file(World *w, const char *name, const char *expected) {
        char path[128], text[256] = "";
        int fd;

        snprintf(path, sizeof(path), "%s/%s", w->directory, name);
        fd = open(path, O_RDONLY | O_CLOEXEC);
        assert_true(fd >= 0);
        assert_true(read(fd, text, sizeof(text) - 1) >= 0);
        close(fd);
        assert_string_equal(text, expected);
}

static void output_goes_to_files(void **state) {
        World *w = *state;

        world_load(w, "ExecStart=/bin/sh -c 'echo out; echo err "
                      ">&2'\nStandardOutput=append:`/log\nStandardError=append:`/log\n");
        world_run(w);
        world_run(w);
        expect_file(w, "log", "out\nerr\nout\nerr\n");
        world_load(w, "StandardOutput=truncate:`/log\nStandardError=null\n");
        world_run(w);
        expect_file(w, "log", "out\n");
        /* file: begins at the start and cuts nothing off. */
        world_load(w, "ExecStart=\nExecStart=/bin/echo x\nStandardOutput=file:`/log\n");
        world_run(w);
        expect_file(w, "log", "x\nt\n");
}

static void input_comes_from_the_unit(void **state) {
        run_and_expect(*state, "ExecStart=/bin/cat\nStandardInputText=hello\n", "hello\n");
}

static void input_comes_from_files(void **state) {
        World *w = *state;

        run_and_expect(w, "ExecStart=/usr/bin/head -c 4\nStandardInput=file:/etc/passwd\n", "root");
        run_and_fail(w, "StandardInput=file:`/missing\n", 208, -ENOENT, "stdin");
}

static void input_is_empty_by_default(void **state) {
        run_and_expect(*state, "ExecStart=/bin/cat\n", "");
}

static void standard_descriptors_may_be_exchanged(void **state) {
        World *w = *state;
        int fds[2], saved = dup(2);

        /* stderr's place holds what stdout shall be, and the other way round: /dev/null must not win. */
        assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
        assert_int_equal(dup2(fds[1], 2), 2);
        close(fds[1]);
        world_load(w, "ExecStart=/bin/sh -c 'echo out; echo err >&2'\nStandardError=null\n");
        w->plan.stdout_fd = 2;
        w->out = fds[0];
        ExecChild child;
        assert_int_equal(exec_spawn(&w->plan, &child), 0);
        dup2(saved, 2);
        close(saved);
        read_status(w, &child);
        read_output(w);
        waitid(P_PID, (id_t)child.pid, &w->end, WEXITED);
        assert_string_equal(w->output.data, "out\n");
}

static void a_working_directory_must_be_there(void **state) {
        World *w = *state;

        run_and_expect(w, "ExecStart=/bin/pwd\n", "/\n");
        run_and_expect(w, "WorkingDirectory=/usr\n", "/usr\n");
        run_and_expect(w, "WorkingDirectory=-/no/where\n", "/\n");
        run_and_fail(w, "WorkingDirectory=/no/where\n", 200, -ENOENT, "chdir");
}

static void environment_files_are_read(void **state) {
        World *w = *state;
        char path[128];
        FILE *f;

        snprintf(path, sizeof(path), "%s/env", w->directory);
        f = fopen(path, "we");
        fprintf(f, "OPTS='-n x'\n");
        fclose(f);
        run_and_expect(w, "ExecStart=/bin/echo $OPTS\nEnvironmentFile=-/no/where\nEnvironmentFile=`/e*v\n",
                       "x");
        run_and_fail(w, "EnvironmentFile=/no/where\n", 204, -ENOENT, "environment");
        assert_string_equal(w->status.detail, "/no/where");
}

static void limits_above_the_hard_one_are_lowered(void **state) {
        struct rlimit old, small;
        World *w = *state;

        getrlimit(RLIMIT_NOFILE, &old);
        small = (struct rlimit){ .rlim_cur = old.rlim_max, .rlim_max = old.rlim_max };
        setrlimit(RLIMIT_NOFILE, &small);
        world_load(w, "ExecStart=/bin/sh -c 'ulimit -n'\n");
        w->plan.original_nofile = (RlimitPair){ 512, old.rlim_max };
        world_run(w);
        setrlimit(RLIMIT_NOFILE, &old);
        assert_string_equal(w->output.data, "512\n");
        run_and_expect(w, "LimitNOFILE=333:444\nExecStart=\nExecStart=/bin/sh -c 'ulimit -n; ulimit -Hn'\n",
                       "333\n444\n");
}

static void no_new_privileges_are_given(void **state) {
        run_and_expect(*state, "ExecStart=/bin/grep NoNewPrivs /proc/self/status\nNoNewPrivileges=yes\n",
                       "NoNewPrivs:\t1\n");
}

static void what_is_not_applied_is_told(void **state) {
        World *w = *state;

        run_and_expect(w, "ExecStart=/bin/true\nPAMName=a\nSmackProcessLabel=b\n", "");
        assert_non_null(strstr(w->status.unapplied, "PAMName=: "));
        assert_non_null(strstr(w->status.unapplied, "SmackProcessLabel=: "));
        assert_null(strstr(w->status.unapplied, "ProtectHome"));
        assert_false(w->status.failed);
}

static void strict_refuses_what_is_not_applied(void **state) {
        World *w = *state;

        world_load(w, "ExecStart=/bin/true\nPAMName=a\n");
        w->plan.ignore_missing_privilege = false;
        world_run(w);
        expect_exit(w, 224);
        assert_true(w->status.failed);
        assert_string_equal(w->status.setting, "PAMName");
        assert_string_equal(w->status.reason, "no PAM session is opened, and svinit is strict");
        assert_non_null(strstr(w->status.unapplied, "PAMName=: "));
}

static void strict_refuses_limits_of_the_group(void **state) {
        World *w = *state;

        world_load(w, "ExecStart=/bin/true\n");
        w->plan.group_lack = "MemoryMax=: there is no control group here";
        w->plan.ignore_missing_privilege = false;
        world_run(w);
        expect_exit(w, 219);
        assert_string_equal(w->status.setting, "MemoryMax");
        assert_string_equal(w->status.reason, "there is no control group here, and svinit is strict");
}

static void a_plus_lifts_the_fences(void **state) {
        World *w = *state;

        world_load(w, "ExecStart=+/usr/bin/id -u\nUser=nobody\nPrivateTmp=yes\n");
        w->plan.apply_user = w->plan.apply_sandbox = false;
        world_run(w);
        expect_exit(w, 0);
        assert_int_equal(atoi(w->output.data), (int)getuid());
        assert_string_equal(w->status.unapplied, "");
}

static void an_unknown_user_is_217(void **state) {
        World *w = *state;

        run_and_fail(w, "ExecStart=/bin/true\nUser=no-such-user\n", 217, -ESRCH, "account");
        assert_string_equal(w->status.setting, "User");
        assert_string_equal(w->status.reason, "there is no user 'no-such-user'");
}

static void our_own_user_needs_no_privilege(void **state) {
        World *w = *state;
        char line[64];

        snprintf(line, sizeof(line), "ExecStart=/usr/bin/id -u\nUser=%u\n", getuid());
        world_load(w, line);
        world_run(w);
        expect_exit(w, 0);
        assert_int_equal(atoi(w->output.data), (int)getuid());
}

static void users_get_their_groups_and_variables(void **state) {
        World *w = *state;

        NEED_ROOT();
        run_and_expect(
                w,
                "ExecStart=/bin/sh -c 'id -un; id -gn; id -Gn; echo $$HOME $$USER $$LOGNAME $${SHELL-none}'\n"
                "User=www-data\nGroup=daemon\nSupplementaryGroups=adm\n",
                "www-data\ndaemon\ndaemon adm\n/var/www www-data www-data none\n");
        run_and_expect(w, "ExecStart=\nExecStart=/usr/bin/id -u\nUser=12345\nGroup=\nSupplementaryGroups=\n",
                       "12345\n");
        run_and_expect(w, "ExecStart=\nExecStart=/usr/bin/id -G\n", "12345\n");
}

static void an_unknown_group_fails_the_start(void **state) {
        NEED_ROOT();
        run_and_fail(*state, "ExecStart=/bin/true\nUser=daemon\nSupplementaryGroups=no-such-group\n", 216,
                     -ESRCH, "group-account");
}

static void an_exclamation_mark_keeps_the_user(void **state) {
        NEED_ROOT();
        run_and_expect(*state, "ExecStart=!/bin/sh -c 'id -u; echo $$USER'\nUser=www-data\n",
                       "0\nwww-data\n");
}

static void the_bounding_set_is_cut(void **state) {
        NEED_ROOT();
        run_and_expect(*state,
                       "ExecStart=/bin/grep -E 'Cap(Bnd|Eff)' "
                       "/proc/self/status\nCapabilityBoundingSet=CAP_CHOWN CAP_KILL\n",
                       "CapEff:\t0000000000000021\nCapBnd:\t0000000000000021\n");
}

static void ambient_capabilities_survive_the_user_change(void **state) {
        NEED_ROOT();
        run_and_expect(*state,
                       "ExecStart=/bin/grep -E 'Cap(Prm|Eff|Amb)' /proc/self/status\nUser=nobody\n"
                       "AmbientCapabilities=CAP_NET_BIND_SERVICE\nNoNewPrivileges=yes\n",
                       "CapPrm:\t0000000000000400\nCapEff:\t0000000000000400\nCapAmb:\t0000000000000400\n");
}

static void directories_are_made_for_the_user(void **state) {
        World *w = *state;
        char path[256], link[128], target[128];
        struct stat st;
        ssize_t n;

        NEED_ROOT();
        world_load(w, "ExecStart=/bin/sh -c 'echo $$RUNTIME_DIRECTORY "
                      "$$STATE_DIRECTORY'\nUser=www-data\nUMask=0777\n"
                      "RuntimeDirectory=run/deep\nRuntimeDirectoryMode=2770\nStateDirectory=a b:c\n");
        world_run(w);
        expect_exit(w, 0);
        snprintf(path, sizeof(path), "%s/run/deep %s/a:%s/b\n", w->directory, w->directory, w->directory);
        assert_string_equal(w->output.data, path);

        snprintf(path, sizeof(path), "%s/run/deep", w->directory);
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_mode & 07777, 02770);
        assert_int_equal(st.st_uid, 33);
        snprintf(path, sizeof(path), "%s/run", w->directory);
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_mode & 07777, 0755);
        assert_int_equal(st.st_uid, 0);

        snprintf(link, sizeof(link), "%s/c", w->directory);
        n = readlink(link, target, sizeof(target) - 1);
        assert_true(n > 0);
        target[n] = 0;
        assert_string_equal(target, "b"); /* holds from wherever the directory is seen */
}

/* What is in the directory changes hands with it, and no link leads that out of it. */
static void directories_of_another_user_are_handed_over(void **state) {
        World *w = *state;
        char path[128], outside[128];
        struct stat st;

        NEED_ROOT();
        snprintf(path, sizeof(path), "%s/data", w->directory);
        assert_int_equal(mkdir(path, 0700), 0);
        snprintf(path, sizeof(path), "%s/data/sub", w->directory);
        assert_int_equal(mkdir(path, 02750), 0);
        assert_int_equal(chmod(path, 02750), 0);
        snprintf(outside, sizeof(outside), "%s/outside", w->directory);
        close(open(outside, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
        snprintf(path, sizeof(path), "%s/data/sub/link", w->directory);
        assert_int_equal(symlink(outside, path), 0);

        run_and_expect(w, "ExecStart=/bin/true\nUser=www-data\nStateDirectory=data\n", "");
        assert_int_equal(lstat(path, &st), 0);
        assert_int_equal(st.st_uid, 33);
        assert_int_equal(stat(outside, &st), 0);
        assert_int_equal(st.st_uid, 0);
        snprintf(path, sizeof(path), "%s/data/sub", w->directory);
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_uid, 33);
        assert_int_equal(st.st_mode & 07777, 02750);
}

static void dynamic_users_get_the_planned_number(void **state) {
        World *w = *state;

        NEED_ROOT();
        world_load(w, "ExecStart=/usr/bin/id -u\nDynamicUser=yes\nUser=made-up\n");
        w->plan.dynamic_uid = 61234;
        world_run(w);
        expect_exit(w, 0);
        assert_string_equal(w->output.data, "61234\n");
}

static void a_root_directory_is_a_chroot(void **state) {
        World *w = *state;

        NEED_ROOT();
        run_and_fail(w, "ExecStart=/bin/true\nRootDirectory=`\n", 203, -ENOENT, "exec");
}

static void wishes_that_are_refused_are_no_failure(void **state) {
        World *w = *state;

        run_and_expect(w,
                       "ExecStart=/bin/"
                       "true\nNice=5\nOOMScoreAdjust=-1000\nIOSchedulingClass=idle\nCPUAffinity="
                       "0\nTimerSlackNSec=1us\nCPUSchedulingPolicy=rr\n",
                       "");
}

/* --- the shim --- */

static const char *shim_path(void) {
        static char path[512];
        static const char *const places[] = { "../svinit-shim", "../../svinit-shim" };
        char self[256];
        ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

        if (getenv("SVINIT_SHIM"))
                return getenv("SVINIT_SHIM");
        assert_true(n > 0);
        self[n] = 0;
        *strrchr(self, '/') = 0;
        for (size_t i = 0; i < ELEMENTSOF(places); i++) {
                snprintf(path, sizeof(path), "%s/%s", self, places[i]);
                if (access(path, X_OK) >= 0)
                        return path;
        }
        return NULL;
}

static ShimRecord read_record(int fd) {
        struct pollfd p = { .fd = fd, .events = POLLIN };
        ShimRecord record = { .pid = -1 };

        assert_true(poll(&p, 1, 10000) > 0);
        (void)recv(fd, &record, sizeof(record), 0);
        return record;
}

static void a_shim_tells_of_every_descendant(void **state) {
        World *w = *state;
        ExecChild child;
        ShimRecord r;
        int stray_status = -1;
        bool main_ended = false;
        pid_t pid;

        if (!shim_path()) {
                print_message("skipped: svinit-shim is not built\n");
                skip();
        }
        world_load(w, "ExecStart=/bin/sh -c '(setsid sh -c \"sleep 0.1; exit 7\" &) ; exit 3'\n");
        w->plan.shim = true;
        w->plan.shim_path = shim_path();
        assert_int_equal(exec_spawn(&w->plan, &child), 0);
        assert_int_equal(child.pid, 0);
        assert_true(child.shim_pid > 0);
        read_status(w, &child);
        assert_false(w->status.failed);

        r = read_record(child.shim_fd);
        assert_int_equal(r.code, 0);
        pid = r.pid;
        assert_true(pid > 0);
        do {
                r = read_record(child.shim_fd);
                if (r.pid == pid) {
                        main_ended = true;
                        assert_int_equal(r.code, CLD_EXITED);
                        assert_int_equal(r.status, 3);
                } else if (r.code == CLD_EXITED && r.status == 7)
                        stray_status = r.status;
        } while (r.left);
        assert_true(main_ended);
        assert_int_equal(stray_status, 7);
        assert_int_equal(read_record(child.shim_fd).pid, -1); /* end of file */
        assert_int_equal(waitid(P_PID, (id_t)child.shim_pid, &w->end, WEXITED), 0);
        expect_exit(w, 0);
        close(child.shim_fd);
}

static void a_missing_shim_is_told(void **state) {
        World *w = *state;
        ExecChild child;

        world_load(w, "ExecStart=/bin/true\n");
        w->plan.shim = true;
        w->plan.shim_path = "/no/such/shim";
        assert_int_equal(exec_spawn(&w->plan, &child), 0);
        read_status(w, &child);
        assert_true(w->status.failed);
        assert_string_equal(w->status.step, "shim");
        waitid(P_PID, (id_t)child.shim_pid, &w->end, WEXITED);
        close(child.shim_fd);
}

static void exit_codes_have_systemd_s_words(void **state) {
        assert_string_equal(exec_exit_code_to_string(203), "EXEC");
        assert_string_equal(exec_exit_code_to_string(217), "USER");
        assert_string_equal(exec_exit_code_to_string(243), "CREDENTIALS");
        assert_null(exec_exit_code_to_string(199));
        assert_null(exec_exit_code_to_string(223));
        assert_null(exec_exit_code_to_string(300));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                TEST(a_plain_plan_is_light),
                TEST(what_may_block_is_not_light),
                TEST(a_missing_program_is_told),
                TEST(a_missing_program_is_told_by_a_copy),
                TEST(a_file_that_is_no_program_is_told),
                TEST(programs_are_searched),
                TEST(the_search_path_is_the_unit_s),
                TEST(argv_zero_is_what_was_given),
                TEST(signals_are_reset),
                TEST(our_own_signals_stay_as_they_were),
                TEST(nothing_else_stays_open),
                TEST(the_service_leads_its_own_session),
                TEST(descriptors_are_passed_in_their_order),
                TEST(readiness_descriptor_has_its_number),
                TEST(readiness_descriptor_covers_no_socket),
                TEST(output_goes_to_files),
                TEST(input_comes_from_the_unit),
                TEST(input_comes_from_files),
                TEST(input_is_empty_by_default),
                TEST(standard_descriptors_may_be_exchanged),
                TEST(a_working_directory_must_be_there),
                TEST(environment_files_are_read),
                TEST(limits_above_the_hard_one_are_lowered),
                TEST(no_new_privileges_are_given),
                TEST(what_is_not_applied_is_told),
                TEST(strict_refuses_what_is_not_applied),
                TEST(strict_refuses_limits_of_the_group),
                TEST(a_plus_lifts_the_fences),
                TEST(an_unknown_user_is_217),
                TEST(our_own_user_needs_no_privilege),
                TEST(users_get_their_groups_and_variables),
                TEST(an_unknown_group_fails_the_start),
                TEST(an_exclamation_mark_keeps_the_user),
                TEST(the_bounding_set_is_cut),
                TEST(ambient_capabilities_survive_the_user_change),
                TEST(directories_are_made_for_the_user),
                TEST(directories_of_another_user_are_handed_over),
                TEST(dynamic_users_get_the_planned_number),
                TEST(a_root_directory_is_a_chroot),
                TEST(wishes_that_are_refused_are_no_failure),
                TEST(a_shim_tells_of_every_descendant),
                TEST(a_missing_shim_is_told),
                TEST(exit_codes_have_systemd_s_words),
        };

        signal(SIGUSR1, SIG_IGN); /* as inherited from who started svinit */
        return cmocka_run_group_tests(tests, NULL, NULL);
}
