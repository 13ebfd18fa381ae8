/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The instances of a unit with X-Instances=, and their sockets. */

#include "ctl/show/list.h"
#include "ctl/show/status.h"

#include <string.h>

static const ListedUnit *find(const ListedUnits *l, const char *name) {
        for (size_t i = 0; i < l->n; i++)
                if (str_equal(l->v[i].id, name))
                        return l->v + i;
        return NULL;
}

static void print_instance(const Status *s, const char *label, const char *name, const ListedUnit *u) {
        const char *state = u ? u->active : "inactive";

        status_line(label, "%s%s%s %s %s (%s)", state_color(s->ctl, state), glyph_of_state(state),
                    COLOR_END(s->ctl), name, state, u ? u->sub : "dead");
}

static int read_all(const Status *s, const char *id, ListedUnits *ret) {
        char *pattern auto_free = NULL, **patterns auto_strv = NULL;
        bool all = s->ctl->all;
        int r = str_printf(&pattern, "%.*s@*.service", (int)(strlen(id) - strlen(".service")), id);

        if (r >= 0)
                r = strv_add(&patterns, pattern);
        s->ctl->all = true;
        if (r >= 0)
                r = listed_units_read(s->ctl, ".service", patterns, ret);
        s->ctl->all = all;
        return r;
}

void status_set(const Status *s) {
        uint64_t n = property_number(&s->l, "Instances", 0);
        const char *id = property_get(&s->l, "Id");
        ListedUnits units = { 0 };

        if (n == 0 || !str_ends_with(id, ".service") || read_all(s, id, &units) < 0)
                return;
        for (unsigned i = 0; i < n; i++) {
                char *name auto_free = NULL;

                if (str_printf(&name, "%.*s@%u.service", (int)(strlen(id) - strlen(".service")), id, i) < 0)
                        break;
                print_instance(s, i == 0 ? "Instances" : "", name, find(&units, name));
        }
        listed_units_release(&units);
}

/* "web@0.service web@1.service" */
void status_sockets(const Status *s) {
        const char *service = property_get(&s->l, "Triggers"), *dot = strrchr(service, '.');
        Buf kinds[2] = { { 0 } };
        sd_bus_message *m = NULL;
        unsigned index;
        int served;

        if (dot &&
            sd_bus_get_property(s->ctl->bus, SD1, s->path, OWN_UNIT, "SocketsOfInstances", NULL, &m,
                                "a(ub)") >= 0 &&
            sd_bus_message_enter_container(m, 'a', "(ub)") > 0)
                while (sd_bus_message_read(m, "(ub)", &index, &served) > 0)
                        buf_addf(kinds + !served, "%s%.*s@%u.service", kinds[!served].data ? " " : "",
                                 (int)(dot - service), service, index);
        for (unsigned i = 0; i < ELEMENTSOF(kinds); i++) {
                if (kinds[i].data)
                        status_line(i == 0 ? "Clients to" : "not to", "%s", kinds[i].data);
                buf_release(kinds + i);
        }
        sd_bus_message_unref(m);
}
