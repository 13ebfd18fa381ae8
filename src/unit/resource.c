/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "unit/resource.h"

#include "unit/codec-util.h"
#include "unit/directive-tables.h"

typedef enum Way {
        WAY_ANYWHERE,
        WAY_LIMIT,
        WAY_V2,
        WAY_V1,
        WAY_KERNEL,
        WAY_WEIGHT,
        WAY_COST,
        WAY_SWAP,
        WAY_DEVICES,
        WAY_LENT,
        WAY_COUNT,
        WAY_LIMIT_PART,
        WAY_V1_PART,
        WAY_WEIGHT_PART,
        WAY_DEVICES_PART,
        WAY_MAX,
} Way;

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

static const struct {
        const char *key;
        Way way;
} ways[] = {
        { "AllowedCPUs", WAY_LIMIT },
        { "AllowedMemoryNodes", WAY_LIMIT },
        { "BlockIODeviceWeight", WAY_WEIGHT },
        { "BlockIOReadBandwidth", WAY_V1 },
        { "BlockIOWeight", WAY_WEIGHT },
        { "BlockIOWriteBandwidth", WAY_V1 },
        { "CPUAccounting", WAY_ANYWHERE },
        { "CPUQuota", WAY_LIMIT },
        { "CPUQuotaPeriodSec", WAY_LIMIT_PART },
        { "CPUShares", WAY_V1_PART },
        { "CPUWeight", WAY_LIMIT },
        { "DefaultMemoryLow", WAY_V2 },
        { "DefaultMemoryMin", WAY_V2 },
        { "Delegate", WAY_LENT },
        { "DeviceAllow", WAY_DEVICES_PART },
        { "DevicePolicy", WAY_DEVICES },
        { "DisableControllers", WAY_V2 },
        { "IOAccounting", WAY_COUNT },
        { "IODeviceLatencyTargetSec", WAY_COST },
        { "IODeviceWeight", WAY_WEIGHT },
        { "IOReadBandwidthMax", WAY_LIMIT },
        { "IOReadIOPSMax", WAY_LIMIT },
        { "IOWeight", WAY_WEIGHT },
        { "IOWriteBandwidthMax", WAY_LIMIT },
        { "IOWriteIOPSMax", WAY_LIMIT },
        { "MemoryAccounting", WAY_ANYWHERE },
        { "MemoryHigh", WAY_V2 },
        { "MemoryLow", WAY_V2 },
        { "MemoryMax", WAY_LIMIT },
        { "MemoryMin", WAY_V2 },
        { "MemorySwapMax", WAY_SWAP },
        { "MemoryZSwapMax", WAY_KERNEL },
        { "MemoryZSwapWriteback", WAY_KERNEL },
        { "Slice", WAY_ANYWHERE },
        { "StartupAllowedCPUs", WAY_LIMIT_PART },
        { "StartupAllowedMemoryNodes", WAY_LIMIT_PART },
        { "StartupBlockIOWeight", WAY_WEIGHT_PART },
        { "StartupCPUShares", WAY_V1_PART },
        { "StartupCPUWeight", WAY_LIMIT_PART },
        { "StartupIOWeight", WAY_WEIGHT_PART },
        { "TasksAccounting", WAY_ANYWHERE },
        { "TasksMax", WAY_LIMIT },
};

const char *group_kind_to_string(GroupKind k) {
        return (int)k >= 0 && k < GROUP_KIND_MAX ? kinds[k] : NULL;
}

const char *directive_resource_outcome(const Directive *d, GroupKind k) {
        if (!str_equal(d->section, "*cgroup") || d->alias_of || !group_kind_to_string(k))
                return NULL;
        if (d->support == SUPPORT_IGNORED)
                return "ignored";
        for (size_t i = 0; i < ELEMENTSOF(ways); i++)
                if (str_equal(ways[i].key, d->key))
                        return outcomes[ways[i].way][k];
        return NULL;
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
