/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* svinit-journald as a companion of PID 1, and the sockets that PID 1 holds for it. */

#include "manager/companions/journal-internal.h"
#include "manager/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

#define JOURNALD_PATH PKGLIBDIR "/svinit-journald"
#define KMSG_DEVICE makedev(1, 11)

static void arguments(const Companion *c, CompanionArguments *ret) {
        const Manager *m = c->manager;

        snprintf(ret->space[0], sizeof(ret->space[0]), "--format=%s", m->config.log_format ?: "prefix");
        snprintf(ret->space[1], sizeof(ret->space[1]), "--runtime-dir=%s/log/journal", m->host.runtime_dir);
        ret->argv[1] = ret->space[0];
        ret->argv[2] = ret->space[1];
}

static void ended(Companion *c, const ProcessEnd *end) {
        if (c->unavailable)
                manager_log_to(-1);
        LOG(JOURNAL_ENDED, FIELD_I("STATUS", end->status));
}

static const CompanionType journald = {
        .name = "svinit-journald",
        .path = JOURNALD_PATH,
        .priority = PRIORITY_JOURNAL,
        .arguments = arguments,
        .hand_over = journal_hand_over,
        .send = journal_send,
        .receive = journal_receive,
        .ended = ended,
};

bool journal_link_is_pid(const JournalLink *l, pid_t pid) {
        return l->companion.pid == pid;
}

void journal_link_process_end(JournalLink *l, const ProcessEnd *end) {
        companion_process_end(&l->companion, end);
}

bool journal_link_available(const JournalLink *l) {
        return l && !l->companion.unavailable;
}

void journal_link_end(JournalLink *l) {
        if (!l)
                return;
        companion_end(&l->companion);
        manager_log_to(-1); /* the end of our own stream */
        (void)journal_post(l, JOURNAL_END, 0, NULL);
}

pid_t journal_link_pid(const JournalLink *l) {
        return l && l->companion.pid > 0 ? l->companion.pid : 0;
}

bool journal_link_ended(JournalLink *l) {
        return !l || l->companion.pid <= 0;
}

static int bind_socket(JournalLink *l, JournalSocket which, int type, mode_t mode, const char *name) {
        struct sockaddr_un sa = { .sun_family = AF_UNIX };
        int fd, one = 1;

        snprintf(sa.sun_path, sizeof(sa.sun_path), "%s/systemd/journal/%s",
                 l->companion.manager->host.runtime_dir, name);
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

        snprintf(target, sizeof(target), "%s/systemd/journal/dev-log",
                 l->companion.manager->host.runtime_dir);
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
        if (fd >= 0 && l->companion.manager->host.container)
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
        if (l->sockets[JOURNAL_SOCKET_SYSLOG] >= 0 && l->companion.manager->host.container)
                link_dev_log(l);
}

int journal_link_new(Manager *m, JournalLink **ret) {
        JournalLink *l = calloc(1, sizeof(*l));

        if (!l)
                return -ENOMEM;
        companion_init(&l->companion, &journald, m);
        l->next_id = 1;
        for (size_t i = 0; i < JOURNAL_SOCKET_MAX; i++)
                l->sockets[i] = -1;
        *ret = l;
        if (access(JOURNALD_PATH, X_OK) < 0) {
                LOG_ERRNO(JOURNAL_MISSING, -errno, FIELD_S("PATH", JOURNALD_PATH));
                l->companion.unavailable = true;
                return 0;
        }
        if (m->host.runtime_writable)
                bind_sockets(l);
        journal_open_own_stream(l);
        return companion_start(&l->companion);
}

void journal_link_free(JournalLink *l) {
        JournalStream *s, *next;

        if (!l)
                return;
        manager_log_to(-1);
        companion_release(&l->companion);
        sd_event_source_disable_unref(l->look_again);
        HASH_ITER (hh, l->streams, s, next)
                journal_stream_free(l, s);
        for (size_t i = 0; i < JOURNAL_SOCKET_MAX; i++)
                cleanup_fd(&l->sockets[i]);
        for (size_t i = 0; i < l->n_state; i++)
                close(l->state[i]);
        free(l);
}
