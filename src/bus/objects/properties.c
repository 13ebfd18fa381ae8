/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "bus/clients/server.h"
#include "bus/codec/append.h"

const char *property_name(const PropertyRef *p) {
        return p->property ? p->property->name : directive_property(p->row);
}

const char *property_signature(const PropertyRef *p) {
        return p->property ? p->property->signature : directive_signature(p->row);
}

/* What a file says holds until the next reload; resource limits alone may be set at run time. */
PropertyFlags property_flags(const PropertyRef *p) {
        if (p->property)
                return p->property->flags;
        return str_equal(p->row->section, "*cgroup") ? PROPERTY_POLLED : PROPERTY_CONST;
}

/* A share of the whole is shown as what it comes to here. */
static int append_row(Object *o, const Directive *d, sd_bus_message *m) {
        const Groups *groups = o->manager->groups;
        uint64_t share = directive_share(d, o->unit->spec);

        if (share == LIMIT_UNSET)
                return append_directive(m, d, o->unit->spec);
        return append_integer(m, 't',
                              (int64_t)(d->codec->id == CODEC_tasks ? groups_tasks_share(groups, share)
                                                                    : groups_memory_share(groups, share)));
}

int property_append(Object *o, const PropertyRef *p, sd_bus_message *m) {
        if (p->property)
                return p->property->get(o, p->property, m);
        return append_row(o, p->row, m);
}

/* Room is made in steps, the index is kept for good: no more than is needed at the end. */
static int index_add(PropertyIndex *x, size_t *capacity, const Property *property, const Directive *row) {
        int r = array_reserve(&x->v, capacity, x->n + 1, sizeof(PropertyRef));

        if (r >= 0)
                x->v[x->n++] = (PropertyRef){ property, row };
        return r;
}

static const PropertyRef *index_find(const PropertyIndex *x, const char *name) {
        for (size_t i = 0; i < x->n; i++)
                if (str_equal(property_name(&x->v[i]), name))
                        return &x->v[i];
        return NULL;
}

static bool row_belongs_to(const Interface *i, const Directive *d) {
        bool common = str_equal(d->section, "Unit");

        if (d->alias_of || !directive_property(d) || !directive_signature(d) ||
            str_equal(d->section, "Install"))
                return false;
        if (i->common)
                return common;
        return !common && i->type != UNIT_TYPE_INVALID && directive_counts_for(d, i->type);
}

static int index_add_rows(const Interface *i, PropertyIndex *x, size_t *capacity) {
        for (const Directive *const *t = directive_tables; *t; t++)
                for (const Directive *d = *t; d->key; d++) {
                        int r;

                        if (!row_belongs_to(i, d) || index_find(x, directive_property(d)))
                                continue;
                        r = index_add(x, capacity, NULL, d);
                        if (r < 0)
                                return r;
                }
        return 0;
}

int property_index_build(const Interface *i, PropertyIndex *ret) {
        PropertyIndex x = { .built = true };
        size_t capacity = 0;
        int r = 0;

        for (const Property *const *t = i->properties; r >= 0 && t && *t; t++)
                for (const Property *p = *t; r >= 0 && p->name; p++)
                        r = index_add(&x, &capacity, p, NULL);
        if (r >= 0 && (i->common || i->type != UNIT_TYPE_INVALID))
                r = index_add_rows(i, &x, &capacity);
        if (r < 0) {
                property_index_release(&x);
                return r;
        }

        *ret = x;
        return 0;
}

void property_index_release(PropertyIndex *x) {
        free(x->v);
        *x = (PropertyIndex){ 0 };
}

const PropertyIndex *bus_property_index(Bus *b, InterfaceId i) {
        PropertyIndex *x = &b->indexes[i];

        if (!x->built && property_index_build(&interfaces[i], x) < 0)
                return NULL;
        return x;
}

static int append_entry(Object *o, const PropertyRef *p, sd_bus_message *m) {
        int r;

        if ((r = sd_bus_message_open_container(m, 'e', "sv")) < 0 ||
            (r = sd_bus_message_append_basic(m, 's', property_name(p))) < 0 ||
            (r = sd_bus_message_open_container(m, 'v', property_signature(p))) < 0 ||
            (r = property_append(o, p, m)) < 0 || (r = sd_bus_message_close_container(m)) < 0)
                return r;

        return sd_bus_message_close_container(m);
}

bool interface_has_changes(const Interface *i) {
        for (const Property *const *t = i->properties; t && *t; t++)
                for (const Property *p = *t; p->name; p++)
                        if (p->flags & (PROPERTY_EMITS | PROPERTY_INVALIDATES))
                                return true;
        return false;
}

int properties_append_changed(Object *o, const Interface *i, sd_bus_message *m) {
        int r;

        r = sd_bus_message_open_container(m, 'a', "{sv}");
        for (const Property *const *t = i->properties; r >= 0 && *t; t++)
                for (const Property *p = *t; r >= 0 && p->name; p++)
                        if (p->flags & PROPERTY_EMITS)
                                r = append_entry(o, &(PropertyRef){ p, NULL }, m);
        if (r < 0 || (r = sd_bus_message_close_container(m)) < 0)
                return r;

        r = sd_bus_message_open_container(m, 'a', "s");
        for (const Property *const *t = i->properties; r >= 0 && *t; t++)
                for (const Property *p = *t; r >= 0 && p->name; p++)
                        if (p->flags & PROPERTY_INVALIDATES)
                                r = sd_bus_message_append_basic(m, 's', p->name);
        return r < 0 ? r : sd_bus_message_close_container(m);
}

