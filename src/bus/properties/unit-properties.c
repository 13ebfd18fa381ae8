/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What org.freedesktop.systemd1.Unit shows beside the directives of [Unit]. */

#include <ctype.h>
#include <errno.h>

#include "bus/clients/server.h"
#include "bus/codec/append.h"
#include "bus/codec/errors.h"
#include "bus/methods/markers.h"
#include "bus/methods/unit-methods.h"
#include "bus/object.h"
#include "bus/tables.h"

static int get_id(Object *o, const Property *p, sd_bus_message *m) {
        return append_string(m, o->unit->id);
}

static int get_names(Object *o, const Property *p, sd_bus_message *m) {
        return append_strv(m, o->unit->names);
}

static int get_description(Object *o, const Property *p, sd_bus_message *m) {
        return append_string(m, unit_description(o->unit));
}

/* arg: the DependencyKind */
static int get_dependency(Object *o, const Property *p, sd_bus_message *m) {
        return append_unit_names(o, m, (DependencyKind)p->arg);
}

static int get_load_state(Object *o, const Property *p, sd_bus_message *m) {
        return append_string(m, load_state_to_string(o->unit->load_state));
}

static int get_active_state(Object *o, const Property *p, sd_bus_message *m) {
        return append_string(m, active_state_to_string(o->unit->active));
}

static int get_sub_state(Object *o, const Property *p, sd_bus_message *m) {
        return append_string(m, unit_sub_state(o->unit));
}

static int get_fragment_path(Object *o, const Property *p, sd_bus_message *m) {
        return append_string(m, o->unit->fragment_path);
}

static int get_dropins(Object *o, const Property *p, sd_bus_message *m) {
        return append_strv(m, o->unit->dropins);
}

static int get_unit_file_state(Object *o, const Property *p, sd_bus_message *m) {
        bool known = false;
        UnitFileState s = unit_file_state(o->unit, &known);

        return append_string(m, known ? unit_file_state_to_string(s) : NULL);
}

static int get_unit_file_preset(Object *o, const Property *p, sd_bus_message *m) {
        bool enabled;

        if (!o->unit->fragment_path || install_preset_state(o->manager->loader, o->unit->id, &enabled) < 0)
                return append_string(m, NULL);
        return append_string(m, enabled ? "enabled" : "disabled");
}

static int get_can(Object *o, const Property *p, sd_bus_message *m) {
        static bool (*const questions[])(const Unit *) = { unit_can_start, unit_can_stop, unit_can_reload };

        return append_integer(m, 'b', questions[p->arg](o->unit));
}

/* A target may be isolated when its file says so, and only what can be started can be. */
static int get_freezer_state(Object *o, const Property *p, sd_bus_message *m) {
        return append_string(m, freezer_state_to_string(unit_freezer_state(o->unit)));
}

static int get_can_freeze(Object *o, const Property *p, sd_bus_message *m) {
        return append_integer(m, 'b', unit_can_freeze(o->unit));
}

static int get_can_isolate(Object *o, const Property *p, sd_bus_message *m) {
        return append_integer(m, 'b', o->unit->spec->policy->allow_isolate && unit_can_start(o->unit));
}

static int get_need_reload(Object *o, const Property *p, sd_bus_message *m) {
        return append_integer(m, 'b', unit_needs_reload(o->unit));
}

static int get_perpetual(Object *o, const Property *p, sd_bus_message *m) {
        return append_integer(m, 'b', o->unit->perpetual);
}

static int get_refs(Object *o, const Property *p, sd_bus_message *m) {
        int r = sd_bus_message_open_container(m, 'a', "s");

        if (r < 0 || (r = bus_append_holders(o->bus, o->unit, m)) < 0 ||
            (r = system_bus_append_holders(o->bus->system, o->unit, m)) < 0)
                return r;
        return sd_bus_message_close_container(m);
}

/* $TRIGGER_UNIT and its like, as (ss) in lower case. */
static int get_activation_details(Object *o, const Property *p, sd_bus_message *m) {
        int r = sd_bus_message_open_container(m, 'a', "(ss)");

        STRV_FOREACH (entry, o->runtime->trigger_environment) {
                const char *value = strchr(*entry, '=');
                char name[64] = "";

                if (r < 0 || !value || !str_starts_with(*entry, "TRIGGER_"))
                        continue;
                for (size_t i = 0; i < MIN((size_t)(value - *entry), sizeof(name) - 1); i++)
                        name[i] = (char)tolower((*entry)[i]);
                r = append_pair(m, name, value + 1);
        }
        return r < 0 ? r : sd_bus_message_close_container(m);
}

