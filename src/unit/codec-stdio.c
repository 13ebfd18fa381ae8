/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * StandardInput=, StandardOutput=, StandardError= and the data that may stand
 * in the unit itself. All of them fill one StdIo; the row's detail tells
 * output (0) from error (1).
 */

#include <errno.h>

#include "unit/codec-util.h"

#define INPUT_DATA_MAX (64 * 1024 * 1024) /* bytes; as systemd */

static void stdio_release(void *field) {
        StdIo *io = field;

        release_string(&io->input_file);
        release_string(&io->output_file);
        release_string(&io->error_file);
        release_string(&io->input_data);
        io->input_data_len = 0;
}

/* Most of its values are words without a file. */
static bool stdio_owns(const void *field) {
        const StdIo *io = field;

        return io->input_file || io->output_file || io->error_file || io->input_data;
}

/* What stands behind "fd:", or the name that the descriptor has without one. */
static int fd_name_parse(const CodecContext *c, const char *rest, char **ret) {
        int r;

        if (!rest) {
                *ret = NULL;
                return 0;
        }
        r = codec_expand(c, rest, ret);
        if (r == 0 && ((*ret)[0] == 0 || strlen(*ret) > 255 || strpbrk(*ret, ": \t\n"))) {
                release_string(ret);
                return -EINVAL;
        }
        return r;
}

static int std_input_parse(const CodecContext *c, const char *value, void *field) {
        const char *rest;
        StdIo *io = field;
        char *name = NULL;
        int v, r = 0;

        if ((rest = str_after(value, "fd:")) || str_equal(value, "fd")) {
                v = INPUT_NAMED_FD;
                r = fd_name_parse(c, rest, &name);
        } else if ((rest = str_after(value, "file:"))) {
                v = INPUT_FILE;
                r = codec_expand_path(c, rest, &name);
        } else {
                v = std_input_from_string(value);
                if (v < 0 || v == INPUT_FILE)
                        return -EINVAL;
        }
        if (r != 0)
                return r;

        free(io->input_file);
        io->input_file = name;
        io->input = (StdInput)v;
        return 0;
}

static void format_named(const char *word, const char *name, Buf *b) {
        buf_add(b, word);
        if (!name)
                return;
        buf_add_char(b, ':');
        format_literal(name, b);
}

static int std_input_format(const Directive *row, const void *field, Buf *b) {
        const StdIo *io = field;

        format_named(std_input_to_string(io->input), io->input_file, b);
        return format_end(b);
}

const Codec codec_std_input = {
        CODEC_OF(std_input),
        .expects = "one of null, tty, tty-force, tty-fail, socket, data, fd:NAME, file:/PATH",
        .parse = std_input_parse,
        .format = std_input_format,
        .release = stdio_release,
        .owns = stdio_owns,

        .good = SAMPLES("null", "tty", "socket", "data", "fd", "fd:web", "file:/dev/zero"),
        .bad = SAMPLES("", "file", "file:a", "fd:", "fd:a b", "stdin"),
};

static const struct {
        const char *prefix;
        StdOutput output;
} output_files[] = {
        { "file:", OUTPUT_FILE },
        { "append:", OUTPUT_APPEND },
        { "truncate:", OUTPUT_TRUNCATE },
};

/* Names that systemd once had and still reads. */
static int output_from_word(const CodecContext *c, const char *value) {
        const char *today = NULL;
        int v;

        if (str_equal(value, "syslog"))
                today = "journal";
        else if (str_equal(value, "syslog+console"))
                today = "journal+console";
        if (today)
                codec_note(c, SEVERITY_WARNING, "'%s' is an old name of '%s', which is used.", value, today);

        v = std_output_from_string(today ? today : value);
        return v >= OUTPUT_FILE ? -1 : v; /* those need a path */
}

static int output_parse(const CodecContext *c, const char *value, StdOutput *ret, char **ret_name) {
        const char *rest;
        int v;

        for (size_t i = 0; i < ELEMENTSOF(output_files); i++) {
                rest = str_after(value, output_files[i].prefix);
                if (rest) {
                        *ret = output_files[i].output;
                        return codec_expand_path(c, rest, ret_name);
                }
        }

        rest = str_after(value, "fd:");
        if (rest) {
                *ret = OUTPUT_NAMED_FD;
                return fd_name_parse(c, rest, ret_name);
        }

        v = output_from_word(c, value);
        if (v < 0)
                return -EINVAL;
        *ret = (StdOutput)v;
        return 0;
}

static int std_output_parse(const CodecContext *c, const char *value, void *field) {
        StdIo *io = field;
        char **name = c->row->detail == 1 ? &io->error_file : &io->output_file;
        StdOutput output = OUTPUT_INHERIT;
        char *new_name = NULL;
        int r;

        r = output_parse(c, value, &output, &new_name);
        if (r != 0)
                return r;

        free(*name);
        *name = new_name;
        *(c->row->detail == 1 ? &io->error : &io->output) = output;
        return 0;
}

static int std_output_format(const Directive *row, const void *field, Buf *b) {
        const StdIo *io = field;

        if (row->detail == 1)
                format_named(std_output_to_string(io->error), io->error_file, b);
        else
                format_named(std_output_to_string(io->output), io->output_file, b);
        return format_end(b);
}

const Codec codec_std_output = {
        CODEC_OF(std_output),
        .expects =
                "one of inherit, null, tty, journal, kmsg, journal+console, kmsg+console, socket, fd:NAME, "
                "file:/PATH, append:/PATH, truncate:/PATH",
        .parse = std_output_parse,
        .format = std_output_format,
        .release = stdio_release,
        .owns = stdio_owns,

        .good = SAMPLES("inherit", "null", "journal+console", "syslog", "append:/var/log/a", "truncate:/a",
                        "file:/a//b", "fd:web", "fd"),
        .bad = SAMPLES("", "append", "file:a", "stdout", "append:"),
};

