/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Limits of processes (setrlimit) and of control groups.
 *
 * A limit of a group may be a share of the machine. How much that is, is not
 * known here: the row's scale field takes it in 1/10000, the main field is
 * then unset, and the other way round.
 */

#include <errno.h>
#include <sys/resource.h>

#include "unit/codec-number.h"
#include "unit/codec-util.h"

#define PERMYRIAD 10000

/* "12.34%", "123.4‰" (per mille), "1234‱": a digit less behind the point each time. */
int permyriad_parse(const char *s, uint64_t *ret) {
        static const struct {
                const char *sign;
                unsigned factor;
        } signs[] = { { "%", 100 }, { "\u2030", 10 }, { "\u2031", 1 } };
        size_t digits = strspn(s, "0123456789");
        const char *p = s, *point;
        uint64_t v = 0;
        unsigned factor = 0, place;

        if (digits == 0 || digits > 9)
                return -EINVAL;
        for (; digits > 0; digits--)
                v = v * 10 + (uint64_t)(*p++ - '0');
        point = *p == '.' ? p + 1 : NULL;
        p += point ? 1 + strspn(point, "0123456789") : 0;
        for (size_t i = 0; i < ELEMENTSOF(signs); i++)
                if (str_equal(p, signs[i].sign))
                        factor = signs[i].factor;
        if (factor == 0 || point == p)
                return -EINVAL;
        v *= factor;
        for (place = factor / 10; point && point < p; point++, place /= 10) {
                if (place == 0)
                        return -EINVAL;
                v += (uint64_t)(*point - '0') * place;
        }
        *ret = v;
        return 0;
}

void permyriad_format(uint64_t v, Buf *b) {
        buf_addf(b, "%llu", (unsigned long long)(v / 100));
        if (v % 100)
                buf_addf(b, ".%02u", (unsigned)(v % 100));
        buf_add_char(b, '%');
}

static int rlimit_value_parse(int kind, const char *s, uint64_t *ret) {
        usec_t t;
        int v;

        if (str_equal(s, "infinity") && kind != RLIMIT_KIND_NICE) {
                *ret = LIMIT_UNSET;
                return 0;
        }

        switch (kind) {
        case RLIMIT_KIND_BYTES:
                return size_parse_bytes(s, ret);
        case RLIMIT_KIND_SECONDS:
                if (timespan_parse(s, USEC_PER_SEC, &t) < 0)
                        return -EINVAL;
                *ret = t == USEC_INFINITY ? LIMIT_UNSET : t / USEC_PER_SEC + (t % USEC_PER_SEC > 0);
                return 0;
        case RLIMIT_KIND_USEC:
                return timespan_parse(s, 1, ret) < 0 ? -EINVAL : 0;
        case RLIMIT_KIND_NICE: /* +5 and -5 are nice levels, 25 is what setrlimit() takes */
                if (s[0] != '+' && s[0] != '-')
                        return parse_u64(s, ret) < 0 || *ret > 40 ? -EINVAL : 0;
                if (parse_int(s + (s[0] == '+'), &v) < 0 || v < -20 || v > 19)
                        return -EINVAL;
                *ret = (uint64_t)(20 - v);
                return 0;
        default:
                return parse_u64(s, ret) < 0 ? -EINVAL : 0;
        }
}

static int rlimit_parse(const CodecContext *c, const char *value, void *field) {
        const char *colon = strchr(value, ':');
        char *soft auto_free = strndup(value, colon ? (size_t)(colon - value) : strlen(value));
        RlimitPair **limit = field, pair;

        if (!soft)
                return -ENOMEM;
        if (rlimit_value_parse(c->row->detail, soft, &pair.soft) < 0)
                return -EINVAL;
        pair.hard = pair.soft;
        if (colon && rlimit_value_parse(c->row->detail, colon + 1, &pair.hard) < 0)
                return -EINVAL;
        if (pair.soft > pair.hard)
                return codec_refuse(c, "In '%.60s' the soft limit is above the hard one", value);

        if (!*limit) {
                *limit = malloc(sizeof(**limit));
                if (!*limit)
                        return -ENOMEM;
        }
        **limit = pair;
        return 0;
}

