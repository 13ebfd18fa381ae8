/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * analyze plot: the boot as an SVG. A line for each unit in the order in which
 * they began: its name, a bar while it started, a paler one while it was up, a
 * grey one while it stopped. What held up the rest (the critical chain) has its
 * name in bold.
 */

#include "ctl/analyze/analyze.h"
#include "ctl/analyze/boot.h"

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#define MARGIN 24.0
#define TOP 112.0 /* of the first line */
#define LINE 20.0
#define BAR 14.0
#define WIDTH_OF_TIME 900.0
#define WIDTH_OF_LETTER 6.9 /* 12 px, about */
#define WIDTH_OF_SPAN 90.0  /* room for the last line's words */
#define NAME_MAX_LETTERS 60

typedef struct Plot {
        const Boot *boot;
        Buf out;
        usec_t end;         /* of the axis */
        double left, width; /* of the axis; of all */
        double height;
        size_t n; /* lines, that of svinit among them */
} Plot;

static double x_of(const Plot *p, usec_t t) {
        return p->left + WIDTH_OF_TIME * (double)MIN(t, p->end) / (double)p->end;
}

/* As text of a document: what XML has a meaning for is written out, what it must not contain is not. */
static void add_text(Buf *b, const char *s) {
        if (!str_is_utf8(s, strlen(s)))
                s = "?";
        for (; *s; s++) {
                if (*s == '<')
                        buf_add(b, "&lt;");
                else if (*s == '>')
                        buf_add(b, "&gt;");
                else if (*s == '&')
                        buf_add(b, "&amp;");
                else if (*s == '"')
                        buf_add(b, "&quot;");
                else
                        buf_add_char(b, (unsigned char)*s < 0x20 || *s == 0x7f ? ' ' : *s);
        }
}

static void add_words(Plot *p, double x, double y, const char *class, const char *words) {
        buf_addf(&p->out, "<text class=\"%s\" x=\"%.1f\" y=\"%.1f\">", class, x, y);
        add_text(&p->out, words);
        buf_add(&p->out, "</text>\n");
}

/* At least as wide that it is seen. */
static void add_bar(Plot *p, const char *class, usec_t from, usec_t to, double y) {
        double x = x_of(p, from), width = x_of(p, MAX(from, to)) - x;

        buf_addf(&p->out, "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>\n",
                 class, x, y, MAX(width, str_equal(class, "failed") ? 4.0 : 1.5), BAR);
}

static void add_head(Plot *p) {
        buf_addf(&p->out,
                 "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                 "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\" viewBox=\"0 0 "
                 "%.0f %.0f\">\n"
                 "<title>The boot in time</title>\n"
                 "<style>\n"
                 "text { font: 12px sans-serif; fill: #222 }\n"
                 ".head { font-size: 20px; font-weight: bold }\n"
                 ".name, .critical { text-anchor: end }\n"
                 ".critical { font-weight: bold }\n"
                 ".axis { text-anchor: middle; fill: #666 }\n"
                 ".span { fill: #444; font-size: 11px }\n"
                 ".grid { stroke: #ddd }\n"
                 ".over { stroke: #1864ab; stroke-dasharray: 4 3 }\n"
                 ".band { fill: #f6f7f9 }\n"
                 ".own { fill: #4c6ef5 }\n"
                 ".starting { fill: #f08c00 }\n"
                 ".up { fill: #b2dfb8 }\n"
                 ".stopping { fill: #868e96 }\n"
                 ".failed { fill: #e03131 }\n"
                 "</style>\n"
                 "<rect width=\"%.0f\" height=\"%.0f\" fill=\"white\"/>\n",
                 p->width, p->height, p->width, p->height, p->width, p->height);
}

