/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Capabilities, capabilities(7), without libcap: a bit set of 64 is all that
 * the kernel knows.
 *
 * AmbientCapabilities= for another user: the permitted set is kept over
 * setresuid(), cut down to what is asked for, and raised as the ambient set.
 * What svinit itself does not have is left out and noted, as in systemd.
 */

#include "exec/seccomp.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define BIT(n) (UINT64_C(1) << (n))
#define KNOWN (BIT(CAP_LAST_CAP + 1) - 1)

typedef struct CapabilitySets {
        uint64_t effective, permitted, inheritable;
} CapabilitySets;

static int capabilities_get(CapabilitySets *ret) {
        struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
        struct __user_cap_data_struct data[2] = { 0 };

        if (syscall(SYS_capget, &header, data) < 0)
                return -errno;
        *ret = (CapabilitySets){ data[0].effective | (uint64_t)data[1].effective << 32,
                                 data[0].permitted | (uint64_t)data[1].permitted << 32,
                                 data[0].inheritable | (uint64_t)data[1].inheritable << 32 };
        return 0;
}

static int capabilities_set(const CapabilitySets *s) {
        struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
        struct __user_cap_data_struct data[2] = {
                { (uint32_t)s->effective, (uint32_t)s->permitted, (uint32_t)s->inheritable },
                { (uint32_t)(s->effective >> 32), (uint32_t)(s->permitted >> 32),
                  (uint32_t)(s->inheritable >> 32) },
        };

        return syscall(SYS_capset, &header, data) < 0 ? -errno : 0;
}

int step_bounding_set(ExecContext *c) {
        const ExecPlan *p = c->plan;
        CapabilitySets s;
        int r;

        /* Full, or cut by what goes with PrivateDevices= and its like. */
        if (!p->apply_sandbox || (p->exec->capability_bounding & KNOWN) == KNOWN)
                return 0;
        for (unsigned cap = 0; cap < 64; cap++) {
                int has;

                if (p->exec->capability_bounding & BIT(cap))
                        continue;
                has = prctl(PR_CAPBSET_READ, cap, 0, 0, 0);
                if (has < 0)
                        break; /* the kernel knows no more */
                if (has > 0 && prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) < 0)
                        return p->exec->capability_bounding_set ? -errno : 0;
        }
        /* What is inheritable would come back through file capabilities, what is ambient through exec. */
        r = capabilities_get(&s);
        if (r < 0)
                return r;
        if ((s.inheritable & ~p->exec->capability_bounding) == 0)
                return 0;
        s.inheritable &= p->exec->capability_bounding;
        return capabilities_set(&s);
}

static uint64_t ambient_wanted(const ExecContext *c) {
        return c->plan->apply_sandbox ? c->plan->exec->capability_ambient : 0;
}

int step_secure_bits(ExecContext *c) {
        unsigned wanted = c->plan->exec->secure_bits;
        int now;

        if (!c->plan->apply_sandbox || wanted == 0)
                return 0;
        now = prctl(PR_GET_SECUREBITS, 0, 0, 0, 0);
        if (now < 0)
                return -errno;
        if ((unsigned)now == wanted)
                return 0;
        return prctl(PR_SET_SECUREBITS, (unsigned long)wanted, 0, 0, 0) < 0 ? -errno : 0;
}

int capability_keep_over_user_change(ExecContext *c) {
        if (ambient_wanted(c) == 0)
                return 0;
        return prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0 ? -errno : 0;
}

int step_ambient_set(ExecContext *c) {
        uint64_t wanted = ambient_wanted(c);
        bool stays_root = c->account.uid == (uid_t)-1 || c->account.uid == 0 || !c->account.switches;
        CapabilitySets s;
        int r;

        if (wanted == 0)
                return 0;
        r = capabilities_get(&s);
        if (r < 0)
                return r;
        if (wanted & ~s.permitted)
                exec_note_text(c, "AmbientCapabilities", "svinit does not have all of them itself");
        wanted &= s.permitted;

        s.inheritable |= wanted;
        if (!stays_root)
                s.permitted = s.effective = wanted;
        r = capabilities_set(&s);
        if (r < 0)
                return r;
        for (unsigned cap = 0; cap < 64; cap++)
                if ((wanted & BIT(cap)) && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0) < 0)
                        return -errno;
        return 0;
}

static bool has_effective(unsigned cap) {
        CapabilitySets s;

        return capabilities_get(&s) >= 0 && (s.effective & BIT(cap));
}

/* systemd.exec(5): a filter implies it for who has not CAP_SYS_ADMIN. */
int step_no_new_privileges(ExecContext *c) {
        if (!c->plan->apply_sandbox)
                return 0;
        if (!c->plan->exec->no_new_privileges &&
            (!seccomp_is_explicit(c->plan) || has_effective(CAP_SYS_ADMIN)))
                return 0;
        return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ? -errno : 0;
}
