/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * A call: a task for one instance of a set, and the first message that comes
 * back is the reply.
 *
 *      waiting -> with an instance -> replied
 *                        |-> the instance has ended: its caller's error, and nobody else's
 *                        '-> X-CallTimeoutSec=: an error, and the instance is restarted
 *
 * An instance has one call at a time; X-IPCQueueMax= may wait in the set, in the
 * order in which they came. An instance whose caller has gone, or that had a call
 * of an earlier svinit-apps, still owes a reply, which is dropped; it gets the next call after it. Who owes what is in a
 * page of memory that PID 1 keeps (owing.h).
 */

#include "apps/client.h"
#include "apps/message.h"

void call_begin(Client *c, const char *name, const char *text, size_t n);
void call_drop(Client *c); /* nobody waits any more; no-op without a call */

/* What instances do: */
bool call_take_reply(Instance *i, const char *json, size_t n); /* true: the message was one */
void call_instance_free(Instance *i); /* it is there, or has nothing to do any more */
void call_instance_gone(Instance *i); /* it has ended, or its channel is closed */
/* It owes a reply to a caller of an earlier svinit-apps. */
void call_inherit(Instance *i);
