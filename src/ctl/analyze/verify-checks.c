/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a unit's files say, held against the machine and the other units: does what they name exist, can it start? */

#include "ctl/analyze/verify.h"

#include "unit/codec.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* A program below the root; 0 or a negative errno. */
static int find_executable(const Root *root, const char *path) {
        struct stat st;
        int r = root_stat(root, path, &st);

        if (r < 0)
                return r;
        if (S_ISDIR(st.st_mode))
                return -EISDIR;
        return S_ISREG(st.st_mode) && (st.st_mode & 0111) ? 0 : -EACCES;
}

static int find_in_path(const Root *root, char *const *directories, const char *name) {
        static const char *const usual[] = { "/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin",
                                             "/sbin",           "/bin",           NULL };
        char *const *search = directories ? directories : (char *const *)usual;
        int result = -ENOENT;

        STRV_FOREACH (d, search) {
                char *path auto_free = NULL;
                int r = str_printf(&path, "%s/%s", *d, name);

                if (r >= 0)
                        r = find_executable(root, path);
                if (r >= 0 || r == -ENOMEM)
                        return r;
                if (r != -ENOENT)
                        result = r;
        }
        return result;
}

static void check_commands(Verify *v, const Unit *u, const Places *places, const Root *root, const char *key,
                           const CommandList *l) {
        for (size_t i = 0; i < l->n; i++) {
                const Command *c = l->v + i;
                int r;

                if (c->flags & (COMMAND_IGNORE_FAILURE | COMMAND_SHELL))
                        continue;
                r = c->path[0] == '/' ? find_executable(root, c->path)
                                      : find_in_path(root, u->spec->exec->exec_search_path, c->path);
                if (r < 0)
                        verify_say(v, u, places, SEVERITY_ERROR, FINDING_MISSING_EXECUTABLE, key, c->path,
                                   "'%s' cannot be executed: %s; the command will fail.", c->path,
                                   strerror(-r));
        }
}

static void check_executables(Verify *v, const Unit *u, const Places *places, const Root *root) {
        const SocketSpec *s = u->spec->socket;

        for (int kind = 0; u->type == UNIT_SERVICE && kind < COMMAND_KIND_MAX; kind++)
                check_commands(v, u, places, root, command_kind_to_string(kind),
                               &u->spec->commands->of[kind]);
        if (u->type != UNIT_SOCKET)
                return;
        check_commands(v, u, places, root, "ExecStartPre", &s->exec_start_pre);
        check_commands(v, u, places, root, "ExecStartPost", &s->exec_start_post);
        check_commands(v, u, places, root, "ExecStopPre", &s->exec_stop_pre);
        check_commands(v, u, places, root, "ExecStopPost", &s->exec_stop_post);
}

