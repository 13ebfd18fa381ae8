/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A record of /dev/kmsg: its pieces lie within it. */

#include "fuzz.h"
#include "journal/parse-kmsg.h"

static void piece_is_inside(Piece p, const char *buffer, size_t n) {
        if (p.data)
                HOLDS(p.data >= buffer && p.size <= n && p.data + p.size <= buffer + n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        char *buffer = malloc(size + 1);
        KmsgRecord k;

        if (!buffer)
                return 0;
        memcpy(buffer, data, size);
        buffer[size] = 0;
        if (kmsg_parse(buffer, size, &k)) {
                HOLDS(k.priority >= 0 && k.priority <= 7 && k.facility >= 0 && k.facility <= 127);
                HOLDS(k.text.data);
                piece_is_inside(k.text, buffer, size);
                piece_is_inside(k.device, buffer, size);
                piece_is_inside(k.subsystem, buffer, size);
                piece_is_inside(k.identifier, buffer, size);
                piece_is_inside(k.pid, buffer, size);
                if (k.identifier.data)
                        HOLDS(k.identifier.data + k.identifier.size <= k.text.data);
        }
        free(buffer);
        return 0;
}
