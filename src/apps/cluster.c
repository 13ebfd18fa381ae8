/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "apps/cluster.h"

#include "apps/instance.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <utlist.h>

#define IPV6_ONLY 1 /* libuv's flag, of TCP and UDP */

/* What is asked */

static void set_internet(ListenQuestion *q, int family, unsigned port, const void *address) {
        struct sockaddr_in *v4 = (struct sockaddr_in *)&q->address;
        struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&q->address;

        if (family == AF_INET) {
                *v4 = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
                if (address)
                        memcpy(&v4->sin_addr, address, sizeof(v4->sin_addr));
                q->address_length = sizeof(*v4);
        } else {
                *v6 = (struct sockaddr_in6){ .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port) };
                if (address)
                        memcpy(&v6->sin6_addr, address, sizeof(v6->sin6_addr));
                q->address_length = sizeof(*v6);
        }
}

/* Without an address it is all of them: IPv6's, which take IPv4 as well, and where there is no IPv6, IPv4's. */
static int parse_internet(const char *address, json_int_t port, int family, ListenQuestion *q) {
        unsigned char bytes[sizeof(struct in6_addr)];

        if (port < 0 || port > 65535)
                return -EINVAL;
        q->any = !address;
        if (!address) {
                set_internet(q, family == AF_INET && q->kind == SOCK_DGRAM ? AF_INET : AF_INET6,
                             (unsigned)port, NULL);
                return 0;
        }
        if (inet_pton(family, address, bytes) != 1)
                return -EINVAL;
        set_internet(q, family, (unsigned)port, bytes);
        return 0;
}

/* Node has a leading NUL for a name without a file; json_string_length() counts it. */
static int parse_path(const json_t *address, ListenQuestion *q) {
        struct sockaddr_un *un = (struct sockaddr_un *)&q->address;
        const char *path = json_string_value(address);
        size_t n = json_string_length(address);

        if (!path || n == 0)
                return -EINVAL;
        if (n >= sizeof(un->sun_path))
                return -ENAMETOOLONG;
        if (path[0] != '/' && path[0] != 0)
                return -EACCES; /* below a working directory that we do not know */
        if (path[0] == '/' && strlen(path) != n)
                return -EINVAL;
        *un = (struct sockaddr_un){ .sun_family = AF_UNIX };
        memcpy(un->sun_path, path, n);
        q->address_length = (uint32_t)(offsetof(struct sockaddr_un, sun_path) + n + (path[0] == '/'));
        return 0;
}

static int parse_address(const json_t *message, ListenQuestion *q) {
        const json_t *address = json_object_get(message, "address"),
                     *type = json_object_get(message, "addressType");
        const char *datagrams = json_string_value(type);
        json_int_t port = json_integer_value(json_object_get(message, "port"));

        if (datagrams) {
                q->kind = SOCK_DGRAM;
                return parse_internet(json_string_value(address), port,
                                      str_equal(datagrams, "udp4")   ? AF_INET
                                      : str_equal(datagrams, "udp6") ? AF_INET6
                                                                     : AF_UNSPEC,
                                      q);
        }
        switch (json_is_integer(type) ? json_integer_value(type) : 0) {
        case 4:
                return parse_internet(json_string_value(address), port, AF_INET, q);
        case 6:
                return parse_internet(json_string_value(address), port, AF_INET6, q);
        case -1:
                return parse_path(address, q);
        default:
                return -EINVAL;
        }
}

static const char *text_of(const json_t *value, char *space, size_t n) {
        if (json_is_integer(value))
                (void)snprintf(space, n, "%lld", (long long)json_integer_value(value));
        else
                (void)snprintf(space, n, "%s", json_is_string(value) ? json_string_value(value) : "");
        return space;
}

/* As Node's own primary makes it; unique in the program, since its servers on one address count up their index. */
static char *make_key(const json_t *message) {
        static const char *const parts[] = { "address", "port", "addressType", "fd", "index" };
        Buf b = { 0 };
        char *key;

        for (size_t k = 0; k < ELEMENTSOF(parts); k++) {
                char text[128];

                buf_addf(&b, "%s%s", k > 0 ? ":" : "",
                         text_of(json_object_get(message, parts[k]), text, sizeof(text)));
        }
        return buf_take(&b, &key) < 0 ? NULL : key;
}

