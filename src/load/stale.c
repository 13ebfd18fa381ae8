/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Does what is in memory still match the files? */

#include "load/loader-internal.h"

#include <errno.h>

int loader_find_dropins(Loader *l, char *const *names, char ***ret) {
        char **paths auto_strv = NULL, **result auto_strv = NULL;
        int r;

        r = loader_refresh(l);
        if (r >= 0)
                r = dropin_find(&l->index, &l->root, names, &paths);
        for (char **p = paths; p && *p && r >= 0; p++) {
                char *full = NULL;
                struct stat st;

                if (root_stat(&l->root, *p, &st) < 0 || stat_is_null_device(&st) || st.st_size == 0)
                        continue;
                r = root_join(&l->root, *p, &full);
                if (r >= 0)
                        r = strv_push(&result, full);
        }
        if (r >= 0)
                *ret = TAKE(result);
        return r;
}

typedef enum Look {
        LOOK_FILE,
        LOOK_MASK,
        LOOK_GONE
} Look;

static Look look_at(const Loader *l, const char *path, usec_t *newest) {
        struct stat st;

        if (root_stat(&l->root, root_strip(&l->root, path), &st) < 0)
                return LOOK_GONE;
        if (stat_is_null_device(&st) || st.st_size == 0)
                return LOOK_MASK;
        *newest = MAX(*newest, stat_mtime(&st));
        return LOOK_FILE;
}

/* Of a template only what all instances have is known here. */
static bool has_new_dropin(Loader *l, const char *fragment_path, char *const *dropins) {
        char **names auto_strv = NULL, **now auto_strv = NULL;

        if (index_names(&l->index, path_name(fragment_path), &names) < 0 ||
            loader_find_dropins(l, names, &now) < 0)
                return false;
        STRV_FOREACH (p, now)
                if (!strv_contains(dropins, *p))
                        return true;
        return false;
}

bool loader_is_stale(Loader *l, const char *fragment_path, char *const *dropins, usec_t mtime) {
        usec_t newest = 0;
        Look look;

        if (!fragment_path && !dropins)
                return false;
        look = fragment_path ? look_at(l, fragment_path, &newest) : LOOK_FILE;
        if (look == LOOK_MASK) /* what was masked when it was loaded has no time */
                return mtime != 0;
        if (look == LOOK_GONE)
                return true;
        STRV_FOREACH (p, dropins)
                if (look_at(l, *p, &newest) != LOOK_FILE)
                        return true;
        return newest != mtime || (fragment_path && has_new_dropin(l, fragment_path, dropins));
}
