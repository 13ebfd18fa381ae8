/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * enable, disable, mask and their kin: arguments in, load/install.h, the list
 * of changes out. Clients follow up with Reload() themselves.
 */

#include <errno.h>
#include <fnmatch.h>

#include "bus/append.h"
#include "bus/errors.h"
#include "bus/manager-methods.h"
#include "bus/object.h"

/* The flags of the ...WithFlags methods. */
#define WIRE_RUNTIME (UINT64_C(1) << 0)
#define WIRE_FORCE (UINT64_C(1) << 1)

/* What `list-unit-files` asks for, while the files are visited. */
typedef struct FileList {
        Call *call;
        sd_bus_message *reply;
        char **states, **patterns; /* owned; empty: any */
} FileList;

static bool matches(char *const *patterns, const char *name) {
        STRV_FOREACH (it, patterns) {
                if (fnmatch(*it, name, FNM_NOESCAPE) == 0)
                        return true;
        }
        return strv_length(patterns) == 0;
}

static int append_file(const char *name, const char *path, void *userdata) {
        FileList *l = userdata;
        UnitFileState state;
        const char *word;
        int r;

        if (!matches(l->patterns, name))
                return 0;
        if (install_state(l->call->manager->loader, name, &state) < 0)
                state = FILE_BAD;

        word = unit_file_state_to_string(state);
        if (strv_length(l->states) > 0 && !strv_contains(l->states, word))
                return 0;

        if ((r = sd_bus_message_open_container(l->reply, 'r', "ss")) < 0 ||
            (r = append_string(l->reply, path)) < 0 || (r = append_string(l->reply, word)) < 0)
                return r;
        return sd_bus_message_close_container(l->reply);
}

static int reply_files(FileList *l) {
        int r;

        if ((r = sd_bus_message_new_method_return(l->call->message, &l->reply)) < 0 ||
            (r = sd_bus_message_open_container(l->reply, 'a', "(ss)")) < 0 ||
            (r = loader_visit_files(l->call->manager->loader, append_file, l)) < 0 ||
            (r = sd_bus_message_close_container(l->reply)) < 0)
                return r;
        return sd_bus_send(NULL, l->reply, NULL);
}

static int list_files(Call *c, bool filtered) {
        FileList l = { .call = c };
        int r = 0;

        /* deb-systemd-helper changes links behind our back, so the directories are read again. */
        (void)loader_refresh(c->manager->loader);

        if (filtered) {
                r = sd_bus_message_read_strv(c->message, &l.states);
                if (r >= 0)
                        r = sd_bus_message_read_strv(c->message, &l.patterns);
        }
        if (r >= 0)
                r = reply_files(&l);

        sd_bus_message_unref(l.reply);
        strv_free(l.states);
        strv_free(l.patterns);
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

        (void)loader_refresh(c->manager->loader);
        r = install_state(c->manager->loader, name, &state);
        if (r < 0)
                return sd_bus_error_set_errnof(c->error, r, "%s", strerror(-r));
        return sd_bus_reply_method_return(c->message, "s", unit_file_state_to_string(state));
}

static const char *change_word(InstallChangeType t) {
        switch (t) {
        case CHANGE_SYMLINK:
                return "symlink";
        case CHANGE_UNLINK:
                return "unlink";
        case CHANGE_MASKED:
                return "masked";
        default:
                return NULL;
        }
}

static int append_changes(sd_bus_message *m, const InstallChanges *changes) {
        int r = sd_bus_message_open_container(m, 'a', "(sss)");

        for (size_t i = 0; r >= 0 && i < changes->n; i++) {
                const InstallChange *change = &changes->v[i];
                const char *word = change_word(change->type);

                if (!word)
                        continue; /* told by the boolean, or by the error */
                if ((r = sd_bus_message_open_container(m, 'r', "sss")) >= 0 &&
                    (r = append_string(m, word)) >= 0 && (r = append_string(m, change->path)) >= 0 &&
                    (r = append_string(m, change->source)) >= 0)
                        r = sd_bus_message_close_container(m);
        }
        return r < 0 ? r : sd_bus_message_close_container(m);
}

static int reply_changes(Call *c, const InstallChanges *changes, const bool *carries) {
        sd_bus_message *reply __attribute__((cleanup(sd_bus_message_unrefp))) = NULL;
        int r;

        if ((r = sd_bus_message_new_method_return(c->message, &reply)) < 0 ||
            (carries && (r = append_integer(reply, 'b', *carries)) < 0) ||
            (r = append_changes(reply, changes)) < 0)
                return r;
        return sd_bus_send(NULL, reply, NULL);
}

/* One operation of load/install.h, whatever its arguments. */
typedef struct Installation {
        InstallChanges changes;
        Report report;
        bool carries;
} Installation;

/* Replies, or turns the report into the error; tells the manager when something was changed even so. */
static int finish(Call *c, Installation *i, int r, bool with_carries) {
        if (i->changes.n > 0)
                manager_unit_file_changes(c->manager);

        if (r < 0)
                r = error_from_report(c->error, r, sd_bus_message_get_member(c->message), &i->report);
        else
                r = reply_changes(c, &i->changes, with_carries ? &i->carries : NULL);

        install_changes_release(&i->changes);
        report_release(&i->report);
        return r;
}

static unsigned install_flags(int runtime, int force) {
        return (runtime ? INSTALL_RUNTIME : 0) | (force ? INSTALL_FORCE : 0);
}

static unsigned install_flags_from_wire(uint64_t flags) {
        return install_flags((flags & WIRE_RUNTIME) != 0, (flags & WIRE_FORCE) != 0);
}

