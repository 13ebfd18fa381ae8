/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What editors and package managers leave beside a file: systemd passes over it where it reads programs and scripts. */

#include "base/macro.h"

bool name_is_backup(const char *name); /* "x~", "x.bak", "x.dpkg-old", ..., and hidden files */
