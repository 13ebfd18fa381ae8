/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* dump-catalog: what svinit's messages mean, as journalctl --update-catalog reads it. */

#include "ctl/core/ctl.h"

#include "base/log.h"

#include <stdio.h>

/* What is said, without its end: a subject is no sentence. */
static void print_subject(const char *sentence) {
        size_t n = strlen(sentence);

        while (n > 0 && strchr(".:", sentence[n - 1]))
                n--;
        printf("Subject: %.*s\n", (int)n, sentence);
}

VERB(dump_catalog) {
        puts("# Made by svctl dump-catalog.");
        for (size_t i = 0; i < MESSAGE_MAX; i++) {
                const MessageRow *row = &message_rows[i];

                if (message_find(row->id) != row)
                        continue;
                printf("\n-- %s\n", row->id);
                print_subject(row->sentence);
                printf("Defined-By: svinit\n\n%s\n", row->catalogue);
        }
        return CTL_OK;
}
