/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "apps/client.h"

#include "apps/call.h"
#include "apps/instance.h"
#include "apps/request.h"
#include "apps/trigger.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utlist.h>

#define OUT_MAX ((size_t)128 * 1024 * 1024) /* of answers that are not read */
#define READ_SIZE (64 * 1024)

void client_free(Client *c) {
        call_drop(c);
        trigger_drop(c);
        DL_DELETE(c->apps->clients, c);
        c->apps->n_clients--;
        c->apps->n_readers -= !c->controls;
        sd_event_source_disable_unref(c->source);
        close(c->fd);
        buf_release(&c->in);
        buf_release(&c->out);
        free(c->follows);
        free(c);
}

/* Answers */

static size_t waiting(const Client *c) {
        return c->out.len - c->sent;
}

/* False: it is gone. */
static bool flush(Client *c) {
        while (waiting(c) > 0) {
                ssize_t n = send(c->fd, c->out.data + c->sent, waiting(c), MSG_DONTWAIT | MSG_NOSIGNAL);

                if (n < 0 && errno != EAGAIN && errno != EINTR)
                        return false;
                if (n <= 0)
                        break;
                c->sent += (size_t)n;
        }
        if (waiting(c) == 0) {
                buf_release(&c->out);
                c->out = (Buf){ 0 };
                c->sent = 0;
        }
        (void)sd_event_source_set_io_events(c->source, EPOLLIN | (waiting(c) > 0 ? EPOLLOUT : 0));
        return true;
}

static void add_frame(Client *c, ClientVerb verb, int value, const char *name, const char *text, size_t n) {
        ClientFrame f = {
                .verb = verb, .value = value, .name_len = (uint32_t)strlen(name), .text_len = (uint32_t)n
        };

        buf_add_n(&c->out, (const char *)&f, sizeof(f));
        buf_add_n(&c->out, name, f.name_len);
        buf_add_n(&c->out, text, n);
        /* Who does not read, and whom memory does not suffice for, is put out by the source. */
        if (c->out.error < 0 || waiting(c) > OUT_MAX || !flush(c))
                (void)shutdown(c->fd, SHUT_RDWR);
}

void client_item(Client *c, const char *name, int value, const char *text, size_t n) {
        add_frame(c, CLIENT_ITEM, value, name, text, n);
}

void client_end(Client *c, int value, const char *text, size_t n) {
        add_frame(c, CLIENT_END, value, "", text, n);
}

void client_fail(Client *c, int error, const char *format, ...) {
        char text[1024];
        va_list ap;

        va_start(ap, format);
        vsnprintf(text, sizeof(text), format, ap);
        va_end(ap);
        client_end(c, error, text, strlen(text));
}

void clients_show(Apps *a, const Instance *i, ClientDirection direction, const char *json, size_t n) {
        Client *c;

        DL_FOREACH (a->clients, c) {
                if (!c->follows || (*c->follows && !instance_matches(i, c->follows)))
                        continue;
                if (waiting(c) > 0 && waiting(c) + n > CLIENT_FOLLOW_BYTES) {
                        c->n_lost++;
                        continue;
                }
                if (c->n_lost > 0)
                        add_frame(c, CLIENT_LOST, TAKE(c->n_lost), "", "", 0);
                client_item(c, i->unit, direction, json, n);
        }
}

/* Requests */

/* 1: a whole request; 0: not yet; negative: nonsense. */
static int find_request(const Client *c, ClientFrame *ret) {
        size_t max = c->controls ? CLIENT_TEXT_MAX : CLIENT_TEXT_MAX_READER;

        if (c->in.len < sizeof(*ret))
                return 0;
        memcpy(ret, c->in.data, sizeof(*ret));
        if (ret->verb < CLIENT_SEND || ret->verb > CLIENT_FIGURES || ret->name_len > CLIENT_NAME_MAX ||
            ret->text_len > max)
                return -EBADMSG;
        return c->in.len >= sizeof(*ret) + ret->name_len + ret->text_len;
}

static int perform(Client *c, const ClientFrame *f) {
        char name[CLIENT_NAME_MAX + 1];
        Buf in = TAKE(c->in);

        snprintf(name, sizeof(name), "%.*s", (int)f->name_len, in.data + sizeof(*f));
        if (c->call || c->trigger || c->follows || in.len > sizeof(*f) + f->name_len + f->text_len) {
                buf_release(&in);
                return -EBADMSG; /* it has not waited for the answer */
        }
        if (f->verb <= CLIENT_FOLLOW && !c->controls)
                client_fail(c, -EACCES, "Access denied");
        else
                request_perform(c, f->verb, name, in.data + sizeof(*f) + f->name_len, f->text_len);
        buf_release(&in);
        return 0;
}

static int take(Client *c) {
        char data[READ_SIZE];
        ssize_t n = recv(c->fd, data, sizeof(data), MSG_DONTWAIT);
        ClientFrame f;
        int r;

        if (n < 0)
                return errno == EAGAIN || errno == EINTR ? 0 : -errno;
        if (n == 0)
                return -EPIPE;
        buf_add_n(&c->in, data, (size_t)n);
        if (c->in.error < 0)
                return c->in.error;
        r = find_request(c, &f);
        return r > 0 ? perform(c, &f) : r;
}

static int on_event(sd_event_source *s, int fd, uint32_t revents, void *userdata) {
        Client *c = userdata;

        if ((revents & (EPOLLIN | EPOLLHUP | EPOLLERR) && take(c) < 0) || (revents & EPOLLOUT && !flush(c)))
                client_free(c);
        return 0;
}

void client_new(Apps *a, int fd, bool controls) {
        bool admitted =
                controls ? a->n_clients - a->n_readers < CLIENTS_MAX : a->n_readers < CLIENT_READERS_MAX;
        Client *c = fd >= 0 && admitted ? calloc(1, sizeof(*c)) : NULL;

        if (!c) {
                cleanup_fd(&fd);
                return;
        }
        *c = (Client){ .apps = a, .fd = fd, .controls = controls };
        if (sd_event_add_io(a->event, &c->source, fd, EPOLLIN, on_event, c) < 0) {
                close(fd);
                free(c);
                return;
        }
        DL_APPEND(a->clients, c);
        a->n_clients++;
        a->n_readers += !controls;
}
