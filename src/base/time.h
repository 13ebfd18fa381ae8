/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Durations and instants in microseconds. Nothing here reads a clock.
 * Syntax: systemd.time(7).
 */

#include "base/text.h"

typedef uint64_t usec_t;

#define USEC_INFINITY UINT64_MAX
#define USEC_PER_MSEC ((usec_t)1000)
#define USEC_PER_SEC ((usec_t)1000000)
#define USEC_PER_MINUTE (60 * USEC_PER_SEC)
#define USEC_PER_HOUR (60 * USEC_PER_MINUTE)
#define USEC_PER_DAY (24 * USEC_PER_HOUR)
#define USEC_PER_WEEK (7 * USEC_PER_DAY)
#define USEC_PER_MONTH ((usec_t)2629800 * USEC_PER_SEC)
#define USEC_PER_YEAR ((usec_t)31557600 * USEC_PER_SEC)
#define NSEC_PER_USEC ((uint64_t)1000)

/* An instant on both clocks that D-Bus shows; zero when it has not happened. */
typedef struct DualTime {
        usec_t realtime;  /* CLOCK_REALTIME */
        usec_t monotonic; /* CLOCK_MONOTONIC */
} DualTime;

static inline usec_t usec_add(usec_t a, usec_t b) {
        return a > USEC_INFINITY - b ? USEC_INFINITY : a + b;
}
static inline usec_t usec_sub(usec_t a, usec_t b) {
        return a == USEC_INFINITY ? a : a > b ? a - b : 0;
}

int timespan_parse(const char *s, usec_t default_unit,
                   usec_t *ret);                /* "2min 200ms", "5", "infinity"; 0, -EINVAL, -ERANGE */
void timespan_format(usec_t t, Buf *b);         /* "2min 200ms", "0", "infinity" */
void timespan_format_rounded(usec_t t, Buf *b); /* to milliseconds, unless it is less than one: "1.234s" */
