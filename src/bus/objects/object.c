/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bus/object.h"

#include <errno.h>
#include <string.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-id128.h>
#include <unistd.h>

#include "bus/clients/server.h"
#include "bus/codec/errors.h"

void object_of_unit(Bus *b, Unit *u, Object *ret) {
        *ret = (Object){
                .kind = OBJECT_UNIT, .bus = b, .manager = b->manager, .unit = u, .runtime = unit_runtime(u)
        };
}

Unit *next_unit(const Graph *g, const Unit *previous) {
        Unit *u = graph_next_unit(g, previous);

        while (u && (!u->machine || u->load_state == LOAD_MERGED))
                u = graph_next_unit(g, u);
        return u;
}

int unit_path_of_name(const char *name, char **ret) {
        return sd_bus_path_encode(UNIT_PATH_PREFIX, name, ret);
}

int unit_path(const Unit *u, char **ret) {
        return unit_path_of_name(u->id, ret);
}

int job_path(const Job *j, char **ret) {
        if (!j)
                return str_printf(ret, "/");
        return str_printf(ret, JOB_PATH_PREFIX "/%u", j->id);
}

static int refuse_name(const char *name, sd_bus_error *error) {
        if (name_is_valid(name, NAME_TEMPLATE))
                return sd_bus_error_setf(error, SD_BUS_ERROR_INVALID_ARGS,
                                         "Unit name %s is missing the name of an instance, behind the '@'.",
                                         name);
        return sd_bus_error_setf(error, SD_BUS_ERROR_INVALID_ARGS, "Unit name %s is not valid.", name);
}

/* Loads the unit; it is forgotten at the end of the turn when nothing else wants it. */
static int load_unit(Manager *m, const char *name, Unit **ret, sd_bus_error *error) {
        Unit *u;
        int r;

        if (!name_is_valid(name, NAME_PLAIN | NAME_INSTANCE))
                return refuse_name(name, error);

        r = manager_load_unit(m, name, &u);
        if (r >= 0 && !u->machine)
                r = -ENOMEM;
        if (r < 0)
                return sd_bus_error_set_errnof(error, r, "Unit %s could not be loaded: %s.", name,
                                               strerror(-r));

        manager_collect(m, u);
        *ret = u;
        return 0;
}

Unit *unit_of_pid(Manager *m, pid_t pid) {
        if (pid <= 0)
                return NULL;
        if (pid == getpid())
                return graph_find(m->graph, OWN_SCOPE);
        return manager_unit_of_pid(m, pid);
}

static int find_self(Bus *b, const Connection *c, Unit **ret, sd_bus_error *error) {
        Unit *u = c ? unit_of_pid(b->manager, c->who.pid) : NULL;

        if (c && c->anonymous)
                return CALLER_UNKNOWN;
        if (!u)
                return sd_bus_error_set(error, ERROR_NO_UNIT_FOR_PID, "The caller belongs to no unit.");
        *ret = u;
        return 0;
}

Unit *unit_of_invocation(const Manager *m, const void *id) {
        for (Unit *u = NULL; (u = next_unit(m->graph, u));) {
                const UnitRuntime *rt = unit_runtime(u);

                if (rt->has_invocation && memcmp(rt->invocation_id, id, sizeof(rt->invocation_id)) == 0)
                        return u;
        }
        return NULL;
}

static int find_unit_object(Bus *b, const Connection *c, const char *name, Object *ret, sd_bus_error *error) {
        sd_id128_t id;
        Unit *u;
        int r;

        if (str_equal(name, "self"))
                r = find_self(b, c, &u, error);
        else if (sd_id128_from_string(name, &id) >= 0)
                r = (u = unit_of_invocation(b->manager, &id))
                            ? 0
                            : sd_bus_error_setf(error, ERROR_NO_UNIT_FOR_INVOCATION,
                                                "No unit has the invocation ID %s.", name);
        else
                r = load_unit(b->manager, name, &u, error);
        if (r < 0)
                return r;

        object_of_unit(b, u, ret);
        return 0;
}

