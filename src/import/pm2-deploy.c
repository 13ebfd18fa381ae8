/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* deploy: { NAME: { user, host, ref, repo, path, ... } } into [X-Deploy], for `svctl deploy`. */

#include "import/pm2.h"

#include <errno.h>
#include <stdlib.h>

static const char *const known[] = {
        "user",      "host",       "ref",        "repo",        "path",
        "pre-setup", "post-setup", "pre-deploy", "post-deploy", "pre-deploy-local",
        "fetch",     "env",        "port",       "key",         "ssh_options"
};

static const struct {
        const char *key, *why;
} without[] = {
        { "pre-setup", "'svctl deploy UNIT setup' only makes directories and clones" },
        { "post-setup", "'svctl deploy UNIT setup' only makes directories and clones" },
        { "pre-deploy-local", "run it before 'svctl deploy'" },
        { "key", "ssh reads it from its own configuration: IdentityFile" },
        { "ssh_options", "ssh reads them from its own configuration" },
        { "env", "it is set in the profile of the same name" },
};

static void set_hosts(Pm2App *a, Node *from) {
        const char *user = node_text(map_get(a->tree, from, "user")),
                   *port = node_text(map_get(a->tree, from, "port"));
        char **hosts auto_strv = NULL;

        if (node_texts(a->tree, map_get(a->tree, from, "host"), &hosts) < 0) {
                draft_drop(a->draft, "deploy.host, which is no list of names");
                return;
        }
        STRV_FOREACH (h, hosts)
                draft_setf(a->draft, "X-Deploy", "Host", "%s%s%s%s%s", user && !strchr(*h, '@') ? user : "",
                           user && !strchr(*h, '@') ? "@" : "", *h, port ? ":" : "", port ?: "");
}

static void set_command(Pm2App *a, Node *from, const char *theirs, const char *key) {
        const char *command = node_text(map_get(a->tree, from, theirs));
        Buf b auto_buf = { 0 };

        if (!command || !*command)
                return;
        buf_add(&b, command[strcspn(command, "$")] ? ":/bin/sh -c " : "/bin/sh -c ");
        if (draft_quote(command, true, &b) < 0)
                a->import->error = -ENOMEM;
        else
                draft_set(a->draft, "X-Deploy", key, b.data);
}

static void set_text(Pm2App *a, Node *from, const char *theirs, const char *key) {
        const char *text = node_text(map_get(a->tree, from, theirs));

        if (!str_is_empty(text))
                draft_text(a->draft, "X-Deploy", key, text);
}

static void drop_rest(Pm2App *a, Node *from) {
        Map m __attribute__((cleanup(map_release))) = { 0 };

        if (map_read(a->tree, from, &m) < 0)
                a->import->error = -ENOMEM;
        for (size_t i = 0; i < m.n; i++) {
                const char *why = NULL;
                bool there = false;

                for (size_t k = 0; k < ELEMENTSOF(without); k++)
                        why = str_equal(without[k].key, m.v[i].key) ? without[k].why : why;
                for (size_t k = 0; k < ELEMENTSOF(known); k++)
                        there |= str_equal(known[k], m.v[i].key);
                if (why || !there)
                        draft_drop(a->draft, "deploy.%s (line %u): %s", m.v[i].key, node_line(m.v[i].value),
                                   why ?: "PM2 has no such key");
        }
}

/* What is deployed is found by the link only. */
static void remark_on_directory(Pm2App *a, const char *path) {
        char *current auto_free = NULL;

        if (!path)
                return;
        if (import_absolute(path, "current", &current) < 0)
                a->import->error = -ENOMEM;
        else if (!str_starts_with(a->cwd, current))
                draft_remark(a->draft,
                             "svctl deploy changes what %s leads to; WorkingDirectory= is another place",
                             current);
}

void pm2_write_deploy(Pm2App *a, Node *deploy) {
        Map m __attribute__((cleanup(map_release))) = { 0 };
        const char *chosen = a->import->profile, *name = NULL;
        Node *from = NULL;

        if (map_read(a->tree, deploy, &m) < 0)
                a->import->error = -ENOMEM;
        for (size_t i = 0; i < m.n; i++) {
                if (from ? false : !chosen || str_equal(chosen, m.v[i].key)) {
                        from = m.v[i].value;
                        name = m.v[i].key;
                } else {
                        draft_drop(a->draft, "deploy.%s: a unit has one [X-Deploy]; --profile= chooses",
                                   m.v[i].key);
                }
        }
        if (!from)
                return;
        draft_remark(a->draft, "[X-Deploy] is deploy.%s", name);
        remark_on_directory(a, node_text(map_get(a->tree, from, "path")));
        set_text(a, from, "repo", "Repository");
        set_text(a, from, "ref", "Reference");
        set_text(a, from, "path", "Path");
        set_hosts(a, from);
        set_command(a, from, "pre-deploy", "ExecPreDeploy");
        set_command(a, from, "post-deploy", "ExecBuild");
        if (node_text(map_get(a->tree, from, "fetch")) &&
            str_equal(node_text(map_get(a->tree, from, "fetch")), "fast"))
                draft_set(a->draft, "X-Deploy", "FetchDepth", "1");
        drop_rest(a, from);
}
