/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* show: properties as text, or as JSON with their types. */

#include "ctl/core/ctl.h"

#include <stdio.h>
#include <string.h>

static bool values_only(const Ctl *c) {
        return c->value || c->format == FORMAT_CAT;
}

/* NULL: all of them that say something. */
static void print_properties(const Ctl *c, const PropertyList *l, const char *name) {
        for (size_t i = 0; i < l->n; i++) {
                if (name ? !str_equal(l->v[i].name, name) : !c->all && l->v[i].empty)
                        continue;
                if (!values_only(c))
                        printf("%s=", l->v[i].name);
                puts(l->v[i].value);
        }
}

static void print_asked(const Ctl *c, const PropertyList *l) {
        if (!c->properties)
                print_properties(c, l, NULL);
        STRV_FOREACH (name, c->properties)
                print_properties(c, l, *name);
}

/* One object for each unit; all properties that there are, unless some were asked for. */
static int show_json(Ctl *c, const char *path, const char *what, Buf *b) {
        sd_bus_error error = SD_BUS_ERROR_NULL;
        sd_bus_message *reply = NULL;
        int r;

        r = sd_bus_call_method(c->bus, SD1, path, "org.freedesktop.DBus.Properties", "GetAll", &error, &reply,
                               "s", "");
        json_open(b, "{");
        if (r >= 0)
                r = value_json_properties(reply, c->properties, b);
        buf_add_char(b, '}');
        if (r < 0)
                ctl_print_error("%s: %s", what, error.message ?: strerror(-r));
        sd_bus_message_unref(reply);
        sd_bus_error_free(&error);
        return r < 0 ? CTL_FAILED : CTL_OK;
}

/* A list, also of one; the manager's alone are an object. */
static bool is_job(const char *word) {
        return *word && word[strspn(word, "0123456789")] == 0;
}

/* A number is a job, all else units. */
static int resolve(Ctl *c, char **argv, char ***ret) {
        int r = 0;

        STRV_FOREACH (a, argv) {
                char **names auto_strv = NULL;

                if (r >= 0 && is_job(*a))
                        r = strv_add(ret, *a);
                else if (r >= 0)
                        r = ctl_names(c, (char *[]){ *a, NULL }, &names);
                if (r >= 0)
                        r = strv_add_all(ret, names);
        }
        return r;
}

static int path_of(const char *name, char **ret) {
        return is_job(name) ? str_printf(ret, SD1_PATH "/job/%s", name) : ctl_unit_path(name, ret);
}

static int show_all_json(Ctl *c, char **names) {
        Buf b auto_buf = { 0 };
        int code = CTL_OK, r;

        if (!names) {
                code = show_json(c, SD1_PATH, "svinit", &b);
                return code ?: json_print(&b);
        }
        buf_add_char(&b, '[');
        STRV_FOREACH (name, names) {
                char *path auto_free = NULL;

                r = path_of(*name, &path) < 0 ? CTL_FAILED : show_json(c, path, *name, &b);
                code = code ?: r;
        }
        buf_add_char(&b, ']');
        r = json_print(&b);
        return code ?: r;
}

static int show_path(Ctl *c, const char *path, const char *what) {
        sd_bus_error error = SD_BUS_ERROR_NULL;
        PropertyList l = { 0 };
        int r = ctl_get_all(c, path, "", &l, &error);

        if (r < 0)
                ctl_print_error("%s: %s", what, error.message ?: strerror(-r));
        else
                print_asked(c, &l);
        sd_bus_error_free(&error);
        property_list_release(&l);
        return r < 0 ? CTL_FAILED : CTL_OK;
}

VERB(show) {
        char **names auto_strv = NULL;
        int code = CTL_OK, n = 0;

        if (ctl_connect(c) < 0)
                return CTL_FAILED;
        if (argc > 1 && resolve(c, argv + 1, &names) < 0)
                return CTL_FAILED;
        if (c->format >= FORMAT_JSON)
                return show_all_json(c, argc == 1 ? NULL : names);
        if (argc == 1)
                return show_path(c, SD1_PATH, "svinit");
        STRV_FOREACH (name, names) {
                char *path auto_free = NULL;
                int r;

                if (path_of(*name, &path) < 0)
                        return CTL_FAILED;
                if (n++ > 0)
                        putchar('\n');
                r = show_path(c, path, *name);
                code = code ?: r;
        }
        return code;
}
