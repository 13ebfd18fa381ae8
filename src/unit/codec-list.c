/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Lists of words. Several assignments add up, an empty one starts afresh, and
 * one bad word does not take the good ones with it.
 */

#include <errno.h>
#include <limits.h>

#include "unit/codec-util.h"

/*
 * Words are quoted as words_quote() does, so escapes have to be read. What only
 * looks like one is kept, but for assignments and names of directories, which
 * have escapes in systemd as well.
 */
static WordsFlags list_words(const Codec *codec) {
        bool strict = codec && (codec->id == CODEC_environment || codec->id == CODEC_log_fields ||
                                codec->id == CODEC_directories);

        return WORDS_QUOTES | (strict ? WORDS_UNESCAPE : WORDS_UNESCAPE_RELAX);
}

static int list_parse(const CodecContext *c, const char *value, WordHandler handler, void *field) {
        if (value[0] == 0) {
                release_strv(field);
                return 0;
        }
        return codec_for_each_word(c, value, list_words(c->row->codec), handler, field);
}

static int list_format(const Directive *row, const void *field, Buf *b) {
        return format_words(*(char **const *)field, b);
}

#define LIST_CODEC(name_, expects_, good_, bad_)                                                             \
        static int name_##_parse(const CodecContext *c, const char *value, void *field) {                    \
                return list_parse(c, value, name_##_handle, field);                                          \
        }                                                                                                    \
        const Codec codec_##name_ = {                                                                        \
                CODEC_OF(name_),       .expects = expects_,     .parse = name_##_parse,                      \
                .format = list_format, .release = release_strv, .good = good_,                               \
                .bad = bad_,                                                                                 \
        }

/* "-" (may be missing) and "+" (below the root directory) may stand before a path. */
static int add_path(const CodecContext *c, const char *prefixes, const char *word, void *field) {
        char *text auto_free = strdup(word), *path = text;

        if (!text)
                return -ENOMEM;
        for (const char *p = prefixes; *p; p++)
                path += *path == *p;
        if (!path_is_absolute(path) || !path_is_safe(path))
                return -EINVAL;
        path_simplify(path);
        if (!path_is_normalized(path))
                return codec_refuse(c, "'%.120s' has '..' in it", word);
        return strv_push(field, TAKE(text));
}

/* [-]FROM[:TO[:rbind|norbind]]; the words are checked, and kept as they are for the one who mounts. */
static int add_bind(const CodecContext *c, const char *word, void *field) {
        char *text auto_free = strdup(word), *to, *option;

        if (!text)
                return -ENOMEM;
        to = strchr(text, ':');
        if (to)
                *to++ = 0;
        option = to ? strchr(to, ':') : NULL;
        if (option)
                *option++ = 0;
        if (!path_is_absolute(text + (*text == '-')) || (to && !path_is_absolute(to)))
                return -EINVAL;
        if (!path_is_safe(text) || !path_is_normalized(text) || (to && !path_is_normalized(to)))
                return codec_refuse(c, "'%.120s' has '..' in it", word);
        if (option && *option && !str_equal(option, "rbind") && !str_equal(option, "norbind"))
                return codec_refuse(c, "'%.120s' is neither rbind nor norbind", option);
        return strv_add(field, word);
}

/* PATH[:OPTIONS] */
static int add_temporary(const CodecContext *c, const char *word, void *field) {
        char *path auto_free = strndup(word, strcspn(word, ":"));

        if (!path)
                return -ENOMEM;
        if (!path_is_absolute(path) || !path_is_safe(word))
                return -EINVAL;
        path_simplify(path);
        if (!path_is_normalized(path))
                return codec_refuse(c, "'%.120s' has '..' in it", path);
        return strv_add(field, word);
}

static int paths_handle(const CodecContext *c, const char *word, void *field) {
        if (str_equal(c->row->key, "BindPaths") || str_equal(c->row->key, "BindReadOnlyPaths"))
                return add_bind(c, word, field);
        if (str_equal(c->row->key, "TemporaryFileSystem"))
                return add_temporary(c, word, field);
        if (str_equal(c->row->key, "Symlinks") || str_equal(c->row->key, "X-Watch"))
                return add_path(c, "", word, field);
        return add_path(c, "-+", word, field);
}

LIST_CODEC(paths, "an absolute path such as /var/lib/app, perhaps with - before it",
           SAMPLES("", "/a", "/a /b", "/dev/log:/srv/dev/log", "'/with blank'"),
           SAMPLES("a", "+-/a", "/a b"));

