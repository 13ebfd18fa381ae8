/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sets: X-Instances= makes "web.service" stand for web@0.service, web@1.service and so on. The unit itself runs
 * nothing; what it says about processes is for its instances, what it says about the container's end is its own.
 */

#include <errno.h>

#include "unit/spec-parts.h"

/* Of the set as a whole; the last N_SHARED are heeded by the instances as well. */
#define N_SHARED 1
static const char *const keys_of_the_set[] = { "X-Essential",     "X-HoldOnFailure",     "X-Instances",
                                               "X-InstancesMin",  "X-RestartOnCalendar", "X-Watch",
                                               "X-WatchDelaySec", "X-WatchIgnore",       "X-TriggerMode" };
static const char *const actions[] = { "FailureAction", "SuccessAction", "StartLimitAction" };

static bool is_one_of(const Directive *d, const char *const *keys, size_t n) {
        for (size_t i = 0; i < n; i++)
                if (str_equal(d->key, keys[i]))
                        return true;
        return false;
}

/* Rows of one part that are (or are not) among the keys go back to their defaults. */
static int reset(UnitSpec *s, PartId id, const char *const *keys, size_t n_keys, bool among) {
        void *part = spec_part(s, id);

        if (!part)
                return -ENOMEM;
        for (const Directive *const *table = directive_tables; *table; table++)
                for (const Directive *d = *table; d->key; d++)
                        if (d->codec && !d->whole && d->part == id && is_one_of(d, keys, n_keys) == among)
                                spec_field_reset(part, d);
        return 0;
}

static int complete_member(UnitSpec *s) {
        char *prefix auto_free = NULL, *set auto_free = NULL;
        ServiceSpec *service;
        int r;

        r = reset(s, PART_SERVICE, keys_of_the_set, ELEMENTSOF(keys_of_the_set) - N_SHARED, true);
        if (r >= 0)
                r = reset(s, PART_POLICY, actions, ELEMENTSOF(actions), true);
        if (r < 0)
                return r;
        service = spec_part(s, PART_SERVICE);
        if (!service)
                return -ENOMEM;
        service->is_member = true;
        r = name_prefix(s->name, &prefix);
        if (r >= 0)
                r = str_printf(&set, "%s.service", prefix);
        /* What the file says of its own unit holds for nobody: the set itself waits for its instances. */
        if (r >= 0)
                r = spec_drop_dependencies(s, set);
        return r < 0 ? r : spec_add_dependency(s, DEP_PART_OF, set);
}

/* Whether it can be reloaded is for the instances, that are asked along; that nothing may be is for it. */
static int take_commands(UnitSpec *s, unsigned n) {
        bool reloads = s->commands->of[COMMAND_RELOAD].n > 0 || s->service->type == TYPE_NOTIFY_RELOAD;
        ServiceSpec *service;
        int r;

        r = reset(s, PART_SERVICE, keys_of_the_set, ELEMENTSOF(keys_of_the_set), false);
        if (r >= 0)
                r = reset(s, PART_COMMANDS, NULL, 0, false);
        service = r < 0 ? NULL : spec_part(s, PART_SERVICE);
        if (!service)
                return -ENOMEM;
        service->type = reloads ? TYPE_NOTIFY_RELOAD : TYPE_ONESHOT;
        service->notify_access = NOTIFY_NONE;
        service->remain_after_exit = true;
        service->n_instances = n;
        return 0;
}

static int add_member(UnitSpec *s, const char *prefix, unsigned i) {
        static const DependencyKind kinds[] = { DEP_WANTS, DEP_CONSISTS_OF, DEP_PROPAGATES_RELOAD_TO };
        char *name auto_free = NULL;
        int r = str_printf(&name, "%s@%u.service", prefix, i);

        for (size_t k = 0; k < ELEMENTSOF(kinds) && r >= 0; k++)
                r = spec_add_dependency(s, kinds[k], name);
        return r;
}

int spec_complete_set(UnitSpec *s, const SpecContext *c) {
        char *prefix auto_free = NULL;
        unsigned n;
        int r;

        if (s->type != UNIT_SERVICE || s->service->instances.kind == INSTANCES_NONE)
                return 0;
        if (name_kind(s->name) == NAME_INSTANCE)
                return complete_member(s);
        n = instances_resolve(s->service->instances, c->usable_cpus);
        r = take_commands(s, n);
        if (r >= 0)
                r = name_prefix(s->name, &prefix);
        for (unsigned i = 0; i < n && r >= 0; i++)
                r = add_member(s, prefix, i);
        return r;
}
