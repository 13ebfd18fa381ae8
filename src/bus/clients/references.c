/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bus/clients/references.h"

#include <errno.h>

static Reference *find(const References *l, const Unit *u) {
        for (size_t i = 0; i < l->n; i++)
                if (l->v[i].unit == u)
                        return l->v + i;
        return NULL;
}

bool references_contain(const References *l, const Unit *u) {
        return find(l, u);
}

int references_add(References *l, Unit *u) {
        Reference *f = find(l, u);
        int r;

        if (f) {
                f->n++;
                return 0;
        }
        if (l->n >= REFERENCES_MAX)
                return -ENOBUFS;
        r = array_reserve(&l->v, &l->capacity, l->n + 1, sizeof(Reference));
        if (r < 0)
                return r;
        l->v[l->n++] = (Reference){ .unit = u, .n = 1 };
        u->refs++;
        return 0;
}

int references_tie(References *l, const Unit *u) {
        Reference *f = find(l, u);

        if (!f)
                return -ENOENT;
        f->tied = true;
        return 0;
}

static void let_go(Unit *u) {
        u->refs--;
        if (u->refs == 0 && u->machine)
                manager_collect(unit_runtime(u)->manager, u);
}

int references_remove(References *l, Unit *u) {
        Reference *f = find(l, u);

        if (!f)
                return -ENOENT;
        if (--f->n > 0)
                return 0;
        *f = l->v[--l->n];
        let_go(u);
        return 0;
}

/* One that has become another name of `to` is held there; the count of that one has it already. */
static void pass_on(References *l, Reference *f, Unit *to) {
        Reference *held = find(l, to);

        if (!held) {
                f->unit = to;
                return;
        }
        held->n += f->n;
        to->refs--;
        *f = l->v[--l->n];
}

void references_forget(References *l, const Unit *u) {
        Unit *to = u->load_state == LOAD_MERGED ? graph_find(u->graph, u->id) : NULL;
        Reference *f = find(l, u);

        if (f && to)
                pass_on(l, f, to);
        else if (f)
                *f = l->v[--l->n];
}

/* A stop that cannot be asked for now leaves the unit as it would be without its tie. */
static void end_tied(Manager *m, Unit *u) {
        if (active_state_is_up(u->active) || u->job)
                (void)manager_enqueue(m, JOB_STOP, u, JOB_REPLACE, NULL, NULL);
        else if (u->active == FAILED && u->type == UNIT_SERVICE && u->spec->service->watch)
                manager_reset_failed(m, u); /* or the next change of a file would start it */
}

void references_end(References *l, Manager *m) {
        for (size_t i = 0; i < l->n; i++)
                if (l->v[i].tied)
                        end_tied(m, l->v[i].unit);
        references_release(l);
}

void references_release(References *l) {
        for (size_t i = 0; i < l->n; i++)
                let_go(l->v[i].unit);
        free(l->v);
        *l = (References){ 0 };
}