static int environment_handle(const CodecContext *c, const char *word, void *field) {
        return env_assignment_is_valid(word) ? env_set(field, word) : -EINVAL;
}

LIST_CODEC(environment, "an assignment such as NAME=value (with blanks: \"NAME=two words\")",
           SAMPLES("", "A=1", "A=1 B=2", "\"A=1 2\" B=", "A=100%%", "A=a\\x20b"),
           SAMPLES("A", "1A=x", "=x", "'A=1"));

static int variables_handle(const CodecContext *c, const char *word, void *field) {
        bool valid =
                strchr(word, '=') ? env_assignment_is_valid(word) : env_name_is_valid(word, strlen(word));

        if (!valid || (strchr(word, '=') && str_equal(c->row->key, "PassEnvironment")))
                return -EINVAL;
        return strv_add_unique(field, word);
}

LIST_CODEC(variables, "the name of a variable", SAMPLES("", "A", "A B_2"), SAMPLES("1A", "a-b", "="));

/* NULL is "auto"; "none" is alone, as long as nothing follows it. */
static int listen_targets_handle(const CodecContext *c, const char *word, void *field) {
        char ***list = field;
        bool none = *list && str_equal(**list, "none");
        unsigned port;

        if (!str_equal(word, "auto") && !str_equal(word, "none") && !(word[0] == '/' && path_is_safe(word)) &&
            (parse_unsigned(word, &port) < 0 || port == 0 || port > 65535))
                return -EINVAL;
        if (none || str_equal(word, "auto") || str_equal(word, "none")) {
                strv_free(*list);
                *list = NULL;
        }
        return str_equal(word, "auto") ? 0 : strv_add(list, word);
}

LIST_CODEC(listen_targets, "auto, none, or ports and absolute paths",
           SAMPLES("", "none", "3000 3001 /run/web.sock"), SAMPLES("0", "65536", "web", "run/web.sock"));

static int accounts_handle(const CodecContext *c, const char *word, void *field) {
        return account_is_valid(word) ? strv_add(field, word) : -EINVAL;
}

LIST_CODEC(accounts, "a group: a name or a number", SAMPLES("", "adm", "adm ssl-cert 5"),
           SAMPLES("a:b", "4294967295"));

/* Of fnmatch(3); an open bracket would be one of its own. */
static int globs_handle(const CodecContext *c, const char *word, void *field) {
        return word[0] && path_is_safe(word) ? strv_add(field, word) : -EINVAL;
}

LIST_CODEC(globs, "a pattern such as *.tmp or build/*", SAMPLES("", "*.log", ".* 'a b' /build/*"),
           SAMPLES("''"));

/* Patterns of names; NULL is all of them, and a first pattern that is empty none. */
static int pass_handle(const CodecContext *c, const char *word, void *field) {
        static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_*?[]!-";

        return word[0] && strspn(word, allowed) == strlen(word) ? strv_add(field, word) : -EINVAL;
}

static int pass_environment_parse(const CodecContext *c, const char *value, void *field) {
        char **patterns auto_strv = NULL, ***current = field;
        bool all;
        int r = parse_bool(value, &all);

        if (r >= 0)
                r = all ? 0 : strv_add(&patterns, "");
        else
                r = codec_for_each_word(c, value, 0, pass_handle, &patterns);
        if (r != 0)
                return r;
        strv_free(*current);
        *current = TAKE(patterns);
        return 0;
}

static int pass_environment_format(const Directive *row, const void *field, Buf *b) {
        char *const *patterns = *(char **const *)field;

        if (!patterns || !patterns[0][0]) {
                buf_add(b, patterns ? "no" : "yes");
                return format_end(b);
        }
        return format_words(patterns, b);
}

const Codec codec_pass_environment = {
        CODEC_OF(pass_environment),
        .expects = "a boolean, or patterns of names of variables such as APP_* NODE_ENV",
        .empty_resets = true,
        .parse = pass_environment_parse,
        .format = pass_environment_format,
        .release = release_strv,
        .good = SAMPLES("yes", "no", "NODE_ENV", "APP_* TZ LC_[A-Z]*"),
        .bad = SAMPLES("A=b", "APP$"),
};

static bool uri_is_known(const char *s) {
        static const char *const schemes[] = { "http://", "https://", "file:/", "info:", "man:" };

        for (size_t i = 0; i < ELEMENTSOF(schemes); i++) {
                const char *rest = str_after(s, schemes[i]);

                if (rest && *rest)
                        return true;
        }
        return false;
}

