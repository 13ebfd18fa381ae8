/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/analyze/verify.h"

#include <errno.h>

void places_release(Places *p) {
        for (size_t i = 0; i < p->n; i++) {
                free(p->v[i].section);
                free(p->v[i].key);
                free(p->v[i].value);
        }
        free(p->v);
        *p = (Places){ 0 };
}

typedef struct PlacesRead {
        Places *places;
        const char *file;
} PlacesRead;

static int on_assignment(const Assignment *a, void *userdata) {
        const PlacesRead *read = userdata;
        Places *p = read->places;
        PlacedAssignment *new;
        int r;

        r = array_reserve(&p->v, &p->capacity, p->n + 1, sizeof(*p->v));
        if (r < 0)
                return r;
        new = p->v + p->n++;
        *new = (PlacedAssignment){ .file = read->file,
                                   .line = a->line,
                                   .key_column = a->key_column,
                                   .value_column = a->value_column,
                                   .section = strdup(a->section),
                                   .key = strdup(a->key),
                                   .value = strdup(a->value) };
        return new->section &&new->key &&new->value ? 0 : -ENOMEM;
}

static int read_one(const Root *root, const char *file, Places *p) {
        PlacesRead read = { .places = p, .file = file };
        Text text = { 0 };
        int r;

        if (root_read_file(root, root_strip(root, file), &text, NULL) != READ_OK) {
                free(text.data);
                return 0;
        }
        r = unit_file_parse(file, text, on_assignment, &read, NULL);
        free(text.data);
        return r == -ENOMEM ? r : 0;
}

int places_read(const Unit *u, const char *prefix, Places *ret) {
        Places p = { 0 };
        Root root;
        int r;

        r = root_init(&root, prefix);
        if (r < 0)
                return r;
        if (u->fragment_path)
                r = read_one(&root, u->fragment_path, &p);
        STRV_FOREACH (d, u->dropins)
                if (r >= 0)
                        r = read_one(&root, *d, &p);
        root_release(&root);
        if (r < 0)
                places_release(&p);
        else
                *ret = p;
        return r;
}

/* Where the word stands in the value, as a word of its own. */
static const char *find_word(const char *value, const char *word) {
        static const char blanks[] = " \t\"'";
        size_t n = strlen(word);

        for (const char *p = value; (p = strstr(p, word)); p++)
                if ((p == value || strchr(blanks, p[-1]) || strchr("-+!@:|", p[-1])) &&
                    (p[n] == 0 || strchr(blanks, p[n])))
                        return p;
        return NULL;
}

const PlacedAssignment *places_find(const Places *p, const char *key, const char *word) {
        const PlacedAssignment *last = NULL;

        for (size_t i = 0; i < p->n; i++)
                if (str_equal(p->v[i].key, key) && (!word || find_word(p->v[i].value, word)))
                        last = p->v + i;
        return last;
}

unsigned placed_column(const PlacedAssignment *a, const char *word) {
        const char *at = word ? find_word(a->value, word) : NULL;

        if (!word)
                return a->key_column;
        if (!at || a->value_column == 0)
                return a->value_column;
        return a->value_column + text_column(a->value, (size_t)(at - a->value)) - 1;
}
