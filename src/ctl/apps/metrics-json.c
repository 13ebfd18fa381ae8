/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/apps/metrics.h"

#include <string.h>

typedef struct UnitJson {
        Buf received, open, metrics, actions, *unit;
} UnitJson;

static void add_pair(Buf *b, const char *name) {
        if (b->len > 0)
                buf_add_char(b, ',');
        json_add_string(b, name);
        buf_add_char(b, ':');
}

static void add_line(const FigureLine *l, void *userdata) {
        UnitJson *j = userdata;
        uint64_t n = 0;

        (void)parse_u64(l->field[0], &n);
        if (str_equal(l->kind, "received") || str_equal(l->kind, "open")) {
                Buf *b = *l->kind == 'o' ? &j->open : &j->received;

                add_pair(b, l->field[1]);
                buf_add(b, l->field[0]);
        } else if (str_equal(l->kind, "metric")) {
                add_pair(&j->metrics, l->field[0]);
                json_open(&j->metrics, "{");
                json_add_member(&j->metrics, "value", l->field[1]);
                json_add_member(&j->metrics, "measure", l->field[2]);
                buf_add_char(&j->metrics, '}');
        } else if (str_equal(l->kind, "action")) {
                if (j->actions.len > 0)
                        buf_add_char(&j->actions, ',');
                json_add_string(&j->actions, l->field[0]);
        } else
                json_add_number(j->unit, l->kind, n);
}

static void add_part(Buf *b, const char *key, const char *brackets, Buf *content) {
        json_add_key(b, key);
        buf_addf(b, "%c%s%c", brackets[0], content->data ?: "", brackets[1]);
        buf_release(content);
}

static void add_unit(const UnitMetrics *u, Buf *b) {
        UnitJson j = { .unit = b };

        json_open(b, "{");
        json_add_member(b, "unit", u->unit);
        json_add_member(b, "state", u->active);
        for (const UnitCounter *c = unit_counters; c->property; c++)
                json_add_number(b, c->property, unit_metrics_number(u, c->property));
        if (u->figures) {
                figures_each(u->figures, add_line, &j);
                add_part(b, "received", "{}", &j.received);
                add_part(b, "open", "{}", &j.open);
                add_part(b, "metrics", "{}", &j.metrics);
                add_part(b, "actions", "[]", &j.actions);
        }
        buf_add_char(b, '}');
}

void metrics_json(const Metrics *m, Buf *b) {
        json_open(b, "[");
        for (size_t i = 0; i < m->n; i++)
                add_unit(m->v + i, b);
        buf_add_char(b, ']');
}
