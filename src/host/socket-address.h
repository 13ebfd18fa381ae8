/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The addresses of Listen...=, systemd.socket(5): text to sockaddr, and what a peer's looks like as text. */

#include "unit/spec.h"

#include <linux/vm_sockets.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

typedef struct SocketAddress {
        union {
                struct sockaddr any;
                struct sockaddr_un un;
                struct sockaddr_in in;
                struct sockaddr_in6 in6;
                struct sockaddr_vm vm;
                struct sockaddr_storage storage;
        };
        socklen_t len;
} SocketAddress;

/* A bare port is IPv6's any address; where the kernel has no IPv6 the caller asks for IPv4's. 0 or -EINVAL. */
int socket_address_parse(const char *text, bool ipv6, SocketAddress *ret);
/* Do they name the same end? The scope of IPv6 counts where both have one. */
bool socket_address_equal(const SocketAddress *a, const SocketAddress *b);
/* The path of a socket in the file system, NULL for all others. */
const char *socket_address_path(const SocketAddress *a);
/* "127.0.0.1", "::1" (mapped IPv4 addresses as IPv4); empty for other families. */
void socket_address_host(const SocketAddress *a, char *text, size_t size, unsigned *ret_port);
