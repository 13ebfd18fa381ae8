/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Scalars: booleans, numbers, modes, sizes, plain text.
 */

#include <errno.h>

#include "unit/codec-number.h"
#include "unit/codec-util.h"

static int boolean_parse(const CodecContext *c, const char *value, void *field) {
        return parse_bool(value, field);
}

static int boolean_format(const Directive *row, const void *field, Buf *b) {
        buf_add(b, *(const bool *)field ? "yes" : "no");
        return format_end(b);
}

const Codec codec_boolean = {
        CODEC_OF(boolean),
        .expects = "a boolean such as yes or no",
        .parse = boolean_parse,
        .format = boolean_format,
        .good = SAMPLES("yes", "no", "true", "off", "1", "T"),
        .bad = SAMPLES("", "2", "maybe", "yes no"),
};

/* A newline would break every place that shows a value on one line. */
static bool text_is_one_line(const char *s) {
        return !strchr(s, '\n');
}

static int string_parse(const CodecContext *c, const char *value, void *field) {
        char **s = field;
        char *text;
        int r;

        r = codec_expand(c, value, &text);
        if (r != 0)
                return r;
        if (!text_is_one_line(text)) {
                free(text);
                return -EINVAL;
        }

        free(*s);
        *s = text;
        return 0;
}

static int string_format(const Directive *row, const void *field, Buf *b) {
        format_literal(*(char *const *)field, b);
        return format_end(b);
}

const Codec codec_string = {
        CODEC_OF(string),
        .expects = "a text of one line",
        .empty_resets = true,
        .parse = string_parse,
        .format = string_format,
        .release = release_string,
        .good = SAMPLES("", "a", "The web server", "100%%", "\"quoted\" \\x41"),
        .bad = SAMPLES("a\nb", "%9"),
};

#define REBOOT_ARGUMENT_MAX 255

/* What reboot(2) may hand to the firmware. */
static int reboot_argument_parse(const CodecContext *c, const char *value, void *field) {
        char *text auto_free = NULL;
        int r;

        r = string_parse(c, value, &text);
        if (r != 0)
                return r;
        if (strlen(text) > REBOOT_ARGUMENT_MAX)
                return -EINVAL;
        for (const char *p = text; *p; p++)
                if ((unsigned char)*p >= 0x80)
                        return -EINVAL;
        release_string(field);
        *(char **)field = TAKE(text);
        return 0;
}

const Codec codec_reboot_argument = {
        CODEC_OF(reboot_argument),
        .expects = "a text in ASCII of at most 255 bytes",
        .empty_resets = true,
        .parse = reboot_argument_parse,
        .format = string_format,
        .release = release_string,
        .good = SAMPLES("", "recovery"),
        .bad = SAMPLES("\xc3\xa9"),
};

static int out_of_range(const CodecContext *c, const char *value) {
        if (c->row->maximum == INT32_MAX)
                return codec_refuse(c, "'%.60s' is not a number from %d upwards", value, c->row->minimum);
        return codec_refuse(c, "'%.60s' is not a number from %d to %d", value, c->row->minimum,
                            c->row->maximum);
}

static bool has_range(const Directive *row) {
        return row->minimum != 0 || row->maximum != 0;
}

static int unsigned_parse(const CodecContext *c, const char *value, void *field) {
        unsigned v;

        if (parse_unsigned(value, &v) < 0)
                return has_range(c->row) ? out_of_range(c, value) : -EINVAL;
        if (has_range(c->row) && (v < (unsigned)c->row->minimum || v > (unsigned)c->row->maximum))
                return out_of_range(c, value);

        *(unsigned *)field = v;
        return 0;
}

static int unsigned_format(const Directive *row, const void *field, Buf *b) {
        buf_addf(b, "%u", *(const unsigned *)field);
        return format_end(b);
}

const Codec codec_unsigned = {
        CODEC_OF(unsigned),        .expects = "a number, 0 or greater",
        .parse = unsigned_parse,   .format = unsigned_format,
        .good = SAMPLES("1", "4"), .bad = SAMPLES("", "-1", "a", "4294967296"),
};

static int integer_parse(const CodecContext *c, const char *value, void *field) {
        int v;

        if (parse_int(value, &v) < 0)
                return has_range(c->row) ? out_of_range(c, value) : -EINVAL;
        if (has_range(c->row) && (v < c->row->minimum || v > c->row->maximum))
                return out_of_range(c, value);

        *(int *)field = v;
        return 0;
}

static int integer_format(const Directive *row, const void *field, Buf *b) {
        buf_addf(b, "%d", *(const int *)field);
        return format_end(b);
}

const Codec codec_integer = {
        CODEC_OF(integer),
        .expects = "a number",
        .empty_resets = true,
        .parse = integer_parse,
        .format = integer_format,
        .good = SAMPLES("1", "7"),
        .bad = SAMPLES("x", "99999999999"),
};

static int mode_parse(const CodecContext *c, const char *value, void *field) {
        return parse_mode(value, field);
}

static int mode_format(const Directive *row, const void *field, Buf *b) {
        buf_addf(b, "%04o", *(const unsigned *)field);
        return format_end(b);
}

