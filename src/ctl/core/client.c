/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The way to the manager: the private socket for root and its own uid, the system bus for others. */

#include "base/runtime.h"
#include "ctl/core/ctl.h"
#include "ctl/core/names.h"
#include "ctl/core/ssh.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int open_private(const char *address, sd_bus **ret) {
        sd_bus *bus = NULL;
        int r;

        r = sd_bus_new(&bus);
        if (r >= 0)
                r = sd_bus_set_address(bus, address);
        if (r >= 0)
                r = sd_bus_start(bus);
        if (r < 0) {
                sd_bus_unref(bus);
                return r;
        }
        *ret = bus;
        return 0;
}

static bool is_directory_of(const char *path, uid_t uid) {
        struct stat st;

        return lstat(path, &st) >= 0 && S_ISDIR(st.st_mode) && st.st_uid == uid;
}

static bool find_directory_of_user(uid_t user, char *buf, size_t n) {
        for (unsigned i = 0; runtime_dir_of_user(i, user, buf, n); i++)
                if (is_directory_of(buf, user))
                        return true;
        return false;
}

/* The user whose svinit is meant: our own, else that of the container's first process. */
static bool find_own_directory(char *buf, size_t n) {
        struct stat st;

        return find_directory_of_user(geteuid(), buf, n) ||
               (stat("/proc/1", &st) >= 0 && find_directory_of_user(st.st_uid, buf, n));
}

const char *ctl_runtime_dir(Ctl *c) {
        const char *user = getenv("XDG_RUNTIME_DIR");
        char socket[300];

        if (c->runtime_dir[0])
                return c->runtime_dir;
        if (c->scope == SCOPE_USER) {
                if (user && user[0] == '/')
                        snprintf(c->runtime_dir, sizeof(c->runtime_dir), "%s", user);
                else
                        snprintf(c->runtime_dir, sizeof(c->runtime_dir), "/run/user/%u", (unsigned)geteuid());
                return c->runtime_dir;
        }
        snprintf(c->runtime_dir, sizeof(c->runtime_dir), "/run");
        if (access("/run/systemd/private", F_OK) >= 0)
                return c->runtime_dir;
        snprintf(socket, sizeof(socket), "%s/systemd/private", user ?: "");
        if (user && user[0] == '/' && strlen(user) < sizeof(c->runtime_dir) && access(socket, F_OK) >= 0)
                snprintf(c->runtime_dir, sizeof(c->runtime_dir), "%s", user);
        else if (!find_own_directory(c->runtime_dir, sizeof(c->runtime_dir)))
                snprintf(c->runtime_dir, sizeof(c->runtime_dir), "/run");
        return c->runtime_dir;
}

int ctl_connect(Ctl *c) {
        char address[300];
        int r;

        if (c->bus)
                return 0;
        if (c->host)
                return ssh_connect(c, &c->bus);
        snprintf(address, sizeof(address), "unix:path=%s/systemd/private", ctl_runtime_dir(c));
        r = open_private(address, &c->bus);
        if (r < 0 && c->scope != SCOPE_USER && sd_bus_open_system(&c->bus) >= 0)
                r = 0;
        if (r < 0)
                ctl_say_unreachable(c, r);
        return r;
}

int ctl_call(Ctl *c, const char *method, sd_bus_message **ret_reply, int *ret_exit, const char *what,
             const char *types, ...) {
        sd_bus_error error = SD_BUS_ERROR_NULL;
        sd_bus_message *m = NULL;
        va_list ap;
        int r;

        r = sd_bus_message_new_method_call(c->bus, &m, SD1, SD1_PATH, SD1_MANAGER, method);
        if (r >= 0 && types) {
                va_start(ap, types);
                r = sd_bus_message_appendv(m, types, ap);
                va_end(ap);
        }
        if (r >= 0)
                r = sd_bus_call(c->bus, m, 120 * USEC_PER_SEC, &error, ret_reply);
        if (r < 0) {
                if (ret_exit)
                        *ret_exit = ctl_error_exit(&error, r);
                if (!c->quiet)
                        ctl_print_bus_error(c, what, &error, r);
        }
        sd_bus_error_free(&error);
        sd_bus_message_unref(m);
        return r;
}

int ctl_unit_path(const char *unit, char **ret) {
        return sd_bus_path_encode(SD1_PATH "/unit", unit, ret);
}

int ctl_get_string(Ctl *c, const char *unit, const char *interface, const char *property, char **ret) {
        sd_bus_error error = SD_BUS_ERROR_NULL;
        char *path auto_free = NULL;
        int r;

        r = ctl_unit_path(unit, &path);
        if (r >= 0)
                r = sd_bus_get_property_string(c->bus, SD1, path, interface, property, &error, ret);
        if (r < 0 && !c->quiet)
                ctl_print_bus_error(c, unit, &error, r);
        sd_bus_error_free(&error);
        return r;
}

static bool is_glob(const char *s) {
        return strpbrk(s, "*?[") != NULL;
}

