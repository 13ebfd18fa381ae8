/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "load/preset.h"

#include "conf/name.h"
#include "conf/words.h"

#include <errno.h>
#include <fnmatch.h>

static const char *const directories[] = {
        "/etc/systemd/system-preset",           "/run/systemd/system-preset",
        "/usr/local/lib/systemd/system-preset", "/usr/lib/systemd/system-preset",
        "/lib/systemd/system-preset",
};

static int add_rule(PresetRules *p, char **words) {
        bool enable = str_equal(words[0], "enable");
        PresetRule rule = { .enable = enable };
        int r;

        if ((!enable && !str_equal(words[0], "disable")) || !words[1])
                return 0;
        r = array_reserve(&p->v, &p->capacity, p->n + 1, sizeof(*p->v));
        if (r < 0)
                return r;
        rule.pattern = strdup(words[1]);
        if (!rule.pattern)
                return -ENOMEM;
        r = strv_add_all(&rule.instances, words + 2);
        if (r < 0) {
                free(rule.pattern);
                strv_free(rule.instances);
                return r;
        }
        p->v[p->n++] = rule;
        return 0;
}

static int read_rules(PresetRules *p, char *text) {
        char *rest;

        for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
                char **words auto_strv = NULL;
                int r;

                line = str_strip(line);
                if (line[0] == 0 || strchr("#;", line[0]))
                        continue;
                r = words_split(line, 0, &words);
                if (r >= 0 && words)
                        r = add_rule(p, words);
                if (r == -ENOMEM)
                        return r;
        }
        return 0;
}

static bool has_file_named(char *const *paths, const char *name) {
        STRV_FOREACH (p, paths)
                if (str_equal(path_name(*p), name))
                        return true;
        return false;
}

static int find_files(const Root *root, char ***ret) {
        for (size_t i = 0; i < ELEMENTSOF(directories); i++) {
                char **names auto_strv = NULL;
                int r;

                r = root_list(root, directories[i], &names);
                if (r == -ENOMEM)
                        return r;
                STRV_FOREACH (n, names) {
                        char *path;

                        if (!str_ends_with(*n, ".preset") || has_file_named(*ret, *n))
                                continue;
                        if (str_printf(&path, "%s/%s", directories[i], *n) < 0 || strv_push(ret, path) < 0)
                                return -ENOMEM;
                }
        }
        return 0;
}

static int compare_file_names(const void *a, const void *b) {
        return strcmp(path_name(*(char *const *)a), path_name(*(char *const *)b));
}

int presets_read(PresetRules *p, const Root *root) {
        char **files auto_strv = NULL;
        int r;

        *p = (PresetRules){ 0 };
        r = find_files(root, &files);
        if (files)
                qsort(files, strv_length(files), sizeof(char *), compare_file_names);
        for (char **f = files; f && *f && r >= 0; f++) {
                char *data auto_free = NULL;
                Text text = { 0 };

                if (root_read_file(root, *f, &text, NULL) != READ_OK)
                        continue;
                data = text.data;
                r = read_rules(p, data);
        }
        if (r < 0)
                presets_release(p);
        return r;
}

void presets_release(PresetRules *p) {
        for (size_t i = 0; i < p->n; i++) {
                free(p->v[i].pattern);
                strv_free(p->v[i].instances);
        }
        free(p->v);
        *p = (PresetRules){ 0 };
}

/* A rule for a template that names instances speaks of these (and of the template itself). */
static bool rule_fits(const PresetRule *rule, const char *name) {
        char *template auto_free = NULL, *instance auto_free = NULL;

        if (rule->instances && name_kind(name) == NAME_INSTANCE)
                return name_template(name, &template) >= 0 &&
                       fnmatch(rule->pattern, template, FNM_NOESCAPE) == 0 &&
                       name_instance(name, &instance) >= 0 && strv_contains(rule->instances, instance);
        return fnmatch(rule->pattern, name, FNM_NOESCAPE) == 0;
}

bool presets_decide(const PresetRules *p, const char *name, char *const **ret_instances) {
        if (ret_instances)
                *ret_instances = NULL;
        for (size_t i = 0; i < p->n; i++)
                if (rule_fits(p->v + i, name)) {
                        if (ret_instances && name_kind(name) == NAME_TEMPLATE)
                                *ret_instances = p->v[i].instances;
                        return p->v[i].enable;
                }
        return true;
}
