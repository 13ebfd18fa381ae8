/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What was perhaps meant by a word that nothing is called. */

#include "ctl/core/ctl.h"

#include <stdio.h>
#include <string.h>

#define WORD_MAX 64

/* Letters to change, add, leave out or swap with the next one; more than is of interest for what is long. */
static unsigned distance(const char *a, const char *b) {
        size_t n = strlen(a), m = strlen(b);
        unsigned rows[3][WORD_MAX + 1];

        if (n > WORD_MAX || m > WORD_MAX)
                return WORD_MAX;
        for (size_t k = 0; k <= m; k++)
                rows[1][k] = (unsigned)k;
        for (size_t i = 1; i <= n; i++) {
                unsigned *now = rows[(i + 1) % 3], *last = rows[i % 3], *before = rows[(i + 2) % 3];

                now[0] = (unsigned)i;
                for (size_t k = 1; k <= m; k++) {
                        now[k] = MIN(MIN(last[k], now[k - 1]) + 1, last[k - 1] + (a[i - 1] != b[k - 1]));
                        if (i > 1 && k > 1 && a[i - 1] == b[k - 2] && a[i - 2] == b[k - 1])
                                now[k] = MIN(now[k], before[k - 2] + 1);
                }
        }
        return rows[(n + 1) % 3][m];
}

void similar_init(Similar *s, const char *word) {
        *s = (Similar){ .word = word, .distance = 1 + (unsigned)MIN(strcspn(word, ".") / 3, 3u) };
}

void similar_try(Similar *s, const char *candidate) {
        unsigned d = distance(s->word, candidate);

        if (d == 0 || d >= s->distance || strlen(candidate) >= sizeof(s->best))
                return;
        s->distance = d;
        memcpy(s->best, candidate, strlen(candidate) + 1);
}

const char *similar_hint(Similar *s) {
        if (!s->best[0])
                return "";
        snprintf(s->hint, sizeof(s->hint), "; did you mean '%s'?", s->best);
        return s->hint;
}
