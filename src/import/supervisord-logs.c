/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "import/supervisord.h"

#include <errno.h>
#include <stdlib.h>

static bool is_our_output(const char *path) {
        static const char *const paths[] = { "/dev/stdout",  "/dev/stderr",     "/dev/fd/1",
                                             "/dev/fd/2",    "/proc/self/fd/1", "/proc/self/fd/2",
                                             "/proc/1/fd/1", "/proc/1/fd/2" };

        for (size_t i = 0; i < ELEMENTSOF(paths); i++)
                if (str_equal(paths[i], path))
                        return true;
        return false;
}

static void set_file(Process *p, const char *key, const char *path) {
        const IniSection *all = ini_section(&p->program->all->ini, "supervisord");
        char *absolute auto_free = NULL, *value auto_free = NULL;

        if (import_absolute(ini_get(all, "directory") ?: p->program->all->import->directory, path,
                            &absolute) < 0 ||
            str_printf(&value, "append:%s", absolute) < 0)
                p->program->all->import->error = -ENOMEM;
        else
                draft_text(p->draft, "Service", key, value);
}

/* supervisord writes the files itself, and so can change them; here the program does. */
static void drop_rotation(Process *p, const char *stream) {
        static const char *const keys[] = { "logfile_maxbytes", "logfile_backups" };

        for (size_t i = 0; i < ELEMENTSOF(keys); i++) {
                char *key auto_free = NULL;
                const IniEntry *e;

                if (str_printf(&key, "%s_%s", stream, keys[i]) < 0) {
                        p->program->all->import->error = -ENOMEM;
                        return;
                }
                e = ini_find(p->program->section, key);
                if (e && !str_equal(e->value, "0"))
                        draft_drop(p->draft,
                                   "%s (line %u): a file that the program writes is for logrotate; the "
                                   "journal keeps to "
                                   "SystemMaxUse= by itself",
                                   key, e->line);
        }
}

/* What else is said of the stream: for the events of supervisord, mostly. */
static void drop_others(Process *p, const char *stream) {
        static const char *const keys[] = { "capture_maxbytes", "events_enabled" };

        for (size_t i = 0; i < ELEMENTSOF(keys); i++) {
                char *key auto_free = NULL;
                const char *value;

                if (str_printf(&key, "%s_%s", stream, keys[i]) < 0) {
                        p->program->all->import->error = -ENOMEM;
                        return;
                }
                value = ini_get(p->program->section, key);
                if (value && !str_equal(value, "0") && strcasecmp(value, "false"))
                        draft_drop(p->draft, "%s: there are no events of supervisord", key);
        }
}

static void write_stream(Process *p, const char *stream, const char *key) {
        char *owned auto_free = NULL, *name auto_free = NULL;
        const char *path;

        if (str_printf(&name, "%s_logfile", stream) < 0) {
                p->program->all->import->error = -ENOMEM;
                return;
        }
        path = supervisord_get(p, name, &owned);
        drop_others(p, stream);
        if (!path || !strcasecmp(path, "auto") || !strcasecmp(path, "syslog")) {
                draft_set(p->draft, "Service", key, "journal");
        } else if (!strcasecmp(path, "none") || !strcasecmp(path, "off") || str_equal(path, "/dev/null")) {
                draft_set(p->draft, "Service", key, "null");
        } else if (is_our_output(path)) {
                draft_set(p->draft, "Service", key, "journal+console");
        } else {
                set_file(p, key, path);
                drop_rotation(p, stream);
        }
}

void supervisord_write_logs(Process *p) {
        write_stream(p, "stdout", "StandardOutput");
        if (supervisord_is(p, "redirect_stderr", false))
                draft_set(p->draft, "Service", "StandardError", "inherit");
        else
                write_stream(p, "stderr", "StandardError");
}
