/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* One entry with all its fields: for people (verbose), for programs (export, the forms of JSON), or the message alone (cat). */

#include "ctl/core/timestamp.h"
#include "ctl/logs/logs.h"

#include <endian.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define JSON_FIELD_MAX 4096 /* what is larger, with its name, is null unless --all was said */

static bool is_wanted(const Logs *l, const char *data, size_t name_size) {
        if (!l->o->output_fields)
                return true;
        STRV_FOREACH (f, l->o->output_fields)
                if (strlen(*f) == name_size && memcmp(*f, data, name_size) == 0)
                        return true;
        return false;
}

static usec_t source_time(Logs *l) {
        static const char name[] = "_SOURCE_REALTIME_TIMESTAMP=";
        const void *data;
        uint64_t t = 0, theirs;
        char text[24];
        size_t n;

        (void)sd_journal_get_realtime_usec(l->j, &t);
        if (sd_journal_get_data(l->j, "_SOURCE_REALTIME_TIMESTAMP", &data, &n) < 0)
                return t;
        n -= MIN(n, sizeof(name) - 1);
        snprintf(text, sizeof(text), "%.*s", (int)MIN(n, sizeof(text) - 1),
                 (const char *)data + sizeof(name) - 1);
        return parse_decimal(text, &theirs) >= 0 && theirs > 0 && theirs < TIMESTAMP_MAX ? theirs : t;
}

/* Verbose */

static void print_verbose_field(Logs *l, const char *data, size_t n, size_t name_size) {
        LogsText value = { data + name_size + 1, n - name_size - 1 };
        bool is_message = name_size == 7 && memcmp(data, "MESSAGE", 7) == 0;

        fprintf(l->out, "    %s%.*s=", is_message && l->c->screen.color ? "\033[1m" : "", (int)name_size,
                data);
        if (l->c->all || ((l->full || n < FIELD_PRINT_MAX) && logs_is_printable(value.data, value.n, true)))
                logs_print_lines(l, 4 + (unsigned)name_size + 1, value, "");
        else
                logs_print_blob(l, value.n);
        if (is_message && l->c->screen.color)
                fputs(COLOR_END(l->c), l->out);
}

static int print_verbose(Logs *l) {
        char *cursor auto_free = NULL;
        Buf when auto_buf = { 0 };
        const char *zone;
        const void *data;
        usec_t t;
        size_t n;
        int r;

        r = sd_journal_get_cursor(l->j, &cursor);
        if (r < 0)
                return r;
        t = source_time(l);
        timestamp_format(t, l->utc, &when);
        zone = when.data ? strrchr(when.data, ' ') : NULL;
        fprintf(l->out, "%s%.*s.%06" PRIu64 "%s [%s]%s\n", COLOR_DIM(l->c),
                zone ? (int)(zone - when.data) : 0, when.data ?: "", t % USEC_PER_SEC, zone ?: "", cursor,
                COLOR_END(l->c));
        sd_journal_restart_data(l->j);
        while ((r = sd_journal_enumerate_available_data(l->j, &data, &n)) > 0) {
                const char *equals = memchr(data, '=', n);
                size_t name = equals ? (size_t)(equals - (const char *)data) : 0;

                if (name > 0 && is_wanted(l, data, name))
                        print_verbose_field(l, data, n, name);
        }
        if (l->o->catalog)
                logs_print_catalog(l);
        return r;
}

/* Export */

static void print_export_field(Logs *l, const char *data, size_t n, size_t name) {
        uint64_t size = htole64(n - name - 1);

        if (logs_is_printable(data, n, false)) {
                fwrite(data, 1, n, l->out);
        } else {
                fwrite(data, 1, name, l->out);
                fputc('\n', l->out);
                fwrite(&size, sizeof(size), 1, l->out);
                fwrite(data + name + 1, 1, n - name - 1, l->out);
        }
        fputc('\n', l->out);
}

/* What every entry has besides its fields. */
typedef struct Address {
        char *cursor; /* owned */
        uint64_t realtime, monotonic;
        char boot[SD_ID128_STRING_MAX];
} Address;

