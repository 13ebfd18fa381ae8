/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The clock of the calendar: told when somebody sets it (timerfd_create(2),
 * TFD_TIMER_CANCEL_ON_SET) and when the local time zone becomes another one
 * (/etc/localtime). No polling; costs nothing while neither happens.
 */

#include "host/watch.h"

typedef struct ClockWatch ClockWatch;
typedef void (*ClockHandler)(bool zone, void *userdata); /* zone: it was the zone; else the clock was set */

int clock_watch_new(sd_event *event, Watcher *watcher, ClockHandler handler, void *userdata,
                    ClockWatch **ret);
void clock_watch_free(ClockWatch *w); /* NULL is fine; before the watcher's end */
