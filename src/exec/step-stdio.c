/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Standard input, output and error. What PID 1 hands over as a descriptor
 * (pipes to the journal, a connection) is only moved; files and terminals are
 * opened here, because their open may block.
 */

#include "exec/child.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/vt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

#define JOURNAL_SOCKET "/run/systemd/journal/stdout"
#define JOURNAL_BUFFER (8 * 1024 * 1024)

/* fd becomes the standard descriptor `target`, open after exec; takes fd. */
static int become(int fd, int target) {
        if (fd == target)
                return fcntl(fd, F_SETFD, 0) < 0 ? -errno : 0;
        if (dup2(fd, target) < 0)
                return -errno;
        (void)close(fd);
        return 0;
}

static int copy_to(int fd, int target) {
        if (fd == target)
                return fcntl(fd, F_SETFD, 0) < 0 ? -errno : 0;
        return dup2(fd, target) < 0 ? -errno : 0;
}

static int open_as(const char *path, int flags, int target) {
        int fd = open(path, flags | O_NOCTTY | O_CLOEXEC, 0666);

        return fd < 0 ? -errno : become(fd, target);
}

static int null_as(int flags, int target) {
        return open_as("/dev/null", flags, target);
}

static const char *tty_path(const ExecContext *c) {
        return c->plan->tty_path ?: c->plan->exec->tty_path ?: "/dev/console";
}

/* systemd.exec(5): a path that names a listening socket is connected to. */
static int connect_as(const char *path, int target) {
        struct sockaddr_un sa = { .sun_family = AF_UNIX };
        int fd auto_fd = -1;

        if (strlen(path) >= sizeof(sa.sun_path))
                return -ENAMETOOLONG;
        strcpy(sa.sun_path, path);
        fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (fd < 0 || connect(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0)
                return -errno;
        return become(TAKE_FD(fd), target);
}

static int open_file(ExecContext *c, const char *path, int flags, int target) {
        int r;

        if (!path)
                return -EINVAL;
        exec_detail(c, path);
        r = open_as(path, flags, target);
        return r == -ENXIO ? connect_as(path, target) : r;
}

/* The settings that the kernel gives a new terminal. */
static int reset_terminal(int fd) {
        struct termios t;

        (void)ioctl(fd, TIOCNXCL);
        if (tcgetattr(fd, &t) < 0)
                return -errno;
        t.c_iflag &= ~(tcflag_t)(IGNBRK | BRKINT | ISTRIP | INLCR | IGNCR | IUCLC);
        t.c_iflag |= ICRNL | IMAXBEL | IUTF8;
        t.c_oflag |= ONLCR | OPOST;
        t.c_cflag |= CREAD;
        t.c_lflag = ISIG | ICANON | IEXTEN | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE;
        t.c_cc[VINTR] = 03;
        t.c_cc[VQUIT] = 034;
        t.c_cc[VERASE] = 0177;
        t.c_cc[VKILL] = 025;
        t.c_cc[VEOF] = 04;
        t.c_cc[VSTART] = 021;
        t.c_cc[VSTOP] = 023;
        t.c_cc[VSUSP] = 032;
        t.c_cc[VMIN] = 1;
        t.c_cc[VTIME] = 0;
        return tcsetattr(fd, TCSANOW, &t) < 0 ? -errno : 0;
}

/* Somebody else controls the terminal: the kernel tells nobody when he leaves, but every leaving closes a descriptor. */
static int wait_for_terminal(int fd, const char *path) {
        int watch auto_fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);

        if (watch < 0 || inotify_add_watch(watch, path, IN_CLOSE) < 0)
                return -errno;
        while (ioctl(fd, TIOCSCTTY, 0) < 0) {
                struct pollfd p = { .fd = watch, .events = POLLIN };
                char events[1024];

                if (errno != EPERM)
                        return -errno;
                /* A close between the two calls would be missed for ever without the limit. */
                (void)poll(&p, 1, 1000);
                while (read(watch, events, sizeof(events)) > 0)
                        continue;
        }
        return 0;
}

