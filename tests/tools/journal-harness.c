/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Plays PID 1's side of journal/protocol.h for a real svinit-journald: keeps
 * the descriptors, kills it with SIGKILL again and again while writers write
 * numbered lines, starts it again, and at the end counts with sd-journal what
 * is there: each line exactly once, in order.
 *
 *      journal-harness SVINIT-JOURNALD [--lines=N] [--pipes=N] [--connections=N] [--datagrams=N]
 *                      [--width=BYTES] [--kill-every=MSEC] [--dir=DIR] [--console=FILE] [--seed=N] [--max-use=SIZE] [--keep] [--quiet-console] [--unchecked] [--newest-only]
 *                      [--expect-console=LINES]
 *
 * With --newest-only the oldest may be gone, as --max-use= says; what is there must have no gap up to the last.
 * Exit code 0: all is there. The last line on stdout is a summary.
 */

#include "base/macro.h"
#include "journal-writers.h"
#include "journal/protocol.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <systemd/sd-journal.h>
#include <time.h>
#include <unistd.h>

#define WRITERS_MAX 128
#define STORED_MAX 64
#define MACHINE_ID "0123456789abcdef0123456789abcdef"

typedef enum WriterKind {
        WRITER_PIPE,
        WRITER_CONNECTION,
        WRITER_NATIVE,
        WRITER_SYSLOG
} WriterKind;

typedef struct Writer {
        WriterKind kind;
        int fd; /* pipe: the read end that PID 1 keeps */
        bool gone;
        pid_t pid;
        uint64_t next;  /* the number that must come next */
        uint64_t first; /* the oldest that is still there */
} Writer;

typedef struct Stored {
        uint64_t id;
        int fd;
        char text[2048];
} Stored;

typedef struct Harness {
        const char *program;
        char dir[80];
        uint64_t n_lines, kill_every_ms, seed;
        size_t width; /* bytes of a line; 0: of random length, in random pieces */
        char max_use[32];
        bool keep;
        bool quiet_console, unchecked, newest_only;
        Writer writers[WRITERS_MAX];
        size_t n_writers;
        int listeners[JOURNAL_SOCKET_MAX];
        Stored stored[STORED_MAX];
        size_t n_stored;
        int state[16];
        size_t n_state;
        pid_t pid;
        int control;
        int console[2], console_copy;
        uint64_t console_lines, n_kills, cpu_us;
        bool synced;
} Harness;

static uint64_t now_ms(void) {
        struct timespec ts;

        clock_gettime(CLOCK_MONOTONIC, &ts);
        return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static void die(const char *what) {
        fprintf(stderr, "journal-harness: %s: %s\n", what, strerror(errno));
        exit(EXIT_FAILURE);
}

/* ---- PID 1's side ---- */

static void tell(Harness *h, JournalVerb verb, uint64_t id, const char *text, const int *fds, size_t n_fds) {
        LinkMessage header = {
                .verb = verb, .n_fds = (uint32_t)n_fds, .id = id, .text_len = (uint32_t)strlen(text)
        };
        struct iovec iov[] = { { &header, sizeof(header) }, { (char *)text, strlen(text) } };
        char space[CMSG_SPACE(sizeof(int) * 16)] = { 0 };
        struct msghdr m = { .msg_iov = iov, .msg_iovlen = 2 };

        if (n_fds > 0) {
                struct cmsghdr c = { .cmsg_len = CMSG_LEN(n_fds * sizeof(int)),
                                     .cmsg_level = SOL_SOCKET,
                                     .cmsg_type = SCM_RIGHTS };

                memcpy(space, &c, sizeof(c));
                memcpy(space + CMSG_LEN(0), fds, n_fds * sizeof(int));
                m.msg_control = space;
                m.msg_controllen = CMSG_SPACE(n_fds * sizeof(int));
        }
        if (sendmsg(h->control, &m, MSG_NOSIGNAL) < 0 && errno != EPIPE && errno != ECONNRESET)
                die("sendmsg");
}

static void on_store(Harness *h, uint64_t id, const char *text, size_t n, int fd) {
        Stored *x = NULL;

        for (size_t i = 0; i < h->n_stored; i++)
                if (h->stored[i].id == id)
                        x = &h->stored[i];
        if (x) {
                close(x->fd);
        } else {
                if (h->n_stored >= STORED_MAX)
                        die("too many stored");
                x = &h->stored[h->n_stored++];
        }
        x->id = id;
        x->fd = fd;
        snprintf(x->text, sizeof(x->text), "%.*s", (int)n, text);
}

static void on_gone(Harness *h, uint64_t id) {
        if (id >= 1 && id <= h->n_writers) {
                Writer *w = &h->writers[id - 1];

                w->gone = true;
                if (w->fd >= 0)
                        close(TAKE_FD(w->fd));
                return;
        }
        for (size_t i = 0; i < h->n_stored; i++)
                if (h->stored[i].id == id) {
                        close(h->stored[i].fd);
                        h->stored[i] = h->stored[--h->n_stored];
                        return;
                }
}

/* One message of svinit-journald; false: there is none. */
static bool hear(Harness *h) {
        char data[LINK_MESSAGE_MAX], space[CMSG_SPACE(sizeof(int) * 16)];
        struct iovec iov = { data, sizeof(data) };
        struct msghdr m = {
                .msg_iov = &iov, .msg_iovlen = 1, .msg_control = space, .msg_controllen = sizeof(space)
        };
        LinkMessage header;
        int fds[16];
        size_t n_fds = 0;
        ssize_t n = recvmsg(h->control, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

        if (n < (ssize_t)sizeof(header))
                return false;
        memcpy(&header, data, sizeof(header));
        for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c))
                if (c->cmsg_type == SCM_RIGHTS) {
                        n_fds = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
                        memcpy(fds, CMSG_DATA(c), n_fds * sizeof(int));
                }

        switch (header.verb) {
        case JOURNAL_SAVE_STATE:
                for (size_t i = 0; i < h->n_state; i++)
                        close(h->state[i]);
                memcpy(h->state, fds, n_fds * sizeof(int));
                h->n_state = n_fds;
                break;
        case JOURNAL_STORE:
                on_store(h, header.id, data + sizeof(header), header.text_len, fds[0]);
                break;
        case JOURNAL_GONE:
                on_gone(h, header.id);
                break;
        case JOURNAL_SYNCED:
                h->synced = true;
                break;
        case JOURNAL_ASK:
                tell(h, JOURNAL_UNIT_OF, header.id, "UNIT=datagram.service", NULL, 0);
                break;
        default:
                break;
        }
        return true;
}

