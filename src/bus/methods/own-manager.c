/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* org.svinit.Manager: what systemd has no method for. */

#include <errno.h>
#include <stdio.h>

#include "bus/clients/server.h"
#include "bus/codec/errors.h"
#include "bus/methods/unit-methods.h"
#include "bus/object.h"
#include "bus/tables.h"
#include "manager/diff.h"
#include "unit/directive.h"

/* Diff: what a reload would change. Arguments: units; none: all. */

static int append_setting(sd_bus_message *m, const UnitDiff *d, const SettingDiff *s) {
        const char *section = s->row->section;
        char own[16];

        if (section[0] == '*') { /* rows that several types share stand in the section of the type */
                (void)snprintf(own, sizeof(own), "%s", unit_type_to_string(name_type(d->unit)));
                own[0] = (char)(own[0] & ~0x20);
                section = own;
        }
        return sd_bus_message_append(m, "(ssssb)", section, s->row->key, s->old, s->new,
                                     (int)directive_is_live(s->row));
}

static int append_diff(sd_bus_message *m, const UnitDiff *d) {
        int r;

        if ((r = sd_bus_message_open_container(m, 'r', "ssssa(ssssb)")) < 0 ||
            (r = sd_bus_message_append(m, "ssss", d->unit, unit_change_to_string(d->change),
                                       active_state_to_string(d->active), d->text ? d->text : "")) < 0 ||
            (r = sd_bus_message_open_container(m, 'a', "(ssssb)")) < 0)
                return r;
        for (size_t i = 0; i < d->n && r >= 0; i++)
                r = append_setting(m, d, d->v + i);
        if (r < 0 || (r = sd_bus_message_close_container(m)) < 0)
                return r;
        return sd_bus_message_close_container(m);
}

static int reply_diffs(sd_bus_message *request, const UnitDiffs *diffs) {
        sd_bus_message *reply __attribute__((cleanup(sd_bus_message_unrefp))) = NULL;
        int r;

        if ((r = sd_bus_message_new_method_return(request, &reply)) < 0 ||
            (r = sd_bus_message_open_container(reply, 'a', "(ssssa(ssssb))")) < 0)
                return r;
        for (size_t i = 0; i < diffs->n && r >= 0; i++)
                r = append_diff(reply, diffs->v + i);
        if (r < 0 || (r = sd_bus_message_close_container(reply)) < 0)
                return r;
        return sd_bus_send(NULL, reply, NULL);
}

static int method_diff(Call *c) {
        char **names auto_strv = NULL;
        UnitDiffs diffs = { 0 };
        int r;

        if ((r = call_read_words(c, &names)) < 0 || (r = manager_diff(c->manager, names, &diffs)) < 0)
                return r;
        r = reply_diffs(c->message, &diffs);
        unit_diffs_release(&diffs);
        return r;
}

/* ReloadTelling: Reload(), with what it has changed as the answer. Arguments and answer as those of Diff. */

static void on_reloaded(int r, const UnitDiffs *changes, void *userdata) {
        DeferredCall *call = userdata;

        if (r >= 0)
                r = reply_diffs(call->message, changes);
        if (r < 0)
                r = sd_bus_reply_method_errnof(call->message, r,
                                               "The configuration could not be reloaded: %s.", strerror(-r));
        deferred_call_end(call, r);
}

static int method_reload_telling(Call *c) {
        DeferredCall *call;
        char **names = NULL;
        int r;

        if ((r = call_read_words(c, &names)) < 0)
                return r;
        r = call_defer(c, &call);
        if (r < 0) {
                strv_free(names);
                return r;
        }
        r = manager_reload_telling(c->manager, names, on_reloaded, call);
        if (r < 0)
                deferred_call_free(call);
        return r;
}

/* Plan: the transaction for one request. Arguments: unit, job type, job mode. */

static int append_step(sd_bus_message *m, const PlanStep *s) {
        int r;

        if ((r = sd_bus_message_open_container(m, 'r', "ssssbbbas")) < 0 ||
            (r = sd_bus_message_append(m, "ssssbbb", s->unit->id, job_type_to_string(s->type),
                                       s->because ? s->because->id : "",
                                       s->relation == DEP_MAX ? "" : dependency_to_string(s->relation),
                                       (int)s->required, (int)s->in_queue, (int)s->idle)) < 0 ||
            (r = sd_bus_message_open_container(m, 'a', "s")) < 0)
                return r;
        for (size_t i = 0; i < s->n_after && r >= 0; i++)
                r = sd_bus_message_append(m, "s", s->after[i]->id);
        if (r < 0 || (r = sd_bus_message_close_container(m)) < 0)
                return r;
        return sd_bus_message_close_container(m);
}

static int append_notes(sd_bus_message *m, const Report *report) {
        int r = sd_bus_message_open_container(m, 'a', "s");

        for (size_t i = 0; i < report->n_findings && r >= 0; i++)
                r = sd_bus_message_append(m, "s", report->findings[i].text);
        return r < 0 ? r : sd_bus_message_close_container(m);
}

