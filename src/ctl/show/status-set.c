/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The instances of a unit with X-Instances=, and their sockets. */

#include "ctl/show/list.h"
#include "ctl/show/status.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const ListedUnit *find(const ListedUnits *l, const char *name) {
        for (size_t i = 0; i < l->n; i++)
                if (str_equal(l->v[i].id, name))
                        return l->v + i;
        return NULL;
}

/* Who is part of a roll, and what becomes of it: names and words in turn; owned by the caller. */
static char **read_phases(const Status *s) {
        sd_bus_message *m __attribute__((cleanup(sd_bus_message_unrefp))) = NULL;
        const char *unit, *phase;
        char **phases = NULL;
        int r = sd_bus_get_property(s->ctl->bus, SD1, s->path, "org.svinit.Unit", "RollInstances", NULL, &m,
                                    "a(ss)");

        if (r >= 0)
                r = sd_bus_message_enter_container(m, 'a', "(ss)");
        while (r >= 0 && (r = sd_bus_message_read(m, "(ss)", &unit, &phase)) > 0) {
                r = strv_add(&phases, unit);
                if (r >= 0)
                        r = strv_add(&phases, phase);
        }
        return phases;
}

/* Whom its checks do not find healthy, and why; as the phases. */
static char **read_unwell(const Status *s) {
        sd_bus_message *m __attribute__((cleanup(sd_bus_message_unrefp))) = NULL;
        const char *unit, *state, *error;
        char **unwell = NULL;
        int r = sd_bus_call_method(s->ctl->bus, SD1, SD1_PATH, OWN_MANAGER, "Unwell", NULL, &m, NULL);

        if (r >= 0)
                r = sd_bus_message_enter_container(m, 'a', "(sss)");
        while (r >= 0 && (r = sd_bus_message_read(m, "(sss)", &unit, &state, &error)) > 0) {
                char *words = NULL;

                r = strv_add(&unwell, unit);
                if (r >= 0)
                        r = str_printf(&words, "health: %s%s%s%s", state, *error ? " (" : "", error,
                                       *error ? ")" : "");
                if (r >= 0)
                        r = strv_push(&unwell, words);
        }
        return unwell;
}

static const char *word_of(char *const *pairs, const char *name) {
        for (char *const *p = pairs; p && p[0] && p[1]; p += 2)
                if (str_equal(p[0], name))
                        return p[1];
        return NULL;
}

/* What is told of instances besides their state. */
typedef struct Notes {
        char **phases, **unwell; /* owned */
} Notes;

static void print_instance(const Status *s, const char *label, const char *name, const ListedUnit *u,
                           const char *phase, const char *health) {
        const char *state = u ? u->active : "inactive";

        status_line(label, "%s%s%s %s %s (%s)%s%s%s%s", state_color(s->ctl, state), glyph_of_state(state),
                    COLOR_END(s->ctl), name, state, u ? u->sub : "dead", phase ? ", " : "", phase ?: "",
                    health ? ", " : "", health ?: "");
}

static bool is_down(const ListedUnit *u) {
        return str_equal(u->active, "inactive") || str_equal(u->active, "failed");
}

/* Spares, and those that leave because the set has become smaller. */
static void print_others(const Status *s, const ListedUnits *units, const Notes *notes, unsigned n) {
        for (size_t i = 0; i < units->n; i++) {
                const ListedUnit *u = units->v + i;
                const char *at = strchr(u->id, '@'), *phase = word_of(notes->phases, u->id);
                unsigned index;
                char digits[16];

                snprintf(digits, sizeof(digits), "%.*s", (int)strcspn(at + 1, "."), at + 1);
                if (parse_unsigned(digits, &index) >= 0 && index >= n && !is_down(u))
                        print_instance(s, "", u->id, u, phase ?: "leaves", word_of(notes->unwell, u->id));
        }
}

/* "1 of 3 instances, forward", or why the last one went wrong, as long as that has a consequence. */
static void print_roll(const Status *s) {
        const char *state = property_get(&s->l, "RollState"), *reason = property_get(&s->l, "RollReason");

        if (state[0])
                status_line("Roll", "%" PRIu64 " of %" PRIu64 " instances, %s%s",
                            property_number(&s->l, "RollDone", 0), property_number(&s->l, "RollTotal", 0),
                            state, property_raw(&s->l, "RollQueued") ? "; another one follows" : "");
        else if (property_raw(&s->l, "HeldBack"))
                status_line("Roll", "%s: %s", property_get(&s->l, "RollResult"), reason);
        if (property_raw(&s->l, "Degraded"))
                status_line("", "%sdegraded%s: fewer instances are active than X-InstancesMin=",
                            state_color(s->ctl, "failed"), COLOR_END(s->ctl));
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
        Notes notes;

        print_roll(s);
        if (n == 0 || !str_ends_with(id, ".service") || read_all(s, id, &units) < 0)
                return;
        notes = (Notes){ .phases = read_phases(s), .unwell = read_unwell(s) };
        for (unsigned i = 0; i < n; i++) {
                char *name auto_free = NULL;

                if (str_printf(&name, "%.*s@%u.service", (int)(strlen(id) - strlen(".service")), id, i) < 0)
                        break;
                print_instance(s, i == 0 ? "Instances" : "", name, find(&units, name),
                               word_of(notes.phases, name), word_of(notes.unwell, name));
        }
        print_others(s, &units, &notes, (unsigned)n);
        strv_free(notes.phases);
        strv_free(notes.unwell);
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

/* The instances as objects, and the roll. */
int status_add_set_json(const Status *s, Buf *b) {
        uint64_t n = property_number(&s->l, "Instances", 0);
        const char *id = property_get(&s->l, "Id");
        ListedUnits units = { 0 };
        Notes notes = { 0 };
        int r = 0;

        if (n > 0 && str_ends_with(id, ".service")) {
                r = read_all(s, id, &units);
                notes = (Notes){ .phases = read_phases(s), .unwell = read_unwell(s) };
        }
        json_add_key(b, "instances");
        buf_add_char(b, '[');
        for (size_t i = 0; i < units.n; i++) {
                json_open(b, "{");
                json_add_member(b, "unit", units.v[i].id);
                json_add_member(b, "active", units.v[i].active);
                json_add_member(b, "sub", units.v[i].sub);
                json_add_member(b, "roll", word_of(notes.phases, units.v[i].id) ?: "");
                json_add_member(b, "health", word_of(notes.unwell, units.v[i].id) ?: "");
                buf_add_char(b, '}');
        }
        buf_add_char(b, ']');
        listed_units_release(&units);
        strv_free(notes.phases);
        strv_free(notes.unwell);
        json_add_bool(b, "degraded", property_raw(&s->l, "Degraded"));
        json_add_bool(b, "held_back", property_raw(&s->l, "HeldBack"));
        json_add_key(b, "roll");
        json_open(b, "{");
        json_add_member(b, "state", property_get(&s->l, "RollState"));
        json_add_number(b, "done", property_number(&s->l, "RollDone", 0));
        json_add_number(b, "total", property_number(&s->l, "RollTotal", 0));
        json_add_bool(b, "queued", property_raw(&s->l, "RollQueued"));
        json_add_member(b, "result", property_get(&s->l, "RollResult"));
        json_add_member(b, "reason", property_get(&s->l, "RollReason"));
        buf_add_char(b, '}');
        return r;
}
