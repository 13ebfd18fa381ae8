/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/analyze/graph.h"
#include "ctl/analyze/plan.h"
#include "graph/explain.h"

#include <errno.h>
#include <string.h>

static int add_step(Steps *p, const PlanStep *from) {
        Step *s;
        int r;

        r = steps_add(p, from->unit->id, job_type_to_string(from->type),
                      from->because ? from->because->id : "",
                      from->relation == DEP_MAX ? "" : dependency_to_string(from->relation), &s);
        if (r < 0)
                return r;
        s->required = from->required;
        s->in_queue = from->in_queue;
        s->idle = from->idle;
        for (size_t i = 0; i < from->n_after && r >= 0; i++)
                r = strv_add(&s->after, from->after[i]->id);
        return r;
}

static int take_plan(const Transaction *t, Steps *p) {
        Plan plan = { 0 };
        int r;

        r = transaction_explain(t, &plan);
        for (size_t i = 0; i < plan.n && r >= 0; i++)
                r = add_step(p, plan.v + i);
        plan_release(&plan);
        return r;
}

/* The slices and the root file system are there before the first job is looked at. */
static void begin_life(Graph *g) {
        for (Unit *u = graph_next_unit(g, NULL); u; u = graph_next_unit(g, u)) {
                JobRequests requests = { 0 };

                if (u->perpetual)
                        graph_unit_changed(g, u, ACTIVE, 0, &requests);
                job_requests_release(&requests);
        }
}

static int build(Graph *g, Unit *u, JobType type, JobMode mode, Steps *p) {
        const JobQuestions questions = { .manual = true };
        Report notes = { 0 };
        Transaction t;
        int outcome, r = 0;

        begin_life(g);
        outcome = transaction_build(&t, g, &questions, type, u, mode, &notes);
        if (outcome == 0)
                r = take_plan(&t, p);
        transaction_release(&t);
        for (size_t i = 0; i < notes.n_findings && r >= 0; i++)
                r = strv_add(&p->notes, notes.findings[i].text);
        report_release(&notes);
        if (r >= 0)
                r = str_replace(&p->error,
                                outcome > 0 ? enqueue_outcome_to_string((EnqueueOutcome)outcome) : "");
        return outcome < 0 ? outcome : r;
}

int plan_offline(Ctl *c, const char *unit, const char *job, Steps *ret) {
        int type = job_type_from_string(job), mode = job_mode_from_string(c->mode), r;
        CtlGraph *g = NULL;
        Unit *u;

        if (type < 0 || mode < 0) {
                ctl_print_error("there is no job %s '%s'", type < 0 ? "type" : "mode",
                                type < 0 ? job : c->mode);
                return -EINVAL;
        }
        r = ctl_graph_new(c, NULL, &g);
        if (r >= 0)
                r = ctl_graph_load(g, unit, &u);
        if (r >= 0)
                r = build(g->graph, u, (JobType)type, (JobMode)mode, ret);
        ctl_graph_free(g);
        if (r < 0)
                ctl_print_error("%s: %s", unit, strerror(-r));
        return r;
}