/* A virtual terminal is given back; what was on the screen of any other goes. */
static void disallocate_terminal(int fd, const char *path) {
        static const char clear[] = "\033[r\033[H\033[3J";
        const char *number = str_after(path, "/dev/tty");
        unsigned n;

        if (number && parse_unsigned(number, &n) >= 0 && n > 0) {
                int control auto_fd = open("/dev/tty0", O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);

                if (control >= 0 && ioctl(control, VT_DISALLOCATE, n) >= 0)
                        return;
        }
        (void)!write(fd, clear, sizeof(clear) - 1);
}

/* As before a run, so after it. */
static int prepare_terminal(const ExecSpec *e, int fd, const char *path) {
        int r = 0;

        if (e->tty_reset)
                (void)reset_terminal(fd);
        if (e->tty_vhangup && ioctl(fd, TIOCVHANGUP) < 0)
                r = -errno;
        if (e->tty_disallocate)
                disallocate_terminal(fd, path);
        return r;
}

static void set_terminal_size(const ExecSpec *e, int fd) {
        struct winsize size;

        if ((e->tty_rows == 0 && e->tty_columns == 0) || ioctl(fd, TIOCGWINSZ, &size) < 0)
                return;
        size.ws_row = e->tty_rows > 0 ? (unsigned short)e->tty_rows : size.ws_row;
        size.ws_col = e->tty_columns > 0 ? (unsigned short)e->tty_columns : size.ws_col;
        (void)ioctl(fd, TIOCSWINSZ, &size);
}

bool exec_uses_terminal(const ExecSpec *e) {
        return e->tty_path || e->io.input == INPUT_TTY || e->io.input == INPUT_TTY_FORCE ||
               e->io.input == INPUT_TTY_FAIL || e->io.output == OUTPUT_TTY || e->io.error == OUTPUT_TTY;
}

void exec_revert_terminal(const ExecSpec *e) {
        const char *path = e->tty_path ?: "/dev/console";
        int fd;

        if (!(e->tty_reset || e->tty_vhangup || e->tty_disallocate) || !exec_uses_terminal(e))
                return;
        if (exec_fork_tidy() != 0)
                return;
        (void)setsid();
        fd = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
        if (fd >= 0)
                (void)prepare_terminal(e, fd, path);
        _exit(0);
}

static int acquire_terminal(ExecContext *c, StdInput how) {
        const char *path = tty_path(c);
        int fd auto_fd = -1, r;

        exec_detail(c, path);
        fd = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
        if (fd < 0)
                return -errno;
        if (ioctl(fd, TIOCSCTTY, how == INPUT_TTY_FORCE) < 0) {
                if (errno != EPERM || how != INPUT_TTY) {
                        r = -errno;
                        if (r == -EPERM)
                                exec_reason(c, "another session has the terminal");
                        return r;
                }
                r = wait_for_terminal(fd, path);
                if (r < 0)
                        return r;
        }
        r = prepare_terminal(c->plan->exec, fd, path);
        if (r < 0)
                exec_note(c, "TTYVHangup", r);
        set_terminal_size(c->plan->exec, fd);
        c->has_terminal = true;
        return become(TAKE_FD(fd), STDIN_FILENO);
}

static int data_as_stdin(const ExecContext *c) {
        const StdIo *io = &c->plan->exec->io;
        int fd auto_fd = memfd_create("stdin", MFD_CLOEXEC);
        size_t done = 0;

        if (fd < 0)
                return -errno;
        while (done < io->input_data_len) {
                ssize_t n = write(fd, io->input_data + done, io->input_data_len - done);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return -errno;
                done += (size_t)n;
        }
        if (lseek(fd, 0, SEEK_SET) < 0)
                return -errno;
        return become(TAKE_FD(fd), STDIN_FILENO);
}

static int named_as(ExecContext *c, const char *name, int target) {
        static const char *const standard[] = { "stdin", "stdout", "stderr" };

        if (str_is_empty(name))
                name = standard[target];
        exec_detail(c, name);
        for (size_t i = 0; i < c->plan->n_fds; i++)
                if (c->plan->fd_names && str_equal(c->plan->fd_names[i], name))
                        return copy_to(c->plan->fds[i], target);
        return -ENOENT;
}

