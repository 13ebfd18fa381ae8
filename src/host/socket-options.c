/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The options of sockets. What is refused for want of a privilege, or unknown
 * to the kernel, is no reason not to listen.
 */

#include "host/socket-open.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <sys/xattr.h>
#include <unistd.h>

#ifndef SO_PASSPIDFD
#define SO_PASSPIDFD 76 /* Linux 6.5 */
#endif
#ifndef SO_PASSRIGHTS
#define SO_PASSRIGHTS 83 /* Linux 6.16 */
#endif

void opener_note(const Opener *o, const char *key) {
        report_add(o->report, SEVERITY_NOTE, o->file, 0, key, "%s=: %s: %s", key, o->line,
                   strerrordesc_np(errno) ?: "unknown error");
}

static void try_option(const Opener *o, int fd, int level, int name, int value, const char *key) {
        if (setsockopt(fd, level, name, &value, sizeof(value)) < 0)
                opener_note(o, key);
}

/* `refused`: how bad it is. */
static int set_text(const Opener *o, int fd, int level, int name, const char *value, const char *key,
                    Severity refused) {
        int r;

        if (!value || setsockopt(fd, level, name, value, (socklen_t)strlen(value) + 1) >= 0)
                return 0;
        r = -errno;
        report_add(o->report, refused, o->file, 0, key, "%s=: %s: %s", key, value,
                   strerrordesc_np(-r) ?: "unknown error");
        return r;
}

void opener_set_label(const Opener *o, int fd, const char *attribute, const char *label, const char *key) {
        if (!label)
                return;
        /* Some file systems keep the attribute though nobody will look at it. */
        if (access("/sys/fs/smackfs", F_OK) < 0)
                errno = EOPNOTSUPP;
        else if (fsetxattr(fd, attribute, label, strlen(label), 0) >= 0)
                return;
        opener_note(o, key);
}

static int in_seconds(usec_t t) {
        return (int)MIN(t / USEC_PER_SEC, (usec_t)INT32_MAX);
}

static void set_tcp_options(const Opener *o, int fd) {
        const SocketSpec *s = o->spec;

        if (s->keep_alive)
                try_option(o, fd, SOL_SOCKET, SO_KEEPALIVE, 1, "KeepAlive");
        if (s->keep_alive_time > 0 && s->keep_alive_time != USEC_INFINITY)
                try_option(o, fd, IPPROTO_TCP, TCP_KEEPIDLE, in_seconds(s->keep_alive_time),
                           "KeepAliveTimeSec");
        if (s->keep_alive_interval > 0 && s->keep_alive_interval != USEC_INFINITY)
                try_option(o, fd, IPPROTO_TCP, TCP_KEEPINTVL, in_seconds(s->keep_alive_interval),
                           "KeepAliveIntervalSec");
        if (s->keep_alive_probes > 0)
                try_option(o, fd, IPPROTO_TCP, TCP_KEEPCNT, (int)s->keep_alive_probes, "KeepAliveProbes");
        if (s->defer_accept > 0 && s->defer_accept != USEC_INFINITY)
                try_option(o, fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, in_seconds(s->defer_accept),
                           "DeferAcceptSec");
        if (s->no_delay)
                try_option(o, fd, IPPROTO_TCP, TCP_NODELAY, 1, "NoDelay");
        (void)set_text(o, fd, IPPROTO_TCP, TCP_CONGESTION, s->tcp_congestion, "TCPCongestion", SEVERITY_NOTE);
}

static void set_ip_options(const Opener *o, int fd, int family) {
        const SocketSpec *s = o->spec;
        bool v6 = family == AF_INET6;

        if (s->ip_tos >= 0)
                try_option(o, fd, IPPROTO_IP, IP_TOS, s->ip_tos, "IPTOS");
        if (s->ip_ttl >= 0) {
                try_option(o, fd, IPPROTO_IP, IP_TTL, s->ip_ttl, "IPTTL");
                if (v6)
                        try_option(o, fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, s->ip_ttl, "IPTTL");
        }
        if (s->free_bind)
                try_option(o, fd, v6 ? IPPROTO_IPV6 : IPPROTO_IP, v6 ? IPV6_FREEBIND : IP_FREEBIND, 1,
                           "FreeBind");
        if (s->transparent)
                try_option(o, fd, v6 ? IPPROTO_IPV6 : IPPROTO_IP, v6 ? IPV6_TRANSPARENT : IP_TRANSPARENT, 1,
                           "Transparent");
        if (s->reuse_port || s->distribution == DISTRIBUTION_REUSEPORT)
                try_option(o, fd, SOL_SOCKET, SO_REUSEPORT, 1, "ReusePort");
        if (s->pass_packet_info) {
                try_option(o, fd, IPPROTO_IP, IP_PKTINFO, 1, "PassPacketInfo");
                if (v6)
                        try_option(o, fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1, "PassPacketInfo");
        }
}

