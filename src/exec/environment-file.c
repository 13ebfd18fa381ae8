/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * EnvironmentFile=, systemd.exec(5). Shell-like text that is no shell: quotes
 * and backslashes are understood, nothing is expanded. The parser works on
 * memory only (and is fuzzed); a bad assignment is dropped, the rest counts.
 */

#include "exec/child.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <unistd.h>

#define ENVIRONMENT_FILE_MAX (4 * 1024 * 1024)

typedef struct Reader {
        const char *p, *end;
} Reader;

static int peek(const Reader *r) {
        return r->p < r->end ? (unsigned char)*r->p : -1;
}

static bool is_blank(int c) {
        return c == ' ' || c == '\t' || c == '\r';
}

static void skip_blanks(Reader *r) {
        while (is_blank(peek(r)))
                r->p++;
}

static void skip_line(Reader *r) {
        while (peek(r) >= 0 && peek(r) != '\n')
                r->p++;
}

/* A comment goes on over a backslash at its end, as systemd reads it. */
static void skip_comment(Reader *r) {
        while (peek(r) >= 0 && peek(r) != '\n') {
                if (peek(r) == '\\' && r->p + 1 < r->end)
                        r->p++;
                r->p++;
        }
}

/* Up to the closing quote or the end of the file; `in_double` knows escapes. */
static void take_quoted(Reader *r, bool in_double, Buf *value) {
        char quote = in_double ? '"' : '\'';

        for (r->p++; peek(r) >= 0 && peek(r) != quote; r->p++) {
                int next = r->p + 1 < r->end ? (unsigned char)r->p[1] : -1;

                if (!in_double || *r->p != '\\' || next < 0) {
                        buf_add_char(value, *r->p);
                        continue;
                }
                r->p++;
                if (next == '\n')
                        continue;
                if (!strchr("\"\\`$", next))
                        buf_add_char(value, '\\');
                buf_add_char(value, (char)next);
        }
        if (peek(r) == quote)
                r->p++;
}

/* Up to the end of the line. Blanks at its end go, unless a backslash or quotes protect them. */
static void take_plain(Reader *r, Buf *value) {
        size_t keep = value->len;

        for (; peek(r) >= 0 && peek(r) != '\n'; r->p++) {
                if (*r->p == '\\') {
                        if (++r->p >= r->end)
                                break;
                        if (*r->p == '\n')
                                continue;
                        buf_add_char(value, *r->p);
                        keep = value->len;
                        continue;
                }
                buf_add_char(value, *r->p);
                if (!is_blank(*r->p))
                        keep = value->len;
        }
        if (value->error >= 0 && value->data && keep < value->len) {
                value->len = keep;
                value->data[keep] = 0;
        }
}

/* After "=": quotes count where the value begins, and again behind a closed pair. */
static void take_value(Reader *r, Buf *value) {
        skip_blanks(r);
        while (peek(r) == '"' || peek(r) == '\'') {
                take_quoted(r, peek(r) == '"', value);
                skip_blanks(r);
        }
        take_plain(r, value);
        if (peek(r) == '\n')
                r->p++;
}

/* The name in front of "=" on this line; false: the line has none. */
static bool take_name(Reader *r, Buf *name) {
        const char *start = r->p, *last;

        while (peek(r) >= 0 && peek(r) != '\n' && peek(r) != '=')
                r->p++;
        if (peek(r) != '=')
                return false;
        for (last = r->p; last > start && is_blank((unsigned char)last[-1]);)
                last--;
        buf_add_n(name, start, (size_t)(last - start));
        r->p++;
        return true;
}

static int add_assignment(const Buf *assignment, char ***env) {
        if (assignment->error < 0)
                return assignment->error;
        if (strlen(assignment->data) != assignment->len || !env_assignment_is_valid(assignment->data))
                return 0;
        return env_set(env, assignment->data);
}

int environment_file_parse(const char *text, size_t n, char ***env) {
        Reader reader = { text, text + n };

        while (peek(&reader) >= 0) {
                Buf assignment auto_buf = { 0 };
                int r;

                skip_blanks(&reader);
                if (peek(&reader) == '#' || peek(&reader) == ';') {
                        skip_comment(&reader);
                        continue;
                }
                if (peek(&reader) == '\n' || !take_name(&reader, &assignment)) {
                        skip_line(&reader);
                        reader.p += peek(&reader) == '\n';
                        continue;
                }
                buf_add_char(&assignment, '=');
                take_value(&reader, &assignment);
                r = add_assignment(&assignment, env);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int load_one(const char *path, char ***env) {
        char *text auto_free = NULL;
        int fd auto_fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
        size_t n = 0, capacity = 0;
        ssize_t got;

        if (fd < 0)
                return -errno;
        do {
                if (array_reserve(&text, &capacity, n + 4096, 1) < 0)
                        return -ENOMEM;
                got = read(fd, text + n, capacity - n);
                if (got < 0 && errno != EINTR)
                        return -errno;
                n += got > 0 ? (size_t)got : 0;
                if (n > ENVIRONMENT_FILE_MAX)
                        return -E2BIG;
        } while (got != 0);
        return environment_file_parse(text, n, env);
}

int environment_file_load(const EnvironmentFile *f, char ***env, ExecContext *c) {
        glob_t found = { 0 };
        int r = 0;

        exec_detail(c, f->path);
        exec_blame(c, "EnvironmentFile");
        switch (glob(f->path, GLOB_BRACE, NULL, &found)) {
        case 0:
                break;
        case GLOB_NOMATCH:
                globfree(&found);
                return f->optional ? 0 : -ENOENT;
        case GLOB_NOSPACE:
                globfree(&found);
                return -ENOMEM;
        default:
                globfree(&found);
                return f->optional ? 0 : -EIO;
        }
        for (size_t i = 0; r >= 0 && i < found.gl_pathc; i++) {
                r = load_one(found.gl_pathv[i], env);
                /* "-" forgives every trouble with the file but none of ours. */
                if (r < 0 && r != -ENOMEM && f->optional)
                        r = 0;
        }
        globfree(&found);
        return r;
}
