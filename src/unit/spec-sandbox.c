/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What follows from sandboxing settings: capabilities that go with what is
 * put out of reach, and all that DynamicUser= stands for (systemd.exec(5)).
 */

#include <errno.h>
#include <inttypes.h>
#include <linux/capability.h>

#include "unit/spec-parts.h"

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define ACCOUNT_NAME_MAX 32 /* with the 0: the field in utmp */
#define BIT(n) (UINT64_C(1) << (n))

static uint64_t capabilities_without_use(const SandboxSpec *s) {
        uint64_t set = 0;

        if (s->private_devices)
                set |= BIT(CAP_MKNOD) | BIT(CAP_SYS_RAWIO);
        if (s->protect_kernel_modules)
                set |= BIT(CAP_SYS_MODULE);
        if (s->protect_kernel_logs)
                set |= BIT(CAP_SYSLOG);
        if (s->protect_clock)
                set |= BIT(CAP_SYS_TIME) | BIT(CAP_WAKE_ALARM);
        return set;
}

static int drop_capabilities(UnitSpec *s) {
        uint64_t without = capabilities_without_use(s->sandbox);
        ExecSpec *exec;

        if ((s->exec->capability_bounding & without) == 0)
                return 0;
        exec = spec_part(s, PART_EXEC);
        if (!exec)
                return -ENOMEM;
        exec->capability_bounding &= ~without;
        return 0;
}

/* As systemd: the unit's prefix where that can be a name (so instances share their user), else a hash of it. */
static int name_dynamic_user(const UnitSpec *s, char **ret) {
        uint64_t hash = UINT64_C(14695981039346656037);
        char *prefix auto_free = NULL;
        size_t n;
        int r = name_prefix(s->name, &prefix);

        if (r < 0)
                return r;
        n = strspn(prefix, LETTERS "0123456789_-");
        if (prefix[n] == 0 && n < ACCOUNT_NAME_MAX && strchr(LETTERS "_", prefix[0])) {
                *ret = TAKE(prefix);
                return 0;
        }
        for (const char *p = prefix; *p; p++)
                hash = (hash ^ (unsigned char)*p) * UINT64_C(1099511628211);
        return str_printf(ret, "_du%016" PRIx64, hash);
}

/* The user is gone after the run: nothing of his may stay where another one could find it. */
static int fence_dynamic_user(UnitSpec *s) {
        SandboxSpec *sandbox;
        ExecSpec *exec;
        int r;

        if (!s->exec->dynamic_user)
                return 0;
        exec = spec_part(s, PART_EXEC);
        sandbox = spec_part(s, PART_SANDBOX);
        if (!exec || !sandbox)
                return -ENOMEM;
        if (!exec->user) {
                r = name_dynamic_user(s, &exec->user);
                if (r < 0)
                        return r;
        }
        if (!exec->group) {
                exec->group = strdup(exec->user);
                if (!exec->group)
                        return -ENOMEM;
        }
        exec->no_new_privileges = exec->remove_ipc = true;
        sandbox->private_tmp = sandbox->restrict_suid_sgid = true;
        if (sandbox->protect_system == PROTECT_SYSTEM_NO)
                sandbox->protect_system = PROTECT_SYSTEM_STRICT;
        if (sandbox->protect_home == PROTECT_HOME_NO)
                sandbox->protect_home = PROTECT_HOME_READ_ONLY;
        return 0;
}

int spec_complete_sandbox(UnitSpec *s) {
        int r = fence_dynamic_user(s);

        return r < 0 ? r : drop_capabilities(s);
}
