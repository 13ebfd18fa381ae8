/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "load-world.h"

#include "load/index.h"

#define SERVICE "[Service]\nExecStart=/bin/true\n"
#define DESCRIBED(text) "[Unit]\nDescription=" text "\n" SERVICE

static void expect_description(const World *w, const char *name, const char *text) {
        LoadedUnit u;

        assert_int_equal(world_load(w, name, &u), LOADED_OK);
        assert_string_equal(u.spec->common->description, text);
        loaded_unit_release(&u);
}

static void expect_outcome(const World *w, const char *name, int outcome) {
        LoadedUnit u;

        assert_int_equal(world_load(w, name, &u), outcome);
        assert_non_null(u.spec);
        assert_true(strv_contains(u.names, name));
        loaded_unit_release(&u);
}

static void first_directory_wins(void **state) {
        static const char *const order[] = {
                "/run/systemd/generator.late/",
                LIB,
                PKGLIBDIR "/system/",
                "/usr/local/lib/systemd/system/",
                "/run/systemd/generator/",
                RUN,
                ETC,
                "/run/systemd/generator.early/",
                "/run/systemd/transient/",
                "/run/systemd/system.control/",
                "/etc/systemd/system.control/",
                "/etc/svinit/system/",
        };
        World *w = *state;
        char path[256], text[256];

        for (size_t i = 0; i < ELEMENTSOF(order); i++) {
                LoadedUnit u;

                (void)snprintf(path, sizeof(path), "%sa.service", order[i]);
                (void)snprintf(text, sizeof(text), "[Unit]\nDescription=%s\n" SERVICE, order[i]);
                world_put(w, path, text);
                expect_description(w, "a.service", order[i]);
                assert_int_equal(world_load(w, "a.service", &u), LOADED_OK);
                assert_string_equal(u.fragment_path + strlen(w->root), path);
                loaded_unit_release(&u);
        }
}

static void absent_units_are_not_found(void **state) {
        World *w = *state;
        LoadedUnit u;

        expect_outcome(w, "nothing.service", LOADED_NOT_FOUND);
        expect_outcome(w, "nothing@x.service", LOADED_NOT_FOUND);
        assert_int_equal(world_load(w, "nothing@.service", &u), -EINVAL);
        assert_int_equal(world_load(w, "no name", &u), -EINVAL);
        assert_int_equal(world_load(w, "../a.service", &u), -EINVAL);
}

static void aliases_lead_to_the_real_name(void **state) {
        World *w = *state;
        LoadedUnit u;

        world_put(w, LIB "real.service", DESCRIBED("real"));
        world_link(w, LIB "second.service", "real.service");
        world_link(w, ETC "third.service", "/usr/lib/systemd/system/second.service");
        world_link(w, ETC "fourth.service", "../../../usr/lib/systemd/system/real.service");
        assert_int_equal(world_load(w, "third.service", &u), LOADED_OK);
        assert_string_equal(u.id, "real.service");
        assert_int_equal(strv_length(u.names), 4);
        assert_true(strv_contains(u.names, "fourth.service"));
        assert_true(strv_contains(u.names, "second.service"));
        loaded_unit_release(&u);
}

/* deb-systemd-helper writes /lib, where /lib is a link to /usr/lib. */
static void merged_directories_are_one(void **state) {
        World *w = *state;
        LoadedUnit u;

        world_put(w, LIB "real.service", DESCRIBED("real"));
        world_link(w, "/lib", "usr/lib");
        world_link(w, ETC "other.service", "/lib/systemd/system/real.service");
        world_link(w, ETC "multi-user.target.wants/real.service", "/lib/systemd/system/real.service");
        world_put(w, LIB "multi-user.target", "");
        world_put(w, LIB "multi-user.target", "[Unit]\nDescription=m\n");
        world_put(w, LIB "real.service.d/x.conf", "[Unit]\nDescription=dropped in\n");
        assert_int_equal(world_load(w, "other.service", &u), LOADED_OK);
        assert_string_equal(u.id, "real.service");
        assert_int_equal(strv_length(u.dropins), 1);
        loaded_unit_release(&u);
        assert_int_equal(world_load(w, "multi-user.target", &u), LOADED_OK);
        assert_true(loaded_depends(&u, DEP_WANTS, "real.service"));
        loaded_unit_release(&u);
}

/* The image's absolute links must not lead to the host. */
static void links_stay_inside_of_the_root(void **state) {
        World *w = *state;

        world_put(w, "/opt/units/o.service", DESCRIBED("in the root"));
        world_link(w, "/srv", "/opt");
        world_link(w, ETC "o.service", "/srv/units/o.service");
        expect_description(w, "o.service", "in the root");
        world_link(w, ETC "p.service", "/../../../../opt/units/o.service");
        expect_description(w, "p.service", "in the root");
}

