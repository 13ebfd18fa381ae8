/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "manager/diff.h"

#include <errno.h>

#include "manager/manager-internal.h"
#include "unit/directive.h"

const char *unit_change_to_string(UnitChange c) {
        static const char *const words[] = {
                [UNIT_CHANGED] = "changed",    [UNIT_GONE] = "gone",       [UNIT_MASKED] = "masked",
                [UNIT_BROKEN] = "broken",      [UNIT_RENAMED] = "renamed", [UNIT_NEW] = "new",
                [UNIT_PULLED_IN] = "pulled-in"
        };
        _Static_assert(ELEMENTSOF(words) == UNIT_CHANGE_MAX, "a word for each change");

        return (unsigned)c < UNIT_CHANGE_MAX ? words[c] : "";
}

/* Looked at when the unit stops, when it is asked to, or when the group is told; the rest only when it starts. */
bool directive_is_live(const Directive *d) {
        static const char *const sections[] = { "Unit",    "Install", "Timer", "*kill",
                                                "*cgroup", "Slice",   "Scope" };
        static const char *const service[] = {
                "ExecReload",
                "ExecStop",
                "ExecStopPost",
                "FileDescriptorStoreMax",
                "FileDescriptorStorePreserve",
                "NotifyAccess",
                "OOMPolicy",
                "ReloadSignal",
                "Restart",
                "RestartForceExitStatus",
                "RestartMaxDelaySec",
                "RestartMode",
                "RestartPreventExitStatus",
                "RestartSec",
                "RestartSteps",
                "SuccessExitStatus",
                "TimeoutAbortSec",
                "TimeoutSec",
                "TimeoutStartSec",
                "TimeoutStopFailureMode",
                "TimeoutStopSec",
                "X-Essential",
                "X-RestartJitter",
                "X-StableSec",
        };

        if (str_equal(d->key, "Slice") || str_equal(d->key, "Delegate")) /* where its processes were born */
                return false;
        for (size_t i = 0; i < ELEMENTSOF(sections); i++)
                if (str_equal(d->section, sections[i]))
                        return true;
        for (size_t i = 0; i < ELEMENTSOF(service); i++)
                if (str_equal(d->section, "Service") && str_equal(d->key, service[i]))
                        return true;
        return false;
}

static void unit_diff_release(UnitDiff *u) {
        for (size_t i = 0; i < u->n; i++) {
                free(u->v[i].old);
                free(u->v[i].new);
        }
        free(u->v);
        free(u->unit);
        free(u->text);
}

void unit_diffs_release(UnitDiffs *d) {
        for (size_t i = 0; i < d->n; i++)
                unit_diff_release(d->v + i);
        free(d->v);
        *d = (UnitDiffs){ 0 };
}

static bool is_listed(const UnitDiffs *d, const char *unit) {
        for (size_t i = 0; i < d->n; i++)
                if (str_equal(d->v[i].unit, unit))
                        return true;
        return false;
}

/* Takes what is in `diff`, also on failure. */
static int add_unit(UnitDiffs *d, const char *unit, UnitDiff *diff) {
        int r;

        r = str_replace(&diff->unit, unit);
        if (r >= 0)
                r = array_reserve(&d->v, &d->capacity, d->n + 1, sizeof(*d->v));
        if (r < 0)
                unit_diff_release(diff);
        else
                d->v[d->n++] = *diff;
        return r;
}

static int format(const Directive *row, const UnitSpec *s, char **ret) {
        Buf b auto_buf = { 0 };
        int r = directive_format(row, s, &b);

        return r < 0 ? r : buf_take(&b, ret);
}

static int compare_setting(const Directive *row, const UnitSpec *old, const UnitSpec *new, UnitDiff *d) {
        SettingDiff s = { .row = row };
        int r;

        r = format(row, old, &s.old);
        if (r >= 0)
                r = format(row, new, &s.new);
        if (r >= 0 && !str_equal(s.old, s.new)) {
                r = array_reserve(&d->v, &d->capacity, d->n + 1, sizeof(*d->v));
                if (r >= 0) {
                        d->v[d->n++] = s;
                        return 0;
                }
        }
        free(s.old);
        free(s.new);
        return r;
}

static int compare_specs(const UnitSpec *old, const UnitSpec *new, UnitDiff *d) {
        for (const Directive *const *table = directive_tables; *table; table++)
                for (const Directive *row = *table; row->key; row++) {
                        int r = 0;

                        if (!row->alias_of && directive_counts_for(row, old->type))
                                r = compare_setting(row, old, new, d);
                        if (r < 0)
                                return r;
                }
        return 0;
}

static bool pulls_in(DependencyKind k) {
        return k == DEP_REQUIRES || k == DEP_WANTS || k == DEP_BINDS_TO || k == DEP_UPHOLDS;
}

static bool has_dependency(const UnitSpec *s, const Dependency *d) {
        for (size_t i = 0; i < s->common->n_deps; i++)
                if (pulls_in(s->common->deps[i].kind) && str_equal(s->common->deps[i].name, d->name))
                        return true;
        return false;
}

