/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* doctor: what this container allows, what that means, and whom it concerns. All of it is PID 1's knowledge. */

#include "ctl/core/ctl.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* "PrivateTmp=: Operation not permitted", and who runs without. */
typedef struct Lack {
        char *text;   /* owned */
        char **units; /* owned */
} Lack;

typedef struct Lacks {
        Lack *v; /* owned */
        size_t n, capacity;
} Lacks;

static void lacks_release(Lacks *l) {
        for (size_t i = 0; i < l->n; i++) {
                free(l->v[i].text);
                strv_free(l->v[i].units);
        }
        free(l->v);
}

static int lacks_add(Lacks *l, const char *text, const char *unit) {
        for (size_t i = 0; i < l->n; i++)
                if (str_equal(l->v[i].text, text))
                        return strv_add(&l->v[i].units, unit);
        if (array_reserve(&l->v, &l->capacity, l->n + 1, sizeof(*l->v)) < 0)
                return -ENOMEM;
        l->v[l->n] = (Lack){ .text = strdup(text) };
        if (!l->v[l->n].text)
                return -ENOMEM;
        return strv_add(&l->v[l->n++].units, unit);
}

static int read_lacks(sd_bus_message *m, Lacks *ret) {
        const char *unit;
        int r = sd_bus_message_enter_container(m, 'a', "(sas)");

        while (r >= 0 && (r = sd_bus_message_enter_container(m, 'r', "sas")) > 0) {
                char **texts auto_strv = NULL;

                if ((r = sd_bus_message_read(m, "s", &unit)) < 0 ||
                    (r = sd_bus_message_read_strv(m, &texts)) < 0)
                        return r;
                for (char **t = texts; t && *t && r >= 0; t++)
                        r = lacks_add(ret, *t, unit);
                if (r >= 0)
                        r = sd_bus_message_exit_container(m);
        }
        return r < 0 ? r : sd_bus_message_exit_container(m);
}

static void print_fact(Ctl *c, const char *const w[4]) {
        const char *color = str_equal(w[1], "full")      ? COLOR_GREEN(c)
                            : str_equal(w[1], "missing") ? COLOR_RED(c)
                                                         : "";

        printf("%s%-8s%s %-19s %s\n", color, w[1], COLOR_END(c), w[0], w[2]);
        printf("%s         %s%s\n", COLOR_DIM(c), w[3], COLOR_END(c));
}

/* By a setting, or by the exit code of the step that failed. */
static void print_refusal(Ctl *c, const char *const w[4]) {
        printf("%srefused%s  %s: %s%s: %s\n", COLOR_RED(c), COLOR_END(c), w[0], w[1],
               strchr(w[1], '/') ? "" : "=", w[2]);
}

/* A list of records of strings: printed, or as objects with these names. The number of them, or negative. */
static int show_records(Ctl *c, sd_bus_message *m, const char *signature, const char *const names[4],
                        void (*print)(Ctl *c, const char *const w[4]), Buf *json) {
        int r = sd_bus_message_enter_container(m, 'a', signature), n = 0;
        const char *w[4] = { 0 };

        while (r >= 0 && (r = names[3] ? sd_bus_message_read(m, signature, w, w + 1, w + 2, w + 3)
                                       : sd_bus_message_read(m, signature, w, w + 1, w + 2)) > 0) {
                buf_add(json, n++ > 0 ? ",{" : "{");
                for (size_t i = 0; i < 4 && names[i]; i++)
                        json_add_member(json, names[i], w[i]);
                buf_add_char(json, '}');
                if (c->format < FORMAT_JSON)
                        print(c, w);
        }
        if (r >= 0)
                r = sd_bus_message_exit_container(m);
        return r < 0 ? r : n;
}

static void show_lacks(Ctl *c, const Lacks *l, Buf *json) {
        if (c->format < FORMAT_JSON && l->n > 0)
                puts("\nNot applied, so far:");
        for (size_t i = 0; i < l->n; i++) {
                buf_add(json, i > 0 ? ",{" : "{");
                json_add_member(json, "setting", l->v[i].text);
                buf_add(json, ",\"units\":");
                json_add_list(json, l->v[i].units);
                buf_add_char(json, '}');
                if (c->format >= FORMAT_JSON)
                        continue;
                printf("  %s\n%s     ", l->v[i].text, COLOR_DIM(c));
                STRV_FOREACH (u, l->v[i].units)
                        printf(" %s", *u);
                printf("%s\n", COLOR_END(c));
        }
}

/* The number of units that are refused what they must have, or negative. */
static int show(Ctl *c, sd_bus_message *m) {
        static const char *const facts[] = { "name", "level", "value", "meaning" };
        static const char *const refusals[4] = { "unit", "setting", "reason" };
        Buf json auto_buf = { 0 };
        Lacks lacks = { 0 };
        int r;

        buf_add(&json, "{\"facts\":[");
        r = show_records(c, m, "(ssss)", facts, print_fact, &json);
        if (r >= 0)
                r = read_lacks(m, &lacks);
        if (r >= 0) {
                buf_add(&json, "],\"not_applied\":[");
                show_lacks(c, &lacks, &json);
                buf_add(&json, "],\"refused\":[");
                if (c->format < FORMAT_JSON)
                        putchar('\n');
                r = show_records(c, m, "(sss)", refusals, print_refusal, &json);
                buf_add(&json, "]}");
        }
        if (r >= 0 && c->format >= FORMAT_JSON)
                puts(json.data ?: "");
        else if (r == 0)
                puts("No unit is refused its identity or its secrecy.");
        lacks_release(&lacks);
        return r < 0 ? r : json.error < 0 ? json.error : r;
}

VERB(doctor) {
        sd_bus_error error = SD_BUS_ERROR_NULL;
        sd_bus_message *reply = NULL;
        int r;

        if (ctl_connect(c) < 0)
                return CTL_FAILED;
        r = sd_bus_call_method(c->bus, SD1, SD1_PATH, OWN_MANAGER, "Doctor", &error, &reply, NULL);
        if (r >= 0)
                r = show(c, reply);
        if (r < 0)
                ctl_print_error("doctor: %s", error.message ?: strerror(-r));
        sd_bus_error_free(&error);
        sd_bus_message_unref(reply);
        return r == 0 ? CTL_OK : CTL_FAILED;
}
