/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host/socket-address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>

static int parse_port(const char *s, in_port_t *ret) {
        unsigned port;

        if (parse_unsigned(s, &port) < 0 || port == 0 || port > UINT16_MAX)
                return -EINVAL;
        *ret = htons((uint16_t)port);
        return 0;
}

static int parse_unix(const char *text, SocketAddress *ret) {
        size_t n = strlen(text);

        if (n < 2 || n >= sizeof(ret->un.sun_path))
                return -EINVAL;
        ret->un.sun_family = AF_UNIX;
        memcpy(ret->un.sun_path, text, n + 1);
        ret->len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n + 1);
        if (text[0] == '@') {
                ret->un.sun_path[0] = 0;
                ret->len--; /* the name of an abstract socket is counted, not terminated */
        }
        return 0;
}

static int parse_scope(const char *name, uint32_t *ret) {
        unsigned index;

        if (parse_unsigned(name, &index) < 0)
                index = if_nametoindex(name);
        if (index == 0)
                return -ENODEV;
        *ret = index;
        return 0;
}

/* "[ADDRESS]:PORT"; "%INTERFACE" behind either. */
static int parse_ipv6(const char *text, SocketAddress *ret) {
        char copy[128], *end, *port, *scope;
        int r;

        if (strlen(text) >= sizeof(copy))
                return -EINVAL;
        strcpy(copy, text + 1);
        end = strchr(copy, ']');
        if (!end || end[1] != ':')
                return -EINVAL;
        *end = 0;
        port = end + 2;
        scope = strchr(port, '%') ?: strchr(copy, '%');
        if (scope)
                *scope++ = 0;
        ret->in6.sin6_family = AF_INET6;
        ret->len = sizeof(ret->in6);
        if (inet_pton(AF_INET6, copy, &ret->in6.sin6_addr) != 1)
                return -EINVAL;
        r = parse_port(port, &ret->in6.sin6_port);
        return r < 0 || !scope ? r : parse_scope(scope, &ret->in6.sin6_scope_id);
}

static int parse_ipv4(const char *text, SocketAddress *ret) {
        char copy[64], *colon;

        if (strlen(text) >= sizeof(copy))
                return -EINVAL;
        strcpy(copy, text);
        colon = strrchr(copy, ':');
        if (!colon)
                return -EINVAL;
        *colon = 0;
        ret->in.sin_family = AF_INET;
        ret->len = sizeof(ret->in);
        if (inet_pton(AF_INET, copy, &ret->in.sin_addr) != 1)
                return -EINVAL;
        return parse_port(colon + 1, &ret->in.sin_port);
}

/* "CID:PORT", the CID may be missing. */
static int parse_vsock(const char *text, SocketAddress *ret) {
        const char *colon = strchr(text, ':');
        unsigned cid = VMADDR_CID_ANY, port;
        char copy[16];

        if (!colon || (size_t)(colon - text) >= sizeof(copy) || parse_unsigned(colon + 1, &port) < 0)
                return -EINVAL;
        (void)snprintf(copy, sizeof(copy), "%.*s", (int)(colon - text), text);
        if (copy[0] && parse_unsigned(copy, &cid) < 0)
                return -EINVAL;
        ret->vm = (struct sockaddr_vm){ .svm_family = AF_VSOCK, .svm_cid = cid, .svm_port = port };
        ret->len = sizeof(ret->vm);
        return 0;
}

static int parse_any(const char *text, bool ipv6, SocketAddress *ret) {
        if (!ipv6) {
                ret->in.sin_family = AF_INET;
                ret->in.sin_addr.s_addr = htonl(INADDR_ANY);
                ret->len = sizeof(ret->in);
                return parse_port(text, &ret->in.sin_port);
        }
        ret->in6.sin6_family = AF_INET6;
        ret->in6.sin6_addr = in6addr_any;
        ret->len = sizeof(ret->in6);
        return parse_port(text, &ret->in6.sin6_port);
}

int socket_address_parse(const char *text, bool ipv6, SocketAddress *ret) {
        SocketAddress a = { 0 };
        int r;

        if (text[0] == '/' || text[0] == '@')
                r = parse_unix(text, &a);
        else if (str_starts_with(text, "vsock:"))
                r = parse_vsock(text + strlen("vsock:"), &a);
        else if (text[0] == '[')
                r = parse_ipv6(text, &a);
        else if (strchr(text, ':'))
                r = parse_ipv4(text, &a);
        else
                r = parse_any(text, ipv6, &a);
        if (r < 0)
                return r;
        *ret = a;
        return 0;
}

static bool is_same_ipv6(const struct sockaddr_in6 *a, const struct sockaddr_in6 *b) {
        return a->sin6_port == b->sin6_port && IN6_ARE_ADDR_EQUAL(&a->sin6_addr, &b->sin6_addr) &&
               (a->sin6_scope_id == 0 || b->sin6_scope_id == 0 || a->sin6_scope_id == b->sin6_scope_id);
}

bool socket_address_equal(const SocketAddress *a, const SocketAddress *b) {
        if (a->any.sa_family != b->any.sa_family)
                return false;
        switch (a->any.sa_family) {
        case AF_INET:
                return a->in.sin_port == b->in.sin_port && a->in.sin_addr.s_addr == b->in.sin_addr.s_addr;
        case AF_INET6:
                return is_same_ipv6(&a->in6, &b->in6);
        case AF_VSOCK:
                return a->vm.svm_cid == b->vm.svm_cid && a->vm.svm_port == b->vm.svm_port;
        case AF_UNIX:
                if (a->un.sun_path[0] && b->un.sun_path[0]) /* whose length may or may not count the end */
                        return str_equal(a->un.sun_path, b->un.sun_path);
                return a->len == b->len && memcmp(&a->un, &b->un, a->len) == 0;
        default:
                return false;
        }
}

const char *socket_address_path(const SocketAddress *a) {
        return a->any.sa_family == AF_UNIX && a->un.sun_path[0] == '/' ? a->un.sun_path : NULL;
}

void socket_address_host(const SocketAddress *a, char *text, size_t size, unsigned *ret_port) {
        text[0] = 0;
        *ret_port = 0;
        if (a->any.sa_family == AF_INET) {
                (void)inet_ntop(AF_INET, &a->in.sin_addr, text, (socklen_t)size);
                *ret_port = ntohs(a->in.sin_port);
        } else if (a->any.sa_family == AF_INET6) {
                if (IN6_IS_ADDR_V4MAPPED(&a->in6.sin6_addr))
                        (void)inet_ntop(AF_INET, a->in6.sin6_addr.s6_addr + 12, text, (socklen_t)size);
                else
                        (void)inet_ntop(AF_INET6, &a->in6.sin6_addr, text, (socklen_t)size);
                *ret_port = ntohs(a->in6.sin6_port);
        }
}
