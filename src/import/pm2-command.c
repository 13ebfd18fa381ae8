/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What is executed: interpreter, its arguments, the script, its arguments; and with which environment. */

#include "import/pm2.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

/* PM2's table of interpreters by the end of the script's name. */
static const struct {
        const char *suffix, *interpreter;
} interpreters[] = {
        { ".sh", "bash" }, { ".py", "python" }, { ".rb", "ruby" },       { ".php", "php" }, { ".pl", "perl" },
        { ".js", "node" }, { ".cjs", "node" },  { ".mjs", "node" },      { ".ts", "bun" },  { ".tsx", "bun" },
        { ".ls", "lsc" },  { ".node", "node" }, { ".coffee", "coffee" },
};

static bool is_found(const char *name) {
        char *path auto_free = NULL;

        return import_find_program(name, &path) >= 0 && path[0] == '/';
}

/* PM2 looks for what programs begin with and has node run all else. */
static bool is_binary(const char *path) {
        char magic[4] = "";
        FILE *f = fopen(path, "re");
        size_t n = f ? fread(magic, 1, sizeof(magic), f) : 0;

        if (f)
                fclose(f);
        return n == sizeof(magic) && memcmp(magic, "\177ELF", 4) == 0;
}

static const char *interpreter_of(const Pm2App *a, const char *script) {
        const char *given = pm2_text(a, PM2_EXEC_INTERPRETER);

        if (given)
                return given;
        for (size_t i = 0; i < ELEMENTSOF(interpreters); i++)
                if (str_ends_with(script, interpreters[i].suffix)) {
                        const char *name = interpreters[i].interpreter;

                        if (str_equal(name, "python") && !is_found(name))
                                return "python3";
                        return str_equal(name, "bun") && !is_found(name) ? "node" : name;
                }
        return is_binary(script) ? "none" : "node";
}

/* Below the app's directory if it is there, else a program in $PATH. */
static int find_script(const Pm2App *a, const char *script, char **ret) {
        char *path auto_free = NULL;
        int r = import_absolute(a->cwd, script, &path);

        if (r < 0)
                return r;
        if (access(path, F_OK) < 0 && !strchr(script, '/') && is_found(script))
                return import_find_program(script, ret);
        *ret = TAKE(path);
        return 0;
}

static int build(Pm2App *a, const char *script, char ***ret) {
        char *path auto_free = NULL, *program = NULL, **before auto_strv = NULL, **after auto_strv = NULL;
        const char *interpreter;
        int r = find_script(a, script, &path);

        if (r < 0)
                return r;
        interpreter = interpreter_of(a, path);
        if (str_starts_with(interpreter, "node@")) {
                draft_drop(a->draft, "%s: the node in $PATH is taken; ExecStart= can name another one",
                           interpreter);
                interpreter = "node";
        }
        a->node_runs_it = strstr(interpreter, "node") != NULL;
        if (!str_equal(interpreter, "none")) {
                r = import_find_program(interpreter, &program);
                if (r >= 0)
                        r = strv_push(ret, program);
                if (r >= 0)
                        r = pm2_words(a, PM2_NODE_ARGS, &before);
                if (r >= 0)
                        r = strv_add_all(ret, before);
        }
        if (r >= 0)
                r = strv_add(ret, path);
        if (r >= 0)
                r = pm2_words(a, PM2_ARGS, &after);
        return r < 0 ? r : strv_add_all(ret, after);
}

/* A script with a blank in it is a command line for the shell. */
static int build_shell(const char *script, char ***ret) {
        char *shell = NULL;
        int r = import_find_program(is_found("bash") ? "bash" : "sh", &shell);

        if (r >= 0)
                r = strv_push(ret, shell);
        if (r >= 0)
                r = strv_add(ret, "-c");
        return r < 0 ? r : strv_add(ret, script);
}

static void add_variable(Pm2App *a, const char *section, const char *name, Node *value) {
        Buf b auto_buf = { 0 };

        if (node_kind(value) == NODE_MAP || node_kind(value) == NODE_LIST)
                node_format_json(a->tree, value, &b);
        else
                buf_add(&b, node_text(value) ?: "null");
        if (b.error < 0)
                a->import->error = b.error;
        else
                draft_environment(a->draft, section, name, b.data);
}

