/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "apps/probe.h"

#include "apps/instance.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <utlist.h>

static int on_ready(sd_event_source *s, int fd, uint32_t revents, void *userdata);

static void probe_free(Probe *p) {
        DL_DELETE(p->apps->probes, p);
        p->apps->n_probes--;
        sd_event_source_disable_unref(p->source);
        sd_event_source_disable_unref(p->limit);
        if (p->fd >= 0)
                close(p->fd);
        free(p->kind);
        free(p->host);
        free(p->path);
        free(p->text);
        free(p->request);
        free(p);
}

static void finish(Probe *p, int code) {
        if (p->state != PROBE_DRAINING)
                control_tell(p->apps, APPS_PROBED, p->id, code);
        probe_free(p);
}

static void fail(Probe *p, int error) {
        finish(p, error == -ENOMEM || error == -EMFILE || error == -ENFILE || error == -ENOBUFS
                          ? APPS_PROBE_UNKNOWN
                          : APPS_PROBE_ERRNO - error);
}

/* The connection */

static socklen_t make_unix(const char *path, struct sockaddr_storage *ret) {
        struct sockaddr_un *un = (struct sockaddr_un *)ret;
        size_t n = path ? strlen(path) : 0;

        if (n < 2 || n >= sizeof(un->sun_path))
                return 0;
        un->sun_family = AF_UNIX;
        memcpy(un->sun_path, path, n);
        if (path[0] == '@')
                un->sun_path[0] = 0;
        return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n + (path[0] == '/'));
}

static socklen_t make_inet(const char *host, uint64_t port, struct sockaddr_storage *ret) {
        struct sockaddr_in *in = (struct sockaddr_in *)ret;
        struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)ret;

        if (port == 0 || port > 65535)
                return 0;
        if (inet_pton(AF_INET, host, &in->sin_addr) == 1) {
                in->sin_family = AF_INET;
                in->sin_port = htons((uint16_t)port);
                return sizeof(*in);
        }
        if (inet_pton(AF_INET6, host, &in6->sin6_addr) != 1)
                return 0;
        in6->sin6_family = AF_INET6;
        in6->sin6_port = htons((uint16_t)port);
        return sizeof(*in6);
}

