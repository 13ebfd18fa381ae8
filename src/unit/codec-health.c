/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * X-HealthCheck= and X-ReadinessCheck=: one check each. Hosts are addresses: nobody waits for a name service when a
 * service is asked whether it is well.
 */

#include <arpa/inet.h>
#include <errno.h>

#include "unit/codec-util.h"

static const char *const kind_names[HEALTH_KIND_MAX] = {
        [HEALTH_HTTP] = "http", [HEALTH_TCP] = "tcp",         [HEALTH_UNIX] = "unix",
        [HEALTH_EXEC] = "exec", [HEALTH_MESSAGE] = "message",
};

const char *health_kind_to_string(HealthKind k) {
        return (int)k >= 0 && k < HEALTH_KIND_MAX ? kind_names[k] : NULL;
}

static void check_release(HealthCheck *k) {
        free(k->text);
        free(k->host);
        free(k->port);
        free(k->path);
        if (k->command)
                command_release(k->command);
        free(k->command);
}

static void checks_release(void *field) {
        HealthCheckList *l = field;

        for (size_t i = 0; i < l->n; i++)
                check_release(l->v + i);
        free(l->v);
        *l = (HealthCheckList){ 0 };
}

static bool host_is_valid(const char *host) {
        unsigned char address[16];

        return str_equal(host, "localhost") || inet_pton(AF_INET, host, address) == 1 ||
               inet_pton(AF_INET6, host, address) == 1;
}

/* "3000", "$PORT", "${PORT}": the name without what is around it. */
static int port_parse(const char *text, size_t n, char **ret) {
        unsigned number;
        bool braces = n > 3 && text[0] == '$' && text[1] == '{' && text[n - 1] == '}';
        size_t skip = braces ? 2 : n > 0 && text[0] == '$';
        char *port = strndup(text + skip, n - skip - braces);

        if (!port)
                return -ENOMEM;
        if (skip > 0 ? env_name_is_valid(port, strlen(port))
                     : parse_unsigned(port, &number) >= 0 && number > 0 && number <= 65535) {
                *ret = port;
                return 0;
        }
        free(port);
        return -EINVAL;
}

/* [HOST:]PORT up to `end`. */
static int target_parse(const char *text, size_t n, HealthCheck *k) {
        const char *colon = memrchr(text, ':', n);
        size_t length = colon ? (size_t)(colon - text) : 0;
        bool brackets = length > 2 && text[0] == '[' && text[length - 1] == ']';

        if (colon) {
                k->host = strndup(text + brackets, length - 2 * brackets);
                if (!k->host)
                        return -ENOMEM;
                if (!host_is_valid(k->host) || (!brackets && strchr(k->host, ':')))
                        return -EINVAL;
                if (str_equal(k->host, "localhost"))
                        free(TAKE(k->host));
        }
        return port_parse(text + (colon ? length + 1 : 0), n - (colon ? length + 1 : 0), &k->port);
}

/* What goes into the line of a request. */
static bool request_is_valid(const char *path) {
        for (const char *p = path; *p; p++)
                if ((unsigned char)*p <= ' ' || *p == 0x7f)
                        return false;
        return strlen(path) <= 1024;
}

static int http_parse(const char *text, HealthCheck *k) {
        size_t n;
        int r;

        if (str_starts_with(text, "//"))
                text += 2;
        n = strcspn(text, "/?");
        r = target_parse(text, n, k);
        if (r < 0)
                return r;
        if (!request_is_valid(text + n))
                return -EINVAL;
        return str_printf(&k->path, "%s%s", text[n] == '/' ? "" : "/", text + n);
}

static int exec_parse(const CodecContext *c, const char *text, HealthCheck *k) {
        int r;

        k->command = calloc(1, sizeof(*k->command));
        if (!k->command)
                return -ENOMEM;
        r = command_parse(c, &text, k->command);
        if (r == 1)
                return codec_refuse(c, "A check is one command");
        return r == -EINVAL ? CODEC_SAID : r;
}

static int check_parse(const CodecContext *c, const char *value, HealthCheck *k) {
        size_t n = strcspn(value, ":");
        int r = -EINVAL;

        for (k->kind = 0; k->kind < HEALTH_KIND_MAX; k->kind++)
                if (strlen(kind_names[k->kind]) == n && strncmp(value, kind_names[k->kind], n) == 0)
                        break;
        if (k->kind == HEALTH_KIND_MAX || !value[n])
                return -EINVAL;
        if (k->kind == HEALTH_EXEC)
                return exec_parse(c, value + n + 1, k);
        r = codec_expand(c, value, &k->text);
        if (r != 0)
                return r;
        value = k->text + n + 1;
        switch (k->kind) {
        case HEALTH_HTTP:
                return http_parse(value, k);
        case HEALTH_TCP:
                value += str_starts_with(value, "//") ? 2 : 0;
                return target_parse(value, strlen(value), k);
        case HEALTH_UNIX:
                if ((value[0] != '/' && value[0] != '@') || !path_is_safe(value) || !value[1] ||
                    strlen(value) > 107)
                        return -EINVAL;
                return str_replace(&k->path, value);
        default:
                return value[0] && strlen(value) <= 4096 ? str_replace(&k->path, value) : -EINVAL;
        }
}

static int health_checks_parse(const CodecContext *c, const char *value, void *field) {
        HealthCheckList *l = field;
        HealthCheck check = { 0 }, *v;
        int r;

        if (value[0] == 0) {
                checks_release(l);
                return 0;
        }
        if (l->n >= HEALTH_CHECKS_MAX)
                return codec_refuse(c, "There are %d checks already", HEALTH_CHECKS_MAX);
        r = check_parse(c, value, &check);
        v = r == 0 ? realloc(l->v, (l->n + 1) * sizeof(*v)) : NULL;
        if (!v) {
                check_release(&check);
                return r ?: -ENOMEM;
        }
        l->v = v;
        v[l->n++] = check;
        return 0;
}

static int health_checks_format(const Directive *row, const void *field, Buf *b) {
        const HealthCheckList *l = field;
        size_t start = b->len;

        for (size_t i = 0; i < l->n; i++) {
                format_line_break(b, start);
                if (l->v[i].kind == HEALTH_EXEC) {
                        int r;

                        buf_add(b, "exec:");
                        r = command_format(l->v[i].command, b);
                        if (r < 0)
                                return r;
                } else
                        format_literal(l->v[i].text, b);
        }
        return format_end(b);
}

const Codec codec_health_checks = {
        CODEC_OF(health_checks),
        .expects = "http:[ADDRESS:]PORT/PATH, tcp:[ADDRESS:]PORT, unix:PATH, exec:COMMAND or message:JSON",
        .lines = true,
        .parse = health_checks_parse,
        .format = health_checks_format,
        .release = checks_release,
        .good = SAMPLES("", "http:3000/health", "http://127.0.0.1:80/a?b=%%20", "http:$PORT",
                        "http:[::1]:${PORT}/", "tcp:6379", "tcp://localhost:5432", "unix:/run/app.sock",
                        "unix:@app", "exec:/bin/test -e '/run/a b'", "exec:pg_isready -q",
                        "message:{\"type\":\"ping\"}"),
        .bad = SAMPLES("http", "http:", "http:0/", "http:65536/", "http:example.org:80/", "http:80/a b",
                       "tcp:", "tcp:1.2.3:4", "tcp:::1:80", "unix:run/x", "unix:/", "exec:", "exec:bin/a",
                       "exec:/a ; /b", "message:", "ping:1"),
};