static void linked_units_keep_their_name(void **state) {
        World *w = *state;
        LoadedUnit u;

        world_put(w, "/opt/else.service", DESCRIBED("linked"));
        world_link(w, ETC "mine.service", "/opt/else.service");
        assert_int_equal(world_load(w, "mine.service", &u), LOADED_OK);
        assert_string_equal(u.id, "mine.service");
        assert_string_equal(u.spec->common->description, "linked");
        loaded_unit_release(&u);
}

static void a_link_to_its_own_name_changes_nothing(void **state) {
        World *w = *state;

        world_put(w, LIB "a.service", DESCRIBED("a"));
        world_link(w, ETC "a.service", LIB "a.service");
        expect_description(w, "a.service", "a");
}

static void links_in_a_circle_are_an_error(void **state) {
        World *w = *state;
        LoadedUnit u;

        world_link(w, ETC "a.service", "b.service");
        world_link(w, ETC "b.service", "a.service");
        assert_int_equal(world_load(w, "a.service", &u), LOADED_ERROR);
        assert_int_equal(u.error, -ELOOP);
        assert_non_null(strstr(u.error_text, "circle"));
        loaded_unit_release(&u);
}

static void a_link_that_leads_to_nothing_is_no_alias(void **state) {
        World *w = *state;
        LoadedUnit u;

        world_link(w, ETC "alias.service", "gone.service");
        assert_int_equal(world_load(w, "alias.service", &u), LOADED_NOT_FOUND);
        assert_string_equal(u.id, "alias.service");
        loaded_unit_release(&u);
}

static void impossible_aliases_are_reported(void **state) {
        World *w = *state;

        world_put(w, LIB "a.service", DESCRIBED("a"));
        world_link(w, ETC "a.socket", LIB "a.service");
        expect_outcome(w, "a.socket", LOADED_NOT_FOUND);
        assert_int_equal(report_count(loader_report(w->loader), SEVERITY_WARNING), 1);
        assert_true(alias_is_possible("a@x.service", "b@.service"));
        assert_true(alias_is_possible("a@x.service", "b@x.service"));
        assert_false(alias_is_possible("a@x.service", "b@y.service"));
        assert_false(alias_is_possible("a.service", "b@.service"));
        assert_false(alias_is_possible("a.service", "b@x.service"));
        assert_false(alias_is_possible("a@x.service", "b.service"));
        assert_false(alias_is_possible("a@.service", "b.service"));
        assert_false(alias_is_possible("a.slice", "b.slice"));
}

static void masks_are_recognised(void **state) {
        World *w = *state;

        world_put(w, LIB "a.service", DESCRIBED("a"));
        world_link(w, ETC "a.service", "/dev/null");
        expect_outcome(w, "a.service", LOADED_MASKED);
        world_put(w, LIB "b.service", DESCRIBED("b"));
        world_put(w, RUN "b.service", "");
        expect_outcome(w, "b.service", LOADED_MASKED);
        world_put(w, LIB "t@.service", DESCRIBED("t"));
        world_put(w, LIB "set.service", "[Service]\nX-Instances=2\nExecStart=/bin/a\n");
        world_put(w, ETC "set.service.d/1.conf", "");
        world_link(w, ETC "t@one.service", "/dev/null");
        expect_outcome(w, "t@one.service", LOADED_MASKED);
        expect_outcome(w, "t@two.service", LOADED_OK);
        world_link(w, ETC "t@.service", "/dev/null");
        expect_outcome(w, "t@two.service", LOADED_MASKED);
}

static void expect_error(const World *w, const char *name, int error, const char *words) {
        LoadedUnit u;

        assert_int_equal(world_load(w, name, &u), LOADED_ERROR);
        assert_int_equal(u.error, error);
        assert_non_null(strstr(u.error_text, words));
        assert_true(report_count(&u.report, SEVERITY_ERROR) > 0);
        loaded_unit_release(&u);
}

static void what_is_no_unit_file_is_an_error_with_a_sentence(void **state) {
        World *w = *state;
        char path[256];

        world_put(w, LIB "dir.service", DESCRIBED("shadowed"));
        world_directory(w, ETC "dir.service");
        expect_error(w, "dir.service", -EISDIR, "is a directory");

        world_path(w, ETC "fifo.service", path, sizeof(path));
        assert_int_equal(mkfifo(path, 0644), 0);
        expect_error(w, "fifo.service", -EBADFD, "is a FIFO");

        world_put(w, ETC "giant.service", DESCRIBED("giant"));
        world_path(w, ETC "giant.service", path, sizeof(path));
        assert_int_equal(truncate(path, 10 * 1024 * 1024), 0);
        expect_error(w, "giant.service", -EFBIG, "larger than");

        world_put(w, ETC "broken.service", "[Service\nExecStart=/bin/true\n");
        expect_error(w, "broken.service", -EBADMSG, "broken.service");

        world_link(w, ETC "dangling.service", "/opt/gone.service");
        expect_error(w, "dangling.service", -ENOENT, "leads to nothing");
}

