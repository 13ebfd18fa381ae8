/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Files of /proc/PID: a process chooses its name, and with a group of its own what its cgroup is called. */

#include "fuzz.h"
#include "journal/client.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        char *text = fuzz_string(data, size), capabilities[17], unit[256], slice[256];
        ClientIds ids = client_parse_status(text, capabilities);

        HOLDS(ids.uid >= -1 && ids.uid <= UINT32_MAX && ids.gid >= -1 && ids.gid <= UINT32_MAX);
        HOLDS(strlen(capabilities) <= 16 && strspn(capabilities, "0123456789abcdef") == strlen(capabilities));
        (void)client_parse_start_time(text);
        if (cgroup_path_unit(text, unit, sizeof(unit), slice, sizeof(slice))) {
                HOLDS(strlen(unit) > 5 && !strchr(unit, '/'));
                HOLDS(strlen(slice) > 5 && !strchr(slice, '/'));
        }
        free(text);
        return 0;
}
