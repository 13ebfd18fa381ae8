/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Boots, and runs of a unit: found by the journal's own index, never by going through the entries. */

#include "ctl/core/timestamp.h"
#include "ctl/logs/logs.h"

#include <errno.h>
#include <string.h>

typedef struct Boot {
        sd_id128_t id;
        uint64_t first, last; /* wall clock */
} Boot;

typedef struct BootList {
        Boot *boots;
        size_t n, capacity;
} BootList;

static int compare(const void *a, const void *b) {
        const Boot *x = a, *y = b;

        return (x->first > y->first) - (x->first < y->first);
}

/* When the first and the last entry were made that match. 0: there is none. */
static int ends(sd_journal *j, uint64_t *ret_first, uint64_t *ret_last) {
        int r = sd_journal_seek_head(j);

        if (r >= 0)
                r = sd_journal_next(j);
        if (r > 0)
                r = sd_journal_get_realtime_usec(j, ret_first);
        else
                return r;
        if (r >= 0)
                r = sd_journal_seek_tail(j);
        if (r >= 0)
                r = sd_journal_previous(j);
        if (r > 0)
                r = sd_journal_get_realtime_usec(j, ret_last);
        return r < 0 ? r : 1;
}

static int list_ids(sd_journal *j, BootList *l) {
        const void *data;
        size_t n;
        int r = sd_journal_query_unique(j, "_BOOT_ID");

        while (r >= 0 && (r = sd_journal_enumerate_available_unique(j, &data, &n)) > 0) {
                char text[SD_ID128_STRING_MAX];
                Boot b = { 0 };

                snprintf(text, sizeof(text), "%.*s", (int)MIN(n - 9, sizeof(text) - 1),
                         (const char *)data + 9);
                if (sd_id128_from_string(text, &b.id) < 0)
                        continue;
                r = array_reserve(&l->boots, &l->capacity, l->n + 1, sizeof(Boot));
                if (r >= 0)
                        l->boots[l->n++] = b;
        }
        return r;
}

/* Leaves no matches behind. */
static int list_boots(sd_journal *j, BootList *l) {
        size_t kept = 0;
        int r = list_ids(j, l);

        for (size_t i = 0; r >= 0 && i < l->n; i++) {
                char id[SD_ID128_STRING_MAX];

                sd_journal_flush_matches(j);
                r = logs_add_match(j, "_BOOT_ID", sd_id128_to_string(l->boots[i].id, id));
                if (r >= 0)
                        r = ends(j, &l->boots[i].first, &l->boots[i].last);
                if (r > 0)
                        l->boots[kept++] = l->boots[i];
        }
        sd_journal_flush_matches(j);
        l->n = kept;
        if (l->n > 0)
                qsort(l->boots, l->n, sizeof(Boot), compare);
        return MIN(r, 0);
}

int logs_list_boots(Logs *l) {
        BootList list = { 0 };
        int r = list_boots(l->j, &list);

        if (r >= 0 && list.n > 0 && !l->c->no_legend)
                fprintf(l->out,
                        "IDX BOOT ID                          FIRST ENTRY                 LAST ENTRY\n");
        for (size_t i = 0; r >= 0 && i < list.n; i++) {
                Buf first auto_buf = { 0 }, last auto_buf = { 0 };
                char id[SD_ID128_STRING_MAX];

                timestamp_format(list.boots[i].first, l->utc, &first);
                timestamp_format(list.boots[i].last, l->utc, &last);
                fprintf(l->out, "%3d %s %s %s\n", (int)i + 1 - (int)list.n,
                        sd_id128_to_string(list.boots[i].id, id), first.data ?: "", last.data ?: "");
        }
        if (r < 0)
                ctl_print_error("boots cannot be listed: %s", strerror(-r));
        else if (list.n == 0)
                logs_say_why_none(l);
        free(list.boots);
        return r < 0 ? CTL_FAILED : CTL_OK;
}

/* "ID", "ID-1", "-1", "+2": both parts are optional. */
static int parse_spec(const char *spec, bool *ret_has_id, sd_id128_t *ret_id, int *ret_offset) {
        size_t digits = strspn(spec, "0123456789abcdefABCDEF");
        char id[SD_ID128_STRING_MAX];

        *ret_offset = 0;
        *ret_has_id = digits >= 32;
        if (*ret_has_id) {
                memcpy(id, spec, 32);
                id[32] = 0;
                if (sd_id128_from_string(id, ret_id) < 0)
                        return -EINVAL;
                spec += 32;
                if (*spec && *spec != '+' && *spec != '-')
                        return -EINVAL;
        }
        return *spec ? parse_int(spec, ret_offset) : 0;
}

