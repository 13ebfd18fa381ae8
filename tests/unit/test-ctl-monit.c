/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/core/glyphs.h"
#include "ctl/show/monit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NOW (UINT64_C(1000000) * USEC_PER_SEC)

static ServiceRow row(const char *name, const char *active, const char *sub, unsigned age_s) {
        return (ServiceRow){ .name = (char *)name,
                             .active = (char *)active,
                             .sub = (char *)sub,
                             .status = (char *)"",
                             .result = (char *)"exit-code",
                             .pid = 100,
                             .since = NOW - age_s * USEC_PER_SEC,
                             .cpu_nsec = 5000000,
                             .memory = 3 << 20,
                             .tasks = 2,
                             .cpu = 12.34 };
}

static MonitLog log_of(char **lines, size_t n) {
        return (MonitLog){ .lines = lines, .n = n };
}

/* The services that the screens below are of. */
static ServiceRow rows[4];

static void fill(ServiceLook *l) {
        rows[0] = row("api.service", "active", "running", 90);
        rows[1] = row("web.service", "active", "running", 3 * 3600);
        rows[1].n_instances = 2;
        rows[1].n_running = 1;
        rows[1].pid = 0;
        rows[1].restarts = 7;
        rows[2] = row("web@0.service", "active", "running", 5 * 86400);
        rows[2].is_instance = true;
        rows[2].status = (char *)"Serving";
        rows[3] = row("web@1.service", "failed", "failed", 1);
        rows[3].is_instance = true;
        rows[3].cpu = -1;
        rows[3].pid = 0;
        rows[3].memory = rows[3].tasks = UINT64_MAX;
        *l = (ServiceLook){ .time = NOW, .v = rows, .n = 4 };
}

static void expect_screen(unsigned width, unsigned height, size_t chosen, size_t top, const char *question,
                          const char *expected) {
        char *lines[MONIT_LINES_MAX] = { (char *)"first line",
                                         (char *)"a second line that is longer than some screens",
                                         (char *)"third" };
        MonitLog log = log_of(lines, 3);
        ServiceLook l;
        MonitView v = { .look = &l,
                        .log = &log,
                        .chosen = chosen,
                        .top = top,
                        .width = width,
                        .height = height,
                        .host = "box",
                        .question = question };
        Buf b auto_buf = { 0 };

        fill(&l);
        monit_draw(&v, &b);
        assert_string_equal(b.data, expected);
}

static void wide_screens_have_all_figures(void **state) {
        expect_screen(78, 12, 2, 0, NULL,
                      "box: 2 up, 1 failed, CPU 24.7%, memory 6.0M                                   \n"
                      "SERVICE         STATE                   PID     UP  REST   CPU%  MEMORY  TASKS\n"
                      "  api           running                 100    90s     0   12.3    3.0M      2\n"
                      "  web           1 of 2 running            -     3h     7   12.3    3.0M      2\n"
                      ">   web@0       running                 100     5d     0   12.3    3.0M      2\n"
                      "    web@1       failed (exit-code)        -      -     0      -       -      -\n"
                      "--- web@0.service: Serving                                                    \n"
                      "first line\n"
                      "a second line that is longer than some screens\n"
                      "third\n"
                      "\n"
                      "up/down choose  r restart  s start  x stop  PgUp/PgDn log  c m n sort  q end  ");
}

/* Figures go, the name and the CPU stay; lines are cut, and none is wider than the screen. */
static void narrow_screens_leave_figures_out(void **state) {
        expect_screen(30, 9, 3, 2, "stop web@1.service",
                      "box: 2 up, 1 failed, CPU 24.7…\n"
                      "SERVICE           CPU%  MEMORY\n"
                      "    web@0         12.3    3.0M\n"
                      ">   web@1            -       -\n"
                      "--- web@1.service             \n"
                      "a second line that is longer …\n"
                      "third\n"
                      "stop web@1.service? y/n       ");
}

static void screens_without_room_say_so(void **state) {
        expect_screen(9, 30, 0, 0, NULL, "no room");
        expect_screen(80, 4, 0, 0, NULL, "no room");
}

/* Whatever its size: as many lines as it has, and none wider. */
static void every_screen_is_filled_and_no_more(void **state) {
        for (unsigned width = 10; width < 120; width += 3)
                for (unsigned height = 5; height < 40; height++) {
                        char *lines[MONIT_LINES_MAX] = { (
                                char *)"\033[31ma line that has a colour, and is long\033[0m" };
                        MonitLog log = log_of(lines, 1);
                        ServiceLook l;
                        MonitView v = { .look = &l,
                                        .log = &log,
                                        .width = width,
                                        .height = height,
                                        .host = "box",
                                        .color = width % 2 };
                        Buf b auto_buf = { 0 };
                        char *save = NULL;
                        unsigned n = 1;

                        fill(&l);
                        monit_draw(&v, &b);
                        for (const char *p = b.data; *p; p++)
                                n += *p == '\n';
                        assert_int_equal(n, height);
                        for (char *line = strtok_r(b.data, "\n", &save); line;
                             line = strtok_r(NULL, "\n", &save))
                                assert_true(text_width(line) <= width);
                }
}

static void ages_have_one_unit(void **state) {
        static const struct {
                unsigned s;
                const char *text;
        } ages[] = { { 0, "0s" },    { 119, "119s" },   { 120, "2min" }, { 7199, "119min" },
                     { 7200, "2h" }, { 172799, "47h" }, { 172800, "2d" } };
        char text[32];

        for (size_t i = 0; i < ELEMENTSOF(ages); i++) {
                ServiceRow r = row("a.service", "active", "running", ages[i].s);

                service_age(&r, NOW, text);
                assert_string_equal(text, ages[i].text);
        }
}

static void expect_order(ServiceSort sort, bool reverse, const char *first, const char *last) {
        ServiceRow v[] = { row("web@10.service", "active", "running", 1),
                           row("web@9.service", "active", "running", 1),
                           row("web.service", "active", "running", 1),
                           row("api.service", "active", "running", 1) };
        ServiceLook l = { .time = NOW, .v = v, .n = ELEMENTSOF(v) };

        v[0].memory = 1;
        v[1].memory = UINT64_MAX;
        v[0].cpu = 99;
        v[3].restarts = 3;
        services_sort(&l, sort, reverse);
        assert_string_equal(l.v[0].name, first);
        assert_string_equal(l.v[l.n - 1].name, last);
}

/* A set before its instances, and those by number; what is not known comes last. */
static void services_are_sorted(void **state) {
        expect_order(SERVICES_BY_NAME, false, "api.service", "web@10.service");
        expect_order(SERVICES_BY_NAME, true, "web@10.service", "api.service");
        expect_order(SERVICES_BY_CPU, false, "web@10.service", "web@9.service");
        expect_order(SERVICES_BY_MEMORY, false, "api.service", "web@9.service");
        expect_order(SERVICES_BY_RESTARTS, false, "api.service", "web@10.service");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(wide_screens_have_all_figures),
                cmocka_unit_test(narrow_screens_leave_figures_out),
                cmocka_unit_test(screens_without_room_say_so),
                cmocka_unit_test(every_screen_is_filled_and_no_more),
                cmocka_unit_test(ages_have_one_unit),
                cmocka_unit_test(services_are_sorted),
        };

        setenv("SYSTEMD_UTF8", "1", 1); /* whatever the locale of the machine is */
        (void)ctl_glyphs();
        return cmocka_run_group_tests(tests, NULL, NULL);
}
