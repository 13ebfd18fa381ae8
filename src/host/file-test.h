/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What conditions and path units ask about the file system. */

#include <stdbool.h>

bool directory_has_entries(const char *path); /* hidden files do not count */
bool glob_has_match(const char *pattern);     /* with {a,b} */
