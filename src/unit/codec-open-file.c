/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * OpenFile=: PATH[:NAME[:OPTION,...]]. A colon in a path is written \x3a; the
 * name is that of the file unless given.
 */

#include <errno.h>

#include "unit/codec-util.h"

static const struct {
        const char *name;
        OpenFileFlags flag;
} options[] = {
        { "read-only", OPEN_FILE_READ_ONLY },
        { "append", OPEN_FILE_APPEND },
        { "truncate", OPEN_FILE_TRUNCATE },
        { "graceful", OPEN_FILE_GRACEFUL },
};

static void open_file_release(OpenFile *f) {
        free(f->path);
        free(f->name);
}

static void open_files_release(void *field) {
        ServiceSpec *service = CONTAINER_OF((OpenFile **)field, ServiceSpec, open_files);

        for (size_t i = 0; i < service->n_open_files; i++)
                open_file_release(service->open_files + i);
        free(service->open_files);
        service->open_files = NULL;
        service->n_open_files = 0;
}

static OpenFileFlags option_from_text(const char *text, size_t n) {
        for (size_t i = 0; i < ELEMENTSOF(options); i++)
                if (strlen(options[i].name) == n && strncmp(options[i].name, text, n) == 0)
                        return options[i].flag;
        return 0;
}

static int options_parse(const CodecContext *c, const char *text, unsigned *ret) {
        const unsigned ways = OPEN_FILE_READ_ONLY | OPEN_FILE_APPEND | OPEN_FILE_TRUNCATE;
        unsigned flags = 0;

        while (*text) {
                size_t n = strcspn(text, ",");
                OpenFileFlags flag = option_from_text(text, n);

                if (flag == 0)
                        return codec_refuse(c, "'%.*s' is none of read-only, append, truncate and graceful",
                                            (int)MIN(n, (size_t)60), text);
                if (flags & flag)
                        return codec_refuse(c, "'%.*s' is there twice", (int)n, text);
                flags |= flag;
                text += n + (text[n] == ',');
        }
        if ((flags & ways) & ((flags & ways) - 1))
                return codec_refuse(c, "A file is opened read-only, to append or truncated: one of them");
        *ret = flags;
        return 0;
}

/* "\\xHH" stands for a byte, and nothing else for anything but itself. */
static void unescape(char *s) {
        char *to = s;
        int high, low;

        for (; *s; s++)
                if (s[0] == '\\' && s[1] == 'x' && (high = hex_value(s[2])) >= 0 &&
                    (low = hex_value(s[3])) >= 0 && (high | low) > 0) {
                        *to++ = (char)(high << 4 | low);
                        s += 3;
                } else {
                        *to++ = *s;
                }
        *to = 0;
}

static int read_path(const CodecContext *c, const char *text, size_t n, char **ret) {
        char *path auto_free = strndup(text, n);

        if (!path)
                return -ENOMEM;
        unescape(path);
        if (!path_is_absolute(path) || !path_is_safe(path))
                return -EINVAL;
        path_simplify(path);
        if (str_equal(path, "/"))
                return -EINVAL;
        if (!path_is_normalized(path))
                return codec_refuse(c, "'%.120s' has '..' in it", path);
        *ret = TAKE(path);
        return 0;
}

static int file_parse(const CodecContext *c, const char *text, OpenFile *f) {
        size_t path_length = strcspn(text, ":"), name_length;
        const char *name = text + path_length + (text[path_length] == ':');
        int r;

        r = read_path(c, text, path_length, &f->path);
        if (r != 0)
                return r;
        name_length = strcspn(name, ":");
        f->name = name_length > 0 ? strndup(name, name_length) : strdup(strrchr(f->path, '/') + 1);
        if (!f->name)
                return -ENOMEM;
        if (!fd_name_is_valid(f->name))
                return codec_refuse(c, "'%.120s' cannot be the name of a descriptor", f->name);
        return options_parse(c, name + name_length + (name[name_length] == ':'), &f->flags);
}

static int open_files_parse(const CodecContext *c, const char *value, void *field) {
        ServiceSpec *service = CONTAINER_OF((OpenFile **)field, ServiceSpec, open_files);
        char *text auto_free = NULL;
        OpenFile *v, new = { 0 };
        int r;

        if (value[0] == 0) {
                open_files_release(field);
                return 0;
        }
        r = codec_expand(c, value, &text);
        if (r != 0)
                return r;
        v = realloc(service->open_files, (service->n_open_files + 1) * sizeof(*v));
        if (!v)
                return -ENOMEM;
        service->open_files = v;
        r = file_parse(c, text, &new);
        if (r != 0)
                open_file_release(&new);
        else
                v[service->n_open_files++] = new;
        return r;
}

/* What separates the parts, and what begins an escape. */
static void add_path(const char *path, Buf *b) {
        Buf escaped auto_buf = { 0 };

        for (; *path; path++)
                if (*path == ':' || *path == '\\')
                        buf_addf(&escaped, "\\x%02x", (unsigned char)*path);
                else
                        buf_add_char(&escaped, *path);
        if (escaped.error < 0)
                b->error = escaped.error;
        else if (escaped.len > 0)
                format_literal(escaped.data, b);
}

void open_file_format(const char *path, const char *name, unsigned flags, Buf *b) {
        const char *separator = ":";

        add_path(path, b);
        buf_add(b, ":");
        format_literal(name, b);
        for (size_t i = 0; i < ELEMENTSOF(options); i++)
                if (flags & options[i].flag) {
                        buf_addf(b, "%s%s", separator, options[i].name);
                        separator = ",";
                }
}

static int open_files_format(const Directive *row, const void *field, Buf *b) {
        const ServiceSpec *service = CONTAINER_OF((OpenFile *const *)field, ServiceSpec, open_files);
        size_t start = b->len;

        for (size_t i = 0; i < service->n_open_files; i++) {
                const OpenFile *f = service->open_files + i;

                format_line_break(b, start);
                open_file_format(f->path, f->name, f->flags, b);
        }
        return format_end(b);
}

const Codec codec_open_files = {
        CODEC_OF(open_files),
        .expects = "PATH[:NAME[:OPTION,...]] such as /dev/shm/cache:cache:graceful",
        .lines = true,
        .parse = open_files_parse,
        .format = open_files_format,
        .release = open_files_release,
        .good = SAMPLES("", "/a", "/a:b", "/a//b:c:read-only", "/with blank::append,graceful", "/c\\x3ad:e"),
        .bad = SAMPLES("a", ":b", "/a:b:c", "/a:b:append,truncate", "/a:b:append,append", "/../a", "/"),
};
