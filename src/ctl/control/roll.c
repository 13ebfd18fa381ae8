/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* roll: services on a new generation, one instance after the other; waits for the end, with a line about how it goes. */

#include "ctl/core/job-wait.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define ENDED "type='signal',interface='org.svinit.Manager',member='RollEnded'"
#define CHANGED                                                                                              \
        "type='signal',interface='org.freedesktop.DBus.Properties',member='PropertiesChanged',"              \
        "arg0='org.svinit.Unit'"
#define OWN_UNIT "org.svinit.Unit"
#define OWN_MANAGER "org.svinit.Manager"

typedef struct RollWait {
        Ctl *ctl;
        char *unit; /* owned: the set, for one of its instances */
        uint32_t id;
        bool ended, changed;
        char *result, *reason; /* owned */
        bool has_line;
        usec_t begin;
} RollWait;

static usec_t now_of_clock(void) {
        struct timespec ts;

        clock_gettime(CLOCK_MONOTONIC, &ts);
        return (usec_t)ts.tv_sec * USEC_PER_SEC + (usec_t)ts.tv_nsec / NSEC_PER_USEC;
}

static int on_ended(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        const char *unit, *result, *reason;
        RollWait *w = userdata;
        uint32_t id;

        if (!w->unit || sd_bus_message_read(m, "usss", &id, &unit, &result, &reason) < 0 || id != w->id ||
            !str_equal(unit, w->unit))
                return 0;
        w->ended = true;
        if (str_replace(&w->result, result) < 0 || str_replace(&w->reason, reason) < 0)
                return -ENOMEM;
        return 0;
}

static int on_changed(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        ((RollWait *)userdata)->changed = true;
        return 0;
}

static void clear_line(RollWait *w) {
        if (!w->has_line)
                return;
        fputs("\r\033[K", stderr);
        fflush(stderr);
        w->has_line = false;
}

static uint32_t number_of(const RollWait *w, const char *path, const char *property) {
        uint32_t n = 0;

        (void)sd_bus_get_property_trivial(w->ctl->bus, SD1, path, OWN_UNIT, property, NULL, 'u', &n);
        return n;
}

/* "web@2.service starting, web@0.service leaving" */
static void add_instances(const RollWait *w, const char *path, Buf *b) {
        sd_bus_message *m __attribute__((cleanup(sd_bus_message_unrefp))) = NULL;
        const char *unit, *phase;

        if (sd_bus_get_property(w->ctl->bus, SD1, path, OWN_UNIT, "RollInstances", NULL, &m, "a(ss)") < 0 ||
            sd_bus_message_enter_container(m, 'a', "(ss)") <= 0)
                return;
        for (unsigned n = 0; sd_bus_message_read(m, "(ss)", &unit, &phase) > 0;)
                if (!str_equal(phase, "old") && !str_equal(phase, "new"))
                        buf_addf(b, "%s%s %s", n++ > 0 ? ", " : ": ", unit, phase);
}

/* "web.service: 1 of 3 instances: web@1.service starting" */
static void show_line(RollWait *w) {
        char *path auto_free = NULL, *state auto_free = NULL;
        Buf b auto_buf = { 0 }, line auto_buf = { 0 };
        uint32_t id;

        if (ctl_unit_path(w->unit, &path) < 0 ||
            sd_bus_get_property_string(w->ctl->bus, SD1, path, OWN_UNIT, "RollState", NULL, &state) < 0)
                return;
        id = number_of(w, path, "RollId");
        buf_addf(&b, "%s: ", w->unit);
        if (id < w->id) {
                buf_add(&b, "waits for the roll that is under way");
        } else {
                buf_addf(&b, "%" PRIu32 " of %" PRIu32 " instances%s", number_of(w, path, "RollDone"),
                         number_of(w, path, "RollTotal"), str_equal(state, "backward") ? ", going back" : "");
                add_instances(w, path, &b);
        }
        text_cut(b.data ? b.data : "", progress_width(w->ctl), &line);
        fprintf(stderr, "\r%s\033[K", line.data ? line.data : "");
        fflush(stderr);
        w->has_line = true;
}

static int wait_for_it(RollWait *w) {
        bool progress = progress_is_wanted(w->ctl);
        int r = 0;

        while (r >= 0 && !w->ended) {
                if (progress && TAKE(w->changed))
                        show_line(w);
                r = sd_bus_process(w->ctl->bus, NULL);
                if (r == 0 && !w->ended && !w->changed)
                        r = sd_bus_wait(w->ctl->bus, UINT64_MAX);
        }
        clear_line(w);
        return r < 0 ? ctl_print_error("the connection broke while waiting: %s", strerror(-r)) : CTL_OK;
}

