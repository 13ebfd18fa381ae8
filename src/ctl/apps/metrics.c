/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* metrics: figures of services, svinit's own and those that applications tell. */

#include "ctl/apps/metrics.h"
#include "conf/name.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static void metrics_release(Metrics *m) {
        for (size_t i = 0; i < m->n; i++) {
                free(m->v[i].unit);
                free(m->v[i].active);
                free(m->v[i].figures);
                property_list_release(&m->v[i].service);
                property_list_release(&m->v[i].own);
        }
        free(m->v);
}

static int read_unit(Ctl *c, UnitMetrics *u, const char *name) {
        char *path auto_free = NULL;
        int r = ctl_unit_path(name, &path);

        if (r >= 0)
                r = str_replace(&u->unit, name);
        if (r >= 0)
                r = ctl_get_string(c, name, SD1_UNIT, "ActiveState", &u->active);
        if (r >= 0)
                r = ctl_get_all(c, path, SD1 ".Service", &u->service, NULL);
        return r < 0 ? r : ctl_get_all(c, path, OWN_UNIT, &u->own, NULL);
}

/* A unit that goes while it is looked at is left out. */
static int read_units(Ctl *c, char *const *names, Metrics *ret) {
        ret->v = calloc(strv_length(names) + 1, sizeof(*ret->v));
        if (!ret->v)
                return -ENOMEM;
        STRV_FOREACH (name, names) {
                UnitMetrics *u = ret->v + ret->n++;

                if (!str_ends_with(*name, ".service") || read_unit(c, u, *name) < 0)
                        ret->n--;
        }
        return 0;
}

static void on_figures(Ctl *c, const AppsAnswer *item, void *userdata) {
        Metrics *m = userdata;

        for (size_t i = 0; i < m->n; i++)
                if (str_equal(m->v[i].unit, item->name))
                        (void)str_replace(&m->v[i].figures, item->text);
}

/* Without svinit-apps, nobody tells any. */
static int read_figures(Ctl *c, Metrics *m) {
        AppsConnection a;
        AppsAnswer answer;
        int code = CTL_OK, r = apps_open(c, false, &a, &code);

        if (r < 0)
                return code;
        if (r == APPS_NONE)
                return CTL_OK;
        r = apps_ask(&a, CLIENT_FIGURES, "", "", 0);
        while (r >= 0 && (r = apps_read(&a, &answer)) >= 0) {
                bool end = answer.verb == CLIENT_END;

                if (!end)
                        on_figures(c, &answer, m);
                apps_answer_release(&answer);
                if (end)
                        break;
        }
        apps_close(&a);
        return CTL_OK; /* an svinit-apps that is just started again tells in the next round */
}

void figures_each(const char *figures, FigureFunction f, void *userdata) {
        char *copy auto_free = strdup(figures ?: ""), *save = NULL;

        if (!copy)
                return;
        for (char *line = strtok_r(copy, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
                FigureLine l = { .kind = strsep(&line, "\t") };

                for (size_t i = 0; i < ELEMENTSOF(l.field); i++)
                        l.field[i] = strsep(&line, "\t") ?: "";
                f(&l, userdata);
        }
}

/* Who asks for a set means its instances as well: most of its figures are theirs. */
static int add_instances(Ctl *c, char ***names) {
        size_t n = strv_length(*names);
        int r = 0;

        for (size_t i = 0; i < n && r >= 0; i++) {
                char *prefix auto_free = NULL, *pattern auto_free = NULL, **found auto_strv = NULL;
                PropertyList own = { 0 };
                char *path auto_free = NULL;
                bool is_set = ctl_unit_path((*names)[i], &path) >= 0 &&
                              ctl_get_all(c, path, OWN_UNIT, &own, NULL) >= 0 &&
                              property_number(&own, "Instances", 0) > 0;

                property_list_release(&own);
                if (!is_set)
                        continue;
                if ((r = name_prefix((*names)[i], &prefix)) < 0 ||
                    (r = str_printf(&pattern, "%s@*.service", prefix)) < 0 ||
                    (r = ctl_names(c, (char *[]){ pattern, NULL }, &found)) < 0)
                        break;
                STRV_FOREACH (f, found)
                        if (r >= 0)
                                r = strv_add_unique(names, *f);
        }
        return MIN(r, 0);
}

/* Whoever fetches figures gets those of the others. */
static bool is_misspelt(Ctl *c, char *const *names) {
        STRV_FOREACH (name, names)
                if (!c->http && ctl_is_not_found(c, *name))
                        return true;
        return false;
}

static int collect(Ctl *c, char **patterns, Metrics *ret) {
        static char *all[] = { (char *)"*.service", NULL };
        char **names auto_strv = NULL;

        if (ctl_connect(c) < 0 || ctl_names(c, *patterns ? patterns : all, &names) < 0)
                return CTL_FAILED;
        if (*patterns && is_misspelt(c, names))
                return CTL_NOT_INSTALLED;
        if ((*patterns && add_instances(c, &names) < 0) || read_units(c, names, ret) < 0)
                return ctl_print_error("Out of memory.");
        return read_figures(c, ret);
}

int verb_metrics(Ctl *c, int argc, char **argv) {
        Metrics m = { 0 };
        Buf b auto_buf = { 0 }, answer auto_buf = { 0 };
        int code = CTL_OK;

        if (!c->http || metrics_http_asks(&answer))
                code = collect(c, argv + 1, &m);
        if (code == CTL_OK && answer.len == 0)
                (c->format >= FORMAT_JSON ? metrics_json : metrics_text)(&m, &b);
        if (code == CTL_OK && c->http && answer.len == 0)
                metrics_http_answer(&b, &answer);
        metrics_release(&m);
        if (code != CTL_OK)
                return code;
        if (!c->http && c->format >= FORMAT_JSON)
                return json_print(&b);
        if (answer.len == 0)
                answer = TAKE(b);
        if (answer.error < 0 || fwrite(answer.data ?: "", 1, answer.len, stdout) != answer.len ||
            fflush(stdout) == EOF)
                return ctl_print_error("Cannot write the figures.");
        return CTL_OK;
}
