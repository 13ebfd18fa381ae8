/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Generations: what a service was started with, kept beside what it is to be started with.
 *
 * A generation is what the files said and the directory that WorkingDirectory= led to, links resolved. A unit has one,
 * `unit->spec`, by which its machine and its processes go; and perhaps another one aside: an old one that it can be put
 * back to, or a new one for which it is held back. Swapped they are only while no process runs. Edges between units are
 * always those that the files ask for.
 *
 *      daemon-reload, the file has changed      other = what it runs on (old)
 *      roll begins                              other = what it is to become (new): restarts of its own stay on the old
 *      its turn; put back                       swapped
 *      roll ends well; started by somebody      no other
 *
 * Who is started while others of its set are held back goes along with them, also when it joins them only now: of its
 * set it is known what the files said.
 */

#include "manager/manager-internal.h"

#include "unit/directive.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

typedef enum Other {
        OTHER_NONE,
        OTHER_IS_OLD,
        OTHER_IS_NEW,
} Other;

struct Generations {
        Other other;
        bool rolled;    /* once: its directory counts as part of it */
        UnitSpec *spec; /* of the other one; owned; NULL: both say the same */
        char *directory,
                *here; /* owned; that of the other one, and of the unit's present one; NULL: as it says */
};

void generations_free(Generations *g) {
        if (!g)
                return;
        spec_free(g->spec);
        free(g->directory);
        free(g->here);
        free(g);
}

static Generations *generations_of(Unit *u) {
        UnitRuntime *rt = unit_runtime(u);

        if (!rt->generations)
                rt->generations = calloc(1, sizeof(*rt->generations));
        return rt->generations;
}

static void drop_other(Generations *g) {
        spec_free(TAKE(g->spec));
        free(TAKE(g->directory));
        g->other = OTHER_NONE;
}

/* Where links lead now; NULL: there are none, or it cannot be said from here. */
static char *resolved_directory(const UnitSpec *s) {
        const char *path = s->exec->working_directory;
        char *real;

        if (!path || path[0] != '/' || s->exec->root_directory)
                return NULL;
        real = realpath(path, NULL);
        if (real && str_equal(real, path))
                free(TAKE(real));
        return real;
}

const char *unit_release(const Unit *u) {
        const Generations *g = unit_runtime(u)->generations;

        return g ? g->here : NULL;
}

bool unit_is_held(const Unit *u) {
        const Generations *g = unit_runtime(u)->generations;

        return g && g->other == OTHER_IS_NEW;
}

const UnitSpec *unit_coming_spec(const Unit *u) {
        const Generations *g = unit_runtime(u)->generations;

        return unit_is_held(u) && g->spec ? g->spec : u->spec;
}

static void use(Unit *u, UnitSpec *spec) {
        u->spec = spec;
        machine_set_spec(&unit_runtime(u)->machine, spec);
        unit_apply_limits(unit_runtime(u)->manager, u);
        unit_mark_changed(u);
}

void unit_swap_generations(Unit *u) {
        Generations *g = unit_runtime(u)->generations;
        char *directory;
        UnitSpec *old;

        if (!g || g->other == OTHER_NONE)
                return;
        if (g->spec) {
                old = u->spec;
                use(u, TAKE(g->spec));
                g->spec = old;
        }
        directory = g->here;
        g->here = g->directory;
        g->directory = directory;
        g->other = g->other == OTHER_IS_OLD ? OTHER_IS_NEW : OTHER_IS_OLD;
}

void unit_commit_generation(Unit *u) {
        Generations *g = unit_runtime(u)->generations;

        if (g && g->other == OTHER_IS_OLD)
                drop_other(g);
}

/* A service that was never rolled has noted nothing: its process knows where it was started. */
static void find_directory(Unit *u, Generations *g) {
        pid_t pid = machine_main_pid(&unit_runtime(u)->machine);
        char link[32], path[PATH_MAX];
        ssize_t n;

        if (g->here || pid <= 0 || !g->directory)
                return;
        snprintf(link, sizeof(link), "/proc/%d/cwd", (int)pid);
        n = readlink(link, path, sizeof(path) - 1);
        if (n <= 0 || path[0] != '/')
                return;
        path[n] = 0;
        g->here = strdup(path);
}

int unit_hold_back(Unit *u) {
        Generations *g = generations_of(u);
        const UnitSpec *new;

        if (!g)
                return -ENOMEM;
        if (g->other == OTHER_IS_OLD)
                unit_swap_generations(u);
        g->other = OTHER_IS_NEW;
        g->rolled = true;
        new = g->spec ?: u->spec;
        free(g->directory);
        g->directory = resolved_directory(new);
        find_directory(u, g);
        return 0;
}

