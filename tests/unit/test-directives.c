/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The tables of directives are sound, and know every key that systemd 252 knows. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "unit/directive.h"
#include "unit/privilege.h"
#include "unit/resource.h"

#define FOR_EACH_ROW(d)                                                                                      \
        for (const Directive *const *table_ = directive_tables; *table_; table_++)                           \
                for (const Directive *d = *table_; d->key; d++)

static void rows_are_sorted_and_unique(void **state) {
        for (const Directive *const *table = directive_tables; *table; table++)
                for (const Directive *d = *table; d->key && d[1].key; d++) {
                        assert_string_equal(d[0].section, d[1].section);
                        if (strcmp(d[0].key, d[1].key) >= 0)
                                fail_msg("%s= and %s= are not in order", d[0].key, d[1].key);
                }
}

static void no_key_hides_another_one(void **state) {
        static const char *const sections[] = {
                "Unit",  "Service",   "Install", "Socket", "Timer", "Path",
                "Mount", "Automount", "Swap",    "Slice",  "Scope", "X-Deploy"
        };
        UnitType types[] = {
                UNIT_TARGET, UNIT_SERVICE,   UNIT_TARGET, UNIT_SOCKET, UNIT_TIMER, UNIT_PATH,
                UNIT_MOUNT,  UNIT_AUTOMOUNT, UNIT_SWAP,   UNIT_SLICE,  UNIT_SCOPE, UNIT_SERVICE
        };

        FOR_EACH_ROW(d) {
                unsigned found = 0;

                for (size_t i = 0; i < ELEMENTSOF(sections); i++)
                        if (directive_find(sections[i], d->key) == d) {
                                found++;
                                assert_true(directive_section_is_known(sections[i], types[i]));
                                /* what svctl deploy reads is no setting of the unit */
                                assert_int_equal(directive_counts_for(d, types[i]),
                                                 strcmp(sections[i], "X-Deploy") != 0);
                        }
                if (found == 0)
                        fail_msg("[%s] %s= is found in no section", d->section, d->key);
        }
}

static void every_key_of_systemd_is_known(void **state) {
        const char *srcdir = getenv("srcdir");
        char path[4096], section[64], key[64];
        unsigned n = 0, missing = 0;
        FILE *f;

        snprintf(path, sizeof(path), "%s/tests/unit/systemd-252-keys.txt", srcdir ? srcdir : ".");
        f = fopen(path, "re");
        if (!f)
                fail_msg("cannot read %s", path);
        while (fscanf(f, "%63s %63s", section, key) == 2) {
                n++;
                if (directive_find(section, key))
                        continue;
                print_error("[%s] %s= is unknown\n", section, key);
                missing++;
        }
        fclose(f);
        assert_true(n > 1000);
        assert_int_equal(missing, 0);
}

static void what_does_not_exist_is_not_found(void **state) {
        assert_null(directive_find("Service", "ExecStrat"));
        assert_null(directive_find("Service", "execstart"));
        assert_null(directive_find("Timer", "ExecStart"));
        assert_null(directive_find("Nothing", "ExecStart"));
        assert_null(directive_find("", ""));
        assert_false(directive_section_is_known("Timer", UNIT_SERVICE));
        assert_false(directive_section_is_known("service", UNIT_SERVICE));
        assert_false(directive_section_is_known("*exec", UNIT_SERVICE));
}

static void each_row_says_what_it_does_and_what_not(void **state) {
        FOR_EACH_ROW(d) {
                if (d->alias_of) {
                        assert_ptr_not_equal(directive_resolve(d), d);
                        continue;
                }
                if (!d->summary || strlen(d->summary) < 10 || d->summary[strlen(d->summary) - 1] != '.')
                        fail_msg("%s= has no sentence for a summary", d->key);
                if ((d->support == SUPPORT_FULL) != (d->limit == NULL))
                        fail_msg("%s= needs a limit exactly if it is not applied in full", d->key);
                if (d->limit && d->limit[strlen(d->limit) - 1] != '.')
                        fail_msg("the limit of %s= is no sentence", d->key);
                if (!d->codec && d->support == SUPPORT_FULL && strcmp(d->section, "X-Deploy") != 0)
                        fail_msg("%s= is kept as text, so it cannot be applied", d->key);
                assert_non_null(support_to_string(d->support));
        }
}

/* A property that no field gives needs a type of its own. */
static void each_property_has_a_type(void **state) {
        FOR_EACH_ROW(d) {
                if (!directive_property(d) || d->signature)
                        continue;
                if (!d->codec || !d->codec->signature[0])
                        fail_msg("%s= is a property without a type", d->key);
        }
}

static void old_spellings_lead_to_the_new_ones(void **state) {
        static const char *const pairs[][4] = {
                { "Service", "StartLimitInterval", "Unit", "StartLimitIntervalSec" },
                { "Service", "FailureAction", "Unit", "FailureAction" },
                { "Unit", "BindTo", "Unit", "BindsTo" },
                { "Service", "ReadWriteDirectories", "Service", "ReadWritePaths" },
                { "Service", "MemoryLimit", "Service", "MemoryMax" },
                { "Unit", "PropagateReloadTo", "Unit", "PropagatesReloadTo" },
        };

        for (size_t i = 0; i < ELEMENTSOF(pairs); i++) {
                const Directive *d = directive_find(pairs[i][0], pairs[i][1]);

                assert_non_null(d);
                assert_ptr_equal(directive_resolve(d), directive_find(pairs[i][2], pairs[i][3]));
                assert_null(directive_property(d));
        }
}