static void bad_settings_forbid_the_unit(void **state) {
        World *w = *state;
        LoadedUnit u;

        world_put(w, ETC "a.service", "[Service]\nType=simple\n");
        assert_int_equal(world_load(w, "a.service", &u), LOADED_BAD_SETTING);
        assert_int_equal(u.error, -ENOEXEC);
        assert_true(u.error_text[0] != 0);
        loaded_unit_release(&u);

        /* Of several mistakes it is the one that forbids the use, whether its row or the whole says so. */
        world_put(w, ETC "b.service", "[Unit]\nAfter=nonsense\n[Service]\nExecStart=a/b\n");
        assert_int_equal(world_load(w, "b.service", &u), LOADED_BAD_SETTING);
        assert_non_null(strstr(u.error_text, "b.service:4: ExecStart=: 'a/b'"));
        loaded_unit_release(&u);
        world_put(w, ETC "c.service", "[Unit]\nAfter=nonsense\n[Service]\nType=simple\n");
        assert_int_equal(world_load(w, "c.service", &u), LOADED_BAD_SETTING);
        assert_non_null(strstr(u.error_text, "ExecStart="));
        loaded_unit_release(&u);
}

static void templates_have_instances(void **state) {
        World *w = *state;
        LoadedUnit u;

        world_put(w, LIB "t@.service", "[Unit]\nDescription=instance %i of %p\n" SERVICE);
        world_link(w, LIB "alias@.service", "t@.service");
        world_link(w, ETC "single.service", LIB "t@one.service");
        expect_description(w, "t@x.service", "instance x of t");
        assert_int_equal(world_load(w, "alias@one.service", &u), LOADED_OK);
        assert_string_equal(u.id, "t@one.service");
        assert_string_equal(u.spec->common->description, "instance one of t");
        assert_int_equal(strv_length(u.names), 2); /* a plain name is none of an instance */
        assert_true(str_ends_with(u.fragment_path, "/t@.service"));
        loaded_unit_release(&u);

        /* An instance may have a file of its own. */
        world_put(w, ETC "t@own.service", DESCRIBED("own"));
        expect_description(w, "t@own.service", "own");
        /* A link NAME@INSTANCE -> NAME@ is that instance. */
        world_link(w, ETC "t@linked.service", LIB "t@.service");
        expect_description(w, "t@linked.service", "instance linked of t");
}

static void dropins_apply_in_order_of_their_names(void **state) {
        static const char *const names[] = { "10.conf", "20.conf", "30.conf", "40.conf", "50.conf" };
        World *w = *state;
        LoadedUnit u;

        world_put(w, LIB "foo-bar.service", DESCRIBED("0"));
        world_link(w, LIB "alias.service", "foo-bar.service");
        world_put(w, LIB "foo-bar.service.d/50.conf", "[Unit]\nDescription=last\n");
        world_put(w, ETC "alias.service.d/40.conf", "[Unit]\nDescription=4\n");
        world_put(w, RUN "foo-.service.d/30.conf", "[Unit]\nDescription=3\n");
        world_put(w, ETC "service.d/20.conf", "[Unit]\nDescription=2\n");
        world_put(w, ETC "foo-bar.service.d/10.conf", "[Unit]\nDescription=1\n");
        world_put(w, ETC "foo-bar.service.d/60.txt", "[Unit]\nDescription=no drop-in\n");
        assert_int_equal(world_load(w, "alias.service", &u), LOADED_OK);
        assert_string_equal(u.spec->common->description, "last");
        assert_int_equal(strv_length(u.dropins), 5);
        for (size_t i = 0; i < ELEMENTSOF(names); i++)
                assert_true(str_ends_with(u.dropins[i], names[i]));
        loaded_unit_release(&u);
}

static void one_dropin_of_a_name_counts(void **state) {
        World *w = *state;
        LoadedUnit u;

        world_put(w, LIB "foo-bar@.service", DESCRIBED("0"));
        world_put(w, ETC "service.d/x.conf", "[Unit]\nDescription=type\n");
        world_put(w, LIB "foo-bar@.service.d/x.conf", "[Unit]\nDescription=template in lib\n");
        expect_description(w, "foo-bar@i.service", "template in lib");
        world_put(w, ETC "foo-@.service.d/x.conf", "[Unit]\nDescription=prefix in etc\n");
        expect_description(w, "foo-bar@i.service", "prefix in etc");
        world_put(w, ETC "foo-bar@.service.d/x.conf", "[Unit]\nDescription=template in etc\n");
        expect_description(w, "foo-bar@i.service", "template in etc");
        world_put(w, ETC "foo-bar@i.service.d/x.conf", "[Unit]\nDescription=instance\n");
        expect_description(w, "foo-bar@i.service", "instance");
        expect_description(w, "foo-bar@j.service", "template in etc");

        world_remove(w, ETC "foo-bar@i.service.d/x.conf");
        world_link(w, ETC "foo-bar@i.service.d/x.conf", "/dev/null");
        assert_int_equal(world_load(w, "foo-bar@i.service", &u), LOADED_OK);
        assert_string_equal(u.spec->common->description, "0");
        assert_null(u.dropins);
        loaded_unit_release(&u);
}

