/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "manager/transient.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "manager/files.h"
#include "manager/manager-internal.h"

#define NOTHING_YET ((Transient){ .stdio = { -1, -1, -1 } })

void transient_request_init(TransientRequest *t, const char *name) {
        *t = (TransientRequest){ .name = name, .data = NOTHING_YET };
}

static void release_fds(Transient *t) {
        for (size_t i = 0; i < ELEMENTSOF(t->stdio); i++)
                fd_release(&t->stdio[i]);
        for (size_t i = 0; i < t->n_extra_fds; i++) {
                fd_release(&t->extra_fds[i].fd);
                free(t->extra_fds[i].name);
        }
        free(TAKE(t->extra_fds));
        t->n_extra_fds = t->extra_fds_capacity = 0;
}

static void data_release(Transient *t) {
        release_fds(t);
        free(t->pids);
        free(t->controller);
        *t = NOTHING_YET;
}

void transient_request_release(TransientRequest *t) {
        setting_texts_release(&t->texts);
        data_release(&t->data);
}

bool unit_type_can_be_transient(UnitType type) {
        return type == UNIT_SERVICE || type == UNIT_SOCKET || type == UNIT_TIMER || type == UNIT_PATH ||
               type == UNIT_SLICE || type == UNIT_SCOPE;
}

int transient_add_fd(Transient *t, int *fd, const char *name) {
        char *copy auto_free = strdup(name);
        int r;

        if (!copy)
                return -ENOMEM;
        r = array_reserve(&t->extra_fds, &t->extra_fds_capacity, t->n_extra_fds + 1, sizeof(*t->extra_fds));
        if (r >= 0)
                t->extra_fds[t->n_extra_fds++] = (struct ExtraFd){ .fd = TAKE_FD(*fd), .name = TAKE(copy) };
        return r;
}

int transient_add_pid(Transient *t, pid_t pid) {
        int r;

        for (size_t i = 0; i < t->n_pids; i++)
                if (t->pids[i] == pid)
                        return 0;
        r = array_reserve(&t->pids, &t->pids_capacity, t->n_pids + 1, sizeof(pid_t));
        if (r >= 0)
                t->pids[t->n_pids++] = pid;
        return r;
}

static int write_all(int fd, const char *data, size_t n) {
        while (n > 0) {
                ssize_t k = write(fd, data, n);

                if (k < 0)
                        return -errno;
                data += k;
                n -= (size_t)k;
        }
        return 0;
}

/* Nobody ever sees half of it. */
static int write_file(const char *path, const Buf *text, Report *why) {
        char *temporary auto_free = NULL;
        int fd auto_fd = -1, r;

        if (text->error < 0 || str_printf(&temporary, "%s~", path) < 0)
                return -ENOMEM;
        (void)unlink(temporary);
        fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
        r = fd < 0 ? -errno : write_all(fd, text->data, text->len);
        if (r >= 0 && rename(temporary, path) < 0)
                r = -errno;
        if (r < 0) {
                (void)unlink(temporary);
                report_add(why, SEVERITY_ERROR, path, 0, NULL,
                           "The file cannot be written: %s. Nothing is changed.", strerror(-r));
        }
        return r;
}

/* Are the values right? Tried on a unit that nobody has. */
static int check_texts(Manager *m, const char *name, const SettingTexts *texts, Report *why) {
        SpecContext context = manager_spec_context(m);
        UnitSpec *scratch = NULL;
        int r = spec_new(name, &scratch);

        context.report = why;
        context.specifiers.unit = name;
        if (r >= 0)
                r = setting_texts_assign(texts, &context, scratch);
        spec_free(scratch);
        if (r < 0)
                return r;
        return report_count(why, SEVERITY_ERROR) > 0 ? -EINVAL : 0;
}

static bool name_is_free(Manager *m, const char *name, Unit *u) {
        if (u->load_state != LOAD_NOT_FOUND && !(u->type == UNIT_SLICE && !u->fragment_path))
                return false;
        return unit_is_down(u) && !u->job && u->refs == 0 && !u->perpetual && str_equal(u->id, name);
}

