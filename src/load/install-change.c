/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The record of what was done, and the words for it. */

#include "load/install-internal.h"

#include <errno.h>

void install_changes_release(InstallChanges *c) {
        for (size_t i = 0; i < c->n; i++) {
                free(c->v[i].path);
                free(c->v[i].source);
        }
        free(c->v);
        *c = (InstallChanges){ 0 };
}

int install_changes_add(InstallChanges *c, InstallChangeType type, const char *path, const char *source) {
        InstallChange row = { .type = type };
        int r;

        if (!c)
                return 0;
        r = array_reserve(&c->v, &c->capacity, c->n + 1, sizeof(*c->v));
        if (r < 0)
                return r;
        row.path = strdup(path);
        row.source = strdup(source ? source : "");
        if (!row.path || !row.source) {
                free(row.path);
                free(row.source);
                return -ENOMEM;
        }
        c->v[c->n++] = row;
        return 0;
}

int change_add_at(InstallContext *x, InstallChangeType type, const char *path, const char *source) {
        char *full auto_free = NULL;
        int r;

        r = root_join(&x->l->root, path, &full);
        return r < 0 ? r : install_changes_add(x->changes, type, full, source);
}

int change_fail(InstallContext *x, int error, const char *what, const char *source) {
        if (error == -ENOMEM || install_changes_add(x->changes, CHANGE_FAILED, what, source) < 0)
                return -ENOMEM;
        if (x->changes)
                x->changes->v[x->changes->n - 1].error = error;
        return error;
}

int change_fail_at(InstallContext *x, int error, const char *path, const char *source) {
        char *full auto_free = NULL;

        return root_join(&x->l->root, path, &full) < 0 ? -ENOMEM : change_fail(x, error, full, source);
}

/*
 * One row per mistake: what systemctl says of it, and what a D-Bus error does.
 * %V the verb, %P the path, %S the source, %E the words of the errno.
 */
static const struct {
        int error;
        bool with_source; /* the row is for changes that have one */
        const char *systemctl, *dbus;
} failures[] = {
        { -EEXIST, true, "Failed to %V unit, file \"%P\" already exists and is a symlink to \"%S\".",
          "File %P already exists and is a symlink to %S." },
        { -EEXIST, false, "Failed to %V unit, file \"%P\" already exists.", "File %P already exists." },
        { -ERFKILL, false, "Failed to %V unit, unit %P is masked.", "Unit file %P is masked." },
        { -EADDRNOTAVAIL, false, "Failed to %V unit, unit %P is transient or generated.",
          "Unit %P is transient or generated." },
        { -ETXTBSY, false, "Failed to %V unit, file %P is under the systemd unit hierarchy already.",
          "File %P is under the systemd unit hierarchy already." },
        { -EBADSLT, false, "Failed to %V unit, invalid specifier in \"%P\".", "Invalid specifier in %P." },
        { -EIDRM, false, "Failed to %V %S, destination unit %P is a non-template unit.",
          "Refusing to operate on template unit %S when destination unit %P is a non-template unit." },
        { -EUCLEAN, false, "Failed to %V unit, \"%P\" is not a valid unit name.",
          "\"%P\" is not a valid unit name." },
        { -ELOOP, false, "Failed to %V unit, refusing to operate on linked unit file %P.",
          "Refusing to operate on alias name or linked unit file: %P" },
        { -EXDEV, true, "Failed to %V unit, cannot alias %S as %P.", "Cannot alias %S as %P." },
        { -EXDEV, false, "Failed to %V unit, invalid unit reference \"%P\".", "Invalid unit reference %P." },
        { -ENOENT, false, "Failed to %V unit, unit %P does not exist.", "Unit file %P does not exist." },
        { -EUNATCH, false, "Failed to %V unit, cannot resolve specifiers in \"%P\".",
          "Cannot resolve specifiers in %P." },
        { 0, false, "Failed to %V unit, file \"%P\": %E", "File %P: %E" },
};

static const char *const successes[] = {
        [CHANGE_SYMLINK] = "Created symlink %P %A %S.",
        [CHANGE_UNLINK] = "Removed \"%P\".",
        [CHANGE_MASKED] = "Unit %P is masked, ignoring.",
        [CHANGE_DANGLING] = "Unit %P is an alias to a unit that is not present, ignoring.",
        [CHANGE_NO_DESTINATION] = "Unit %S is added as a dependency to a non-existent unit %P.",
        [CHANGE_AUXILIARY_FAILED] = "Failed to enable auxiliary unit %P, ignoring.",
};
_Static_assert(ELEMENTSOF(successes) == CHANGE_FAILED, "a sentence for all but failures");

static const char *const words[] = {
        [CHANGE_SYMLINK] = "symlink",
        [CHANGE_UNLINK] = "unlink",
        [CHANGE_MASKED] = "masked",
        [CHANGE_DANGLING] = "dangling",
        [CHANGE_NO_DESTINATION] = "destination not present",
        [CHANGE_AUXILIARY_FAILED] = "auxiliary unit failed",
        [CHANGE_FAILED] = NULL,
};
_Static_assert(ELEMENTSOF(words) == INSTALL_CHANGE_TYPE_MAX, "a word for each type");

const char *install_change_to_string(InstallChangeType t) {
        return (unsigned)t < ELEMENTSOF(words) ? words[t] : NULL;
}

static size_t failure_row(const InstallChange *c) {
        size_t i = 0;

        while (failures[i].error != 0 &&
               (failures[i].error != c->error || (failures[i].with_source && c->source[0] == 0)))
                i++;
        return i;
}

static int fill_in(const char *format, const InstallChange *c, const char *verb, const char *arrow,
                   char **ret) {
        Buf b auto_buf = { 0 };

        for (const char *p = format; *p; p++) {
                if (*p != '%') {
                        buf_add_char(&b, *p);
                        continue;
                }
                p++;
                buf_add(&b, *p == 'V'   ? verb
                            : *p == 'P' ? c->path
                            : *p == 'S' ? c->source
                            : *p == 'A' ? arrow
                                        : strerror(-c->error));
        }
        return buf_take(&b, ret);
}

int change_sentence(const InstallChange *c, const char *verb, const char *arrow, char **ret) {
        return fill_in(c->type == CHANGE_FAILED ? failures[failure_row(c)].systemctl : successes[c->type], c,
                       verb, arrow, ret);
}

int install_changes_error(const InstallChanges *c, char **ret) {
        for (size_t i = 0; i < c->n; i++) {
                const InstallChange *change = c->v + i;
                int r;

                if (change->type != CHANGE_FAILED)
                        continue;
                r = fill_in(failures[failure_row(change)].dbus, change, "", "", ret);
                return r < 0 ? r : change->error;
        }
        return 0;
}
