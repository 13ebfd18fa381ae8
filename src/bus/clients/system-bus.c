/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bus/clients/system-bus.h"

#include <errno.h>
#include <utlist.h>

#include "base/log.h"
#include "bus/clients/activator.h"
#include "bus/clients/names.h"
#include "bus/clients/question.h"
#include "bus/clients/server.h"
#include "bus/codec/errors.h"
#include "bus/object.h"
#include "manager/transient.h"

#define BUS_SERVICE "dbus.service"
#define AFTER_LOSS (100 * USEC_PER_MSEC)
#define AFTER_FAILURE (1 * USEC_PER_SEC)
#define LISTENERS_MAX 256
#define ANSWERS_MAX 16   /* messages that wait for the daemon; what fits into its socket does not count */
#define REFUSALS_MAX 512 /* less than QUEUE_MAX_OF_DAEMON, which ends the connection */
#define NAME_FLAGS (SD_BUS_NAME_ALLOW_REPLACEMENT | SD_BUS_NAME_REPLACE_EXISTING)

/* Somebody on the bus who wants signals until it leaves. */
typedef struct Listener {
        SystemBus *system;     /* borrowed */
        char *name;            /* owned; unique */
        sd_bus_slot *match;    /* owned */
        sd_bus_slot *question; /* owned; GetNameOwner on its way */
        bool subscribed;       /* by Subscribe() */
        References held;
        struct Listener *next, *prev;
} Listener;

struct SystemBus {
        Bus *bus;               /* borrowed */
        Connection connection;  /* sd is owned, NULL while off; nobody's uid */
        sd_event_source *timer; /* on while there is something to do about the connection */
        NameWatches names;
        Listener *listeners; /* owned */
        Questions questions;
        unsigned n_listeners;
        bool bus_is_up; /* dbus.service */
};

static void listener_free(Listener *l) {
        references_release(&l->held);
        sd_bus_slot_unref(l->match);
        sd_bus_slot_unref(l->question);
        DL_DELETE(l->system->listeners, l);
        l->system->n_listeners--;
        free(l->name);
        free(l);
}

/* It has left, as opposed to the bus. */
static void listener_gone(Listener *l) {
        references_end(&l->held, l->system->bus->manager);
        listener_free(l);
}

/* Everything about the connection happens in the timer's turn, outside of its own callbacks. */
static void act_after(SystemBus *s, usec_t pause) {
        (void)sd_event_source_set_time(s->timer, usec_add(now_monotonic(), pause));
        (void)sd_event_source_set_enabled(s->timer, SD_EVENT_ONESHOT);
}

static void disconnect(SystemBus *s) {
        questions_drop(&s->questions);
        while (s->listeners)
                listener_free(s->listeners);
        names_disconnected(&s->names);
        s->connection.sd = sd_bus_close_unref(s->connection.sd);
}

void system_bus_lost(SystemBus *s) {
        s->connection.doomed = true;
        act_after(s, AFTER_LOSS);
}

void system_bus_reconnect(SystemBus *s) {
        if (s && !system_bus_is_connected(s))
                act_after(s, 0);
}

static Listener *find_listener(const SystemBus *s, const char *name) {
        Listener *l;

        DL_FOREACH (s->listeners, l) {
                if (str_equal(l->name, name))
                        return l;
        }
        return NULL;
}

static int on_listener_changed(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        const char *name, *old, *new;

        if (sd_bus_message_read(m, "sss", &name, &old, &new) >= 0 && new[0] == 0)
                listener_gone(userdata);
        return 0;
}

/* It may have left before the match was in place: a call needs nobody who waits for its answer. */
static int on_listener_found(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        if (sd_bus_message_is_method_error(m, NULL))
                listener_gone(userdata);
        return 0;
}

static int watch_listener(Listener *l) {
        sd_bus *sd = l->system->connection.sd;
        int r = match_owner(sd, &l->match, l->name, on_listener_changed, l);

        if (r < 0)
                return r;
        return sd_bus_call_method_async(sd, &l->question, DRIVER_NAME, DRIVER_PATH, DRIVER_NAME,
                                        "GetNameOwner", on_listener_found, l, "s", l->name);
}

/* Found or made. */
static int add_listener(SystemBus *s, const char *name, Listener **ret) {
        Listener *l = find_listener(s, name);
        int r;

        if (!l) {
                if (s->n_listeners >= LISTENERS_MAX)
                        return -ENOBUFS;
                l = malloc(sizeof(Listener));
                if (!l)
                        return -ENOMEM;
                *l = (Listener){ .system = s, .name = strdup(name) };
                DL_APPEND(s->listeners, l);
                s->n_listeners++;
                r = l->name ? watch_listener(l) : -ENOMEM;
                if (r < 0) {
                        listener_free(l);
                        return r;
                }
        }

        *ret = l;
        return 0;
}

