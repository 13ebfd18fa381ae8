/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Names of units: in dependencies, in [Install], as the one unit that a
 * socket, a timer or a path starts.
 */

#include <errno.h>

#include "unit/codec-util.h"

static const char *const kind_names[] = {
        [DEP_REQUIRES] = "Requires",
        [DEP_REQUISITE] = "Requisite",
        [DEP_WANTS] = "Wants",
        [DEP_BINDS_TO] = "BindsTo",
        [DEP_PART_OF] = "PartOf",
        [DEP_UPHOLDS] = "Upholds",
        [DEP_CONFLICTS] = "Conflicts",
        [DEP_BEFORE] = "Before",
        [DEP_AFTER] = "After",
        [DEP_ON_SUCCESS] = "OnSuccess",
        [DEP_ON_FAILURE] = "OnFailure",
        [DEP_PROPAGATES_RELOAD_TO] = "PropagatesReloadTo",
        [DEP_RELOAD_PROPAGATED_FROM] = "ReloadPropagatedFrom",
        [DEP_PROPAGATES_STOP_TO] = "PropagatesStopTo",
        [DEP_STOP_PROPAGATED_FROM] = "StopPropagatedFrom",
        [DEP_JOINS_NAMESPACE_OF] = "JoinsNamespaceOf",
        [DEP_TRIGGERS] = "Triggers",
        [DEP_SLICE] = "Slice",
        [DEP_REQUIRED_BY] = "RequiredBy",
        [DEP_REQUISITE_OF] = "RequisiteOf",
        [DEP_WANTED_BY] = "WantedBy",
        [DEP_BOUND_BY] = "BoundBy",
        [DEP_CONSISTS_OF] = "ConsistsOf",
        [DEP_UPHELD_BY] = "UpheldBy",
        [DEP_CONFLICTED_BY] = "ConflictedBy",
        [DEP_ON_SUCCESS_OF] = "OnSuccessOf",
        [DEP_ON_FAILURE_OF] = "OnFailureOf",
        [DEP_TRIGGERED_BY] = "TriggeredBy",
        [DEP_SLICE_OF] = "SliceOf",
        [DEP_NAMESPACE_JOINED_BY] = "NamespaceJoinedBy",
};
_Static_assert(ELEMENTSOF(kind_names) == DEP_MAX, "a name for each kind");

const char *dependency_to_string(DependencyKind k) {
        return (int)k >= 0 && k < DEP_MAX ? kind_names[k] : NULL;
}

static const DependencyKind inverses[] = {
        [DEP_REQUIRES] = DEP_REQUIRED_BY,
        [DEP_REQUISITE] = DEP_REQUISITE_OF,
        [DEP_WANTS] = DEP_WANTED_BY,
        [DEP_BINDS_TO] = DEP_BOUND_BY,
        [DEP_PART_OF] = DEP_CONSISTS_OF,
        [DEP_UPHOLDS] = DEP_UPHELD_BY,
        [DEP_CONFLICTS] = DEP_CONFLICTED_BY,
        [DEP_BEFORE] = DEP_AFTER,
        [DEP_AFTER] = DEP_BEFORE,
        [DEP_ON_SUCCESS] = DEP_ON_SUCCESS_OF,
        [DEP_ON_FAILURE] = DEP_ON_FAILURE_OF,
        [DEP_PROPAGATES_RELOAD_TO] = DEP_RELOAD_PROPAGATED_FROM,
        [DEP_RELOAD_PROPAGATED_FROM] = DEP_PROPAGATES_RELOAD_TO,
        [DEP_PROPAGATES_STOP_TO] = DEP_STOP_PROPAGATED_FROM,
        [DEP_STOP_PROPAGATED_FROM] = DEP_PROPAGATES_STOP_TO,
        [DEP_JOINS_NAMESPACE_OF] = DEP_NAMESPACE_JOINED_BY,
        [DEP_NAMESPACE_JOINED_BY] = DEP_JOINS_NAMESPACE_OF,
        [DEP_TRIGGERS] = DEP_TRIGGERED_BY,
        [DEP_SLICE] = DEP_SLICE_OF,
        [DEP_REQUIRED_BY] = DEP_REQUIRES,
        [DEP_REQUISITE_OF] = DEP_REQUISITE,
        [DEP_WANTED_BY] = DEP_WANTS,
        [DEP_BOUND_BY] = DEP_BINDS_TO,
        [DEP_CONSISTS_OF] = DEP_PART_OF,
        [DEP_UPHELD_BY] = DEP_UPHOLDS,
        [DEP_CONFLICTED_BY] = DEP_CONFLICTS,
        [DEP_ON_SUCCESS_OF] = DEP_ON_SUCCESS,
        [DEP_ON_FAILURE_OF] = DEP_ON_FAILURE,
        [DEP_TRIGGERED_BY] = DEP_TRIGGERS,
        [DEP_SLICE_OF] = DEP_SLICE,
};
_Static_assert(ELEMENTSOF(inverses) == DEP_MAX, "an inverse for each kind");