static void exec_journald(Harness *h, int control) {
        char runtime[256], max_use[64];

        dup2(h->console[1], STDOUT_FILENO);
        dup2(h->console[1], STDERR_FILENO);
        if (control == LINK_CONTROL_FD)
                fcntl(control, F_SETFD, 0);
        else
                dup2(control, LINK_CONTROL_FD);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        snprintf(runtime, sizeof(runtime), "--runtime-dir=%s/log", h->dir);
        snprintf(max_use, sizeof(max_use), "--max-use=%s", h->max_use);
        execl(h->program, h->program, "--storage=volatile", runtime, max_use, "--machine-id=" MACHINE_ID,
              h->quiet_console ? "--format=none" : "--format=prefix", "--set=ForwardToSyslog=no", NULL);
        _exit(127);
}

static void start(Harness *h) {
        int pair[2];

        if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
                die("socketpair");
        h->control = pair[0];
        h->pid = fork();
        if (h->pid < 0)
                die("fork");
        if (h->pid == 0)
                exec_journald(h, pair[1]);
        close(pair[1]);

        tell(h, JOURNAL_STATE, 0, "", h->state, h->n_state);
        for (size_t i = 0; i < h->n_writers; i++) {
                char text[256];

                if (h->writers[i].kind != WRITER_PIPE || h->writers[i].gone)
                        continue;
                snprintf(text, sizeof(text),
                         "UNIT=pipe%zu.service\nIDENTIFIER=pipe%zu\nPID=%d\nUID=0\nGID=0\nSTREAM=%s", i, i,
                         (int)h->writers[i].pid, i % 2 ? "stderr" : "stdout");
                tell(h, JOURNAL_ADD, i + 1, text, &h->writers[i].fd, 1);
        }
        for (size_t i = 0; i < h->n_stored; i++)
                tell(h, JOURNAL_STORED, h->stored[i].id, h->stored[i].text, &h->stored[i].fd, 1);
        for (size_t i = 0; i < JOURNAL_SOCKET_MAX; i++)
                if (h->listeners[i] >= 0)
                        tell(h, JOURNAL_LISTEN, i, "", &h->listeners[i], 1);
        tell(h, JOURNAL_READY_END, 0, "", NULL, 0);
}