static void rlimit_value_format(int kind, uint64_t v, Buf *b) {
        if (v == LIMIT_UNSET)
                buf_add(b, "infinity");
        else if (kind == RLIMIT_KIND_BYTES)
                size_format_bytes(v, b);
        else
                buf_addf(b, "%llu", (unsigned long long)v);
}

static int rlimit_format(const Directive *row, const void *field, Buf *b) {
        const RlimitPair *pair = *(RlimitPair *const *)field;

        if (!pair)
                return 0;
        rlimit_value_format(row->detail, pair->soft, b);
        if (pair->hard != pair->soft) {
                buf_add_char(b, ':');
                rlimit_value_format(row->detail, pair->hard, b);
        }
        return format_end(b);
}

const Codec codec_rlimit = {
        CODEC_OF(rlimit),
        .expects = "a limit such as 1024, 64M (where it counts bytes), infinity, or two of them as SOFT:HARD",
        .empty_resets = true,
        .filled = true,
        .parse = rlimit_parse,
        .format = rlimit_format,
        .release = release_string,
        .good = SAMPLES("", "0", "10:20"),
        .bad = SAMPLES("many", "-", "20:10", "5:", ":5", "infinity:5"),
};

static uint64_t *scale_of(const Directive *row, void *field) {
        return row->scale ? (uint64_t *)((char *)field - row->offset + row->scale) : NULL;
}

/* Takes "N%" into the scale, leaving the field unset. 1: it was one. */
static int percentage_parse(const CodecContext *c, const char *value, uint64_t *field) {
        uint64_t *scale = scale_of(c->row, field), v;

        if (permyriad_parse(value, &v) < 0)
                return 0;
        if ((!scale && c->row->codec) || v > PERMYRIAD)
                return -EINVAL;
        if (scale)
                *scale = v;
        *field = LIMIT_UNSET;
        return 1;
}

static void set_absolute(const CodecContext *c, uint64_t *field, uint64_t v) {
        uint64_t *scale = scale_of(c->row, field);

        *field = v;
        if (scale)
                *scale = LIMIT_UNSET;
}

static bool format_scale(const Directive *row, const void *field, Buf *b) {
        uint64_t *scale = scale_of(row, (void *)field);

        if (!scale || *scale == LIMIT_UNSET)
                return false;
        permyriad_format(*scale, b);
        return true;
}

/* row->minimum: the least number of bytes that makes sense as this limit. */
static int memory_parse(const CodecContext *c, const char *value, void *field) {
        uint64_t v = LIMIT_UNSET;
        int r;

        if (permyriad_parse(value, &v) >= 0 && v == 0 && c->row->minimum > 0)
                return -EINVAL;
        v = LIMIT_UNSET;
        r = percentage_parse(c, value, field);
        if (r != 0)
                return r < 0 ? r : 0;

        if (!str_equal(value, "infinity"))
                if (size_parse_bytes(value, &v) < 0 || v >= LIMIT_UNSET || v < (uint64_t)c->row->minimum)
                        return -EINVAL;
        set_absolute(c, field, v);
        return 0;
}

static int memory_format(const Directive *row, const void *field, Buf *b) {
        uint64_t v = *(const uint64_t *)field;

        if (format_scale(row, field, b))
                return format_end(b);
        if (v == LIMIT_UNSET)
                buf_add(b, "infinity");
        else
                size_format_bytes(v, b);
        return format_end(b);
}

const Codec codec_memory = {
        CODEC_OF(memory),
        .expects = "a size such as 512M, a percentage such as 20%, or infinity",
        .empty_resets = true,
        .parse = memory_parse,
        .format = memory_format,
        .good = SAMPLES("", "512M", "1.5G", "20%", "infinity", "12.5%"),
        .bad = SAMPLES("-1", "much", "101%", "%"),
};

