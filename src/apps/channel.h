/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The bytes of one channel: lines in, lines out, as Node's child_process has
 * them (a JSON text and a newline), and descriptors beside them.
 *
 * In: at most READ_BUDGET bytes a turn, so that who talks without end does not
 * keep others waiting. A line above max_message is dropped as it comes.
 * Descriptors that come along are closed: nobody here wants them.
 *
 * Out: a queue of at most QUEUE_BYTES (one message always has room). Who does
 * not read loses the oldest broadcasts; what is meant for it alone is refused.
 * A message with a descriptor holds up all behind it until the other side has
 * acknowledged it.
 *
 * svinit-apps may die at any time, and half a message with another one behind
 * it would end a Node program. Up to ATOMIC_MAX bytes the kernel takes all or
 * nothing; longer messages are transferred: PID 1 moves them into the channel.
 */

#include "apps/apps.h"

#define CHANNEL_READ_BUDGET (64 * 1024)
#define CHANNEL_QUEUE_BYTES (1024 * 1024)
#define CHANNEL_ATOMIC_MAX (32 * 1024)

typedef struct Channel Channel;
typedef struct Outgoing Outgoing;

typedef struct ChannelOwner {
        void (*on_line)(
                Channel *c, char *line,
                size_t n); /* without the newline, with a NUL behind it; the channel may be closed in it */
        void (*on_closed)(Channel *c);
        void (*on_complaint)(Channel *c, AppsComplaint what);
        void (*on_transfer)(Channel *c,
                            int fd); /* a memfd, borrowed: its content is to go into the channel */
} ChannelOwner;

struct Channel {
        const ChannelOwner *owner;
        int fd; /* owned; -1: closed, or there never was one */
        sd_event_source *source;
        size_t max_message;
        /* in */
        char *buffer; /* owned */
        size_t filled, looked, capacity;
        bool skipping;    /* to the end of a line that is too long */
        bool may_be_torn; /* an earlier svinit-apps may have read the beginning of the first line */
        /* out */
        Outgoing *queue;               /* list */
        size_t queued;                 /* bytes in it */
        bool awaits_ack, transferring; /* meanwhile all waits */
};

#define CHANNEL_NONE ((Channel){ .fd = -1 })

typedef enum ChannelSend {
        CHANNEL_DIRECT,    /* -ENOBUFS when there is no room */
        CHANNEL_BROADCAST, /* the oldest go */
} ChannelSend;

/* Takes the descriptor, also on failure. */
int channel_open(Channel *c, sd_event *event, int fd, size_t max_message, bool fresh,
                 const ChannelOwner *owner);
void channel_close(Channel *c);
bool channel_is_open(const Channel *c);
/* One JSON text. 0; -EPIPE: it is closed; -ENOBUFS; -EMSGSIZE; -ENOMEM. */
int channel_send(Channel *c, const char *json, size_t n, ChannelSend how);
/* The same with a descriptor, which is taken, also on failure. */
int channel_send_handle(Channel *c, const char *json, size_t n, int fd);
void channel_acknowledged(Channel *c,
                          bool well); /* NODE_HANDLE_ACK, or NACK: it is sent once more, a few times */
/* What is there is read, before it is closed. */
void channel_drain(Channel *c);
void channel_transferred(Channel *c); /* what on_transfer() has asked for is done */
/* Bytes as they come from outside; also for tests. */
void channel_feed(Channel *c, const char *data, size_t n);
