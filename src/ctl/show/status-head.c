/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/show/status.h"

#include "ctl/core/timestamp.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static const char *file_color(const Ctl *c, const char *state) {
        if (str_starts_with(state, "enabled") || str_equal(state, "alias"))
                return COLOR_GREEN(c);
        return str_starts_with(state, "disabled") || str_starts_with(state, "linked") ? COLOR_YELLOW(c) : "";
}

static void add_colored(const Ctl *c, const char *text, const char *color, Buf *b) {
        buf_addf(b, "%s%s%s", color, text, *color ? COLOR_END(c) : "");
}

/* Whether presets have a say depends on the kind of file. */
static bool has_preset(const char *state) {
        return str_starts_with(state, "enabled") || str_starts_with(state, "disabled") ||
               str_starts_with(state, "linked") || str_equal(state, "indirect");
}

static void add_file(const Status *s, Buf *b) {
        const char *path = property_get(&s->l, "FragmentPath"), *state = property_get(&s->l, "UnitFileState"),
                   *preset = property_get(&s->l, "UnitFilePreset");

        buf_add(b, " (");
        add_link(s->ctl, path, path, b);
        if (*state) {
                buf_add(b, "; ");
                add_colored(s->ctl, state, file_color(s->ctl, state), b);
        }
        if (*preset && has_preset(state)) {
                buf_add(b, "; preset: ");
                add_colored(s->ctl, preset, file_color(s->ctl, preset), b);
        }
        buf_add_char(b, ')');
}

static void print_loaded(const Status *s) {
        const char *load = property_get(&s->l, "LoadState"), *id, *text = NULL;
        bool bad = !str_equal(load, "loaded") && !str_equal(load, "masked") && !str_equal(load, "stub");
        sd_bus_message *reply = NULL;
        Buf b auto_buf = { 0 };

        if (*property_get(&s->l, "LoadError") &&
            sd_bus_get_property(s->ctl->bus, SD1, s->path, SD1_UNIT, "LoadError", NULL, &reply, "(ss)") >= 0)
                (void)sd_bus_message_read(reply, "(ss)", &id, &text);
        add_colored(s->ctl, load, bad ? COLOR_RED(s->ctl) : "", &b);
        if (!str_is_empty(text))
                buf_addf(&b, " (Reason: %s)", text);
        else if (*property_get(&s->l, "FragmentPath"))
                add_file(s, &b);
        status_line("Loaded", "%s", b.data ? b.data : "");
        if (!str_is_empty(text) && *property_get(&s->l, "FragmentPath"))
                status_line("File", "%s", property_get(&s->l, "FragmentPath"));
        if (*property_get(&s->l, "Profile"))
                status_line("Profile", "%s", property_get(&s->l, "Profile"));
        if (property_raw(&s->l, "Transient"))
                status_line("Transient", "yes");
        sd_bus_message_unref(reply);
}

/* The directory above, its files on a line. */
static void print_drop_ins(const Status *s) {
        const Glyphs *g = ctl_glyphs();
        char **paths auto_strv = NULL;
        size_t seen = 0;

        if (status_list(s, "DropInPaths", &paths) < 0)
                return;
        for (char **p = paths; p && *p;) {
                size_t n = (size_t)(strrchr(*p, '/') - *p);
                Buf b auto_buf = { 0 };
                char **end = p;

                for (; *end && strncmp(*end, *p, n + 1) == 0 && !strchr(*end + n + 1, '/'); end++) {
                        buf_add(&b, end > p ? ", " : "");
                        add_link(s->ctl, *end, *end + n + 1, &b);
                }
                status_line(seen++ > 0 ? "" : "Drop-In", "%.*s", (int)n, *p);
                status_line("", "%s%s", *end ? g->branch : g->right, b.data ? b.data : "");
                p = end;
        }
}

static void print_active(const Status *s) {
        const char *active = property_get(&s->l, "ActiveState"), *sub = property_get(&s->l, "SubState"),
                   *result = property_get(&s->l, "Result"), *freezer = property_get(&s->l, "FreezerState");
        const char *when =
                str_equal(active, "active") || str_equal(active, "reloading")  ? "ActiveEnterTimestamp"
                : str_equal(active, "inactive") || str_equal(active, "failed") ? "InactiveEnterTimestamp"
                : str_equal(active, "activating")                              ? "InactiveExitTimestamp"
                                                                               : "ActiveExitTimestamp";
        usec_t t = property_raw(&s->l, when);
        Buf b auto_buf = { 0 };

        buf_addf(&b, "%s%s", state_color(s->ctl, active), active);
        if (!str_equal(active, sub))
                buf_addf(&b, " (%s)", sub);
        buf_add(&b, *state_color(s->ctl, active) ? COLOR_END(s->ctl) : "");
        if (*result && !str_equal(result, "success"))
                buf_addf(&b, " (Result: %s)", result);
        if (*freezer && !str_equal(freezer, "running"))
                buf_addf(&b, " %s(%s)%s", COLOR_YELLOW(s->ctl), freezer, COLOR_END(s->ctl));
        if (t > 0) {
                buf_add(&b, " since ");
                status_add_time(&b, t, s->now);
        }
        status_line("Active", "%s", b.data ? b.data : "");
}

