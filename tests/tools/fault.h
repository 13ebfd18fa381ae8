/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What fault.c and who drives it share: one page in a file that both have mapped. All zero: nothing fails. */

#include <stdint.h>

#define FAULT_FILE "/out/faults"

typedef struct Faults {
        volatile uint32_t ready;         /* the library has it */
        volatile uint32_t memory;        /* not 0: allocations are counted, and fail as follows */
        volatile uint64_t first;         /* the first that fails, from 1 ... */
        volatile uint64_t how_many;      /* ... and so many from there on */
        volatile uint32_t one_in;        /* instead: one in so many, by chance ... */
        volatile uint64_t seed;          /* ... from this seed, not 0 */
        volatile uint32_t process_error; /* fork() and clone() fail with this errno */
        volatile uint64_t n_seen, n_failed;
} Faults;
