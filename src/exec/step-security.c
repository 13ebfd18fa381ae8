/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Labels of security modules for the program that is executed, and the kernel
 * keyring. A module that this kernel does not run has nothing to apply; one
 * that refuses a label fails the unit, unless "-" stands before the label.
 */

#include "exec/child.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

typedef struct Module {
        const char *key, *witness; /* a path that is there where the module is in use */
        const char *attributes[2]; /* files in /proc/self/attr, the newer one first */
        const char *prefix;
} Module;

static int write_attribute(const Module *m, const char *label) {
        char path[64], text[4096];
        int r = -ENOENT, n = snprintf(text, sizeof(text), "%s%s", m->prefix, label);

        if (n < 0 || (size_t)n >= sizeof(text))
                return -ENAMETOOLONG;
        for (size_t i = 0; r == -ENOENT && i < ELEMENTSOF(m->attributes) && m->attributes[i]; i++) {
                int fd auto_fd = -1;

                (void)snprintf(path, sizeof(path), "/proc/self/attr/%s", m->attributes[i]);
                fd = open(path, O_WRONLY | O_CLOEXEC);
                r = fd < 0 || write(fd, text, (size_t)n) != n ? -errno : 0;
        }
        return r;
}

static int set_label(ExecContext *c, const Module *m, const char *label) {
        bool optional = label && label[0] == '-';
        int r;

        if (!c->plan->apply_sandbox || str_is_empty(label))
                return 0;
        label += optional;
        exec_detail(c, label);
        if (access(m->witness, F_OK) < 0) {
                if (!optional)
                        exec_note_text(c, m->key, "the kernel does not run this security module");
                return 0;
        }
        r = write_attribute(m, label);
        return optional ? 0 : r;
}

int step_selinux(ExecContext *c) {
        static const Module selinux = { "SELinuxContext", "/sys/fs/selinux/enforce", { "exec" }, "" };

        return set_label(c, &selinux, c->plan->exec->selinux_context);
}

int step_apparmor(ExecContext *c) {
        static const Module apparmor = { "AppArmorProfile",
                                         "/sys/module/apparmor/parameters/enabled",
                                         { "apparmor/exec", "exec" },
                                         "exec " };

        return set_label(c, &apparmor, c->plan->exec->apparmor_profile);
}

int step_smack(ExecContext *c) {
        static const Module smack = {
                "SmackProcessLabel", "/sys/fs/smackfs/load2", { "smack/current", "current" }, ""
        };

        return set_label(c, &smack, c->plan->exec->smack_label);
}

/* keyctl(2), without its library. */
#define JOIN_SESSION_KEYRING 1
#define LINK_KEY 8
#define SESSION_KEYRING (-3)
#define USER_KEYRING (-4)

/*
 * As the service's user, whose keyrings they are. Containers usually have none:
 * that is no loss that the unit asked for. Who stays what svinit is and asks
 * for nothing keeps svinit's: a keyring costs as much as ten system calls.
 */
int step_keyring(ExecContext *c) {
        const ExecSpec *e = c->plan->exec;
        long r;

        if (e->keyring_mode == KEYRING_INHERIT || !c->plan->apply_sandbox ||
            (!e->keyring_set && !c->account.switches))
                return 0;
        r = syscall(SYS_keyctl, JOIN_SESSION_KEYRING, 0, 0, 0, 0);
        if (r >= 0 && e->keyring_mode == KEYRING_SHARED)
                r = syscall(SYS_keyctl, LINK_KEY, USER_KEYRING, SESSION_KEYRING, 0, 0);
        if (r >= 0)
                return 0;
        if (errno != EPERM && errno != EACCES && errno != ENOSYS && errno != EDQUOT)
                return -errno;
        if (e->keyring_set)
                exec_note_text(c, "KeyringMode", "kernel keyrings are denied here");
        return 0;
}
