/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/macro.h"

#include "base/log.h"
#include "base/text.h"

#include <errno.h>
#include <unistd.h>

static unsigned n_ensure_failures;

void cleanup_free(void *pp) {
        void *p;

        /* The variable may be of any pointer type: memcpy keeps the compiler's aliasing rules. */
        memcpy(&p, pp, sizeof(p));
        free(p);
}

void cleanup_fd(int *fd) {
        int saved = errno;

        if (*fd >= 0)
                (void)close(*fd);
        errno = saved;
}

void cleanup_strv(char ***l) {
        strv_free(*l);
}

void ensure_failed(bool *seen, const char *cond, const char *file, int line, const char *func) {
        const LogField fields[] = { FIELD_S("CONDITION", cond) };

        if (n_ensure_failures < UINT32_MAX)
                n_ensure_failures++;
        if (!*seen) {
                *seen = true;
                log_emit(MESSAGE_ENSURE_FAILED, NULL, 0, fields, ELEMENTSOF(fields), file, line, func);
        }
#ifdef ENSURE_ABORTS
        abort();
#endif
}

unsigned ensure_count(void) {
        return n_ensure_failures;
}

int array_reserve(void *array_pp, size_t *capacity, size_t need, size_t element_size) {
        size_t n = *capacity;
        void *old, *grown;

        if (need <= n)
                return 0;
        n = MAX(need, n > SIZE_MAX / 2 ? need : n * 2);
        n = MAX(n, (size_t)4);
        if (size_multiply_overflows(n, element_size))
                return -ENOMEM;

        memcpy(&old, array_pp, sizeof(old));
        grown = realloc(old, n * element_size);
        if (!grown)
                return -ENOMEM;
        memcpy(array_pp, &grown, sizeof(grown));
        *capacity = n;
        return 0;
}
