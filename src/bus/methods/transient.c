/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * StartTransientUnit() and SetUnitProperties(): what clients say in a(sv)
 * becomes settings (property-text.h); what no file can say is taken here.
 */

#include <errno.h>
#include <fcntl.h>

#include "bus/clients/server.h"
#include "bus/codec/errors.h"
#include "bus/codec/property-text.h"
#include "bus/methods/manager-methods.h"
#include "bus/methods/markers.h"
#include "bus/methods/unit-methods.h"
#include "manager/transient.h"

#define PIDS_MAX 65536
#define EXTRA_FDS_MAX 1024

/* One unit of a call, as far as it has been read. */
typedef struct Wanted {
        Call *call;
        TransientRequest request;
        UnitType type;
        bool hold; /* AddRef */
        bool tie;  /* org.svinit.StopWithClient */
} Wanted;

typedef int (*FactReader)(Wanted *w, int arg);

static int read_hold(Wanted *w, int arg) {
        int v, r = sd_bus_message_read_basic(w->call->message, 'b', &v);

        if (r >= 0)
                w->hold = v;
        return r;
}

static int read_tie(Wanted *w, int arg) {
        int v, r = sd_bus_message_read_basic(w->call->message, 'b', &v);

        if (r >= 0)
                w->tie = v;
        return r;
}

static int read_controller(Wanted *w, int arg) {
        const char *name;
        int r = sd_bus_message_read_basic(w->call->message, 's', &name);

        if (r < 0)
                return r;
        if (name[0] && !sd_bus_service_name_is_valid(name))
                return sd_bus_error_setf(w->call->error, SD_BUS_ERROR_INVALID_ARGS,
                                         "Controller '%s' is not a valid bus name.", name);
        return str_replace(&w->request.data.controller, name[0] ? name : NULL);
}

/* The message closes its descriptors with it. */
static int read_descriptor(Wanted *w, int arg) {
        int fd, copy, r = sd_bus_message_read_basic(w->call->message, 'h', &fd);

        if (r < 0)
                return r;
        copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);
        if (copy < 0)
                return -errno;
        fd_release(&w->request.data.stdio[arg]);
        w->request.data.stdio[arg] = copy;
        return 0;
}

static int read_extra_descriptors(Wanted *w, int arg) {
        sd_bus_message *m = w->call->message;
        const char *name;
        int fd, r = sd_bus_message_enter_container(m, 'a', "(hs)");

        while (r >= 0 && (r = sd_bus_message_read(m, "(hs)", &fd, &name)) > 0) {
                int copy auto_fd = -1;

                if (!fd_name_is_valid(name))
                        return sd_bus_error_setf(w->call->error, SD_BUS_ERROR_INVALID_ARGS,
                                                 "'%s' cannot be the name of a descriptor.", name);
                if (w->request.data.n_extra_fds >= EXTRA_FDS_MAX)
                        return -E2BIG;
                copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);
                r = copy < 0 ? -errno : transient_add_fd(&w->request.data, &copy, name);
        }
        return r < 0 ? r : sd_bus_message_exit_container(m);
}

/* 0 is the caller itself. */
static int check_pid(const Call *c, uint32_t given, pid_t *ret) {
        pid_t pid = given ? (pid_t)given : call_pid(c);

        if (pid <= 1 || !process_exists(pid))
                return sd_bus_error_setf(c->error, SD_BUS_ERROR_INVALID_ARGS,
                                         "Process %u is none that could be brought into a unit.", given);
        *ret = pid;
        return 0;
}

static int read_pids(Wanted *w, int arg) {
        const uint32_t *pids;
        size_t size;
        int r = sd_bus_message_read_array(w->call->message, 'u', (const void **)&pids, &size);

        if (r < 0)
                return r;
        if (size / sizeof(uint32_t) > PIDS_MAX)
                return -E2BIG;
        for (size_t i = 0; i < size / sizeof(uint32_t); i++) {
                pid_t pid = 0;

                if ((r = check_pid(w->call, pids[i], &pid)) < 0 ||
                    (r = transient_add_pid(&w->request.data, pid)) < 0)
                        return r;
        }
        return 0;
}

