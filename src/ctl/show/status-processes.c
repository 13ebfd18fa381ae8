/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/show/status.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

void unit_processes_release(UnitProcesses *p) {
        for (size_t i = 0; i < p->n; i++) {
                free(p->v[i].group);
                free(p->v[i].command);
        }
        free(p->v);
        *p = (UnitProcesses){ 0 };
}

/* Group by group: a group itself, then what is below it; each by pid. "/" comes before all that may stand in a name. */
static int compare(const void *a, const void *b) {
        const UnitProcess *x = a, *y = b;
        const char *p = x->group, *q = y->group;

        while (*p && *p == *q)
                p++, q++;
        if (*p != *q && *p && *q)
                return *p == '/' ? -1 : *q == '/' ? 1 : (unsigned char)*p - (unsigned char)*q;
        if (*p != *q)
                return *p ? 1 : -1;
        return x->pid < y->pid ? -1 : x->pid > y->pid;
}

static int add(UnitProcesses *p, const char *group, uint32_t pid, const char *command) {
        Buf text auto_buf = { 0 };
        UnitProcess new = { .pid = pid };

        if (array_reserve(&p->v, &p->capacity, p->n + 1, sizeof(new)) < 0)
                return -ENOMEM;
        add_printable(command, &text);
        new.group = strdup(group);
        if (!new.group || buf_take(&text, &new.command) < 0) {
                free(new.group);
                return -ENOMEM;
        }
        p->v[p->n++] = new;
        return 0;
}

int status_read_processes(Ctl *c, const char *unit, const char *own, UnitProcesses *ret) {
        sd_bus_error error = SD_BUS_ERROR_NULL;
        sd_bus_message *reply = NULL;
        const char *group, *command;
        uint32_t pid;
        int r;

        r = sd_bus_call_method(c->bus, SD1, SD1_PATH, SD1_MANAGER, "GetUnitProcesses", &error, &reply, "s",
                               unit);
        if (r >= 0)
                r = sd_bus_message_enter_container(reply, 'a', "(sus)");
        while (r >= 0 && (r = sd_bus_message_read(reply, "(sus)", &group, &pid, &command)) > 0) {
                const char *below = str_equal(own, "/") ? group : str_after(group, own);

                r = add(ret, str_equal(below, "/") || !below ? "" : below, pid, command);
        }
        if (ret->n > 0)
                qsort(ret->v, ret->n, sizeof(*ret->v), compare);
        sd_bus_message_unref(reply);
        sd_bus_error_free(&error);
        return MIN(r, 0);
}

/* One level of the tree: the processes from..to of which all are in or below the group of this length. */
typedef struct Level {
        Status *s;
        const UnitProcesses *p;
        size_t depth; /* bytes of the group's name */
} Level;

static size_t end_of_child(const Level *l, size_t from, size_t to, size_t length) {
        const char *name = l->p->v[from].group;
        size_t i = from + 1;

        while (i < to && strncmp(l->p->v[i].group, name, length) == 0 &&
               (l->p->v[i].group[length] == 0 || l->p->v[i].group[length] == '/'))
                i++;
        return i;
}

static void print_branch(const Level *l, const char *prefix, bool last, const char *color, const char *text) {
        size_t width = screen_line(l->s->ctl);
        Buf line auto_buf = { 0 }, cut auto_buf = { 0 };

        buf_addf(&line, "%s%s%s%s%s", prefix,
                 l->s->ctl->plain ? ""
                 : last           ? ctl_glyphs()->right
                                  : ctl_glyphs()->branch,
                 color, text, *color ? COLOR_END(l->s->ctl) : "");
        if (!line.data)
                return;
        l->s->is_cut |= text_width(line.data) > width;
        text_cut(line.data, width, &cut);
        puts(cut.data ? cut.data : "");
}

/* Digits of the longest pid of the group itself. */
static int pid_width(const Level *l, size_t from, size_t to) {
        int width = 1;

        for (size_t i = from; i < to && !l->p->v[i].group[l->depth]; i++)
                width = MAX(width, snprintf(NULL, 0, "%u", l->p->v[i].pid));
        return width;
}

static void print_level(const Level *l, size_t from, size_t to, const char *prefix) {
        int width = pid_width(l, from, to);
        const Glyphs *g = ctl_glyphs();

        for (size_t i = from, next; i < to; i = next) {
                const UnitProcess *p = l->p->v + i;
                const char *name = p->group + l->depth;
                Buf text auto_buf = { 0 };

                if (!*name) { /* in the group itself: these come first */
                        next = i + 1;
                        buf_addf(&text, "%*u %s", width, p->pid, p->command);
                        print_branch(l, prefix, next == to, COLOR_DIM(l->s->ctl), text.data ? text.data : "");
                } else {
                        size_t length = strcspn(name + 1, "/") + 1;
                        Level below = { l->s, l->p, l->depth + length };

                        next = end_of_child(l, i, to, l->depth + length);
                        buf_addf(&text, "%.*s", (int)length - 1, name + 1);
                        print_branch(l, prefix, next == to, "", text.data ? text.data : "");
                        text.len = 0;
                        buf_addf(&text, "%s%s", prefix,
                                 l->s->ctl->plain || next == to ? g->space : g->vertical);
                        print_level(&below, i, next, text.data ? text.data : "");
                }
        }
}

void status_print_processes(Status *s, const UnitProcesses *p, const char *indent) {
        Level top = { s, p, 0 };

        print_level(&top, 0, p->n, indent);
}
