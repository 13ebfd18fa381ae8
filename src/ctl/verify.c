/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * verify: every mistake in unit files with file, line and what was expected,
 * and what svinit knows but does not do. Exit code 1 when a file has an error
 * or a warning, 0 when there are only notes.
 */

#include "ctl/ctl.h"

#include "unit/directive.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MAX (4 * 1024 * 1024)

static void print_json_string(const char *s) {
        putchar('"');
        for (; s && *s; s++)
                if (*s == '"' || *s == '\\')
                        printf("\\%c", *s);
                else if ((unsigned char)*s < 0x20)
                        printf("\\u%04x", (unsigned char)*s);
                else
                        putchar(*s);
        putchar('"');
}

static void print_finding(Ctl *c, const Finding *f) {
        Buf b auto_buf = { 0 };

        if (str_equal(c->output, "json")) {
                fputs("{\"severity\":", stdout);
                print_json_string(severity_to_string(f->severity));
                fputs(",\"file\":", stdout);
                print_json_string(f->file);
                printf(",\"line\":%u,\"key\":", f->line);
                print_json_string(f->key);
                fputs(",\"text\":", stdout);
                print_json_string(f->text);
                puts("}");
                return;
        }
        finding_format(f, &b);
        printf("%s%s%s: %s\n", f->severity == SEVERITY_ERROR ? COLOR_RED(c) : COLOR_DIM(c),
               severity_to_string(f->severity), COLOR_END(c), b.data ?: "");
}

static void note_unapplied(const Directive *d, const char *value, const char *file, unsigned line,
                           void *userdata) {
        report_add(userdata, SEVERITY_NOTE, file, line, d->key, "%s: %s", support_to_string(d->support),
                   d->limit ?: "not applied.");
}

static int read_file(const char *path, Text *ret) {
        int fd auto_fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
        char *data auto_free = NULL;
        struct stat st;
        size_t n = 0;

        if (fd < 0 || fstat(fd, &st) < 0)
                return -errno;
        if (!S_ISREG(st.st_mode))
                return S_ISDIR(st.st_mode) ? -EISDIR : -EINVAL;
        if (st.st_size > FILE_MAX)
                return -EFBIG;
        data = malloc((size_t)st.st_size + 1);
        if (!data)
                return -ENOMEM;
        while (n < (size_t)st.st_size) {
                ssize_t k = read(fd, data + n, (size_t)st.st_size - n);

                if (k < 0)
                        return -errno;
                if (k == 0)
                        break;
                n += (size_t)k;
        }
        *ret = (Text){ TAKE(data), n };
        return 0;
}

/* A file by its path: the name says the type, as it would in a unit directory. */
static int verify_file(const char *path, Report *report) {
        const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
        SpecContext context = { .specifiers = { .unit = name, .fragment_path = path }, .report = report };
        char *instance auto_free = NULL;
        UnitSpec *spec = NULL;
        Text text = { 0 };
        int r;

        if (!name_is_valid(name, NAME_ANY)) {
                report_add(report, SEVERITY_ERROR, path, 0, NULL,
                           "'%s' is not a unit name; expected one such as web.service or web@.service.",
                           name);
                return 0;
        }
        if (name_kind(name) == NAME_TEMPLATE && name_with_instance(name, "instance", &instance) >= 0)
                context.specifiers.unit = instance;
        r = read_file(path, &text);
        if (r < 0) {
                report_add(report, SEVERITY_ERROR, path, 0, NULL, "Cannot be read: %s.", strerror(-r));
                return 0;
        }
        r = spec_new(instance ?: name, &spec);
        if (r >= 0)
                r = spec_read(spec, &context, path, text);
        if (r >= 0)
                r = spec_complete(spec, &context);
        if (r >= 0)
                spec_visit_unapplied(spec, note_unapplied, report);
        else if (r != -ENOMEM && report->n_findings == 0)
                report_add(report, SEVERITY_ERROR, path, 0, NULL, "The file is refused: %s.", strerror(-r));
        free(text.data);
        spec_free(spec);
        return r == -ENOMEM ? r : 0;
}

static int verify_unit(Ctl *c, const char *name, Report *report) {
        LoadedUnit u = { 0 };
        SpecContext context = { 0 };
        Loader *l = NULL;
        int r = ctl_loader(c, &l);

        if (r >= 0)
                r = loader_load(l, &context, name, &u);
        if (r == LOADED_NOT_FOUND)
                report_add(report, SEVERITY_ERROR, NULL, 0, NULL, "%s: there is no such unit file.", name);
        else if (r == -EINVAL)
                report_add(report, SEVERITY_ERROR, NULL, 0, NULL, "'%s' is not a unit name.", name);
        else if (r == LOADED_ERROR)
                report_add(report, SEVERITY_ERROR, u.fragment_path, 0, NULL, "%s",
                           u.error_text ?: "Cannot be read.");
        if (r >= 0) {
                for (size_t i = 0; i < u.report.n_findings; i++) {
                        const Finding *f = u.report.findings + i;

                        report_add(report, f->severity, f->file, f->line, f->key, "%s", f->text);
                }
                if (u.spec)
                        spec_visit_unapplied(u.spec, note_unapplied, report);
                loaded_unit_release(&u);
        }
        loader_free(l);
        return r == -ENOMEM ? r : 0;
}

VERB(verify) {
        Report report = { 0 };
        int code = CTL_OK, r = 0;

        for (int i = 1; i < argc && r >= 0; i++) {
                char *name auto_free = NULL;

                if (strchr(argv[i], '/') || access(argv[i], F_OK) >= 0)
                        r = verify_file(argv[i], &report);
                else if (name_mangle(argv[i], UNIT_SERVICE, &name) >= 0)
                        r = verify_unit(c, name, &report);
                else
                        code = ctl_print_error("'%s' is neither a file nor a unit name", argv[i]);
        }
        for (size_t i = 0; i < report.n_findings; i++)
                if (!c->quiet || report.findings[i].severity != SEVERITY_NOTE)
                        print_finding(c, report.findings + i);
        if (r < 0 || report_count(&report, SEVERITY_ERROR) + report_count(&report, SEVERITY_WARNING) > 0)
                code = CTL_FAILED;
        report_release(&report);
        return code;
}

VERB(dump_directives) {
        Buf b auto_buf = { 0 };

        directives_dump(&b);
        fputs(b.data ?: "", stdout);
        return b.error < 0 ? CTL_FAILED : CTL_OK;
}
