/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * [Timer] of systemd.timer(5).
 */

#include "unit/directive-tables.h"

const Directive timer_directives[] = {
        { "Timer", "AccuracySec", FIELD(timespan, timer, accuracy), .initial = "1min",
          .property = "AccuracyUSec", .summary = "How late the timer may elapse to save wake-ups." },
        { "Timer", "DeferReactivation", .initial = "no", .signature = "b", .support = SUPPORT_IGNORED,
          .limit = "An elapsed timer is always calculated anew at once.",
          .summary = "Whether the next event waits for the unit to stop." },
        { "Timer", "FixedRandomDelay", FIELD(boolean, timer, fixed_random_delay), .initial = "no",
          .summary = "Whether that delay is the same each time." },
        { "Timer", "OnActiveSec", FIELD(timer_value, timer, values), .detail = TIMER_ACTIVE, .list = true,
          .property = "", .summary = "Time after the timer was started." },
        { "Timer", "OnBootSec", FIELD(timer_value, timer, values), .detail = TIMER_BOOT, .list = true,
          .property = "", .summary = "Time after the machine was started." },
        { "Timer", "OnCalendar", FIELD(timer_value, timer, values), .detail = TIMER_CALENDAR, .list = true,
          .property = "", .summary = "Calendar events." },
        { "Timer", "OnClockChange", FIELD(boolean, timer, on_clock_change), .initial = "no",
          .summary = "Whether a jump of the clock is an event." },
        { "Timer", "OnStartupSec", FIELD(timer_value, timer, values), .detail = TIMER_STARTUP, .list = true,
          .property = "", .summary = "Time after svinit was started." },
        { "Timer", "OnTimezoneChange", FIELD(boolean, timer, on_timezone_change), .initial = "no",
          .summary = "Whether a change of the time zone is an event." },
        { "Timer", "OnUnitActiveSec", FIELD(timer_value, timer, values), .detail = TIMER_UNIT_ACTIVE,
          .list = true, .property = "", .summary = "Time after the unit was last started." },
        { "Timer", "OnUnitInactiveSec", FIELD(timer_value, timer, values), .detail = TIMER_UNIT_INACTIVE,
          .list = true, .property = "", .summary = "Time after the unit last stopped." },
        { "Timer", "Persistent", FIELD(boolean, timer, persistent), .initial = "no",
          .summary = "Whether an event that was missed is made up for." },
        { "Timer", "RandomizedDelaySec", FIELD(timespan, timer, randomized_delay), .initial = "0",
          .property = "RandomizedDelayUSec", .summary = "Up to how much later the timer elapses by chance." },
        { "Timer", "RandomizedOffsetSec", .initial = "0", .property = "RandomizedOffsetUSec",
          .signature = "t", .support = SUPPORT_IGNORED, .limit = "There is no offset besides the delay.",
          .summary = "Up to how much the events are moved, the same each time." },
        { "Timer", "RemainAfterElapse", FIELD(boolean, timer, remain_after_elapse), .initial = "yes",
          .summary = "Whether the timer stays loaded when it has nothing left to do." },
        { "Timer", "Unit", FIELD(unit_name, timer, unit),
          .summary = "The unit that is started; the service of the same name if not set." },
        { "Timer", "WakeSystem", FIELD(boolean, timer, wake_system), .initial = "no",
          .support = SUPPORT_IGNORED, .limit = "A container cannot wake its machine up.",
          .summary = "Whether the machine is woken up." },
        { 0 },
};
END_OF_TABLE(timer);
