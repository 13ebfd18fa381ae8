/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Parts with the same content, kept once. A part that owns no memory is its
 * bytes and nothing else, so the bytes are the key. Such parts are common: a
 * thousand services with StandardOutput=null, or a hundred that only say
 * PrivateTmp=yes, differ in [Service] alone.
 */

#include "unit/spec-parts.h"

#include "unit/codec.h"

#ifndef HASH_NONFATAL_OOM
#define HASH_NONFATAL_OOM 1
#endif
#include <stdalign.h>
#include <stddef.h>
#define HASH_FUNCTION(content, n, ret) ((ret) = content_hash(content, n))
#include <uthash.h>

typedef struct SharedPart {
        UT_hash_handle hh;
        size_t n_specs;
        alignas(max_align_t) char content[];
} SharedPart;

static SharedPart *shared[PART_MAX];

/* By words: each service has more than a kilobyte of such content. */
static unsigned content_hash(const void *content, size_t n) {
        const char *p = content;
        uint64_t h = n;

        for (size_t i = 0; i < n; i += sizeof(uint64_t)) {
                uint64_t word = 0;

                memcpy(&word, p + i, MIN(n - i, sizeof(word)));
                h = (h ^ word) * UINT64_C(0x9E3779B97F4A7C15);
                h ^= h >> 32;
        }
        return (unsigned)h;
}

static SharedPart *holder_of(const void *content) {
        return (SharedPart *)((char *)content - offsetof(SharedPart, content));
}

static bool owns_memory(const UnitSpec *s, const Directive *d) {
        if (!d->codec || !d->codec->release || d->whole)
                return false;
        return d->codec->owns ? d->codec->owns(spec_field(s, d)) : !spec_field_is_default(s, d);
}

/* Of the private ones. As in spec_parts_release(): only what a row can release is ever owned. */
static unsigned owning_parts(const UnitSpec *s) {
        unsigned owning = 0, unknown = 0;

        for (int part = 0; part < PART_MAX; part++)
                if (!spec_part_is_shared(s, part))
                        unknown |= 1U << part;
        for (const Directive *const *table = directive_tables; *table; table++)
                for (const Directive *d = *table; d->key; d++)
                        if ((unknown & 1U << d->part) && owns_memory(s, d)) {
                                owning |= 1U << d->part;
                                unknown &= ~(1U << d->part);
                        }
        return owning;
}

static SharedPart *hold(PartId part, const void *content) {
        size_t n = spec_part_size(part);
        SharedPart *p;

        HASH_FIND(hh, shared[part], content, n, p);
        if (p)
                return p;
        p = calloc(1, sizeof(*p) + n);
        if (!p)
                return NULL;
        memcpy(p->content, content, n);
        HASH_ADD_KEYPTR(hh, shared[part], p->content, n, p);
        if (!p->hh.tbl) {
                free(p);
                return NULL;
        }
        return p;
}

static void share_part(UnitSpec *s, PartId part) {
        void *own = (void *)s->parts[part]; /* const for the readers; the memory is ours */
        SharedPart *p;

        if (memcmp(own, spec_default(part), spec_part_size(part)) == 0) {
                s->parts[part] = spec_default(part);
                free(own);
                return;
        }
        p = hold(part, own);
        if (!p) /* no memory: it keeps its own */
                return;
        p->n_specs++;
        s->parts[part] = p->content;
        s->shared |= 1U << part;
        free(own);
}

void spec_share_parts(UnitSpec *s) {
        unsigned owning = owning_parts(s);

        for (int part = 0; part < PART_MAX; part++)
                if (!spec_part_is_shared(s, part) && !(owning & 1U << part))
                        share_part(s, part);
}

void spec_unshare(UnitSpec *s, PartId part) {
        SharedPart *p = holder_of(s->parts[part]);

        s->shared &= ~(1U << part);
        if (--p->n_specs > 0)
                return;
        HASH_DELETE(hh, shared[part], p);
        free(p);
}
