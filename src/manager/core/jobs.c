/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Jobs in the real world: enqueueing with all loaded, running what may run,
 * time-outs, and the words in the log.
 */

#include "manager/files.h"
#include "manager/manager-internal.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

static bool question_can_reload(const Unit *u, void *userdata) {
        return unit_can_reload(u);
}

static bool question_can_stop(const Unit *u, void *userdata) {
        return unit_can_stop(u);
}

/* Nobody but who makes a scope has processes for it. */
bool unit_can_start(const Unit *u) {
        return u->load_state == LOAD_LOADED && u->type != UNIT_DEVICE && !u->perpetual &&
               (u->type != UNIT_SCOPE || unit_runtime(u)->transient);
}

bool unit_can_stop(const Unit *u) {
        return !u->perpetual && u->type != UNIT_DEVICE;
}

bool unit_can_reload(const Unit *u) {
        return u->load_state == LOAD_LOADED && machine_can_reload(&unit_runtime(u)->machine);
}

/* What was given up to make a request possible is written down here; why one was refused tells who asked. */
static int enqueue(Manager *m, JobType type, Unit *u, JobMode mode, bool manual, Report *explanation,
                   Job **ret) {
        JobQuestions q = { question_can_reload, question_can_stop, m, .manual = manual };
        Report own = { 0 }, *report = explanation ?: &own;
        Job *job = NULL;
        int r;

        r = graph_enqueue(m->graph, &q, type, u, mode, report, &job, NULL);
        if (r == 0) {
                manager_log_report(u->id, report);
                manager_kick(m);
        }
        report_release(&own);
        if (ret)
                *ret = r == 0 ? job : NULL;
        return r;
}

int manager_enqueue(Manager *m, JobType type, Unit *u, JobMode mode, Report *explanation, Job **ret) {
        return enqueue(m, type, u, mode, false, explanation, ret);
}

int manager_request(Manager *m, JobType type, Unit *u, JobMode mode, Report *explanation, Job **ret) {
        return enqueue(m, type, u, mode, true, explanation, ret);
}

int manager_plan(Manager *m, JobType type, Unit *u, JobMode mode, Report *explanation, Plan *ret) {
        JobQuestions q = { question_can_reload, question_can_stop, m, .manual = true };
        Transaction t;
        int r;

        r = transaction_build(&t, m->graph, &q, type, u, mode, explanation);
        if (r == 0)
                r = transaction_explain(&t, ret);
        transaction_release(&t);
        return r;
}

int manager_cancel_job(Manager *m, uint32_t id) {
        JobRequests requests = { 0 };
        int r;

        r = graph_job_cancel(m->graph, id, &requests);
        manager_run_requests(m, &requests);
        manager_kick(m);
        return r;
}

void manager_finish_job(Manager *m, Job *j, JobResult result) {
        JobRequests requests = { 0 };

        graph_job_finish(m->graph, j, result, &requests);
        manager_run_requests(m, &requests);
}

static const char *description(const Unit *u) {
        return u->spec->common->description ?: u->id;
}

/* The condition as people wrote it. */
static void condition_text(const Condition *c, const char *kind, Buf *b) {
        buf_addf(b, "%s%s=%s%s%s", kind, c->type, c->trigger ? "|" : "", c->negate ? "!" : "",
                 c->parameter ?: "");
}

static bool conditions_allow(Manager *m, Unit *u, JobResult *ret_result) {
        UnitRuntime *rt = unit_runtime(u);
        const CommonSpec *c = u->spec->common;
        const Condition *failed = NULL;
        Buf text auto_buf = { 0 };

        if (c->conditions.n == 0 && c->asserts.n == 0) {
                rt->condition_result = rt->assert_result = true;
                return true;
        }
        free(rt->condition_states);
        rt->condition_states = c->conditions.n > 0 ? calloc(c->conditions.n, 1) : NULL;
        rt->condition_result = conditions_hold(&m->host, &c->conditions, rt->condition_states, &failed);
        rt->condition_time = dual_now();
        unit_mark_changed(u);
        if (!rt->condition_result) {
                condition_text(failed ?: c->conditions.v, "Condition", &text);
                LOG_UNIT(u->id, UNIT_SKIPPED, FIELD_S("DESCRIPTION", description(u)),
                         FIELD_S("CONDITION", text.data));
                *ret_result = JOB_DONE;
                return false;
        }
        rt->assert_result = conditions_hold(&m->host, &c->asserts, NULL, &failed);
        rt->assert_time = dual_now();
        if (!rt->assert_result) {
                condition_text(failed ?: c->asserts.v, "Assert", &text);
                LOG_UNIT(u->id, ASSERT_FAILED, FIELD_S("DESCRIPTION", description(u)),
                         FIELD_S("CONDITION", text.data));
                *ret_result = JOB_ASSERT;
                return false;
        }
        return true;
}

void manager_new_id(uint8_t ret[16]) {
        uint64_t t, w;

        if (getrandom(ret, 16, GRND_NONBLOCK) == 16)
                return;
        t = now_monotonic(); /* early boot of a machine without entropy */
        w = now_realtime();
        memcpy(ret, &t, 8);
        memcpy(ret + 8, &w, 8);
}