/* Each directory has a drop-in of its own name and one of the same name: the first counts, and systemd's order is told. */
static void instances_have_the_dropins_of_all_prefixes(void **state) {
        static const char *const order[] = { "foo-bar@k", "foo-bar@", "foo-", "foo-@k", "foo-@" };
        World *w = *state;
        LoadedUnit u;

        world_put(w, LIB "foo-bar@.service", DESCRIBED("0"));
        for (size_t i = 0; i < ELEMENTSOF(order); i++) {
                char *path auto_free = NULL, *text auto_free = NULL;

                assert_true(str_printf(&path, ETC "%s.service.d/%zu.conf", order[i], i) >= 0);
                world_put(w, path, "[Unit]\nDocumentation=man:x\n");
                assert_true(str_printf(&text, "[Unit]\nDescription=%s\n", order[i]) >= 0);
                free(path);
                assert_true(str_printf(&path, ETC "%s.service.d/same.conf", order[i]) >= 0);
                world_put(w, path, text);
        }
        world_put(w, ETC "foo-bar-@k.service.d/none.conf", "[Unit]\nDescription=not of this name\n");
        assert_int_equal(world_load(w, "foo-bar@k.service", &u), LOADED_OK);
        assert_int_equal(strv_length(u.dropins), ELEMENTSOF(order) + 1);
        loaded_unit_release(&u);
        for (size_t i = 0; i < ELEMENTSOF(order); i++) {
                char *path auto_free = NULL;

                expect_description(w, "foo-bar@k.service", order[i]);
                assert_true(str_printf(&path, ETC "%s.service.d/same.conf", order[i]) >= 0);
                world_remove(w, path);
        }
        expect_description(w, "foo-bar@k.service", "0");
}

static void a_bad_dropin_does_not_harm_the_unit(void **state) {
        World *w = *state;
        LoadedUnit u;

        world_put(w, LIB "a.service", DESCRIBED("a"));
        world_put(w, ETC "a.service.d/1.conf", "[Broken\n");
        world_directory(w, ETC "a.service.d/2.conf");
        world_put(w, ETC "a.service.d/3.conf", "[Unit]\nDescription=three\n");
        assert_int_equal(world_load(w, "a.service", &u), LOADED_OK);
        assert_string_equal(u.spec->common->description, "three");
        assert_true(u.report.n_findings >= 2);
        loaded_unit_release(&u);
}

static void links_in_wants_directories_are_dependencies(void **state) {
        World *w = *state;
        LoadedUnit u;

        world_put(w, LIB "m.target", "[Unit]\nWants=twice.service\n");
        world_link(w, LIB "default.target", "m.target");
        world_link(w, LIB "m.target.wants/a.service", "../a.service");
        world_link(w, ETC "m.target.wants/twice.service", "/anywhere");
        world_link(w, ETC "default.target.requires/b.service", "/anywhere");
        world_link(w, ETC "m.target.upholds/c@1.service", LIB "c@.service");
        world_link(w, LIB "m.target.wants/masked.service", "../masked.service");
        world_link(w, ETC "m.target.wants/masked.service", "/dev/null");
        world_put(w, ETC "empty.service", "");
        world_link(w, ETC "m.target.requires/empty.service", "../empty.service");
        world_put(w, ETC "m.target.wants/README", "no unit");
        assert_int_equal(world_load(w, "m.target", &u), LOADED_OK);
        assert_true(loaded_depends(&u, DEP_WANTS, "a.service"));
        assert_true(loaded_depends(&u, DEP_WANTS, "twice.service"));
        assert_true(loaded_depends(&u, DEP_REQUIRES, "b.service"));
        assert_true(loaded_depends(&u, DEP_UPHOLDS, "c@1.service"));
        assert_false(loaded_depends(&u, DEP_WANTS, "masked.service"));
        assert_false(loaded_depends(&u, DEP_REQUIRES, "empty.service"));
        loaded_unit_release(&u);
}

static void templates_in_wants_take_over_the_instance(void **state) {
        World *w = *state;
        LoadedUnit u;

        world_put(w, LIB "x@.service", SERVICE);
        world_link(w, LIB "x@.service.wants/y@.socket", "../y@.socket");
        assert_int_equal(world_load(w, "x@inst.service", &u), LOADED_OK);
        assert_true(loaded_depends(&u, DEP_WANTS, "y@inst.socket"));
        loaded_unit_release(&u);
}

static void services_of_systemd_stay_out_unless_asked_for(void **state) {
        World *w = *state;
        LoadedUnit u;

        world_put(w, LIB "m.target", "[Unit]\nDescription=m\n");
        world_link(w, LIB "m.target.wants/systemd-logind.service", "../systemd-logind.service");
        world_link(w, LIB "m.target.wants/getty.target", "../getty.target");
        world_link(w, LIB "m.target.wants/dbus.socket", "../dbus.socket");
        world_link(w, ETC "m.target.wants/systemd-networkd.service", LIB "systemd-networkd.service");
        world_link(w, PKGLIBDIR "/system/m.target.wants/systemd-x.service", "../systemd-x.service");
        assert_int_equal(world_load(w, "m.target", &u), LOADED_OK);
        assert_false(loaded_depends(&u, DEP_WANTS, "systemd-logind.service"));
        assert_false(loaded_depends(&u, DEP_WANTS, "getty.target"));
        assert_true(loaded_depends(&u, DEP_WANTS, "dbus.socket"));
        assert_true(loaded_depends(&u, DEP_WANTS, "systemd-networkd.service"));
        assert_true(loaded_depends(&u, DEP_WANTS, "systemd-x.service"));
        loaded_unit_release(&u);
}