/* "man:foo(8)" or "man:foo" by asking man where the page is. */
static bool manual_exists(const char *page) {
        char *name auto_free = NULL;
        size_t n = strcspn(page, "(");
        const char *arguments[] = { "man", "-w", NULL, NULL, NULL };
        posix_spawn_file_actions_t actions;
        char section[16] = "";
        int status;
        pid_t pid;

        name = strndup(page, n);
        if (!name)
                return true;
        if (page[n] == '(')
                snprintf(section, sizeof(section), "%.*s", (int)strcspn(page + n + 1, ")"), page + n + 1);
        arguments[section[0] ? 3 : 2] = name;
        if (section[0])
                arguments[2] = section;

        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
        status = posix_spawnp(&pid, "man", &actions, NULL, (char *const *)arguments, environ);
        posix_spawn_file_actions_destroy(&actions);
        if (status != 0)
                return false;
        while (waitpid(pid, &status, 0) < 0)
                if (errno != EINTR)
                        return false;
        return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void check_manuals(Verify *v, const Unit *u, const Places *places) {
        STRV_FOREACH (d, u->spec->common->documentation) {
                const char *page = str_after(*d, "man:");

                if (page && !manual_exists(page))
                        verify_say(v, u, places, SEVERITY_WARNING, FINDING_MISSING_MANUAL, "Documentation",
                                   *d, "There is no manual page '%s'.", page);
        }
}

/* What the dependency asks for cannot be had. */
static void check_dependency(Verify *v, const Unit *u, const Places *places, const Dependency *d) {
        bool needed = d->kind == DEP_REQUIRES || d->kind == DEP_REQUISITE || d->kind == DEP_BINDS_TO;
        const Unit *other = graph_find(v->graph->graph, d->name);
        const char *key = dependency_to_string(d->kind);
        Severity severity = needed ? SEVERITY_ERROR : SEVERITY_NOTE;
        const char *result = needed ? "this unit cannot start" : "nothing is done about it";

        if (!needed && d->kind != DEP_WANTS && d->kind != DEP_UPHOLDS && d->kind != DEP_ON_FAILURE &&
            d->kind != DEP_ON_SUCCESS)
                return;
        if (d->constant || !other)
                return;
        if (other->load_state == LOAD_NOT_FOUND)
                verify_say(v, u, places, severity, FINDING_MISSING_UNIT, key, d->name,
                           "There is no unit %s; %s.", d->name, result);
        else if (other->load_state == LOAD_MASKED && needed)
                verify_say(v, u, places, severity, FINDING_MASKED, key, d->name, "The unit %s is masked; %s.",
                           d->name, result);
        else if ((other->load_state == LOAD_BAD_SETTING || other->load_state == LOAD_ERROR) && needed)
                verify_say(v, u, places, severity, FINDING_MISSING_UNIT, key, d->name,
                           "The unit %s cannot be used; %s.", d->name, result);
}

/* The unit that a socket, timer or path starts. */
static void check_triggered(Verify *v, Unit *u, const Places *places) {
        for (const Edge *e = NULL; (e = unit_next_edge(u, DEP_TRIGGERS, e));)
                if (e->other->load_state != LOAD_LOADED)
                        verify_say(v, u, places, SEVERITY_ERROR, FINDING_MISSING_UNIT,
                                   u->type == UNIT_SOCKET ? "Service" : "Unit", NULL,
                                   "The unit %s, which is to be started, is %s; this unit cannot start.",
                                   e->other->id, load_state_to_string(e->other->load_state));
}

/* Each connection has an instance of a template. */
static int check_accepted(Verify *v, const Unit *u, const Places *places) {
        char *prefix auto_free = NULL, *name auto_free = NULL;
        Unit *service;
        int r;

        if (u->type != UNIT_SOCKET || !u->spec->socket->accept)
                return 0;
        r = name_prefix(u->id, &prefix);
        if (r >= 0)
                r = str_printf(&name, "%s@test-instance.service", prefix);
        if (r >= 0)
                r = ctl_graph_load(v->graph, name, &service);
        if (r >= 0 && service->load_state != LOAD_LOADED)
                verify_say(v, u, places, SEVERITY_ERROR, FINDING_MISSING_UNIT, "Accept", NULL,
                           "The template for connections, of which %s is an instance, is %s.", name,
                           load_state_to_string(service->load_state));
        return r;
}

/* Would a start be possible? Says what nobody said before. */
static void check_start(Verify *v, Unit *u, const Places *places, bool explained) {
        Report report = { 0 };
        Transaction t;
        int outcome;

        outcome = transaction_build(&t, v->graph->graph, NULL, JOB_START, u, JOB_REPLACE, &report);
        transaction_release(&t);
        for (size_t i = 0; i < report.n_findings; i++) {
                const Finding *f = report.findings + i;

                if (f->code == FINDING_CYCLE || (outcome > 0 && !explained && f->severity == SEVERITY_ERROR))
                        verify_say(v, u, places, f->severity,
                                   outcome == ENQUEUE_NOT_FOUND ? FINDING_MISSING_UNIT : f->code, NULL, NULL,
                                   "%s", f->text);
        }
        report_release(&report);
}

/* The same for both: a port or a path that no number of an instance is part of. */
static bool asks_the_same(const UnitSpec *a, const HealthCheck *x, const UnitSpec *b, const HealthCheck *y) {
        size_t n = x->port ? strlen(x->port) : 0;

        if (x->kind != y->kind || !str_equal(x->host, y->host) || !str_equal(x->port, y->port))
                return false;
        if (x->kind == HEALTH_UNIX)
                return str_equal(x->path, y->path);
        return (x->kind == HEALTH_HTTP || x->kind == HEALTH_TCP) &&
               !strv_contains(a->service->increment_environment, x->port) &&
               str_equal(env_get(a->exec->environment, x->port, n),
                         env_get(b->exec->environment, y->port, n));
}

/* Of instances that share a port nobody can say which one answers. */
static void check_set(Verify *v, const Unit *u, const Places *places) {
        const UnitSpec *s[2] = { NULL };
        const HealthCheck *x, *y;
        size_t n = 0;

        for (const Edge *e = NULL; n < 2 && (e = unit_next_edge(u, DEP_CONSISTS_OF, e));)
                if (e->other->load_state == LOAD_LOADED && e->other->spec->service->is_member)
                        s[n++] = e->other->spec;
        for (size_t i = 0; n == 2 && (x = health_check(&s[0]->service->health, i)) &&
                           (y = health_check(&s[1]->service->health, i));
             i++)
                if (asks_the_same(s[0], x, s[1], y))
                        verify_say(
                                v, u, places, SEVERITY_WARNING, FINDING_CONTRADICTION,
                                i < s[0]->service->health.checks.n ? "X-HealthCheck" : "X-ReadinessCheck",
                                x->text,
                                "'%s' is the same for all instances: any of them may answer for another. "
                                "exec: and message: ask the one that is meant, and so does a port for each "
                                "(X-IncrementEnvironment=, %%i).",
                                x->text);
}

static void check_loaded(Verify *v, Unit *u, const Places *places) {
        size_t before = v->n_mistakes;
        Root root;

        for (size_t i = 0; i < u->spec->common->n_deps; i++)
                check_dependency(v, u, places, u->spec->common->deps + i);
        check_triggered(v, u, places);
        (void)check_accepted(v, u, places);
        if (u->type == UNIT_SERVICE && u->spec->service->n_instances > 0)
                check_set(v, u, places);
        check_start(v, u, places, v->n_mistakes > before);
        if (!u->spec->exec->root_directory && root_init(&root, v->ctl->root) >= 0) {
                check_executables(v, u, places, &root);
                root_release(&root);
        }
        if (v->manuals)
                check_manuals(v, u, places);
}

void verify_unit(Verify *v, Unit *u, const Places *places) {
        Finding f = { .severity = SEVERITY_ERROR, .file = u->fragment_path };

        switch (u->load_state) {
        case LOAD_LOADED:
                check_loaded(v, u, places);
                return;
        case LOAD_NOT_FOUND:
                f.code = FINDING_MISSING_UNIT;
                if (str_printf(&f.text, "%s: there is no such unit file.", u->id) < 0)
                        return;
                break;
        case LOAD_MASKED:
                f.code = FINDING_MASKED;
                if (str_printf(&f.text, "%s is masked; it cannot start.", u->id) < 0)
                        return;
                break;
        default: /* the report said why */
                return;
        }
        verify_emit(v, &f);
        free(f.text);
}