static void new_invocation(UnitRuntime *rt) {
        Service *s = &rt->machine.service;

        if (!command_invocation(rt->manager, rt->unit, rt->invocation_id))
                manager_new_id(rt->invocation_id);
        rt->has_invocation = true;
        if (rt->unit->type == UNIT_SERVICE)
                memcpy(&s->random, rt->invocation_id, sizeof(s->random));
        if (rt->unit->type == UNIT_SCOPE)
                memcpy(&rt->machine.scope.random, rt->invocation_id, sizeof(s->random));
        free(TAKE(rt->status_text));
        free(TAKE(rt->status_bus_error));
        rt->refusal_told = false;
        rt->gates = 0;
        rt->status_errno = 0;
        rt->stream_ids[0] = rt->stream_ids[1] = 0; /* the streams of an earlier run end by themselves */
}

static bool bound_units_are_up(const Unit *u) {
        for (const Edge *e = NULL; (e = unit_next_edge(u, DEP_BINDS_TO, e));)
                if (unit_has_edge(u, DEP_AFTER, e->other) && !active_state_is_up(e->other->active))
                        return false;
        return true;
}

/* A stop that is the first half of a restart; a mount that the system has already. */
static bool event_value(const Job *j, EventType event) {
        if (event == EVENT_STOP)
                return j->type == JOB_RESTART;
        return event == EVENT_START && j->unit->type == UNIT_MOUNT &&
               path_is_mounted(j->unit->spec->mount->where);
}

static void note_running(Manager *m, Job *j) {
        j->begin = now_monotonic();
        job_timer_running(j);
        graph_job_running(m->graph, j);
        if (m->observer.job_changed)
                m->observer.job_changed(j, m->observer.userdata);
}

static void begin(Manager *m, Job *j, EventType event) {
        Event ev = { .type = event, .now = dual_now(), .value = event_value(j, event) };

        note_running(m, j);
        if (manager_push(m, j->unit, &ev) < 0)
                manager_finish_job(m, j, JOB_FAILED);
}

/* Who triggers is of no use without a unit to trigger; and a socket comes too late for a service that runs. */
static bool trigger_has_use(const Unit *u) {
        const Edge *e = unit_next_edge(u, DEP_TRIGGERS, NULL);
        const char *why = NULL;

        if (!e || (u->type == UNIT_SOCKET && u->spec->socket->accept))
                return true;
        if (e->other->load_state != LOAD_LOADED)
                why = "not loaded";
        else if (u->type == UNIT_SOCKET && !active_state_is_down(e->other->active) &&
                 !machine_will_restart(&unit_runtime(e->other)->machine))
                why = "already active";
        if (why)
                LOG_UNIT(u->id, TRIGGER_USELESS, FIELD_S("OTHER_UNIT", e->other->id), FIELD_S("REASON", why));
        return !why;
}

static void run_start(Manager *m, Job *j) {
        Unit *u = j->unit;
        UnitRuntime *rt = unit_runtime(u);
        ActiveState s = machine_active_state(&rt->machine);
        bool waiting_for_restart =
                u->type == UNIT_SERVICE && rt->machine.service.state == SERVICE_AUTO_RESTART;
        JobResult result;

        if (active_state_is_up(s)) {
                j->already = true;
                manager_finish_job(m, j, JOB_DONE);
                return;
        }
        if (s == DEACTIVATING || s == MAINTENANCE) {
                graph_job_postpone(m->graph, j);
                return;
        }
        if (s == ACTIVATING && !waiting_for_restart) {
                note_running(m, j);
                return;
        }
        if (!unit_can_start(u)) {
                manager_finish_job(m, j, u->load_state == LOAD_LOADED ? JOB_UNSUPPORTED : JOB_INVALID);
                return;
        }
        unit_log_findings(u);
        if (!bound_units_are_up(u)) {
                manager_finish_job(m, j, JOB_DEPENDENCY);
                return;
        }
        if (!conditions_allow(m, u, &result)) {
                manager_finish_job(m, j, result);
                return;
        }
        if (!trigger_has_use(u)) {
                manager_finish_job(m, j, JOB_FAILED);
                return;
        }
        new_invocation(rt);
        if (u->type == UNIT_TIMER)
                unit_read_stamp(m, u); /* it may be another than when the unit was loaded */
        if (u->type == UNIT_SERVICE && unit_begin_generation(u, rt->machine.service.restart_due) < 0) {
                manager_finish_job(m, j, JOB_FAILED);
                return;
        }
        journal_export_unit(m, u);
        if (u->type == UNIT_SERVICE)
                LOG_UNIT(u->id, UNIT_STARTING, FIELD_S("DESCRIPTION", description(u)),
                         FIELD_I("JOB_ID", j->id), FIELD_S("JOB_TYPE", "start"));
        begin(m, j, EVENT_START);
}

