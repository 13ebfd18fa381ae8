/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/logs/logs.h"

#include <fnmatch.h>
#include <string.h>

void logs_later_begin(Logs *l, char *const *units, char *const *matches) {
        bool any = false;

        STRV_FOREACH (u, units)
                any |= strpbrk(*u, "*?[") != NULL;
        if (!any || !l->o->follow || l->o->invocation)
                return;

        l->later_units = units;
        l->later_matches = matches;
        if (sd_journal_seek_tail(l->j) >= 0 && sd_journal_previous(l->j) > 0)
                (void)sd_journal_get_cursor(l->j, &l->later_from);
}

/* After what was shown last; where nothing was, after what there was. */
int logs_later_follow(Logs *l) {
        char *from auto_free = NULL;
        int r;

        if (sd_journal_get_cursor(l->j, &from) < 0)
                from = TAKE(l->later_from);
        l->is_later = true;
        sd_journal_flush_matches(l->j);
        r = logs_match(l, NULL, l->later_matches);
        if (r >= 0)
                r = from ? sd_journal_seek_cursor(l->j, from) : sd_journal_seek_head(l->j);
        if (r >= 0)
                r = sd_journal_next(l->j);
        return r > 0 && from && sd_journal_test_cursor(l->j, from) > 0 ? sd_journal_next(l->j) : r;
}

/* Of this entry; "" where it is not there, or is nothing that could be a unit's name. */
static const char *value_of(Logs *l, const char *field, char value[UNIT_NAME_MAX + 1]) {
        size_t n, skip = strlen(field) + 1;
        const void *data;

        value[0] = 0;
        if (sd_journal_get_data(l->j, field, &data, &n) >= 0 && n >= skip && n - skip <= UNIT_NAME_MAX) {
                memcpy(value, (const char *)data + skip, n - skip);
                value[n - skip] = 0;
        }
        return value;
}

static bool says(Logs *l, const char *field, const char *wanted) {
        char value[UNIT_NAME_MAX + 1];

        return !field || str_equal(value_of(l, field, value), wanted);
}

static bool is_wanted(char *const *units, const char *name) {
        STRV_FOREACH (u, units)
                if (*name && (fnmatch(*u, name, FNM_NOESCAPE) == 0 || logs_is_instance(*u, name)))
                        return true;
        return false;
}

bool logs_later_fits(Logs *l) {
        char name[UNIT_NAME_MAX + 1];

        for (const LogsWay *w = logs_ways; w->field; w++)
                if (is_wanted(l->later_units, value_of(l, w->field, name)) && says(l, w->with, w->value) &&
                    says(l, w->and, w->other))
                        return true;
        return false;
}
