/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * diff: the units in memory against their files. apply: a reload, and then the
 * jobs without which the changes would not count: what runs with settings that
 * are read at the start only is restarted, what something active wants from now
 * on is started, what has no file any more is stopped.
 */

#include "ctl/core/ctl.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

typedef struct SettingChange {
        char *section, *key, *old, *new; /* owned */
        int live;
} SettingChange;

typedef struct Difference {
        char *unit, *change, *active, *text; /* owned */
        SettingChange *v;
        size_t n, capacity;
} Difference;

typedef struct Differences {
        Difference *v;
        size_t n, capacity;
} Differences;

static void differences_release(Differences *d) {
        for (size_t i = 0; i < d->n; i++) {
                Difference *u = d->v + i;

                for (size_t k = 0; k < u->n; k++) {
                        free(u->v[k].section);
                        free(u->v[k].key);
                        free(u->v[k].old);
                        free(u->v[k].new);
                }
                free(u->v);
                free(u->unit);
                free(u->change);
                free(u->active);
                free(u->text);
        }
        free(d->v);
        *d = (Differences){ 0 };
}

static int read_settings(sd_bus_message *m, Difference *u) {
        const char *section, *key, *old, *new;
        int live, r;

        r = sd_bus_message_enter_container(m, 'a', "(ssssb)");
        while (r >= 0 && (r = sd_bus_message_read(m, "(ssssb)", &section, &key, &old, &new, &live)) > 0) {
                SettingChange *s;

                if (array_reserve(&u->v, &u->capacity, u->n + 1, sizeof(*u->v)) < 0)
                        return -ENOMEM;
                s = u->v + u->n++;
                *s = (SettingChange){ strdup(section), strdup(key), strdup(old), strdup(new), live };
                if (!s->section || !s->key || !s->old || !s->new)
                        return -ENOMEM;
        }
        return r < 0 ? r : sd_bus_message_exit_container(m);
}

static int read_differences(sd_bus_message *m, Differences *d) {
        const char *unit, *change, *active, *text;
        int r;

        r = sd_bus_message_enter_container(m, 'a', "(ssssa(ssssb))");
        while (r >= 0 && (r = sd_bus_message_enter_container(m, 'r', "ssssa(ssssb)")) > 0) {
                Difference *u;

                r = sd_bus_message_read(m, "ssss", &unit, &change, &active, &text);
                if (r < 0)
                        return r;
                if (array_reserve(&d->v, &d->capacity, d->n + 1, sizeof(*d->v)) < 0)
                        return -ENOMEM;
                u = d->v + d->n++;
                *u = (Difference){ strdup(unit), strdup(change), strdup(active), strdup(text), NULL, 0, 0 };
                if (!u->unit || !u->change || !u->active || !u->text)
                        return -ENOMEM;
                r = read_settings(m, u);
                if (r >= 0)
                        r = sd_bus_message_exit_container(m);
        }
        return MIN(r, 0);
}

/* Nothing has changed of a unit that there is not. */
static int check_names(Ctl *c, char *const *names, const Differences *d) {
        int code = CTL_OK;

        STRV_FOREACH (name, names) {
                char *state auto_free = NULL;
                bool differs = false;

                for (size_t i = 0; i < d->n; i++)
                        differs = differs || str_equal(d->v[i].unit, *name);
                if (differs || ctl_get_string(c, *name, SD1_UNIT, "LoadState", &state) < 0 ||
                    !str_equal(state, "not-found"))
                        continue;
                ctl_say_not_found(c, *name);
                code = CTL_NOT_INSTALLED;
        }
        return code;
}

/* The units of the command line, or all. 0 or an exit code; what went wrong has been said. */
static int ask(Ctl *c, const char *method, char **argv, Differences *ret) {
        char **names auto_strv = NULL;
        sd_bus_error error = SD_BUS_ERROR_NULL;
        sd_bus_message *m = NULL, *reply = NULL;
        int r;

        if (ctl_connect(c) < 0 || ctl_names(c, argv + 1, &names) < 0)
                return CTL_FAILED;
        r = sd_bus_message_new_method_call(c->bus, &m, SD1, SD1_PATH, OWN_MANAGER, method);
        if (r >= 0)
                r = sd_bus_message_append_strv(m, names);
        if (r >= 0)
                r = sd_bus_call(c->bus, m, 0, &error, &reply);
        if (r >= 0)
                r = read_differences(reply, ret);
        if (r < 0)
                ctl_print_error("%s: %s", argv[0], error.message ?: strerror(-r));
        sd_bus_error_free(&error);
        sd_bus_message_unref(m);
        sd_bus_message_unref(reply);
        return r < 0 ? CTL_FAILED : check_names(c, names, ret);
}

