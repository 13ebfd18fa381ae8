/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What clients ask for. */

#include "apps/client.h"

void request_perform(Client *c, ClientVerb verb, const char *name, const char *text, size_t n);
const char *request_why_not_sent(int error); /* of channel_send() */
/* Fails the request when the text may not be sent to a program: true. */
bool request_refuse_text(Client *c, const char *text, size_t n);
