/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The crontabs of a machine, as Debian's cron(8) finds and trusts them, and their units on disk. */

#include "cron/crontab.h"

/*
 * Reads all crontabs and writes the units of each; none where a cron daemon is installed and not masked, which
 * would run everything a second time. What cannot be used is said and left out. 0 or
 * negative errno.
 */
int crontabs_generate(const char *directory, Report *r);
