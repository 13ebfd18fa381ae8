/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Large fields are stored compressed, as zstd, which readers of journal files
 * know. libzstd is opened when svinit-journald begins, as later no file is;
 * where it is not, fields are stored as they are.
 */

#include <stdbool.h>
#include <stddef.h>

#define COMPRESS_FROM_DEFAULT 512U /* bytes */
#define COMPRESS_FROM_MIN 8U

/* True when it is there, also the second time. */
bool compress_open(void);
bool compress_is_open(void);
/* Size of what *ret (to be freed) then holds; 0: it does not become smaller that way. */
size_t compress_pack(const void *data, size_t size, void **ret);
/* Whether that is what was packed. */
bool compress_equals(const void *packed, size_t n, const void *data, size_t size);
