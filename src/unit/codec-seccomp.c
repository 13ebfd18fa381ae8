/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a system call filter is told: system calls, architectures, address
 * families, namespaces; and how mounts spread.
 *
 * The lists of system calls and of address families keep their words as
 * written, each with the "~" of its assignment: what they mean together
 * depends on their order and is worked out where it is needed.
 */

#include <errno.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/socket.h>

#include "unit/address-families.h"
#include "unit/codec-util.h"
#include "unit/system-calls.h"

static int system_call_handle(const CodecContext *c, const char *word, void *field) {
        size_t n = strcspn(word, ":");

        if (word[n] == ':' && system_call_error_from_string(word + n + 1) < 0)
                return -EINVAL;
        if (!system_call_is_known(word, n)) {
                codec_note(c, SEVERITY_WARNING,
                           "'%.*s' is no system call that is known here; it is left out.",
                           (int)MIN(n, (size_t)64), word);
                return 0;
        }
        return strv_add(field, word);
}

/* Adds the words of one assignment, each with its "~". */
static int filter_parse(const CodecContext *c, const char *value, WordHandler handler, void *field) {
        bool invert = value[0] == '~';
        char **words auto_strv = NULL;
        int r, said;

        said = codec_for_each_word(c, value + invert, WORDS_QUOTES, handler, &words);
        if (said < 0)
                return said;
        STRV_FOREACH (w, words) {
                char *text;

                r = str_printf(&text, "%s%s", invert ? "~" : "", *w);
                if (r >= 0)
                        r = strv_push(field, text);
                if (r < 0)
                        return r;
        }
        return said;
}

/* One line for each run of words with or without "~". */
static int filter_format(const Directive *row, const void *field, Buf *b) {
        char *const *words = *(char **const *)field;
        size_t start = b->len;
        bool inverted = false;

        STRV_FOREACH (w, words) {
                bool now = (*w)[0] == '~';

                if (w == words || now != inverted) {
                        format_line_break(b, start);
                        buf_add(b, now ? "~" : "");
                } else
                        buf_add_char(b, ' ');
                format_literal(*w + now, b);
                inverted = now;
        }
        return format_end(b);
}

/* What is allowed needs no answer. */
static int allowed_call_handle(const CodecContext *c, const char *word, void *field) {
        if (strchr(word, ':'))
                return codec_refuse(
                        c, "'%.120s' has an error number, which only denied system calls (~) have", word);
        return system_call_handle(c, word, field);
}

static int system_calls_parse(const CodecContext *c, const char *value, void *field) {
        return filter_parse(c, value, value[0] == '~' ? system_call_handle : allowed_call_handle, field);
}

const Codec codec_system_calls = {
        CODEC_OF(system_calls),
        .expects = "a system call or a group such as @system-service, perhaps with :ERRNO",
        .empty_resets = true,
        .lines = true,
        .parse = system_calls_parse,
        .format = filter_format,
        .release = release_strv,
        .good = SAMPLES("", "read write", "@system-service", "~@privileged @resources:EPERM", "~mount:kill"),
        .bad = SAMPLES("read:EWHAT", "read:EPERM", "~mount:5000"),
};

static int logged_call_handle(const CodecContext *c, const char *word, void *field) {
        return strchr(word, ':') ? -EINVAL : system_call_handle(c, word, field);
}

static int logged_calls_parse(const CodecContext *c, const char *value, void *field) {
        return filter_parse(c, value, logged_call_handle, field);
}

const Codec codec_logged_calls = {
        CODEC_OF(logged_calls),
        .expects = "a system call or a group such as @clock",
        .empty_resets = true,
        .lines = true,
        .parse = logged_calls_parse,
        .format = filter_format,
        .release = release_strv,
        .good = SAMPLES("", "settimeofday", "@clock @module", "~@system-service"),
        .bad = SAMPLES("mount:EPERM"),
};

static int system_call_error_parse(const CodecContext *c, const char *value, void *field) {
        int e = system_call_error_from_string(value);

        if (e <= 0)
                return -EINVAL;
        *(int *)field = e;
        return 0;
}

static int system_call_error_format(const Directive *row, const void *field, Buf *b) {
        int e = *(const int *)field;

        if (e == SYSTEM_CALL_KILL)
                buf_add(b, "kill");
        else if (strerrorname_np(e) && e > 0)
                buf_add(b, strerrorname_np(e));
        else
                buf_addf(b, "%d", e);
        return format_end(b);
}

const Codec codec_system_call_error = {
        CODEC_OF(system_call_error),
        .expects = "an error such as EPERM or 1, or kill",
        .empty_resets = true,
        .parse = system_call_error_parse,
        .format = system_call_error_format,
        .good = SAMPLES("", "EPERM", "1", "kill", "4095"),
        .bad = SAMPLES("EWHAT", "-1", "0", "4096"),
};

static int architecture_handle(const CodecContext *c, const char *word, void *field) {
        static const char *const known[] = {
                "native",   "x86",    "x86-64",    "x32",        "arm",           "arm64", "mips",
                "mips-le",  "mips64", "mips64-le", "mips64-n32", "mips64-le-n32", "ppc",   "ppc64",
                "ppc64-le", "parisc", "parisc64",  "riscv64",    "s390",          "s390x",
        };

        for (size_t i = 0; i < ELEMENTSOF(known); i++)
                if (str_equal(known[i], word))
                        return strv_add_unique(field, word);
        return -EINVAL;
}