static void run_stop(Manager *m, Job *j) {
        Unit *u = j->unit;
        UnitRuntime *rt = unit_runtime(u);

        if (active_state_is_down(machine_active_state(&rt->machine))) {
                j->already = j->type == JOB_STOP;
                manager_finish_job(m, j, JOB_DONE);
                return;
        }
        if (u->type == UNIT_SERVICE)
                LOG_UNIT(u->id, UNIT_STOPPING, FIELD_S("DESCRIPTION", description(u)),
                         FIELD_I("JOB_ID", j->id),
                         FIELD_S("JOB_TYPE", j->type == JOB_STOP ? "stop" : "restart"));
        unit_thaw_to_stop(u);
        unit_take_stop_share(j);
        begin(m, j, EVENT_STOP);
}

static void run_reload(Manager *m, Job *j) {
        Unit *u = j->unit;
        ActiveState s = machine_active_state(&unit_runtime(u)->machine);

        if (s == ACTIVATING || s == RELOADING) {
                graph_job_postpone(m->graph, j);
                return;
        }
        if (s != ACTIVE || !unit_can_reload(u)) {
                manager_finish_job(m, j, JOB_INVALID);
                return;
        }
        LOG_UNIT(u->id, UNIT_RELOADING, FIELD_S("DESCRIPTION", description(u)), FIELD_I("JOB_ID", j->id),
                 FIELD_S("JOB_TYPE", "reload"));
        begin(m, j, EVENT_RELOAD);
}

static void run_verify_active(Manager *m, Job *j) {
        ActiveState s = machine_active_state(&unit_runtime(j->unit)->machine);

        if (s == ACTIVATING)
                graph_job_postpone(m->graph, j);
        else
                manager_finish_job(m, j, active_state_is_up(s) ? JOB_DONE : JOB_SKIPPED);
}

static void run_job(Manager *m, Job *j) {
        switch (j->type) {
        case JOB_START:
                run_start(m, j);
                break;
        case JOB_STOP:
                run_stop(m, j);
                break;
        case JOB_RESTART:
                if (j->restart_stopped)
                        run_start(m, j);
                else
                        run_stop(m, j);
                break;
        case JOB_RELOAD:
                run_reload(m, j);
                break;
        case JOB_VERIFY_ACTIVE:
                run_verify_active(m, j);
                break;
        default:
                manager_finish_job(m, j, JOB_DONE);
        }
}

/* At most `budget`: units that start each other when they fail would keep us here for ever. Returns how many ran. */
unsigned manager_run_jobs(Manager *m, unsigned budget) {
        unsigned n = 0;
        Job *j;

        manager_share_stop(m);
        while (n < budget && (j = graph_next_runnable(m->graph))) {
                run_job(m, j);
                n++;
        }
        return n;
}

static void log_start_end(const Job *j, const char *result) {
        const Unit *u = j->unit;
        const LogField description_of = FIELD_S("DESCRIPTION", description(u)), id = FIELD_I("JOB_ID", j->id),
                       type = FIELD_S("JOB_TYPE", job_type_to_string(j->type)),
                       end = FIELD_S("JOB_RESULT", result);

        if (j->result == JOB_DEPENDENCY)
                LOG_UNIT(u->id, UNIT_DEPENDENCY_FAILED, description_of, id, type, end);
        else if (j->result != JOB_DONE && j->result != JOB_CANCELED)
                LOG_UNIT(u->id, UNIT_START_FAILED, description_of, id, type, end);
        else if (j->result == JOB_DONE && active_state_is_up(u->active) &&
                 (u->type == UNIT_SERVICE || u->type == UNIT_TARGET))
                LOG_UNIT(u->id, UNIT_STARTED, description_of, id, type, end,
                         FIELD_S("VERB", u->type == UNIT_TARGET ? "Reached target" : "Started"));
}

/* Only services and failures have something to say: a target that is reached is no news to anybody but systemd. */
void unit_log_job_end(const Job *j) {
        const Unit *u = j->unit;
        const char *result = job_result_to_string(j->result);
        const LogField description_of = FIELD_S("DESCRIPTION", description(u)), id = FIELD_I("JOB_ID", j->id),
                       type = FIELD_S("JOB_TYPE", job_type_to_string(j->type)),
                       end = FIELD_S("JOB_RESULT", result);

        if (j->type == JOB_START || j->type == JOB_RESTART)
                log_start_end(j, result);
        else if (j->result == JOB_CANCELED || u->type != UNIT_SERVICE)
                return;
        else if (j->type == JOB_RELOAD && j->result == JOB_DONE)
                LOG_UNIT(u->id, UNIT_RELOADED, description_of, id, type, end);
        else if (j->type == JOB_RELOAD)
                LOG_UNIT(u->id, UNIT_RELOAD_FAILED, description_of, id, type, end);
        else if (j->type == JOB_STOP && j->result == JOB_DONE)
                LOG_UNIT(u->id, UNIT_STOPPED, description_of, id, type, end);
        else if (j->type == JOB_STOP)
                LOG_UNIT(u->id, UNIT_STOP_FAILED, description_of, id, type, end);
}
