/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the kernel's scheduler and the log are told: words for small numbers,
 * and sets of CPUs.
 */

#include <errno.h>
#include <sched.h>
#include <syslog.h>

#include "unit/codec-util.h"

typedef struct NamedNumber {
        const char *name;
        int value;
} NamedNumber;

/* highest: of the numbers that may stand for a word; negative: none may. */
static int find_number(const NamedNumber *table, size_t n, const char *name, int highest, int *ret) {
        unsigned v;

        if (name[0] == 0) { /* not given */
                *ret = -1;
                return 0;
        }
        for (size_t i = 0; i < n; i++)
                if (str_equal(table[i].name, name)) {
                        *ret = table[i].value;
                        return 0;
                }
        if (highest < 0 || parse_unsigned(name, &v) < 0 || v > (unsigned)highest)
                return -EINVAL;
        *ret = (int)v;
        return 0;
}

static int format_number(const NamedNumber *table, size_t n, int value, Buf *b) {
        for (size_t i = 0; i < n; i++)
                if (table[i].value == value) {
                        buf_add(b, table[i].name);
                        return format_end(b);
                }
        if (value >= 0)
                buf_addf(b, "%d", value);
        return format_end(b);
}

#define NAMED_CODEC(name_, table_, highest_, expects_, good_, bad_)                                          \
        static int name_##_parse(const CodecContext *c, const char *value, void *field) {                    \
                return find_number(table_, ELEMENTSOF(table_), value, highest_, field);                      \
        }                                                                                                    \
        static int name_##_format(const Directive *row, const void *field, Buf *b) {                         \
                return format_number(table_, ELEMENTSOF(table_), *(const int *)field, b);                    \
        }                                                                                                    \
        const Codec codec_##name_ = {                                                                        \
                CODEC_OF(name_),          .expects = expects_, .empty_resets = true, .parse = name_##_parse, \
                .format = name_##_format, .good = good_,       .bad = bad_,                                  \
        }

/* ioprio_set(2): the C library has no names. */
static const NamedNumber io_classes[] = {
        { "none", 0 }, { "realtime", 1 }, { "best-effort", 2 }, { "idle", 3 }
};

NAMED_CODEC(io_class, io_classes, 3, "one of none, realtime, best-effort, idle",
            SAMPLES("idle", "best-effort", "1"), SAMPLES("rt", "4"));

static const NamedNumber cpu_policies[] = {
        { "other", SCHED_OTHER }, { "batch", SCHED_BATCH }, { "idle", SCHED_IDLE },
        { "fifo", SCHED_FIFO },   { "rr", SCHED_RR },
};

NAMED_CODEC(cpu_policy, cpu_policies, 6, "one of other, batch, idle, fifo, rr",
            SAMPLES("other", "batch", "idle", "rr"), SAMPLES("realtime", "7"));

static const NamedNumber facilities[] = {
        { "kern", LOG_KERN },     { "user", LOG_USER },         { "mail", LOG_MAIL },
        { "daemon", LOG_DAEMON }, { "auth", LOG_AUTH },         { "syslog", LOG_SYSLOG },
        { "lpr", LOG_LPR },       { "news", LOG_NEWS },         { "uucp", LOG_UUCP },
        { "cron", LOG_CRON },     { "authpriv", LOG_AUTHPRIV }, { "ftp", LOG_FTP },
        { "local0", LOG_LOCAL0 }, { "local1", LOG_LOCAL1 },     { "local2", LOG_LOCAL2 },
        { "local3", LOG_LOCAL3 }, { "local4", LOG_LOCAL4 },     { "local5", LOG_LOCAL5 },
        { "local6", LOG_LOCAL6 }, { "local7", LOG_LOCAL7 },
};

/* The field holds syslog's number, shifted by three bits; people write the plain one. */
static int syslog_facility_parse(const CodecContext *c, const char *value, void *field) {
        unsigned plain;

        if (parse_unsigned(value, &plain) >= 0) {
                if (plain > 23)
                        return -EINVAL;
                *(int *)field = (int)(plain << 3);
                return 0;
        }
        return find_number(facilities, ELEMENTSOF(facilities), value, -1, field);
}

static int syslog_facility_format(const Directive *row, const void *field, Buf *b) {
        int v = *(const int *)field;

        for (size_t i = 0; i < ELEMENTSOF(facilities); i++)
                if (facilities[i].value == v)
                        return format_number(facilities, ELEMENTSOF(facilities), v, b);
        buf_addf(b, "%d", v >> 3);
        return format_end(b);
}

const Codec codec_syslog_facility = {
        CODEC_OF(syslog_facility),
        .expects = "a syslog facility such as daemon, local0 or 3",
        .empty_resets = true,
        .filled = true,
        .parse = syslog_facility_parse,
        .format = syslog_facility_format,
        .good = SAMPLES("daemon", "local7", "23", "kern", "12"),
        .bad = SAMPLES("24", "local8", "Daemon"),
};

static const NamedNumber levels[] = {
        { "emerg", LOG_EMERG },     { "alert", LOG_ALERT },   { "crit", LOG_CRIT }, { "err", LOG_ERR },
        { "warning", LOG_WARNING }, { "notice", LOG_NOTICE }, { "info", LOG_INFO }, { "debug", LOG_DEBUG },
};

