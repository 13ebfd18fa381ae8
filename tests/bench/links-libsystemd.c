/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Links libsystemd and does nothing: the floor for a command line client. */

#include <systemd/sd-bus.h>

int main(int argc, char **argv) {
        return argc > 99 ? sd_bus_open_system(NULL) : 0;
}
