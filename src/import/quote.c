/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Text into the syntax of unit files, systemd.syntax(7) and systemd.service(5) "COMMAND LINES". */

#include "conf/words.h"
#include "import/draft.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

static void add_doubled(Buf *b, const char *s) {
        while (*s) {
                const char *after = str_after(s, DRAFT_INSTANCE);

                if (after) {
                        buf_add(b, "%i");
                        s = after;
                        continue;
                }
                if (*s == '%')
                        buf_add_char(b, '%');
                buf_add_char(b, *s++);
        }
}

int draft_quote(const char *word, bool always, Buf *b) {
        Buf quoted auto_buf = { 0 };
        bool bare;
        int r;

        if (!str_is_utf8(word, strlen(word)))
                return -EINVAL;
        r = words_quote(word, &quoted);
        if (r < 0)
                return r;
        bare = quoted.data[0] != '"' && (always || str_equal(word, ";"));
        buf_add(b, bare ? "\"" : "");
        add_doubled(b, quoted.data);
        buf_add(b, bare ? "\"" : "");
        return b->error;
}

/* Takes what draft_quote() and others have to say about a key. */
static bool put(Draft *d, int r, const char *section, const char *key, const Buf *b) {
        if (r >= 0 && b->error >= 0)
                return draft_set(d, section, key, b->data ?: "");
        if (r == -EINVAL)
                draft_drop(d, "%s=, which is not UTF-8", key);
        else
                d->import->error = -ENOMEM;
        return false;
}

bool draft_text(Draft *d, const char *section, const char *key, const char *text) {
        Buf b auto_buf = { 0 };

        add_doubled(&b, text);
        return put(d, 0, section, key, &b);
}

bool draft_words(Draft *d, const char *section, const char *key, char *const *words) {
        Buf b auto_buf = { 0 };
        int r = 0;

        for (size_t i = 0; words && words[i] && r >= 0; i++) {
                buf_add(&b, i > 0 ? " " : "");
                r = draft_quote(words[i], false, &b);
        }
        return put(d, r, section, key, &b);
}

bool draft_environment(Draft *d, const char *section, const char *name, const char *value) {
        char *assignment auto_free = NULL;
        Buf b auto_buf = { 0 };

        if (!env_name_is_valid(name, strlen(name))) {
                draft_drop(d, "the variable '%s', which is no name for one", name);
                return false;
        }
        if (str_printf(&assignment, "%s=%s", name, value) < 0) {
                d->import->error = -ENOMEM;
                return false;
        }
        return put(d, draft_quote(assignment, false, &b), section, "Environment", &b);
}

bool draft_command(Draft *d, const char *key, char *const *argv) {
        Buf b auto_buf = { 0 };
        bool dollar = false;
        int r = 0;

        STRV_FOREACH (a, argv)
                dollar = dollar || strchr(*a, '$');
        if (dollar)
                buf_add_char(&b, ':');
        for (size_t i = 0; argv && argv[i] && r >= 0; i++) {
                buf_add(&b, i > 0 ? " " : "");
                r = draft_quote(argv[i], false, &b);
        }
        return put(d, r, "Service", key, &b);
}

bool draft_shell(Draft *d, const char *key, const char *command) {
        return draft_command(d, key, (char *[]){ "/bin/sh", "-c", (char *)command, NULL });
}

/* One part of a path more, or, for "..", one less; b is without a slash at its end. */
static void add_part(Buf *b, const char *part, size_t n) {
        if (n == 2 && memcmp(part, "..", 2) == 0) {
                while (b->len > 0 && b->data[--b->len] != '/')
                        continue;
                if (b->data)
                        b->data[b->len] = 0;
        } else if (n > 0 && !(n == 1 && part[0] == '.')) {
                buf_add_char(b, '/');
                buf_add_n(b, part, n);
        }
}

static void add_parts(Buf *b, const char *path) {
        while (*path) {
                size_t n = strcspn(path, "/");

                add_part(b, path, n);
                path += n + (path[n] == '/');
        }
}

int import_absolute(const char *directory, const char *path, char **ret) {
        Buf b auto_buf = { 0 };

        if (path[0] != '/')
                add_parts(&b, directory);
        add_parts(&b, path);
        if (b.len == 0)
                buf_add_char(&b, '/');
        return buf_take(&b, ret);
}

int import_find_program(const char *name, char **ret) {
        const char *path = getenv("PATH") ?: "/usr/local/bin:/usr/bin:/bin";

        while (!strchr(name, '/') && *path) {
                size_t n = strcspn(path, ":");
                char *candidate auto_free = NULL;

                if (str_printf(&candidate, "%.*s/%s", (int)n, path, name) < 0)
                        return -ENOMEM;
                if (path[0] == '/' && access(candidate, X_OK) == 0) {
                        *ret = TAKE(candidate);
                        return 0;
                }
                path += n + (path[n] == ':');
        }
        return str_printf(ret, "%s", name);
}
