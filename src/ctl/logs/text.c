/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What services write is theirs: what would steer a terminal is not shown, what is too long is cut when that was asked for. */

#include "ctl/logs/logs.h"

#include "base/log.h"

#include <errno.h>
#include <string.h>
#include <wchar.h>

#define LINES_MAX 3 /* of a message that is shortened */
#define TAB "        "

/* One character; its length, 0 when it is none. */
static size_t take_character(const char *s, size_t n, uint32_t *ret) {
        unsigned char c = (unsigned char)*s;
        size_t length = c < 0x80 ? 1 : c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : c >= 0xc0 ? 2 : 0;

        if (length == 0 || length > n || !str_is_utf8(s, length))
                return 0;
        *ret = length == 1 ? c : c & (0x7fU >> length);
        for (size_t i = 1; i < length; i++)
                *ret = *ret << 6 | ((unsigned char)s[i] & 0x3f);
        return length;
}

bool logs_is_printable(const char *s, size_t n, bool newline) {
        const char *end = s + n;

        while (s < end) {
                uint32_t c;
                size_t length = take_character(s, (size_t)(end - s), &c);

                if (length == 0 || (c < 0x20 && c != '\t' && (c != '\n' || !newline)) ||
                    (c >= 0x7f && c < 0xa0))
                        return false;
                s += length;
        }
        return true;
}

bool logs_shall_print(const Logs *l, LogsText t) {
        return l->c->all || (t.n < FIELD_PRINT_MAX && logs_is_printable(t.data, t.n, true));
}

/* Cut to one digit, not rounded: what is said is there. */
void logs_print_blob(Logs *l, size_t n) {
        static const char suffixes[] = "BKMG";
        size_t whole = n, rest = 0, i = 0;

        for (; whole >= 1024 && i < sizeof(suffixes) - 2; i++) {
                rest = whole % 1024;
                whole /= 1024;
        }
        if (i == 0)
                fprintf(l->out, "[%zuB blob data]\n", n);
        else
                fprintf(l->out, "[%zu.%zu%c blob data]\n", whole, rest * 10 / 1024, suffixes[i]);
}

/* "ESC [ 1 ; 31 m" and "ESC ] 8 ; ; http://... BEL": how long is it? 0: it is something else. */
static size_t escape_length(const char *s, size_t n) {
        size_t i = 2;

        if (n < 3 || s[0] != '\033')
                return 0;
        if (s[1] == '[') {
                while (i < n && (s[i] == ';' || (s[i] >= '0' && s[i] <= '9')))
                        i++;
                return i < n && s[i] == 'm' ? i + 1 : 0;
        }
        if (s[1] != ']')
                return 0;
        while (i < n && (unsigned char)s[i] >= 0x20)
                i++;
        return i < n && s[i] == '\a' ? i + 1 : 0;
}

size_t logs_strip(char *s, size_t n) {
        size_t to = 0;

        for (size_t i = 0; i < n;) {
                size_t skip = escape_length(s + i, n - i);

                if (skip == 0 && s[i] == '\r' && (i + 1 == n || s[i + 1] == '\n'))
                        skip = 1;
                if (skip == 0)
                        s[to++] = s[i++];
                i += skip;
        }
        return to;
}

static unsigned width_of(uint32_t c) {
        int w = wcwidth((wchar_t)c);

        return w < 0 ? 1 : (unsigned)w;
}

static void put(Logs *l, const char *s, size_t n) {
        for (const char *tab; n > 0 && l->mode < LOGS_VERBOSE && !l->c->all && (tab = memchr(s, '\t', n));) {
                fwrite(s, 1, (size_t)(tab - s), l->out);
                fputs(TAB, l->out);
                n -= (size_t)(tab + 1 - s);
                s = tab + 1;
        }
        fwrite(s, 1, n, l->out);
}

/* What stands before the mark gets nine tenths of the room, as the beginning of a line says most. */
static void put_shortened(Logs *l, const char *s, size_t n, unsigned room, unsigned percent) {
        unsigned total = 0, head = 0, tail, at = 0;
        const char *end = s + n;
        uint32_t c;
        size_t length;

        for (const char *p = s; p < end; p += MAX(length, 1U))
                length = take_character(p, (size_t)(end - p), &c), total += length ? width_of(c) : 1;
        if (total <= room) {
                put(l, s, n);
                return;
        }
        head = ((room - 1) * percent + 50) / 100;
        tail = total - (room - 1 - head);
        for (const char *p = s; p < end; p += MAX(length, 1U)) {
                unsigned before = at;

                length = take_character(p, (size_t)(end - p), &c);
                at += length ? width_of(c) : 1;
                if (at <= head || before >= tail)
                        put(l, p, MAX(length, 1U));
                if (before <= head && at > head)
                        fputs("…", l->out);
        }
}

