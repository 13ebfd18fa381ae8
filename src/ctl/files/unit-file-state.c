/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* is-enabled and list-unit-files: answered from the files, be there a manager or not. */

#include "ctl/core/names.h"
#include "ctl/core/table.h"

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

static int print_state(Ctl *c, Loader *l, const char *name, bool *enabled, Buf *json) {
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
        if (c->format >= FORMAT_JSON) {
                json_open(json, "{");
                json_add_member(json, "unit", name);
                json_add_member(json, "state", unit_file_state_to_string(s));
                json_add_bool(json, "answer", unit_file_state_is_enabled(s));
                buf_add_char(json, '}');
                return 0;
        }
        if (c->quiet)
                return 0;
        puts(unit_file_state_to_string(s));
        return c->full ? print_links(c, l, name) : 0;
}

VERB(is_enabled) {
        char **names auto_strv = NULL;
        Buf json auto_buf = { 0 };
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
        buf_add_char(&json, '[');
        for (char **n = names; n && *n && r >= 0; n++)
                r = print_state(c, l, *n, &enabled, &json);
        buf_add_char(&json, ']');
        loader_free(l);
        if (c->format >= FORMAT_JSON && json_print(&json) != CTL_OK)
                return CTL_FAILED;
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

/* NULL: as everything else */
static const char *state_color(const Ctl *c, UnitFileState s) {
        if (s == FILE_STATIC || s == FILE_GENERATED || s == FILE_TRANSIENT || s == FILE_INDIRECT)
                return NULL;
        if (s == FILE_MASKED || s == FILE_MASKED_RUNTIME || s == FILE_DISABLED || s == FILE_BAD)
                return COLOR_RED(c);
        return s == FILE_ENABLED || s == FILE_ALIAS ? COLOR_GREEN(c) : COLOR_YELLOW(c);
}

static int print_table(Ctl *c, const FileRow *rows, size_t n) {
        static const Column columns[] = { { "UNIT FILE", "unit_file", .shrinks = true },
                                          { "STATE", "state" },
                                          { "PRESET", "preset" },
                                          { 0 } };
        Table t = { .columns = columns };

        for (size_t i = 0; i < n; i++) {
                const FileRow *row = rows + i;

                table_add(&t, row->name);
                table_add(&t, unit_file_state_to_string(row->state));
                table_color(&t, state_color(c, row->state));
                table_add(&t, row->preset);
                table_color(&t, !row->preset                        ? COLOR_DIM(c)
                                : str_equal(row->preset, "enabled") ? COLOR_GREEN(c)
                                                                    : COLOR_RED(c));
                if (i + 1 < n && !str_equal(strrchr(row->name, '.'), strrchr(row[1].name, '.')))
                        table_end_group(&t);
        }
        if (table_print(&t, c) != CTL_OK)
                return CTL_FAILED;
        if (!c->no_legend && c->format == FORMAT_SHORT)
                printf("\n%s%zu unit files listed.%s\n", n > 0 ? COLOR_BOLD(c) : COLOR_RED(c), n,
                       COLOR_END(c));
        return n > 0 ? CTL_OK : CTL_FAILED;
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
        char **patterns auto_strv = NULL;
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
        r = ctl_patterns(c, argv + 1, &patterns);
        if (r >= 0) {
                n = select_rows(c, l, &files, patterns ?: argv + 1, rows);
                r = print_table(c, rows, n);
        } else {
                r = CTL_FAILED;
        }
        free(rows);
        unit_file_list_release(&files);
        loader_free(l);
        return r;
}