static int documentation_handle(const CodecContext *c, const char *word, void *field) {
        return uri_is_known(word) ? strv_add(field, word) : -EINVAL;
}

LIST_CODEC(documentation, "a URI that starts with http://, https://, file:, info: or man:",
           SAMPLES("", "man:nginx(8)", "https://example.org/ file:/usr/share/doc"),
           SAMPLES("nginx(8)", "man:"));

static bool directory_is_valid(const char *name) {
        if (!name[0] || path_is_absolute(name) || !path_is_safe(name) || !path_is_normalized(name))
                return false;
        for (const char *p = name; *p; p += strcspn(p, "/"), p += *p == '/')
                if (strcspn(p, "/") > NAME_MAX)
                        return false;
        /* where the directories of dynamic users stand */
        return !str_equal(name, "private") && !str_starts_with(name, "private/");
}

/* "NAME" or "NAME:LINK", both relative and without "..". */
static int directories_handle(const CodecContext *c, const char *word, void *field) {
        char *name auto_free = strdup(word), *link;

        if (!name)
                return -ENOMEM;
        link = strchr(name, ':');
        if (link) {
                *link = 0; /* for the look at the name */
                if (str_equal(c->row->key, "ConfigurationDirectory") || !directory_is_valid(link + 1) ||
                    strchr(link + 1, ':'))
                        return -EINVAL;
        }
        if (!directory_is_valid(name))
                return -EINVAL;
        if (link)
                *link = ':';
        else
                path_simplify(name);
        return strv_add_unique(field, name);
}

LIST_CODEC(directories, "a relative path without .. such as app or app/data",
           SAMPLES("", "app", "a b/c", "app/"),
           SAMPLES("/run/app", "../app", "a/../b", "private", "private/a"));

/* The journal keeps names that start with an underscore for itself. */
static bool field_name_is_valid(const char *s, size_t n) {
        if (n == 0 || n > 64 || s[0] == '_' || (s[0] >= '0' && s[0] <= '9'))
                return false;
        for (size_t i = 0; i < n; i++)
                if (!((s[i] >= 'A' && s[i] <= 'Z') || (s[i] >= '0' && s[i] <= '9') || s[i] == '_'))
                        return false;
        return true;
}

static int log_fields_handle(const CodecContext *c, const char *word, void *field) {
        const char *equals = strchr(word, '=');

        if (!equals || !field_name_is_valid(word, (size_t)(equals - word)))
                return -EINVAL;
        return strv_add(field, word);
}

LIST_CODEC(log_fields, "a journal field such as NAME=value", SAMPLES("", "A=1", "APP_1='x y'", "'A=1 2' B=3"),
           SAMPLES("A", "_A=1", "a=1", "1A=x"));

/* ExecSearchPath=: directories between colons. */
static int search_path_parse(const CodecContext *c, const char *value, void *field) {
        char *text auto_free = NULL;
        char *save = NULL;
        int r, result = 0;

        if (value[0] == 0) {
                release_strv(field);
                return 0;
        }

        r = codec_expand(c, value, &text);
        if (r != 0)
                return r;

        for (char *dir = strtok_r(text, ":", &save); dir; dir = strtok_r(NULL, ":", &save)) {
                if (!path_is_absolute(dir) || !path_is_safe(dir)) {
                        result = codec_refuse_value(c, dir, codec_expects(c->row));
                        continue;
                }
                path_simplify(dir);
                if (!path_is_normalized(dir)) {
                        result = codec_refuse(c, "'%.120s' has '..' in it", dir);
                        continue;
                }
                r = strv_add_unique(field, dir);
                if (r < 0)
                        return r;
        }
        return result;
}

static int search_path_format(const Directive *row, const void *field, Buf *b) {
        const char *separator = "";

        STRV_FOREACH (dir, *(char **const *)field) {
                buf_add(b, separator);
                format_literal(*dir, b);
                separator = ":";
        }
        return format_end(b);
}

const Codec codec_search_path = {
        CODEC_OF(search_path),
        .expects = "an absolute directory such as /opt/app/bin",
        .parse = search_path_parse,
        .format = search_path_format,
        .release = release_strv,
        .good = SAMPLES("", "/bin", "/opt/app/bin:/usr/bin/"),
        .bad = SAMPLES("bin", "/bin:sbin"),
};
