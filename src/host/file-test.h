/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What conditions and path units ask about the file system. */

#include <stdbool.h>

bool directory_has_entries(const char *path); /* hidden files do not count */
/* With {a,b}. *ret_path: the first; owned, NULL without memory; may be NULL. */
bool glob_has_match(const char *pattern, char **ret_path);
