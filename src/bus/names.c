/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bus/names.h"

#include <errno.h>
#include <systemd/sd-bus.h>
#include <utlist.h>

#include "base/log.h"
#include "bus/object.h"

#define SYSTEM_BUS_ADDRESS "unix:path=/run/dbus/system_bus_socket"
#define RECONNECT_PAUSE (100 * USEC_PER_MSEC)

typedef struct NameWatch {
        NameWatches *all;      /* borrowed */
        Unit *unit;            /* borrowed */
        char *name;            /* owned */
        sd_bus_slot *match;    /* owned; NameOwnerChanged */
        sd_bus_slot *question; /* owned; GetNameOwner on its way */
        struct NameWatch *next, *prev;
} NameWatch;

struct NameWatches {
        Manager *manager;           /* borrowed */
        sd_bus *sd;                 /* owned; NULL while off or pausing */
        sd_event_source *reconnect; /* owned; a timer */
        NameWatch *watches;         /* owned */
};

static void connect_bus(NameWatches *n);

static void watch_unsubscribe(NameWatch *w) {
        w->match = sd_bus_slot_unref(w->match);
        w->question = sd_bus_slot_unref(w->question);
}

static void watch_free(NameWatch *w) {
        watch_unsubscribe(w);
        DL_DELETE(w->all->watches, w);
        free(w->name);
        free(w);
}

/* Drops the connection and everything that hangs on it; not from inside its own callbacks. */
static void disconnect(NameWatches *n) {
        NameWatch *w;

        DL_FOREACH (n->watches, w) {
                watch_unsubscribe(w);
        }
        n->sd = sd_bus_close_unref(n->sd);
}

static void reconnect_soon(NameWatches *n) {
        (void)sd_event_source_set_time(n->reconnect, usec_add(now_monotonic(), RECONNECT_PAUSE));
        (void)sd_event_source_set_enabled(n->reconnect, SD_EVENT_ONESHOT);
}

static int on_reconnect(sd_event_source *source, uint64_t usec, void *userdata) {
        NameWatches *n = userdata;

        disconnect(n);
        if (n->watches)
                connect_bus(n);
        return 0;
}

static int on_owner_changed(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        const char *name, *old, *new;
        NameWatch *w = userdata;

        if (sd_bus_message_read(m, "sss", &name, &old, &new) >= 0)
                manager_bus_name(w->all->manager, w->unit, new[0] != 0);
        return 0;
}

/* The answer comes when the match is in place, so nothing falls between the two. */
static int on_owner(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        NameWatch *w = userdata;

        if (!sd_bus_message_is_method_error(m, NULL))
                manager_bus_name(w->all->manager, w->unit, true);
        return 0;
}

static int watch_subscribe(NameWatch *w) {
        char *rule auto_free = NULL;
        sd_bus *sd = w->all->sd;
        int r;

        r = str_printf(&rule,
                       "type='signal',sender='" DRIVER_NAME "',path='" DRIVER_PATH "',interface='" DRIVER_NAME
                       "',member='NameOwnerChanged',arg0='%s'",
                       w->name);
        if (r < 0 || (r = sd_bus_add_match_async(sd, &w->match, rule, on_owner_changed, NULL, w)) < 0)
                return r;

        return sd_bus_call_method_async(sd, &w->question, DRIVER_NAME, DRIVER_PATH, DRIVER_NAME,
                                        "GetNameOwner", on_owner, w, "s", w->name);
}

static int on_system_bus_message(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        NameWatches *n = userdata;
        NameWatch *w;

        if (sd_bus_message_is_signal(m, "org.freedesktop.DBus.Local", "Disconnected")) {
                DL_FOREACH (n->watches, w) {
                        manager_bus_name(n->manager, w->unit, false);
                }
                reconnect_soon(n);
        }
        return 0;
}

/* Returns at once, also when there is no bus yet: then sd-bus waits for its socket to appear. */
static int start_connection(NameWatches *n) {
        int r;

        r = sd_bus_new(&n->sd);
        if (r < 0)
                return r;

        if ((r = sd_bus_set_address(n->sd, SYSTEM_BUS_ADDRESS)) < 0 ||
            (r = sd_bus_set_bus_client(n->sd, 1)) < 0 || (r = sd_bus_set_watch_bind(n->sd, 1)) < 0 ||
            (r = sd_bus_set_exit_on_disconnect(n->sd, 0)) < 0 ||
            (r = sd_bus_set_close_on_exit(n->sd, 0)) < 0 ||
            (r = sd_bus_add_filter(n->sd, NULL, on_system_bus_message, n)) < 0 ||
            (r = sd_bus_start(n->sd)) < 0)
                return r;

        return sd_bus_attach_event(n->sd, n->manager->event, SD_EVENT_PRIORITY_NORMAL);
}

static void connect_bus(NameWatches *n) {
        NameWatch *w;
        int r;

        r = start_connection(n);
        DL_FOREACH (n->watches, w) {
                if (r >= 0)
                        r = watch_subscribe(w);
        }
        if (r < 0) {
                LOG_ERRNO(BUS_SYSTEM_FAILED, r);
                reconnect_soon(n);
        }
}

int names_new(Manager *m, NameWatches **ret) {
        NameWatches *n;
        int r;

        n = malloc(sizeof(NameWatches));
        if (!n)
                return -ENOMEM;
        *n = (NameWatches){ .manager = m };

        r = sd_event_add_time(m->event, &n->reconnect, CLOCK_MONOTONIC, 0, 10 * USEC_PER_MSEC, on_reconnect,
                              n);
        if (r >= 0)
                r = sd_event_source_set_enabled(n->reconnect, SD_EVENT_OFF);
        if (r < 0) {
                names_free(n);
                return r;
        }

        *ret = n;
        return 0;
}

void names_free(NameWatches *n) {
        if (!n)
                return;

        disconnect(n);
        while (n->watches)
                watch_free(n->watches);
        sd_event_source_unref(n->reconnect);
        free(n);
}

/* The connection goes with the last watch, but later: we may be inside one of its callbacks. */
static void remove_watch(NameWatch *w) {
        NameWatches *n = w->all;

        watch_free(w);
        if (!n->watches)
                reconnect_soon(n);
}

static NameWatch *find_watch(NameWatches *n, const Unit *u) {
        NameWatch *w;

        DL_FOREACH (n->watches, w) {
                if (w->unit == u)
                        return w;
        }
        return NULL;
}

static int add_watch(NameWatches *n, Unit *u, const char *bus_name) {
        NameWatch *w;

        w = malloc(sizeof(NameWatch));
        if (!w)
                return -ENOMEM;
        *w = (NameWatch){ .all = n, .unit = u, .name = strdup(bus_name) };
        DL_APPEND(n->watches, w);
        if (!w->name) {
                watch_free(w);
                return -ENOMEM;
        }

        if (!n->sd)
                connect_bus(n);
        else if (watch_subscribe(w) < 0)
                reconnect_soon(n);
        return 0;
}

void names_watch(NameWatches *n, Unit *u, const char *bus_name) {
        NameWatch *w = find_watch(n, u);
        int r;

        if (w && !str_equal(w->name, bus_name)) {
                remove_watch(w);
                w = NULL;
        }
        if (w || !bus_name)
                return;

        r = add_watch(n, u, bus_name);
        if (r < 0)
                LOG_UNIT_ERRNO(u->id, BUS_SYSTEM_FAILED, r);
}

void names_unit_removed(NameWatches *n, Unit *u) {
        names_watch(n, u, NULL);
}
