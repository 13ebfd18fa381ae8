/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What channel.c (in) and channel-out.c share. */

#include "apps/channel.h"

int channel_flush(Channel *c); /* negative: the other side is gone */
void channel_forget_queue(Channel *c);
