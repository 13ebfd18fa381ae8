/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What svctl and svinit-apps say to each other. The connection is a stream
 * socket that svctl gets from PID 1 (org.svinit.Manager.OpenApplications), so
 * the rule who may do what is the bus's own. Both ends are of one package.
 *
 * What goes over a channel is not for everybody's eyes: FOLLOW, like all that
 * changes something, is for those who may control svinit.
 *
 * A frame is a header, a name and a text. svctl asks, and gets any number of
 * ITEM and at last END; then it may ask again. A connection that ends before
 * END says that svinit-apps has ended.
 */

#include <stdint.h>

#define CLIENT_NAME_MAX 512
#define CLIENT_TEXT_MAX (64 * 1024 * 1024)
#define CLIENT_TEXT_MAX_READER 4096 /* of who may only look */

typedef enum ClientVerb {
        /* to svinit-apps; the name is that of an instance, or of a set and means all */
        CLIENT_SEND = 1, /* text: JSON. END: value is to how many it went */
        CLIENT_CALL,     /* text: JSON. END: the reply */
        CLIENT_TRIGGER, /* text: the action, and in further lines a JSON text for it. ITEM: what an instance replies */
        CLIENT_FOLLOW,  /* ITEM: each message, value: ClientDirection; no END. Without a name: of all */
        CLIENT_COUNTS,  /* ITEM for each instance, text: lines NAME TAB NUMBER */
        CLIENT_FIGURES, /* ITEM for each instance, text: lines KIND TAB NAME TAB VALUE TAB UNIT */
        /* from svinit-apps */
        CLIENT_ITEM,
        CLIENT_LOST, /* so many (value) ITEMs of FOLLOW were left out: they came faster than they were read */
        CLIENT_END,  /* value: negative errno: it failed, and the text says why in a sentence */
        CLIENT_VERB_MAX,
} ClientVerb;

typedef enum ClientDirection {
        CLIENT_FROM_INSTANCE,
        CLIENT_TO_INSTANCE,
} ClientDirection;

typedef struct ClientFrame {
        uint32_t verb;
        int32_t value;
        uint32_t name_len, text_len;
} ClientFrame;