static void slices_need_no_file(void **state) {
        World *w = *state;
        LoadedUnit u;

        world_put(w, ETC "app-.slice.d/x.conf", "[Unit]\nDescription=all slices of app\n");
        assert_int_equal(world_load(w, "app-one.slice", &u), LOADED_OK);
        assert_null(u.fragment_path);
        assert_string_equal(u.spec->common->description, "all slices of app");
        loaded_unit_release(&u);
        expect_outcome(w, "var-lib.mount", LOADED_NOT_FOUND);
}

static int load_with_profile(const World *w, const char *name, const char *profile, LoadedUnit *ret) {
        const SpecContext c = { .profile = profile };

        *ret = (LoadedUnit){ 0 };
        assert_int_equal(loader_refresh(w->loader), 0);
        return loader_load(w->loader, &c, name, ret);
}

static void expect_profile(const World *w, const char *by_default, const char *profile, int nice,
                           const char *environment, size_t n_findings) {
        char *text auto_free = NULL;
        LoadedUnit u;

        assert_int_equal(load_with_profile(w, "a.service", by_default, &u), LOADED_OK);
        assert_true(str_equal(u.spec->profile, profile));
        assert_int_equal(u.spec->exec->nice, nice);
        assert_int_equal(strv_join(u.spec->exec->environment, " ", &text), 0);
        assert_string_equal(text, environment);
        assert_int_equal(u.report.n_findings, n_findings);
        loaded_unit_release(&u);
}

/* Behind the other lines of its file, before later files; also when the last file is the one that chooses it. */
static void the_chosen_profile_counts_in_every_file(void **state) {
        World *w = *state;

        world_put(w, LIB "a.service",
                  "[X-Profile big]\nNice=1\nEnvironment=B=big\n[X-Profile small]\nNice=2\n"
                  "[Service]\nExecStart=/bin/a\nNice=9\nEnvironment=A=a B=b\n");
        expect_profile(w, NULL, NULL, 9, "A=a B=b", 0);
        expect_profile(w, "big", "big", 1, "A=a B=big", 0);
        world_put(w, ETC "a.service.d/20.conf", "[Service]\nEnvironment=A=c\n[X-Profile big]\nNice=3\n");
        world_put(w, ETC "a.service.d/30.conf", "[Service]\nEnvironment=C=c\n");
        expect_profile(w, "small", "small", 2, "A=c B=b C=c", 0);
        expect_profile(w, "big", "big", 3, "A=c B=big C=c", 0);
        world_put(w, ETC "a.service.d/50.conf", "[Service]\nX-Profile=big\n");
        expect_profile(w, NULL, "big", 3, "A=c B=big C=c", 0);
        expect_profile(w, "small", "big", 3, "A=c B=big C=c", 0);
        world_put(w, ETC "a.service.d/60.conf", "[Service]\nX-Profile=huge\n");
        expect_profile(w, "big", NULL, 9, "A=c B=b C=c", 1);
        world_put(w, ETC "a.service.d/60.conf", "[Service]\nX-Profile=\n");
        expect_profile(w, "small", "small", 2, "A=c B=b C=c", 0);
}

static void a_set_is_as_large_as_its_profile_says(void **state) {
        World *w = *state;
        LoadedUnit u;

        world_put(
                w, LIB "web.service",
                "[Service]\nExecStart=/bin/a\n[X-Profile big]\nX-Instances=3\n[X-Profile canary]\nNice=4\n");
        assert_int_equal(load_with_profile(w, "web.service", "big", &u), LOADED_OK);
        assert_int_equal(u.spec->service->n_instances, 3);
        loaded_unit_release(&u);
        world_put(w, ETC "web.service.d/50.conf", "[Service]\nX-Profile=big\n");
        assert_int_equal(load_with_profile(w, "web.service", NULL, &u), LOADED_OK);
        assert_int_equal(u.spec->service->n_instances, 3);
        loaded_unit_release(&u);
        world_put(w, ETC "web@2.service.d/60.conf", "[Service]\nX-Instances=3\nX-Profile=canary\n");
        assert_int_equal(load_with_profile(w, "web@2.service", NULL, &u), LOADED_OK);
        assert_string_equal(u.spec->profile, "canary");
        assert_int_equal(u.spec->exec->nice, 4);
        loaded_unit_release(&u);
        assert_int_equal(load_with_profile(w, "web@1.service", NULL, &u), LOADED_OK);
        assert_string_equal(u.spec->profile, "big");
        loaded_unit_release(&u);
}

