/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * svinit-journald's process and sockets: starts it, and again when it ended,
 * and hands it what is kept for it.
 */

#include "manager/files.h"
#include "manager/journal-internal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

#define JOURNALD_PATH PKGLIBDIR "/svinit-journald"
#define KMSG_DEVICE makedev(1, 11)
#define RESTART_DELAY (200 * USEC_PER_MSEC)

static void disconnect(JournalLink *l) {
        sd_event_source_disable_unref(TAKE(l->source));
        cleanup_fd(&l->control);
        l->control = -1;
        journal_forget_pending(l);
}

static int on_control(sd_event_source *s, int fd, uint32_t revents, void *userdata) {
        JournalLink *l = userdata;
        int r = 1;

        for (unsigned i = 0; i < 64 && r > 0; i++)
                r = journal_receive(l);
        if (r < 0)
                disconnect(l); /* the process's end follows */
        else
                journal_flush(l);
        if (l->manager->stopping)
                manager_kick(l->manager);
        return 0;
}

static void child(JournalLink *l, int fd) {
        char format[64], runtime[300];
        char *const argv[] = { (char *)"svinit-journald", format, runtime, NULL };
        sigset_t none;

        snprintf(format, sizeof(format), "--format=%s", l->manager->config.log_format ?: "prefix");
        snprintf(runtime, sizeof(runtime), "--runtime-dir=%s/log/journal", l->manager->host.runtime_dir);
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
        if (getpid() != 1)
                prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (fd == JOURNAL_CONTROL_FD)
                (void)fcntl(fd, F_SETFD, 0);
        else
                (void)dup2(fd, JOURNAL_CONTROL_FD);
        execv(JOURNALD_PATH, argv);
        _exit(203);
}

static int start(JournalLink *l) {
        int pair[2], r;

        if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) < 0)
                return -errno;
        l->pid = fork();
        if (l->pid == 0)
                child(l, pair[1]);
        close(pair[1]);
        if (l->pid < 0) {
                r = -errno;
                close(pair[0]);
                return r;
        }
        l->control = pair[0];
        l->last_start = now_monotonic();
        r = sd_event_add_io(l->manager->event, &l->source, l->control, EPOLLIN, on_control, l);
        if (r < 0)
                return r;
        (void)sd_event_source_set_priority(l->source, PRIORITY_JOURNAL);
        return journal_hand_over(l);
}

static int on_restart(sd_event_source *s, uint64_t usec, void *userdata) {
        JournalLink *l = userdata;

        if (start(l) < 0)
                journal_link_process_end(l, &(ProcessEnd){ .pid = l->pid });
        return 0;
}

bool journal_link_is_pid(const JournalLink *l, pid_t pid) {
        return l->pid == pid;
}

/* It comes back at once; one that ends again and again comes back slowly. */
void journal_link_process_end(JournalLink *l, const ProcessEnd *end) {
        bool quick = now_monotonic() - l->last_start < USEC_PER_SEC;

        l->pid = 0;
        /* What it said last counts: descriptors to keep, streams that are done with. */
        while (l->control >= 0 && journal_receive(l) > 0)
                ;
        disconnect(l);
        if (l->ending)
                return;
        l->quick_ends = quick ? l->quick_ends + 1 : 0;
        if (end->code == CLD_EXITED && end->status == 203 && l->quick_ends > 3) {
                l->unavailable = true;
                manager_log_to(-1);
        }
        LOG(JOURNAL_ENDED, FIELD_I("STATUS", end->status));
        sd_event_source_disable_unref(TAKE(l->restart_timer));
        (void)sd_event_add_time_relative(l->manager->event, &l->restart_timer, CLOCK_MONOTONIC,
                                         l->quick_ends > 3   ? 5 * USEC_PER_SEC
                                         : l->quick_ends > 0 ? RESTART_DELAY
                                                             : 0,
                                         USEC_PER_MSEC, on_restart, l);
}

bool journal_link_available(const JournalLink *l) {
        return l && !l->unavailable;
}

void journal_link_end(JournalLink *l) {
        if (!l)
                return;
        l->ending = true;
        manager_log_to(-1); /* the end of our own stream */
        (void)journal_post(l, JOURNAL_END, 0, NULL);
}

pid_t journal_link_pid(const JournalLink *l) {
        return l && l->pid > 0 ? l->pid : 0;
}

