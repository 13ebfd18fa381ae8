/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What loader.c and the files of install share. */

#include "load/dropin.h"
#include "load/loader.h"
#include "load/preset.h"

typedef struct LinkIndex LinkIndex; /* install-links.c */
void link_index_free(LinkIndex *x);

struct Loader {
        Root root;
        SearchPath path; /* as configured; what was found is in the index */
        char **prefixed; /* owned; the path with the root prefix */
        Index index;
        bool indexed;
        const SpecifierHost *host; /* borrowed; NULL */
        bool ignore_system_services;
        bool user; /* units of user managers: --global, --user */
        PresetRules presets;
        bool presets_read;
        LinkIndex *links; /* owned; NULL until install_state() asks */
};

/*
 * Reads u->fragment_path (NULL: none) and the drop-ins of u->names into
 * u->spec. READ_OK, another ReadOutcome of the fragment, or a negative errno.
 * What happened with drop-ins is in the report only. Sets dropins. The stamp
 * (may be NULL) is fed with what was read.
 */
typedef struct Stamp Stamp;
int loader_read_files(const Loader *l, const SpecContext *c, LoadedUnit *u, Stamp *stamp);
