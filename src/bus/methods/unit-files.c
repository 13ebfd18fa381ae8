/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * enable, disable, mask and their kin: arguments in, load/install.h, the list
 * of changes out. Clients follow up with Reload() themselves.
 */

#include <errno.h>
#include <inttypes.h>

#include "bus/codec/append.h"
#include "bus/codec/errors.h"
#include "bus/methods/manager-methods.h"
#include "bus/object.h"

/* The flags of the ...WithFlags methods; others are refused. */
#define WIRE_RUNTIME (UINT64_C(1) << 0)
#define WIRE_FORCE (UINT64_C(1) << 1)
#define WIRE_PORTABLE (UINT64_C(1) << 2) /* links to portable services only: there are none here */

/* One operation of load/install.h: what came in, what came out. */
typedef struct Installation {
        Call *call;
        char **names; /* owned */
        unsigned flags;
        InstallChanges changes;
        bool info;
} Installation;

static int append_changes(sd_bus_message *m, const InstallChanges *changes) {
        int r = sd_bus_message_open_container(m, 'a', "(sss)");

        for (size_t i = 0; r >= 0 && i < changes->n; i++) {
                const InstallChange *change = &changes->v[i];
                const char *word = install_change_to_string(change->type);

                if (!word)
                        continue; /* a failure; one of those that are no error */
                if ((r = sd_bus_message_open_container(m, 'r', "sss")) >= 0 &&
                    (r = append_string(m, word)) >= 0 && (r = append_string(m, change->path)) >= 0 &&
                    (r = append_string(m, change->source)) >= 0)
                        r = sd_bus_message_close_container(m);
        }
        return r < 0 ? r : sd_bus_message_close_container(m);
}

static int reply_changes(Installation *i, bool with_info) {
        sd_bus_message *reply __attribute__((cleanup(sd_bus_message_unrefp))) = NULL;
        int r;

        if ((r = sd_bus_message_new_method_return(i->call->message, &reply)) < 0 ||
            (with_info && (r = append_integer(reply, 'b', i->info)) < 0) ||
            (r = append_changes(reply, &i->changes)) < 0)
                return r;
        return sd_bus_send(NULL, reply, NULL);
}

/* Something failed, and nothing was done: then the call has failed. */
static bool has_only_failures(const InstallChanges *changes) {
        size_t n = 0;

        while (n < changes->n && changes->v[n].type == CHANGE_FAILED)
                n++;
        return n > 0 && n == changes->n;
}

static bool has_modification(const InstallChanges *changes) {
        for (size_t i = 0; i < changes->n; i++)
                if (changes->v[i].type == CHANGE_SYMLINK || changes->v[i].type == CHANGE_UNLINK)
                        return true;
        return false;
}

/* Replies, or turns the first failure into the error; tells everybody when something was changed even so. */
static int finish(Installation *i, int r, bool with_info) {
        Call *c = i->call;

        if (has_modification(&i->changes))
                manager_unit_file_changes(c->manager);
        if (r >= 0 && has_only_failures(&i->changes))
                r = -EIO;
        r = r < 0 ? error_from_changes(c->error, r, sd_bus_message_get_member(c->message), &i->changes)
                  : reply_changes(i, with_info);
        install_changes_release(&i->changes);
        strv_free(i->names);
        return r;
}

/* Of the arguments nothing could be read, or they make no sense. */
static int give_up(Installation *i, int r) {
        strv_free(i->names);
        return r;
}

static unsigned install_flags(int runtime, int force) {
        return (runtime ? INSTALL_RUNTIME : 0) | (force ? INSTALL_FORCE : 0);
}

/* "b" the place, "bb" and whether to force, "t" both as bits. */
static int read_flags(Installation *i, const char *types) {
        sd_bus_message *m = i->call->message;
        int runtime = false, force = false, r;
        uint64_t wire;

        if (types[0] == 't') {
                r = sd_bus_message_read(m, "t", &wire);
                if (r < 0)
                        return r;
                if (wire & ~(WIRE_RUNTIME | WIRE_FORCE | WIRE_PORTABLE))
                        return sd_bus_error_setf(i->call->error, SD_BUS_ERROR_INVALID_ARGS,
                                                 "Unknown flags in %#" PRIx64 ".", wire);
                i->flags = install_flags((wire & WIRE_RUNTIME) != 0, (wire & WIRE_FORCE) != 0);
                return 0;
        }
        r = sd_bus_message_read(m, "b", &runtime);
        if (r >= 0 && types[1] == 'b')
                r = sd_bus_message_read(m, "b", &force);
        i->flags = install_flags(runtime, force);
        return MIN(r, 0);
}

static int read_arguments(Installation *i, const char *types) {
        int r = sd_bus_message_read_strv(i->call->message, &i->names);

        return r < 0 ? r : read_flags(i, types);
}

typedef int (*InstallVerb)(Loader *l, char *const *names, unsigned flags, InstallChanges *changes,
                           bool *ret_info, Report *r);

