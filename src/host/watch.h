/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Watching files: path units and PID files, by inotify on the path and on the
 * parents that exist, without polling.
 */

#include "unit/spec.h"

#include <sys/types.h>
#include <systemd/sd-event.h>

typedef struct FileWatch FileWatch;
typedef void (*FileWatchHandler)(FileWatch *w, void *userdata); /* something moved: look again */

/* Watches every path (existing or not). */
int file_watch_new(sd_event *event, char *const *paths, FileWatchHandler handler, void *userdata,
                   FileWatch **ret);
void file_watch_free(FileWatch *w);
bool path_watch_holds(
        const PathSpec *p); /* exists, glob, directory not empty: now? (changed and modified: false) */

/* 0 and the pid; -ENOENT, -EAGAIN (empty yet), -EBADMSG (no number), -ESRCH (no such process), -EPERM (foreign owner, unsafe). */
int pid_file_read(const char *path, pid_t *ret);
