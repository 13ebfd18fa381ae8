/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/name.h"
#include "conf/words.h"
#include "sysv/script.h"

#include <errno.h>
#include <strings.h>

#define BLANKS " \t\r\n\f\v"

typedef enum State {
        IN_SCRIPT,
        IN_USAGE,              /* ... that goes on after a backslash */
        IN_CHKCONFIG,          /* "# description:" that goes on after a backslash */
        IN_HEADER,             /* the LSB header */
        IN_HEADER_DESCRIPTION, /* ... where indented lines belong to "Description:" */
} State;

typedef struct Parser {
        Script *script;
        Report *report;
        State state;
        unsigned line, header_line;
        bool header_broken;                       /* said already */
        Buf chkconfig, header_long, header_short; /* descriptions */
} Parser;

static const char *value_of(const char *line, const char *key) {
        size_t n = strlen(key);

        return strncasecmp(line, key, n) == 0 ? line + n : NULL;
}

static void set_text(Buf *b, const char *text) {
        b->len = 0;
        if (b->data)
                b->data[0] = 0;
        text += strspn(text, BLANKS);
        buf_add(b, text);
}

static void add_text(Buf *b, const char *text) {
        text += strspn(text, BLANKS);
        if (*text == 0)
                return;
        if (b->len > 0)
                buf_add_char(b, ' ');
        buf_add(b, text);
}

/* Takes a backslash at the end of the line off. */
static bool goes_on(char *line) {
        size_t n = strlen(line);

        if (n == 0 || line[n - 1] != '\\')
                return false;
        line[n - 1] = 0;
        str_strip(line);
        return true;
}

static int depend(Parser *p, bool before, const char *unit) {
        Script *s = p->script;
        int r = strv_add_unique(before ? &s->before : &s->after, unit);

        /* Nobody else starts the one target that waits for something. */
        if (r >= 0 && !before && str_equal(unit, "network-online.target"))
                r = strv_add_unique(&s->wants, unit);
        return r;
}

/* What a script provides with a "$" is reached when the script has been started, and wanted by it alone. */
static int provide_target(Script *s, const char *unit) {
        int r = strv_add_unique(&s->before, unit);

        if (r >= 0)
                r = strv_add_unique(&s->wants, unit);
        if (r >= 0 && str_equal(unit, "network-online.target"))
                r = provide_target(s, "network.target");
        return r;
}

static int provide(Parser *p, const char *word, const char *unit) {
        switch (name_type(unit)) {
        case UNIT_SERVICE:
                return strv_add_unique(&p->script->aliases, unit);
        case UNIT_TARGET:
                return provide_target(p->script, unit);
        default:
                report_add(
                        p->report, SEVERITY_WARNING, p->script->path, p->line, NULL,
                        "\"Provides:\" has \"%s\", the name of a unit that an init script cannot provide (a "
                        "service or a $facility was expected); ignored",
                        word);
                return 0;
        }
}

typedef enum Relation {
        PROVIDES,
        AFTER,
        BEFORE
} Relation;

static int take_word(Parser *p, const char *key, Relation relation, const char *word) {
        char *unit auto_free = NULL;
        int r = facility_translate(word, p->script->path, &unit);

        switch (r) {
        case FACILITY_UNIT:
                return relation == PROVIDES ? provide(p, word, unit) : depend(p, relation == BEFORE, unit);
        case FACILITY_ALL:
                if (relation == AFTER)
                        p->script->after_all = true;
                return 0;
        case FACILITY_INVALID:
                report_add(p->report, SEVERITY_WARNING, p->script->path, p->line, NULL,
                           "\"%s\" has \"%s\", which cannot be the name of a unit; ignored", key, word);
                return 0;
        default:
                return MIN(r, 0);
        }
}

static int take_words(Parser *p, const char *key, Relation relation, const char *text) {
        char *word;
        int r;

        while ((r = words_next(&text, WORDS_QUOTES | WORDS_RELAX, &word)) > 0) {
                r = take_word(p, key, relation, word);
                free(word);
                if (r < 0)
                        return r;
        }
        return r == -ENOMEM ? r : 0;
}

static int in_header(Parser *p, const char *whole, const char *line) {
        static const struct {
                const char *key;
                Relation relation;
        } lists[] = {
                { "Provides:", PROVIDES },   { "Required-Start:", AFTER },  { "Should-Start:", AFTER },
                { "X-Start-After:", AFTER }, { "X-Start-Before:", BEFORE },
        };
        const char *value;

        for (size_t i = 0; i < ELEMENTSOF(lists); i++) {
                value = value_of(line, lists[i].key);
                if (!value)
                        continue;
                p->state = IN_HEADER;
                return take_words(p, lists[i].key, lists[i].relation, value);
        }
        value = value_of(line, "Description:");
        if (value) {
                p->state = IN_HEADER_DESCRIPTION;
                set_text(&p->header_long, value);
                return 0;
        }
        value = value_of(line, "Short-Description:");
        if (value) {
                p->state = IN_HEADER;
                set_text(&p->header_short, value);
        } else if (p->state == IN_HEADER_DESCRIPTION) {
                /* A tab or two blanks at the start make it part of the text. */
                if (str_starts_with(whole, "#\t") || str_starts_with(whole, "#  "))
                        add_text(&p->header_long, line);
                else
                        p->state = IN_HEADER;
        }
        return 0;
}

