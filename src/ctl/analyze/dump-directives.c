/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* dump-directives: the table of settings, from which svinit.directives(7) is made. */

#include "ctl/core/ctl.h"

#include "unit/directive.h"
#include "unit/privilege.h"
#include "unit/resource.h"

#include <stdio.h>

static void print_counts(void) {
        DirectiveCounts counts = directives_count();
        unsigned all = 0;

        for (int i = 0; i < SUPPORT_MAX; i++) {
                printf("%-14s %4u\n", support_to_string((Support)i), counts.of[i]);
                all += counts.of[i];
        }
        printf("%-14s %4u\n%-14s %4u\n", "settings", all, "old spellings", counts.old_spellings);
}

VERB(dump_directives) {
        Buf b auto_buf = { 0 };

        if (c->counts) {
                print_counts();
                return CTL_OK;
        }
        if (c->outcomes)
                directives_dump_outcomes(&b);
        else if (c->resources)
                directives_dump_resources(&b);
        else
                directives_dump(&b);
        fputs(b.data ?: "", stdout);
        return b.error < 0 ? CTL_FAILED : CTL_OK;
}
