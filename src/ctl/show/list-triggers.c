/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* list-timers, list-sockets, list-paths, list-automounts: units that start others, and what they start. */

#include "ctl/core/timestamp.h"
#include "ctl/show/list.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static uint64_t get_number(Ctl *c, const char *path, const char *interface, const char *property) {
        uint64_t n;

        return sd_bus_get_property_trivial(c->bus, SD1, path, interface, property, NULL, 't', &n) < 0 ? 0 : n;
}

/* What the unit starts, a name after the other. */
static int get_triggers(Ctl *c, const char *path, char **ret) {
        char **names auto_strv = NULL;
        Buf b auto_buf = { 0 };

        if (sd_bus_get_property_strv(c->bus, SD1, path, SD1_UNIT, "Triggers", NULL, &names) < 0 || !names ||
            !*names) {
                *ret = NULL;
                return 0;
        }
        STRV_FOREACH (n, names)
                buf_addf(&b, "%s%s", n == names ? "" : " ", *n);
        return buf_take(&b, ret);
}

/* The verbs differ in the type and in the rows of one unit. */
typedef int (*AddRows)(Ctl *c, const ListedUnit *u, const char *triggers, Table *t);

static int list(Ctl *c, char **argv, const char *type, AddRows add, Table *t,
                int (*compare)(const void *, const void *)) {
        char suffix[16];
        ListedUnits units = { 0 };
        size_t n;
        int code, r;

        snprintf(suffix, sizeof(suffix), ".%s", type);
        if (ctl_connect(c) < 0)
                return CTL_FAILED;
        r = listed_units_read(c, suffix, argv + 1, &units);
        for (size_t i = 0; i < units.n && r >= 0; i++) {
                char *triggers auto_free = NULL;

                r = get_triggers(c, units.v[i].path, &triggers);
                if (r >= 0)
                        r = add(c, units.v + i, triggers, t);
        }
        listed_units_release(&units);
        if (r < 0)
                return CTL_FAILED;
        table_sort(t, compare);
        n = t->n;
        code = table_print(t, c);
        ctl_print_count(c, n, type);
        return code;
}

/* Timers */

typedef enum TimerColumn {
        TIMER_NEXT,
        TIMER_LEFT,
        TIMER_LAST,
        TIMER_PASSED,
        TIMER_UNIT,
        TIMER_ACTIVATES
} TimerColumn;

static void add_instant(Table *t, usec_t when, bool relative, usec_t now) {
        Buf b auto_buf = { 0 };

        if (when == 0) {
                table_add_number(t, "-", 0);
                return;
        }
        if (relative)
                timestamp_format_relative(when, now, &b);
        else
                timestamp_format(when, false, &b);
        table_add_number(t, b.data ?: "-", when);
}

static usec_t now_of(clockid_t clock) {
        struct timespec ts;

        return clock_gettime(clock, &ts) < 0
                       ? 0
                       : (usec_t)ts.tv_sec * USEC_PER_SEC + (usec_t)ts.tv_nsec / NSEC_PER_USEC;
}

/* The sooner of both clocks' instants, as an instant of the calendar; 0: never. */
static usec_t next_elapse(uint64_t realtime, uint64_t monotonic, usec_t now) {
        usec_t next = realtime == UINT64_MAX ? 0 : realtime;

        if (monotonic > 0 && monotonic != UINT64_MAX) {
                usec_t up = now_of(CLOCK_MONOTONIC),
                       then = monotonic > up ? now + (monotonic - up) : now - MIN(now, up - monotonic);

                next = next > 0 ? MIN(next, then) : then;
        }
        return next;
}

static int add_timer(Ctl *c, const ListedUnit *u, const char *triggers, Table *t) {
        const char *timer = SD1 ".Timer";
        usec_t now = now_of(CLOCK_REALTIME), last = get_number(c, u->path, timer, "LastTriggerUSec"),
               next = next_elapse(get_number(c, u->path, timer, "NextElapseUSecRealtime"),
                                  get_number(c, u->path, timer, "NextElapseUSecMonotonic"), now);

        add_instant(t, next, false, now);
        add_instant(t, next, true, now);
        add_instant(t, last, false, now);
        add_instant(t, last, true, now);
        table_add(t, u->id);
        table_add(t, triggers);
        return 0;
}

