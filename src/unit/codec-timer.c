/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The lists of [Timer] and [Path]: when to start something, what to watch.
 * Each row adds entries of its own kind; an empty value drops all of them.
 */

#include <errno.h>

#include "unit/codec-util.h"

static const char *const timer_base_names[] = {
        [TIMER_ACTIVE] = "OnActiveSec",
        [TIMER_BOOT] = "OnBootSec",
        [TIMER_STARTUP] = "OnStartupSec",
        [TIMER_UNIT_ACTIVE] = "OnUnitActiveSec",
        [TIMER_UNIT_INACTIVE] = "OnUnitInactiveSec",
        [TIMER_CALENDAR] = "OnCalendar",
};
_Static_assert(ELEMENTSOF(timer_base_names) == TIMER_BASE_MAX, "a name for each base");

const char *timer_base_to_string(TimerBase b) {
        return (int)b >= 0 && b < TIMER_BASE_MAX ? timer_base_names[b] : NULL;
}

static void timer_values_release(void *field) {
        TimerSpec *timer = CONTAINER_OF((TimerValue **)field, TimerSpec, values);

        for (size_t i = 0; i < timer->n_values; i++) {
                calendar_release(&timer->values[i].calendar);
                free(timer->values[i].text);
        }
        free(timer->values);
        timer->values = NULL;
        timer->n_values = 0;
}

static int read_calendar(const CodecContext *c, const char *text, CalendarSpec *ret) {
        int r = calendar_parse(text, c->spec ? c->spec->zones : NULL, ret);

        if (r < 0 && r != -ENOMEM)
                return codec_refuse_value(c, text,
                                          "a calendar event such as daily or Mon..Fri *-*-* 06:30:00");
        return r;
}

static int calendar_value_parse(const CodecContext *c, const char *text, TimerValue *v) {
        int r = read_calendar(c, text, &v->calendar);

        if (r != 0)
                return r;
        r = str_replace(&v->text, text);
        if (r < 0)
                calendar_release(&v->calendar);
        return r;
}

static int timer_value_parse(const CodecContext *c, const char *value, void *field) {
        TimerSpec *timer = CONTAINER_OF((TimerValue **)field, TimerSpec, values);
        TimerValue new = { .base = (TimerBase)c->row->detail };
        char *text auto_free = NULL;
        TimerValue *v;
        int r;

        if (value[0] == 0) {
                timer_values_release(field);
                return 0;
        }

        r = codec_expand(c, value, &text);
        if (r != 0)
                return r;

        v = realloc(timer->values, (timer->n_values + 1) * sizeof(*v));
        if (!v)
                return -ENOMEM;
        timer->values = v;

        if (new.base == TIMER_CALENDAR)
                r = calendar_value_parse(c, text, &new);
        else
                r = timespan_parse(text, USEC_PER_SEC, &new.span) < 0 ? -EINVAL : 0;
        if (r != 0)
                return r;
        v[timer->n_values++] = new;
        return 0;
}

static int timer_value_format(const Directive *row, const void *field, Buf *b) {
        const TimerSpec *timer = CONTAINER_OF((TimerValue *const *)field, TimerSpec, values);
        size_t start = b->len;

        for (size_t i = 0; i < timer->n_values; i++) {
                const TimerValue *v = &timer->values[i];

                if (v->base != (TimerBase)row->detail)
                        continue;
                format_line_break(b, start);
                if (v->base == TIMER_CALENDAR)
                        format_literal(v->text, b);
                else
                        timespan_format(v->span, b);
        }
        return format_end(b);
}

const Codec codec_timer_value = {
        CODEC_OF(timer_value),
        .expects = "a time span such as 5s or 1min 30s",
        .lines = true,
        .parse = timer_value_parse,
        .format = timer_value_format,
        .release = timer_values_release,
        .good = SAMPLES(""),
        .bad = SAMPLES("5 parsecs", "soon"),
};

/* X-RestartOnCalendar=: kept as written, for an event is calculated rarely. */
static int calendars_parse(const CodecContext *c, const char *value, void *field) {
        CalendarSpec calendar = { 0 };
        char *text auto_free = NULL;
        int r;

        if (value[0] == 0) {
                release_strv(field);
                return 0;
        }
        r = codec_expand(c, value, &text);
        if (r == 0)
                r = read_calendar(c, text, &calendar);
        if (r != 0)
                return r;
        calendar_release(&calendar);
        return strv_push(field, TAKE(text));
}

static int calendars_format(const Directive *row, const void *field, Buf *b) {
        size_t start = b->len;

        STRV_FOREACH (text, *(char **const *)field) {
                format_line_break(b, start);
                format_literal(*text, b);
        }
        return format_end(b);
}

const Codec codec_calendars = {
        CODEC_OF(calendars),
        .expects = "a calendar event such as daily or Mon..Fri *-*-* 06:30:00",
        .lines = true,
        .parse = calendars_parse,
        .format = calendars_format,
        .release = release_strv,
        .good = SAMPLES("", "daily", "Mon..Fri *-*-* 06:30:00"),
        .bad = SAMPLES("soon", "25:00"),
};

static const char *const path_kind_names[] = {
        [PATH_EXISTS] = "PathExists",
        [PATH_EXISTS_GLOB] = "PathExistsGlob",
        [PATH_CHANGED] = "PathChanged",
        [PATH_MODIFIED] = "PathModified",
        [PATH_DIRECTORY_NOT_EMPTY] = "DirectoryNotEmpty",
};
_Static_assert(ELEMENTSOF(path_kind_names) == PATH_KIND_MAX, "a name for each kind");

const char *path_kind_to_string(PathKind k) {
        return (int)k >= 0 && k < PATH_KIND_MAX ? path_kind_names[k] : NULL;
}

static void path_watches_release(void *field) {
        PathSpec *path = CONTAINER_OF((PathWatch **)field, PathSpec, watches);

        for (size_t i = 0; i < path->n_watches; i++)
                free(path->watches[i].path);
        free(path->watches);
        path->watches = NULL;
        path->n_watches = 0;
}

static int path_watch_parse(const CodecContext *c, const char *value, void *field) {
        PathSpec *spec = CONTAINER_OF((PathWatch **)field, PathSpec, watches);
        PathWatch *v;
        char *path = NULL;
        int r;

        if (value[0] == 0) {
                path_watches_release(field);
                return 0;
        }

        r = codec_expand_path(c, value, &path);
        if (r != 0)
                return r;

        v = realloc(spec->watches, (spec->n_watches + 1) * sizeof(*v));
        if (!v) {
                free(path);
                return -ENOMEM;
        }
        spec->watches = v;
        v[spec->n_watches++] = (PathWatch){ .kind = (PathKind)c->row->detail, .path = path };
        return 0;
}

static int path_watch_format(const Directive *row, const void *field, Buf *b) {
        const PathSpec *spec = CONTAINER_OF((PathWatch *const *)field, PathSpec, watches);
        size_t start = b->len;

        for (size_t i = 0; i < spec->n_watches; i++)
                if (spec->watches[i].kind == (PathKind)row->detail) {
                        format_line_break(b, start);
                        format_literal(spec->watches[i].path, b);
                }
        return format_end(b);
}

const Codec codec_path_watch = {
        CODEC_OF(path_watch),
        .expects = "an absolute path such as /var/spool/app",
        .lines = true,
        .parse = path_watch_parse,
        .format = path_watch_format,
        .release = path_watches_release,
        .good = SAMPLES("", "/a", "/var//spool/"),
        .bad = SAMPLES("a", "~"),
};
