/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/show/list.h"
#include "ctl/show/status.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define ROOT_SLICE "-.slice"

typedef struct Glance {
        Status all;  /* svinit's own properties */
        Status root; /* those of the root slice: the container's figures */
        ListedUnits failed;
        char **lacks; /* what is not applied here, with how many units; owned */
} Glance;

static int ask(Glance *g, Ctl *c) {
        sd_bus_error error = SD_BUS_ERROR_NULL;
        struct timespec ts;
        int r;

        clock_gettime(CLOCK_REALTIME, &ts);
        g->all.ctl = g->root.ctl = c;
        g->all.unit = g->root.unit = ROOT_SLICE;
        g->all.now = (usec_t)ts.tv_sec * USEC_PER_SEC + (usec_t)ts.tv_nsec / NSEC_PER_USEC;
        r = ctl_get_all(c, SD1_PATH, SD1_MANAGER, &g->all.l, &error);
        if (r >= 0)
                r = ctl_unit_path(ROOT_SLICE, &g->root.path);
        if (r >= 0)
                (void)ctl_get_all(c, g->root.path, "", &g->root.l, NULL);
        if (r < 0)
                ctl_print_error("status: %s", error.message ? error.message : strerror(-r));
        sd_bus_error_free(&error);
        return r;
}

static void release(Glance *g) {
        property_list_release(&g->all.l);
        property_list_release(&g->root.l);
        listed_units_release(&g->failed);
        strv_free(g->lacks);
        free(g->root.path);
}

static void find_failed(Glance *g) {
        Ctl *c = g->all.ctl;
        bool failed = c->failed;

        c->failed = true;
        (void)listed_units_read(c, NULL, NULL, &g->failed);
        c->failed = failed;
}

/* Settings that units have asked for and that this container does not give, each with how many ask. */
static int read_lacks(sd_bus_message *m, Glance *g) {
        unsigned n_units = 0, n_settings = 0;
        char **seen auto_strv = NULL;
        char *text;
        int r = sd_bus_message_skip(m, "a(ssss)");

        if (r >= 0)
                r = sd_bus_message_enter_container(m, 'a', "(sas)");
        while (r >= 0 && (r = sd_bus_message_enter_container(m, 'r', "sas")) > 0) {
                char **texts auto_strv = NULL;

                if ((r = sd_bus_message_skip(m, "s")) < 0 || (r = sd_bus_message_read_strv(m, &texts)) < 0)
                        return r;
                n_units += texts != NULL;
                STRV_FOREACH (t, texts) {
                        char *key auto_free = strndup(*t, strcspn(*t, "="));

                        if (!key)
                                return -ENOMEM;
                        if (strv_contains(seen, key))
                                continue;
                        n_settings++;
                        if ((r = strv_add(&seen, key)) < 0)
                                return r;
                }
                if ((r = sd_bus_message_exit_container(m)) < 0)
                        return r;
        }
        if (r < 0 || n_units == 0)
                return r;
        r = str_printf(&text, "%u setting%s of %u unit%s", n_settings, n_settings == 1 ? "" : "s", n_units,
                       n_units == 1 ? "" : "s");
        if (r >= 0)
                r = strv_push(&g->lacks, text);
        return r >= 0 ? strv_add_all(&g->lacks, seen) : r;
}

static void find_lacks(Glance *g) {
        sd_bus_message *reply = NULL;

        if (sd_bus_call_method(g->all.ctl->bus, SD1, SD1_PATH, OWN_MANAGER, "Doctor", NULL, &reply, NULL) >=
            0)
                (void)read_lacks(reply, g);
        sd_bus_message_unref(reply);
}

static void print_state(const Glance *g) {
        const char *state = property_get(&g->all.l, "SystemState"),
                   *color = str_equal(state, "running")    ? COLOR_GREEN(g->all.ctl)
                            : str_equal(state, "degraded") ? COLOR_RED(g->all.ctl)
                                                           : COLOR_YELLOW(g->all.ctl);
        char host[HOST_NAME_MAX + 1] = "";

        (void)gethostname(host, sizeof(host) - 1);
        printf("%s%s%s %s\n", color, str_equal(state, "degraded") ? ctl_glyphs()->cross : ctl_glyphs()->full,
               *color ? COLOR_END(g->all.ctl) : "", g->all.ctl->host ? g->all.ctl->host : host);
        status_line("State", "%s%s%s", color, state, *color ? COLOR_END(g->all.ctl) : "");
}

static void print_since(const Glance *g) {
        Buf b auto_buf = { 0 };

        status_add_time(&b, property_raw(&g->all.l, "UserspaceTimestamp"), g->all.now);
        status_line("Since", "%s", b.data ? b.data : "n/a");
}

/* The last failures with the reason, the newest first. */
typedef struct Failure {
        const char *unit;
        char *result; /* owned */
        usec_t when;
} Failure;

static int compare_failures(const void *a, const void *b) {
        const Failure *x = a, *y = b;

        return x->when > y->when ? -1 : x->when < y->when ? 1 : strcmp(x->unit, y->unit);
}

