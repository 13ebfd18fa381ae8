/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "import/supervisord.h"

#include <errno.h>
#include <stdlib.h>

/* All that supervisor 4.2 knows in such a section; what is here is taken somewhere, or dropped with a reason. */
static const char *const keys[] = {
        "autorestart",
        "autostart",
        "command",
        "directory",
        "environment",
        "exitcodes",
        "killasgroup",
        "numprocs",
        "numprocs_start",
        "priority",
        "process_name",
        "redirect_stderr",
        "serverurl",
        "startretries",
        "startsecs",
        "stderr_capture_maxbytes",
        "stderr_events_enabled",
        "stderr_logfile",
        "stderr_logfile_backups",
        "stderr_logfile_maxbytes",
        "stderr_syslog",
        "stdout_capture_maxbytes",
        "stdout_events_enabled",
        "stdout_logfile",
        "stdout_logfile_backups",
        "stdout_logfile_maxbytes",
        "stdout_syslog",
        "stopasgroup",
        "stopsignal",
        "stopwaitsecs",
        "umask",
        "user",
};
static const char *const socket_keys[] = { "socket", "socket_backlog", "socket_mode", "socket_owner" };

static bool is_among(const char *const *l, size_t n, const char *key) {
        for (size_t i = 0; i < n; i++)
                if (str_equal(l[i], key))
                        return true;
        return false;
}

static void drop_unknown(const Process *p) {
        const IniSection *s = p->program->section;

        for (size_t i = 0; i < s->n; i++)
                if (!is_among(keys, ELEMENTSOF(keys), s->v[i].key) &&
                    !(p->program->fcgi && is_among(socket_keys, ELEMENTSOF(socket_keys), s->v[i].key)))
                        draft_drop(p->draft, "%s (line %u): supervisord has no such key", s->v[i].key,
                                   s->v[i].line);
        if (ini_find(s, "serverurl"))
                draft_drop(p->draft, "serverurl: there is no supervisord to talk to");
}

static void write_command(Process *p) {
        char *owned auto_free = NULL, **argv auto_strv = NULL, *program = NULL;
        const char *text = supervisord_get(p, "command", &owned);
        int r;

        if (str_is_empty(text)) {
                draft_drop(p->draft, "the program has no command");
                return;
        }
        r = import_split(text, &argv);
        if (r == -EINVAL || (r >= 0 && !argv)) {
                draft_drop(p->draft, "command=%s, in which a quote is open", text);
                return;
        }
        if (r >= 0)
                r = import_find_program(argv[0], &program);
        if (r >= 0) {
                free(argv[0]);
                argv[0] = program;
                draft_command(p->draft, "ExecStart", argv);
        } else {
                p->program->all->import->error = r;
        }
}

static int set_variable(Expansions *x, const char *pair) {
        char *variable auto_free = NULL;

        if (str_printf(&variable, "ENV_%s", pair) < 0)
                return -ENOMEM;
        return env_set(&x->variables, variable);
}

/* That of supervisord, then that of the program: the expansions of what follows have both. */
static void write_environment(Process *p) {
        char *owned auto_free = NULL, **own auto_strv = NULL, **all auto_strv = NULL;
        const char *text = supervisord_get(p, "environment", &owned);
        int r = strv_copy(p->program->all->environment, &all);

        if (r >= 0 && text && (r = supervisord_pairs(text, &own)) == -EINVAL) {
                draft_drop(p->draft, "environment=%s, which is no list of KEY=\"value\"", text);
                r = 0;
        }
        for (size_t i = 0; own && own[i] && r >= 0; i++)
                if ((r = env_set(&all, own[i])) >= 0)
                        r = set_variable(p->expansions, own[i]);
        if (r < 0)
                p->program->all->import->error = r;
        STRV_FOREACH (e, all) {
                char *name auto_free = strndup(*e, strcspn(*e, "="));

                if (name)
                        draft_environment(p->draft, "Service", name, *e + strcspn(*e, "=") + 1);
        }
}

