/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "load/set.h"
#include "load/stamp.h"

#include <errno.h>

static int fill_prefixed(Loader *l) {
        int r = 0;

        for (size_t i = 0; i < l->path.n && r >= 0; i++) {
                char *full = NULL;

                r = root_join(&l->root, l->path.dirs[i].path, &full);
                if (r >= 0)
                        r = strv_push(&l->prefixed, full);
        }
        return r;
}

int loader_new(const LoaderOptions *o, Loader **ret) {
        Loader *l = calloc(1, sizeof(*l));
        int r;

        if (!l)
                return -ENOMEM;
        l->host = o->host;
        l->user = o->scope != SCOPE_SYSTEM;
        l->ignore_system_services = o->ignore_system_services;
        r = root_init(&l->root, o->root);
        if (r >= 0)
                r = search_path_init(&l->path, o,
                                     o->scope == SCOPE_GLOBAL ? NULL : getenv("SYSTEMD_UNIT_PATH"));
        if (r >= 0)
                r = fill_prefixed(l);
        if (r < 0) {
                loader_free(l);
                return r;
        }
        *ret = l;
        return 0;
}

void loader_free(Loader *l) {
        if (!l)
                return;
        link_index_free(l->links);
        presets_release(&l->presets);
        index_release(&l->index);
        strv_free(l->prefixed);
        search_path_release(&l->path);
        root_release(&l->root);
        free(l);
}

int loader_refresh(Loader *l) {
        SearchPath path = { 0 };
        Index fresh;
        int r;

        if (l->indexed && !search_path_changed(&l->index.path, &l->root))
                return 0;
        r = search_path_copy(&l->path, &path);
        if (r >= 0)
                r = index_init(&fresh, &path, &l->root);
        if (r < 0)
                return r;
        index_release(&l->index);
        l->index = fresh;
        link_index_free(TAKE(l->links)); /* it counts directories by their place in the index */
        l->indexed = true;
        presets_release(&l->presets);
        l->presets_read = false;
        return 0;
}

const Report *loader_report(const Loader *l) {
        return &l->index.report;
}

char *const *loader_mounts(const Loader *l) {
        return l->index.mounts;
}

char *const *loader_search_path(const Loader *l) {
        return l->prefixed;
}

const char *loader_directory(const Loader *l, LoaderPlace place) {
        static const unsigned wanted[] = { [PLACE_TRANSIENT] = DIR_TRANSIENT | DIR_VOLATILE,
                                           [PLACE_CONTROL] = DIR_CONTROL,
                                           [PLACE_CONTROL_RUNTIME] = DIR_CONTROL | DIR_VOLATILE };
        const unsigned mask = DIR_TRANSIENT | DIR_CONTROL | DIR_VOLATILE;

        for (size_t i = 0; i < l->path.n; i++)
                if ((l->path.dirs[i].flags & mask) == wanted[place])
                        return l->prefixed[i];
        return NULL;
}

static bool may_be_set(const UnitSpec *s) {
        return s->type == UNIT_SERVICE && name_kind(s->name) == NAME_PLAIN;
}

/* One file into the spec. *ret_opened: as opposed to the result, which may be that of its contents. */
static int read_one(const Loader *l, const SpecContext *c, const char *full, LoadedUnit *u, Stamp *stamp,
                    bool *ret_opened) {
        const char *path = root_strip(&l->root, full);
        char *data auto_free = NULL;
        Text text = { 0 };
        struct stat st;
        int kept, r;

        st.st_nlink = 0;
        r = root_read_file(&l->root, path, &text, &st);
        data = text.data;
        *ret_opened = st.st_nlink > 0;
        if (stamp && *ret_opened)
                stamp_file(stamp, path, &st);
        else if (stamp)
                stamp_path(stamp, &l->root, path);
        if (r != READ_OK)
                return r;
        r = spec_read(u->spec, c, full, text);
        if (r == -ENOMEM || !may_be_set(u->spec))
                return r;
        kept = spec_keep_text(u->spec, &text);
        data = text.data; /* NULL: it was taken */
        return kept < 0 ? kept : r;
}