static int read_address(Logs *l, Address *ret) {
        sd_id128_t boot;
        int r = sd_journal_get_realtime_usec(l->j, &ret->realtime);

        if (r >= 0)
                r = sd_journal_get_monotonic_usec(l->j, &ret->monotonic, &boot);
        if (r >= 0)
                r = sd_journal_get_cursor(l->j, &ret->cursor);
        if (r >= 0)
                (void)sd_id128_to_string(boot, ret->boot);
        return r;
}

static bool is_boot_id(const char *data, size_t name) {
        return name == 8 && memcmp(data, "_BOOT_ID", 8) == 0;
}

static int print_export(Logs *l) {
        Address a = { 0 };
        const void *data;
        size_t n;
        int r = read_address(l, &a);

        if (r < 0)
                return r;
        fprintf(l->out,
                "__CURSOR=%s\n__REALTIME_TIMESTAMP=%" PRIu64 "\n__MONOTONIC_TIMESTAMP=%" PRIu64
                "\n_BOOT_ID=%s\n",
                a.cursor, a.realtime, a.monotonic, a.boot);
        free(a.cursor);
        sd_journal_restart_data(l->j);
        while ((r = sd_journal_enumerate_available_data(l->j, &data, &n)) > 0) {
                const char *equals = memchr(data, '=', n);
                size_t name = equals ? (size_t)(equals - (const char *)data) : 0;

                if (name > 0 && !is_boot_id(data, name) && is_wanted(l, data, name))
                        print_export_field(l, data, n, name);
        }
        fputc('\n', l->out);
        return r;
}

/* JSON */

typedef struct JsonField {
        char *data; /* owned: NAME=value */
        size_t n, name;
        bool done; /* printed with an earlier one of its name */
} JsonField;

typedef struct JsonEntry {
        JsonField *fields;
        size_t n, capacity;
} JsonEntry;

static void json_entry_release(JsonEntry *e) {
        for (size_t i = 0; i < e->n; i++)
                free(e->fields[i].data);
        free(e->fields);
}

static int json_entry_add(JsonEntry *e, const void *data, size_t n, size_t name) {
        JsonField f = { .n = n, .name = name };

        if (array_reserve(&e->fields, &e->capacity, e->n + 1, sizeof(JsonField)) < 0)
                return -ENOMEM;
        f.data = malloc(n + 1);
        if (!f.data)
                return -ENOMEM;
        memcpy(f.data, data, n);
        f.data[n] = 0;
        e->fields[e->n++] = f;
        return 0;
}

static int json_entry_read(JsonEntry *e, Logs *l) {
        Address a = { 0 };
        char text[300];
        const void *data;
        size_t n;
        int r = read_address(l, &a);

        if (r < 0)
                return r;
        snprintf(text, sizeof(text), "__CURSOR=%s", a.cursor);
        free(a.cursor);
        r = json_entry_add(e, text, strlen(text), 8);
        snprintf(text, sizeof(text), "__REALTIME_TIMESTAMP=%" PRIu64, a.realtime);
        if (r >= 0)
                r = json_entry_add(e, text, strlen(text), 20);
        snprintf(text, sizeof(text), "__MONOTONIC_TIMESTAMP=%" PRIu64, a.monotonic);
        if (r >= 0)
                r = json_entry_add(e, text, strlen(text), 21);
        snprintf(text, sizeof(text), "_BOOT_ID=%s", a.boot);
        if (r >= 0)
                r = json_entry_add(e, text, strlen(text), 8);
        sd_journal_restart_data(l->j);
        while (r >= 0 && (r = sd_journal_enumerate_available_data(l->j, &data, &n)) > 0) {
                const char *equals = memchr(data, '=', n);
                size_t name = equals ? (size_t)(equals - (const char *)data) : 0;

                if (name > 0 && !is_boot_id(data, name) && is_wanted(l, data, name))
                        r = json_entry_add(e, data, n, name);
        }
        return r;
}

static void put_bytes(Logs *l, const unsigned char *s, size_t n, const char *separator, const char *end) {
        fputc('[', l->out);
        for (size_t i = 0; i < n; i++)
                fprintf(l->out, "%s%s%u", i > 0 ? "," : "", separator, s[i]);
        fprintf(l->out, "%s]", end);
}

static void put_string(Logs *l, const char *s, size_t n) {
        fputc('"', l->out);
        for (size_t i = 0; i < n; i++)
                switch (s[i]) {
                case '"':
                case '\\':
                        fprintf(l->out, "\\%c", s[i]);
                        break;
                case '\n':
                        fputs("\\n", l->out);
                        break;
                case '\t':
                        fputs("\\t", l->out);
                        break;
                default:
                        fputc(s[i], l->out);
                }
        fputc('"', l->out);
}

