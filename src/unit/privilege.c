/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "unit/privilege.h"

#include "unit/codec-util.h"
#include "unit/directive-tables.h"

static const char *const places[PLACE_MAX] = {
        [PLACE_PRIVILEGED] = "privileged",
        [PLACE_DOCKER] = "docker",
        [PLACE_USER] = "user",
};

/* "noted": the unit runs without, and its status says so; with Strict=yes it fails. */
static const char *const outcomes[NEED_MAX][PLACE_MAX] = {
        [NEED_NOTHING] = { "applied", "applied", "applied" },
        [NEED_IDENTITY] = { "applied", "applied",
                            "applied if it is svinit's own, else fails (217/USER, 216/GROUP)" },
        [NEED_BOUNDING] = { "applied", "applied", "fails (218/CAPABILITIES)" },
        [NEED_SECURE_BITS] = { "applied", "applied", "fails (213/SECUREBITS)" },
        [NEED_AMBIENT] = { "applied", "applied as far as the container has them, the others noted", "noted" },
        [NEED_PROCESSOR] = { "applied; processors that are not there noted",
                             "applied; processors that are not there noted",
                             "applied; processors that are not there noted" },
        [NEED_SHARE] = { "applied", "applied if it asks for less than usual, else noted",
                         "applied if it asks for less than usual, else noted" },
        [NEED_PRIORITY] = { "applied", "noted", "noted" },
        [NEED_LIMIT] = { "applied", "applied up to the hard limit, beyond it noted",
                         "applied up to the hard limit, beyond it noted" },
        [NEED_RUNTIME] = { "applied", "applied",
                           "applied where svinit may write, else fails (233/RUNTIME_DIRECTORY)" },
        [NEED_STATE] = { "applied", "applied",
                         "applied where svinit may write, else fails (238/STATE_DIRECTORY)" },
        [NEED_CACHE] = { "applied", "applied",
                         "applied where svinit may write, else fails (239/CACHE_DIRECTORY)" },
        [NEED_LOGS] = { "applied", "applied",
                        "applied where svinit may write, else fails (240/LOGS_DIRECTORY)" },
        [NEED_CONFIGURATION] = { "applied", "applied",
                                 "applied where svinit may write, else fails (241/CONFIGURATION_DIRECTORY)" },
        [NEED_KEYRING] = { "applied", "noted", "applied" },
        [NEED_NUMA] = { "applied", "noted", "applied" },
        [NEED_IPC] = { "applied", "applied", "nothing is removed: there is no other user" },
        [NEED_UTMP] = { "applied; noted where there is no utmp", "applied; noted where there is no utmp",
                        "noted" },
        [NEED_MODULE] = { "as the kernel's module decides; noted where there is none",
                          "as the kernel's module decides; noted where there is none",
                          "as the kernel's module decides; noted where there is none" },
        [NEED_ROOT] = { "applied", "applied", "fails (210/CHROOT)" },
        [NEED_ROOT_MOUNTS] = { "applied", "noted",
                               "fails with RootDirectory= (210/CHROOT); with PrivateUsers= noted" },
        [NEED_PROC] = { "applied", "noted", "noted" },
        [NEED_TERMINAL] = { "applied", "noted", "noted" },
        [NEED_MOUNTS] = { "applied", "noted",
                          "noted; with PrivateUsers= applied where user namespaces are allowed" },
        [NEED_MOUNTS_AND_CAPABILITIES] = { "applied", "capabilities dropped, the mounts noted", "noted" },
        [NEED_MOUNTS_AND_FILTER] = { "applied", "noted", "noted" },
        [NEED_CAPABILITIES_AND_FILTER] = { "applied", "applied: nobody has these capabilities",
                                           "applied: nobody has these capabilities" },
        [NEED_NAMESPACE_AND_FILTER] = { "applied", "noted",
                                        "noted; with PrivateUsers= applied where user namespaces are "
                                        "allowed" },
        [NEED_NAMESPACE] = { "applied", "noted",
                             "noted; with PrivateUsers= applied where user namespaces are allowed" },
        [NEED_USERS] = { "applied", "noted", "applied where user namespaces are allowed, else noted" },
        [NEED_NAMED_NETWORK] = { "applied", "fails (225/NETWORK)", "fails (225/NETWORK)" },
        [NEED_NAMED_IPC] = { "applied", "fails (226/NAMESPACE)", "fails (226/NAMESPACE)" },
        [NEED_FILTER] = { "applied", "applied, with no-new-privileges; noted without libseccomp",
                          "applied, with no-new-privileges; noted without libseccomp" },
        [NEED_STRICT_FILTER] = { "applied; without libseccomp fails (228/SECCOMP)",
                                 "applied, with no-new-privileges; without libseccomp fails (228/SECCOMP)",
                                 "applied, with no-new-privileges; without libseccomp fails (228/SECCOMP)" },
        [NEED_SECRETS] = { "applied, in memory", "applied, in memory (/dev/shm)",
                           "applied, in memory (/dev/shm)" },
};

