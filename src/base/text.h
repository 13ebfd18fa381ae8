/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Strings: a counted text, a growing buffer, lists of strings.
 *
 * A list ("strv") is a NULL-terminated array owned together with its strings;
 * NULL is the empty list. Buf grows as needed and remembers the first failure,
 * so a formatter writes without checking and asks once at the end.
 */

#include "base/macro.h"

#include <string.h>

typedef struct Text {
        char *data; /* owned by whoever holds the Text; may contain NUL */
        size_t len;
} Text;

typedef struct Buf {
        char *data; /* owned; always NUL-terminated when not NULL */
        size_t len, capacity;
        int error; /* 0 or -ENOMEM, sticky */
} Buf;

#define auto_buf __attribute__((cleanup(buf_release)))

void buf_release(Buf *b);
void buf_add(Buf *b, const char *s);
void buf_add_n(Buf *b, const char *s, size_t n);
void buf_add_char(Buf *b, char c);
void buf_addf(Buf *b, const char *format, ...) PRINTF_LIKE(2, 3);
int buf_take(Buf *b, char **ret); /* hands the text over ("" when nothing was written); 0 or -ENOMEM */
void bytes_format(uint64_t bytes, Buf *b); /* "2.3M", powers of 1024 */

bool str_equal(const char *a, const char *b); /* NULL equals NULL only */
bool str_starts_with(const char *s, const char *prefix);
const char *str_after(const char *s, const char *prefix); /* what follows the prefix, or NULL */
bool str_ends_with(const char *s, const char *suffix);
static inline bool char_is_alnum(char c) { /* ASCII, whatever the locale */
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}
static inline bool str_is_empty(const char *s) {
        return !s || s[0] == 0;
}
int str_replace(char **field,
                const char *value); /* frees the old, copies the new (NULL empties); 0, -ENOMEM */
int str_printf(char **ret, const char *format, ...) PRINTF_LIKE(2, 3); /* 0 or -ENOMEM */
char *str_strip(char *s); /* in place: space, tab, CR, LF at both ends */
bool str_is_utf8(const char *s, size_t n);
bool fd_name_is_valid(const char *s); /* of a passed descriptor, as LISTEN_FDNAMES can carry it */
int hex_value(char c);                /* 0..15, -1 for anything else */
void hex_format(const uint8_t *bytes, size_t n, char *ret); /* lower case; 2 * n characters and the end */
bool code_point_is_valid(uint32_t c); /* no surrogate, no noncharacter: what systemd 252 reads */

/* Whole strings, with the syntax that systemd has for numbers: 10, +10, 0xa, 012, 0b1010, 0o12. 0, -EINVAL, -ERANGE. */
int parse_u64(const char *s, uint64_t *ret);
int parse_i64(const char *s, int64_t *ret);
int parse_unsigned(const char *s, unsigned *ret);
int parse_int(const char *s, int *ret);
int parse_decimal(const char *s, uint64_t *ret); /* digits and nothing else: ids */
int parse_mode(const char *s, unsigned *ret);    /* octal, at most 07777 */
int parse_bool(const char *s, bool *ret);        /* 1 yes y true t on, 0 no n false f off; any case */

#define STRV_FOREACH(it, l) for (char *const *it = (l); it && *it; it++)

size_t strv_length(char *const *l);
bool strv_contains(char *const *l, const char *s);
int strv_push(char ***l, char *s);      /* takes s, also on failure (freed then); 0, -ENOMEM */
int strv_add(char ***l, const char *s); /* copies s */
int strv_add_unique(char ***l, const char *s);
int strv_add_all(char ***l, char *const *more);
int strv_copy(char *const *l, char ***ret);
void strv_remove(char **l, const char *s); /* all that are equal */
void strv_free(char **l);
int strv_join(char *const *l, const char *separator, char **ret);
bool strv_equal(char *const *a, char *const *b);

/* Environment lists: "NAME=value", last one wins. */
bool env_name_is_valid(const char *name, size_t n);
bool env_assignment_is_valid(const char *s);
int env_set(char ***env, const char *assignment); /* replaces or appends */
void env_unset(char **env, const char *name_or_assignment);
const char *env_get(char *const *env, const char *name, size_t n);
