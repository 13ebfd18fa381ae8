/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "unit/spec.h"

#include <errno.h>

#include "unit/codec-util.h"
#include "unit/spec-parts.h"

const char *const perpetual_units[] = { "-.slice", "system.slice", "init.scope", "-.mount", NULL };

/* What they are called without a file, and that no default dependency ends them. */
static int init_perpetual(UnitSpec *s) {
        static const char *const descriptions[] = { "Root Slice", "System Slice",
                                                    "System and Service Manager", "Root Mount" };
        CommonSpec *common;
        PolicySpec *policy;
        _Static_assert(ELEMENTSOF(descriptions) == ELEMENTSOF(perpetual_units) - 1, "one for each");

        for (size_t i = 0; perpetual_units[i]; i++) {
                if (!str_equal(s->name, perpetual_units[i]))
                        continue;
                common = spec_part(s, PART_COMMON);
                policy = spec_part(s, PART_POLICY);
                if (!common || !policy)
                        return -ENOMEM;
                policy->default_dependencies = false;
                return str_replace(&common->description, descriptions[i]);
        }
        return 0;
}

int spec_new(const char *name, UnitSpec **ret) {
        UnitSpec *s;
        UnitType type;
        int r;

        if (!name_is_valid(name, NAME_ANY))
                return -EINVAL;
        type = name_type(name);
        if (type < 0)
                return -EINVAL;

        r = spec_parts_init();
        if (r < 0)
                return r;

        s = calloc(1, sizeof(*s));
        if (!s)
                return -ENOMEM;
        s->type = type;
        for (int part = 0; part < PART_MAX; part++)
                s->parts[part] = spec_default(part);
        s->name = strdup(name);
        r = s->name ? init_perpetual(s) : -ENOMEM;
        if (r < 0) {
                spec_free(s);
                return r;
        }
        *ret = s;
        return 0;
}

int spec_keep_text(UnitSpec *s, Text *text) {
        size_t n = s->texts ? s->texts->n : 0;
        SpecTexts *t = realloc(s->texts, sizeof(*t) + (n + 1) * sizeof(*t->v));

        if (!t)
                return -ENOMEM;
        t->v[n] = TAKE(*text);
        t->n = n + 1;
        s->texts = t;
        return 0;
}

void spec_forget_texts(UnitSpec *s) {
        for (size_t i = 0; s->texts && i < s->texts->n; i++)
                free(s->texts->v[i].data);
        free(TAKE(s->texts));
}

void spec_free(UnitSpec *s) {
        if (!s)
                return;

        spec_parts_release(s);
        for (size_t i = 0; i < s->n_settings; i++)
                free(s->settings[i].value);
        free(s->settings);
        strv_free(s->profiles);
        spec_forget_texts(s);
        strv_free(s->files);
        free(s->name);
        free(s);
}

/* The copy of the file's name that settings may point to. */
int spec_remember_file(UnitSpec *s, const char *file, const char **ret) {
        int r;

        *ret = NULL;
        if (!file)
                return 0;
        r = strv_add_unique(&s->files, file);
        if (r < 0)
                return r;
        STRV_FOREACH (f, s->files)
                if (str_equal(*f, file))
                        *ret = *f;
        return 0;
}

static void forget_settings(UnitSpec *s, const Directive *d) {
        size_t n = 0;

        for (size_t i = 0; i < s->n_settings; i++)
                if (s->settings[i].row == d)
                        free(s->settings[i].value);
                else
                        s->settings[n++] = s->settings[i];
        s->n_settings = n;
}

/* Keeps the text of what has no field, and of what is not applied in full. */
static int remember_setting(UnitSpec *s, const Directive *d, const Assignment *a) {
        Setting new = { .row = d, .line = a->line }, *v;
        int r;

        if (!d->list || a->value[0] == 0)
                forget_settings(s, d);
        if (a->value[0] == 0)
                return 0;

        r = spec_remember_file(s, a->file, &new.file);
        if (r < 0)
                return r;
        v = realloc(s->settings, (s->n_settings + 1) * sizeof(*v));
        if (!v)
                return -ENOMEM;
        s->settings = v;
        new.value = strdup(a->value);
        if (!new.value)
                return -ENOMEM;
        v[s->n_settings++] = new;
        return 0;
}