/* A set's file is that of its instances; the other way round, a template with X-Instances= is a set's. */
static void a_set_lends_its_file(void **state) {
        World *w = *state;
        LoadedUnit u;

        world_put(w, LIB "web.service",
                  "[Unit]\nDescription=number %i\nAfter=web.service db.service\nWants=web.service\n"
                  "[Service]\nX-Instances=2\nExecStart=/bin/a\n");
        world_put(w, ETC "web.service.d/x.conf", "[Service]\nX-Essential=yes\nNice=3\n");
        world_put(w, LIB "one.service", "[Service]\nExecStart=/bin/a\n");
        world_put(w, LIB "t@.service", "[Service]\nX-Instances=max\nExecStart=/bin/a\n");
        world_put(w, LIB "p@.service", "[Service]\nExecStart=/bin/a\n");

        assert_int_equal(world_load(w, "web@1.service", &u), LOADED_OK);
        assert_string_equal(u.spec->common->description, "number 1");
        assert_true(u.spec->service->is_member);
        assert_int_equal(u.spec->service->essential, 0);
        assert_int_equal(u.spec->exec->nice, 3);
        assert_true(loaded_depends(&u, DEP_PART_OF, "web.service"));
        assert_true(loaded_depends(&u, DEP_AFTER, "db.service"));
        assert_false(loaded_depends(&u, DEP_AFTER, "web.service"));
        assert_false(loaded_depends(&u, DEP_WANTS, "web.service"));
        loaded_unit_release(&u);

        assert_int_equal(world_load(w, "web.service", &u), LOADED_OK);
        assert_int_equal(u.spec->service->n_instances, 2);
        assert_int_equal(u.spec->service->essential, 1);
        assert_true(loaded_depends(&u, DEP_WANTS, "web@0.service"));
        assert_true(loaded_depends(&u, DEP_CONSISTS_OF, "web@1.service"));
        assert_false(loaded_depends(&u, DEP_WANTS, "web@2.service"));
        loaded_unit_release(&u);

        assert_int_equal(world_load(w, "t.service", &u), LOADED_OK);
        assert_int_equal(u.spec->service->n_instances, 1);
        loaded_unit_release(&u);

        expect_outcome(w, "web@01.service", LOADED_NOT_FOUND);
        expect_outcome(w, "web@blue.service", LOADED_NOT_FOUND);
        expect_outcome(w, "web@1000.service", LOADED_NOT_FOUND);
        expect_outcome(w, "one@0.service", LOADED_NOT_FOUND);
        expect_outcome(w, "p.service", LOADED_NOT_FOUND);
}

/* An instance of any number can be made of what the files of its set said, whatever they say now. */
static void a_set_remembers_what_its_files_said(void **state) {
        World *w = *state;
        SpecContext context = { 0 };
        UnitSpec *spec;
        LoadedUnit u;

        world_put(w, LIB "web.service",
                  "[Unit]\nDescription=number %i\n[Service]\nX-Instances=2\nExecStart=/bin/a\n"
                  "[X-Profile big]\nNice=4\n");
        world_put(w, ETC "web.service.d/50.conf", "[Service]\nRestartSec=7\nX-Profile=big\n");
        world_put(w, LIB "one.service", "[Service]\nExecStart=/bin/a\n");
        assert_int_equal(world_load(w, "web.service", &u), LOADED_OK);
        world_put(w, LIB "web.service", "[Service]\nExecStart=/bin/b\n");
        world_put(w, ETC "web.service.d/50.conf", "");

        assert_int_equal(loader_read_instance(&context, u.spec, "web@7.service", &spec), 0);
        assert_string_equal(spec->common->description, "number 7");
        assert_string_equal(spec->commands->of[COMMAND_START].v[0].path, "/bin/a");
        assert_int_equal(spec->service->restart_delay, 7 * USEC_PER_SEC);
        assert_int_equal(spec->exec->nice, 4);
        assert_true(spec->service->is_member);
        spec_free(spec);
        loaded_unit_release(&u);

        /* Nobody else keeps them. */
        assert_int_equal(world_load(w, "one.service", &u), LOADED_OK);
        assert_null(u.spec->texts);
        assert_int_equal(loader_read_instance(&context, u.spec, "one@0.service", &spec), -ENODATA);
        loaded_unit_release(&u);
}

static LoadStamp stamp_of(World *w, const char *name) {
        SpecContext context = { 0 };
        LoadStamp stamp;

        assert_int_equal(loader_refresh(w->loader), 0);
        assert_int_equal(loader_stamp(w->loader, &context, name, NULL, &stamp), 0);
        return stamp;
}

/* Files so old that every change shows. */
static void let_settle(void) {
        (void)usleep(50000);
}