static bool is_one_line(const char *s) {
        return !strchr(s, '\n');
}

/* Lists of units are long, and what has changed is short. */
static bool is_list_of_units(const char *text) {
        for (const char *s = text; *s; s += strspn(s, " ")) {
                char *word auto_free = strndup(s, strcspn(s, " "));

                if (!word || !name_is_valid(word, NAME_PLAIN | NAME_INSTANCE))
                        return false;
                s += strlen(word);
        }
        return true;
}

static bool has_part(const char *text, char separator, const char *part, size_t n) {
        const char separators[] = { separator, 0 };

        for (const char *s = text; *s; s += *s == separator) {
                size_t k = strcspn(s, separators);

                if (k == n && strncmp(s, part, n) == 0)
                        return true;
                s += k;
        }
        return false;
}

/* What only one of the two has, in its order. */
static bool print_parts(const char *text, const char *other, char separator, const char *mark) {
        const char separators[] = { separator, 0 };
        bool any = false;

        for (const char *s = text; *s; s += *s == separator) {
                size_t n = strcspn(s, separators);

                if (!has_part(other, separator, s, n)) {
                        printf("%s%.*s", mark, (int)n, s);
                        any = true;
                }
                s += n;
        }
        return any;
}

static void print_setting(const SettingChange *s) {
        bool units = is_list_of_units(s->old) && is_list_of_units(s->new), any;
        char separator = units ? ' ' : '\n';

        if (!units && is_one_line(s->old) && is_one_line(s->new)) {
                printf("  [%s] %s: %s -> %s\n", s->section, s->key, *s->old ? s->old : "(none)",
                       *s->new ? s->new : "(none)");
                return;
        }
        printf("  [%s] %s:", s->section, s->key);
        any = print_parts(s->old, s->new, separator, units ? " -" : "\n      - ");
        any = print_parts(s->new, s->old, separator, units ? " +" : "\n      + ") || any;
        puts(any ? "" : " another order");
}

/* What a person would say of each change. */
static const struct {
        const char *change, *words;
        bool stops; /* apply stops what runs */
        bool starts;
} changes[] = {
        { "changed", "has changed", false, false },
        { "gone", "has no file any more", true, false },
        { "masked", "is masked now", true, false },
        { "broken", "cannot be used any more", false, false },
        { "renamed", "is another name now, of", false, false },
        { "new", "is new", false, true },
        { "pulled-in", "is wanted from now on", false, true },
};

static size_t change_index(const Difference *u) {
        size_t i = 0;

        while (i + 1 < ELEMENTSOF(changes) && !str_equal(changes[i].change, u->change))
                i++;
        return i;
}

static void print_difference(Ctl *c, const Difference *u) {
        size_t i = change_index(u);

        printf("%s%s%s (%s): %s", COLOR_GREEN(c), u->unit, COLOR_END(c), u->active, changes[i].words);
        if (*u->text)
                printf(changes[i].starts ? ", wanted by %s" : ": %s", u->text);
        putchar('\n');
        for (size_t k = 0; k < u->n; k++)
                print_setting(u->v + k);
}

static void print_difference_json(const Difference *u, bool first) {
        Buf b auto_buf = { 0 };

        buf_add_char(&b, '{');
        json_add_member(&b, "unit", u->unit);
        json_add_member(&b, "change", u->change);
        json_add_member(&b, "active", u->active);
        json_add_member(&b, "text", u->text);
        buf_add(&b, ",\"settings\":[");
        for (size_t i = 0; i < u->n; i++) {
                const SettingChange *s = u->v + i;

                buf_add(&b, i > 0 ? ",{" : "{");
                json_add_member(&b, "section", s->section);
                json_add_member(&b, "key", s->key);
                json_add_member(&b, "old", s->old);
                json_add_member(&b, "new", s->new);
                buf_addf(&b, ",\"live\":%s}", s->live ? "true" : "false");
        }
        printf("%s%s]}", first ? "[" : ",", b.data ?: "");
}