static int get_transient(Object *o, const Property *p, sd_bus_message *m) {
        return append_integer(m, 'b', o->unit->transient || o->runtime->transient);
}

static int get_job(Object *o, const Property *p, sd_bus_message *m) {
        char *path auto_free = NULL;
        const Job *j = o->unit->job;

        if (job_path(j, &path) < 0)
                return -ENOMEM;
        return sd_bus_message_append(m, "(uo)", j ? j->id : 0, path);
}

static int get_load_error(Object *o, const Property *p, sd_bus_message *m) {
        Buf b auto_buf = { 0 };
        const char *name = load_error(o->unit, &b);

        return b.error < 0 ? b.error : append_pair(m, name, b.data);
}

static int get_invocation(Object *o, const Property *p, sd_bus_message *m) {
        const UnitRuntime *rt = o->runtime;

        return sd_bus_message_append_array(m, 'y', rt->invocation_id,
                                           rt->has_invocation ? sizeof(rt->invocation_id) : 0);
}

static int get_result(Object *o, const Property *p, sd_bus_message *m) {
        return append_integer(m, 'b', p->arg ? o->runtime->assert_result : o->runtime->condition_result);
}

static int append_condition(sd_bus_message *m, const char *prefix, const Condition *c, int state) {
        char *name auto_free = NULL;
        int r;

        if (str_printf(&name, "%s%s", prefix, c->type) < 0)
                return -ENOMEM;
        if ((r = sd_bus_message_open_container(m, 'r', "sbbsi")) < 0 ||
            (r = sd_bus_message_append(m, "sbb", name, c->trigger, c->negate)) < 0 ||
            (r = append_string(m, c->parameter)) < 0 || (r = append_integer(m, 'i', state)) < 0)
                return r;
        return sd_bus_message_close_container(m);
}

/* What was found when the unit was last started: 1 met, -1 failed, 0 not looked at. */
static int get_conditions(Object *o, const Property *p, sd_bus_message *m) {
        const ConditionList *l = &o->unit->spec->common->conditions;
        const signed char *states = o->runtime->condition_states;
        int r = sd_bus_message_open_container(m, 'a', "(sbbsi)");

        for (size_t i = 0; r >= 0 && i < l->n; i++)
                r = append_condition(m, "Condition", &l->v[i], states ? states[i] : 0);
        return r < 0 ? r : sd_bus_message_close_container(m);
}

static int get_asserts(Object *o, const Property *p, sd_bus_message *m) {
        const ConditionList *l = &o->unit->spec->common->asserts;
        int r = sd_bus_message_open_container(m, 'a', "(sbbsi)");

        for (size_t i = 0; r >= 0 && i < l->n; i++)
                r = append_condition(m, "Assert", &l->v[i], 0);
        return r < 0 ? r : sd_bus_message_close_container(m);
}

#define DEPENDENCY(n, kind)                                                                                  \
        { n, "as", get_dependency, kind, PROPERTY_CONST }

