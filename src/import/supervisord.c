/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "import/supervisord.h"

#include <errno.h>
#include <glob.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#define PRIORITY_DEFAULT 999

/* The units of a program, with what it starts before. */
typedef struct Started {
        char **units; /* owned */
        long priority;
} Started;

typedef struct StartOrder {
        Started *v;
        size_t n, capacity;
} StartOrder;

static void start_order_release(StartOrder *o) {
        for (size_t i = 0; i < o->n; i++)
                strv_free(o->v[i].units);
        free(o->v);
}

static void supervisord_release(Supervisord *s) {
        ini_release(&s->ini);
        strv_free(s->files);
        strv_free(s->environment);
        strv_free(s->base.variables);
}

#define HERE "%(here)s"

/* In a value it stands for the directory of the file that has the value, not of the one that includes it. */
static int expand_here(Supervisord *s, unsigned file, const char *path) {
        const char *slash = strrchr(path, '/');
        int here = slash ? (int)MAX(slash - path, 1) : 0;

        for (size_t i = 0; i < s->ini.n; i++)
                for (size_t k = 0; k < s->ini.v[i].n; k++) {
                        IniEntry *e = s->ini.v[i].v + k;
                        Buf b auto_buf = { 0 };
                        const char *p = e->value, *found;

                        if (e->file != file || !strstr(p, HERE))
                                continue;
                        for (; (found = strstr(p, HERE)); p = found + strlen(HERE))
                                buf_addf(&b, "%.*s%.*s", (int)(found - p), p, here, path);
                        buf_add(&b, p);
                        free(TAKE(e->value));
                        if (buf_take(&b, &e->value) < 0)
                                return -ENOMEM;
                }
        return 0;
}

static int read_one(Supervisord *s, const char *path) {
        Text text = { 0 };
        int r = import_read_file(s->import, path, &text);

        if (r >= 0)
                r = strv_add(&s->files, path);
        if (r >= 0)
                r = ini_parse(&s->ini, (unsigned)strv_length(s->files) - 1, path, text.data, text.len,
                              &s->import->report);
        free(text.data);
        return r;
}

/* What may be written as %(name)s: where the file is, this machine, and the caller's variables as they are now. */
static int read_surroundings(Supervisord *s) {
        char *here auto_free = NULL, *variable auto_free = NULL;
        char name[HOST_NAME_MAX + 1] = "";
        int r = import_directory_of(s->import, &here);

        (void)gethostname(name, sizeof(name) - 1);
        for (char **e = environ; *e && r >= 0; e++) {
                char *pair auto_free = NULL;

                r = str_printf(&pair, "ENV_%s", *e);
                if (r >= 0 && strchr(pair, '='))
                        r = strv_push(&s->base.variables, TAKE(pair));
        }
        if (r >= 0)
                r = str_printf(&variable, "here=%s", here);
        if (r >= 0)
                r = env_set(&s->base.variables, variable);
        free(TAKE(variable));
        if (r >= 0)
                r = str_printf(&variable, "host_node_name=%s", name);
        return r < 0 ? r : env_set(&s->base.variables, variable);
}

static int include(Supervisord *s, const char *here, const char *pattern) {
        char *path auto_free = NULL;
        glob_t found = { 0 };
        int r = import_absolute(here, pattern, &path);

        if (r < 0)
                return r;
        if (glob(path, 0, NULL, &found) != 0)
                import_remark(s->import, "[include] files=%s fits no file", pattern);
        for (size_t i = 0; i < found.gl_pathc && r >= 0; i++)
                if ((r = read_one(s, found.gl_pathv[i])) >= 0)
                        r = expand_here(s, (unsigned)strv_length(s->files) - 1, found.gl_pathv[i]);
        globfree(&found);
        return r;
}

/* Files that are included include none themselves. */
static int read_includes(Supervisord *s) {
        const IniSection *section = ini_section(&s->ini, "include");
        char *files auto_free = NULL, *bad auto_free = NULL, *here auto_free = NULL, *word;
        int r;

        if (!section)
                return 0;
        if (!ini_get(section, "files"))
                return import_fail(s->import, 0, "There is an [include] without files=.");
        r = supervisord_expand(&s->base, ini_get(section, "files"), &files, &bad);
        if (r == -EINVAL)
                return import_fail(s->import, ini_find(section, "files")->line, "files= has %s.", bad);
        if (r >= 0)
                r = import_directory_of(s->import, &here);
        for (char *p = files; r >= 0 && (word = strtok_r(p, " \t\n", &p));)
                r = include(s, here, word);
        return r;
}

static int read_defaults(Supervisord *s) {
        const IniSection *section = ini_section(&s->ini, "supervisord");
        char *text auto_free = NULL, *bad auto_free = NULL;
        int r;

        if (!section)
                return import_fail(s->import, 0,
                                   "There is no section [supervisord]: supervisord does not start with it.");
        if (ini_get(section, "strip_ansi") && !str_equal(ini_get(section, "strip_ansi"), "false"))
                import_drop(s->import, "strip_ansi: the journal keeps what was written");
        if (!ini_get(section, "environment"))
                return 0;
        r = supervisord_expand(&s->base, ini_get(section, "environment"), &text, &bad);
        if (r >= 0)
                r = supervisord_pairs(text, &s->environment);
        if (r == -EINVAL)
                return import_fail(s->import, ini_find(section, "environment")->line,
                                   "environment= of [supervisord] is no list of KEY=\"value\".");
        STRV_FOREACH (e, s->environment) {
                char *variable auto_free = NULL;

                if (r >= 0)
                        r = str_printf(&variable, "ENV_%s", *e);
                if (r >= 0)
                        r = env_set(&s->base.variables, variable);
        }
        return r;
}