static void a_stamp_taken_again_is_that_of_the_load(void **state) {
        static const char *const names[] = { "a.service",   "b.service",     "m.service",   "e.service",
                                             "n.service",   "t@x.service",   "s.slice",     "d.service",
                                             "set.service", "set@0.service", "a@0.service", "set@x.service" };
        World *w = *state;

        world_put(w, LIB "a.service", DESCRIBED("a"));
        world_put(w, ETC "a.service.d/1.conf", "[Unit]\nDescription=one\n");
        world_put(w, ETC "a.service.d/2.conf", "");
        world_link(w, ETC "a.service.d/3.conf", "/dev/null");
        world_link(w, ETC "a.service.d/4.conf", "/nowhere");
        world_directory(w, ETC "a.service.d/5.conf");
        world_link(w, ETC "a.service.wants/c.service", LIB "c.service");
        world_link(w, ETC "b.service", LIB "a.service");
        world_link(w, ETC "m.service", "/dev/null");
        world_put(w, ETC "e.service", "");
        world_put(w, LIB "t@.service", DESCRIBED("t"));
        world_put(w, ETC "t@.service.d/1.conf", "[Unit]\nDescription=one\n");
        world_put(w, ETC "s.slice.d/1.conf", "[Unit]\nDescription=one\n");
        world_directory(w, ETC "d.service");
        let_settle();
        for (size_t i = 0; i < ELEMENTSOF(names); i++) {
                LoadStamp stamp;
                LoadedUnit u;

                assert_true(world_load(w, names[i], &u) >= 0);
                stamp = stamp_of(w, u.id);
                assert_true(stamp.all != 0 && stamp.files != 0);
                assert_true(stamp.all == u.stamp.all && stamp.files == u.stamp.files);
                loaded_unit_release(&u);
        }
}

static void changes_of_files_show_in_both_sums(void **state) {
        World *w = *state;
        LoadStamp stamps[8];
        size_t n = 0;

        world_put(w, LIB "a.service", DESCRIBED("a"));
        stamps[n++] = stamp_of(w, "a.service");
        world_put(w, ETC "a.service.d/1.conf", "[Unit]\nDescription=one\n");
        stamps[n++] = stamp_of(w, "a.service");
        world_put(w, ETC "a.service.d/1.conf", "[Unit]\nDescription=longer\n");
        stamps[n++] = stamp_of(w, "a.service");
        world_put(w, ETC "service.d/2.conf", "[Unit]\nDescription=type\n");
        stamps[n++] = stamp_of(w, "a.service");
        world_put(w, ETC "a.service", DESCRIBED("other"));
        stamps[n++] = stamp_of(w, "a.service");
        world_remove(w, ETC "a.service");
        world_link(w, ETC "a.service", "/dev/null");
        stamps[n++] = stamp_of(w, "a.service");
        for (size_t i = 0; i < n; i++)
                for (size_t k = 0; k < i; k++)
                        assert_true(stamps[i].files != stamps[k].files);
}

static void links_and_names_show_in_the_whole_sum_only(void **state) {
        World *w = *state;
        LoadStamp before, after;

        world_put(w, LIB "a.service", DESCRIBED("a"));
        world_directory(w, ETC "a.service.wants");
        let_settle();
        before = stamp_of(w, "a.service");
        assert_true(before.all != 0);
        world_link(w, ETC "a.service.wants/c.service", LIB "c.service");
        let_settle();
        after = stamp_of(w, "a.service");
        assert_true(before.files == after.files && after.all != 0 && before.all != after.all);
        before = after;
        world_link(w, ETC "b.service", LIB "a.service");
        let_settle();
        after = stamp_of(w, "a.service");
        assert_true(before.files == after.files && before.all != after.all);
}

/* Two changes within one tick of the clock leave the same time. */
static void a_file_just_written_equals_nothing(void **state) {
        World *w = *state;

        world_put(w, LIB "a.service", DESCRIBED("a"));
        assert_true(stamp_of(w, "a.service").all == 0);
        let_settle();
        assert_true(stamp_of(w, "a.service").all != 0);
}

static void what_values_may_depend_on_counts(void **state) {
        SpecifierHost one = { .hostname = "one" }, two = { .hostname = "two" };
        SpecContext a = { .specifiers.host = &one }, b = { .specifiers.host = &two };
        World *w = *state;
        LoadStamp x, y, z;

        world_put(w, LIB "a.service", DESCRIBED("%H"));
        let_settle();
        assert_int_equal(loader_refresh(w->loader), 0);
        assert_int_equal(loader_stamp(w->loader, &a, "a.service", NULL, &x), 0);
        assert_int_equal(loader_stamp(w->loader, &b, "a.service", NULL, &y), 0);
        b = a;
        b.default_timeout_stop = 7;
        assert_int_equal(loader_stamp(w->loader, &b, "a.service", NULL, &z), 0);
        assert_true(x.files == y.files && x.all != y.all && x.all != z.all);
}