int socket_narrow(const Opener *o, int fd, int family) {
        const SocketSpec *s = o->spec;
        int only = s->bind_ipv6_only == BIND_IPV6_ONLY;

        if (family == AF_INET6 && s->bind_ipv6_only != BIND_IPV6_DEFAULT &&
            setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof(only)) < 0)
                return -errno;
        return set_text(o, fd, SOL_SOCKET, SO_BINDTODEVICE, s->bind_to_device, "BindToDevice",
                        SEVERITY_ERROR);
}

static void set_buffer(const Opener *o, int fd, int forced, int plain, uint64_t size, const char *key) {
        int value = (int)MIN(size, (uint64_t)INT32_MAX);

        if (size == LIMIT_UNSET || size == 0)
                return;
        if (setsockopt(fd, SOL_SOCKET, forced, &value, sizeof(value)) < 0)
                try_option(o, fd, SOL_SOCKET, plain, value, key);
}

/* What comes beside the data; only these two families know who has sent it. */
static void set_ancillary_options(const Opener *o, int fd, int family) {
        const SocketSpec *s = o->spec;
        bool local = family == AF_UNIX;

        if (s->pass_credentials && (local || family == AF_NETLINK))
                try_option(o, fd, SOL_SOCKET, SO_PASSCRED, 1, "PassCredentials");
        if (s->pass_pidfd && (local || family == AF_NETLINK))
                try_option(o, fd, SOL_SOCKET, SO_PASSPIDFD, 1, "PassPIDFD");
        if (s->pass_security && (local || family == AF_NETLINK))
                try_option(o, fd, SOL_SOCKET, SO_PASSSEC, 1, "PassSecurity");
        if (!s->accept_fds && local)
                try_option(o, fd, SOL_SOCKET, SO_PASSRIGHTS, 0, "AcceptFileDescriptors");
        if (s->timestamping != TIMESTAMPING_OFF)
                try_option(o, fd, SOL_SOCKET,
                           s->timestamping == TIMESTAMPING_NS ? SO_TIMESTAMPNS : SO_TIMESTAMP, 1,
                           "Timestamping");
}

static void set_common_options(const Opener *o, int fd, int family) {
        const SocketSpec *s = o->spec;

        if (s->broadcast)
                try_option(o, fd, SOL_SOCKET, SO_BROADCAST, 1, "Broadcast");
        if (s->priority >= 0)
                try_option(o, fd, SOL_SOCKET, SO_PRIORITY, s->priority, "Priority");
        if (s->mark >= 0)
                try_option(o, fd, SOL_SOCKET, SO_MARK, s->mark, "Mark");
        set_buffer(o, fd, SO_RCVBUFFORCE, SO_RCVBUF, s->receive_buffer, "ReceiveBuffer");
        set_buffer(o, fd, SO_SNDBUFFORCE, SO_SNDBUF, s->send_buffer, "SendBuffer");
        opener_set_label(o, fd, "security.SMACK64IPIN", s->smack_label_in, "SmackLabelIPIn");
        opener_set_label(o, fd, "security.SMACK64IPOUT", s->smack_label_out, "SmackLabelIPOut");
}

void socket_set_options(const Opener *o, int fd, int family, int type) {
        bool ip = family == AF_INET || family == AF_INET6;

        if (ip && type == SOCK_STREAM)
                set_tcp_options(o, fd);
        if (ip)
                set_ip_options(o, fd, family);
        set_ancillary_options(o, fd, family);
        set_common_options(o, fd, family);
}
