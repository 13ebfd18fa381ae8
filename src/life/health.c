/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "life/health.h"

#define FIRST_PAUSE (100 * USEC_PER_MSEC)
#define LEAST_INTERVAL (100 * USEC_PER_MSEC)

const char *health_state_to_string(HealthState s) {
        static const char *const words[] = { "starting", "healthy", "unhealthy" };
        _Static_assert(ELEMENTSOF(words) == HEALTH_STATE_MAX, "a word for each state");

        return (unsigned)s < HEALTH_STATE_MAX ? words[s] : NULL;
}

static usec_t interval(const HealthSpec *spec) {
        return MAX(spec->interval, LEAST_INTERVAL);
}

void health_begin(Health *h, usec_t now) {
        *h = (Health){ .began = now, .next = now, .since = now, .pause = FIRST_PAUSE };
}

static void enter(Health *h, HealthState state, usec_t now) {
        if (h->state != state)
                h->since = now;
        h->state = state;
}

/* Until when it may take to be well for the first time. */
static usec_t patience(const Health *h, const HealthSpec *spec) {
        usec_t span = interval(spec), least = usec_add(h->began, spec->start);

        return span > (USEC_INFINITY - 1) / spec->failures ? USEC_INFINITY
                                                           : usec_add(least, span * spec->failures);
}

static usec_t next_pause(Health *h, const HealthSpec *spec, usec_t now) {
        usec_t pause = MIN(h->pause, interval(spec)), end = patience(h, spec);

        if (h->state != HEALTH_STARTING)
                return interval(spec);
        h->pause = pause + pause / 2;
        return end > now ? MIN(pause, end - now) : pause;
}

static HealthNews failed(Health *h, const HealthSpec *spec, usec_t now) {
        h->n_successes = 0;
        if (h->state == HEALTH_STARTING) {
                if (now < patience(h, spec))
                        return HEALTH_NO_NEWS;
                h->n_failures = spec->failures;
        } else if (++h->n_failures % spec->failures > 0) {
                return HEALTH_NO_NEWS;
        }
        enter(h, HEALTH_UNHEALTHY, now);
        return HEALTH_IS_SICK;
}

static HealthNews succeeded(Health *h, const HealthSpec *spec, usec_t now) {
        h->n_failures = 0;
        if (h->n_successes < spec->successes)
                h->n_successes++;
        if (h->state == HEALTH_HEALTHY || h->n_successes < spec->successes)
                return HEALTH_NO_NEWS;
        enter(h, HEALTH_HEALTHY, now);
        return HEALTH_IS_WELL;
}

HealthNews health_note(Health *h, const HealthSpec *spec, bool well, usec_t now) {
        HealthNews news = well ? succeeded(h, spec, now) : failed(h, spec, now);

        h->next = usec_add(now, next_pause(h, spec, now));
        return news;
}

void health_put_off(Health *h, const HealthSpec *spec, usec_t now) {
        h->next = usec_add(now, MIN(FIRST_PAUSE * 10, interval(spec)));
}
