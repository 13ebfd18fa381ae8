/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The Job interface, and what the manager's interface says about jobs. */

#include "bus/methods/job.h"

#include <errno.h>

#include "bus/codec/append.h"
#include "bus/codec/errors.h"
#include "bus/tables.h"

int append_job(sd_bus_message *m, const Job *j) {
        char *path auto_free = NULL, *owner auto_free = NULL;

        if (job_path(j, &path) < 0 || unit_path(j->unit, &owner) < 0)
                return -ENOMEM;
        return sd_bus_message_append(m, "(usssoo)", j->id, j->unit->id,
                                     job_type_to_string(job_effective_type(j)), job_state_to_string(j->state),
                                     path, owner);
}

int reply_job_order(Call *c, const Job *j, bool waits_for) {
        sd_bus_message *reply __attribute__((cleanup(sd_bus_message_unrefp))) = NULL;
        Job **others auto_free = NULL;
        size_t n = 0;
        int r;

        if ((r = job_ordering(j, waits_for, &others, &n)) < 0 ||
            (r = sd_bus_message_new_method_return(c->message, &reply)) < 0 ||
            (r = sd_bus_message_open_container(reply, 'a', "(usssoo)")) < 0)
                return r;

        for (size_t i = 0; i < n; i++) {
                r = append_job(reply, others[i]);
                if (r < 0)
                        return r;
        }

        r = sd_bus_message_close_container(reply);
        return r < 0 ? r : sd_bus_send(NULL, reply, NULL);
}

int cancel_job(Call *c, uint32_t id) {
        int r = manager_cancel_job(c->manager, id);

        if (r == -ENOENT)
                return sd_bus_error_setf(c->error, ERROR_NO_SUCH_JOB, "Job %u does not exist.", id);
        return r < 0 ? r : sd_bus_reply_method_return(c->message, NULL);
}

static int method_cancel(Call *c) {
        return cancel_job(c, c->object->job->id);
}

static int method_get_after(Call *c) {
        return reply_job_order(c, c->object->job, true);
}

static int method_get_before(Call *c) {
        return reply_job_order(c, c->object->job, false);
}

const Method job_methods[] = {
        { "Cancel", "", "", ACCESS_UNITS, method_cancel },
        { "GetAfter", "", "a(usssoo)", ACCESS_READ, method_get_after, "jobs" },
        { "GetBefore", "", "a(usssoo)", ACCESS_READ, method_get_before, "jobs" },
        { 0 },
};

static int get_id(Object *o, const Property *p, sd_bus_message *m) {
        return append_integer(m, 'u', o->job->id);
}

static int get_unit(Object *o, const Property *p, sd_bus_message *m) {
        char *path auto_free = NULL;

        if (unit_path(o->job->unit, &path) < 0)
                return -ENOMEM;
        return sd_bus_message_append(m, "(so)", o->job->unit->id, path);
}

static int get_type(Object *o, const Property *p, sd_bus_message *m) {
        return append_string(m, job_type_to_string(job_effective_type(o->job)));
}

static int get_state(Object *o, const Property *p, sd_bus_message *m) {
        return append_string(m, job_state_to_string(o->job->state));
}

const Property job_properties[] = {
        { "Id", "u", get_id, 0, PROPERTY_CONST },
        { "Unit", "(so)", get_unit, 0, PROPERTY_CONST },
        { "JobType", "s", get_type, 0, PROPERTY_CONST },
        { "State", "s", get_state, 0, PROPERTY_EMITS },
        NOTHING("ActivationDetails", "a(ss)", PROPERTY_CONST),
        { 0 },
};