/* Fields are shown whole; it is lines that are shortened. */
static bool is_whole(const Logs *l) {
        return l->full || l->c->all || l->mode == LOGS_VERBOSE;
}

static void put_line(Logs *l, unsigned indent, const char *s, size_t n, bool last_of_many) {
        unsigned room = l->columns > indent ? l->columns - indent : 0;

        if (is_whole(l) || (indent + n + 1 < l->columns && !last_of_many))
                put(l, s, n);
        else if (room >= 3 && last_of_many && n + 3 < room) {
                put(l, s, n);
                fputs("...", l->out);
        } else
                put_shortened(l, s, n, MAX(room, 3U), last_of_many || n >= FIELD_PRINT_MAX ? 100 : 90);
}

/* What -g has found stands out. */
static bool put_found(Logs *l, const char *from, LogsText t, const char *line, size_t n) {
        size_t start = l->match_start, end = l->match_end, at = (size_t)(line - from);

        if (!l->pattern || !l->c->screen.color || end <= start || start < at || end > at + n || end > t.n)
                return false;
        put(l, line, start - at);
        fputs("\033[0;1;31m", l->out);
        put(l, from + start, end - start);
        fputs("\033[0m", l->out);
        put(l, from + end, at + n - end);
        return true;
}

void logs_print_lines(Logs *l, unsigned indent, LogsText t, const char *color) {
        const char *p = t.data, *end = t.data + t.n;
        unsigned n_lines = 0;

        if (t.n == 0)
                fputc('\n', l->out);
        while (p < end) {
                const char *newline = memchr(p, '\n', (size_t)(end - p));
                size_t n = newline ? (size_t)(newline - p) : (size_t)(end - p);
                bool last = ++n_lines == LINES_MAX && p + n + 1 < end;

                fprintf(l->out, "%*s%s", n_lines > 1 ? (int)indent : 0, "", color);
                if (!put_found(l, t.data, t, p, n))
                        put_line(l, indent, p, n, last);
                fprintf(l->out, "%s\n", *color ? COLOR_END(l->c) : "");
                if (last && !is_whole(l))
                        break;
                p += n + 1;
        }
}

/* The catalogue */

/* Where the image has no catalogue, svinit's own words are at hand. */
static int own_catalog(Logs *l, char **ret) {
        const void *data;
        size_t n;

        if (sd_journal_get_data(l->j, "MESSAGE_ID", &data, &n) < 0 || n != 11 + 32)
                return -ENOENT;
        for (size_t i = 0; i < MESSAGE_MAX; i++)
                if (!str_is_empty(message_rows[i].id) && !str_is_empty(message_rows[i].catalogue) &&
                    memcmp((const char *)data + 11, message_rows[i].id, 32) == 0)
                        return str_printf(ret, "Subject: %s\nDefined-By: svinit\n",
                                          message_rows[i].catalogue);
        return -ENOENT;
}

/* @FIELD@ is the value of that field; a name that the entry does not have stays without its signs, as sd-journal leaves it. */
static void add_expanded(Logs *l, const char *text, Buf *b) {
        for (const char *p = text; *p;) {
                size_t n = *p == '@' ? strspn(p + 1, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") : 0;
                const void *data;
                char name[65];
                size_t size;

                if (n == 0 || n >= sizeof(name) || p[n + 1] != '@') {
                        buf_add_char(b, *p++);
                        continue;
                }
                memcpy(name, p + 1, n);
                name[n] = 0;
                if (sd_journal_get_data(l->j, name, &data, &size) >= 0 && size > n)
                        buf_add_n(b, (const char *)data + n + 1, size - n - 1);
                else
                        buf_add(b, name);
                p += n + 2;
        }
}

void logs_print_catalog(Logs *l) {
        const char *mark = wcwidth(0x2591) == 1 ? "░░" : "--";
        char *text auto_free = NULL, *own auto_free = NULL;
        Buf b auto_buf = { 0 };

        if (sd_journal_get_catalog(l->j, &text) < 0) {
                if (own_catalog(l, &own) < 0)
                        return;
                add_expanded(l, own, &b);
                if (buf_take(&b, &text) < 0)
                        return;
        }
        for (const char *p = text; *p;) {
                size_t n = strcspn(p, "\n");

                fprintf(l->out, "%s%s %.*s%s\n", COLOR_DIM(l->c), mark, (int)n, p, COLOR_END(l->c));
                p += n + (p[n] == '\n');
        }
}