static int read_dropin(const Loader *l, const SpecContext *c, const char *path, LoadedUnit *u, Stamp *stamp) {
        char *full auto_free = NULL;
        bool opened = false;
        int r;

        r = root_join(&l->root, path, &full);
        if (r >= 0)
                r = read_one(l, c, full, u, stamp, &opened);
        if (r == -ENOMEM)
                return r;
        if (r == READ_MASK)
                return 0;
        if (r > 0)
                report_add(c->report, SEVERITY_WARNING, full, 0, NULL, "The drop-in is ignored: it %s.",
                           read_outcome_words((ReadOutcome)r));
        else if (r < 0 && opened) /* the report has the line */
                report_add(c->report, SEVERITY_WARNING, full, 0, NULL, "The rest of the drop-in is ignored.");
        else if (r < 0)
                report_add(c->report, SEVERITY_WARNING, full, 0, NULL,
                           "The drop-in is ignored: it cannot be read (%s).", strerror(-r));
        return r > 0 || !opened ? 0 : strv_push(&u->dropins, TAKE(full));
}

static int read_files(const Loader *l, const SpecContext *c, LoadedUnit *u, Stamp *stamp) {
        char **dropins auto_strv = NULL;
        bool opened;
        int r;

        if (u->fragment_path) {
                r = read_one(l, c, u->fragment_path, u, stamp, &opened);
                if (r != READ_OK)
                        return r;
        }
        r = set_find_dropins(&l->index, &l->root, u->names, u->set_name, &dropins);
        for (char **d = dropins; d && *d && r >= 0; d++)
                r = read_dropin(l, c, *d, u, stamp);
        return r;
}

/* The last drop-in may have chosen another profile than the context's: then all counts that was read with that one. */
static int read_with_profile(const Loader *l, const SpecContext *c, const char *profile, LoadedUnit *u) {
        char *name auto_free = strdup(profile);
        SpecContext context = *c;
        UnitSpec *fresh;
        int r = name ? spec_new(u->spec->name, &fresh) : -ENOMEM;

        if (r < 0)
                return r;
        spec_free(u->spec);
        u->spec = fresh;
        strv_free(TAKE(u->dropins));
        if (context.report)
                report_release(context.report);
        context.profile = name;
        return read_files(l, &context, u, NULL);
}

int loader_read_files(const Loader *l, const SpecContext *c, LoadedUnit *u, Stamp *stamp) {
        const char *profile;
        int r = read_files(l, c, u, stamp);

        if (r != READ_OK || !spec_wants_other_profile(u->spec, c, &profile))
                return r;
        return read_with_profile(l, c, profile, u);
}

static bool names_before(const CommonSpec *c, size_t n, DependencyKind kind, const char *name) {
        for (size_t i = 0; i < n; i++)
                if (c->deps[i].kind == kind && str_equal(c->deps[i].name, name))
                        return true;
        return false;
}

/* Takes the names out of the list. They differ among themselves; of many, spec_complete() drops the double ones. */
static int add_linked(const Loader *l, UnitSpec *spec, DependencyKind kind, LinkedUnits *units) {
        size_t n_before = spec->common->n_deps;
        bool few = n_before + units->n <= DEPENDENCIES_FEW;
        CommonSpec *c;
        int r;

        if (units->n == 0)
                return 0;
        c = spec_part(spec, PART_COMMON);
        if (!c)
                return -ENOMEM;
        r = array_reserve(&c->deps, &c->deps_capacity, c->n_deps + units->n, sizeof(Dependency));
        if (r < 0)
                return r;
        for (size_t i = 0; i < units->n; i++) {
                const LinkedUnit *u = units->v + i;

                if (str_equal(u->name, spec->name) || (few && names_before(c, n_before, kind, u->name)))
                        continue;
                if (l->ignore_system_services && (u->dir->flags & DIR_VENDOR) && unit_is_of_systemd(u->name))
                        continue;
                c->deps[c->n_deps++] = (Dependency){ .kind = kind, .name = TAKE(units->v[i].name) };
        }
        return 0;
}

static int read_links(const Loader *l, UnitSpec *spec, char *const *names) {
        static const struct {
                const char *suffix;
                DependencyKind kind;
        } kinds[] = { { ".wants", DEP_WANTS }, { ".requires", DEP_REQUIRES }, { ".upholds", DEP_UPHOLDS } };
        int r = 0;

        for (size_t i = 0; i < ELEMENTSOF(kinds) && r >= 0; i++) {
                LinkedUnits units = { 0 };

                r = linked_units_find(&l->index, &l->root, names, kinds[i].suffix, &units);
                if (r >= 0)
                        r = add_linked(l, spec, kinds[i].kind, &units);
                linked_units_release(&units);
        }
        return r;
}