static void add_titles(Plot *p) {
        Buf line auto_buf = { 0 };
        struct utsname names = { 0 };

        (void)uname(&names);
        buf_add(&line, names.nodename);
        buf_add(&line, ": up in ");
        timespan_format_rounded(p->boot->finish, &line);
        add_words(p, MARGIN, MARGIN + 12, "head", line.data ?: "");
        buf_release(&line);
        format_timestamp(p->boot->started_at, &line);
        buf_addf(&line, "  ·  svinit %s  ·  %s %s, %s, %ld processors  ·  %zu units  ·  to %s",
                 PACKAGE_VERSION, names.sysname, names.release, names.machine, sysconf(_SC_NPROCESSORS_ONLN),
                 p->n - 1, p->boot->target);
        add_words(p, MARGIN, MARGIN + 32, "line", line.data ?: "");
}

static void add_legend(Plot *p) {
        static const struct {
                const char *class, *words;
        } marks[] = { { "own", "svinit itself" },
                      { "starting", "starting" },
                      { "up", "up" },
                      { "stopping", "stopping" },
                      { "failed", "failed" } };
        double x = MARGIN, y = MARGIN + 42;

        for (size_t i = 0; i < ELEMENTSOF(marks); i++) {
                buf_addf(&p->out, "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"14\" height=\"10\"/>\n",
                         marks[i].class, x, y);
                add_words(p, x + 20, y + 10, "line", marks[i].words);
                x += 20 + 24 + WIDTH_OF_LETTER * (double)strlen(marks[i].words);
        }
        buf_addf(&p->out,
                 "<text x=\"%.1f\" y=\"%.1f\"><tspan font-weight=\"bold\">bold</tspan>: the chain that all "
                 "waited for</text>\n",
                 x, y + 10);
}

/* 1, 2 or 5 times a power of ten, so that there are 5 to 12 of them. */
static usec_t choose_step(usec_t end) {
        static const unsigned factors[] = { 1, 2, 5 };

        for (usec_t power = 1; power < USEC_PER_YEAR; power *= 10)
                for (size_t i = 0; i < ELEMENTSOF(factors); i++)
                        if (end / (power * factors[i]) <= 12)
                                return power * factors[i];
        return USEC_PER_YEAR;
}

static void add_axis(Plot *p) {
        usec_t step = choose_step(p->end);
        double bottom = TOP + LINE * (double)p->n, over = x_of(p, p->boot->finish);

        for (size_t i = 1; i < p->n; i += 2)
                buf_addf(&p->out,
                         "<rect class=\"band\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>\n",
                         MARGIN, TOP + LINE * (double)i, p->width - 2 * MARGIN, LINE);
        for (usec_t t = 0; t <= p->end; t += step) {
                Buf words auto_buf = { 0 };

                timespan_format_rounded(t, &words);
                buf_addf(&p->out, "<line class=\"grid\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n",
                         x_of(p, t), TOP - 4, x_of(p, t), bottom);
                add_words(p, x_of(p, t), TOP - 8, "axis", words.data ?: "");
        }
        buf_addf(&p->out,
                 "<line class=\"over\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"><title>the boot is "
                 "over</title></line>\n",
                 over, TOP - 4, over, bottom);
}

/* What svinit itself did before the first unit. */
static void add_own_line(Plot *p) {
        const Boot *b = p->boot;
        double y = TOP + (LINE - BAR) / 2;

        add_words(p, p->left - 8, y + 11, "name", "svinit");
        if (b->generators_finish > 0)
                add_bar(p, "own", b->generators_start, b->generators_finish, y);
        if (b->load_finish > 0)
                add_bar(p, "own", b->load_start, b->load_finish, y);
}

static void add_name(Plot *p, const BootUnit *u, double y) {
        char shown[NAME_MAX_LETTERS + 8];

        snprintf(shown, sizeof(shown), "%.*s%s", NAME_MAX_LETTERS, u->id,
                 strlen(u->id) > NAME_MAX_LETTERS ? "…" : "");
        add_words(p, p->left - 8, y + 11, u->critical ? "critical" : "name", shown);
}

