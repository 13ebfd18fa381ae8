/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/run/run.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#define ESCAPE 0x1d        /* ^] */
#define ESCAPES_TO_LEAVE 3 /* within a second */

/* Between the terminal we stand on and the one that the unit has. */
typedef struct Terminal {
        int master; /* owned */
        struct termios before;
        bool changed;       /* `before` is to be restored */
        char pending[1024]; /* typed, and not yet taken by the unit */
        size_t n_pending;
        unsigned n_escapes;
        usec_t first_escape;
        sd_event *event;
        sd_event_source *input, *output;
} Terminal;

static usec_t now(sd_event *event) {
        uint64_t t = 0;

        (void)sd_event_now(event, CLOCK_MONOTONIC, &t);
        return t;
}

/* "^]" three times: who sits here wants to leave, whatever the unit does. */
static bool wants_to_leave(Terminal *t, const char *data, size_t n) {
        for (size_t i = 0; i < n; i++) {
                if (data[i] != ESCAPE || now(t->event) > usec_add(t->first_escape, USEC_PER_SEC))
                        t->n_escapes = 0;
                if (data[i] != ESCAPE)
                        continue;
                if (t->n_escapes++ == 0)
                        t->first_escape = now(t->event);
                if (t->n_escapes >= ESCAPES_TO_LEAVE)
                        return true;
        }
        return false;
}

static void watch_for(Terminal *t) {
        (void)sd_event_source_set_io_events(t->output, EPOLLIN | (t->n_pending > 0 ? EPOLLOUT : 0));
        if (t->input)
                (void)sd_event_source_set_enabled(t->input, t->n_pending > 0 ? SD_EVENT_OFF : SD_EVENT_ON);
}

static void pass_on(Terminal *t) {
        ssize_t n = write(t->master, t->pending, t->n_pending);

        if (n > 0) {
                memmove(t->pending, t->pending + n, t->n_pending - (size_t)n);
                t->n_pending -= (size_t)n;
        }
        watch_for(t);
}

static int take_input(Terminal *t, int fd) {
        ssize_t n = read(fd, t->pending, sizeof(t->pending));

        if (n < 0 && (errno == EAGAIN || errno == EINTR))
                return 0;
        if (n <= 0) { /* the end of a file or pipe is that of a terminal, too */
                t->input = sd_event_source_disable_unref(t->input);
                t->pending[0] = 4;
                n = 1;
        } else if (wants_to_leave(t, t->pending, (size_t)n)) {
                return sd_event_exit(t->event, CTL_OK);
        }
        t->n_pending = (size_t)n;
        pass_on(t);
        return 0;
}

static int on_input(sd_event_source *source, int fd, uint32_t revents, void *userdata) {
        return take_input(userdata, fd);
}

/* A file has no readiness to wait for. */
static int on_file_input(sd_event_source *source, void *userdata) {
        return take_input(userdata, STDIN_FILENO);
}

/* False: nothing is there (for now). */
static bool show_output(Terminal *t) {
        char data[4096];
        ssize_t n = read(t->master, data, sizeof(data));

        for (ssize_t done = 0, k; done < n; done += k) {
                k = write(STDOUT_FILENO, data + done, (size_t)(n - done));
                if (k < 0 && errno != EINTR)
                        return false;
                k = MAX(k, 0);
        }
        return n > 0;
}

static int on_master(sd_event_source *source, int fd, uint32_t revents, void *userdata) {
        Terminal *t = userdata;

        if (revents & EPOLLOUT)
                pass_on(t);
        if (revents & EPOLLIN)
                (void)show_output(t);
        return 0;
}

static void copy_size(const Terminal *t) {
        struct winsize size;

        if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) >= 0)
                (void)ioctl(t->master, TIOCSWINSZ, &size);
}

static int on_resized(sd_event_source *source, const struct signalfd_siginfo *info, void *userdata) {
        copy_size(userdata);
        return 0;
}

static void make_raw(Terminal *t) {
        struct termios raw;

        if (!isatty(STDIN_FILENO) || tcgetattr(STDIN_FILENO, &t->before) < 0)
                return;
        raw = t->before;
        cfmakeraw(&raw);
        t->changed = tcsetattr(STDIN_FILENO, TCSANOW, &raw) >= 0;
}

static int add_input(Terminal *t) {
        int r = sd_event_add_io(t->event, &t->input, STDIN_FILENO, EPOLLIN, on_input, t);

        if (r == -EPERM) {
                r = sd_event_add_defer(t->event, &t->input, on_file_input, t);
                if (r >= 0)
                        r = sd_event_source_set_enabled(t->input, SD_EVENT_ON);
        }
        return r < 0 ? r : sd_event_source_set_priority(t->input, RUN_PRIORITY);
}

static int open_terminal(RunRequest *q, Terminal *t) {
        char name[64];
        sigset_t set;

        t->master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
        if (t->master < 0 || grantpt(t->master) < 0 || unlockpt(t->master) < 0 ||
            ptsname_r(t->master, name, sizeof(name)) != 0)
                return -errno;
        copy_size(t);
        sigemptyset(&set);
        sigaddset(&set, SIGWINCH);
        (void)sigprocmask(SIG_BLOCK, &set, NULL);
        return str_replace(&q->terminal, name);
}

static int connect_terminal(RunRequest *q, Terminal *t) {
        int r = open_terminal(q, t);

        if (r >= 0)
                r = sd_event_new(&t->event);
        if (r >= 0)
                r = sd_event_add_io(t->event, &t->output, t->master, EPOLLIN, on_master, t);
        if (r >= 0)
                r = sd_event_source_set_priority(t->output, RUN_PRIORITY);
        if (r >= 0)
                r = add_input(t);
        if (r >= 0)
                r = sd_event_add_signal(t->event, NULL, SIGWINCH, on_resized, t);
        return r;
}

static void disconnect(Terminal *t) {
        if (t->changed)
                (void)tcsetattr(STDIN_FILENO, TCSADRAIN, &t->before);
        sd_event_source_disable_unref(t->input);
        sd_event_source_disable_unref(t->output);
        sd_event_unref(t->event);
        fd_release(&t->master);
}

int run_in_terminal(RunRequest *q) {
        Terminal t = { .master = -1 };
        RunEnd end = { 0 };
        int r = connect_terminal(q, &t), slave auto_fd = -1;

        if (r < 0) {
                disconnect(&t);
                return ctl_print_error("%s: %s", q->name, strerror(-r));
        }
        /* Held open until the unit has it: without anybody on the other side the terminal only hangs up. */
        slave = open(q->terminal, O_RDWR | O_NOCTTY | O_CLOEXEC);
        if (!q->ctl->quiet)
                fputs("Press ^] three times within 1s to disconnect TTY.\n", stderr);
        make_raw(&t);
        r = run_and_wait(q, t.event, &end);
        while (end.ended && show_output(&t))
                ; /* what was written last */
        disconnect(&t);
        if (end.ended)
                r = run_exit_code(&end);
        property_list_release(&end.properties);
        return r;
}
