/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A small static program with bad habits, for the integration tests.
 *
 *      probe hog MIB          takes that much memory, touches it, waits
 *      probe orphans N        leaves N orphans that end at once, waits for none
 *      probe notify TEXT      sends TEXT to $NOTIFY_SOCKET, then waits
 *      probe flood N          N messages full of nonsense to $NOTIFY_SOCKET, a last one with sense, then waits
 *      probe stubborn         ignores SIGTERM, SIGINT and SIGHUP, says READY=1, waits
 *      probe daemon PIDFILE   double forks; the daemon writes its pid there, waits
 *      probe bomb             forks children that fork, as fast as it may, until it may not
 *      probe garbage SOCKET N N connections that send garbage and never read
 *      probe connect PATH     connects, says "hello", prints the answer until its end
 *      probe serve            serves connections on the first descriptor passed: what was said, then our pid
 *      probe reloader FILE    says READY=1; at SIGHUP RELOADING=1, a line in FILE, READY=1, as Type=notify-reload asks
 *      probe store NAME       leaves a memory file with svinit under that name, waits
 *      probe strays N FILE    N daemons that ignore SIGTERM; FILE holds their number when all are there; waits
 *      probe crowd N FILE     forks N children that wait, as many as it may; FILE holds how many; waits
 *      probe steps N FILE     takes up to N MiB, one after the other; FILE holds the last size; waits
 *      probe ticks FILE       a byte to FILE every 20 ms
 *      probe burn             keeps one CPU busy
 *      probe fds              prints $LISTEN_FDS and what they are
 *      probe terminals DIR N  N terminals in raw mode, as DIR/1 ...; DIR/1.said has what was written to the first,
 *                             DIR/1.lost appears when it was taken from who has it open; waits
 *      probe legacy           a system call of the 32-bit kind
 */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

static int wait_forever(void) {
        while (pause() < 0)
                ;
        return 0;
}

static int hog(const char *mib) {
        size_t n = strtoul(mib, NULL, 10) << 20;
        char *p = malloc(n);

        for (size_t i = 0; p && i < n; i += 4096)
                p[i] = 1;
        return p ? wait_forever() : 1;
}

/* A child that forks and ends leaves its child to PID 1. */
static int orphans(const char *count) {
        for (long i = strtol(count, NULL, 10); i > 0; i--) {
                pid_t pid = fork();

                if (pid == 0)
                        _exit(fork() < 0 ? 1 : 0);
                if (pid < 0 || waitpid(pid, NULL, 0) < 0) {
                        i++;
                        usleep(1000);
                }
        }
        return 0;
}

static int tell(const char *text, size_t n) {
        struct sockaddr_un sa = { .sun_family = AF_UNIX };
        const char *path = getenv("NOTIFY_SOCKET");
        static int fd = -1;

        if (fd < 0)
                fd = socket(AF_UNIX, SOCK_DGRAM, 0);
        if (!path)
                return 2;
        snprintf(sa.sun_path, sizeof(sa.sun_path), "%s", path);
        return sendto(fd, text, n, 0, (struct sockaddr *)&sa, sizeof(sa)) < 0;
}

static int notify(const char *text) {
        int r = tell(text, strlen(text));

        return r ? r : wait_forever();
}

static int flood(const char *count) {
        static const char *const nonsense[] = { "STATUS=",
                                                "MAINPID=1\nREADY=2\n=\n\n",
                                                "WATCHDOG_USEC=-1",
                                                "FDSTORE=1",
                                                "EXTEND_TIMEOUT_USEC=99999999999999999999",
                                                "\xff\xfe" };
        const char *last = "STATUS=the end";

        for (long i = strtol(count, NULL, 10); i > 0; i--)
                if (tell(nonsense[i % 6], strlen(nonsense[i % 6])))
                        return 1;
        return tell(last, strlen(last)) ? 1 : wait_forever();
}