/* Until when it may run; how long it has run. */
static void print_span(const Status *s) {
        usec_t from = property_raw(&s->l, "ActiveEnterTimestamp"),
               to = property_raw(&s->l, "ActiveExitTimestamp"), most = property_raw(&s->l, "RuntimeMaxUSec");
        const char *active = property_get(&s->l, "ActiveState");
        Buf b auto_buf = { 0 };

        if (str_equal(active, "active") && from > 0 && most > 0 && most != USEC_INFINITY) {
                timestamp_format(usec_add(from, most), false, &b);
                buf_add(&b, "; ");
                timestamp_format_relative(usec_add(from, most), s->now, &b);
                status_line("Until", "%s", b.data ? b.data : "");
        } else if ((str_equal(active, "inactive") || str_equal(active, "failed")) && from > 0 && to > from) {
                timespan_format_rounded(to - from, &b);
                status_line("Duration", "%s", b.data ? b.data : "");
        }
}

/* The job that moves it, and what that waits for. */
static void print_job(const Status *s) {
        sd_bus_message *reply = NULL, *after = NULL;
        const char *path, *unit, *type, *state;
        Buf b auto_buf = { 0 };
        uint32_t id;

        if (sd_bus_get_property(s->ctl->bus, SD1, s->path, SD1_UNIT, "Job", NULL, &reply, "(uo)") >= 0 &&
            sd_bus_message_read(reply, "(uo)", &id, &path) >= 0 && id > 0) {
                char *type_text auto_free = NULL, *state_text auto_free = NULL;

                (void)sd_bus_get_property_string(s->ctl->bus, SD1, path, SD1 ".Job", "JobType", NULL,
                                                 &type_text);
                (void)sd_bus_get_property_string(s->ctl->bus, SD1, path, SD1 ".Job", "State", NULL,
                                                 &state_text);
                buf_addf(&b, "%u %s %s", id, type_text ? type_text : "", state_text ? state_text : "");
                if (sd_bus_call_method(s->ctl->bus, SD1, path, SD1 ".Job", "GetAfter", NULL, &after, NULL) >=
                            0 &&
                    sd_bus_message_enter_container(after, 'a', "(usssoo)") > 0)
                        for (const char *word = ", behind";
                             sd_bus_message_read(after, "(usssoo)", &id, &unit, &type, &state, NULL, NULL) >
                             0;
                             word = ",")
                                buf_addf(&b, "%s %s/%s", word, unit, type);
                status_line("Job", "%s", b.data ? b.data : "");
        }
        sd_bus_message_unref(after);
        sd_bus_message_unref(reply);
}

static usec_t now_of(clockid_t clock) {
        struct timespec ts;

        return clock_gettime(clock, &ts) < 0
                       ? 0
                       : (usec_t)ts.tv_sec * USEC_PER_SEC + (usec_t)ts.tv_nsec / NSEC_PER_USEC;
}

usec_t status_next_elapse(const PropertyList *l, usec_t now) {
        uint64_t realtime = property_raw(l, "NextElapseUSecRealtime"),
                 monotonic = property_raw(l, "NextElapseUSecMonotonic");
        usec_t next = realtime == UINT64_MAX ? 0 : realtime, up = now_of(CLOCK_MONOTONIC), then;

        if (monotonic == 0 || monotonic == UINT64_MAX)
                return next;
        then = monotonic > up ? now + (monotonic - up) : now - MIN(now, up - monotonic);
        return next > 0 ? MIN(next, then) : then;
}

static void print_elapse(const Status *s) {
        usec_t next = status_next_elapse(&s->l, s->now);
        Buf b auto_buf = { 0 };

        if (!str_ends_with(s->unit, ".timer"))
                return;
        if (next > 0) {
                timestamp_format(next, false, &b);
                buf_add(&b, "; ");
                timestamp_format_relative(next, s->now, &b);
        }
        status_line("Trigger", "%s", b.data ? b.data : "n/a");
}

/* Another unit with its state; of a timer when it starts this one next. */
static void print_other(const Status *s, const char *label, const char *unit) {
        char *path auto_free = NULL;
        PropertyList l = { 0 };
        Buf b auto_buf = { 0 };
        const char *state;
        usec_t next;

        if (ctl_unit_path(unit, &path) < 0 || ctl_get_all(s->ctl, path, "", &l, NULL) < 0) {
                property_list_release(&l);
                return;
        }
        state = property_get(&l, "ActiveState");
        next = str_ends_with(unit, ".timer") ? status_next_elapse(&l, s->now) : 0;
        if (next > 0) {
                buf_add(&b, ", next ");
                timestamp_format(next, false, &b);
                buf_add(&b, "; ");
                timestamp_format_relative(next, s->now, &b);
        }
        status_line(label, "%s%s%s %s%s", state_color(s->ctl, state), glyph_of_state(state),
                    *state_color(s->ctl, state) ? COLOR_END(s->ctl) : "", unit, b.data ? b.data : "");
        property_list_release(&l);
}

