/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* start, stop, restart, reload ...: enqueue a job for each unit, wait for all, explain failures. */

#include "ctl/core/job-wait.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

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

static int enqueue(Ctl *c, const JobVerb *verb, const char *unit, JobsWait *w) {
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
                r = jobs_wait_add(w, path);
        sd_bus_message_unref(reply);
        return r < 0 ? code : CTL_OK;
}

static int enqueue_marked(Ctl *c, JobsWait *w) {
        sd_bus_message *reply = NULL;
        const char *path;
        int r, code = CTL_FAILED;

        r = ctl_call(c, "EnqueueMarkedJobs", &reply, &code, "reload-or-restart --marked", NULL);
        if (r >= 0)
                r = sd_bus_message_enter_container(reply, 'a', "o");
        while (r >= 0 && (r = sd_bus_message_read(reply, "o", &path)) > 0)
                r = c->no_block ? 0 : jobs_wait_add(w, path);
        sd_bus_message_unref(reply);
        return r < 0 ? code : CTL_OK;
}

VERB(jobs) {
        char **names auto_strv = NULL;
        JobsWait w;
        const JobVerb *verb = job_verbs;
        int code = CTL_OK;

        for (size_t i = 0; i < ELEMENTSOF(job_verbs); i++)
                if (str_equal(argv[0], job_verbs[i].verb))
                        verb = job_verbs + i;
        if (c->dry_run) { /* systemctl says nothing */
                c->job = verb->job;
                return c->called_as_systemctl ? CTL_OK : verb_plan(c, argc, argv);
        }
        if (argc == 1 && !c->marked)
                return ctl_print_error("which units? --marked takes those that are marked"), CTL_USAGE;
        if (c->marked && (argc > 1 || !str_equal(argv[0], "reload-or-restart")))
                return ctl_print_error("--marked goes with reload-or-restart and no unit"), CTL_USAGE;
        if (ctl_connect(c) < 0 || ctl_names(c, argv + 1, &names) < 0)
                return CTL_FAILED;
        if (c->profile && (!str_equal(verb->job, "start") && !str_equal(verb->job, "restart")))
                return ctl_print_error("--profile= goes with start, restart and roll"), CTL_USAGE;
        if (c->profile && (code = ctl_set_profile(c, names, true, c->profile)) != CTL_OK)
                return code;
        if (jobs_wait_begin(c, argv[0], &w) < 0)
                return CTL_FAILED;
        STRV_FOREACH (name, names) {
                int r = enqueue(c, verb, *name, &w);

                code = code ?: r;
        }
        if (c->marked)
                code = enqueue_marked(c, &w);
        code = jobs_wait(&w) ?: code;
        jobs_wait_release(&w);
        return c->wait && code == CTL_OK ? units_wait_end(c, names) : code;
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