static int stubborn(void) {
        signal(SIGTERM, SIG_IGN);
        signal(SIGINT, SIG_IGN);
        signal(SIGHUP, SIG_IGN);
        (void)tell("READY=1", 7);
        return wait_forever();
}

/* As daemons should: when the first process ends, the second has ended and the file of the third is there. */
static int make_daemon(const char *pidfile) {
        pid_t pid = fork();
        FILE *f;

        if (pid > 0)
                return waitpid(pid, NULL, 0) < 0;
        setsid();
        pid = fork();
        if (pid == 0)
                return wait_forever();
        f = fopen(pidfile, "w");
        if (!f)
                return 1;
        fprintf(f, "%d\n", (int)pid);
        fclose(f);
        return 0;
}

static int bomb(void) {
        while (getppid() >= 0)
                if (fork() < 0)
                        usleep(20000);
        return 0;
}

static int garbage(const char *path, const char *count) {
        struct sockaddr_un sa = { .sun_family = AF_UNIX };
        char junk[4096];

        snprintf(sa.sun_path, sizeof(sa.sun_path), "%s", path);
        memset(junk, 0xA5, sizeof(junk));
        signal(SIGPIPE, SIG_IGN);
        for (long i = strtol(count, NULL, 10); i > 0; i--) {
                int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

                if (fd < 0)
                        break;
                if (connect(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0)
                        continue;
                if (i % 2 && write(fd, junk, sizeof(junk)) < 0)
                        close(fd);
        }
        return wait_forever();
}

static int connect_to(const char *path) {
        struct sockaddr_un sa = { .sun_family = AF_UNIX };
        int fd = socket(AF_UNIX, SOCK_STREAM, 0);
        char answer[256];
        ssize_t n;

        snprintf(sa.sun_path, sizeof(sa.sun_path), "%s", path);
        if (connect(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0 || write(fd, "hello\n", 6) != 6 ||
            shutdown(fd, SHUT_WR) < 0)
                return 1;
        while ((n = read(fd, answer, sizeof(answer))) > 0)
                if (write(1, answer, (size_t)n) != n)
                        return 1;
        return n < 0;
}

/* Answers each connection to the first descriptor with what it said and our pid. */
static int echo_server(void) {
        for (;;) {
                char said[256], answer[300];
                int fd = accept(3, NULL, NULL), n;

                if (fd < 0)
                        return 1;
                n = (int)read(fd, said, sizeof(said) - 1);
                n = snprintf(answer, sizeof(answer), "%.*s%d\n", n < 0 ? 0 : n, said, (int)getpid());
                if (write(fd, answer, (size_t)n) != n)
                        return 1;
                close(fd);
        }
}

static void reload(const char *file) {
        char text[80];
        struct timespec t;
        FILE *f;

        clock_gettime(CLOCK_MONOTONIC, &t);
        tell(text, (size_t)snprintf(text, sizeof(text), "RELOADING=1\nMONOTONIC_USEC=%lld",
                                    t.tv_sec * 1000000LL + t.tv_nsec / 1000));
        f = fopen(file, "a");
        if (f) {
                fprintf(f, "reloaded\n");
                fclose(f);
        }
        tell("READY=1", 7);
}

static int reloader(const char *file) {
        sigset_t hup;
        int signo;

        sigemptyset(&hup);
        sigaddset(&hup, SIGHUP);
        sigprocmask(SIG_BLOCK, &hup, NULL);
        if (tell("READY=1", 7))
                return 1;
        while (sigwait(&hup, &signo) == 0)
                reload(file);
        return 1;
}

/* With a file: made when the message is on its way. */
static int store(const char *name, const char *said) {
        char text[100], control[CMSG_SPACE(sizeof(int))] = { 0 };
        struct sockaddr_un sa = { .sun_family = AF_UNIX };
        struct iovec iov = { text, (size_t)snprintf(text, sizeof(text), "FDSTORE=1\nFDNAME=%s", name) };
        struct msghdr mh = { .msg_name = &sa,
                             .msg_namelen = sizeof(sa),
                             .msg_iov = &iov,
                             .msg_iovlen = 1,
                             .msg_control = control,
                             .msg_controllen = sizeof(control) };
        struct cmsghdr *c = CMSG_FIRSTHDR(&mh);
        int fd = socket(AF_UNIX, SOCK_DGRAM, 0), file = memfd_create("stored", 0);

        snprintf(sa.sun_path, sizeof(sa.sun_path), "%s", getenv("NOTIFY_SOCKET"));
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(c), &file, sizeof(int));
        if (sendmsg(fd, &mh, 0) < 0 || (said && creat(said, 0644) < 0))
                return 1;
        return wait_forever();
}

/* Each is nobody's child but of the nearest subreaper, in a session of its own. */
static int strays(long n, const char *file) {
        for (long i = 0; i < n; i++) {
                pid_t pid = fork();

                if (pid < 0)
                        return 1;
                if (pid == 0) {
                        setsid();
                        signal(SIGTERM, SIG_IGN);
                        _exit(fork() == 0 ? wait_forever() : 0);
                }
                if (waitpid(pid, NULL, 0) < 0)
                        return 1;
        }
        FILE *f = fopen(file, "w");
        if (!f)
                return 1;
        fprintf(f, "%ld\n", n);
        fclose(f);
        return wait_forever();
}

static int write_count(const char *file, long n) {
        char text[32];
        int fd = open(file, O_WRONLY | O_CREAT | O_CLOEXEC, 0644),
            length = snprintf(text, sizeof(text), "%ld\n", n);
        bool ok = fd >= 0 && pwrite(fd, text, (size_t)length, 0) == length;

        if (fd >= 0)
                close(fd);
        return ok ? 0 : 1;
}

static int crowd(long n, const char *file) {
        long made = 0;

        for (long i = 0; i < n; i++) {
                pid_t pid = fork();

                if (pid == 0)
                        return wait_forever();
                made += pid > 0;
        }
        return write_count(file, made) ? 1 : wait_forever();
}

static int steps(long n, const char *file) {
        for (long i = 1; i <= n; i++) {
                char *p = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

                if (p == MAP_FAILED)
                        return 1;
                memset(p, 1, 1 << 20);
                if (write_count(file, i))
                        return 1;
        }
        return wait_forever();
}

static int ticks(const char *file) {
        int fd = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);

        while (fd >= 0 && write(fd, "x", 1) == 1)
                usleep(20000);
        return 1;
}

