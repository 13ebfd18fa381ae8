/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Rolls on the bus: methods of org.svinit.Manager, properties of org.svinit.Unit. */

#include "bus/codec/errors.h"
#include "bus/object.h"
#include "bus/tables.h"
#include "manager/roll.h"

#include <errno.h>

/* Roll: unit -> number of the roll; RollEnded(number, unit, result, reason) tells its end. */
int method_roll(Call *c) {
        Report why = { 0 };
        uint32_t id;
        Unit *u;
        int r;

        r = call_read_and_load_unit(c, &u);
        if (r < 0)
                return r;
        r = manager_roll(c->manager, u, &why, &id);
        if (r == 0)
                r = sd_bus_reply_method_return(c->message, "us", id, unit_rolled(u)->id);
        else if (r == -EHOSTDOWN)
                r = sd_bus_error_set(c->error, ERROR_UNIT_INACTIVE,
                                     why.n_findings > 0 ? why.findings[0].text : NULL);
        else
                r = error_from_outcome(c->error, r, u->id, &why);
        report_release(&why);
        return r;
}

int method_abort_roll(Call *c) {
        const Unit *rolled;
        Unit *u;
        int r;

        r = call_read_and_load_unit(c, &u);
        if (r < 0)
                return r;
        r = manager_abort_roll(c->manager, u);
        if (r == -ESRCH)
                return sd_bus_error_setf(c->error, ERROR_UNIT_INACTIVE, "%s is not being rolled.", u->id);
        if (r < 0)
                return r;
        rolled = unit_rolled(u);
        return sd_bus_reply_method_return(c->message, "us", unit_runtime(rolled)->roll->id, rolled->id);
}

static const UnitRoll *roll_of(const Object *o) {
        static const UnitRoll none;
        const UnitRoll *roll = o->unit->type == UNIT_SERVICE ? o->runtime->roll : NULL;

        return roll ?: &none;
}

/* What of: "" when none is under way. */
static int get_roll_state(Object *o, const Property *p, sd_bus_message *m) {
        const UnitRoll *roll = roll_of(o);

        return sd_bus_message_append(m, "s", roll->run ? roll_state_to_string(roll->state) : "");
}

/* Of the last one that has ended; "" when none has. */
static int get_roll_result(Object *o, const Property *p, sd_bus_message *m) {
        const UnitRoll *roll = roll_of(o);
        bool ended = roll->id > (roll->run ? 1U : 0U);

        return sd_bus_message_append(m, "s", ended ? roll_result_to_string(roll->result) : "");
}

static int get_roll_reason(Object *o, const Property *p, sd_bus_message *m) {
        const UnitRoll *roll = roll_of(o);

        return sd_bus_message_append(m, "s", roll->reason ?: "");
}

static int get_roll_number(Object *o, const Property *p, sd_bus_message *m) {
        return sd_bus_message_append(m, "u", *(const uint32_t *)((const char *)roll_of(o) + p->arg));
}

static int get_roll_queued(Object *o, const Property *p, sd_bus_message *m) {
        return sd_bus_message_append(m, "b", (int)roll_of(o)->queued);
}

/* Of an instance, in the roll of its set. */
static int get_roll_phase(Object *o, const Property *p, sd_bus_message *m) {
        RollPhase phase;

        return sd_bus_message_append(m, "s",
                                     unit_roll_phase(o->unit, &phase) ? roll_phase_to_string(phase) : "");
}

static int get_roll_instances(Object *o, const Property *p, sd_bus_message *m) {
        int r = sd_bus_message_open_container(m, 'a', "(ss)");
        RollPhase phase;
        const Unit *u;

        for (unsigned i = 0; r >= 0 && unit_roll_seat(o->unit, &i, &u, &phase); i++)
                r = sd_bus_message_append(m, "(ss)", u->id, roll_phase_to_string(phase));
        return r < 0 ? r : sd_bus_message_close_container(m);
}

static int get_held(Object *o, const Property *p, sd_bus_message *m) {
        return sd_bus_message_append(m, "b", (int)unit_is_held_back(o->unit));
}

static int get_draining(Object *o, const Property *p, sd_bus_message *m) {
        return sd_bus_message_append(m, "b", (int)(o->runtime->drain != NULL));
}

static int get_degraded(Object *o, const Property *p, sd_bus_message *m) {
        return sd_bus_message_append(m, "b", (int)unit_is_degraded(o->unit));
}

_Static_assert(sizeof(unsigned) == sizeof(uint32_t), "counts are sent as they are");

const Property own_roll_properties[] = {
        { "Degraded", "b", get_degraded, 0, PROPERTY_POLLED },
        { "Draining", "b", get_draining, 0, PROPERTY_POLLED },
        { "HeldBack", "b", get_held, 0, PROPERTY_POLLED },
        { "RollInstances", "a(ss)", get_roll_instances, 0, PROPERTY_INVALIDATES },
        { "RollPhase", "s", get_roll_phase, 0, PROPERTY_POLLED },
        { "RollId", "u", get_roll_number, offsetof(UnitRoll, id), PROPERTY_EMITS },
        { "RollState", "s", get_roll_state, 0, PROPERTY_EMITS },
        { "RollDone", "u", get_roll_number, offsetof(UnitRoll, n_done), PROPERTY_EMITS },
        { "RollTotal", "u", get_roll_number, offsetof(UnitRoll, n_total), PROPERTY_EMITS },
        { "RollQueued", "b", get_roll_queued, 0, PROPERTY_EMITS },
        { "RollResult", "s", get_roll_result, 0, PROPERTY_EMITS },
        { "RollReason", "s", get_roll_reason, 0, PROPERTY_EMITS },
        { 0 },
};
