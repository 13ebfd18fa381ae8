/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Values of control group settings that name addresses, ports, interfaces:
 * read, and kept as text.
 */

#include <arpa/inet.h>
#include <errno.h>

#include "unit/codec-number.h"
#include "unit/codec-util.h"

int text_keep(const char *value, void *field) {
        return str_replace(field, value);
}

int text_format(const Directive *row, const void *field, Buf *b) {
        const char *const *text = field;

        buf_add(b, *text ? *text : "");
        return format_end(b);
}

/* The word that the row has in its list. */
static int choice_parse(const CodecContext *c, const char *value, void *field) {
        size_t n = strlen(value);

        for (const char *p = c->row->choices; n > 0 && (p = strstr(p, value)); p += n)
                if ((p == c->row->choices || p[-1] == ' ') && (p[n] == 0 || p[n] == ' '))
                        return text_keep(value, field);
        return codec_refuse(c, "'%.120s' is none of: %s", value, c->row->choices);
}

const Codec codec_choice = { CODEC_OF(choice),      .expects = "one of the words that the setting takes",
                             .empty_resets = true,  .parse = choice_parse,
                             .format = text_format, .release = release_string,
                             .good = SAMPLES(""),   .bad = SAMPLES("nonsense") };

static bool number_is_within(const char *s, uint64_t minimum, uint64_t maximum) {
        uint64_t v;

        return parse_u64(s, &v) >= 0 && v >= minimum && v <= maximum;
}

static bool prefix_is_valid(const char *s) {
        char address[INET6_ADDRSTRLEN];
        const char *slash = strchr(s, '/');
        size_t n = slash ? (size_t)(slash - s) : strlen(s);
        unsigned char bytes[16];

        if (n >= sizeof(address))
                return false;
        memcpy(address, s, n);
        address[n] = 0;
        if (inet_pton(AF_INET, address, bytes) == 1)
                return !slash || number_is_within(slash + 1, 0, 32);
        return inet_pton(AF_INET6, address, bytes) == 1 && (!slash || number_is_within(slash + 1, 0, 128));
}

static int take_prefix(const CodecContext *c, const char *word, void *field) {
        static const char *const names[] = { "any", "localhost", "link-local", "multicast" };

        for (size_t i = 0; i < ELEMENTSOF(names); i++)
                if (str_equal(word, names[i]))
                        return text_keep(word, field);
        return prefix_is_valid(word) ? text_keep(word, field) : -EINVAL;
}

static int ip_prefixes_parse(const CodecContext *c, const char *value, void *field) {
        return codec_for_each_word(c, value, 0, take_prefix, field);
}

TEXT_CODEC(ip_prefixes, .good = SAMPLES("10.0.0.0/8 any", "::1"), .bad = SAMPLES("10.0.0.0/33", "host"),
           .expects = "an address such as 10.0.0.0/8, or any, localhost, link-local, multicast",
           .parse = ip_prefixes_parse);

/* "80", "1024-2048" */
static bool ports_are_valid(const char *s) {
        char first[8];
        size_t n = strcspn(s, "-");

        if (n >= sizeof(first))
                return false;
        memcpy(first, s, n);
        first[n] = 0;
        if (!number_is_within(first, 1, 65535))
                return false;
        return s[n] == 0 || number_is_within(s + n + 1, strtoul(first, NULL, 10), 65535);
}

/* "[ipv4|ipv6:][tcp|udp:][PORTS]" or "any" */
static int socket_bind_parse(const CodecContext *c, const char *value, void *field) {
        const char *p = value, *rest;

        if (str_equal(value, "any"))
                return text_keep(value, field);
        rest = str_after(p, "ipv4");
        rest = rest ? rest : str_after(p, "ipv6");
        if (rest && (*rest == 0 || *rest == ':'))
                p = *rest ? rest + 1 : NULL;
        rest = p ? str_after(p, "tcp") : NULL;
        rest = rest || !p ? rest : str_after(p, "udp");
        if (rest && (*rest == 0 || *rest == ':'))
                p = *rest ? rest + 1 : NULL;
        return !p || str_equal(p, "any") || ports_are_valid(p) ? text_keep(value, field) : -EINVAL;
}

TEXT_CODEC(socket_bind, .good = SAMPLES("any", "tcp", "ipv4:udp:1-5", "80"),
           .bad = SAMPLES("0", "5-1", "tcp:x"),
           .expects = "ports such as tcp:8080 or ipv6:udp:1000-2000, or any", .parse = socket_bind_parse);

