/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A Procfile, and the units that are made from it. */

#include "fuzz-import.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        import_bytes(import_procfile, data, size);
        return 0;
}
