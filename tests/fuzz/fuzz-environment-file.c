/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* EnvironmentFile= and the command line that uses it: whatever stands there, valid assignments come out. */

#include "exec/child.h"
#include "fuzz.h"

static void names_are_unique(char *const *env) {
        STRV_FOREACH (a, env) {
                size_t n = strcspn(*a, "=");

                HOLDS(env_assignment_is_valid(*a));
                HOLDS(env_get(env, *a, n) == *a + n + 1);
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        char **env auto_strv = NULL, **argv auto_strv = NULL, **same auto_strv = NULL;
        char *text auto_free = fuzz_string(data, size);
        char *command[] = { (char *)"$A", (char *)"x${A}y", text, NULL };

        HOLDS(environment_file_parse((const char *)data, size, &env) == 0);
        names_are_unique(env);
        HOLDS(environment_expand_argv(command, env, true, &argv) == 0);
        HOLDS(environment_expand_argv(command, env, false, &same) == 0 && strv_equal(command, same));
        return 0;
}
