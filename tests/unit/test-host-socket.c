/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Listening descriptors: what systemd.socket(5) promises of their addresses, nodes and options. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "host/socket-address.h"
#include "host/sockets.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <mqueue.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct World {
        UnitSpec *spec;
        Report report;
        InheritedFds inherited;
        char directory[32];
        int *fds;
        size_t n;
} World;

static int set_up(void **state) {
        World *w = calloc(1, sizeof(*w));

        assert_non_null(w);
        strcpy(w->directory, "/tmp/test-socket-XXXXXX");
        assert_non_null(mkdtemp(w->directory));
        *state = w;
        return 0;
}

static int tear_down(void **state) {
        World *w = *state;
        char command[64];

        if (w->fds)
                listen_close(w->spec->socket, w->fds, w->n);
        snprintf(command, sizeof(command), "rm -rf %s", w->directory);
        assert_int_equal(system(command), 0);
        inherited_fds_release(&w->inherited);
        report_release(&w->report);
        spec_free(w->spec);
        free(w);
        return 0;
}

/* The lines of [Socket]; "`" stands for the directory of the test. */
static int open_lines(World *w, const char *lines) {
        SpecContext context = { .report = &w->report };
        Buf text = { 0 };
        int r;

        if (w->fds)
                listen_close(w->spec->socket, w->fds, w->n);
        w->fds = NULL;
        report_release(&w->report);
        spec_free(w->spec);
        assert_int_equal(spec_new("a.socket", &w->spec), 0);
        buf_add(&text, "[Socket]\n");
        for (const char *p = lines; *p; p++)
                if (*p == '`')
                        buf_add(&text, w->directory);
                else
                        buf_add_char(&text, *p);
        assert_int_equal(spec_read(w->spec, &context, "a.socket", (Text){ text.data, text.len }), 0);
        assert_int_equal(spec_complete(w->spec, &context), 0);
        assert_int_equal(w->report.n_findings, 0);
        buf_release(&text);
        r = listen_open(w->spec->socket, &w->inherited, "web", &w->report, "a.socket", &w->fds, &w->n);
        return r;
}

static char *below(World *w, const char *name) {
        static char path[128];

        snprintf(path, sizeof(path), "%s/%s", w->directory, name);
        return path;
}

static int option(int fd, int level, int name) {
        socklen_t n = sizeof(int);
        int v = -1;

        assert_int_equal(getsockopt(fd, level, name, &v, &n), 0);
        return v;
}

static void sockets_come_in_the_order_of_their_lines(void **state) {
        World *w = *state;

        assert_int_equal(
                open_lines(
                        w,
                        "ListenDatagram=`/a\nListenStream=`/b\nListenSequentialPacket=`/c\nListenFIFO=`/d\n"),
                0);
        assert_int_equal(w->n, 4);
        assert_int_equal(option(w->fds[0], SOL_SOCKET, SO_TYPE), SOCK_DGRAM);
        assert_int_equal(option(w->fds[1], SOL_SOCKET, SO_TYPE), SOCK_STREAM);
        assert_int_equal(option(w->fds[1], SOL_SOCKET, SO_ACCEPTCONN), 1);
        assert_int_equal(option(w->fds[2], SOL_SOCKET, SO_TYPE), SOCK_SEQPACKET);
        struct stat st;
        assert_int_equal(fstat(w->fds[3], &st), 0);
        assert_true(S_ISFIFO(st.st_mode));
        for (size_t i = 0; i < w->n; i++) {
                assert_int_equal(fcntl(w->fds[i], F_GETFD), FD_CLOEXEC);
                assert_true(fcntl(w->fds[i], F_GETFL) & O_NONBLOCK);
        }
}

static void nodes_have_mode_and_parents(void **state) {
        World *w = *state;
        struct stat st;

        umask(077);
        assert_int_equal(
                open_lines(w, "ListenStream=`/x/y/s\nListenFIFO=`/f\nSocketMode=0660\nDirectoryMode=0700\n"),
                0);
        umask(022);
        assert_int_equal(stat(below(w, "x/y/s"), &st), 0);
        assert_int_equal(st.st_mode & 07777, 0660);
        assert_int_equal(stat(below(w, "f"), &st), 0);
        assert_int_equal(st.st_mode & 07777, 0660);
        assert_int_equal(stat(below(w, "x"), &st), 0);
        assert_int_equal(st.st_mode & 07777, 0700);
}

