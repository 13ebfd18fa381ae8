/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Doctor: what this place allows and whom that concerns. Three lists: facts
 * (name, level, value, meaning), units with what was not applied, and units
 * whose identity or secrecy cannot be had (unit, setting, reason).
 */

#include "bus/clients/server.h"
#include "bus/clients/system-bus.h"
#include "bus/object.h"
#include "bus/tables.h"
#include "manager/doctor.h"

static int append_fact(sd_bus_message *m, const char *name, FactLevel level, const char *value,
                       const char *meaning) {
        return sd_bus_message_append(m, "(ssss)", name, fact_level_to_string(level), value, meaning);
}

static int append_buses(Bus *b, sd_bus_message *m) {
        int r = append_fact(m, "private socket", b->path ? FACT_FULL : FACT_MISSING, b->path ?: "none",
                            b->path ? "svctl, and systemctl as root, come this way."
                                    : "Nobody can reach svinit.");

        if (r < 0)
                return r;
        return system_bus_is_connected(b->system)
                       ? append_fact(m, "system bus", FACT_FULL, "connected",
                                     "Other users and programs reach svinit by it.")
                       : append_fact(m, "system bus", FACT_LIMITED, "none",
                                     "Only root and svinit's own user reach svinit. Start dbus.service to "
                                     "have it.");
}

static int append_facts(Call *c, sd_bus_message *m) {
        Facts facts = { 0 };
        int r = manager_facts(c->manager, &facts);

        if (r >= 0)
                r = sd_bus_message_open_container(m, 'a', "(ssss)");
        for (size_t i = 0; i < facts.n && r >= 0; i++)
                r = append_fact(m, facts.v[i].name, facts.v[i].level, facts.v[i].value, facts.v[i].meaning);
        if (r >= 0)
                r = append_buses(c->bus, m);
        facts_release(&facts);
        return r < 0 ? r : sd_bus_message_close_container(m);
}

static int append_units(Call *c, sd_bus_message *m) {
        int r = sd_bus_message_open_container(m, 'a', "(sas)");

        for (Unit *u = next_unit(c->manager->graph, NULL); u && r >= 0; u = next_unit(c->manager->graph, u)) {
                if (u->load_state != LOAD_LOADED)
                        continue;
                if ((r = sd_bus_message_open_container(m, 'r', "sas")) < 0 ||
                    (r = sd_bus_message_append(m, "s", u->id)) < 0 || (r = append_not_applied(u, m)) < 0)
                        return r;
                r = sd_bus_message_close_container(m);
        }
        return r < 0 ? r : sd_bus_message_close_container(m);
}

static int append_refusal(const Unit *u, const char *key, const char *reason, void *userdata) {
        return sd_bus_message_append(userdata, "(sss)", u->id, key, reason);
}

int method_doctor(Call *c) {
        sd_bus_message *reply __attribute__((cleanup(sd_bus_message_unrefp))) = NULL;
        int r;

        if ((r = sd_bus_message_new_method_return(c->message, &reply)) < 0 ||
            (r = append_facts(c, reply)) < 0 || (r = append_units(c, reply)) < 0 ||
            (r = sd_bus_message_open_container(reply, 'a', "(sss)")) < 0 ||
            (r = manager_visit_refusals(c->manager, append_refusal, reply)) < 0 ||
            (r = sd_bus_message_close_container(reply)) < 0)
                return r;
        return sd_bus_send(NULL, reply, NULL);
}