/* The commands after the first have no connection: it is the service's alone by then. */
static int socket_as(ExecContext *c, int target) {
        const ExecPlan *p = c->plan;

        if (p->n_fds == 1)
                return copy_to(p->fds[0], target);
        if (p->n_fds == 0 && p->streams_optional)
                return null_as(O_RDWR, target);
        exec_reason(c, p->n_fds == 0 ? "there is no socket" : "there is more than one socket");
        return -EINVAL;
}

/* A descriptor among 0, 1 and 2 is wanted for another place than its own: keep it safe from the first dup2(). */
static int move_away(int *fd, int target) {
        if (*fd < 0 || *fd > STDERR_FILENO || *fd == target)
                return 0;
        *fd = fcntl(*fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
        return *fd < 0 ? -errno : 0;
}

static int borrow_descriptors(ExecContext *c) {
        const ExecPlan *p = c->plan;
        int r;

        c->stdin_fd = p->stdin_fd;
        c->stdout_fd = p->stdout_fd;
        c->stderr_fd = p->stderr_fd;
        c->console_fd = p->console_fd;
        r = move_away(&c->stdin_fd, STDIN_FILENO);
        if (r >= 0)
                r = move_away(&c->stdout_fd, STDOUT_FILENO);
        if (r >= 0)
                r = move_away(&c->stderr_fd, STDERR_FILENO);
        if (r >= 0)
                r = move_away(&c->console_fd, -1);
        return r;
}

int step_stdin(ExecContext *c) {
        const StdIo *io = &c->plan->exec->io;
        int r = borrow_descriptors(c);

        if (r < 0)
                return r;
        if (c->stdin_fd >= 0)
                return copy_to(c->stdin_fd, STDIN_FILENO);
        switch (io->input) {
        case INPUT_TTY:
        case INPUT_TTY_FORCE:
        case INPUT_TTY_FAIL:
                return acquire_terminal(c, io->input);
        case INPUT_SOCKET:
                return socket_as(c, STDIN_FILENO);
        case INPUT_NAMED_FD:
                return named_as(c, io->input_file, STDIN_FILENO);
        case INPUT_DATA:
                return data_as_stdin(c);
        case INPUT_FILE: {
                /* The same file for both ends is opened once. */
                bool both = (io->output == OUTPUT_FILE && str_equal(io->input_file, io->output_file)) ||
                            (io->error == OUTPUT_FILE && str_equal(io->input_file, io->error_file));

                return open_file(c, io->input_file, both ? O_RDWR | O_CREAT : O_RDONLY, STDIN_FILENO);
        }
        default:
                return null_as(O_RDONLY, STDIN_FILENO);
        }
}

static int inherit_output(ExecContext *c, int target) {
        const StdIo *io = &c->plan->exec->io;
        bool input_is_real = c->plan->stdin_fd >= 0 || (io->input != INPUT_NULL && io->input != INPUT_DATA);

        if (target == STDERR_FILENO)
                return copy_to(STDOUT_FILENO, target);
        if (input_is_real)
                return copy_to(STDIN_FILENO, target);
        if (c->console_fd >= 0)
                return copy_to(c->console_fd, target);
        return null_as(O_WRONLY, target);
}

static int tty_as_output(ExecContext *c, int target) {
        if (c->has_terminal)
                return copy_to(STDIN_FILENO, target);
        return open_file(c, tty_path(c), O_WRONLY, target);
}

/* What is written to it and not read yet: as much as the kernel lets us have. */
static void size_for_bursts(int fd) {
        int bytes = JOURNAL_BUFFER;

        if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof(bytes)) < 0)
                (void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
}

