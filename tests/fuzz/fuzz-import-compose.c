/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A compose file, and the units that are made from it. */

#include "fuzz-import.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        import_bytes(import_compose, data, size);
        return 0;
}
