/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * sd_notify messages: who may speak for a unit, and what each line means.
 */

#include "manager/manager-internal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

Unit *manager_unit_of_pid(Manager *m, pid_t pid) {
        Unit *u = reaper_find(m->reaper, pid);
        Group *g;

        if (u)
                return u;
        g = groups_find_pid(m->groups, pid);
        return g ? group_userdata(g) : NULL;
}

/* NotifyAccess=: none, main, exec (main and control processes), all of the unit. */
static bool sender_is_allowed(Unit *u, pid_t pid) {
        const Machine *machine = &unit_runtime(u)->machine;
        bool is_main = pid == machine_main_pid(machine);

        if (u->type != UNIT_SERVICE)
                return false;
        switch (u->spec->service->notify_access) {
        case NOTIFY_ALL:
                return true;
        case NOTIFY_EXEC:
                return is_main || pid == machine_control_pid(machine);
        case NOTIFY_MAIN:
                return is_main;
        default:
                return false;
        }
}

/* The first of a run; what comes by the thousand is not worth a line each. */
static void refuse(Unit *u, pid_t pid, const char *why) {
        if (unit_runtime(u)->refusal_told)
                return;
        unit_runtime(u)->refusal_told = true;
        LOG_UNIT(u->id, NOTIFY_REFUSED, FIELD_S("TEXT", why), FIELD_I("PID", pid));
}

static void push(Unit *u, Event ev) {
        ev.now = dual_now();
        (void)manager_push(unit_runtime(u)->manager, u, &ev);
}

static void on_main_pid(Unit *u, pid_t sender, const char *value) {
        UnitRuntime *rt = unit_runtime(u);
        uint64_t pid;

        if (parse_u64(value, &pid) < 0 || pid < 2 || pid > INT32_MAX)
                return;
        if (!rt->group || !group_has_pid(rt->group, (pid_t)pid)) {
                refuse(u, sender, "MAINPID= names a process of another unit");
                return;
        }
        unit_watch_main(rt->manager, u, (pid_t)pid); /* before it can end */
        push(u, (Event){ .type = EVENT_NOTIFY_MAIN_PID, .process = { .pid = (pid_t)pid, .is_child = true } });
}

static void on_span(Unit *u, EventType type, const char *value) {
        uint64_t span;

        if (parse_u64(value, &span) >= 0 && span > 0)
                push(u, (Event){ .type = type, .span = span });
}

static void on_reloading(Unit *u, const char *monotonic) {
        uint64_t begin = 0;

        if (monotonic && parse_u64(monotonic, &begin) < 0)
                begin = 0;
        push(u, (Event){ .type = EVENT_NOTIFY_RELOADING, .span = begin });
}

/* STATUS=, BUSERROR= */
static void on_text(Unit *u, char **text, const char *value) {
        if (str_equal(*text, value))
                return;
        (void)str_replace(text, *value ? value : NULL);
        unit_mark_changed(u);
}

static void on_errno(Unit *u, const char *value) {
        unsigned n;

        if (parse_unsigned(value, &n) < 0 || n > 4095)
                return;
        unit_runtime(u)->status_errno = (int)n;
        unit_mark_changed(u);
}

static void on_watchdog(Unit *u, const char *value) {
        if (str_equal(value, "1")) {
                push(u, (Event){ .type = EVENT_NOTIFY_WATCHDOG });
                unit_mark_changed(u);
        } else if (str_equal(value, "trigger") && !unit_runtime(u)->manager->watchdogs_off)
                push(u, (Event){ .type = EVENT_NOTIFY_WATCHDOG_TRIGGER });
}

/* X_METRIC_name=value and X_ACTIONS=names: what they say is not PID 1's business. */
static void pass_on_figures(Unit *u, char *const *lines) {
        STRV_FOREACH (line, lines)
                if (str_starts_with(*line, "X_METRIC_") || str_starts_with(*line, "X_ACTIONS="))
                        apps_tell(unit_runtime(u)->manager, u, *line);
}

/*
 * The order of the lines in the message does not count, systemd's order does:
 * MAINPID= before READY=. EXIT_STATUS= is for the manager above a manager.
 */
