/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "unit/directive.h"

#include <strings.h>

#include "unit/codec-util.h"
#include "unit/directive-tables.h"
#include "unit/spec-parts.h"

const Directive *const directive_tables[] = {
        unit_directives,    condition_directives, assert_directives,
        install_directives, service_directives,   exec_directives,
        sandbox_directives, kill_directives,      cgroup_directives,
        socket_directives,  timer_directives,     path_directives,
        mount_directives,   automount_directives, swap_directives,
        scope_directives,   deploy_directives,    NULL,
};

static const char *const support_words[] = {
        [SUPPORT_FULL] = "full",
        [SUPPORT_PARTIAL] = "partial",
        [SUPPORT_IGNORED] = "ignored",
        [SUPPORT_REFUSED] = "refused",
};
_Static_assert(ELEMENTSOF(support_words) == SUPPORT_MAX, "a word for each support");

const char *support_to_string(Support s) {
        return (int)s >= 0 && s < SUPPORT_MAX ? support_words[s] : NULL;
}

typedef struct Table {
        const Directive *rows;
        const size_t *count;
} Table;

#define TABLE(name)                                                                                          \
        { name##_directives, &name##_directive_count }
#define TABLES_MAX 5
#define DEPLOY_SECTION                                                                                       \
        "X-Deploy" /* svctl's: its keys are not settings of the unit, whatever they are called */

/* In which sections a table counts, and which types have the section. */
static const struct {
        const char *name;
        UnitType type; /* UNIT_TYPE_INVALID: all */
        Table tables[TABLES_MAX + 1];
} sections[] = {
        { "Unit", UNIT_TYPE_INVALID, { TABLE(unit), TABLE(condition), TABLE(assert) } },
        { "Service",
          UNIT_SERVICE,
          { TABLE(service), TABLE(exec), TABLE(sandbox), TABLE(kill), TABLE(cgroup) } },
        { "Install", UNIT_TYPE_INVALID, { TABLE(install) } },
        { DEPLOY_SECTION, UNIT_SERVICE, { TABLE(deploy) } },
        { "Socket", UNIT_SOCKET, { TABLE(socket), TABLE(exec), TABLE(sandbox), TABLE(kill), TABLE(cgroup) } },
        { "Timer", UNIT_TIMER, { TABLE(timer) } },
        { "Path", UNIT_PATH, { TABLE(path) } },
        { "Mount", UNIT_MOUNT, { TABLE(mount), TABLE(exec), TABLE(sandbox), TABLE(kill), TABLE(cgroup) } },
        { "Automount", UNIT_AUTOMOUNT, { TABLE(automount) } },
        { "Swap", UNIT_SWAP, { TABLE(swap), TABLE(exec), TABLE(sandbox), TABLE(kill), TABLE(cgroup) } },
        { "Slice", UNIT_SLICE, { TABLE(cgroup) } },
        { "Scope", UNIT_SCOPE, { TABLE(scope), TABLE(kill), TABLE(cgroup) } },
};

static int section_find(const char *name) {
        for (size_t i = 0; i < ELEMENTSOF(sections); i++)
                if (strcmp(sections[i].name, name) == 0)
                        return (int)i;
        return -1;
}

static const Directive *table_find(const Table *table, const char *key) {
        size_t from = 0, to = *table->count;

        while (from < to) {
                size_t middle = from + (to - from) / 2;
                int order = strcmp(key, table->rows[middle].key);

                if (order == 0)
                        return &table->rows[middle];
                if (order < 0)
                        to = middle;
                else
                        from = middle + 1;
        }
        return NULL;
}

const Directive *directive_find(const char *section, const char *key) {
        int i = section_find(section);

        if (i < 0)
                return NULL;
        for (const Table *table = sections[i].tables; table->rows; table++) {
                const Directive *d = table_find(table, key);

                if (d)
                        return d;
        }
        return NULL;
}

const Directive *directive_resolve(const Directive *d) {
        const Directive *meant = NULL;

        if (!d->alias_of)
                return d;
        for (const Directive *const *table = directive_tables; *table && !meant; table++)
                for (const Directive *row = *table; row->key; row++)
                        if (row != d && str_equal(row->key, d->alias_of) &&
                            str_equal(row->section, d->section)) {
                                meant = row;
                                break;
                        }
        if (!meant)
                meant = directive_find("Unit", d->alias_of);
        ENSURE(meant && !meant->alias_of, d);
        return meant;
}

bool directive_section_is_known(const char *section, UnitType type) {
        int i = section_find(section);

        return i >= 0 && (sections[i].type == UNIT_TYPE_INVALID || sections[i].type == type);
}

bool directive_counts_for(const Directive *d, UnitType type) {
        for (size_t i = 0; i < ELEMENTSOF(sections); i++) {
                if ((sections[i].type != UNIT_TYPE_INVALID && sections[i].type != type) ||
                    strcmp(sections[i].name, DEPLOY_SECTION) == 0)
                        continue;
                for (const Table *table = sections[i].tables; table->rows; table++)
                        if (d >= table->rows && d < table->rows + *table->count)
                                return true;
        }
        return false;
}

/* The texts of a row without a field, one on each line. */
static int format_settings(const Directive *d, const UnitSpec *s, Buf *b) {
        size_t start = b->len;
        bool any = false;

        for (size_t i = 0; i < s->n_settings; i++)
                if (s->settings[i].row == d) {
                        format_line_break(b, start);
                        buf_add(b, s->settings[i].value);
                        any = true;
                }
        if (!any && d->initial)
                buf_add(b, d->initial);
        return format_end(b);
}

int directive_format(const Directive *d, const UnitSpec *s, Buf *b) {
        const Directive *row = directive_resolve(d);

        if (!row->codec)
                return format_settings(row, s, b);
        return row->codec->format(row, row->whole ? s : spec_field(s, row), b);
}

const char *directive_property(const Directive *d) {
        if (d->property)
                return d->property[0] ? d->property : NULL;
        if (d->alias_of)
                return NULL;
        return d->key;
}

const void *directive_field(const Directive *d, const UnitSpec *s) {
        return d->codec && !d->whole ? spec_field(s, d) : NULL;
}

uint64_t directive_share(const Directive *d, const UnitSpec *s) {
        const char *field = d->scale ? directive_field(d, s) : NULL;

        return field ? *(const uint64_t *)(field - d->offset + d->scale) : LIMIT_UNSET;
}

#define KEY_MAX 64 /* longer keys get no suggestion */

/* How many letters have to be changed, added or left out; case counts for nothing. */
static unsigned distance(const char *a, const char *b) {
        unsigned row[KEY_MAX + 1];
        size_t n = strlen(a), m = strlen(b);

        if (n > KEY_MAX || m > KEY_MAX)
                return KEY_MAX;
        for (size_t j = 0; j <= m; j++)
                row[j] = (unsigned)j;
        for (size_t i = 1; i <= n; i++) {
                unsigned diagonal = row[0];

                row[0] = (unsigned)i;
                for (size_t j = 1; j <= m; j++) {
                        unsigned above = row[j], change = diagonal + ((a[i - 1] | 32) != (b[j - 1] | 32));

                        row[j] = MIN(change, MIN(above, row[j - 1]) + 1);
                        diagonal = above;
                }
        }
        return row[m];
}

const char *directive_suggest(UnitType type, const char *section, const char *key, const char **ret_section) {
        const char *best = NULL;
        unsigned least =
                strlen(key) > 8 ? 8 : 6; /* in halves of a letter: what is as far as that is no near miss */

        /* The same key in another section is the surest guess. */
        for (size_t i = 0; i < ELEMENTSOF(sections); i++)
                if (directive_section_is_known(sections[i].name, type) &&
                    directive_find(sections[i].name, key)) {
                        *ret_section = sections[i].name;
                        return key;
                }

        for (size_t i = 0; i < ELEMENTSOF(sections); i++) {
                if (!directive_section_is_known(sections[i].name, type))
                        continue;
                for (const Table *table = sections[i].tables; table->rows; table++)
                        for (size_t j = 0; j < *table->count; j++) {
                                /* half a letter for standing in the right section */
                                unsigned d = 2 * distance(key, table->rows[j].key) +
                                             !str_equal(sections[i].name, section);

                                if (d >= least)
                                        continue;
                                least = d;
                                best = table->rows[j].key;
                                *ret_section = sections[i].name;
                        }
        }
        return best;
}

const char *directive_suggest_section(UnitType type, const char *section) {
        const char *best = NULL;
        unsigned least = 3; /* letters */

        for (size_t i = 0; i < ELEMENTSOF(sections); i++) {
                unsigned d = distance(section, sections[i].name);

                if (d >= least || !directive_section_is_known(sections[i].name, type))
                        continue;
                least = d;
                best = sections[i].name;
        }
        return best;
}

static void dump_text(const char *s, Buf *b) {
        for (; s && *s; s++)
                buf_add_char(b, *s == '\t' || *s == '\n' ? ' ' : *s);
}

void directives_dump(Buf *b) {
        for (const Directive *const *table = directive_tables; *table; table++)
                for (const Directive *d = *table; d->key; d++) {
                        const Directive *row = directive_resolve(d);

                        buf_addf(b, "%s\t%s\t%s\t", d->key, d->section,
                                 row->codec    ? row->codec->name
                                 : row->syntax ? row->syntax->name
                                               : "text");
                        dump_text(row->initial, b);
                        buf_addf(b, "\t%s\t", support_to_string(row->support));
                        dump_text(row->limit, b);
                        buf_add_char(b, '\t');
                        if (d->alias_of)
                                buf_addf(b, "Older spelling of %s=.", d->alias_of);
                        else
                                dump_text(d->summary, b);
                        buf_add_char(b, '\n');
                }
}

DirectiveCounts directives_count(void) {
        DirectiveCounts counts = { 0 };

        for (const Directive *const *table = directive_tables; *table; table++)
                for (const Directive *d = *table; d->key; d++)
                        if (d->alias_of)
                                counts.old_spellings++;
                        else
                                counts.of[d->support]++;
        return counts;
}