/* The first mistake, or that the unit as a whole is none. */
static void explain_load(const Unit *u, Report *why) {
        const Finding *f = report_worst(&unit_runtime(u)->load_report);

        if (f)
                report_add(why, SEVERITY_ERROR, NULL, 0, NULL, "%s", f->text);
        else
                report_add(why, SEVERITY_ERROR, NULL, 0, NULL, "Unit %s has a bad unit file setting.", u->id);
}

static int load_again(Manager *m, Unit *u) {
        int r = loader_refresh(m->loader);

        if (r < 0)
                return r;
        manager_forget_spec(m, u);
        r = manager_load_one(m, u);
        return r < 0 ? r : manager_load_stubs(m);
}

static int keep_data(UnitRuntime *rt, TransientRequest *t) {
        if (!rt->transient)
                rt->transient = malloc(sizeof(Transient));
        else
                data_release(rt->transient); /* of a unit of that name whose file somebody has removed */
        if (!rt->transient)
                return -ENOMEM;
        *rt->transient = t->data;
        t->data = NOTHING_YET;
        return 0;
}

static int write_unit(Manager *m, const TransientRequest *t, const char *path, Report *why) {
        Buf text auto_buf = { 0 };

        buf_add(&text, "# This is a transient unit file, made by a client over D-Bus. Do not edit.\n");
        setting_texts_format(&t->texts, name_type(t->name), &text);
        return write_file(path, &text, why);
}

int manager_make_transient(Manager *m, TransientRequest *t, Report *why, Unit **ret) {
        const char *directory = loader_directory(m->loader, PLACE_TRANSIENT);
        char *path auto_free = NULL;
        Unit *u;
        int r;

        r = manager_load_unit(m, t->name, &u);
        if (r < 0)
                return r;
        manager_collect(m, u); /* unless it comes to something */
        if (!name_is_free(m, t->name, u)) {
                report_add(why, SEVERITY_ERROR, NULL, 0, NULL,
                           "Unit %s was already loaded or has a fragment file.", t->name);
                return -EEXIST;
        }
        r = check_texts(m, t->name, &t->texts, why);
        if (r < 0)
                return r;
        if (!directory || str_printf(&path, "%s/%s", directory, t->name) < 0)
                return directory ? -ENOMEM : -ENOENT;
        if ((r = write_unit(m, t, path, why)) < 0)
                return r;
        r = load_again(m, u);
        if (r >= 0 && u->load_state != LOAD_LOADED) {
                explain_load(u, why);
                r = -ENOEXEC;
        } else if (r >= 0) {
                r = keep_data(unit_runtime(u), t);
        }
        if (r < 0) {
                (void)unlink(path);
                (void)load_again(m, u);
                manager_collect(m, u);
                return r;
        }
        *ret = u;
        return 0;
}

/* A /run that outlives its container still has what its last run made: nobody would know whose it was. */
void manager_forget_old_transients(Manager *m) {
        static const LoaderPlace places[] = { PLACE_TRANSIENT, PLACE_CONTROL_RUNTIME };

        if (getpid() != 1)
                return; /* another manager may be at work there */
        for (size_t i = 0; i < ELEMENTSOF(places); i++) {
                const char *directory = loader_directory(m->loader, places[i]);

                if (!directory || access(directory, F_OK) < 0)
                        continue;
                remove_tree(directory);
                if (mkdir(directory, 0755) < 0)
                        LOG_ERRNO(BOOT_STEP_FAILED, -errno,
                                  FIELD_S("STEP", "Making the directory of transient units"));
        }
}

/* Its own files, and the drop-ins made for it at run time. */
static void remove_files(Manager *m, const Unit *u) {
        const char *places[] = { loader_directory(m->loader, PLACE_TRANSIENT),
                                 loader_directory(m->loader, PLACE_CONTROL_RUNTIME) };

        for (size_t i = 0; i < ELEMENTSOF(places); i++) {
                if (!places[i])
                        continue;
                if (u->fragment_path && str_starts_with(u->fragment_path, places[i]))
                        (void)unlink(u->fragment_path);
                STRV_FOREACH (d, u->dropins)
                        if (str_starts_with(*d, places[i])) {
                                (void)unlink(*d);
                                (void)rmdir(dirname(*d)); /* the last one takes the directory along */
                        }
        }
}

