/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * "No more than BURST in INTERVAL": the start limit of units and the trigger
 * limit of sockets and paths. The window begins with the first event and the
 * next one after its end begins a new window. An interval or burst of 0 means
 * no limit.
 */

#include "base/time.h"

bool limit_allows(usec_t *window_begin, unsigned *count, usec_t now, usec_t interval, unsigned burst);
