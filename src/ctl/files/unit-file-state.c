/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* is-enabled and list-unit-files: answered from the files, be there a manager or not. */

#include "ctl/core/ctl.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* The links that enabling has made, for --full. */
static int print_links(Ctl *c, Loader *l, const char *name) {
        InstallChanges changes = { 0 };
        unsigned flags = INSTALL_DRY_RUN | (c->runtime ? INSTALL_RUNTIME : 0);
        int r;

        r = install_disable(l, (char *const[]){ (char *)name, NULL }, flags, &changes, NULL, NULL);
        for (size_t i = 0; i < changes.n && r >= 0; i++)
                if (changes.v[i].type == CHANGE_UNLINK)
                        printf("  %s\n", changes.v[i].path);
        if (r < 0)
                fprintf(stderr, "Failed to get file links for %s: %s\n", name, strerror(-r));
        install_changes_release(&changes);
        return r;
}

static int print_state(Ctl *c, Loader *l, const char *name, bool *enabled) {
        Report report = { 0 };
        UnitFileState s;
        int r;

        r = install_state(l, name, &s, &report);
        ctl_print_findings(&report);
        report_release(&report);
        if (r < 0) {
                fflush(stdout);
                fprintf(stderr, "Failed to get unit file state for %s: %s\n", name, strerror(-r));
                return r;
        }
        *enabled |= unit_file_state_is_enabled(s);
        if (c->quiet)
                return 0;
        puts(unit_file_state_to_string(s));
        return c->full ? print_links(c, l, name) : 0;
}

VERB(is_enabled) {
        char **names auto_strv = NULL;
        bool enabled = false;
        Loader *l = NULL;
        int r;

        r = ctl_file_names(c, argv[0], argv + 1, &names);
        if (r >= 0)
                r = ctl_sync_sysv(c, argv[0], names, &enabled);
        if (r < 0)
                return CTL_FAILED;
        if (ctl_loader_or_say(c, "look up unit file state", &l) < 0)
                return CTL_FAILED;
        for (char **n = names; n && *n && r >= 0; n++)
                r = print_state(c, l, *n, &enabled);
        loader_free(l);
        return r >= 0 && enabled ? CTL_OK : CTL_FAILED;
}

typedef struct FileRow {
        const char *name; /* borrowed from the list of paths */
        UnitFileState state;
        const char *preset; /* NULL: says nothing in this state */
} FileRow;

static bool is_wanted(Ctl *c, const char *name, char **patterns) {
        const char *type = strrchr(name, '.') + 1;

        if (c->types && !strv_contains(c->types, type))
                return false;
        STRV_FOREACH (p, patterns)
                if (fnmatch(*p, name, FNM_NOESCAPE) == 0)
                        return true;
        return !*patterns;
}

static void fill_row(Loader *l, FileRow *row, Report *report) {
        bool enabled;

        if (install_state(l, row->name, &row->state, report) < 0)
                row->state = FILE_BAD;
        if (row->state != FILE_ALIAS && row->state != FILE_STATIC && row->state != FILE_GENERATED &&
            row->state != FILE_TRANSIENT && install_preset_state(l, row->name, &enabled) >= 0)
                row->preset = enabled ? "enabled" : "disabled";
}

static int compare_rows(const void *a, const void *b) {
        const FileRow *x = a, *y = b;
        int r = strcasecmp(strrchr(x->name, '.'), strrchr(y->name, '.'));

        return r != 0 ? r : strcasecmp(x->name, y->name);
}

static void print_json(Ctl *c, const FileRow *rows, size_t n) {
        bool pretty = str_equal(c->output, "json-pretty");
        const char *open = pretty ? "\n\t{\n\t\t" : "{", *colon = pretty ? " : " : ":",
                   *comma = pretty ? ",\n\t\t" : ",", *close = pretty ? "\n\t}" : "}";

        putchar('[');
        for (size_t i = 0; i < n; i++) {
                Buf name auto_buf = { 0 };

                for (const char *p = rows[i].name; *p; p++)
                        buf_addf(&name, *p == '\\' || *p == '"' ? "\\%c" : "%c", *p);
                printf("%s%s\"unit_file\"%s\"%s\"%s\"state\"%s\"%s\"%s\"preset\"%s", i > 0 ? "," : "", open,
                       colon, name.data, comma, colon, unit_file_state_to_string(rows[i].state), comma,
                       colon);
                if (rows[i].preset)
                        printf("\"%s\"%s", rows[i].preset, close);
                else
                        printf("null%s", close);
        }
        puts(pretty && n > 0 ? "\n]" : "]");
}

