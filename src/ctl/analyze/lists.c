/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* analyze capability, syscall-filter, unit-files, compare-versions: what names stand for. */

#include "ctl/analyze/analyze.h"
#include "ctl/core/glyphs.h"
#include "ctl/core/table.h"
#include "host/condition-internal.h"
#include "unit/enums.h"
#include "unit/system-calls.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#define CAPABILITIES_MAX 64

static void add_capability(Table *t, int capability) {
        char number[16];

        snprintf(number, sizeof(number), "%d", capability);
        table_add(t, capability_to_string(capability));
        table_add_number(t, number, (uint64_t)capability);
}

int analyze_capability(Ctl *c, int argc, char **argv) {
        static const Column columns[] = { { "NAME", "name" }, { "NUMBER", "number", .number = true }, { 0 } };
        Table t = { .columns = columns };

        for (int i = 0; argc == 1 && i < CAPABILITIES_MAX && capability_to_string(i); i++)
                add_capability(&t, i);
        for (int i = 1; i < argc; i++) {
                int capability = capability_from_string(argv[i]);

                if (capability < 0 || !capability_to_string(capability))
                        return ctl_print_error(
                                "'%s' is no capability: expected a name such as cap_chown, or a "
                                "number",
                                argv[i]);
                add_capability(&t, capability);
        }
        return table_print(&t, c);
}

static void print_group(size_t i) {
        const char *members;
        const char *name = system_call_group(i, &members);

        puts(name);
        while (*members) {
                size_t n = strcspn(members, " ");

                printf("    %.*s\n", (int)n, members);
                members += n + strspn(members + n, " ");
        }
}

static int find_group(const char *name) {
        for (size_t i = 0; system_call_group(i, NULL); i++)
                if (str_equal(system_call_group(i, NULL) + (name[0] != '@'), name))
                        return (int)i;
        return -ENOENT;
}

int analyze_syscall_filter(Ctl *c, int argc, char **argv) {
        for (size_t i = 0; argc == 1 && system_call_group(i, NULL); i++) {
                if (i > 0)
                        putchar('\n');
                print_group(i);
        }
        for (int i = 1; i < argc; i++) {
                int group = find_group(argv[i]);

                if (group < 0)
                        return ctl_print_error("'%s' is no group of system calls", argv[i]);
                if (i > 1)
                        putchar('\n');
                print_group((size_t)group);
        }
        return CTL_OK;
}

typedef struct FileLine {
        char *name, *path; /* owned */
} FileLine;

typedef struct FileLines {
        char **patterns; /* borrowed */
        FileLine *v;
        size_t n, capacity;
} FileLines;

static int add_file(const char *name, const char *path, void *userdata) {
        FileLines *l = userdata;
        bool wanted = !l->patterns[0];
        FileLine line;

        STRV_FOREACH (p, l->patterns)
                wanted = wanted || fnmatch(*p, name, FNM_NOESCAPE) == 0;
        if (!wanted)
                return 0;
        if (array_reserve(&l->v, &l->capacity, l->n + 1, sizeof(line)) < 0)
                return -ENOMEM;
        line = (FileLine){ strdup(name), strdup(path) };
        l->v[l->n++] = line;
        return line.name && line.path ? 0 : -ENOMEM;
}

static int by_name(const void *a, const void *b) {
        return strcmp(((const FileLine *)a)->name, ((const FileLine *)b)->name);
}

int analyze_unit_files(Ctl *c, int argc, char **argv) {
        FileLines l = { .patterns = argv + 1 };
        Loader *loader = NULL;
        int r = ctl_loader(c, &loader);

        if (r >= 0)
                r = loader_visit_files(loader, add_file, &l);
        if (r >= 0 && l.n > 0)
                qsort(l.v, l.n, sizeof(*l.v), by_name);
        for (size_t i = 0; i < l.n; i++) {
                if (r >= 0)
                        printf("ids: %s %s %s\n", l.v[i].name, ctl_glyphs()->arrow, l.v[i].path);
                free(l.v[i].name);
                free(l.v[i].path);
        }
        free(l.v);
        loader_free(loader);
        return r < 0 ? ctl_print_error("%s", strerror(-r)) : CTL_OK;
}

/* Holds `order`, the sign of a comparison? NULL: there is no such operator. */
static const bool *holds(const char *operator, int order) {
        static const bool no = false, yes = true;
        const struct {
                const char *word, *sign;
                bool holds;
        } operators[] = { { "lt", "<", order < 0 },   { "le", "<=", order <= 0 }, { "eq", "==", order == 0 },
                          { "ne", "!=", order != 0 }, { "ge", ">=", order >= 0 }, { "gt", ">", order > 0 } };

        for (size_t i = 0; i < ELEMENTSOF(operators); i++)
                if (str_equal(operators[i].word, operator) || str_equal(operators[i].sign, operator))
                        return operators[i].holds ? &yes : &no;
        return NULL;
}

/* With an operator the exit code is the answer; without one the order is printed, and the code tells it too. */
int analyze_compare_versions(Ctl *c, int argc, char **argv) {
        const char *second = argv[argc - 1];
        int order = version_compare(argv[1], second);
        const bool *answer;

        if (argc == 3) {
                printf("%s %s %s\n", argv[1], order < 0 ? "<" : order > 0 ? ">" : "==", second);
                return order < 0 ? 12 : order > 0 ? 11 : CTL_OK;
        }
        answer = holds(argv[2], order);
        if (!answer)
                return ctl_print_error("'%s' compares nothing: expected lt, le, eq, ne, ge or gt", argv[2]);
        return *answer ? CTL_OK : CTL_FAILED;
}
