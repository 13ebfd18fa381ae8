/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the files of install share. */

#include "load/install.h"
#include "load/loader-internal.h"

/* A unit file that somebody wants enabled, disabled, ... */
typedef struct Installable {
        char *name;         /* owned; as it was asked for: an instance stays one */
        char *path;         /* owned; of the file, without the root prefix; NULL: there is none */
        const Entry *entry; /* borrowed; NULL: none, or a path outside of the search path */
        bool outside;       /* has to be linked into the path first */
        UnitSpec *spec;     /* owned; what the file says; NULL before installable_read() */
} Installable;

typedef enum FindFlags {
        FIND_FOLLOW = 1, /* links in the configuration directories are followed as well, not refused */
} FindFlags;

/*
 * 0, or: -EUCLEAN no name of a unit, -ENOENT, -ERFKILL masked, -ELOOP alias in
 * a configuration directory, -EADDRNOTAVAIL generated or transient, -ENOMEM, or
 * what reading gave. The sentence is in the report, the change in `changes`.
 */
int installable_find(Loader *l, const char *name, unsigned flags, InstallChanges *changes, Report *r,
                     Installable *ret);
int installable_read(Loader *l, Installable *i); /* READ_OK, another ReadOutcome, or a negative errno */
void installable_release(Installable *i);
bool installable_has_rules(const Installable *i); /* WantedBy= and the like, Alias= */
/* The instance that counts: for a template the one of DefaultInstance=, if there is one. */
int installable_instance(const Installable *i, char **ret);
/* Expands the specifiers of a value of [Install]. */
int installable_expand(const Loader *l, const Installable *i, const char *text, char **ret);

int change_add(InstallChanges *c, InstallChangeType type, const Root *root, const char *path,
               const char *source);
/* Notes a failure: row and sentence. Returns the error, or -ENOMEM. */
int change_fail(InstallChanges *c, Report *r, const Root *root, const char *path, int error,
                const char *format, ...) PRINTF_LIKE(6, 7);

/*
 * Makes the link `path` -> `target`. There already: nothing is changed. Leads
 * elsewhere: -EEXIST, or replaced in one step with INSTALL_FORCE. A file that
 * is no link is never replaced.
 */
int link_make(Loader *l, const char *path, const char *target, unsigned flags, InstallChanges *changes,
              Report *r);
int link_remove(Loader *l, const char *path, unsigned flags, InstallChanges *changes, Report *r);
/* Removes all links in the directory and its .wants, .requires, .upholds that have or lead to one of the names. */
int links_remove_to(Loader *l, const char *directory, char *const *names, unsigned flags,
                    InstallChanges *changes, Report *r, bool *ret_any);

bool is_dependency_dir(const char *name); /* X.wants, X.requires, X.upholds */