/* Counted from the id, else from this boot or the last one: 0 and less go back from there, 1 is the first there is. */
static bool pick(const BootList *list, bool has_id, const sd_id128_t *id, int offset, sd_id128_t *ret) {
        long at = offset > 0 && !has_id ? offset - 1 : (long)list->n - 1 + offset;
        bool found = !has_id;

        for (size_t i = 0; has_id && i < list->n; i++)
                if (sd_id128_equal(list->boots[i].id, *id)) {
                        at = (long)i + offset;
                        found = true;
                }
        if (!found || at < 0 || at >= (long)list->n)
                return false;
        *ret = list->boots[at].id;
        return true;
}

int logs_find_boot(Logs *l, sd_id128_t *ret) {
        const char *spec = l->o->boot ?: "";
        BootList list = { 0 };
        sd_id128_t id = SD_ID128_NULL, here;
        bool has_id, found;
        int offset, r;

        if (str_equal(spec, "all"))
                return 1;
        if (parse_spec(spec, &has_id, &id, &offset) < 0) {
                ctl_print_error("--boot: '%s' is not a boot such as -1, an id of 32 digits, or all", spec);
                return -EINVAL;
        }
        r = list_boots(l->j, &list);
        if (!*spec && r >= 0 && sd_id128_get_boot(&here) >= 0 && pick(&list, true, &here, 0, ret)) {
                free(list.boots);
                return 0;
        }
        found = r >= 0 && pick(&list, has_id, &id, offset, ret);
        free(list.boots);
        if (r < 0)
                ctl_print_error("boots cannot be listed: %s", strerror(-r));
        else if (!found) {
                ctl_print_error("there is no boot '%s' in the journal; --list-boots shows them",
                                *spec ? spec : "0");
                r = -ENOENT;
        }
        return r;
}

/* Invocations */

/* The run that the current entry belongs to. */
static int invocation_here(sd_journal *j, sd_id128_t *ret) {
        static const char *const fields[] = { "_SYSTEMD_INVOCATION_ID", "INVOCATION_ID" };

        for (size_t i = 0; i < ELEMENTSOF(fields); i++) {
                size_t n, skip = strlen(fields[i]) + 1;
                char text[SD_ID128_STRING_MAX];
                const void *data;

                if (sd_journal_get_data(j, fields[i], &data, &n) < 0)
                        continue;
                snprintf(text, sizeof(text), "%.*s", (int)MIN(n - skip, sizeof(text) - 1),
                         (const char *)data + skip);
                if (sd_id128_from_string(text, ret) >= 0)
                        return 0;
        }
        return -ENOENT;
}

/* Back from the end to where another run begins. 0, or -ENOENT. */
static int previous_invocation(sd_journal *j, const sd_id128_t *but, sd_id128_t *ret) {
        int r;

        while ((r = sd_journal_previous(j)) > 0)
                if (invocation_here(j, ret) >= 0 && !sd_id128_equal(*ret, *but))
                        return 0;
        return r < 0 ? r : -ENOENT;
}

int logs_find_invocation(Logs *l, char *const *units, sd_id128_t *ret) {
        const char *spec = l->o->invocation;
        sd_id128_t id = SD_ID128_NULL;
        bool has_id;
        int offset, r;

        if (parse_spec(spec, &has_id, &id, &offset) < 0 || (has_id && offset != 0) || offset > 0) {
                ctl_print_error("--invocation: '%s' is not an id of 32 digits, 0 for the last run of a unit, "
                                "or -1 for the one before",
                                spec);
                return -EINVAL;
        }
        *ret = id;
        if (has_id)
                return 0;
        if (!units || !*units) {
                ctl_print_error("--invocation=%s: say of which unit", spec);
                return -EINVAL;
        }
        r = logs_match_units(l, units);
        if (r >= 0)
                r = sd_journal_seek_tail(l->j);
        for (int i = 0; r >= 0 && i >= offset; i--) {
                id = *ret;
                r = previous_invocation(l->j, &id, ret);
        }
        sd_journal_flush_matches(l->j);
        if (r < 0)
                ctl_print_error("there is no such run of %s in the journal", units[0]);
        return r;
}
