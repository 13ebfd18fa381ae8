/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "companion/link.h"

#include "base/macro.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int link_send(int fd, const LinkMessage *m, const char *text, size_t len, const int *fds, size_t n_fds) {
        LinkMessage header = { .verb = m->verb,
                               .n_fds = (uint32_t)n_fds,
                               .id = m->id,
                               .text_len = (uint32_t)len,
                               .value = m->value };
        struct iovec iov[] = { { &header, sizeof(header) }, { (char *)text, len } };
        union {
                struct cmsghdr header;
                char space[CMSG_SPACE(sizeof(int) * LINK_FDS_MAX)];
        } control = { 0 };
        struct msghdr message = { .msg_iov = iov, .msg_iovlen = len > 0 ? 2 : 1 };

        if (n_fds > LINK_FDS_MAX || len > LINK_MESSAGE_MAX - sizeof(header))
                return -E2BIG;
        if (n_fds > 0) {
                control.header = (struct cmsghdr){ .cmsg_len = CMSG_LEN(n_fds * sizeof(int)),
                                                   .cmsg_level = SOL_SOCKET,
                                                   .cmsg_type = SCM_RIGHTS };
                memcpy(CMSG_DATA(&control.header), fds, n_fds * sizeof(int));
                message.msg_control = &control;
                message.msg_controllen = CMSG_SPACE(n_fds * sizeof(int));
        }
        while (sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
                if (errno != EINTR)
                        return errno == EAGAIN || errno == ENOBUFS || errno == ETOOMANYREFS ? 0 : -errno;
        return 1;
}

int link_send_waiting(int fd, const LinkMessage *m, const char *text, size_t len, const int *fds,
                      size_t n_fds) {
        for (;;) {
                struct pollfd p = { .fd = fd, .events = POLLOUT };
                int r = link_send(fd, m, text, len, fds, n_fds);

                if (r != 0)
                        return r < 0 ? r : 0;
                (void)poll(&p, 1, -1);
        }
}

static void take_fds(struct msghdr *message, LinkIncoming *in) {
        for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
                size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);

                if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
                        continue;
                for (size_t i = 0; i < n; i++) {
                        int fd;

                        memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(fd));
                        if (in->n_fds < LINK_FDS_MAX)
                                in->fds[in->n_fds++] = fd;
                        else
                                close(fd);
                }
        }
}

int link_receive(int fd, LinkIncoming *ret) {
        union {
                struct cmsghdr header;
                char space[CMSG_SPACE(sizeof(int) * LINK_FDS_MAX)];
        } control;
        struct iovec iov = { ret->space, sizeof(ret->space) };
        struct msghdr message = {
                .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)
        };
        ssize_t n;

        ret->n_fds = 0;
        n = recvmsg(fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
        if (n < 0)
                return errno == EAGAIN || errno == EINTR ? 0 : -errno;
        if (n == 0)
                return -EPIPE;
        take_fds(&message, ret);
        if ((size_t)n < sizeof(LinkMessage) || ret->message.text_len > (size_t)n - sizeof(LinkMessage)) {
                ret->message.verb = 0;
                ret->message.text_len = 0;
        }
        return 1;
}

int link_take_fd(LinkIncoming *in, size_t i) {
        return i < in->n_fds ? TAKE_FD(in->fds[i]) : -1;
}

void link_incoming_release(LinkIncoming *in) {
        for (size_t i = 0; i < in->n_fds; i++)
                fd_release(&in->fds[i]);
        in->n_fds = 0;
}

int link_text_assign(const char *text, size_t n, LinkAssign assign, void *userdata) {
        char *copy auto_free = strndup(text, n), *save = NULL;

        if (!copy)
                return -ENOMEM;
        for (char *line = strtok_r(copy, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
                char *value = strchr(line, '=');

                if (!value)
                        continue;
                *value++ = 0;
                assign(userdata, line, value);
        }
        return 0;
}
