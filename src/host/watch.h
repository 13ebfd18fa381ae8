/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Watching files: path units and PID files, by inotify on the path and on the
 * parents that exist, without polling.
 */

#include "unit/spec.h"

#include <sys/types.h>
#include <systemd/sd-event.h>

/* One for each event loop, over all that is watched. */
typedef struct Watcher Watcher;
int watcher_new(sd_event *event, Watcher **ret);
void watcher_free(Watcher *w); /* after all its watches */

typedef struct FileWatch FileWatch;
typedef void (*FileWatchHandler)(FileWatch *w, void *userdata); /* something moved: look again */

/*
 * Watches every path (existing or not), simple writes to it included. What
 * moved may be any of them, also a directory on the way to one.
 */
int file_watch_new(Watcher *watcher, char *const *paths, FileWatchHandler handler, void *userdata,
                   FileWatch **ret);
/* The same for a path unit: which movements count follows from the kind of each path. */
int path_watch_new(Watcher *watcher, const PathSpec *p, FileWatchHandler handler, void *userdata,
                   FileWatch **ret);
void file_watch_free(FileWatch *w); /* also from within the handler */
/* The path of kind changed or modified that has moved; NULL: none since it was last forgotten. */
const char *path_watch_moved(const FileWatch *w);
void path_watch_forget(FileWatch *w);
/* Exists, glob, directory not empty: now? (changed and modified: false). *ret_path: which of them; owned; may be NULL. */
bool path_watch_holds(const PathSpec *p, char **ret_path);

/*
 * 0 and the pid; -ENOENT, -EAGAIN (empty yet), -EBADMSG (no number of a
 * possible service), -ESRCH (no such process). Not trusted: somebody without
 * privileges could have pointed us to another's process, and the caller has
 * to see that it is the unit's own.
 */
int pid_file_read(const char *path, pid_t *ret, bool *ret_trusted);
