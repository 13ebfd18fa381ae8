/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What systemd says: `systemd --test`, run without privileges, and its dump as facts. */

#include "transaction.h"

#include "unit/spec.h"

#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define SYSTEMD "/lib/systemd/systemd"
#define NOBODY 65534
#define PATIENCE 20 /* seconds */
#define DUMP_MAX (8 * 1024 * 1024)

static void exec_systemd(const char *directory, const char *anchor, int out) {
        char path[512], unit[300];
        char *argv[] = { (char *)SYSTEMD, (char *)"--test", (char *)"--system", unit, NULL };
        char *env[] = { path, (char *)"SYSTEMD_GENERATOR_PATH=/nonexistent", (char *)"SYSTEMD_LOG_LEVEL=info",
                        NULL };

        snprintf(path, sizeof(path), "SYSTEMD_UNIT_PATH=%s", directory);
        snprintf(unit, sizeof(unit), "--unit=%s", anchor);
        if (dup2(out, STDOUT_FILENO) < 0 || dup2(out, STDERR_FILENO) < 0)
                _exit(125);
        if (geteuid() == 0 && (setgroups(0, NULL) < 0 || setgid(NOBODY) < 0 || setuid(NOBODY) < 0))
                _exit(125); /* it refuses to test as root */
        alarm(PATIENCE);
        execve(SYSTEMD, argv, env);
        _exit(127);
}

static int read_all(int fd, Buf *b) {
        char block[65536];
        ssize_t n;

        while ((n = read(fd, block, sizeof(block))) > 0) {
                if (b->len > DUMP_MAX)
                        return -E2BIG;
                buf_add_n(b, block, (size_t)n);
        }
        return n < 0 ? -errno : 0;
}

static int run_systemd(const char *directory, const char *anchor, Buf *b) {
        int fds[2], status = 0, r;
        pid_t pid;

        if (pipe(fds) < 0)
                return -errno;
        fflush(stdout);
        pid = fork();
        if (pid < 0)
                return -errno;
        if (pid == 0) {
                close(fds[0]);
                exec_systemd(directory, anchor, fds[1]);
        }
        close(fds[1]);
        r = read_all(fds[0], b);
        close(fds[0]);
        if (waitpid(pid, &status, 0) < 0)
                return -errno;
        if (WIFSIGNALED(status) || WEXITSTATUS(status) >= 125)
                return -ENOEXEC;
        return r;
}

typedef struct Dump {
        const char *directory;
        char unit[300];
        bool loaded, jobs, counts;
        char ***facts;
        char *outcome;
} Dump;

static int fact(Dump *d, const char *kind, const char *what) {
        char *line;
        int r = str_printf(&line, "%s %s %s", kind, d->unit, what);

        return r < 0 ? r : strv_push(d->facts, line);
}

/* "KEY: name (origin)" of the unit at hand. */
static int on_unit_line(Dump *d, const char *key, char *value) {
        char *origin = strstr(value, " (");
        char words[700];

        if (str_equal(key, "Unit Load State")) {
                d->loaded = str_equal(value, "loaded");
                return d->counts ? fact(d, "unit", value) : 0;
        }
        if (!d->loaded || !d->counts || !origin)
                return 0;
        *origin = 0;
        if (str_equal(key, "RequiresMountsFor"))
                return fact(d, "path", value);
        if (str_equal(key, "InSlice"))
                key = "Slice";
        for (int k = 0; k < DEP_MAX; k++) {
                if (!str_equal(key, dependency_to_string((DependencyKind)k)))
                        continue;
                if (!unit_counts(d->directory, value))
                        return 0;
                snprintf(words, sizeof(words), "%s %s", key, value);
                return fact(d, "edge", words);
        }
        return 0;
}

/* Why it will not start, in a word. */
static const char *outcome_of(const char *text) {
        static const struct {
                const char *words, *outcome;
        } outcomes[] = {
                { " not found.", "not-found" },
                { " is masked.", "masked" },
                { "order is cyclic", "cyclic" },
                { "contains conflicting jobs", "conflicting" },
                { "bad unit file setting", "bad-setting" },
                { "may be requested by dependency only", "only-by-dependency" },
                { "is not applicable for unit", "not-applicable" },
        };

        for (size_t i = 0; i < ELEMENTSOF(outcomes); i++)
                if (strstr(text, outcomes[i].words))
                        return outcomes[i].outcome;
        return "refused";
}

static int on_line(Dump *d, char *line) {
        char *value, *name;

        if (str_starts_with(line, "Failed to start default target: ") ||
            str_starts_with(line, "Failed to isolate default target: ") ||
            str_starts_with(line, "Failed to load default target: "))
                return d->outcome ? 0 : str_replace(&d->outcome, outcome_of(line));
        if (str_starts_with(line, "Unit ") &&
            (str_ends_with(line, " is masked.") || str_ends_with(line, " not found.")))
                return d->outcome ? 0 : str_replace(&d->outcome, outcome_of(line)); /* of the anchor itself */
        if ((name = (char *)str_after(line, "\t-> Unit "))) {
                name[strcspn(name, ":")] = 0;
                snprintf(d->unit, sizeof(d->unit), "%s", name);
                d->counts = unit_counts(d->directory, d->unit) && !str_equal(d->unit, "-.mount");
                return 0;
        }
        if (str_starts_with(line, "\t-> Job "))
                d->jobs = true;
        value = strstr(line, ": ");
        if (!value || line[0] != '\t' || line[1] != '\t')
                return 0;
        *value = 0;
        value += 2;
        if (!d->jobs)
                return on_unit_line(d, line + 2, value);
        if (!str_equal(line + 2, "Action") || !(name = strstr(value, " -> ")))
                return 0;
        *name = 0;
        snprintf(d->unit, sizeof(d->unit), "%s", value);
        return unit_counts(d->directory, d->unit) ? fact(d, "job", name + 4) : 0;
}

int facts_of_systemd(const char *directory, const char *anchor, char ***ret) {
        Dump d = { .directory = directory, .facts = ret };
        Buf b auto_buf = { 0 };
        char *rest, *line;
        int r;

        r = run_systemd(directory, anchor, &b);
        for (rest = b.data; r >= 0 && rest && (line = strsep(&rest, "\n"));)
                r = on_line(&d, line);
        if (r >= 0) {
                if (!d.outcome && !d.jobs)
                        r = -EPROTO;
                snprintf(d.unit, sizeof(d.unit), "of");
                if (r >= 0)
                        r = fact(&d, "outcome", d.outcome ?: "started");
        }
        free(d.outcome);
        return r;
}
