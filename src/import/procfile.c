/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Procfiles, as foreman and its kin read them: NAME: COMMAND on each line, run
 * by a shell in the directory of the file, each with a $PORT of its own; and
 * the variables of .env beside it.
 *
 * The nth process gets PORT + n * 100, PORT being that of .env, or 5000.
 */

#include "import/formats.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define PORT_FIRST 5000U
#define PORT_STEP 100U

typedef struct Procfile {
        Import *import;
        char *directory;    /* owned */
        char **environment; /* owned; of .env */
        unsigned n, port;
} Procfile;

static bool is_name(const char *s, size_t n) {
        for (size_t i = 0; i < n; i++)
                if (!isalnum((unsigned char)s[i]) && s[i] != '_' && s[i] != '-')
                        return false;
        return n > 0;
}

/* Single quotes: as it stands. Double quotes: \n is a newline, and a backslash goes away before anything else. */
static int unquote(const char *value, char **ret) {
        size_t n = strlen(value);
        Buf b auto_buf = { 0 };

        if (n < 2 || (value[0] != '"' && value[0] != '\'') || value[n - 1] != value[0])
                return str_printf(ret, "%s", value);
        for (size_t i = 1; i < n - 1; i++) {
                if (value[0] == '"' && value[i] == '\\' && i + 1 < n - 1) {
                        i++;
                        buf_add_char(&b, value[i] == 'n' ? '\n' : value[i]);
                } else {
                        buf_add_char(&b, value[i]);
                }
        }
        return buf_take(&b, ret);
}

static int take_variable(Procfile *p, char *line, unsigned number) {
        char *value auto_free = NULL, *pair auto_free = NULL, *name = str_strip(line), *equals;
        int r;

        if (!*name || *name == '#')
                return 0;
        if (str_starts_with(name, "export "))
                name += strlen("export ") + strspn(name + strlen("export "), " ");
        equals = strchr(name, '=');
        if (!equals || !env_name_is_valid(name, (size_t)(equals - name))) {
                import_drop(p->import, ".env, line %u: NAME=VALUE was expected", number);
                return 0;
        }
        r = unquote(equals + 1, &value);
        if (r >= 0)
                r = str_printf(&pair, "%.*s=%s", (int)(equals - name), name, value);
        return r < 0 ? r : env_set(&p->environment, pair);
}

static int each_line(Procfile *p, char *text, int (*take)(Procfile *p, char *line, unsigned number)) {
        unsigned number = 1;
        int r = 0;

        for (char *line = text; line && r >= 0; number++) {
                char *newline = strchr(line, '\n');

                if (newline)
                        *newline = 0;
                r = take(p, line, number);
                line = newline ? newline + 1 : NULL;
        }
        return r;
}

static int read_environment(Procfile *p) {
        char *path auto_free = NULL;
        Text text = { 0 };
        const char *port;
        int r;

        if (str_printf(&path, "%s/.env", p->directory) < 0)
                return -ENOMEM;
        if (access(path, F_OK) < 0)
                return 0;
        r = import_read_file(p->import, path, &text);
        if (r >= 0)
                r = each_line(p, text.data, take_variable);
        free(text.data);
        port = env_get(p->environment, "PORT", 4);
        if (r >= 0 && port && (parse_unsigned(port, &p->port) < 0 || p->port > 65535)) {
                import_drop(p->import, ".env: PORT=%s, which is no port", port);
                p->port = PORT_FIRST;
        }
        return r;
}

static void write_environment(const Procfile *p, Draft *d, unsigned nth) {
        char number[16];

        STRV_FOREACH (e, p->environment) {
                char *name auto_free = strndup(*e, strcspn(*e, "="));

                if (name && !str_equal(name, "PORT"))
                        draft_environment(d, "Service", name, strchr(*e, '=') + 1);
        }
        snprintf(number, sizeof(number), "%u", p->port + nth * PORT_STEP);
        draft_environment(d, "Service", "PORT", number);
}

/* foreman ends all when one ends; here each is started again, which is what people export it for. */
static int take_process(Procfile *p, char *line, unsigned number) {
        char *colon = strchr(line, ':'), *name auto_free = NULL, *command;
        Draft *d;

        if (!line[strspn(line, " \t\r")] || line[strspn(line, " \t")] == '#')
                return 0;
        if (!colon || !is_name(line, (size_t)(colon - line))) {
                import_drop(p->import, "line %u: NAME: COMMAND was expected", number);
                return 0;
        }
        name = strndup(line, (size_t)(colon - line));
        if (!name)
                return -ENOMEM;
        command = str_strip(colon + 1);
        if (!*command) {
                import_drop(p->import, "%s (line %u), which has no command", name, number);
                return 0;
        }
        if (!import_is_wanted(p->import, name)) {
                p->n++;
                return 0;
        }
        d = draft_new(p->import, name, UNIT_SERVICE);
        if (!d)
                return 0;
        draft_text(d, "Unit", "Description", name);
        write_environment(p, d, p->n++);
        draft_shell(d, "ExecStart", command);
        draft_text(d, "Service", "WorkingDirectory", p->directory);
        draft_set(d, "Service", "Restart", "always");
        draft_set(d, "Install", "WantedBy", "multi-user.target");
        return 0;
}

int import_procfile(Import *im) {
        Procfile p = { .import = im, .port = PORT_FIRST };
        Text text = { 0 };
        int r = import_directory_of(im, &p.directory);

        if (r >= 0)
                r = import_read_file(im, im->file, &text);
        if (r >= 0)
                r = read_environment(&p);
        if (r >= 0)
                r = each_line(&p, text.data, take_process);
        if (r >= 0 && p.n == 0)
                r = import_fail(im, 0, "There are no processes in it: NAME: COMMAND on each line.");
        free(text.data);
        free(p.directory);
        strv_free(p.environment);
        return r;
}