static void reap(Harness *h) {
        struct rusage usage;
        int status;

        if (wait4(h->pid, &status, 0, &usage) < 0)
                die("wait4");
        h->cpu_us += (uint64_t)usage.ru_utime.tv_sec * 1000000 + (uint64_t)usage.ru_utime.tv_usec +
                     (uint64_t)usage.ru_stime.tv_sec * 1000000 + (uint64_t)usage.ru_stime.tv_usec;
        if (WIFEXITED(status) ? WEXITSTATUS(status) != 0 : WTERMSIG(status) != SIGKILL)
                fprintf(stderr, "journal-harness: svinit-journald ended by itself, status 0x%x\n", status);
        while (hear(h))
                ;
        close(h->control);
}

/* ---- writers ---- */

static int connect_to(const Harness *h, const char *name, int type) {
        struct sockaddr_un a = { .sun_family = AF_UNIX };
        int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

        snprintf(a.sun_path, sizeof(a.sun_path), "%s/%s", h->dir, name);
        if (fd < 0 || connect(fd, (struct sockaddr *)&a, sizeof(a)) < 0)
                die("connect");
        return fd;
}

static void run_writer(const Harness *h, size_t i, int fd) {
        Writer w = h->writers[i];
        uint64_t seed = h->seed * 7919 + i + 1;
        char text[512];

        switch (w.kind) {
        case WRITER_PIPE:
                if (h->width > 0)
                        write_wide_lines(fd, h->n_lines, h->width, i);
                else
                        write_lines(fd, h->n_lines, seed, i);
                break;
        case WRITER_CONNECTION:
                fd = connect_to(h, "stdout", SOCK_STREAM);
                snprintf(text, sizeof(text), "connection%zu\nconnection%zu.service\n6\n1\n0\n0\n0\n", i, i);
                write_all(fd, text, strlen(text));
                write_lines(fd, h->n_lines, seed, i);
                break;
        case WRITER_NATIVE:
                fd = connect_to(h, "socket", SOCK_DGRAM);
                for (uint64_t k = 0; k < h->n_lines; k++) {
                        snprintf(text, sizeof(text),
                                 "MESSAGE=writer %zu line %" PRIu64
                                 "\nPRIORITY=5\nSYSLOG_IDENTIFIER=native\n",
                                 i, k);
                        write_all(fd, text, strlen(text));
                }
                break;
        case WRITER_SYSLOG:
                fd = connect_to(h, "dev-log", SOCK_DGRAM);
                for (uint64_t k = 0; k < h->n_lines; k++) {
                        snprintf(text, sizeof(text),
                                 "<30>Nov 11 10:11:12 daemon[77]: writer %zu line %" PRIu64, i, k);
                        write_all(fd, text, strlen(text));
                }
                break;
        }
        _exit(0);
}

static void add_writer(Harness *h, WriterKind kind) {
        Writer *w = &h->writers[h->n_writers];
        int ends[2] = { -1, -1 };

        if (h->n_writers >= WRITERS_MAX)
                die("too many writers");
        if (kind == WRITER_PIPE && pipe2(ends, O_CLOEXEC) < 0)
                die("pipe");
        *w = (Writer){ .kind = kind, .fd = ends[0], .gone = kind != WRITER_PIPE };
        h->n_writers++;
        w->pid = fork();
        if (w->pid == 0) {
                prctl(PR_SET_PDEATHSIG, SIGKILL);
                run_writer(h, h->n_writers - 1, ends[1]);
        }
        if (ends[1] >= 0)
                close(ends[1]);
}

static void listen_all(Harness *h) {
        static const char *const names[JOURNAL_SOCKET_MAX] = {
                [JOURNAL_SOCKET_NATIVE] = "socket",
                [JOURNAL_SOCKET_STDOUT] = "stdout",
                [JOURNAL_SOCKET_SYSLOG] = "dev-log",
        };
        int on = 1;

        for (size_t i = 0; i < JOURNAL_SOCKET_MAX; i++) {
                struct sockaddr_un a = { .sun_family = AF_UNIX };
                int type = i == JOURNAL_SOCKET_STDOUT ? SOCK_STREAM : SOCK_DGRAM;

                h->listeners[i] = -1;
                if (!names[i])
                        continue;
                snprintf(a.sun_path, sizeof(a.sun_path), "%s/%s", h->dir, names[i]);
                h->listeners[i] = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
                if (h->listeners[i] < 0 || bind(h->listeners[i], (struct sockaddr *)&a, sizeof(a)) < 0)
                        die("bind");
                setsockopt(h->listeners[i], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on));
                setsockopt(h->listeners[i], SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on));
                if (type == SOCK_STREAM && listen(h->listeners[i], 128) < 0)
                        die("listen");
        }
}