static int load(Manager *m, const char *name, LoadedUnit *ret) {
        SpecContext context = manager_spec_context(m);

        return loader_load(m->loader, &context, name, ret);
}

/* `by` is active and has not asked for `name` so far. */
static int look_at_pulled(Manager *m, const char *name, const char *by, UnitDiffs *d) {
        const Unit *u = graph_find(m->graph, name);
        LoadedUnit loaded = { 0 };
        UnitDiff diff = { .change = u && u->load_state == LOAD_LOADED ? UNIT_PULLED_IN : UNIT_NEW,
                          .active = INACTIVE };
        int outcome = 0, r = 0;

        if (is_listed(d, u ? u->id : name) || (u && !unit_is_down(u)))
                return 0;
        if (diff.change == UNIT_NEW)
                outcome = load(m, name, &loaded);
        if (outcome == LOADED_OK) {
                r = str_replace(&diff.text, by);
                if (r >= 0)
                        r = add_unit(d, u ? u->id : loaded.id, &diff);
        }
        loaded_unit_release(&loaded);
        return outcome == -ENOMEM ? outcome : r;
}

static int look_at_pulled_by(Manager *m, const Unit *u, const UnitSpec *new, UnitDiffs *d) {
        for (size_t i = 0; i < new->common->n_deps; i++) {
                const Dependency *dep = new->common->deps + i;
                int r = 0;

                if (pulls_in(dep->kind) && !has_dependency(u->spec, dep))
                        r = look_at_pulled(m, dep->name, u->id, d);
                if (r < 0)
                        return r;
        }
        return 0;
}

static UnitChange change_of(const Unit *u, int outcome, const LoadedUnit *loaded) {
        static const UnitChange changes[] = { [LOADED_OK] = UNIT_CHANGED,
                                              [LOADED_NOT_FOUND] = UNIT_GONE,
                                              [LOADED_MASKED] = UNIT_MASKED,
                                              [LOADED_BAD_SETTING] = UNIT_BROKEN,
                                              [LOADED_ERROR] = UNIT_BROKEN };
        if (!str_equal(loaded->id, u->id))
                return UNIT_RENAMED;
        return outcome == LOADED_OK && u->load_state != LOAD_LOADED ? UNIT_NEW : changes[outcome];
}

/* Unusable as it was before: no news. */
static bool is_old_news(const Unit *u, const UnitDiff *d) {
        static const UnitChange of_state[LOAD_STATE_MAX] = { [LOAD_NOT_FOUND] = UNIT_GONE,
                                                             [LOAD_MASKED] = UNIT_MASKED,
                                                             [LOAD_BAD_SETTING] = UNIT_BROKEN,
                                                             [LOAD_ERROR] = UNIT_BROKEN };

        if (d->change == UNIT_CHANGED)
                return d->n == 0;
        return u->load_state != LOAD_LOADED && of_state[u->load_state] == d->change;
}

static int compare(Manager *m, Unit *u, int outcome, LoadedUnit *loaded, UnitDiffs *ret) {
        UnitDiff d = { .change = change_of(u, outcome, loaded), .active = u->active };
        int r = 0;

        if (d.change == UNIT_CHANGED)
                r = compare_specs(u->spec, loaded->spec, &d);
        else if (d.change == UNIT_RENAMED)
                r = str_replace(&d.text, loaded->id);
        else if (d.change == UNIT_BROKEN)
                r = str_replace(&d.text, loaded->error_text);
        if (r < 0 || is_old_news(u, &d)) {
                unit_diff_release(&d);
                return r;
        }
        r = add_unit(ret, u->id, &d);
        if (r >= 0 && outcome == LOADED_OK && active_state_is_up(u->active))
                r = look_at_pulled_by(m, u, loaded->spec, ret);
        return r;
}

static int look_at(Manager *m, Unit *u, UnitDiffs *ret) {
        LoadedUnit loaded = { 0 };
        int outcome, r;

        if (!unit_has_changed(u))
                return 0;
        outcome = load(m, u->id, &loaded);
        if (outcome < 0)
                return outcome == -ENOMEM ? outcome : 0;
        if (u->perpetual) /* whatever its files say */
                outcome = LOADED_OK;
        r = compare(m, u, outcome, &loaded, ret);
        loaded_unit_release(&loaded);
        return r;
}

int manager_diff(Manager *m, char *const *names, UnitDiffs *ret) {
        UnitDiffs d = { 0 };
        int r;

        r = loader_refresh(m->loader);
        for (Unit *u = graph_next_unit(m->graph, NULL); u && r >= 0 && !names;
             u = graph_next_unit(m->graph, u))
                r = look_at(m, u, &d);
        for (char *const *n = names; n && *n && r >= 0; n++) {
                Unit *u = graph_find(m->graph, *n);

                r = u ? look_at(m, u, &d) : 0;
        }
        if (r < 0)
                unit_diffs_release(&d);
        else
                *ret = d;
        return r;
}
