/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* plan: what a job would take along, in order and in words; nothing is done. */

#include "ctl/analyze/plan.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

void steps_release(Steps *p) {
        for (size_t i = 0; i < p->n; i++) {
                free(p->v[i].unit);
                free(p->v[i].type);
                free(p->v[i].because);
                free(p->v[i].relation);
                strv_free(p->v[i].after);
        }
        free(p->v);
        strv_free(p->notes);
        free(p->error);
}

int steps_add(Steps *p, const char *unit, const char *type, const char *because, const char *relation,
              Step **ret) {
        Step *s;

        if (array_reserve(&p->v, &p->capacity, p->n + 1, sizeof(*p->v)) < 0)
                return -ENOMEM;
        s = p->v + p->n++;
        *s = (Step){ strdup(unit), strdup(type), strdup(because), strdup(relation), NULL, 0, 0, 0 };
        *ret = s;
        return s->unit && s->type && s->because && s->relation ? 0 : -ENOMEM;
}

static int read_step(sd_bus_message *m, Steps *p) {
        const char *unit, *type, *because, *relation;
        int required, in_queue, idle, r;
        Step *s;

        r = sd_bus_message_read(m, "ssssbbb", &unit, &type, &because, &relation, &required, &in_queue, &idle);
        if (r >= 0)
                r = steps_add(p, unit, type, because, relation, &s);
        if (r < 0)
                return r;
        s->required = required;
        s->in_queue = in_queue;
        s->idle = idle;
        return sd_bus_message_read_strv(m, &s->after);
}

static int read_steps(sd_bus_message *m, Steps *p) {
        const char *error;
        int r;

        r = sd_bus_message_read(m, "s", &error);
        if (r >= 0)
                r = str_replace(&p->error, error);
        if (r >= 0)
                r = sd_bus_message_read_strv(m, &p->notes);
        if (r >= 0)
                r = sd_bus_message_enter_container(m, 'a', "(ssssbbbas)");
        while (r >= 0 && (r = sd_bus_message_enter_container(m, 'r', "ssssbbbas")) > 0) {
                r = read_step(m, p);
                if (r >= 0)
                        r = sd_bus_message_exit_container(m);
        }
        return MIN(r, 0);
}

static int ask(Ctl *c, const char *unit, const char *job, Steps *p) {
        sd_bus_error error = SD_BUS_ERROR_NULL;
        sd_bus_message *reply = NULL;
        int r;

        r = sd_bus_call_method(c->bus, SD1, SD1_PATH, OWN_MANAGER, "Plan", &error, &reply, "sss", unit, job,
                               c->mode);
        if (r >= 0)
                r = read_steps(reply, p);
        if (r < 0)
                ctl_print_error("%s: %s", unit, error.message ?: strerror(-r));
        sd_bus_error_free(&error);
        sd_bus_message_unref(reply);
        return r;
}

/* The relation as the file says it in which it stands: what is an inverse for one unit is the other's own word. */
static const struct {
        const char *property, *words; /* %1: the unit whose job asks */
        bool inverse;
} relation_words[] = {
        { "RequiredBy", "Requires", true },
        { "RequisiteOf", "Requisite", true },
        { "BoundBy", "BindsTo", true },
        { "ConsistsOf", "PartOf", true },
        { "ConflictedBy", "Conflicts", true },
        { "TriggeredBy", "triggers", true },
        { "PropagatesStopTo", "PropagatesStopTo", false },
};

static void add_reason(const Step *s, Buf *b) {
        if (!*s->because) {
                buf_add(b, "as asked");
                return;
        }
        if (!*s->relation) {
                buf_addf(b, "because of the mode of the job for %s", s->because);
                return;
        }
        for (size_t i = 0; i < ELEMENTSOF(relation_words); i++)
                if (relation_words[i].inverse && str_equal(relation_words[i].property, s->relation)) {
                        buf_addf(b, "%s= %s", relation_words[i].words, s->because);
                        return;
                }
        buf_addf(b, "%s %s= it", s->because, s->relation);
}