int cluster_parse_question(const json_t *message, ClusterQuestion *ret) {
        const json_t *seq = json_object_get(message, "seq"), *fd = json_object_get(message, "fd"),
                     *index = json_object_get(message, "index");
        ClusterQuestion q = { .text = { .kind = SOCK_STREAM, .fd = -1 } };
        json_int_t number = json_is_integer(index) ? json_integer_value(index) : 0;

        if (!json_is_integer(seq))
                return -EINVAL;
        q.seq = json_integer_value(seq);
        q.key = make_key(message);
        if (!q.key)
                return -ENOMEM;
        *ret = q;
        if (number < 0 || number > UINT32_MAX)
                return -ERANGE;
        ret->text.index = (uint32_t)number;
        ret->text.ipv6_only = json_integer_value(json_object_get(message, "flags")) & IPV6_ONLY;
        if (json_is_integer(fd) && json_integer_value(fd) >= 0) {
                if (json_integer_value(fd) > INT32_MAX)
                        return -EBADF;
                ret->text.fd = (int32_t)json_integer_value(fd);
                return 0;
        }
        number = parse_address(message, &ret->text);
        return number == -EINVAL ? -EADDRNOTAVAIL : (int)number;
}

/* Answers */

/* The members that are in all of them; a new reference. */
static json_t *reply_new(Instance *i) {
        return json_pack("{s:s, s:I}", "cmd", "NODE_CLUSTER", "seq", i->cluster.seq++);
}

/* Takes the object and the descriptor. */
static int say(Instance *i, json_t *message, int fd) {
        char *text auto_free = message ? json_dumps(message, JSON_COMPACT) : NULL;
        int r = -ENOMEM;

        json_decref(message);
        if (text && fd >= 0)
                return channel_send_handle(&i->channel, text, strlen(text), fd);
        if (text)
                r = channel_send(&i->channel, text, strlen(text), CHANNEL_DIRECT);
        cleanup_fd(&fd);
        return r;
}

static void answer(Instance *i, const ClusterQuestion *q, int error, int fd) {
        json_t *m = reply_new(i);

        if (m && json_object_set_new(m, "errno", json_integer(error)) == 0 &&
            json_object_set_new(m, "key", json_string(q->key)) == 0 &&
            json_object_set_new(m, "ack", json_integer(q->seq)) == 0 &&
            json_object_set_new(m, "data", json_null()) == 0 && fd >= 0)
                m = json_pack("{s:s, s:s, s:o}", "cmd", "NODE_HANDLE", "type",
                              q->text.kind == SOCK_DGRAM ? "dgram.Native" : "net.Native", "msg", m);
        (void)say(i, m, fd);
}

static void question_free(Instance *i, ClusterQuestion *q) {
        DL_DELETE(i->cluster.questions, q);
        i->cluster.n_questions--;
        free(q->key);
        free(q);
}

static void ask(Instance *i) {
        const ClusterQuestion *q = i->cluster.questions;

        if (q)
                control_ask(i->apps, i->id, &q->text);
}

static void on_question(Instance *i, const json_t *message) {
        ClusterQuestion *q = calloc(1, sizeof(*q));
        int r = q ? cluster_parse_question(message, q) : -ENOMEM;

        if (r >= 0 && i->cluster.n_questions >= CLUSTER_QUESTIONS_MAX)
                r = -EMFILE;
        if (r < 0) {
                if (q && q->key)
                        answer(i, q, r, -1);
                free(q ? q->key : NULL);
                free(q);
                return;
        }
        DL_APPEND(i->cluster.questions, q);
        if (i->cluster.n_questions++ == 0)
                ask(i);
}

void cluster_on_socket(Instance *i, int error, int fd) {
        ClusterQuestion *q = i->cluster.questions;

        if (!q) {
                cleanup_fd(&fd);
                return;
        }
        answer(i, q, fd >= 0 ? 0 : MIN(error, -1), fd);
        question_free(i, q);
        ask(i);
}

static void acknowledge(Instance *i, const json_t *message) {
        const json_t *seq = json_object_get(message, "seq");
        json_t *m = json_is_integer(seq) ? reply_new(i) : NULL;

        if (m && json_object_set_new(m, "ack", json_integer(json_integer_value(seq))) == 0)
                (void)say(i, m, -1);
        else
                json_decref(m);
}

void cluster_on_message(Instance *i, const json_t *message) {
        const char *act = json_string_value(json_object_get(message, "act"));

        if (!i->cluster.wanted)
                return;
        if (str_equal(act, "queryServer"))
                on_question(i, message);
        else if (str_equal(act, "listening"))
                control_tell(i->apps, APPS_PASSED, i->id, APPS_GATE_LISTENING);
        else if (str_equal(act, "exitedAfterDisconnect"))
                acknowledge(i, message);
}

int cluster_disconnect(Instance *i) {
        json_t *m = reply_new(i);

        if (m && json_object_set_new(m, "act", json_string("disconnect")) < 0) {
                json_decref(m);
                m = NULL;
        }
        return say(i, m, -1);
}

void cluster_release(Instance *i) {
        while (i->cluster.questions)
                question_free(i, i->cluster.questions);
}
