/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "load/zone-store.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utlist.h>

#define DATABASE "/usr/share/zoneinfo/"
#define LOCAL "/etc/localtime"
#define FILE_MAX (256 * 1024)

struct ZoneEntry {
        char *path; /* owned; or the rule itself, which no file has */
        Zone zone;
        struct stat read; /* when it was read; all zero for a rule */
        ZoneEntry *next;
};

static bool same_file(const struct stat *a, const struct stat *b) {
        return a->st_ino == b->st_ino && a->st_dev == b->st_dev && a->st_size == b->st_size &&
               a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static int read_zone(const char *path, Zone *ret, struct stat *ret_stat) {
        int fd auto_fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
        char *data auto_free = NULL;
        struct stat st;
        ssize_t n;

        if (fd < 0 || fstat(fd, &st) < 0)
                return -errno;
        if (!S_ISREG(st.st_mode) || st.st_size > FILE_MAX)
                return -EBADMSG;
        data = malloc((size_t)st.st_size + 1);
        if (!data)
                return -ENOMEM;
        n = read(fd, data, (size_t)st.st_size); /* of a regular file: all of it */
        if (n < 0)
                return -errno;
        *ret_stat = st;
        return zone_parse_file(data, (size_t)n, ret);
}

static ZoneEntry *entry_find(ZoneStore *s, const char *path) {
        ZoneEntry *e;

        LL_FOREACH (s->entries, e)
                if (str_equal(e->path, path))
                        return e;
        return NULL;
}

/* Takes the zone. */
static const Zone *entry_add(ZoneStore *s, const char *path, Zone zone, const struct stat *st) {
        ZoneEntry *e = calloc(1, sizeof(*e));
        char *copy = strdup(path);

        if (!e || !copy) {
                free(e);
                free(copy);
                zone_release(&zone);
                return NULL;
        }
        *e = (ZoneEntry){ copy, zone, *st, NULL };
        LL_PREPEND(s->entries, e);
        return &e->zone;
}

static const Zone *by_path(ZoneStore *s, const char *path) {
        ZoneEntry *e = entry_find(s, path);
        struct stat st;
        Zone zone;

        if (stat(path, &st) < 0)
                return NULL;
        if (e && same_file(&st, &e->read))
                return &e->zone;
        if (read_zone(path, &zone, &st) < 0)
                return NULL;
        if (!e)
                return entry_add(s, path, zone, &st);
        zone_release(&e->zone);
        e->zone = zone;
        e->read = st;
        return &e->zone;
}

static const Zone *by_name(ZoneStore *s, const char *name) {
        char *path auto_free = NULL;

        if (!zone_name_is_valid(name) || str_printf(&path, DATABASE "%s", name) < 0)
                return NULL;
        return by_path(s, path);
}

static const Zone *by_rule(ZoneStore *s, const char *rule) {
        const ZoneEntry *e = entry_find(s, rule);
        Zone zone;

        if (e)
                return &e->zone;
        return zone_parse_rule(rule, &zone) < 0 ? NULL : entry_add(s, rule, zone, &(struct stat){ 0 });
}

/* tzset(3): a file, a name in the database or a rule; what is none of them is UTC. */
static const Zone *local_zone(ZoneStore *s) {
        const char *text = s->local;
        const Zone *found;

        if (!text)
                return by_path(s, LOCAL);
        text += *text == ':';
        found = *text == '/' ? by_path(s, text) : by_name(s, text);
        return found ?: by_rule(s, text);
}

static const Zone *find(const char *name, void *userdata) {
        return name ? by_name(userdata, name) : local_zone(userdata);
}

int zone_store_init(ZoneStore *s, const char *tz_variable) {
        *s = (ZoneStore){ .zones = { find, s }, .local = tz_variable ? strdup(tz_variable) : NULL };
        return tz_variable && !s->local ? -ENOMEM : 0;
}

void zone_store_release(ZoneStore *s) {
        ZoneEntry *e, *next;

        LL_FOREACH_SAFE (s->entries, e, next) {
                zone_release(&e->zone);
                free(e->path);
                free(e);
        }
        free(s->local);
        *s = (ZoneStore){ 0 };
}
