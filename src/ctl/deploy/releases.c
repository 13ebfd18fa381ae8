/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/deploy/deploy.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

/* SHA-TIME: the order is that of the times. */
static const char *time_of(const char *name) {
        const char *dash = strrchr(name, '-');

        return dash ? dash + 1 : NULL;
}

static int by_time(const void *a, const void *b) {
        const char *x = *(const char *const *)a, *y = *(const char *const *)b;

        return strcmp(time_of(x), time_of(y)) ?: strcmp(x, y);
}

static int read_names(const Deploy *d, char ***ret) {
        char *path auto_free = NULL;
        struct dirent *e;
        DIR *dir;
        int r = str_printf(&path, "%s/releases", d->path);

        if (r < 0)
                return r;
        dir = opendir(path);
        if (!dir)
                return errno == ENOENT ? 0 : -errno;
        while (r >= 0 && (e = readdir(dir)))
                if (e->d_name[0] != '.' && strlen(e->d_name) < RELEASE_NAME_MAX && time_of(e->d_name))
                        r = strv_add(ret, e->d_name);
        closedir(dir);
        return r;
}

/* The name that the link leads to; "" when there is none, or it leads elsewhere. */
static void read_link(const Deploy *d, char *name, size_t size) {
        char *path auto_free = NULL, target[PATH_MAX] = "";
        const char *release;

        name[0] = 0;
        if (str_printf(&path, "%s/current", d->path) < 0 || readlink(path, target, sizeof(target) - 1) < 0)
                return;
        release = str_after(target, "releases/");
        if (release && !strchr(release, '/'))
                snprintf(name, size, "%s", release);
}

int deploy_list(const Deploy *d, Releases *ret) {
        char **names auto_strv = NULL, current[RELEASE_NAME_MAX];
        int r = read_names(d, &names);

        if (r < 0)
                return r;
        if (names)
                qsort(names, strv_length(names), sizeof(*names), by_time);
        read_link(d, current, sizeof(current));
        *ret = (Releases){ .names = TAKE(names), .current = SIZE_MAX };
        for (size_t i = 0; ret->names && ret->names[i]; i++)
                if (str_equal(ret->names[i], current))
                        ret->current = i;
        return 0;
}

void releases_release(Releases *r) {
        strv_free(r->names);
        *r = (Releases){ 0 };
}

int deploy_release_path(const Deploy *d, const char *name, char **ret) {
        char current[RELEASE_NAME_MAX];

        if (!name) {
                read_link(d, current, sizeof(current));
                name = current;
        }
        return name[0] ? str_printf(ret, "%s/releases/%s", d->path, name) : str_printf(ret, "%s", d->path);
}

/* The new link takes the place of the old one: nobody finds none in between. */
int deploy_flip(Deploy *d, const char *name) {
        char *link auto_free = NULL, *fresh auto_free = NULL, *target auto_free = NULL;

        if (str_printf(&link, "%s/current", d->path) < 0 || str_printf(&fresh, "%s/.current", d->path) < 0 ||
            str_printf(&target, "releases/%s", name ?: "") < 0)
                return -ENOMEM;
        if (!name)
                return unlink(link) < 0 && errno != ENOENT ? -errno : 0;
        if (unlink(fresh) < 0 && errno != ENOENT)
                return -errno;
        if (symlink(target, fresh) < 0)
                return -errno;
        if (d->switches_user && lchown(fresh, d->uid, d->gid) < 0)
                return -errno;
        return rename(fresh, link) < 0 ? -errno : 0;
}

/* Held until svctl ends. */
int deploy_lock(Deploy *d) {
        if (d->lock >= 0)
                return CTL_OK;
        d->lock = open(d->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (d->lock < 0)
                return ctl_print_error("%s: %s; 'svctl deploy %s setup' makes it", d->path, strerror(errno),
                                       d->unit);
        if (flock(d->lock, LOCK_EX | LOCK_NB) < 0)
                return ctl_print_error("%s: %s", d->path,
                                       errno == EWOULDBLOCK ? "it is being deployed already"
                                                            : strerror(errno));
        return CTL_OK;
}

/* The newest stay, and the one that serves. */
void deploy_prune(Deploy *d) {
        Releases l __attribute__((cleanup(releases_release))) = { 0 };
        size_t n;

        if (deploy_list(d, &l) < 0)
                return;
        n = strv_length(l.names);
        for (size_t i = 0; i + d->keep < n; i++)
                if (i != l.current)
                        deploy_forget(d, l.names[i]);
}