static int burn(void) {
        volatile unsigned long n = 1;

        while (n)
                n |= 1;
        return 0;
}

static int fds(void) {
        const char *n = getenv("LISTEN_FDS"), *names = getenv("LISTEN_FDNAMES"), *pid = getenv("LISTEN_PID");

        printf("%s %s %s\n", n ? n : "none", names ? names : "",
               pid && atoi(pid) == (int)getpid() ? "mine" : "not mine");
        for (int fd = 3; n && fd < 3 + atoi(n); fd++) {
                struct stat st;

                if (fstat(fd, &st) < 0)
                        return 1;
                printf("%d %s\n", fd, S_ISSOCK(st.st_mode) ? "socket" : "other");
        }
        fflush(stdout);
        return wait_forever();
}

#define TERMINALS_MAX 64

static int note_terminal(const char *dir, int i, const char *what, const char *text, size_t n) {
        char path[256];
        int fd;

        snprintf(path, sizeof(path), "%s/%d.%s", dir, i + 1, what);
        fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
        return fd < 0 || write(fd, text, n) < 0 || close(fd) < 0;
}

static int open_terminal(const char *dir, int i, struct pollfd *master, struct pollfd *slave) {
        char path[256];
        struct termios t;

        master->fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
        if (master->fd < 0 || grantpt(master->fd) < 0 || unlockpt(master->fd) < 0)
                return 1;
        slave->fd = open(ptsname(master->fd), O_RDWR | O_NOCTTY | O_CLOEXEC);
        if (slave->fd < 0 || tcgetattr(slave->fd, &t) < 0)
                return 1;
        cfmakeraw(&t);
        master->events = POLLIN;
        snprintf(path, sizeof(path), "%s/%d", dir, i + 1);
        return tcsetattr(slave->fd, TCSANOW, &t) < 0 || symlink(ptsname(master->fd), path) < 0;
}

