/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "apps/request.h"

#include "apps/call.h"
#include "apps/figures.h"
#include "apps/instance.h"
#include "apps/trigger.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

bool request_refuse_text(Client *c, const char *text, size_t n) {
        int r = message_check_outgoing(text, n);

        if (r == -EBADMSG)
                client_fail(c, r, "This is no JSON text");
        else if (r == -EPERM)
                client_fail(c, r,
                            "Messages whose cmd begins with NODE_ are Node's own, and are not passed on");
        else if (r < 0)
                client_fail(c, r, "Out of memory");
        return r < 0;
}

const char *request_why_not_sent(int error) {
        return error == -EPIPE      ? "its channel is closed"
               : error == -ENOBUFS  ? "it does not read from its channel, and no more may wait there"
               : error == -EMSGSIZE ? "the message is longer than X-IPCMaxMessage= allows"
                                    : strerror(-error);
}

static void nobody(Client *c, const char *name) {
        client_fail(c, -ENOENT, "%s has no channel: no instance of it runs with X-IPC=", name);
}

static void send_to_all(Client *c, const char *name, const char *text, size_t n) {
        int n_met = 0, n_sent = 0, error = 0;
        Instance *i, *next;

        if (request_refuse_text(c, text, n))
                return;
        HASH_ITER (hh, c->apps->instances, i, next) {
                int r;

                if (!i->has_channel || !instance_matches(i, name))
                        continue;
                n_met++;
                r = instance_send(i, text, n, str_equal(i->unit, name) ? CHANNEL_DIRECT : CHANNEL_BROADCAST);
                if (r >= 0) {
                        n_sent++;
                        continue;
                }
                error = r;
                client_item(c, i->unit, r, request_why_not_sent(r), strlen(request_why_not_sent(r)));
        }
        if (n_met == 0)
                nobody(c, name);
        else if (error < 0)
                client_fail(c, error, "%d of %d got the message", n_sent, n_met);
        else
                client_end(c, n_sent, "", 0);
}

static uint64_t count_of(const Instance *i, const char *type) {
        for (size_t k = 0; k < i->n_types; k++)
                if (str_equal(i->types[k].type, type))
                        return i->types[k].n;
        return 0;
}

/* Of request-start and request-end: how many requests are at work. */
static void count_open(const Instance *i, Buf *b) {
        for (size_t k = 0; k < i->n_types; k++) {
                const MessageCount *start = i->types + k;
                char name[MESSAGE_TYPE_LENGTH], end[MESSAGE_TYPE_LENGTH + sizeof("-end")];
                uint64_t ended;

                if (!str_ends_with(start->type, "-start"))
                        continue;
                snprintf(name, sizeof(name), "%.*s", (int)(strlen(start->type) - strlen("-start")),
                         start->type);
                snprintf(end, sizeof(end), "%s-end", name);
                ended = count_of(i, end);
                buf_addf(b, "open\t%" PRIu64 "\t%s\n", start->n - MIN(ended, start->n), name);
        }
}

static void count_one(const Instance *i, Buf *b) {
        const struct {
                const char *name;
                uint64_t n;
        } totals[] = { { "sent", i->n_sent },
                       { "dropped: not read", i->n_not_read },
                       { "dropped: no JSON", i->n_bad },
                       { "dropped: too long", i->n_too_long } };

        for (size_t k = 0; k < ELEMENTSOF(totals); k++)
                buf_addf(b, "%s\t%" PRIu64 "\n", totals[k].name, totals[k].n);
        for (size_t k = 0; k <= MESSAGE_TYPES_MAX; k++)
                if (i->types[k].n > 0)
                        buf_addf(b, "received\t%" PRIu64 "\t%s\n", i->types[k].n, i->types[k].type);
        count_open(i, b);
}

static void count_figures(const Instance *i, Buf *b) {
        count_one(i, b);
        figures_describe(&i->figures, b);
}

static void describe_all(Client *c, const char *name, void (*describe)(const Instance *i, Buf *b)) {
        Instance *i, *next;
        int n_met = 0;

        HASH_ITER (hh, c->apps->instances, i, next) {
                Buf b auto_buf = { 0 };

                if (*name && !instance_matches(i, name))
                        continue;
                n_met++;
                describe(i, &b);
                if (b.error == 0)
                        client_item(c, i->unit, 0, b.data ?: "", b.len);
        }
        if (n_met == 0 && *name)
                nobody(c, name);
        else
                client_end(c, n_met, "", 0);
}

static void follow(Client *c, const char *name) {
        c->follows = strdup(name);
        if (!c->follows)
                client_fail(c, -ENOMEM, "Out of memory");
}

void request_perform(Client *c, ClientVerb verb, const char *name, const char *text, size_t n) {
        switch (verb) {
        case CLIENT_SEND:
                send_to_all(c, name, text, n);
                break;
        case CLIENT_CALL:
                call_begin(c, name, text, n);
                break;
        case CLIENT_TRIGGER:
                trigger_begin(c, name, text, n);
                break;
        case CLIENT_FOLLOW:
                follow(c, name);
                break;
        case CLIENT_COUNTS:
                describe_all(c, name, count_one);
                break;
        case CLIENT_FIGURES:
                describe_all(c, name, count_figures);
                break;
        default:
                break;
        }
}