static int parse_field(const CodecContext *c, const char *value) {
        const Directive *d = c->row;
        void *part;
        int r;

        part = spec_part(c->unit, d->part);
        if (!part)
                return -ENOMEM;
        if (value[0] == 0 && d->codec->empty_resets) {
                spec_field_reset(part, d);
                return 0;
        }

        r = d->codec->parse(c, value, (char *)part + d->offset);
        if (r == 0 && d->given)
                *(bool *)((char *)part + d->given) = true;
        return r;
}

/* A value that is kept as text must be right all the same. */
static int check_syntax(const CodecContext *c, const char *value) {
        const Codec *syntax = c->row->syntax;
        void *scratch auto_free = NULL;
        int r;

        if (value[0] == 0 && (c->row->list || syntax->empty_resets))
                return 0;
        scratch = calloc(1, syntax->size);
        if (!scratch)
                return -ENOMEM;
        r = syntax->parse(c, value, scratch);
        if (syntax->release)
                syntax->release(scratch);
        return r;
}

/* Is nothing written where systemd wants something? What directive_format() gives has no line. */
static bool lacks_value(const Directive *d, const Assignment *a) {
        const Codec *codec = d->codec ? d->codec : d->syntax;

        return a->line > 0 && a->value[0] == 0 && (d->filled || (codec && codec->filled));
}

/* One assignment to a known row. */
static int assign_row(UnitSpec *s, const SpecContext *c, const Directive *d, const Assignment *a) {
        const CodecContext codec_context = { .spec = c, .unit = s, .row = d, .place = a };
        int r = 0;

        if (d->types && !(d->types & UNIT_BIT(s->type)))
                r = codec_refuse(&codec_context, "Units of the type %s have no such setting",
                                 unit_type_to_string(s->type));
        else if (lacks_value(d, a))
                r = -EINVAL;
        else if (d->codec)
                r = d->whole ? d->codec->parse(&codec_context, a->value, s)
                             : parse_field(&codec_context, a->value);
        else if (d->syntax)
                r = check_syntax(&codec_context, a->value);
        if (r == -ENOMEM)
                return r;
        if (r < 0)
                r = codec_refuse_value(&codec_context, a->value, codec_expects(d));
        if (r != 0 && d->vital) {
                report_mark_fatal(c->report);
                s->fatal = true;
        }
        if (r == 0 && (!d->codec || d->support != SUPPORT_FULL))
                return remember_setting(s, d, a);
        return 0;
}

void spec_say_unknown_section(const SpecContext *c, const SourcePlace *header, UnitType type) {
        const char *meant = directive_suggest_section(type, header->section);

        report_add_at(c->report, SEVERITY_WARNING, FINDING_UNKNOWN_SECTION, header,
                      "Unknown section [%.60s] in a unit of the type %s; its lines are ignored.%s%s%s",
                      header->section, unit_type_to_string(type), meant ? " Did you mean [" : "", meant ?: "",
                      meant ? "]?" : "");
}

static void say_unknown_key(const UnitSpec *s, const SpecContext *c, const Assignment *a) {
        const SourcePlace place = { a->file, a->line, a->key_column, a->section, a->key };
        const char *section, *key;

        key = directive_suggest(s->type, a->section, a->key, &section);
        if (!key)
                report_add_at(c->report, SEVERITY_WARNING, FINDING_UNKNOWN_KEY, &place,
                              "Unknown key '%.60s' in section [%s]; it is ignored.", a->key, a->section);
        else if (str_equal(section, a->section))
                report_add_at(c->report, SEVERITY_WARNING, FINDING_UNKNOWN_KEY, &place,
                              "Unknown key '%.60s' in section [%s]; it is ignored. Did you mean %s=?", a->key,
                              a->section, key);
        else
                report_add_at(
                        c->report, SEVERITY_WARNING, FINDING_UNKNOWN_KEY, &place,
                        "Unknown key '%.60s' in section [%s]; it is ignored. %s= belongs in section [%s].",
                        a->key, a->section, key, section);
}

