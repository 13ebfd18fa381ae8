/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bus/property-text.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <netinet/in.h>
#include <sys/mount.h>

/*
 * Arrays and records. An empty array takes back what was there; what is in it
 * adds up, as several assignments of a file do.
 */

/* Calls `read` for each element; it adds to *b or to the texts. *ret_n: how many there were. */
typedef int (*ElementReader)(Reading *r, Buf *b); /* > 0: there was one */

static int for_each(Reading *r, const char *element, ElementReader read, Buf *b, size_t *ret_n) {
        size_t n = 0;
        int q = sd_bus_message_enter_container(r->m, 'a', element);

        while (q >= 0 && (q = read(r, b)) > 0)
                n++;
        *ret_n = n;
        return q < 0 ? q : sd_bus_message_exit_container(r->m);
}

/* Each element is an assignment of its own. */
static int read_lines(Reading *r, const char *element, ElementReader read) {
        size_t n;
        int q = for_each(r, element, read, NULL, &n);

        return q >= 0 && n == 0 ? reading_add(r, "") : q;
}

/* All elements are words of one assignment. */
static int read_words(Reading *r, const char *element, ElementReader read) {
        Buf b auto_buf = { 0 };
        size_t n;
        int q = for_each(r, element, read, &b, &n);

        return q < 0 ? q : reading_add_buf(r, &b);
}

