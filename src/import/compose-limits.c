/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "import/compose.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

/* "512m", "1gb", "50b", "1000": units of 1024, upper or lower case. */
static void set_bytes(ComposeService *s, const char *key, Node *n) {
        char *text auto_free = NULL, *value auto_free = NULL;
        size_t digits;
        int r = compose_text(s->all, n, &text);

        if (r >= 0 && text) {
                char unit;

                digits = strspn(text, "0123456789.");
                unit = (char)toupper((unsigned char)text[digits]);
                if (str_equal(text, "-1"))
                        r = str_printf(&value, "infinity");
                else if (unit && strchr("KMGT", unit))
                        r = str_printf(&value, "%.*s%c", (int)digits, text, unit);
                else
                        r = str_printf(&value, "%.*s", unit == 'B' ? (int)digits : (int)strlen(text), text);
        }
        if (r < 0)
                s->all->import->error = r;
        else if (value)
                draft_text(s->draft, "Service", key, value);
}

void compose_take_memory(ComposeService *s, Node *n) {
        set_bytes(s, "MemoryMax", n);
}

void compose_take_memory_reservation(ComposeService *s, Node *n) {
        set_bytes(s, "MemoryLow", n);
}

static bool number_of(ComposeService *s, Node *n, double *ret) {
        char *text auto_free = NULL, *end;

        if (compose_text(s->all, n, &text) < 0 || !text)
                return false;
        *ret = strtod(text, &end);
        if (end != text && !*end && *ret > -2 && *ret < 1e9)
                return true;
        draft_drop(s->draft, "'%s' (line %u), which is no number", text, node_line(n));
        return false;
}

void compose_take_cpus(ComposeService *s, Node *n) {
        double cpus;

        if (number_of(s, n, &cpus) && cpus > 0)
                draft_setf(s->draft, "Service", "CPUQuota", "%.0f%%", MAX(cpus * 100, 1.0));
}

/* 1024 is the usual share; the usual weight is 100. */
void compose_take_cpu_shares(ComposeService *s, Node *n) {
        double shares;

        if (number_of(s, n, &shares) && shares > 0)
                draft_setf(s->draft, "Service", "CPUWeight", "%.0f",
                           MIN(MAX(shares * 100 / 1024, 1.0), 10000.0));
}

void compose_take_pids(ComposeService *s, Node *n) {
        double tasks;

        if (!number_of(s, n, &tasks))
                return;
        if (tasks <= 0)
                draft_set(s->draft, "Service", "TasksMax", "infinity");
        else
                draft_setf(s->draft, "Service", "TasksMax", "%.0f", tasks);
}

static const char *limit_text(ComposeService *s, Node *n, char **owned) {
        if (compose_text(s->all, n, owned) < 0 || !*owned)
                return NULL;
        return str_equal(*owned, "-1") ? "infinity" : *owned;
}

/* nofile: 1024, or { soft: 1024, hard: 2048 } */
void compose_take_ulimits(ComposeService *s, Node *n) {
        Map m __attribute__((cleanup(map_release))) = { 0 };

        if (map_read(&s->all->tree, n, &m) < 0)
                s->all->import->error = -ENOMEM;
        for (size_t i = 0; i < m.n; i++) {
                char *soft auto_free = NULL, *hard auto_free = NULL, *key auto_free = NULL;
                bool both = node_kind(m.v[i].value) == NODE_MAP;
                const char *first = limit_text(
                                   s, both ? map_get(&s->all->tree, m.v[i].value, "soft") : m.v[i].value,
                                   &soft),
                           *second = both ? limit_text(s, map_get(&s->all->tree, m.v[i].value, "hard"), &hard)
                                          : NULL;

                if (str_printf(&key, "Limit%s", m.v[i].key) < 0) {
                        s->all->import->error = -ENOMEM;
                        return;
                }
                for (char *c = key + strlen("Limit"); *c; c++)
                        *c = (char)toupper((unsigned char)*c);
                if (first || second)
                        draft_setf(s->draft, "Service", key, "%s%s%s", first ?: second,
                                   first && second ? ":" : "", first && second ? second : "");
        }
}

static void take_restart_policy(ComposeService *s, Node *n) {
        char *condition auto_free = NULL, *attempts auto_free = NULL, *policy auto_free = NULL;
        bool failures;

        if (!n)
                return;
        if (compose_text(s->all, map_get(&s->all->tree, n, "condition"), &condition) < 0 ||
            compose_text(s->all, map_get(&s->all->tree, n, "max_attempts"), &attempts) < 0) {
                s->all->import->error = -ENOMEM;
                return;
        }
        failures = str_equal(condition, "on-failure");
        if (str_printf(&policy, "%s%s%s",
                       str_equal(condition, "none") ? "no"
                       : failures                   ? "on-failure"
                                                    : "always",
                       failures && attempts ? ":" : "", failures && attempts ? attempts : "") < 0) {
                s->all->import->error = -ENOMEM;
                return;
        }
        compose_set_restart(s, policy);
}

void compose_take_deploy(ComposeService *s, Node *n) {
        Tree *t = &s->all->tree;
        Node *resources = map_get(t, n, "resources"), *limits = map_get(t, resources, "limits"),
             *reserved = map_get(t, resources, "reservations");
        static const char *const taken[] = { "resources", "replicas", "restart_policy" };
        Map m __attribute__((cleanup(map_release))) = { 0 };
        double replicas;

        compose_take_memory(s, map_get(t, limits, "memory"));
        compose_take_cpus(s, map_get(t, limits, "cpus"));
        compose_take_pids(s, map_get(t, limits, "pids"));
        compose_take_memory_reservation(s, map_get(t, reserved, "memory"));
        if (number_of(s, map_get(t, n, "replicas"), &replicas) && replicas > 1)
                draft_setf(s->draft, "Service", "X-Instances", "%.0f", replicas);
        take_restart_policy(s, map_get(t, n, "restart_policy"));
        if (map_read(t, n, &m) < 0)
                s->all->import->error = -ENOMEM;
        for (size_t i = 0; i < m.n; i++) {
                bool is_taken = false;

                for (size_t k = 0; k < ELEMENTSOF(taken); k++)
                        is_taken |= str_equal(taken[k], m.v[i].key);
                if (!is_taken)
                        draft_drop(s->draft, "deploy.%s (line %u): there is one machine", m.v[i].key,
                                   node_line(m.v[i].value));
        }
}
