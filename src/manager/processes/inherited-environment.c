/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What processes of services inherit: svinit's own variables, as far as they are to see them, and those set for all. */

#include "manager/manager-internal.h"

#include <fnmatch.h>

static bool is_passed(char *const *patterns, const char *assignment) {
        char *name auto_free = strndup(assignment, strcspn(assignment, "="));

        STRV_FOREACH (p, patterns)
                if (name && fnmatch(*p, name, FNM_NOESCAPE) == 0)
                        return true;
        return !patterns;
}

static int pass_own(const Manager *m, char *const *patterns, char ***env) {
        int r = 0;

        STRV_FOREACH (e, m->host.environment)
                if (r >= 0 && is_passed(patterns, *e))
                        r = strv_add(env, *e);
        return r;
}

int manager_inherited_environment(const Manager *m, char *const *patterns, char ***ret) {
        static const char clean_path[] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
        char *const *const by_rank[] = { m->generated_environment, m->config.default_environment,
                                         m->environment };
        /* On a machine it is the boot's, and nobody's business; who starts a command by hand means it. */
        bool pass = (m->host.container || m->internal->options.command) && m->config.pass_environment;
        char **env auto_strv = NULL;
        int r;

        r = pass ? pass_own(m, patterns, &env) : 0;
        if (r >= 0 && !env_get(env, "PATH", 4))
                r = strv_add(&env, clean_path);
        for (size_t i = 0; i < ELEMENTSOF(by_rank); i++)
                STRV_FOREACH (e, by_rank[i])
                        if (r >= 0)
                                r = env_set(&env, *e);
        if (r >= 0)
                *ret = TAKE(env);
        return r;
}
