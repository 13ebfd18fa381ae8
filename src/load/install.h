/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What is enabled: systemctl's enable, disable, mask, ... as changes of links
 * below the configuration directories. The one library for the manager's
 * D-Bus calls and for svctl offline.
 *
 * Paths in changes carry the root prefix, the places where links lead do not.
 * Errors, beside those of the file system: -EUCLEAN no name of a unit, -ENOENT
 * no such unit file, -ERFKILL masked, -ELOOP an alias or a circle of links,
 * -EADDRNOTAVAIL transient or generated, -EEXIST a file or another link is in
 * the way, -EIDRM a template without instance, -EXDEV an impossible alias,
 * -EBADSLT a bad specifier. `changes` and the report may be NULL.
 */

#include "load/loader.h"

typedef enum UnitFileState {
        FILE_ENABLED,
        FILE_ENABLED_RUNTIME,
        FILE_LINKED,
        FILE_LINKED_RUNTIME,
        FILE_ALIAS,
        FILE_MASKED,
        FILE_MASKED_RUNTIME,
        FILE_STATIC,
        FILE_DISABLED,
        FILE_INDIRECT,
        FILE_GENERATED,
        FILE_TRANSIENT,
        FILE_BAD,
        UNIT_FILE_STATE_MAX,
} UnitFileState;
const char *unit_file_state_to_string(UnitFileState s);

typedef enum InstallChangeType {
        CHANGE_SYMLINK,
        CHANGE_UNLINK,
        CHANGE_MASKED,
        CHANGE_NO_INSTALL_INFO,
        CHANGE_FAILED
} InstallChangeType;
typedef struct InstallChange {
        InstallChangeType type;
        char *path;   /* owned; the link */
        char *source; /* owned; where it leads, or "" */
        int error;    /* negative errno for CHANGE_FAILED */
} InstallChange;
typedef struct InstallChanges {
        InstallChange *v;
        size_t n;
} InstallChanges;
void install_changes_release(InstallChanges *c);

typedef enum InstallFlags {
        INSTALL_RUNTIME = 1,
        INSTALL_FORCE = 2,
        INSTALL_DRY_RUN = 4
} InstallFlags;

/* Each: 0, or a negative errno with a sentence in the report; `changes` tells what was done until then. */
int install_enable(Loader *l, char *const *names, unsigned flags, InstallChanges *changes,
                   bool *ret_carries_install_info, Report *r);
int install_disable(Loader *l, char *const *names, unsigned flags, InstallChanges *changes, Report *r);
int install_reenable(Loader *l, char *const *names, unsigned flags, InstallChanges *changes,
                     bool *ret_carries_install_info, Report *r);
int install_mask(Loader *l, char *const *names, unsigned flags, InstallChanges *changes, Report *r);
int install_unmask(Loader *l, char *const *names, unsigned flags, InstallChanges *changes, Report *r);
int install_set_default(Loader *l, const char *name, unsigned flags, InstallChanges *changes, Report *r);
int install_link(Loader *l, char *const *paths, unsigned flags, InstallChanges *changes, Report *r);
/* kind: DEP_WANTS or DEP_REQUIRES */
int install_add_dependency(Loader *l, char *const *names, const char *target, DependencyKind kind,
                           unsigned flags, InstallChanges *changes, Report *r);
int install_get_default(Loader *l, char **ret);                     /* -ENOENT, -ERFKILL */
int install_state(Loader *l, const char *name, UnitFileState *ret); /* -ENOENT: no such file */
int install_preset_state(Loader *l, const char *name, bool *ret_enabled);
