/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What stands beside a unit file: drop-ins (X.d/ *.conf) and links to other
 * units (X.wants, X.requires, X.upholds).
 *
 * A unit has such directories under each of its names, under the template of
 * an instance, under the name cut after each dash (of a template without its @),
 * and, for drop-ins, under its type. Of files with the same name only one counts: that of the earlier
 * name, in the earlier directory of the search path; one that is empty or leads
 * to /dev/null counts as well and takes the others away.
 */

#include "load/index.h"

/* Paths without the root prefix, in the order to apply: by file name. Masked ones are left out by who reads them. */
int dropin_find(const Index *x, const Root *root, char *const *names, char ***ret);

/* Called for each directory that exists, in order of precedence. `path` is without the root prefix. */
typedef int (*DirectoryVisitor)(const SearchDir *dir, const char *path, void *userdata);
/* The directories with that suffix (".wants"). */
int linked_directories_visit(const Index *x, char *const *names, const char *suffix, DirectoryVisitor visit,
                             void *userdata);

typedef struct LinkedUnit {
        char *name;           /* owned; a template is filled with the instance of the unit, or its prefix */
        const SearchDir *dir; /* borrowed; where the link stands */
} LinkedUnit;
typedef struct LinkedUnits {
        LinkedUnit *v;
        size_t n, capacity;
} LinkedUnits;
void linked_units_release(LinkedUnits *l);

/* The units in the directories with that suffix (".wants"), sorted by name. Masked links are left out. */
int linked_units_find(const Index *x, const Root *root, char *const *names, const char *suffix,
                      LinkedUnits *ret);

/*
 * Of the systemd package, which svinit stands in for? Where it is installed its
 * own services, sockets and mounts are linked from the .wants directories of
 * the distribution, and would start beside svinit's.
 */
bool unit_is_of_systemd(const char *name);