/* What a reader sees who points at it. */
static void add_hint(Plot *p, const BootUnit *u) {
        Buf words auto_buf = { 0 };

        buf_addf(&words, "%s: began after ", u->id);
        timespan_format_rounded(u->activating, &words);
        if (u->took > 0) {
                buf_add(&words, ", took ");
                timespan_format_rounded(u->took, &words);
        }
        buf_addf(&words, "%s", u->failed ? ", failed" : "");
        buf_add(&p->out, "<title>");
        add_text(&p->out, words.data ?: "");
        buf_add(&p->out, "</title>\n");
}

/* The end of a state is where the next that was entered after it began. */
static usec_t until(const Plot *p, usec_t from, usec_t a, usec_t b) {
        return a >= from && a > 0 ? a : b >= from && b > 0 ? b : p->end;
}

static void add_unit(Plot *p, const BootUnit *u, size_t line) {
        double y = TOP + LINE * (double)line + (LINE - BAR) / 2;
        usec_t up = until(p, u->activating, u->activated, u->deactivated);
        bool was_up = u->activated > 0 && u->activated >= u->activating;

        buf_add(&p->out, "<g>");
        add_hint(p, u);
        add_name(p, u, y);
        if (was_up)
                add_bar(p, "up", u->activated, until(p, u->activated, u->deactivating, u->deactivated), y);
        if (u->deactivating >= u->activating)
                add_bar(p, u->failed && was_up ? "failed" : "stopping", u->deactivating,
                        until(p, u->deactivating, u->deactivated, 0), y);
        add_bar(p, u->failed && !was_up ? "failed" : "starting", u->activating, up, y);
        if (u->took > 0) {
                Buf words auto_buf = { 0 };

                timespan_format_rounded(u->took, &words);
                add_words(p, x_of(p, up) + 5, y + 11, "span", words.data ?: "");
        }
        buf_add(&p->out, "</g>\n");
}

/* Back from what is booted, by the unit that was up last each time. */
static void mark_chain(const Boot *b) {
        BootUnit *u = boot_find(b, b->target);

        while (u && !u->critical) {
                BootUnit **before auto_free = NULL;
                size_t n = 0;

                u->critical = true;
                if (boot_predecessors(b, u, 0, &before, &n) < 0)
                        return;
                u = n > 0 ? before[0] : NULL;
        }
}

/* The units that began before it was over; the axis has room for what is told of the last. */
static void measure(Plot *p) {
        const Boot *b = p->boot;
        size_t letters = strlen("svinit");

        p->n = 1;
        for (size_t i = 0; i < b->n && b->units[i].activating <= b->finish; i++, p->n++)
                letters = MAX(letters, MIN(strlen(b->units[i].id), (size_t)NAME_MAX_LETTERS + 1));
        p->end = MAX(b->finish + b->finish / 50, (usec_t)10);
        p->left = MARGIN + WIDTH_OF_LETTER * (double)letters + 8;
        p->width = p->left + WIDTH_OF_TIME + WIDTH_OF_SPAN + MARGIN;
        p->height = TOP + LINE * (double)p->n + MARGIN;
}

static int draw(const Boot *b) {
        Plot p = { .boot = b };
        int code = CTL_OK;

        measure(&p);
        add_head(&p);
        add_titles(&p);
        add_legend(&p);
        add_axis(&p);
        add_own_line(&p);
        for (size_t i = 0; i + 1 < p.n; i++)
                add_unit(&p, b->units + i, i + 1);
        buf_add(&p.out, "</svg>\n");
        if (p.out.error < 0)
                code = ctl_print_error("%s", strerror(-p.out.error));
        else
                fputs(p.out.data, stdout);
        buf_release(&p.out);
        return code;
}

int analyze_plot(Ctl *c, int argc, char **argv) {
        Boot b = { 0 };
        int code;

        if (isatty(STDOUT_FILENO))
                return ctl_print_error("the picture is no text: svctl analyze plot > boot.svg");
        code = boot_read(c, &b);
        if (code == CTL_OK) {
                mark_chain(&b);
                code = draw(&b);
        }
        boot_release(&b);
        return code;
}