static void nodes_belong_to_the_socket_s_user(void **state) {
        World *w = *state;
        struct stat st;

        if (geteuid() != 0) {
                print_message("skipped: needs root\n");
                skip();
        }
        assert_int_equal(open_lines(w, "ListenStream=`/s\nSocketUser=www-data\n"), 0);
        assert_int_equal(stat(below(w, "s"), &st), 0);
        assert_int_equal(st.st_uid, 33);
        assert_int_equal(st.st_gid, 33);
        assert_int_equal(open_lines(w, "ListenStream=`/s\nSocketUser=www-data\nSocketGroup=adm\n"), 0);
        assert_int_equal(stat(below(w, "s"), &st), 0);
        assert_int_equal(st.st_gid, 4);
}

static void an_unknown_user_is_refused_by_name(void **state) {
        World *w = *state;

        assert_int_equal(open_lines(w, "ListenStream=`/s\nSocketUser=no-such-user\n"), -ESRCH);
        assert_int_equal(w->report.n_findings, 1);
        assert_string_equal(w->report.findings[0].key, "SocketUser");
        assert_non_null(strstr(w->report.findings[0].text, "no-such-user"));
        assert_int_equal(access(below(w, "s"), F_OK), -1);
}

static void a_stale_socket_is_replaced_a_file_is_not(void **state) {
        World *w = *state;
        int fd;

        assert_int_equal(open_lines(w, "ListenStream=`/s\n"), 0);
        assert_int_equal(open_lines(w, "ListenStream=`/s\n"), 0);
        fd = open(below(w, "file"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        close(fd);
        assert_int_equal(open_lines(w, "ListenStream=`/other\nListenStream=`/file\n"), -EADDRINUSE);
        assert_null(w->fds);
        assert_int_equal(report_count(&w->report, SEVERITY_ERROR), 1);
        assert_non_null(strstr(w->report.findings[0].text, "/file"));
        assert_int_equal(access(below(w, "file"), F_OK), 0);
}

static void nodes_are_removed_only_when_asked(void **state) {
        World *w = *state;

        assert_int_equal(open_lines(w, "ListenStream=`/s\nSymlinks=`/l\n"), 0);
        listen_close(w->spec->socket, TAKE(w->fds), w->n);
        assert_int_equal(access(below(w, "s"), F_OK), 0);
        assert_int_equal(open_lines(w, "ListenStream=`/s\nSymlinks=`/l\nRemoveOnStop=yes\n"), 0);
        assert_int_equal(access(below(w, "l"), F_OK), 0);
        listen_close(w->spec->socket, TAKE(w->fds), w->n);
        assert_int_equal(access(below(w, "s"), F_OK), -1);
        struct stat st;
        assert_int_equal(lstat(below(w, "l"), &st), -1);
}

/* A port of this machine that nobody uses now. */
static unsigned free_port(void) {
        struct sockaddr_in sa = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
        socklen_t n = sizeof(sa);
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

        assert_int_equal(bind(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
        assert_int_equal(getsockname(fd, (struct sockaddr *)&sa, &n), 0);
        close(fd);
        return ntohs(sa.sin_port);
}

static int connect_to(unsigned port) {
        struct sockaddr_in sa = { .sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                                  .sin_port = htons((uint16_t)port) };
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

        assert_int_equal(connect(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
        return fd;
}

static void connections_are_named_by_their_ends(void **state) {
        char *instance = NULL, **env = NULL, text[128], expected[128];
        unsigned port = free_port();
        int client, fd = -1;
        World *w = *state;

        /* A bare port answers over IPv4 as well. */
        snprintf(text, sizeof(text), "ListenStream=%u\nKeepAlive=yes\nNoDelay=yes\n", port);
        assert_int_equal(open_lines(w, text), 0);
        assert_int_equal(option(w->fds[0], SOL_SOCKET, SO_KEEPALIVE), 1);
        assert_int_equal(option(w->fds[0], IPPROTO_TCP, TCP_NODELAY), 1);
        client = connect_to(port);
        assert_int_equal(listen_accept(w->fds[0], 7, &fd, &instance, &env), 0);
        snprintf(expected, sizeof(expected), "7-127.0.0.1:%u-127.0.0.1:", port);
        assert_true(str_starts_with(instance, expected));
        assert_string_equal(env_get(env, "REMOTE_ADDR", 11), "127.0.0.1");
        assert_string_equal(env_get(env, "REMOTE_PORT", 11), instance + strlen(expected));
        assert_int_equal(fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
        free(instance);
        strv_free(env);
        close(fd);
        close(client);
        assert_int_equal(listen_accept(w->fds[0], 8, &fd, &instance, &env), -EAGAIN);
}

static void what_is_pending_is_flushed(void **state) {
        struct sockaddr_un sa = { .sun_family = AF_UNIX };
        char *instance, **env, scrap[8];
        int client, fd;
        World *w = *state;

        assert_int_equal(open_lines(w, "ListenStream=`/s\nListenDatagram=`/d\nListenFIFO=`/f\n"), 0);
        client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        strcpy(sa.sun_path, below(w, "s"));
        assert_int_equal(connect(client, (struct sockaddr *)&sa, sizeof(sa)), 0);
        close(client);
        client = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        strcpy(sa.sun_path, below(w, "d"));
        assert_int_equal(sendto(client, "x", 1, 0, (struct sockaddr *)&sa, sizeof(sa)), 1);
        close(client);
        assert_int_equal(write(w->fds[2], "abc", 3), 3);
        listen_flush(w->spec->socket, w->fds, w->n);
        assert_int_equal(listen_accept(w->fds[0], 0, &fd, &instance, &env), -EAGAIN);
        assert_int_equal(recv(w->fds[1], scrap, sizeof(scrap), MSG_DONTWAIT), -1);
        assert_int_equal(read(w->fds[2], scrap, sizeof(scrap)), -1);
}

/* The lines of a queue that no other run of the tests has. */
static const char *queue_lines(const char *more) {
        static char lines[256];

        snprintf(lines, sizeof(lines), "ListenMessageQueue=/test-socket-%d\nRemoveOnStop=yes\n%s",
                 (int)getpid(), more);
        return lines;
}

static void queues_have_limits_and_go_when_asked(void **state) {
        World *w = *state;
        struct mq_attr a;
        char name[64];
        mqd_t sender;
        struct stat st;

        umask(077);
        assert_int_equal(
                open_lines(w,
                           queue_lines(
                                   "SocketMode=0622\nMessageQueueMaxMessages=3\nMessageQueueMessageSize=17")),
                0);
        assert_int_equal(w->report.n_findings, 0);
        assert_int_equal(mq_getattr(w->fds[0], &a), 0);
        assert_int_equal(a.mq_maxmsg, 3);
        assert_int_equal(a.mq_msgsize, 17);
        assert_true(a.mq_flags & O_NONBLOCK);
        assert_int_equal(fstat(w->fds[0], &st), 0);
        assert_int_equal(st.st_mode & 07777, 0622);
        snprintf(name, sizeof(name), "/test-socket-%d", (int)getpid());
        sender = mq_open(name, O_WRONLY | O_CLOEXEC);
        assert_true(sender >= 0);
        assert_int_equal(mq_send(sender, "a", 1, 0), 0);
        assert_int_equal(mq_send(sender, "b", 1, 0), 0);
        listen_flush(w->spec->socket, w->fds, w->n);
        assert_int_equal(mq_getattr(w->fds[0], &a), 0);
        assert_int_equal(a.mq_curmsgs, 0);
        mq_close(sender);
        listen_close(w->spec->socket, TAKE(w->fds), w->n);
        assert_int_equal(mq_open(name, O_WRONLY | O_CLOEXEC), -1);
        assert_int_equal(errno, ENOENT);
        /* One limit alone is none. */
        assert_int_equal(open_lines(w, queue_lines("MessageQueueMaxMessages=3")), 0);
        assert_int_equal(mq_getattr(w->fds[0], &a), 0);
        assert_int_not_equal(a.mq_maxmsg, 3);
        assert_int_equal(open_lines(w, "ListenMessageQueue=/two/parts\n"), -EACCES);
}

static void special_files_are_opened_and_stay(void **state) {
        World *w = *state;
        struct stat st;

        assert_int_equal(
                open_lines(w,
                           "ListenSpecial=/dev/random\nListenSpecial=/proc/self/mounts\nRemoveOnStop=yes\n"),
                0);
        assert_int_equal(fcntl(w->fds[0], F_GETFL) & (O_ACCMODE | O_NONBLOCK), O_RDONLY | O_NONBLOCK);
        assert_int_equal(fcntl(w->fds[0], F_GETFD), FD_CLOEXEC);
        assert_int_equal(open_lines(w, "ListenSpecial=/dev/random\nWritable=yes\n"), 0);
        assert_int_equal(fcntl(w->fds[0], F_GETFL) & O_ACCMODE, O_RDWR);
        assert_int_equal(stat("/dev/random", &st), 0);
        /* Nobody would ever be told that there is something to read. */
        assert_int_equal(open_lines(w, "ListenSpecial=/proc/self/exe\n"), -ELOOP);
        assert_int_equal(open_lines(w, "ListenSpecial=`\n"), -EEXIST);
        close(open(below(w, "plain"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
        assert_int_equal(open_lines(w, "ListenSpecial=`/plain\n"), -EOPNOTSUPP);
        assert_int_equal(open_lines(w, "ListenSpecial=`/missing\n"), -ENOENT);
        assert_int_equal(w->report.n_findings, 1);
        assert_non_null(strstr(w->report.findings[0].text, "/missing: No such file or directory"));
}

static void netlink_sockets_are_bound_to_their_groups(void **state) {
        struct sockaddr_nl a = { 0 };
        socklen_t n = sizeof(a);
        World *w = *state;

        assert_int_equal(
                open_lines(w, "ListenNetlink=kobject-uevent 1\nListenNetlink=route  1361\nListenNetlink=0\n"
                              "PassCredentials=yes\n"),
                0);
        assert_int_equal(option(w->fds[0], SOL_SOCKET, SO_PROTOCOL), NETLINK_KOBJECT_UEVENT);
        assert_int_equal(option(w->fds[1], SOL_SOCKET, SO_PROTOCOL), NETLINK_ROUTE);
        assert_int_equal(option(w->fds[2], SOL_SOCKET, SO_PROTOCOL), NETLINK_ROUTE);
        assert_int_equal(option(w->fds[0], SOL_SOCKET, SO_TYPE), SOCK_RAW);
        assert_int_equal(option(w->fds[0], SOL_SOCKET, SO_PASSCRED), 1);
        assert_int_equal(getsockname(w->fds[1], (struct sockaddr *)&a, &n), 0);
        assert_int_equal(a.nl_groups, 1361);
        assert_string_equal(w->spec->socket->listen[1].address, "route 1361");
        assert_string_equal(w->spec->socket->listen[2].address, "route 0");
        assert_int_equal(open_lines(w, "ListenNetlink=31\n"), -EPROTONOSUPPORT);
}

static void options_are_set_or_noted(void **state) {
        char name[16];
        socklen_t n = sizeof(name);
        World *w = *state;

        assert_int_equal(
                open_lines(w, "ListenDatagram=`/d\nListenDatagram=127.0.0.1:7123\nTimestamping=\302\265s\n"),
                0);
        assert_int_equal(option(w->fds[0], SOL_SOCKET, SO_TIMESTAMP), 1);
        assert_int_equal(option(w->fds[1], SOL_SOCKET, SO_TIMESTAMP), 1);
        assert_int_equal(open_lines(w, "ListenDatagram=`/d\nTimestamping=nsec\n"), 0);
        assert_int_equal(option(w->fds[0], SOL_SOCKET, SO_TIMESTAMPNS), 1);
        assert_int_equal(open_lines(w, "ListenStream=127.0.0.1:7123\nTCPCongestion=reno\n"), 0);
        assert_int_equal(getsockopt(w->fds[0], IPPROTO_TCP, TCP_CONGESTION, name, &n), 0);
        assert_string_equal(name, "reno");
        assert_int_equal(w->report.n_findings, 0);
        assert_int_equal(open_lines(w, "ListenStream=127.0.0.1:7123\nTCPCongestion=teleport\n"), 0);
        assert_int_equal(w->report.n_findings, 1);
        assert_int_equal(w->report.findings[0].severity, SEVERITY_NOTE);
        assert_string_equal(w->report.findings[0].text,
                            "TCPCongestion=: teleport: No such file or directory");
        assert_int_equal(open_lines(w, "ListenFIFO=`/f\nPipeSize=128K\n"), 0);
        assert_int_equal(fcntl(w->fds[0], F_GETPIPE_SZ), 128 << 10);
        assert_int_equal(open_lines(w, "ListenFIFO=`/f\nPipeSize=4G\n"), 0);
        assert_int_equal(w->report.n_findings, 1);
        assert_string_equal(w->report.findings[0].key, "PipeSize");
}

/* The protocol goes with the lines that can have it, and with no others. */
static void protocols_replace_their_like(void **state) {
        World *w = *state;
        int r = open_lines(
                w, "ListenStream=127.0.0.1:7123\nListenDatagram=127.0.0.1:7123\nSocketProtocol=mptcp\n");

        if (r == 0) {
                assert_int_equal(option(w->fds[0], SOL_SOCKET, SO_PROTOCOL), IPPROTO_MPTCP);
                assert_int_equal(option(w->fds[1], SOL_SOCKET, SO_PROTOCOL), IPPROTO_UDP);
        } else /* not built into this kernel, or switched off */
                assert_true(r == -EPROTONOSUPPORT || r == -ENOPROTOOPT);
        r = open_lines(w, "ListenStream=127.0.0.1:7123\nListenStream=`/s\nListenDatagram=127.0.0.1:7123\n"
                          "SocketProtocol=udplite\n");
        if (r == 0) {
                assert_int_equal(option(w->fds[0], SOL_SOCKET, SO_PROTOCOL), IPPROTO_TCP);
                assert_int_equal(option(w->fds[2], SOL_SOCKET, SO_PROTOCOL), IPPROTO_UDPLITE);
        } else
                assert_int_equal(r, -EPROTONOSUPPORT);
}

/* Descriptors from 3 on belong to cmocka: the list is made by hand. */
static void give(World *w, int fd, const char *name) {
        InheritedFd *v = realloc(w->inherited.v, (w->inherited.n + 1) * sizeof(*v));

        assert_non_null(v);
        w->inherited.v = v;
        v[w->inherited.n++] = (InheritedFd){ fd, strdup(name) };
}

static int bound(int type, int port) {
        struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
        int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0), one = 1;

        assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)), 0);
        in.sin_addr.s_addr = htonl(port == 0 ? INADDR_LOOPBACK : INADDR_ANY);
        assert_int_equal(bind(fd, (struct sockaddr *)&in, sizeof(in)), 0);
        return fd;
}

static void inherited_descriptors_take_the_place_of_their_lines(void **state) {
        int tcp = bound(SOCK_STREAM, 7124), other = bound(SOCK_STREAM, 0), udp = bound(SOCK_DGRAM, 0);
        World *w = *state;

        give(w, other, "web");
        give(w, udp, "mail");
        give(w, tcp, "unknown");
        /* The bare port by its address though an other one has the name; the datagrams' name is not ours. */
        assert_int_equal(open_lines(w, "ListenStream=7124\nListenStream=7125\nListenDatagram=7126\n"), 0);
        assert_int_equal(w->fds[0], tcp);
        assert_int_equal(w->fds[1], other);
        assert_int_not_equal(w->fds[2], udp);
        assert_int_equal(option(tcp, SOL_SOCKET, SO_ACCEPTCONN), 1);
        assert_true(fcntl(tcp, F_GETFL) & O_NONBLOCK);
        assert_int_equal(w->inherited.v[0].fd, -1);
        assert_int_equal(w->inherited.v[1].fd, udp);
        /* Each is used once. */
        assert_int_equal(open_lines(w, "ListenStream=7124\n"), 0);
        assert_int_equal(w->inherited.v[2].fd, -1);
}

static void inherited_nodes_are_known_again(void **state) {
        struct sockaddr_un sa = { .sun_family = AF_UNIX };
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), fifo;
        World *w = *state;

        strcpy(sa.sun_path, below(w, "s"));
        assert_int_equal(bind(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
        assert_int_equal(mkfifo(below(w, "f"), 0600), 0);
        fifo = open(below(w, "f"), O_RDWR | O_CLOEXEC);
        give(w, fifo, "unknown");
        give(w, fcntl(fifo, F_DUPFD_CLOEXEC, 3), "web");
        give(w, fd, "unknown");
        assert_int_equal(
                open_lines(w, "ListenDatagram=`/s\nListenStream=`/s\nListenFIFO=`/f\nListenFIFO=`/g\n"), 0);
        assert_int_not_equal(w->fds[0], fd);
        assert_int_equal(w->fds[1], fd);
        assert_int_equal(w->fds[2], fifo);
        assert_int_equal(w->inherited.v[1].fd, -1);
}

static void variables_for_another_process_give_nothing(void **state) {
        InheritedFds l;
        char pid[32], *environment[] = { pid, (char *)"LISTEN_FDS=1", (char *)"LISTEN_FDNAMES=a", NULL };

        snprintf(pid, sizeof(pid), "LISTEN_PID=%d", (int)getppid());
        assert_int_equal(inherited_fds_take(environment, &l), 0);
        assert_int_equal(l.n, 0);
        snprintf(pid, sizeof(pid), "LISTEN_PID=%d", (int)getpid());
        environment[1] = (char *)"LISTEN_FDS=many";
        assert_int_equal(inherited_fds_take(environment, &l), 0);
        assert_int_equal(l.n, 0);
        environment[1] =
                (char *)"LISTEN_FDS=4000000000"; /* no more than there are, with names as long as they last */
        assert_int_equal(dup2(0, 3), 3);
        assert_int_equal(inherited_fds_take(environment, &l), 0);
        assert_true(l.n >= 1);
        assert_int_equal(l.v[0].fd, 3);
        assert_int_equal(fcntl(3, F_GETFD), FD_CLOEXEC);
        assert_string_equal(l.v[0].name, "a");
        for (size_t i = 1; i < l.n; i++) {
                assert_string_equal(l.v[i].name, "unknown");
                l.v[i].fd = -1; /* the test runner's */
        }
        inherited_fds_release(&l);
}

static void expect_address(const char *text, int family, const char *host, unsigned port) {
        char buffer[INET6_ADDRSTRLEN];
        SocketAddress a;
        unsigned p;

        assert_int_equal(socket_address_parse(text, true, &a), 0);
        assert_int_equal(a.any.sa_family, family);
        socket_address_host(&a, buffer, sizeof(buffer), &p);
        assert_string_equal(buffer, host);
        assert_int_equal(p, port);
}

static void addresses_are_understood(void **state) {
        SocketAddress a;

        expect_address("80", AF_INET6, "::", 80);
        expect_address("127.0.0.1:80", AF_INET, "127.0.0.1", 80);
        expect_address("[::1]:80", AF_INET6, "::1", 80);
        expect_address("[fe80::1]:80%1", AF_INET6, "fe80::1", 80);
        assert_int_equal(socket_address_parse("80", false, &a), 0);
        assert_int_equal(a.any.sa_family, AF_INET);
        assert_int_equal(socket_address_parse("@abstract", true, &a), 0);
        assert_int_equal(a.len, offsetof(struct sockaddr_un, sun_path) + 9);
        assert_null(socket_address_path(&a));
        assert_int_equal(socket_address_parse("/run/x", true, &a), 0);
        assert_string_equal(socket_address_path(&a), "/run/x");
        assert_int_equal(socket_address_parse("vsock::99", true, &a), 0);
        assert_int_equal(a.vm.svm_port, 99);
        assert_int_equal(socket_address_parse("vsock:", true, &a), -EINVAL);
        assert_int_equal(socket_address_parse("0", true, &a), -EINVAL);
        assert_int_equal(socket_address_parse("65536", true, &a), -EINVAL);
        assert_int_equal(socket_address_parse("[::1", true, &a), -EINVAL);
        assert_int_equal(socket_address_parse("1.2.3:4", true, &a), -EINVAL);
        assert_int_equal(socket_address_parse("", true, &a), -EINVAL);
        assert_int_equal(socket_address_parse("/", true, &a), -EINVAL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
        const struct CMUnitTest tests[] = {
                TEST(sockets_come_in_the_order_of_their_lines),
                TEST(nodes_have_mode_and_parents),
                TEST(nodes_belong_to_the_socket_s_user),
                TEST(an_unknown_user_is_refused_by_name),
                TEST(a_stale_socket_is_replaced_a_file_is_not),
                TEST(nodes_are_removed_only_when_asked),
                TEST(connections_are_named_by_their_ends),
                TEST(what_is_pending_is_flushed),
                TEST(queues_have_limits_and_go_when_asked),
                TEST(special_files_are_opened_and_stay),
                TEST(netlink_sockets_are_bound_to_their_groups),
                TEST(options_are_set_or_noted),
                TEST(protocols_replace_their_like),
                TEST(inherited_descriptors_take_the_place_of_their_lines),
                TEST(inherited_nodes_are_known_again),
                cmocka_unit_test(variables_for_another_process_give_nothing),
                cmocka_unit_test(addresses_are_understood),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
