/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * SystemCallFilter= and SystemCallLog= as rules.
 *
 * Where only listed calls are allowed, the others fall into two: calls that
 * systemd knows get the error of the unit, calls that came after it get
 * ENOSYS, so that a program falls back as on an older kernel.
 */

#include "exec/seccomp-rules.h"

#if HAVE_LIBSECCOMP

#include <errno.h>

static uint32_t deny_action(int error) {
        return error == SYSTEM_CALL_KILL ? SCMP_ACT_KILL_PROCESS : SCMP_ACT_ERRNO((unsigned)error);
}

static bool is_allow_list(char *const *words) {
        return words && words[0] && words[0][0] != '~';
}

uint32_t seccomp_filter_default(const ExecPlan *p) {
        return is_allow_list(p->sandbox->system_calls) ? SCMP_ACT_ERRNO(ENOSYS) : SCMP_ACT_ALLOW;
}

/* A rule that says what is done anyway is refused by the library, and not needed. */
static int add_call(const SeccompBuild *b, uint32_t action, uint32_t otherwise, const char *name) {
        return action == otherwise ? 0 : seccomp_add_rule(b, action, name, NULL, 0);
}

static int add_calls(const SeccompBuild *b, const SystemCallSet *set) {
        uint32_t denied = deny_action(b->plan->sandbox->system_call_error),
                 otherwise = seccomp_filter_default(b->plan);
        int r = 0;

        for (size_t i = 0; r >= 0 && i < set->n; i++) {
                const SystemCall *call = set->v + i;
                uint32_t action = call->error != SYSTEM_CALL_PLAIN ? deny_action(call->error)
                                  : set->allow                     ? SCMP_ACT_ALLOW
                                                                   : denied;

                r = add_call(b, action, otherwise, call->name);
        }
        return r;
}

/* Those that stand in the one list and not in the other; both are sorted. */
static int add_others(const SeccompBuild *b, const SystemCallSet *set, const SystemCallSet *all) {
        uint32_t denied = deny_action(b->plan->sandbox->system_call_error),
                 otherwise = seccomp_filter_default(b->plan);
        int r = 0;

        for (size_t i = 0, k = 0; r >= 0 && i < all->n; i++) {
                if (k < set->n && str_equal(all->v[i].name, set->v[k].name))
                        k++;
                else
                        r = add_call(b, denied, otherwise, all->v[i].name);
        }
        return r;
}

int seccomp_add_calls(const SeccompBuild *b) {
        static char *const everything[] = { (char *)"@known", NULL };
        SystemCallSet set = { 0 }, all = { 0 };
        int r = system_calls_resolve(b->plan->sandbox->system_calls, &set);

        if (r >= 0)
                r = add_calls(b, &set);
        if (r >= 0 && set.allow) {
                r = system_calls_resolve(everything, &all);
                if (r >= 0)
                        r = add_others(b, &set, &all);
        }
        system_call_set_release(&set);
        system_call_set_release(&all);
        return r;
}

/* After "~": all but the listed ones are logged. */
int seccomp_add_log(const SeccompBuild *b) {
        SystemCallSet set = { 0 };
        int r = system_calls_resolve(b->plan->sandbox->system_call_log, &set);

        for (size_t i = 0; r >= 0 && i < set.n; i++)
                r = seccomp_add_rule(b, set.allow ? SCMP_ACT_LOG : SCMP_ACT_ALLOW, set.v[i].name, NULL, 0);
        system_call_set_release(&set);
        return r;
}

#endif