static int tasks_parse(const CodecContext *c, const char *value, void *field) {
        uint64_t v = LIMIT_UNSET;
        int r;

        r = percentage_parse(c, value, field);
        if (r != 0)
                return r < 0 ? r : 0;

        if (!str_equal(value, "infinity"))
                if (parse_u64(value, &v) < 0 || v == 0 || v == LIMIT_UNSET)
                        return -EINVAL;
        set_absolute(c, field, v);
        return 0;
}

static int tasks_format(const Directive *row, const void *field, Buf *b) {
        uint64_t v = *(const uint64_t *)field;

        if (format_scale(row, field, b))
                return format_end(b);
        if (v == LIMIT_UNSET)
                buf_add(b, "infinity");
        else
                buf_addf(b, "%llu", (unsigned long long)v);
        return format_end(b);
}

const Codec codec_tasks = {
        CODEC_OF(tasks),
        .expects = "a number above 0, a percentage such as 20%, or infinity",
        .empty_resets = true,
        .parse = tasks_parse,
        .format = tasks_format,
        .good = SAMPLES("", "1", "4915", "20%", "infinity"),
        .bad = SAMPLES("0", "-1", "4K", "200%"),
};

static int bounded_parse(const char *value, uint64_t minimum, uint64_t maximum, uint64_t *field) {
        uint64_t v = LIMIT_UNSET;

        if (value[0] && (parse_u64(value, &v) < 0 || v < minimum || v > maximum))
                return -EINVAL;
        *field = v;
        return 0;
}

static int weight_parse(const CodecContext *c, const char *value, void *field) {
        return bounded_parse(value, 1, 10000, field);
}

/* The weights of cgroup v1 differ in their bounds. */
static int v1_weight_parse(const CodecContext *c, const char *value, void *field) {
        return bounded_parse(value, (uint64_t)c->row->minimum, (uint64_t)c->row->maximum, field);
}

/* "idle" is 0: SCHED_IDLE for the whole group. */
static int cpu_weight_parse(const CodecContext *c, const char *value, void *field) {
        if (!str_equal(value, "idle"))
                return weight_parse(c, value, field);
        *(uint64_t *)field = 0;
        return 0;
}

static int weight_format(const Directive *row, const void *field, Buf *b) {
        uint64_t v = *(const uint64_t *)field;

        if (v == 0)
                buf_add(b, "idle");
        else if (v != LIMIT_UNSET)
                buf_addf(b, "%llu", (unsigned long long)v);
        return format_end(b);
}

const Codec codec_weight = {
        CODEC_OF(weight),
        .expects = "a weight from 1 to 10000",
        .empty_resets = true,
        .parse = weight_parse,
        .format = weight_format,
        .good = SAMPLES("", "1", "100", "10000"),
        .bad = SAMPLES("0", "10001", "idle", "-5"),
};

const Codec codec_v1_weight = {
        CODEC_OF(v1_weight),
        .expects = "a weight as cgroup v1 has it",
        .empty_resets = true,
        .parse = v1_weight_parse,
        .format = weight_format,
        .good = SAMPLES("", "10", "1000"),
        .bad = SAMPLES("0", "1", "262145", "idle"),
};

const Codec codec_cpu_weight = {
        CODEC_OF(cpu_weight),
        .expects = "a weight from 1 to 10000, or idle",
        .empty_resets = true,
        .parse = cpu_weight_parse,
        .format = weight_format,
        .good = SAMPLES("", "1", "100", "10000", "idle"),
        .bad = SAMPLES("0", "10001", "busy"),
};

/* CPU time in each second; 200% are two CPUs. */
static int cpu_quota_parse(const CodecContext *c, const char *value, void *field) {
        uint64_t v;

        if (value[0] == 0) {
                *(usec_t *)field = USEC_INFINITY;
                return 0;
        }
        if (permyriad_parse(value, &v) < 0 || v == 0)
                return -EINVAL;
        *(usec_t *)field = v * (USEC_PER_SEC / PERMYRIAD);
        return 0;
}

