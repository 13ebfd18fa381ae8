/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which unit files there are and how they are enabled.
 *
 * Each file of a list is opened and read. With thousands of them that takes
 * longer than services may wait for, so a list is made in portions between
 * which the event loop has its turn, and the reply goes out at the end.
 */

#include <errno.h>
#include <fnmatch.h>

#include "bus/clients/server.h"
#include "bus/codec/append.h"
#include "bus/codec/errors.h"
#include "bus/methods/manager-methods.h"
#include "bus/object.h"

#define PORTION 100 /* files at a time */

typedef struct Listing {
        Loader *loader;            /* borrowed; lives as long as the event loop */
        DeferredCall *call;        /* owned */
        sd_bus_message *reply;     /* owned */
        char **states, **patterns; /* owned; empty: any */
        UnitFileList files;
        size_t done;
} Listing;

static void listing_free(Listing *l) {
        if (!l)
                return;
        unit_file_list_release(&l->files);
        sd_bus_message_unref(l->reply);
        if (l->call)
                deferred_call_free(l->call);
        strv_free(l->states);
        strv_free(l->patterns);
        free(l);
}

static bool matches(char *const *patterns, const char *name) {
        STRV_FOREACH (it, patterns)
                if (fnmatch(*it, name, FNM_NOESCAPE) == 0)
                        return true;
        return !patterns || !*patterns;
}

static int append_file(Listing *l, const char *path) {
        const char *name = strrchr(path, '/') + 1, *word;
        UnitFileState state;
        int r;

        if (!matches(l->patterns, name))
                return 0;
        r = install_state(l->loader, name, &state, NULL);
        if (r == -ENOMEM)
                return r;
        word = unit_file_state_to_string(r < 0 ? FILE_BAD : state);
        if (strv_length(l->states) > 0 && !strv_contains(l->states, word))
                return 0;

        if ((r = sd_bus_message_open_container(l->reply, 'r', "ss")) < 0 ||
            (r = append_string(l->reply, path)) < 0 || (r = append_string(l->reply, word)) < 0)
                return r;
        return sd_bus_message_close_container(l->reply);
}

/* 1: all is done and the reply is sent; 0: there is more. */
static int listing_go_on(Listing *l) {
        int r = 0;

        for (size_t n = 0; n < PORTION && l->done < l->files.n && r >= 0; n++)
                r = append_file(l, l->files.paths[l->done++]);
        if (r < 0 || l->done < l->files.n)
                return MIN(r, 0);
        r = sd_bus_message_close_container(l->reply);
        if (r >= 0)
                r = sd_bus_send(NULL, l->reply, NULL);
        return r < 0 ? r : 1;
}

/* A caller that has gone meanwhile is nobody's mistake. */
static int on_turn(sd_event_source *source, void *userdata) {
        usec_t begin = bus_time_spent();
        Listing *l = userdata;
        int r = listing_go_on(l);

        if (l->call->connection)
                bus_user_charge(l->call->connection->user, usec_sub(bus_time_spent(), begin));
        if (r < 0 && r != -ENOTCONN)
                bus_refuse(l->call->message, r, NULL);
        if (r == 0)
                return 0;
        (void)sd_event_source_set_enabled(source, SD_EVENT_OFF);
        sd_event_source_unref(source);
        listing_free(l);
        return 0;
}

static int listing_new(Call *c, bool filtered, Listing **ret) {
        Listing *l = calloc(1, sizeof(*l));
        int r = 0;

        if (!l)
                return -ENOMEM;
        l->loader = c->manager->loader;
        if ((r = call_defer(c, &l->call)) < 0)
                goto fail;
        if (filtered &&
            ((r = call_read_words(c, &l->states)) < 0 || (r = call_read_words(c, &l->patterns)) < 0))
                goto fail;
        if ((r = install_list_files(l->loader, &l->files)) < 0 ||
            (r = sd_bus_message_new_method_return(c->message, &l->reply)) < 0 ||
            (r = sd_bus_message_open_container(l->reply, 'a', "(ss)")) < 0)
                goto fail;
        *ret = l;
        return 0;
fail:
        listing_free(l);
        return r;
}

static int list_files(Call *c, bool filtered) {
        sd_event_source *source = NULL;
        Listing *l;
        int r;

        r = listing_new(c, filtered, &l);
        if (r < 0)
                return r;
        r = listing_go_on(l);
        if (r == 0) {
                r = sd_event_add_defer(c->manager->event, &source, on_turn, l);
                if (r >= 0)
                        r = sd_event_source_set_enabled(source, SD_EVENT_ON);
                if (r >= 0)
                        r = sd_event_source_set_priority(source, PRIORITY_STRANGER);
                if (r >= 0)
                        return 1;
                sd_event_source_unref(source);
        }
        listing_free(l);
        return r;
}

int method_list_unit_files(Call *c) {
        return list_files(c, false);
}

int method_list_unit_files_by_patterns(Call *c) {
        return list_files(c, true);
}

int method_get_unit_file_state(Call *c) {
        UnitFileState state;
        const char *name;
        int r;

        r = sd_bus_message_read(c->message, "s", &name);
        if (r < 0)
                return r;
        r = install_state(c->manager->loader, name, &state, NULL);
        if (r < 0)
                return sd_bus_error_set_errnof(c->error, r, "%s", strerror(-r));
        return sd_bus_reply_method_return(c->message, "s", unit_file_state_to_string(state));
}

static int reply_removed_links(Call *c, const InstallChanges *changes) {
        sd_bus_message *reply __attribute__((cleanup(sd_bus_message_unrefp))) = NULL;
        int r;

        if ((r = sd_bus_message_new_method_return(c->message, &reply)) < 0 ||
            (r = sd_bus_message_open_container(reply, 'a', "s")) < 0)
                return r;
        for (size_t i = 0; r >= 0 && i < changes->n; i++)
                if (changes->v[i].type == CHANGE_UNLINK)
                        r = append_string(reply, changes->v[i].path);
        if (r < 0 || (r = sd_bus_message_close_container(reply)) < 0)
                return r;
        return sd_bus_send(NULL, reply, NULL);
}

/* The links that disabling would remove. */
int method_get_unit_file_links(Call *c) {
        InstallChanges changes = { 0 };
        const char *name;
        int runtime, r;

        r = sd_bus_message_read(c->message, "sb", &name, &runtime);
        if (r < 0)
                return r;

        r = install_disable(c->manager->loader, (char *const[]){ (char *)name, NULL },
                            (runtime ? INSTALL_RUNTIME : 0) | INSTALL_DRY_RUN, &changes, NULL, NULL);
        r = r < 0 ? error_from_changes(c->error, r, name, &changes) : reply_removed_links(c, &changes);
        install_changes_release(&changes);
        return r;
}
