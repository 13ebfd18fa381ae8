/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* "web.service: start waits for db.service/start, 12s", in place, on the terminal of the standard error. */

#include "ctl/core/job-wait.h"

#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

bool progress_is_wanted(const Ctl *c) {
        const char *term = getenv("TERM");

        return !c->quiet && isatty(STDERR_FILENO) && term && !str_equal(term, "dumb");
}

/* The jobs that this one is ordered behind; how many there are. */
static unsigned add_after(sd_bus *bus, const char *path, Buf *b) {
        sd_bus_message *reply = NULL;
        const char *unit, *type;
        unsigned n = 0;

        if (sd_bus_call_method(bus, SD1, path, SD1 ".Job", "GetAfter", NULL, &reply, NULL) >= 0 &&
            sd_bus_message_enter_container(reply, 'a', "(usssoo)") > 0)
                while (sd_bus_message_read(reply, "(usssoo)", NULL, &unit, &type, NULL, NULL, NULL) > 0)
                        buf_addf(b, "%s %s/%s", n++ > 0 ? "," : " waits for", unit, type);
        sd_bus_message_unref(reply);
        return n;
}

static void add_sub_state(Ctl *c, const char *unit, Buf *b) {
        char *path auto_free = NULL, *sub auto_free = NULL;

        if (ctl_unit_path(unit, &path) >= 0 &&
            sd_bus_get_property_string(c->bus, SD1, path, SD1_UNIT, "SubState", NULL, &sub) >= 0)
                buf_addf(b, " (%s)", sub);
}

/* One that has ended meanwhile is left out. */
static void add_job(Ctl *c, const char *path, Buf *b) {
        char *type auto_free = NULL, *state auto_free = NULL;
        sd_bus_message *reply = NULL;
        const char *unit;

        if (sd_bus_get_property_string(c->bus, SD1, path, SD1 ".Job", "JobType", NULL, &type) >= 0 &&
            sd_bus_get_property_string(c->bus, SD1, path, SD1 ".Job", "State", NULL, &state) >= 0 &&
            sd_bus_get_property(c->bus, SD1, path, SD1 ".Job", "Unit", NULL, &reply, "(so)") >= 0 &&
            sd_bus_message_read(reply, "(so)", &unit, NULL) >= 0) {
                buf_addf(b, "%s%s: %s", b->len > 0 ? "; " : "", unit, type);
                if (str_equal(state, "running"))
                        add_sub_state(c, unit, b);
                else if (add_after(c->bus, path, b) == 0)
                        buf_add(b, " waits");
        }
        sd_bus_message_unref(reply);
}

/* Without the last column, in which the cursor would go to the next line. */
size_t progress_width(const Ctl *c) {
        struct winsize size;
        size_t columns = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) >= 0 && size.ws_col > 0 ? size.ws_col
                                                                                         : c->screen.width;

        return MAX(columns, (size_t)2) - 1;
}

void progress_show(JobsWait *w, usec_t now) {
        Buf jobs auto_buf = { 0 }, line auto_buf = { 0 }, text auto_buf = { 0 };
        size_t n = strv_length(w->jobs);

        STRV_FOREACH (j, w->jobs)
                add_job(w->ctl, *j, &jobs);
        if (!jobs.data)
                return;
        buf_addf(&line, "%llus", (unsigned long long)(usec_sub(now, w->begin) / USEC_PER_SEC));
        if (n > 1)
                buf_addf(&line, ", %zu jobs", n);
        buf_addf(&line, ": %s", jobs.data);
        text_cut(line.data ? line.data : "", progress_width(w->ctl), &text);
        fflush(stdout);
        fprintf(stderr, "\r%s\033[K", text.data ? text.data : "");
        fflush(stderr);
        w->has_line = true;
}

void progress_clear(JobsWait *w) {
        if (!w->has_line)
                return;
        fputs("\r\033[K", stderr);
        fflush(stderr);
        w->has_line = false;
}