void unit_forget_transient(Unit *u) {
        UnitRuntime *rt = unit_runtime(u);

        if (!rt->transient)
                return;
        remove_files(rt->manager, u);
        data_release(rt->transient);
        free(TAKE(rt->transient));
}

/* What a client handed over goes back when the unit is down. */
void unit_release_stdio(Unit *u) {
        Transient *t = unit_runtime(u)->transient;

        if (t)
                release_fds(t);
}

/* What it stands for is made while files are read. */
static bool waits_for_reload(const Directive *row) {
        return str_equal(row->key, "X-Instances") || str_equal(row->key, "X-Profile");
}

bool setting_is_live(const Directive *row) {
        static const char *const settled[] = { "Slice",
                                               "Delegate",
                                               "DisableControllers",
                                               "BPFProgram",
                                               "ManagedOOMSwap",
                                               "ManagedOOMMemoryPressure",
                                               "ManagedOOMMemoryPressureLimit",
                                               "ManagedOOMPreference" };

        if (str_equal(row->section, "Unit"))
                return str_equal(row->key, "Description");
        if (waits_for_reload(row))
                return true;
        for (size_t i = 0; i < ELEMENTSOF(settled); i++)
                if (str_equal(row->key, settled[i]))
                        return false;
        return str_equal(row->section, "*cgroup");
}

static int assign_live(Unit *u, const SpecContext *context, const Directive *row, const SettingTexts *texts) {
        int r = 0;

        for (size_t i = 0; i < texts->n && r >= 0; i++)
                if (texts->v[i].row == row)
                        r = setting_texts_assign(&(SettingTexts){ .v = texts->v + i, .n = 1, .capacity = 1 },
                                                 context, u->spec);
        return r;
}

/* Lists begin with a reset: the file is what holds, whatever the others say. */
static void format_dropin(const Directive *row, const UnitSpec *s, Buf *b) {
        char *copy auto_free = NULL;
        Buf value auto_buf = { 0 };

        buf_add(b, "# This is a drop-in unit file extension, made by set-property. Do not edit.\n");
        buf_addf(b, "[%s]\n", setting_section(row, s->type));
        if (directive_format(row, s, &value) < 0 || buf_take(&value, &copy) < 0) {
                b->error = -ENOMEM;
                return;
        }
        if (row->list && copy[0])
                buf_addf(b, "%s=\n", row->key);
        for (char *line = copy; line;) {
                char *end = strchr(line, '\n');

                if (end)
                        *end++ = 0;
                buf_addf(b, "%s=%s\n", row->key, line);
                line = end;
        }
}

/* Keeps the order of reading: by the name of the file. */
static int add_dropin(Unit *u, const char *path) {
        const char *name = strrchr(path, '/') + 1;
        size_t n = strv_length(u->dropins), at = n;
        int r;

        if (strv_contains(u->dropins, path))
                return 0;
        r = strv_add(&u->dropins, path);
        if (r < 0)
                return r;
        for (; at > 0 && strcmp(strrchr(u->dropins[at - 1], '/') + 1, name) > 0; at--) {
                char *swap = u->dropins[at];

                u->dropins[at] = u->dropins[at - 1];
                u->dropins[at - 1] = swap;
        }
        return 0;
}

/* By their names: what is until the next boot counts more than what is for good; what is of an instance, than of its set. */
static int dropin_path(Manager *m, const Unit *u, LoaderPlace place, const Directive *row, char **ret) {
        const char *directory = loader_directory(m->loader, place);
        int rank = 50;

        if (waits_for_reload(row))
                rank += (place == PLACE_CONTROL_RUNTIME) + 2 * (name_kind(u->id) == NAME_INSTANCE);
        return directory ? str_printf(ret, "%s/%s.d/%d-%s.conf", directory, u->id, rank, row->key) : -ENOENT;
}

