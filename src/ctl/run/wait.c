/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/run/run.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>

typedef struct Waiting {
        RunRequest *request;
        sd_event *event;
        char *path; /* owned; of the unit */
        char *job;  /* owned; NULL: it has ended */
        RunEnd *end;
} Waiting;

static bool is_over(const PropertyList *l) {
        const char *state = property_get(l, "ActiveState");

        return str_equal(state, "inactive") || str_equal(state, "failed");
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
        if (!is_over(&l))
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

        if (sd_bus_message_read(m, "uoss", &id, &path, &unit, &result) < 0 || !str_equal(path, w->job))
                return 0;
        free(TAKE(w->job));
        look(w);
        if (!str_equal(result, "done") && !str_equal(result, "failed")) {
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
        if (r < 0)
                return ctl_print_error("%s: %s", q->name, strerror(-r));
        r = start(&w);
        for (size_t i = 0; q->streams == STREAMS_CAPTURE && i < ELEMENTSOF(q->given); i++)
                fd_release(&q->given[i]); /* the command has its own; ours would keep the pipes open */
        if (r >= 0) {
                if (!q->ctl->quiet && q->streams != STREAMS_CAPTURE)
                        fprintf(stderr, "Running as unit: %s\n", q->name);
                r = sd_event_loop(event);
        }
        (void)sd_bus_detach_event(q->ctl->bus);
        free(w.path);
        free(w.job);
        return r < 0 ? -r : r;
}

int run_exit_code(const RunEnd *e) {
        const char *result = property_get(&e->properties, "Result");
        uint64_t status = property_number(&e->properties, "ExecMainStatus", 0);

        if (str_equal(result, "success"))
                return CTL_OK;
        if (str_equal(result, "exit-code") && status > 0)
                return (int)status;
        return str_equal(result, "signal") ? 255 : CTL_FAILED;
}

void run_summary(const RunEnd *e) {
        static const char *const codes[] = {
                [CLD_EXITED] = "exited", [CLD_KILLED] = "killed", [CLD_DUMPED] = "dumped"
        };
        const PropertyList *l = &e->properties;
        uint64_t code = property_number(l, "ExecMainCode", 0),
                 status = property_number(l, "ExecMainStatus", 0);
        uint64_t begin = property_number(l, "InactiveExitTimestampMonotonic", 0),
                 end = property_number(l, "InactiveEnterTimestampMonotonic", 0),
                 cpu = property_number(l, "CPUUsageNSec", UINT64_MAX);
        Buf b auto_buf = { 0 };

        buf_addf(&b, "Finished with result: %s\n", property_get(l, "Result"));
        if (code >= CLD_EXITED && code <= CLD_DUMPED)
                buf_addf(&b, "Main processes terminated with: code=%s/status=", codes[code]);
        if (code == CLD_EXITED)
                buf_addf(&b, "%llu\n", (unsigned long long)status);
        else if (code == CLD_KILLED || code == CLD_DUMPED)
                buf_addf(&b, "%s\n", sigabbrev_np((int)status) ? sigabbrev_np((int)status) : "?");
        if (begin > 0 && end > begin) {
                buf_add(&b, "Service runtime: ");
                timespan_format_rounded(end - begin, &b);
                buf_add_char(&b, '\n');
        }
        if (cpu != UINT64_MAX) {
                buf_add(&b, "CPU time consumed: ");
                timespan_format_rounded(cpu / NSEC_PER_USEC, &b);
                buf_add_char(&b, '\n');
        }
        if (b.error >= 0)
                fputs(b.data, stderr);
}