static void say_old_key(const SpecContext *c, const Assignment *a, const Directive *d) {
        const SourcePlace place = { a->file, a->line, a->key_column, a->section, a->key };

        report_add_at(c->report, SEVERITY_WARNING, FINDING_OLD_FORM, &place,
                      "%s= is going out of use; %s. Write %s=.", a->key,
                      d->alias_of                     ? "it is taken for the newer one"
                      : d->support != SUPPORT_IGNORED ? "it counts where the newer one is not set"
                                                      : "it is ignored",
                      d->replaced_by);
}

bool name_is_extension(const char *name) {
        return str_starts_with(name, "X-");
}

/* The assignment's section is one that this type has. */
int spec_assign_known_section(UnitSpec *s, const SpecContext *c, const Assignment *a) {
        const Directive *d;

        d = directive_find(a->section, a->key);
        if (d && d->replaced_by)
                say_old_key(c, a, d);
        if (d)
                return assign_row(s, c, directive_resolve(d), a);
        if (!name_is_extension(a->key))
                say_unknown_key(s, c, a);
        return 0;
}

int spec_assign(UnitSpec *s, const SpecContext *c, const Assignment *a) {
        static const SpecContext nothing;

        if (!c)
                c = &nothing;
        if (directive_section_is_known(a->section, s->type))
                return spec_assign_known_section(s, c, a);
        if (!name_is_extension(a->section))
                spec_say_unknown_section(
                        c, &(SourcePlace){ .file = a->file, .line = a->line, .section = a->section },
                        s->type);
        return 0;
}

static bool has_dependency(const CommonSpec *common, DependencyKind kind, const char *name) {
        for (size_t i = 0; i < common->n_deps; i++)
                if (common->deps[i].kind == kind && strcmp(common->deps[i].name, name) == 0)
                        return true;
        return false;
}

static int add_dependency(UnitSpec *s, DependencyKind kind, const char *name, bool constant) {
        CommonSpec *common;
        char *text;

        if (s->common->n_deps <= DEPENDENCIES_FEW && has_dependency(s->common, kind, name))
                return 0;
        common = spec_part(s, PART_COMMON);
        if (!common)
                return -ENOMEM;
        if (common->n_deps == common->deps_capacity) {
                int r = array_reserve(&common->deps, &common->deps_capacity, common->n_deps + 1,
                                      sizeof(Dependency));

                if (r < 0)
                        return r;
        }

        text = constant ? (char *)name : strdup(name);
        if (!text)
                return -ENOMEM;
        common->deps[common->n_deps++] = (Dependency){ .kind = kind, .constant = constant, .name = text };
        return 0;
}

int spec_add_dependency(UnitSpec *s, DependencyKind kind, const char *name) {
        return add_dependency(s, kind, name, false);
}

int spec_add_constant_dependency(UnitSpec *s, DependencyKind kind, const char *name) {
        return add_dependency(s, kind, name, true);
}

static void forget_dependency(Dependency *d) {
        if (!d->constant)
                free(d->name);
        d->name = NULL;
}

static void close_gaps(CommonSpec *common) {
        size_t n = 0;

        for (size_t i = 0; i < common->n_deps; i++)
                if (common->deps[i].name)
                        common->deps[n++] = common->deps[i];
        common->n_deps = n;
}