static int take_interface(const CodecContext *c, const char *word, void *field) {
        size_t n = strlen(word);
        char *end = NULL;

        (void)strtoul(word, &end, 0); /* a number is an index, not a name */
        if (n == 0 || n >= 16 || (*end == 0 && word[0] != '-') || str_equal(word, ".") ||
            str_equal(word, "..") || str_equal(word, "all") || str_equal(word, "default"))
                return -EINVAL;
        for (const char *p = word; *p; p++)
                if ((unsigned char)*p <= ' ' || (unsigned char)*p >= 0x7f || strchr(":/%", *p))
                        return -EINVAL;
        return text_keep(word, field);
}

static int interfaces_parse(const CodecContext *c, const char *value, void *field) {
        return codec_for_each_word(c, value + (value[0] == '~'), WORDS_QUOTES, take_interface, field);
}

TEXT_CODEC(interfaces, .good = SAMPLES("eth0 lo", "~eth0"), .bad = SAMPLES("a/b", "12"),
           .expects = "the name of a network interface such as eth0", .parse = interfaces_parse);

static int interface_parse(const CodecContext *c, const char *value, void *field) {
        return take_interface(c, value, field);
}

TEXT_CODEC(interface, .good = SAMPLES("eth0"), .bad = SAMPLES("a/b", "12", "0123456789abcdef"),
           .expects = "the name of a network interface such as eth0", .parse = interface_parse);

/* What sd_listen_fds_with_names(3) hands over, separated by colons. */
static int fd_name_parse(const CodecContext *c, const char *value, void *field) {
        char *name auto_free = NULL;
        int r = codec_expand(c, value, &name);

        if (r != 0)
                return r;
        if (!fd_name_is_valid(name))
                return -EINVAL;
        return text_keep(name, field);
}

static int fd_name_format(const Directive *row, const void *field, Buf *b) {
        const char *const *name = field;

        format_literal(*name ? *name : "", b);
        return format_end(b);
}

const Codec codec_fd_name = { CODEC_OF(fd_name),
                              .expects = "a name in ASCII without colons",
                              .empty_resets = true,
                              .parse = fd_name_parse,
                              .format = fd_name_format,
                              .release = release_string,
                              .good = SAMPLES("", "web", "a b", "50%%"),
                              .bad = SAMPLES("a:b", "\xc3\xa9") };

static int percentage_parse(const CodecContext *c, const char *value, void *field) {
        uint64_t v;

        return permyriad_parse(value, &v) < 0 || v > 10000 ? -EINVAL : text_keep(value, field);
}

static int percent_parse(const CodecContext *c, const char *value, void *field) {
        uint64_t v;

        if (permyriad_parse(value, &v) < 0 || v > 10000 || v % 100 != 0)
                return -EINVAL;
        *(unsigned *)field = (unsigned)(v / 100);
        return 0;
}

static int percent_format(const Directive *row, const void *field, Buf *b) {
        buf_addf(b, "%u%%", *(const unsigned *)field);
        return format_end(b);
}

const Codec codec_percent = {
        CODEC_OF(percent),
        .expects = "a whole percentage from 0% to 100%",
        .parse = percent_parse,
        .format = percent_format,
        .good = SAMPLES("0%", "20%", "100%"),
        .bad = SAMPLES("", "101%", "20", "1.5%"),
};

TEXT_CODEC(percentage, .good = SAMPLES("0%", "12.5%"), .bad = SAMPLES("101%", "5"),
           .expects = "a percentage from 0% to 100%", .parse = percentage_parse);

/* "TYPE:PATH" */
static int bpf_program_parse(const CodecContext *c, const char *value, void *field) {
        static const char *const types[] = { "egress",     "ingress",    "sock_create", "sock_ops",
                                             "device",     "bind4",      "bind6",       "connect4",
                                             "connect6",   "post_bind4", "post_bind6",  "sendmsg4",
                                             "sendmsg6",   "sysctl",     "recvmsg4",    "recvmsg6",
                                             "getsockopt", "setsockopt" };
        size_t n = strcspn(value, ":");
        char *path auto_free = NULL;

        for (size_t i = 0; i < ELEMENTSOF(types) && value[n]; i++)
                if (strlen(types[i]) == n && strncmp(types[i], value, n) == 0) {
                        int r = codec_expand_path(c, value + n + 1, &path);

                        return r != 0 ? r : text_keep(value, field);
                }
        return -EINVAL;
}

TEXT_CODEC(bpf_program, .good = SAMPLES("egress:/sys/fs/bpf/x"),
           .bad = SAMPLES("egress", "foo:/x", "egress:x"),
           .expects = "TYPE:PATH such as egress:/sys/fs/bpf/program", .parse = bpf_program_parse);
