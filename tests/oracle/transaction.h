/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The differential test of the graph, with `systemd --test` as the oracle.
 *
 * A set is a directory of generated unit files and the name of one unit to
 * start. What a manager makes of it is written down as facts, one line each:
 *
 *      unit a.service loaded
 *      edge a.service Requires b.service
 *      path a.service /var/lib/a
 *      job a.service start
 *      outcome of started | not-found | masked | cyclic | ...
 *      given-up some jobs
 *
 * Both sides print the same kinds of lines, so comparing is comparing sorted
 * lists. Left out on both sides is what the machine brings along: mounts,
 * swaps and devices that are not part of the set.
 */

#include "base/text.h"

/* generate: the same number gives the same set */
int set_generate(const char *directory, unsigned number, char **ret_anchor);

/* 0 or negative errno. ret_choices: cycles and contradictions, where one of several jobs had to be dropped. */
int facts_of_svinit(const char *directory, const char *anchor, char ***ret, unsigned *ret_choices);
int facts_of_systemd(const char *directory, const char *anchor, char ***ret);

/* Is a unit, or the other end of an edge, to be compared at all? */
bool unit_counts(const char *directory, const char *name);