static int terminals(const char *dir, int n) {
        struct pollfd p[2 * TERMINALS_MAX] = { 0 };

        for (int i = 0; i < n && i < TERMINALS_MAX; i++)
                if (open_terminal(dir, i, p + 2 * i, p + 2 * i + 1))
                        return 1;
        for (;;) {
                char said[512];

                if (poll(p, 2 * (nfds_t)n, -1) < 0)
                        return 1;
                for (int i = 0; i < n; i++) {
                        ssize_t got = p[2 * i].revents & POLLIN ? read(p[2 * i].fd, said, sizeof(said)) : 0;

                        if (got > 0 && note_terminal(dir, i, "said", said, (size_t)got))
                                return 1;
                        if (p[2 * i + 1].revents & POLLHUP) {
                                p[2 * i + 1].fd = -1;
                                if (note_terminal(dir, i, "lost", "", 0))
                                        return 1;
                        }
                }
        }
}

/* getpid() by the gate that 32-bit programs use. */
static int legacy(void) {
#ifdef __x86_64__
        long r;

        __asm__ volatile("int $0x80" : "=a"(r) : "a"(20) : "memory", "r8", "r9", "r10", "r11");
        return r != (long)getpid();
#else
        return 1;
#endif
}

int main(int argc, char **argv) {
        const char *what = argc > 1 ? argv[1] : "", *arg = argc > 2 ? argv[2] : "";

        if (strcmp(what, "hog") == 0)
                return hog(arg);
        if (strcmp(what, "orphans") == 0)
                return orphans(arg);
        if (strcmp(what, "notify") == 0)
                return notify(arg);
        if (strcmp(what, "flood") == 0)
                return flood(arg);
        if (strcmp(what, "stubborn") == 0)
                return stubborn();
        if (strcmp(what, "daemon") == 0)
                return make_daemon(arg);
        if (strcmp(what, "bomb") == 0)
                return bomb();
        if (strcmp(what, "garbage") == 0)
                return garbage(arg, argc > 3 ? argv[3] : "1");
        if (strcmp(what, "connect") == 0)
                return connect_to(arg);
        if (strcmp(what, "serve") == 0)
                return echo_server();
        if (strcmp(what, "reloader") == 0)
                return reloader(arg);
        if (strcmp(what, "store") == 0)
                return store(arg, argc > 3 ? argv[3] : NULL);
        if (strcmp(what, "strays") == 0)
                return strays(strtol(arg, NULL, 10), argc > 3 ? argv[3] : "/dev/null");
        if (strcmp(what, "crowd") == 0)
                return crowd(strtol(arg, NULL, 10), argc > 3 ? argv[3] : "/dev/null");
        if (strcmp(what, "steps") == 0)
                return steps(strtol(arg, NULL, 10), argc > 3 ? argv[3] : "/dev/null");
        if (strcmp(what, "ticks") == 0)
                return ticks(arg);
        if (strcmp(what, "burn") == 0)
                return burn();
        if (strcmp(what, "fds") == 0)
                return fds();
        if (strcmp(what, "terminals") == 0)
                return terminals(arg, argc > 3 ? atoi(argv[3]) : 1);
        if (strcmp(what, "legacy") == 0)
                return legacy();
        fprintf(stderr, "probe: unknown '%s'\n", what);
        return 2;
}
