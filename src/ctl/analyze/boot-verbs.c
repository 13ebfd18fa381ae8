/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* analyze time, blame, critical-chain: what the boot took, which unit how long, and which held up which. */

#include "ctl/analyze/analyze.h"
#include "ctl/analyze/boot.h"
#include "ctl/core/glyphs.h"
#include "ctl/core/table.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define DEPTH_MAX 64

static const char *span(usec_t t, Buf *b) {
        buf_release(b);
        timespan_format_rounded(t, b);
        return b->data ?: "";
}

static usec_t reached(const Boot *b) {
        const BootUnit *target = boot_find(b, b->target);

        return target && target->activated > 0 ? target->activated : 0;
}

static void print_times_as_json(const Boot *b) {
        Buf line auto_buf = { 0 };

        buf_addf(&line, "{\"userspace_usec\":%llu", (unsigned long long)b->finish);
        json_add_member(&line, "default_target", b->target);
        if (reached(b) > 0)
                buf_addf(&line, ",\"default_target_usec\":%llu}", (unsigned long long)reached(b));
        else
                buf_add(&line, ",\"default_target_usec\":null}");
        puts(line.data ?: "");
}

int analyze_time(Ctl *c, int argc, char **argv) {
        Buf text auto_buf = { 0 };
        bool json;
        Boot b = { 0 };
        int code = ctl_json_asked(c, "analyze time", &json);

        if (code == CTL_OK)
                code = boot_read(c, &b);
        if (code == CTL_OK && json) {
                print_times_as_json(&b);
        } else if (code == CTL_OK) {
                printf("Startup finished in %s (userspace) \n", span(b.finish, &text));
                if (reached(&b) > 0)
                        printf("%s reached after %s in userspace.\n", b.target, span(reached(&b), &text));
                else
                        printf("%s was never reached.\n", b.target);
        }
        boot_release(&b);
        return code;
}

static int by_time_taken(const void *a, const void *b) {
        const BootUnit *x = a, *y = b;

        if (x->took != y->took)
                return x->took > y->took ? -1 : 1;
        return strcmp(x->id, y->id);
}

static int print_blame(Ctl *c, const Boot *b) {
        static const Column columns[] = { { "TIME", "usec", .number = true }, { "UNIT", "unit" }, { 0 } };
        Table t = { .columns = columns };
        Buf text auto_buf = { 0 };

        for (size_t i = 0; i < b->n; i++) {
                if (b->units[i].took == 0)
                        continue;
                table_add_number(&t, span(b->units[i].took, &text), b->units[i].took);
                table_add(&t, b->units[i].id);
        }
        c->no_legend = true; /* systemd-analyze has none */
        return table_print(&t, c);
}

int analyze_blame(Ctl *c, int argc, char **argv) {
        bool json;
        Boot b = { 0 };
        int code = ctl_json_asked(c, "analyze blame", &json);

        if (code == CTL_OK)
                code = boot_read(c, &b);
        if (code == CTL_OK && b.n > 0) {
                qsort(b.units, b.n, sizeof(*b.units), by_time_taken);
                code = print_blame(c, &b);
        }
        boot_release(&b);
        return code;
}

typedef struct Chain {
        Ctl *ctl;
        const Boot *boot;
        usec_t fuzz;
        char **seen;   /* owned */
        uint64_t more; /* bit i: at depth i a branch follows below */
        bool json;
        Buf list; /* of links, for JSON */
} Chain;

static void describe_link(Chain *chain, unsigned depth, const char *id) {
        const BootUnit *u = boot_find(chain->boot, id);
        bool took = u && u->took > 0;

        json_open(&chain->list, "{");
        json_add_member(&chain->list, "unit", id);
        json_add_number(&chain->list, "depth", depth);
        json_add_number(&chain->list, "at_usec",
                        took                    ? u->activating
                        : u && u->activated > 0 ? u->activated
                                                : UINT64_MAX);
        json_add_number(&chain->list, "usec", took ? u->took : 0);
        buf_add_char(&chain->list, '}');
}

static void print_link(const Chain *chain, unsigned depth, bool last, const char *id) {
        const BootUnit *u = boot_find(chain->boot, id);
        const Glyphs *g = ctl_glyphs();
        Buf text auto_buf = { 0 };
        Ctl *c = chain->ctl;

        for (unsigned i = 1; i < depth; i++)
                fputs(chain->more & (UINT64_C(1) << i) ? g->vertical : g->space, stdout);
        if (depth > 0)
                fputs(last ? g->right : g->branch, stdout);
        fputs(id, stdout);
        if (u && u->took > 0) {
                printf(" %s@%s", COLOR_RED(c), span(u->activating, &text));
                printf(" +%s%s", span(u->took, &text), COLOR_END(c));
        } else if (u && u->activated > 0) {
                printf(" @%s", span(u->activated, &text));
        }
        putchar('\n');
}

static int print_chain(Chain *chain, const char *id, unsigned depth, bool last) {
        const BootUnit *u = boot_find(chain->boot, id);
        BootUnit **before auto_free = NULL;
        size_t n;
        int r;

        if (chain->json)
                describe_link(chain, depth, id);
        else
                print_link(chain, depth, last, id);
        if (!u || depth + 1 >= DEPTH_MAX || strv_contains(chain->seen, id))
                return 0;
        r = strv_add(&chain->seen, id);
        if (r >= 0)
                r = boot_predecessors(chain->boot, u, chain->fuzz, &before, &n);
        for (size_t i = 0; r >= 0 && i < n; i++) {
                uint64_t bit = UINT64_C(1) << (depth + 1);

                chain->more = i + 1 < n ? chain->more | bit : chain->more & ~bit;
                r = print_chain(chain, before[i]->id, depth + 1, i + 1 == n);
        }
        return r;
}

static int print_chains(Ctl *c, Boot *b, char **names, usec_t fuzz, bool json) {
        Chain chain = { .ctl = c, .boot = b, .fuzz = fuzz, .json = json };
        char *target[] = { b->target, NULL };
        int r = 0;

        buf_add_char(&chain.list, '[');
        if (!c->no_legend && !json)
                puts("Behind \"@\": when a unit began, or was up if that took no time.\n"
                     "Behind \"+\": how long its start took.\n");
        STRV_FOREACH (name, names ?: target) {
                const Relative *unit; /* asked for once more by a name that is an alias */

                if (name != (names ?: target) && !json)
                        putchar('\n');
                r = r < 0 ? r : relations_find(&b->relations, *name, &unit);
                if (r >= 0)
                        r = print_chain(&chain, property_get(&unit->properties, "Id"), 0, true);
                strv_free(TAKE(chain.seen));
        }
        buf_add_char(&chain.list, ']');
        if (r >= 0 && json && json_print(&chain.list) != CTL_OK)
                r = -EIO;
        buf_release(&chain.list);
        return r;
}

int analyze_critical_chain(Ctl *c, int argc, char **argv) {
        char **names auto_strv = NULL;
        usec_t fuzz = 0;
        bool json;
        Boot b = { 0 };
        int code = ctl_json_asked(c, "analyze critical-chain", &json);

        if (c->fuzz && timespan_parse(c->fuzz, USEC_PER_SEC, &fuzz) < 0) {
                ctl_print_error("--fuzz: '%s' is not a time span such as 100ms", c->fuzz);
                return CTL_FAILED;
        }
        if (code == CTL_OK)
                code = boot_read(c, &b);
        if (code == CTL_OK &&
            (ctl_names(c, argv + 1, &names) < 0 || print_chains(c, &b, names, fuzz, json) < 0))
                code = CTL_FAILED;
        boot_release(&b);
        return code;
}
