/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * svinit-apps: reads what applications say, for PID 1, which must not.
 *
 *      PID 1 -- link (protocol.h) -- control.c -- Instance -- Channel -- application
 *                                                     |
 *      svctl -- frames (client-protocol.h) -------- Client
 *
 * One loop, one thread. Everything that grows by what somebody else sends has a
 * limit: messages and queues of a channel, types that are counted, figures,
 * clients, waiting calls. Behind the sandbox from before the first instance on.
 *
 * It may assert: PID 1 starts it again and hands the channels over.
 */

#include "apps/owing.h"
#include "apps/protocol.h"
#include "base/text.h"
#include "base/time.h"

#include <systemd/sd-event.h>
#include <uthash.h>

struct Call;
struct Client;
struct Trigger;
typedef struct Instance Instance;
typedef struct Probe Probe;

typedef struct Apps {
        sd_event *event;
        int control_fd;
        Instance *instances;    /* hash by id */
        struct Client *clients; /* list */
        unsigned n_clients, n_readers;
        struct Call *waiting; /* list: for a free instance */
        unsigned n_waiting;
        struct Trigger *triggers; /* list */
        Owing owing;
        Probe *probes; /* list: questions that are not answered yet */
        unsigned n_probes;
} Apps;

int apps_init(Apps *a);
int apps_run(Apps *a);
void apps_release(Apps *a);

/* control.c */
void control_tell(Apps *a, AppsVerb verb, uint64_t id, int value);
void control_give(Apps *a, AppsVerb verb, uint64_t id, int fd); /* the descriptor stays the caller's */
void control_ask(Apps *a, uint64_t id, const ListenQuestion *q);
int control_on_message(sd_event_source *s, int fd, uint32_t revents, void *userdata);
