/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "unit/resource.h"

#include "unit/directive-tables.h"

static const char *const kinds[GROUP_KIND_MAX] = {
        [GROUPS_V2] = "v2", [GROUPS_DELEGATED] = "delegated", [GROUPS_HYBRID] = "hybrid",
        [GROUPS_V1] = "v1", [GROUPS_NONE] = "none",
};

#define IF_WEIGHED "where the kernel weighs I/O"
#define WITH_THE_WHOLE "reported: by the name of the setting it belongs to"

static const char *const outcomes[WAY_MAX][GROUP_KIND_MAX] = {
        [WAY_ANYWHERE] = { "applied", "applied", "applied", "applied", "applied" },
        [WAY_LIMIT] = { "applied", "applied", "translated", "translated", "reported" },
        [WAY_V2] = { "applied", "applied", "reported", "reported", "reported" },
        [WAY_V1] = { "translated", "translated", "applied", "applied", "reported" },
        [WAY_KERNEL] = { "applied: where the kernel has it", "applied: where the kernel has it", "reported",
                         "reported", "reported" },
        [WAY_WEIGHT] = { "applied: " IF_WEIGHED, "applied: " IF_WEIGHED, "translated: " IF_WEIGHED,
                         "translated: " IF_WEIGHED, "reported" },
        [WAY_COST] = { "applied: where the kernel has io.latency", "applied: where the kernel has io.latency",
                       "reported", "reported", "reported" },
        [WAY_SWAP] = { "applied", "applied",
                       "translated: beside MemoryMax=", "translated: beside MemoryMax=", "reported" },
        [WAY_DEVICES] = { "applied: by a BPF program", "applied: by a BPF program, as root", "translated",
                          "translated", "reported" },
        [WAY_LENT] = { "applied", "applied", "applied: the group, without controllers",
                       "applied: the group, without controllers", "reported" },
        [WAY_COUNT] = { "applied: what the kernel counts is shown",
                        "applied: what the kernel counts is shown",
                        "applied: what the kernel counts is shown",
                        "applied: what the kernel counts is shown",
                        "applied: what the kernel counts is shown" },
        [WAY_LIMIT_PART] = { "applied", "applied", "translated", "translated", WITH_THE_WHOLE },
        [WAY_V1_PART] = { "translated", "translated", "applied", "applied", WITH_THE_WHOLE },
        [WAY_WEIGHT_PART] = { "applied: " IF_WEIGHED, "applied: " IF_WEIGHED, "translated: " IF_WEIGHED,
                              "translated: " IF_WEIGHED, WITH_THE_WHOLE },
        [WAY_DEVICES_PART] = { "applied: by a BPF program", "applied: by a BPF program, as root",
                               "translated", "translated", WITH_THE_WHOLE },
};

const char *group_kind_to_string(GroupKind k) {
        return (int)k >= 0 && k < GROUP_KIND_MAX ? kinds[k] : NULL;
}

const char *directive_resource_outcome(const Directive *d, GroupKind k) {
        if (!str_equal(d->section, "*cgroup") || d->alias_of || !group_kind_to_string(k))
                return NULL;
        if (d->support == SUPPORT_IGNORED)
                return "ignored";
        return outcomes[d->outcome][k];
}

void directives_dump_resources(Buf *b) {
        for (const Directive *d = cgroup_directives; d->key; d++) {
                if (d->alias_of)
                        continue;
                buf_add(b, d->key);
                for (GroupKind k = 0; k < GROUP_KIND_MAX; k++)
                        buf_addf(b, "\t%s", directive_resource_outcome(d, k) ?: "");
                buf_add_char(b, '\n');
        }
}
