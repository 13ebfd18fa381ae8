/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* An ecosystem file of PM2 that is JSON or YAML, and the units that are made from it. */

#include "fuzz-import.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        import_bytes(import_pm2, data, size);
        return 0;
}
