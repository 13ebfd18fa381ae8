/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "life/limit.h"

bool limit_allows(usec_t *window_begin, unsigned *count, usec_t now, usec_t interval, unsigned burst) {
        if (interval == 0 || burst == 0)
                return true;
        if (*count == 0 || usec_add(*window_begin, interval) < now) {
                *window_begin = now;
                *count = 0;
        }
        if (*count >= burst)
                return false;
        (*count)++;
        return true;
}