static const struct {
        const char *name, *signature;
        unsigned types;
        FactReader read;
        int arg;
} facts[] = {
        { "AddRef", "b", ~0U, read_hold, 0 },
        { "org.svinit.StopWithClient", "b", ~0U, read_tie, 0 },
        { "PIDs", "au", UNIT_BIT(UNIT_SCOPE), read_pids, 0 },
        { "Controller", "s", UNIT_BIT(UNIT_SCOPE), read_controller, 0 },
        { "ExtraFileDescriptors", "a(hs)", UNIT_BIT(UNIT_SERVICE), read_extra_descriptors, 0 },
        { "StandardInputFileDescriptor", "h", UNIT_BIT(UNIT_SERVICE), read_descriptor, 0 },
        { "StandardOutputFileDescriptor", "h", UNIT_BIT(UNIT_SERVICE), read_descriptor, 1 },
        { "StandardErrorFileDescriptor", "h", UNIT_BIT(UNIT_SERVICE), read_descriptor, 2 },
};

/* PROPERTY_UNKNOWN: it is none of these. */
static int read_fact(Wanted *w, const char *name) {
        sd_bus_message *m = w->call->message;
        const char *contents;
        char type;
        int r;

        for (size_t i = 0; i < ELEMENTSOF(facts); i++) {
                if (!str_equal(facts[i].name, name) || !(facts[i].types & UNIT_BIT(w->type)))
                        continue;
                r = sd_bus_message_peek_type(m, &type, &contents);
                if (r < 0)
                        return r;
                if (!str_equal(contents, facts[i].signature))
                        return sd_bus_error_setf(w->call->error, SD_BUS_ERROR_INVALID_ARGS,
                                                 "The property %s is of type '%s', not '%s'.", name,
                                                 facts[i].signature, contents);
                if ((r = sd_bus_message_enter_container(m, 'v', contents)) < 0 ||
                    (r = facts[i].read(w, facts[i].arg)) < 0)
                        return r;
                return sd_bus_message_exit_container(m) < 0 ? -EBADMSG : 0;
        }
        return PROPERTY_UNKNOWN;
}

typedef int (*PropertyTaker)(Call *c, const char *name, void *userdata);

/* a(sv): the taker reads the variant. */
static int read_properties(Call *c, UnitType type, PropertyTaker take, void *userdata) {
        sd_bus_message *m = c->message;
        const char *name;
        int r = sd_bus_message_enter_container(m, 'a', "(sv)");

        while (r >= 0 && (r = sd_bus_message_enter_container(m, 'r', "sv")) > 0) {
                if ((r = sd_bus_message_read_basic(m, 's', &name)) < 0 || (r = take(c, name, userdata)) < 0)
                        return r;
                if (r == PROPERTY_UNKNOWN)
                        return property_refuse(c->error, type, name);
                r = sd_bus_message_exit_container(m);
        }
        return r < 0 ? r : sd_bus_message_exit_container(m);
}

static int take_for_unit(Call *c, const char *name, void *userdata) {
        Wanted *w = userdata;
        int r = read_fact(w, name);

        if (r != PROPERTY_UNKNOWN)
                return r;
        return property_to_text(w->type, name, c->message, &w->request.texts, c->error);
}

/* Name and properties. */
static int read_unit(Call *c, const char *name, Wanted *w) {
        int type = name_is_valid(name, NAME_PLAIN | NAME_INSTANCE) ? (int)name_type(name) : -1;

        if (type < 0)
                return sd_bus_error_setf(c->error, SD_BUS_ERROR_INVALID_ARGS, "Unit name %s is not valid.",
                                         name);
        if (!unit_type_can_be_transient((UnitType)type))
                return sd_bus_error_setf(c->error, SD_BUS_ERROR_INVALID_ARGS,
                                         "Unit type %s does not support transient units.",
                                         unit_type_to_string((UnitType)type));
        w->type = (UnitType)type;
        return read_properties(c, w->type, take_for_unit, w);
}

static const char *first_error(const Report *why) {
        for (size_t i = 0; i < why->n_findings; i++)
                if (why->findings[i].severity == SEVERITY_ERROR)
                        return why->findings[i].text;
        return NULL;
}

