/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Descriptors that a service has stored with us (FDSTORE=1) and gets back at
 * its next start. They go when FileDescriptorStorePreserve= says, when the
 * service says so, or when the other end hangs up (unless FDPOLL=0).
 */

#include "manager/manager-internal.h"

#include <errno.h>
#include <linux/kcmp.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

static void stored_release(StoredFd *s) {
        sd_event_source_disable_unref(s->source);
        close(s->fd);
        free(s->name);
}

static void drop(UnitRuntime *rt, size_t i) {
        stored_release(rt->fd_store + i);
        rt->n_fd_store--;
        for (; i < rt->n_fd_store; i++)
                rt->fd_store[i] = rt->fd_store[i + 1];
        unit_mark_changed(rt->unit);
        if (rt->n_fd_store == 0)
                manager_collect(rt->manager, rt->unit); /* perhaps nothing else has kept it */
}

static int on_hangup(sd_event_source *s, int fd, uint32_t revents, void *userdata) {
        UnitRuntime *rt = unit_runtime(userdata);

        for (size_t i = 0; i < rt->n_fd_store; i++)
                if (rt->fd_store[i].fd == fd) {
                        drop(rt, i);
                        break;
                }
        return 0;
}

/* Two descriptors of one open file. Where the kernel does not tell, both are kept. */
static bool is_stored(const UnitRuntime *rt, int fd) {
        for (size_t i = 0; i < rt->n_fd_store; i++)
                if (syscall(SYS_kcmp, getpid(), getpid(), KCMP_FILE, fd, rt->fd_store[i].fd) == 0)
                        return true;
        return false;
}

static int store_one(Unit *u, int *fd, const char *name, bool poll) {
        UnitRuntime *rt = unit_runtime(u);
        StoredFd *grown, new = { .fd = -1 };

        if (rt->n_fd_store >= u->spec->service->fd_store_max)
                return -E2BIG;
        if (is_stored(rt, *fd))
                return 0;
        grown = realloc(rt->fd_store, (rt->n_fd_store + 1) * sizeof(*grown));
        if (!grown)
                return -ENOMEM;
        rt->fd_store = grown;
        new.name = strdup(name);
        if (!new.name)
                return -ENOMEM;
        new.fd = TAKE_FD(*fd);
        if (poll) /* regular files cannot be polled, and never hang up */
                (void)sd_event_add_io(rt->manager->event, &new.source, new.fd, EPOLLHUP | EPOLLERR, on_hangup,
                                      u);
        grown[rt->n_fd_store++] = new;
        unit_mark_changed(u);
        return 0;
}

/* The rest is closed by the reader of the message. */
int unit_store_fds(Unit *u, NotifyMessage *msg) {
        const char *name = notify_value(msg->lines, "FDNAME"), *poll = notify_value(msg->lines, "FDPOLL");

        if (name && !fd_name_is_valid(name))
                name = NULL; /* it would break the list of all names */
        for (size_t i = 0; i < msg->n_fds; i++) {
                int r = store_one(u, &msg->fds[i], name ?: "stored", !str_equal(poll, "0"));

                if (r < 0)
                        return r;
        }
        return 0;
}

void unit_remove_stored(Unit *u, const char *name) {
        UnitRuntime *rt = unit_runtime(u);

        for (size_t i = rt->n_fd_store; name && i > 0; i--)
                if (str_equal(rt->fd_store[i - 1].name, name))
                        drop(rt, i - 1);
}

void unit_release_fd_store(Unit *u) {
        UnitRuntime *rt = unit_runtime(u);

        for (size_t i = 0; i < rt->n_fd_store; i++)
                stored_release(rt->fd_store + i);
        free(TAKE(rt->fd_store));
        rt->n_fd_store = 0;
}

const char *unit_sub_state(const Unit *u) {
        const UnitRuntime *rt = unit_runtime(u);

        if (u->type == UNIT_SERVICE && u->active == INACTIVE && rt->n_fd_store > 0 &&
            u->spec->service->fd_store_preserve == PRESERVE_YES)
                return "dead-resources-pinned";
        return machine_sub_state(&rt->machine);
}
