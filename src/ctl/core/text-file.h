/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Unit files as text: reading and writing them, and where the administrator's are. */

#include "ctl/core/ctl.h"

#include <stdio.h>

int text_stream_read(FILE *f, Buf *b);
int text_file_read(const char *path, Buf *b); /* one that is not there is empty */
int text_file_write(const char *path, const char *text,
                    size_t n); /* 0644, and on the disk; what was there is gone */
int path_make_parents(const char *path);
/* As --user, --global, --runtime have it, without --root. Valid until the next call. */
const char *ctl_unit_directory(Ctl *c);
