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

static const struct {
        const char *moment, *strftime;
} date_parts[] = {
        /* the longer before what it begins with */
        { "YYYY", "%Y" }, { "YY", "%y" }, { "MMMM", "%B" }, { "MMM", "%b" }, { "MM", "%m" }, { "DDDD", "%j" },
        { "DD", "%d" },   { "D", "%e" },  { "HH", "%H" },   { "H", "%k" },   { "hh", "%I" }, { "h", "%l" },
        { "mm", "%M" },   { "ss", "%S" }, { "SSS", "%3N" }, { "ZZ", "%z" },  { "Z", "%:z" }, { "dddd", "%A" },
        { "ddd", "%a" },  { "A", "%p" },  { "a", "%P" },    { "X", "%s" },
};

static void add_date_format(const char *p, Buf *b) {
        while (*p) {
                const char *literal = *p == '[' ? strchr(p, ']') : NULL;
                size_t i = 0;

                if (literal) { /* as it stands */
                        buf_add_n(b, p + 1, (size_t)(literal - p) - 1);
                        p = literal + 1;
                        continue;
                }
                while (i < ELEMENTSOF(date_parts) && !str_starts_with(p, date_parts[i].moment))
                        i++;
                if (i < ELEMENTSOF(date_parts)) {
                        buf_add(b, date_parts[i].strftime);
                        p += strlen(date_parts[i].moment);
                } else {
                        buf_add_char(b, *p++);
                }
        }
}

/* The journal has the time of each line; only files need it in the text. */
static void write_format(Pm2App *a) {
        const char *format = pm2_text(a, PM2_LOG_DATE_FORMAT), *type = pm2_text(a, PM2_LOG_TYPE);
        bool files = draft_has(a->draft, "Service", "StandardOutput");
        Buf b auto_buf = { 0 };

        if (pm2_is(a, PM2_TIME, false))
                format = "YYYY-MM-DDTHH:mm:ss";
        if (format && files) {
                add_date_format(format, &b);
                if (b.error < 0)
                        a->import->error = b.error;
                else
                        draft_text(a->draft, "Service", "X-LogTimestamp", b.data);
        }
        if (str_equal(type, "json") && files)
                draft_set(a->draft, "Service", "X-LogFormat", "json");
        else if (type && files)
                draft_drop(a->draft, "log_type %s: text, or json", type);
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
        write_format(a);
}