static void apply(Unit *u, NotifyMessage *msg) {
        const char *v;

        if ((v = notify_value(msg->lines, "MAINPID")))
                on_main_pid(u, msg->pid, v);
        if ((v = notify_value(msg->lines, "RELOADING")) && str_equal(v, "1"))
                on_reloading(u, notify_value(msg->lines, "MONOTONIC_USEC"));
        if ((v = notify_value(msg->lines, "READY")) && str_equal(v, "1"))
                push(u, (Event){ .type = EVENT_NOTIFY_READY });
        if ((v = notify_value(msg->lines, "STOPPING")) && str_equal(v, "1"))
                push(u, (Event){ .type = EVENT_NOTIFY_STOPPING });
        if ((v = notify_value(msg->lines, "STATUS")))
                on_text(u, &unit_runtime(u)->status_text, v);
        if ((v = notify_value(msg->lines, "ERRNO")))
                on_errno(u, v);
        if ((v = notify_value(msg->lines, "BUSERROR")))
                on_text(u, &unit_runtime(u)->status_bus_error, v);
        if ((v = notify_value(msg->lines, "EXTEND_TIMEOUT_USEC")))
                on_span(u, EVENT_NOTIFY_EXTEND, v);
        if ((v = notify_value(msg->lines, "WATCHDOG")))
                on_watchdog(u, v);
        if ((v = notify_value(msg->lines, "WATCHDOG_USEC")))
                on_span(u, EVENT_NOTIFY_WATCHDOG_USEC, v);
        if ((v = notify_value(msg->lines, "FDSTORE")) && str_equal(v, "1")) {
                if (msg->fds_lost && u->spec->service->fd_store_max > 0)
                        refuse(u, msg->pid, "svinit had no descriptor free for what it was to store");
                if (unit_store_fds(u, msg) == -E2BIG)
                        refuse(u, msg->pid,
                               "FileDescriptorStoreMax= admits no more descriptors, the rest is closed");
        }
        if ((v = notify_value(msg->lines, "FDSTOREREMOVE")) && str_equal(v, "1"))
                unit_remove_stored(u, notify_value(msg->lines, "FDNAME"));
        pass_on_figures(u, msg->lines);
}

void on_notify_message(NotifyMessage *msg, void *userdata) {
        Manager *m = userdata;
        const char *barrier = notify_value(msg->lines, "BARRIER");
        Unit *u;

        /* All that came before has been read: the descriptor is closed when we return, whoever waits for that. */
        if (barrier && str_equal(barrier, "1"))
                return;
        u = manager_unit_of_pid(m, msg->pid);
        /* The news that the sender is the main process may still be on its way, from the shim or in the queue. */
        if (u && !sender_is_allowed(u, msg->pid) && unit_runtime(u)->group) {
                group_poll(unit_runtime(u)->group);
                (void)manager_drain(m, 64);
        }
        if (!u)
                LOG(NOTIFY_UNKNOWN, FIELD_I("PID", msg->pid));
        else if (!sender_is_allowed(u, msg->pid))
                refuse(u, msg->pid, "NotifyAccess= does not admit the sender");
        else
                apply(u, msg);
}

/* What comes before the newline is of no interest, but may go on for ever; what comes after it is not read. */
static int on_notify_fd(sd_event_source *source, int fd, uint32_t revents, void *userdata) {
        Unit *u = userdata;
        char data[256];
        ssize_t n = read(fd, data, sizeof(data));

        if (n < 0 && (errno == EAGAIN || errno == EINTR))
                return 0;
        if (n > 0 && !memchr(data, '\n', (size_t)n)) {
                (void)sd_event_source_set_priority(source, PRIORITY_QUEUE);
                return 0;
        }
        if (n > 0)
                push(u, (Event){ .type = EVENT_NOTIFY_READY });
        unit_close_notify_fd(u);
        return 0;
}

int unit_open_notify_fd(Unit *u, int *ret_write_end) {
        UnitRuntime *rt = unit_runtime(u);
        int fds[2], r;

        unit_close_notify_fd(u);
        if (u->spec->service->notify_fd == 0) {
                *ret_write_end = -1;
                return 0;
        }
        if (pipe2(fds, O_CLOEXEC) < 0)
                return -errno;
        r = fcntl(fds[0], F_SETFL, O_NONBLOCK) < 0 ? -errno : 0;
        if (r >= 0)
                r = sd_event_add_io(rt->manager->event, &rt->notify_fd_source, fds[0], EPOLLIN, on_notify_fd,
                                    u);
        if (r < 0) {
                close(fds[0]);
                close(fds[1]);
                return r;
        }
        (void)sd_event_source_set_io_fd_own(rt->notify_fd_source, true);
        (void)sd_event_source_set_priority(rt->notify_fd_source, PRIORITY_NOTIFY);
        *ret_write_end = fds[1];
        return 0;
}

void unit_close_notify_fd(Unit *u) {
        sd_event_source_disable_unref(TAKE(unit_runtime(u)->notify_fd_source));
}