/* The lines that Red Hat's chkconfig and its like looked for. */
static int in_comment(Parser *p, char *line) {
        const char *value = value_of(line, "pidfile:");
        bool more;

        if (value) {
                value += strspn(value, BLANKS);
                if (value[0] == '/')
                        return str_replace(&p->script->pid_file, value);
                report_add(p->report, SEVERITY_WARNING, p->script->path, p->line, NULL,
                           "\"pidfile:\" has \"%s\", an absolute path was expected; ignored", value);
                return 0;
        }
        if (!value_of(line, "description:"))
                return 0;
        more = goes_on(line);
        set_text(&p->chkconfig, value_of(line, "description:"));
        if (more)
                p->state = IN_CHKCONFIG;
        return 0;
}

static bool offers_reload(const char *usage) {
        static const char *const signs[] = { "{reload|", "{reload}", "{reload\"",
                                             "|reload|", "|reload}", "|reload\"" };

        for (size_t i = 0; i < ELEMENTSOF(signs); i++)
                if (strcasestr(usage, signs[i]))
                        return true;
        return false;
}

static void code_line(Parser *p, char *line) {
        size_t n = strlen(line);

        if (p->state >= IN_HEADER) {
                if (!p->header_broken && n > 0)
                        report_add(
                                p->report, SEVERITY_WARNING, p->script->path, p->line, NULL,
                                "\"%.60s\" stands in the LSB header, a line that begins with # was expected; "
                                "ignored",
                                line);
                p->header_broken = p->header_broken || n > 0;
                return;
        }
        if (p->state == IN_CHKCONFIG || (p->state == IN_SCRIPT && !strcasestr(line, "usage")))
                return;
        if (offers_reload(line)) {
                p->script->can_reload = true;
                p->state = IN_SCRIPT;
        } else
                p->state = n > 0 && line[n - 1] == '\\' ? IN_USAGE : IN_SCRIPT;
}

/* `whole` with the blanks before it, `line` without the "#" and what is around it. */
static int comment_line(Parser *p, const char *whole, char *line) {
        bool more;

        switch (p->state) {
        case IN_SCRIPT:
                return in_comment(p, line);
        case IN_CHKCONFIG:
                more = goes_on(line);
                add_text(&p->chkconfig, line);
                if (!more)
                        p->state = IN_SCRIPT;
                return 0;
        case IN_HEADER:
        case IN_HEADER_DESCRIPTION:
                return in_header(p, whole, line);
        default:
                return 0;
        }
}

static int take_line(Parser *p, char *whole) {
        char *line = str_strip(whole);

        if (line[0] != '#') {
                code_line(p, line);
                return 0;
        }
        if (p->state == IN_SCRIPT && str_equal(line, "### BEGIN INIT INFO")) {
                p->state = IN_HEADER;
                p->header_line = p->line;
                p->script->lsb = true;
                return 0;
        }
        if (p->state >= IN_HEADER && str_equal(line, "### END INIT INFO")) {
                p->state = IN_SCRIPT;
                return 0;
        }
        line++;
        return comment_line(p, whole, line + strspn(line, BLANKS));
}

static int conclude(Parser *p) {
        const char *origin = p->script->lsb ? "LSB" : "SYSV", *text = NULL;
        Buf *const by_rank[] = { &p->header_short, &p->chkconfig, &p->header_long };

        if (p->state >= IN_HEADER)
                report_add(p->report, SEVERITY_WARNING, p->script->path, p->header_line, NULL,
                           "the LSB header that begins here has no end (\"### END INIT INFO\" was expected); "
                           "all "
                           "that follows was read as part of it");
        for (size_t i = 0; i < ELEMENTSOF(by_rank); i++) {
                if (by_rank[i]->error < 0)
                        return by_rank[i]->error;
                if (!text && by_rank[i]->len > 0)
                        text = by_rank[i]->data;
        }
        return text ? str_printf(&p->script->description, "%s: %s", origin, text) : 0;
}

/* A line ends at a newline or a NUL. */
static int take_lines(Parser *p, const char *text, size_t len) {
        for (const char *end = text + len; text < end;) {
                char *line auto_free = NULL;
                size_t n = strcspn(text, "\n"); /* the text ends with a NUL */
                int r;

                line = strndup(text, n);
                if (!line)
                        return -ENOMEM;
                p->line++;
                r = take_line(p, line);
                if (r < 0)
                        return r;
                text += n + 1;
        }
        return 0;
}

int script_parse(Script *s, const char *text, size_t len, Report *report) {
        Parser p = { .script = s, .report = report };
        int r = take_lines(&p, text, len);

        if (r >= 0)
                r = conclude(&p);
        buf_release(&p.chkconfig);
        buf_release(&p.header_long);
        buf_release(&p.header_short);
        if (r >= 0)
                s->loaded = true;
        return r;
}
