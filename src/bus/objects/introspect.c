/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Introspection data, written from the same rows that dispatch and GetAll
 * read, so that it cannot say anything else than what is served.
 */

#include <errno.h>

#include "bus/clients/server.h"
#include "bus/object.h"

#define DOCTYPE                                                                                              \
        "<!DOCTYPE node PUBLIC \"-//freedesktop//DTD D-BUS Object Introspection 1.0//EN\"\n"                 \
        "\"http://www.freedesktop.org/standards/dbus/1.0/introspect.dtd\">\n"
#define STANDARD                                                                                             \
        " <interface name=\"org.freedesktop.DBus.Peer\">\n"                                                  \
        "  <method name=\"Ping\"/>\n"                                                                        \
        "  <method name=\"GetMachineId\"><arg type=\"s\" direction=\"out\"/></method>\n"                     \
        " </interface>\n"                                                                                    \
        " <interface name=\"org.freedesktop.DBus.Introspectable\">\n"                                        \
        "  <method name=\"Introspect\"><arg type=\"s\" direction=\"out\"/></method>\n"                       \
        " </interface>\n"                                                                                    \
        " <interface name=\"org.freedesktop.DBus.Properties\">\n"                                            \
        "  <method name=\"Get\"><arg type=\"s\" direction=\"in\"/><arg type=\"s\" direction=\"in\"/>"        \
        "<arg type=\"v\" direction=\"out\"/></method>\n"                                                     \
        "  <method name=\"GetAll\"><arg type=\"s\" direction=\"in\"/>"                                       \
        "<arg type=\"a{sv}\" direction=\"out\"/></method>\n"                                                 \
        "  <method name=\"Set\"><arg type=\"s\" direction=\"in\"/><arg type=\"s\" direction=\"in\"/>"        \
        "<arg type=\"v\" direction=\"in\"/></method>\n"                                                      \
        "  <signal name=\"PropertiesChanged\"><arg type=\"s\"/><arg type=\"a{sv}\"/><arg "                   \
        "type=\"as\"/></signal>\n"                                                                           \
        " </interface>\n"

/* The length of the first complete type of a signature that is known to be good. */
static size_t first_type(const char *signature) {
        size_t n = 0;
        int depth = 0;

        do {
                while (signature[n] == 'a')
                        n++;
                if (signature[n] == '(' || signature[n] == '{')
                        depth++;
                else if (signature[n] == ')' || signature[n] == '}')
                        depth--;
                n++;
        } while (depth > 0 && signature[n]);
        return n;
}

/* Takes the next word off the list of names. */
static void add_name(Buf *b, const char **names) {
        size_t n = *names ? strcspn(*names, " ") : 0;

        if (n == 0)
                return;
        buf_add(b, " name=\"");
        buf_add_n(b, *names, n);
        buf_add(b, "\"");
        *names += n + ((*names)[n] == ' ');
}

static void add_arguments(Buf *b, const char *signature, const char **names, const char *direction) {
        while (*signature) {
                size_t n = first_type(signature);

                buf_add(b, "<arg type=\"");
                buf_add_n(b, signature, n);
                buf_add(b, "\"");
                add_name(b, names);
                buf_addf(b, "%s/>", direction);
                signature += n;
        }
}

static void add_method(Buf *b, const Method *row) {
        const char *names = row->names;

        buf_addf(b, "  <method name=\"%s\">", row->member);
        add_arguments(b, row->in, &names, " direction=\"in\"");
        add_arguments(b, row->out, &names, " direction=\"out\"");
        buf_add(b, "</method>\n");
}

static void add_signal(Buf *b, const SignalRow *row) {
        const char *names = row->names;

        buf_addf(b, "  <signal name=\"%s\">", row->member);
        add_arguments(b, row->signature, &names, "");
        buf_add(b, "</signal>\n");
}

