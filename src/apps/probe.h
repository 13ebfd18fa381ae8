/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * One question to a service, on PID 1's behalf: is it well? Each is on its own: a connection is made for it and closed
 * behind it, and what PID 1 is told is one number.
 *
 *      connecting -> (tcp, unix) answered
 *      connecting -> asking -> reading -> answered -> draining      http
 *      waiting -> answered                                          message
 *
 * An answer is the status line; what comes behind it is read for a while, so that the service does not find its
 * connection broken, but no more than PROBE_DRAIN_MAX bytes, and not beyond the time for the whole.
 */

#include "apps/apps.h"
#include "apps/http-answer.h"

#define PROBES_MAX 4096
#define PROBE_DRAIN_MAX (64 * 1024)

typedef enum ProbeState {
        PROBE_CONNECTING,
        PROBE_ASKING,
        PROBE_READING,
        PROBE_DRAINING,
        PROBE_WAITING,
} ProbeState;

struct Probe {
        Apps *apps;
        uint64_t id;
        char *kind, *host, *path, *text; /* owned; NULL: not given */
        uint64_t port, instance, timeout;
        ProbeState state;
        bool second; /* 127.0.0.1 refused: now ::1 */
        int fd;      /* owned; -1 */
        sd_event_source *source, *limit;
        HttpAnswer answer;
        char *request; /* owned */
        size_t sent, drained;
        Probe *prev, *next;
};

/* The text of PROBE. Answered by PROBED in any case, perhaps before this returns. */
void probe_begin(Apps *a, uint64_t id, const char *text, size_t n);
/* A message has come from the instance; true: it was the answer to a question. */
bool probes_take_message(const Instance *i);
void probes_release(Apps *a);