NAMED_CODEC(syslog_level, levels, LOG_DEBUG,
            "one of emerg, alert, crit, err, warning, notice, info, debug, or 0 to 7",
            SAMPLES("info", "debug", "0", "7"), SAMPLES("8", "error", "Info"));

#define CPU_MAX 8191

/* One number or range of "0-3,5 7". */
static int cpu_range_parse(const char *word, unsigned *ret_from, unsigned *ret_to) {
        const char *dash = strchr(word, '-');
        char *from auto_free = strndup(word, dash ? (size_t)(dash - word) : strlen(word));

        if (!from)
                return -ENOMEM;
        if (parse_unsigned(from, ret_from) < 0 || parse_unsigned(dash ? dash + 1 : from, ret_to) < 0)
                return -EINVAL;
        return *ret_from <= *ret_to && *ret_to <= CPU_MAX ? 0 : -EINVAL;
}

/* Appends what `value` says to the list, in a form the child reads without surprises: "0-3 5". */
static int cpu_set_parse(const CodecContext *c, const char *value, void *field) {
        char *text auto_free = NULL;
        char *save = NULL;
        Buf list auto_buf = { 0 };
        int r;

        r = codec_expand(c, value, &text);
        if (r != 0)
                return r;

        /* The word that a row knows stands for itself: it takes the place of a list, and a list its. */
        if (c->row->choices && str_equal(text, c->row->choices))
                return str_replace(field, text);
        if (*(char **)field && !str_equal(*(char **)field, c->row->choices))
                buf_add(&list, *(char **)field);

        for (char *word = strtok_r(text, " \t,", &save); word; word = strtok_r(NULL, " \t,", &save)) {
                unsigned from, to;

                r = cpu_range_parse(word, &from, &to);
                if (r == -EINVAL)
                        return codec_refuse_value(c, word, codec_expects(c->row));
                if (r < 0)
                        return r;
                buf_addf(&list, "%s%u", list.len > 0 ? " " : "", from);
                if (to > from)
                        buf_addf(&list, "-%u", to);
        }
        if (list.error < 0)
                return list.error;
        if (list.len == 0)
                return -EINVAL;
        release_string(field);
        return buf_take(&list, field);
}

static int cpu_set_format(const Directive *row, const void *field, Buf *b) {
        format_literal(*(char *const *)field, b);
        return format_end(b);
}

const Codec codec_cpu_set = {
        CODEC_OF(cpu_set),
        .expects = "a CPU number or a range such as 0-3",
        .empty_resets = true,
        .parse = cpu_set_parse,
        .format = cpu_set_format,
        .release = release_string,
        .good = SAMPLES("", "0", "0-3,5 7", "1 2"),
        .bad = SAMPLES("a", "3-1", "8192", ",", "-1"),
};

/* set_mempolicy(2): the C library has no names. */
static const NamedNumber numa_policies[] = {
        { "default", 0 }, { "preferred", 1 }, { "bind", 2 }, { "interleave", 3 }, { "local", 4 },
};

NAMED_CODEC(numa_policy, numa_policies, -1, "one of default, preferred, bind, interleave, local",
            SAMPLES("", "default", "preferred", "bind", "interleave", "local"), SAMPLES("strict", "1"));

/* core(5): the bits of /proc/PID/coredump_filter. */
static const char *const memory_kinds[] = {
        "private-anonymous", "shared-anonymous", "private-file-backed", "shared-file-backed", "elf-headers",
        "private-huge",      "shared-huge",      "private-dax",         "shared-dax",
};
#define DEFAULT_COREDUMP_FILTER 0x33

static int memory_kind_handle(const CodecContext *c, const char *word, void *field) {
        uint64_t *set = field, mask;
        char *end;

        if (str_equal(word, "all") || str_equal(word, "default")) {
                *set |= word[0] == 'a' ? UINT64_MAX : DEFAULT_COREDUMP_FILTER;
                return 0;
        }
        for (size_t i = 0; i < ELEMENTSOF(memory_kinds); i++)
                if (str_equal(memory_kinds[i], word)) {
                        *set |= UINT64_C(1) << i;
                        return 0;
                }
        if (!word[0] || !strchr("0123456789abcdefABCDEF", word[0]))
                return -EINVAL; /* no blank, no sign */
        errno = 0;
        mask = strtoull(word, &end, 16);
        if (errno != 0 || *end != 0)
                return -EINVAL;
        *set |= mask;
        return 0;
}

static int coredump_filter_parse(const CodecContext *c, const char *value, void *field) {
        return codec_for_each_word(c, value, WORDS_QUOTES, memory_kind_handle, field);
}

static int coredump_filter_format(const Directive *row, const void *field, Buf *b) {
        buf_addf(b, "0x%llx", (unsigned long long)*(const uint64_t *)field);
        return format_end(b);
}

const Codec codec_coredump_filter = {
        CODEC_OF(coredump_filter),
        .expects = "a kind of memory such as private-anonymous, all, default, or a hexadecimal mask",
        .empty_resets = true,
        .parse = coredump_filter_parse,
        .format = coredump_filter_format,
        .good = SAMPLES("", "default", "all", "0x33", "private-huge shared-dax"),
        .bad = SAMPLES("everything", "0xg", "x86", "10000000000000000"),
};
