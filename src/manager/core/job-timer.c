/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* JobTimeoutSec=, from the request; JobRunningTimeoutSec=, from the moment in which the job runs. */

#include "manager/manager-internal.h"

#include <errno.h>

static int on_timeout(sd_event_source *s, uint64_t usec, void *userdata) {
        Job *j = userdata;
        Unit *u = j->unit;
        Manager *m = unit_runtime(u)->manager;
        const PolicySpec *policy = u->spec->policy;

        LOG_UNIT(u->id, JOB_TIMED_OUT, FIELD_S("JOB_TYPE", job_type_to_string(j->type)),
                 FIELD_I("JOB_ID", j->id));
        manager_finish_job(m, j, JOB_TIMEOUT);
        manager_act(m, policy->job_timeout_action, EXIT_TIMEOUT, "JobTimeoutAction= of a unit");
        return 0;
}

/* Never later than it was. */
static void arm(Job *j, usec_t span) {
        sd_event_source *s = j->timer;
        usec_t when = usec_add(now_monotonic(), span), before;
        int r;

        if (span == USEC_INFINITY || span == 0)
                return;
        if (s) {
                if (sd_event_source_get_time(s, &before) >= 0 && before > when)
                        (void)sd_event_source_set_time(s, when);
                return;
        }
        r = sd_event_add_time(unit_runtime(j->unit)->manager->event, &s, CLOCK_MONOTONIC, when, USEC_PER_MSEC,
                              on_timeout, j);
        if (r < 0) {
                LOG_UNIT_ERRNO(j->unit->id, TIMER_FAILED, r, FIELD_S("UNIT", j->unit->id));
                manager_try_again(unit_runtime(j->unit)->manager);
        } else
                j->timer = s;
}

void job_timer_queued(Job *j) {
        arm(j, j->unit->spec->policy->job_timeout);
}

void job_timer_running(Job *j) {
        arm(j, j->unit->spec->policy->job_running_timeout);
}

void job_timer_release(Job *j) {
        j->timer = sd_event_source_disable_unref(j->timer);
}