static int find_job_object(Bus *b, const char *label, Object *ret, sd_bus_error *error) {
        unsigned id;
        Job *j = NULL;

        if (parse_unsigned(label, &id) >= 0)
                j = graph_find_job(b->manager->graph, id);
        if (!j)
                return sd_bus_error_setf(error, SD_BUS_ERROR_UNKNOWN_OBJECT, "There is no job %s.", label);

        *ret = (Object){ OBJECT_JOB, .bus = b, .manager = b->manager, .job = j };
        return 0;
}

/* Paths of which something else is a child; they answer Introspect only. */
static bool is_node(const char *path) {
        static const char *const parents[] = { MANAGER_PATH "/unit", MANAGER_PATH "/job", LOG_CONTROL_PATH };

        if (str_equal(path, "/"))
                return true;
        for (size_t i = 0; i < ELEMENTSOF(parents); i++) {
                const char *rest = str_after(parents[i], path);

                if (rest && (rest[0] == '/' || rest[0] == 0))
                        return true;
        }
        return false;
}

int object_find(Bus *b, const Connection *c, const char *path, Object *ret, sd_bus_error *error) {
        char *label auto_free = NULL;
        int r;

        *ret = (Object){ OBJECT_NODE, .bus = b, .manager = b->manager };
        if (str_equal(path, MANAGER_PATH))
                ret->kind = OBJECT_MANAGER;
        else if (str_equal(path, LOG_CONTROL_PATH))
                ret->kind = OBJECT_LOG_CONTROL;
        else if (str_equal(path, DRIVER_PATH) &&
                 (!c || !c->anonymous)) /* a real bus has a driver of its own */
                ret->kind = OBJECT_DRIVER;
        if (ret->kind != OBJECT_NODE || is_node(path))
                return 0;

        r = sd_bus_path_decode(path, UNIT_PATH_PREFIX, &label);
        if (r > 0)
                return find_unit_object(b, c, label, ret, error);
        if (r == 0)
                r = sd_bus_path_decode(path, JOB_PATH_PREFIX, &label);
        if (r > 0)
                return find_job_object(b, label, ret, error);
        if (r < 0)
                return r;

        return sd_bus_error_setf(error, SD_BUS_ERROR_UNKNOWN_OBJECT, "Unknown object %s.", path);
}

pid_t call_pid(const Call *c) {
        return c->connection->who.pid;
}

int call_find_unit(Call *c, const char *name, Unit **ret) {
        Unit *u;

        if (str_is_empty(name))
                return find_self(c->bus, c->connection, ret, c->error);
        if (!name_is_valid(name, NAME_PLAIN | NAME_INSTANCE))
                return refuse_name(name, c->error);

        u = graph_find(c->manager->graph, name);
        if (!u || !u->machine || u->load_state == LOAD_STUB)
                return sd_bus_error_setf(c->error, ERROR_NO_SUCH_UNIT, "Unit %s not loaded.", name);
        *ret = u;
        return 0;
}

int call_load_unit(Call *c, const char *name, Unit **ret) {
        if (str_is_empty(name))
                return find_self(c->bus, c->connection, ret, c->error);
        return load_unit(c->manager, name, ret, c->error);
}

int call_read_and_find_unit(Call *c, Unit **ret) {
        const char *name;
        int r = sd_bus_message_read(c->message, "s", &name);

        return r < 0 ? r : call_find_unit(c, name, ret);
}

int call_read_and_load_unit(Call *c, Unit **ret) {
        const char *name;
        int r = sd_bus_message_read(c->message, "s", &name);

        return r < 0 ? r : call_load_unit(c, name, ret);
}

int call_read_words(Call *c, char ***ret) {
        char **words auto_strv = NULL;
        int r = sd_bus_message_read_strv(c->message, &words);

        if (r < 0)
                return r;
        if (!c->connection->may_control && strv_length(words) > WORDS_MAX)
                return c->connection->anonymous
                               ? CALLER_UNKNOWN
                               : sd_bus_error_setf(c->error, SD_BUS_ERROR_LIMITS_EXCEEDED,
                                                   "More than %u names or patterns are for who may control "
                                                   "svinit.",
                                                   WORDS_MAX);
        *ret = TAKE(words);
        return 0;
}
