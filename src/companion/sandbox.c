/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "companion/sandbox.h"

#include "base/macro.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define READ (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define WRITE                                                                                                \
        (LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |    \
         LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_DIR)

/* Bits that came after the first version, by number: the headers of the machine that compiles may be older. */
#define FS_OF_FIRST ((1ULL << 13) - 1)
#define FS_REFER (1ULL << 13)
#define FS_TRUNCATE (1ULL << 14)
#define FS_IOCTL_DEV (1ULL << 15)
#define NET_BIND 1ULL
#define NET_CONNECT 2ULL
#define SCOPE_ABSTRACT_AND_SIGNAL 3ULL

typedef struct Ruleset {
        uint64_t fs, net, scoped;
} Ruleset;

static long landlock_create(const Ruleset *r, size_t size, uint32_t flags) {
        return syscall(SYS_landlock_create_ruleset, r, size, flags);
}

static void allow(int ruleset, const char *path, uint64_t access) {
        int fd auto_fd = open(path, O_PATH | O_CLOEXEC);
        struct landlock_path_beneath_attr rule = { .allowed_access = access, .parent_fd = fd };

        if (fd >= 0)
                (void)syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
}

/* What was opened before goes on working: sockets, consoles, the file being written. */
static bool lock_names(const Sandbox *box) {
        long abi = landlock_create(NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
        Ruleset r = { .fs = FS_OF_FIRST };
        size_t size = abi >= 6 ? sizeof(r) : abi >= 4 ? 2 * sizeof(uint64_t) : sizeof(uint64_t);
        uint64_t truncate = abi >= 3 ? FS_TRUNCATE : 0;
        int fd auto_fd = -1;

        if (abi < 1)
                return true; /* the kernel has none */
        r.fs |= truncate | (abi >= 2 ? FS_REFER : 0) | (abi >= 5 ? FS_IOCTL_DEV : 0);
        r.net = abi < 4 ? 0 : NET_BIND | (box->network ? 0 : NET_CONNECT);
        r.scoped = abi >= 6 ? SCOPE_ABSTRACT_AND_SIGNAL : 0;

        fd = (int)landlock_create(&r, size, 0);
        if (fd < 0)
                return false;
        allow(fd, "/proc", READ);
        for (size_t i = 0; i < box->n_directories; i++)
                allow(fd, box->directories[i], READ | WRITE | truncate);
        return syscall(SYS_landlock_restrict_self, fd, 0) >= 0;
}

bool sandbox_drop_capabilities(bool keep_dac_override, bool keep_ptrace) {
        struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
        struct __user_cap_data_struct has[2] = { 0 }, keep[2] = { 0 };
        bool ok = true;

        if (syscall(SYS_capget, &header, has) < 0)
                return false;
        if (keep_dac_override)
                keep[0].permitted |= has[0].permitted & (1U << CAP_DAC_OVERRIDE);
        if (keep_ptrace)
                keep[0].permitted |= has[0].permitted & (1U << CAP_SYS_PTRACE);
        keep[0].effective = keep[0].permitted;

        if (has[0].effective & (1U << CAP_SETPCAP))
                for (int cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
                        ok = prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) >= 0 && ok;
        (void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
        return syscall(SYS_capset, &header, keep) >= 0 && ok;
}

bool sandbox_enter(const Sandbox *box) {
        bool ok = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) >= 0;

        ok = lock_names(box) && ok;
        ok = sandbox_drop_capabilities(box->override_permissions, false) && ok;
        return sandbox_filter_calls(box) && ok;
}
