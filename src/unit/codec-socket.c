/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Listen...= (systemd.socket(5)): the syntax of an address is checked here, so
 * that a mistake is found with its line; opening it is another matter.
 */

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netlink.h>
#include <netinet/ip.h>
#include <sys/un.h>

#include "unit/codec-util.h"

static void listen_release(void *field) {
        SocketSpec *socket = CONTAINER_OF((ListenAddress **)field, SocketSpec, listen);

        for (size_t i = 0; i < socket->n_listen; i++)
                free(socket->listen[i].address);
        free(socket->listen);
        socket->listen = NULL;
        socket->n_listen = 0;
}

static bool port_is_valid(const char *s) {
        unsigned port;

        return parse_unsigned(s, &port) >= 0 && port > 0 && port <= UINT16_MAX;
}

#define PART_MAX_BYTES 64 /* of an address, a port with an interface, a CID */

/* The first n bytes as a string of their own; false when they are too many to be what is looked for. */
static bool copy_part(const char *s, size_t n, char ret[PART_MAX_BYTES]) {
        if (n >= PART_MAX_BYTES)
                return false;
        memcpy(ret, s, n);
        ret[n] = 0;
        return true;
}

/* "[ADDRESS]:PORT" with "%INTERFACE" behind the address or the port. */
static bool ipv6_is_valid(const char *s) {
        char address[PART_MAX_BYTES], port[PART_MAX_BYTES];
        const char *end = strchr(s, ']');
        struct in6_addr in6;

        if (!end || end[1] != ':')
                return false;
        return copy_part(s + 1, strcspn(s + 1, "%]"), address) && inet_pton(AF_INET6, address, &in6) == 1 &&
               copy_part(end + 2, strcspn(end + 2, "%"), port) && port_is_valid(port);
}

static bool ipv4_is_valid(const char *s) {
        const char *colon = strrchr(s, ':');
        char address[PART_MAX_BYTES];
        struct in_addr in;

        return colon && copy_part(s, (size_t)(colon - s), address) && inet_pton(AF_INET, address, &in) == 1 &&
               port_is_valid(colon + 1);
}

/* "vsock:CID:PORT", the CID may be missing. */
static bool vsock_is_valid(const char *rest) {
        const char *colon = strchr(rest, ':');
        char cid[PART_MAX_BYTES];
        unsigned v;

        return colon && copy_part(rest, (size_t)(colon - rest), cid) &&
               (cid[0] == 0 || parse_unsigned(cid, &v) >= 0) && parse_unsigned(colon + 1, &v) >= 0;
}

static bool is_path_only(ListenKind kind) {
        return kind == LISTEN_FIFO || kind == LISTEN_SPECIAL || kind == LISTEN_QUEUE;
}

static bool address_is_valid(ListenKind kind, const char *s) {
        const char *rest = str_after(s, "vsock:");

        if (is_path_only(kind))
                return path_is_absolute(s) && path_is_safe(s);
        if (s[0] == '/' || s[0] == '@')
                return s[1] && path_is_safe(s) && strlen(s) < sizeof(((struct sockaddr_un *)0)->sun_path);
        if (kind == LISTEN_SEQPACKET)
                return false; /* no such thing over IP, and of virtual machines systemd takes streams */
        if (rest)
                return vsock_is_valid(rest);
        return s[0] == '[' ? ipv6_is_valid(s) : port_is_valid(s) || ipv4_is_valid(s);
}

/* Takes the address, except when there is no memory. */
static int add_address(SocketSpec *socket, ListenKind kind, char *address) {
        ListenAddress *v = realloc(socket->listen, (socket->n_listen + 1) * sizeof(*v));

        if (!v)
                return -ENOMEM;
        socket->listen = v;
        v[socket->n_listen++] = (ListenAddress){ .kind = kind, .address = address };
        return 0;
}

bool listen_address_is_node(const ListenAddress *l) {
        return l->address[0] == '/' && l->kind != LISTEN_SPECIAL && l->kind != LISTEN_QUEUE;
}

