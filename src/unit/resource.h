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

/* Directive.outcome of rows of systemd.resource-control(5). */
typedef enum Way {
        WAY_UNSAID, /* the row lacks it: a mistake, which the tests find */
        WAY_ANYWHERE,
        WAY_LIMIT,
        WAY_V2,
        WAY_V1,
        WAY_KERNEL,
        WAY_WEIGHT,
        WAY_COST,
        WAY_SWAP,
        WAY_DEVICES,
        WAY_LENT,
        WAY_COUNT,
        WAY_LIMIT_PART,
        WAY_V1_PART,
        WAY_WEIGHT_PART,
        WAY_DEVICES_PART,
        WAY_MAX,
} Way;

/*
 * A word and, behind a colon, on what it depends: "applied", "translated" (v1
 * has something alike by another name), "reported" (the unit runs without, and
 * its status says so), "ignored" (nowhere applied). NULL for rows of other
 * manual pages, and for old spellings.
 */
const char *directive_resource_outcome(const Directive *d, GroupKind k);

/* Every row of systemd.resource-control(5): key and the outcome for the kinds, separated by tabs. */
void directives_dump_resources(Buf *b);