static int add_word(Buf *b, const char *word) {
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
                } else if (add_word(b, *s) < 0) {
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

static void add_base64(Buf *b, const uint8_t *data, size_t n) {
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
                add_base64(&b, data, n);
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
        return text ? add_word(b, text) : -ENOMEM;
}

static int read_log_fields(Reading *r) {
        return read_words(r, "ay", take_log_field);
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

static int take_environment_file(Reading *r, Buf *b) {
        Buf line auto_buf = { 0 };
        const char *path;
        int optional, q = sd_bus_message_read(r->m, "(sb)", &path, &optional);

        if (q <= 0)
                return q;
        buf_add(&line, optional ? "-" : "");
        format_literal(path, &line);
        q = reading_add_buf(r, &line);
        return q < 0 ? q : 1;
}

static int read_environment_files(Reading *r) {
        return read_lines(r, "(sb)", take_environment_file);
}

static int take_open_file(Reading *r, Buf *b) {
        Buf line auto_buf = { 0 };
        const char *path, *name;
        uint64_t flags;
        int q = sd_bus_message_read(r->m, "(sst)", &path, &name, &flags);

        if (q <= 0)
                return q;
        if (flags > UINT_MAX)
                return reading_refuse(r, "There are no such options.");
        open_file_format(path, name, (unsigned)flags, &line);
        q = reading_add_buf(r, &line);
        return q < 0 ? q : 1;
}

static int read_open_files(Reading *r) {
        return read_lines(r, "(sst)", take_open_file);
}

/* What stands between the two halves, and whether the whole is a word among others. */
static int take_pair(Reading *r, Buf *b) {
        const Codec *codec = reading_codec(r);
        char separator = codec && codec->id == CODEC_device_allow ? ' ' : ':';
        char *both auto_free = NULL;
        Buf line auto_buf = { 0 };
        const char *first, *second;
        int q = sd_bus_message_read(r->m, "(ss)", &first, &second);

        if (q <= 0)
                return q;
        if (separator == ':' && strchr(first, ':'))
                return reading_refuse(r, "A colon cannot be part of the name.");
        if (strpbrk(first, " \t") && separator == ' ')
                return reading_refuse(r, "A blank cannot be part of the name.");
        if (str_printf(&both, second[0] ? "%s%c%s" : "%s", first, separator, second) < 0)
                return -ENOMEM;
        if (codec && (codec->id == CODEC_paths || codec->id == CODEC_image_options))
                q = format_word(both, &line);
        else
                format_literal(both, &line);
        if (q >= 0)
                q = reading_add_buf(r, &line);
        return q < 0 ? q : 1;
}

static int read_pairs(Reading *r) {
        return read_lines(r, "(ss)", take_pair);
}

static int take_device_value(Reading *r, Buf *b) {
        Buf line auto_buf = { 0 };
        const char *device;
        uint64_t v;
        int q = sd_bus_message_read(r->m, "(st)", &device, &v);

        if (q <= 0)
                return q;
        q = format_word(device, &line);
        if (v == UINT64_MAX)
                buf_add(&line, " infinity");
        else
                buf_addf(&line, " %" PRIu64 "%s", v, r->row->detail == DEVICE_LATENCY ? "us" : "");
        if (q >= 0)
                q = reading_add_buf(r, &line);
        return q < 0 ? q : 1;
}

static int read_device_values(Reading *r) {
        return read_lines(r, "(st)", take_device_value);
}

static int take_bind(Reading *r, Buf *b) {
        char *text auto_free = NULL;
        const char *from, *to;
        uint64_t flags;
        int optional, q = sd_bus_message_read(r->m, "(ssbt)", &from, &to, &optional, &flags);

        if (q <= 0)
                return q;
        if (strchr(from, ':') || strchr(to, ':'))
                return reading_refuse(r, "A colon cannot be part of the path.");
        if (flags != 0 && flags != MS_REC)
                return reading_refuse(r, "The flags have no meaning here.");
        if (str_printf(&text, "%s%s:%s:%s", optional ? "-" : "", from, to, flags ? "rbind" : "norbind") < 0)
                return -ENOMEM;
        return add_word(b, text);
}

static int read_binds(Reading *r) {
        return read_words(r, "(ssbt)", take_bind);
}

static int take_prefix(Reading *r, Buf *b) {
        char text[INET6_ADDRSTRLEN];
        int32_t family;
        uint32_t length;
        const void *address;
        size_t n;
        int q = sd_bus_message_enter_container(r->m, 'r', "iayu");

        if (q <= 0)
                return q;
        if ((q = sd_bus_message_read_basic(r->m, 'i', &family)) < 0 ||
            (q = sd_bus_message_read_array(r->m, 'y', &address, &n)) < 0 ||
            (q = sd_bus_message_read_basic(r->m, 'u', &length)) < 0)
                return q;
        if (!((family == AF_INET && n == 4) || (family == AF_INET6 && n == 16)) ||
            !inet_ntop(family, address, text, sizeof(text)))
                return reading_refuse(r, "That is no address.");
        buf_addf(b, "%s%s/%" PRIu32, b->len > 0 ? " " : "", text, length);
        q = sd_bus_message_exit_container(r->m);
        return q < 0 ? q : 1;
}

static int read_prefixes(Reading *r) {
        return read_words(r, "(iayu)", take_prefix);
}

static int take_ports(Reading *r, Buf *b) {
        Buf line auto_buf = { 0 };
        int32_t family, protocol;
        uint16_t n, first;
        int q = sd_bus_message_read(r->m, "(iiqq)", &family, &protocol, &n, &first);

        if (q <= 0)
                return q;
        if ((family != 0 && family != AF_INET && family != AF_INET6) ||
            (protocol != 0 && protocol != IPPROTO_TCP && protocol != IPPROTO_UDP) || first + n > 65536)
                return reading_refuse(r, "There are no such ports.");
        if (family)
                buf_add(&line, family == AF_INET ? "ipv4" : "ipv6");
        if (protocol)
                buf_addf(&line, "%s%s", line.len > 0 ? ":" : "", protocol == IPPROTO_TCP ? "tcp" : "udp");
        if (n > 0)
                buf_addf(&line, "%s%u", line.len > 0 ? ":" : "", first);
        if (n > 1)
                buf_addf(&line, "-%u", first + n - 1U);
        if (line.len == 0)
                buf_add(&line, "any");
        q = reading_add_buf(r, &line);
        return q < 0 ? q : 1;
}

static int read_ports(Reading *r) {
        return read_lines(r, "(iiqq)", take_ports);
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

/* Any byte can be part of the secret. */
static int take_secret(Reading *r, Buf *b) {
        bool encoded = reading_codec(r) && reading_codec(r)->id == CODEC_encrypted_credential;
        Buf line auto_buf = { 0 };
        const char *name;
        const void *data;
        size_t n;
        int q = sd_bus_message_enter_container(r->m, 'r', "say");

        if (q <= 0)
                return q;
        if ((q = sd_bus_message_read_basic(r->m, 's', &name)) < 0 ||
            (q = sd_bus_message_read_array(r->m, 'y', &data, &n)) < 0)
                return q;
        if (strchr(name, ':'))
                return reading_refuse(r, "A colon cannot be part of the name.");
        format_literal(name, &line);
        buf_add_char(&line, ':');
        if (encoded)
                add_base64(&line, data, n);
        for (size_t i = 0; !encoded && i < n; i++)
                buf_addf(&line, "\\x%02x", ((const uint8_t *)data)[i]);
        if ((q = reading_add_buf(r, &line)) < 0 || (q = sd_bus_message_exit_container(r->m)) < 0)
                return q;
        return 1;
}

static int read_secrets(Reading *r) {
        return read_lines(r, "(say)", take_secret);
}

/* ":PARTITION:OPTIONS" for each. */
static int add_image_options(Reading *r, Buf *word) {
        const char *partition, *options;
        int q = sd_bus_message_enter_container(r->m, 'a', "(ss)");

        while (q >= 0 && (q = sd_bus_message_read(r->m, "(ss)", &partition, &options)) > 0)
                buf_addf(word, ":%s:%s", partition, options);
        return q < 0 ? q : sd_bus_message_exit_container(r->m);
}

static int take_image(Reading *r, const char *contents, Buf *b) {
        const char *image, *to = NULL;
        Buf word auto_buf = { 0 };
        int optional, q = sd_bus_message_enter_container(r->m, 'r', contents);

        if (q <= 0)
                return q;
        q = sd_bus_message_read_basic(r->m, 's', &image);
        if (q >= 0 && contents[1] == 's')
                q = sd_bus_message_read_basic(r->m, 's', &to);
        if (q < 0 || (q = sd_bus_message_read_basic(r->m, 'b', &optional)) < 0)
                return q;
        buf_addf(&word, "%s%s%s%s", optional ? "-" : "", image, to ? ":" : "", to ? to : "");
        if ((q = add_image_options(r, &word)) < 0 || (q = sd_bus_message_exit_container(r->m)) < 0)
                return q;
        return word.error < 0 ? word.error : add_word(b, word.data);
}

static int take_mount_image(Reading *r, Buf *b) {
        return take_image(r, "ssba(ss)", b);
}

static int take_extension_image(Reading *r, Buf *b) {
        return take_image(r, "sba(ss)", b);
}

static int read_mount_images(Reading *r) {
        return read_words(r, "(ssba(ss))", take_mount_image);
}

static int read_extension_images(Reading *r) {
        return read_words(r, "(sba(ss))", take_extension_image);
}

static const struct {
        const char *word;
        unsigned flag;
} command_flags[] = {
        { "ignore-failure", COMMAND_IGNORE_FAILURE }, { "privileged", COMMAND_FULLY_PRIVILEGED },
        { "no-setuid", COMMAND_NO_SETUID },           { "ambient", COMMAND_AMBIENT_MAGIC },
        { "no-env-expand", COMMAND_NO_ENV_EXPAND },
};

/* b, or with `extended` as. */
static int read_command_flags(Reading *r, bool extended, unsigned *ret) {
        char **words auto_strv = NULL;
        int ignore, q;

        if (!extended) {
                q = sd_bus_message_read_basic(r->m, 'b', &ignore);
                *ret = q >= 0 && ignore ? COMMAND_IGNORE_FAILURE : 0;
                return q;
        }
        q = read_string_array(r, &words);
        *ret = 0;
        STRV_FOREACH (w, words) {
                unsigned flag = 0;

                for (size_t i = 0; i < ELEMENTSOF(command_flags); i++)
                        if (str_equal(command_flags[i].word, *w))
                                flag = command_flags[i].flag;
                if (!flag)
                        return reading_refuse(r, "There is no such flag of a command.");
                *ret |= flag;
        }
        return q;
}

static int add_command(Reading *r, const char *path, char **argv, unsigned flags) {
        Command command = { .path = (char *)path, .argv = argv, .flags = flags };
        const CommandList one = { &command, 1 };
        Buf b auto_buf = { 0 };
        int q;

        if (path[0] != '/')
                return sd_bus_error_setf(r->error, SD_BUS_ERROR_INVALID_ARGS, "Path %s is not absolute.",
                                         path);
        if (!argv || !argv[0] || !argv[0][0])
                return reading_refuse(r, "A command has at least the name of its process.");
        q = r->row->codec->format(r->row, &one, &b);
        return q < 0 ? q : reading_add_buf(r, &b);
}

static int take_command(Reading *r, bool extended) {
        char **argv auto_strv = NULL;
        const char *path;
        unsigned flags = 0;
        int q = sd_bus_message_enter_container(r->m, 'r', extended ? "sasas" : "sasb");

        if (q <= 0)
                return q;
        if ((q = sd_bus_message_read_basic(r->m, 's', &path)) < 0 || (q = read_string_array(r, &argv)) < 0 ||
            (q = read_command_flags(r, extended, &flags)) < 0 ||
            (q = add_command(r, path, argv, flags)) < 0 || (q = sd_bus_message_exit_container(r->m)) < 0)
                return q;
        return 1;
}

static int take_simple_command(Reading *r, Buf *b) {
        return take_command(r, false);
}

static int take_extended_command(Reading *r, Buf *b) {
        return take_command(r, true);
}

int read_commands(Reading *r, bool extended) {
        if (extended)
                return read_lines(r, "(sasas)", take_extended_command);
        return read_lines(r, "(sasb)", take_simple_command);
}

static int read_simple_commands(Reading *r) {
        return read_commands(r, false);
}

const WireReader list_readers[] = {
        { "as", read_strings },
        { "ay", read_bytes },
        { "aay", read_log_fields },
        { "(bs)", read_label },
        { "(bas)", read_filter },
        { "(aiai)", read_exit_statuses },
        { "a(sb)", read_environment_files },
        { "a(ss)", read_pairs },
        { "a(sst)", read_open_files },
        { "a(st)", read_device_values },
        { "a(ssbt)", read_binds },
        { "a(iayu)", read_prefixes },
        { "a(iiqq)", read_ports },
        { "a(say)", read_secrets },
        { "a(ssba(ss))", read_mount_images },
        { "a(sba(ss))", read_extension_images },
        { "a(sasb)", read_simple_commands },
        { 0 },
};
