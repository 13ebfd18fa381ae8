/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The rules of POSIX TZ strings, which also end the files of the zone database. Internal to zone.c. */

#include "conf/zone.h"

bool zone_rule_parse(const char *text, ZoneRule *ret);
const ZoneKind *zone_rule_at(const ZoneRule *r, int64_t seconds);
