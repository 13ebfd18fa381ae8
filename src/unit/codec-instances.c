/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* X-Instances=: a number, or one that follows from the CPUs that may be used; X-RollParallel=: how many of those. */

#include <errno.h>

#include "unit/codec-util.h"

static int number(const char *text, unsigned least, unsigned most, unsigned *ret) {
        unsigned v;
        int r = parse_unsigned(text, &v);

        if (r < 0 || v < least || v > most)
                return -EINVAL;
        *ret = v;
        return 0;
}

static int instances_parse(const CodecContext *c, const char *value, void *field) {
        InstanceCount count = { .kind = INSTANCES_NUMBER };
        const size_t n = strlen(value);
        int r = 0;

        if (n == 0) {
                count.kind = INSTANCES_NONE;
        } else if (str_equal(value, "max")) {
                count = (InstanceCount){ .kind = INSTANCES_SHARE, .value = 100 };
        } else if (value[0] == '-') {
                count.kind = INSTANCES_LESS;
                r = number(value + 1, 1, INSTANCES_MAX, &count.value);
        } else if (value[n - 1] == '%') {
                char *digits auto_free = strndup(value, n - 1);

                if (!digits)
                        return -ENOMEM;
                count.kind = INSTANCES_SHARE;
                r = number(digits, 1, 1000, &count.value);
        } else {
                r = number(value, 1, INSTANCES_MAX, &count.value);
        }
        if (r >= 0)
                *(InstanceCount *)field = count;
        return r;
}

static int instances_format(const Directive *row, const void *field, Buf *b) {
        const InstanceCount *c = field;

        if (c->kind == INSTANCES_SHARE && c->value == 100)
                buf_add(b, "max");
        else if (c->kind != INSTANCES_NONE)
                buf_addf(b, "%s%u%s", c->kind == INSTANCES_LESS ? "-" : "", c->value,
                         c->kind == INSTANCES_SHARE ? "%" : "");
        return format_end(b);
}

const Codec codec_instances = {
        CODEC_OF(instances),
        .expects = "a number from 1 to 1000, max, a percentage of the CPUs from 1% to 1000%, or -N",
        .parse = instances_parse,
        .format = instances_format,
        .good = SAMPLES("", "1", "1000", "max", "50%", "-1"),
        .bad = SAMPLES("0", "1001", "0%", "1001%", "-0", "most", "1.5", "--1"),
};

static int member_count_parse(const CodecContext *c, const char *value, void *field) {
        InstanceCount count;
        int r = instances_parse(c, value, &count);

        if (r < 0)
                return r;
        if (count.kind == INSTANCES_NONE || count.kind == INSTANCES_LESS || value[0] == 'm' ||
            (count.kind == INSTANCES_SHARE && count.value > 100))
                return -EINVAL;
        *(InstanceCount *)field = count;
        return 0;
}

static int member_count_format(const Directive *row, const void *field, Buf *b) {
        const InstanceCount *c = field;

        buf_addf(b, "%u%s", c->value, c->kind == INSTANCES_SHARE ? "%" : "");
        return format_end(b);
}

const Codec codec_member_count = {
        CODEC_OF(member_count),
        .expects = "a number from 1 to 1000, or a percentage of the instances from 1% to 100%",
        .filled = true,
        .parse = member_count_parse,
        .format = member_count_format,
        .good = SAMPLES("1", "1000", "1%", "100%"),
        .bad = SAMPLES("", "0", "1001", "0%", "101%", "max", "-1", "half"),
};

unsigned instances_share(InstanceCount c, unsigned n) {
        uint64_t v = c.kind == INSTANCES_SHARE ? ((uint64_t)n * c.value + 99) / 100 : c.value;

        return (unsigned)MIN(MAX(v, (uint64_t)1), (uint64_t)MAX(n, 1U));
}

unsigned instances_resolve(InstanceCount c, unsigned usable_cpus) {
        uint64_t cpus = MAX(usable_cpus, 1U), n = 0;

        switch (c.kind) {
        case INSTANCES_NONE:
                return 0;
        case INSTANCES_NUMBER:
                n = c.value;
                break;
        case INSTANCES_SHARE:
                n = (cpus * c.value + 50) / 100;
                break;
        case INSTANCES_LESS:
                n = cpus > c.value ? cpus - c.value : 1;
                break;
        }
        return (unsigned)MIN(MAX(n, (uint64_t)1), (uint64_t)INSTANCES_MAX);
}