typedef int (*EnableFunction)(Loader *l, char *const *names, unsigned flags, InstallChanges *changes,
                              bool *carries, Report *r);
typedef int (*DisableFunction)(Loader *l, char *const *names, unsigned flags, InstallChanges *changes,
                               Report *r);

static int enable_with(Call *c, EnableFunction function, char *const *names, unsigned flags) {
        Installation i = { 0 };
        int r;

        (void)loader_refresh(c->manager->loader);
        r = function(c->manager->loader, names, flags, &i.changes, &i.carries, &i.report);
        return finish(c, &i, r, true);
}

static int disable_with(Call *c, DisableFunction function, char *const *names, unsigned flags) {
        Installation i = { 0 };
        int r;

        (void)loader_refresh(c->manager->loader);
        r = function(c->manager->loader, names, flags, &i.changes, &i.report);
        return finish(c, &i, r, false);
}

/* asbb */
static int enable_by_booleans(Call *c, EnableFunction function) {
        char **names auto_strv = NULL;
        int runtime, force, r;

        if ((r = sd_bus_message_read_strv(c->message, &names)) < 0 ||
            (r = sd_bus_message_read(c->message, "bb", &runtime, &force)) < 0)
                return r;
        return enable_with(c, function, names, install_flags(runtime, force));
}

/* asb, or asbb */
static int disable_by_booleans(Call *c, DisableFunction function, bool has_force) {
        char **names auto_strv = NULL;
        int runtime, force = false, r;

        if ((r = sd_bus_message_read_strv(c->message, &names)) < 0 ||
            (r = sd_bus_message_read(c->message, "b", &runtime)) < 0 ||
            (has_force && (r = sd_bus_message_read(c->message, "b", &force)) < 0))
                return r;
        return disable_with(c, function, names, install_flags(runtime, force));
}

int method_enable_unit_files(Call *c) {
        return enable_by_booleans(c, install_enable);
}

int method_reenable_unit_files(Call *c) {
        return enable_by_booleans(c, install_reenable);
}

int method_disable_unit_files(Call *c) {
        return disable_by_booleans(c, install_disable, false);
}

int method_mask_unit_files(Call *c) {
        return disable_by_booleans(c, install_mask, true);
}

int method_unmask_unit_files(Call *c) {
        return disable_by_booleans(c, install_unmask, false);
}

int method_enable_unit_files_with_flags(Call *c) {
        char **names auto_strv = NULL;
        uint64_t flags;
        int r;

        if ((r = sd_bus_message_read_strv(c->message, &names)) < 0 ||
            (r = sd_bus_message_read(c->message, "t", &flags)) < 0)
                return r;
        return enable_with(c, install_enable, names, install_flags_from_wire(flags));
}

int method_disable_unit_files_with_flags(Call *c) {
        char **names auto_strv = NULL;
        uint64_t flags;
        int r;

        if ((r = sd_bus_message_read_strv(c->message, &names)) < 0 ||
            (r = sd_bus_message_read(c->message, "t", &flags)) < 0)
                return r;
        return disable_with(c, install_disable, names, install_flags_from_wire(flags));
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
        Installation i = { 0 };
        const char *name;
        int runtime, r;

        r = sd_bus_message_read(c->message, "sb", &name, &runtime);
        if (r < 0)
                return r;

        r = install_disable(c->manager->loader, (char *const[]){ (char *)name, NULL },
                            install_flags(runtime, false) | INSTALL_DRY_RUN, &i.changes, &i.report);
        r = r < 0 ? error_from_report(c->error, r, name, &i.report) : reply_removed_links(c, &i.changes);

        install_changes_release(&i.changes);
        report_release(&i.report);
        return r;
}

/* Enables or disables each as the preset files say. */
static int preset_each(Loader *l, char *const *names, unsigned flags, Installation *i) {
        STRV_FOREACH (it, names) {
                char *const one[] = { *it, NULL };
                bool enabled, carries = false;
                int r;

                r = install_preset_state(l, *it, &enabled);
                if (r >= 0 && enabled)
                        r = install_enable(l, one, flags, &i->changes, &carries, &i->report);
                else if (r >= 0)
                        r = install_disable(l, one, flags, &i->changes, &i->report);
                if (r < 0)
                        return r;
                i->carries = i->carries || carries || !enabled;
        }
        return 0;
}

int method_preset_unit_files(Call *c) {
        char **names auto_strv = NULL;
        Installation i = { 0 };
        int runtime, force, r;

        if ((r = sd_bus_message_read_strv(c->message, &names)) < 0 ||
            (r = sd_bus_message_read(c->message, "bb", &runtime, &force)) < 0)
                return r;

        (void)loader_refresh(c->manager->loader);
        r = preset_each(c->manager->loader, names, install_flags(runtime, force), &i);
        return finish(c, &i, r, true);
}

int method_get_default_target(Call *c) {
        char *name auto_free = NULL;
        int r = install_get_default(c->manager->loader, &name);

        if (r < 0)
                return sd_bus_error_set_errnof(c->error, r, "There is no default target: %s.", strerror(-r));
        return sd_bus_reply_method_return(c->message, "s", name);
}

int method_set_default_target(Call *c) {
        Installation i = { 0 };
        const char *name;
        int force, r;

        r = sd_bus_message_read(c->message, "sb", &name, &force);
        if (r < 0)
                return r;

        (void)loader_refresh(c->manager->loader);
        r = install_set_default(c->manager->loader, name, install_flags(false, force), &i.changes, &i.report);
        return finish(c, &i, r, false);
}
