/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* start, stop, restart, reload ...: enqueue a job for each unit, wait for all, explain failures. */

#include "ctl/ctl.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define JOB_REMOVED "type='signal',interface='" SD1_MANAGER "',member='JobRemoved'"

typedef struct JobVerb {
        const char *verb, *method;
        const char *job; /* the same, for EnqueueUnitJob */
} JobVerb;

static const JobVerb job_verbs[] = {
        { "start", "StartUnit", "start" },
        { "stop", "StopUnit", "stop" },
        { "restart", "RestartUnit", "restart" },
        { "try-restart", "TryRestartUnit", "try-restart" },
        { "reload", "ReloadUnit", "reload" },
        { "reload-or-restart", "ReloadOrRestartUnit", "reload-or-restart" },
        { "try-reload-or-restart", "ReloadOrTryRestartUnit", "reload-or-try-restart" },
        { "isolate", "StartUnit", "start" },
};

typedef struct Wait {
        Ctl *ctl;
        char **jobs; /* paths that have not ended */
        int exit;
        const char *verb;
} Wait;

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
        Wait *w = userdata;
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

static int wait_all(Wait *w) {
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

/* --show-transaction: all jobs that came about, in systemctl's words. */
static int read_transaction(sd_bus_message *m, const char **ret_path) {
        const char *unit, *type;
        uint32_t id;
        int r;

        r = sd_bus_message_read(m, "uosos", &id, ret_path, &unit, NULL, &type);
        if (r < 0)
                return r;
        fprintf(stderr, "Enqueued anchor job %u %s/%s.\n", id, unit, type);
        r = sd_bus_message_enter_container(m, 'a', "(uosos)");
        while (r >= 0 && (r = sd_bus_message_read(m, "(uosos)", &id, NULL, &unit, NULL, &type)) > 0)
                fprintf(stderr, "Enqueued auxiliary job %u %s/%s.\n", id, unit, type);
        return MIN(r, 0);
}

static int enqueue(Ctl *c, const JobVerb *verb, const char *unit, Wait *w) {
        sd_bus_message *reply = NULL;
        const char *path;
        int r, code = CTL_FAILED;

        if (c->show_transaction) {
                r = ctl_call(c, "EnqueueUnitJob", &reply, &code, unit, "sss", unit, verb->job, c->mode);
                if (r >= 0)
                        r = read_transaction(reply, &path);
        } else {
                r = ctl_call(c, verb->method, &reply, &code, unit, "ss", unit, c->mode);
                if (r >= 0)
                        r = sd_bus_message_read(reply, "o", &path);
        }
        if (r >= 0 && !c->no_block)
                r = strv_add(&w->jobs, path);
        sd_bus_message_unref(reply);
        return r < 0 ? code : CTL_OK;
}

int ctl_run_job(Ctl *c, sd_bus_message *call, const char *verb, const char *what) {
        sd_bus_error error __attribute__((cleanup(sd_bus_error_free))) = SD_BUS_ERROR_NULL;
        sd_bus_message *reply __attribute__((cleanup(sd_bus_message_unrefp))) = NULL;
        sd_bus_slot *slot __attribute__((cleanup(sd_bus_slot_unrefp))) = NULL;
        Wait w = { .ctl = c, .verb = verb };
        const char *path;
        int r;

        r = sd_bus_add_match(c->bus, &slot, JOB_REMOVED, on_job_removed, &w);
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
        r = strv_add(&w.jobs, path) < 0 ? CTL_FAILED : wait_all(&w);
        strv_free(w.jobs);
        return r;
}

VERB(jobs) {
        char **names auto_strv = NULL;
        sd_bus_slot *slot = NULL;
        Wait w = { .ctl = c, .verb = argv[0] };
        const JobVerb *verb = job_verbs;
        int code = CTL_OK;

        for (size_t i = 0; i < ELEMENTSOF(job_verbs); i++)
                if (str_equal(argv[0], job_verbs[i].verb))
                        verb = job_verbs + i;
        if (c->dry_run) { /* systemctl says nothing */
                c->job = verb->job;
                return c->called_as_systemctl ? CTL_OK : verb_plan(c, argc, argv);
        }
        if (ctl_connect(c) < 0 || ctl_names(c, argv + 1, &names) < 0)
                return CTL_FAILED;
        if (sd_bus_add_match(c->bus, &slot, JOB_REMOVED, on_job_removed, &w) < 0)
                return CTL_FAILED;
        STRV_FOREACH (name, names) {
                int r = enqueue(c, verb, *name, &w);

                code = code ?: r;
        }
        code = wait_all(&w) ?: code;
        sd_bus_slot_unref(slot);
        strv_free(w.jobs);
        return code;
}

VERB(isolate) {
        c->mode = "isolate";
        if (!strchr(argv[1], '.')) {
                char target[UNIT_NAME_MAX + 8];
                char *args[] = { argv[0], target, NULL };

                snprintf(target, sizeof(target), "%s.target", argv[1]);
                return verb_jobs(c, 2, args);
        }
        return verb_jobs(c, argc, argv);
}