/* The error is part of the answer: what was found out on the way belongs to it. */
static int reply_plan(Call *c, int outcome, const Report *notes, const Plan *plan) {
        sd_bus_message *reply __attribute__((cleanup(sd_bus_message_unrefp))) = NULL;
        int r;

        if ((r = sd_bus_message_new_method_return(c->message, &reply)) < 0 ||
            (r = sd_bus_message_append(
                     reply, "s", outcome > 0 ? enqueue_outcome_to_string((EnqueueOutcome)outcome) : "")) <
                    0 ||
            (r = append_notes(reply, notes)) < 0 ||
            (r = sd_bus_message_open_container(reply, 'a', "(ssssbbbas)")) < 0)
                return r;
        for (size_t i = 0; i < plan->n && r >= 0; i++)
                r = append_step(reply, plan->v + i);
        if (r < 0 || (r = sd_bus_message_close_container(reply)) < 0)
                return r;
        return sd_bus_send(NULL, reply, NULL);
}

static int method_plan(Call *c) {
        const char *name, *type_word, *mode_word;
        Report notes = { 0 };
        Plan plan = { 0 };
        int r, type, mode;
        Unit *u;

        r = sd_bus_message_read(c->message, "sss", &name, &type_word, &mode_word);
        if (r < 0)
                return r;
        type = job_type_from_string(type_word);
        mode = job_mode_from_string(mode_word);
        if (type < 0 || mode < 0)
                return sd_bus_error_setf(c->error, SD_BUS_ERROR_INVALID_ARGS, "There is no job %s '%s'.",
                                         type < 0 ? "type" : "mode", type < 0 ? type_word : mode_word);
        r = call_load_unit(c, name, &u);
        if (r < 0)
                return r;
        r = manager_plan(c->manager, (JobType)type, u, (JobMode)mode, &notes, &plan);
        if (r >= 0)
                r = reply_plan(c, r, &notes, &plan);
        report_release(&notes);
        plan_release(&plan);
        return r;
}

/* A connection to svinit-apps; it hears nothing else of who has it than whether it may change something. */

static int open_applications(Call *c, bool control) {
        int fd auto_fd = -1, r = manager_open_applications(c->manager, control, &fd);

        if (r == -ENOENT)
                return sd_bus_error_set(c->error, SD_BUS_ERROR_FILE_NOT_FOUND,
                                        "No service has a channel, nor does one tell figures of its own.");
        if (r == -EHOSTDOWN)
                return sd_bus_error_set(c->error, SD_BUS_ERROR_NO_SERVER,
                                        "svinit-apps does not come up; svinit's log says how it ends.");
        return r < 0 ? r : sd_bus_reply_method_return(c->message, "h", fd);
}

static int method_open_applications(Call *c) {
        return open_applications(c, true);
}

static int method_watch_applications(Call *c) {
        return open_applications(c, false);
}

/* StartWithClient: StartUnit() of what is down, for its caller alone; it is stopped when that has gone. */
static int method_start_with_client(Call *c) {
        References *held = c->connection->references;
        const char *name, *mode;
        Unit *u;
        int r;

        if ((r = sd_bus_message_read(c->message, "ss", &name, &mode)) < 0 ||
            (r = call_load_unit(c, name, &u)) < 0)
                return r;
        if (u->job || active_state_is_up(u->active))
                return sd_bus_error_setf(c->error, ERROR_PREFIX "UnitExists",
                                         "Unit %s is up already, or about to be.", u->id);
        if ((r = references_add(held, u)) < 0)
                return r;
        r = references_tie(held, u);
        if (r >= 0)
                r = unit_enqueue(c, u, JOB_START, mode);
        if (r < 0)
                (void)references_remove(held, u);
        return r;
}

/* Unwell: units that are up and that their checks do not find healthy; unit, "starting" or "unhealthy", why. */
static int method_unwell(Call *c) {
        sd_bus_message *reply __attribute__((cleanup(sd_bus_message_unrefp))) = NULL;
        Graph *g = c->manager->graph;
        UnitHealth h;
        int r;

        if ((r = sd_bus_message_new_method_return(c->message, &reply)) < 0 ||
            (r = sd_bus_message_open_container(reply, 'a', "(sss)")) < 0)
                return r;
        for (Unit *u = graph_next_unit(g, NULL); u && r >= 0; u = graph_next_unit(g, u))
                if (unit_health(u, &h) && !str_equal(h.state, "healthy"))
                        r = sd_bus_message_append(reply, "(sss)", u->id, h.state, h.error);
        if (r < 0 || (r = sd_bus_message_close_container(reply)) < 0)
                return r;
        return sd_bus_send(NULL, reply, NULL);
}

const Method own_manager_methods[] = {
        { "Diff", "as", "a(ssssa(ssssb))", ACCESS_READ, method_diff },
        { "ReloadTelling", "as", "a(ssssa(ssssb))", ACCESS_RELOAD, method_reload_telling },
        { "Plan", "sss", "sasa(ssssbbbas)", ACCESS_READ, method_plan },
        { "Roll", "s", "us", ACCESS_UNITS, method_roll, "unit id rolled" },
        { "AbortRoll", "s", "us", ACCESS_UNITS, method_abort_roll, "unit id rolled" },
        { "Usage", "asb", "ta(sssttttttt)", ACCESS_READ, method_usage },
        { "Services", "asb", "ta(sssuuuttttss)", ACCESS_READ, method_services },
        { "OpenApplications", "", "h", ACCESS_UNITS, method_open_applications },
        { "WatchApplications", "", "h", ACCESS_READ, method_watch_applications },
        { "StartWithClient", "ss", "o", ACCESS_UNITS, method_start_with_client, "name mode job" },
        { "Unwell", "", "a(sss)", ACCESS_READ, method_unwell },
        { "Doctor", "", "a(ssss)a(sas)a(sss)", ACCESS_READ, method_doctor },
        { 0 },
};
