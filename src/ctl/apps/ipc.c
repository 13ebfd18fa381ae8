/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * ipc: how many messages of which type went over the channels of a unit, with
 * -d how many a second; with -f, the messages.
 */

#include "ctl/apps/apps.h"
#include "ctl/core/live.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Lines "sent TAB 3", "received TAB 12 TAB request", one instance after the other. */
typedef struct Count {
        char *unit, *what, *type; /* owned; type NULL: of all */
        uint64_t n;
} Count;

typedef struct Counts {
        Count *v; /* owned */
        size_t n, capacity;
        usec_t time;
} Counts;

static void counts_release(Counts *l) {
        for (size_t i = 0; i < l->n; i++) {
                free(l->v[i].unit);
                free(l->v[i].what);
                free(l->v[i].type);
        }
        free(l->v);
        *l = (Counts){ 0 };
}

static void on_counts(Ctl *c, const AppsAnswer *item, void *userdata) {
        char *save = NULL, *field = NULL;
        Counts *l = userdata;

        for (char *line = strtok_r(item->text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
                const char *what = strtok_r(line, "\t", &field), *n = strtok_r(NULL, "\t", &field),
                           *type = strtok_r(NULL, "", &field);
                Count new = { 0 };

                if (!n || parse_u64(n, &new.n) < 0 ||
                    array_reserve(&l->v, &l->capacity, l->n + 1, sizeof(new)) < 0)
                        continue;
                new.unit = strdup(item->name);
                new.what = strdup(what);
                new.type = type ? strdup(type) : NULL;
                if (new.unit &&new.what && (new.type || !type))
                        l->v[l->n++] = new;
        }
        l->time = live_now();
}

/* A second, since the look before; what was not there then was 0. Below 0: it is no number that grows. */
static double rate(const Counts *before, const Counts *now, const Count *count) {
        usec_t span = usec_sub(now->time, before->time);
        uint64_t old = 0;

        if (span == 0 || str_equal(count->what, "open"))
                return -1;
        for (size_t i = 0; i < before->n; i++) {
                const Count *b = before->v + i;

                if (str_equal(b->unit, count->unit) && str_equal(b->what, count->what) &&
                    str_equal(b->type, count->type))
                        old = b->n;
        }
        if (old > count->n)
                old = 0; /* another run */
        return (double)(count->n - old) * (double)USEC_PER_SEC / (double)span;
}

static void print_counts(const Counts *before, const Counts *l) {
        for (size_t i = 0; i < l->n; i++) {
                const Count *k = l->v + i;
                double r = before ? rate(before, l, k) : -1;

                if (i == 0 || !str_equal(k->unit, l->v[i - 1].unit))
                        printf("%s\n", k->unit);
                if (!k->type && k->n == 0 && !str_equal(k->what, "sent"))
                        continue;
                printf("%10llu", (unsigned long long)k->n);
                if (before && r < 0)
                        printf("%12s", "");
                else if (before)
                        printf("%10.1f/s", r);
                printf("  %s%s%s\n", k->what, k->type ? ": " : "", k->type ?: "");
        }
}

/* The members of one unit that have a type: of what was received, or are open. */
static void add_typed(const Counts *before, const Counts *l, size_t from, size_t to, const char *what,
                      const char *key, Buf *b) {
        size_t begin;

        json_add_key(b, key);
        buf_add_char(b, '{');
        begin = b->len;
        for (size_t i = from; i < to; i++) {
                if (!l->v[i].type || !str_equal(l->v[i].what, what))
                        continue;
                if (b->len > begin)
                        buf_add_char(b, ',');
                json_add_string(b, l->v[i].type);
                if (before)
                        buf_addf(b, ":%.1f", rate(before, l, l->v + i));
                else
                        buf_addf(b, ":%llu", (unsigned long long)l->v[i].n);
        }
        buf_add_char(b, '}');
}

static void add_json(const Counts *before, const Counts *l, Buf *b) {
        json_open(b, "[");
        for (size_t i = 0, end; i < l->n; i = end) {
                for (end = i; end < l->n && str_equal(l->v[end].unit, l->v[i].unit);)
                        end++;
                json_open(b, "{");
                json_add_member(b, "unit", l->v[i].unit);
                for (size_t k = i; k < end; k++)
                        if (!l->v[k].type)
                                json_add_number(b, l->v[k].what, l->v[k].n);
                add_typed(NULL, l, i, end, "received", "received", b);
                add_typed(NULL, l, i, end, "open", "open", b);
                if (before)
                        add_typed(before, l, i, end, "received", "received_per_second", b);
                buf_add_char(b, '}');
        }
        buf_add_char(b, ']');
}

static int show_counts(Ctl *c, const char *name, usec_t delay) {
        Counts before = { 0 }, now = { 0 };
        Buf b auto_buf = { 0 };
        int code = apps_request(c, CLIENT_COUNTS, name, "", 0, on_counts, &now, NULL);

        if (code == CTL_OK && delay > 0) {
                before = TAKE(now);
                (void)usleep((useconds_t)delay);
                code = apps_request(c, CLIENT_COUNTS, name, "", 0, on_counts, &now, NULL);
        }
        if (code == CTL_OK && c->format >= FORMAT_JSON) {
                add_json(delay > 0 ? &before : NULL, &now, &b);
                code = json_print(&b);
        } else if (code == CTL_OK)
                print_counts(delay > 0 ? &before : NULL, &now);
        counts_release(&before);
        counts_release(&now);
        return code;
}

static void on_message(Ctl *c, const AppsAnswer *item, void *userdata) {
        bool from = item->value == CLIENT_FROM_INSTANCE;

        if (item->verb == CLIENT_LOST)
                fprintf(stderr, "(%d messages came faster than they were read, and are left out)\n",
                        item->value);
        else if (c->format >= FORMAT_JSON)
                printf("{\"unit\":\"%s\",\"direction\":\"%s\",\"message\":%s}\n", item->name,
                       from ? "from" : "to", item->text);
        else
                printf("%s %s %s\n", item->name, from ? "->" : "<-", item->text);
        (void)fflush(stdout);
}

int verb_ipc(Ctl *c, int argc, char **argv) {
        char *name auto_free = NULL;
        usec_t delay = 0;
        int code;

        if (c->delay && (timespan_parse(c->delay, USEC_PER_SEC, &delay) < 0 || delay < 100 * USEC_PER_MSEC ||
                         delay > USEC_PER_HOUR)) {
                ctl_print_error("ipc: '%s' is no time from 100ms to an hour", c->delay);
                return CTL_USAGE;
        }
        code = argc > 1 ? apps_unit_name(c, argv[1], &name) : CTL_OK;
        if (code != CTL_OK)
                return code;
        return c->logs.follow ? apps_request(c, CLIENT_FOLLOW, name ?: "", "", 0, on_message, NULL, NULL)
                              : show_counts(c, name ?: "", delay);
}
