/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * UtmpIdentifier= and UtmpMode=: records in utmp(5) and wtmp for programs such
 * as getty, which expect to find their own. Where there is no such file, as in
 * most containers, the setting is noted.
 */

#include "exec/child.h"

#include <errno.h>
#include <paths.h>
#include <sys/time.h>
#include <unistd.h>
#include <utmpx.h>

static void fill(const ExecSpec *e, struct utmpx *u) {
        const char *line = str_after(e->tty_path ?: "", "/dev/");
        size_t n = strlen(e->utmp_identifier), room = sizeof(u->ut_id);
        struct timeval now;

        *u = (struct utmpx){ .ut_pid = getpid(), .ut_session = getsid(0) };
        /* The end of a long name tells more: "tty12" is no "tty1". */
        memcpy(u->ut_id, e->utmp_identifier + (n > room ? n - room : 0), MIN(n, room));
        if (line)
                strncpy(u->ut_line, line, sizeof(u->ut_line) - 1);
        (void)gettimeofday(&now, NULL);
        u->ut_tv.tv_sec = (int)now.tv_sec;
        u->ut_tv.tv_usec = (int)now.tv_usec;
}

static int put(struct utmpx *u) {
        setutxent();
        if (!pututxline(u))
                return -errno;
        endutxent();
        updwtmpx(_PATH_WTMP, u);
        return 0;
}

int step_utmp(ExecContext *c) {
        static const short types[] = { INIT_PROCESS, LOGIN_PROCESS, USER_PROCESS };
        const ExecSpec *e = c->plan->exec;
        size_t n = (size_t)e->utmp_mode + 1; /* each is what the ones before have become */
        struct utmpx u;
        int r = 0;

        if (str_is_empty(e->utmp_identifier))
                return 0;
        if (access(_PATH_UTMP, W_OK) < 0) {
                exec_note_text(c, "UtmpIdentifier", "there is no " _PATH_UTMP " that can be written");
                return 0;
        }
        fill(e, &u);
        for (size_t i = 0; r >= 0 && i < n; i++) {
                u.ut_type = types[i];
                if (types[i] == USER_PROCESS)
                        strncpy(u.ut_user, c->account.name ?: "root", sizeof(u.ut_user) - 1);
                r = put(&u);
        }
        if (r < 0)
                exec_note(c, "UtmpIdentifier", r);
        return 0;
}

/* What it says of another process stays: the next run has written its own. */
static void put_dead(const ExecSpec *e, pid_t pid, int code, int status) {
        struct utmpx u, *found;

        fill(e, &u);
        u.ut_type = INIT_PROCESS;
        setutxent();
        found = getutxid(&u);
        if (!found || found->ut_pid != pid)
                return;
        memcpy(u.ut_line, found->ut_line, sizeof(u.ut_line));
        u.ut_type = DEAD_PROCESS;
        u.ut_pid = pid;
        u.ut_exit.e_termination = (short)code;
        u.ut_exit.e_exit = (short)status;
        (void)put(&u);
}

void exec_note_dead(const ExecSpec *e, pid_t pid, int code, int status) {
        if (str_is_empty(e->utmp_identifier) || access(_PATH_UTMP, W_OK) < 0 || exec_fork_tidy() != 0)
                return;
        put_dead(e, pid, code, status);
        _exit(0);
}
