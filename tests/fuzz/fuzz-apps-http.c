/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* First byte: how large the pieces are. The rest: what a server answers. */

#include "apps/http-answer.h"
#include "fuzz.h"

#include <errno.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        HttpAnswer whole = { 0 }, pieces = { 0 };
        size_t step, at = 1;
        int r, q = 0;

        if (size == 0)
                return 0;
        step = data[0] % 64 + 1u;
        r = http_answer_feed(&whole, (const char *)data + 1, size - 1);
        for (; at < size; at += step)
                q = http_answer_feed(&pieces, (const char *)data + at, MIN(step, size - at));
        HOLDS(r == q);
        HOLDS(r == 0 || r == -EBADMSG || r == 101 || (r >= 200 && r <= 999));
        HOLDS(whole.received <= HTTP_BEFORE_MAX + 1);
        return 0;
}
