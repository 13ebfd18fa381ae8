/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bus/clients/match.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "base/macro.h"
#include "bus/object.h"

static void match_free(Match *x) {
        free(x->rule);
        free(x->path);
        free(x->path_namespace);
        free(x->interface);
        free(x->member);
        free(x);
}

void matches_release(Matches *l) {
        Match *x, *next;

        LL_FOREACH_SAFE (l->list, x, next) {
                match_free(x);
        }
        *l = (Matches){ 0 };
}

/* Up to the comma; an apostrophe begins and ends what stands for itself, outside of it \' is one. -EINVAL: no end. */
static int take_value(const char **rule, char *value) {
        const char *p = *rule;
        bool quoted = false;

        for (; *p && (quoted || *p != ','); p++) {
                if (*p == '\'')
                        quoted = !quoted;
                else if (!quoted && p[0] == '\\' && p[1] == '\'')
                        *value++ = *++p;
                else
                        *value++ = *p;
        }
        *value = 0;
        *rule = *p == ',' ? p + 1 : p;
        return quoted ? -EINVAL : 0;
}

static bool is_argument(const char *key) {
        return str_starts_with(key, "arg") && key[3] >= '0' && key[3] <= '9';
}

static int set_key(Match *x, const char *key, const char *value) {
        static const char *const types[] = { "signal", "method_call", "method_return", "error" };
        bool known = false;

        if (str_equal(key, "path"))
                return str_replace(&x->path, value);
        if (str_equal(key, "path_namespace"))
                return str_replace(&x->path_namespace, value);
        if (str_equal(key, "interface"))
                return str_replace(&x->interface, value);
        if (str_equal(key, "member"))
                return str_replace(&x->member, value);
        if (str_equal(key, "sender")) {
                x->nothing |= !str_equal(value, BUS_NAME);
                return 0;
        }
        if (str_equal(key, "type")) {
                for (size_t i = 0; i < ELEMENTSOF(types); i++)
                        known |= str_equal(types[i], value);
                x->nothing |= !str_equal(value, types[0]);
                return known ? 0 : -EINVAL;
        }
        return str_equal(key, "destination") || str_equal(key, "eavesdrop") || is_argument(key) ? 0 : -EINVAL;
}

static int match_parse(Match *x, const char *rule) {
        char key[32], value[MATCH_LENGTH_MAX + 1];
        int r = 0;

        while (*rule && r >= 0) {
                size_t n;

                rule += strspn(rule, " ");
                n = strcspn(rule, "=");
                if (rule[n] == 0 || n == 0 || n >= sizeof(key))
                        return -EINVAL;
                memcpy(key, rule, n);
                key[n] = 0;
                rule += n + 1;
                r = take_value(&rule, value);
                if (r >= 0)
                        r = set_key(x, key, value);
        }
        return r;
}

int matches_add(Matches *l, const char *rule) {
        Match *x;
        int r;

        if (l->n >= MATCHES_MAX || strlen(rule) > MATCH_LENGTH_MAX)
                return -ENOBUFS;

        x = calloc(1, sizeof(Match));
        if (!x)
                return -ENOMEM;
        x->rule = strdup(rule);
        r = x->rule ? match_parse(x, rule) : -ENOMEM;
        if (r < 0) {
                match_free(x);
                return r;
        }

        LL_PREPEND(l->list, x);
        l->n++;
        return 0;
}

int matches_remove(Matches *l, const char *rule) {
        Match *x;

        LL_FOREACH (l->list, x) {
                if (!str_equal(x->rule, rule))
                        continue;
                LL_DELETE(l->list, x);
                l->n--;
                match_free(x);
                return 0;
        }
        return -ENOENT;
}

static bool is_below(const char *path, const char *parent) {
        const char *rest = str_equal(parent, "/") ? "" : str_after(path, parent);

        return rest && (rest[0] == 0 || rest[0] == '/');
}

static bool match_wants(const Match *x, const char *path, const char *interface, const char *member) {
        return !x->nothing && (!x->path || str_equal(x->path, path)) &&
               (!x->path_namespace || is_below(path, x->path_namespace)) &&
               (!x->interface || str_equal(x->interface, interface)) &&
               (!x->member || str_equal(x->member, member));
}

bool matches_want(const Matches *l, const char *path, const char *interface, const char *member) {
        Match *x;

        LL_FOREACH (l->list, x) {
                if (match_wants(x, path, interface, member))
                        return true;
        }
        return false;
}
