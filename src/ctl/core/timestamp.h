/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Instants as systemd.time(7) "PARSING TIMESTAMPS" has them: "now", "-5min",
 * "2h ago", "@1395716396", "Fri 2026-01-05 10:00:00.5 Europe/Berlin". Local
 * time is that of the C library; a named zone is put into $TZ for a moment,
 * so this is for svctl and not for PID 1.
 */

#include "base/time.h"

#define TIMESTAMP_MAX                                                                                        \
        ((usec_t)253402214399 * USEC_PER_SEC) /* the year 9999 in any zone; only "@" goes beyond */

int timestamp_parse(const char *text, usec_t now, usec_t *ret); /* 0, -EINVAL, -ERANGE, -ENOMEM */
void timestamp_format(usec_t t, bool utc, Buf *b);              /* "Mon 2026-01-05 10:00:00 CET" */
void timestamp_format_usec(usec_t t, bool utc, Buf *b);         /* "Mon 2026-01-05 10:00:00.123456 CET" */
void timestamp_format_relative(usec_t t, usec_t now, Buf *b);   /* "1 month 3 days ago", "5h 3min left" */
bool timestamp_is_utc_here(void);                               /* local time is UTC */
