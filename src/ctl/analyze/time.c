/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* analyze calendar, timespan, timestamp. */

#include "ctl/analyze/analyze.h"

#include "conf/calendar.h"
#include "ctl/core/timestamp.h"
#include "load/zone-store.h"

#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define LABEL_WIDTH 15 /* of "Normalized form", the longest */

typedef enum Kind {
        KIND_CALENDAR,
        KIND_TIMESTAMP,
        KIND_TIMESPAN,
        KIND_MAX
} Kind;

static usec_t now_realtime(void) {
        struct timespec ts;

        (void)clock_gettime(CLOCK_REALTIME, &ts);
        return (usec_t)ts.tv_sec * USEC_PER_SEC + (usec_t)ts.tv_nsec / NSEC_PER_USEC;
}

static void print_row(const char *label, const char *value) {
        printf("%*s: %s\n", LABEL_WIDTH, label, value);
}

static void print_instant(const char *label, usec_t t, bool utc) {
        Buf b auto_buf = { 0 };

        timestamp_format(t, utc, &b);
        print_row(label, b.data ?: "");
}

/* The instant, also in UTC where that is not the same. */
static void print_both(const char *label, usec_t t) {
        print_instant(label, t, false);
        if (!timestamp_is_utc_here())
                print_instant("(in UTC)", t, true);
}

static void print_distance(usec_t t) {
        Buf b auto_buf = { 0 };

        timestamp_format_relative(t, now_realtime(), &b);
        print_row("From now", b.data ?: "");
}

static bool is_kind(Kind kind, const char *text, const Zones *zones) {
        CalendarSpec calendar;
        usec_t t;

        if (kind == KIND_TIMESPAN)
                return timespan_parse(text, USEC_PER_SEC, &t) >= 0;
        if (kind == KIND_TIMESTAMP)
                return timestamp_parse(text, now_realtime(), &t) >= 0;
        if (calendar_parse(text, zones, &calendar) < 0)
                return false;
        calendar_release(&calendar);
        return true;
}

/* What was meant, when the text is of another kind. */
static void print_hints(const char *text, Kind not, const Zones *zones) {
        static const struct {
                const char *words, *check;
        } kinds[KIND_MAX] = {
                [KIND_CALENDAR] = { "calendar specification", "calendar" },
                [KIND_TIMESTAMP] = { "timestamp", "timestamp" },
                [KIND_TIMESPAN] = { "timespan", "timespan" },
        };

        for (Kind k = 0; k < KIND_MAX; k++)
                if (k != not &&is_kind(k, text, zones))
                        fprintf(stderr,
                                "Hint: this expression is a valid %s. Use 'svctl analyze %s \"%s\"' "
                                "instead?\n",
                                kinds[k].words, kinds[k].check, text);
}

static int show_calendar(const char *text, const Zones *zones, unsigned iterations, usec_t base) {
        Buf normal auto_buf = { 0 };
        CalendarSpec c;
        int r = calendar_parse(text, zones, &c);

        if (r < 0) {
                fprintf(stderr, "Failed to parse calendar specification '%s': %s\n", text, strerror(-r));
                print_hints(text, KIND_CALENDAR, zones);
                return r;
        }
        calendar_format(&c, &normal);
        if (!str_equal(normal.data, text))
                print_row("Original form", text);
        print_row("Normalized form", normal.data ?: "");
        for (unsigned i = 1; i <= iterations; i++) {
                char label[32];

                if (calendar_next(&c, zones, base, &base) < 0) {
                        if (i == 1)
                                print_row("Next elapse", "never");
                        break;
                }
                snprintf(label, sizeof(label), "Iter. #%u", i);
                print_both(i == 1 ? "Next elapse" : label, base);
                print_distance(base);
        }
        calendar_release(&c);
        return 0;
}

static bool read_options(const Ctl *c, unsigned *ret_iterations, usec_t *ret_base) {
        *ret_iterations = 1;
        *ret_base = now_realtime();
        if (c->iterations && parse_unsigned(c->iterations, ret_iterations) < 0) {
                fprintf(stderr, "Failed to parse iterations: %s\n", c->iterations);
                return false;
        }
        if (c->base_time && timestamp_parse(c->base_time, now_realtime(), ret_base) < 0) {
                fprintf(stderr, "Failed to parse --base-time= parameter: %s\n", c->base_time);
                return false;
        }
        return true;
}

int analyze_calendar(Ctl *c, int argc, char **argv) {
        unsigned iterations;
        ZoneStore store;
        int code = CTL_OK;
        usec_t base;

        if (!read_options(c, &iterations, &base) || zone_store_init(&store, getenv("TZ")) < 0)
                return CTL_FAILED;
        for (int i = 1; i < argc; i++) {
                if (show_calendar(argv[i], &store.zones, iterations, base) < 0)
                        code = CTL_FAILED;
                if (i + 1 < argc)
                        putchar('\n');
        }
        zone_store_release(&store);
        return code;
}

/* The Greek letter, unless the locale says that it cannot be shown. */
static const char *microseconds(void) {
        (void)setlocale(LC_CTYPE, "");
        if (str_equal(nl_langinfo(CODESET), "UTF-8"))
                return "\u03bcs";
        return getenv("LC_ALL") || getenv("LC_CTYPE") || getenv("LANG") ? "us" : "\u03bcs";
}

int analyze_timespan(Ctl *c, int argc, char **argv) {
        for (int i = 1; i < argc; i++) {
                Buf human auto_buf = { 0 };
                usec_t span;
                int r = timespan_parse(argv[i], USEC_PER_SEC, &span);

                if (r < 0) {
                        ZoneStore store;

                        fprintf(stderr, "Failed to parse time span '%s': %s\n", argv[i], strerror(-r));
                        if (zone_store_init(&store, getenv("TZ")) >= 0)
                                print_hints(argv[i], KIND_TIMESPAN, &store.zones);
                        zone_store_release(&store);
                        return CTL_FAILED;
                }
                timespan_format(span, &human);
                printf("Original: %s\n      %s: %llu\n   Human: %s\n", argv[i], microseconds(),
                       (unsigned long long)span, human.data ?: "");
                if (i + 1 < argc)
                        putchar('\n');
        }
        return CTL_OK;
}

static int show_timestamp(const char *text, const Zones *zones) {
        char seconds[48];
        usec_t t;
        int r = timestamp_parse(text, now_realtime(), &t);

        if (r < 0) {
                fprintf(stderr, "Failed to parse \"%s\": %s\n", text, strerror(-r));
                print_hints(text, KIND_TIMESTAMP, zones);
                return r;
        }
        print_row("Original form", text);
        print_both("Normalized form", t);
        if (t % USEC_PER_SEC > 0)
                snprintf(seconds, sizeof(seconds), "@%llu.%06llu", (unsigned long long)(t / USEC_PER_SEC),
                         (unsigned long long)(t % USEC_PER_SEC));
        else
                snprintf(seconds, sizeof(seconds), "@%llu", (unsigned long long)(t / USEC_PER_SEC));
        print_row("UNIX seconds", seconds);
        print_distance(t);
        return 0;
}

int analyze_timestamp(Ctl *c, int argc, char **argv) {
        ZoneStore store;
        int code = CTL_OK;

        if (zone_store_init(&store, getenv("TZ")) < 0)
                return CTL_FAILED;
        for (int i = 1; i < argc; i++) {
                if (show_timestamp(argv[i], &store.zones) < 0)
                        code = CTL_FAILED;
                if (i + 1 < argc)
                        putchar('\n');
        }
        zone_store_release(&store);
        return code;
}
