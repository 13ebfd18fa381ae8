/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * For targets of libFuzzer: the entry point, and the input as a string. A
 * promise that does not hold is __builtin_trap(), which the fuzzer reports.
 */

#include "base/text.h"

#define HOLDS(cond)                                                                                          \
        do {                                                                                                 \
                if (!(cond))                                                                                 \
                        __builtin_trap();                                                                    \
        } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A copy that ends in NUL; NUL bytes inside end it early. */
static inline char *fuzz_string(const uint8_t *data, size_t size) {
        char *s = malloc(size + 1);

        HOLDS(s);
        if (size > 0)
                memcpy(s, data, size);
        s[size] = 0;
        return s;
}
