/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Waits for the end of jobs, by their signal, and explains failures. */

#include "ctl/core/job-wait.h"

#include <stdio.h>
#include <string.h>

#define JOB_REMOVED "type='signal',interface='" SD1_MANAGER "',member='JobRemoved'"

static void explain_failure(Ctl *c, const char *unit, const char *result, const char *verb) {
        char *why auto_free = NULL;

        if (c->quiet)
                return;
        if (str_equal(result, "dependency")) {
                ctl_print_error("%s: a unit that it needs could not be started; 'svctl status' of those and "
                                "'svctl logs' tell why",
                                unit);
                return;
        }
        if (str_equal(result, "failed") && str_ends_with(unit, ".service"))
                (void)ctl_get_string(c, unit, SD1 ".Service", "Result", &why);
        ctl_print_error("%s: the %s job ended with '%s'%s%s%s; see 'svctl status %s' and 'svctl logs %s'",
                        unit, verb, result, why ? " (result '" : "", why ?: "", why ? "')" : "", unit, unit);
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
                explain_failure(w->ctl, unit, result, w->verb);
        }
        return 0;
}

int jobs_wait(JobsWait *w) {
        int r = 0;

        while (r >= 0 && strv_length(w->jobs) > 0) {
                r = sd_bus_process(w->ctl->bus, NULL);
                if (r == 0)
                        r = sd_bus_wait(w->ctl->bus, UINT64_MAX);
        }
        if (r >= 0)
                return w->exit;
        /* svinit has gone away: with a stop of everything that is the success. */
        return str_equal(w->verb, "stop")
                       ? CTL_OK
                       : ctl_print_error("the connection broke while waiting: %s", strerror(-r));
}

int jobs_wait_begin(Ctl *c, const char *verb, JobsWait *ret) {
        *ret = (JobsWait){ .ctl = c, .verb = verb };
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
