/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A configuration of supervisord, and the units that are made from it. */

#include "fuzz-import.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        if (memmem(data, size, "include", 7)) /* other files are no input */
                return 0;
        import_bytes(import_supervisord, data, size);
        return 0;
}
