/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* bare N PROGRAM ARGS: what the kernel itself charges for N services. */

#include "children.h"

#include <stdio.h>

int main(int argc, char **argv) {
        Children c;
        sigset_t set;

        children_signals(&set);
        if (!children_init(&c, argc, argv))
                return perror("bare"), 1;
        for (;;) {
                if (sigwaitinfo(&set, NULL) == SIGTERM)
                        children_stop(&c);
                if (children_reap(&c))
                        return 0;
        }
}
