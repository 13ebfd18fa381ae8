/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Signals to svinit; the table of DESIGN section 4. In CMD mode everything
 * that a program can be sent reaches the command, as if svinit were not there.
 */

#include "manager/manager-internal.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

static void forward(Manager *m, int signo) {
        Unit *command = manager_command(m);
        pid_t pid;

        if (!command || (signo == SIGCONT && shell_job_continue(m)))
                return;
        /* Behind a shim, the news of its process may still be on its way. */
        if (machine_main_pid(&unit_runtime(command)->machine) == 0 && unit_runtime(command)->group) {
                group_poll(unit_runtime(command)->group);
                (void)manager_drain(m, 64);
        }
        pid = unit_signal_target(command);
        if (pid != 0)
                (void)kill(pid, signo);
}

/* The command is stopped by the very signal that svinit got: its own answer to it decides. */
static void stop_by(Manager *m, int signo, const char *reason) {
        Unit *command = manager_command(m);
        KillSpec *kill;

        if (command && !m->stopping && signo > 0 && (kill = spec_part(command->spec, PART_KILL)))
                kill->signal = signo;
        manager_stop(m, reason, command ? -1 : 0);
}

static void on_terminate(Manager *m, int signo) {
        stop_by(m, signo, "SIGTERM");
}

/* These ask svinit; the command need not know them. */
static void on_stop(Manager *m, int signo) {
        stop_by(m, 0, "a stop signal");
}

static void on_interrupt(Manager *m, int signo) {
        if (m->internal->pending_interrupts++ > 0)
                manager_stop_now(m);
        else
                stop_by(m, signo, "SIGINT");
}

static void on_reboot(Manager *m, int signo) {
        manager_stop(m, "a reboot signal", EXIT_REBOOT);
}

static void on_hangup(Manager *m, int signo) {
        if (manager_command(m))
                forward(m, signo);
        else
                (void)manager_reload(m, NULL, NULL);
}

static void on_dump(Manager *m, int signo) {
        Buf b auto_buf = { 0 };

        if (manager_command(m)) {
                forward(m, signo);
                return;
        }
        manager_dump(m, NULL, &b);
        for (char *line = b.data, *end; line && *line; line = end + (*end != 0)) {
                char text[512];

                end = line + strcspn(line, "\n");
                snprintf(text, sizeof(text), "%.*s", (int)(end - line), line);
                LOG(TEXT, FIELD_S("TEXT", text));
        }
}

static void on_reconnect(Manager *m, int signo) {
        if (manager_command(m))
                forward(m, signo);
        else if (m->observer.reconnect)
                m->observer.reconnect(m->observer.userdata);
}

static void on_log_level(Manager *m, int signo) {
        if (manager_command(m))
                forward(m, signo);
        else if (signo == SIGRTMIN + 22)
                log_set_max_priority(LOG_DEBUG);
        else
                manager_log_level(m);
}

typedef struct SignalRow {
        int signo;
        void (*handle)(Manager *m, int signo);
} SignalRow;

/* The numbers of real-time signals are known at run time only. */
static void (*handler_of(int signo))(Manager *m, int signo) {
        const SignalRow rows[] = { { SIGTERM, on_terminate },       { SIGPWR, on_stop },
                                   { SIGRTMIN + 3, on_stop },       { SIGRTMIN + 4, on_stop },
                                   { SIGINT, on_interrupt },        { SIGRTMIN + 5, on_reboot },
                                   { SIGRTMIN + 6, on_reboot },     { SIGHUP, on_hangup },
                                   { SIGUSR1, on_reconnect },       { SIGUSR2, on_dump },
                                   { SIGRTMIN + 22, on_log_level }, { SIGRTMIN + 23, on_log_level } };

        for (size_t i = 0; i < ELEMENTSOF(rows); i++)
                if (rows[i].signo == signo)
                        return rows[i].handle;
        return forward;
}

/* What svinit does is the signal's own affair; the command gets what --rewrite says. */
static void handle(Manager *m, int signo) {
        int rewritten = m->internal->options.command && signo < (int)sizeof(m->internal->options.rewrites)
                                ? m->internal->options.rewrites[signo]
                                : 0;

        if (rewritten != REWRITE_TO_NOTHING)
                handler_of(signo)(m, rewritten ?: signo);
}

/* One at a time: what it sets going may be looked at before the next. */
static int on_signal(sd_event_source *s, int fd, uint32_t revents, void *userdata) {
        struct signalfd_siginfo si;

        if (read(fd, &si, sizeof(si)) == sizeof(si))
                handle(userdata, (int)si.ssi_signo);
        return 0;
}

/* SIGCHLD is the reaper's. Faults are ours alone, and what stops a background process at a terminal means nobody else. */
static bool is_handled(int signo) {
        static const int others[] = { SIGKILL, SIGSTOP, SIGCHLD, SIGSEGV, SIGBUS,  SIGFPE, SIGILL,
                                      SIGABRT, SIGTRAP, SIGSYS,  SIGPIPE, SIGTTIN, SIGTTOU };

        for (size_t i = 0; i < ELEMENTSOF(others); i++)
                if (others[i] == signo)
                        return false;
        return signo < 32 || signo >= SIGRTMIN; /* those between are the C library's own */
}

void manager_signal_sets(const Manager *m, sigset_t *ret_own, sigset_t *ret_forwarded) {
        sigemptyset(ret_own);
        sigemptyset(ret_forwarded);
        for (int signo = 1; signo <= SIGRTMAX; signo++) {
                void (*handler)(Manager *, int) = handler_of(signo);
                bool forwarded = handler == forward || handler == on_hangup || handler == on_reconnect ||
                                 handler == on_dump;

                if (is_handled(signo))
                        sigaddset(forwarded && !m->internal->options.rewrites[signo] ? ret_forwarded
                                                                                     : ret_own,
                                  signo);
        }
}

/* One descriptor for all of them: a source for each would be fifty times six system calls in CMD mode. */
int manager_signals_init(Manager *m) {
        sd_event_source *s;
        int fd auto_fd = -1, r;
        sigset_t set;

        sigemptyset(&set);
        for (int signo = 1; signo <= SIGRTMAX; signo++)
                if (is_handled(signo) && (handler_of(signo) != forward || m->internal->options.command))
                        sigaddset(&set, signo);
        fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
        if (fd < 0)
                return -errno;
        r = sd_event_add_io(m->event, &s, fd, EPOLLIN, on_signal, m);
        if (r < 0)
                return r;
        r = sd_event_source_set_io_fd_own(s, true);
        if (r >= 0)
                (void)TAKE_FD(fd);
        (void)sd_event_source_set_priority(s, PRIORITY_SIGNAL);
        (void)sd_event_source_set_floating(s, true);
        sd_event_source_unref(s);
        return r < 0 ? r : 0;
}
