/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Arrays of records: each is a word or a line of a setting. */

#include "bus/codec/property-text.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <netinet/in.h>
#include <sys/mount.h>

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
        return reading_lines(r, "(sb)", take_environment_file);
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
        return reading_lines(r, "(sst)", take_open_file);
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
        return reading_lines(r, "(ss)", take_pair);
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
        return reading_lines(r, "(st)", take_device_value);
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
        return reading_add_word(b, text);
}

static int read_binds(Reading *r) {
        return reading_words(r, "(ssbt)", take_bind);
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
        return reading_words(r, "(iayu)", take_prefix);
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
        return reading_lines(r, "(iiqq)", take_ports);
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
                buf_add_base64(&line, data, n);
        for (size_t i = 0; !encoded && i < n; i++)
                buf_addf(&line, "\\x%02x", ((const uint8_t *)data)[i]);
        if ((q = reading_add_buf(r, &line)) < 0 || (q = sd_bus_message_exit_container(r->m)) < 0)
                return q;
        return 1;
}

static int read_secrets(Reading *r) {
        return reading_lines(r, "(say)", take_secret);
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
        return word.error < 0 ? word.error : reading_add_word(b, word.data);
}

static int take_mount_image(Reading *r, Buf *b) {
        return take_image(r, "ssba(ss)", b);
}

static int take_extension_image(Reading *r, Buf *b) {
        return take_image(r, "sba(ss)", b);
}

static int read_mount_images(Reading *r) {
        return reading_words(r, "(ssba(ss))", take_mount_image);
}

static int read_extension_images(Reading *r) {
        return reading_words(r, "(sba(ss))", take_extension_image);
}

const WireReader record_readers[] = {
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
        { 0 },
};
