/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/text.h"

#include <errno.h>

size_t strv_length(char *const *l) {
        size_t n = 0;

        STRV_FOREACH (s, l)
                n++;
        return n;
}

bool strv_contains(char *const *l, const char *s) {
        STRV_FOREACH (it, l)
                if (strcmp(*it, s) == 0)
                        return true;
        return false;
}

void strv_free(char **l) {
        for (char **it = l; it && *it; it++)
                free(*it);
        free(l);
}

int strv_push(char ***l, char *s) {
        size_t n = strv_length(*l);
        char **grown;

        if (!s)
                return -ENOMEM;
        /* Never more than the list needs: it may have been made elsewhere, and realloc() rounds up by itself. */
        grown = realloc(*l, (n + 2) * sizeof(char *));
        if (!grown) {
                free(s);
                return -ENOMEM;
        }
        grown[n] = s;
        grown[n + 1] = NULL;
        *l = grown;
        return 0;
}

int strv_add(char ***l, const char *s) {
        return strv_push(l, strdup(s));
}

int strv_add_unique(char ***l, const char *s) {
        return strv_contains(*l, s) ? 0 : strv_add(l, s);
}

int strv_add_all(char ***l, char *const *more) {
        STRV_FOREACH (s, more) {
                int r = strv_add(l, *s);

                if (r < 0)
                        return r;
        }
        return 0;
}

int strv_copy(char *const *l, char ***ret) {
        char **copy auto_strv = NULL;
        int r = strv_add_all(&copy, l);

        if (r < 0)
                return r;
        *ret = TAKE(copy);
        return 0;
}

static void strv_remove_at(char **it) {
        free(*it);
        for (; *it; it++)
                it[0] = it[1];
}

void strv_remove(char **l, const char *s) {
        while (l && *l)
                if (strcmp(*l, s) == 0)
                        strv_remove_at(l);
                else
                        l++;
}

int strv_join(char *const *l, const char *separator, char **ret) {
        Buf b auto_buf = { 0 };

        STRV_FOREACH (s, l) {
                if (s != l)
                        buf_add(&b, separator);
                buf_add(&b, *s);
        }
        return buf_take(&b, ret);
}

bool strv_equal(char *const *a, char *const *b) {
        size_t n = strv_length(a);

        if (n != strv_length(b))
                return false;
        for (size_t i = 0; i < n; i++)
                if (strcmp(a[i], b[i]) != 0)
                        return false;
        return true;
}

bool env_name_is_valid(const char *name, size_t n) {
        if (n == 0)
                return false;
        for (size_t i = 0; i < n; i++) {
                char c = name[i];
                bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';

                if (!letter && !(i > 0 && c >= '0' && c <= '9'))
                        return false;
        }
        return true;
}

bool env_assignment_is_valid(const char *s) {
        const char *eq = strchr(s, '=');

        return eq && env_name_is_valid(s, (size_t)(eq - s)) && str_is_utf8(eq + 1, strlen(eq + 1));
}

static bool env_names(const char *assignment, const char *name, size_t n) {
        return strncmp(assignment, name, n) == 0 && assignment[n] == '=';
}

int env_set(char ***env, const char *assignment) {
        size_t n = strcspn(assignment, "=");

        for (char **it = *env; it && *it; it++)
                if (env_names(*it, assignment, n))
                        return str_replace(it, assignment);
        return strv_add(env, assignment);
}

void env_unset(char **env, const char *name_or_assignment) {
        size_t n = strlen(name_or_assignment);
        bool whole = strchr(name_or_assignment, '=') != NULL;

        while (env && *env)
                if (whole ? strcmp(*env, name_or_assignment) == 0 : env_names(*env, name_or_assignment, n))
                        strv_remove_at(env);
                else
                        env++;
}

const char *env_get(char *const *env, const char *name, size_t n) {
        const char *value = NULL;

        STRV_FOREACH (s, env)
                if (env_names(*s, name, n))
                        value = *s + n + 1;
        return value;
}
