/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bus/methods/markers.h"

#include <errno.h>

#include "bus/codec/errors.h"
#include "bus/object.h"

static const struct {
        const char *word;
        UnitMarker marker;
        JobType job; /* of EnqueueMarkedJobs(); the first one counts */
} markers[] = {
        { "needs-restart", MARKER_NEEDS_RESTART, JOB_TRY_RESTART },
        { "needs-reload", MARKER_NEEDS_RELOAD, JOB_RELOAD_OR_TRY_RESTART },
};

static unsigned marker_of(const char *word) {
        for (size_t i = 0; i < ELEMENTSOF(markers); i++)
                if (str_equal(markers[i].word, word))
                        return markers[i].marker;
        return 0;
}

static int read_word(Call *c, const char *word, MarkerChange *change, unsigned *relative) {
        bool sign = word[0] == '+' || word[0] == '-';
        unsigned marker = marker_of(word + sign);

        if (marker == 0)
                return sd_bus_error_setf(c->error, SD_BUS_ERROR_INVALID_ARGS,
                                         "'%s' is none of needs-restart and needs-reload.", word);
        change->mask |= marker;
        change->set &= ~marker;
        if (word[0] != '-')
                change->set |= marker;
        *relative += sign;
        return 0;
}

int markers_read(Call *c, MarkerChange *ret) {
        MarkerChange change = { .wanted = true };
        unsigned n = 0, relative = 0;
        char **words auto_strv = NULL;
        int r;

        r = sd_bus_message_enter_container(c->message, 'v', "as");
        if (r == -ENXIO)
                return sd_bus_error_set(c->error, SD_BUS_ERROR_INVALID_ARGS,
                                        "The property Markers is of type 'as'.");
        if (r < 0 || (r = sd_bus_message_read_strv(c->message, &words)) < 0 ||
            (r = sd_bus_message_exit_container(c->message)) < 0)
                return r;
        STRV_FOREACH (w, words) {
                if ((r = read_word(c, *w, &change, &relative)) < 0)
                        return r;
                n++;
        }
        if (relative != 0 && relative != n)
                return sd_bus_error_set(c->error, SD_BUS_ERROR_INVALID_ARGS,
                                        "Markers are all with a sign or all without.");
        if (relative == 0)
                change.mask = ~0U;
        *ret = change;
        return 0;
}

void markers_apply(Unit *u, const MarkerChange *change) {
        UnitRuntime *rt = unit_runtime(u);

        if (change->wanted)
                rt->markers = (rt->markers & ~change->mask) | change->set;
}

int get_markers(Object *o, const Property *p, sd_bus_message *m) {
        int r = sd_bus_message_open_container(m, 'a', "s");

        for (size_t i = 0; r >= 0 && i < ELEMENTSOF(markers); i++)
                if (o->runtime->markers & markers[i].marker)
                        r = sd_bus_message_append_basic(m, 's', markers[i].word);
        return r < 0 ? r : sd_bus_message_close_container(m);
}

/* NULL: nothing had to be done. */
static int enqueue_marked(Call *c, Unit *u, Job **ret) {
        Report why = { 0 };
        int r = 0;

        *ret = NULL;
        for (size_t i = 0; i < ELEMENTSOF(markers); i++) {
                if (!(unit_runtime(u)->markers & markers[i].marker))
                        continue;
                r = manager_request(c->manager, markers[i].job, u, JOB_FAIL, &why, ret);
                if (r != 0)
                        r = error_from_outcome(c->error, r, u->id, &why);
                break;
        }
        report_release(&why);
        return r;
}

static int append_job_path(sd_bus_message *m, const Job *j) {
        char *path auto_free = NULL;
        int r = job_path(j, &path);

        return r < 0 ? r : sd_bus_message_append_basic(m, 'o', path);
}

/* One that cannot be done does not keep the others from being done; it is what the caller is told. */
int method_enqueue_marked(Call *c) {
        sd_bus_message *reply __attribute__((cleanup(sd_bus_message_unrefp))) = NULL;
        int r, failed = 0;

        if ((r = sd_bus_message_new_method_return(c->message, &reply)) < 0 ||
            (r = sd_bus_message_open_container(reply, 'a', "o")) < 0)
                return r;
        for (Unit *u = NULL; (u = next_unit(c->manager->graph, u));) {
                Job *j;

                r = enqueue_marked(c, u, &j);
                if (r < 0 && failed == 0)
                        failed = r;
                if (r >= 0 && j && (r = append_job_path(reply, j)) < 0)
                        return r;
        }
        if (failed < 0)
                return failed;
        r = sd_bus_message_close_container(reply);
        return r < 0 ? r : sd_bus_send(NULL, reply, NULL);
}
