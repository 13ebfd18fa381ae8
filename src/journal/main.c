/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "journal/server.h"

#include <stdio.h>
#include <string.h>

int main(int argc, char *argv[]) {
        static Server server;
        int r;

        r = server_init(&server, argc, argv);
        if (r < 0) {
                fprintf(stderr, "svinit-journald: could not start: %s.\n", strerror(-r));
                return EXIT_FAILURE;
        }
        r = server_run(&server);
        server_release(&server);
        return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
