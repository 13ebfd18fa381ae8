/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A datagram of the native protocol: every piece lies within it and is a field that a client may set. */

#include "fuzz.h"
#include "journal/fields.h"
#include "journal/parse-datagram.h"

#include <errno.h>

static void piece_is_inside(Piece p, const char *buffer, size_t n) {
        if (p.data)
                HOLDS(p.data >= buffer && p.size <= n && p.data + p.size <= buffer + n);
}

static void entry_is_sound(const NativeEntry *e, const char *buffer, size_t n) {
        HOLDS(e->n_fields <= DATAGRAM_FIELDS_MAX);
        for (size_t i = 0; i < e->n_fields; i++) {
                const char *payload = e->fields[i].iov_base, *eq;

                piece_is_inside((Piece){ payload, e->fields[i].iov_len }, buffer, n);
                eq = memchr(payload, '=', e->fields[i].iov_len);
                HOLDS(eq && field_name_is_valid(payload, (size_t)(eq - payload), false));
        }
        piece_is_inside(e->message, buffer, n);
        piece_is_inside(e->identifier, buffer, n);
        piece_is_inside(e->unit, buffer, n);
        HOLDS(e->priority >= -1 && e->priority <= 7);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        char *buffer = malloc(size + 1);

        if (!buffer)
                return 0;
        memcpy(buffer, data, size);
        for (size_t at = 0; at < size;) {
                NativeEntry e;
                ssize_t n = native_parse(buffer + at, size - at, &e);

                HOLDS(n <= (ssize_t)(size - at));
                entry_is_sound(&e, buffer, size);
                native_entry_release(&e);
                if (n <= 0)
                        break;
                at += (size_t)n;
        }
        free(buffer);
        return 0;
}