/* The verbs that look into the files. */
static int run_verb(Call *c, InstallVerb verb, const char *types, bool with_info) {
        Installation i = { .call = c };
        int r = read_arguments(&i, types);

        if (r < 0)
                return give_up(&i, r);
        r = verb(c->manager->loader, i.names, i.flags, &i.changes, &i.info, NULL);
        return finish(&i, r, with_info);
}

int method_enable_unit_files(Call *c) {
        return run_verb(c, install_enable, "bb", true);
}

int method_enable_unit_files_with_flags(Call *c) {
        return run_verb(c, install_enable, "t", true);
}

int method_reenable_unit_files(Call *c) {
        return run_verb(c, install_reenable, "bb", true);
}

int method_disable_unit_files(Call *c) {
        return run_verb(c, install_disable, "b", false);
}

int method_disable_unit_files_with_flags(Call *c) {
        return run_verb(c, install_disable, "t", false);
}

int method_disable_unit_files_with_flags_and_install_info(Call *c) {
        return run_verb(c, install_disable, "t", true);
}

typedef int (*LinkVerb)(Loader *l, char *const *names, unsigned flags, InstallChanges *changes);

/* The verbs that only know links. */
static int run_link_verb(Call *c, LinkVerb verb, const char *types) {
        Installation i = { .call = c };
        int r = read_arguments(&i, types);

        if (r < 0)
                return give_up(&i, r);
        return finish(&i, verb(c->manager->loader, i.names, i.flags, &i.changes), false);
}

int method_link_unit_files(Call *c) {
        return run_link_verb(c, install_link, "bb");
}

int method_mask_unit_files(Call *c) {
        return run_link_verb(c, install_mask, "bb");
}

int method_unmask_unit_files(Call *c) {
        return run_link_verb(c, install_unmask, "b");
}

int method_revert_unit_files(Call *c) {
        Installation i = { .call = c };
        int r = sd_bus_message_read_strv(c->message, &i.names);

        if (r < 0)
                return give_up(&i, r);
        return finish(&i, install_revert(c->manager->loader, i.names, &i.changes), false);
}

static int read_preset_mode(Call *c, PresetMode *ret) {
        const char *word;
        int r = sd_bus_message_read(c->message, "s", &word);

        if (r < 0)
                return r;
        *ret = preset_mode_from_string(word);
        return *ret < 0 ? -EINVAL : 0;
}

static int preset(Call *c, bool with_mode) {
        Installation i = { .call = c };
        PresetMode mode = PRESET_FULL;
        int r;

        r = sd_bus_message_read_strv(c->message, &i.names);
        if (r >= 0 && with_mode)
                r = read_preset_mode(c, &mode);
        if (r >= 0)
                r = read_flags(&i, "bb");
        if (r < 0)
                return give_up(&i, r);
        r = install_preset(c->manager->loader, i.names, mode, i.flags, &i.changes, &i.info, NULL);
        return finish(&i, r, true);
}

int method_preset_unit_files(Call *c) {
        return preset(c, false);
}

int method_preset_unit_files_with_mode(Call *c) {
        return preset(c, true);
}

int method_preset_all_unit_files(Call *c) {
        Installation i = { .call = c };
        PresetMode mode;
        int r;

        r = read_preset_mode(c, &mode);
        if (r >= 0)
                r = read_flags(&i, "bb");
        if (r < 0)
                return give_up(&i, r);
        return finish(&i, install_preset_all(c->manager->loader, mode, i.flags, &i.changes, NULL), false);
}

int method_add_dependency_unit_files(Call *c) {
        const char *target, *type;
        Installation i = { .call = c };
        int r;

        if ((r = sd_bus_message_read_strv(c->message, &i.names)) < 0 ||
            (r = sd_bus_message_read(c->message, "ss", &target, &type)) < 0 || (r = read_flags(&i, "bb")) < 0)
                return give_up(&i, r);
        if (strcmp(type, "Wants") != 0 && strcmp(type, "Requires") != 0)
                return give_up(&i, -EINVAL);
        r = install_add_dependency(c->manager->loader, i.names, target,
                                   type[0] == 'W' ? DEP_WANTS : DEP_REQUIRES, i.flags, &i.changes, NULL);
        return finish(&i, r, false);
}

int method_get_default_target(Call *c) {
        char *name auto_free = NULL;
        int r = install_get_default(c->manager->loader, &name, NULL);

        if (r == -ERFKILL)
                return sd_bus_error_set(c->error, ERROR_UNIT_MASKED, "Unit file default.target is masked.");
        if (r < 0)
                return sd_bus_error_set_errnof(c->error, r, "There is no default target: %s.", strerror(-r));
        return sd_bus_reply_method_return(c->message, "s", name);
}

int method_set_default_target(Call *c) {
        Installation i = { .call = c };
        const char *name;
        int force, r;

        r = sd_bus_message_read(c->message, "sb", &name, &force);
        if (r < 0)
                return r;
        r = install_set_default(c->manager->loader, name, install_flags(false, force), &i.changes, NULL);
        if (r == -EINVAL && i.changes.n == 0)
                return sd_bus_error_setf(c->error, SD_BUS_ERROR_INVALID_ARGS,
                                         "'%s' is not a target that can be the default.", name);
        return finish(&i, r, false);
}
