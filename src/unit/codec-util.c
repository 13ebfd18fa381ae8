/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "unit/codec-util.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>

#include "unit/spec-parts.h"

#define QUOTED_MAX 120 /* bytes of a bad value that are worth repeating */

/* What a refused value means for the unit. */
static const char *consequence(const CodecContext *c) {
        if (c->forgiven)
                return "it is left out";
        if (c->row->vital)
                return "the unit cannot be used";
        if (c->row->list || !c->row->codec)
                return "it is ignored";
        if (!c->unit || spec_field_is_default(c->unit, c->row))
                return "the default is kept";
        return "the earlier value is kept";
}

/* Where the word stands that is being read. */
static unsigned word_column(const CodecContext *c) {
        const Assignment *a = c->place;

        if (!c->word || !a->value_column || c->word < a->value || c->word > a->value + strlen(a->value))
                return a->value_column;
        return a->value_column + text_column(a->value, (size_t)(c->word - a->value)) - 1;
}

static void say(const CodecContext *c, Severity severity, FindingCode code, const char *text) {
        SourcePlace place = { .key = c->row ? c->row->key : NULL };

        if (!c->spec || !c->row)
                return;
        if (c->place)
                place = (SourcePlace){ .file = c->place->file,
                                       .line = c->place->line,
                                       .column = word_column(c),
                                       .section = c->place->section,
                                       .key = c->place->key };
        report_add_at(c->spec->report, severity, code, &place, "%s", text);
}

const char *codec_expects(const Directive *row) {
        return row->codec ? row->codec->expects : row->syntax->expects;
}

int codec_refuse(const CodecContext *c, const char *format, ...) {
        char what[512], text[640];
        va_list ap;

        va_start(ap, format);
        vsnprintf(what, sizeof(what), format, ap);
        va_end(ap);

        snprintf(text, sizeof(text), "%s; %s.", what, consequence(c));
        say(c, SEVERITY_ERROR, FINDING_BAD_VALUE, text);
        return CODEC_SAID;
}

int codec_refuse_value(const CodecContext *c, const char *value, const char *expects) {
        size_t n = strlen(value);

        if (n == 0)
                return codec_refuse(c, "The value is empty, but must be %s", expects);
        if (n <= QUOTED_MAX)
                return codec_refuse(c, "'%s' is not %s", value, expects);

        for (n = QUOTED_MAX; n > 0 && ((unsigned char)value[n] & 0xc0) == 0x80; n--)
                ; /* not through the middle of a character */
        return codec_refuse(c, "'%.*s...' is not %s", (int)n, value, expects);
}

void codec_note(const CodecContext *c, Severity severity, const char *format, ...) {
        char text[512];
        va_list ap;

        va_start(ap, format);
        vsnprintf(text, sizeof(text), format, ap);
        va_end(ap);
        say(c, severity, FINDING_OLD_FORM, text);
}

int codec_expand(const CodecContext *c, const char *text, char **ret) {
        SpecifierContext specifiers = { 0 };
        int r;

        if (!strchr(text, '%')) {
                *ret = strdup(text);
                return *ret ? 0 : -ENOMEM;
        }

        if (c->spec)
                specifiers = c->spec->specifiers;
        if (!specifiers.unit && c->unit)
                specifiers.unit = c->unit->name;

        r = specifier_expand(&specifiers, text, ret);
        if (r == 0 || r == -ENOMEM)
                return r;
        if (r == -ENXIO)
                return codec_refuse(c, "'%.*s' has a specifier without a value here", QUOTED_MAX, text);
        if (r == -E2BIG)
                return codec_refuse(c, "'%.*s' is too long with its specifiers replaced", QUOTED_MAX, text);
        return codec_refuse(c, "'%.*s' has an unknown specifier (a percent sign is written %%%%)", QUOTED_MAX,
                            text);
}

int codec_expand_path(const CodecContext *c, const char *text, char **ret) {
        char *path auto_free = NULL;
        int r;

        r = codec_expand(c, text, &path);
        if (r != 0)
                return r;
        if (!path_is_absolute(path) || !path_is_safe(path))
                return -EINVAL;

        path_simplify(path);
        if (!path_is_normalized(path))
                return codec_refuse(c, "'%.*s' has '..' in it", QUOTED_MAX, path);
        *ret = TAKE(path);
        return 0;
}