static bool needs_no_file(UnitType t) {
        return t == UNIT_SLICE || t == UNIT_SCOPE || t == UNIT_MOUNT || t == UNIT_SWAP || t == UNIT_DEVICE;
}

/* The finding that says why the unit cannot be used, as one line. */
static int worst_error(const Report *report, const char *otherwise, char **ret) {
        Buf b auto_buf = { 0 };
        const Finding *f = report_worst(report);

        if (f)
                finding_format(f, &b);
        else
                buf_add(&b, otherwise);
        return buf_take(&b, ret);
}

/* What came out of reading the fragment, as an outcome with its sentence. */
static int judge_read(const Entry *e, int read, LoadedUnit *u) {
        const char *what = e && e->link ? "a link that leads to nothing" : "gone";
        int r = 0;

        if (read == -ENOMEM)
                return read;
        if (read == READ_OK)
                return LOADED_OK;
        if (read == READ_MASK)
                return LOADED_MASKED;
        u->error = read > 0 ? read_outcome_errno((ReadOutcome)read) : read;
        if (read > 0)
                r = str_printf(&u->error_text, "%s %s.", u->fragment_path,
                               read_outcome_words((ReadOutcome)read));
        else if (read == -ENOENT)
                r = str_printf(&u->error_text, "%s is %s.", u->fragment_path, what);
        else if (read == -EBADMSG || read == -ENOBUFS || read == -EINVAL)
                r = worst_error(&u->report, "The unit file cannot be parsed.", &u->error_text);
        else
                r = str_printf(&u->error_text, "%s cannot be read: %s.", u->fragment_path, strerror(-read));
        if (r < 0)
                return r;
        if (report_count(&u->report, SEVERITY_ERROR) == 0)
                report_add(&u->report, SEVERITY_ERROR, u->fragment_path, 0, NULL, "%s", u->error_text);
        return LOADED_ERROR;
}

static int set_fragment_path(const Loader *l, const Entry *e, LoadedUnit *u) {
        char *path auto_free = NULL;
        int r;

        r = entry_path(&l->index, e, &path);
        return r < 0 ? r : root_join(&l->root, path, &u->fragment_path);
}

/* Fragment, drop-ins and links into u->spec. An outcome or a negative errno. */
static int load_files(const Loader *l, const SpecContext *c, const Entry *e, LoadedUnit *u, Stamp *stamp) {
        SpecContext context = *c;
        UnitType type = u->spec->type;
        int outcome, r;

        if (!e && !needs_no_file(type))
                return LOADED_NOT_FOUND;
        if (e) {
                r = set_fragment_path(l, e, u);
                if (r < 0)
                        return r;
        }
        if (e && e->kind == ENTRY_MASK)
                return LOADED_MASKED;

        context.specifiers.fragment_path = u->fragment_path;
        outcome = judge_read(e, loader_read_files(l, &context, u, stamp), u);
        if (outcome == LOADED_OK) {
                r = stamp_links(stamp, &l->index, &l->root, u->names);
                if (r >= 0)
                        r = read_links(l, u->spec, u->names);
                if (r < 0)
                        return r;
        }
        return outcome == LOADED_OK && !e && type != UNIT_SLICE ? LOADED_NOT_FOUND : outcome;
}

/* A unit without a file of its own may be part of a set, or the set that a template makes. */
static int load_from_set(const Loader *l, const SpecContext *c, LoadedUnit *u, Stamp *stamp) {
        const Entry *e;
        int outcome, r;

        r = set_find(&l->index, u->id, &e, &u->set_name);
        if (r < 0 || !e)
                return r < 0 ? r : load_files(l, c, NULL, u, stamp);
        outcome = load_files(l, c, e, u, stamp);
        if (outcome < 0 || u->spec->service->instances.kind != INSTANCES_NONE)
                return outcome;

        /* It makes no set: nothing of it counts here. */
        spec_free(TAKE(u->spec));
        report_release(&u->report);
        u->report = (Report){ 0 };
        free(TAKE(u->fragment_path));
        free(TAKE(u->set_name));
        free(TAKE(u->error_text));
        strv_free(TAKE(u->dropins));
        u->error = 0;
        r = spec_new(u->id, &u->spec);
        return r < 0 ? r : LOADED_NOT_FOUND;
}