static int open_socket(Probe *p, int type) {
        struct sockaddr_storage address = { 0 };
        const char *host = p->host ? p->host : p->second ? "::1" : "127.0.0.1";
        socklen_t n = str_equal(p->kind, "unix") ? make_unix(p->path, &address)
                                                 : make_inet(host, p->port, &address);

        if (n == 0)
                return -EINVAL;
        p->fd = socket(address.ss_family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (p->fd < 0)
                return -errno;
        return connect(p->fd, (struct sockaddr *)&address, n) < 0 && errno != EINPROGRESS ? -errno : 0;
}

static void close_socket(Probe *p) {
        p->source = sd_event_source_disable_unref(p->source);
        fd_release(&p->fd);
}

static int start_connecting(Probe *p) {
        static const int types[] = { SOCK_STREAM, SOCK_SEQPACKET, SOCK_DGRAM };
        int r = -EPROTOTYPE;

        p->state = PROBE_CONNECTING;
        for (size_t i = 0; i < ELEMENTSOF(types) && r == -EPROTOTYPE; i++) { /* as the listener's is */
                close_socket(p);
                r = open_socket(p, types[i]);
        }
        return r < 0 ? r : sd_event_add_io(p->apps->event, &p->source, p->fd, EPOLLOUT, on_ready, p);
}

/* The other address of this machine, where none was named. */
static bool tries_again(Probe *p, int error) {
        if (error != -ECONNREFUSED || p->second || p->host || str_equal(p->kind, "unix"))
                return false;
        p->second = true;
        close_socket(p);
        if (start_connecting(p) >= 0)
                return true;
        return false;
}

static int connection_error(const Probe *p) {
        int error = 0;
        socklen_t n = sizeof(error);

        if (getsockopt(p->fd, SOL_SOCKET, SO_ERROR, &error, &n) < 0)
                return -errno;
        return -error;
}

/* A request and its answer */

static int make_request(Probe *p) {
        bool six = p->host && strchr(p->host, ':');

        return str_printf(&p->request,
                          "GET %s HTTP/1.1\r\nHost: %s%s%s:%u\r\nUser-Agent: svinit\r\nAccept: */*\r\n"
                          "Connection: close\r\n\r\n",
                          p->path ? p->path : "/", six ? "[" : "", p->host ? p->host : "localhost",
                          six ? "]" : "", (unsigned)p->port);
}

/* 1: all of it is sent. */
static int send_request(Probe *p) {
        size_t n = strlen(p->request);
        ssize_t k = send(p->fd, p->request + p->sent, n - p->sent, MSG_NOSIGNAL | MSG_DONTWAIT);

        if (k < 0)
                return errno == EAGAIN || errno == EINTR ? 0 : -errno;
        p->sent += (size_t)k;
        return p->sent == n;
}

static void on_status(Probe *p, int status) {
        int code = status < 0 ? APPS_PROBE_NO_HTTP : status;

        control_tell(p->apps, APPS_PROBED, p->id, code);
        p->state = PROBE_DRAINING;
        if (status < 0)
                finish(p, 0);
}

static void read_answer(Probe *p) {
        char data[4096];
        ssize_t n = recv(p->fd, data, sizeof(data), MSG_DONTWAIT);
        int status;

        if (n < 0 && (errno == EAGAIN || errno == EINTR))
                return;
        if (n <= 0) {
                finish(p, n < 0 ? APPS_PROBE_ERRNO + errno : APPS_PROBE_CLOSED);
                return;
        }
        if (p->state == PROBE_DRAINING) {
                p->drained += (size_t)n;
                if (p->drained > PROBE_DRAIN_MAX)
                        finish(p, 0);
                return;
        }
        status = http_answer_feed(&p->answer, data, (size_t)n);
        if (status != 0)
                on_status(p, status);
}

static void on_connected(Probe *p) {
        if (!str_equal(p->kind, "http")) {
                finish(p, APPS_PROBE_WELL);
                return;
        }
        p->state = PROBE_ASKING;
        if (make_request(p) < 0)
                finish(p, APPS_PROBE_UNKNOWN);
}

static void on_writable(Probe *p) {
        int r = send_request(p);

        if (r < 0) {
                fail(p, r);
                return;
        }
        if (r == 0)
                return;
        p->state = PROBE_READING;
        (void)sd_event_source_set_io_events(p->source, EPOLLIN);
}

static int on_ready(sd_event_source *s, int fd, uint32_t revents, void *userdata) {
        Probe *p = userdata;
        int error;

        switch (p->state) {
        case PROBE_CONNECTING:
                error = connection_error(p);
                if (error == 0)
                        on_connected(p);
                else if (!tries_again(p, error))
                        fail(p, error);
                break;
        case PROBE_ASKING:
                on_writable(p);
                break;
        default:
                read_answer(p);
        }
        return 0;
}

static int on_limit(sd_event_source *s, uint64_t usec, void *userdata) {
        finish(userdata, APPS_PROBE_LATE);
        return 0;
}

/* What is asked */

static void assign(void *userdata, const char *key, const char *value) {
        static const struct {
                const char *key;
                size_t offset;
        } texts[] = { { "KIND", offsetof(Probe, kind) },
                      { "HOST", offsetof(Probe, host) },
                      { "PATH", offsetof(Probe, path) },
                      { "TEXT", offsetof(Probe, text) } },
          numbers[] = { { "PORT", offsetof(Probe, port) },
                        { "INSTANCE", offsetof(Probe, instance) },
                        { "TIMEOUT_USEC", offsetof(Probe, timeout) } };
        Probe *p = userdata;

        for (size_t i = 0; i < ELEMENTSOF(texts); i++)
                if (str_equal(key, texts[i].key))
                        (void)str_replace((char **)((char *)p + texts[i].offset), value);
        for (size_t i = 0; i < ELEMENTSOF(numbers); i++)
                if (str_equal(key, numbers[i].key))
                        (void)parse_u64(value, (uint64_t *)((char *)p + numbers[i].offset));
}

/* Who works on a call is alive, as far as its caller wants to wait; its next message is not for us. */
static void ask_by_message(Probe *p) {
        Instance *i = instance_find(p->apps, p->instance);

        p->state = PROBE_WAITING;
        if (!p->text || message_check_outgoing(p->text, strlen(p->text)) < 0)
                finish(p, APPS_PROBE_NO_JSON);
        else if (i && (i->call || i->owes))
                finish(p, APPS_PROBE_WELL);
        else if (!i || instance_send(i, p->text, strlen(p->text), CHANNEL_DIRECT) < 0)
                finish(p, APPS_PROBE_NO_CHANNEL);
}

static Probe *probe_new(Apps *a, uint64_t id) {
        Probe *p = a->n_probes < PROBES_MAX ? calloc(1, sizeof(*p)) : NULL;

        if (!p)
                return NULL;
        p->apps = a;
        p->id = id;
        p->fd = -1;
        DL_APPEND(a->probes, p);
        a->n_probes++;
        return p;
}

void probe_begin(Apps *a, uint64_t id, const char *text, size_t n) {
        Probe *p = probe_new(a, id);
        int r;

        if (!p) {
                control_tell(a, APPS_PROBED, id, APPS_PROBE_UNKNOWN);
                return;
        }
        r = link_text_assign(text, n, assign, p);
        if (r >= 0)
                r = sd_event_add_time_relative(a->event, &p->limit, CLOCK_MONOTONIC, p->timeout,
                                               USEC_PER_MSEC, on_limit, p);
        if (r < 0) {
                finish(p, APPS_PROBE_UNKNOWN);
                return;
        }
        if (str_equal(p->kind, "message")) {
                ask_by_message(p);
                return;
        }
        r = start_connecting(p);
        if (r < 0 && !tries_again(p, r))
                fail(p, r);
}

bool probes_take_message(const Instance *i) {
        Probe *p;

        DL_FOREACH (i->apps->probes, p)
                if (p->state == PROBE_WAITING && p->instance == i->id) {
                        finish(p, APPS_PROBE_WELL);
                        return true;
                }
        return false;
}

void probes_release(Apps *a) {
        while (a->probes)
                probe_free(a->probes);
}
