/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "import/ini.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

#define INI_ENTRIES_MAX 4096 /* of a section, and sections of a file */

typedef struct Reading {
        Ini *ini;
        const char *name;
        unsigned file, line;
        Report *report;
        size_t section;  /* of the current one, from 1; 0: none yet */
        size_t entry;    /* of the current one, from 1; 0: none */
        size_t indented; /* how far its key is */
        bool refused;
} Reading;

static int refuse(Reading *p, const char *what) {
        report_add(p->report, SEVERITY_ERROR, p->name, p->line, NULL, "%s", what);
        p->refused = true;
        return 0;
}

void ini_release(Ini *ini) {
        for (size_t i = 0; i < ini->n; i++) {
                IniSection *s = ini->v + i;

                for (size_t k = 0; k < s->n; k++) {
                        free(s->v[k].key);
                        free(s->v[k].value);
                }
                free(s->v);
                free(s->name);
        }
        free(ini->v);
        *ini = (Ini){ 0 };
}

IniSection *ini_section(const Ini *ini, const char *name) {
        for (size_t i = 0; i < ini->n; i++)
                if (str_equal(ini->v[i].name, name))
                        return ini->v + i;
        return NULL;
}

const IniEntry *ini_find(const IniSection *s, const char *key) {
        for (size_t i = 0; s && i < s->n; i++)
                if (str_equal(s->v[i].key, key))
                        return s->v + i;
        return NULL;
}

const char *ini_get(const IniSection *s, const char *key) {
        const IniEntry *e = ini_find(s, key);

        return e ? e->value : NULL;
}

static int open_section(Reading *p, const char *name, size_t n) {
        Ini *ini = p->ini;
        char *copy auto_free = strndup(name, n);

        if (!copy)
                return -ENOMEM;
        p->entry = 0;
        for (size_t i = 0; i < ini->n; i++)
                if (str_equal(ini->v[i].name, copy)) {
                        p->section = i + 1;
                        return 0;
                }
        if (ini->n >= INI_ENTRIES_MAX)
                return refuse(p, "There are too many sections.");
        if (array_reserve(&ini->v, &ini->capacity, ini->n + 1, sizeof(*ini->v)) < 0)
                return -ENOMEM;
        ini->v[ini->n++] = (IniSection){ .name = TAKE(copy) };
        p->section = ini->n;
        return 0;
}

static int set_entry(Reading *p, char *key, const char *value) {
        IniSection *s = p->ini->v + p->section - 1;
        IniEntry *e = NULL;

        for (size_t i = 0; i < s->n && !e; i++)
                if (str_equal(s->v[i].key, key))
                        e = s->v + i;
        if (!e) {
                char *copy = s->n < INI_ENTRIES_MAX ? strdup(key) : NULL;

                if (!copy)
                        return s->n < INI_ENTRIES_MAX ? -ENOMEM : refuse(p, "There are too many settings.");
                if (array_reserve(&s->v, &s->capacity, s->n + 1, sizeof(*s->v)) < 0) {
                        free(copy);
                        return -ENOMEM;
                }
                e = s->v + s->n++;
                *e = (IniEntry){ .key = copy };
        }
        p->entry = (size_t)(e - s->v) + 1;
        e->line = p->line;
        e->file = p->file;
        return str_replace(&e->value, value);
}

/* Behind the first line of a value, with a newline between. */
static int continue_entry(Reading *p, const char *text) {
        IniEntry *e = p->ini->v[p->section - 1].v + p->entry - 1;
        char *both;

        if (str_printf(&both, "%s\n%s", e->value ?: "", text) < 0)
                return -ENOMEM;
        free(e->value);
        e->value = both;
        return 0;
}

static int take_option(Reading *p, char *line) {
        char *separator = line + strcspn(line, "=:");

        if (!*separator)
                return refuse(
                        p,
                        "Neither a [section] nor key=value, so supervisord does not start with this file.");
        *separator = 0;
        str_strip(line);
        for (char *c = line; *c; c++)
                *c = (char)tolower((unsigned char)*c);
        if (!*line)
                return refuse(p, "There is no key before the '='.");
        return set_entry(p, line, str_strip(separator + 1));
}

/* A comment behind text: where it begins; the end if there is none. */
static char *comment_of(char *line) {
        for (char *p = line; *p; p++)
                if ((*p == ';' || *p == '#') && (p == line || isspace((unsigned char)p[-1])))
                        return p;
        return line + strlen(line);
}

static int take_line(Reading *p, char *line) {
        char *comment = comment_of(line), *text, *close;
        bool had_comment = *comment != 0;
        size_t indent;

        *comment = 0;
        indent = strspn(line, " \t\f\v\r");
        text = str_strip(line);
        if (!*text) {
                if (!had_comment && p->entry > 0 && p->section > 0)
                        return continue_entry(p, "");
                return 0;
        }
        if (p->section > 0 && p->entry > 0 && indent > p->indented)
                return continue_entry(p, text);
        p->indented = indent;
        close = text[0] == '[' ? strrchr(text, ']') : NULL;
        if (close && close > text + 1)
                return open_section(p, text + 1, (size_t)(close - text) - 1);
        if (p->section == 0)
                return refuse(p, "A setting before the first [section].");
        return take_option(p, text);
}

/* Lines that only kept the value open are none of it. */
static void strip_ends(Ini *ini) {
        for (size_t i = 0; i < ini->n; i++)
                for (size_t k = 0; k < ini->v[i].n; k++) {
                        char *value = ini->v[i].v[k].value;
                        size_t n = value ? strlen(value) : 0;

                        while (n > 0 && isspace((unsigned char)value[n - 1]))
                                value[--n] = 0;
                }
}

int ini_parse(Ini *ini, unsigned file, const char *name, const char *text, size_t n, Report *report) {
        Reading p = { .ini = ini, .file = file, .name = name, .report = report };
        const char *end = text + n;
        int r = 0;

        if (n >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
                text += 3;
        if (memchr(text, 0, (size_t)(end - text)))
                r = refuse(&p, "There is a NUL in it: this is no text.");
        while (r >= 0 && text < end && !p.refused) {
                const char *newline = memchr(text, '\n', (size_t)(end - text));
                size_t length = (size_t)((newline ?: end) - text);
                char *line auto_free = strndup(text, length);

                p.line++;
                r = line ? take_line(&p, line) : -ENOMEM;
                text += length + (newline != NULL);
        }
        strip_ends(ini);
        return r < 0 ? r : p.refused ? -EBADMSG : 0;
}
