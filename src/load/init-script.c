/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "load/init-script.h"

#include "conf/name.h"
#include "load/backup.h"
#include "load/loader-internal.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

int script_unit_name(const char *word, char **ret) {
        size_t n = strlen(word) - (str_ends_with(word, ".sh") ? strlen(".sh") : 0);
        char *name auto_free = strndup(word, n);

        return name ? name_mangle(name, UNIT_SERVICE, ret) : -ENOMEM;
}

/* A link counts wherever it leads: to /dev/null, for one. */
static bool has_unit(const Loader *l, const char *script) {
        char *unit auto_free = NULL;
        struct stat st;
        bool found = false;

        if (script_unit_name(script, &unit) < 0)
                return false;
        for (size_t i = 0; i < l->path.n && !found; i++) {
                char *path auto_free = NULL;

                found = str_printf(&path, "%s/%s", l->path.dirs[i].path, unit) >= 0 && lstat(path, &st) >= 0;
        }
        return found;
}

static bool lacks_unit(const Loader *l, int directory, const char *name) {
        struct stat st;

        if (name_is_backup(name) || has_unit(l, name))
                return false;
        return fstatat(directory, name, &st, 0) >= 0 && S_ISREG(st.st_mode) && (st.st_mode & S_IXUSR);
}

bool init_scripts_lack_units(const Loader *l) {
        struct dirent *e;
        bool lacking = false;
        DIR *d;

        if (!str_is_empty(getenv("SYSTEMD_SYSVINIT_PATH")))
                return true;
        d = opendir("/etc/init.d");
        if (!d)
                return errno != ENOENT;
        while (!lacking && (e = readdir(d)))
                lacking = lacks_unit(l, dirfd(d), e->d_name);
        closedir(d);
        return lacking;
}