/* The empty name stands for all interfaces of the object. *ret_known: is there such an interface? */
static int find_property(Call *c, const char *interface, const char *name, const PropertyRef **ret,
                         bool *ret_known) {
        InterfaceId ids[OBJECT_INTERFACES_MAX];
        size_t n = object_interfaces(c->object, ids);

        *ret = NULL;
        *ret_known = false;
        for (size_t i = 0; i < n && !*ret; i++) {
                const PropertyIndex *x;

                if (interface[0] != 0 && !str_equal(interface, interfaces[ids[i]].name))
                        continue;

                *ret_known = true;
                x = bus_property_index(c->bus, ids[i]);
                if (!x)
                        return -ENOMEM;
                *ret = index_find(x, name);
        }
        return 0;
}

static int unknown_property(Call *c, const char *interface, const char *name, bool interface_known) {
        if (!interface_known)
                return sd_bus_error_setf(c->error, SD_BUS_ERROR_UNKNOWN_INTERFACE,
                                         "There is no interface %s here.", interface);
        return sd_bus_error_setf(c->error, SD_BUS_ERROR_UNKNOWN_PROPERTY, "There is no property %s here.",
                                 name);
}

static int method_get(Call *c) {
        sd_bus_message *reply __attribute__((cleanup(sd_bus_message_unrefp))) = NULL;
        const char *interface, *name;
        const PropertyRef *p;
        bool known;
        int r;

        r = sd_bus_message_read(c->message, "ss", &interface, &name);
        if (r < 0)
                return r;

        r = find_property(c, interface, name, &p, &known);
        if (r < 0)
                return r;
        if (!p)
                return unknown_property(c, interface, name, known);

        if ((r = sd_bus_message_new_method_return(c->message, &reply)) < 0 ||
            (r = sd_bus_message_open_container(reply, 'v', property_signature(p))) < 0 ||
            (r = property_append(c->object, p, reply)) < 0 || (r = sd_bus_message_close_container(reply)) < 0)
                return r;

        return sd_bus_send(NULL, reply, NULL);
}

static int append_all(Call *c, InterfaceId id, sd_bus_message *reply) {
        const PropertyIndex *x = bus_property_index(c->bus, id);
        int r = 0;

        if (!x)
                return -ENOMEM;
        for (size_t i = 0; r >= 0 && i < x->n; i++)
                r = append_entry(c->object, &x->v[i], reply);
        return r;
}

static int method_get_all(Call *c) {
        sd_bus_message *reply __attribute__((cleanup(sd_bus_message_unrefp))) = NULL;
        const char *interface;
        InterfaceId ids[OBJECT_INTERFACES_MAX];
        size_t n = object_interfaces(c->object, ids);
        bool known = false;
        int r;

        if ((r = sd_bus_message_read(c->message, "s", &interface)) < 0 ||
            (r = sd_bus_message_new_method_return(c->message, &reply)) < 0 ||
            (r = sd_bus_message_open_container(reply, 'a', "{sv}")) < 0)
                return r;

        for (size_t i = 0; i < n; i++) {
                if (interface[0] != 0 && !str_equal(interface, interfaces[ids[i]].name))
                        continue;

                known = true;
                r = append_all(c, ids[i], reply);
                if (r < 0)
                        return r;
        }

        if (!known && interface[0] != 0)
                return unknown_property(c, interface, NULL, false);

        r = sd_bus_message_close_container(reply);
        return r < 0 ? r : sd_bus_send(NULL, reply, NULL);
}

static int method_set(Call *c) {
        const char *interface, *name, *contents;
        const PropertyRef *p;
        bool known;
        char type;
        int r;

        if ((r = sd_bus_message_read(c->message, "ss", &interface, &name)) < 0 ||
            (r = find_property(c, interface, name, &p, &known)) < 0)
                return r;
        if (!p)
                return unknown_property(c, interface, name, known);
        if (!p->property || !p->property->set)
                return sd_bus_error_setf(c->error, SD_BUS_ERROR_PROPERTY_READ_ONLY,
                                         "The property %s cannot be set.", name);

        r = sd_bus_message_peek_type(c->message, &type, &contents);
        if (r < 0)
                return r;
        if (!str_equal(contents, p->property->signature))
                return sd_bus_error_setf(c->error, SD_BUS_ERROR_INVALID_ARGS,
                                         "The property %s is of type '%s', not '%s'.", name,
                                         p->property->signature, contents);

        if ((r = sd_bus_message_enter_container(c->message, 'v', contents)) < 0 ||
            (r = p->property->set(c, p->property)) < 0)
                return r;

        return sd_bus_reply_method_return(c->message, NULL);
}

const Method properties_methods[] = {
        { "Get", "ss", "v", ACCESS_READ, method_get },
        { "GetAll", "s", "a{sv}", ACCESS_READ, method_get_all },
        { "Set", "ssv", "", ACCESS_CONTROL, method_set },
        { 0 },
};