bool journal_link_ended(JournalLink *l) {
        return !l || l->pid <= 0;
}

static int bind_socket(JournalLink *l, JournalSocket which, int type, mode_t mode, const char *name) {
        struct sockaddr_un sa = { .sun_family = AF_UNIX };
        int fd, one = 1;

        snprintf(sa.sun_path, sizeof(sa.sun_path), "%s/systemd/journal/%s", l->manager->host.runtime_dir,
                 name);
        (void)unlink(sa.sun_path);
        fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (fd < 0)
                return -errno;
        (void)setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &one, sizeof(one));
        if (bind(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0 || chmod(sa.sun_path, mode) < 0 ||
            (type == SOCK_STREAM && listen(fd, SOMAXCONN) < 0)) {
                int r = -errno;

                close(fd);
                return r;
        }
        l->sockets[which] = fd;
        return 0;
}

/* /dev/log is where syslog(3) looks; a container's /dev may be read-only, then it stays as it is. */
static void link_dev_log(const JournalLink *l) {
        char target[256];

        snprintf(target, sizeof(target), "%s/systemd/journal/dev-log", l->manager->host.runtime_dir);
        (void)unlink("/dev/log");
        if (symlink(target, "/dev/log") < 0)
                LOG_ERRNO(WATCH_FAILED, -errno, FIELD_S("PATH", "/dev/log"));
}

/*
 * The messages of the kernel, where they may be read. What it said before a container began is not the container's
 * history. Some mount something else there, to keep it from being read.
 */
static void open_kmsg(JournalLink *l) {
        int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        struct stat st;

        if (fd >= 0 && (fstat(fd, &st) < 0 || !S_ISCHR(st.st_mode) || st.st_rdev != KMSG_DEVICE)) {
                close(fd);
                return;
        }
        if (fd >= 0 && l->manager->host.container)
                (void)lseek(fd, 0, SEEK_END);
        l->sockets[JOURNAL_SOCKET_KMSG] = fd;
}

static void bind_sockets(JournalLink *l) {
        static const struct {
                JournalSocket which;
                int type;
                mode_t mode;
                const char *name;
        } all[] = { { JOURNAL_SOCKET_NATIVE, SOCK_DGRAM, 0666, "socket" },
                    { JOURNAL_SOCKET_STDOUT, SOCK_STREAM, 0666, "stdout" },
                    { JOURNAL_SOCKET_SYSLOG, SOCK_DGRAM, 0666, "dev-log" },
                    { JOURNAL_SOCKET_VARLINK, SOCK_STREAM, 0600, "io.systemd.journal" } };

        for (size_t i = 0; i < ELEMENTSOF(all); i++) {
                int r = bind_socket(l, all[i].which, all[i].type, all[i].mode, all[i].name);

                if (r < 0)
                        LOG_ERRNO(WATCH_FAILED, r, FIELD_S("PATH", all[i].name));
        }
        open_kmsg(l);
        if (l->sockets[JOURNAL_SOCKET_SYSLOG] >= 0 && l->manager->host.container)
                link_dev_log(l);
}

int journal_link_new(Manager *m, JournalLink **ret) {
        JournalLink *l = calloc(1, sizeof(*l));

        if (!l)
                return -ENOMEM;
        l->manager = m;
        l->control = -1;
        l->next_id = 1;
        for (size_t i = 0; i < JOURNAL_SOCKET_MAX; i++)
                l->sockets[i] = -1;
        *ret = l;
        if (access(JOURNALD_PATH, X_OK) < 0) {
                LOG_ERRNO(JOURNAL_MISSING, -errno, FIELD_S("PATH", JOURNALD_PATH));
                l->unavailable = true;
                return 0;
        }
        if (m->host.runtime_writable)
                bind_sockets(l);
        journal_open_own_stream(l);
        return start(l);
}

void journal_link_free(JournalLink *l) {
        JournalStream *s, *next;

        if (!l)
                return;
        manager_log_to(-1);
        disconnect(l);
        sd_event_source_disable_unref(l->restart_timer);
        HASH_ITER (hh, l->streams, s, next)
                journal_stream_free(l, s);
        for (size_t i = 0; i < JOURNAL_SOCKET_MAX; i++)
                cleanup_fd(&l->sockets[i]);
        for (size_t i = 0; i < l->n_state; i++)
                close(l->state[i]);
        free(l);
}
