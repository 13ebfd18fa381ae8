/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The mount calls of Linux 5.2 and 5.12, for C libraries that have them not
 * yet. A mount is a descriptor here until it is attached somewhere: what a
 * path shows can be taken before another mount hides it.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_open_tree
#define SYS_open_tree 428
#endif
#ifndef SYS_move_mount
#define SYS_move_mount 429
#endif
#ifndef SYS_mount_setattr
#define SYS_mount_setattr 442
#endif

#define TREE_CLONE 1U
#define TREE_RECURSIVE 0x8000U
#define MOVE_FROM_DESCRIPTOR 0x4U

typedef struct MountAttributes {
        uint64_t set, clear, propagation, userns_fd;
} MountAttributes;
#define MOUNT_IS_READ_ONLY 0x1U
#define MOUNT_HAS_NO_SUID 0x2U
#define MOUNT_HAS_NO_DEVICES 0x4U
#define MOUNT_HAS_NO_PROGRAMS 0x8U

/* A copy of what `path` shows, attached nowhere: a descriptor or a negative errno. */
static inline int mount_copy(const char *path, int recursive) {
        long fd = syscall(SYS_open_tree, AT_FDCWD, path,
                          TREE_CLONE | O_CLOEXEC | (recursive ? TREE_RECURSIVE : 0));

        return fd < 0 ? -errno : (int)fd;
}

static inline int mount_attach(int fd, const char *path) {
        return syscall(SYS_move_mount, fd, "", AT_FDCWD, path, MOVE_FROM_DESCRIPTOR) < 0 ? -errno : 0;
}

static inline int mount_restrict(int fd, uint64_t set, int recursive) {
        MountAttributes a = { .set = set };

        return syscall(SYS_mount_setattr, fd, "", AT_EMPTY_PATH | (recursive ? TREE_RECURSIVE : 0), &a,
                       sizeof(a)) < 0
                       ? -errno
                       : 0;
}