#define FAILURES_SHOWN 5

static void print_failures(const Glance *g) {
        Ctl *c = g->all.ctl;
        Failure *f = calloc(g->failed.n + 1, sizeof(*f));

        for (size_t i = 0; f && i < g->failed.n; i++) {
                const ListedUnit *u = g->failed.v + i;
                PropertyList l = { 0 };

                f[i].unit = u->id;
                if (ctl_get_all(c, u->path, "", &l, NULL) >= 0) {
                        f[i].when = property_raw(&l, "InactiveEnterTimestamp");
                        f[i].result = strdup(property_get(&l, "Result"));
                }
                property_list_release(&l);
        }
        if (f && g->failed.n > 0)
                qsort(f, g->failed.n, sizeof(*f), compare_failures);
        for (size_t i = 0; f && i < g->failed.n && i < FAILURES_SHOWN; i++) {
                Buf b auto_buf = { 0 };

                status_add_time(&b, f[i].when, g->all.now);
                status_line("", "%s%s%s %s: %s since %s", COLOR_RED(c), ctl_glyphs()->cross, COLOR_END(c),
                            f[i].unit, f[i].result ? f[i].result : "failed", b.data ? b.data : "");
        }
        if (g->failed.n > FAILURES_SHOWN)
                status_line("", "and %zu more: svctl --failed", g->failed.n - FAILURES_SHOWN);
        for (size_t i = 0; f && i < g->failed.n; i++)
                free(f[i].result);
        free(f);
}

static void print_lacks(const Glance *g) {
        Buf b auto_buf = { 0 };

        for (char *const *l = g->lacks ? g->lacks + 1 : NULL; l && *l; l++)
                buf_addf(&b, "%s%s=", l == g->lacks + 1 ? "" : " ", *l);
        if (g->lacks)
                status_line("Not applied", "%s: %s (svctl doctor tells why)", g->lacks[0],
                            b.data ? b.data : "");
}

static void print_tree(Glance *g) {
        UnitProcesses p = { 0 };

        if (status_read_processes(g->root.ctl, ROOT_SLICE, "/", &p) >= 0 && p.n > 0) {
                status_line("CGroup", "/");
                status_print_processes(&g->root, &p, "             ");
        }
        unit_processes_release(&p);
        if (g->root.is_cut && !g->root.ctl->no_legend)
                puts("Hint: Some lines were cut, -l shows them in full.");
}

static void print(Glance *g) {
        const PropertyList *l = &g->all.l;
        uint64_t jobs = property_raw(l, "NJobs");

        print_state(g);
        print_since(g);
        status_line("Units", "%" PRIu64 " loaded (with aliases)", property_raw(l, "NNames"));
        status_line("Failed", "%s%zu unit%s%s", g->failed.n > 0 ? COLOR_RED(g->all.ctl) : "", g->failed.n,
                    g->failed.n == 1 ? "" : "s", g->failed.n > 0 ? COLOR_END(g->all.ctl) : "");
        print_failures(g);
        status_line("Jobs", "%" PRIu64 " queued%s", jobs, jobs > 0 ? " (svctl list-jobs)" : "");
        status_figures(&g->root);
        print_lacks(g);
        if (*property_get(l, "Tainted"))
                status_line("Tainted", "%s%s%s", COLOR_YELLOW(g->all.ctl), property_get(l, "Tainted"),
                            COLOR_END(g->all.ctl));
        status_line("svinit", "%s", property_get(l, "Version"));
        print_tree(g);
}

static int print_json(const Glance *g) {
        const PropertyList *l = &g->all.l;
        Buf b auto_buf = { 0 };

        json_open(&b, "{");
        json_add_member(&b, "state", property_get(l, "SystemState"));
        json_add_number(&b, "since", property_raw(l, "UserspaceTimestamp"));
        json_add_number(&b, "units", property_raw(l, "NNames"));
        json_add_number(&b, "jobs", property_raw(l, "NJobs"));
        json_add_key(&b, "failed");
        buf_add_char(&b, '[');
        for (size_t i = 0; i < g->failed.n; i++) {
                buf_add(&b, i > 0 ? "," : "");
                json_add_string(&b, g->failed.v[i].id);
        }
        buf_add_char(&b, ']');
        status_add_figures_json(&g->root, &b);
        json_add_key(&b, "not_applied");
        json_add_list(&b, g->lacks ? g->lacks + 1 : NULL);
        json_add_member(&b, "version", property_get(l, "Version"));
        buf_add_char(&b, '}');
        return json_print(&b);
}

int status_of_manager(Ctl *c) {
        int code = CTL_FAILED;
        Glance g = { 0 };

        if (ask(&g, c) >= 0) {
                find_failed(&g);
                find_lacks(&g);
                if (c->format >= FORMAT_JSON)
                        code = print_json(&g);
                else
                        print(&g), code = CTL_OK;
        }
        release(&g);
        return code;
}
