/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * CMD mode as a job of a shell: svinit is not PID 1 and has a terminal. The
 * command has a process group of its own, which the shell knows nothing of, so
 * svinit stands for it: it stops when the command does, by the same signal,
 * and when the shell continues it, hands over the terminal, if it has been
 * given it, and continues the command.
 */

#include "manager/manager-internal.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

void shell_job_begin(Manager *m, const ExecPlan *p, pid_t pid) {
        if (p->foreground && !m->host.pid1)
                m->internal->job = pid;
}

/* All of our own group, as the terminal would have done it: the shell waits for each process of its job. */
static void stop_too(int signo) {
        sigset_t set, old;

        sigemptyset(&set);
        sigaddset(&set, signo);
        (void)kill(0, signo);
        if (signo != SIGSTOP) { /* it waits, as all do; where nobody could continue us it does nothing */
                (void)sigprocmask(SIG_UNBLOCK, &set, &old);
                (void)sigprocmask(SIG_SETMASK, &old, NULL);
        }
        /* Continued: the SIGCONT waits for its turn, and is passed on. */
}

void shell_job_check(Manager *m) {
        siginfo_t si = { 0 };

        if (m->internal->job > 0 && waitid(P_PID, (id_t)m->internal->job, &si, WSTOPPED | WNOHANG) >= 0 &&
            si.si_pid != 0)
                stop_too(si.si_status);
}

bool shell_job_continue(Manager *m) {
        pid_t job = m->internal->job;

        if (job <= 0)
                return false;
        if (tcgetpgrp(STDIN_FILENO) == getpgrp())
                (void)tcsetpgrp(STDIN_FILENO, job); /* SIGTTOU is blocked */
        (void)kill(-job, SIGCONT);
        return true;
}

void shell_job_end(Manager *m) {
        pid_t job = TAKE(m->internal->job);

        if (job > 0 && tcgetpgrp(STDIN_FILENO) == job)
                (void)tcsetpgrp(STDIN_FILENO, getpgrp());
}