VERB(diff) {
        Differences d = { 0 };
        bool json;
        int code = ctl_json_asked(c, argv[0], &json);

        if (code == CTL_OK)
                code = ask(c, "Diff", argv, &d);
        for (size_t i = 0; i < d.n && code == CTL_OK; i++)
                if (json)
                        print_difference_json(d.v + i, i == 0);
                else
                        print_difference(c, d.v + i);
        if (json && code == CTL_OK)
                puts(d.n > 0 ? "]" : "[]");
        differences_release(&d);
        return code;
}

static bool is_up(const Difference *u) {
        return str_equal(u->active, "active") || str_equal(u->active, "reloading") ||
               str_equal(u->active, "activating");
}

/* The first setting that what runs would not take up by itself; NULL: none. */
static const SettingChange *needs_restart(const Difference *u) {
        for (size_t i = 0; i < u->n; i++)
                if (!u->v[i].live)
                        return u->v + i;
        return NULL;
}

typedef struct Action {
        const char *verb; /* of svctl; NULL: the reload is enough */
        char *reason;     /* owned */
} Action;

/* At most one job for each unit, and why. */
static int decide(const Difference *u, Action *ret) {
        const SettingChange *s = needs_restart(u);
        size_t i = change_index(u);

        *ret = (Action){ 0 };
        if (is_up(u) && changes[i].stops)
                ret->verb = "stop";
        else if (!is_up(u) && changes[i].starts && *u->text)
                ret->verb = "start";
        else if (is_up(u) && s)
                ret->verb = "restart";
        else if (is_up(u) && u->n > 0)
                return str_printf(&ret->reason, "it takes up what has changed as it runs");
        else
                return 0;
        if (s)
                return str_printf(&ret->reason, "[%s] %s has changed", s->section, s->key);
        return str_printf(&ret->reason, "it %s%s%s", changes[i].words, *u->text ? ", by " : "", u->text);
}

static void print_action(const Difference *u, const Action *a, bool dry_run) {
        static const struct {
                const char *verb, *past;
        } words[] = { { "stop", "Stopped" }, { "start", "Started" }, { "restart", "Restarted" } };

        for (size_t i = 0; i < ELEMENTSOF(words); i++)
                if (str_equal(a->verb, words[i].verb)) {
                        if (dry_run)
                                printf("Would %s %s: %s.\n", a->verb, u->unit, a->reason);
                        else
                                printf("%s %s: %s.\n", words[i].past, u->unit, a->reason);
                }
        if (!a->verb && a->reason)
                printf("%s %s: %s.\n", dry_run ? "Would leave" : "Left", u->unit, a->reason);
}

static int run_action(Ctl *c, const Difference *u, const Action *a) {
        char *args[] = { (char *)a->verb, u->unit, NULL };
        int code = a->verb ? verb_jobs(c, 2, args) : CTL_OK;

        if (code == CTL_OK && !c->quiet)
                print_action(u, a, false);
        return code;
}

/* Stops first: what starts may need the place. */
static int run_actions(Ctl *c, const Differences *d, const Action *actions) {
        static const char *const order[] = { "stop", "restart", "start", NULL };
        int code = CTL_OK;

        for (size_t k = 0; k < ELEMENTSOF(order); k++)
                for (size_t i = 0; i < d->n; i++)
                        if (str_equal(actions[i].verb, order[k])) {
                                int r = run_action(c, d->v + i, actions + i);

                                code = code ?: r;
                        }
        return code;
}

static int apply(Ctl *c, const Differences *d, const Action *actions) {
        if (d->n == 0) {
                if (!c->quiet)
                        puts("Nothing has changed.");
                return CTL_OK;
        }
        for (size_t i = 0; i < d->n && c->dry_run; i++)
                print_action(d->v + i, actions + i, true);
        return c->dry_run ? CTL_OK : run_actions(c, d, actions);
}

VERB(apply) {
        Differences d = { 0 };
        int code = ask(c, c->dry_run ? "Diff" : "ReloadTelling", argv, &d);
        Action *actions = calloc(d.n + 1, sizeof(*actions));

        for (size_t i = 0; i < d.n && actions && code == CTL_OK; i++)
                if (decide(d.v + i, actions + i) < 0)
                        code = CTL_FAILED;
        if (!actions)
                code = CTL_FAILED;
        if (code == CTL_OK)
                code = apply(c, &d, actions);
        for (size_t i = 0; i < d.n && actions; i++)
                free(actions[i].reason);
        free(actions);
        differences_release(&d);
        return code;
}
