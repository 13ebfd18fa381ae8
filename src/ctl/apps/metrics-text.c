/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* OpenMetrics 1.0: one family after the other, of each all units, and # EOF. */

#include "ctl/apps/metrics.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

const UnitCounter unit_counters[] = {
        { "NRestarts", "svinit_unit_restarts", "", "Automatic restarts since the last start by hand.", 1,
          true },
        { "HealthRestarts", "svinit_unit_health_restarts", "",
          "Those of them for which a health check was the reason.", 1, true },
        { "CPUUsageNSec", "svinit_unit_cpu_seconds", "seconds", "CPU time that its processes have used.",
          1e-9, true },
        { "MemoryCurrent", "svinit_unit_memory_bytes", "bytes", "Memory that its processes use.", 1, false },
        { "TasksCurrent", "svinit_unit_tasks", "", "Processes and threads.", 1, false },
        { "IOReadBytes", "svinit_unit_io_read_bytes", "bytes", "Bytes read from disk.", 1, true },
        { "IOWriteBytes", "svinit_unit_io_written_bytes", "bytes", "Bytes written to disk.", 1, true },
        { "Instances", "svinit_unit_instances", "", "How many instances the set is to have.", 1, false,
          .of_some = true },
        { "RollId", "svinit_unit_rolls", "", "Rolls that have begun.", 1, true, .of_some = true },
        { "RollTotal", "svinit_unit_roll_instances", "", "How many instances the last roll was to replace.",
          1, false, .of_some = true },
        { "RollDone", "svinit_unit_roll_replaced", "", "How many of them it has replaced.", 1, false,
          .of_some = true },
        { 0 },
};

static void add_family(Buf *b, const char *name, const char *type, const char *unit, const char *help) {
        buf_addf(b, "# TYPE %s %s\n", name, type);
        if (*unit)
                buf_addf(b, "# UNIT %s %s\n", name, unit);
        buf_addf(b, "# HELP %s %s\n", name, help);
}

static void add_label(Buf *b, const char *name, const char *value) {
        buf_addf(b, "%s%s=\"", b->len > 0 && b->data[b->len - 1] == '{' ? "" : ",", name);
        for (; *value; value++)
                if (*value == '\\' || *value == '"')
                        buf_addf(b, "\\%c", *value);
                else if (*value == '\n')
                        buf_add(b, "\\n");
                else
                        buf_add_char(b, *value);
        buf_add_char(b, '"');
}

static void add_states(const Metrics *m, Buf *b) {
        static const char *const states[] = { "active", "reloading",  "inactive",
                                              "failed", "activating", "deactivating" };

        add_family(b, "svinit_unit_state", "gauge", "", "1 for the state that the unit is in.");
        for (size_t i = 0; i < m->n; i++)
                for (size_t k = 0; k < ELEMENTSOF(states); k++) {
                        buf_add(b, "svinit_unit_state{");
                        add_label(b, "unit", m->v[i].unit);
                        add_label(b, "state", states[k]);
                        buf_addf(b, "} %d\n", str_equal(m->v[i].active, states[k]));
                }
}

uint64_t unit_metrics_number(const UnitMetrics *u, const char *property) {
        return property_number(&u->service, property, property_number(&u->own, property, UINT64_MAX));
}

/* Of units that are asked. */
static void add_health(const Metrics *m, Buf *b) {
        add_family(b, "svinit_unit_healthy", "gauge", "",
                   "1 if its checks find it healthy, 0 if not, or not yet.");
        for (size_t i = 0; i < m->n; i++) {
                const char *health = property_get(&m->v[i].own, "Health");

                if (!*health)
                        continue;
                buf_add(b, "svinit_unit_healthy{");
                add_label(b, "unit", m->v[i].unit);
                buf_addf(b, "} %d\n", str_equal(health, "healthy"));
        }
}

