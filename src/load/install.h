/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What is enabled: systemctl's enable, disable, mask, preset, ... as changes of
 * links below the configuration directories. The one library for the manager's
 * D-Bus calls and for svctl offline.
 *
 * A verb returns 0 or the first negative errno. What it did, and each thing
 * that it could not do, is a row of the changes, in order; some mistakes are
 * no more than rows (a disable of what is not there). The words for a row
 * come from change_sentence() and change_error(). What the unit files
 * themselves say wrong goes into the report. `changes` and the report may be
 * NULL.
 *
 * Errors, beside those of the file system: -EUCLEAN no name of a unit, -ENOENT
 * no such unit file, -ENOLINK a link to a unit that is not there, -ERFKILL
 * masked, -ELOOP an alias or a circle of links, -EADDRNOTAVAIL transient or
 * generated, -EEXIST a file or another link is in the way, -EIDRM a template
 * without instance, -EXDEV an impossible alias, -EBADSLT a bad specifier,
 * -EUNATCH a specifier without value here.
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
        CHANGE_MASKED,           /* path is masked: nothing was done for it */
        CHANGE_DANGLING,         /* path is an alias of nothing */
        CHANGE_NO_DESTINATION,   /* source was linked below path, and there is no unit of that name */
        CHANGE_AUXILIARY_FAILED, /* path stands in Also=, and cannot be enabled */
        CHANGE_FAILED,           /* error tells */
        INSTALL_CHANGE_TYPE_MAX,
} InstallChangeType;
typedef struct InstallChange {
        InstallChangeType type;
        char *path;   /* owned; with the root prefix, or as the caller wrote it */
        char *source; /* owned; where the link leads, without the root prefix; or "" */
        int error;    /* negative errno for CHANGE_FAILED */
} InstallChange;
typedef struct InstallChanges {
        InstallChange *v;
        size_t n, capacity;
} InstallChanges;
void install_changes_release(InstallChanges *c);
int install_changes_add(InstallChanges *c, InstallChangeType type, const char *path, const char *source);
const char *install_change_to_string(InstallChangeType t); /* "symlink", as on D-Bus */
/* What systemctl says of it: "Created symlink ...". `verb` as in "Failed to VERB unit, ...". */
int change_sentence(const InstallChange *c, const char *verb, const char *arrow, char **ret);
/* The first failure as a sentence, for D-Bus. 0: there is none; else its negative errno; -ENOMEM. */
int install_changes_error(const InstallChanges *c, char **ret);

typedef enum InstallFlags {
        INSTALL_RUNTIME = 1,
        INSTALL_FORCE = 2,
        INSTALL_DRY_RUN = 4,
} InstallFlags;

typedef enum PresetMode {
        PRESET_FULL,
        PRESET_ENABLE_ONLY,
        PRESET_DISABLE_ONLY,
        PRESET_MODE_MAX,
        PRESET_MODE_INVALID = -1,
} PresetMode;
PresetMode preset_mode_from_string(const char *s); /* "full", "" as well */
const char *preset_mode_to_string(PresetMode m);

/* ret_info (may be NULL): an [Install] section has said something, or there was nothing to say. */
int install_enable(Loader *l, char *const *names, unsigned flags, InstallChanges *changes, bool *ret_info,
                   Report *r);
int install_disable(Loader *l, char *const *names, unsigned flags, InstallChanges *changes, bool *ret_info,
                    Report *r);
int install_reenable(Loader *l, char *const *names, unsigned flags, InstallChanges *changes, bool *ret_info,
                     Report *r);
int install_preset(Loader *l, char *const *names, PresetMode mode, unsigned flags, InstallChanges *changes,
                   bool *ret_info, Report *r);
int install_preset_all(Loader *l, PresetMode mode, unsigned flags, InstallChanges *changes, Report *r);
int install_mask(Loader *l, char *const *names, unsigned flags, InstallChanges *changes);
int install_unmask(Loader *l, char *const *names, unsigned flags, InstallChanges *changes);
/* Back to what the packages brought: drop-ins and overriding files of the administrator are removed. */
int install_revert(Loader *l, char *const *names, InstallChanges *changes);
int install_set_default(Loader *l, const char *name, unsigned flags, InstallChanges *changes, Report *r);
int install_link(Loader *l, char *const *paths, unsigned flags, InstallChanges *changes);
/* kind: DEP_WANTS or DEP_REQUIRES */
int install_add_dependency(Loader *l, char *const *names, const char *target, DependencyKind kind,
                           unsigned flags, InstallChanges *changes, Report *r);
int install_get_default(Loader *l, char **ret, Report *r);

/* How the administrator's links have it; the report may be NULL. A negative errno tells why there is no state. */
int install_state(Loader *l, const char *name, UnitFileState *ret, Report *r);
bool unit_file_state_is_enabled(UnitFileState s); /* as is-enabled's exit code has it */
/* Is there a unit file of that name? 1, 0, or a negative errno. */
int install_file_exists(Loader *l, const char *name, Report *r);
/* The paths of all unit files and links, the one that counts for each name. */
typedef struct UnitFileList {
        char **paths; /* owned, as are the strings; with the root prefix */
        size_t n, capacity;
} UnitFileList;
int install_list_files(Loader *l, UnitFileList *ret);
void unit_file_list_release(UnitFileList *l);
/* How the preset files have it. */
int install_preset_state(Loader *l, const char *name, bool *ret_enabled);