const Codec codec_mode = {
        CODEC_OF(mode),
        .expects = "an octal access mode such as 0755",
        .empty_resets = true,
        .filled = true,
        .parse = mode_parse,
        .format = mode_format,
        .good = SAMPLES("0755", "22", "2775", "0"),
        .bad = SAMPLES("0888", "rwx", "-1", "17777"),
};

/* A number with the suffix B, K, M, G, T, P or E, base 1024; a fraction is allowed before the suffix. */
/* NUMBER[.NUMBER] [UNIT] at *p, of which the units from *unit on are left. */
static int take_size(const char **p, size_t *unit, uint64_t *sum) {
        static const char units[] = "EPTGMKB"; /* then none, which is B as well */
        const char *s = *p + strspn(*p, " \t\n\r");
        uint64_t whole = 0, factor;
        double fraction = 0, digit = 0.1;
        size_t i;

        if (*s == '-')
                return s[1] >= '0' && s[1] <= '9' ? -ERANGE : -EINVAL;
        s += *s == '+';
        if (*s < '0' || *s > '9' || *unit >= ELEMENTSOF(units)) /* or another number behind the bytes */
                return -EINVAL;
        for (; *s >= '0' && *s <= '9'; s++)
                if (__builtin_mul_overflow(whole, 10, &whole) ||
                    __builtin_add_overflow(whole, *s - '0', &whole))
                        return -ERANGE;
        if (*s == '.')
                for (s++; *s >= '0' && *s <= '9'; s++, digit /= 10)
                        fraction += (*s - '0') * digit;

        s += strspn(s, " \t\n\r");
        for (i = *unit; i < ELEMENTSOF(units) - 1 && *s != units[i]; i++)
                ;
        factor = i >= 6 ? 1 : UINT64_C(1) << 10 * (6 - i);
        if (__builtin_mul_overflow(whole, factor, &whole) ||
            __builtin_add_overflow(whole, (uint64_t)(fraction * (double)factor), &whole) ||
            __builtin_add_overflow(*sum, whole, sum))
                return -ERANGE;
        *p = s + (i < ELEMENTSOF(units) - 1);
        *unit = i + 1;
        return 0;
}

/* "1.5G", or several with ever smaller units: "1G 512M". */
int size_parse_bytes(const char *s, uint64_t *ret) {
        uint64_t sum = 0;
        size_t unit = 0;

        do {
                int r = take_size(&s, &unit, &sum);

                if (r < 0)
                        return r;
        } while (*s);
        *ret = sum;
        return 0;
}

/* The largest suffix that leaves a whole number. */
void size_format_bytes(uint64_t v, Buf *b) {
        static const char suffixes[] = "KMGTPE";
        const char *suffix = NULL;

        for (const char *p = suffixes; *p && v > 0 && v % 1024 == 0; p++) {
                v /= 1024;
                suffix = p;
        }
        buf_addf(b, "%llu", (unsigned long long)v);
        if (suffix)
                buf_add_char(b, *suffix);
}

/* In hundredths; 0: none. */
static int factor_parse(const CodecContext *c, const char *value, void *field) {
        size_t whole = strspn(value, "0123456789"),
               n = value[whole] == '.' ? strspn(value + whole + 1, "0123456789") : 0;
        unsigned v = 0;

        if (whole == 0 || whole > 2 || n > 2 || value[whole + (value[whole] == '.') + n] ||
            (value[whole] && n == 0))
                return -EINVAL;
        for (size_t i = 0; i < whole; i++)
                v = v * 10 + (unsigned)(value[i] - '0');
        for (size_t i = 0; i < 2; i++)
                v = v * 10 + (i < n ? (unsigned)(value[whole + 1 + i] - '0') : 0);
        if (v < 100 || v > 1000)
                return -EINVAL;
        *(unsigned *)field = v;
        return 0;
}

static int factor_format(const Directive *row, const void *field, Buf *b) {
        unsigned v = *(const unsigned *)field;

        if (v > 0)
                buf_addf(b, "%u.%02u", v / 100, v % 100);
        return format_end(b);
}

const Codec codec_factor = {
        CODEC_OF(factor),
        .expects = "a factor from 1 to 10 with at most two decimals, such as 1.5",
        .empty_resets = true,
        .parse = factor_parse,
        .format = factor_format,
        .good = SAMPLES("1", "1.5", "2.25", "10"),
        .bad = SAMPLES("0.9", "10.01", "1.", "1.234", ".5", "1,5", "-2", "two"),
};

static int size_parse(const CodecContext *c, const char *value, void *field) {
        uint64_t v = LIMIT_UNSET;

        if (value[0] && (size_parse_bytes(value, &v) < 0 || v >= LIMIT_UNSET))
                return -EINVAL;
        *(uint64_t *)field = v;
        return 0;
}

static int size_format(const Directive *row, const void *field, Buf *b) {
        uint64_t v = *(const uint64_t *)field;

        if (v != LIMIT_UNSET) /* else as if it had never been given */
                size_format_bytes(v, b);
        return format_end(b);
}

const Codec codec_size = {
        CODEC_OF(size),
        .expects = "a size in bytes such as 8M or 65536",
        .empty_resets = true,
        .filled = true,
        .parse = size_parse,
        .format = size_format,
        .good = SAMPLES("0", "1", "8M", "1.5G", "512K", "2T"),
        .bad = SAMPLES("-1", "M", "8MB", "8 M x", "99999999999999E"),
};