/* How its last roll ended: a word as a label. */
static void add_roll_results(const Metrics *m, Buf *b) {
        add_family(b, "svinit_unit_roll_result", "gauge", "", "1 for the result of the last roll.");
        for (size_t i = 0; i < m->n; i++) {
                const char *result = property_get(&m->v[i].own, "RollResult");

                if (!*result)
                        continue;
                buf_add(b, "svinit_unit_roll_result{");
                add_label(b, "unit", m->v[i].unit);
                add_label(b, "result", result);
                buf_add(b, "} 1\n");
        }
}

static void add_counter(const Metrics *m, const UnitCounter *c, Buf *b) {
        add_family(b, c->name, c->counts ? "counter" : "gauge", c->unit, c->help);
        for (size_t i = 0; i < m->n; i++) {
                uint64_t v = unit_metrics_number(m->v + i, c->property);

                if (v == UINT64_MAX || (c->of_some && v == 0))
                        continue;
                buf_addf(b, "%s%s{", c->name, c->counts ? "_total" : "");
                add_label(b, "unit", m->v[i].unit);
                if (c->scale == 1)
                        buf_addf(b, "} %" PRIu64 "\n", v);
                else
                        buf_addf(b, "} %.9f\n", (double)v * c->scale);
        }
}

/* What svinit-apps knows */

typedef struct Family {
        const UnitMetrics *unit;
        const char *kind; /* of the lines that belong to it */
        Buf *b;
} Family;

static void add_messages(const FigureLine *l, void *userdata) {
        const char *dropped = str_after(l->kind, "dropped: ");
        const Family *f = userdata;

        if (!str_equal(l->kind, f->kind) && !(dropped && str_equal(f->kind, "dropped")))
                return;
        buf_addf(f->b, "svinit_unit_messages_%s%s{", f->kind, str_equal(f->kind, "open") ? "" : "_total");
        add_label(f->b, "unit", f->unit->unit);
        if (dropped)
                add_label(f->b, "reason", dropped);
        if (*l->field[1])
                add_label(f->b, "type", l->field[1]);
        buf_addf(f->b, "} %s\n", l->field[0]);
}

/* What is told as a text is for people: no sample. */
static bool is_number(const char *s) {
        char *end;
        double v;

        if (!isdigit((unsigned char)*s) && *s != '-' && *s != '+' && *s != '.')
                return false;
        v = strtod(s, &end);
        return *end == 0 && isfinite(v);
}

static void add_metric(const FigureLine *l, void *userdata) {
        const Family *f = userdata;

        if (!str_equal(l->kind, "metric") || !is_number(l->field[1]))
                return;
        buf_add(f->b, "svinit_application_metric{");
        add_label(f->b, "unit", f->unit->unit);
        add_label(f->b, "name", l->field[0]);
        if (*l->field[2])
                add_label(f->b, "measure", l->field[2]);
        buf_addf(f->b, "} %.15g\n", strtod(l->field[1], NULL));
}

static void add_each(const Metrics *m, const char *kind, FigureFunction function, Buf *b) {
        for (size_t i = 0; i < m->n; i++) {
                Family f = { m->v + i, kind, b };

                figures_each(m->v[i].figures, function, &f);
        }
}

void metrics_text(const Metrics *m, Buf *b) {
        add_states(m, b);
        add_health(m, b);
        add_roll_results(m, b);
        for (const UnitCounter *c = unit_counters; c->property; c++)
                add_counter(m, c, b);
        add_family(b, "svinit_unit_messages_received", "counter", "", "Messages that came on its channel.");
        add_each(m, "received", add_messages, b);
        add_family(b, "svinit_unit_messages_sent", "counter", "", "Messages that were sent on its channel.");
        add_each(m, "sent", add_messages, b);
        add_family(b, "svinit_unit_messages_dropped", "counter", "",
                   "Messages of its channel that were dropped.");
        add_each(m, "dropped", add_messages, b);
        add_family(b, "svinit_unit_messages_open", "gauge", "",
                   "Messages of type X-start that no X-end has followed.");
        add_each(m, "open", add_messages, b);
        add_family(b, "svinit_application_metric", "gauge", "", "What the application tells of itself.");
        add_each(m, "metric", add_metric, b);
        buf_add(b, "# EOF\n");
}