/* The default is printed as a person would have written it in the row. */
static void every_default_is_in_normal_form(void **state) {
        FOR_EACH_ROW(d) {
                Buf b auto_buf = { 0 };
                UnitSpec *s;

                assert_int_equal(spec_new("a.service", &s), 0);
                assert_int_equal(directive_format(d, s, &b), 0);
                if (!d->alias_of && d->initial)
                        if (strcmp(b.data ? b.data : "", d->initial) != 0)
                                fail_msg("the default of %s= is '%s', printed as '%s'", d->key, d->initial,
                                         b.data);
                spec_free(s);
        }
}

static bool points_to_something(const void *p, size_t n) {
        for (size_t i = 0; i < n; i++)
                if (((const char *)p)[i])
                        return true;
        return false;
}

/* Parts are copied with memcpy() and reset with it: a default that owned memory would be freed twice. */
static void no_default_owns_memory(void **state) {
        UnitSpec *s;

        assert_int_equal(spec_new("a.service", &s), 0);
        FOR_EACH_ROW(d) {
                const void *field = directive_field(d, s);

                if (!field || !d->codec->release)
                        continue;
                if (d->codec->id == CODEC_std_input || d->codec->id == CODEC_std_output ||
                    d->codec->id == CODEC_input_data || d->codec->id == CODEC_input_text) {
                        const StdIo *io = field;

                        assert_true(!io->input_file && !io->output_file && !io->error_file &&
                                    !io->input_data);
                } else if (points_to_something(field, d->codec->size)) {
                        fail_msg("the default of %s= owns memory", d->key);
                }
        }
        assert_null(s->cgroup->delegate_controllers);
        spec_free(s);
}

static void expect_suggestion(UnitType type, const char *section, const char *key, const char *meant,
                              const char *meant_section) {
        const char *found_section = NULL, *found;

        found = directive_suggest(type, section, key, &found_section);
        if (!meant) {
                assert_null(found);
                return;
        }
        if (!found)
                fail_msg("nothing is suggested for %s=", key);
        assert_string_equal(found, meant);
        assert_string_equal(found_section, meant_section);
}

static void near_misses_are_recognised(void **state) {
        expect_suggestion(UNIT_SERVICE, "Service", "ExecStrat", "ExecStart", "Service");
        expect_suggestion(UNIT_SERVICE, "Service", "execstart", "ExecStart", "Service");
        expect_suggestion(UNIT_SERVICE, "Service", "After", "After", "Unit");
        expect_suggestion(UNIT_SERVICE, "Unit", "User", "User", "Service");
        expect_suggestion(UNIT_SERVICE, "Unit", "Descripton", "Description", "Unit");
        expect_suggestion(UNIT_TIMER, "Timer", "OnCalender", "OnCalendar", "Timer");
        expect_suggestion(UNIT_TIMER, "Timer", "ExecStart", NULL, NULL);
        expect_suggestion(UNIT_SERVICE, "Service", "Frobnicate", NULL, NULL);
}

static void dump_has_seven_fields_on_each_line(void **state) {
        Buf b auto_buf = { 0 };
        unsigned lines = 0, rows = 0, tabs = 0;

        FOR_EACH_ROW(d)
        rows++;
        directives_dump(&b);
        assert_int_equal(b.error, 0);
        for (const char *p = b.data; *p; p++) {
                if (*p == '\t')
                        tabs++;
                if (*p != '\n')
                        continue;
                assert_int_equal(tabs, 6);
                tabs = 0;
                lines++;
        }
        assert_int_equal(lines, rows);
        assert_non_null(strstr(b.data, "\nRestartSec\tService\ttime span\t100ms\tfull\t\t"));
}

static void every_setting_of_exec_has_an_outcome_everywhere(void **state) {
        for (const Directive *const *table = directive_tables; *table; table++)
                for (const Directive *d = *table; d->key; d++)
                        for (Place p = 0; p < PLACE_MAX; p++) {
                                bool wanted = str_equal(d->section, "*exec") && !d->alias_of;

                                if (!!directive_outcome(d, p) != wanted)
                                        fail_msg("%s= has %s outcome as %s", d->key, wanted ? "no" : "an",
                                                 place_to_string(p));
                        }
}

static void every_limit_has_an_outcome_on_every_kind_of_group(void **state) {
        for (const Directive *const *table = directive_tables; *table; table++)
                for (const Directive *d = *table; d->key; d++)
                        for (GroupKind k = 0; k < GROUP_KIND_MAX; k++) {
                                bool wanted = str_equal(d->section, "*cgroup") && !d->alias_of;

                                if (!!directive_resource_outcome(d, k) != wanted)
                                        fail_msg("%s= has %s outcome on %s", d->key, wanted ? "no" : "an",
                                                 group_kind_to_string(k));
                        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(rows_are_sorted_and_unique),
                cmocka_unit_test(no_key_hides_another_one),
                cmocka_unit_test(every_key_of_systemd_is_known),
                cmocka_unit_test(what_does_not_exist_is_not_found),
                cmocka_unit_test(each_row_says_what_it_does_and_what_not),
                cmocka_unit_test(each_property_has_a_type),
                cmocka_unit_test(old_spellings_lead_to_the_new_ones),
                cmocka_unit_test(every_default_is_in_normal_form),
                cmocka_unit_test(no_default_owns_memory),
                cmocka_unit_test(near_misses_are_recognised),
                cmocka_unit_test(dump_has_seven_fields_on_each_line),
                cmocka_unit_test(every_setting_of_exec_has_an_outcome_everywhere),
                cmocka_unit_test(every_limit_has_an_outcome_on_every_kind_of_group),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