static int architectures_parse(const CodecContext *c, const char *value, void *field) {
        return codec_for_each_word(c, value, WORDS_QUOTES, architecture_handle, field);
}

static int architectures_format(const Directive *row, const void *field, Buf *b) {
        return format_words(*(char **const *)field, b);
}

const Codec codec_architectures = {
        CODEC_OF(architectures),
        .expects = "an architecture such as native, x86-64 or arm64",
        .empty_resets = true,
        .parse = architectures_parse,
        .format = architectures_format,
        .release = release_strv,
        .good = SAMPLES("", "native", "x86-64 x86", "arm64"),
        .bad = SAMPLES("amd64", "native i386"),
};

static int address_family_handle(const CodecContext *c, const char *word, void *field) {
        if (address_family_from_string(word) < 0)
                return -EINVAL;
        return strv_add(field, word);
}

static int address_families_parse(const CodecContext *c, const char *value, void *field) {
        if (!str_equal(value, "none"))
                return filter_parse(c, value, address_family_handle, field);
        release_strv(field);
        return strv_add(field, "none");
}

const Codec codec_address_families = {
        CODEC_OF(address_families),
        .expects = "none or an address family such as AF_INET",
        .empty_resets = true,
        .lines = true,
        .parse = address_families_parse,
        .format = filter_format,
        .release = release_strv,
        .good = SAMPLES("", "none", "AF_UNIX AF_INET AF_INET6", "~AF_PACKET"),
        .bad = SAMPLES("INET", "AF_WHAT"),
};

static const struct {
        const char *name;
        uint64_t flag;
} namespaces[] = {
        { "cgroup", CLONE_NEWCGROUP }, { "ipc", CLONE_NEWIPC }, { "mnt", CLONE_NEWNS },
        { "net", CLONE_NEWNET },       { "pid", CLONE_NEWPID }, { "user", CLONE_NEWUSER },
        { "uts", CLONE_NEWUTS },
};
#define ALL_NAMESPACES UINT64_MAX /* nothing was said */

static int namespace_handle(const CodecContext *c, const char *word, void *field) {
        for (size_t i = 0; i < ELEMENTSOF(namespaces); i++)
                if (str_equal(namespaces[i].name, word)) {
                        *(uint64_t *)field |= namespaces[i].flag;
                        return 0;
                }
        return -EINVAL;
}

/* "yes" restricts all. A first list is the set that is left, the next ones add to it; "~" takes away. */
static int namespaces_parse(const CodecContext *c, const char *value, void *field) {
        uint64_t *set = field, named = 0;
        bool restricted, invert = value[0] == '~';
        int r;

        if (parse_bool(value, &restricted) >= 0) {
                *set = restricted ? 0 : ALL_NAMESPACES;
                return 0;
        }
        r = codec_for_each_word(c, value + invert, WORDS_QUOTES, namespace_handle, &named);
        if (r < 0 || (r > 0 && named == 0))
                return r;
        if (invert)
                *set &= ~named;
        else
                *set = *set == ALL_NAMESPACES ? named : *set | named;
        return r;
}

static int namespaces_format(const Directive *row, const void *field, Buf *b) {
        uint64_t set = *(const uint64_t *)field, all = 0;
        const char *separator = "";

        for (size_t i = 0; i < ELEMENTSOF(namespaces); i++)
                all |= namespaces[i].flag;
        if ((set & all) == all || (set & all) == 0) {
                buf_add(b, set & all ? "no" : "yes");
                return format_end(b);
        }
        /* What is taken away from all differs from what is left of none when more is added. */
        bool from_all = set & ~all;
        buf_add(b, from_all ? "~" : "");
        for (size_t i = 0; i < ELEMENTSOF(namespaces); i++)
                if (!(set & namespaces[i].flag) == from_all) {
                        buf_addf(b, "%s%s", separator, namespaces[i].name);
                        separator = " ";
                }
        return format_end(b);
}

const Codec codec_namespaces = {
        CODEC_OF(namespaces),
        .expects = "a boolean or one of cgroup, ipc, mnt, net, pid, user, uts",
        .empty_resets = true,
        .parse = namespaces_parse,
        .format = namespaces_format,
        .good = SAMPLES("", "yes", "no", "net ipc", "~user"),
        .bad = SAMPLES("time travel", "~all"),
};

static const struct {
        const char *name;
        unsigned long flag;
} propagations[] = { { "shared", MS_SHARED }, { "slave", MS_SLAVE }, { "private", MS_PRIVATE } };

static int mount_flags_parse(const CodecContext *c, const char *value, void *field) {
        for (size_t i = 0; i < ELEMENTSOF(propagations); i++)
                if (str_equal(propagations[i].name, value)) {
                        *(unsigned long *)field = propagations[i].flag;
                        return 0;
                }
        return -EINVAL;
}

static int mount_flags_format(const Directive *row, const void *field, Buf *b) {
        for (size_t i = 0; i < ELEMENTSOF(propagations); i++)
                if (propagations[i].flag == *(const unsigned long *)field)
                        buf_add(b, propagations[i].name);
        return format_end(b);
}

const Codec codec_mount_flags = {
        CODEC_OF(mount_flags),        .expects = "shared, slave or private",
        .empty_resets = true,         .parse = mount_flags_parse,
        .format = mount_flags_format, .good = SAMPLES("", "shared", "slave", "private"),
        .bad = SAMPLES("rshared"),
};
