/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Chance without a source of its own: one step of splitmix64 from a seed that
 * the caller gave and the number of the draw. The unit's name counts too, so
 * that the units of one manager do not all draw the same.
 */

#include <stdint.h>

static inline uint64_t draw(uint64_t seed, uint64_t number, const char *name) {
        uint64_t z = seed + number * UINT64_C(0x9e3779b97f4a7c15);

        for (const char *c = name; *c; c++)
                z = (z ^ (unsigned char)*c) * UINT64_C(0x100000001b3);
        z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
        z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
        return z ^ (z >> 31);
}

/* From 0 to `most`. */
static inline uint64_t draw_up_to(uint64_t seed, uint64_t number, const char *name, uint64_t most) {
        uint64_t z = draw(seed, number, name);

        return most == UINT64_MAX ? z : z % (most + 1);
}