/* Settings that hang together. A unit that is not there has nothing to complain of. */
static int complete(const SpecContext *c, int outcome, LoadedUnit *u) {
        SpecContext context = *c;
        int r;

        if (outcome != LOADED_OK)
                context.report = NULL;
        context.specifiers.fragment_path = u->fragment_path;
        r = spec_complete(u->spec, &context);
        if (r < 0)
                return r;
        if (u->spec->service->n_instances == 0)
                spec_forget_texts(u->spec);
        if (outcome != LOADED_OK)
                u->spec->fatal = false;
        if (!u->spec->fatal)
                return outcome;
        u->error = -ENOEXEC;
        r = worst_error(&u->report, "The unit file has a bad setting.", &u->error_text);
        return r < 0 ? r : LOADED_BAD_SETTING;
}

/* What was read has been fed; of a unit that is not there, or not whole, it is asked for anew. */
static int finish_stamp(const Loader *l, const SpecContext *c, const char *name, int outcome, Stamp *stamp,
                        LoadedUnit *u) {
        const char *source = u->spec->common->source_path;

        if (outcome != LOADED_OK)
                return stamp_now(l, c, name, source, &u->stamp);
        stamp_end(stamp, &l->root, source, &u->stamp);
        return 0;
}

static int load(Loader *l, const SpecContext *defaults, const char *name, LoadedUnit *u) {
        SpecContext c = defaults ? *defaults : (SpecContext){ 0 };
        const Entry *e = NULL;
        Stamp stamp;
        int outcome, r;

        r = index_resolve(&l->index, name, &u->id, &e);
        if (r == -ELOOP)
                r = str_replace(&u->id, name) ?: -ELOOP;
        if (r < 0 && r != -ELOOP)
                return r;
        outcome = r == -ELOOP ? LOADED_ERROR : LOADED_OK;

        if (!c.specifiers.host)
                c.specifiers.host = l->host;
        c.specifiers.unit = u->id;
        c.report = &u->report;
        r = index_names(&l->index, u->id, &u->names);
        if (r >= 0)
                r = strv_add_unique(&u->names, name);
        if (r >= 0)
                r = spec_new(u->id, &u->spec);
        if (r < 0)
                return r;

        if (outcome == LOADED_ERROR) {
                u->error = -ELOOP;
                r = str_printf(&u->error_text, "The links of %s lead in a circle.", name);
                if (r < 0)
                        return r;
                report_add(&u->report, SEVERITY_ERROR, NULL, 0, NULL, "%s", u->error_text);
        } else {
                stamp_begin(&stamp, &c);
                stamp_names(&stamp, u->id, u->names);
                outcome = e ? load_files(l, &c, e, u, &stamp) : load_from_set(l, &c, u, &stamp);
        }
        if (outcome >= 0) {
                r = finish_stamp(l, &c, name, outcome, &stamp, u);
                if (r < 0)
                        return r;
        }
        return outcome < 0 ? outcome : complete(&c, outcome, u);
}

int loader_load(Loader *l, const SpecContext *defaults, const char *name, LoadedUnit *ret) {
        LoadedUnit u = { 0 };
        int r;

        if (!name_is_valid(name, NAME_PLAIN | NAME_INSTANCE))
                return -EINVAL;
        r = l->indexed ? 0 : loader_refresh(l);
        if (r >= 0)
                r = load(l, defaults, name, &u);
        if (r < 0)
                loaded_unit_release(&u);
        else
                *ret = u;
        return r;
}

void loaded_unit_release(LoadedUnit *u) {
        spec_free(u->spec);
        free(u->id);
        strv_free(u->names);
        free(u->fragment_path);
        free(u->set_name);
        strv_free(u->dropins);
        free(u->error_text);
        report_release(&u->report);
        *u = (LoadedUnit){ 0 };
}

int loader_visit_files(Loader *l, UnitFileVisitor visit, void *userdata) {
        Entry *e, *next;
        int r;

        r = loader_refresh(l);
        if (r < 0)
                return r;
        HASH_ITER (hh, l->index.entries, e, next) {
                char *path auto_free = NULL, *full auto_free = NULL;

                if (e->kind == ENTRY_ABSENT)
                        continue;
                r = entry_path(&l->index, e, &path);
                if (r >= 0)
                        r = root_join(&l->root, path, &full);
                if (r >= 0)
                        r = visit(e->name, full, userdata);
                if (r < 0)
                        return r;
        }
        return 0;
}
