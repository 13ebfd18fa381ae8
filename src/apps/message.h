/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What one line of a channel is.
 *
 * Objects whose "cmd" begins with NODE_ are Node's own: they are answered or
 * dropped here, and never passed on, since whoever gets one obeys it.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

typedef enum MessageKind {
        MESSAGE_OF_PROGRAM, /* none of the others */
        MESSAGE_READY,      /* "ready" */
        MESSAGE_INTERNAL,   /* cmd: NODE_... */
        MESSAGE_MONITOR,    /* axm:monitor: metrics */
        MESSAGE_ACTION,     /* axm:action: what can be triggered */
        MESSAGE_REPLY,      /* axm:reply: its answer */
        MESSAGE_ABOUT,      /* what @pm2/io tells besides, of no use here */
} MessageKind;

typedef struct Message {
        json_t *root; /* owned */
        MessageKind kind;
        const char *command; /* MESSAGE_INTERNAL: "NODE_HANDLE"; else NULL */
        const char *type;    /* member "type", or the text itself if it is one; else NULL */
} Message;

/* 0; -EBADMSG: it is no JSON text; -ENOMEM. */
int message_parse(const char *text, size_t n, Message *ret);
void message_release(Message *m);
/* May it be sent to a program? -EBADMSG: it is no JSON text; -EPERM: it is internal. */
int message_check_outgoing(const char *text, size_t n);
