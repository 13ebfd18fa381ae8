/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* [Install] of a unit file and its drop-ins, and what stands in it. The other sections are not looked at. */

#include "conf/words.h"
#include "load/install-internal.h"
#include "unit/directive.h"

#include <errno.h>
#include <fcntl.h>

typedef struct Reading {
        InstallContext *context;
        InstallInfo *info;
} Reading;

/* The lists, kept as they are written: which name is meant, and whether it is one, is known when it is used. */
static const struct {
        const char *key;
        size_t offset;
} lists[] = {
        { "Alias", offsetof(InstallSpec, alias) },
        { "RequiredBy", offsetof(InstallSpec, required_by) },
        { "UpheldBy", offsetof(InstallSpec, upheld_by) },
        { "WantedBy", offsetof(InstallSpec, wanted_by) },
};

void install_spec_release(InstallSpec *s) {
        strv_free(s->alias);
        strv_free(s->also);
        strv_free(s->required_by);
        strv_free(s->upheld_by);
        strv_free(s->wanted_by);
        free(s->default_instance);
        *s = (InstallSpec){ 0 };
}

bool install_has_rules(const InstallInfo *i) {
        return i->spec.wanted_by || i->spec.required_by || i->spec.upheld_by || i->spec.alias;
}

int install_instance(const InstallInfo *i, char **ret) {
        if (name_kind(i->name) != NAME_TEMPLATE || !i->spec.default_instance)
                return str_replace(ret, i->name);
        return name_with_instance(i->name, i->spec.default_instance, ret);
}

int install_expand(const InstallContext *x, const InstallInfo *i, const char *text, char **ret) {
        SpecifierContext c = { .host = x->l->host, .fragment_path = i->path };
        char *unit auto_free = NULL;
        int r;

        r = install_instance(i, &unit);
        c.unit = unit;
        if (r >= 0)
                r = specifier_expand(&c, text, ret);
        return r == -ENXIO ? -EUNATCH : r >= 0 || r == -ENOMEM ? r : -EBADSLT;
}

static void complain(const Reading *reading, const Assignment *a, const char *words) {
        const SourcePlace place = { a->file, a->line, a->value_column, a->section, a->key };

        report_add_at(reading->context->report, SEVERITY_WARNING, FINDING_BAD_VALUE, &place, "%s", words);
}

/* The value is kept with its specifiers replaced, for names are made of it. */
static int assign_default_instance(const Reading *reading, const Assignment *a) {
        char *instance auto_free = NULL, *name auto_free = NULL;
        InstallInfo *i = reading->info;
        int r;

        if (name_kind(i->name) == NAME_INSTANCE) /* has one of its own */
                return 0;
        if (name_kind(i->name) == NAME_PLAIN) {
                complain(reading, a, "DefaultInstance= only makes sense for template units, ignoring.");
                return 0;
        }
        r = install_expand(reading->context, i, a->value, &instance);
        if (r >= 0 && instance[0] != 0)
                r = name_with_instance(i->name, instance, &name);
        if (r < 0 && r != -ENOMEM)
                complain(reading, a, "The value of DefaultInstance= is no name of an instance.");
        return r < 0 ? r : str_replace(&i->spec.default_instance, name ? instance : NULL);
}

/* Units named by Also= are part of the operation from here on. */
static int assign_also(const Reading *reading, const Assignment *a) {
        char **words auto_strv = NULL;
        int r;

        r = words_split(a->value, 0, &words);
        STRV_FOREACH (w, words) {
                char *name auto_free = NULL;

                if (r < 0)
                        break;
                r = install_expand(reading->context, reading->info, *w, &name);
                if (r < 0 && r != -ENOMEM)
                        complain(reading, a, "A specifier in Also= has no meaning here.");
                if (r >= 0)
                        r = install_info_add(reading->context, name, true, NULL);
                if (r >= 0)
                        r = strv_add(&reading->info->spec.also, name);
        }
        return r;
}

static int assign_list(const Reading *reading, const Assignment *a, char ***list) {
        char **words auto_strv = NULL;
        int r;

        if (a->value[0] == 0) {
                strv_free(TAKE(*list));
                return 0;
        }
        r = words_split(a->value, WORDS_QUOTES, &words);
        if (r == -EINVAL) {
                complain(reading, a, "The value has a quote that is not closed, ignoring.");
                return 0;
        }
        return r < 0 ? r : strv_add_all(list, words);
}

static int on_assignment(const Assignment *a, void *userdata) {
        const Reading *reading = userdata;

        if (str_equal(a->key, "DefaultInstance"))
                return assign_default_instance(reading, a);
        if (str_equal(a->key, "Also"))
                return assign_also(reading, a);
        if (str_equal(a->key, "Alias") && !unit_type_may_alias(name_type(reading->info->name))) {
                complain(reading, a, "Alias= is not allowed for units of this type, ignoring.");
                return 0;
        }
        for (size_t i = 0; i < ELEMENTSOF(lists); i++)
                if (str_equal(a->key, lists[i].key))
                        return assign_list(reading, a,
                                           (char ***)((char *)&reading->info->spec + lists[i].offset));
        if (!str_starts_with(a->key, "X-"))
                complain(reading, a, "Unknown key in section [Install], ignoring.");
        return 0;
}

static bool is_section(const char *name) {
        for (UnitType t = 0; t < UNIT_TYPE_MAX; t++)
                if (directive_section_is_known(name, t))
                        return true;
        return false;
}

static int on_section(const SourcePlace *header, void *userdata) {
        Reading *reading = userdata;

        if (str_equal(header->section, "Install"))
                return 0;
        if (!str_starts_with(header->section, "X-") && !is_section(header->section))
                report_add_at(reading->context->report, SEVERITY_WARNING, FINDING_UNKNOWN_SECTION, header,
                              "Unknown section '%.60s'. Ignoring.", header->section);
        return 1;
}

/* A link is -ELOOP unless it is to be followed. */
static int check_kind(const Root *root, const char *path) {
        int dir auto_fd = -1;
        const char *name;
        struct stat st;

        dir = root_open_parent(root, path, &name);
        if (dir < 0)
                return dir;
        if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
                return -errno;
        return S_ISLNK(st.st_mode) ? -ELOOP : 0;
}

int install_file_read(InstallContext *x, InstallInfo *i, const char *path, bool follow) {
        Reading reading = { .context = x, .info = i };
        char *data auto_free = NULL, *full auto_free = NULL;
        Text text = { 0 };
        int r;

        r = follow ? 0 : check_kind(&x->l->root, path);
        if (r >= 0)
                r = root_join(&x->l->root, path, &full);
        if (r >= 0)
                r = root_read_file(&x->l->root, path, &text, NULL);
        data = text.data;
        if (r < 0 || r == READ_MASK)
                return r;
        if (r > 0)
                return read_outcome_errno((ReadOutcome)r);
        return unit_file_parse_sections(full, text, on_section, on_assignment, &reading, x->report);
}
