/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/run/run.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#define STOPS_TO_LEAVE 3 /* asked so often, we go; svinit stops the unit without us */

struct Waiting {
        RunRequest *request;
        sd_event *event;
        char *path; /* owned; of the unit */
        char *job;  /* owned; of the start; NULL: it has ended */
        RunEnd *end;
        bool interrupted, stopping;
        unsigned n_stops;
};

static bool is_over(const Waiting *w, const PropertyList *l) {
        const char *state = property_get(l, "ActiveState");

        if (str_equal(state, "failed")) /* one that is watched comes back with the next change */
                return !w->request->watch || w->stopping;
        return str_equal(state, "inactive") && property_get(l, "Job")[0] == 0;
}

/* A job that still waits will bring the unit up. */
static void look(Waiting *w) {
        PropertyList l = { 0 };

        if (w->job || ctl_get_all(w->request->ctl, w->path, "", &l, NULL) < 0) {
                property_list_release(&l);
                return;
        }
        property_list_release(&w->end->properties);
        w->end->properties = l;
        if (!is_over(w, &l))
                return;
        w->end->ended = true;
        (void)sd_event_exit(w->event, CTL_OK);
}

static int on_changed(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        look(userdata);
        return 0;
}

static int on_job_removed(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        const char *path, *unit, *result;
        Waiting *w = userdata;
        uint32_t id;

        if (sd_bus_message_read(m, "uoss", &id, &path, &unit, &result) < 0)
                return 0;
        if (!str_equal(path, w->job)) {
                if (str_equal(unit, w->request->name))
                        look(w);
                return 0;
        }
        free(TAKE(w->job));
        look(w);
        if (!str_equal(result, "done") && !str_equal(result, "failed") && !w->stopping) {
                ctl_print_error("%s: the start job ended with '%s'", unit, result);
                (void)sd_event_exit(w->event, CTL_FAILED);
        }
        return 0;
}

static int on_disconnected(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        Waiting *w = userdata;

        ctl_print_error("%s: the connection to svinit broke", w->request->name);
        return sd_event_exit(w->event, CTL_FAILED);
}

static int watch(Waiting *w) {
        sd_bus *bus = w->request->ctl->bus;
        char *match auto_free = NULL;
        int r;

        if (str_printf(&match,
                       "type='signal',path='%s',interface='org.freedesktop.DBus.Properties',"
                       "member='PropertiesChanged'",
                       w->path) < 0)
                return -ENOMEM;
        if ((r = sd_bus_add_match(bus, NULL, match, on_changed, w)) < 0 ||
            (r = sd_bus_add_match(bus, NULL, "type='signal',interface='" SD1_MANAGER "',member='JobRemoved'",
                                  on_job_removed, w)) < 0 ||
            (r = sd_bus_match_signal(bus, NULL, "org.freedesktop.DBus.Local", NULL,
                                     "org.freedesktop.DBus.Local", "Disconnected", on_disconnected, w)) < 0)
                return r;
        return sd_bus_attach_event(bus, w->event, SD_EVENT_PRIORITY_NORMAL);
}

/* Of one that is down already there is no job, and no change. */
static int on_stop_asked(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        look(userdata);
        return 0;
}

void run_stop(RunRequest *q) {
        Waiting *w = q->waiting;

        if (!w || w->n_stops > 0)
                return;
        w->n_stops++;
        w->stopping = true;
        (void)sd_bus_call_method_async(q->ctl->bus, NULL, SD1, SD1_PATH, SD1_MANAGER, "StopUnit",
                                       on_stop_asked, w, "ss", q->name, "replace");
}

/*
 * The first interrupt is the command's, as on the terminal that it would share
 * with us; the next one, and all that ask us to end, stop the unit.
 */
static int on_signal(sd_event_source *source, const struct signalfd_siginfo *info, void *userdata) {
        Waiting *w = userdata;
        RunRequest *q = w->request;
        int signal = (int)info->ssi_signo;

        if ((signal == SIGINT || signal == SIGQUIT) && !w->interrupted && !q->watch &&
            q->streams != STREAMS_TERMINAL) {
                w->interrupted = true;
                return sd_bus_call_method_async(q->ctl->bus, NULL, SD1, SD1_PATH, SD1_MANAGER, "KillUnit",
                                                NULL, NULL, "ssi", q->name, "all", signal) < 0
                               ? sd_event_exit(w->event, CTL_FAILED)
                               : 0;
        }
        if (w->n_stops > 0 && ++w->n_stops >= STOPS_TO_LEAVE)
                return sd_event_exit(w->event, 128 + signal);
        run_stop(q);
        return 0;
}

static int watch_signals(Waiting *w) {
        static const int signals[] = { SIGINT, SIGQUIT, SIGTERM, SIGHUP };
        sigset_t set;
        int r = 0;

        sigemptyset(&set);
        for (size_t i = 0; i < ELEMENTSOF(signals); i++)
                sigaddset(&set, signals[i]);
        (void)sigprocmask(SIG_BLOCK, &set, NULL);
        for (size_t i = 0; r >= 0 && i < ELEMENTSOF(signals); i++)
                r = sd_event_add_signal(w->event, NULL, signals[i], on_signal, w);
        return r;
}

static int start(Waiting *w) {
        sd_bus_error error __attribute__((cleanup(sd_bus_error_free))) = SD_BUS_ERROR_NULL;
        sd_bus_message *m __attribute__((cleanup(sd_bus_message_unrefp))) = NULL,
                          *reply __attribute__((cleanup(sd_bus_message_unrefp))) = NULL;
        RunRequest *q = w->request;
        const char *job;
        int r = run_message(q, &m);

        if (r >= 0)
                r = sd_bus_call(q->ctl->bus, m, 120 * USEC_PER_SEC, &error, &reply);
        if (r >= 0)
                r = sd_bus_message_read(reply, "o", &job);
        if (r < 0) {
                ctl_print_error("%s: %s", q->name, error.message ? error.message : strerror(-r));
                return -ctl_error_exit(&error, r);
        }
        w->job = strdup(job);
        return w->job ? 0 : -CTL_FAILED;
}

int run_and_wait(RunRequest *q, sd_event *event, RunEnd *ret) {
        Waiting w = { .request = q, .event = event, .end = ret };
        int r = ctl_unit_path(q->name, &w.path);

        if (r >= 0)
                r = watch(&w);
        if (r >= 0 && q->streams != STREAMS_NONE)
                r = watch_signals(&w);
        if (r < 0)
                return ctl_print_error("%s: %s", q->name, strerror(-r));
        q->waiting = &w;
        r = start(&w);
        for (size_t i = 0; i < ELEMENTSOF(q->given); i++)
                if (q->given[i] > STDERR_FILENO)
                        fd_release(
                                &q->given[i]); /* the command has its own; ours would keep the pipes open */
        fd_release(&q->channel);               /* likewise */
        if (r >= 0) {
                if (!q->ctl->quiet && q->streams != STREAMS_CAPTURE)
                        fprintf(stderr, "Running as unit: %s%s\n", q->name,
                                q->streams == STREAMS_TERMINAL ? "\r" : ""); /* it is raw by now */
                r = sd_event_loop(event);
        }
        q->waiting = NULL;
        (void)sd_bus_detach_event(q->ctl->bus);
        free(w.path);
        free(w.job);
        return r < 0 ? -r : r;
}