/* What a file's unit keeps instead of the value ("; the default is kept.") is nothing that a refused call leaves. */
static void add_reason(Buf *b, const Finding *f, const char *words) {
        const char *end = f && f->text == words && f->code == FINDING_BAD_VALUE ? strrchr(words, ';') : NULL;

        if (end)
                buf_addf(b, "%.*s.", (int)(end - words), words);
        else
                buf_add(b, words);
}

/* "KEY: what is wrong with it" where the finding knows the key. */
static int error_from_making(Call *c, int r, const char *unit, const Report *why) {
        const char *words = first_error(why);

        if (r == -EEXIST)
                return sd_bus_error_set(c->error, ERROR_PREFIX "UnitExists", words);
        if (r == -EINVAL || r == -ENOEXEC) {
                Buf b auto_buf = { 0 };
                const Finding *f = report_worst(why);

                if (f && f->key)
                        buf_addf(&b, "%s=: ", f->key);
                add_reason(&b, f, words ? words : "The unit has a bad unit file setting.");
                return sd_bus_error_set(c->error,
                                        r == -EINVAL ? SD_BUS_ERROR_INVALID_ARGS : ERROR_BAD_SETTING,
                                        b.error < 0 ? NULL : b.data);
        }
        return error_from_report(c->error, r, unit, why);
}

static int make_unit(Call *c, Wanted *w, Unit **ret) {
        Report why = { 0 };
        int r;

        *ret = NULL;
        if (w->type == UNIT_SCOPE && w->request.data.n_pids == 0)
                return sd_bus_error_setf(c->error, ERROR_BAD_SETTING, "Scope %s has no PIDs.",
                                         w->request.name);
        r = manager_make_transient(c->manager, &w->request, &why, ret);
        if (r < 0)
                r = error_from_making(c, r, w->request.name, &why);
        else if (w->hold || w->tie)
                r = references_add(c->connection->references, *ret);
        if (r >= 0 && w->tie)
                r = references_tie(c->connection->references, *ret);
        if (r < 0 && *ret)
                manager_collect(c->manager, *ret); /* it is there, but nobody has it */
        report_release(&why);
        return r;
}

/* Units that come along, such as the service of a timer; made before the one that refers to them. */
static int make_others(Call *c) {
        sd_bus_message *m = c->message;
        int r = sd_bus_message_enter_container(m, 'a', "(sa(sv))");

        while (r >= 0 && (r = sd_bus_message_enter_container(m, 'r', "sa(sv)")) > 0) {
                Wanted w = { .call = c };
                const char *name;
                Unit *u;

                r = sd_bus_message_read_basic(m, 's', &name);
                if (r < 0)
                        return r;
                transient_request_init(&w.request, name);
                r = read_unit(c, name, &w);
                if (r >= 0)
                        r = make_unit(c, &w, &u);
                transient_request_release(&w.request);
                if (r < 0)
                        return r;
                manager_collect(c->manager, u); /* unless somebody refers to it by then */
                r = sd_bus_message_exit_container(m);
        }
        return r < 0 ? r : sd_bus_message_exit_container(m);
}

static int make_all(Call *c, const char *name, const char *mode, Wanted *w) {
        Unit *u;
        int r;

        if ((r = read_unit(c, name, w)) < 0 || (r = make_others(c)) < 0 || (r = make_unit(c, w, &u)) < 0)
                return r;
        r = unit_enqueue(c, u, JOB_START, mode);
        if (r < 0)
                manager_collect(c->manager, u);
        return r;
}

int method_start_transient_unit(Call *c) {
        Wanted w = { .call = c };
        const char *name, *mode;
        int r = sd_bus_message_read(c->message, "ss", &name, &mode);

        if (r < 0)
                return r;
        if (job_mode_from_string(mode) < 0)
                return sd_bus_error_setf(c->error, SD_BUS_ERROR_INVALID_ARGS, "Job mode %s is invalid.",
                                         mode);
        transient_request_init(&w.request, name);
        r = make_all(c, name, mode, &w);
        transient_request_release(&w.request);
        return r;
}

