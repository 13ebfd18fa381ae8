/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Settings as a unit file says them: what a client asked for over D-Bus, on
 * its way into a file and through the parser. No value has a line break in it,
 * nor does it end in a backslash: one assignment stays one.
 */

#include "unit/directive.h"

typedef struct SettingText {
        const Directive *row;
        char *value; /* owned; "" resets */
} SettingText;

typedef struct SettingTexts {
        SettingText *v; /* owned */
        size_t n, capacity;
} SettingTexts;

int setting_texts_add(SettingTexts *l, const Directive *row, const char *value); /* 0, -EINVAL, -ENOMEM */
void setting_texts_release(SettingTexts *l);
/* The section that the row stands in, for a unit of that type: "Unit", "Service" ... */
const char *setting_section(const Directive *row, UnitType type);
/* As lines of a unit file, with a header wherever the section changes. */
void setting_texts_format(const SettingTexts *l, UnitType type, Buf *b);
/* Reads them into a spec; what is wrong with them goes to the report of the context. 0 or -ENOMEM. */
int setting_texts_assign(const SettingTexts *l, const SpecContext *c, UnitSpec *s);
