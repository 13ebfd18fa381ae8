/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "manager/setting-text.h"

#include <errno.h>

static bool stays_one_line(const char *value) {
        size_t n = strlen(value);

        return strpbrk(value, "\n\r") == NULL && (n == 0 || value[n - 1] != '\\') && n < UNIT_LINE_MAX / 2;
}

int setting_texts_add(SettingTexts *l, const Directive *row, const char *value) {
        char *copy;
        int r;

        if (!stays_one_line(value))
                return -EINVAL;
        r = array_reserve(&l->v, &l->capacity, l->n + 1, sizeof(SettingText));
        if (r < 0)
                return r;
        copy = strdup(value + strspn(value, " \t"));
        if (!copy)
                return -ENOMEM;
        l->v[l->n++] = (SettingText){ row, str_strip(copy) }; /* as a file's reader has it */
        return 0;
}

void setting_texts_release(SettingTexts *l) {
        for (size_t i = 0; i < l->n; i++)
                free(l->v[i].value);
        free(l->v);
        *l = (SettingTexts){ 0 };
}

const char *setting_section(const Directive *row, UnitType type) {
        static const char *const sections[UNIT_TYPE_MAX] = {
                [UNIT_SERVICE] = "Service", [UNIT_SOCKET] = "Socket", [UNIT_TIMER] = "Timer",
                [UNIT_PATH] = "Path",       [UNIT_MOUNT] = "Mount",   [UNIT_AUTOMOUNT] = "Automount",
                [UNIT_SWAP] = "Swap",       [UNIT_SLICE] = "Slice",   [UNIT_SCOPE] = "Scope",
        };

        if (row->section[0] != '*')
                return row->section;
        return sections[type] ? sections[type] : "Unit";
}

void setting_texts_format(const SettingTexts *l, UnitType type, Buf *b) {
        const char *section = NULL;

        for (size_t i = 0; i < l->n; i++) {
                const char *own = setting_section(l->v[i].row, type);

                if (!str_equal(own, section))
                        buf_addf(b, "\n[%s]\n", own);
                section = own;
                buf_addf(b, "%s=%s\n", l->v[i].row->key, l->v[i].value);
        }
}

int setting_texts_assign(const SettingTexts *l, const SpecContext *c, UnitSpec *s) {
        int r = 0;

        for (size_t i = 0; i < l->n && r >= 0; i++)
                r = spec_assign(s, c,
                                &(Assignment){ .section = setting_section(l->v[i].row, s->type),
                                               .key = l->v[i].row->key,
                                               .value = l->v[i].value });
        return r;
}
