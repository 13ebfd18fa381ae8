/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Credentials: a name, and where it comes from or what it is. The value of
 * SetCredential= stays escaped here; the child decodes it.
 */

#include <errno.h>

#include "unit/codec-util.h"

/* A name of a file, in ASCII and without colons. */
static bool credential_is_valid(const char *s) {
        size_t n = strlen(s);

        if (n == 0 || n > 255 || str_equal(s, ".") || str_equal(s, ".."))
                return false;
        for (const char *p = s; *p; p++)
                if ((unsigned char)*p < ' ' || (unsigned char)*p >= 0x7f || *p == ':' || *p == '/')
                        return false;
        return true;
}

/* The later one of two with the same name counts. Takes `text`. */
static int replace_entry(char ***list, char *text, size_t name) {
        for (char **e = *list; e && *e; e++)
                if (strncmp(*e, text, name) == 0 && ((*e)[name] == 0 || (*e)[name] == ':')) {
                        free(*e);
                        *e = text;
                        return 0;
                }
        return strv_push(list, text);
}

/* "ID", "ID:" or "ID:SOURCE": an absolute path, or the name of a credential that svinit itself got. */
static int load_credential_parse(const CodecContext *c, const char *value, void *field) {
        char *text auto_free = NULL, *colon;
        int r;

        r = codec_expand(c, value, &text);
        if (r != 0)
                return r;
        colon = strchr(text, ':');
        if (colon) {
                *colon = 0;
                if (colon[1] == 0) /* where nothing is said, the source has the name of the credential */
                        colon = NULL;
                else if (path_is_absolute(colon + 1)
                                 ? !path_is_safe(colon + 1) || !path_is_normalized(colon + 1) ||
                                           strstr(colon + 1, "//")
                                 : !credential_is_valid(colon + 1))
                        return -EINVAL;
        }
        if (!credential_is_valid(text))
                return -EINVAL;
        size_t name = strlen(text);
        if (colon)
                *colon = ':';
        return replace_entry(field, TAKE(text), name);
}

/* A pattern of names: what has no slash and a name's length. */
static int import_credential_parse(const CodecContext *c, const char *value, void *field) {
        char *text auto_free = NULL;
        int r;

        r = codec_expand(c, value, &text);
        if (r != 0)
                return r;
        return credential_is_valid(text) ? strv_add_unique(field, text) : -EINVAL;
}

static int set_credential_parse(const CodecContext *c, const char *value, void *field) {
        const char *colon = strchr(value, ':');
        char *name auto_free = NULL, *expanded auto_free = NULL, *text;
        int r;

        if (!colon || colon[1] == 0)
                return -EINVAL;
        name = strndup(value, (size_t)(colon - value));
        if (!name)
                return -ENOMEM;
        r = codec_expand(c, name, &expanded);
        if (r != 0)
                return r;
        if (!credential_is_valid(expanded))
                return -EINVAL;
        r = str_printf(&text, "%s%s", expanded, colon);
        return r < 0 ? r : replace_entry(field, text, strlen(expanded));
}

static int load_credential_format(const Directive *row, const void *field, Buf *b) {
        size_t start = b->len;

        STRV_FOREACH (e, *(char **const *)field) {
                format_line_break(b, start);
                format_literal(*e, b);
        }
        return format_end(b);
}

/* The value has no specifiers: only the name's are doubled. */
static int set_credential_format(const Directive *row, const void *field, Buf *b) {
        size_t start = b->len;

        STRV_FOREACH (e, *(char **const *)field) {
                char *name auto_free = strndup(*e, strcspn(*e, ":"));

                if (!name)
                        return -ENOMEM;
                format_line_break(b, start);
                format_literal(name, b);
                buf_add(b, *e + strlen(name));
        }
        return format_end(b);
}

const Codec codec_load_credential = {
        CODEC_OF(load_credential),
        .expects = "a name, or NAME:PATH such as key:/etc/app/key",
        .empty_resets = true,
        .lines = true,
        .parse = load_credential_parse,
        .format = load_credential_format,
        .release = release_strv,
        .good = SAMPLES("", "key", "key:", "key:/etc/key", "key:other"),
        .bad = SAMPLES("a/b", ":/etc/key", "key:../x", "..", "a:b:c", "key:/a/../b", "\xc3\xa9"),
};

const Codec codec_import_credential = {
        CODEC_OF(import_credential),
        .expects = "a name or a pattern such as app.*",
        .empty_resets = true,
        .lines = true,
        .parse = import_credential_parse,
        .format = load_credential_format,
        .release = release_strv,
        .good = SAMPLES("", "app.*", "key"),
        .bad = SAMPLES("a/*", ".."),
};

const Codec codec_set_credential = {
        CODEC_OF(set_credential),
        .expects = "NAME:VALUE",
        .empty_resets = true,
        .lines = true,
        .parse = set_credential_parse,
        .format = set_credential_format,
        .release = release_strv,
        .good = SAMPLES("", "key:value", "key:two words: and \\x00"),
        .bad = SAMPLES("key", "key:", "a/b:c"),
};
