/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Where the output goes: to the journal, unless the file names files. */

#include "import/pm2.h"

#include <errno.h>
#include <stdlib.h>

static bool is_nothing(const char *path) {
        return str_equal(path, "NULL") || str_equal(path, "/dev/null");
}

/* The instances of a set write a file each, as PM2's do: "out.log" becomes "out-%i.log". */
static void set_file(Pm2App *a, const char *key, const char *path) {
        char *absolute auto_free = NULL;
        const char *dot, *slash;
        Buf b auto_buf = { 0 };

        if (is_nothing(path)) {
                draft_set(a->draft, "Service", key, "null");
                return;
        }
        if (str_starts_with(path, "~/")) {
                draft_setf(a->draft, "Service", key, "append:%%h%s", path + 1);
                return;
        }
        if (import_absolute(a->cwd, path, &absolute) < 0) {
                a->import->error = -ENOMEM;
                return;
        }
        slash = strrchr(absolute, '/');
        dot = strrchr(slash ?: absolute, '.') ?: absolute + strlen(absolute);
        if (a->set && !pm2_is(a, PM2_MERGE_LOGS, false))
                buf_addf(&b, "append:%.*s-" DRAFT_INSTANCE "%s", (int)(dot - absolute), absolute, dot);
        else
                buf_addf(&b, "append:%s", absolute);
        if (b.error < 0)
                a->import->error = b.error;
        else
                draft_text(a->draft, "Service", key, b.data);
}

/* The journal has the time and more of each line; only files would need it in the text. */
static void drop_format(Pm2App *a) {
        static const Pm2Key keys[] = { PM2_LOG_DATE_FORMAT, PM2_TIME, PM2_LOG_TYPE };

        if (!draft_has(a->draft, "Service", "StandardOutput"))
                return;
        for (size_t i = 0; i < ELEMENTSOF(keys); i++)
                if (pm2_is(a, keys[i], false))
                        draft_drop(a->draft,
                                   "the form of log lines (line %u): a file gets what the program writes; "
                                   "svctl logs "
                                   "-o has forms for what goes to the journal",
                                   node_line(a->given[keys[i]]));
}

void pm2_write_logs(Pm2App *a) {
        const char *out = pm2_text(a, PM2_OUT_FILE), *err = pm2_text(a, PM2_ERROR_FILE),
                   *both = pm2_text(a, PM2_LOG_FILE);
        bool chosen;

        if (a->given[PM2_LOG_FILE] && node_bool(a->given[PM2_LOG_FILE], &chosen) >= 0)
                both = NULL; /* true: PM2's own place for it; the journal has all */
        if (pm2_is(a, PM2_DISABLE_LOGS, false)) {
                draft_set(a->draft, "Service", "StandardOutput", "null");
                draft_set(a->draft, "Service", "StandardError", "null");
                return;
        }
        if (both && !is_nothing(both) && (out || err))
                draft_drop(a->draft, "log_file %s, besides a file for each stream", both);
        else if (both && !is_nothing(both))
                out = err = both;
        if (out)
                set_file(a, "StandardOutput", out);
        if (err)
                set_file(a, "StandardError", err);
        else if (out)
                draft_set(a->draft, "Service", "StandardError", "journal");
        drop_format(a);
}