static void remove_dropin(Manager *m, const Unit *u, LoaderPlace place, const Directive *row) {
        char *path auto_free = NULL;

        if (dropin_path(m, u, place, row, &path) < 0)
                return;
        (void)unlink(path);
        (void)rmdir(dirname(path));
}

static int write_dropin(Manager *m, Unit *u, LoaderPlace place, const Directive *row, Report *why) {
        char *path auto_free = NULL, *parent auto_free = NULL;
        Buf text auto_buf = { 0 };
        int r = dropin_path(m, u, place, row, &path);

        if (r >= 0)
                r = str_replace(&parent, path);
        if (r < 0)
                return r;
        (void)dirname(parent);
        if (waits_for_reload(row) && place == PLACE_CONTROL) /* it is for good and from now on */
                remove_dropin(m, u, PLACE_CONTROL_RUNTIME, row);
        format_dropin(row, u->spec, &text);
        (void)mkdir(loader_directory(m->loader, place), 0755);
        (void)mkdir(parent, 0755);
        r = write_file(path, &text, why);
        return r < 0 ? r : add_dropin(u, path);
}

/* As it was, from its text. */
static void put_back(Unit *u, const SpecContext *context, const Directive *row, const char *before) {
        SettingTexts old = { 0 };
        char *copy auto_free = strdup(before), *rest = copy, *line;

        if (setting_texts_add(&old, row, "") < 0)
                return;
        while ((line = strsep(&rest, "\n")))
                (void)setting_texts_add(&old, row, line);
        (void)setting_texts_assign(&old, context, u->spec);
        setting_texts_release(&old);
}

/* A value holds when its file is written, and not before. */
static int change_one(Manager *m, Unit *u, LoaderPlace place, const Directive *row, const SettingTexts *texts,
                      Report *why) {
        SpecContext context = manager_spec_context(m);
        Buf before auto_buf = { 0 };
        int r = directive_format(row, u->spec, &before);

        context.specifiers.unit = u->id;
        context.specifiers.fragment_path = u->fragment_path;
        if (r < 0 || (r = assign_live(u, &context, row, texts)) < 0)
                return r;
        if (str_equal(row->key, "X-Profile") && !u->spec->service->profile) { /* as the files have it */
                remove_dropin(m, u, PLACE_CONTROL_RUNTIME, row);
                if (place != PLACE_CONTROL_RUNTIME)
                        remove_dropin(m, u, place, row);
                return 0;
        }
        r = write_dropin(m, u, place, row, why);
        if (r < 0)
                put_back(u, &context, row, before.data ? before.data : "");
        return r;
}

static bool is_first_of_row(const SettingTexts *texts, size_t i) {
        for (size_t k = 0; k < i; k++)
                if (texts->v[k].row == texts->v[i].row)
                        return false;
        return true;
}

static bool any_waits(const SettingTexts *texts) {
        for (size_t i = 0; i < texts->n; i++)
                if (waits_for_reload(texts->v[i].row))
                        return true;
        return false;
}

int manager_set_properties(Manager *m, Unit *u, bool runtime, const SettingTexts *texts, Report *why) {
        UnitRuntime *rt = unit_runtime(u);
        LoaderPlace place = rt->transient ? PLACE_TRANSIENT : runtime ? PLACE_CONTROL_RUNTIME : PLACE_CONTROL;
        bool known = rt->transient || (!any_waits(texts) && !unit_has_changed(u));
        int r = check_texts(m, u->id, texts, why);

        if (r < 0)
                return r;
        for (size_t i = 0; i < texts->n && r >= 0; i++)
                if (is_first_of_row(texts, i))
                        r = change_one(m, u, place, texts->v[i].row, texts, why);
        /* What the files said besides is not news for having been written to. */
        if (known && loader_refresh(m->loader) >= 0)
                unit_take_stamp(u);
        unit_apply_limits(m, u);
        unit_mark_changed(u);
        return r;
}
