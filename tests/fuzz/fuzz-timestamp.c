/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* First byte: the zone. The rest: a point in time, which is read again as it is written. */

#include "ctl/core/timestamp.h"
#include "fuzz.h"

#include <time.h>

#define NOW ((usec_t)1774746000 * USEC_PER_SEC)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        static const char *const zones[] = { "UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata" };
        char *text auto_free = NULL;
        Buf utc auto_buf = { 0 }, local auto_buf = { 0 }, relative auto_buf = { 0 };
        usec_t t, again;

        if (size == 0)
                return 0;
        setenv("TZ", zones[data[0] % ELEMENTSOF(zones)], 1);
        tzset();
        text = fuzz_string(data + 1, size - 1);
        if (timestamp_parse(text, NOW, &t) < 0)
                return 0;
        HOLDS(str_equal(getenv("TZ"), zones[data[0] % ELEMENTSOF(zones)]));
        timestamp_format(t, true, &utc);
        timestamp_format(t, false, &local);
        timestamp_format_relative(t, NOW, &relative);
        HOLDS(utc.data && local.data && relative.data);
        if (t < USEC_PER_SEC || t > TIMESTAMP_MAX)
                return 0;
        HOLDS(timestamp_parse(utc.data, NOW, &again) == 0);
        HOLDS(again == t / USEC_PER_SEC * USEC_PER_SEC);
        return 0;
}