static int handle_word(const CodecContext *c, const char *word, WordHandler handler, void *field) {
        char *text auto_free = NULL;
        int r;

        r = codec_expand(c, word, &text);
        if (r != 0)
                return r;

        r = handler(c, text, field);
        return r == -EINVAL ? codec_refuse_value(c, text, codec_expects(c->row)) : r;
}

int codec_for_each_word(const CodecContext *c, const char *value, WordsFlags flags, WordHandler handler,
                        void *field) {
        const char *p = value;
        int r, result = 0;

        for (;;) {
                CodecContext here = *c;
                char *word auto_free = NULL;

                here.word = p += strspn(p, " \t\n\r");
                r = words_next(&p, flags, &word);
                if (r == 0 || r == -ENOMEM)
                        return r < 0 ? r : result;
                if (r < 0)
                        return codec_refuse(&here, "'%.*s' has an open quote or an unknown escape sequence",
                                            QUOTED_MAX, value);

                r = handle_word(&here, word, handler, field);
                if (r < 0)
                        return r;
                if (r > 0)
                        result = r;
        }
}

void format_literal(const char *text, Buf *b) {
        for (const char *p = text; p && *p; p++) {
                if (*p == '%')
                        buf_add_char(b, '%');
                buf_add_char(b, *p);
        }
}

int format_word(const char *word, Buf *b) {
        Buf literal auto_buf = { 0 };

        if (!strchr(word, '%'))
                return words_quote(word, b);

        format_literal(word, &literal);
        if (literal.error < 0)
                return literal.error;
        return words_quote(literal.data, b);
}

int format_words(char *const *words, Buf *b) {
        const char *separator = "";

        STRV_FOREACH (w, words) {
                int r;

                buf_add(b, separator);
                separator = " ";
                r = format_word(*w, b);
                if (r < 0)
                        return r;
        }
        return format_end(b);
}

void format_line_break(Buf *b, size_t start) {
        if (b->len > start)
                buf_add_char(b, '\n');
}

int format_end(Buf *b) {
        return b->error;
}

void release_string(void *field) {
        char **s = field;

        free(*s);
        *s = NULL;
}

void release_strv(void *field) {
        char ***l = field;

        strv_free(*l);
        *l = NULL;
}

bool path_is_absolute(const char *p) {
        return p && p[0] == '/';
}

bool path_is_safe(const char *p) {
        size_t n = strlen(p);

        if (n == 0 || n >= PATH_MAX)
                return false;
        for (const char *q = p; *q; q++)
                if ((unsigned char)*q < ' ' || *q == 127)
                        return false;
        return true;
}

/* Length of the component at p, which is not a slash. */
static size_t component_length(const char *p) {
        return strcspn(p, "/");
}

bool path_is_normalized(const char *p) {
        while (*p) {
                size_t n;

                p += strspn(p, "/");
                n = component_length(p);
                if ((n == 1 && p[0] == '.') || (n == 2 && p[0] == '.' && p[1] == '.'))
                        return false;
                p += n;
        }
        return true;
}

void path_simplify(char *path) {
        bool absolute = path[0] == '/';
        char *to = path + absolute;
        const char *from = path;
        bool first = true;

        for (;;) {
                size_t n;

                from += strspn(from, "/");
                n = component_length(from);
                if (n == 0)
                        break;
                if (n != 1 || from[0] != '.') {
                        if (!first)
                                *to++ = '/';
                        memmove(to, from, n);
                        to += n;
                        first = false;
                }
                from += n;
        }
        if (to == path && path[0] != 0) /* "." alone */
                *to++ = '.';
        *to = 0;
}

int path_leave_var_run(const CodecContext *c, char **path) {
        const char *rest = str_after(*path, "/var/run/");
        char *better = NULL;
        int r;

        if (!rest)
                return 0;

        r = str_printf(&better, "/run/%s", rest);
        if (r < 0)
                return r;

        codec_note(c, SEVERITY_WARNING, "'%.*s' is an old name of '%.*s', which is used.", QUOTED_MAX, *path,
                   QUOTED_MAX, better);
        free(*path);
        *path = better;
        return 0;
}