/* FastCGI: the listening socket is the standard input, made by svinit as its unit says. */
static void write_socket(Process *p) {
        char *owned auto_free = NULL, *owner auto_free = NULL, *text auto_free = NULL, *unit auto_free = NULL;
        const char *url = supervisord_get(p, "socket", &owned), *address, *group;
        Draft *socket = draft_new(p->program->all->import, p->program->name, UNIT_SOCKET);

        if (!socket || !url)
                return;
        address = str_after(url, "unix://") ?: str_after(url, "tcp://");
        if (!address) {
                draft_drop(socket, "socket=%s: tcp://HOST:PORT or unix:///PATH was expected", url);
                return;
        }
        draft_text(socket, "Socket", "ListenStream",
                   str_starts_with(address, "localhost:") ? address + strlen("localhost") + 1 : address);
        if (str_starts_with(address, "localhost:"))
                draft_remark(
                        socket,
                        "it listens on all addresses; write 127.0.0.1: before the port for this one only");
        if (supervisord_number(p, "socket_backlog", 0) > 0)
                draft_setf(socket, "Socket", "Backlog", "%ld", supervisord_number(p, "socket_backlog", 0));
        if (supervisord_get(p, "socket_mode", &text))
                draft_text(socket, "Socket", "SocketMode", text);
        if (supervisord_get(p, "socket_owner", &owner)) {
                group = strchr(owner, ':');
                owner[strcspn(owner, ":")] = 0;
                draft_text(socket, "Socket", "SocketUser", owner);
                if (group)
                        draft_text(socket, "Socket", "SocketGroup", group + 1);
        }
        if (str_printf(&unit, "%s", p->draft->name) < 0) {
                p->program->all->import->error = -ENOMEM;
                return;
        }
        draft_set(socket, "Socket", "Service", unit);
        draft_set(socket, "Install", "WantedBy", "sockets.target");
        draft_set(p->draft, "Service", "Sockets", socket->name);
        draft_set(p->draft, "Service", "StandardInput", "socket");
        draft_set(p->draft, "Unit", "Requires", socket->name);
}

static void write_process(Process *p) {
        const char *target = p->program->target ?: "multi-user.target";

        draft_text(p->draft, "Unit", "Description", p->program->name);
        drop_unknown(p);
        write_environment(p);
        write_command(p);
        if (p->set)
                draft_setf(p->draft, "Service", "X-Instances", "%u", p->program->processes);
        supervisord_write_start(p);
        supervisord_write_logs(p);
        if (p->program->fcgi && p->expansions->process_num == p->program->first)
                write_socket(p);
        if (p->program->target)
                draft_set(p->draft, "Unit", "PartOf", target);
        if (supervisord_is(p, "autostart", true))
                draft_set(p->draft, "Install", "WantedBy", target);
}

static int begin_expansions(const Program *p, Expansions *x) {
        char *variables[3] = { NULL };
        int r = strv_copy(p->all->base.variables, &x->variables);

        if (r >= 0 && (str_printf(&variables[0], "program_name=%s", p->name) < 0 ||
                       str_printf(&variables[1], "group_name=%s", p->group) < 0 ||
                       str_printf(&variables[2], "numprocs=%u", p->processes) < 0))
                r = -ENOMEM;
        for (size_t i = 0; i < ELEMENTSOF(variables); i++) {
                if (r >= 0)
                        r = env_set(&x->variables, variables[i]);
                free(variables[i]);
        }
        return r;
}

static void expansions_release(Expansions *x) {
        strv_free(x->variables);
}

/* One unit for all processes, if nothing but their names needs the number written with a width. */
static int may_be_a_set(const Program *p, bool *ret) {
        Expansions x __attribute__((cleanup(expansions_release))) = { .as_instance = true };
        int r = begin_expansions(p, &x);

        for (size_t i = 0; i < p->section->n && r >= 0; i++) {
                char *expanded auto_free = NULL, *bad auto_free = NULL;

                if (!str_equal(p->section->v[i].key, "process_name"))
                        r = supervisord_expand(&x, p->section->v[i].value, &expanded, &bad);
                if (r == -EINVAL)
                        r = 0; /* said when it is wanted; ENV_ names of the program itself are not known yet */
        }
        *ret = p->processes > 1 && p->first == 0 && !x.width_wanted;
        return r;
}

/* supervisord shows process_name, which tells the processes of a program apart. */
static int name_process(const Program *p, Expansions *x, char **ret) {
        char *bad auto_free = NULL;
        int r = supervisord_expand(x, ini_get(p->section, "process_name") ?: "%(program_name)s", ret, &bad);

        if (r == -EINVAL || (r >= 0 && p->processes > 1 &&
                             !strstr(ini_get(p->section, "process_name") ?: "", "%(process_num)"))) {
                if (r >= 0)
                        free(TAKE(*ret));
                return str_printf(ret, "%s_%u", p->name, x->process_num);
        }
        return r;
}

static int add_process(Program *p, unsigned number, bool set, char ***ret_units) {
        Expansions x
                __attribute__((cleanup(expansions_release))) = { .process_num = number, .as_instance = set };
        Process process = { .program = p, .expansions = &x, .set = set };
        char *name auto_free = NULL;
        int r = begin_expansions(p, &x);

        if (r >= 0)
                r = set ? str_printf(&name, "%s", p->name) : name_process(p, &x, &name);
        if (r < 0)
                return r;
        process.draft = draft_new(p->all->import, name, UNIT_SERVICE);
        if (!process.draft)
                return 0;
        write_process(&process);
        return strv_add(ret_units, process.draft->name);
}

int supervisord_program(Program *p, char ***ret_units) {
        bool set;
        int r = may_be_a_set(p, &set);

        for (unsigned i = 0; i < (set ? 1 : p->processes) && r >= 0; i++)
                r = add_process(p, p->first + i, set, ret_units);
        return r;
}
