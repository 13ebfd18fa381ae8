/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "apps/figures.h"

#include <stdio.h>
#include <string.h>

void figures_release(Figures *f) {
        free(f->metrics);
        strv_free(f->actions);
        *f = (Figures){ 0 };
}

void figure_copy(char *dst, size_t size, const char *text) {
        size_t n = MIN(strlen(text), size - 1);

        /* Not in the middle of a character. */
        while (n > 0 && text[n] && ((unsigned char)text[n] & 0xC0) == 0x80)
                n--;
        memcpy(dst, text, n);
        dst[n] = 0;
        for (char *p = dst; *p; p++)
                if ((unsigned char)*p < ' ' || *p == 127)
                        *p = '?';
}

static void set_metric(Figures *f, const char *name, const char *value, const char *unit) {
        char key[FIGURE_LENGTH];
        Figure *m = NULL;

        figure_copy(key, sizeof(key), name);
        for (size_t i = 0; i < f->n_metrics && !m; i++)
                if (str_equal(f->metrics[i].name, key))
                        m = f->metrics + i;
        if (!*key)
                return;
        if (!m) {
                Figure *grown;

                if (f->n_metrics >= FIGURES_MAX ||
                    !(grown = realloc(f->metrics, (f->n_metrics + 1) * sizeof(*grown))))
                        return;
                f->metrics = grown;
                m = f->metrics + f->n_metrics++;
                *m = (Figure){ 0 };
                memcpy(m->name, key, sizeof(key));
        }
        figure_copy(m->value, sizeof(m->value), value);
        figure_copy(m->unit, sizeof(m->unit), unit);
}

void figures_take_monitor(Figures *f, const json_t *message) {
        json_t *data = json_object_get(message, "data"), *metric;
        const char *name;

        json_object_foreach(data, name, metric) {
                const json_t *value = json_object_get(metric, "value");
                const char *unit = json_string_value(json_object_get(metric, "unit"));
                char number[FIGURE_LENGTH];

                if (json_is_integer(value))
                        snprintf(number, sizeof(number), "%lld", (long long)json_integer_value(value));
                else if (json_is_real(value))
                        snprintf(number, sizeof(number), "%.12g", json_real_value(value));
                else if (!json_is_string(value))
                        continue;
                set_metric(f, name, json_is_string(value) ? json_string_value(value) : number, unit ?: "");
        }
}

static void add_action(Figures *f, const char *name) {
        char key[FIGURE_LENGTH];

        figure_copy(key, sizeof(key), name);
        if (*key && strv_length(f->actions) < FIGURES_MAX)
                (void)strv_add_unique(&f->actions, key);
}

void figures_take_action(Figures *f, const json_t *message) {
        const char *name =
                json_string_value(json_object_get(json_object_get(message, "data"), "action_name"));

        if (name)
                add_action(f, name);
}

void figures_take_told(Figures *f, const char *line) {
        const char *metric = str_after(line, "X_METRIC_"), *actions = str_after(line, "X_ACTIONS=");
        char *copy auto_free = strdup(metric ?: actions ?: ""), *save = NULL;

        if (!copy)
                return;
        if (actions) {
                strv_free(TAKE(f->actions)); /* all of them are told */
                for (char *a = strtok_r(copy, " \t", &save); a; a = strtok_r(NULL, " \t", &save))
                        add_action(f, a);
        } else if (metric && strchr(copy, '=')) {
                *strchr(copy, '=') = 0;
                set_metric(f, copy, strchr(metric, '=') + 1, "");
        }
}

bool figures_have_action(const Figures *f, const char *name) {
        return strv_contains(f->actions, name);
}

void figures_describe(const Figures *f, Buf *b) {
        for (size_t i = 0; i < f->n_metrics; i++)
                buf_addf(b, "metric\t%s\t%s\t%s\n", f->metrics[i].name, f->metrics[i].value,
                         f->metrics[i].unit);
        STRV_FOREACH (a, f->actions)
                buf_addf(b, "action\t%s\n", *a);
}
