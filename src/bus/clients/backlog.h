/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What readers that are behind have still to be told.
 *
 *      up to date -> behind -> catching up -> up to date
 *
 * A client that does not read for a while is not sent every state that units
 * go through meanwhile: while it is behind, PropertiesChanged of units is owed
 * to it, and when it reads again it gets one for each unit that has changed,
 * with the values of then. So what waits for it is bounded by the number of
 * units, not by what happens to them; only signals of which each one counts,
 * those of jobs above all, wait one by one.
 *
 * The backlog is one for all readers: units in the order of their last change,
 * each with its serial; a reader remembers the serial up to which it knows. It
 * is empty while nobody is behind.
 */

#include "graph/unit.h"

typedef struct OwedUnit {
        Unit *unit; /* borrowed */
        uint64_t serial;
        UT_hash_handle hh;
        struct OwedUnit *next, *prev;
} OwedUnit;

typedef struct Backlog {
        OwedUnit *by_unit, *list; /* the same ones; owned */
        uint64_t serial;          /* of the last change */
        unsigned n_readers;       /* that are behind */
} Backlog;

int backlog_add(Backlog *l, Unit *u); /* has changed just now; 0 or -ENOMEM */
void backlog_forget(Backlog *l, const Unit *u);
OwedUnit *backlog_after(const Backlog *l, uint64_t serial); /* the first change after that one; NULL: none */
void backlog_enter(Backlog *l, uint64_t *ret_serial);       /* a reader falls behind; what it knows */
void backlog_leave(Backlog *l);                             /* a reader has caught up, or has gone */
