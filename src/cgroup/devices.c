/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * DevicePolicy= and DeviceAllow=: which devices the processes of a group may
 * open or make. In v2 by a program that the kernel asks (device-program.c), in
 * v1 by the devices controller; few containers may do either.
 */

#include "cgroup/internal.h"
#include "host/proc-file.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* What a closed policy leaves open: no hardware, and terminals. */
static const DeviceRule pseudo_devices[] = {
        { 'c', 1, 3, DEVICE_ALL },                            /* null */
        { 'c', 1, 5, DEVICE_ALL },                            /* zero */
        { 'c', 1, 7, DEVICE_ALL },                            /* full */
        { 'c', 1, 8, DEVICE_ALL },                            /* random */
        { 'c', 1, 9, DEVICE_ALL },                            /* urandom */
        { 'c', 5, 0, DEVICE_ALL },                            /* tty */
        { 'c', 5, 2, DEVICE_ALL },                            /* ptmx */
        { 'c', 136, DEVICE_ANY, DEVICE_READ | DEVICE_WRITE }, /* pts */
};

static int add_rule(DeviceRules *l, DeviceRule rule) {
        DeviceRule *more;

        if (l->n >= DEVICE_RULES_MAX)
                return -E2BIG;
        more = reallocarray(l->v, l->n + 1, sizeof(*more));
        if (!more)
                return -ENOMEM;
        l->v = more;
        l->v[l->n++] = rule;
        return 0;
}

static unsigned access_from_letters(const char *letters) {
        unsigned access = 0;

        for (; *letters; letters++)
                access |= *letters == 'r'   ? DEVICE_READ
                          : *letters == 'w' ? DEVICE_WRITE
                          : *letters == 'm' ? DEVICE_MAKE
                                            : 0;
        return access;
}

/* "136 pts" below the heading of its kind in /proc/devices, which one of a driver's numbers stands for. */
static int add_drivers(DeviceRules *l, char type, const char *pattern, unsigned access) {
        char text[8192], *line, *rest = text, now = 0;
        int r = proc_read("/proc/devices", text, sizeof(text));

        if (r < 0)
                return r;
        for (r = 0; r >= 0 && (line = strsep(&rest, "\n"));) {
                char name[128];
                unsigned number;

                if (str_starts_with(line, "Character"))
                        now = 'c';
                else if (str_starts_with(line, "Block"))
                        now = 'b';
                else if (now == type && sscanf(line, "%u %127s", &number, name) == 2 &&
                         fnmatch(pattern, name, 0) == 0)
                        r = add_rule(l, (DeviceRule){ type, (int)number, DEVICE_ANY, access });
        }
        return r;
}

static int add_node(DeviceRules *l, const char *path, unsigned access) {
        struct stat st;

        if (stat(path, &st) < 0)
                return -errno;
        if (!S_ISBLK(st.st_mode) && !S_ISCHR(st.st_mode))
                return -ENODEV;
        return add_rule(l, (DeviceRule){ S_ISBLK(st.st_mode) ? 'b' : 'c', (int)major(st.st_rdev),
                                         (int)minor(st.st_rdev), access });
}

static int add_entry(DeviceRules *l, const char *entry, Report *unapplied) {
        const char *letters;
        char *device auto_free = strndup(entry, device_entry_split(entry, &letters));
        unsigned access = access_from_letters(letters);
        const char *pattern;
        int r;

        if (!device)
                return -ENOMEM;
        if ((pattern = str_after(device, "char-")))
                return add_drivers(l, 'c', pattern, access);
        if ((pattern = str_after(device, "block-")))
                return add_drivers(l, 'b', pattern, access);
        r = add_node(l, device, access);
        if (r != -ENOENT && r != -ENODEV)
                return r;
        report_add(unapplied, SEVERITY_NOTE, NULL, 0, "DeviceAllow",
                   "DeviceAllow=: %s %s, nothing is allowed by it", device,
                   r == -ENOENT ? "does not exist" : "is no device");
        return 0;
}

static bool is_restricted(const CgroupSpec *s) {
        return s->device_policy != DEVICE_POLICY_AUTO || s->device_allow;
}

static int collect_rules(const CgroupSpec *s, DeviceRules *l, Report *unapplied) {
        int r = 0;

        for (size_t i = 0;
             s->device_policy != DEVICE_POLICY_STRICT && r >= 0 && i < ELEMENTSOF(pseudo_devices); i++)
                r = add_rule(l, pseudo_devices[i]);
        STRV_FOREACH (entry, s->device_allow)
                if (r >= 0)
                        r = add_entry(l, *entry, unapplied);
        return r;
}

