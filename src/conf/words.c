/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/words.h"

#include <errno.h>

static const char blanks[] = " \t\r\n";

static bool is_blank(char c) {
        return c != 0 && strchr(blanks, c) != NULL;
}

static void add_utf8(uint32_t c, Buf *b) {
        static const unsigned char lead[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
        size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

        buf_add_char(b, (char)(lead[n] | c >> 6 * (n - 1)));
        for (size_t i = n - 1; i > 0; i--)
                buf_add_char(b, (char)(0x80 | (c >> 6 * (i - 1) & 0x3f)));
}

/* Exactly n digits of the base; false when there are fewer, or when they make a NUL. */
static bool take_number(const char *p, size_t n, unsigned base, uint32_t *ret) {
        uint32_t v = 0;

        for (size_t i = 0; i < n; i++) {
                int digit = hex_value(p[i]);

                if (digit < 0 || (unsigned)digit >= base)
                        return false;
                v = v * base + (uint32_t)digit;
        }
        *ret = v;
        return v != 0;
}

/* The escape that begins at p, behind the backslash: its length, 0 when there is none of that kind. */
static size_t take_escape(const char *p, Buf *b) {
        static const char letters[] = "abfnrtv\\\"'s", values[] = "\a\b\f\n\r\t\v\\\"' ";
        const char *letter = *p ? strchr(letters, *p) : NULL;
        uint32_t c;

        if (letter) {
                buf_add_char(b, values[letter - letters]);
                return 1;
        }
        if (*p == 'x' && take_number(p + 1, 2, 16, &c)) {
                buf_add_char(b, (char)c);
                return 3;
        }
        if (take_number(p, 3, 8, &c) && c <= 0xff) {
                buf_add_char(b, (char)c);
                return 3;
        }
        if (*p == 'u' && take_number(p + 1, 4, 16, &c) && code_point_is_valid(c)) {
                add_utf8(c, b);
                return 5;
        }
        if (*p == 'U' && take_number(p + 1, 8, 16, &c) && code_point_is_valid(c)) {
                add_utf8(c, b);
                return 9;
        }
        return 0;
}

/* A backslash at *p, with what belongs to it. */
static int take_backslash(const char **p, bool in_quote, WordsFlags flags, Buf *b) {
        const char *s = *p + 1;
        size_t n;

        if (*s == 0) {
                bool keep = (flags & WORDS_UNESCAPE_RELAX) && (!in_quote || (flags & WORDS_RELAX));

                if (!keep && !(flags & WORDS_RELAX))
                        return -EINVAL;
                if (keep)
                        buf_add_char(b, '\\');
                *p = s;
                return 0;
        }
        n = take_escape(s, b);
        if (n == 0) {
                if (!(flags & WORDS_UNESCAPE_RELAX))
                        return -EINVAL;
                /* With the character behind it: a kept "\ " does not end the word. */
                buf_add_n(b, *p, 2);
                n = 1;
        }
        *p = s + n;
        return 0;
}

int words_next(const char **p, WordsFlags flags, char **ret) {
        bool unescape = flags & (WORDS_UNESCAPE | WORDS_UNESCAPE_RELAX);
        const char *s = *p + strspn(*p, blanks);
        Buf b auto_buf = { 0 };
        char quote = 0;
        int r;

        if (*s == 0) {
                *p = s;
                return 0;
        }
        while (*s && (quote || !is_blank(*s))) {
                if (*s == '\\' && unescape) {
                        r = take_backslash(&s, quote != 0, flags, &b);
                        if (r < 0)
                                return r;
                        continue;
                }
                if (quote && *s == quote)
                        quote = 0;
                else if (!quote && (flags & WORDS_QUOTES) && (*s == '"' || *s == '\''))
                        quote = *s;
                else
                        buf_add_char(&b, *s);
                s++;
        }
        if (quote && !(flags & WORDS_RELAX))
                return -EINVAL;

        r = buf_take(&b, ret);
        if (r < 0)
                return r;
        *p = s + strspn(s, blanks);
        return 1;
}

int words_split(const char *text, WordsFlags flags, char ***ret) {
        char **l auto_strv = NULL;
        char *word;
        int r;

        while ((r = words_next(&text, flags, &word)) > 0) {
                r = strv_push(&l, word);
                if (r < 0)
                        return r;
        }
        if (r < 0)
                return r;
        *ret = TAKE(l);
        return 0;
}

int words_quote(const char *word, Buf *b) {
        bool plain = *word != 0;

        for (const char *p = word; *p; p++)
                plain = plain && (unsigned char)*p > ' ' && *p != 0x7f && !strchr("\"'\\", *p);
        if (plain) {
                buf_add(b, word);
                return b->error;
        }

        buf_add_char(b, '"');
        for (const char *p = word; *p; p++)
                if (*p == '"' || *p == '\\')
                        buf_addf(b, "\\%c", *p);
                else if (*p == '\n')
                        buf_add(b, "\\n");
                else if (*p == '\t')
                        buf_add(b, "\\t");
                else if ((unsigned char)*p < ' ' || *p == 0x7f)
                        buf_addf(b, "\\x%02x", (unsigned)(unsigned char)*p);
                else
                        buf_add_char(b, *p);
        buf_add_char(b, '"');
        return b->error;
}
