/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who is let in, how long it may take to say who it is, and who goes. */

#include <errno.h>
#include <utlist.h>

#include "bus/clients/connection.h"
#include "bus/clients/server.h"

static int on_sweep(sd_event_source *source, void *userdata) {
        Bus *b = userdata;
        Connection *c, *next;

        DL_FOREACH_SAFE (b->connections, c, next) {
                if (!c->doomed)
                        continue;
                references_end(&c->own, b->manager);
                connection_free(c);
        }
        return 0;
}

/* Closes connections whose peer has not authenticated in time; waits on for the younger ones. */
static int on_patience(sd_event_source *source, uint64_t usec, void *userdata) {
        usec_t now = now_monotonic(), next = USEC_INFINITY;
        Bus *b = userdata;
        Connection *c;

        DL_FOREACH (b->connections, c) {
                if (c->doomed || c->authenticated)
                        continue;
                if (usec_add(c->since, AUTHENTICATION_TIMEOUT) <= now)
                        connection_doom(c);
                else
                        next = MIN(next, usec_add(c->since, AUTHENTICATION_TIMEOUT));
        }

        if (next != USEC_INFINITY) {
                (void)sd_event_source_set_time(source, next);
                (void)sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
        }
        return 0;
}

static void be_patient_with(Connection *c) {
        sd_event_source *timer = c->bus->patience_timer;
        int enabled = SD_EVENT_OFF;

        (void)sd_event_source_get_enabled(timer, &enabled);
        if (enabled != SD_EVENT_OFF)
                return; /* it looks at everybody and goes on for whoever is left */

        (void)sd_event_source_set_time(timer, usec_add(c->since, AUTHENTICATION_TIMEOUT));
        (void)sd_event_source_set_enabled(timer, SD_EVENT_ONESHOT);
}

/* Strangers leave room for who may change things. */
bool bus_has_room_for(const Bus *b, const BusUser *u) {
        if (b->n_connections >= CONNECTIONS_MAX)
                return false;
        return !u->stranger ||
               (u->n_connections < CONNECTIONS_PER_USER_MAX && b->n_strangers < STRANGERS_MAX);
}

static int connection_new(Bus *b, Identity *who, Connection **ret) {
        Connection *c;
        BusUser *u;
        int r;

        r = bus_user_of(b, who->uid, &u);
        if (r < 0)
                return r;
        if (!bus_has_room_for(b, u))
                return -EBUSY;
        c = malloc(sizeof(Connection));
        if (!c)
                return -ENOMEM;

        *c = (Connection){
                .bus = b,
                .number = ++b->n_ever,
                .user = u,
                .who = *who,
                .since = now_monotonic(),
                .intake = INTAKE_CLOSED,
        };
        *who = (Identity){ 0 };
        c->may_control = !u->stranger || identity_is_listed(b->manager, &c->who);
        c->references = &c->own;
        DL_APPEND(b->connections, c);
        b->n_connections++;
        b->n_strangers += u->stranger;
        u->n_connections++;
        *ret = c;
        return 0;
}

int connection_add(Bus *b, int fd) {
        usec_t begin = bus_time_spent();
        int accepted auto_fd = fd;
        Connection *c = NULL;
        Identity who = { 0 };
        int r;

        r = identity_of_socket(fd, &who);
        if (r >= 0)
                r = connection_new(b, &who, &c);
        identity_release(&who);
        if (r < 0)
                return r;

        r = connection_start(c, TAKE_FD(accepted));
        if (r < 0) {
                connection_free(c);
                return r;
        }

        bus_user_charge(c->user, usec_sub(bus_time_spent(), begin));
        be_patient_with(c);
        return 0;
}

static int add_timer(Bus *b, sd_event_time_handler_t handler, sd_event_source **ret) {
        int r = sd_event_add_time(b->manager->event, ret, CLOCK_MONOTONIC, 0, 10 * USEC_PER_MSEC, handler, b);

        return r < 0 ? r : sd_event_source_set_enabled(*ret, SD_EVENT_OFF);
}

int connections_init(Bus *b) {
        int r;

        if ((r = add_timer(b, on_patience, &b->patience_timer)) < 0 ||
            (r = add_timer(b, bus_users_on_wake, &b->rest_timer)) < 0 ||
            (r = sd_event_add_defer(b->manager->event, &b->sweep_source, on_sweep, b)) < 0)
                return r;
        return sd_event_source_set_enabled(b->sweep_source, SD_EVENT_OFF);
}

void connections_release(Bus *b) {
        Connection *c, *next;

        DL_FOREACH_SAFE (b->connections, c, next) {
                connection_flush(c);
                connection_free(c);
        }
        while (b->deferred) { /* the manager still has them */
                DeferredCall *d = b->deferred;

                DL_DELETE(b->deferred, d);
                d->bus = NULL;
        }
        bus_users_release(b);
        sd_event_source_unref(b->patience_timer);
        sd_event_source_unref(b->rest_timer);
        sd_event_source_unref(b->sweep_source);
}
