/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A datagram on the notify socket: what comes out are assignments in UTF-8, in their order, and nothing is made up. */

#include "fuzz.h"
#include "host/notify.h"

#include <errno.h>

static void lines_stand_in_the_data(char *const *lines, const char *data, size_t size) {
        const char *at = data, *end = data + size;

        STRV_FOREACH (l, lines) {
                size_t n = strlen(*l);

                HOLDS(strchr(*l, '=') > *l && !strchr(*l, '\n') && str_is_utf8(*l, n));
                at = memmem(at, (size_t)(end - at), *l, n);
                HOLDS(at);
                at += n;
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        char **lines auto_strv = NULL;
        int r = notify_parse((const char *)data, size, &lines);

        HOLDS(r == 0 || r == -EINVAL);
        if (r < 0) {
                HOLDS(!lines);
                return 0;
        }
        lines_stand_in_the_data(lines, (const char *)data, size);
        HOLDS(!notify_value(lines, ""));
        return 0;
}
