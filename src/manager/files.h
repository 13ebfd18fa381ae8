/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Small things the manager does with files; none of them blocks. */

#include <stdbool.h>
#include <stddef.h>

bool path_is_mounted(const char *path); /* is it a mount point? from /proc/self/mountinfo */
void remove_tree(const char *path);     /* a directory and all below it, on one file system */
void write_nonblocking(int fd, const char *data, size_t n); /* what does not fit at once is dropped */