const char *place_to_string(Place p) {
        return (int)p >= 0 && p < PLACE_MAX ? places[p] : NULL;
}

static bool is_of_exec(const Directive *d) {
        return str_equal(d->section, "*exec") && !d->alias_of;
}

const char *directive_outcome(const Directive *d, Place p) {
        if (!is_of_exec(d) || !place_to_string(p))
                return NULL;
        if (d->support == SUPPORT_IGNORED)
                return "ignored";
        if (d->support == SUPPORT_REFUSED)
                return "the unit is refused";
        return outcomes[d->outcome][p];
}

#define POLICY_FIFO 1 /* sched_setscheduler(2) */
#define POLICY_RR 2
#define IO_CLASS_REALTIME 1 /* ioprio_set(2) */

static bool asks_for_more_than_usual(const Directive *d, const ExecSpec *e) {
        if (str_equal(d->key, "Nice"))
                return e->nice < 0;
        if (str_equal(d->key, "OOMScoreAdjust"))
                return e->oom_score_adjust < 0;
        if (str_equal(d->key, "IOSchedulingClass"))
                return e->io_class == IO_CLASS_REALTIME;
        return e->cpu_policy == POLICY_FIFO || e->cpu_policy == POLICY_RR;
}

const char *setting_lack(const Directive *d, const UnitSpec *s, Place p) {
        const char *outcome = is_of_exec(d) && d->support == SUPPORT_FULL ? directive_outcome(d, p) : NULL;

        if (!outcome || p == PLACE_PRIVILEGED)
                return NULL;
        switch ((Need)d->outcome) {
        case NEED_SHARE:
        case NEED_PRIORITY:
                return asks_for_more_than_usual(d, s->exec) ? "noted" : NULL;
        case NEED_MOUNTS:
        case NEED_NAMESPACE:
        case NEED_NAMESPACE_AND_FILTER:
        case NEED_USERS:
                /* Where user namespaces are allowed is not known before it is tried. */
                return p == PLACE_USER && s->sandbox->private_users ? NULL : "noted";
        default:
                return str_starts_with(outcome, "applied") || str_starts_with(outcome, "as ") ||
                                       str_starts_with(outcome, "nothing")
                               ? NULL
                               : outcome;
        }
}

static void dump_table(const Directive *rows, Buf *b) {
        for (const Directive *d = rows; d->key; d++) {
                if (!is_of_exec(d))
                        continue;
                buf_add(b, d->key);
                for (Place p = 0; p < PLACE_MAX; p++)
                        buf_addf(b, "\t%s", directive_outcome(d, p) ?: "");
                buf_add_char(b, '\n');
        }
}

void directives_dump_outcomes(Buf *b) {
        dump_table(exec_directives, b);
        dump_table(sandbox_directives, b);
}
