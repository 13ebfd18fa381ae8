/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* journald.conf: whatever it says, what holds afterwards is within its limits. */

#include "fuzz.h"
#include "journal/config.h"
#include "journal/line.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        Config c;

        if (config_init(&c) < 0)
                return 0;
        config_parse(&c, "x", (const char *)data, size);
        HOLDS(c.line_max >= LINE_MAX_MIN && c.line_max <= STATE_CARRY_MAX);
        HOLDS(c.storage.mode < STORAGE_MODE_MAX);
        HOLDS(c.max_level_store >= 0 && c.max_level_store <= 7);
        for (int i = 0; i < FORWARD_TO_MAX; i++)
                HOLDS(c.max_level[i] >= 0 && c.max_level[i] <= 7);
        HOLDS(c.tty_path && c.tty_path[0] == '/');
        config_release(&c);
        return 0;
}
