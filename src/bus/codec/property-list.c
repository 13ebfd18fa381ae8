/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bus/codec/property-text.h"

#include <errno.h>

/*
 * Arrays. An empty one takes back what was there; what is in it adds up, as
 * several assignments of a file do.
 */

/* Calls `read` for each element; it adds to *b or to the texts. *ret_n: how many there were. */
static int for_each(Reading *r, const char *element, ElementReader read, Buf *b, size_t *ret_n) {
        size_t n = 0;
        int q = sd_bus_message_enter_container(r->m, 'a', element);

        while (q >= 0 && (q = read(r, b)) > 0)
                n++;
        *ret_n = n;
        return q < 0 ? q : sd_bus_message_exit_container(r->m);
}

int reading_lines(Reading *r, const char *element, ElementReader read) {
        size_t n;
        int q = for_each(r, element, read, NULL, &n);

        return q >= 0 && n == 0 ? reading_add(r, "") : q;
}

int reading_words(Reading *r, const char *element, ElementReader read) {
        Buf b auto_buf = { 0 };
        size_t n;
        int q = for_each(r, element, read, &b, &n);

        return q < 0 ? q : reading_add_buf(r, &b);
}

int reading_add_word(Buf *b, const char *word) {
        if (b->len > 0)
                buf_add_char(b, ' ');
        return format_word(word, b) < 0 ? -ENOMEM : 1;
}

int read_string_array(Reading *r, char ***ret) {
        char **l = NULL;
        int q = sd_bus_message_read_strv(r->m, &l);

        if (q >= 0)
                *ret = l;
        return q < 0 ? q : 0;
}

/* Unit names are words as they stand: their backslashes are no escapes. */
static bool takes_names(const Codec *codec) {
        return codec && (codec->id == CODEC_dependencies || codec->id == CODEC_unit_names ||
                         codec->id == CODEC_unit_name);
}

static int add_strings(Reading *r, char *const *l, const Codec *codec, Buf *b) {
        STRV_FOREACH (s, l) {
                if (codec && codec->lines) {
                        Buf line auto_buf = { 0 };
                        int q;

                        format_literal(*s, &line);
                        q = reading_add_buf(r, &line);
                        if (q < 0)
                                return q;
                } else if (takes_names(codec)) {
                        if (strpbrk(*s, " \t\n\"'"))
                                return reading_refuse(r, "That is no name of a unit.");
                        buf_add(b, b->len > 0 ? " " : "");
                        format_literal(*s, b);
                } else if (reading_add_word(b, *s) < 0) {
                        return -ENOMEM;
                }
        }
        return 0;
}

static int read_strings(Reading *r) {
        const Codec *codec = reading_codec(r);
        char **l auto_strv = NULL;
        Buf b auto_buf = { 0 };
        int q = read_string_array(r, &l);

        if (q < 0 || (q = add_strings(r, l, codec, &b)) < 0)
                return q;
        return l && l[0] && codec && codec->lines ? 0 : reading_add_buf(r, &b);
}

static void add_cpu_range(Buf *b, size_t first, size_t last) {
        buf_addf(b, "%s%zu", b->len > 0 ? "," : "", first);
        if (last > first)
                buf_addf(b, "-%zu", last);
}

static void add_cpus(Buf *b, const uint8_t *mask, size_t n) {
        size_t first = SIZE_MAX;

        for (size_t cpu = 0; cpu <= n * 8; cpu++) {
                bool set = cpu < n * 8 && mask[cpu / 8] & 1U << cpu % 8;

                if (set && first == SIZE_MAX)
                        first = cpu;
                if (!set && first != SIZE_MAX) {
                        add_cpu_range(b, first, cpu - 1);
                        first = SIZE_MAX;
                }
        }
}

void buf_add_base64(Buf *b, const uint8_t *data, size_t n) {
        static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

        for (size_t i = 0; i < n; i += 3) {
                uint32_t v = (uint32_t)data[i] << 16 | (uint32_t)(i + 1 < n ? data[i + 1] : 0) << 8 |
                             (uint32_t)(i + 2 < n ? data[i + 2] : 0);

                buf_add_char(b, digits[v >> 18]);
                buf_add_char(b, digits[v >> 12 & 63]);
                buf_add_char(b, i + 1 < n ? digits[v >> 6 & 63] : '=');
                buf_add_char(b, i + 2 < n ? digits[v & 63] : '=');
        }
}