static int listen_parse(const CodecContext *c, const char *value, void *field) {
        SocketSpec *socket = CONTAINER_OF((ListenAddress **)field, SocketSpec, listen);
        ListenKind kind = (ListenKind)c->row->detail;
        char *address auto_free = NULL;
        int r;

        if (value[0] == 0) { /* of whatever kind: all addresses are dropped */
                listen_release(field);
                return 0;
        }

        r = codec_expand(c, value, &address);
        if (r != 0)
                return r;
        if (!is_path_only(kind) && (address[0] == '/' || address[0] == '@') &&
            strlen(address) >= sizeof(((struct sockaddr_un *)NULL)->sun_path))
                return codec_refuse(c, "'%.40s...' is longer than the address of a socket may be: %zu bytes",
                                    address, sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1);
        if (!address_is_valid(kind, address))
                return is_path_only(kind)
                               ? codec_refuse_value(c, address, "an absolute path such as /run/app.fifo")
                               : -EINVAL;
        if (address[0] == '/') {
                path_simplify(address);
                if (is_path_only(kind) && !path_is_normalized(address))
                        return codec_refuse(c, "'%.120s' has '..' in it", address);
                r = path_leave_var_run(c, &address);
                if (r < 0)
                        return r;
        }
        r = add_address(socket, kind, address);
        if (r >= 0)
                address = NULL;
        return r;
}

static int listen_format(const Directive *row, const void *field, Buf *b) {
        const SocketSpec *socket = CONTAINER_OF((ListenAddress *const *)field, SocketSpec, listen);
        size_t start = b->len;

        for (size_t i = 0; i < socket->n_listen; i++)
                if (socket->listen[i].kind == (ListenKind)row->detail) {
                        format_line_break(b, start);
                        format_literal(socket->listen[i].address, b);
                }
        return format_end(b);
}

const Codec codec_listen = {
        CODEC_OF(listen),
        .expects = "a socket address: /PATH, @NAME, PORT, ADDRESS:PORT, [ADDRESS]:PORT or vsock:CID:PORT",
        .lines = true,
        .parse = listen_parse,
        .format = listen_format,
        .release = listen_release,
        .good = SAMPLES("", "/run//a.sock", "/var/run/b"),
        .bad = SAMPLES("a.sock", "-1", "70000", "127.0.0.1", "[::1]", "1.2.3:80", "@"),
};

static const char *const netlink_families[] = {
        [NETLINK_ROUTE] = "route",
        [NETLINK_FIREWALL] = "firewall",
        [NETLINK_SOCK_DIAG] = "inet-diag",
        [NETLINK_NFLOG] = "nflog",
        [NETLINK_XFRM] = "xfrm",
        [NETLINK_SELINUX] = "selinux",
        [NETLINK_ISCSI] = "iscsi",
        [NETLINK_AUDIT] = "audit",
        [NETLINK_FIB_LOOKUP] = "fib-lookup",
        [NETLINK_CONNECTOR] = "connector",
        [NETLINK_NETFILTER] = "netfilter",
        [NETLINK_IP6_FW] = "ip6-fw",
        [NETLINK_DNRTMSG] = "dnrtmsg",
        [NETLINK_KOBJECT_UEVENT] = "kobject-uevent",
        [NETLINK_GENERIC] = "generic",
        [NETLINK_SCSITRANSPORT] = "scsitransport",
        [NETLINK_ECRYPTFS] = "ecryptfs",
        [NETLINK_RDMA] = "rdma",
};

const char *netlink_family_to_string(int family) {
        return family >= 0 && (size_t)family < ELEMENTSOF(netlink_families) ? netlink_families[family] : NULL;
}

int netlink_family_from_string(const char *s) {
        unsigned number;

        for (size_t i = 0; i < ELEMENTSOF(netlink_families); i++)
                if (str_equal(netlink_families[i], s))
                        return (int)i;
        return parse_unsigned(s, &number) >= 0 && number <= INT32_MAX ? (int)number : -1;
}

