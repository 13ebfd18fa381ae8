/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "load/dropin.h"

#include <fnmatch.h>

/* What the packages made from systemd's source link into .wants directories of their own. */
static const char *const patterns[] = {
        "systemd-*",
        "*getty@*.service",
        "console-getty.service",
        "getty-static.service",
        "getty.target",
        "autovt@*.service",
        "debug-shell.service",
        "user@*.service",
        "user-runtime-dir@*.service",
        "modprobe@*.service",
        "kmod-static-nodes.service",
        "ldconfig.service",
        "quotaon.service",
        "initrd-*",
        "cryptsetup*.target",
        "integritysetup*.target",
        "veritysetup*.target",
        "remote-cryptsetup.target",
        "remote-veritysetup.target",
        "dev-hugepages.mount",
        "dev-mqueue.mount",
        "proc-sys-fs-binfmt_misc.*mount",
        "sys-fs-fuse-connections.mount",
        "sys-kernel-config.mount",
        "sys-kernel-debug.mount",
        "sys-kernel-tracing.mount",
        "tmp.mount",
};

bool unit_is_of_systemd(const char *name) {
        for (size_t i = 0; i < ELEMENTSOF(patterns); i++)
                if (fnmatch(patterns[i], name, 0) == 0)
                        return true;
        return false;
}
