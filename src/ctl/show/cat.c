/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* cat: the files of units, as the manager has loaded them, or without one as they are found. */

#include "ctl/core/ctl.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* What -o json says of one unit: its files, each with its text. */
typedef struct Files {
        Ctl *ctl;
        unsigned n; /* files that have been shown, of all units */
        bool json;
        Buf out; /* JSON */
} Files;

/* Text that a terminal gets as it is, as from cat(1). */
static int read_file(const char *path, Buf *ret) {
        FILE *f = fopen(path, "re");
        char part[4096];
        size_t n;
        int r;

        if (!f)
                return -errno;
        while ((n = fread(part, 1, sizeof(part), f)) > 0)
                buf_add_n(ret, part, n);
        r = ferror(f) ? -EIO : ret->error;
        fclose(f);
        return r;
}

/* Its name in a line above, as in systemctl; with -o cat the text alone. */
int ctl_print_file(Ctl *c, const char *path) {
        Buf text auto_buf = { 0 }, name auto_buf = { 0 };
        int r = read_file(path, &text);

        add_link(c, path, path, &name);
        if (c->format != FORMAT_CAT)
                printf("%s# %s%s\n", COLOR_BLUE(c), name.data ? name.data : path, COLOR_END(c));
        if (r < 0)
                return ctl_print_error("%s: %s", path, strerror(-r));
        fwrite(text.data ? text.data : "", 1, text.len, stdout);
        return CTL_OK;
}

static int add_file(Files *f, const char *path) {
        Buf text auto_buf = { 0 };
        int r = read_file(path, &text);

        if (r < 0)
                return ctl_print_error("%s: %s", path, strerror(-r));
        json_open(&f->out, "{");
        json_add_member(&f->out, "path", path);
        json_add_member(&f->out, "text", text.data ? text.data : "");
        buf_add_char(&f->out, '}');
        return CTL_OK;
}

static int print_file(Files *f, const char *path) {
        if (f->json)
                return add_file(f, path);
        if (f->n++ > 0 && f->ctl->format != FORMAT_CAT)
                putchar('\n');
        return ctl_print_file(f->ctl, path);
}

static void begin_unit(Files *f, const char *unit) {
        json_open(&f->out, "{");
        json_add_member(&f->out, "unit", unit);
        json_add_key(&f->out, "files");
        buf_add_char(&f->out, '[');
}

static void end_unit(Files *f) {
        buf_add(&f->out, "]}");
}

static int say_no_file(Ctl *c, const char *unit) {
        char *load auto_free = NULL;

        if (c->with_dependencies) /* many of those have none */
                return CTL_OK;
        if (ctl_get_string(c, unit, SD1_UNIT, "LoadState", &load) >= 0 && str_equal(load, "not-found"))
                ctl_say_not_found(c, unit);
        else
                ctl_print_error("%s has no file", unit);
        return CTL_FAILED;
}

/* Which of the sections [X-Profile NAME] counts. */
static void print_profile(Ctl *c, const char *unit) {
        char *profile auto_free = NULL;

        if (ctl_get_string(c, unit, OWN_UNIT, "Profile", &profile) >= 0 && *profile)
                printf("%s# Profile: %s%s\n", COLOR_BLUE(c), profile, COLOR_END(c));
}

static int cat_unit(Files *f, const char *unit) {
        sd_bus_error error = SD_BUS_ERROR_NULL;
        char *path auto_free = NULL, *fragment auto_free = NULL, **dropins auto_strv = NULL;
        int code = CTL_OK;

        if (ctl_unit_path(unit, &path) < 0 ||
            ctl_get_string(f->ctl, unit, SD1_UNIT, "FragmentPath", &fragment) < 0)
                return CTL_FAILED;
        (void)sd_bus_get_property_strv(f->ctl->bus, SD1, path, SD1_UNIT, "DropInPaths", &error, &dropins);
        sd_bus_error_free(&error);
        if (!*fragment && !dropins)
                return say_no_file(f->ctl, unit);
        if (*fragment)
                code = print_file(f, fragment);
        if (f->ctl->format == FORMAT_SHORT)
                print_profile(f->ctl, unit);
        STRV_FOREACH (d, dropins) {
                int r = print_file(f, *d);

                code = code ?: r;
        }
        return code;
}

/* From the files alone. */
static int cat_offline(Files *f, Loader *l, const char *unit) {
        LoadedUnit u = { 0 };
        int code = CTL_OK, r;

        r = ctl_unit_files(l, unit, &u);
        if (r == LOADED_MASKED && !f->json)
                printf("# Unit %s is masked.\n", unit);
        else if (r == LOADED_MASKED)
                ;
        else if (r < 0 || (!u.fragment_path && !u.dropins))
                code = ctl_print_error("No files found for %s.", unit);
        else if (u.fragment_path)
                code = print_file(f, u.fragment_path);
        if (r >= 0 && r != LOADED_MASKED)
                STRV_FOREACH (d, u.dropins) {
                        r = print_file(f, *d);
                        code = code ?: r;
                }
        loaded_unit_release(&u);
        return code;
}

static int cat_all(Files *f, char **names, Loader *l) {
        int code = CTL_OK, r;

        buf_add_char(&f->out, '[');
        STRV_FOREACH (name, names) {
                begin_unit(f, *name);
                r = l ? cat_offline(f, l, *name) : cat_unit(f, *name);
                code = code ?: r;
                end_unit(f);
        }
        buf_add_char(&f->out, ']');
        r = f->json ? json_print(&f->out) : CTL_OK;
        return code ?: r;
}

VERB(cat) {
        Files f = { .ctl = c, .json = c->format >= FORMAT_JSON };
        char **names auto_strv = NULL;
        Loader *l = NULL;
        int code;

        if (ctl_manager_runs(c)) {
                if (ctl_connect(c) < 0 || ctl_names(c, argv + 1, &names) < 0)
                        return CTL_FAILED;
        } else if (ctl_file_names(c, "cat", argv + 1, &names) < 0 || ctl_loader_or_say(c, "cat", &l) < 0) {
                return CTL_FAILED;
        }
        code = cat_all(&f, names, l);
        loader_free(l);
        buf_release(&f.out);
        return code;
}
