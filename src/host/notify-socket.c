/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/time.h"
#include "host/notify.h"

#include <errno.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define MESSAGES_PER_DISPATCH 64
#define DISPATCHES_IN_A_ROW 128 /* a thousand services that are ready at once need fewer */
#define LOW_RANK_SPAN (100 * USEC_PER_MSEC)
#define RECEIVE_BUFFER (8 * 1024 * 1024) /* last words of many that end at once */

struct NotifySocket {
        sd_event_source *source; /* owns the descriptor */
        char *path;
        int64_t priority;
        uint64_t iteration; /* of the loop, in which we were called last */
        unsigned n_in_a_row;
        usec_t low_rank_end;
        NotifyHandler handler;
        void *userdata;
};

int notify_parse(const char *data, size_t n, char ***ret) {
        char **lines auto_strv = NULL;

        /* One NUL at the end is a habit of C programs. */
        if (n > 0 && data[n - 1] == 0)
                n--;
        if (memchr(data, 0, n))
                return -EINVAL;
        for (const char *p = data, *end = data + n; p < end;) {
                const char *newline = memchr(p, '\n', (size_t)(end - p)), *stop = newline ? newline : end;
                const char *eq = memchr(p, '=', (size_t)(stop - p));

                if (eq && eq > p && str_is_utf8(p, (size_t)(stop - p))) {
                        int r = strv_push(&lines, strndup(p, (size_t)(stop - p)));

                        if (r < 0)
                                return r;
                }
                p = stop + 1;
        }
        *ret = TAKE(lines);
        return 0;
}

const char *notify_value(char *const *lines, const char *key) {
        return env_get(lines, key, strlen(key));
}

static void close_fds(int *fds, size_t n) {
        for (size_t i = 0; i < n; i++)
                if (fds[i] >= 0)
                        (void)close(fds[i]);
}

/* What came beside the data: who sent it, and descriptors, each of which we own from here on. */
static void take_control(struct msghdr *mh, NotifyMessage *m, int fds[NOTIFY_FDS_MAX]) {
        for (struct cmsghdr *c = CMSG_FIRSTHDR(mh); c; c = CMSG_NXTHDR(mh, c)) {
                if (c->cmsg_level != SOL_SOCKET)
                        continue;
                if (c->cmsg_type == SCM_CREDENTIALS && c->cmsg_len >= CMSG_LEN(sizeof(struct ucred))) {
                        struct ucred u;

                        memcpy(&u, CMSG_DATA(c), sizeof(u));
                        m->pid = u.pid;
                        m->uid = u.uid;
                } else if (c->cmsg_type == SCM_RIGHTS) {
                        size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);

                        n = MIN(n, NOTIFY_FDS_MAX - m->n_fds);
                        memcpy(fds + m->n_fds, CMSG_DATA(c), n * sizeof(int));
                        m->n_fds += n;
                }
        }
        m->fds = fds;
}

/* 1: one was read (good or not); 0: none left. */
static int receive_one(NotifySocket *s, int fd) {
        char data[NOTIFY_MESSAGE_MAX + 1];
        union {
                struct cmsghdr align;
                char bytes[CMSG_SPACE(sizeof(struct ucred)) + CMSG_SPACE(sizeof(int) * NOTIFY_FDS_MAX)];
        } control;
        int fds[NOTIFY_FDS_MAX];
        struct iovec iov = { data, sizeof(data) };
        struct msghdr mh = {
                .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)
        };
        NotifyMessage m = { 0 };
        ssize_t n;

        n = recvmsg(fd, &mh, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
        if (n < 0)
                return errno == EINTR;
        take_control(&mh, &m, fds);
        m.fds_lost = mh.msg_flags & MSG_CTRUNC;
        /* pid 0: from outside of our pid namespace, of nobody we know. Too long: cut off somewhere. */
        if (m.pid > 0 && n <= NOTIFY_MESSAGE_MAX && !(mh.msg_flags & MSG_TRUNC) &&
            notify_parse(data, (size_t)n, &m.lines) >= 0 && m.lines)
                s->handler(&m, s->userdata);
        strv_free(m.lines);
        close_fds(fds, m.n_fds);
        return 1;
}

/*
 * Before others, as asked for, as long as senders are only many. Who sends for
 * ever takes turns with all else that is to be done, and waits in send() until
 * we come back to it.
 */
static void rank(NotifySocket *s) {
        sd_event *event = sd_event_source_get_event(s->source);
        uint64_t iteration = 0;
        usec_t now = 0;

        (void)sd_event_get_iteration(event, &iteration);
        (void)sd_event_now(event, CLOCK_MONOTONIC, &now);
        s->n_in_a_row = iteration == s->iteration + 1 ? s->n_in_a_row + 1 : 0;
        s->iteration = iteration;
        if (s->n_in_a_row >= DISPATCHES_IN_A_ROW)
                s->low_rank_end = now + LOW_RANK_SPAN;
        (void)sd_event_source_set_priority(
                s->source, now < s->low_rank_end ? MAX(s->priority, SD_EVENT_PRIORITY_NORMAL) : s->priority);
}

static int on_message(sd_event_source *source, int fd, uint32_t revents, void *userdata) {
        for (unsigned i = 0; i < MESSAGES_PER_DISPATCH && receive_one(userdata, fd) > 0; i++)
                continue;
        rank(userdata);
        return 0;
}

int notify_socket_bind(const char *path, int *ret) {
        struct sockaddr_un sa = { .sun_family = AF_UNIX };
        const int one = 1, buffer = RECEIVE_BUFFER;
        int fd auto_fd = -1;

        if (strlen(path) >= sizeof(sa.sun_path))
                return -ENAMETOOLONG;
        strcpy(sa.sun_path, path);
        fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (fd < 0)
                return -errno;
        /* Beyond the system's limit only with a privilege. */
        if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof(buffer)) < 0)
                (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof(buffer));
        (void)unlink(path);
        if (bind(fd, (struct sockaddr *)&sa,
                 (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path) + 1)) < 0)
                return -errno;
        /* Services of every user send. */
        if (chmod(path, 0777) < 0 || setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &one, sizeof(one)) < 0)
                return -errno;
        *ret = TAKE_FD(fd);
        return 0;
}

int notify_socket_new(sd_event *event, int bound, const char *path, int64_t priority, NotifyHandler handler,
                      void *userdata, NotifySocket **ret) {
        NotifySocket *s = calloc(1, sizeof(*s));
        int fd auto_fd = bound, r;

        if (!s)
                return -ENOMEM;
        *s = (NotifySocket){ .priority = priority, .handler = handler, .userdata = userdata };
        r = str_replace(&s->path, path);
        if (r >= 0 && fd < 0)
                r = notify_socket_bind(path, &fd);
        if (r >= 0)
                r = sd_event_add_io(event, &s->source, fd, EPOLLIN, on_message, s);
        if (r >= 0)
                r = sd_event_source_set_priority(s->source, priority);
        if (r >= 0)
                r = sd_event_source_set_io_fd_own(s->source, true);
        if (r < 0) {
                notify_socket_free(s);
                return r;
        }
        (void)TAKE_FD(fd);
        *ret = s;
        return 0;
}

void notify_socket_free(NotifySocket *s) {
        if (!s)
                return;
        if (s->source)
                (void)unlink(s->path);
        sd_event_source_disable_unref(s->source);
        free(s->path);
        free(s);
}

const char *notify_socket_path(const NotifySocket *s) {
        return s->path;
}
