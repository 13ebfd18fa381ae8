/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "unit/system-calls.h"

#include <errno.h>

#define NAME_BYTES 29

/* Names of one width need no pointers, hence no relocations in a program of which few units need this. */
static const char names[][NAME_BYTES] = {
#include "unit/system-call-names.def"
};

static const struct {
        const char *name, *members;
} groups[] = {
#define GROUP(name, members) { name, members },
#include "unit/system-call-groups.def"
#undef GROUP
};

#define ABSENT (-2) /* beside the values of SystemCall.error */
#define GROUP_DEPTH_MAX 4

typedef struct Resolving {
        bool allow;
        int actions[ELEMENTSOF(names)];
} Resolving;

typedef struct Word {
        const char *text;
        size_t n;
} Word;

static int compare_name(const void *key, const void *element) {
        const Word *w = key;
        int r = strncmp(w->text, element, w->n);

        return r != 0 ? r : -(((const char *)element)[w->n] != 0);
}

static int find_name(const char *text, size_t n) {
        Word w = { text, n };
        const char *found =
                n < NAME_BYTES ? bsearch(&w, names, ELEMENTSOF(names), NAME_BYTES, compare_name) : NULL;

        return found ? (int)((found - names[0]) / NAME_BYTES) : -1;
}

static const char *find_group(const char *text, size_t n) {
        for (size_t i = 0; i < ELEMENTSOF(groups); i++)
                if (strlen(groups[i].name) == n && memcmp(groups[i].name, text, n) == 0)
                        return groups[i].members;
        return NULL;
}

const char *system_call_group(size_t i, const char **ret_members) {
        if (i >= ELEMENTSOF(groups))
                return NULL;
        if (ret_members)
                *ret_members = groups[i].members;
        return groups[i].name;
}

static bool is_all(const char *text, size_t n) {
        return n == 6 && memcmp(text, "@known", 6) == 0;
}

bool system_call_is_known(const char *name, size_t n) {
        return is_all(name, n) || find_group(name, n) || find_name(name, n) >= 0;
}

int system_call_error_from_string(const char *s) {
        unsigned n;

        if (str_equal(s, "kill"))
                return SYSTEM_CALL_KILL;
        if (parse_unsigned(s, &n) >= 0)
                return n <= 4095 ? (int)n : -1;
        for (int e = 1; e < 4096; e++)
                if (str_equal(strerrorname_np(e), s))
                        return e;
        return -1;
}

static void set_action(Resolving *r, const char *text, size_t n, int action, unsigned depth) {
        const char *members = text[0] == '@' ? find_group(text, n) : NULL;
        int i;

        if (is_all(text, n)) {
                for (size_t k = 0; k < ELEMENTSOF(names); k++)
                        r->actions[k] = action;
                return;
        }
        if (!members) {
                i = find_name(text, n);
                if (i >= 0)
                        r->actions[i] = action;
                return;
        }
        while (*members && depth < GROUP_DEPTH_MAX) {
                size_t length = strcspn(members, " ");

                set_action(r, members, length, action, depth + 1);
                members += length;
                members += strspn(members, " ");
        }
}

/* In a list of what is allowed a denied word is taken out, or stays with its own error. */
static void add_word(Resolving *r, const char *word) {
        bool denied = word[0] == '~', has_error;
        const char *text = word + denied;
        size_t n = strcspn(text, ":");
        int error = SYSTEM_CALL_PLAIN;

        has_error = text[n] == ':';
        if (has_error)
                error = system_call_error_from_string(text + n + 1);
        if (denied == r->allow && !(r->allow && has_error))
                error = ABSENT;
        set_action(r, text, n, error, 0);
}

int system_calls_resolve(char *const *words, SystemCallSet *ret) {
        Resolving *r auto_free = malloc(sizeof(*r));
        SystemCall *v;
        size_t n = 0;

        if (!r)
                return -ENOMEM;
        r->allow = words && words[0] && words[0][0] != '~';
        for (size_t i = 0; i < ELEMENTSOF(names); i++)
                r->actions[i] = ABSENT;
        if (r->allow)
                set_action(r, "@default", strlen("@default"), SYSTEM_CALL_PLAIN, 0);
        STRV_FOREACH (w, words)
                add_word(r, *w);

        v = calloc(ELEMENTSOF(names), sizeof(*v));
        if (!v)
                return -ENOMEM;
        for (size_t i = 0; i < ELEMENTSOF(names); i++)
                if (r->actions[i] != ABSENT)
                        v[n++] = (SystemCall){ names[i], r->actions[i] };
        *ret = (SystemCallSet){ r->allow, v, n };
        return 0;
}

void system_call_set_release(SystemCallSet *s) {
        free(s->v);
        *s = (SystemCallSet){ 0 };
}
