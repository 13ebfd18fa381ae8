/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a command's first word means: an executable by the caller's $PATH, or a path. */

#include "ctl/core/ctl.h"

#include <errno.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_executable(const char *path) {
        struct stat st;

        return access(path, X_OK) >= 0 && stat(path, &st) >= 0 && S_ISREG(st.st_mode);
}

int ctl_absolute_path(const char *path, char **ret) {
        char cwd[PATH_MAX];

        if (path[0] == '/')
                return str_printf(ret, "%s", path);
        return getcwd(cwd, sizeof(cwd)) ? str_printf(ret, "%s/%s", cwd, path) : -errno;
}

int ctl_find_program(const char *name, char **ret) {
        const char *search = getenv("PATH");

        if (strchr(name, '/'))
                return ctl_absolute_path(name, ret);
        for (const char *p = search ? search : "/usr/local/bin:/usr/bin:/bin"; *p;) {
                size_t n = strcspn(p, ":");
                char *path = NULL;

                if (str_printf(&path, "%.*s/%s", (int)n, p, name) < 0)
                        return -ENOMEM;
                if (p[0] == '/' && is_executable(path)) {
                        *ret = path;
                        return 0;
                }
                free(path);
                p += n + (p[n] == ':');
        }
        return -ENOENT;
}