int system_bus_subscribe(SystemBus *s, Call *c) {
        const char *sender = sd_bus_message_get_sender(c->message);
        Listener *l;
        int r;

        if (c->connection != &s->connection || !sender)
                return 0; /* a private connection gets every signal */

        r = add_listener(s, sender, &l);
        if (r < 0)
                return sd_bus_error_set_errno(c->error, r);
        if (l->subscribed)
                return sd_bus_error_set(c->error, ERROR_PREFIX "AlreadySubscribed", "Already subscribed.");
        l->subscribed = true;
        return 0;
}

int system_bus_unsubscribe(SystemBus *s, Call *c) {
        const char *sender = sd_bus_message_get_sender(c->message);
        Listener *l;

        if (c->connection != &s->connection || !sender)
                return 0;

        l = find_listener(s, sender);
        if (!l || !l->subscribed)
                return sd_bus_error_set(c->error, ERROR_PREFIX "NotSubscribed", "Not subscribed.");
        l->subscribed = false;
        if (l->held.n == 0)
                listener_free(l);
        return 0;
}

void system_bus_forget_references(SystemBus *s, const Unit *u) {
        Listener *l;

        if (!s)
                return;
        DL_FOREACH (s->listeners, l) {
                references_forget(&l->held, u);
        }
}

int system_bus_append_holders(const SystemBus *s, const Unit *u, sd_bus_message *m) {
        Listener *l;
        int r = 0;

        if (!s)
                return 0;
        DL_FOREACH (s->listeners, l) {
                if (r >= 0 && references_contain(&l->held, u))
                        r = sd_bus_message_append_basic(m, 's', l->name);
        }
        return r;
}

bool system_bus_is_connected(const SystemBus *s) {
        return s && s->connection.sd && !s->connection.doomed && sd_bus_is_ready(s->connection.sd) > 0;
}

sd_bus *system_bus_connection(const SystemBus *s) {
        return s->connection.sd;
}

Connection *system_bus_listener(const SystemBus *s) {
        if (!s || !s->connection.sd || s->connection.doomed || !s->listeners)
                return NULL;
        return (Connection *)&s->connection;
}

/* The call again, now in the name of its sender. */
static int answer_as(void *userdata, sd_bus_message *m, const Identity *identity, CallDetails *details) {
        sd_bus_error error __attribute__((cleanup(sd_bus_error_free))) = SD_BUS_ERROR_NULL;
        SystemBus *s = userdata;
        Connection who = { .bus = s->bus, .sd = s->connection.sd, .who = *identity, .details = details };
        Listener *l = NULL;
        int r;

        /* Nothing is held for who cannot be listened for. */
        who.references = &who.own;
        who.may_control = !details || identity_may_control(s->bus->manager, identity);
        if (who.may_control && add_listener(s, sd_bus_message_get_sender(m), &l) >= 0)
                who.references = &l->held; /* it may wait for the end of a job, too */

        r = dispatch_call(&who, m, &error);
        references_release(&who.own);
        if (r < 0)
                bus_refuse(m, r, &error);
        return MAX(r, 0);
}

static int on_name_requested(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        const sd_bus_error *e = sd_bus_message_get_error(m);

        if (e)
                LOG(BUS_NAME_REFUSED, FIELD_S("REASON", e->message));
        return 0;
}

static int request_name(SystemBus *s) {
        return sd_bus_request_name_async(s->connection.sd, NULL, BUS_NAME, NAME_FLAGS, on_name_requested, s);
}

/*
 * One connection carries the calls of all, so it cannot be made to wait for
 * one of them. While the daemon is behind with the answers it has, calls are
 * refused, and when refusals pile up as well, not even that.
 */
static int take_call(SystemBus *s, sd_bus_message *m, sd_bus_error *error) {
        uint64_t unread = 0;
        int r;

        (void)sd_bus_get_n_queued_write(s->connection.sd, &unread);
        if (unread > REFUSALS_MAX)
                return 1;
        r = unread > ANSWERS_MAX ? -ENOBUFS : dispatch_call(&s->connection, m, error);
        if (r == DISPATCH_WHO)
                r = question_ask(&s->questions, m);
        if (r < 0)
                bus_refuse(m, r, error);
        return 1;
}

