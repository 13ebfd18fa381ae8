/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Time spans. Some settings count 0 as "no limit" (codec_timeout), some as a
 * time span of nothing.
 */

#include <errno.h>

#include "unit/codec-util.h"

#define EXPECTS "a time span such as 5s or 1min 30s"

static int span_parse(const CodecContext *c, const char *value, void *field) {
        usec_t t;
        int r;

        r = timespan_parse(value, USEC_PER_SEC, &t);
        if (r < 0)
                return r == -ENOMEM ? r : -EINVAL;

        *(usec_t *)field = t;
        return 0;
}

static int span_format(const Directive *row, const void *field, Buf *b) {
        timespan_format(*(const usec_t *)field, b);
        return format_end(b);
}

const Codec codec_timespan = {
        CODEC_OF(timespan),
        .expects = EXPECTS,
        .parse = span_parse,
        .format = span_format,
        .good = SAMPLES("0", "5", "5s", "1min 30s", "100ms", "infinity"),
        .bad = SAMPLES("", "-1", "5 parsecs", "s"),
};

static int timeout_parse(const CodecContext *c, const char *value, void *field) {
        usec_t *t = field;
        int r;

        r = span_parse(c, value, field);
        if (r == 0 && *t == 0)
                *t = USEC_INFINITY;
        return r;
}

const Codec codec_timeout = {
        CODEC_OF(timeout),
        .expects = EXPECTS ", or infinity",
        .parse = timeout_parse,
        .format = span_format,
        .good = SAMPLES("0", "90", "1h", "infinity"),
        .bad = SAMPLES("", "-1", "5 parsecs"),
};

/* TimeoutSec= of a service: start and stop alike. */
static int timeout_both_parse(const CodecContext *c, const char *value, void *field) {
        ServiceSpec *service;
        usec_t t;
        int r;

        r = timeout_parse(c, value, &t);
        if (r < 0)
                return r;

        service = spec_part(field, PART_SERVICE);
        if (!service)
                return -ENOMEM;
        service->timeout_start = service->timeout_stop = t;
        service->timeout_start_set = service->timeout_stop_set = true;
        return 0;
}

/* Only a time that is really both can be written back. */
static int timeout_both_format(const Directive *row, const void *field, Buf *b) {
        const ServiceSpec *service = ((const UnitSpec *)field)->service;

        if (service->timeout_start_set && service->timeout_stop_set &&
            service->timeout_start == service->timeout_stop)
                timespan_format(service->timeout_start, b);
        return format_end(b);
}

const Codec codec_timeout_both = {
        CODEC_OF(timeout_both),        .expects = EXPECTS ", or infinity",       .parse = timeout_both_parse,
        .format = timeout_both_format, .good = SAMPLES("0", "5min", "infinity"), .bad = SAMPLES("", "soon"),
};

/* The older setting counts for the newer one, unless that was given. */
static int job_timeout_parse(const CodecContext *c, const char *value, void *field) {
        PolicySpec *policy = CONTAINER_OF((usec_t *)field, PolicySpec, job_timeout);
        int r;

        r = timeout_parse(c, value, field);
        if (r == 0 && !policy->job_running_timeout_set)
                policy->job_running_timeout = policy->job_timeout;
        return r;
}

const Codec codec_job_timeout = {
        CODEC_OF(job_timeout), .expects = EXPECTS ", or infinity",        .parse = job_timeout_parse,
        .format = span_format, .good = SAMPLES("0", "10min", "infinity"), .bad = SAMPLES("", "-1"),
};

/* A boolean is no time, or all of it. */
static int hold_parse(const CodecContext *c, const char *value, void *field) {
        bool on;

        if (span_parse(c, value, field) >= 0)
                return 0;
        if (parse_bool(value, &on) < 0)
                return -EINVAL;
        *(usec_t *)field = on ? USEC_INFINITY : 0;
        return 0;
}

static int hold_format(const Directive *row, const void *field, Buf *b) {
        usec_t t = *(const usec_t *)field;

        if (t != 0 && t != USEC_INFINITY)
                return span_format(row, field, b);
        buf_add(b, t == 0 ? "no" : "yes");
        return format_end(b);
}

const Codec codec_hold = {
        CODEC_OF(hold),
        .expects = "a boolean, or a time span such as 1h",
        .parse = hold_parse,
        .format = hold_format,
        .good = SAMPLES("no", "yes", "1h", "infinity"),
        .bad = SAMPLES("", "-1", "a while"),
};

static const struct {
        const char *name;
        uint64_t ns;
} nanosecond_units[] = {
        { "ns", 1 },         { "nsec", 1 },         { "us", 1000 },
        { "usec", 1000 },    { "ms", 1000000 },     { "msec", 1000000 },
        { "s", 1000000000 }, { "sec", 1000000000 }, { "min", 60000000000 },
};

/* A number, perhaps with a point, with or without a unit: below a microsecond, spans of several parts mean little. */
static int nanoseconds_parse(const CodecContext *c, const char *value, void *field) {
        size_t digits = strspn(value, "0123456789");
        const char *p = value + digits, *fraction = *p == '.' ? p + 1 : "", *unit;
        uint64_t v = 0, ns = 0, place;

        if (digits == 0 || digits > 20 || (*p == '.' && (*fraction < '0' || *fraction > '9')))
                return -EINVAL;
        for (const char *d = value; d < p; d++)
                if (__builtin_mul_overflow(v, 10, &v) || __builtin_add_overflow(v, (uint64_t)(*d - '0'), &v))
                        return -EINVAL;
        unit = p + (*p == '.') + strspn(fraction, "0123456789");
        unit += strspn(unit, " \t");
        for (size_t i = 0; i < ELEMENTSOF(nanosecond_units) && ns == 0; i++)
                if (str_equal(*unit ? unit : "ns", nanosecond_units[i].name))
                        ns = nanosecond_units[i].ns;
        if (ns == 0 || size_multiply_overflows(v, ns))
                return -EINVAL;
        v *= ns;
        for (place = ns / 10; *fraction >= '0' && *fraction <= '9'; fraction++, place /= 10)
                v += (uint64_t)(*fraction - '0') * place;
        *(usec_t *)field = v;
        return 0;
}

static int nanoseconds_format(const Directive *row, const void *field, Buf *b) {
        buf_addf(b, "%lluns", (unsigned long long)*(const usec_t *)field);
        return format_end(b);
}

const Codec codec_nanoseconds = {
        CODEC_OF(nanoseconds),
        .expects = "a time span such as 50us or 100000 (nanoseconds)",
        .empty_resets = true,
        .filled = true,
        .parse = nanoseconds_parse,
        .format = nanoseconds_format,
        .good = SAMPLES("50000", "50us", "1 ms", "7ns"),
        .bad = SAMPLES("-1", "fast", "99999999999999999999", "9999999999999min"),
};
