/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Time spans, sizes, shares, plain numbers, signals and exit codes: what is written is read again as the same. */

#include "base/time.h"
#include "fuzz.h"
#include "unit/codec-number.h"
#include "unit/enums.h"

#include <stdio.h>

static void spans(const char *text) {
        static const usec_t units[] = { 1, USEC_PER_MSEC, USEC_PER_SEC };

        for (size_t i = 0; i < ELEMENTSOF(units); i++) {
                Buf b auto_buf = { 0 };
                usec_t t, again;

                if (timespan_parse(text, units[i], &t) < 0)
                        continue;
                timespan_format(t, &b);
                HOLDS(timespan_parse(b.data, units[i], &again) == 0 && again == t);
        }
}

static void sizes(const char *text) {
        Buf size auto_buf = { 0 }, share auto_buf = { 0 };
        uint64_t v, again;

        if (size_parse_bytes(text, &v) >= 0) {
                size_format_bytes(v, &size);
                HOLDS(size_parse_bytes(size.data, &again) == 0 && again == v);
        }
        if (permyriad_parse(text, &v) >= 0) {
                permyriad_format(v, &share);
                HOLDS(permyriad_parse(share.data, &again) == 0 && again == v);
        }
}

static void numbers(const char *text) {
        char written[32];
        uint64_t u, again;
        int64_t i, same;

        if (parse_u64(text, &u) >= 0) {
                snprintf(written, sizeof(written), "%llu", (unsigned long long)u);
                HOLDS(parse_decimal(written, &again) == 0 && again == u);
        }
        if (parse_i64(text, &i) >= 0) {
                snprintf(written, sizeof(written), "%lld", (long long)i);
                HOLDS(parse_i64(written, &same) == 0 && same == i);
        }
        if (parse_decimal(text, &u) >= 0)
                HOLDS(strspn(text, "0123456789") == strlen(text));
}

static void names(const char *text) {
        int sig = signal_from_string(text), code = exit_status_from_string(text);

        HOLDS(sig < 0 || signal_from_string(signal_to_string(sig)) == sig);
        HOLDS(code <= UINT8_MAX);
        HOLDS(code < 0 || !exit_status_to_string(code) || exit_status_class(code));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        char *text auto_free = fuzz_string(data, size);

        spans(text);
        sizes(text);
        numbers(text);
        names(text);
        return 0;
}
