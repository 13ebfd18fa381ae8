/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "journal/render.h"

#define DEPTH_MAX 64

typedef struct Scan {
        const char *p, *end;
        const char *const *names;
        JsonObject *found;  /* NULL: nobody asks */
        const char *wanted; /* a member; what it says when it is a string: */
        const char *string;
        size_t string_size;
} Scan;

static void skip_space(Scan *s) {
        while (s->p < s->end && (*s->p == ' ' || *s->p == '\t' || *s->p == '\r' || *s->p == '\n'))
                s->p++;
}

static bool take(Scan *s, char c) {
        if (s->p >= s->end || *s->p != c)
                return false;
        s->p++;
        return true;
}

static bool take_escape(Scan *s) {
        char c;

        if (s->p >= s->end)
                return false;
        c = *s->p++;
        if (c != 'u')
                return strchr("\"\\/bfnrt", c) != NULL && c != 0;

        for (int i = 0; i < 4; i++, s->p++)
                if (s->p >= s->end || !strchr("0123456789abcdefABCDEF", *s->p) || *s->p == 0)
                        return false;
        return true;
}

static bool take_string(Scan *s, const char **ret_start, size_t *ret_size) {
        if (!take(s, '"'))
                return false;
        *ret_start = s->p;
        while (s->p < s->end) {
                unsigned char c = (unsigned char)*s->p++;

                if (c == '"') {
                        *ret_size = (size_t)(s->p - 1 - *ret_start);
                        return true;
                }
                if (c < 0x20 || (c == '\\' && !take_escape(s)))
                        return false;
        }

        return false;
}

static bool take_digits(Scan *s) {
        const char *from = s->p;

        while (s->p < s->end && *s->p >= '0' && *s->p <= '9')
                s->p++;
        return s->p > from;
}

static bool take_number(Scan *s) {
        (void)take(s, '-');
        if (!take(s, '0') && !take_digits(s))
                return false;
        if (take(s, '.') && !take_digits(s))
                return false;
        if (take(s, 'e') || take(s, 'E')) {
                if (!take(s, '+'))
                        (void)take(s, '-');
                return take_digits(s);
        }
        return true;
}

static bool take_word(Scan *s, const char *word) {
        size_t n = strlen(word);

        if ((size_t)(s->end - s->p) < n || memcmp(s->p, word, n) != 0)
                return false;
        s->p += n;
        return true;
}

static bool take_value(Scan *s, unsigned depth);

/* A name has many spellings: those who read it see \u0070id as pid. take_string() has seen that escapes are whole. */
static bool name_is(const char *name, size_t n, const char *wanted) {
        const char *p = name, *end = name + n;

        for (; p < end && *wanted; wanted++) {
                int c = (unsigned char)*p++;

                if (c == '\\') {
                        if (*p++ != 'u')
                                return false; /* none of those is a letter */
                        c = 0;
                        for (const char *digits_end = p + 4; p < digits_end; p++)
                                c = c << 4 | hex_value(*p);
                }
                if (c != (unsigned char)*wanted)
                        return false;
        }
        return p == end && !*wanted;
}

/* False: there are more than can be told. */
static bool note_member(Scan *s, const char *name, size_t n) {
        JsonObject *o = s->found;

        for (unsigned i = 0; o && s->names[i]; i++) {
                if (!name_is(name, n, s->names[i]))
                        continue;
                if (o->n_places >= ELEMENTSOF(o->places))
                        return false;
                o->members |= 1U << i;
                o->places[o->n_places++] = (JsonPlace){ name, i };
        }
        return true;
}

/* The last one of the name counts. */
static void note_string(Scan *s, const char *name, size_t n) {
        Scan ahead = *s;

        if (!s->wanted || strlen(s->wanted) != n || memcmp(s->wanted, name, n) != 0)
                return;
        if (!take_string(&ahead, &s->string, &s->string_size))
                s->string = NULL;
}