/* "c 1:3 rwm", "b 8:* r", as devices.allow takes it. */
static void format_rule(const DeviceRule *rule, char *text, size_t size) {
        char minor_text[16] = "*";

        if (rule->minor != DEVICE_ANY)
                (void)snprintf(minor_text, sizeof(minor_text), "%d", rule->minor);
        (void)snprintf(text, size, "%c %d:%s %s%s%s", rule->type, rule->major, minor_text,
                       rule->access & DEVICE_READ ? "r" : "", rule->access & DEVICE_WRITE ? "w" : "",
                       rule->access & DEVICE_MAKE ? "m" : "");
}

static int rules_to_text(const DeviceRules *l, char **ret) {
        Buf b auto_buf = { 0 };

        for (size_t i = 0; i < l->n; i++) {
                char text[64];

                format_rule(l->v + i, text, sizeof(text));
                buf_addf(&b, "%s\n", text);
        }
        if (b.error < 0)
                return b.error;
        return buf_take(&b, ret);
}

/* A list that begins with "deny all"; NULL: everything. */
static int restrict_v1(Group *g, const DeviceRules *l) {
        Groups *gs = g->groups;
        int r = group_limit_in(g, HIERARCHY_DEVICES);

        if (r < 0)
                return r;
        if (!l)
                return cgroup_write(gs, HIERARCHY_DEVICES, g->path, "devices.allow", "a");
        r = cgroup_write(gs, HIERARCHY_DEVICES, g->path, "devices.deny", "a");
        for (size_t i = 0; r >= 0 && i < l->n; i++) {
                char text[64];
                int one;

                format_rule(l->v + i, text, sizeof(text));
                one = cgroup_write(gs, HIERARCHY_DEVICES, g->path, "devices.allow", text);
                if (one != -EPERM) /* the group above has not got it either */
                        r = one;
        }
        return r;
}

static int restrict_v2(Group *g, const DeviceRules *l) {
        char path[PATH_MAX];
        int group_fd auto_fd = -1, program = -1,
                     r = cgroup_path(g->groups, HIERARCHY_V2, g->path, NULL, path);

        if (r < 0)
                return r;
        group_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (group_fd < 0)
                return -errno;
        if (l) {
                program = device_program_load(l);
                r = program < 0 ? program : device_program_attach(group_fd, program);
                if (r < 0) {
                        cleanup_fd(&program);
                        return r;
                }
        }
        /* Two of them allow what both allow: never more than one of them in between. */
        if (g->device_program >= 0)
                (void)device_program_detach(group_fd, g->device_program);
        cleanup_fd(&g->device_program);
        g->device_program = program;
        return 0;
}

static int restrict_to(Group *g, const DeviceRules *l) {
        Groups *gs = g->groups;
        int r = -EOPNOTSUPP;

        if (gs->tracking == HIERARCHY_V2)
                r = restrict_v2(g, l);
        if (r < 0 && gs->tracking != HIERARCHY_NONE && gs->hierarchies[HIERARCHY_DEVICES].base)
                r = restrict_v1(g, l);
        return r;
}

static void note_lack(const Group *g, const CgroupSpec *s, int r, Report *unapplied) {
        const char *key = s->device_policy != DEVICE_POLICY_AUTO ? "DevicePolicy" : "DeviceAllow";
        const char *why = strerrordesc_np(-r);

        if (g->groups->tracking == HIERARCHY_NONE)
                why = "no cgroup can be made here";
        else if (r == -EPERM || r == -EACCES || r == -ENOSYS || r == -EOPNOTSUPP || r == -ENODEV)
                why = "neither BPF nor the devices controller can be used here";
        report_add(unapplied, SEVERITY_NOTE, NULL, 0, key, "%s=: %s; every device that is there can be used",
                   key, why ?: "unknown error");
}

void cgroup_apply_devices(Group *g, const CgroupSpec *s, Report *unapplied) {
        DeviceRules rules = { 0 };
        char *text auto_free = NULL;
        int r = 0;

        if (!is_restricted(s) && !g->device_rules)
                return;
        if (is_restricted(s)) {
                r = collect_rules(s, &rules, unapplied);
                if (r >= 0)
                        r = rules_to_text(&rules, &text);
        }
        if (r >= 0 && !str_equal(text, g->device_rules)) {
                r = restrict_to(g, text ? &rules : NULL);
                if (r >= 0) {
                        free(g->device_rules);
                        g->device_rules = TAKE(text);
                }
        }
        if (r < 0 && is_restricted(s))
                note_lack(g, s, r, unapplied);
        free(rules.v);
}

void group_devices_release(Group *g) {
        cleanup_fd(&g->device_program); /* the group's end is the program's */
        free(TAKE(g->device_rules));
}
