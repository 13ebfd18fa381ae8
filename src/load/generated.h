/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What our generators share, systemd.generator(7): they make units for what has none, and write them to a directory. */

#include "load/index.h"

/* The unit files that are there without generators; read when the first name is asked for. */
typedef struct NativeUnits {
        Index index;
        bool known;
} NativeUnits;

/* Is there a file, an alias or a mask of that name? *ret_masked may be NULL. 1, 0 or negative errno. */
int native_unit_is_there(NativeUnits *units, const char *name, bool *ret_masked);
void native_units_release(NativeUnits *units);

int generated_write(int dirfd, const char *name, const Buf *text);   /* -EEXIST: there already */
int generated_want(int dirfd, const char *unit, const char *target); /* a link in TARGET.wants */