static bool take_members(Scan *s, char close, unsigned depth) {
        const char *name;
        size_t n;

        skip_space(s);
        if (take(s, close))
                return true;
        do {
                skip_space(s);
                if (close == '}') {
                        if (!take_string(s, &name, &n))
                                return false;
                        if (depth == 1 && !note_member(s, name, n))
                                return false;
                        skip_space(s);
                        if (!take(s, ':'))
                                return false;
                        skip_space(s);
                        if (depth == 1)
                                note_string(s, name, n);
                }
                if (!take_value(s, depth))
                        return false;
                skip_space(s);
        } while (take(s, ','));
        return take(s, close);
}

static bool take_value(Scan *s, unsigned depth) {
        const char *start;
        size_t n;

        skip_space(s);
        if (s->p >= s->end || depth > DEPTH_MAX)
                return false;
        switch (*s->p) {
        case '{':
                s->p++;
                return take_members(s, '}', depth + 1);
        case '[':
                s->p++;
                return take_members(s, ']', depth + 1);
        case '"':
                return take_string(s, &start, &n);
        case 't':
                return take_word(s, "true");
        case 'f':
                return take_word(s, "false");
        case 'n':
                return take_word(s, "null");
        default:
                return take_number(s);
        }
}

bool json_is_object(const char *text, size_t n, const char *const *names, JsonObject *ret) {
        JsonObject found = { 0 };
        Scan s = { .p = text, .end = text + n, .names = names, .found = &found };

        skip_space(&s);
        if (s.p >= s.end || *s.p != '{' || !str_is_utf8(text, n))
                return false;
        found.inside = s.p + 1;
        if (!take_value(&s, 0))
                return false;
        found.inside_end = s.p - 1;
        skip_space(&s);
        if (s.p != s.end)
                return false;

        s.p = found.inside;
        skip_space(&s);
        found.is_empty = *s.p == '}';
        *ret = found;
        return true;
}

bool json_string_member(const char *text, size_t n, const char *name, const char **ret, size_t *ret_size) {
        Scan s = { .p = text, .end = text + n, .wanted = name };

        skip_space(&s);
        if (s.p >= s.end || *s.p != '{' || !str_is_utf8(text, n) || !take_value(&s, 0))
                return false;
        skip_space(&s);
        if (s.p != s.end || !s.string)
                return false;
        *ret = s.string;
        *ret_size = s.string_size;
        return true;
}

/* Length of the UTF-8 sequence at p, 0 when it is none. */
static size_t utf8_length(const char *p, size_t n) {
        unsigned char c = (unsigned char)*p;
        size_t size = c < 0x80                ? 1
                      : c >= 0xc2 && c < 0xe0 ? 2
                      : c >= 0xe0 && c < 0xf0 ? 3
                      : c >= 0xf0 && c < 0xf5 ? 4
                                              : 0;

        return size > 0 && size <= n && str_is_utf8(p, size) ? size : 0;
}

void json_add_string(Buf *b, const char *text, size_t n) {
        size_t size;

        buf_add_char(b, '"');
        for (size_t i = 0; i < n; i += size) {
                unsigned char c = (unsigned char)text[i];
                size_t plain = 0;

                while (i + plain < n && (unsigned char)text[i + plain] >= 0x20 &&
                       (unsigned char)text[i + plain] < 0x7f && text[i + plain] != '"' &&
                       text[i + plain] != '\\')
                        plain++;
                size = plain;
                if (plain > 0) {
                        buf_add_n(b, text + i, plain);
                        continue;
                }

                size = utf8_length(text + i, n - i);
                if (size == 0) {
                        buf_add(b, "\\ufffd");
                        size = 1;
                } else if (c == '"' || c == '\\') {
                        buf_add_char(b, '\\');
                        buf_add_char(b, (char)c);
                } else if (c == '\t')
                        buf_add(b, "\\t");
                else if (c < 0x20 || c == 0x7f)
                        buf_addf(b, "\\u%04x", c);
                else
                        buf_add_n(b, text + i, size);
        }
        buf_add_char(b, '"');
}
