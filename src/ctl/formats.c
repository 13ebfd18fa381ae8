/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What -o means for the verbs that read, and what stands between them and the terminal. */

#include "ctl/core/ctl.h"
#include "ctl/core/pager.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char *const format_names[OUTPUT_FORMAT_MAX] = { [FORMAT_SHORT] = "short",
                                                             [FORMAT_CAT] = "cat",
                                                             [FORMAT_JSON] = "json",
                                                             [FORMAT_JSON_PRETTY] = "json-pretty" };

/* "text" is what some verbs call it. status takes the journal's formats as well, for its log lines. */
static int read_format(Ctl *c, const Verb *v) {
        const char *output = str_equal(c->output, "text") ? "short" : c->output;

        for (OutputFormat f = 0; output && f < OUTPUT_FORMAT_MAX; f++)
                if (str_equal(output, format_names[f])) {
                        c->format = f;
                        c->output = f == FORMAT_SHORT ? NULL : f == FORMAT_CAT ? "cat" : "json";
                        return CTL_OK;
                }
        if (!output || (v->run == verb_status && logs_has_output(output)))
                return CTL_OK;
        if (c->called_as_systemctl) {
                fprintf(stderr, "Unknown output '%s'.\n", output);
                return CTL_FAILED;
        }
        ctl_print_error("%s: there is no output '%s', only short (or text), cat, json and json-pretty%s",
                        v->name, output, v->run == verb_status ? ", and for log lines those of logs" : "");
        return CTL_USAGE;
}

/* Every verb writes its JSON in a line; here it is laid out for the eye. */
static int run_laid_out(Ctl *c, const Verb *v, int argc, char **argv) {
        FILE *out = stdout;
        char *text = NULL;
        Buf b auto_buf = { 0 };
        size_t n;
        int code;

        stdout = open_memstream(&text, &n);
        if (!stdout) {
                stdout = out;
                return ctl_print_error("%s", strerror(errno));
        }
        code = v->run(c, argc, argv);
        n = fclose(stdout) == 0;
        stdout = out;
        if (n && text)
                json_lay_out(text, &b);
        if (!n || b.error < 0)
                code = ctl_print_error("%s", strerror(ENOMEM));
        else
                fputs(b.data ? b.data : "", stdout);
        free(text);
        return code;
}

/* systemctl's -o of show, status and cat is about log lines only. */
static bool takes_format(const Ctl *c, const Verb *v) {
        return v->reads &&
               !(c->called_as_systemctl && v->run != verb_list_units && !strstr(v->name, "list-"));
}

static void print_outputs(const Verb *v) {
        for (OutputFormat f = 0; f < OUTPUT_FORMAT_MAX; f++)
                if (v->run != verb_status || !logs_has_output(format_names[f]))
                        puts(format_names[f]);
        if (v->run == verb_status)
                logs_print_outputs();
}

int ctl_run_verb(Ctl *c, const Verb *v, int argc, char **argv) {
        bool formats = takes_format(c, v);
        int code;

        if (formats && str_equal(c->output, "help")) {
                print_outputs(v);
                return CTL_OK;
        }
        /* What it is good for or not, systemctl wants it to be one. */
        code = formats || (c->called_as_systemctl && v->reads && c->output && !str_equal(c->output, "help") &&
                           !logs_has_output(c->output))
                       ? read_format(c, v)
                       : CTL_OK;
        if (code != CTL_OK)
                return code;
        if (v->paged && !c->no_pager && !c->quiet && !c->logs.follow)
                pager_open(c->logs.pager_end);
        if (c->format == FORMAT_JSON_PRETTY)
                code = run_laid_out(c, v, argc, argv);
        else
                code = v->run(c, argc, argv);
        if (fflush(stdout) != 0 && !pager_is_open())
                code = CTL_FAILED;
        pager_close();
        return code;
}
