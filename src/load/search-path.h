/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The directories in which unit files are looked for, highest precedence
 * first: systemd.unit(5) "UNIT FILE LOAD PATH" with our own directories added,
 * or what $SYSTEMD_UNIT_PATH says.
 */

#include "load/loader.h"
#include "load/root.h"

#define SEARCH_PATH_MAX 64 /* sets of directories are kept as bits */

typedef enum SearchDirFlags {
        DIR_PERSISTENT = 1, /* where enable, mask, ... put their links */
        DIR_RUNTIME = 2,    /* the same with --runtime */
        DIR_VOLATILE = 4,   /* below the run-time directory */
        DIR_GENERATED = 8,
        DIR_TRANSIENT = 16,
        DIR_VENDOR = 32,  /* the distribution's packages: systemd's own units are among them */
        DIR_CONTROL = 64, /* drop-ins made by set-property */
} SearchDirFlags;

typedef struct SearchDir {
        char *path; /* owned; without the root prefix */
        unsigned flags;
        bool exists,
                duplicate; /* duplicate: another name of a directory that comes earlier (/lib, /usr/lib) */
        dev_t dev;
        ino_t ino;
        struct timespec mtime; /* when it was read */
        bool settled;          /* the time tells changes apart: it was not this very tick of the clock */
} SearchDir;

typedef struct SearchPath {
        SearchDir *dirs; /* owned */
        size_t n;
} SearchPath;

int search_path_init(SearchPath *p, const LoaderOptions *o, const char *unit_path_variable);
void search_path_release(SearchPath *p);
int search_path_copy(const SearchPath *p, SearchPath *ret); /* the paths, nothing of what was found there */
void search_path_examine(SearchPath *p, const Root *root);  /* fills what comes from the disk */
bool search_path_changed(const SearchPath *p,
                         const Root *root); /* a directory has appeared, gone or changed since */
int search_path_find(const SearchPath *p, const Root *root,
                     const char *directory);                       /* index, -1: not in the path */
const char *search_path_config(const SearchPath *p, bool runtime); /* where links are made; borrowed */
