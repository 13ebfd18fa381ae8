/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Preset policy, systemd.preset(5): which units a distribution or an
 * administrator wants enabled. The first rule that fits decides; without one
 * a unit is enabled.
 */

#include "base/report.h"
#include "load/root.h"

typedef struct PresetRule {
        bool enable;
        char *pattern;    /* owned */
        char **instances; /* owned; of a template to be enabled; NULL: none named */
} PresetRule;

typedef struct PresetRules {
        PresetRule *v; /* owned */
        size_t n, capacity;
} PresetRules;

/* 0 or -ENOMEM; what cannot be read is skipped, what cannot be understood is in the report (may be NULL). */
int presets_read(PresetRules *p, const Root *root, bool user, Report *report);
void presets_release(PresetRules *p);
/*
 * What the rules say of a name; the instances of the rule are borrowed, NULL when it names none. Instances that a
 * rule names count only for who asks for them: as systemctl, whose list-unit-files goes by the patterns alone.
 */
bool presets_decide(const PresetRules *p, const char *name, char *const **ret_instances);