static int add_matches(Ctl *c, const char *pattern, char ***names) {
        sd_bus_message *reply = NULL;
        const char *id;
        int r;

        r = ctl_connect(c);
        if (r >= 0)
                r = ctl_call(c, "ListUnits", &reply, NULL, "list-units", NULL);
        if (r >= 0)
                r = sd_bus_message_enter_container(reply, 'a', "(ssssssouso)");
        while (r >= 0 && (r = sd_bus_message_read(reply, "(ssssssouso)", &id, NULL, NULL, NULL, NULL, NULL,
                                                  NULL, NULL, NULL, NULL)) > 0)
                if (fnmatch(pattern, id, FNM_NOESCAPE) == 0)
                        r = strv_add(names, id);
        sd_bus_message_unref(reply);
        return MIN(r, 0);
}

int ctl_names(Ctl *c, char **argv, char ***ret) {
        char **names auto_strv = NULL;
        int r = 0;

        STRV_FOREACH (a, argv) {
                char *name;

                if (is_glob(*a)) {
                        size_t n = strv_length(names);

                        r = add_matches(c, *a, &names);
                        if (r >= 0 && strv_length(names) == n && !c->quiet && !c->called_as_systemctl)
                                ctl_print_error("no unit that is loaded fits '%s'", *a);
                } else {
                        r = name_mangle(*a, UNIT_SERVICE, &name);
                        if (r == -EINVAL)
                                ctl_print_error("'%s' is not a unit name", *a);
                        else if (r >= 0)
                                r = strv_push(&names, name);
                }
                if (r < 0)
                        return r;
        }
        r = c->with_dependencies ? ctl_add_dependencies(c, &names) : 0;
        if (r < 0)
                return r;
        *ret = TAKE(names);
        return 0;
}

void property_list_release(PropertyList *l) {
        for (size_t i = 0; i < l->n; i++) {
                free(l->v[i].name);
                free(l->v[i].value);
        }
        free(l->v);
        *l = (PropertyList){ 0 };
}

/* The value stays to be read. */
static int read_number(sd_bus_message *m, const char *type, uint64_t *ret) {
        union {
                uint64_t t;
                uint32_t u;
                int32_t i;
        } v;
        int r;

        if (!str_equal(type, "t") && !str_equal(type, "u") && !str_equal(type, "i") && !str_equal(type, "b"))
                return 0;
        r = sd_bus_message_read_basic(m, type[0], &v);
        if (r < 0)
                return r;
        *ret = type[0] == 't' ? v.t : type[0] == 'i' ? (uint64_t)(int64_t)v.i : v.u;
        return sd_bus_message_rewind(m, false);
}

static int read_property(sd_bus_message *m, PropertyList *l) {
        const char *name, *contents;
        Buf b auto_buf = { 0 };
        Property p = { 0 };
        char type;
        int r;

        r = sd_bus_message_read(m, "s", &name);
        if (r < 0)
                return r;
        r = sd_bus_message_peek_type(m, &type, &contents);
        if (r < 0)
                return r;
        r = sd_bus_message_enter_container(m, 'v', contents);
        if (r < 0)
                return r;
        r = read_number(m, contents, &p.number);
        if (r >= 0)
                r = value_render(m, name, &b, &p.empty);
        if (r < 0)
                return r;
        r = sd_bus_message_exit_container(m);
        if (r < 0)
                return r;
        if (array_reserve(&l->v, &l->capacity, l->n + 1, sizeof(*l->v)) < 0)
                return -ENOMEM;
        p.name = strdup(name);
        r = buf_take(&b, &p.value);
        if (!p.name || r < 0) {
                free(p.name);
                return -ENOMEM;
        }
        l->v[l->n++] = p;
        return 0;
}

int ctl_get_all(Ctl *c, const char *path, const char *interface, PropertyList *ret, sd_bus_error *error) {
        sd_bus_message *reply = NULL;
        int r;

        r = sd_bus_call_method(c->bus, SD1, path, "org.freedesktop.DBus.Properties", "GetAll", error, &reply,
                               "s", interface);
        if (r >= 0)
                r = sd_bus_message_enter_container(reply, 'a', "{sv}");
        while (r >= 0 && (r = sd_bus_message_enter_container(reply, 'e', "sv")) > 0) {
                r = read_property(reply, ret);
                if (r >= 0)
                        r = sd_bus_message_exit_container(reply);
        }
        sd_bus_message_unref(reply);
        return MIN(r, 0);
}

const char *property_get(const PropertyList *l, const char *name) {
        for (size_t i = 0; i < l->n; i++)
                if (str_equal(l->v[i].name, name))
                        return l->v[i].value;
        return "";
}

uint64_t property_number(const PropertyList *l, const char *name, uint64_t otherwise) {
        uint64_t n;

        return parse_u64(property_get(l, name), &n) < 0 ? otherwise : n;
}

uint64_t property_raw(const PropertyList *l, const char *name) {
        for (size_t i = 0; i < l->n; i++)
                if (str_equal(l->v[i].name, name))
                        return l->v[i].number;
        return 0;
}
