/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Paths, and the names of users, groups and buses.
 */

#include <errno.h>

#include "unit/codec-util.h"

#define NAME_MAX_BYTES 255 /* of a user, a group, a bus name */

static int path_parse(const CodecContext *c, const char *value, void *field) {
        char *path = NULL;
        int r;

        r = codec_expand_path(c, value, &path);
        if (r != 0)
                return r;

        release_string(field);
        *(char **)field = path;
        return 0;
}

static int path_format(const Directive *row, const void *field, Buf *b) {
        format_literal(*(char *const *)field, b);
        return format_end(b);
}

const Codec codec_path = {
        CODEC_OF(path),
        .expects = "an absolute path such as /var/lib/app",
        .empty_resets = true,
        .parse = path_parse,
        .format = path_format,
        .release = release_string,
        .good = SAMPLES("", "/", "/run/a", "/a//b/./c/", "/100%%"),
        .bad = SAMPLES("a", "./a", "~"),
};

/* A relative name is below /run, and /var/run is an old name of it. */
static int pid_file_parse(const CodecContext *c, const char *value, void *field) {
        char *text auto_free = NULL, *path auto_free = NULL;
        int r;

        r = codec_expand(c, value, &text);
        if (r != 0)
                return r;

        r = path_is_absolute(text) ? str_replace(&path, text) : str_printf(&path, "/run/%s", text);
        if (r < 0)
                return r;
        path_simplify(path);
        if (!path_is_safe(path) || !path_is_normalized(path))
                return -EINVAL;

        r = path_leave_var_run(c, &path);
        if (r < 0)
                return r;

        release_string(field);
        *(char **)field = TAKE(path);
        return 0;
}

const Codec codec_pid_file = {
        CODEC_OF(pid_file),
        .expects = "a path such as /run/app.pid",
        .empty_resets = true,
        .parse = pid_file_parse,
        .format = path_format,
        .release = release_string,
        .good = SAMPLES("", "/run/a.pid", "a.pid", "/var/run/a/b.pid"),
        .bad = SAMPLES("/run/../etc/passwd"),
};

/* "-" before it: the directory need not exist. */
static int working_directory_parse(const CodecContext *c, const char *value, void *field) {
        ExecSpec *exec = CONTAINER_OF((char **)field, ExecSpec, working_directory);
        const char *rest = str_after(value, "-");
        CodecContext own = *c;
        char *path = NULL;
        int r;

        if (value[0] == 0) {
                release_string(field);
                exec->working_directory_optional = false;
                return 0;
        }

        own.forgiven = rest;
        if (str_equal(rest ? rest : value, "~"))
                r = str_replace(&path, "~");
        else
                r = codec_expand_path(&own, rest ? rest : value, &path);
        if (r == -EINVAL && rest)
                r = codec_refuse_value(&own, rest, codec_expects(c->row));
        if (r != 0)
                return r > 0 && rest ? 0 : r;

        release_string(field);
        exec->working_directory = path;
        exec->working_directory_optional = rest;
        return 0;
}

static int working_directory_format(const Directive *row, const void *field, Buf *b) {
        const ExecSpec *exec = CONTAINER_OF((char *const *)field, ExecSpec, working_directory);

        if (exec->working_directory_optional)
                buf_add_char(b, '-');
        format_literal(exec->working_directory, b);
        return format_end(b);
}

const Codec codec_working_directory = {
        CODEC_OF(working_directory),      .expects = "~ or an absolute path such as /var/lib/app",
        .parse = working_directory_parse, .format = working_directory_format,
        .release = release_string,        .good = SAMPLES("", "~", "-~", "/srv", "-/srv/a"),
        .bad = SAMPLES("srv", "~root"),
};

/* As systemd: what cannot be confused with a number, a path, a line of /etc/passwd. */
bool account_is_valid(const char *s) {
        size_t n = strlen(s);

        if (n == 0 || n > NAME_MAX_BYTES || str_equal(s, ".") || str_equal(s, "..") || !str_is_utf8(s, n))
                return false;
        if (s[0] == ' ' || s[n - 1] == ' ' || (s[0] == '-' && s[1 + strspn(s + 1, "0123456789")] == 0))
                return false;
        if (s[strspn(s, "0123456789")] == 0) {
                uint64_t id;

                return parse_decimal(s, &id) >= 0 && id < UINT32_MAX && id != UINT16_MAX &&
                       (s[0] != '0' || !s[1]); /* 010 would be 8 or 10 */
        }
        for (const char *p = s; *p; p++)
                if ((unsigned char)*p < ' ' || *p == 127 || *p == ':' || *p == '/')
                        return false;
        return true;
}

static int account_parse(const CodecContext *c, const char *value, void *field) {
        char *name auto_free = NULL;
        int r;

        r = codec_expand(c, value, &name);
        if (r != 0)
                return r;
        if (!account_is_valid(name))
                return -EINVAL;

        release_string(field);
        *(char **)field = TAKE(name);
        return 0;
}

const Codec codec_account = {
        CODEC_OF(account),
        .expects = "a user or group: a name or a number",
        .empty_resets = true,
        .parse = account_parse,
        .format = path_format,
        .release = release_string,
        .good = SAMPLES("", "www-data", "0", "1000", "_apt"),
        .bad = SAMPLES("a:b", "a/b", "-5", "4294967295", "."),
};

/* D-Bus: two or more elements of [A-Za-z0-9_-] that do not start with a digit. */
static bool bus_name_is_valid(const char *s) {
        bool dot = false, start = true;

        if (strlen(s) > NAME_MAX_BYTES)
                return false;
        for (const char *p = s; *p; p++) {
                bool digit = *p >= '0' && *p <= '9';

                if (*p == '.') {
                        if (start)
                                return false;
                        dot = start = true;
                        continue;
                }
                if (!((*p >= 'A' && *p <= 'Z') || (*p >= 'a' && *p <= 'z') || *p == '_' || *p == '-' ||
                      (digit && !start)))
                        return false;
                start = false;
        }
        return dot && !start;
}

static int bus_name_parse(const CodecContext *c, const char *value, void *field) {
        char *name auto_free = NULL;
        int r;

        r = codec_expand(c, value, &name);
        if (r != 0)
                return r;
        if (!bus_name_is_valid(name))
                return -EINVAL;

        release_string(field);
        *(char **)field = TAKE(name);
        return 0;
}

const Codec codec_bus_name = {
        CODEC_OF(bus_name),
        .expects = "a D-Bus name such as org.example.App",
        .empty_resets = true,
        .filled = true,
        .parse = bus_name_parse,
        .format = path_format,
        .release = release_string,
        .good = SAMPLES("", "org.freedesktop.Avahi", "a.b1"),
        .bad = SAMPLES("avahi", ".a.b", "a..b", "a.1b", "a.b."),
};
