/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* First byte: the zone. The rest: a calendar event, which is also tried as a time span. */

#include "conf/calendar.h"
#include "fuzz.h"
#include "load/zone-store.h"

#include <errno.h>

#define START ((usec_t)1774700000 * USEC_PER_SEC) /* a day before clocks change in Europe */

static void normal_form_is_stable(const CalendarSpec *c, const Zones *zones) {
        Buf once auto_buf = { 0 }, twice auto_buf = { 0 };
        CalendarSpec again;

        calendar_format(c, &once);
        HOLDS(calendar_parse(once.data, zones, &again) == 0);
        calendar_format(&again, &twice);
        HOLDS(str_equal(once.data, twice.data));
        calendar_release(&again);
}

static void every_elapse_is_the_first_after_its_predecessor(const CalendarSpec *c, const Zones *zones) {
        usec_t t = START, next, again;

        for (int i = 0; i < 4; i++) {
                int r = calendar_next(c, zones, t, &next);

                HOLDS(r == 0 || r == -ENOENT);
                if (r < 0)
                        return;
                HOLDS(next > t);
                HOLDS(calendar_next(c, zones, next - 1, &again) == 0 && again == next);
                HOLDS(calendar_next(c, zones, t + (next - t) / 2, &again) == 0 && again <= next);
                t = next;
        }
}

static void span_is_written_as_it_is_read(const char *text) {
        Buf b auto_buf = { 0 };
        usec_t t, again;

        if (timespan_parse(text, USEC_PER_SEC, &t) < 0)
                return;
        timespan_format(t, &b);
        HOLDS(timespan_parse(b.data, USEC_PER_SEC, &again) == 0 && again == t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        static const char *const names[] = { "UTC", "Europe/Berlin", "America/Sao_Paulo",
                                             "Australia/Lord_Howe" };
        char *text auto_free = NULL;
        ZoneStore store;
        CalendarSpec c;

        if (size == 0)
                return 0;
        HOLDS(zone_store_init(&store, names[data[0] % ELEMENTSOF(names)]) == 0);
        text = fuzz_string(data + 1, size - 1);
        span_is_written_as_it_is_read(text);
        if (calendar_parse(text, &store.zones, &c) >= 0) {
                normal_form_is_stable(&c, &store.zones);
                every_elapse_is_the_first_after_its_predecessor(&c, &store.zones);
                calendar_release(&c);
        }
        zone_store_release(&store);
        return 0;
}
