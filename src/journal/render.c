/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "journal/render.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#define NAME_COLUMN 22 /* on a terminal texts begin at the same place behind shorter names */

static const char *const format_names[RENDER_FORMAT_MAX] = {
        [RENDER_RAW] = "raw",   [RENDER_PREFIX] = "prefix", [RENDER_SHORT_ISO] = "short-iso",
        [RENDER_JSON] = "json", [RENDER_NONE] = "none",
};

static RenderFormat format_from_string(const char *s, size_t n) {
        RenderFormat f = 0;

        while (f < RENDER_FORMAT_MAX && (strlen(format_names[f]) != n || memcmp(s, format_names[f], n) != 0))
                f++;
        return f;
}

int render_formats_from_string(const char *s, RenderFormat ret[2]) {
        size_t n = strcspn(s, " ");
        const char *second = s[n] ? s + n + 1 : s;
        RenderFormat out = format_from_string(s, n), error = format_from_string(second, strlen(second));

        if (out == RENDER_FORMAT_MAX || error == RENDER_FORMAT_MAX)
                return -EINVAL;
        ret[0] = out;
        ret[1] = error;
        return 0;
}

static void add_local_time(uint64_t realtime, Buf *b) {
        time_t seconds = (time_t)(realtime / 1000000);
        char text[40];
        struct tm tm;

        if (localtime_r(&seconds, &tm) && strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S%z ", &tm) > 0)
                buf_add(b, text);
}

static void add_prefix(bool on_terminal, const RenderLine *line, Buf *b) {
        char head[128];
        unsigned hash = 5381;
        int n;

        if (line->pid > 0)
                n = snprintf(head, sizeof(head), "%s[%ld]:", line->name, line->pid);
        else
                n = snprintf(head, sizeof(head), "%s:", line->name);
        n = MIN(n, (int)sizeof(head) - 1);

        if (!on_terminal) {
                buf_add_n(b, head, (size_t)n);
                buf_add_char(b, ' ');
                return;
        }

        for (const char *p = line->name; *p; p++)
                hash = hash * 33 + (unsigned char)*p;
        buf_addf(b, "\x1b[3%um%-*s\x1b[0m ", 2 + hash % 5, NAME_COLUMN, head);
}

static void add_text(bool on_terminal, const RenderLine *line, Buf *b) {
        const char *colour = !on_terminal          ? NULL
                             : line->priority <= 3 ? "\x1b[31m"
                             : line->priority == 4 ? "\x1b[33m"
                                                   : NULL;

        if (colour)
                buf_add(b, colour);
        buf_add_n(b, line->text, line->size);
        if (colour)
                buf_add(b, "\x1b[0m");
}

static const char *const members[] = { "ts",  "unit",       "name",    "stream", "priority",
                                       "pid", "invocation", "message", NULL };
/* Not for the line to say: unit, stream, pid, invocation. */
#define TRUSTED (1U << 1 | 1U << 3 | 1U << 5 | 1U << 6)

static void add_key(Buf *b, unsigned i) {
        if (b->len > 0 && b->data[b->len - 1] != '{')
                buf_add_char(b, ',');
        buf_addf(b, "\"%s\":", members[i]);
}

static void add_time(Buf *b, uint64_t realtime) {
        time_t seconds = (time_t)(realtime / 1000000);
        char text[32];
        struct tm tm;

        gmtime_r(&seconds, &tm);
        strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
        buf_addf(b, "\"%s.%06" PRIu64 "Z\"", text, realtime % 1000000);
}

static void add_optional(Buf *b, unsigned i, const char *text) {
        if (!text)
                return;
        add_key(b, i);
        json_add_string(b, text, strlen(text));
}

static void add_members(Buf *b, const JsonObject *o) {
        const char *from = o->inside;

        for (unsigned i = 0; i < o->n_places; i++) {
                if (!(TRUSTED & (1U << o->places[i].which)))
                        continue;
                buf_add_n(b, from, (size_t)(o->places[i].name - from));
                buf_add(b, "line_");
                from = o->places[i].name;
        }
        buf_add_n(b, from, (size_t)(o->inside_end - from));
}

static void add_json(const RenderLine *line, Buf *b) {
        JsonObject o = { 0 };
        bool is_object = json_is_object(line->text, line->size, members, &o);
        size_t start;

        buf_add_char(b, '{');
        start = b->len;
        for (unsigned i = 0; members[i]; i++) {
                if (o.members & ~TRUSTED & (1U << i))
                        continue;
                switch (i) {
                case 0:
                        add_key(b, i);
                        add_time(b, line->realtime);
                        break;
                case 1:
                        add_optional(b, i, line->unit);
                        break;
                case 2:
                        add_optional(b, i, line->name);
                        break;
                case 3:
                        add_optional(b, i, line->stream);
                        break;
                case 4:
                        add_key(b, i);
                        buf_addf(b, "%d", line->priority);
                        break;
                case 5:
                        if (line->pid > 0) {
                                add_key(b, i);
                                buf_addf(b, "%ld", line->pid);
                        }
                        break;
                case 6:
                        add_optional(b, i, line->invocation);
                        break;
                default:
                        if (!is_object) {
                                add_key(b, i);
                                json_add_string(b, line->text, line->size);
                        }
                }
        }

        if (is_object && !o.is_empty) {
                if (b->len > start)
                        buf_add_char(b, ',');
                add_members(b, &o);
        }
        buf_add_char(b, '}');
}

void render_line(RenderFormat format, bool on_terminal, const RenderLine *line, Buf *b) {
        switch (format) {
        case RENDER_RAW:
                buf_add_n(b, line->text, line->size);
                break;
        case RENDER_PREFIX:
                add_prefix(on_terminal, line, b);
                add_text(on_terminal, line, b);
                break;
        case RENDER_SHORT_ISO:
                add_local_time(line->realtime, b);
                add_prefix(on_terminal, line, b);
                add_text(on_terminal, line, b);
                break;
        case RENDER_JSON:
                add_json(line, b);
                break;
        default:
                return;
        }
        buf_add_char(b, '\n');
}
