/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "import/pm2.h"

#include <errno.h>
#include <stdlib.h>

#define NAME_SHOWN 64 /* of a command line that is its own name */

/* "app" of "./src/app.js"; name_prefix and the profile go beside it where the file wants that. */
static int name_app(Pm2App *a) {
        const char *name = pm2_text(a, PM2_NAME), *script = pm2_text(a, PM2_SCRIPT),
                   *prefix = pm2_text(a, PM2_NAME_PREFIX), *profile = NULL;
        size_t n;

        if (!name) {
                name = strrchr(script, '/') && !strchr(script, ' ') ? strrchr(script, '/') + 1 : script;
                n = strrchr(name, '.') > name ? (size_t)(strrchr(name, '.') - name) : strlen(name);
        } else {
                n = strlen(name);
        }
        if (pm2_is(a, PM2_APPEND_ENV_TO_NAME, false))
                profile = a->import->profile;
        if (prefix && strstr(name, prefix))
                prefix = NULL;
        return str_printf(&a->name, "%s%s%.*s%s%s", prefix ?: "", prefix ? ":" : "",
                          (int)(pm2_text(a, PM2_NAME) ? n : MIN(n, (size_t)NAME_SHOWN)), name,
                          profile ? "-" : "", profile ?: "");
}

static bool runs_node(const Pm2App *a) {
        const char *interpreter = pm2_text(a, PM2_EXEC_INTERPRETER), *script = pm2_text(a, PM2_SCRIPT);

        return interpreter ? strstr(interpreter, "node") != NULL
                           : !strchr(script, ' ') &&
                                     (str_ends_with(script, "js") || str_ends_with(script, ".ts"));
}

/* PM2 takes an app of node with `instances` for a cluster, unless exec_mode says otherwise. */
static void settle_kind(Pm2App *a) {
        const char *mode = pm2_text(a, PM2_EXEC_MODE), *n = pm2_text(a, PM2_INSTANCES);

        if (pm2_is(a, PM2_EXECUTE_COMMAND, false))
                mode = "fork";
        a->set = n && !str_equal(n, "1");
        a->cluster = mode ? str_starts_with(mode, "cluster") : n && runs_node(a);
        if (a->cluster && strchr(pm2_text(a, PM2_SCRIPT), ' '))
                a->cluster = false;
}

/* A namespace is a target: its apps are started and stopped together. */
static void join_namespace(Pm2App *a) {
        const char *name = pm2_text(a, PM2_NAMESPACE);
        bool starts = pm2_is(a, PM2_AUTOSTART, true);
        char *escaped auto_free = NULL, *unit auto_free = NULL;
        Draft *target;

        if (!name || str_equal(name, "default")) {
                if (starts)
                        draft_set(a->draft, "Install", "WantedBy", "multi-user.target");
                return;
        }
        if (name_escape(name, &escaped) < 0 || str_printf(&unit, "%s.target", escaped) < 0) {
                a->import->error = -ENOMEM;
                return;
        }
        target = draft_find(a->import, unit);
        if (!target && (target = draft_new(a->import, name, UNIT_TARGET))) {
                draft_text(target, "Unit", "Description", name);
                draft_set(target, "Install", "WantedBy", "multi-user.target");
        }
        draft_set(a->draft, "Unit", "PartOf", unit);
        if (starts)
                draft_set(a->draft, "Install", "WantedBy", unit);
}

static void write_app(Pm2App *a, Node *deploy) {
        a->draft = draft_new(a->import, a->name, UNIT_SERVICE);
        if (!a->draft)
                return;
        settle_kind(a);
        draft_text(a->draft, "Unit", "Description", a->name);
        pm2_keys_drop(a);
        pm2_write_command(a);
        pm2_write_service(a);
        pm2_write_deploy(a, deploy);
        join_namespace(a);
}

static int read_app(Import *im, Tree *t, Node *node, Node *deploy) {
        Pm2App a = { .import = im, .tree = t, .node = node };
        int r = pm2_keys_read(&a);

        if (r >= 0 && str_is_empty(pm2_text(&a, PM2_SCRIPT))) {
                import_drop(im, "the app in line %u, which has no script", node_line(node));
                return 0;
        }
        if (r >= 0)
                r = name_app(&a);
        if (r >= 0)
                r = import_absolute(im->directory, pm2_text(&a, PM2_CWD) ?: ".", &a.cwd);
        if (r >= 0 && (import_is_wanted(im, a.name) || import_is_wanted(im, pm2_text(&a, PM2_NAME) ?: "")))
                write_app(&a, deploy);
        free(a.name);
        free(a.cwd);
        return r;
}

/* { apps: [...], deploy: {...} }, the same under `pm2`, a list of apps, or one app. */
static int read_apps(Import *im, Tree *t) {
        Node *root = tree_root(t), *apps = root, *deploy = NULL;
        int r = 0;

        if (node_kind(root) == NODE_MAP) {
                apps = map_get(t, root, "apps") ?: map_get(t, root, "pm2") ?: root;
                deploy = map_get(t, root, "deploy");
        }
        if (node_kind(apps) == NODE_MAP)
                r = read_app(im, t, apps, deploy);
        else if (list_length(apps) == 0)
                return import_fail(im, node_line(root), "There are no apps in it.");
        for (size_t i = 0; i < list_length(apps) && r >= 0; i++)
                r = read_app(im, t, list_at(t, apps, i), deploy);
        return r;
}

static bool is_program(const char *file) {
        return str_ends_with(file, ".js") || str_ends_with(file, ".cjs") || str_ends_with(file, ".mjs");
}

/* PM2 takes a .json file for an expression of JavaScript: what is not quite JSON is left to node. */
static int read_tree(Import *im, Tree *t) {
        Text text = { 0 };
        Report report = { 0 };
        int r;

        r = is_program(im->file) ? pm2_evaluate(im, &text) : import_read_file(im, im->file, &text);
        if (r >= 0)
                r = tree_read(t, im->file, text.data, text.len, &report);
        if (r == -EBADMSG && report.n_findings > 0 && str_ends_with(im->file, ".json")) {
                free(TAKE(text.data));
                r = pm2_evaluate(im, &text);
                if (r >= 0)
                        r = tree_read(t, im->file, text.data, text.len, &im->report);
                else if (r == -EBADMSG) /* why it was taken for a program */
                        r = import_fail(im, report.findings[0].line, "%s", report.findings[0].text);
        } else if (report.n_findings > 0) {
                r = import_fail(im, report.findings[0].line, "%s", report.findings[0].text);
        }
        free(text.data);
        report_release(&report);
        return r;
}

int import_pm2(Import *im) {
        Tree t = { 0 };
        int r = read_tree(im, &t);

        if (r >= 0)
                r = read_apps(im, &t);
        tree_release(&t);
        return r;
}
