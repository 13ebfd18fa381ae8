/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* org.svinit.Unit: what svinit knows about a unit and systemd has no property for. */

#include "bus/codec/append.h"
#include "bus/tables.h"

#include "unit/directive.h"

typedef struct Listing {
        sd_bus_message *message;
        const Report
                *here; /* what was found out when the unit ran: it has the reason, so it is shown instead */
        char **seen;   /* owned: a list of several lines is one directive */
        int r;
} Listing;

static bool told_at_run_time(const Report *here, const char *key) {
        for (size_t i = 0; i < here->n_findings; i++)
                if (str_equal(here->findings[i].key, key))
                        return true;
        return false;
}

static void append_known(const Directive *d, const char *value, const char *file, unsigned line,
                         void *userdata) {
        char *text auto_free = NULL;
        Listing *l = userdata;

        if (l->r < 0 || strv_contains(l->seen, d->key) || told_at_run_time(l->here, d->key))
                return;
        l->r = strv_add(&l->seen, d->key);
        if (l->r >= 0)
                l->r = str_printf(&text, "%s=: %s", d->key, d->limit ? d->limit : "not applied.");
        if (l->r >= 0)
                l->r = sd_bus_message_append(l->message, "s", text);
}

int append_not_applied(const Unit *u, sd_bus_message *m) {
        const Report *here = &unit_runtime(u)->unapplied;
        Listing l = { .message = m, .here = here };

        l.r = sd_bus_message_open_container(m, 'a', "s");
        for (size_t i = 0; l.r >= 0 && i < here->n_findings; i++)
                l.r = sd_bus_message_append(m, "s", here->findings[i].text);
        if (l.r >= 0)
                spec_visit_unapplied(u->spec, append_known, &l);
        strv_free(l.seen);
        return l.r < 0 ? l.r : sd_bus_message_close_container(m);
}

static int get_not_applied(Object *o, const Property *p, sd_bus_message *m) {
        return append_not_applied(o->unit, m);
}

static int get_restart_reason(Object *o, const Property *p, sd_bus_message *m) {
        const Unit *u = o->unit;
        const char *reason = u->type == UNIT_SERVICE ? unit_runtime(u)->machine.service.reason : NULL;

        return sd_bus_message_append(m, "s", reason ? reason : "");
}

static int get_instances(Object *o, const Property *p, sd_bus_message *m) {
        const Unit *u = o->unit;

        return append_integer(m, 'u', u->type == UNIT_SERVICE ? u->spec->service->n_instances : 0);
}

static UnitHealth health_of(const Object *o) {
        UnitHealth h = { .state = "", .error = "" };

        (void)unit_health(o->unit, &h);
        return h;
}

static int get_health(Object *o, const Property *p, sd_bus_message *m) {
        return append_string(m, health_of(o).state);
}

static int get_health_error(Object *o, const Property *p, sd_bus_message *m) {
        return append_string(m, health_of(o).error);
}

static int get_health_since(Object *o, const Property *p, sd_bus_message *m) {
        return append_integer(m, 't', health_of(o).since);
}

static int get_health_failures(Object *o, const Property *p, sd_bus_message *m) {
        return append_integer(m, 'u', health_of(o).n_failures);
}

static int get_health_restarts(Object *o, const Property *p, sd_bus_message *m) {
        const Unit *u = o->unit;

        return append_integer(m, 'u', u->type == UNIT_SERVICE ? unit_runtime(u)->machine.service.n_sick : 0);
}

static int get_profile(Object *o, const Property *p, sd_bus_message *m) {
        return append_string(m, o->unit->spec->profile);
}

static int get_profiles(Object *o, const Property *p, sd_bus_message *m) {
        return append_strv(m, o->unit->spec->profiles);
}

static int get_sockets_of_instances(Object *o, const Property *p, sd_bus_message *m) {
        int r = sd_bus_message_open_container(m, 'a', "(ub)");
        unsigned index;
        bool served;

        for (size_t i = 0; r >= 0 && socket_share(o->unit, i, &index, &served); i++)
                r = sd_bus_message_append(m, "(ub)", index, (int)served);
        return r < 0 ? r : sd_bus_message_close_container(m);
}

const Property own_unit_properties[] = {
        { "Health", "s", get_health, 0, PROPERTY_POLLED },
        { "HealthError", "s", get_health_error, 0, PROPERTY_POLLED },
        { "HealthFailures", "u", get_health_failures, 0, PROPERTY_POLLED },
        { "HealthRestarts", "u", get_health_restarts, 0, PROPERTY_POLLED },
        { "HealthSince", "t", get_health_since, 0, PROPERTY_POLLED },
        { "Instances", "u", get_instances, 0, PROPERTY_POLLED },
        { "NotApplied", "as", get_not_applied, 0, PROPERTY_POLLED },
        { "Profile", "s", get_profile, 0, PROPERTY_POLLED },
        { "Profiles", "as", get_profiles, 0, PROPERTY_POLLED },
        { "RestartReason", "s", get_restart_reason, 0, PROPERTY_POLLED },
        { "SocketsOfInstances", "a(ub)", get_sockets_of_instances, 0, PROPERTY_POLLED },
        USAGE("MemoryPeak", memory_peak, USAGE_RECORDS),
        USAGE("MemorySwapCurrent", memory_swap, USAGE_DETAILS),
        USAGE("MemoryAnon", memory_anon, USAGE_DETAILS),
        USAGE("MemoryFile", memory_file, USAGE_DETAILS),
        USAGE("OOMKills", oom_kills, USAGE_RECORDS),
        { 0 },
};