DependencyKind dependency_inverse(DependencyKind k) {
        ENSURE((int)k >= 0 && k < DEP_MAX, DEP_AFTER);
        return inverses[k];
}

bool dependency_is_possible(DependencyKind k, UnitType from, UnitType to) {
        switch (k) {
        case DEP_ON_FAILURE:
                return from != UNIT_SLICE && from != UNIT_DEVICE;
        case DEP_BEFORE:
                return to != UNIT_DEVICE;
        default:
                return true;
        }
}

/* "foo@.service" in the file of an instance means the same instance of foo, elsewhere the instance named like the unit. */
static int fill_template(const CodecContext *c, const char *name, char **ret) {
        char *instance auto_free = NULL;
        int r;

        if (!name_is_valid(name, NAME_TEMPLATE) || !c->unit) {
                *ret = strdup(name);
                return *ret ? 0 : -ENOMEM;
        }
        if (name_kind(c->unit->name) == NAME_TEMPLATE) {
                *ret = strdup(name); /* only the instances will know */
                return *ret ? 0 : -ENOMEM;
        }

        r = name_instance(c->unit->name, &instance);
        if (r == 0 && !instance)
                r = name_prefix(c->unit->name, &instance);
        return r < 0 ? r : name_with_instance(name, instance, ret);
}

static int name_resolve(const CodecContext *c, const char *word, char **ret) {
        bool in_template = c->unit && name_kind(c->unit->name) == NAME_TEMPLATE;
        char *name auto_free = NULL;
        int r;

        r = fill_template(c, word, &name);
        if (r < 0)
                return r;
        if (!name_is_valid(name, NAME_PLAIN | NAME_INSTANCE | (in_template ? NAME_TEMPLATE : 0)))
                return -EINVAL;
        *ret = TAKE(name);
        return 0;
}

/* Unit names hold backslashes of their own (\x2d), so the words are taken as they stand. */
static int for_each_name(const CodecContext *c, const char *value, WordHandler handler, void *field) {
        const char *p = value;
        int result = 0;

        for (;;) {
                char *word auto_free = NULL, *name auto_free = NULL;
                size_t n;
                int r;

                p += strspn(p, " \t\n\r");
                n = strcspn(p, " \t\n\r");
                if (n == 0)
                        return result;
                if (n >= 2 && (p[0] == '"' || p[0] == '\'') && p[n - 1] == p[0])
                        word = strndup(p + 1, n - 2);
                else
                        word = strndup(p, n);
                p += n;
                if (!word)
                        return -ENOMEM;

                r = codec_expand(c, word, &name);
                if (r == 0)
                        r = handler(c, name, field);
                if (r == -EINVAL)
                        r = codec_refuse_value(c, name, codec_expects(c->row));
                if (r < 0)
                        return r;
                if (r > 0)
                        result = r;
        }
}

static void format_name(const char *name, Buf *b, size_t start) {
        if (b->len > start)
                buf_add_char(b, ' ');
        format_literal(name, b);
}

static int dependency_handle(const CodecContext *c, const char *word, void *field) {
        char *name auto_free = NULL;
        int r;

        r = name_resolve(c, word, &name);
        if (r < 0)
                return r;
        return c->unit ? spec_add_dependency(c->unit, (DependencyKind)c->row->detail, name) : 0;
}

/* systemd.unit(5): dependencies cannot be reset, so an empty value adds nothing. */
static int dependencies_parse(const CodecContext *c, const char *value, void *field) {
        return for_each_name(c, value, dependency_handle, field);
}

static int dependencies_format(const Directive *row, const void *field, Buf *b) {
        const CommonSpec *common = CONTAINER_OF((Dependency *const *)field, CommonSpec, deps);
        size_t start = b->len;

        for (size_t i = 0; i < common->n_deps; i++)
                if (common->deps[i].kind == (DependencyKind)row->detail)
                        format_name(common->deps[i].name, b, start);
        return format_end(b);
}

static void dependencies_release(void *field) {
        CommonSpec *common = CONTAINER_OF((Dependency **)field, CommonSpec, deps);

        for (size_t i = 0; i < common->n_deps; i++)
                if (!common->deps[i].constant)
                        free(common->deps[i].name);
        free(common->deps);
        common->deps = NULL;
        common->n_deps = common->deps_capacity = 0;
}

#define EXPECTS "a unit such as network.target"

const Codec codec_dependencies = {
        CODEC_OF(dependencies),
        .expects = EXPECTS,
        .parse = dependencies_parse,
        .format = dependencies_format,
        .release = dependencies_release,
        .good = SAMPLES("", "a.service", "a.service b@c.socket dev-sda\\x2d1.device", "\"a.target\""),
        .bad = SAMPLES("network", "a.service/b", ".service", "a.conf"),
};

/* Detail of the row: the one type of unit that is meant, and 1; 0: any. */
static int check_type(const CodecContext *c, const char *name) {
        UnitType type = (UnitType)(c->row->detail - 1);

        if (c->row->detail == 0 || name_type(name) == type)
                return 0;
        return codec_refuse(c, "'%.120s' is not a unit of the type %s", name, unit_type_to_string(type));
}

