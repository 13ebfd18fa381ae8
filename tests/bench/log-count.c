/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * log-count LINES [JOURNAL-DIRECTORY]: of the lines of log-lines, in files on the standard input or in a journal, how
 * many there are, and how many of each writer's LINES are missing, doubled or out of order: "FOUND MISSING WRONG".
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-journal.h>

#define WRITERS_MAX 1000

static unsigned long next[WRITERS_MAX], found, missing, wrong;

static void count(const char *text, size_t n) {
        const char *p = memmem(text, n, "bench ", 6);
        unsigned long number;
        unsigned writer;
        char copy[32];

        if (!p || (size_t)(text + n - p) < 21)
                return;
        memcpy(copy, p, 21);
        copy[21] = 0;
        if (sscanf(copy, "bench %3u %10lu", &writer, &number) != 2 || writer >= WRITERS_MAX)
                return;
        found++;
        if (number < next[writer])
                wrong++;
        else {
                missing += number - next[writer];
                next[writer] = number + 1;
        }
}

static int count_journal(const char *directory) {
        sd_journal *j;
        const void *data;
        size_t n;
        int r = sd_journal_open_directory(&j, directory, 0);

        if (r < 0)
                return r;
        SD_JOURNAL_FOREACH(j)
        if (sd_journal_get_data(j, "MESSAGE", &data, &n) >= 0)
                count(data, n);
        sd_journal_close(j);
        return 0;
}

int main(int argc, char **argv) {
        unsigned long lines = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;
        size_t size = 0;
        char *line = NULL;
        ssize_t n;

        if (argc > 2 && count_journal(argv[2]) < 0)
                return 1;
        while (argc <= 2 && (n = getline(&line, &size, stdin)) > 0)
                count(line, (size_t)n);
        for (unsigned i = 0; i < WRITERS_MAX; i++)
                if (next[i] > 0)
                        missing += lines - next[i];
        printf("%lu %lu %lu\n", found, missing, wrong);
        free(line);
        return 0;
}
