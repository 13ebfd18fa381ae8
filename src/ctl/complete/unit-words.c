/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Units for completion: those in memory by their state, those on disk by whether they are enabled. */

#include "ctl/complete/complete.h"

#include <stdio.h>
#include <string.h>

typedef struct UnitRow {
        const char *id, *description, *load, *active, *sub, *path; /* borrowed from the reply */
} UnitRow;

bool completion_asks(Completion *p) {
        p->ctl->quiet = true;
        return ctl_manager_runs(p->ctl) && ctl_connect(p->ctl) >= 0;
}

static bool is_up(const UnitRow *u) {
        return !str_equal(u->active, "inactive") && !str_equal(u->active, "failed");
}

static bool has(Completion *p, const UnitRow *u, const char *property, const char *value) {
        char *text auto_free = NULL;
        int yes = 0;

        if (value)
                return sd_bus_get_property_string(p->ctl->bus, SD1, u->path, SD1_UNIT, property, NULL,
                                                  &text) >= 0 &&
                       str_equal(text, value);
        return sd_bus_get_property_trivial(p->ctl->bus, SD1, u->path, SD1_UNIT, property, NULL, 'b', &yes) >=
                       0 &&
               yes;
}

/* Does the verb have something to do for a unit in this state? */
static bool fits(Completion *p, const UnitRow *u, WordKind kind) {
        bool loaded = str_equal(u->load, "loaded");

        if (!str_starts_with(u->id, p->current)) /* before it is asked for more */
                return false;
        switch (kind) {
        case WORDS_DOWN:
                return loaded && !is_up(u);
        case WORDS_UP:
                return is_up(u);
        case WORDS_FAILED:
                return str_equal(u->active, "failed");
        case WORDS_RELOADABLE:
                return is_up(u) && has(p, u, "CanReload", NULL);
        case WORDS_FROZEN:
                return is_up(u) && has(p, u, "FreezerState", "frozen");
        case WORDS_SERVICES:
                return loaded && str_ends_with(u->id, ".service");
        case WORDS_TARGETS:
                return loaded && str_ends_with(u->id, ".target");
        default:
                return loaded;
        }
}

static void offer_loaded(Completion *p, WordKind kind, char ***seen) {
        sd_bus_message *reply = NULL;
        UnitRow u;
        int r;

        if (!completion_asks(p))
                return;
        r = ctl_call(p->ctl, "ListUnits", &reply, NULL, "complete", NULL);
        if (r >= 0)
                r = sd_bus_message_enter_container(reply, 'a', "(ssssssouso)");
        while (r >= 0 && (r = sd_bus_message_read(reply, "(ssssssouso)", &u.id, &u.description, &u.load,
                                                  &u.active, &u.sub, NULL, &u.path, NULL, NULL, NULL)) > 0) {
                if (fits(p, &u, kind))
                        completion_offer(p, u.id, u.description);
                r = strv_add(seen, u.id);
        }
        sd_bus_message_unref(reply);
}

static bool fits_file(Loader *l, const char *name, WordKind kind) {
        bool template = strstr(name, "@.") != NULL, masked;
        UnitFileState state;

        if (kind == WORDS_TEMPLATES)
                return template;
        if (kind == WORDS_TARGETS)
                return str_ends_with(name, ".target");
        if (kind == WORDS_KNOWN)
                return !template;
        if (kind == WORDS_UNIT_FILES)
                return true;
        if (install_state(l, name, &state, NULL) < 0)
                return false;
        masked = state == FILE_MASKED || state == FILE_MASKED_RUNTIME;
        if (kind == WORDS_MASKED)
                return masked;
        if (kind == WORDS_DOWN)
                return !template && !masked;
        if (kind == WORDS_ENABLED)
                return state == FILE_ENABLED || state == FILE_ENABLED_RUNTIME || state == FILE_LINKED ||
                       state == FILE_LINKED_RUNTIME;
        return state == FILE_DISABLED;
}

static void offer_files(Completion *p, WordKind kind, char *const *seen) {
        UnitFileList files = { 0 };
        Loader *l = NULL;

        if (ctl_loader(p->ctl, &l) < 0)
                return;
        (void)install_list_files(l, &files);
        for (size_t i = 0; i < files.n; i++) {
                const char *slash = strrchr(files.paths[i], '/');
                const char *name = slash ? slash + 1 : files.paths[i];

                if (str_starts_with(name, p->current) && !strv_contains(seen, name) &&
                    fits_file(l, name, kind))
                        completion_offer(p, name, NULL);
        }
        unit_file_list_release(&files);
        loader_free(l);
}

void completion_offer_units(Completion *p, WordKind kind) {
        bool memory = kind != WORDS_TEMPLATES && kind != WORDS_UNIT_FILES && kind != WORDS_DISABLED &&
                      kind != WORDS_ENABLED && kind != WORDS_MASKED;
        bool disk = !memory || kind == WORDS_DOWN || kind == WORDS_KNOWN || kind == WORDS_TARGETS;
        char **seen auto_strv = NULL;

        if (memory)
                offer_loaded(p, kind, &seen);
        if (disk)
                offer_files(p, kind, seen);
}

void completion_offer_jobs(Completion *p) {
        const char *unit, *type, *state;
        sd_bus_message *reply = NULL;
        uint32_t id;
        int r;

        if (!completion_asks(p))
                return;
        r = ctl_call(p->ctl, "ListJobs", &reply, NULL, "complete", NULL);
        if (r >= 0)
                r = sd_bus_message_enter_container(reply, 'a', "(usssoo)");
        while (r >= 0 &&
               (r = sd_bus_message_read(reply, "(usssoo)", &id, &unit, &type, &state, NULL, NULL)) > 0) {
                char number[16], words[512];

                snprintf(number, sizeof(number), "%u", id);
                snprintf(words, sizeof(words), "%s %s, %s", type, unit, state);
                completion_offer(p, number, words);
        }
        sd_bus_message_unref(reply);
}

void completion_offer_variables(Completion *p) {
        char **variables auto_strv = NULL;

        if (!completion_asks(p) || sd_bus_get_property_strv(p->ctl->bus, SD1, SD1_PATH, SD1_MANAGER,
                                                            "Environment", NULL, &variables) < 0)
                return;
        STRV_FOREACH (v, variables) {
                (*v)[strcspn(*v, "=")] = 0;
                completion_offer(p, *v, NULL);
        }
}

void completion_offer_profiles(Completion *p) {
        char *path auto_free = NULL, *name auto_free = NULL, **profiles auto_strv = NULL;

        if (!completion_asks(p) || !p->unit || name_mangle(p->unit, UNIT_SERVICE, &name) < 0 ||
            ctl_unit_path(name, &path) < 0 ||
            sd_bus_get_property_strv(p->ctl->bus, SD1, path, OWN_UNIT, "Profiles", NULL, &profiles) < 0)
                return;
        STRV_FOREACH (profile, profiles)
                completion_offer(p, *profile, NULL);
}

/* Of the unit that is named, else of the manager. */
void completion_offer_properties(Completion *p) {
        char *path auto_free = NULL, *name auto_free = NULL;
        PropertyList l = { 0 };

        if (!completion_asks(p))
                return;
        if (p->unit && name_mangle(p->unit, UNIT_SERVICE, &name) >= 0)
                (void)ctl_unit_path(name, &path);
        (void)ctl_get_all(p->ctl, path ?: SD1_PATH, "", &l, NULL);
        for (size_t i = 0; i < l.n; i++)
                completion_offer(p, l.v[i].name, NULL);
        property_list_release(&l);
}
