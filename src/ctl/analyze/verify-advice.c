/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What works, and is perhaps not what was meant: notes. Of commands, and for whoever runs an application
 * (X-Instances=, X-IPC=).
 */

#include "ctl/analyze/verify.h"

#include <sched.h>

#define ADVISE(v, u, places, key, ...)                                                                       \
        verify_say((v), (u), (places), SEVERITY_NOTE, FINDING_OTHER, (key), NULL, __VA_ARGS__)

static unsigned count_cpus(void) {
        cpu_set_t set;

        return sched_getaffinity(0, sizeof(set), &set) < 0 ? 1 : (unsigned)CPU_COUNT(&set);
}

static void advise_count(Verify *v, const Unit *u, const Places *places) {
        unsigned cpus = count_cpus(), n = instances_resolve(u->spec->service->instances, cpus);

        if (n > 2 * cpus)
                ADVISE(v, u, places, "X-Instances",
                       "These are %u instances for %u processor%s; above two for each they mostly cost "
                       "memory.",
                       n, cpus, cpus == 1 ? "" : "s");
}

/* The default is that of daemons; in a roll it is waited for once for each instance. */
static void advise_stop(Verify *v, const Unit *u, const Places *places) {
        Buf span auto_buf = { 0 };

        if (places_find(places, "TimeoutStopSec", NULL) || places_find(places, "TimeoutSec", NULL))
                return; /* the spec of a set has the default: it waits for nothing of its own */
        timespan_format(u->spec->service->timeout_stop, &span);
        ADVISE(v, u, places, "TimeoutStopSec",
               "This is not set: an instance that does not end by itself keeps each stop and roll waiting "
               "for %s.",
               span.data ?: "");
}

static void advise_log(Verify *v, const Unit *u, const Places *places, const char *key, StdOutput kind,
                       const char *file) {
        if (kind == OUTPUT_APPEND || kind == OUTPUT_FILE)
                ADVISE(v, u, places, key, "Nothing limits the size of '%s'; that of the journal is limited.",
                       file);
}

/* What a shell would act upon is an argument like any other here. */
static void advise_words(Verify *v, const Unit *u, const Places *places, const char *key,
                         const CommandList *l) {
        static char *const shell_words[] = { (char *)"|",    (char *)"||", (char *)"&", (char *)"&&",
                                             (char *)">",    (char *)">>", (char *)"<", (char *)"2>",
                                             (char *)"2>&1", (char *)"#",  NULL };

        for (size_t i = 0; i < l->n; i++)
                STRV_FOREACH (word, l->v[i].argv + 1)
                        if (!(l->v[i].flags & COMMAND_SHELL) && strv_contains(shell_words, *word)) {
                                verify_say(v, u, places, SEVERITY_NOTE, FINDING_OTHER, key, *word,
                                           "'%s' is handed to the command as an argument: no shell reads "
                                           "this line; where one is meant, /bin/sh -c '...' calls it.",
                                           *word);
                                break;
                        }
}

void verify_advise(Verify *v, const Unit *u, const Places *places) {
        const ServiceSpec *s = u->type == UNIT_SERVICE ? u->spec->service : NULL;
        const StdIo *io = &u->spec->exec->io;

        for (int kind = 0; s && kind < COMMAND_KIND_MAX; kind++)
                advise_words(v, u, places, command_kind_to_string(kind), &u->spec->commands->of[kind]);
        if (!s || (s->instances.kind == INSTANCES_NONE && s->ipc.kind == IPC_NONE))
                return;
        advise_count(v, u, places);
        advise_stop(v, u, places);
        advise_log(v, u, places, "StandardOutput", io->output, io->output_file);
        advise_log(v, u, places, "StandardError", io->error, io->error_file);
}
