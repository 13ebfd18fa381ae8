/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/text.h"

#include "ctl/core/glyphs.h"
#include "ctl/core/pager.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <systemd/sd-login.h>
#include <unistd.h>

#define LESS_OPTIONS "FRSXMK"
#define WORDS_MAX 15

static pid_t pager;
static int saved_stdout = -1, saved_stderr = -1;

typedef struct PagerChoice {
        const char *command; /* as it was asked for; NULL: one of the usual ones */
        bool at_end;         /* less begins there */
        bool secure;         /* less may do nothing but show */
        bool trusted;        /* somebody has said how secure it shall be */
} PagerChoice;

static void choose(PagerChoice *ret) {
        const char *told = getenv("SYSTEMD_PAGERSECURE"), *command = getenv("SYSTEMD_PAGER");
        uid_t owner;
        bool yes;

        ret->command = command ? command : getenv("PAGER");
        ret->trusted = told != NULL;
        if (told)
                ret->secure = parse_bool(told, &yes) < 0 || yes;
        else
                ret->secure = sd_pid_get_owner_uid(0, &owner) < 0 || owner != geteuid();
}

static void prepare_less(const PagerChoice *choice) {
        const char *options = getenv("SYSTEMD_LESS"), *charset = getenv("SYSTEMD_LESSCHARSET");

        char with_end[256];

        snprintf(with_end, sizeof(with_end), "%.200s%s", options ? options : LESS_OPTIONS,
                 choice->at_end ? " +G" : "");
        setenv("LESS", with_end, 1);
        if (!charset && ctl_glyphs()->ellipsis[0] != '.')
                charset = "utf-8";
        if (charset)
                setenv("LESSCHARSET", charset, 1);
        setenv("LESSSECURE", choice->secure ? "1" : "0", 1);
}

/* Returns only when it cannot be. */
static void try_command(const char *command, const PagerChoice *choice) {
        char *words[WORDS_MAX + 1] = { 0 }, *copy = strdup(command), *save = NULL;
        const char *name;
        size_t n = 0;

        for (char *w = copy ? strtok_r(copy, " \t", &save) : NULL; w && n < WORDS_MAX;
             w = strtok_r(NULL, " \t", &save))
                words[n++] = w;
        if (n == 0)
                return;
        name = strrchr(words[0], '/') ? strrchr(words[0], '/') + 1 : words[0];
        if (!choice->secure || choice->trusted || str_equal(name, "less"))
                execvp(words[0], words);
}

static _Noreturn void run_pager(const PagerChoice *choice, pid_t parent, int input, int report) {
        static const char *const usual[] = { "pager", "less", "more" };
        int error;

        (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
        if (getppid() != parent || dup2(input, STDIN_FILENO) < 0)
                _exit(EXIT_FAILURE);
        prepare_less(choice);
        if (choice->command)
                try_command(choice->command, choice);
        for (size_t i = 0; i < ELEMENTSOF(usual); i++)
                try_command(usual[i], choice);
        error = errno;
        (void)!write(report, &error, sizeof(error));
        _exit(EXIT_FAILURE);
}

/* The end of file says that it has been executed. */
static bool was_executed(int report) {
        int error;

        return read(report, &error, sizeof(error)) == 0;
}

static int redirect(int fd, int to) {
        int saved = fcntl(fd, F_DUPFD_CLOEXEC, 3);

        if (saved >= 0)
                (void)dup2(to, fd);
        return saved;
}

static bool is_wanted(const PagerChoice *choice) {
        const char *term = getenv("TERM");

        return isatty(STDOUT_FILENO) && term && !str_equal(term, "dumb") &&
               (!choice->command || (*choice->command && !str_equal(choice->command, "cat")));
}

void pager_open(bool at_end) {
        int data[2] = { -1, -1 }, report[2] = { -1, -1 };
        pid_t self = getpid();
        PagerChoice choice;

        choose(&choice);
        choice.at_end = at_end;
        if (pager > 0 || !is_wanted(&choice) || pipe2(data, O_CLOEXEC) < 0)
                return;
        if (pipe2(report, O_CLOEXEC) >= 0) {
                fflush(NULL);
                pager = fork();
                if (pager == 0)
                        run_pager(&choice, self, data[0], report[1]);
                close(report[1]);
                if (pager > 0 && !was_executed(report[0])) {
                        (void)waitpid(pager, NULL, 0);
                        pager = 0;
                }
                close(report[0]);
        }
        if (pager > 0) {
                (void)signal(SIGINT, SIG_IGN); /* the pager's to answer */
                (void)signal(SIGPIPE, SIG_IGN);
                saved_stdout = redirect(STDOUT_FILENO, data[1]);
                if (isatty(STDERR_FILENO))
                        saved_stderr = redirect(STDERR_FILENO, data[1]);
        }
        close(data[0]);
        close(data[1]);
}

static void restore(int fd, int *saved) {
        if (*saved >= 0) {
                (void)dup2(*saved, fd);
                close(*saved);
        }
        *saved = -1;
}

bool pager_is_open(void) {
        return pager > 0;
}

void pager_close(void) {
        if (pager <= 0)
                return;
        (void)fflush(stdout);
        restore(STDOUT_FILENO, &saved_stdout);
        restore(STDERR_FILENO, &saved_stderr);
        while (waitpid(pager, NULL, 0) < 0 && errno == EINTR)
                ;
        pager = 0;
        (void)signal(SIGINT, SIG_DFL);
}