/* Is the name one of the group's? They stand between commas. */
static bool is_listed(const char *list, const char *name) {
        size_t n = strlen(name);

        for (const char *p = list; p && *p; p += strcspn(p, ",")) {
                p += strspn(p, ", \t\n");
                if (strncmp(p, name, n) == 0 && strchr(", \t\n", p[n]))
                        return true;
        }
        return false;
}

static const IniSection *group_of(const Supervisord *s, const char *program) {
        for (size_t i = 0; i < s->ini.n; i++)
                if (str_starts_with(s->ini.v[i].name, "group:") &&
                    is_listed(ini_get(s->ini.v + i, "programs"), program))
                        return s->ini.v + i;
        return NULL;
}

static int count(Supervisord *s, const IniSection *section, const char *key, unsigned otherwise,
                 unsigned *ret) {
        const char *text = ini_get(section, key);

        *ret = otherwise;
        if (!text)
                return 0;
        if (parse_unsigned(text, ret) < 0 || *ret > PROGRAMS_MAX)
                return import_fail(s->import, ini_find(section, key)->line,
                                   "%s=%s: a number up to %u was expected.", key, text,
                                   (unsigned)PROGRAMS_MAX);
        return 0;
}

/* A group is a target; it is there once. */
static int find_target(Supervisord *s, const char *group, char **ret) {
        char *escaped auto_free = NULL;
        Draft *target;
        int r = name_escape(group, &escaped);

        if (r >= 0)
                r = str_printf(ret, "%s.target", escaped);
        if (r < 0 || draft_find(s->import, *ret))
                return r;
        target = draft_new(s->import, group, UNIT_TARGET);
        if (target) {
                draft_text(target, "Unit", "Description", group);
                draft_set(target, "Install", "WantedBy", "multi-user.target");
        }
        return 0;
}

static int add_started(StartOrder *o, Started *started) {
        int r = array_reserve(&o->v, &o->capacity, o->n + 1, sizeof(*o->v));

        if (r < 0)
                return r;
        o->v[o->n++] = *started;
        *started = (Started){ 0 };
        return 0;
}

static int read_program(Supervisord *s, IniSection *section, const char *name, bool fcgi, StartOrder *o) {
        const IniSection *group = group_of(s, name);
        Program p = { .all = s, .section = section, .name = name, .fcgi = fcgi };
        Started started = { .priority = PRIORITY_DEFAULT };
        char *target auto_free = NULL;
        int r = count(s, section, "numprocs", 1, &p.processes);

        if (r >= 0)
                r = count(s, section, "numprocs_start", 0, &p.first);
        p.group = group ? strchr(group->name, ':') + 1 : name;
        if (!import_is_wanted(s->import, name) && !import_is_wanted(s->import, p.group))
                return r;
        if (r >= 0 && group)
                r = find_target(s, p.group, &target);
        p.target = target;
        if (r >= 0)
                r = supervisord_program(&p, &started.units);
        if (ini_get(section, "priority"))
                started.priority = strtol(ini_get(section, "priority"), NULL, 10);
        if (group && ini_get(group, "priority"))
                started.priority = strtol(ini_get(group, "priority"), NULL, 10);
        if (r >= 0 && started.units)
                r = add_started(o, &started);
        strv_free(started.units);
        return r;
}

/* The next lower priority of all; LONG_MIN: there is none. */
static long priority_before(const StartOrder *o, long priority) {
        long best = LONG_MIN;

        for (size_t i = 0; i < o->n; i++)
                if (o->v[i].priority < priority && o->v[i].priority > best)
                        best = o->v[i].priority;
        return best;
}

/* supervisord starts what has a low priority first, and stops it last. */
static void write_order(Supervisord *s, const StartOrder *o) {
        for (size_t i = 0; i < o->n; i++) {
                long before = priority_before(o, o->v[i].priority);

                for (size_t k = 0; k < o->n; k++) {
                        if (o->v[k].priority != before || before == LONG_MIN)
                                continue;
                        STRV_FOREACH (unit, o->v[i].units)
                                draft_words(draft_find(s->import, *unit), "Unit", "After", o->v[k].units);
                }
        }
}

static int read_sections(Supervisord *s) {
        StartOrder order __attribute__((cleanup(start_order_release))) = { 0 };
        int r = 0;

        for (size_t i = 0; i < s->ini.n && r >= 0; i++) {
                IniSection *section = s->ini.v + i;
                const char *name;

                if ((name = str_after(section->name, "program:")))
                        r = read_program(s, section, name, false, &order);
                else if ((name = str_after(section->name, "fcgi-program:")))
                        r = read_program(s, section, name, true, &order);
                else if ((name = str_after(section->name, "eventlistener:")))
                        import_drop(s->import, "[%s]: it speaks supervisord's protocol of events",
                                    section->name);
                else if (str_equal(section->name, "inet_http_server"))
                        import_drop(s->import, "[%s]: svctl and D-Bus control svinit", section->name);
        }
        if (r >= 0)
                write_order(s, &order);
        return r;
}

int import_supervisord(Import *im) {
        Supervisord s = { .import = im };
        int r = read_surroundings(&s);

        if (r >= 0)
                r = read_one(&s, im->file);
        if (r >= 0)
                r = read_includes(&s);
        if (r >= 0)
                r = read_defaults(&s);
        if (r >= 0)
                r = read_sections(&s);
        supervisord_release(&s);
        return r;
}