int spec_drop_dependencies(UnitSpec *s, const char *name) {
        CommonSpec *common = spec_part(s, PART_COMMON);

        if (!common)
                return -ENOMEM;
        for (size_t i = 0; i < common->n_deps; i++)
                if (str_equal(common->deps[i].name, name))
                        forget_dependency(common->deps + i);
        close_gaps(common);
        return 0;
}

/* By kind and name; of equal ones the first stays the first. */
static int compare_dependencies(const void *a, const void *b) {
        const Dependency *x = *(Dependency *const *)a, *y = *(Dependency *const *)b;
        int c = (x->kind > y->kind) - (x->kind < y->kind);

        if (c == 0)
                c = strcmp(x->name, y->name);
        return c != 0 ? c : (x > y) - (x < y);
}

static void mark_double(Dependency **sorted, size_t n) {
        const Dependency *first = NULL;

        for (size_t i = 0; i < n; i++) {
                Dependency *d = sorted[i];

                if (!first || first->kind != d->kind || strcmp(first->name, d->name) != 0) {
                        first = d;
                        continue;
                }
                forget_dependency(d);
        }
}

static int drop_double_dependencies(UnitSpec *s) {
        Dependency **sorted auto_free = NULL;
        CommonSpec *common;

        if (s->common->n_deps <= DEPENDENCIES_FEW)
                return 0;
        common = spec_part(s, PART_COMMON);
        sorted = calloc(common->n_deps, sizeof(*sorted));
        if (!sorted)
                return -ENOMEM;
        for (size_t i = 0; i < common->n_deps; i++)
                sorted[i] = common->deps + i;
        qsort(sorted, common->n_deps, sizeof(*sorted), compare_dependencies);
        mark_double(sorted, common->n_deps);
        close_gaps(common);
        return 0;
}

/* Nothing is added from here on, and there may be ten thousand units. */
static void shrink_dependencies(UnitSpec *s) {
        CommonSpec *common;
        Dependency *deps;

        if (s->common->n_deps == 0 || s->common->n_deps == s->common->deps_capacity)
                return;
        common = spec_part(s, PART_COMMON);
        deps = realloc(common->deps, common->n_deps * sizeof(Dependency));
        if (!deps)
                return; /* it was only a favour */
        common->deps = deps;
        common->deps_capacity = common->n_deps;
}

int spec_complete(UnitSpec *s, const SpecContext *c) {
        static const SpecContext nothing;
        int r;

        if (!c)
                c = &nothing;
        spec_check_profile(s, c);
        r = spec_complete_set(s, c);
        if (r >= 0)
                r = spec_complete_type(s, c);
        if (r >= 0)
                r = spec_complete_sandbox(s);
        if (r >= 0)
                r = spec_add_implicit_dependencies(s, c);
        if (r >= 0 && s->policy->default_dependencies)
                r = spec_add_default_dependencies(s, c);
        if (r >= 0)
                r = drop_double_dependencies(s);
        if (r < 0)
                return r;
        shrink_dependencies(s);
        r = spec_check(s, c);
        if (r < 0)
                return r;
        spec_share_parts(s);
        return 0;
}

/* "PrivateTmp=no" takes nothing away, so there is nothing that was not applied. */
static bool asks_for_nothing(const UnitSpec *s, const Setting *setting) {
        const Directive *d = setting->row;
        bool v;

        if (d->codec && !d->whole)
                return spec_field_is_default(s, d);
        if (d->initial && str_equal(d->initial, setting->value))
                return true;
        return str_equal(d->signature, "b") && parse_bool(setting->value, &v) >= 0 &&
               v == str_equal(d->initial, "yes");
}

void spec_visit_unapplied(const UnitSpec *s, SettingVisitor visit, void *userdata) {
        for (size_t i = 0; i < s->n_settings; i++) {
                const Setting *setting = &s->settings[i];

                if (setting->row->support != SUPPORT_FULL && !asks_for_nothing(s, setting))
                        visit(setting->row, setting->value, setting->file, setting->line, userdata);
        }
}