/* Nobody listens: the service runs without, as with systemd. */
static int connect_to_journal(ExecContext *c, const char *header, int target) {
        struct sockaddr_un sa = { .sun_family = AF_UNIX, .sun_path = JOURNAL_SOCKET };
        int fd auto_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        size_t n = strlen(header);
        struct stat st;

        if (fd < 0)
                return -errno;
        if (connect(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0)
                return null_as(O_WRONLY, target);
        (void)shutdown(fd, SHUT_RD);
        size_for_bursts(fd);
        if (send(fd, header, n, MSG_NOSIGNAL) != (ssize_t)n)
                return null_as(O_WRONLY, target);
        /* Of both, the one on which errors are written. */
        if (fstat(fd, &st) >= 0)
                snprintf(c->journal_stream, sizeof(c->journal_stream), "%ju:%ju", (uintmax_t)st.st_dev,
                         (uintmax_t)st.st_ino);
        return become(TAKE_FD(fd), target);
}

static int output_as(ExecContext *c, StdOutput how, const char *path, int given, int target) {
        const StdIo *io = &c->plan->exec->io;
        const char *header = c->plan->journal_headers[target == STDERR_FILENO];

        if (given >= 0)
                return copy_to(given, target);
        /* One open for both, so that neither overwrites the other. */
        if (target == STDERR_FILENO && how == io->output && how >= OUTPUT_FILE &&
            str_equal(path, io->output_file))
                return copy_to(STDOUT_FILENO, target);
        switch (how) {
        case OUTPUT_NULL:
                return null_as(O_WRONLY, target);
        case OUTPUT_JOURNAL:
        case OUTPUT_KMSG:
        case OUTPUT_JOURNAL_CONSOLE:
        case OUTPUT_KMSG_CONSOLE:
                if (header)
                        return connect_to_journal(c, header, target);
                return inherit_output(c, target);
        case OUTPUT_TTY:
                return tty_as_output(c, target);
        case OUTPUT_SOCKET:
                return c->plan->stdin_fd >= 0 ? copy_to(STDIN_FILENO, target) : socket_as(c, target);
        case OUTPUT_NAMED_FD:
                return named_as(c, path, target);
        case OUTPUT_FILE:
                if (io->input == INPUT_FILE && str_equal(path, io->input_file))
                        return copy_to(STDIN_FILENO, target);
                return open_file(c, path, O_WRONLY | O_CREAT, target);
        case OUTPUT_APPEND:
                return open_file(c, path, O_WRONLY | O_CREAT | O_APPEND, target);
        case OUTPUT_TRUNCATE:
                return open_file(c, path, O_WRONLY | O_CREAT | O_TRUNC, target);
        default:
                return inherit_output(c, target);
        }
}

/* The pipe was made by svinit. Who may not give it away lacks the privilege to become somebody else as well. */
static void give_output(const ExecContext *c, int given, int target) {
        const Account *a = &c->account;

        if (given >= 0 && c->plan->give_output && a->switches)
                (void)fchown(target, a->uid, a->gid);
}

int step_stdout(ExecContext *c) {
        const StdIo *io = &c->plan->exec->io;
        int r = output_as(c, io->output, io->output_file, c->stdout_fd, STDOUT_FILENO);

        if (r >= 0)
                give_output(c, c->stdout_fd, STDOUT_FILENO);
        return r;
}

int step_stderr(ExecContext *c) {
        const StdIo *io = &c->plan->exec->io;
        int r = output_as(c, io->error, io->error_file, c->stderr_fd, STDERR_FILENO);

        if (r >= 0)
                give_output(c, c->stderr_fd, STDERR_FILENO);
        return r;
}

/* From a background group the call itself is answered by SIGTTOU, which would stop us. */
int step_foreground(ExecContext *c) {
        sigset_t ttou, old;
        int r = 0;

        /* A shell's job in the background stays there. */
        if (!c->plan->foreground || tcgetpgrp(STDIN_FILENO) != getpgid(getppid()))
                return 0;
        sigemptyset(&ttou);
        sigaddset(&ttou, SIGTTOU);
        (void)sigprocmask(SIG_BLOCK, &ttou, &old);
        if (tcsetpgrp(STDIN_FILENO, getpid()) < 0 && errno != ENOTTY && errno != EINVAL)
                r = -errno;
        (void)sigprocmask(SIG_SETMASK, &old, NULL);
        return r;
}
