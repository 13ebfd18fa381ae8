/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * How PID 1 and the processes beside it (svinit-journald, svinit-apps) talk:
 * over one SOCK_SEQPACKET pair each. One datagram is one header, its text
 * behind it, descriptors as SCM_RIGHTS. What the verbs mean stands in
 * journal/protocol.h and apps/protocol.h.
 *
 * Nothing in here waits. Framing is checked at the receiving end, too: what is
 * too short or lies about its length arrives as verb 0.
 */

#include <stddef.h>
#include <stdint.h>

#define LINK_CONTROL_FD 3     /* where the process beside PID 1 finds its end */
#define LINK_MESSAGE_MAX 8192 /* bytes, header and text */
#define LINK_FDS_MAX 16

typedef struct LinkMessage {
        uint32_t verb;
        uint32_t n_fds;
        uint64_t id;
        uint32_t text_len;
        int32_t value;
        char text[]; /* not terminated */
} LinkMessage;

typedef struct LinkIncoming {
        int fds[LINK_FDS_MAX]; /* owned, close-on-exec; -1: taken */
        size_t n_fds;
        union {
                LinkMessage message;
                char space[LINK_MESSAGE_MAX];
        };
} LinkIncoming;

/* The verb, id and value of `m` with this text and these descriptors. 1: sent; 0: there is no room; negative: the other end is gone. */
int link_send(int fd, const LinkMessage *m, const char *text, size_t len, const int *fds, size_t n_fds);
/* The same, but waits for room: for those that PID 1 reads, never the other way round. */
int link_send_waiting(int fd, const LinkMessage *m, const char *text, size_t len, const int *fds,
                      size_t n_fds);

/* 1: a message, to be released; 0: none; negative: the other end is gone. */
int link_receive(int fd, LinkIncoming *ret);
int link_take_fd(LinkIncoming *in, size_t i); /* now the caller's; -1: there is none */
void link_incoming_release(LinkIncoming *in);

/* A text of lines "KEY=value", each given to assign(); other lines do not count. 0, -ENOMEM. */
typedef void (*LinkAssign)(void *userdata, const char *key, const char *value);
int link_text_assign(const char *text, size_t n, LinkAssign assign, void *userdata);