/* ---- the run ---- */

static void read_console(Harness *h) {
        char buffer[65536];
        ssize_t n;

        while ((n = read(h->console[0], buffer, sizeof(buffer))) > 0) {
                if (h->console_copy >= 0 && write(h->console_copy, buffer, (size_t)n) != n)
                        die("write");
                for (ssize_t i = 0; i < n; i++)
                        h->console_lines += buffer[i] == '\n';
        }
}

static bool all_written(Harness *h) {
        bool done = true;

        for (size_t i = 0; i < h->n_writers; i++) {
                Writer *w = &h->writers[i];

                if (w->pid > 0 && waitpid(w->pid, NULL, WNOHANG) == w->pid)
                        w->pid = 0;
                done = done && w->pid == 0 && w->gone;
        }
        return done && h->n_stored == 0;
}

static void turn(Harness *h, int timeout) {
        struct pollfd p[] = { { .fd = h->control, .events = POLLIN },
                              { .fd = h->console[0], .events = POLLIN } };

        (void)poll(p, 2, timeout);
        read_console(h);
        while (hear(h))
                ;
}

static void run(Harness *h) {
        uint64_t seed = h->seed + 1, kill_at = UINT64_MAX, deadline = now_ms() + 300000;

        start(h);
        for (;;) {
                if (h->kill_every_ms > 0 && kill_at == UINT64_MAX)
                        kill_at = now_ms() + random_next(&seed) % (2 * h->kill_every_ms + 1);
                turn(h, (int)MIN(h->kill_every_ms ? h->kill_every_ms : 50, 5ULL));
                if (all_written(h) || now_ms() > deadline)
                        break;
                if (now_ms() < kill_at)
                        continue;
                kill(h->pid, SIGKILL);
                reap(h);
                h->n_kills++;
                start(h);
                kill_at = UINT64_MAX;
        }

        tell(h, JOURNAL_END, 1, "", NULL, 0);
        while (!h->synced && now_ms() < deadline)
                turn(h, 50);
        reap(h);
        read_console(h);
}

/* ---- the check ---- */

static unsigned check_order(Harness *h) {
        char dir[256];
        unsigned n_wrong = 0;
        const void *data;
        sd_journal *j;
        size_t size;

        snprintf(dir, sizeof(dir), "%s/log/" MACHINE_ID, h->dir);
        if (sd_journal_open_directory(&j, dir, 0) < 0)
                die("sd_journal_open_directory");
        SD_JOURNAL_FOREACH(j) {
                char text[128];
                size_t writer;
                uint64_t line;

                if (sd_journal_get_data(j, "MESSAGE", &data, &size) < 0)
                        continue;
                snprintf(text, sizeof(text), "%.*s", (int)MIN(size, sizeof(text) - 1), (const char *)data);
                if (sscanf(text, "MESSAGE=writer %zu line %" SCNu64, &writer, &line) != 2 ||
                    writer >= h->n_writers) {
                        fprintf(stderr, "strange: %s\n", text);
                        n_wrong++;
                        continue;
                }
                if (h->newest_only && h->writers[writer].next == 0)
                        h->writers[writer].first = h->writers[writer].next = line;
                if (h->writers[writer].next != line && n_wrong++ < 20)
                        fprintf(stderr, "writer %zu: line %" PRIu64 " where %" PRIu64 " was expected\n",
                                writer, line, h->writers[writer].next);
                h->writers[writer].next = line + 1;
        }
        sd_journal_close(j);

        /* All lines of one that was done long before the end may be gone. */
        for (size_t i = 0; h->newest_only && i < h->n_writers; i++)
                if (h->writers[i].next == 0)
                        h->writers[i].first = h->writers[i].next = h->n_lines;

        for (size_t i = 0; i < h->n_writers; i++)
                if (h->writers[i].next != h->n_lines) {
                        fprintf(stderr, "writer %zu: ends at %" PRIu64 " of %" PRIu64 "\n", i,
                                h->writers[i].next, h->n_lines);
                        n_wrong++;
                }
        return n_wrong;
}

static unsigned check_by_unit(Harness *h) {
        char dir[256], match[64];
        unsigned n_wrong = 0;
        sd_journal *j;

        snprintf(dir, sizeof(dir), "%s/log/" MACHINE_ID, h->dir);
        for (size_t i = 0; i < h->n_writers; i++) {
                uint64_t n = 0;

                if (h->writers[i].kind != WRITER_PIPE || sd_journal_open_directory(&j, dir, 0) < 0)
                        continue;
                snprintf(match, sizeof(match), "_SYSTEMD_UNIT=pipe%zu.service", i);
                sd_journal_add_match(j, match, 0);
                SD_JOURNAL_FOREACH(j)
                n++;
                sd_journal_close(j);
                if (n != h->n_lines - h->writers[i].first) {
                        fprintf(stderr, "%s: %" PRIu64 " entries\n", match, n);
                        n_wrong++;
                }
        }
        return n_wrong;
}

