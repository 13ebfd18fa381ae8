/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Watching files and all that is below directories, for X-Watch=.
 *
 * What is heard is told once it has been quiet for a while: an editor's three
 * events or a thousand of a build are one change. A path that is not there yet,
 * or becomes something else, is followed; symbolic links below it are not.
 *
 * Directories are read little by little, between other events, so that a large
 * tree holds nobody up. No more than TREE_DIRECTORIES_MAX of them are watched:
 * those next to the top, and the handler is told what was left out.
 *
 * Patterns leave out files and whole directories: without a slash by their
 * name, with one by their path below the watched one.
 */

#include "host/watch.h"

#define TREE_DIRECTORIES_MAX 8192

typedef struct TreeWatch TreeWatch;
typedef enum TreeNews {
        TREE_CHANGED,   /* quiet again; `path`: the first that changed */
        TREE_TOO_LARGE, /* `path`: the first directory that is not watched; `error` says why */
} TreeNews;
typedef void (*TreeHandler)(TreeNews what, const char *path, int error, void *userdata);

typedef struct TreeOptions {
        char *const *paths;   /* borrowed */
        char *const *ignored; /* patterns; borrowed; NULL: the usual ones */
        usec_t quiet;
} TreeOptions;
extern const char *const tree_usually_ignored[]; /* ends with NULL */

int tree_watch_new(sd_event *event, Watcher *watcher, const TreeOptions *o, TreeHandler handler,
                   void *userdata, TreeWatch **ret);
void tree_watch_free(TreeWatch *t);
