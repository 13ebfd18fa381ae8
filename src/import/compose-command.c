/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "import/compose.h"

#include <errno.h>
#include <stdlib.h>

static void failed(ComposeService *s, int r) {
        if (s->all->import->error >= 0)
                s->all->import->error = r;
}

/* A list as it is, a text as the words of it. */
static int read_words(ComposeService *s, const char *key, char ***ret) {
        Node *n = map_get(&s->all->tree, s->node, key);
        char *text auto_free = NULL;
        int r;

        if (node_kind(n) == NODE_LIST)
                r = compose_texts(s->all, n, ret);
        else
                r = compose_text(s->all, n, &text);
        if (r >= 0 && text)
                r = import_split(text, ret);
        if (r == -EINVAL) {
                draft_drop(s->draft, "%s (line %u), in which a quote is open, or which is no list of words",
                           key, node_line(n));
                return 0;
        }
        return r;
}

bool compose_has_command(ComposeService *s) {
        Node *command = map_get(&s->all->tree, s->node, "command"),
             *entrypoint = map_get(&s->all->tree, s->node, "entrypoint");

        return node_text(command) || list_length(command) > 0 || node_text(entrypoint) ||
               list_length(entrypoint) > 0;
}

void compose_write_command(ComposeService *s) {
        char **argv auto_strv = NULL, **rest auto_strv = NULL, *program;
        int r = read_words(s, "entrypoint", &argv);

        if (r >= 0 && !map_get(&s->all->tree, s->node, "entrypoint"))
                draft_remark(s->draft, "if its image has an ENTRYPOINT, that comes before the command");
        if (r >= 0)
                r = read_words(s, "command", &rest);
        if (r >= 0)
                r = strv_add_all(&argv, rest);
        if (r >= 0 && argv && (r = import_find_program(argv[0], &program)) >= 0) {
                free(argv[0]);
                argv[0] = program;
                draft_command(s->draft, "ExecStart", argv);
        }
        if (r < 0)
                failed(s, r);
}

/* A name without a value has that of .env or of the caller; else it is passed on. */
static void add_variable(ComposeService *s, const char *name, const char *value) {
        if (!value)
                value = env_get(s->all->variables, name, strlen(name));
        if (value)
                draft_environment(s->draft, "Service", name, value);
        else
                draft_words(s->draft, "Service", "PassEnvironment", (char *[]){ (char *)name, NULL });
}

static int add_pair(ComposeService *s, const char *pair) {
        const char *equals = strchr(pair, '=');
        char *name auto_free = strndup(pair, equals ? (size_t)(equals - pair) : strlen(pair));

        if (!name)
                return -ENOMEM;
        add_variable(s, name, equals ? equals + 1 : NULL);
        return 0;
}

void compose_take_environment(ComposeService *s, Node *n) {
        Map m __attribute__((cleanup(map_release))) = { 0 };
        char **pairs auto_strv = NULL;
        int r = 0;

        if (node_kind(n) == NODE_LIST)
                r = compose_texts(s->all, n, &pairs);
        else
                r = map_read(&s->all->tree, n, &m);
        if (r == -EINVAL)
                draft_drop(s->draft, "environment (line %u), which is neither a map nor a list of NAME=VALUE",
                           node_line(n));
        for (size_t i = 0; pairs && pairs[i] && r >= 0; i++)
                r = add_pair(s, pairs[i]);
        for (size_t i = 0; i < m.n && r >= 0; i++) {
                char *value auto_free = NULL;

                r = compose_text(s->all, m.v[i].value, &value);
                if (r >= 0)
                        add_variable(s, m.v[i].key, value);
        }
        if (r < 0 && r != -EINVAL)
                failed(s, r);
}

static void add_env_file(ComposeService *s, Node *n) {
        char *file auto_free = NULL, *path auto_free = NULL, *value auto_free = NULL;
        Node *named = node_kind(n) == NODE_MAP ? map_get(&s->all->tree, n, "path") : n;
        bool required = true;
        int r = compose_text(s->all, named, &file);

        (void)node_bool(map_get(&s->all->tree, n, "required"), &required);
        if (r >= 0 && file)
                r = import_absolute(s->all->directory, file, &path);
        if (r >= 0 && path)
                r = str_printf(&value, "%s%s", required ? "" : "-", path);
        if (r >= 0 && value)
                draft_text(s->draft, "Service", "EnvironmentFile", value);
        if (r < 0)
                failed(s, r);
}

void compose_take_env_file(ComposeService *s, Node *n) {
        if (node_kind(n) != NODE_LIST)
                add_env_file(s, n);
        for (size_t i = 0; i < list_length(n); i++)
                add_env_file(s, list_at(&s->all->tree, n, i));
}

/* "CMD" and words, "CMD-SHELL" and one text, or only that text. */
static int format_check(ComposeService *s, Node *test, Buf *b) {
        char **words auto_strv = NULL;
        int r = compose_texts(s->all, test, &words);

        if (r < 0 || !words || str_equal(words[0], "NONE"))
                return r < 0 ? r : -ENODATA;
        buf_add(b, "exec:");
        if (node_kind(test) != NODE_LIST || str_equal(words[0], "CMD-SHELL")) {
                buf_add(b, "/bin/sh -c ");
                return draft_quote(words[node_kind(test) == NODE_LIST] ?: "", true, b);
        }
        for (size_t i = 1; words[i] && r >= 0; i++) {
                char *program auto_free = NULL;

                buf_add(b, i > 1 ? " " : "");
                if (i == 1)
                        r = import_find_program(words[1], &program);
                if (r >= 0)
                        r = draft_quote(program ?: words[i], false, b);
        }
        return r;
}

void compose_take_healthcheck(ComposeService *s, Node *n) {
        static const struct {
                const char *theirs, *ours;
        } others[] = { { "interval", "X-HealthIntervalSec" },
                       { "timeout", "X-HealthTimeoutSec" },
                       { "retries", "X-HealthFailures" },
                       { "start_period", "X-HealthStartSec" } };
        bool disabled = false;
        Buf b auto_buf = { 0 };
        int r;

        if (node_bool(map_get(&s->all->tree, n, "disable"), &disabled) >= 0 && disabled)
                return;
        r = format_check(s, map_get(&s->all->tree, n, "test"), &b);
        if (r == -ENODATA)
                return;
        if (r == -EINVAL)
                draft_drop(s->draft, "healthcheck (line %u), whose test is no command", node_line(n));
        else if (r < 0 || b.error < 0)
                failed(s, -ENOMEM);
        else if (draft_set(s->draft, "Service", "X-HealthCheck", b.data))
                for (size_t i = 0; i < ELEMENTSOF(others); i++)
                        compose_set_text(s, others[i].ours, map_get(&s->all->tree, n, others[i].theirs));
}
