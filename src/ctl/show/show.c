/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* show and cat. */

#include "ctl/core/ctl.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static void print_properties(Ctl *c, const PropertyList *l) {
        if (c->properties) {
                STRV_FOREACH (name, c->properties)
                        for (size_t i = 0; i < l->n; i++)
                                if (str_equal(l->v[i].name, *name)) {
                                        if (c->value)
                                                puts(l->v[i].value);
                                        else
                                                printf("%s=%s\n", *name, l->v[i].value);
                                }
                return;
        }
        for (size_t i = 0; i < l->n; i++)
                if (c->all || !l->v[i].empty)
                        printf("%s=%s\n", l->v[i].name, l->v[i].value);
}

static int show_path(Ctl *c, const char *path, const char *what) {
        sd_bus_error error = SD_BUS_ERROR_NULL;
        PropertyList l = { 0 };
        int r = ctl_get_all(c, path, "", &l, &error);

        if (r < 0)
                ctl_print_error("%s: %s", what, error.message ?: strerror(-r));
        else
                print_properties(c, &l);
        sd_bus_error_free(&error);
        property_list_release(&l);
        return r < 0 ? CTL_FAILED : CTL_OK;
}

VERB(show) {
        char **names auto_strv = NULL;
        int code = CTL_OK, n = 0;

        if (ctl_connect(c) < 0)
                return CTL_FAILED;
        if (argc == 1)
                return show_path(c, SD1_PATH, "svinit");
        if (ctl_names(c, argv + 1, &names) < 0)
                return CTL_FAILED;
        STRV_FOREACH (name, names) {
                char *path auto_free = NULL;
                int r;

                if (ctl_unit_path(*name, &path) < 0)
                        return CTL_FAILED;
                if (n++ > 0)
                        putchar('\n');
                r = show_path(c, path, *name);
                code = code ?: r;
        }
        return code;
}

int ctl_print_file(Ctl *c, const char *path) {
        FILE *f = fopen(path, "re");
        char line[4096];

        printf("%s# %s%s\n", COLOR_DIM(c), path, COLOR_END(c));
        if (!f)
                return ctl_print_error("%s: %s", path, strerror(errno));
        while (fgets(line, sizeof(line), f))
                fputs(line, stdout);
        fclose(f);
        return CTL_OK;
}

static int cat_unit(Ctl *c, const char *unit) {
        sd_bus_error error = SD_BUS_ERROR_NULL;
        char *path auto_free = NULL, *fragment auto_free = NULL, **dropins auto_strv = NULL;
        int code = CTL_OK;

        if (ctl_unit_path(unit, &path) < 0 ||
            ctl_get_string(c, unit, SD1_UNIT, "FragmentPath", &fragment) < 0)
                return CTL_FAILED;
        (void)sd_bus_get_property_strv(c->bus, SD1, path, SD1_UNIT, "DropInPaths", &error, &dropins);
        sd_bus_error_free(&error);
        if (!*fragment && !dropins)
                return ctl_print_error("%s has no file", unit);
        if (*fragment)
                code = ctl_print_file(c, fragment);
        STRV_FOREACH (d, dropins) {
                int r;

                putchar('\n');
                r = ctl_print_file(c, *d);
                code = code ?: r;
        }
        return code;
}

/* From the files alone. */
static int cat_offline(Ctl *c, Loader *l, const char *unit) {
        LoadedUnit u = { 0 };
        int code = CTL_OK, r;

        r = ctl_unit_files(l, unit, &u);
        if (r == LOADED_MASKED)
                printf("# Unit %s is masked.\n", unit);
        else if (r < 0 || (!u.fragment_path && !u.dropins))
                code = ctl_print_error("No files found for %s.", unit);
        else if (u.fragment_path)
                code = ctl_print_file(c, u.fragment_path);
        if (r >= 0 && r != LOADED_MASKED)
                STRV_FOREACH (d, u.dropins) {
                        putchar('\n');
                        r = ctl_print_file(c, *d);
                        code = code ?: r;
                }
        loaded_unit_release(&u);
        return code;
}

static int cat_all_offline(Ctl *c, char **argv) {
        char **names auto_strv = NULL;
        int code = CTL_OK, n = 0;
        Loader *l = NULL;

        if (ctl_file_names(c, "cat", argv, &names) < 0 || ctl_loader_or_say(c, "cat", &l) < 0)
                return CTL_FAILED;
        STRV_FOREACH (name, names) {
                int r;

                if (n++ > 0)
                        putchar('\n');
                r = cat_offline(c, l, *name);
                code = code ?: r;
        }
        loader_free(l);
        return code;
}

VERB(cat) {
        char **names auto_strv = NULL;
        int code = CTL_OK, n = 0;

        if (!ctl_manager_runs(c))
                return cat_all_offline(c, argv + 1);
        if (ctl_connect(c) < 0 || ctl_names(c, argv + 1, &names) < 0)
                return CTL_FAILED;
        STRV_FOREACH (name, names) {
                int r;

                if (n++ > 0)
                        putchar('\n');
                r = cat_unit(c, *name);
                code = code ?: r;
        }
        return code;
}
