/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the tests of specs share: a unit that is read from text, and what was said about it. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "unit/directive.h"

#define UNUSED_HERE __attribute__((unused))

typedef struct World {
        UnitSpec *spec;
        Report report;
        SpecContext context;
} World;

static const SpecifierHost host = {
        .architecture = "x86-64",
        .boot_id = "00000000000000000000000000000001",
        .hostname = "box.example.org",
        .machine_id = "00000000000000000000000000000002",
        .kernel = "6.1",
        .os_id = "debian",
        .os_version_id = "12",
        .user = "root",
        .uid = "0",
        .group = "root",
        .gid = "0",
        .home = "/root",
        .shell = "/bin/sh",
        .runtime_dir = "/run",
        .state_dir = "/var/lib",
        .cache_dir = "/var/cache",
        .logs_dir = "/var/log",
        .configuration_dir = "/etc",
        .tmp_dir = "/tmp",
        .var_tmp_dir = "/var/tmp",
};

static UNUSED_HERE void world_read(World *w, const char *file, const char *text) {
        Text t = { (char *)text, strlen(text) };

        assert_int_equal(spec_read(w->spec, &w->context, file, t), 0);
}

static UNUSED_HERE void world_init(World *w, const char *name, const char *text) {
        *w = (World){ .context = { .specifiers = { .host = &host } } };
        w->context.report = &w->report;
        assert_int_equal(spec_new(name, &w->spec), 0);
        world_read(w, name, text);
}

static UNUSED_HERE void world_complete(World *w, const char *name, const char *text) {
        world_init(w, name, text);
        assert_int_equal(spec_complete(w->spec, &w->context), 0);
}

static UNUSED_HERE void world_release(World *w) {
        spec_free(w->spec);
        report_release(&w->report);
}

static UNUSED_HERE bool has(const UnitSpec *s, DependencyKind kind, const char *name) {
        for (size_t i = 0; i < s->common->n_deps; i++)
                if (s->common->deps[i].kind == kind && str_equal(s->common->deps[i].name, name))
                        return true;
        return false;
}

/* "LINE KEY" of each finding, one on each line. */
static UNUSED_HERE char *findings(const World *w) {
        Buf b auto_buf = { 0 };
        char *text;

        for (size_t i = 0; i < w->report.n_findings; i++) {
                const Finding *f = &w->report.findings[i];

                buf_addf(&b, "%u %s\n", f->line, f->key ? f->key : "-");
        }
        assert_int_equal(buf_take(&b, &text), 0);
        return text;
}

static UNUSED_HERE void expect_text(const World *w, size_t i, const char *text) {
        assert_true(i < w->report.n_findings);
        assert_string_equal(w->report.findings[i].text, text);
}

static UNUSED_HERE void expect_nothing_found(const World *w) {
        for (size_t i = 0; i < w->report.n_findings; i++)
                print_error("%s:%u: %s\n", w->report.findings[i].file, w->report.findings[i].line,
                            w->report.findings[i].text);
        assert_int_equal(w->report.n_findings, 0);
}
