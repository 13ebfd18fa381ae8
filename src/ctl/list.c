/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* list-units, list-jobs, list-unit-files. */

#include "ctl/ctl.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

typedef struct Row {
        char *id, *load, *active, *sub, *description;
} Row;

static int compare_rows(const void *a, const void *b) {
        const Row *x = a, *y = b;
        const char *tx = strrchr(x->id, '.') ?: "", *ty = strrchr(y->id, '.') ?: "";
        int r = strcmp(tx, ty);

        return r ?: strcmp(x->id, y->id);
}

static bool row_is_wanted(Ctl *c, const Row *r, uint32_t job, char **patterns) {
        const char *type = strrchr(r->id, '.');

        if (c->types && (!type || !strv_contains(c->types, type + 1)))
                return false;
        if (c->failed && !str_equal(r->active, "failed"))
                return false;
        if (c->states && !strv_contains(c->states, r->active) && !strv_contains(c->states, r->sub) &&
            !strv_contains(c->states, r->load))
                return false;
        if (patterns) {
                bool match = false;

                STRV_FOREACH (p, patterns)
                        match = match || fnmatch(*p, r->id, FNM_NOESCAPE) == 0;
                return match;
        }
        return c->all || c->states || c->failed || job > 0 || !str_equal(r->active, "inactive");
}

static void row_release(Row *r) {
        free(r->id);
        free(r->load);
        free(r->active);
        free(r->sub);
        free(r->description);
}

static int read_rows(Ctl *c, char **patterns, Row **ret, size_t *ret_n) {
        const char *id, *description, *load, *active, *sub;
        sd_bus_message *reply = NULL;
        size_t n = 0, capacity = 0;
        Row *rows = NULL;
        uint32_t job;
        int r;

        r = ctl_call(c, "ListUnits", &reply, NULL, "list-units", NULL);
        if (r >= 0)
                r = sd_bus_message_enter_container(reply, 'a', "(ssssssouso)");
        while (r >= 0 && (r = sd_bus_message_read(reply, "(ssssssouso)", &id, &description, &load, &active,
                                                  &sub, NULL, NULL, &job, NULL, NULL)) > 0) {
                Row row = { strdup(id), strdup(load), strdup(active), strdup(sub), strdup(description) };

                if (!row.id || !row.load || !row.active || !row.sub || !row.description ||
                    array_reserve(&rows, &capacity, n + 1, sizeof(*rows)) < 0)
                        r = -ENOMEM;
                else if (row_is_wanted(c, &row, job, patterns))
                        rows[n++] = row;
                else
                        row_release(&row);
        }
        sd_bus_message_unref(reply);
        *ret = rows;
        *ret_n = n;
        return MIN(r, 0);
}

VERB(list_units) {
        size_t n = 0, width = 4;
        Row *rows = NULL;
        int r;

        if (ctl_connect(c) < 0)
                return CTL_FAILED;
        r = read_rows(c, argc > 1 ? argv + 1 : NULL, &rows, &n);
        if (r < 0)
                return CTL_FAILED;
        if (n > 0)
                qsort(rows, n, sizeof(*rows), compare_rows);
        for (size_t i = 0; i < n; i++)
                width = MAX(width, strlen(rows[i].id));
        if (!c->no_legend)
                printf("  %-*s %-9s %-12s %-12s %s\n", (int)width, "UNIT", "LOAD", "ACTIVE", "SUB",
                       "DESCRIPTION");
        for (size_t i = 0; i < n; i++) {
                const char *color = str_equal(rows[i].active, "failed") ? COLOR_RED(c) : "";

                printf("%s%s %-*s %-9s %-12s %-12s %s%s\n", color,
                       str_equal(rows[i].active, "failed") ? "x" : " ", (int)width, rows[i].id, rows[i].load,
                       rows[i].active, rows[i].sub, rows[i].description, *color ? COLOR_END(c) : "");
                row_release(rows + i);
        }
        if (!c->no_legend)
                printf("\n%zu units listed.%s\n", n, c->all ? "" : " Inactive ones: --all.");
        free(rows);
        return CTL_OK;
}

VERB(list_jobs) {
        const char *unit, *type, *state;
        sd_bus_message *reply = NULL;
        unsigned n = 0;
        uint32_t id;
        int r;

        if (ctl_connect(c) < 0)
                return CTL_FAILED;
        r = ctl_call(c, "ListJobs", &reply, NULL, "list-jobs", NULL);
        if (r >= 0)
                r = sd_bus_message_enter_container(reply, 'a', "(usssoo)");
        while (r >= 0 &&
               (r = sd_bus_message_read(reply, "(usssoo)", &id, &unit, &type, &state, NULL, NULL)) > 0) {
                if (n++ == 0 && !c->no_legend)
                        printf("%6s %-40s %-10s %s\n", "JOB", "UNIT", "TYPE", "STATE");
                printf("%6u %-40s %-10s %s\n", id, unit, type, state);
        }
        if (r >= 0 && !c->no_legend)
                n > 0 ? printf("\n%u jobs listed.\n", n) : puts("No jobs running.");
        sd_bus_message_unref(reply);
        return r < 0 ? CTL_FAILED : CTL_OK;
}
