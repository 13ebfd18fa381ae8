/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "load/preset.h"

#include "conf/name.h"
#include "conf/words.h"

#include <errno.h>
#include <fnmatch.h>

static const struct {
        const char *system, *user;
} directories[] = {
        { "/etc/systemd/system-preset", "/etc/systemd/user-preset" },
        { "/run/systemd/system-preset", "/run/systemd/user-preset" },
        { "/usr/local/lib/systemd/system-preset", "/usr/local/lib/systemd/user-preset" },
        { "/usr/lib/systemd/system-preset", "/usr/lib/systemd/user-preset" },
        { "/lib/systemd/system-preset", NULL },
};

/* The rest of a line after a word; NULL: it begins with another. */
static const char *after_word(const char *line, const char *word) {
        const char *rest = str_after(line, word);

        return !rest || (rest[0] != 0 && !strchr(" \t", rest[0])) ? NULL : rest + strspn(rest, " \t");
}

/* 1: a rule; 0: none, but no mistake; -EINVAL; -ENOMEM. */
static int parse_rule(const char *line, PresetRule *ret) {
        const char *disable = after_word(line, "disable"), *enable = after_word(line, "enable");
        char **words auto_strv = NULL;
        int r;

        if (!disable && !enable)
                return -EINVAL;
        *ret = (PresetRule){ .enable = enable };
        if (disable)
                return str_replace(&ret->pattern, disable) < 0 ? -ENOMEM : 1;
        r = words_split(enable, 0, &words);
        if (r < 0 || !words)
                return r;
        if (words[1] && !name_is_valid(words[0], NAME_TEMPLATE))
                return -EINVAL;
        r = str_replace(&ret->pattern, words[0]);
        if (r >= 0)
                r = strv_add_all(&ret->instances, words + 1);
        return r < 0 ? r : 1;
}

static void rule_release(PresetRule *r) {
        free(r->pattern);
        strv_free(r->instances);
}

static int read_line(PresetRules *p, const char *file, unsigned number, const char *line, Report *report) {
        PresetRule rule = { 0 };
        int r;

        r = parse_rule(line, &rule);
        if (r > 0 && array_reserve(&p->v, &p->capacity, p->n + 1, sizeof(*p->v)) < 0)
                r = -ENOMEM;
        if (r > 0) {
                p->v[p->n++] = rule;
                return 0;
        }
        rule_release(&rule);
        if (r == -EINVAL)
                report_add(report, SEVERITY_WARNING, file, number, NULL,
                           "Couldn't parse line '%.200s'. Ignoring. Expected 'enable PATTERN', 'disable "
                           "PATTERN' or 'enable TEMPLATE INSTANCE...'.",
                           line);
        return r == -ENOMEM ? r : 0;
}

static int read_rules(PresetRules *p, const char *file, char *text, Report *report) {
        unsigned number = 0;
        int r = 0;

        for (char *line = text; line && r >= 0;) {
                char *end = strchr(line, '\n');

                if (end)
                        *end = 0;
                number++;
                line = str_strip(line);
                if (line[0] != 0 && !strchr("#;", line[0]))
                        r = read_line(p, file, number, line, report);
                line = end ? end + 1 : NULL;
        }
        return r;
}

static bool has_file_named(char *const *paths, const char *name) {
        STRV_FOREACH (p, paths)
                if (str_equal(path_name(*p), name))
                        return true;
        return false;
}

static int find_files(const Root *root, bool user, char ***ret) {
        for (size_t i = 0; i < ELEMENTSOF(directories); i++) {
                const char *directory = user ? directories[i].user : directories[i].system;
                char **names auto_strv = NULL;

                if (directory && root_list(root, directory, &names) == -ENOMEM)
                        return -ENOMEM;
                STRV_FOREACH (n, names) {
                        char *path;

                        if (!str_ends_with(*n, ".preset") || has_file_named(*ret, *n))
                                continue;
                        if (str_printf(&path, "%s/%s", directory, *n) < 0 || strv_push(ret, path) < 0)
                                return -ENOMEM;
                }
        }
        return 0;
}

static int compare_file_names(const void *a, const void *b) {
        return strcmp(path_name(*(char *const *)a), path_name(*(char *const *)b));
}

static int read_file(PresetRules *p, const Root *root, const char *path, Report *report) {
        char *data auto_free = NULL, *full auto_free = NULL;
        Text text = { 0 };
        int r;

        r = root_read_file(root, path, &text, NULL);
        if (r != READ_OK)
                return r == -ENOMEM ? r : 0;
        data = text.data;
        if (root_join(root, path, &full) < 0)
                return -ENOMEM;
        return read_rules(p, full, data, report);
}

int presets_read(PresetRules *p, const Root *root, bool user, Report *report) {
        char **files auto_strv = NULL;
        int r;

        *p = (PresetRules){ 0 };
        r = find_files(root, user, &files);
        if (files)
                qsort(files, strv_length(files), sizeof(char *), compare_file_names);
        for (char **f = files; f && *f && r >= 0; f++)
                r = read_file(p, root, *f, report);
        if (r < 0)
                presets_release(p);
        return r;
}

void presets_release(PresetRules *p) {
        for (size_t i = 0; i < p->n; i++)
                rule_release(p->v + i);
        free(p->v);
        *p = (PresetRules){ 0 };
}

/* A rule that names instances speaks of these and of their template. Asks for no memory: "no" must mean no. */
static bool rule_names(const PresetRule *rule, const char *name) {
        const char *instance, *suffix;
        size_t n;

        if (!rule->instances || !name_is_valid(name, NAME_INSTANCE))
                return false;
        instance = strchr(name, '@') + 1;
        suffix = strrchr(name, '.');
        n = (size_t)(instance - name);
        if (strncmp(rule->pattern, name, n) != 0 || !str_equal(rule->pattern + n, suffix))
                return false;
        n = (size_t)(suffix - instance);
        STRV_FOREACH (i, rule->instances)
                if (strlen(*i) == n && memcmp(*i, instance, n) == 0)
                        return true;
        return false;
}

bool presets_decide(const PresetRules *p, const char *name, char *const **ret_instances) {
        if (ret_instances)
                *ret_instances = NULL;
        for (size_t i = 0; i < p->n; i++)
                if (fnmatch(p->v[i].pattern, name, FNM_NOESCAPE) == 0 ||
                    (ret_instances && rule_names(p->v + i, name))) {
                        if (ret_instances && name_kind(name) == NAME_TEMPLATE)
                                *ret_instances = p->v[i].instances;
                        return p->v[i].enable;
                }
        return true;
}