static int on_message(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        SystemBus *s = userdata;
        uint8_t type = 0;

        if (sd_bus_message_is_signal(m, "org.freedesktop.DBus.Local", "Disconnected")) {
                system_bus_lost(s);
                return 0;
        }
        if (sd_bus_message_is_signal(m, ACTIVATOR_INTERFACE, "ActivationRequest"))
                return activation_requested(s->bus->manager, m);

        (void)sd_bus_message_get_type(m, &type);
        if (type != SD_BUS_MESSAGE_METHOD_CALL || s->bus->closing)
                return 0;

        return take_call(s, m, error);
}

/* Returns at once, also when there is no bus yet: then sd-bus waits for its socket to appear. */
static int start_connection(SystemBus *s) {
        char path[BUS_PATH_MAX], address[BUS_PATH_MAX + 16];
        sd_bus *sd;
        int r;

        if ((r = bus_daemon_socket(s->bus, path)) < 0 || (r = sd_bus_new(&s->connection.sd)) < 0)
                return r;
        (void)snprintf(address, sizeof(address), "unix:path=%s", path);

        sd = s->questions.sd = s->connection.sd;
        s->connection.doomed = false;
        if ((r = sd_bus_set_address(sd, address)) < 0 || (r = sd_bus_set_bus_client(sd, 1)) < 0 ||
            (r = sd_bus_set_watch_bind(sd, 1)) < 0 || (r = sd_bus_set_exit_on_disconnect(sd, 0)) < 0 ||
            (r = sd_bus_set_close_on_exit(sd, 0)) < 0 ||
            (r = sd_bus_add_filter(sd, NULL, on_message, s)) < 0 || (r = sd_bus_start(sd)) < 0 ||
            (r = sd_bus_attach_event(sd, s->bus->manager->event, PRIORITY_STRANGER)) < 0)
                return r;

        r = names_connected(&s->names, sd);
        return r >= 0 && s->bus_is_up ? request_name(s) : r;
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata) {
        SystemBus *s = userdata;
        int r;

        disconnect(s);
        if ((!s->bus_is_up && !s->names.watches) || driver_socket_is_open(s->bus->driver))
                return 0;

        r = start_connection(s);
        if (r < 0) {
                LOG_ERRNO(BUS_SYSTEM_FAILED, r);
                disconnect(s);
                act_after(s, AFTER_FAILURE);
        }
        return 0;
}

/* The name of a service with BusName= is watched from its start to its end, and a scope's controller. */
static const char *watched_name(const Unit *u) {
        const Transient *t = unit_runtime(u)->transient;

        if (u->type == UNIT_SERVICE)
                return u->spec->service->bus_name;
        return u->type == UNIT_SCOPE && t ? t->controller : NULL;
}

static void follow_name(SystemBus *s, Unit *u) {
        const char *name = watched_name(u);
        bool idle = !s->names.watches;
        int r;

        r = names_watch(&s->names, u, active_state_is_down(u->active) ? NULL : name);
        if (r < 0)
                LOG_UNIT_ERRNO(u->id, BUS_SYSTEM_FAILED, r);
        if (r < 0 || (idle != !s->names.watches && !s->bus_is_up))
                act_after(s, r < 0 ? AFTER_FAILURE : 0);
}

void system_bus_unit_changed(SystemBus *s, Unit *u) {
        bool up = active_state_is_up(u->active);

        if (!s)
                return;

        follow_name(s, u);
        if (up == s->bus_is_up || !strv_contains(u->names, BUS_SERVICE))
                return;

        s->bus_is_up = up;
        if (!up || !s->connection.sd || s->connection.doomed || request_name(s) < 0)
                act_after(s, 0);
}

void system_bus_unit_removed(SystemBus *s, Unit *u) {
        if (!s)
                return;
        (void)names_watch(&s->names, u, NULL);
        if (s->connection.sd && !s->names.watches && !s->bus_is_up)
                act_after(s, 0);
}

int system_bus_new(Bus *b, SystemBus **ret) {
        SystemBus *s;
        int r;

        s = malloc(sizeof(SystemBus));
        if (!s)
                return -ENOMEM;
        *s = (SystemBus){ .bus = b,
                          .connection = { .bus = b, .who = { .uid = (uid_t)-1 }, .anonymous = true },
                          .names = { .manager = b->manager } };
        s->questions = (Questions){ .handle = answer_as, .userdata = s };

        r = sd_event_add_time(b->manager->event, &s->timer, CLOCK_MONOTONIC, 0, 10 * USEC_PER_MSEC, on_timer,
                              s);
        if (r >= 0)
                r = sd_event_source_set_enabled(s->timer, SD_EVENT_OFF);
        if (r < 0) {
                system_bus_free(s);
                return r;
        }

        *ret = s;
        return 0;
}

void system_bus_free(SystemBus *s) {
        if (!s)
                return;

        names_release(&s->names);
        disconnect(s);
        sd_event_source_unref(s->timer);
        free(s);
}
