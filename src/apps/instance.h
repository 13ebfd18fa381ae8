/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * One run of one unit: its channel, and what is known of it here.
 */

#include "apps/channel.h"
#include "apps/client.h"
#include "apps/cluster.h"
#include "apps/figures.h"
#include "apps/message.h"

#define MESSAGE_TYPES_MAX 64 /* that are counted one by one; the others together */
#define MESSAGE_TYPE_LENGTH 64

/* How many messages of one type have come. */
typedef struct MessageCount {
        char type[MESSAGE_TYPE_LENGTH]; /* cut at its end */
        uint64_t n;
} MessageCount;

struct Instance {
        uint64_t id;
        Apps *apps;
        char *unit, *set; /* owned; set NULL: of none */
        uint64_t max_message;
        unsigned queue_max;
        usec_t call_timeout; /* 0: none */
        bool fresh;          /* all that it has said was heard here */
        bool has_helper;     /* svinit-node.js is in it */
        bool keeps_channel;  /* when it has drained */
        Cluster cluster;
        bool ready; /* it takes calls */
        bool has_channel;
        Channel channel;
        Figures figures;
        Call *call; /* borrowed: what it works on; NULL */
        bool owes;  /* the reply to it, or to one whose caller is gone */
        uint32_t owing_slot;
        sd_event_source *call_timer;
        bool is_transferring; /* when it was handed over */
        usec_t complained[APPS_COMPLAINT_MAX];
        uint64_t n_sent, n_not_read, n_bad, n_too_long;
        MessageCount
                types[MESSAGE_TYPES_MAX + 1]; /* by the order in which they came; the last one: the others */
        size_t n_types;
        UT_hash_handle hh;
};

Instance *instance_find(Apps *a, uint64_t id); /* NULL: there is none */
/* As PID 1 describes it; takes the descriptor, -1 for none. */
int instance_new(Apps *a, uint64_t id, const char *text, size_t n, int fd);
void instance_free(Instance *i);
bool instance_matches(const Instance *i, const char *name); /* the unit, or the set that it belongs to */
int instance_send(Instance *i, const char *json, size_t n, ChannelSend how); /* as channel_send() */
int instance_drain(Instance *i); /* it is to leave its accept loop */
