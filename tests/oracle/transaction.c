/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * transaction [FIRST [COUNT]] [-v]: compares sets FIRST, FIRST + 1, ... with
 * systemd, see transaction.h. TAP on stdout; the differences that have been
 * looked at and are meant stand in transaction.differences, beside this file
 * or where $DIFFERENCES says: a pattern for the line, which begins with "ours"
 * or "theirs", and after a tab the reason.
 */

#include "transaction.h"

#include <errno.h>
#include <fnmatch.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SETS 300
#define UNDECIDED_MAX 2 /* percent */
#define TRIES 8 /* what systemd drops, and which leftovers it finds, depends on the seed of its hashes */
#define SHOWN_MAX 12

typedef struct Totals {
        unsigned n_sets, n_equal, n_different, n_reviewed, n_started, n_chance, n_undecided;
        unsigned number; /* of the set at hand */
        bool any;        /* differences in it, reviewed ones included */
        size_t n_jobs, n_edges;
        char **patterns;
        unsigned *used; /* per pattern */
} Totals;

bool unit_counts(const char *directory, const char *name) {
        char path[512];

        if (str_ends_with(name, ".device") || str_starts_with(name, "blockdev@"))
                return false;
        if (str_equal(name, "-.mount") || !(str_ends_with(name, ".mount") || str_ends_with(name, ".swap")))
                return true;
        snprintf(path, sizeof(path), "%s/%s", directory, name);
        return access(path, F_OK) == 0;
}

static int by_text(const void *a, const void *b) {
        return strcmp(*(char *const *)a, *(char *const *)b);
}

static void sort(char **l) {
        if (l)
                qsort(l, strv_length(l), sizeof(*l), by_text);
}

static size_t count_kind(char *const *facts, const char *kind) {
        size_t n = 0;

        STRV_FOREACH (f, facts)
                n += str_starts_with(*f, kind);
        return n;
}

/* systemd dumps nothing when it refuses. */
static void keep_outcome(char **facts) {
        char **to = facts;

        for (char **f = facts; f && *f; f++)
                if (str_starts_with(*f, "outcome "))
                        *to++ = *f;
                else
                        free(*f);
        if (to)
                *to = NULL;
}

static bool is_refused(char *const *facts) {
        return !strv_contains(facts, "outcome of started");
}

/* Lines of one list that the other has not: "ours edge ...", "theirs job ...". Both are sorted. */
static char **compare(char **ours, char **theirs) {
        char **out = NULL, *line;

        if (is_refused(ours) || is_refused(theirs)) {
                keep_outcome(ours);
                keep_outcome(theirs);
        }

        while ((ours && *ours) || (theirs && *theirs)) {
                int c = !ours || !*ours ? 1 : !theirs || !*theirs ? -1 : strcmp(*ours, *theirs);

                if (c != 0) {
                        if (str_printf(&line, "%s %s", c < 0 ? "ours" : "theirs", c < 0 ? *ours : *theirs) <
                                    0 ||
                            strv_push(&out, line) < 0)
                                exit(99);
                }
                if (c <= 0)
                        ours++;
                if (c >= 0)
                        theirs++;
        }
        return out;
}

/*
 * Where the order of systemd's hashes decides, jobs are not compared. That is
 * so where several jobs had to be dropped, one after the other; and where a
 * unit is only wanted, and itself requires what cannot be had: svinit does not
 * start it, while systemd notices in the middle of its work and leaves in the
 * transaction what it has put there until then.
 */
static bool is_left_to_chance(char *const *ours, unsigned choices) {
        return choices > 1 || strv_contains(ours, "given-up some jobs");
}

static bool is_about_jobs(const char *line) {
        return str_starts_with(line, "theirs job ") || str_starts_with(line, "ours job ") ||
               str_equal(line, "ours given-up some jobs");
}

static bool is_reviewed(Totals *t, const char *line) {
        char numbered[1024];

        snprintf(numbered, sizeof(numbered), "set %u: %s", t->number, line);
        for (size_t i = 0; t->patterns && t->patterns[i]; i++)
                if (fnmatch(t->patterns[i], line, 0) == 0 || fnmatch(t->patterns[i], numbered, 0) == 0) {
                        t->used[i]++;
                        return true;
                }
        return false;
}

static int read_patterns(Totals *t, const char *path) {
        char *line auto_free = NULL;
        size_t size = 0;
        FILE *f = fopen(path, "re");

        if (!f)
                return -errno;
        while (getline(&line, &size, f) > 0) {
                char *tab = strchr(line, '\t');

                if (line[0] == '#' || line[0] == '\n')
                        continue;
                if (!tab || strv_length(t->patterns) > 1000) {
                        fclose(f);
                        return -EBADMSG;
                }
                *tab = 0;
                if (strv_add(&t->patterns, line) < 0)
                        exit(99);
        }
        fclose(f);
        t->used = calloc(strv_length(t->patterns) + 1, sizeof(*t->used));
        return t->used ? 0 : -ENOMEM;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw) {
        return remove(path);
}

