/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bus/codec/append.h"
#include "bus/tables.h"

int get_number(Object *o, const Property *p, sd_bus_message *m) {
        return append_integer(m, p->signature[0], (int64_t)p->arg);
}

int get_text(Object *o, const Property *p, sd_bus_message *m) {
        return append_string(m, p->text);
}

int get_nothing(Object *o, const Property *p, sd_bus_message *m) {
        return append_text(m, p->signature, NULL, 0);
}

int get_runtime_usec(Object *o, const Property *p, sd_bus_message *m) {
        const usec_t *t = (const usec_t *)((const char *)o->runtime + p->arg);

        return append_integer(m, 't', (int64_t)*t);
}

int append_unit_names(Object *o, sd_bus_message *m, DependencyKind kind) {
        int r = sd_bus_message_open_container(m, 'a', "s");

        for (const Edge *e = NULL; r >= 0 && (e = unit_next_edge(o->unit, kind, e));)
                r = append_string(m, e->other->id);
        return r < 0 ? r : sd_bus_message_close_container(m);
}

int append_pair(sd_bus_message *m, const char *a, const char *b) {
        int r;

        if ((r = sd_bus_message_open_container(m, 'r', "ss")) < 0 || (r = append_string(m, a)) < 0 ||
            (r = append_string(m, b)) < 0)
                return r;
        return sd_bus_message_close_container(m);
}
