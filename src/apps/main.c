/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "apps/apps.h"

#include <stdio.h>
#include <string.h>

int main(void) {
        Apps a = { 0 };
        int r = apps_init(&a);

        if (r < 0) {
                fprintf(stderr, "svinit-apps: could not start: %s.\n", strerror(-r));
                return EXIT_FAILURE;
        }
        r = apps_run(&a);
        apps_release(&a);
        return r < 0 ? EXIT_FAILURE : r;
}