static int cpu_quota_format(const Directive *row, const void *field, Buf *b) {
        usec_t t = *(const usec_t *)field;

        if (t != USEC_INFINITY)
                permyriad_format(t / (USEC_PER_SEC / PERMYRIAD), b);
        return format_end(b);
}

const Codec codec_cpu_quota = {
        CODEC_OF(cpu_quota),
        .expects = "a percentage of one CPU such as 50% or 200%",
        .empty_resets = true,
        .parse = cpu_quota_parse,
        .format = cpu_quota_format,
        .good = SAMPLES("", "20%", "200%", "0.5%"),
        .bad = SAMPLES("0%", "20", "-5%", "%"),
};

static const char *const controllers[] = {
        "cpu",
        "cpuacct",
        "cpuset",
        "io",
        "blkio",
        "memory",
        "devices",
        "pids",
        "bpf-firewall",
        "bpf-devices",
        "bpf-foreign",
        "bpf-socket-bind",
        "bpf-restrict-network-interfaces",
};

bool controller_is_known(const char *name) {
        for (size_t i = 0; i < ELEMENTSOF(controllers); i++)
                if (str_equal(controllers[i], name))
                        return true;
        return false;
}

static int controller_handle(const CodecContext *c, const char *word, void *field) {
        return controller_is_known(word) ? strv_add_unique(field, word) : -EINVAL;
}

static void delegate_release(void *field) {
        CgroupSpec *cgroup = CONTAINER_OF((bool *)field, CgroupSpec, delegate);

        release_strv(&cgroup->delegate_controllers);
}

/* A boolean means all or none; names of controllers add up; an empty value starts afresh, delegated all the same. */
static int delegate_parse(const CodecContext *c, const char *value, void *field) {
        CgroupSpec *cgroup = CONTAINER_OF((bool *)field, CgroupSpec, delegate);
        bool v;
        int r;

        if (value[0] == 0 || parse_bool(value, &v) >= 0) {
                cgroup->delegate = value[0] == 0 || v;
                release_strv(&cgroup->delegate_controllers);
                return 0;
        }

        r = codec_for_each_word(c, value, WORDS_QUOTES, controller_handle, &cgroup->delegate_controllers);
        if (cgroup->delegate_controllers)
                cgroup->delegate = true;
        return r;
}

static int delegate_format(const Directive *row, const void *field, Buf *b) {
        const CgroupSpec *cgroup = CONTAINER_OF((const bool *)field, CgroupSpec, delegate);

        if (cgroup->delegate_controllers)
                return format_words(cgroup->delegate_controllers, b);
        buf_add(b, cgroup->delegate ? "yes" : "no");
        return format_end(b);
}

const Codec codec_delegate = {
        CODEC_OF(delegate),
        .expects = "a boolean or a controller such as cpu, memory or pids",
        .parse = delegate_parse,
        .format = delegate_format,
        .release = delegate_release,
        .good = SAMPLES("yes", "no", "cpu memory", "pids"),
        .bad = SAMPLES("maybe", "cpu what"),
};

/* DisableControllers= adds up. */
static int controllers_parse(const CodecContext *c, const char *value, void *field) {
        return codec_for_each_word(c, value, WORDS_QUOTES, controller_handle, field);
}

static int controllers_format(const Directive *row, const void *field, Buf *b) {
        return format_words(*(char *const *const *)field, b);
}

const Codec codec_controllers = {
        CODEC_OF(controllers),         .expects = "a controller such as cpu, io, memory or pids",
        .empty_resets = true,          .parse = controllers_parse,
        .format = controllers_format,  .release = release_strv,
        .good = SAMPLES("", "cpu io"), .bad = SAMPLES("net"),
};
