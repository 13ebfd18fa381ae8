/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "ctl/core/job-wait.h"

#include <string.h>
#include <time.h>

#define JOB_REMOVED "type='signal',interface='" SD1_MANAGER "',member='JobRemoved'"

#define FIRST_LOOK (USEC_PER_SEC / 4)

static usec_t now_of(clockid_t clock) {
        struct timespec ts;

        clock_gettime(clock, &ts);
        return (usec_t)ts.tv_sec * USEC_PER_SEC + (usec_t)ts.tv_nsec / NSEC_PER_USEC;
}

static int on_job_removed(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        const char *path, *unit, *result;
        JobsWait *w = userdata;
        uint32_t id;

        if (sd_bus_message_read(m, "uoss", &id, &path, &unit, &result) < 0 || !strv_contains(w->jobs, path))
                return 0;
        strv_remove(w->jobs, path);
        if (!str_equal(result, "done") && !str_equal(result, "skipped")) {
                w->exit = CTL_FAILED;
                progress_clear(w);
                job_explain(w->ctl, unit, result, w->verb, w->begin_realtime);
        }
        return 0;
}

int jobs_wait(JobsWait *w) {
        bool progress = progress_is_wanted(w->ctl);
        usec_t next = usec_add(w->begin, FIRST_LOOK);
        int r = 0;

        while (r >= 0 && strv_length(w->jobs) > 0) {
                usec_t now = now_of(CLOCK_MONOTONIC);

                if (progress && now >= next) {
                        progress_show(w, now);
                        next = usec_add(now, USEC_PER_SEC);
                }
                r = sd_bus_process(w->ctl->bus, NULL);
                if (r == 0)
                        r = sd_bus_wait(w->ctl->bus, progress ? usec_sub(next, now) : UINT64_MAX);
        }
        progress_clear(w);
        if (r >= 0)
                return w->exit;
        /* svinit has gone away: with a stop of everything that is the success. */
        return str_equal(w->verb, "stop")
                       ? CTL_OK
                       : ctl_print_error("the connection broke while waiting: %s", strerror(-r));
}

int jobs_wait_begin(Ctl *c, const char *verb, JobsWait *ret) {
        *ret = (JobsWait){ .ctl = c,
                           .verb = verb,
                           .begin = now_of(CLOCK_MONOTONIC),
                           .begin_realtime = now_of(CLOCK_REALTIME) };
        return sd_bus_add_match(c->bus, &ret->slot, JOB_REMOVED, on_job_removed, ret);
}

int jobs_wait_add(JobsWait *w, const char *job_path) {
        return strv_add(&w->jobs, job_path);
}

void jobs_wait_release(JobsWait *w) {
        sd_bus_slot_unref(w->slot);
        strv_free(w->jobs);
}

int ctl_run_job(Ctl *c, sd_bus_message *call, const char *verb, const char *what) {
        sd_bus_error error __attribute__((cleanup(sd_bus_error_free))) = SD_BUS_ERROR_NULL;
        sd_bus_message *reply __attribute__((cleanup(sd_bus_message_unrefp))) = NULL;
        JobsWait w __attribute__((cleanup(jobs_wait_release)));
        const char *path;
        int r;

        r = jobs_wait_begin(c, verb, &w);
        if (r >= 0)
                r = sd_bus_call(c->bus, call, 120 * USEC_PER_SEC, &error, &reply);
        if (r >= 0)
                r = sd_bus_message_read(reply, "o", &path);
        if (r < 0) {
                ctl_print_error("%s: %s", what, error.message ? error.message : strerror(-r));
                return ctl_error_exit(&error, r);
        }
        if (c->no_block)
                return CTL_OK;
        return jobs_wait_add(&w, path) < 0 ? CTL_FAILED : jobs_wait(&w);
}
