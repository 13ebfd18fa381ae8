/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the clients of one uid cost together. */

#include <errno.h>
#include <time.h>
#include <utlist.h>

#include "bus/clients/connection.h"
#include "bus/clients/server.h"

static void user_free(Bus *b, BusUser *u) {
        DL_DELETE(b->users, u);
        free(u);
}

static void pay_off(BusUser *u, usec_t now) {
        usec_t paid = usec_sub(now, u->since) / SHARE_OF_USER;

        u->debt = usec_sub(u->debt, paid);
        u->since = usec_add(u->since, paid * SHARE_OF_USER);
}

/* Who comes back at once finds its debt where it was. */
static void forget_idle(Bus *b) {
        usec_t now = now_monotonic();
        BusUser *u, *next;

        DL_FOREACH_SAFE (b->users, u, next) {
                pay_off(u, now);
                if (u->n_connections == 0 && u->debt == 0)
                        user_free(b, u);
        }
}

int bus_user_of(Bus *b, uid_t uid, BusUser **ret) {
        BusUser *u;

        DL_FOREACH (b->users, u) {
                if (u->uid == uid) {
                        *ret = u;
                        return 0;
                }
        }

        forget_idle(b);
        u = malloc(sizeof(BusUser));
        if (!u)
                return -ENOMEM;
        *u = (BusUser){ .uid = uid, .stranger = !uid_is_ours(uid), .since = now_monotonic() };
        DL_APPEND(b->users, u);
        *ret = u;
        return 0;
}

usec_t bus_time_spent(void) {
        struct timespec t = { 0 };

        (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
        return (usec_t)t.tv_sec * USEC_PER_SEC + (usec_t)t.tv_nsec / NSEC_PER_USEC;
}

void bus_user_charge(BusUser *u, usec_t cost) {
        if (u->stranger)
                u->debt = usec_add(u->debt, cost);
}

bool bus_user_may_go_on(BusUser *u, usec_t now, usec_t *ret_until) {
        pay_off(u, now);
        if (u->debt <= BURST_OF_USER)
                return true;
        *ret_until = usec_add(now, (u->debt - BURST_OF_USER / 2) * SHARE_OF_USER);
        return false;
}

void bus_users_wake_at(Bus *b, usec_t when) {
        int enabled = SD_EVENT_OFF;
        uint64_t next = USEC_INFINITY;

        (void)sd_event_source_get_enabled(b->rest_timer, &enabled);
        if (enabled != SD_EVENT_OFF)
                (void)sd_event_source_get_time(b->rest_timer, &next);
        if (when >= next)
                return;
        (void)sd_event_source_set_time(b->rest_timer, when);
        (void)sd_event_source_set_enabled(b->rest_timer, SD_EVENT_ONESHOT);
}

/* All of a user go on when half of the burst has been paid off. */
int bus_users_on_wake(sd_event_source *source, uint64_t usec, void *userdata) {
        usec_t now = now_monotonic();
        Bus *b = userdata;
        Connection *c;

        DL_FOREACH (b->connections, c) {
                if (!c->resting || c->doomed)
                        continue;
                pay_off(c->user, now);
                if (c->user->debt > BURST_OF_USER / 2) {
                        bus_users_wake_at(b,
                                          usec_add(now, (c->user->debt - BURST_OF_USER / 2) * SHARE_OF_USER));
                        continue;
                }
                c->resting = false;
                (void)sd_event_source_set_enabled(c->io, SD_EVENT_ON);
        }
        return 0;
}

void bus_user_leave(Bus *b, BusUser *u) {
        u->n_connections--;
        if (u->n_connections == 0 && u->debt == 0)
                user_free(b, u);
}

void bus_users_release(Bus *b) {
        while (b->users)
                user_free(b, b->users);
}
