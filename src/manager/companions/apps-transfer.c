/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Long messages on their way into a channel. svinit-apps has written them into
 * a memfd; the kernel moves the bytes, as many as the socket has room for, and
 * how far that has come is remembered here and nowhere else.
 */

#include "manager/apps-link.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define BYTES_PER_TURN (64 * 1024)

struct AppsTransfer {
        AppsLink *link;         /* borrowed */
        AppsInstance *instance; /* borrowed: it owns us */
        int fd;                 /* owned: the memfd */
        off_t sent, length;
        sd_event_source *source;
};

void apps_transfer_free(AppsTransfer *t) {
        if (!t)
                return;
        sd_event_source_disable_unref(t->source);
        cleanup_fd(&t->fd);
        free(t);
}

/* Also where it failed: the channel has ended then, or svinit-apps has cut its own memfd short. */
static void finish(AppsTransfer *t) {
        AppsInstance *i = t->instance;
        AppsLink *l = t->link;

        if (t->sent < t->length)
                (void)shutdown(i->channel, SHUT_RDWR); /* no other message comes behind half of one */
        apps_transfer_free(TAKE(i->transfer));
        (void)apps_post(l, APPS_TRANSFERRED, i->id, 0, NULL);
}

static int on_room(sd_event_source *s, int fd, uint32_t revents, void *userdata) {
        AppsTransfer *t = userdata;
        ssize_t n = sendfile(fd, t->fd, &t->sent, (size_t)MIN(t->length - t->sent, (off_t)BYTES_PER_TURN));

        if (n < 0 && (errno == EAGAIN || errno == EINTR))
                return 0;
        if (n <= 0 || t->sent >= t->length)
                finish(t);
        return 0;
}

static int begin(AppsTransfer *t, int channel) {
        int r = sd_event_add_io(t->link->companion.manager->event, &t->source, channel, EPOLLOUT, on_room, t);

        if (r >= 0)
                (void)sd_event_source_set_priority(t->source, PRIORITY_QUEUE);
        return r;
}

/* What is in a memfd is there at once, in any other file it may be waited for. */
static AppsTransfer *transfer_new(AppsLink *l, AppsInstance *i, int fd) {
        AppsTransfer *t;
        struct stat st;

        if (fd < 0 || fcntl(fd, F_GET_SEALS) < 0 || fstat(fd, &st) < 0)
                return NULL;
        t = calloc(1, sizeof(*t));
        if (t)
                *t = (AppsTransfer){ .link = l, .instance = i, .fd = fd, .length = st.st_size };
        return t;
}

void apps_transfer_begin(AppsLink *l, AppsInstance *i, int fd_given) {
        int fd auto_fd = fd_given;

        if (i->transfer || i->channel < 0)
                return;
        i->transfer = transfer_new(l, i, fd);
        if (!i->transfer) { /* for want of descriptors or memory: not a byte of it is sent, and others may follow */
                (void)apps_post(l, APPS_TRANSFERRED, i->id, 0, NULL);
                return;
        }
        TAKE_FD(fd);
        (void)fcntl(i->channel, F_SETFL, fcntl(i->channel, F_GETFL) | O_NONBLOCK);
        if (begin(i->transfer, i->channel) < 0)
                finish(i->transfer);
}