static const char *change_annotation(PropertyFlags flags) {
        if (flags & PROPERTY_EMITS)
                return "true";
        if (flags & PROPERTY_INVALIDATES)
                return "invalidates";
        return flags & PROPERTY_CONST ? "const" : "false";
}

static void add_property(Buf *b, const PropertyRef *p) {
        bool writable = p->property && p->property->set;

        buf_addf(b, "  <property name=\"%s\" type=\"%s\" access=\"%s\">", property_name(p),
                 property_signature(p), writable ? "readwrite" : "read");
        buf_addf(b, "<annotation name=\"org.freedesktop.DBus.Property.EmitsChangedSignal\" value=\"%s\"/>",
                 change_annotation(property_flags(p)));
        buf_add(b, "</property>\n");
}

static int add_interface(Buf *b, Bus *bus, InterfaceId id) {
        const PropertyIndex *x = bus_property_index(bus, id);
        const Interface *i = &interfaces[id];

        if (!x)
                return -ENOMEM;

        buf_addf(b, " <interface name=\"%s\">\n", i->name);
        for (const Method *row = i->methods; row && row->member; row++)
                add_method(b, row);
        for (size_t n = 0; n < x->n; n++)
                add_property(b, &x->v[n]);
        for (const SignalRow *row = i->signals; row && row->member; row++)
                add_signal(b, row);
        buf_add(b, " </interface>\n");
        return 0;
}

static int add_child_units(Buf *b, const Graph *g) {
        for (Unit *u = NULL; (u = next_unit(g, u));) {
                char *path auto_free = NULL;
                int r = unit_path(u, &path);

                if (r < 0)
                        return r;
                buf_addf(b, " <node name=\"%s\"/>\n", path + strlen(UNIT_PATH_PREFIX "/"));
        }
        return 0;
}

static void add_child_jobs(Buf *b, const Graph *g) {
        for (Job *j = NULL; (j = graph_next_job(g, j));)
                buf_addf(b, " <node name=\"%u\"/>\n", j->id);
}

/* The next component of whatever known path lies below. */
static void add_child_nodes(Buf *b, const char *path) {
        static const char *const known[] = { UNIT_PATH_PREFIX, JOB_PATH_PREFIX, LOG_CONTROL_PATH };
        size_t length = path[1] == 0 ? 0 : strlen(path);
        const char *last = "";

        for (size_t i = 0; i < ELEMENTSOF(known); i++) {
                const char *name = known[i] + length + 1;

                if (strncmp(known[i], path, length) != 0 || known[i][length] != '/')
                        continue;
                /* Neighbours in the list may share the component. */
                if (strcspn(name, "/") == strcspn(last, "/") && strncmp(name, last, strcspn(name, "/")) == 0)
                        continue;

                buf_addf(b, " <node name=\"%.*s\"/>\n", (int)strcspn(name, "/"), name);
                last = name;
        }
}

static int add_children(Buf *b, Call *c) {
        const char *path = sd_bus_message_get_path(c->message);

        if (str_equal(path, UNIT_PATH_PREFIX))
                return add_child_units(b, c->manager->graph);
        if (str_equal(path, JOB_PATH_PREFIX))
                add_child_jobs(b, c->manager->graph);
        else
                add_child_nodes(b, path);
        return 0;
}

static int method_introspect(Call *c) {
        Buf b auto_buf = { 0 };
        InterfaceId ids[OBJECT_INTERFACES_MAX];
        size_t n = object_interfaces(c->object, ids);
        int r;

        buf_add(&b, DOCTYPE "<node>\n" STANDARD);
        for (size_t i = 0; i < n; i++) {
                r = add_interface(&b, c->bus, ids[i]);
                if (r < 0)
                        return r;
        }
        r = add_children(&b, c);
        buf_add(&b, "</node>\n");
        if (r < 0 || b.error < 0)
                return -ENOMEM;

        return sd_bus_reply_method_return(c->message, "s", b.data);
}

const Method introspect_methods[] = {
        { "Introspect", "", "s", ACCESS_READ, method_introspect },
        { 0 },
};
