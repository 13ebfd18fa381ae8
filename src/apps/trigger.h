/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * An action of @pm2/io is triggered in all instances that offer it; each
 * replies with axm:reply. Whoever has not within TRIGGER_PATIENCE is reported.
 */

#include "apps/client.h"
#include "apps/message.h"

#define TRIGGER_PATIENCE (5 * USEC_PER_SEC)

void trigger_begin(Client *c, const char *name, const char *text, size_t n);
void trigger_drop(Client *c);
void trigger_take_reply(Instance *i, const json_t *message);
void trigger_instance_gone(Instance *i);
