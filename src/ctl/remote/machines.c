/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* list-machines: the manager here and those in the containers on this machine, each asked for its state. */

#include "ctl/core/table.h"
#include "ctl/remote/container.h"

#include <fcntl.h>
#include <fnmatch.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct Machine {
        char *state; /* owned; NULL: no manager answers */
        unsigned failed, jobs;
} Machine;

static void ask(sd_bus *bus, Machine *ret) {
        (void)sd_bus_get_property_string(bus, SD1, SD1_PATH, SD1_MANAGER, "SystemState", NULL, &ret->state);
        (void)sd_bus_get_property_trivial(bus, SD1, SD1_PATH, SD1_MANAGER, "NFailedUnits", NULL, 'u',
                                          &ret->failed);
        (void)sd_bus_get_property_trivial(bus, SD1, SD1_PATH, SD1_MANAGER, "NJobs", NULL, 'u', &ret->jobs);
}

static void read_answer(FILE *f, Machine *ret) {
        char line[256];

        while (fgets(line, sizeof(line), f)) {
                const char *value;

                str_strip(line);
                if ((value = str_after(line, "SystemState=")))
                        (void)str_replace(&ret->state, value);
                else if ((value = str_after(line, "NFailedUnits=")))
                        (void)parse_unsigned(value, &ret->failed);
                else if ((value = str_after(line, "NJobs=")))
                        (void)parse_unsigned(value, &ret->jobs);
        }
}

/* By this program in it: a manager knows its clients by processes that it can see. */
static void ask_container(pid_t pid, Machine *ret) {
        char number[16];
        char *const arguments[] = { (char *)"svctl",
                                    (char *)"--quiet",
                                    (char *)"-M",
                                    number,
                                    (char *)"show",
                                    (char *)"-pSystemState,NFailedUnits,NJobs",
                                    NULL };
        posix_spawn_file_actions_t actions;
        int ends[2];
        pid_t child;
        FILE *f;

        snprintf(number, sizeof(number), "%d", (int)pid);
        if (pipe2(ends, O_CLOEXEC) < 0 || posix_spawn_file_actions_init(&actions) != 0)
                return;
        (void)posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
        (void)posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
        if (posix_spawn(&child, "/proc/self/exe", &actions, NULL, arguments, environ) != 0)
                child = 0;
        posix_spawn_file_actions_destroy(&actions);
        close(ends[1]);
        f = fdopen(ends[0], "r");
        if (f)
                read_answer(f, ret);
        if (f)
                fclose(f);
        if (child > 0)
                (void)waitpid(child, NULL, 0);
}

static void add_number(Table *t, const Machine *m, unsigned n) {
        char text[16];

        snprintf(text, sizeof(text), "%u", n);
        if (m->state)
                table_add_number(t, text, n);
        else
                table_add(t, NULL);
}

static void add(Table *t, const Ctl *c, const char *name, const char *state_of, pid_t pid, const Machine *m) {
        char number[16];

        snprintf(number, sizeof(number), "%d", (int)pid);
        table_add(t, name);
        table_add(t, m->state);
        add_number(t, m, m->failed);
        add_number(t, m, m->jobs);
        table_add_number(t, number, (uint64_t)pid);
        table_add(t, state_of);
        table_dot(t, m->failed > 0 ? COLOR_RED(c) : NULL);
}

static bool is_wanted(char *const *patterns, const char *name) {
        bool wanted = !patterns[0];

        STRV_FOREACH (p, patterns)
                wanted = wanted || fnmatch(*p, name, FNM_NOESCAPE) == 0;
        return wanted;
}

static void add_host(Table *t, Ctl *c, char *const *patterns) {
        struct utsname names = { 0 };
        bool quiet = c->quiet;
        Machine m = { 0 };

        (void)uname(&names);
        if (!is_wanted(patterns, names.nodename))
                return;
        c->quiet = true; /* that none runs here is no mistake */
        if (ctl_connect(c) >= 0)
                ask(c->bus, &m);
        c->quiet = quiet;
        add(t, c, names.nodename, "this machine", 1, &m);
        free(m.state);
}

VERB(list_machines) {
        static const Column columns[] = { { "NAME", "name" },
                                          { "STATE", "state" },
                                          { "FAILED", "failed", .number = true },
                                          { "JOBS", "jobs", .number = true },
                                          { "PID", "pid", .number = true },
                                          { "ID", "id", .shrinks = true },
                                          { 0 } };
        Table t = { .columns = columns, .marks = true };
        Containers l = { 0 };
        size_t n;
        int r = containers_find(&l), code;

        add_host(&t, c, argv + 1);
        for (size_t i = 0; i < l.n; i++) {
                Machine m = { 0 };

                if (!is_wanted(argv + 1, l.v[i].name))
                        continue;
                ask_container(l.v[i].pid, &m);
                add(&t, c, l.v[i].name, l.v[i].id, l.v[i].pid, &m);
                free(m.state);
        }
        containers_release(&l);
        n = t.n;
        code = table_print(&t, c);
        if (r < 0)
                return ctl_print_error("/proc: %s", strerror(-r));
        if (!c->no_legend && c->format == FORMAT_SHORT)
                printf("\n%zu machines listed.\n", n);
        return code;
}

static int repeat_in(Ctl *c, pid_t pid) {
        char number[16], **words auto_strv = NULL;
        pid_t child;
        int r, status;

        snprintf(number, sizeof(number), "%d", (int)pid);
        r = strv_add(&words, "svctl");
        if (r >= 0)
                r = strv_add(&words, "-M");
        if (r >= 0)
                r = strv_add(&words, number);
        if (r >= 0)
                r = strv_add_all(&words, c->argv + 1);
        fflush(stdout);
        if (r < 0 || posix_spawn(&child, "/proc/self/exe", NULL, NULL, words, environ) != 0)
                return CTL_FAILED;
        return waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : CTL_FAILED;
}

int containers_repeat(Ctl *c) {
        Containers l = { 0 };
        int r = containers_find(&l), code = r < 0 ? CTL_FAILED : CTL_OK;

        for (size_t i = 0; i < l.n; i++) {
                if (!c->no_legend && !c->output)
                        printf("\n%s (process %d):\n", l.v[i].name, (int)l.v[i].pid);
                code = repeat_in(c, l.v[i].pid) ?: code;
        }
        containers_release(&l);
        return code;
}
