/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The file of a set (X-Instances=) speaks for units that have none themselves: "web.service" for web@0.service and so
 * on; "web@.service" for web.service, so that an ordinary template becomes a set.
 */

#include "load/index.h"
#include "load/root.h"

/* The entry that may speak for `id` and its name, owned by the caller; both NULL: there is none. 0 or -ENOMEM. */
int set_find(const Index *x, const char *id, const Entry **ret_entry, char **ret_name);
/* dropin_find(), with the drop-ins of that name too. `other` may be NULL. */
int set_find_dropins(const Index *x, const Root *root, char *const *names, const char *other, char ***ret);