const Property unit_properties[] = {
        { "Id", "s", get_id, 0, PROPERTY_CONST },
        { "Names", "as", get_names, 0, PROPERTY_CONST },
        TEXT("Following", "", PROPERTY_POLLED),
        DEPENDENCY("Requires", DEP_REQUIRES),
        DEPENDENCY("Requisite", DEP_REQUISITE),
        DEPENDENCY("Wants", DEP_WANTS),
        DEPENDENCY("BindsTo", DEP_BINDS_TO),
        DEPENDENCY("PartOf", DEP_PART_OF),
        DEPENDENCY("Upholds", DEP_UPHOLDS),
        DEPENDENCY("RequiredBy", DEP_REQUIRED_BY),
        DEPENDENCY("RequisiteOf", DEP_REQUISITE_OF),
        DEPENDENCY("WantedBy", DEP_WANTED_BY),
        DEPENDENCY("BoundBy", DEP_BOUND_BY),
        DEPENDENCY("UpheldBy", DEP_UPHELD_BY),
        DEPENDENCY("ConsistsOf", DEP_CONSISTS_OF),
        DEPENDENCY("Conflicts", DEP_CONFLICTS),
        DEPENDENCY("ConflictedBy", DEP_CONFLICTED_BY),
        DEPENDENCY("Before", DEP_BEFORE),
        DEPENDENCY("After", DEP_AFTER),
        DEPENDENCY("OnSuccess", DEP_ON_SUCCESS),
        DEPENDENCY("OnSuccessOf", DEP_ON_SUCCESS_OF),
        DEPENDENCY("OnFailure", DEP_ON_FAILURE),
        DEPENDENCY("OnFailureOf", DEP_ON_FAILURE_OF),
        DEPENDENCY("Triggers", DEP_TRIGGERS),
        DEPENDENCY("TriggeredBy", DEP_TRIGGERED_BY),
        DEPENDENCY("PropagatesReloadTo", DEP_PROPAGATES_RELOAD_TO),
        DEPENDENCY("ReloadPropagatedFrom", DEP_RELOAD_PROPAGATED_FROM),
        DEPENDENCY("PropagatesStopTo", DEP_PROPAGATES_STOP_TO),
        DEPENDENCY("StopPropagatedFrom", DEP_STOP_PROPAGATED_FROM),
        DEPENDENCY("JoinsNamespaceOf", DEP_JOINS_NAMESPACE_OF),
        DEPENDENCY("SliceOf", DEP_SLICE_OF),
        { "Description", "s", get_description, 0, PROPERTY_CONST },
        TEXT("AccessSELinuxContext", "", PROPERTY_CONST),
        { "LoadState", "s", get_load_state, 0, PROPERTY_CONST },
        { "ActiveState", "s", get_active_state, 0, PROPERTY_EMITS },
        { "FreezerState", "s", get_freezer_state, 0, PROPERTY_EMITS },
        { "SubState", "s", get_sub_state, 0, PROPERTY_EMITS },
        { "FragmentPath", "s", get_fragment_path, 0, PROPERTY_CONST },
        { "DropInPaths", "as", get_dropins, 0, PROPERTY_CONST },
        { "UnitFileState", "s", get_unit_file_state, 0, PROPERTY_POLLED },
        { "UnitFilePreset", "s", get_unit_file_preset, 0, PROPERTY_POLLED },
        TIMESTAMP("StateChangeTimestamp", state_change, PROPERTY_EMITS),
        TIMESTAMP("InactiveExitTimestamp", inactive_exit, PROPERTY_EMITS),
        TIMESTAMP("ActiveEnterTimestamp", active_enter, PROPERTY_EMITS),
        TIMESTAMP("ActiveExitTimestamp", active_exit, PROPERTY_EMITS),
        TIMESTAMP("InactiveEnterTimestamp", inactive_enter, PROPERTY_EMITS),
        { "CanStart", "b", get_can, 0, PROPERTY_CONST },
        { "CanStop", "b", get_can, 1, PROPERTY_CONST },
        { "CanReload", "b", get_can, 2, PROPERTY_CONST },
        { "CanIsolate", "b", get_can_isolate, 0, PROPERTY_CONST },
        { "CanClean", "as", get_can_clean, 0, PROPERTY_CONST },
        { "CanFreeze", "b", get_can_freeze, 0, PROPERTY_CONST },
        { "Job", "(uo)", get_job, 0, PROPERTY_EMITS },
        { "NeedDaemonReload", "b", get_need_reload, 0, PROPERTY_POLLED },
        { "Markers", "as", get_markers, 0, PROPERTY_POLLED },
        { "ConditionResult", "b", get_result, 0, PROPERTY_EMITS },
        { "AssertResult", "b", get_result, 1, PROPERTY_EMITS },
        TIMESTAMP("ConditionTimestamp", condition_time, PROPERTY_EMITS),
        TIMESTAMP("AssertTimestamp", assert_time, PROPERTY_EMITS),
        { "Conditions", "a(sbbsi)", get_conditions, 0, PROPERTY_INVALIDATES },
        { "Asserts", "a(sbbsi)", get_asserts, 0, PROPERTY_INVALIDATES },
        { "LoadError", "(ss)", get_load_error, 0, PROPERTY_CONST },
        { "Transient", "b", get_transient, 0, PROPERTY_CONST },
        { "Perpetual", "b", get_perpetual, 0, PROPERTY_CONST },
        { "Refs", "as", get_refs, 0, PROPERTY_POLLED },
        { "InvocationID", "ay", get_invocation, 0, PROPERTY_EMITS },
        { "ActivationDetails", "a(ss)", get_activation_details, 0, PROPERTY_EMITS },
        { 0 },
};
