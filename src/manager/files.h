/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Small things the manager does with files; none of them blocks. */

#include <stdbool.h>
#include <stddef.h>

bool path_is_mounted(const char *path); /* is it a mount point? from /proc/self/mountinfo */
void remove_tree(const char *path);     /* a directory and all below it, on one file system */
/*
 * The name is free at once; what was below it is deleted by a process of its
 * own, however much it is. `trash`: a directory on the same file system.
 */
void remove_tree_aside(const char *path, const char *trash);
/* The same for a name that is not used again: it goes while we go on. */
void remove_tree_behind(const char *path);
void write_nonblocking(int fd, const char *data, size_t n); /* what does not fit at once is dropped */
