/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/lines.h"

#include "conf/unit-file.h"

#include <errno.h>

static const char byte_order_mark[] = "\xef\xbb\xbf";

void lines_init(Lines *l, Text text) {
        *l = (Lines){ .rest = text.data, .end = text.len > 0 ? text.data + text.len : text.data };
}

void lines_release(Lines *l) {
        buf_release(&l->logical);
}

#define NUL_BIT 4u

/* A bit for each character that ends lines. */
static unsigned line_end_bit(char c) {
        return c == '\n' ? 1 : c == '\r' ? 2 : c == 0 ? NUL_BIT : 0;
}

/* The next physical line, without its end. */
static int next_physical(Lines *l, const char **ret, size_t *ret_len) {
        const char *start = l->rest, *p = start;
        unsigned seen = 0;

        if (start == l->end)
                return 0;
        while (p < l->end && line_end_bit(*p) == 0)
                p++;
        if (p - start > UNIT_LINE_MAX)
                return -ENOBUFS;
        *ret = start;
        *ret_len = (size_t)(p - start);

        for (; p < l->end; p++) {
                unsigned bit = line_end_bit(*p);

                if (bit == 0 || (seen & bit) || (seen & NUL_BIT))
                        break;
                seen |= bit;
        }
        l->rest = p;
        return 1;
}

static bool is_comment(const char *s, size_t n) {
        while (n > 0 && (*s == ' ' || *s == '\t')) {
                s++;
                n--;
        }
        return n > 0 && (*s == '#' || *s == ';');
}

static int append(Lines *l, const char *s, size_t n) {
        size_t mark = sizeof(byte_order_mark) - 1;

        if (!l->bom_removed && n >= mark && memcmp(s, byte_order_mark, mark) == 0) {
                l->bom_removed = true;
                s += mark;
                n -= mark;
        }
        if (l->logical.len + n > UNIT_LINE_MAX)
                return -ENOBUFS;
        buf_add_n(&l->logical, s, n);
        return l->logical.error;
}

/* Whether the line goes on; the backslash that says so is a blank then. */
static bool take_join(Buf *line) {
        size_t n = line->len;

        while (n > 0 && line->data[n - 1] == '\\')
                n--;
        if ((line->len - n) % 2 == 0)
                return false;
        line->data[line->len - 1] = ' ';
        return true;
}

int lines_next(Lines *l) {
        bool joining = false;

        l->logical.len = 0;
        l->joined = false;
        for (;;) {
                const char *s = NULL;
                size_t n = 0;
                int r = next_physical(l, &s, &n);

                if (r == 0 && !joining)
                        return 0;
                l->number++;
                if (r <= 0)
                        return r < 0 ? r : 1;
                if (is_comment(s, n))
                        continue;
                r = append(l, s, n);
                if (r < 0)
                        return r;
                joining = take_join(&l->logical);
                if (!joining)
                        return 1;
                l->joined = true;
        }
}
