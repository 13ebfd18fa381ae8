/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Numbers with units that several codecs share. Internal to src/unit. */

#include "base/text.h"

int size_parse_bytes(const char *s, uint64_t *ret); /* "1.5G", base 1024; 0, -EINVAL, -ERANGE */
void size_format_bytes(uint64_t v, Buf *b);
int permyriad_parse(const char *s, uint64_t *ret); /* "12.34%" -> 1234; 0, -EINVAL */
void permyriad_format(uint64_t v, Buf *b);