static void print_step(Ctl *c, const Step *s, size_t number) {
        Buf reason auto_buf = { 0 };

        add_reason(s, &reason);
        printf("%3zu. %s%s %s%s: %s", number, COLOR_GREEN(c), s->type, s->unit, COLOR_END(c),
               reason.data ?: "");
        if (!s->required)
                fputs("; its failure does not matter", stdout);
        if (s->in_queue)
                fputs("; in the queue already", stdout);
        if (s->idle)
                fputs("; there is nothing to do for it", stdout);
        putchar('\n');
        if (!s->after)
                return;
        fputs("       after", stdout);
        STRV_FOREACH (a, s->after)
                printf(" %s", *a);
        putchar('\n');
}

static void print_json(const char *unit, const char *job, const Steps *p, bool first) {
        Buf b auto_buf = { 0 };

        buf_add_char(&b, '{');
        json_add_member(&b, "unit", unit);
        json_add_member(&b, "job", job);
        json_add_member(&b, "error", p->error);
        buf_add(&b, ",\"notes\":");
        json_add_list(&b, p->notes);
        buf_add(&b, ",\"jobs\":[");
        for (size_t i = 0; i < p->n; i++) {
                const Step *s = p->v + i;

                buf_add(&b, i > 0 ? ",{" : "{");
                json_add_member(&b, "unit", s->unit);
                json_add_member(&b, "job", s->type);
                json_add_member(&b, "because", s->because);
                json_add_member(&b, "relation", s->relation);
                buf_addf(&b, ",\"required\":%s,\"queued\":%s,\"idle\":%s,\"after\":",
                         s->required ? "true" : "false", s->in_queue ? "true" : "false",
                         s->idle ? "true" : "false");
                json_add_list(&b, s->after);
                buf_add_char(&b, '}');
        }
        printf("%s%s]}", first ? "[" : ",", b.data ?: "");
}

static void print_plan(Ctl *c, const char *unit, const char *job, const Steps *p) {
        for (size_t i = 0; i < p->n; i++)
                print_step(c, p->v + i, i + 1);
        STRV_FOREACH (n, p->notes)
                printf("note: %s\n", *n);
        if (*p->error)
                ctl_print_error("%s %s would be refused (%s)", job, unit, p->error);
        else if (p->n == 0)
                printf("%s %s: there is nothing to do.\n", job, unit);
}

/* json: NULL, or how many have been printed. */
static int plan_one(Ctl *c, const char *unit, unsigned *json) {
        const char *job = c->job ?: "start";
        Steps p = { 0 };
        int r;

        r = c->bus ? ask(c, unit, job, &p) : plan_offline(c, unit, job, &p);
        if (r >= 0 && json)
                print_json(unit, job, &p, (*json)++ == 0);
        else if (r >= 0)
                print_plan(c, unit, job, &p);
        r = r < 0 || *p.error ? CTL_FAILED : CTL_OK;
        steps_release(&p);
        return r;
}

/* Without a manager the files alone decide, as they would at boot. */
static void find_manager(Ctl *c) {
        bool quiet = c->quiet;

        if (c->root)
                return;
        c->quiet = true;
        (void)ctl_connect(c);
        c->quiet = quiet;
}

VERB(plan) {
        char **names auto_strv = NULL;
        unsigned n_printed = 0;
        bool json;
        int code = ctl_json_asked(c, argv[0], &json);

        if (code != CTL_OK)
                return code;
        find_manager(c);
        if (ctl_names(c, argv + 1, &names) < 0)
                return CTL_FAILED;
        for (char **n = names; n && *n; n++) {
                int r = plan_one(c, *n, json ? &n_printed : NULL);

                code = code ?: r;
        }
        if (json)
                puts(n_printed > 0 ? "]" : "[]");
        return code;
}