/* An instance that serves, held back, and is not about to be restarted with the whole set. */
static const Unit *find_held(const Unit *set) {
        for (const Edge *e = NULL; (e = unit_next_edge(set, DEP_CONSISTS_OF, e));) {
                const Unit *u = e->other;

                if (u->spec->service->is_member && unit_is_held(u) &&
                    active_state_is_up(machine_active_state(&unit_runtime(u)->machine)) &&
                    !(u->job && u->job->type != JOB_START))
                        return u;
        }
        return NULL;
}

/* What the set was read from before its files changed. */
static const UnitSpec *earlier(const Unit *set) {
        const Generations *g = unit_runtime(set)->generations;

        return g && g->other == OTHER_IS_OLD && g->spec ? g->spec : set->spec;
}

/* On what `model` runs on, with what the files say aside. */
static int hold_back_like(Unit *u, const Unit *set, const Unit *model) {
        SpecContext context = manager_spec_context(unit_runtime(u)->manager);
        Generations *g = unit_runtime(u)->generations;
        const char *release = unit_release(model);
        char *here auto_free = NULL;
        UnitSpec *old = NULL;
        int r;

        if (g->other == OTHER_IS_NEW)
                return 0;
        r = loader_read_instance(&context, earlier(set), u->id, &old);
        if (r < 0 && r != -ENODATA)
                return r;
        if (str_equal((old ?: u->spec)->exec->working_directory, model->spec->exec->working_directory)) {
                here = release ? strdup(release) : NULL;
                if (release && !here) {
                        spec_free(old);
                        return -ENOMEM;
                }
        } else {
                here = resolved_directory(old ?: u->spec);
        }
        drop_other(g);
        g->other = OTHER_IS_NEW;
        g->rolled = true;
        g->directory = resolved_directory(u->spec);
        free(g->here);
        g->here = TAKE(here);
        if (old) {
                g->spec = u->spec;
                use(u, old);
        }
        return 0;
}

static void begin_coming(Unit *u, Generations *g) {
        if (g->other == OTHER_IS_NEW)
                unit_swap_generations(u);
        drop_other(g);
        free(g->here);
        g->here = resolved_directory(u->spec);
}

int unit_begin_coming_generation(Unit *u) {
        Generations *g = generations_of(u);

        if (!g)
                return -ENOMEM;
        begin_coming(u, g);
        return 0;
}

int unit_begin_generation(Unit *u, bool again) {
        UnitRuntime *rt = unit_runtime(u);
        Generations *g = rt->generations;
        const Unit *set, *held;

        if (rt->seat)
                return 0;
        if (again) { /* by itself: as it was, but for what has been read meanwhile */
                unit_commit_generation(u);
                return 0;
        }
        if (!g && !u->spec->service->is_member)
                return 0;
        g = generations_of(u);
        if (!g)
                return -ENOMEM;
        set = unit_set(u);
        held = set && unit_runtime(set)->roll ? find_held(set) : NULL; /* only a roll holds back */
        if (held)
                return hold_back_like(u, set, held);
        begin_coming(u, g);
        if (!g->rolled && !u->spec->service->is_member)
                generations_free(TAKE(rt->generations));
        return 0;
}

static int format(const Directive *row, const UnitSpec *s, Buf *b) {
        b->len = 0;
        return directive_format(row, s, b);
}

static bool say_the_same(const UnitSpec *a, const UnitSpec *b) {
        Buf x auto_buf = { 0 }, y auto_buf = { 0 };

        for (const Directive *const *table = directive_tables; *table; table++)
                for (const Directive *row = *table; row->key; row++)
                        if (!row->alias_of && directive_counts_for(row, a->type) &&
                            (format(row, a, &x) < 0 || format(row, b, &y) < 0 || x.len != y.len ||
                             (x.len > 0 && memcmp(x.data, y.data, x.len) != 0)))
                                return false;
        return true;
}

UnitSpec *unit_take_read(Unit *u, UnitSpec *read) {
        UnitRuntime *rt = unit_runtime(u);
        Generations *g = rt->generations;

        if (u->type != UNIT_SERVICE || !read || (!g && unit_is_down(u)))
                return read;
        g = generations_of(u);
        if (!g)
                return read;
        if (unit_is_down(u) && !rt->seat) {
                drop_other(g);
                return read;
        }
        if (g->other == OTHER_IS_NEW &&
            (rt->seat || say_the_same(read, g->spec ?: u->spec))) { /* still held */
                spec_free(g->spec);
                g->spec = read;
                return NULL;
        }
        if (g->other == OTHER_IS_OLD && g->spec) /* what it ran on is aside already */
                return read;
        if (g->other != OTHER_IS_OLD) {
                drop_other(g);
                g->other = OTHER_IS_OLD;
                g->directory = g->here ? strdup(g->here) : NULL;
        }
        if (!str_equal(u->spec->exec->working_directory, read->exec->working_directory))
                free(TAKE(g->here));
        g->spec = u->spec;
        u->spec = read;
        return NULL;
}