static void add_variables(Pm2App *a, const char *section, Node *from, const char *except) {
        Map m __attribute__((cleanup(map_release))) = { 0 };

        if (from && node_kind(from) != NODE_MAP)
                draft_drop(a->draft, "the environment in line %u, which is no map", node_line(from));
        if (map_read(a->tree, from, &m) < 0)
                a->import->error = -ENOMEM;
        for (size_t i = 0; i < m.n; i++)
                if (!str_equal(m.v[i].key, except))
                        add_variable(a, section, m.v[i].key, m.v[i].value);
}

/* --source-map-support is a flag of node; it goes beside what the app gives in NODE_OPTIONS itself. */
static void add_node_options(Pm2App *a) {
        const char *own = node_text(map_get(a->tree, a->given[PM2_ENV], "NODE_OPTIONS"));
        char *value auto_free = NULL;

        if (!pm2_is(a, PM2_SOURCE_MAP_SUPPORT, false) || pm2_is(a, PM2_DISABLE_SOURCE_MAP_SUPPORT, false) ||
            !a->node_runs_it)
                return;
        if (str_printf(&value, "%s%s--enable-source-maps", own ?: "", own ? " " : "") < 0)
                a->import->error = -ENOMEM;
        else
                draft_environment(a->draft, "Service", "NODE_OPTIONS", value);
}

static void add_profiles(Pm2App *a) {
        Map m __attribute__((cleanup(map_release))) = { 0 };
        const char *chosen = a->import->profile;
        bool found = false;

        if (map_read(a->tree, a->node, &m) < 0)
                a->import->error = -ENOMEM;
        for (size_t i = 0; i < m.n; i++) {
                const char *name = str_after(m.v[i].key, "env_");
                char *section auto_free = NULL;

                if (!name || !profile_name_is_valid(name)) {
                        if (name)
                                draft_drop(a->draft, "env_%s, which is no name of a profile", name);
                        continue;
                }
                if (chosen && !str_equal(name, chosen))
                        continue;
                found = true;
                if (!chosen && str_printf(&section, "X-Profile %s", name) < 0)
                        a->import->error = -ENOMEM;
                else
                        add_variables(a, chosen ? "Service" : section, m.v[i].value, NULL);
        }
        if (chosen && !found)
                draft_remark(a->draft, "there is no env_%s here", chosen);
}

/* PM2 passes on all that its caller's shell has; a unit begins with nothing. */
static void add_filter(Pm2App *a) {
        char **names auto_strv = NULL;
        Node *filter = a->given[PM2_FILTER_ENV];
        bool all = false;

        if (!filter || (node_bool(filter, &all) >= 0 && !all))
                return;
        if (all) {
                draft_set(a->draft, "Service", "X-PassManagerEnvironment", "no");
                return;
        }
        if (node_texts(a->tree, filter, &names) < 0)
                draft_drop(a->draft, "filter_env, which is no list of names");
        else
                draft_words(a->draft, "Service", "UnsetEnvironment", names);
}

void pm2_write_command(Pm2App *a) {
        const char *script = pm2_text(a, PM2_SCRIPT), *port = pm2_text(a, PM2_PORT),
                   *variable = pm2_text(a, PM2_INSTANCE_VAR) ?: "NODE_APP_INSTANCE";
        char **argv auto_strv = NULL;
        int r;

        r = strchr(script, ' ') ? build_shell(script, &argv) : build(a, script, &argv);
        if (r < 0)
                a->import->error = r;
        else
                draft_command(a->draft, "ExecStart", argv);
        draft_text(a->draft, "Service", "WorkingDirectory", a->cwd);
        if (a->node_runs_it || a->given[PM2_INSTANCE_VAR] || a->set)
                draft_setf(a->draft, "Service", "Environment", "%s=%s", variable, a->set ? "%i" : "0");
        if (argv && argv[0] && strstr(argv[0], "python"))
                draft_environment(a->draft, "Service", "PYTHONUNBUFFERED", "1");
        add_filter(a);
        add_variables(a, "Service", a->given[PM2_ENV], port ? "PORT" : NULL);
        if (port)
                draft_environment(a->draft, "Service", "PORT", port);
        add_node_options(a);
        add_profiles(a);
}