static unsigned verify(Harness *h) {
        char command[512];

        snprintf(command, sizeof(command),
                 "journalctl --verify -q -D %s/log/" MACHINE_ID " 2>&1 | grep -v ^PASS", h->dir);
        return system(command) == 0;
}

static void usage_error(const char *arg) {
        fprintf(stderr, "journal-harness: argument \"%s\" was not understood.\n", arg);
        exit(2);
}

int main(int argc, char *argv[]) {
        static Harness h = { .dir = "/tmp/svinit-harness-XXXXXX",
                             .n_lines = 20000,
                             .kill_every_ms = 20,
                             .seed = 1,
                             .max_use = "4G",
                             .console = { -1, -1 },
                             .console_copy = -1 };
        unsigned n_pipes = 5, n_connections = 0, n_datagrams = 0, n_wrong;
        bool own_dir = true;
        uint64_t begun, expect_console = 0;

        if (argc < 2)
                usage_error("");
        h.program = argv[1];
        for (int i = 2; i < argc; i++) {
                if (sscanf(argv[i], "--lines=%" SCNu64, &h.n_lines) == 1 ||
                    sscanf(argv[i], "--pipes=%u", &n_pipes) == 1 ||
                    sscanf(argv[i], "--connections=%u", &n_connections) == 1 ||
                    sscanf(argv[i], "--datagrams=%u", &n_datagrams) == 1 ||
                    sscanf(argv[i], "--kill-every=%" SCNu64, &h.kill_every_ms) == 1 ||
                    sscanf(argv[i], "--width=%zu", &h.width) == 1 ||
                    sscanf(argv[i], "--seed=%" SCNu64, &h.seed) == 1 ||
                    sscanf(argv[i], "--max-use=%31s", h.max_use) == 1 ||
                    sscanf(argv[i], "--expect-console=%" SCNu64, &expect_console) == 1)
                        continue;
                if (sscanf(argv[i], "--dir=%79s", h.dir) == 1)
                        own_dir = false;
                else if (strncmp(argv[i], "--console=", 10) == 0)
                        h.console_copy = open(argv[i] + 10, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
                else if (strcmp(argv[i], "--keep") == 0)
                        h.keep = true;
                else if (strcmp(argv[i], "--newest-only") == 0)
                        h.newest_only = true;
                else if (strcmp(argv[i], "--unchecked") == 0)
                        h.unchecked = true;
                else if (strcmp(argv[i], "--quiet-console") == 0)
                        h.quiet_console = true;
                else
                        usage_error(argv[i]);
        }
        if (own_dir && !mkdtemp(h.dir))
                die("mkdtemp");
        if (pipe2(h.console, O_CLOEXEC) < 0)
                die("pipe");
        fcntl(h.console[0], F_SETFL, O_NONBLOCK);

        listen_all(&h);
        for (unsigned i = 0; i < n_pipes; i++)
                add_writer(&h, WRITER_PIPE);
        for (unsigned i = 0; i < n_connections; i++)
                add_writer(&h, WRITER_CONNECTION);
        for (unsigned i = 0; i < n_datagrams; i++)
                add_writer(&h, i % 2 ? WRITER_SYSLOG : WRITER_NATIVE);
        begun = now_ms();
        run(&h);
        begun = now_ms() - begun;

        n_wrong = h.unchecked ? 0 : check_order(&h) + check_by_unit(&h) + verify(&h);
        n_wrong += expect_console > 0 && h.console_lines != expect_console;
        printf("%zu writers of %" PRIu64 " lines, %" PRIu64 " kills, %" PRIu64 " ms, %" PRIu64
               " ms CPU, %" PRIu64 " lines on the console: %s\n",
               h.n_writers, h.n_lines, h.n_kills, begun, h.cpu_us / 1000, h.console_lines,
               n_wrong ? "WRONG" : "ok");
        if (own_dir && !h.keep) {
                char command[256];

                snprintf(command, sizeof(command), "rm -rf %s", h.dir);
                (void)!system(command);
        } else
                printf("%s\n", h.dir);
        return n_wrong ? EXIT_FAILURE : EXIT_SUCCESS;
}