static int read_bytes(Reading *r) {
        CodecId id = reading_codec(r) ? reading_codec(r)->id : CODEC_MAX;
        Buf b auto_buf = { 0 };
        const void *data;
        size_t n;
        int q = sd_bus_message_read_array(r->m, 'y', &data, &n);

        if (q < 0)
                return q;
        if (id == CODEC_cpu_set) {
                add_cpus(&b, data, n);
        } else if (id == CODEC_verity_hash) {
                for (size_t i = 0; i < n; i++)
                        buf_addf(&b, "%02x", ((const uint8_t *)data)[i]);
        } else {
                if (id == CODEC_signature_file && n > 0)
                        buf_add(&b, "base64:");
                buf_add_base64(&b, data, n);
        }
        return reading_add_buf(r, &b);
}

static int take_log_field(Reading *r, Buf *b) {
        char *text auto_free = NULL;
        const void *data;
        size_t n;
        int q = sd_bus_message_read_array(r->m, 'y', &data, &n);

        if (q <= 0)
                return q;
        if (memchr(data, 0, n) || !str_is_utf8(data, n))
                return reading_refuse(r, "A journal field of a unit is text.");
        text = strndup(data, n);
        return text ? reading_add_word(b, text) : -ENOMEM;
}

static int read_log_fields(Reading *r) {
        return reading_words(r, "ay", take_log_field);
}

/* A security label; with "-" it may be absent. */
static int read_label(Reading *r) {
        Buf b auto_buf = { 0 };
        const char *label;
        int optional, q = sd_bus_message_read(r->m, "(bs)", &optional, &label);

        if (q < 0)
                return q;
        buf_add(&b, optional && label[0] ? "-" : "");
        format_literal(label, &b);
        return reading_add_buf(r, &b);
}

/* "~" before the words: all but these. Nobody allowed is a word of its own for address families. */
static int read_filter(Reading *r) {
        const Codec *codec = reading_codec(r);
        char **words auto_strv = NULL;
        Buf b auto_buf = { 0 };
        int allow, q;

        if ((q = sd_bus_message_enter_container(r->m, 'r', "bas")) < 0 ||
            (q = sd_bus_message_read_basic(r->m, 'b', &allow)) < 0 || (q = read_string_array(r, &words)) < 0)
                return q;
        if (!words || !words[0])
                buf_add(&b, allow && codec && codec->id == CODEC_address_families ? "none" : "");
        STRV_FOREACH (w, words) {
                if (strpbrk(*w, " \t\n\"'\\"))
                        return reading_refuse(r, "Names have no blanks and quotes.");
                buf_addf(&b, "%s%s", b.len > 0 ? " " : allow ? "" : "~", *w);
        }
        q = reading_add_buf(r, &b);
        return q < 0 ? q : sd_bus_message_exit_container(r->m);
}

static int read_exit_statuses(Reading *r) {
        const int32_t *codes, *signals;
        Buf b auto_buf = { 0 };
        size_t n_codes, n_signals;
        int q;

        if ((q = sd_bus_message_enter_container(r->m, 'r', "aiai")) < 0 ||
            (q = sd_bus_message_read_array(r->m, 'i', (const void **)&codes, &n_codes)) < 0 ||
            (q = sd_bus_message_read_array(r->m, 'i', (const void **)&signals, &n_signals)) < 0)
                return q;
        for (size_t i = 0; i < n_codes / sizeof(int32_t); i++)
                buf_addf(&b, "%s%d", b.len > 0 ? " " : "", codes[i]);
        for (size_t i = 0; i < n_signals / sizeof(int32_t); i++) {
                const char *name = signal_to_string(signals[i]);

                if (!name)
                        return reading_refuse(r, "There is no such signal.");
                buf_addf(&b, "%s%s", b.len > 0 ? " " : "", name);
        }
        q = reading_add_buf(r, &b);
        return q < 0 ? q : sd_bus_message_exit_container(r->m);
}

const WireReader list_readers[] = {
        { "as", read_strings },
        { "ay", read_bytes },
        { "aay", read_log_fields },
        { "(bs)", read_label },
        { "(bas)", read_filter },
        { "(aiai)", read_exit_statuses },
        { 0 },
};
