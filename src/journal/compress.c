/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "journal/compress.h"

#include "base/macro.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#define LEVEL 1 /* the tables of higher ones cost more to fill than a field of a few kilobytes is worth */

/* As zstd.h declares them: stable since its first version. */
static struct {
        size_t (*compress)(void *to, size_t room, const void *from, size_t size, int level);
        size_t (*decompress)(void *to, size_t room, const void *from, size_t size);
        unsigned (*is_error)(size_t code);
        unsigned long long (*content_size)(const void *from, size_t size);
} zstd;

static const struct {
        const char *name;
        void *function;
} symbols[] = {
        { "ZSTD_compress", &zstd.compress },
        { "ZSTD_decompress", &zstd.decompress },
        { "ZSTD_isError", &zstd.is_error },
        { "ZSTD_getFrameContentSize", &zstd.content_size },
};

static bool is_open;

bool compress_is_open(void) {
        return is_open;
}

bool compress_open(void) {
        void *library;

        if (is_open)
                return true;
        library = dlopen("libzstd.so.1", RTLD_NOW | RTLD_LOCAL);
        for (size_t i = 0; i < ELEMENTSOF(symbols); i++) {
                void *address = library ? dlsym(library, symbols[i].name) : NULL;

                if (!address)
                        return false;
                memcpy(symbols[i].function, &address, sizeof(address));
        }
        return is_open = true;
}

size_t compress_pack(const void *data, size_t size, void **ret) {
        void *to auto_free = is_open ? malloc(size) : NULL;
        size_t n;

        if (!to)
                return 0;
        n = zstd.compress(to, size - 1, data, size, LEVEL);
        if (zstd.is_error(n))
                return 0;
        *ret = TAKE(to);
        return n;
}

bool compress_equals(const void *packed, size_t n, const void *data, size_t size) {
        void *text auto_free = NULL;

        if (!is_open || zstd.content_size(packed, n) != size)
                return false;
        text = malloc(size);
        return text && zstd.decompress(text, size, packed, n) == size && memcmp(text, data, size) == 0;
}
