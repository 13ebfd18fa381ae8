/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "apps/call.h"

#include "apps/instance.h"
#include "apps/owing.h"
#include "apps/request.h"

#include <errno.h>
#include <utlist.h>

#define NOBODY_PATIENCE (30 * USEC_PER_SEC) /* until an instance has come up again */

struct Call {
        Client *client;     /* borrowed */
        Instance *instance; /* borrowed; NULL: it waits */
        char *set, *text;   /* owned */
        size_t n;
        sd_event_source *patience; /* nobody is there to take it */
        Call *prev, *next;
};

static void call_free(Call *call) {
        Apps *a = call->client->apps;

        if (call->instance)
                call->instance->call = NULL;
        else {
                DL_DELETE(a->waiting, call);
                a->n_waiting--;
        }
        call->client->call = NULL;
        sd_event_source_disable_unref(call->patience);
        free(call->set);
        free(call->text);
        free(call);
}

static bool can_work(const Instance *i) {
        return channel_is_open(&i->channel) && i->ready && !i->owes;
}

/* The instance still owes its reply: it gets nothing new before that. */
void call_drop(Client *c) {
        if (c->call)
                call_free(c->call);
}

/* Instances */

static void settle(Instance *i) {
        i->owes = false;
        owing_clear(&i->apps->owing, i->owing_slot);
        i->owing_slot = 0;
        sd_event_source_disable_unref(TAKE(i->call_timer));
}

static int on_timeout(sd_event_source *s, uint64_t usec, void *userdata) {
        Instance *i = userdata;
        Call *call = i->call;

        sd_event_source_disable_unref(TAKE(i->call_timer));
        if (call) {
                Client *c = call->client;

                call_free(call);
                client_fail(c, -ETIMEDOUT, "%s did not reply within X-CallTimeoutSec=, and is restarted",
                            i->unit);
        }
        control_tell(i->apps, APPS_RESTART, i->id, APPS_REASON_CALL_TIMEOUT);
        return 0;
}

static void arm(Instance *i) {
        if (i->call_timeout > 0)
                (void)sd_event_add_time_relative(i->apps->event, &i->call_timer, CLOCK_MONOTONIC,
                                                 i->call_timeout, USEC_PER_MSEC, on_timeout, i);
}

/* False: it cannot be sent, and its caller has been told. */
static bool give(Call *call, Instance *i) {
        Client *c = call->client;
        int r = instance_send(i, call->text, call->n, CHANNEL_DIRECT);

        if (r < 0) {
                call_free(call);
                client_fail(c, r, "%s cannot be told: %s", i->unit, request_why_not_sent(r));
                return false;
        }
        DL_DELETE(c->apps->waiting, call);
        c->apps->n_waiting--;
        sd_event_source_disable_unref(TAKE(call->patience));
        free(TAKE(call->text));
        call->instance = i;
        i->call = call;
        i->owes = true;
        i->owing_slot = owing_set(&i->apps->owing, i->id);
        arm(i);
        return true;
}

void call_instance_free(Instance *i) {
        Call *call, *next;

        DL_FOREACH_SAFE (i->apps->waiting, call, next)
                if (can_work(i) && instance_matches(i, call->set) && give(call, i))
                        break;
}

bool call_take_reply(Instance *i, const char *json, size_t n) {
        Call *call = i->call;

        if (!i->owes)
                return false;
        settle(i);
        if (call) {
                Client *c = call->client;

                call_free(call);
                client_end(c, 0, json, n);
        }
        call_instance_free(i);
        return true;
}

void call_inherit(Instance *i) {
        i->owes = true;
        i->owing_slot = owing_find(&i->apps->owing, i->id);
        arm(i);
}

/* Who waits */

typedef struct Workers {
        unsigned n, queue_max;
        usec_t timeout;
        Instance *idle;
        size_t max_message;
} Workers;

static Workers find_workers(Apps *a, const char *set) {
        Workers w = { .max_message = SIZE_MAX };
        Instance *i, *next;

        HASH_ITER (hh, a->instances, i, next) {
                if (!channel_is_open(&i->channel) || !instance_matches(i, set))
                        continue;
                if (w.n++ == 0)
                        w.queue_max = i->queue_max;
                w.max_message = MIN(w.max_message, (size_t)i->max_message);
                if (!w.idle && can_work(i))
                        w.idle = i;
        }
        return w;
}

static int on_impatience(sd_event_source *s, uint64_t usec, void *userdata) {
        Call *call = userdata;
        Client *c = call->client;

        client_fail(c, -EHOSTDOWN, "No instance of %s has come up to take the call", call->set);
        call_free(call);
        return 0;
}

/* A set may be between two starts; it may also be stopped. */
static void wait_for_somebody(Call *call) {
        if (!call->patience)
                (void)sd_event_add_time_relative(call->client->apps->event, &call->patience, CLOCK_MONOTONIC,
                                                 NOBODY_PATIENCE, USEC_PER_MSEC, on_impatience, call);
}

void call_instance_gone(Instance *i) {
        Apps *a = i->apps;
        Call *call = i->call;

        settle(i);
        if (call) {
                Client *c = call->client;

                call_free(call);
                client_fail(c, -ECONNRESET, "%s ended, or closed its channel, while it worked on the call",
                            i->unit);
        }
        DL_FOREACH (a->waiting, call)
                if (find_workers(a, call->set).n == 0)
                        wait_for_somebody(call);
}

static unsigned count_waiting(const Apps *a, const char *set) {
        unsigned n = 0;
        Call *call;

        DL_FOREACH (a->waiting, call)
                n += str_equal(call->set, set);
        return n;
}

void call_begin(Client *c, const char *name, const char *text, size_t n) {
        Workers w = find_workers(c->apps, name);
        Call *call;

        if (request_refuse_text(c, text, n))
                return;
        if (w.n == 0) {
                client_fail(c, -ENOENT, "%s has no channel: no instance of it runs with X-IPC=", name);
                return;
        }
        if (n > w.max_message) {
                client_fail(c, -EMSGSIZE, "The message is longer than X-IPCMaxMessage= allows");
                return;
        }
        if (!w.idle && c->apps->n_waiting >= w.queue_max && count_waiting(c->apps, name) >= w.queue_max) {
                client_fail(c, -EBUSY,
                            "All instances of %s are busy, and X-IPCQueueMax=%u calls wait already", name,
                            w.queue_max);
                return;
        }
        call = calloc(1, sizeof(*call));
        if (!call || !(call->set = strdup(name)) || !(call->text = malloc(n))) {
                if (call)
                        free(call->set);
                free(call);
                client_fail(c, -ENOMEM, "Out of memory");
                return;
        }
        memcpy(call->text, text, n);
        call->n = n;
        call->client = c;
        c->call = call;
        DL_APPEND(c->apps->waiting, call);
        c->apps->n_waiting++;
        if (w.idle)
                (void)give(call, w.idle);
}
