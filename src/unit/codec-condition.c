/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Condition...= and Assert...=: "|" for one of several, "!" for the opposite,
 * then the parameter. The row's key says which test is meant.
 */

#include <errno.h>

#include "unit/codec-util.h"

static void conditions_release(void *field) {
        ConditionList *l = field;

        for (size_t i = 0; i < l->n; i++)
                free(l->v[i].parameter);
        free(l->v);
        *l = (ConditionList){ 0 };
}

/* "PathExists" of ConditionPathExists= and AssertPathExists=. */
static const char *condition_type(const Directive *row) {
        const char *type = str_after(row->key, "Condition");

        return type ? type : str_after(row->key, "Assert");
}

/* The tests that look at a file. */
static bool wants_path(const char *type) {
        static const char *const types[] = {
                "PathExists",       "PathExistsGlob",   "PathIsDirectory", "PathIsSymbolicLink",
                "PathIsMountPoint", "PathIsReadWrite",  "PathIsEncrypted", "DirectoryNotEmpty",
                "FileNotEmpty",     "FileIsExecutable", "NeedsUpdate",
        };

        for (size_t i = 0; i < ELEMENTSOF(types); i++)
                if (str_equal(types[i], type))
                        return true;
        return false;
}

static const char *skip_blanks(const char *p) {
        return p + strspn(p, " \t");
}

static int conditions_parse(const CodecContext *c, const char *value, void *field) {
        ConditionList *l = field;
        Condition new = { .type = condition_type(c->row) };
        char *parameter auto_free = NULL;
        const char *p = value;
        Condition *v;
        int r;

        if (value[0] == 0) { /* of whatever kind: all conditions (or all asserts) are dropped */
                conditions_release(field);
                return 0;
        }

        new.trigger = *p == '|';
        p += new.trigger;
        if (!wants_path(new.type))
                p = skip_blanks(p);
        new.negate = *p == '!';
        p += new.negate;
        if (!wants_path(new.type))
                p = skip_blanks(p);

        r = codec_expand(c, p, &parameter);
        if (r != 0)
                return r;
        if (wants_path(new.type)) {
                if (!path_is_absolute(parameter) || !path_is_safe(parameter))
                        return codec_refuse(c, "'%.120s' is not an absolute path", parameter);
                path_simplify(parameter);
                if (!path_is_normalized(parameter))
                        return codec_refuse(c, "'%.120s' has '..' in it", parameter);
        }
        if (strchr(parameter, '\n'))
                return -EINVAL;
        if (parameter[0] == 0 && !new.trigger && !new.negate) /* written back it would drop all the others */
                return codec_refuse(c, "Nothing is left of '%.120s' with its specifiers replaced", p);

        v = realloc(l->v, (l->n + 1) * sizeof(*v));
        if (!v)
                return -ENOMEM;
        l->v = v;
        new.parameter = TAKE(parameter);
        v[l->n++] = new;
        return 0;
}

static int conditions_format(const Directive *row, const void *field, Buf *b) {
        const ConditionList *l = field;
        const char *type = condition_type(row);
        size_t start = b->len;

        for (size_t i = 0; i < l->n; i++) {
                const Condition *condition = &l->v[i];

                if (!str_equal(condition->type, type))
                        continue;
                format_line_break(b, start);
                buf_addf(b, "%s%s", condition->trigger ? "|" : "", condition->negate ? "!" : "");
                format_literal(condition->parameter, b);
        }
        return format_end(b);
}

const Codec codec_conditions = {
        CODEC_OF(conditions),
        .expects = "a condition: perhaps | and !, then what is to be tested",
        .lines = true,
        .parse = conditions_parse,
        .format = conditions_format,
        .release = conditions_release,
        .good = SAMPLES("", "/a", "!/a", "|/a//b", "|!/etc/*.d/{a,b}"),
        .bad = SAMPLES("%Z", "|!%Z"),
};
