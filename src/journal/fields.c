/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "journal/fields.h"

#include "journal/hash.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#define FIELD_NAME_MAX 64

void field_set_release(FieldSet *s) {
        buf_release(&s->text);
        free(s->refs);
        *s = (FieldSet){ 0 };
}

int field_set_add_n(FieldSet *s, const char *name, const char *value, size_t n) {
        size_t start = s->text.len, size;
        int r;

        if (n == 0)
                return 0;
        r = array_reserve(&s->refs, &s->capacity, s->n_refs + 1, sizeof(FieldRef));
        if (r < 0)
                return r;

        buf_add(&s->text, name);
        buf_add_char(&s->text, '=');
        buf_add_n(&s->text, value, n);
        size = strlen(name) + 1 + n;
        if (s->text.error || s->text.len != start + size) {
                s->text.len = start;
                s->text.error = 0;
                return -ENOMEM;
        }

        s->refs[s->n_refs++] = (FieldRef){ .start = (uint32_t)start, .size = (uint32_t)size };
        s->xor_hash ^= jenkins_hash64(s->text.data + start, size);
        s->generation = 0;
        return 0;
}

int field_set_add(FieldSet *s, const char *name, const char *value) {
        return value ? field_set_add_n(s, name, value, strlen(value)) : 0;
}

int field_set_add_u64(FieldSet *s, const char *name, uint64_t value) {
        char text[24];

        snprintf(text, sizeof(text), "%" PRIu64, value);
        return field_set_add(s, name, text);
}

void field_set_add_payloads(FieldSet *s, char *const *payloads) {
        STRV_FOREACH (payload, payloads) {
                const char *eq = strchr(*payload, '=');
                char name[FIELD_NAME_MAX + 1];

                if (!eq || eq - *payload > FIELD_NAME_MAX)
                        continue;
                snprintf(name, sizeof(name), "%.*s", (int)(eq - *payload), *payload);
                (void)field_set_add(s, name, eq + 1);
        }
}

int field_set_add_all(FieldSet *s, const FieldSet *more) {
        for (size_t i = 0; i < more->n_refs; i++) {
                const char *payload = field_set_payload(more, i);
                char name[FIELD_NAME_MAX + 1];
                const char *eq = memchr(payload, '=', more->refs[i].size);
                int r;

                if (!eq || eq - payload > FIELD_NAME_MAX)
                        continue;
                memcpy(name, payload, eq - payload);
                name[eq - payload] = 0;
                r = field_set_add_n(s, name, eq + 1, more->refs[i].size - (eq + 1 - payload));
                if (r < 0)
                        return r;
        }

        return 0;
}

const char *field_set_get(const FieldSet *s, const char *name, size_t *ret_size) {
        size_t n = strlen(name);

        for (size_t i = 0; i < s->n_refs; i++) {
                const char *payload = field_set_payload(s, i);

                if (s->refs[i].size <= n || payload[n] != '=' || memcmp(payload, name, n) != 0)
                        continue;
                *ret_size = s->refs[i].size - n - 1;
                return payload + n + 1;
        }

        return NULL;
}

bool field_name_is_valid(const char *name, size_t n, bool allow_trusted) {
        if (n == 0 || n > FIELD_NAME_MAX)
                return false;
        if (name[0] == '_' && !allow_trusted)
                return false;
        if (name[0] >= '0' && name[0] <= '9')
                return false;

        for (size_t i = 0; i < n; i++)
                if (!(name[i] >= 'A' && name[i] <= 'Z') && !(name[i] >= '0' && name[i] <= '9') &&
                    name[i] != '_')
                        return false;

        return true;
}