/* "FAMILY [GROUPS]", of which "FAMILY GROUPS" is kept. */
static int netlink_parse(const CodecContext *c, const char *value, void *field) {
        SocketSpec *socket = CONTAINER_OF((ListenAddress **)field, SocketSpec, listen);
        char *text auto_free = NULL, *address;
        unsigned groups = 0;
        int r, family;
        size_t n;

        if (value[0] == 0) {
                listen_release(field);
                return 0;
        }
        r = codec_expand(c, value, &text);
        if (r != 0)
                return r;
        n = strcspn(text, " \t");
        if (text[n] && parse_unsigned(text + n + strspn(text + n, " \t"), &groups) < 0)
                return -EINVAL;
        text[n] = 0;
        family = netlink_family_from_string(text);
        if (family < 0)
                return -EINVAL;
        r = netlink_family_to_string(family)
                    ? str_printf(&address, "%s %u", netlink_family_to_string(family), groups)
                    : str_printf(&address, "%d %u", family, groups);
        if (r < 0)
                return r;
        r = add_address(socket, LISTEN_NETLINK, address);
        if (r < 0)
                free(address);
        return r;
}

const Codec codec_netlink = {
        CODEC_OF(netlink),
        .expects = "a netlink family such as kobject-uevent, perhaps with the number of a group",
        .lines = true,
        .parse = netlink_parse,
        .format = listen_format,
        .release = listen_release,
        .good = SAMPLES("", "route 1361", "kobject-uevent", "31"),
        .bad = SAMPLES("eth0", "route x"),
};

static int congestion_parse(const CodecContext *c, const char *value, void *field) {
        return strchr(value, '\n') ? -EINVAL : text_keep(value, field);
}

TEXT_CODEC(congestion, .good = SAMPLES("", "reno", "100%"), .bad = SAMPLES("a\nb"),
           .expects = "the name of a congestion control", .parse = congestion_parse);

static const struct {
        const char *name;
        int value;
} protocol_names[] = {
        { "udplite", IPPROTO_UDPLITE },
        { "sctp", IPPROTO_SCTP },
        { "mptcp", IPPROTO_MPTCP },
};

static int ip_protocol_parse(const CodecContext *c, const char *value, void *field) {
        for (size_t i = 0; i < ELEMENTSOF(protocol_names); i++)
                if (str_equal(protocol_names[i].name, value)) {
                        *(int *)field = protocol_names[i].value;
                        return 0;
                }
        return -EINVAL;
}

static int ip_protocol_format(const Directive *row, const void *field, Buf *b) {
        for (size_t i = 0; i < ELEMENTSOF(protocol_names); i++)
                if (protocol_names[i].value == *(const int *)field)
                        buf_add(b, protocol_names[i].name);
        return format_end(b);
}

const Codec codec_ip_protocol = {
        CODEC_OF(ip_protocol),
        .expects = "one of udplite, sctp, mptcp",
        .filled = true,
        .parse = ip_protocol_parse,
        .format = ip_protocol_format,
        .good = SAMPLES("udplite", "sctp", "mptcp"),
        .bad = SAMPLES("", "tcp", "6"),
};

static const struct {
        const char *name;
        int value;
} tos_names[] = {
        { "low-delay", IPTOS_LOWDELAY },
        { "throughput", IPTOS_THROUGHPUT },
        { "reliability", IPTOS_RELIABILITY },
        { "low-cost", IPTOS_LOWCOST },
};

static int ip_tos_parse(const CodecContext *c, const char *value, void *field) {
        unsigned v;

        if (value[0] == 0) { /* not given */
                *(int *)field = -1;
                return 0;
        }
        for (size_t i = 0; i < ELEMENTSOF(tos_names); i++)
                if (str_equal(tos_names[i].name, value)) {
                        *(int *)field = tos_names[i].value;
                        return 0;
                }
        if (parse_unsigned(value, &v) < 0 || v > UINT8_MAX)
                return -EINVAL;
        *(int *)field = (int)v;
        return 0;
}

static int ip_tos_format(const Directive *row, const void *field, Buf *b) {
        int v = *(const int *)field;

        for (size_t i = 0; i < ELEMENTSOF(tos_names); i++)
                if (tos_names[i].value == v) {
                        buf_add(b, tos_names[i].name);
                        return format_end(b);
                }
        if (v >= 0)
                buf_addf(b, "%d", v);
        return format_end(b);
}

const Codec codec_ip_tos = {
        CODEC_OF(ip_tos),
        .expects = "one of low-delay, throughput, reliability, low-cost, or a number up to 255",
        .empty_resets = true,
        .parse = ip_tos_parse,
        .format = ip_tos_format,
        .good = SAMPLES("", "low-delay", "255", "low-cost"),
        .bad = SAMPLES("256", "fast"),
};
