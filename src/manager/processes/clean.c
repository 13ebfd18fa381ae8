/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * systemctl clean: the directories of a unit that is down, what it has stored
 * with us, a timer's stamp. A process of its own deletes, however much it is.
 */

#include "manager/files.h"
#include "manager/manager-internal.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

static const char *const words[] = {
        [DIRECTORY_RUNTIME] = "runtime",
        [DIRECTORY_STATE] = "state",
        [DIRECTORY_CACHE] = "cache",
        [DIRECTORY_LOGS] = "logs",
        [DIRECTORY_CONFIGURATION] = "configuration",
        [DIRECTORY_KIND_MAX] = "fdstore",
};

const char *clean_to_string(unsigned i) {
        return i < ELEMENTSOF(words) ? words[i] : NULL;
}

/* Of a timer the stamp of Persistent= is its state. */
unsigned unit_cleanable(const Unit *u) {
        const UnitRuntime *rt = unit_runtime(u);
        unsigned what = 0;

        if (u->type == UNIT_TIMER && u->load_state == LOAD_LOADED)
                return u->spec->timer->persistent ? 1u << DIRECTORY_STATE : 0;
        if (u->type != UNIT_SERVICE || u->load_state != LOAD_LOADED)
                return 0;
        for (unsigned i = 0; i < DIRECTORY_KIND_MAX; i++)
                if (u->spec->exec->directories[i].names)
                        what |= 1u << i;
        return rt->n_fd_store > 0 ? what | CLEAN_FD_STORE : what;
}

/* Directory or link, whichever is there. */
static void remove_one(const char *base, const char *below, const char *name, int n) {
        char path[PATH_MAX];

        if (snprintf(path, sizeof(path), "%s/%s%.*s", base, below, n, name) >= (int)sizeof(path))
                return;
        remove_tree(path);
        (void)unlink(path);
}

static void remove_directories(const Manager *m, const Unit *u, DirectoryKind kind) {
        const char *base = manager_directory_base(m, kind);

        STRV_FOREACH (name, u->spec->exec->directories[kind].names) {
                int n = (int)strcspn(*name, ":");

                remove_one(base, "private/", *name, n); /* with DynamicUser= */
                remove_one(base, "", *name, n);
                if ((*name)[n] == ':')
                        remove_one(base, "", *name + n + 1, (int)strlen(*name + n + 1));
        }
}

static int remove_all(const Manager *m, const Unit *u, unsigned what) {
        int r = exec_fork_tidy();

        if (r != 0)
                return MIN(r, 0);
        for (unsigned i = 0; i < DIRECTORY_KIND_MAX; i++)
                if (what & 1u << i)
                        remove_directories(m, u, i);
        _exit(0);
}

int unit_clean(Unit *u, unsigned what) {
        if ((u->type != UNIT_SERVICE && u->type != UNIT_TIMER) || u->load_state != LOAD_LOADED)
                return -EOPNOTSUPP;
        if (u->active != INACTIVE || u->job)
                return -EBUSY;
        what &= unit_cleanable(u);
        if (what == 0)
                return -EUNATCH;
        if (u->type == UNIT_TIMER)
                return unit_remove_stamp(unit_runtime(u)->manager, u);
        if (what & CLEAN_FD_STORE)
                unit_release_fd_store(u);
        unit_mark_changed(u);
        return what & ~CLEAN_FD_STORE ? remove_all(unit_runtime(u)->manager, u, what) : 0;
}
