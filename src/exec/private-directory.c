/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Directories of a dynamic user: /var/lib/private/NAME, and /var/lib/NAME as a
 * link to it. His number may be somebody else's later, so nobody passes
 * "private" but root; the service itself sees, in its mount namespace, a
 * "private" with its own directories only. Where there are no namespaces the
 * directory lets others pass, or the service could not.
 */

#include "exec/child.h"

#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

bool directory_is_private(const ExecPlan *p, DirectoryKind kind) {
        if (!p->exec->dynamic_user || !p->apply_user || kind == DIRECTORY_CONFIGURATION)
                return false;
        return kind != DIRECTORY_RUNTIME || p->exec->runtime_directory_preserve != PRESERVE_NO;
}

static int make_private(ExecContext *c, const char *path) {
        if (!c->tried_mount_namespace && c->plan->apply_sandbox) {
                c->tried_mount_namespace = true;
                c->has_mount_namespace = unshare(CLONE_NEWNS) >= 0;
        }
        if (mkdir(path, 0700) < 0 && errno != EEXIST)
                return -errno;
        return chmod(path, c->has_mount_namespace ? 0700 : 0711) < 0 ? -errno : 0;
}

static int make_parents_below(const char *base, const char *name) {
        char path[PATH_MAX];

        for (const char *slash = strchr(name, '/'); slash; slash = strchr(slash + 1, '/')) {
                (void)snprintf(path, sizeof(path), "%s/%.*s", base, (int)(slash - name), name);
                if (mkdir(path, 0755) < 0 && errno != EEXIST)
                        return -errno;
        }
        return 0;
}

/* For "a/b" the link is /var/lib/a/b and its target ../private/a/b. */
static int link_text(const char *name, char *ret, size_t n) {
        Buf b auto_buf = { 0 };

        for (const char *slash = strchr(name, '/'); slash; slash = strchr(slash + 1, '/'))
                buf_add(&b, "../");
        buf_addf(&b, "private/%s", name);
        if (b.error < 0)
                return b.error;
        return snprintf(ret, n, "%s", b.data) < (int)n ? 0 : -ENAMETOOLONG;
}

int directory_make_private(ExecContext *c, const char *base, const char *name) {
        char outside[PATH_MAX], private[PATH_MAX], inside[PATH_MAX], target[PATH_MAX];
        struct stat st;
        int r;

        (void)snprintf(outside, sizeof(outside), "%s/%s", base, name);
        (void)snprintf(private, sizeof(private), "%s/private", base);
        if (snprintf(inside, sizeof(inside), "%s/private/%s", base, name) >= (int)sizeof(inside))
                return -ENAMETOOLONG;
        if (mkdir(base, 0755) < 0 && errno != EEXIST)
                return -errno;
        r = make_private(c, private);
        if (r >= 0)
                r = make_parents_below(private, name);
        if (r >= 0)
                r = make_parents_below(base, name);
        if (r >= 0)
                r = link_text(name, target, sizeof(target));
        if (r < 0)
                return r;
        /* From a time when the user was an ordinary one. */
        if (lstat(outside, &st) >= 0 && S_ISDIR(st.st_mode) && rename(outside, inside) < 0)
                return -errno;
        if (mkdir(inside, 0700) < 0 && errno != EEXIST)
                return -errno;
        return symlink(target, outside) < 0 && errno != EEXIST ? -errno : 0;
}

/* The user is an ordinary one again. */
int directory_make_public(const char *base, const char *name) {
        char outside[PATH_MAX], inside[PATH_MAX], target[PATH_MAX], found[PATH_MAX];
        ssize_t n;

        (void)snprintf(outside, sizeof(outside), "%s/%s", base, name);
        if (snprintf(inside, sizeof(inside), "%s/private/%s", base, name) >= (int)sizeof(inside))
                return -ENAMETOOLONG;
        n = readlink(outside, found, sizeof(found) - 1);
        if (n < 0)
                return 0;
        found[n] = 0;
        if (link_text(name, target, sizeof(target)) < 0 || !str_equal(found, target))
                return 0;
        return unlink(outside) < 0 || (rename(inside, outside) < 0 && errno != ENOENT) ? -errno : 0;
}
