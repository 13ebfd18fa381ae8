/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bus/clients/activator.h"

#include "base/log.h"
#include "bus/codec/errors.h"
#include "bus/object.h"
#include "load/loader.h"

/* A container that has systemd's package does not thereby want its daemons: clients go on without them. */
static int refuse_systemd(const Unit *u, sd_bus_error *error) {
        if (!unit_is_of_systemd(u->id))
                return 0;
        return sd_bus_error_setf(error, ERROR_UNIT_MASKED, "Unit %s is systemd's and not started on demand.",
                                 u->id);
}

static int start(Manager *m, const char *name, sd_bus_error *error) {
        Report explanation = { 0 };
        Unit *u;
        int r;

        if (!name_is_valid(name, NAME_PLAIN | NAME_INSTANCE))
                return sd_bus_error_setf(error, SD_BUS_ERROR_INVALID_ARGS, "Unit name %s is not valid.",
                                         name);
        r = manager_load_unit(m, name, &u);
        if (r < 0)
                return sd_bus_error_set_errno(error, r);
        manager_collect(m, u);

        r = refuse_systemd(u, error);
        if (r < 0)
                return r;

        r = manager_request(m, JOB_START, u, JOB_REPLACE, &explanation, NULL);
        if (r != 0)
                r = error_from_outcome(error, r, u->id, &explanation);
        report_release(&explanation);
        return r;
}

static int tell_failure(sd_bus *sd, const char *unit, const sd_bus_error *error) {
        sd_bus_message *m __attribute__((cleanup(sd_bus_message_unrefp))) = NULL;
        int r;

        if ((r = sd_bus_message_new_signal(sd, &m, MANAGER_PATH, ACTIVATOR_INTERFACE, "ActivationFailure")) <
                    0 ||
            (r = sd_bus_message_append(m, "sss", unit, error->name, error->message)) < 0 ||
            (r = sd_bus_message_set_destination(m, DRIVER_NAME)) < 0)
                return r;
        return sd_bus_send(sd, m, NULL);
}

int activation_requested(Manager *m, sd_bus_message *request) {
        sd_bus_error error __attribute__((cleanup(sd_bus_error_free))) = SD_BUS_ERROR_NULL;
        const char *unit;
        int r;

        if (!str_equal(sd_bus_message_get_sender(request), DRIVER_NAME) ||
            sd_bus_message_read(request, "s", &unit) < 0)
                return 1;

        if (start(m, unit, &error) >= 0)
                return 1;
        r = tell_failure(sd_bus_message_get_bus(request), unit, &error);
        if (r < 0)
                LOG_UNIT_ERRNO(unit, BUS_SYSTEM_FAILED, r);
        return 1;
}
