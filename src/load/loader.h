/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * From directories to UnitSpecs: the search path, aliases, masks, templates,
 * drop-ins, .wants/.requires/.upholds. Used by the manager and by svctl
 * offline (--root=).
 *
 * A Loader keeps an index of all unit directories (names, links, drop-in
 * directories), read once by loader_refresh(), so that loading a unit costs the
 * number of its own files. File contents are read when a unit is loaded.
 *
 * A slice needs no file: without one it is LOADED_OK, with the drop-ins and
 * .wants that its name has. The same holds for scopes, mounts, swaps and
 * devices, but for their being LOADED_NOT_FOUND.
 */

#include "unit/spec.h"

typedef struct Loader Loader;

typedef enum LoaderScope {
        SCOPE_SYSTEM,
        SCOPE_GLOBAL, /* the units of all user managers: --global */
        SCOPE_USER,   /* the units of one: --user */
} LoaderScope;

typedef struct LoaderOptions {
        const char *root;              /* prefix for all paths; NULL or "" for the system itself */
        const SpecifierHost *host;     /* borrowed */
        const char *generator_dirs[3]; /* normal, early, late, absolute; NULL: none */
        const char *runtime_dir;       /* "/run"; SCOPE_USER: $XDG_RUNTIME_DIR */
        LoaderScope scope;
        const char *config_home, *data_home; /* SCOPE_USER: "/home/user/.config", "/home/user/.local/share" */
        bool ignore_system_services; /* of an installed systemd package: systemd-*.service, getty@... are not pulled in by .wants */
} LoaderOptions;

int loader_new(const LoaderOptions *o, Loader **ret);
void loader_free(Loader *l);
/* Reads the directories again if one has changed. 0 or -ENOMEM; those that cannot be read are skipped (see loader_report()). */
int loader_refresh(Loader *l);
const Report *loader_report(const Loader *l);
char *const *loader_mounts(
        const Loader *l); /* names of mount units that have files; as of the last refresh */
char *const *loader_search_path(const Loader *l); /* with the root prefix */
/* Where what is made at run time goes. With the root prefix; borrowed; NULL: the search path leaves it out. */
typedef enum LoaderPlace {
        PLACE_TRANSIENT,       /* units made by clients */
        PLACE_CONTROL,         /* drop-ins of set-property */
        PLACE_CONTROL_RUNTIME, /* ... with --runtime */
} LoaderPlace;
const char *loader_directory(const Loader *l, LoaderPlace place);
typedef enum LoadOutcome {
        LOADED_OK = 0,
        LOADED_NOT_FOUND = 1,
        LOADED_MASKED,
        LOADED_BAD_SETTING, /* read, but it may not run: spec->fatal */
        LOADED_ERROR,       /* a file of it could not be read: error, error_text */
} LoadOutcome;

/*
 * All that loading a unit looks at, as it was then: paths, times, sizes and
 * inodes of the files, directories of drop-ins and links, names, and what
 * specifiers and defaults stand for. Only good for comparing with another one.
 * A file that was written to just before, and may be once more without its time
 * showing it, makes a stamp that equals no other.
 */
typedef struct LoadStamp {
        uint64_t files; /* fragment, drop-ins, SourcePath=: what NeedDaemonReload is about; 0: never loaded */
        uint64_t all;   /* 0: equals no other */
} LoadStamp;

typedef struct LoadedUnit {
        UnitSpec *
                spec; /* owned; always there (defaults when not found) unless memory ran out; spec_complete()d */
        char *id;     /* owned; the real name: where the alias links lead */
        char **names;        /* owned; id and every alias that links to it (instances: expanded) */
        char *fragment_path; /* owned; NULL */
        char *set_name;      /* owned; whose file it is, with X-Instances=; NULL: its own or its template's */
        char **dropins;      /* owned; in the order applied */
        int error;           /* negative errno for LOADED_ERROR and LOADED_BAD_SETTING */
        char *error_text;    /* owned; NULL */
        LoadStamp stamp;     /* taken before the files were read */
        Report report;       /* everything said about the files */
} LoadedUnit;

/* An outcome, or -ENOMEM / -EINVAL (no unit has that name; a template has no unit). `ret` is filled for outcomes >= 0. */
int loader_load(Loader *l, const SpecContext *defaults, const char *name, LoadedUnit *ret);
void loaded_unit_release(LoadedUnit *u);
/*
 * What an instance of that set would be if the files of the set still said what they did when `set` was read. Drop-ins
 * of the instance alone do not count. -ENODATA: the set was not read from files.
 */
int loader_read_instance(const SpecContext *defaults, const UnitSpec *set, const char *name, UnitSpec **ret);
/*
 * The stamp that loading the unit would give, by the directories as they were
 * at the last loader_refresh(); no file is opened. source_path: SourcePath= of
 * the spec, or NULL.
 */
int loader_stamp(Loader *l, const SpecContext *defaults, const char *name, const char *source_path,
                 LoadStamp *ret);

/* All unit files, for list-unit-files and globs: one call per file. */
typedef int (*UnitFileVisitor)(const char *name, const char *path, void *userdata);
int loader_visit_files(Loader *l, UnitFileVisitor visit, void *userdata);

/* Is this one of the units that come with the systemd package? */
bool unit_is_of_systemd(const char *name);