/* What never elapses comes last. */
static int compare_timers(const void *a, const void *b) {
        const Cell *x = ((const TableRow *)a)->cells, *y = ((const TableRow *)b)->cells;
        uint64_t m = strtoull(x[TIMER_NEXT].json, NULL, 10), n = strtoull(y[TIMER_NEXT].json, NULL, 10);

        if (m == n)
                return strcmp(x[TIMER_UNIT].text, y[TIMER_UNIT].text);
        return m == 0 || (n != 0 && n < m) ? 1 : -1;
}

VERB(list_timers) {
        static const Column columns[] = { { "NEXT", "next" },
                                          { "LEFT", "left" },
                                          { "LAST", "last" },
                                          { "PASSED", "passed" },
                                          { "UNIT", "unit", .shrinks = true, .names = true },
                                          { "ACTIVATES", "activates", .shrinks = true },
                                          { 0 } };
        Table t = { .columns = columns };

        return list(c, argv, "timer", add_timer, &t, compare_timers);
}

/* Sockets and paths: rows of what is listened to or watched */

static int add_pairs(Ctl *c, const ListedUnit *u, const char *interface, const char *property,
                     const char *triggers, Table *t) {
        sd_bus_message *reply = NULL;
        const char *kind, *what;
        int r;

        r = sd_bus_get_property(c->bus, SD1, u->path, interface, property, NULL, &reply, "a(ss)");
        if (r < 0)
                return 0; /* gone since the list was made: no row, and nothing is lost by it */
        r = sd_bus_message_enter_container(reply, 'a', "(ss)");
        while (r >= 0 && (r = sd_bus_message_read(reply, "(ss)", &kind, &what)) > 0) {
                table_add(t, what);
                table_add(t, kind);
                table_add(t, u->id);
                table_add(t, triggers);
        }
        sd_bus_message_unref(reply);
        return MIN(r, 0);
}

static int add_socket(Ctl *c, const ListedUnit *u, const char *triggers, Table *t) {
        return add_pairs(c, u, SD1 ".Socket", "Listen", triggers, t);
}

static int add_path(Ctl *c, const ListedUnit *u, const char *triggers, Table *t) {
        return add_pairs(c, u, SD1 ".Path", "Paths", triggers, t);
}

static int compare_rows(const void *a, const void *b) {
        const Cell *x = ((const TableRow *)a)->cells, *y = ((const TableRow *)b)->cells;

        return strcmp(x[0].text, y[0].text) ?: strcmp(x[1].text, y[1].text) ?: strcmp(x[2].text, y[2].text);
}

VERB(list_sockets) {
        const Column columns[] = { { "LISTEN", "listen", .shrinks = true },
                                   { "TYPE", "type", .hidden = !c->show_types },
                                   { "UNIT", "unit", .names = true },
                                   { "ACTIVATES", "activates", .shrinks = true },
                                   { 0 } };
        Table t = { .columns = columns };

        return list(c, argv, "socket", add_socket, &t, compare_rows);
}

VERB(list_paths) {
        static const Column columns[] = { { "PATH", "path", .shrinks = true },
                                          { "CONDITION", "condition" },
                                          { "UNIT", "unit", .names = true },
                                          { "ACTIVATES", "activates", .shrinks = true },
                                          { 0 } };
        Table t = { .columns = columns };

        return list(c, argv, "path", add_path, &t, compare_rows);
}

static int add_automount(Ctl *c, const ListedUnit *u, const char *triggers, Table *t) {
        char *where auto_free = NULL;
        Buf b auto_buf = { 0 };
        uint64_t idle = get_number(c, u->path, SD1 ".Automount", "TimeoutIdleUSec");

        if (sd_bus_get_property_string(c->bus, SD1, u->path, SD1 ".Automount", "Where", NULL, &where) < 0)
                return 0;
        if (idle > 0 && idle != UINT64_MAX)
                timespan_format(idle, &b);
        table_add(t, NULL);
        table_add(t, where);
        table_add(t, "no");
        table_add_number(t, b.data, idle);
        table_add(t, u->id);
        return 0;
}

/* Nothing here mounts on access; the units may be loaded all the same. */
VERB(list_automounts) {
        static const Column columns[] = { { "WHAT", "what" },
                                          { "WHERE", "where" },
                                          { "MOUNTED", "mounted" },
                                          { "IDLE TIMEOUT", "idle_timeout" },
                                          { "UNIT", "unit", .names = true },
                                          { 0 } };
        Table t = { .columns = columns };

        return list(c, argv, "automount", add_automount, &t, compare_rows);
}
