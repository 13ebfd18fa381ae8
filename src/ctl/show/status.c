/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/show/status.h"
#include "ctl/core/names.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define LABEL_WIDTH 13 /* with the colon and the blank */
#define LINES_DEFAULT 10

void status_line(const char *label, const char *format, ...) {
        va_list ap;

        printf("%*s%s", LABEL_WIDTH - 2, label, *label ? ": " : "  ");
        va_start(ap, format);
        vprintf(format, ap);
        va_end(ap);
        putchar('\n');
}

void status_add_time(Buf *b, usec_t t, usec_t now) {
        format_timestamp(t, b);
        if (t > 0 && t <= now) {
                buf_add(b, "; ");
                format_age(t, now, b);
        }
}

const char *state_color(const Ctl *c, const char *state) {
        if (str_equal(state, "active") || str_equal(state, "reloading"))
                return COLOR_GREEN(c);
        return str_equal(state, "failed") ? COLOR_RED(c) : "";
}

int status_list(const Status *s, const char *property, char ***ret) {
        sd_bus_error error = SD_BUS_ERROR_NULL;
        int r;

        *ret = NULL;
        if (!*property_get(&s->l, property))
                return 0;
        r = sd_bus_get_property_strv(s->ctl->bus, SD1, s->path, SD1_UNIT, property, &error, ret);
        sd_bus_error_free(&error);
        return r;
}

static usec_t now_usec(void) {
        struct timespec ts;

        clock_gettime(CLOCK_REALTIME, &ts);
        return (usec_t)ts.tv_sec * USEC_PER_SEC + (usec_t)ts.tv_nsec / NSEC_PER_USEC;
}

/* What logs_show() prints. */
int status_read_log(Status *s, unsigned lines, char **ret) {
        char *units[] = { (char *)property_get(&s->l, "Id"), NULL };
        FILE *out = stdout;
        char *text = NULL;
        size_t n;
        int r;

        stdout = open_memstream(&text, &n);
        if (!stdout) {
                stdout = out;
                return -errno;
        }
        r = logs_show(s->ctl, units, lines, property_raw(&s->l, "InactiveExitTimestamp"));
        if (fclose(stdout) != 0 && r >= 0)
                r = -ENOMEM;
        stdout = out;
        if (r >= 0)
                *ret = text;
        else
                free(text);
        return MIN(r, 0);
}

static void print_log(Status *s, unsigned lines) {
        char *text auto_free = NULL, *save = NULL;
        size_t width = screen_line(s->ctl);

        if (lines == 0 || status_read_log(s, lines, &text) < 0 || str_is_empty(text))
                return;
        putchar('\n');
        for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
                Buf b auto_buf = { 0 };

                s->is_cut |= text_width(line) > width;
                text_cut(line, width, &b);
                puts(b.data ? b.data : "");
        }
}

static void print_tree(Status *s) {
        const char *group = property_get(&s->l, "ControlGroup");
        UnitProcesses p = { 0 };

        if (status_read_processes(s->ctl, s->unit, group, &p) >= 0 && p.n > 0) {
                status_line("CGroup", "%s", *group ? group : "/");
                status_print_processes(s, &p, "             ");
        }
        unit_processes_release(&p);
}

static void warn_changed(const Status *s) {
        const Ctl *c = s->ctl;

        fflush(stdout);
        fprintf(stderr, "%sWarning:%s ", COLOR_YELLOW(c), COLOR_END(c));
        if (c->called_as_systemctl)
                fprintf(stderr,
                        "The unit file, source configuration file or drop-ins of %s changed on disk. Run "
                        "'systemctl "
                        "daemon-reload' to reload units.\n",
                        s->unit);
        else
                fprintf(stderr,
                        "%s or its drop-ins have changed on disk; 'svctl diff %s' shows how, 'svctl "
                        "daemon-reload' "
                        "takes it up.\n",
                        s->unit, s->unit);
}

static void print_unit(Status *s, unsigned lines) {
        Ctl *c = s->ctl;

        if (c->format != FORMAT_CAT) {
                status_head(s);
                status_run(s);
                status_figures(s);
                print_tree(s);
        }
        print_log(s, lines);
        if (s->is_cut && c->format != FORMAT_CAT && !c->no_legend)
                puts("Hint: Some lines were cut, -l shows them in full.");
        if (property_raw(&s->l, "NeedDaemonReload") && !c->quiet)
                warn_changed(s);
}

static int exit_of(const PropertyList *l) {
        const char *active = property_get(l, "ActiveState");

        if (str_equal(property_get(l, "LoadState"), "not-found") && str_equal(active, "inactive"))
                return CTL_NO_SUCH_UNIT_STATUS;
        return str_equal(active, "active") || str_equal(active, "reloading") ? CTL_OK : CTL_NOT_ACTIVE;
}

static int ask(Status *s) {
        sd_bus_error error = SD_BUS_ERROR_NULL;
        int r;

        r = ctl_unit_path(s->unit, &s->path);
        if (r >= 0)
                r = ctl_get_all(s->ctl, s->path, "", &s->l, &error);
        if (r < 0)
                ctl_print_error("%s: %s", s->unit, error.message ? error.message : strerror(-r));
        sd_bus_error_free(&error);
        return r;
}

/* json: where an object goes instead; *n: units that have been shown */
static int status_of(Ctl *c, const char *unit, unsigned lines, unsigned *n, Buf *json) {
        Status s = { .ctl = c, .unit = unit, .now = now_usec() };
        int code = CTL_FAILED;

        if (ask(&s) >= 0) {
                code = exit_of(&s.l);
                if (code == CTL_NO_SUCH_UNIT_STATUS)
                        ctl_say_not_found(c, unit);
                else if (json)
                        code = status_add_json(&s, json) < 0 ? CTL_FAILED : code;
                else if ((*n)++ > 0 && putchar('\n') == EOF)
                        code = CTL_FAILED;
                else
                        print_unit(&s, lines);
        }
        property_list_release(&s.l);
        free(s.path);
        return code;
}

VERB(status) {
        char **names auto_strv = NULL;
        unsigned lines = LINES_DEFAULT, n = 0;
        Buf json auto_buf = { 0 };
        int code = CTL_OK, r;

        if (c->lines && parse_unsigned(c->lines, &lines) < 0) {
                ctl_print_error("-n: '%s' is not a number of lines", c->lines);
                return ctl_usage(c);
        }
        if (ctl_connect(c) < 0)
                return CTL_FAILED;
        if (argc == 1)
                return status_of_manager(c);
        if (ctl_names_or_processes(c, argv + 1, &names) < 0)
                return CTL_FAILED;
        buf_add_char(&json, '[');
        STRV_FOREACH (name, names) {
                r = status_of(c, *name, lines, &n, c->format >= FORMAT_JSON ? &json : NULL);
                code = code ? code : r;
        }
        buf_add_char(&json, ']');
        r = c->format >= FORMAT_JSON ? json_print(&json) : CTL_OK;
        return code ? code : r;
}
