/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bus/clients/names.h"

#include <errno.h>
#include <utlist.h>

#include "bus/object.h"

struct NameWatch {
        NameWatches *all;      /* borrowed */
        Unit *unit;            /* borrowed */
        char *name;            /* owned */
        sd_bus_slot *match;    /* owned; NameOwnerChanged */
        sd_bus_slot *question; /* owned; GetNameOwner on its way */
        bool owned;            /* as last told */
        NameWatch *next, *prev;
};

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

void names_release(NameWatches *n) {
        while (n->watches)
                watch_free(n->watches);
        n->sd = NULL;
}

static void watch_tell(NameWatch *w, bool owned) {
        if (w->owned == owned && w->unit->type == UNIT_SERVICE)
                return; /* a controller that was not there to begin with is gone */
        w->owned = owned;
        manager_bus_name(w->all->manager, w->unit, owned);
}

static int on_owner_changed(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        const char *name, *old, *new;

        if (sd_bus_message_read(m, "sss", &name, &old, &new) >= 0)
                watch_tell(userdata, new[0] != 0);
        return 0;
}

/* The answer comes when the match is in place, so nothing falls between the two. */
static int on_owner(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        watch_tell(userdata, !sd_bus_message_is_method_error(m, NULL));
        return 0;
}

static int watch_subscribe(NameWatch *w) {
        sd_bus *sd = w->all->sd;
        int r;

        if (!sd)
                return 0;

        r = match_owner(sd, &w->match, w->name, on_owner_changed, w);
        if (r < 0)
                return r;
        return sd_bus_call_method_async(sd, &w->question, DRIVER_NAME, DRIVER_PATH, DRIVER_NAME,
                                        "GetNameOwner", on_owner, w, "s", w->name);
}

int match_owner(sd_bus *sd, sd_bus_slot **ret, const char *name, sd_bus_message_handler_t handler,
                void *userdata) {
        char *rule auto_free = NULL;
        int r;

        r = str_printf(&rule,
                       "type='signal',sender='" DRIVER_NAME "',path='" DRIVER_PATH "',interface='" DRIVER_NAME
                       "',member='NameOwnerChanged',arg0='%s'",
                       name);
        return r < 0 ? r : sd_bus_add_match_async(sd, ret, rule, handler, NULL, userdata);
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
        return watch_subscribe(w);
}

int names_watch(NameWatches *n, Unit *u, const char *bus_name) {
        NameWatch *w = find_watch(n, u);

        if (w && str_equal(w->name, bus_name))
                return 0;
        if (w)
                watch_free(w);
        return bus_name ? add_watch(n, u, bus_name) : 0;
}

int names_connected(NameWatches *n, sd_bus *sd) {
        NameWatch *w;
        int r = 0;

        n->sd = sd;
        DL_FOREACH (n->watches, w) {
                if (r >= 0)
                        r = watch_subscribe(w);
        }
        return r;
}

void names_disconnected(NameWatches *n) {
        NameWatch *w;

        n->sd = NULL;
        DL_FOREACH (n->watches, w) {
                watch_unsubscribe(w);
        }
}
