/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bus/clients/backlog.h"

#include <errno.h>
#include <stdlib.h>
#include <utlist.h>

static OwedUnit *find(const Backlog *l, const Unit *u) {
        OwedUnit *o;

        HASH_FIND_PTR(l->by_unit, &u, o);
        return o;
}

int backlog_add(Backlog *l, Unit *u) {
        OwedUnit *o = find(l, u);

        if (o)
                DL_DELETE(l->list, o);
        else {
                o = malloc(sizeof(OwedUnit));
                if (!o)
                        return -ENOMEM;
                *o = (OwedUnit){ .unit = u };
                HASH_ADD_PTR(l->by_unit, unit, o);
                if (!o->hh.tbl) {
                        free(o);
                        return -ENOMEM;
                }
        }
        o->serial = ++l->serial;
        DL_APPEND(l->list, o);
        return 0;
}

static void drop(Backlog *l, OwedUnit *o) {
        HASH_DEL(l->by_unit, o);
        DL_DELETE(l->list, o);
        free(o);
}

void backlog_forget(Backlog *l, const Unit *u) {
        OwedUnit *o = find(l, u);

        if (o)
                drop(l, o);
}

/* From the end: whoever is about to catch up stands there. */
OwedUnit *backlog_after(const Backlog *l, uint64_t serial) {
        OwedUnit *o = l->list ? l->list->prev : NULL;

        if (!o || o->serial <= serial)
                return NULL;
        while (o != l->list && o->prev->serial > serial)
                o = o->prev;
        return o;
}

void backlog_enter(Backlog *l, uint64_t *ret_serial) {
        l->n_readers++;
        *ret_serial = l->serial;
}

void backlog_leave(Backlog *l) {
        l->n_readers--;
        while (l->n_readers == 0 && l->list)
                drop(l, l->list);
}
