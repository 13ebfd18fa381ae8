/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What the unit directories hold: names, links, drop-in directories. Made by
 * one pass over the search path; no file is opened.
 *
 * An Entry is the file that counts for a name, that is the one in the first
 * directory that has the name. Aliases are links to a name within the path;
 * the entry they lead to lists them, also when there is no file of that name.
 */

#include "load/search-path.h"

#ifndef HASH_NONFATAL_OOM
#define HASH_NONFATAL_OOM 1 /* reported by leaving hh.tbl of the new element NULL */
#endif
#include <uthash.h>

typedef enum EntryKind {
        ENTRY_ABSENT, /* only a target of aliases */
        ENTRY_FILE, /* or anything else but a link, or a link out of the path: looked at when it is loaded */
        ENTRY_ALIAS,
        ENTRY_MASK, /* a link to /dev/null */
} EntryKind;

typedef struct Entry Entry;
struct Entry {
        EntryKind kind;
        unsigned dir;   /* index into the search path */
        Entry *target;  /* ENTRY_ALIAS: borrowed */
        Entry *aliases; /* those that lead here; linked by next_alias */
        Entry *next_alias;
        UT_hash_handle hh;
        bool link; /* a symlink of whatever kind */
        char name[];
};

/* A directory X.d, X.wants, X.requires or X.upholds, and in which of the search path it exists. */
typedef struct SubDir {
        char *name;    /* owned */
        uint64_t dirs; /* bit per directory of the path */
        UT_hash_handle hh;
} SubDir;

typedef struct Index {
        SearchPath path;
        Entry *entries;  /* hash; owned */
        SubDir *subdirs; /* hash; owned */
        char **mounts;   /* owned; names of the mount units */
        Report report;
} Index;

/* Takes the path. 0 or -ENOMEM; what cannot be read is in the report. */
int index_init(Index *x, SearchPath *path, const Root *root);
void index_release(Index *x);

const Entry *index_find(const Index *x, const char *name);  /* NULL: no file and no link */
uint64_t index_subdir(const Index *x, const char *name);    /* 0: in none of the directories */
int entry_path(const Index *x, const Entry *e, char **ret); /* without the root prefix */

/*
 * Where the links of a name lead. The entry is that of the id, or of its
 * template; NULL: there is no file. 0, -ELOOP, -ENOMEM.
 */
int index_resolve(const Index *x, const char *name, char **ret_id, const Entry **ret_entry);
/* The id and all aliases of it. */
int index_names(const Index *x, const char *id, char ***ret);

bool unit_type_may_alias(UnitType t);
/* May a link of that name lead to that unit? systemd.unit(5), Alias=. */
bool alias_is_possible(const char *alias, const char *target);
