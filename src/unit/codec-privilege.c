/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Capabilities and secure bits. The numbers are the kernel's and will not
 * change; a capability this table does not know may be given as a number.
 */

#include <errno.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <strings.h>

#include "unit/codec-util.h"

#define CAPABILITY_MAX 62 /* the highest number that a set may hold */

static const char *const capability_names[] = {
        "cap_chown",
        "cap_dac_override",
        "cap_dac_read_search",
        "cap_fowner",
        "cap_fsetid",
        "cap_kill",
        "cap_setgid",
        "cap_setuid",
        "cap_setpcap",
        "cap_linux_immutable",
        "cap_net_bind_service",
        "cap_net_broadcast",
        "cap_net_admin",
        "cap_net_raw",
        "cap_ipc_lock",
        "cap_ipc_owner",
        "cap_sys_module",
        "cap_sys_rawio",
        "cap_sys_chroot",
        "cap_sys_ptrace",
        "cap_sys_pacct",
        "cap_sys_admin",
        "cap_sys_boot",
        "cap_sys_nice",
        "cap_sys_resource",
        "cap_sys_time",
        "cap_sys_tty_config",
        "cap_mknod",
        "cap_lease",
        "cap_audit_write",
        "cap_audit_control",
        "cap_setfcap",
        "cap_mac_override",
        "cap_mac_admin",
        "cap_syslog",
        "cap_wake_alarm",
        "cap_block_suspend",
        "cap_audit_read",
        "cap_perfmon",
        "cap_bpf",
        "cap_checkpoint_restore",
};
_Static_assert(ELEMENTSOF(capability_names) == CAP_CHECKPOINT_RESTORE + 1,
               "the table follows the kernel's numbers");

#define ALL_CAPABILITIES (UINT64_MAX >> (63 - CAPABILITY_MAX))

const char *capability_to_string(int capability) {
        return capability >= 0 && capability < (int)ELEMENTSOF(capability_names)
                       ? capability_names[capability]
                       : NULL;
}

int capability_from_string(const char *s) {
        unsigned n;

        for (size_t i = 0; i < ELEMENTSOF(capability_names); i++)
                if (strcasecmp(s, capability_names[i]) == 0)
                        return (int)i;
        return parse_unsigned(s, &n) >= 0 && n <= CAPABILITY_MAX ? (int)n : -1;
}

static int capability_handle(const CodecContext *c, const char *word, void *field) {
        int v = capability_from_string(word);

        if (v < 0)
                return -EINVAL;
        *(uint64_t *)field |= UINT64_C(1) << v;
        return 0;
}

/* The bounding set starts full, the ambient one empty; the row says which. */
static uint64_t initial_set(const Directive *row) {
        return row->detail ? ALL_CAPABILITIES : 0;
}

/*
 * The first list is the set, the next ones add to it; "~" takes away (from
 * all, if it comes first). An empty list is the empty set.
 */
static int capabilities_parse(const CodecContext *c, const char *value, void *field) {
        bool invert = value[0] == '~';
        uint64_t *set = field, named = 0;
        int r;

        r = codec_for_each_word(c, value + invert, WORDS_QUOTES, capability_handle, &named);
        if (r < 0)
                return r;
        if (r > 0 && named == 0)
                return r; /* nothing but mistakes: not an empty set */

        if (named == 0 || *set == initial_set(c->row))
                *set = invert ? ALL_CAPABILITIES & ~named : named;
        else if (invert)
                *set &= ~named;
        else
                *set |= named;
        return r;
}

static int capabilities_format(const Directive *row, const void *field, Buf *b) {
        uint64_t set = *(const uint64_t *)field;
        const char *separator = "";

        if (__builtin_popcountll(set) > CAPABILITY_MAX / 2) { /* nearly all: shorter by what is missing */
                buf_add_char(b, '~');
                set = ALL_CAPABILITIES & ~set;
        }
        for (int i = 0; i <= CAPABILITY_MAX; i++) {
                if (!(set & UINT64_C(1) << i))
                        continue;
                if (capability_to_string(i))
                        buf_addf(b, "%s%s", separator, capability_to_string(i));
                else
                        buf_addf(b, "%s%d", separator, i);
                separator = " ";
        }
        return format_end(b);
}

const Codec codec_capabilities = {
        CODEC_OF(capabilities),
        .expects = "a capability such as CAP_NET_BIND_SERVICE",
        .parse = capabilities_parse,
        .format = capabilities_format,
        .good = SAMPLES("", "~", "CAP_CHOWN", "CAP_NET_BIND_SERVICE cap_setuid", "~CAP_SYS_ADMIN", "40 41"),
        .bad = SAMPLES("CHOWN", "CAP_CHOWN CAP_WHAT", "63", "~ x"),
};

static const struct {
        const char *name;
        unsigned bit;
} secure_bits[] = {
        { "keep-caps", 1U << SECURE_KEEP_CAPS },
        { "keep-caps-locked", 1U << SECURE_KEEP_CAPS_LOCKED },
        { "no-setuid-fixup", 1U << SECURE_NO_SETUID_FIXUP },
        { "no-setuid-fixup-locked", 1U << SECURE_NO_SETUID_FIXUP_LOCKED },
        { "noroot", 1U << SECURE_NOROOT },
        { "noroot-locked", 1U << SECURE_NOROOT_LOCKED },
};

static int secure_bit_handle(const CodecContext *c, const char *word, void *field) {
        for (size_t i = 0; i < ELEMENTSOF(secure_bits); i++)
                if (str_equal(secure_bits[i].name, word)) {
                        *(unsigned *)field |= secure_bits[i].bit;
                        return 0;
                }
        return -EINVAL;
}

static int secure_bits_parse(const CodecContext *c, const char *value, void *field) {
        return codec_for_each_word(c, value, WORDS_QUOTES, secure_bit_handle, field);
}

static int secure_bits_format(const Directive *row, const void *field, Buf *b) {
        const char *separator = "";

        for (size_t i = 0; i < ELEMENTSOF(secure_bits); i++)
                if (*(const unsigned *)field & secure_bits[i].bit) {
                        buf_addf(b, "%s%s", separator, secure_bits[i].name);
                        separator = " ";
                }
        return format_end(b);
}

const Codec codec_secure_bits = {
        CODEC_OF(secure_bits),
        .expects = "one of keep-caps, keep-caps-locked, no-setuid-fixup, no-setuid-fixup-locked, noroot, "
                   "noroot-locked",
        .empty_resets = true,
        .parse = secure_bits_parse,
        .format = secure_bits_format,
        .good = SAMPLES("", "noroot-locked", "keep-caps noroot"),
        .bad = SAMPLES("root", "noroot,keep-caps"),
};
