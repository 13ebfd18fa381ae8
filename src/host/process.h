/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Reaping: one SIGCHLD source, a bounded loop of waitid(), a hash of watched
 * pids. Every zombie is reaped, watched or not.
 */

#include "base/time.h"

#include <sys/types.h>
#include <systemd/sd-event.h>

typedef struct Reaper Reaper;

typedef struct ProcessEnd {
        pid_t pid;
        int code, status;
        DualTime when;
        char comm[16];
} ProcessEnd;

/*
 * `watcher` is what reaper_watch() was given, NULL for an orphan. The pid is
 * still a zombie during the call; after it the pid is no longer watched.
 * `comm` is filled for watched processes only.
 */
typedef void (*ProcessEndHandler)(const ProcessEnd *end, void *watcher, void *userdata);

int reaper_new(sd_event *event, int64_t priority, ProcessEndHandler handler, void *userdata, Reaper **ret);
/* At each SIGCHLD, with the handler's userdata, before anybody is reaped: it may be about a process that was stopped. */
void reaper_set_hook(Reaper *r, void (*hook)(void *userdata));
void reaper_look(Reaper *r); /* in the next turn, whether a SIGCHLD comes or not */
void reaper_free(Reaper *r);
int reaper_watch(Reaper *r, pid_t pid, void *watcher); /* 0, -EEXIST, -ENOMEM */
void reaper_unwatch(Reaper *r, pid_t pid);
void reaper_forget(Reaper *r, const void *watcher); /* all that it watches: it is about to be freed */
void *reaper_find(const Reaper *r, pid_t pid);
/*
 * A pid that is no child of ours (PIDFile= of a stray): its end is seen by a
 * pidfd, how it ended is not (reported as CLD_EXITED with 0). When it becomes
 * our child meanwhile it is reaped like one. -ESRCH: it is gone already.
 */
int reaper_watch_stranger(Reaper *r, pid_t pid, void *watcher);

pid_t process_parent(pid_t pid); /* 0 when unknown; reads /proc */
int process_comm(pid_t pid, char ret[16]);
bool process_exists(pid_t pid);    /* and is no zombie */
bool process_is_ending(pid_t pid); /* SIGKILL is on its way to it, or it has gone already */
int process_command_line(pid_t pid, size_t max,
                         char **ret); /* blanks between arguments; "[comm]" without one */

DualTime dual_now(void);
usec_t now_monotonic(void);
usec_t now_realtime(void);
