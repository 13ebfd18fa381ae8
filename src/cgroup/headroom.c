/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * How far it is to the limits of memory. Every level above a group can have
 * one, ours and the container's own included; what the kernel says counts, not
 * what was asked for.
 */

#include "cgroup/internal.h"

#define NO_LIMIT_V1 (UINT64_C(1) << 60) /* version 1 has a number near the largest */

static uint64_t read_or(const Groups *gs, Hierarchy h, const char *path, const char *file,
                        uint64_t otherwise) {
        uint64_t n;

        return cgroup_read_u64(gs, h, path, file, &n) < 0 ? otherwise : n;
}

static uint64_t limit_v1(const Groups *gs, const char *path) {
        uint64_t n = read_or(gs, HIERARCHY_MEMORY, path, "memory.limit_in_bytes", UINT64_MAX);

        return n >= NO_LIMIT_V1 ? UINT64_MAX : n;
}

uint64_t groups_memory_share(const Groups *gs, uint64_t permyriad) {
        return limit_memory(gs, LIMIT_UNSET, permyriad);
}

uint64_t groups_memory_total(const Groups *gs) {
        return groups_memory_share(gs, 10000);
}

uint64_t groups_memory_max(const Groups *gs, const CgroupSpec *s) {
        return limit_memory(gs, s->memory_max, s->memory_max_permyriad);
}

uint64_t group_memory_limit(const Group *g) {
        const Groups *gs = g->groups;

        if (group_has_controller(g, CONTROLLER_MEMORY))
                return read_or(gs, HIERARCHY_V2, g->path, "memory.max", UINT64_MAX);
        return g->made & 1U << HIERARCHY_MEMORY ? limit_v1(gs, g->path) : UINT64_MAX;
}

static uint64_t left(uint64_t limit, uint64_t used) {
        return limit == UINT64_MAX ? UINT64_MAX : limit - MIN(limit, used);
}

/* MemoryHigh= counts as MemoryMax= does: above it a process gets nowhere. */
static uint64_t left_at(const Groups *gs, const char *path) {
        uint64_t v2 = MIN(read_or(gs, HIERARCHY_V2, path, "memory.max", UINT64_MAX),
                          read_or(gs, HIERARCHY_V2, path, "memory.high", UINT64_MAX));
        uint64_t v1 = limit_v1(gs, path), n = UINT64_MAX;

        if (v2 != UINT64_MAX)
                n = left(v2, read_or(gs, HIERARCHY_V2, path, "memory.current", 0));
        if (v1 != UINT64_MAX)
                n = MIN(n, left(v1, read_or(gs, HIERARCHY_MEMORY, path, "memory.usage_in_bytes", 0)));
        return n;
}

uint64_t groups_memory_available(const Groups *gs, const char *path) {
        uint64_t least = left_at(gs, "");
        char *level auto_free = strdup(path);

        if (!level)
                return UINT64_MAX;
        while (level[0]) {
                char *slash = strrchr(level, '/');

                least = MIN(least, left_at(gs, level));
                *(slash ?: level) = 0;
        }
        return least;
}
