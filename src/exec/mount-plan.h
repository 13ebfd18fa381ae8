/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What a unit's mount namespace looks like, as plain data: which paths get
 * another content, which are read-only, where nothing may be executed.
 *
 * mount_plan_build() turns the settings into entries, in any order and with
 * paths as written. Who applies them resolves the paths (a symbolic link is
 * somewhere else) and calls mount_plan_arrange(): entries come out sorted,
 * parents first, one for each path, and what is hidden or says nothing new is
 * gone. Both are pure; namespace.c does the work.
 */

#include "unit/spec.h"

typedef enum MountContent {
        CONTENT_AS_IS,
        CONTENT_INACCESSIBLE, /* in this order the stronger one of two for a path wins */
        CONTENT_BIND,
        CONTENT_BIND_FLAT, /* without the mounts below it */
        CONTENT_TMP,       /* a directory of the unit's own; source is below which */
        CONTENT_DEVICES,
        CONTENT_HOST_DEVICES, /* /dev below a root directory */
        CONTENT_PROC,
        CONTENT_SYS,
        CONTENT_QUEUES, /* POSIX message queues of a new IPC namespace */
        CONTENT_TMPFS,
} MountContent;

typedef enum MountAccess {
        ACCESS_AS_IS,
        ACCESS_READ_WRITE, /* an exception below a read-only path */
        ACCESS_READ_ONLY,
} MountAccess;

typedef enum MountExec {
        EXEC_AS_IS,
        EXEC_ALLOWED,
        EXEC_DENIED,
} MountExec;

typedef struct MountEntry {
        const char *key; /* static: the directive */
        char *path;      /* owned */
        char *source;    /* owned; of binds; options of a tmpfs */
        MountContent content;
        MountAccess access;
        MountExec exec;
        bool optional;   /* "-": a path that is missing is no error */
        bool below_root; /* "+" and our own tables: counts from the root directory */
        int source_fd;   /* for who applies it: the opened source; -1 */
} MountEntry;

typedef struct MountPlan {
        MountEntry *v; /* owned */
        size_t n, capacity;
} MountPlan;

typedef struct MountWishes {
        const SandboxSpec *sandbox;
        const char *root;                  /* NULL: ours */
        char *const *writable_directories; /* RuntimeDirectory= and its kin: stay writable */
        char *const *private_directories;  /* of a dynamic user: all that is seen in their parents */
        bool new_ipc;
} MountWishes;

/* Does anything need a mount namespace? */
bool mount_namespace_is_wanted(const MountWishes *w);
int mount_plan_build(const MountWishes *w, MountPlan *ret); /* 0 or -ENOMEM */
void mount_plan_arrange(MountPlan *p);
void mount_plan_release(MountPlan *p);
/* Which directives have asked for entries, each once, in the order of the manual. */
void mount_plan_keys(const MountWishes *w, void (*visit)(const char *key, void *userdata), void *userdata);

/* Is `path` `parent`, or below it? */
bool path_is_within(const char *path, const char *parent);
