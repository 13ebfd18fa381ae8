/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "journal/storage.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysinfo.h>
#include <sys/vfs.h>
#include <unistd.h>

#define MIB (1024ULL * 1024)
#define TMPFS_MAGIC_NUMBER 0x01021994
#define FILES_MAX 100

typedef struct Archived {
        char *name; /* owned */
        uint64_t when, bytes;
} Archived;

typedef struct ArchivedList {
        Archived *items;
        size_t n, capacity;
        uint64_t bytes; /* of all journal files, the current one too */
} ArchivedList;

static uint64_t clamp(uint64_t v, uint64_t low, uint64_t high) {
        return v < low ? low : v > high ? high : v;
}

/* Files in memory are charged to the container: its limit counts, not the machine's memory. */
static uint64_t memory_limit(void) {
        static const char *const paths[] = { "/sys/fs/cgroup/memory.max",
                                             "/sys/fs/cgroup/memory/memory.limit_in_bytes" };
        struct sysinfo info;
        uint64_t limit = UINT64_MAX, v;

        if (sysinfo(&info) >= 0)
                limit = (uint64_t)info.totalram * info.mem_unit;
        for (size_t i = 0; i < ELEMENTSOF(paths); i++) {
                int fd auto_fd = open(paths[i], O_RDONLY | O_CLOEXEC);
                char text[32] = "";

                if (fd >= 0 && read(fd, text, sizeof(text) - 1) > 0 && parse_u64(str_strip(text), &v) == 0)
                        limit = MIN(limit, v);
        }

        return limit;
}

void storage_default_limits(int dirfd, bool is_runtime, const StorageLimits *configured, StorageLimits *ret) {
        StorageLimits l = *configured;
        uint64_t total = 10 * 1024 * MIB;
        struct statvfs vfs;
        struct statfs fs;

        if (fstatvfs(dirfd, &vfs) >= 0 && vfs.f_blocks > 0)
                total = (uint64_t)vfs.f_blocks * vfs.f_frsize;
        if (fstatfs(dirfd, &fs) >= 0 && (unsigned long)fs.f_type == TMPFS_MAGIC_NUMBER)
                total = MIN(total, memory_limit());

        if (l.max_use == 0)
                l.max_use = clamp(total / 10, 1 * MIB, 4096 * MIB);
        if (l.keep_free == 0)
                l.keep_free = clamp(total * 15 / 100, 1 * MIB, 4096 * MIB);
        if (l.max_file_size == 0)
                l.max_file_size =
                        clamp(MIN(l.max_use, total) / 8, MIB / 2, is_runtime ? 16 * MIB : 128 * MIB);
        l.max_file_size = clamp(l.max_file_size, MIB / 2, 4095 * MIB);
        if (l.max_files == 0)
                l.max_files = FILES_MAX;
        *ret = l;
}

/* "system@SEQNUMID-SEQNUM-TIME.journal" and "system@TIME-RANDOM.journal~": the time in µs, in hexadecimal. */
static bool parse_archived_name(const char *name, uint64_t *ret_when) {
        const char *at = strchr(name, '@'), *dash;
        unsigned long long a, b;
        int n = 0;

        if (!at)
                return false;
        if (str_ends_with(name, ".journal~")) {
                if (sscanf(at + 1, "%16llx-%16llx%n", &a, &b, &n) < 2)
                        return false;
                *ret_when = a;
                return true;
        }
        if (!str_ends_with(name, ".journal"))
                return false;

        dash = strchr(at, '-');
        if (!dash || sscanf(dash + 1, "%16llx-%16llx%n", &a, &b, &n) < 2)
                return false;
        *ret_when = b;
        return true;
}

static int list_add(ArchivedList *l, const char *name, const struct stat *st) {
        uint64_t bytes = (uint64_t)st->st_blocks * 512, when;

        l->bytes += bytes;
        if (!parse_archived_name(name, &when))
                return 0;
        if (array_reserve(&l->items, &l->capacity, l->n + 1, sizeof(Archived)) < 0)
                return -ENOMEM;
        l->items[l->n].name = strdup(name);
        if (!l->items[l->n].name)
                return -ENOMEM;
        l->items[l->n].when = when;
        l->items[l->n++].bytes = bytes;
        return 0;
}

static int compare(const void *a, const void *b) {
        const Archived *x = a, *y = b;

        return (x->when > y->when) - (x->when < y->when);
}

static void list_read(ArchivedList *l, int dirfd) {
        int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
        struct dirent *entry;
        struct stat st;

        if (!d) {
                if (fd >= 0)
                        close(fd);
                return;
        }
        while ((entry = readdir(d)))
                if (strstr(entry->d_name, ".journal") &&
                    fstatat(dirfd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) >= 0 && S_ISREG(st.st_mode) &&
                    list_add(l, entry->d_name, &st) < 0)
                        break;
        closedir(d);
        if (l->n > 0)
                qsort(l->items, l->n, sizeof(Archived), compare);
}

static void list_release(ArchivedList *l) {
        for (size_t i = 0; i < l->n; i++)
                free(l->items[i].name);
        free(l->items);
}

bool storage_vacuum(int dirfd, const StorageLimits *limits, usec_t not_before, uint64_t must_free) {
        ArchivedList l = { 0 };
        uint64_t free_bytes = UINT64_MAX, freed = 0;
        struct statvfs vfs;
        bool removed = false;

        list_read(&l, dirfd);
        if (fstatvfs(dirfd, &vfs) >= 0)
                free_bytes = (uint64_t)vfs.f_bavail * vfs.f_frsize;

        for (size_t i = 0; i < l.n; i++) {
                bool too_much =
                        l.bytes + limits->max_file_size > limits->max_use || l.n - i >= limits->max_files;
                bool too_little_left = free_bytes < limits->keep_free || freed < must_free;

                if (!too_much && !too_little_left && l.items[i].when >= not_before)
                        break;
                if (unlinkat(dirfd, l.items[i].name, 0) < 0)
                        continue;
                removed = true;
                freed += l.items[i].bytes;
                l.bytes -= MIN(l.bytes, l.items[i].bytes);
                free_bytes = usec_add(free_bytes, l.items[i].bytes);
        }

        list_release(&l);
        return removed;
}