static void remove_tree(const char *path) {
        (void)nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* The differences that nobody has looked at; NULL: none. */
static char **unreviewed(Totals *t, bool jobs_count, char **lines) {
        char **out = NULL;

        STRV_FOREACH (l, lines)
                if ((jobs_count || !is_about_jobs(*l)) && !is_reviewed(t, *l) && strv_add(&out, *l) < 0)
                        exit(99);
        return out;
}

/* As opposed to what was loaded, where there is no chance. */
static bool is_about_start(char *const *lines) {
        STRV_FOREACH (l, lines)
                if (!is_about_jobs(*l) && !strstr(*l, " outcome of "))
                        return false;
        return true;
}

static int ask_systemd(Totals *t, const char *directory, const char *anchor, char **ours, bool jobs_count,
                       char ***ret_left) {
        char **theirs auto_strv = NULL, **lines auto_strv = NULL;
        int r;

        r = facts_of_systemd(directory, anchor, &theirs);
        if (r < 0)
                return r;
        sort(theirs);
        lines = compare(ours, theirs);
        strv_free(*ret_left);
        *ret_left = unreviewed(t, jobs_count, lines);
        t->any = false;
        STRV_FOREACH (l, lines)
                t->any = t->any || jobs_count || !is_about_jobs(*l);
        return 0;
}

static int compare_set(Totals *t, const char *directory, const char *anchor, char ***ret_left) {
        char **ours auto_strv = NULL;
        unsigned choices = 0, tries = 0;
        int r;

        r = facts_of_svinit(directory, anchor, &ours, &choices);
        if (r < 0)
                return r;
        sort(ours);
        t->n_jobs += count_kind(ours, "job ");
        t->n_edges += count_kind(ours, "edge ");
        t->n_started += count_kind(ours, "outcome of started");
        t->n_chance += is_left_to_chance(ours, choices);
        do
                r = ask_systemd(t, directory, anchor, ours, !is_left_to_chance(ours, choices), ret_left);
        while (r >= 0 && *ret_left && is_about_start(*ret_left) && ++tries < TRIES);
        if (r >= 0 && *ret_left && choices > 0 && is_about_start(*ret_left)) {
                t->n_undecided++;
                strv_free(TAKE(*ret_left));
        }
        return r;
}

static void one_set(Totals *t, unsigned number, bool keep) {
        char directory[] = "/tmp/svinit-transaction-XXXXXX", *anchor auto_free = NULL;
        char **left auto_strv = NULL;
        unsigned shown = 0;
        int r;

        t->n_sets++;
        t->number = number;
        t->any = false;
        r = mkdtemp(directory) && chmod(directory, 0755) == 0 ? 0 : -errno;
        if (r >= 0)
                r = set_generate(directory, number, &anchor);
        if (r >= 0)
                r = compare_set(t, directory, anchor, &left);
        if (r < 0 || left) {
                t->n_different++;
                printf("not ok - set %u, start of %s\n", number, anchor ?: "?");
                if (r < 0)
                        printf("# %s\n", strerror(-r));
                STRV_FOREACH (l, left)
                        if (++shown <= SHOWN_MAX || getenv("VERBOSE"))
                                printf("# %s\n", *l);
        } else if (t->any)
                t->n_reviewed++;
        else
                t->n_equal++;
        if (keep)
                printf("# kept in %s\n", directory);
        else
                remove_tree(directory);
}

int main(int argc, char **argv) {
        unsigned first = argc > 1 ? (unsigned)atoi(argv[1]) : 0,
                 count = argc > 2 ? (unsigned)atoi(argv[2]) : SETS;
        bool keep = argc > 3;
        const char *path = getenv("DIFFERENCES") ?: "tests/oracle/transaction.differences";
        Totals t = { 0 };
        bool undecided;
        int r;

        umask(022);
        if (access("/lib/systemd/systemd", X_OK) < 0) {
                printf("1..0 # skip no systemd here\n");
                return 0;
        }
        r = read_patterns(&t, path);
        if (r < 0) {
                printf("1..1\nnot ok - %s: %s\n", path, strerror(-r));
                return 1;
        }
        for (unsigned i = first; i < first + count; i++)
                one_set(&t, i, keep);
        for (size_t i = 0; t.patterns && t.patterns[i]; i++)
                if (t.used[i] == 0 && first == 0 && count >= SETS)
                        printf("# never seen: %s\n", t.patterns[i]);
        undecided = t.n_undecided * 100 > count * UNDECIDED_MAX;
        printf("%s - sets %u to %u mean the same to systemd\n", t.n_different == 0 ? "ok" : "not ok", first,
               first + count - 1);
        printf("%s - systemd came to our choice of the job to be dropped, in all but %u sets\n",
               undecided ? "not ok" : "ok", t.n_undecided);
        printf("# transaction: %u sets (%u started), %zu jobs, %zu edges, %u equal, %u reviewed differences, "
               "%u different; in %u sets, without the jobs: there systemd's hashes decide\n",
               t.n_sets, t.n_started, t.n_jobs, t.n_edges, t.n_equal, t.n_reviewed, t.n_different,
               t.n_chance);
        printf("1..%u\n", t.n_different + 2);
        strv_free(t.patterns);
        free(t.used);
        return t.n_different > 0 || undecided;
}
