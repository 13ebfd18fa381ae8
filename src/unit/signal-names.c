/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <signal.h>
#include <stdio.h>

#include "base/text.h"
#include "unit/enums.h"

static const char *const names[] = {
        [SIGHUP] = "SIGHUP",       [SIGINT] = "SIGINT",   [SIGQUIT] = "SIGQUIT",   [SIGILL] = "SIGILL",
        [SIGTRAP] = "SIGTRAP",     [SIGABRT] = "SIGABRT", [SIGBUS] = "SIGBUS",     [SIGFPE] = "SIGFPE",
        [SIGKILL] = "SIGKILL",     [SIGUSR1] = "SIGUSR1", [SIGSEGV] = "SIGSEGV",   [SIGUSR2] = "SIGUSR2",
        [SIGPIPE] = "SIGPIPE",     [SIGALRM] = "SIGALRM", [SIGTERM] = "SIGTERM",   [SIGCHLD] = "SIGCHLD",
        [SIGCONT] = "SIGCONT",     [SIGSTOP] = "SIGSTOP", [SIGTSTP] = "SIGTSTP",   [SIGTTIN] = "SIGTTIN",
        [SIGTTOU] = "SIGTTOU",     [SIGURG] = "SIGURG",   [SIGXCPU] = "SIGXCPU",   [SIGXFSZ] = "SIGXFSZ",
        [SIGVTALRM] = "SIGVTALRM", [SIGPROF] = "SIGPROF", [SIGWINCH] = "SIGWINCH", [SIGIO] = "SIGIO",
        [SIGPWR] = "SIGPWR",       [SIGSYS] = "SIGSYS",
#ifdef SIGSTKFLT
        [SIGSTKFLT] = "SIGSTKFLT",
#endif
};

/* The C library keeps the first real-time signals for itself, so the numbers are known at run time only; those have no name. */
static const char *realtime_name(int n) {
        static char text[65][sizeof("SIGRTMIN+4294967295")];

        if (n <= 0 || n > SIGRTMAX || n > 64)
                return NULL;
        if (n == SIGRTMIN)
                return "SIGRTMIN";
        if (n < SIGRTMIN)
                snprintf(text[n], sizeof(text[n]), "%d", n);
        else
                snprintf(text[n], sizeof(text[n]), "SIGRTMIN+%u", (unsigned)(n - SIGRTMIN));
        return text[n];
}

const char *signal_to_string(int n) {
        if (n > 0 && n < (int)ELEMENTSOF(names) && names[n])
                return names[n];
        return realtime_name(n);
}

/* "RTMIN+3", "RTMAX-2". */
static int realtime_from_string(const char *s) {
        const char *p;
        unsigned offset = 0;
        bool from_max = false;
        int n;

        p = str_after(s, "RTMIN");
        if (!p) {
                p = str_after(s, "RTMAX");
                from_max = true;
        }
        if (!p)
                return -1;
        if (*p) {
                if (*p != (from_max ? '-' : '+') || parse_unsigned(p + 1, &offset) < 0 || offset > 64)
                        return -1;
        }

        n = from_max ? SIGRTMAX - (int)offset : SIGRTMIN + (int)offset;
        return n >= SIGRTMIN && n <= SIGRTMAX ? n : -1;
}

int signal_from_string(const char *s) {
        const char *rest;
        unsigned n;

        if (!s)
                return -1;
        if (parse_unsigned(s, &n) >= 0)
                return n > 0 && n <= (unsigned)SIGRTMAX ? (int)n : -1;

        rest = str_after(s, "SIG");
        if (!rest)
                rest = s;
        for (size_t i = 1; i < ELEMENTSOF(names); i++)
                if (names[i] && str_equal(names[i] + strlen("SIG"), rest))
                        return (int)i;
        return realtime_from_string(rest);
}