static const char *state_color(Ctl *c, UnitFileState s) {
        if (!c->color || s == FILE_ALIAS || s == FILE_STATIC || s == FILE_INDIRECT || s == FILE_GENERATED ||
            s == FILE_TRANSIENT)
                return "";
        if (s == FILE_MASKED || s == FILE_MASKED_RUNTIME || s == FILE_DISABLED || s == FILE_BAD)
                return "\033[0;1;31m";
        return s == FILE_ENABLED ? "\033[0;1;32m" : "\033[0;1;33m";
}

static void print_table(Ctl *c, const FileRow *rows, size_t n) {
        int name = c->no_legend ? 0 : (int)strlen("UNIT FILE"),
            state = c->no_legend ? 0 : (int)strlen("STATE");

        for (size_t i = 0; i < n; i++) {
                name = MAX(name, (int)strlen(rows[i].name));
                state = MAX(state, (int)strlen(unit_file_state_to_string(rows[i].state)));
        }
        if (!c->no_legend)
                printf("%s%-*s %-*s PRESET%s\n", c->color ? "\033[0;4m" : "", name, "UNIT FILE", state,
                       "STATE", COLOR_END(c));
        for (size_t i = 0; i < n; i++) {
                const char *preset = rows[i].preset ? rows[i].preset : "-",
                           *color = state_color(c, rows[i].state);
                const char *preset_color = !c->color || !rows[i].preset   ? ""
                                           : str_equal(preset, "enabled") ? "\033[0;1;32m"
                                                                          : "\033[0;1;31m";

                printf("%-*s %s%-*s%s %s%s%s\n", name, rows[i].name, color, state,
                       unit_file_state_to_string(rows[i].state), *color ? COLOR_END(c) : "", preset_color,
                       preset, *preset_color ? COLOR_END(c) : "");
        }
        if (!c->no_legend)
                printf("\n%s%zu unit files listed.%s\n",
                       !c->color ? ""
                       : n > 0   ? "\033[0;1;39m"
                                 : "\033[0;1;31m",
                       n, COLOR_END(c));
}

/* The rows that are asked for; how many. */
static size_t select_rows(Ctl *c, Loader *l, const UnitFileList *files, char **patterns, FileRow *rows) {
        Report report = { 0 };
        size_t n = 0;

        for (size_t i = 0; i < files->n; i++) {
                FileRow row = { .name = strrchr(files->paths[i], '/') + 1 };

                if (!is_wanted(c, row.name, patterns))
                        continue;
                fill_row(l, &row, &report);
                if (!c->states || strv_contains(c->states, unit_file_state_to_string(row.state)))
                        rows[n++] = row;
        }
        ctl_print_findings(&report);
        report_release(&report);
        if (n > 0)
                qsort(rows, n, sizeof(*rows), compare_rows);
        return n;
}

static int check_types(Ctl *c) {
        STRV_FOREACH (t, c->types)
                if (unit_type_from_string(*t) == UNIT_TYPE_INVALID) {
                        fprintf(stderr,
                                "Unknown unit type or load state '%s'.\nUse -t help to see a list of allowed "
                                "values.\n",
                                *t);
                        return -EINVAL;
                }
        return 0;
}

VERB(list_unit_files) {
        UnitFileList files = { 0 };
        FileRow *rows = NULL;
        Loader *l = NULL;
        size_t n;
        int r;

        if (check_types(c) < 0 || ctl_loader_or_say(c, "list unit files", &l) < 0)
                return CTL_FAILED;
        r = install_list_files(l, &files);
        if (r >= 0) {
                rows = calloc(files.n + 1, sizeof(*rows));
                r = rows ? 0 : -ENOMEM;
        }
        if (r < 0) {
                fprintf(stderr, "Failed to get unit file list: %s\n", strerror(-r));
                loader_free(l);
                unit_file_list_release(&files);
                return CTL_FAILED;
        }
        n = select_rows(c, l, &files, argv + 1, rows);
        if (c->output && str_starts_with(c->output, "json"))
                print_json(c, rows, n);
        else
                print_table(c, rows, n);
        free(rows);
        unit_file_list_release(&files);
        loader_free(l);
        return n > 0 ? CTL_OK : CTL_FAILED;
}
