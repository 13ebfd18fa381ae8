/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/unit-file.h"

#include "conf/lines.h"

#include <errno.h>
#include <ini.h>
#include <stdio.h>

#define KEY_MAX 64 /* bytes of a key that inih gets to see */

/*
 * inih splits lines in ways of its own: at a colon, at " ;", at blanks in
 * front, and after 199 bytes. So it gets "[LINE]" for a header and "Key=LINE"
 * for an assignment, and what stands in the file waits here until the handler
 * is called with that number.
 */
typedef struct Reader {
        Lines lines;
        const char *file;
        AssignmentHandler handler;
        SectionHandler on_section; /* NULL: none */
        void *userdata;
        Report *report;
        char *section;           /* owned; NULL before the first header */
        unsigned section_line;   /* of that header, as inih knows it */
        bool skipping;           /* the lines of this section */
        bool pending;            /* key and value wait for inih's call */
        const char *key, *value; /* borrowed from lines */
        int error;
} Reader;

unsigned text_column(const char *text, size_t n) {
        unsigned column = 1;

        for (size_t i = 0; i < n; i++)
                column += ((unsigned char)text[i] & 0xc0) != 0x80;
        return column;
}

/* Where this part of the logical line stands. */
static unsigned column_of(const Reader *r, const char *part) {
        const char *line = r->lines.logical.data;

        return r->lines.joined ? 0 : text_column(line, (size_t)(part - line));
}

static void say(Reader *r, Severity severity, const char *line, const char *text) {
        const SourcePlace place = {
                .file = r->file, .line = r->lines.number, .column = column_of(r, line), .section = r->section
        };

        report_add_at(r->report, severity, FINDING_SYNTAX, &place, "%s", text);
}

static bool is_control(char c) {
        return (unsigned char)c < ' ' || c == 0x7f;
}

static int begin_section(Reader *r, const char *line) {
        const SourcePlace header = {
                .file = r->file, .line = r->lines.number, .column = column_of(r, line), .section = r->section
        };
        int result;

        r->section_line = r->lines.number;
        if (!r->on_section)
                return 0;
        result = r->on_section(&header, r->userdata);
        r->skipping = result > 0;
        return result < 0 ? result : 0;
}

static int read_header(Reader *r, char *line) {
        size_t n = strlen(line);
        int error;

        if (n < 2 || line[n - 1] != ']') {
                say(r, SEVERITY_ERROR, line, "Section header without ']' at its end; the file is not used.");
                return -EBADMSG;
        }
        line[n - 1] = 0;
        line++;
        for (const char *p = line; *p; p++)
                if (is_control(*p) || strchr("\"'\\", *p)) {
                        say(r, SEVERITY_ERROR, p,
                            "Quote, backslash or control character in a section header; the file is not "
                            "used.");
                        return -EBADMSG;
                }
        error = str_replace(&r->section, line);
        return error < 0 ? error : begin_section(r, line - 1);
}

/* Takes the line apart where it stands. False: it is none, which was said. */
static bool read_assignment(Reader *r, char *line) {
        char *equals = strchr(line, '=');

        if (!r->section) {
                say(r, SEVERITY_WARNING, line, "Line before the first [section] header; ignored.");
                return false;
        }
        if (!equals) {
                say(r, SEVERITY_WARNING, line, "No '=' in this line, expected Key=value; ignored.");
                return false;
        }
        if (equals == line) {
                say(r, SEVERITY_WARNING, line, "No key before the '=', expected Key=value; ignored.");
                return false;
        }
        *equals = 0;
        r->key = str_strip(line);
        r->value = str_strip(equals + 1);
        r->pending = true;
        return true;
}

/* The key as inih may see it. */
static const char *key_for_inih(const char *key) {
        size_t n = 0;

        while (char_is_alnum(key[n]) || (key[n] != 0 && strchr("._-", key[n])))
                n++;
        return n > 0 && n <= KEY_MAX && key[n] == 0 ? key : "?";
}

/* One logical line into the words for inih: their length, 0 when there is nothing for it, or an error. */
static int read_logical(Reader *r, char *words, size_t size) {
        char *line = str_strip(r->lines.logical.data);
        int n;

        if (*line == 0)
                return 0;
        if (!str_is_utf8(line, strlen(line))) {
                say(r, SEVERITY_ERROR, line, "This line is not UTF-8; the file is not used.");
                return -EINVAL;
        }
        if (*line == '[') {
                int error = read_header(r, line);

                if (error < 0)
                        return error;
                n = snprintf(words, size, "[%u]\n", r->lines.number);
        } else if (!r->skipping && read_assignment(r, line))
                n = snprintf(words, size, "%s=%u\n", key_for_inih(r->key), r->lines.number);
        else
                return 0;
        return n < 0 || (size_t)n >= size ? -EIO : n;
}

static int read_words(Reader *r, char *words, size_t size) {
        int n;

        /* inih has dropped an assignment: rather no file than half of one. */
        ENSURE(!r->pending, -EIO);
        do {
                n = lines_next(&r->lines);
                if (n == -ENOBUFS)
                        say(r, SEVERITY_ERROR, r->lines.logical.data,
                            "This line is longer than 1 MiB; the file is not used.");
                if (n <= 0)
                        return n;
                n = read_logical(r, words, size);
        } while (n == 0);
        return n < 0 ? n : 1;
}

/* In the manner of fgets(), as inih wants it. */
static char *on_read(char *words, int size, void *stream) {
        Reader *r = stream;
        int n;

        if (r->error < 0)
                return NULL;
        n = read_words(r, words, size > 0 ? (size_t)size : 0);
        if (n < 0)
                r->error = n;
        return n > 0 ? words : NULL;
}

static bool is_number(const char *text, unsigned number) {
        unsigned v;

        return parse_unsigned(text, &v) == 0 && v == number;
}

static int handle(Reader *r, const char *section, const char *key, const char *value) {
        ENSURE(r->pending && str_equal(key, key_for_inih(r->key)), -EIO);
        ENSURE(is_number(value, r->lines.number) && is_number(section, r->section_line), -EIO);

        r->pending = false;
        return r->handler(&(Assignment){ .section = r->section,
                                         .key = r->key,
                                         .value = r->value,
                                         .file = r->file,
                                         .line = r->lines.number,
                                         .key_column = column_of(r, r->key),
                                         .value_column = column_of(r, r->value) },
                          r->userdata);
}

/* Always 1: what inih does after a failure depends on how it was built. The reader ends the file instead. */
static int on_assignment(void *userdata, const char *section, const char *key, const char *value) {
        Reader *r = userdata;
        int error;

        /* Some builds call for headers as well. */
        if (!key || !value || r->error < 0)
                return 1;
        error = handle(r, section, key, value);
        if (error < 0)
                r->error = error;
        return 1;
}

int unit_file_parse_sections(const char *file, Text text, SectionHandler on_section,
                             AssignmentHandler handler, void *userdata, Report *report) {
        Reader r = { .file = file,
                     .on_section = on_section,
                     .handler = handler,
                     .userdata = userdata,
                     .report = report };
        int inih;

        lines_init(&r.lines, text);
        inih = ini_parse_stream(on_read, &r, on_assignment, &r);
        if (r.error == 0 && inih == -2)
                r.error = -ENOMEM;
        else if (r.error == 0 && (inih != 0 || r.pending))
                r.error = -EIO;
        free(r.section);
        lines_release(&r.lines);
        return r.error;
}

int unit_file_parse(const char *file, Text text, AssignmentHandler handler, void *userdata, Report *report) {
        return unit_file_parse_sections(file, text, NULL, handler, userdata, report);
}
