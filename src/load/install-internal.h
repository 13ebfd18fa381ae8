/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What the files of install share: unit files on their way to be enabled or
 * disabled.
 *
 * An InstallContext holds the unit files of one operation in the order in
 * which they came up: what was asked for, where its links lead, what Also=
 * names. Paths are without the root prefix.
 *
 *      install_info_add -> UNKNOWN -> install_info_traverse -> REGULAR | MASKED
 *                                      via LINKED or ALIAS, links being followed
 */

#include "load/install.h"
#include "load/loader-internal.h"

typedef enum InstallMode {
        INSTALL_UNKNOWN, /* not looked at yet */
        INSTALL_REGULAR,
        INSTALL_MASKED,
        INSTALL_LINKED, /* a link out of the search path */
        INSTALL_ALIAS,  /* a link to another name in it */
} InstallMode;

typedef struct InstallInfo {
        char *name;   /* owned; an instance stays one, also when only its template has a file */
        char *path;   /* owned; NULL: not found */
        char *target; /* owned; where a link leads */
        InstallSpec
                spec; /* owned; what [Install] says, names as written but those of Also= and DefaultInstance= */
        InstallMode mode;
        bool auxiliary;    /* only named by Also= */
        UT_hash_handle hh; /* by name; iterates in the order of adding */
} InstallInfo;

typedef struct InstallContext {
        Loader *l;
        InstallChanges *changes; /* borrowed; may be NULL */
        Report *report;          /* borrowed; may be NULL */
        unsigned flags;
        const char *dir;        /* borrowed; where links are made */
        bool lenient;           /* preset: a template without instance is no mistake */
        InstallInfo *infos;     /* hash; owned */
        InstallInfo *processed; /* borrowed; the last that install_next() gave */
} InstallContext;

typedef enum SearchFlags {
        SEARCH_LOAD = 1,   /* read [Install] */
        SEARCH_FOLLOW = 2, /* links in the configuration directories are followed as well, not refused */
} SearchFlags;

InstallContext install_context(Loader *l, unsigned flags, InstallChanges *changes, Report *r);
void install_context_release(InstallContext *x);
InstallInfo *install_info_find(const InstallContext *x, const char *name);
/* A name or an absolute path; there already: that one. -EINVAL: no unit has that name. */
int install_info_add(InstallContext *x, const char *name_or_path, bool auxiliary, InstallInfo **ret);
int install_info_search(InstallContext *x, InstallInfo *i,
                        unsigned flags); /* the file or link of that name */
int install_info_traverse(InstallContext *x, InstallInfo *i, unsigned flags, InstallInfo **ret);
/* Adds and traverses; a failure becomes a change. */
int install_discover(InstallContext *x, const char *name_or_path, unsigned flags, InstallInfo **ret);
/* The same, and refuses what is masked, generated or transient. */
int install_discover_usable(InstallContext *x, const char *name_or_path, unsigned flags, InstallInfo **ret);
InstallInfo *install_next(InstallContext *x); /* each once, those added meanwhile as well; NULL: all done */

/* install-file.c: reads a unit file or a drop-in of it into i->spec. READ_OK, READ_MASK, or a negative errno. */
int install_file_read(InstallContext *x, InstallInfo *i, const char *path, bool follow);
void install_spec_release(InstallSpec *s);
bool install_has_rules(const InstallInfo *i); /* WantedBy= and the like, Alias= */
/* The instance that counts: for a template the one of DefaultInstance=, if there is one. */
int install_instance(const InstallInfo *i, char **ret);
/* A word of [Install] with its specifiers replaced. 0, -EBADSLT, -EUNATCH, -ENOMEM. */
int install_expand(const InstallContext *x, const InstallInfo *i, const char *text, char **ret);

/* install-apply.c: makes all links that the units of the context ask for. How many there should be, or a negative errno. */
int install_apply(InstallContext *x, unsigned search_flags);

/* install-remove.c */
typedef struct MarkedName MarkedName;
typedef struct Marked {
        MarkedName *names; /* hash; owned */
} Marked;
void marked_release(Marked *m);
int marked_add(Marked *m, const char *name_or_path); /* 1: new; 0; -ENOMEM */
int install_mark_for_removal(InstallContext *x, Marked *m);
/* Removes all links below the directory that have or lead to a marked name. */
int marked_remove(InstallContext *x, Marked *m, const char *directory);

/* install-change.c */
int change_add_at(InstallContext *x, InstallChangeType type, const char *path, const char *source);
/* Notes a failure and returns it (or -ENOMEM). The second takes a path and puts the root prefix before it. */
int change_fail(InstallContext *x, int error, const char *what, const char *source);
int change_fail_at(InstallContext *x, int error, const char *path, const char *source);

/* install-link.c */
/*
 * Makes the link `path` -> `target`. Led there already: nothing is changed. Leads
 * elsewhere: -EEXIST, or replaced in one step when forced. A file that is no link
 * is never replaced.
 */
int link_make(InstallContext *x, const char *path, const char *target, bool force);
/* The target of a link, absolute; `ret` keeps its last name even if that is a link too. */
int link_target(const Root *root, const char *path, char **ret);
/* Follows links to the end, there or not. -ELOOP. */
int link_resolve(const Root *root, const char *path, char **ret);
/* A path that is masked: an empty file, or something that leads to /dev/null. 1, 0, or a negative errno. */
int path_is_mask(const Root *root, const char *path);
/* May `name` be a link to `target`? 0; -ELOOP: to itself; -EINVAL or -EXDEV: no, with the reason in the report. */
int alias_check(const char *name, const char *target, Report *r);

/* The directory of the search path in which the path lies; -1: none. */
int directory_of(const Loader *l, const char *path, bool or_below);
unsigned directory_flags(const Loader *l, const char *path); /* 0 outside */
const char *config_directory(const Loader *l, unsigned flags);

/* install-links.c: which links there are, so that the state of a unit costs no more than looking it up. */
/* The links as they are now: read again when a directory has changed. Owned by the loader. */
int loader_links(Loader *l, const LinkIndex **ret);
/* What speaks for a unit in one directory of the search path. */
typedef struct LinkEvidence {
        bool found;     /* enabled by a link */
        bool same_name; /* a link of its own name, leading to a file of that name */
} LinkEvidence;
void link_index_look(const LinkIndex *links, const InstallInfo *i, size_t dir, bool known_names_only,
                     bool ignore_same_name, LinkEvidence *ret);
