/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What becomes of a setting of systemd.resource-control(5) on each kind of
 * control group: the counterpart of unit/privilege.h.
 */

#include "unit/directive.h"

typedef enum GroupKind {
        GROUPS_V2,        /* all of the tree is svinit's */
        GROUPS_DELEGATED, /* v2, a part of it, as in a container or a Delegate= service */
        GROUPS_HYBRID,    /* limits by v1, v2 without controllers beside it */
        GROUPS_V1,
        GROUPS_NONE, /* none that can be written */
        GROUP_KIND_MAX,
} GroupKind;
const char *group_kind_to_string(GroupKind k); /* "v2" "delegated" "hybrid" "v1" "none" */

/*
 * A word and, behind a colon, on what it depends: "applied", "translated" (v1
 * has something alike by another name), "reported" (the unit runs without, and
 * its status says so), "ignored" (nowhere applied). NULL for rows of other
 * manual pages, and for old spellings.
 */
const char *directive_resource_outcome(const Directive *d, GroupKind k);

/* Every row of systemd.resource-control(5): key and the outcome for the kinds, separated by tabs. */
void directives_dump_resources(Buf *b);