static void the_source_of_a_generated_unit_counts(void **state) {
        World *w = *state;
        LoadStamp before, after;
        LoadedUnit u;

        world_put(w, "/etc/init.d/a", "#!/bin/sh\n");
        world_put(w, LIB "a.service", "[Unit]\nSourcePath=/etc/init.d/a\n[Service]\nExecStart=/bin/true\n");
        let_settle();
        assert_int_equal(world_load(w, "a.service", &u), LOADED_OK);
        assert_int_equal(loader_stamp(w->loader, NULL, "a.service", u.spec->common->source_path, &before), 0);
        assert_true(before.files == u.stamp.files);
        world_put(w, "/etc/init.d/a", "#!/bin/sh\nexit\n");
        assert_int_equal(loader_stamp(w->loader, NULL, "a.service", u.spec->common->source_path, &after), 0);
        assert_true(before.files != after.files);
        loaded_unit_release(&u);
}

static int count_file(const char *name, const char *path, void *userdata) {
        unsigned *n = userdata;

        (*n)++;
        return str_equal(name, "stop.service") ? -ECANCELED : 0;
}

static void all_files_are_visited_once(void **state) {
        World *w = *state;
        unsigned n = 0;

        world_put(w, LIB "a.service", SERVICE);
        world_put(w, ETC "a.service", SERVICE);
        world_link(w, ETC "b.service", LIB "a.service");
        world_put(w, LIB "t@.service", SERVICE);
        world_directory(w, ETC "a.service.d");
        assert_int_equal(loader_visit_files(w->loader, count_file, &n), 0);
        assert_int_equal(n, 3);
        world_put(w, LIB "stop.service", SERVICE);
        assert_int_equal(loader_visit_files(w->loader, count_file, &n), -ECANCELED);
}

static void the_environment_replaces_or_extends_the_path(void **state) {
        LoaderOptions o = { .runtime_dir = "/run" };
        SearchPath p;

        assert_int_equal(search_path_init(&p, &o, "/one:/two//x/"), 0);
        assert_int_equal(p.n, 2);
        assert_string_equal(p.dirs[1].path, "/two/x");
        search_path_release(&p);

        assert_int_equal(search_path_init(&p, &o, "/one:"), 0);
        assert_string_equal(p.dirs[0].path, "/one");
        assert_string_equal(p.dirs[1].path, "/etc/svinit/system");
        assert_string_equal(search_path_config(&p, true), "/run/systemd/system");
        search_path_release(&p);

        assert_int_equal(chdir("/usr"), 0);
        assert_int_equal(search_path_init(&p, &o, "lib/../units:::./more"), 0);
        assert_int_equal(p.n, 2);
        assert_string_equal(p.dirs[0].path, "/usr/units");
        assert_string_equal(p.dirs[1].path, "/usr/more");
        search_path_release(&p);
        assert_int_equal(chdir("/"), 0);

        o.runtime_dir = "/tmp/private";
        assert_int_equal(search_path_init(&p, &o, NULL), 0);
        assert_string_equal(search_path_config(&p, true), "/tmp/private/systemd/system");
        search_path_release(&p);
}

/* Refreshing is what makes a new file known, and is cheap when nothing has changed. */
static void new_files_are_seen_after_a_refresh(void **state) {
        World *w = *state;

        expect_outcome(w, "a.service", LOADED_NOT_FOUND);
        world_put(w, LIB "a.service", SERVICE);
        expect_outcome(w, "a.service", LOADED_OK);
        world_remove(w, LIB "a.service");
        expect_outcome(w, "a.service", LOADED_NOT_FOUND);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                TEST(first_directory_wins),
                TEST(absent_units_are_not_found),
                TEST(aliases_lead_to_the_real_name),
                TEST(merged_directories_are_one),
                TEST(links_stay_inside_of_the_root),
                TEST(linked_units_keep_their_name),
                TEST(a_link_to_its_own_name_changes_nothing),
                TEST(links_in_a_circle_are_an_error),
                TEST(a_link_that_leads_to_nothing_is_no_alias),
                TEST(impossible_aliases_are_reported),
                TEST(masks_are_recognised),
                TEST(what_is_no_unit_file_is_an_error_with_a_sentence),
                TEST(bad_settings_forbid_the_unit),
                TEST(templates_have_instances),
                TEST(dropins_apply_in_order_of_their_names),
                TEST(one_dropin_of_a_name_counts),
                TEST(instances_have_the_dropins_of_all_prefixes),
                TEST(a_bad_dropin_does_not_harm_the_unit),
                TEST(links_in_wants_directories_are_dependencies),
                TEST(templates_in_wants_take_over_the_instance),
                TEST(services_of_systemd_stay_out_unless_asked_for),
                TEST(slices_need_no_file),
                TEST(a_set_lends_its_file),
                TEST(a_set_remembers_what_its_files_said),
                TEST(the_chosen_profile_counts_in_every_file),
                TEST(a_set_is_as_large_as_its_profile_says),
                TEST(a_stamp_taken_again_is_that_of_the_load),
                TEST(changes_of_files_show_in_both_sums),
                TEST(links_and_names_show_in_the_whole_sum_only),
                TEST(a_file_just_written_equals_nothing),
                TEST(what_values_may_depend_on_counts),
                TEST(the_source_of_a_generated_unit_counts),
                TEST(all_files_are_visited_once),
                TEST(the_environment_replaces_or_extends_the_path),
                TEST(new_files_are_seen_after_a_refresh),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