static int unit_names_handle(const CodecContext *c, const char *word, void *field) {
        char *name = NULL;
        int r;

        r = name_resolve(c, word, &name);
        if (r < 0)
                return r;
        r = check_type(c, name);
        if (r == 0)
                r = strv_add(field, name);
        free(name);
        return r;
}

static int unit_names_parse(const CodecContext *c, const char *value, void *field) {
        if (value[0] == 0) {
                release_strv(field);
                return 0;
        }
        return for_each_name(c, value, unit_names_handle, field);
}

static int unit_names_format(const Directive *row, const void *field, Buf *b) {
        size_t start = b->len;

        STRV_FOREACH (name, *(char **const *)field)
                format_name(*name, b, start);
        return format_end(b);
}

const Codec codec_unit_names = {
        CODEC_OF(unit_names),
        .expects = EXPECTS,
        .parse = unit_names_parse,
        .format = unit_names_format,
        .release = release_strv,
        .good = SAMPLES("", "a.socket", "a.socket b.socket"),
        .bad = SAMPLES("a", "a b.socket"),
};

/* Kept as written: which instance is meant is known when the unit is enabled. */
static int install_names_parse(const CodecContext *c, const char *value, void *field) {
        char **names auto_strv = NULL;
        int r;

        if (value[0] == 0) {
                release_strv(field);
                return 0;
        }

        r = words_split(value, WORDS_QUOTES, &names);
        if (r < 0)
                return r;
        STRV_FOREACH (name, names)
                if (!strchr(*name, '.') &&
                    !strchr(*name, '%')) /* what has specifiers is judged with them replaced */
                        return codec_refuse_value(c, *name, codec_expects(c->row));
        return strv_add_all(field, names);
}

static int install_names_format(const Directive *row, const void *field, Buf *b) {
        const char *separator = "";

        STRV_FOREACH (name, *(char **const *)field) {
                buf_addf(b, "%s%s", separator, *name);
                separator = " ";
        }
        return format_end(b);
}

const Codec codec_install_names = {
        CODEC_OF(install_names),
        .expects = "a unit such as multi-user.target",
        .parse = install_names_parse,
        .format = install_names_format,
        .release = release_strv,
        .good = SAMPLES("", "multi-user.target", "a@%i.service b.target"),
        .bad = SAMPLES("multi-user", "'a.target"),
};

/* Unit= of a timer or a path; as in systemd the first one stays. */
static int check_triggered(const CodecContext *c, const char *name, const char *earlier) {
        if (c->unit && str_equal(name, c->unit->name))
                return codec_refuse(c, "A unit cannot start itself");
        if (earlier)
                return codec_refuse(c, "One unit is started, and %.120s was named before", earlier);
        return 0;
}

static int unit_name_parse(const CodecContext *c, const char *value, void *field) {
        char *text auto_free = NULL, *name auto_free = NULL;
        int r;

        r = codec_expand(c, value, &text);
        if (r != 0)
                return r;
        r = name_resolve(c, text, &name);
        if (r < 0)
                return r;
        r = check_type(c, name);
        if (r == 0 && (c->row->part == PART_TIMER || c->row->part == PART_PATH))
                r = check_triggered(c, name, *(char *const *)field);
        if (r != 0)
                return r;

        release_string(field);
        *(char **)field = TAKE(name);
        return 0;
}

static int unit_name_format(const Directive *row, const void *field, Buf *b) {
        format_literal(*(char *const *)field, b);
        return format_end(b);
}

const Codec codec_unit_name = {
        CODEC_OF(unit_name),
        .expects = "a unit such as app.service",
        .empty_resets = true,
        .filled = true,
        .parse = unit_name_parse,
        .format = unit_name_format,
        .release = release_string,
        .good = SAMPLES(""),
        .bad = SAMPLES("app", "a b.service"),
};

static int mounts_for_handle(const CodecContext *c, const char *word, void *field) {
        char *path auto_free = NULL;

        if (!path_is_absolute(word) || !path_is_safe(word))
                return -EINVAL;
        path = strdup(word);
        if (!path)
                return -ENOMEM;
        path_simplify(path);
        if (!path_is_normalized(path))
                return codec_refuse(c, "'%.120s' has '..' in it", path);
        return strv_add_unique(field, path);
}

static int mounts_for_parse(const CodecContext *c, const char *value, void *field) {
        if (value[0] == 0)
                return 0; /* a dependency too: cannot be reset */
        return codec_for_each_word(c, value, WORDS_QUOTES | WORDS_UNESCAPE_RELAX, mounts_for_handle, field);
}

static int mounts_for_format(const Directive *row, const void *field, Buf *b) {
        return format_words(*(char **const *)field, b);
}

const Codec codec_mounts_for = {
        CODEC_OF(mounts_for),      .expects = "an absolute path such as /var/lib/app",
        .parse = mounts_for_parse, .format = mounts_for_format,
        .release = release_strv,   .good = SAMPLES("", "/srv", "/srv/a /var//lib/"),
        .bad = SAMPLES("srv"),
};
