/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Sums over what loading a unit looks at, for LoadStamp (loader.h). Things are
 * fed between stamp_begin() and stamp_end() as they are met; who loads gives
 * the times that the open files had before they were read.
 */

#include "load/loader-internal.h"

struct Stamp {
        LoadStamp sum;
        bool settled;     /* no file is so young that a second change might not show */
        const Root *root; /* borrowed; while stamp_links() works */
};

void stamp_begin(Stamp *s, const SpecContext *c);
void stamp_names(Stamp *s, const char *id, char *const *names);
void stamp_file(Stamp *s, const char *path,
                const struct stat *st); /* path without the root prefix; NULL: no such file */
void stamp_path(Stamp *s, const Root *root, const char *path); /* the same, asking for its stat */
int stamp_links(Stamp *s, const Index *x, const Root *root, char *const *names); /* .wants & co. */
/* Of the unit as it is on the disk, by the index as it is. */
int stamp_now(const Loader *l, const SpecContext *c, const char *name, const char *source_path,
              LoadStamp *ret);
void stamp_end(Stamp *s, const Root *root, const char *source_path, LoadStamp *ret);