typedef struct Change {
        Unit *unit;
        SettingTexts texts;
        MarkerChange markers;
} Change;

static int take_change(Call *c, const char *name, void *userdata) {
        Change *change = userdata;
        size_t before = change->texts.n;
        int r;

        if (str_equal(name, "Markers"))
                return markers_read(c, &change->markers);
        r = property_to_text(change->unit->type, name, c->message, &change->texts, c->error);
        for (size_t i = before; r == 0 && i < change->texts.n; i++) {
                const Directive *row = change->texts.v[i].row;

                if (!setting_is_live(row))
                        r = property_refuse(c->error, change->unit->type,
                                            directive_property(row) ? directive_property(row) : row->key);
        }
        return r;
}

/* b and a(sv) follow in the message. */
int unit_set_properties(Call *c, Unit *u) {
        Change change = { .unit = u };
        Report why = { 0 };
        int runtime, r;

        r = unit_check_loaded(c, u);
        if (r < 0)
                return r;
        r = sd_bus_message_read_basic(c->message, 'b', &runtime);
        if (r >= 0)
                r = read_properties(c, u->type, take_change, &change);
        if (r >= 0 && change.texts.n > 0) {
                r = manager_set_properties(c->manager, u, runtime, &change.texts, &why);
                if (r < 0)
                        r = error_from_making(c, r, u->id, &why);
        }
        if (r >= 0)
                markers_apply(u, &change.markers);
        setting_texts_release(&change.texts);
        report_release(&why);
        return r < 0 ? r : sd_bus_reply_method_return(c->message, NULL);
}

/* s and au follow in the message. */
int unit_attach_processes(Call *c, Unit *u) {
        const uint32_t *pids;
        const char *below;
        size_t size;
        int r;

        if ((r = sd_bus_message_read_basic(c->message, 's', &below)) < 0 ||
            (r = sd_bus_message_read_array(c->message, 'u', (const void **)&pids, &size)) < 0)
                return r;
        if (!u->spec->cgroup->delegate)
                return sd_bus_error_setf(
                        c->error, SD_BUS_ERROR_INVALID_ARGS,
                        "Processes can be brought into units with Delegate= only, and %s is none.", u->id);
        if (active_state_is_down(u->active))
                return sd_bus_error_setf(c->error, SD_BUS_ERROR_INVALID_ARGS, "Unit %s is not active.",
                                         u->id);
        if (below[0] && !str_equal(below, "/"))
                return sd_bus_error_setf(c->error, SD_BUS_ERROR_NOT_SUPPORTED,
                                         "Groups below that of %s are its own affair.", u->id);
        for (size_t i = 0; i < size / sizeof(uint32_t); i++) {
                pid_t pid = 0;

                r = check_pid(c, pids[i], &pid);
                if (r < 0)
                        return r;
                r = unit_attach(c->manager, u, pid);
                if (r < 0)
                        return sd_bus_error_set_errnof(c->error, r,
                                                       "Process %d cannot be brought into %s: %s", (int)pid,
                                                       u->id, strerror(-r));
        }
        return sd_bus_reply_method_return(c->message, NULL);
}

int unit_abandon(Call *c, Unit *u) {
        if (u->type != UNIT_SCOPE)
                return sd_bus_error_setf(c->error, SD_BUS_ERROR_INVALID_ARGS, "Unit %s is not a scope.",
                                         u->id);
        if (!active_state_is_up(u->active))
                return sd_bus_error_setf(c->error, ERROR_PREFIX "ScopeNotRunning",
                                         "Scope %s is not running, cannot abandon.", u->id);
        manager_abandon_scope(c->manager, u);
        return sd_bus_reply_method_return(c->message, NULL);
}

int unit_hold(Call *c, Unit *u) {
        int r = references_add(c->connection->references, u);

        return r < 0 ? r : sd_bus_reply_method_return(c->message, NULL);
}

int unit_let_go(Call *c, Unit *u) {
        if (references_remove(c->connection->references, u) < 0)
                return sd_bus_error_set(c->error, ERROR_PREFIX "NotReferenced",
                                        "Unit has not been referenced yet.");
        return sd_bus_reply_method_return(c->message, NULL);
}
