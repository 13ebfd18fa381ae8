/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "ctl/analyze/analyze.h"

#include "unit/enums.h"

#include <stdio.h>
#include <string.h>

static const struct {
        const char *name, *arguments, *summary;
        int min_args, max_args; /* behind the name; -1: any number */
        AnalyzeFunction run;
        bool json; /* -o json has a meaning */
} checks[] = {
        { "time", "", "How long the boot took", 0, 0, analyze_time, true },
        { "blame", "", "How long each unit took to start, the longest first", 0, 0, analyze_blame, true },
        { "critical-chain", "[UNIT...]", "Which unit had to wait for which, back to the start (--fuzz=)", 0,
          -1, analyze_critical_chain, true },
        { "plot", "", "A picture of the boot, as SVG", 0, 0, analyze_plot },
        { "dump", "[PATTERN...]", "What the manager knows of its units, as text for people", 0, -1,
          analyze_dump },
        { "dot", "[PATTERN...]", "The same as the verb dot", 0, -1, verb_dot },
        { "verify", "FILE...", "The same as the verb verify", 1, -1, verb_verify, true },
        { "security", "[UNIT...]", "What the settings of services leave open", 0, -1, analyze_security,
          true },
        { "filesystems", "[NAME...]", "Not in a container", 0, -1, analyze_nothing },
        { "inspect-elf", "FILE...", "Not by svinit", 1, -1, analyze_nothing },
        { "calendar", "EVENT...", "When calendar events elapse (--iterations=, --base-time=)", 1, -1,
          analyze_calendar },
        { "timespan", "SPAN...", "What time spans mean", 1, -1, analyze_timespan },
        { "timestamp", "TIME...", "What points in time mean", 1, -1, analyze_timestamp },
        { "condition", "CONDITION...", "Whether conditions and asserts hold here", 1, -1, analyze_condition },
        { "cat-config", "FILE...", "A configuration file and its drop-ins", 1, -1, analyze_cat_config },
        { "unit-files", "[PATTERN...]", "Which file each name of a unit stands for", 0, -1,
          analyze_unit_files },
        { "unit-paths", "", "Where unit files are looked for", 0, 0, analyze_unit_paths, true },
        { "exit-status", "[STATUS...]", "Names of exit codes", 0, -1, analyze_exit_status },
        { "capability", "[CAPABILITY...]", "Names and numbers of capabilities", 0, -1, analyze_capability },
        { "syscall-filter", "[GROUP...]", "What groups of system calls consist of", 0, -1,
          analyze_syscall_filter },
        { "compare-versions", "VERSION [OPERATOR] VERSION", "Which is newer", 2, 3,
          analyze_compare_versions },
};

bool analyze_check(size_t i, const char **ret_name, const char **ret_summary) {
        if (i >= ELEMENTSOF(checks))
                return false;
        *ret_name = checks[i].name;
        *ret_summary = checks[i].summary;
        return true;
}

static int usage(void) {
        puts("svctl analyze CHECK [ARGUMENTS]\n\nLooks at the boot, and checks values of unit files.\n");
        for (size_t i = 0; i < ELEMENTSOF(checks); i++) {
                char call[64];

                snprintf(call, sizeof(call), "%s %s", checks[i].name, checks[i].arguments);
                printf("  %-36s %s\n", call, checks[i].summary);
        }
        return CTL_OK;
}

VERB(analyze) {
        char *time_words[] = { argv[0], (char *)"time", NULL };

        if (argc < 2) { /* as systemd-analyze */
                argv = time_words;
                argc = 2;
        }
        if (str_equal(argv[1], "help"))
                return usage();
        for (size_t i = 0; i < ELEMENTSOF(checks); i++) {
                int n = argc - 2;

                if (!str_equal(argv[1], checks[i].name))
                        continue;
                if (n < checks[i].min_args || (checks[i].max_args >= 0 && n > checks[i].max_args)) {
                        fprintf(stderr, "Too %s arguments.\n", n < checks[i].min_args ? "few" : "many");
                        return CTL_FAILED;
                }
                if (c->format >= FORMAT_JSON && !checks[i].json) {
                        ctl_print_error("analyze %s: there is no JSON of it", argv[1]);
                        return CTL_USAGE;
                }
                return checks[i].run(c, argc - 1, argv + 1);
        }
        fprintf(stderr, "Unknown command verb %s.\n", argv[1]);
        return CTL_FAILED;
}

/* What only systemd's own daemons have a use for. */
int analyze_nothing(Ctl *c, int argc, char **argv) {
        return ctl_print_error(
                "analyze %s: %s", argv[0],
                str_equal(argv[0], "filesystems")
                        ? "RestrictFileSystems= is not applied in a container, which has no LSM of its own"
                        : "the notes of ELF files are for coredumps, which svinit does not collect");
}

int analyze_unit_paths(Ctl *c, int argc, char **argv) {
        Buf b auto_buf = { 0 };
        Loader *l = NULL;
        int code = CTL_OK, r = ctl_loader(c, &l);

        if (r < 0)
                return ctl_print_error("%s", strerror(-r));
        if (c->format >= FORMAT_JSON) {
                json_add_list(&b, loader_search_path(l));
                code = json_print(&b);
        } else {
                STRV_FOREACH (path, loader_search_path(l))
                        puts(*path);
        }
        loader_free(l);
        return code;
}

static size_t digits(int v) {
        return v >= 100 ? 3 : v >= 10 ? 2 : 1;
}

/* Columns as wide as what stands in them. */
static void print_statuses(const int *codes, size_t n) {
        size_t name_width = strlen("NAME"), code_width = strlen("STATUS");

        for (size_t i = 0; i < n; i++) {
                name_width = MAX(name_width, strlen(exit_status_to_string(codes[i]) ?: "-"));
                code_width = MAX(code_width, digits(codes[i]));
        }
        printf("%-*s %*s CLASS\n", (int)name_width, "NAME", (int)code_width, "STATUS");
        for (size_t i = 0; i < n; i++)
                printf("%-*s %*d %s\n", (int)name_width, exit_status_to_string(codes[i]) ?: "-",
                       (int)code_width, codes[i], exit_status_class(codes[i]) ?: "-");
}

int analyze_exit_status(Ctl *c, int argc, char **argv) {
        int *codes auto_free = calloc(MAX((size_t)argc, (size_t)UINT8_MAX + 1), sizeof(int));
        size_t n = 0;

        if (!codes)
                return CTL_FAILED;
        for (int i = 1; i < argc; i++) {
                codes[n] = exit_status_from_string(argv[i]);
                if (codes[n++] < 0) {
                        fprintf(stderr, "Invalid exit status \"%s\".\n", argv[i]);
                        return CTL_FAILED;
                }
        }
        for (int code = 0; argc < 2 && code <= UINT8_MAX; code++)
                if (exit_status_to_string(code))
                        codes[n++] = code;
        print_statuses(codes, n);
        return CTL_OK;
}
