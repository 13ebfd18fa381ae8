/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A file of the zone database, or the rule of a zone when it does not begin as one; and the instants around a change. */

#include "conf/zone.h"
#include "fuzz.h"

static void every_instant_has_an_offset(const Zone *z) {
        static const int64_t instants[] = { INT32_MIN,  -1,         0,         1774745999,
                                            1774746000, 1792889999, INT32_MAX, 7000000000 };

        for (size_t i = 0; i < ELEMENTSOF(instants); i++) {
                const ZoneKind *k = zone_at(z, instants[i]);

                HOLDS(k && k->offset >= -86400 * 3 && k->offset <= 86400 * 3);
                HOLDS(strlen(k->abbreviation) <= ZONE_ABBREVIATION_MAX);
        }
        for (size_t i = 0; i < z->n_changes; i++)
                HOLDS(zone_at(z, z->changes[i]) && zone_at(z, z->changes[i] - (z->changes[i] > INT64_MIN)));
        HOLDS(zone_abbreviation(z, false) && zone_abbreviation(z, true));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        char *text auto_free = fuzz_string(data, size);
        Zone z;

        if (zone_parse_file((const char *)data, size, &z) >= 0 || zone_parse_rule(text, &z) >= 0) {
                every_instant_has_an_offset(&z);
                zone_release(&z);
        }
        return 0;
}
