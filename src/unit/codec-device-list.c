/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Lists of devices: what a device may do, or how much of it may be used. An
 * entry is "DEVICE VALUE", the value in one form whatever was written; another
 * entry for the same device takes its place.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "unit/codec-util.h"

size_t device_entry_split(const char *entry, const char **ret_value) {
        const char *blank = strrchr(entry, ' ');

        *ret_value = blank ? blank + 1 : "";
        return blank ? (size_t)(blank - entry) : strlen(entry);
}

/* The first word, a device, and what follows it. 0, CODEC_SAID, -EINVAL, -ENOMEM. */
static int take_device(const CodecContext *c, const char *value, char **ret_device, const char **ret_rest) {
        char *word auto_free = NULL;
        const char *p = value;
        int r;

        r = words_next(&p, WORDS_QUOTES, &word);
        if (r <= 0)
                return r == 0 ? -EINVAL : r;
        *ret_rest = p + strspn(p, " \t");
        return codec_expand(c, word, ret_device);
}

static int put_entry(char ***list, const char *device, const char *value) {
        char *entry;
        int r = str_printf(&entry, "%s %s", device, value);

        if (r < 0)
                return r;
        for (char **e = *list; e && *e; e++) {
                const char *old;
                size_t n = device_entry_split(*e, &old);

                if (n != strlen(device) || strncmp(*e, device, n) != 0)
                        continue;
                free(*e);
                *e = entry;
                return 0;
        }
        return strv_push(list, entry);
}

/* "1.5M": base 1000, as bytes a second are given. */
static int rate_parse(const char *s, uint64_t *ret) {
        static const char suffixes[] = "KMGTPE";
        uint64_t scale = 1, whole, part = 0, tenths = 1;
        const char *suffix;
        char *end;

        if (str_equal(s, "infinity")) {
                *ret = UINT64_MAX;
                return 0;
        }
        if (s[0] < '0' || s[0] > '9')
                return -EINVAL;
        errno = 0;
        whole = strtoull(s, &end, 10);
        if (errno != 0)
                return -ERANGE;
        for (s = *end == '.' ? end + 1 : end; *end == '.' && *s >= '0' && *s <= '9'; s++)
                if (tenths < UINT64_C(1000000)) {
                        part = part * 10 + (uint64_t)(*s - '0');
                        tenths *= 10;
                }
        suffix = *s ? strchr(suffixes, *s) : NULL;
        for (const char *p = suffix; p && p >= suffixes; p--)
                scale *= 1000;
        if (s[suffix ? 1 : 0] != 0 && !str_equal(s, "B"))
                return -EINVAL;
        if (whole > (UINT64_MAX - scale) / scale)
                return -ERANGE;
        *ret = whole * scale + part * scale / tenths;
        return *ret > 0 ? 0 : -EINVAL;
}

static int number_within(const char *s, uint64_t minimum, uint64_t maximum, uint64_t *ret) {
        return parse_u64(s, ret) >= 0 && *ret >= minimum && *ret <= maximum ? 0 : -EINVAL;
}

static int value_parse(DeviceValue kind, const char *s, uint64_t *ret) {
        switch (kind) {
        case DEVICE_WEIGHT:
                return number_within(s, 1, 10000, ret);
        case DEVICE_BLOCK_WEIGHT:
                return number_within(s, 10, 1000, ret);
        case DEVICE_LATENCY:
                return timespan_parse(s, USEC_PER_SEC, ret);
        case DEVICE_RATE:
                return rate_parse(s, ret);
        }
        return -EINVAL;
}

static int device_value_parse(const CodecContext *c, const char *value, void *field) {
        char *device auto_free = NULL, number[24];
        const char *rest = NULL;
        uint64_t v;
        int r;

        r = take_device(c, value, &device, &rest);
        if (r != 0)
                return r;
        if (!path_is_absolute(device) || !path_is_safe(device) || !path_is_normalized(device) ||
            value_parse((DeviceValue)c->row->detail, rest, &v) < 0)
                return -EINVAL;
        if (v == UINT64_MAX)
                (void)snprintf(number, sizeof(number), "infinity");
        else
                (void)snprintf(number, sizeof(number), "%" PRIu64, v);
        return put_entry(field, device, number);
}

/* systemd writes the specifiers of a device's name out, too. */
static int format_entry(const char *entry, const char *unit, Buf *b) {
        const char *value;
        char *device auto_free = strndup(entry, device_entry_split(entry, &value));
        int r;

        if (!device)
                return -ENOMEM;
        r = format_word(device, b);
        buf_addf(b, " %s%s", value, str_equal(value, "infinity") ? "" : unit);
        return r;
}

static int device_value_format(const Directive *row, const void *field, Buf *b) {
        const char *unit = row->detail == DEVICE_LATENCY ? "us" : "";
        size_t start = b->len;
        int r = 0;

        STRV_FOREACH (e, *(char *const *const *)field) {
                format_line_break(b, start);
                if (r >= 0)
                        r = format_entry(*e, unit, b);
        }
        return r < 0 ? r : format_end(b);
}

const Codec codec_device_value = {
        CODEC_OF(device_value),
        .expects = "a device and a value such as /dev/sda 10M",
        .empty_resets = true,
        .lines = true,
        .parse = device_value_parse,
        .format = device_value_format,
        .release = release_strv,
        .good = SAMPLES("", "/dev/sda 100", "\"/dev/a b\" 50"),
        .bad = SAMPLES("/dev/sda", "/dev/sda x", "sda 100"),
};

static int device_allow_parse(const CodecContext *c, const char *value, void *field) {
        char *device auto_free = NULL;
        const char *rest = NULL;
        int r;

        r = take_device(c, value, &device, &rest);
        if (r != 0)
                return r;
        if (!str_starts_with(device, "/dev/") && !str_starts_with(device, "block-") &&
            !str_starts_with(device, "char-") && !str_starts_with(device, "/run/systemd/inaccessible/"))
                return -EINVAL;
        if (rest[strspn(rest, "rwm")] != 0 || !path_is_safe(device))
                return -EINVAL;
        return put_entry(field, device, rest[0] ? rest : "rwm");
}

const Codec codec_device_allow = {
        CODEC_OF(device_allow),
        .expects = "a device below /dev, block-NAME or char-NAME, and letters of rwm",
        .empty_resets = true,
        .lines = true,
        .parse = device_allow_parse,
        .format = device_value_format,
        .release = release_strv,
        .good = SAMPLES("", "/dev/null rw", "char-pts", "block-* r"),
        .bad = SAMPLES("/null rw", "/dev/null x"),
};
