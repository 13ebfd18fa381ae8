/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/zone.h"

#include "conf/zone-rule.h"

#include <errno.h>

#define HEADER 44
#define COUNT_MAX 10000 /* of anything in a file; the largest real one has 250 changes */

static const ZoneKind utc = { .abbreviation = "UTC" };

typedef struct Counts {
        uint32_t utc_marks, standard_marks, leaps, changes, kinds, text;
} Counts;

static uint64_t take_number(const unsigned char *p, size_t bytes) {
        uint64_t v = 0;

        for (size_t i = 0; i < bytes; i++)
                v = v << 8 | p[i];
        return v;
}

/* The header at p, of which n bytes are left. */
static bool read_counts(const char *p, size_t n, Counts *ret) {
        const unsigned char *u = (const unsigned char *)p + 20;

        if (n < HEADER || memcmp(p, "TZif", 4) != 0)
                return false;
        *ret = (Counts){ (uint32_t)take_number(u, 4),      (uint32_t)take_number(u + 4, 4),
                         (uint32_t)take_number(u + 8, 4),  (uint32_t)take_number(u + 12, 4),
                         (uint32_t)take_number(u + 16, 4), (uint32_t)take_number(u + 20, 4) };
        return ret->utc_marks <= COUNT_MAX && ret->standard_marks <= COUNT_MAX && ret->leaps <= COUNT_MAX &&
               ret->changes <= COUNT_MAX && ret->kinds >= 1 && ret->kinds <= UINT8_MAX + 1 &&
               ret->text >= 1 && ret->text <= COUNT_MAX;
}

static size_t block_size(const Counts *c, size_t time_size) {
        return c->changes * (time_size + 1) + c->kinds * 6 + c->text + c->leaps * (time_size + 4) +
               c->standard_marks + c->utc_marks;
}

static int read_kinds(const unsigned char *p, const Counts *c, const char *text, Zone *z) {
        for (size_t i = 0; i < c->kinds; i++, p += 6) {
                ZoneKind *k = z->kinds + i;

                if (p[5] >= c->text)
                        return -EBADMSG;
                k->offset = (int32_t)(uint32_t)take_number(p, 4);
                k->dst = p[4] != 0;
                if (k->offset < -86400 * 2 || k->offset > 86400 * 2)
                        return -EBADMSG;
                for (size_t at = p[5], to = 0; at < c->text && text[at] && to < ZONE_ABBREVIATION_MAX; at++)
                        k->abbreviation[to++] = text[at];
        }
        return 0;
}

static int read_block(const char *data, const Counts *c, size_t time_size, Zone *z) {
        const unsigned char *times = (const unsigned char *)data, *to = times + c->changes * time_size,
                            *kinds = to + c->changes;

        z->changes = calloc(c->changes + 1, sizeof(*z->changes));
        z->change_to = calloc(c->changes + 1, 1);
        z->kinds = calloc(c->kinds, sizeof(*z->kinds));
        if (!z->changes || !z->change_to || !z->kinds)
                return -ENOMEM;
        z->n_changes = c->changes;
        z->n_kinds = c->kinds;
        for (size_t i = 0; i < c->changes; i++) {
                uint64_t v = take_number(times + i * time_size, time_size);

                z->changes[i] = time_size == 4 ? (int32_t)(uint32_t)v : (int64_t)v;
                z->change_to[i] = to[i];
                if (to[i] >= c->kinds || (i > 0 && z->changes[i] <= z->changes[i - 1]))
                        return -EBADMSG;
        }
        return read_kinds(kinds, c, (const char *)kinds + c->kinds * 6, z);
}

/* "\nRULE\n"; an empty rule says nothing about what comes behind the last change. */
static int read_footer(const char *p, size_t n, Zone *z) {
        char text[128];
        const char *end;
        size_t length;

        if (n < 2 || p[0] != '\n')
                return -EBADMSG;
        end = memchr(p + 1, '\n', n - 1);
        length = end ? (size_t)(end - p - 1) : 0;
        if (!end || length >= sizeof(text))
                return -EBADMSG;
        if (length == 0)
                return 0;
        memcpy(text, p + 1, length);
        text[length] = 0;
        z->has_rule = zone_rule_parse(text, &z->rule);
        return z->has_rule ? 0 : -EBADMSG;
}

/* The first block has 32-bit times; from version 2 on, one with 64 bits and a rule for the future follow. */
static int parse_file(const char *data, size_t n, Zone *z) {
        size_t time_size = 4, size;
        Counts c;
        int r;

        if (!read_counts(data, n, &c))
                return -EBADMSG;
        size = block_size(&c, time_size);
        if (data[4] >= '2') {
                if (n < HEADER + size)
                        return -EBADMSG;
                data += HEADER + size;
                n -= HEADER + size;
                if (!read_counts(data, n, &c))
                        return -EBADMSG;
                time_size = 8;
                size = block_size(&c, time_size);
        }
        if (n < HEADER + size)
                return -EBADMSG;
        r = read_block(data + HEADER, &c, time_size, z);
        if (r < 0 || time_size == 4)
                return r;
        return read_footer(data + HEADER + size, n - HEADER - size, z);
}

int zone_parse_file(const char *data, size_t n, Zone *ret) {
        Zone z = { 0 };
        int r = parse_file(data, n, &z);

        if (r < 0)
                zone_release(&z);
        else
                *ret = z;
        return r;
}

int zone_parse_rule(const char *text, Zone *ret) {
        Zone z = { .has_rule = true };

        if (!zone_rule_parse(text, &z.rule))
                return -EINVAL;
        *ret = z;
        return 0;
}

void zone_release(Zone *z) {
        free(z->changes);
        free(z->change_to);
        free(z->kinds);
        *z = (Zone){ 0 };
}

/* Before the first change the first standard time of the file counts, as in the C library. */
static const ZoneKind *first_kind(const Zone *z) {
        for (size_t i = 0; i < z->n_kinds; i++)
                if (!z->kinds[i].dst)
                        return z->kinds + i;
        return z->n_kinds > 0 ? z->kinds : &utc;
}

const ZoneKind *zone_at(const Zone *z, int64_t seconds) {
        size_t low = 0, high;

        if (!z)
                return &utc;
        high = z->n_changes;
        if (z->has_rule && (high == 0 || seconds >= z->changes[high - 1]))
                return zone_rule_at(&z->rule, seconds);
        while (low < high) { /* low: the number of changes up to that instant */
                size_t middle = low + (high - low) / 2;

                if (z->changes[middle] <= seconds)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low == 0 ? first_kind(z) : z->kinds + z->change_to[low - 1];
}

const char *zone_abbreviation(const Zone *z, bool dst) {
        if (!z)
                return utc.abbreviation;
        if (z->has_rule && (!dst || z->rule.has_summer))
                return dst ? z->rule.summer.abbreviation : z->rule.standard.abbreviation;
        for (size_t i = z->n_changes; i > 0; i--)
                if (z->kinds[z->change_to[i - 1]].dst == dst)
                        return z->kinds[z->change_to[i - 1]].abbreviation;
        return z->has_rule ? z->rule.standard.abbreviation : first_kind(z)->abbreviation;
}

bool zone_name_is_valid(const char *name) {
        bool slash = true;

        for (const char *p = name; *p; p++) {
                bool letter = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z');

                if (*p == '/' ? slash : !letter && !(*p >= '0' && *p <= '9') && !strchr("-_+", *p))
                        return false;
                slash = *p == '/';
        }
        return !slash && strlen(name) < 256;
}