static int input_append(StdIo *io, const char *data, size_t n) {
        char *more;

        if (n > INPUT_DATA_MAX - io->input_data_len)
                return -E2BIG;
        more = realloc(io->input_data, io->input_data_len + n + 1);
        if (!more)
                return -ENOMEM;
        memcpy(more + io->input_data_len, data, n);
        more[io->input_data_len + n] = 0;
        io->input_data = more;
        io->input_data_len += n;
        return 0;
}

static void input_clear(StdIo *io) {
        release_string(&io->input_data);
        io->input_data_len = 0;
}

/* Escapes are those of words, but the blanks between the words count too. */
static int unescape(const char *value, Buf *b) {
        for (const char *p = value; *p;) {
                size_t blanks = strspn(p, " \t"), n = strcspn(p + blanks, " \t");
                char *raw auto_free = NULL, *word auto_free = NULL;
                const char *q;
                int r;

                buf_add_n(b, p, blanks);
                p += blanks;
                if (n == 0)
                        break;

                q = raw = strndup(p, n);
                if (!raw)
                        return -ENOMEM;
                r = words_next(&q, WORDS_UNESCAPE, &word);
                if (r < 0)
                        return r;
                buf_add(b, word ? word : "");
                p += n;
        }
        return b->error;
}

/* A newline ends each assignment. */
static int input_text_parse(const CodecContext *c, const char *value, void *field) {
        Buf plain auto_buf = { 0 };
        char *text auto_free = NULL, *line auto_free = NULL;
        int r;

        if (value[0] == 0) {
                input_clear(field);
                return 0;
        }

        r = unescape(value, &plain);
        if (r < 0)
                return r;
        r = codec_expand(c, plain.data, &text);
        if (r != 0)
                return r;
        r = str_printf(&line, "%s\n", text);
        if (r < 0)
                return r;

        r = input_append(field, line, strlen(line));
        return r == -E2BIG ? codec_refuse(c, "The text is longer than 64 MiB") : r;
}

/* Written back as StandardInputData=, which can hold any byte. */
static int input_text_format(const Directive *row, const void *field, Buf *b) {
        return format_end(b);
}

const Codec codec_input_text = {
        CODEC_OF(input_text),
        .expects = "a text with escapes such as \\n and \\t only",
        .parse = input_text_parse,
        .format = input_text_format,
        .release = stdio_release,
        .owns = stdio_owns,
        .good = SAMPLES("", "hello  world", "a\\tb", "100%%"),
        .bad = SAMPLES("\\q", "%9"),
};

static const char base64_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* Blanks may stand anywhere, the padding only at the end. */
int base64_decode(const char *s, char *out, size_t *ret) {
        size_t n = 0, digits = 0, padding = 0;
        uint32_t bits = 0;

        for (; *s; s++) {
                const char *digit = strchr(base64_digits, *s);

                if (*s == ' ' || *s == '\t')
                        continue;
                if (*s == '=') {
                        padding++;
                        continue;
                }
                if (!digit || padding > 0)
                        return -EINVAL;
                bits = bits << 6 | (uint32_t)(digit - base64_digits);
                if (++digits % 4 == 0) {
                        out[n++] = (char)(bits >> 16);
                        out[n++] = (char)(bits >> 8);
                        out[n++] = (char)bits;
                }
        }
        if (padding > 2 || (digits + padding) % 4 != 0)
                return -EINVAL;
        if (digits % 4 >= 2)
                out[n++] = (char)(digits % 4 == 2 ? bits >> 4 : bits >> 10);
        if (digits % 4 == 3)
                out[n++] = (char)(bits >> 2);
        *ret = n;
        return 0;
}

static void base64_encode(const char *data, size_t n, Buf *b) {
        for (size_t i = 0; i < n; i += 3) {
                size_t left = n - i;
                uint32_t bits = (uint32_t)(uint8_t)data[i] << 16;

                if (left > 1)
                        bits |= (uint32_t)(uint8_t)data[i + 1] << 8;
                if (left > 2)
                        bits |= (uint8_t)data[i + 2];
                buf_add_char(b, base64_digits[bits >> 18]);
                buf_add_char(b, base64_digits[bits >> 12 & 63]);
                buf_add_char(b, left > 1 ? base64_digits[bits >> 6 & 63] : '=');
                buf_add_char(b, left > 2 ? base64_digits[bits & 63] : '=');
        }
}

static int input_data_parse(const CodecContext *c, const char *value, void *field) {
        char *data auto_free = NULL;
        size_t n = 0;
        int r;

        if (value[0] == 0) {
                input_clear(field);
                return 0;
        }

        data = malloc(strlen(value) + 3);
        if (!data)
                return -ENOMEM;
        r = base64_decode(value, data, &n);
        if (r < 0)
                return r;
        r = input_append(field, data, n);
        return r == -E2BIG ? codec_refuse(c, "The data is longer than 64 MiB") : r;
}

static int input_data_format(const Directive *row, const void *field, Buf *b) {
        const StdIo *io = field;

        base64_encode(io->input_data, io->input_data_len, b);
        return format_end(b);
}

const Codec codec_input_data = {
        CODEC_OF(input_data),
        .expects = "base64 data",
        .parse = input_data_parse,
        .format = input_data_format,
        .release = stdio_release,
        .owns = stdio_owns,

        .good = SAMPLES("", "aGVsbG8=", "aGVs bG8K", "YQ==", "YWI="),
        .bad = SAMPLES("a", "a===", "YQ==YQ==", "*"),
};