static int say_how_it_ended(const RollWait *w) {
        Buf span auto_buf = { 0 };

        if (!str_equal(w->result, "done"))
                return ctl_print_error("%s: roll %s: %s", w->unit, w->result, w->reason);
        if (w->ctl->quiet)
                return CTL_OK;
        timespan_format_rounded(now_of_clock() - w->begin, &span);
        printf("%s: rolled in %s\n", w->unit, span.data ? span.data : "?");
        return CTL_OK;
}

static int start_instead(Ctl *c, const char *unit) {
        sd_bus_message *call __attribute__((cleanup(sd_bus_message_unrefp))) = NULL;
        int r = sd_bus_message_new_method_call(c->bus, &call, SD1, SD1_PATH, SD1_MANAGER, "StartUnit");

        if (r >= 0)
                r = sd_bus_message_append(call, "ss", unit, "replace");
        return r < 0 ? CTL_FAILED : ctl_run_job(c, call, "start", unit);
}

static int call_own(Ctl *c, const char *method, const char *unit, sd_bus_error *error, sd_bus_message **ret) {
        return sd_bus_call_method(c->bus, SD1, SD1_PATH, OWN_MANAGER, method, error, ret, "s", unit);
}

/* What is to be waited for is in w, then. */
static int take_answer(RollWait *w, const char *unit, int r, sd_bus_error *error, sd_bus_message *reply) {
        const char *rolled;

        if (r >= 0)
                r = sd_bus_message_read(reply, "us", &w->id, &rolled);
        if (r < 0) {
                ctl_print_bus_error(w->ctl, unit, error, r);
                return ctl_error_exit(error, r);
        }
        if (str_replace(&w->unit, rolled) < 0)
                return CTL_FAILED;
        w->changed = true;
        return CTL_OK;
}

static int roll(RollWait *w, const char *unit) {
        sd_bus_error error __attribute__((cleanup(sd_bus_error_free))) = SD_BUS_ERROR_NULL;
        sd_bus_message *reply __attribute__((cleanup(sd_bus_message_unrefp))) = NULL;
        int r = call_own(w->ctl, "Roll", unit, &error, &reply);

        if (r < 0 && w->ctl->or_start && sd_bus_error_has_name(&error, SD1 ".UnitInactive"))
                return start_instead(w->ctl, unit);
        r = take_answer(w, unit, r, &error, reply);
        if (r != CTL_OK || w->ctl->no_block)
                return r;
        r = wait_for_it(w);
        return r == CTL_OK ? say_how_it_ended(w) : r;
}

/* What was to be replaced goes back; that is what was asked for, so it is a success. */
static int abort_roll(RollWait *w, const char *unit) {
        sd_bus_error error __attribute__((cleanup(sd_bus_error_free))) = SD_BUS_ERROR_NULL;
        sd_bus_message *reply __attribute__((cleanup(sd_bus_message_unrefp))) = NULL;
        int r = call_own(w->ctl, "AbortRoll", unit, &error, &reply);

        r = take_answer(w, unit, r, &error, reply);
        return r != CTL_OK || w->ctl->no_block ? r : wait_for_it(w);
}

static int roll_one(Ctl *c, const char *unit) {
        sd_bus_slot *ended __attribute__((cleanup(sd_bus_slot_unrefp))) = NULL,
                           *changed __attribute__((cleanup(sd_bus_slot_unrefp))) = NULL;
        RollWait w = { .ctl = c, .begin = now_of_clock() };
        int r = sd_bus_add_match(c->bus, &ended, ENDED, on_ended, &w), code;

        if (r >= 0 && progress_is_wanted(c))
                r = sd_bus_add_match(c->bus, &changed, CHANGED, on_changed, &w);
        if (r < 0)
                return ctl_print_error("%s: %s", unit, strerror(-r));
        code = c->abort ? abort_roll(&w, unit) : roll(&w, unit);
        free(w.unit);
        free(w.result);
        free(w.reason);
        return code;
}

VERB(roll) {
        char **names auto_strv = NULL;
        int code = CTL_OK;

        if (ctl_connect(c) < 0 || ctl_names(c, argv + 1, &names) < 0)
                return CTL_FAILED;
        if (c->profile && !c->abort && (code = ctl_set_profile(c, names, true, c->profile)) != CTL_OK)
                return code;
        STRV_FOREACH (n, names) {
                int one = roll_one(c, *n);

                code = code == CTL_OK ? one : code;
        }
        return code;
}