static void put_value(Logs *l, const JsonField *f, bool nested) {
        const char *value = f->data + f->name + 1;
        size_t n = f->n - f->name - 1;
        bool pretty = l->mode == LOGS_JSON_PRETTY;

        if (!l->c->all && f->n >= JSON_FIELD_MAX)
                fputs("null", l->out);
        else if (logs_is_printable(value, n, true))
                put_string(l, value, n);
        else
                put_bytes(l, (const unsigned char *)value, n,
                          !pretty  ? ""
                          : nested ? "\n\t\t\t"
                                   : "\n\t\t",
                          !pretty  ? ""
                          : nested ? "\n\t\t"
                                   : "\n\t");
}

static bool same_name(const JsonField *a, const JsonField *b) {
        return a->name == b->name && memcmp(a->data, b->data, a->name) == 0;
}

/* A name that occurs more than once has a list. */
static void put_values(Logs *l, JsonEntry *e, size_t first) {
        const char *separator = l->mode == LOGS_JSON_PRETTY ? "\n\t\t" : "";
        const JsonField *f = e->fields + first;
        bool is_list = false;

        for (size_t i = first + 1; i < e->n && !is_list; i++)
                is_list = same_name(e->fields + i, f);
        if (!is_list) {
                put_value(l, f, false);
                return;
        }
        for (size_t i = first; i < e->n; i++) {
                if (!same_name(e->fields + i, f))
                        continue;
                fprintf(l->out, "%s%s", i == first ? "[" : ",", separator);
                put_value(l, e->fields + i, true);
                e->fields[i].done = true;
        }
        fputs(l->mode == LOGS_JSON_PRETTY ? "\n\t]" : "]", l->out);
}

static int print_json(Logs *l) {
        static const char *const begin[] = { [LOGS_JSON] = "{",
                                             [LOGS_JSON_PRETTY] = "{\n",
                                             [LOGS_JSON_SSE] = "data: {",
                                             [LOGS_JSON_SEQ] = "\036{" };
        static const char *const end[] = { [LOGS_JSON] = "}\n",
                                           [LOGS_JSON_PRETTY] = "\n}\n",
                                           [LOGS_JSON_SSE] = "}\n\n",
                                           [LOGS_JSON_SEQ] = "}\n" };
        bool pretty = l->mode == LOGS_JSON_PRETTY;
        JsonEntry e = { 0 };
        int r = json_entry_read(&e, l);

        if (r >= 0)
                fputs(begin[l->mode], l->out);
        for (size_t i = 0; r >= 0 && i < e.n; i++) {
                if (e.fields[i].done)
                        continue;
                fputs(i == 0 ? "" : pretty ? ",\n" : ",", l->out);
                if (pretty)
                        fputc('\t', l->out);
                put_string(l, e.fields[i].data, e.fields[i].name);
                fputs(pretty ? " : " : ":", l->out);
                put_values(l, &e, i);
        }
        if (r >= 0)
                fputs(end[l->mode], l->out);
        json_entry_release(&e);
        return r;
}

/* Cat */

static int print_cat_field(Logs *l, const char *name) {
        size_t skip = strlen(name) + 1, n;
        const void *data;
        int r = sd_journal_get_data(l->j, name, &data, &n);

        if (r == -ENOENT || (r >= 0 && n < skip))
                return 0;
        if (r < 0)
                return r;
        fwrite((const char *)data + skip, 1, n - skip, l->out);
        fputc('\n', l->out);
        return 0;
}

static int print_cat(Logs *l) {
        int r = 0;

        if (!l->o->output_fields)
                return print_cat_field(l, "MESSAGE");
        STRV_FOREACH (f, l->o->output_fields)
                if (r >= 0)
                        r = print_cat_field(l, *f);
        return r;
}

int logs_print_fields(Logs *l) {
        switch (l->mode) {
        case LOGS_VERBOSE:
                return print_verbose(l);
        case LOGS_EXPORT:
                return print_export(l);
        case LOGS_CAT:
                return print_cat(l);
        default:
                return print_json(l);
        }
}
