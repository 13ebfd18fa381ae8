/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * First byte: LineMax=, where the input is cut in two. The rest: a stream.
 * It gives the same lines however it arrives, and nothing of it is lost; what
 * is shown as JSON is JSON, in which the line does not say who wrote it.
 */

#include "fuzz.h"
#include "journal/line.h"
#include "journal/render.h"

static void json_is_valid(const char *text, size_t n) {
        RenderLine line = {
                .name = "a", .unit = "a.service", .stream = "stdout", .priority = 6, .text = text, .size = n
        };
        static const char *const names[] = { "unit", "stream", "pid", NULL };
        Buf b auto_buf = { 0 };
        JsonObject o;

        render_line(RENDER_JSON, false, &line, &b);
        HOLDS(b.len > 0 && b.data[b.len - 1] == '\n');
        HOLDS(json_is_object(b.data, b.len - 1, names, &o));
        HOLDS(o.n_places == 2 && o.members == 3); /* what the line says of them stands under other names */
}

/* Lines joined by a newline. `end` bytes are there; returns how many were taken. */
static size_t take_lines(const char *text, size_t end, size_t max, Buf *b) {
        size_t at = 0, size, used;
        int priority;

        while (line_next(text + at, end - at, max, &size, &used) != LINE_INCOMPLETE) {
                HOLDS(size <= max && used > 0 && used <= end - at && used - size <= 1);
                HOLDS(line_priority(text + at, size, false, &priority) <= size);
                json_is_valid(text + at, size);
                buf_add_n(b, text + at, size);
                buf_add_char(b, '\n');
                at += used;
        }
        HOLDS(end - at <= max);
        return at;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        Buf whole auto_buf = { 0 }, pieces auto_buf = { 0 };
        size_t max, cut, taken;
        const char *text;

        if (size < 2)
                return 0;
        max = 1 + data[0] % 80;
        text = (const char *)data + 1;
        size--;
        cut = data[0] % size;

        taken = take_lines(text, size, max, &whole);
        cut = take_lines(text, cut, max, &pieces);
        HOLDS(cut + take_lines(text + cut, size - cut, max, &pieces) == taken);
        HOLDS(whole.len == pieces.len && (whole.len == 0 || memcmp(whole.data, pieces.data, whole.len) == 0));
        return 0;
}
