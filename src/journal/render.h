/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * How a line looks on the container's stdout or stderr. Pure.
 *
 *      raw        the line
 *      prefix     "nginx[17]: " and the line; on a terminal coloured and aligned
 *      short-iso  "2026-11-23T11:45:27+0000 nginx[17]: " and the line, in local time
 *      json       {"ts":...,"unit":...,...,"message":...}; a line that is a JSON object keeps its own members
 *                 and gets those of ours it has not. Who wrote it is not for the line to say: its own "unit",
 *                 "stream", "pid" and "invocation" are called "line_unit" and so on
 *      none       nothing
 */

#include "base/text.h"

#include <stdint.h>

typedef enum RenderFormat {
        RENDER_RAW,
        RENDER_PREFIX,
        RENDER_SHORT_ISO,
        RENDER_JSON,
        RENDER_NONE,
        RENDER_FORMAT_MAX
} RenderFormat;

typedef struct RenderLine {
        uint64_t realtime;  /* µs */
        const char *name;   /* identifier */
        const char *unit;   /* NULL: unknown */
        const char *stream; /* stdout, stderr, syslog, journal */
        const char *invocation;
        long pid;     /* 0: unknown */
        int priority; /* 0..7 */
        const char *text;
        size_t size;
} RenderLine;

void render_line(RenderFormat format, bool on_terminal, const RenderLine *line, Buf *b);
/* "json" for stdout and stderr, or "json prefix" for the one and the other; 0 or -EINVAL. */
int render_formats_from_string(const char *s, RenderFormat ret[2]);

typedef struct JsonPlace {
        const char *name; /* behind its quotation mark */
        unsigned which;
} JsonPlace;

typedef struct JsonObject {
        uint32_t members; /* a bit for each of the names it has */
        bool is_empty;
        const char *inside, *inside_end; /* what stands between the braces */
        unsigned n_places;
        JsonPlace places[16]; /* of these names, as often as each is there; one that has more is no object */
} JsonObject;

/* Whether the text is one JSON object and nothing else, and which of `names` (NULL-terminated, at most 32) it has. */
bool json_is_object(const char *text, size_t n, const char *const *names, JsonObject *ret);
/* What a member says that is a string, as it is written there: escapes are left. False: not an object, or no such string. */
bool json_string_member(const char *text, size_t n, const char *name, const char **ret, size_t *ret_size);
void json_add_string(Buf *b, const char *text, size_t n);
