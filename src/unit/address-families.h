/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * RestrictAddressFamilies=: names of address families, and what a list of them
 * means together.
 */

#include "base/text.h"

int address_family_from_string(const char *s);    /* "AF_INET"; -1 when it is unknown */
const char *address_family_to_string(int family); /* NULL when it is unknown */

#define ADDRESS_FAMILY_LIMIT 64
typedef struct AddressFamilies {
        bool allow;   /* these and no others; else all but these */
        uint64_t set; /* bit n: family n */
} AddressFamilies;

/* As SystemCallFilter=: the first word decides, later ones add or take out. "none" allows none. */
AddressFamilies address_families_resolve(char *const *words);
