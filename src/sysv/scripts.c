/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sysv/scripts.h"
#include "conf/name.h"
#include "load/backup.h"
#include "load/generated.h"
#include "load/init-script.h"

#include <errno.h>

static const Root system_root = { .prefix = (char *)"", .fd = -1 };

static int read_variable(const char *name, const char *usual, char ***ret) {
        const char *s = getenv(name);
        char **list auto_strv = NULL;
        int r = 0;

        if (str_is_empty(s))
                s = usual;
        for (size_t n; *s && r >= 0; s += n + (s[n] == ':')) {
                char *path auto_free = NULL;

                n = strcspn(s, ":");
                if (n == 0 || s[0] != '/')
                        continue;
                path = strndup(s, n);
                r = path ? strv_add_unique(&list, path) : -ENOMEM;
        }
        if (r >= 0)
                *ret = TAKE(list);
        return r;
}

int script_paths_init(ScriptPaths *p) {
        int r;

        *p = (ScriptPaths){ 0 };
        r = read_variable("SYSTEMD_SYSVINIT_PATH", "/etc/init.d", &p->scripts);
        if (r >= 0)
                r = read_variable("SYSTEMD_SYSVRCND_PATH", "/etc", &p->runlevels);
        if (r < 0)
                script_paths_release(p);
        return r;
}

void script_paths_release(ScriptPaths *p) {
        strv_free(p->scripts);
        strv_free(p->runlevels);
        *p = (ScriptPaths){ 0 };
}

void scripts_release(Scripts *all) {
        for (size_t i = 0; i < all->n; i++)
                script_release(all->v + i);
        free(all->v);
        *all = (Scripts){ 0 };
}

static Script *find(const Scripts *all, const char *unit) {
        for (size_t i = 0; i < all->n; i++)
                if (str_equal(all->v[i].unit, unit))
                        return all->v + i;
        return NULL;
}

static int read_script(Script *s, Report *report) {
        Text text = { 0 };
        int r = root_read_file(&system_root, s->path, &text, NULL);

        if (r == -ENOMEM)
                return r;
        if (r == READ_MASK) /* empty; not the null device, which is no regular file */
                s->loaded = true;
        else if (r != 0)
                report_add(report, SEVERITY_ERROR, s->path, 0, NULL, "%s; no unit is made for it",
                           r < 0 ? strerror(-r) : read_outcome_words(r));
        else
                r = script_parse(s, text.data, text.len, report);
        free(text.data);
        return r == -ENOMEM ? r : 0;
}

static bool is_script(const char *path) {
        struct stat st;

        return root_stat(&system_root, path, &st) >= 0 && S_ISREG(st.st_mode) && (st.st_mode & S_IXUSR);
}

/* Takes both strings. */
static int add_script(Scripts *all, char *path, char *unit, Report *report) {
        Script s = { .path = path, .unit = unit, .position = -1 };
        int r = read_script(&s, report);

        if (r >= 0)
                r = array_reserve(&all->v, &all->capacity, all->n + 1, sizeof(Script));
        if (r < 0) {
                script_release(&s);
                return r;
        }
        all->v[all->n++] = s;
        return 0;
}

static int consider(Scripts *all, NativeUnits *native, const char *directory, const char *name,
                    Report *report) {
        char *path auto_free = NULL, *unit auto_free = NULL;
        int r = str_printf(&path, "%s/%s", directory, name);

        if (r < 0)
                return r;
        if (name_is_backup(name) || !is_script(path))
                return 0;
        r = str_is_utf8(name, strlen(name)) ? script_unit_name(name, &unit) : -EINVAL;
        for (const char *c = name; *c; c++)
                if ((unsigned char)*c < ' ')
                        r = -EINVAL;
        if (r == -ENOMEM)
                return r;
        if (r < 0 || name_type(unit) != UNIT_SERVICE) {
                report_add(report, SEVERITY_WARNING, path, 0, NULL,
                           "a service cannot have the name of this script; no unit is made for it");
                return 0;
        }
        r = find(all, unit) ? 1 : native_unit_is_there(native, unit, NULL);
        return r != 0 ? MIN(r, 0) : add_script(all, TAKE(path), TAKE(unit), report);
}

static int list_directory(const char *path, char ***ret, Report *report) {
        int r = root_list(&system_root, path, ret);

        if (r >= 0 || r == -ENOMEM)
                return r;
        if (r != -ENOENT)
                report_add(report, SEVERITY_WARNING, path, 0, NULL, "cannot be read (%s); left out",
                           strerror(-r));
        return 0;
}

int scripts_collect(Scripts *all, const ScriptPaths *p, Report *report) {
        NativeUnits native = { .known = false };
        int r = 0;

        STRV_FOREACH (directory, p->scripts) {
                char **names auto_strv = NULL;

                if (r >= 0)
                        r = list_directory(*directory, &names, report);
                STRV_FOREACH (name, names)
                        if (r >= 0)
                                r = consider(all, &native, *directory, *name, report);
        }
        native_units_release(&native);
        return r;
}

static int start_by(Scripts *all, const char *link, const char *target) {
        char *unit auto_free = NULL;
        Script *s;
        int r, position;

        if (link[0] != 'S' || strspn(link + 1, "0123456789") < 2 || link[3] == 0)
                return 0;
        r = script_unit_name(link + 3, &unit);
        if (r < 0)
                return r == -ENOMEM ? r : 0;
        s = find(all, unit);
        if (!s)
                return 0; /* it has a native unit, or there is no such script */
        position = (link[1] - '0') * 10 + (link[2] - '0');
        s->position = MAX(s->position, position);
        r = strv_add_unique(&s->before, target);
        return r < 0 ? r : strv_add_unique(&s->wanted_by, target);
}

int scripts_start(Scripts *all, const ScriptPaths *p, Report *report) {
        /* Those for boot and shutdown need nothing: every unit has its default dependencies. */
        static const struct {
                const char *directory, *target;
        } runlevels[] = {
                { "rc1.d", "rescue.target" },     { "rc2.d", "multi-user.target" },
                { "rc3.d", "multi-user.target" }, { "rc4.d", "multi-user.target" },
                { "rc5.d", "graphical.target" },
        };
        int r = 0;

        STRV_FOREACH (base, p->runlevels)
                for (size_t i = 0; i < ELEMENTSOF(runlevels) && r >= 0; i++) {
                        char *path auto_free = NULL, **links auto_strv = NULL;

                        r = str_printf(&path, "%s/%s", *base, runlevels[i].directory);
                        if (r >= 0)
                                r = list_directory(path, &links, report);
                        STRV_FOREACH (link, links)
                                if (r >= 0)
                                        r = start_by(all, *link, runlevels[i].target);
                }
        return r;
}

static int order_two(Script *s, const Script *other) {
        int r = 0;

        if (s->after_all && !other->after_all)
                r = strv_add_unique(&s->after, other->unit);
        /* Both have said in words what comes first, or one is not started at all. */
        if (r < 0 || (s->lsb && other->lsb) || s->position < 0 || other->position < 0)
                return r;
        if (other->position < s->position)
                r = strv_add_unique(&s->after, other->unit);
        else if (other->position > s->position)
                r = strv_add_unique(&s->before, other->unit);
        return r;
}

int scripts_order(Scripts *all) {
        for (size_t i = 0; i < all->n; i++)
                for (size_t k = 0; k < all->n; k++) {
                        int r = 0;

                        if (i != k && all->v[i].loaded && all->v[k].loaded)
                                r = order_two(all->v + i, all->v + k);
                        if (r < 0)
                                return r;
                }
        return 0;
}
