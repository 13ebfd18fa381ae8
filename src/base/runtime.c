/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "base/runtime.h"

#include "base/macro.h"

#include <stdio.h>

bool runtime_dir_of_user(unsigned i, uid_t uid, char *buf, size_t n) {
        static const char *const parents[] = { "/tmp", "/dev/shm" };

        if (i >= ELEMENTSOF(parents))
                return false;
        return snprintf(buf, n, "%s/svinit-%u", parents[i], (unsigned)uid) < (int)n;
}
