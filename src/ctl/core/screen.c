/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/core/screen.h"
#include "ctl/core/ctl.h"
#include "ctl/core/glyphs.h"

#include <limits.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#define WIDTH_DEFAULT 80
#define WIDTH_MAX 100000

static bool is_dumb(void) {
        const char *term = getenv("TERM");

        return !term || str_equal(term, "dumb");
}

/* 0: monochrome */
static unsigned find_colors(bool terminal) {
        const char *told = getenv("SYSTEMD_COLORS");
        bool yes;

        if (str_equal(told, "16"))
                return 16;
        if (str_equal(told, "256"))
                return 256;
        if (told && parse_bool(told, &yes) >= 0)
                return yes ? 256 : 0;
        return terminal && !getenv("NO_COLOR") && !is_dumb() ? 256 : 0;
}

static unsigned find_width(void) {
        const char *columns = getenv("COLUMNS");
        struct winsize size;
        unsigned n;

        if (columns && parse_unsigned(columns, &n) >= 0 && n > 0)
                return MIN(n, (unsigned)WIDTH_MAX);
        return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) >= 0 && size.ws_col > 0 ? size.ws_col : WIDTH_DEFAULT;
}

void screen_init(Screen *s) {
        const char *links = getenv("SYSTEMD_URLIFY");
        bool yes;

        s->terminal = isatty(STDOUT_FILENO);
        s->colors = find_colors(s->terminal);
        s->color = s->colors > 0;
        s->links = links && parse_bool(links, &yes) >= 0 ? yes : s->color;
        s->width = find_width();
}

size_t screen_line(const Ctl *c) {
        return c->full || !c->screen.terminal ? SIZE_MAX / 2 : c->screen.width;
}

/* The next character and the columns it takes; colours and links take none. */
static size_t step(const char *s, mbstate_t *state, size_t *ret_width) {
        wchar_t wc;
        size_t n;

        *ret_width = 1;
        if (s[0] >= ' ' &&
            s[0] <= '~') /* nearly all that there is, and a thousand lines are soon a hundred thousand */
                return 1;
        *ret_width = 0;
        if (s[0] == '\033' && s[1] == '[')
                return 2 + strcspn(s + 2, "m") + (s[2 + strcspn(s + 2, "m")] != 0);
        if (s[0] == '\033' && s[1] == ']')
                return 2 + strcspn(s + 2, "\a") + (s[2 + strcspn(s + 2, "\a")] != 0);
        n = mbrtowc(&wc, s, strnlen(s, MB_CUR_MAX), state);
        if (n == (size_t)-1 || n == (size_t)-2) {
                *state = (mbstate_t){ 0 };
                *ret_width = 1;
                return 1;
        }
        *ret_width = (size_t)MAX(wcwidth(wc), 0);
        return MAX(n, 1u);
}

size_t text_width(const char *s) {
        mbstate_t state = { 0 };
        size_t width = 0;

        while (*s) {
                size_t own;

                s += step(s, &state, &own);
                width += own;
        }
        return width;
}

size_t text_within(const char *s, size_t columns) {
        mbstate_t state = { 0 };
        size_t n = 0, width = 0;

        while (s[n]) {
                size_t own, next = step(s + n, &state, &own);

                if (width + own > columns)
                        break;
                width += own;
                n += next;
        }
        return n;
}

/* Colours that were switched on are switched off behind what is cut. */
static void add_escapes(const char *s, Buf *b) {
        mbstate_t state = { 0 };

        while (*s) {
                size_t width, n = step(s, &state, &width);

                if (*s == '\033')
                        buf_add_n(b, s, n);
                s += n;
        }
}

void text_cut(const char *s, size_t columns, Buf *b) {
        const char *ellipsis = ctl_glyphs()->ellipsis;
        size_t dots = ellipsis[0] == '.' ? 3 : 1;

        if (text_width(s) <= columns) {
                buf_add(b, s);
        } else {
                size_t n = text_within(s, columns < dots ? columns : columns - dots);

                buf_add_n(b, s, n);
                buf_add(b, columns < dots ? "" : ellipsis);
                add_escapes(s + n, b);
        }
}

/* Bytes that may not stand in a URL, a path's "%" as well. */
static void add_escaped_path(const char *path, Buf *b) {
        for (; *path; path++)
                if (*path > ' ' && *path < 0x7f && *path != '%')
                        buf_add_char(b, *path);
                else
                        buf_addf(b, "%%%02x", (unsigned char)*path);
}

void add_link(const Ctl *c, const char *place, const char *text, Buf *b) {
        char host[HOST_NAME_MAX + 1] = "";

        if (!c->screen.links) {
                buf_add(b, text);
                return;
        }
        buf_add(b, "\033]8;;");
        if (place[0] == '/') {
                (void)gethostname(host, sizeof(host) - 1);
                buf_addf(b, "file://%s", host);
                add_escaped_path(place, b);
        } else {
                buf_add(b, place);
        }
        buf_addf(b, "\a%s\033]8;;\a", text);
}

void add_printable(const char *s, Buf *b) {
        size_t n;

        for (; *s; s += n) {
                n = 1;
                while (n < 4 && s[n] && !str_is_utf8(s, n))
                        n++;
                if (!str_is_utf8(s, n)) {
                        buf_addf(b, "\\x%02x", (unsigned char)*s);
                        n = 1;
                } else if (((unsigned char)*s < ' ' && *s != '\t') || *s == 0x7f) {
                        buf_addf(b, "\\x%02x", (unsigned char)*s);
                } else {
                        buf_add_n(b, s, n);
                }
        }
}
