/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Units that clients make, and settings of units that they change while they
 * run: StartTransientUnit() and SetUnitProperties().
 *
 * A transient unit has a file like any other, below /run/systemd/transient,
 * and is read from it; the file goes when the unit is forgotten. What no file
 * can say (descriptors, processes to bring in) is kept beside the unit.
 *
 * A changed setting goes into X.d/50-KEY.conf below system.control, so that a
 * reload finds it again, and into the unit and its group at once.
 */

#include "manager/manager.h"
#include "manager/setting-text.h"

struct Transient {
        int stdio[3]; /* owned; -1 */
        struct ExtraFd {
                int fd;     /* owned */
                char *name; /* owned */
        } * extra_fds;      /* ExtraFileDescriptors=; owned */
        size_t n_extra_fds, extra_fds_capacity;
        pid_t *pids; /* owned; of a scope: to bring in, then those that are watched */
        size_t n_pids, pids_capacity;
        char *controller; /* owned; NULL */
};

/* A unit to be. All of it is owned by whoever fills it; what is used of `data` is taken out. */
typedef struct TransientRequest {
        const char *name; /* borrowed; valid, and of a type that can be transient */
        SettingTexts texts;
        Transient data;
} TransientRequest;
void transient_request_init(TransientRequest *t, const char *name);
void transient_request_release(TransientRequest *t);
bool unit_type_can_be_transient(UnitType type);

/*
 * Writes the file and loads the unit. -EEXIST: the name is in use; -EINVAL: a
 * setting is wrong; -ENOEXEC: all of them together; otherwise the file cannot be written. `why` says what.
 */
int manager_make_transient(Manager *m, TransientRequest *t, Report *why, Unit **ret);

/* May it be changed while the unit runs? The rest is settled when the unit is made. */
bool setting_is_live(const Directive *row);
/* -EINVAL: a value is wrong, nothing is done; otherwise a file cannot be written. */
int manager_set_properties(Manager *m, Unit *u, bool runtime, const SettingTexts *texts, Report *why);

int transient_add_fd(Transient *t, int *fd, const char *name); /* takes it */
int transient_add_pid(Transient *t, pid_t pid);
