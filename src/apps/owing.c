/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "apps/owing.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define SIZE (OWING_SLOTS * sizeof(uint64_t))

int owing_adopt(Owing *o, int fd) {
        struct stat st;
        void *p;

        if (fstat(fd, &st) < 0)
                return -errno;
        if (st.st_size != (off_t)SIZE)
                return -EINVAL;
        p = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        if (p == MAP_FAILED)
                return -errno;
        *o = (Owing){ .ids = p };
        return 0;
}

int owing_new(Owing *o, int *ret_fd) {
        int fd = memfd_create("svinit-apps-owing", MFD_CLOEXEC), r;

        if (fd < 0)
                return -errno;
        r = ftruncate(fd, (off_t)SIZE) < 0 ? -errno : owing_adopt(o, fd);
        if (r < 0) {
                close(fd);
                return r;
        }
        *ret_fd = fd;
        return 0;
}

uint32_t owing_set(Owing *o, uint64_t id) {
        for (uint32_t k = 0; o->ids && k < OWING_SLOTS; k++) {
                uint32_t slot = (o->next + k) % OWING_SLOTS;

                if (o->ids[slot] == 0) {
                        o->ids[slot] = id;
                        o->next = slot + 1;
                        return slot + 1;
                }
        }
        return 0;
}

void owing_clear(Owing *o, uint32_t slot) {
        if (o->ids && slot > 0)
                o->ids[slot - 1] = 0;
}

uint32_t owing_find(const Owing *o, uint64_t id) {
        for (uint32_t k = 0; o->ids && k < OWING_SLOTS; k++)
                if (o->ids[k] == id)
                        return k + 1;
        return 0;
}