static void print_others(const Status *s, const char *property) {
        char **units auto_strv = NULL;

        if (status_list(s, property, &units) >= 0)
                STRV_FOREACH (u, units)
                        print_other(s, u == units ? property : "", *u);
}

/* Those of one kind that were not met; only counted unless they are to be printed. */
static unsigned unmet(const Status *s, const char *property, unsigned n_printed) {
        sd_bus_message *reply = NULL;
        const char *name, *parameter;
        int trigger, negate, state;
        unsigned n = 0;

        if (sd_bus_get_property(s->ctl->bus, SD1, s->path, SD1_UNIT, property, NULL, &reply, "a(sbbsi)") >=
                    0 &&
            sd_bus_message_enter_container(reply, 'a', "(sbbsi)") > 0)
                while (sd_bus_message_read(reply, "(sbbsi)", &name, &trigger, &negate, &parameter, &state) >
                       0)
                        if (state < 0 && ++n <= n_printed)
                                status_line("", "%s %s=%s%s%s was not met",
                                            n < n_printed ? ctl_glyphs()->branch : ctl_glyphs()->right, name,
                                            trigger ? "|" : "", negate ? "!" : "", parameter);
        sd_bus_message_unref(reply);
        return n;
}

/* What has kept it from being started. */
static void print_conditions(const Status *s, const char *label, const char *what) {
        char property[32], result[32], when[32];
        Buf b auto_buf = { 0 };

        snprintf(property, sizeof(property), "%ss", label);
        snprintf(result, sizeof(result), "%sResult", label);
        snprintf(when, sizeof(when), "%sTimestamp", label);
        if (property_raw(&s->l, when) == 0 || property_raw(&s->l, result))
                return;
        status_add_time(&b, property_raw(&s->l, when), s->now);
        status_line(label, "start %s%s failed%s at %s", COLOR_YELLOW(s->ctl), what, COLOR_END(s->ctl),
                    b.data ? b.data : "");
        (void)unmet(s, property, unmet(s, property, 0));
}

static void print_docs(const Status *s) {
        char **docs auto_strv = NULL;

        if (status_list(s, "Documentation", &docs) >= 0)
                STRV_FOREACH (d, docs) {
                        Buf b auto_buf = { 0 };

                        add_link(s->ctl, *d, *d, &b);
                        status_line(d == docs ? "Docs" : "", "%s", b.data ? b.data : *d);
                }
}

/* Pairs of kind and value: what a socket listens to, a path unit looks at. */
static void print_pairs(const Status *s, const char *label, const char *interface, const char *property,
                        const char *format) {
        sd_bus_message *reply = NULL;
        const char *kind, *value;

        if (sd_bus_get_property(s->ctl->bus, SD1, s->path, interface, property, NULL, &reply, "a(ss)") >= 0 &&
            sd_bus_message_enter_container(reply, 'a', "(ss)") > 0)
                for (; sd_bus_message_read(reply, "(ss)", &kind, &value) > 0; label = "") {
                        if (*format == '(')
                                status_line(label, "%s (%s)", value, kind);
                        else
                                status_line(label, "%s=%s", kind, value);
                }
        sd_bus_message_unref(reply);
}

static void print_kind(const Status *s) {
        if (*property_get(&s->l, "What"))
                status_line("What", "%s", property_get(&s->l, "What"));
        if (*property_get(&s->l, "Where"))
                status_line("Where", "%s", property_get(&s->l, "Where"));
        if (str_ends_with(s->unit, ".socket")) {
                print_pairs(s, "Listen", SD1 ".Socket", "Listen", "(");
                status_sockets(s);
        }
        if (str_ends_with(s->unit, ".path"))
                print_pairs(s, "Watches", SD1 ".Path", "Paths", "=");
        if (property_raw(&s->l, "Accept"))
                status_line("Accepted", "%" PRIu64 "; Connected: %" PRIu64, property_raw(&s->l, "NAccepted"),
                            property_raw(&s->l, "NConnections"));
}

void status_head(Status *s) {
        const char *active = property_get(&s->l, "ActiveState"), *id = property_get(&s->l, "Id"),
                   *description = property_get(&s->l, "Description");

        printf("%s%s%s %s", state_color(s->ctl, active), glyph_of_state(active),
               *state_color(s->ctl, active) ? COLOR_END(s->ctl) : "", id);
        printf("%s%s\n", str_equal(description, id) ? "" : " - ",
               str_equal(description, id) ? "" : description);
        if (*property_get(&s->l, "Following"))
                status_line("Follow", "unit currently follows state of %s", property_get(&s->l, "Following"));
        print_loaded(s);
        print_drop_ins(s);
        print_active(s);
        print_span(s);
        print_job(s);
        print_others(s, "TriggeredBy");
        print_elapse(s);
        print_others(s, "Triggers");
        print_conditions(s, "Condition", "condition");
        print_conditions(s, "Assert", "assertion");
        print_docs(s);
        print_kind(s);
}
