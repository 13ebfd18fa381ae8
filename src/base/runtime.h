/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Where svinit keeps its sockets and run-time files: /run, else
 * $XDG_RUNTIME_DIR, else a directory of its user's own, 0700, in a place where
 * everybody may make one. svctl looks for it there, and believes only what
 * that user owns.
 */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* The i-th place, first wins; false: there are no more. */
bool runtime_dir_of_user(unsigned i, uid_t uid, char *buf, size_t n);
