/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Attributes of a group, each written only when it changes: what differs from
 * a new group is remembered. A group whose directory was there before we came
 * is taken to have anything in it.
 *
 * A write that is refused becomes a note that says what was tried and what
 * holds instead; it is tried again the next time the limits are applied.
 */

#include "cgroup/internal.h"

#include <errno.h>
#include <stdio.h>

struct Written {
        const char *file; /* a constant */
        char *value;      /* owned */
        dev_t device;
        Hierarchy hierarchy;
        Written *next;
};

/* "memory.max" is one of memory's; 0: no controller's. */
static unsigned controller_of_file(const char *file) {
        char name[16];

        (void)snprintf(name, sizeof(name), "%.*s", (int)strcspn(file, "."), file);
        return controllers_from_text(name);
}

static Written **find_written(Group *g, const Attribute *a) {
        Written **at = &g->written;

        while (*at && ((*at)->hierarchy != a->hierarchy || (*at)->device != a->device ||
                       !str_equal((*at)->file, a->file)))
                at = &(*at)->next;
        return at;
}

const char *attribute_written(Group *g, const Attribute *a) {
        const Written *w = *find_written(g, a);

        return w ? w->value : NULL;
}

static void remember(Group *g, const Attribute *a, const char *value) {
        Written **at = find_written(g, a), *w = *at;

        if (!value) {
                if (!w)
                        return;
                *at = w->next;
                free(w->value);
                free(w);
                return;
        }
        if (!w) {
                w = calloc(1, sizeof(*w));
                if (!w)
                        return; /* it is written once more the next time */
                *w = (Written){ .file = a->file, .device = a->device, .hierarchy = a->hierarchy };
                *at = w;
        }
        if (str_replace(&w->value, value) < 0)
                remember(g, a, NULL);
}

/* The first line that it has now, for the message. */
static const char *what_holds(const Group *g, const Attribute *a, char *buffer, size_t size) {
        ssize_t n = cgroup_read(g->groups, a->hierarchy, g->path, a->file, buffer, size);

        if (n <= 0)
                return NULL;
        buffer[strcspn(buffer, "\n")] = 0;
        return buffer[0] && !a->device ? buffer : NULL;
}

void attribute_note(const Group *g, const Attribute *a, const char *value, int error, Report *unapplied) {
        char path[PATH_MAX], now[64];
        const char *holds;

        if (cgroup_path(g->groups, a->hierarchy, g->path, a->file, path) < 0)
                (void)snprintf(path, sizeof(path), "%s", a->file);
        if (error == -ENOENT) {
                report_add(unapplied, SEVERITY_NOTE, NULL, 0, a->key, "%s=: there is no %s, not applied",
                           a->key, path);
                return;
        }
        holds = what_holds(g, a, now, sizeof(now));
        report_add(unapplied, SEVERITY_NOTE, NULL, 0, a->key, "%s=: '%s' for %s is refused: %s; %s%s", a->key,
                   value, path, strerrordesc_np(-error) ?: "unknown error",
                   holds ? "it stays at " : "not applied", holds ?: "");
}

/*
 * An attribute that was there is not: somebody has switched its controller off in a group above. It is switched on
 * again, and whoever lost limits by that gets them back.
 */
static int write_again(Group *g, const Attribute *a, const char *text) {
        Groups *gs = g->groups;
        unsigned c = controller_of_file(a->file);
        Group *other, *next;

        if (a->hierarchy != HIERARCHY_V2 || !c || !group_regain(g, c))
                return -ENOENT;
        HASH_ITER (hh_path, gs->by_path, other, next)
                for (const Written *w = other->written; w; w = w->next)
                        if (w->hierarchy == HIERARCHY_V2 && controller_of_file(w->file) == c)
                                (void)cgroup_write(gs, HIERARCHY_V2, other->path, w->file, w->value);
        return cgroup_write(gs, HIERARCHY_V2, g->path, a->file, text);
}

int attribute_write(Group *g, const Attribute *a, const char *value) {
        const char *text = value ? value : a->none;
        const char *now = attribute_written(g, a);
        int r;

        if (value ? now && str_equal(now, value) : !now && !g->stale)
                return 0;
        if (!text)
                return 0;
        r = cgroup_write(g->groups, a->hierarchy, g->path, a->file, text);
        if (r == -ENOENT)
                r = write_again(g, a, text);
        if (r >= 0)
                remember(g, a, value);
        return r;
}

void attribute_set(Group *g, const Attribute *a, const char *value, Report *unapplied) {
        int r = attribute_write(g, a, value);

        if (r < 0 && value)
                attribute_note(g, a, value, r, unapplied);
}

int attributes_each(Group *g, const Attribute *like, int (*visit)(Group *g, dev_t device, void *userdata),
                    void *userdata) {
        for (Written *w = g->written, *next; w; w = next) {
                int r;

                next = w->next;
                if (w->hierarchy != like->hierarchy || !str_equal(w->file, like->file) || w->device == 0)
                        continue;
                r = visit(g, w->device, userdata);
                if (r < 0)
                        return r;
        }
        return 0;
}

void group_attributes_release(Group *g) {
        while (g->written) {
                Written *w = g->written;

                g->written = w->next;
                free(w->value);
                free(w);
        }
        group_devices_release(g);
}
