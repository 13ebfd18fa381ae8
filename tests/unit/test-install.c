/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "load-world.h"

#define EXEC "[Service]\nExecStart=/bin/true\n"
#define WANTED EXEC "[Install]\nWantedBy=multi-user.target\n"

static char *const *one(const char *name) {
        static const char *list[2];

        list[0] = name;
        return (char *const *)list;
}

typedef int (*Verb)(Loader *l, char *const *names, unsigned flags, InstallChanges *changes, bool *ret_info,
                    Report *r);

static int mask(Loader *l, char *const *names, unsigned flags, InstallChanges *changes, bool *ret_info,
                Report *r) {
        return install_mask(l, names, flags, changes);
}

static int unmask(Loader *l, char *const *names, unsigned flags, InstallChanges *changes, bool *ret_info,
                  Report *r) {
        return install_unmask(l, names, flags, changes);
}

static int link_in(Loader *l, char *const *names, unsigned flags, InstallChanges *changes, bool *ret_info,
                   Report *r) {
        return install_link(l, names, flags, changes);
}

static int revert(Loader *l, char *const *names, unsigned flags, InstallChanges *changes, bool *ret_info,
                  Report *r) {
        return install_revert(l, names, changes);
}

static int preset(Loader *l, char *const *names, unsigned flags, InstallChanges *changes, bool *ret_info,
                  Report *r) {
        return install_preset(l, names, PRESET_FULL, flags, changes, ret_info, r);
}

/* Runs a verb on one name and checks how many links it made and removed. */
static void expect(const World *w, Verb verb, const char *name, unsigned flags, unsigned made,
                   unsigned removed) {
        unsigned n[CHANGE_FAILED + 1] = { 0 };
        InstallChanges changes = { 0 };
        Report report = { 0 };

        assert_int_equal(verb(w->loader, one(name), flags, &changes, NULL, &report), 0);
        for (size_t i = 0; i < changes.n; i++) {
                n[changes.v[i].type]++;
                if (changes.v[i].type <= CHANGE_MASKED)
                        assert_true(str_starts_with(changes.v[i].path, w->root));
        }
        assert_int_equal(n[CHANGE_SYMLINK], made);
        assert_int_equal(n[CHANGE_UNLINK], removed);
        assert_int_equal(n[CHANGE_FAILED], 0);
        assert_int_equal(report.n_findings, 0);
        install_changes_release(&changes);
        report_release(&report);
}

static void expect_refusal(const World *w, Verb verb, const char *name, unsigned flags, int error,
                           const char *sentence) {
        InstallChanges changes = { 0 };
        char *words auto_free = NULL;

        assert_int_equal(verb(w->loader, one(name), flags, &changes, NULL, NULL), error);
        assert_int_equal(install_changes_error(&changes, &words), error);
        assert_non_null(strstr(words, sentence));
        install_changes_release(&changes);
}

static void expect_state(const World *w, const char *name, const char *state) {
        UnitFileState s;

        assert_int_equal(install_state(w->loader, name, &s, NULL), 0);
        assert_string_equal(unit_file_state_to_string(s), state);
}

static void expect_target(const World *w, const char *link, const char *target) {
        const char *found = world_link_target(w, link);

        assert_non_null(found);
        assert_string_equal(found, target);
}

static void enabling_links_what_install_says(void **state) {
        World *w = *state;

        world_put(w, LIB "a.service",
                  EXEC "[Install]\nWantedBy=multi-user.target\nRequiredBy=b.service\nAlias=other.service\n");
        expect_state(w, "a.service", "disabled");
        expect(w, install_enable, "a.service", 0, 3, 0);
        expect_target(w, ETC "multi-user.target.wants/a.service", LIB "a.service");
        expect_target(w, ETC "b.service.requires/a.service", LIB "a.service");
        expect_target(w, ETC "other.service", LIB "a.service");
        expect_state(w, "a.service", "enabled");
        expect_state(w, "other.service", "alias");

        expect(w, install_enable, "a.service", 0, 0, 0); /* there is nothing left to do */
        expect(w, install_disable, "a.service", 0, 0, 3);
        assert_false(world_has(w, ETC "multi-user.target.wants"));
        expect_state(w, "a.service", "disabled");
}

static void runtime_links_are_apart(void **state) {
        World *w = *state;

        world_put(w, LIB "a.service", WANTED);
        expect(w, install_enable, "a.service", INSTALL_RUNTIME, 1, 0);
        expect_target(w, RUN "multi-user.target.wants/a.service", LIB "a.service");
        expect_state(w, "a.service", "enabled-runtime");
        expect(w, install_disable, "a.service", 0, 0, 0);
        expect_state(w, "a.service", "enabled-runtime");
        expect(w, install_enable, "a.service", 0, 1, 0);
        expect_state(w, "a.service", "enabled");
        expect(w, install_disable, "a.service", INSTALL_RUNTIME, 0, 1);
        expect_state(w, "a.service", "enabled");
}

static void also_units_go_along(void **state) {
        World *w = *state;

        world_put(w, LIB "a.service",
                  EXEC "[Install]\nWantedBy=multi-user.target\nAlso=a.socket missing.timer\n");
        world_put(w, LIB "a.socket",
                  "[Socket]\nListenStream=1\n[Install]\nWantedBy=sockets.target\nAlso=a.service\n");
        world_put(w, LIB "only.service", EXEC "[Install]\nAlso=a.socket\n");
        expect_state(w, "only.service", "indirect");
        {
                InstallChanges changes = { 0 };
                bool carries = false;

                assert_int_equal(install_enable(w->loader, one("a.service"), 0, &changes, &carries, NULL), 0);
                assert_true(carries);
                install_changes_release(&changes);
        }
        assert_true(world_has(w, ETC "sockets.target.wants/a.socket"));
        expect(w, install_disable, "only.service", 0, 0, 2);
        expect_state(w, "a.service", "disabled");
}

static void nothing_to_enable_is_said(void **state) {
        World *w = *state;
        InstallChanges changes = { 0 };
        bool carries = true;

        world_put(w, LIB "s.service", EXEC);
        expect_state(w, "s.service", "static");
        assert_int_equal(install_enable(w->loader, one("s.service"), 0, &changes, &carries, NULL), 0);
        assert_false(carries);
        assert_int_equal(changes.n, 0);
        install_changes_release(&changes);
}

static void templates_are_enabled_as_instances(void **state) {
        World *w = *state;

        world_put(w, LIB "t@.service", WANTED "DefaultInstance=def\n");
        world_put(w, LIB "u@.service", WANTED);
        world_put(w, LIB "v@.service", EXEC "[Install]\nWantedBy=v@%i.target\n");
        expect(w, install_enable, "t@.service", 0, 1, 0);
        expect_target(w, ETC "multi-user.target.wants/t@def.service", LIB "t@.service");
        expect_state(w, "t@.service", "enabled");
        expect_state(w, "t@def.service", "enabled");
        expect_state(w, "t@x.service", "disabled");
        expect(w, install_enable, "t@x.service", 0, 1, 0);
        expect(w, install_disable, "t@.service", 0, 0, 2);

        expect_refusal(w, install_enable, "u@.service", 0, -EIDRM,
                       "Refusing to operate on template unit u@.service");
        expect(w, install_enable, "u@x.service", 0, 1, 0);
        expect_state(w, "u@.service", "indirect");
        expect(w, install_enable, "u@y.service", 0, 1, 0);
        expect(w, install_disable, "u@x.service", 0, 0, 1);
        expect_state(w, "u@y.service", "enabled");

        expect(w, install_enable, "v@k.service", 0, 1, 0);
        expect_target(w, ETC "v@k.target.wants/v@k.service", LIB "v@.service");
}

static void absent_units_are_refused(void **state) {
        World *w = *state;
        UnitFileState s;

        expect_refusal(w, install_enable, "no.service", 0, -ENOENT, "Unit file no.service does not exist.");
        expect_refusal(w, install_enable, "no name", 0, -EINVAL, "File no name: Invalid argument");
        assert_int_equal(install_state(w->loader, "no.service", &s, NULL), -ENOENT);
        assert_int_equal(install_state(w->loader, "no name", &s, NULL), -EINVAL);

        /* What is left of a package that has gone can still be disabled. */
        world_link(w, ETC "multi-user.target.wants/gone.service", LIB "gone.service");
        {
                InstallChanges changes = { 0 };

                assert_int_equal(install_disable(w->loader, one("gone.service"), 0, &changes, NULL, NULL), 0);
                assert_int_equal(changes.n, 2);
                assert_int_equal(changes.v[0].type, CHANGE_FAILED); /* said, and no reason to give up */
                assert_int_equal(changes.v[0].error, -ENOENT);
                assert_int_equal(changes.v[1].type, CHANGE_UNLINK);
                install_changes_release(&changes);
        }
}

static void masks_come_and_go(void **state) {
        World *w = *state;

        world_put(w, LIB "a.service", WANTED);
        world_put(w, ETC "own.service", WANTED);
        expect(w, mask, "a.service", 0, 1, 0);
        expect_target(w, ETC "a.service", "/dev/null");
        expect_state(w, "a.service", "masked");
        expect_refusal(w, install_enable, "a.service", 0, -ERFKILL, "is masked.");
        expect(w, mask, "a.service", 0, 0, 0);
        expect(w, unmask, "a.service", 0, 0, 1);
        expect_state(w, "a.service", "disabled");
        expect(w, mask, "a.service", INSTALL_RUNTIME, 1, 0);
        expect_state(w, "a.service", "masked-runtime");
        expect(w, unmask, "a.service", 0, 0, 0);

        expect_refusal(w, mask, "own.service", INSTALL_FORCE, -EEXIST, "already exists.");
        expect(w, unmask, "own.service", 0, 0, 0);
        assert_true(world_has(w, ETC "own.service"));
        expect(w, mask, "absent.service", 0, 1, 0);
}

static void enabled_units_stay_enabled_under_a_mask(void **state) {
        World *w = *state;
        InstallChanges changes = { 0 };

        world_put(w, LIB "a.service", WANTED);
        expect(w, install_enable, "a.service", 0, 1, 0);
        expect(w, mask, "a.service", 0, 1, 0);
        assert_int_equal(install_disable(w->loader, one("a.service"), 0, &changes, NULL, NULL), 0);
        assert_int_equal(changes.n, 1);
        assert_int_equal(changes.v[0].type, CHANGE_MASKED);
        install_changes_release(&changes);
        assert_true(world_has(w, ETC "multi-user.target.wants/a.service"));
}

static void aliases_in_etc_are_refused_and_disable_follows_them(void **state) {
        World *w = *state;

        world_put(w, LIB "ssh.service", EXEC "[Install]\nWantedBy=multi-user.target\nAlias=sshd.service\n");
        world_link(w, LIB "vendor.service", "ssh.service");
        expect_state(w, "vendor.service", "alias");
        expect(w, install_enable, "vendor.service", 0, 2, 0);
        expect_refusal(w, install_enable, "sshd.service", 0, -ELOOP,
                       "Refusing to operate on alias name or linked unit file: sshd.service");
        expect(w, install_disable, "sshd.service", 0, 0, 2);
}

static void what_is_in_the_way_is_replaced_by_force_only(void **state) {
        World *w = *state;

        world_put(w, LIB "a.service", EXEC "[Install]\nAlias=al.service\n");
        world_put(w, LIB "b.service", EXEC);
        world_link(w, ETC "al.service", LIB "b.service");
        expect_refusal(w, install_enable, "a.service", 0, -EEXIST,
                       "already exists and is a symlink to " LIB "b.service.");
        expect(w, install_enable, "a.service", INSTALL_FORCE | INSTALL_DRY_RUN, 1, 1);
        expect_target(w, ETC "al.service", LIB "b.service");
        expect(w, install_enable, "a.service", INSTALL_FORCE, 1, 1);
        expect_target(w, ETC "al.service", LIB "a.service");

        world_remove(w, ETC "al.service");
        world_put(w, ETC "al.service", EXEC);
        expect_refusal(w, install_enable, "a.service", INSTALL_FORCE, -EEXIST, "already exists.");
}

/* Debian's packages link to /lib, which is /usr/lib. */
static void the_same_file_by_another_way_is_the_same(void **state) {
        World *w = *state;

        world_put(w, LIB "a.service", EXEC "[Install]\nAlias=al.service\n");
        world_link(w, "/lib", "usr/lib");
        world_link(w, ETC "al.service", "/lib/systemd/system/a.service");
        expect(w, install_enable, "a.service", 0, 0, 0);
        expect_state(w, "a.service", "enabled");
}

static void files_elsewhere_are_linked_in(void **state) {
        World *w = *state;

        world_put(w, "/opt/o.service", WANTED);
        expect(w, link_in, "/opt/o.service", 0, 1, 0);
        expect_target(w, ETC "o.service", "/opt/o.service");
        expect_state(w, "o.service", "linked");
        expect(w, install_enable, "o.service", 0, 1, 0);
        expect_target(w, ETC "multi-user.target.wants/o.service", "/opt/o.service");
        expect_state(w, "o.service", "enabled");
        expect(w, install_reenable, "o.service", 0, 2, 2);
        expect(w, install_disable, "o.service", 0, 0, 2);
        expect(w, install_enable, "/opt/o.service", INSTALL_RUNTIME, 2, 0);
        expect_state(w, "o.service", "enabled-runtime");
        expect_refusal(w, install_enable, "/opt/gone.service", 0, -ENOENT, "does not exist.");
        expect_refusal(w, link_in, "/opt/gone.service", 0, -ENOENT, "does not exist.");
        world_link(w, "/opt/other.service", "o.service");
        expect_refusal(w, link_in, "/opt/other.service", 0, -ELOOP, "linked unit file: /opt/other.service");
        world_put(w, LIB "in.service", WANTED);
        expect(w, install_enable, LIB "in.service", 0, 1,
               0); /* a path in the search path is a way to write the name */
}

static void generated_units_are_not_touched(void **state) {
        World *w = *state;

        world_put(w, "/run/systemd/generator/g.service", WANTED);
        world_put(w, "/run/systemd/transient/t.service", WANTED);
        expect_state(w, "g.service", "generated");
        expect_state(w, "t.service", "transient");
        expect_refusal(w, install_enable, "g.service", 0, -EADDRNOTAVAIL,
                       "/g.service is transient or generated.");
        expect_refusal(w, install_enable, "t.service", 0, -EADDRNOTAVAIL,
                       "/t.service is transient or generated.");
}

static void broken_files_have_no_state(void **state) {
        World *w = *state;
        UnitFileState s;

        world_put(w, ETC "b.service", "[Service\n");
        assert_int_equal(install_state(w->loader, "b.service", &s, NULL), -EBADMSG);
        world_directory(w, ETC "d.service");
        assert_int_equal(install_state(w->loader, "d.service", &s, NULL), -EISDIR);
}

static void the_default_target_is_a_link(void **state) {
        World *w = *state;
        InstallChanges changes = { 0 };
        Report report = { 0 };
        char *name auto_free = NULL;

        assert_int_equal(install_get_default(w->loader, &name, NULL), -ENOENT);
        world_put(w, PKGLIBDIR "/system/multi-user.target", "[Unit]\nDescription=m\n");
        world_put(w, PKGLIBDIR "/system/rescue.target", "[Unit]\nDescription=r\n");
        world_link(w, PKGLIBDIR "/system/default.target", "multi-user.target");
        assert_int_equal(install_get_default(w->loader, &name, NULL), 0);
        assert_string_equal(name, "multi-user.target");
        assert_int_equal(install_set_default(w->loader, "rescue.target", 0, &changes, &report), 0);
        expect_target(w, ETC "default.target", PKGLIBDIR "/system/rescue.target");
        free(TAKE(name));
        assert_int_equal(install_get_default(w->loader, &name, NULL), 0);
        assert_string_equal(name, "rescue.target");
        assert_int_equal(install_set_default(w->loader, "multi-user.target", 0, &changes, &report), -EEXIST);
        assert_int_equal(
                install_set_default(w->loader, "multi-user.target", INSTALL_FORCE, &changes, &report), 0);
        assert_int_equal(install_set_default(w->loader, "a.service", 0, &changes, &report), -EINVAL);
        assert_int_equal(install_set_default(w->loader, "no.target", 0, &changes, &report), -ENOENT);
        install_changes_release(&changes);
        report_release(&report);
}

static void dependencies_can_be_added_by_name(void **state) {
        World *w = *state;
        InstallChanges changes = { 0 };

        world_put(w, LIB "s.service", EXEC);
        world_put(w, LIB "m.target", "[Unit]\n");
        assert_int_equal(install_add_dependency(w->loader, one("s.service"), "m.target", DEP_REQUIRES, 0,
                                                &changes, NULL),
                         0);
        expect_target(w, ETC "m.target.requires/s.service", LIB "s.service");
        expect_state(w, "s.service", "enabled");
        install_changes_release(&changes);
}

static void presets_are_read_in_order(void **state) {
        World *w = *state;
        bool enabled = false;

        assert_int_equal(install_preset_state(w->loader, "a.service", &enabled), 0);
        assert_true(enabled);
        world_put(w, "/usr/lib/systemd/system-preset/90-x.preset",
                  "# comment\nenable a*.service\ndisable *\n");
        world_put(w, "/etc/systemd/system-preset/50-y.preset",
                  "disable ab.service\nenable t@.service one two\n");
        world_put(w, LIB "a.service", EXEC); /* the next refresh reads all again */
        assert_int_equal(install_preset_state(w->loader, "a.service", &enabled), 0);
        assert_true(enabled);
        assert_int_equal(install_preset_state(w->loader, "ab.service", &enabled), 0);
        assert_false(enabled);
        assert_int_equal(install_preset_state(w->loader, "z.service", &enabled), 0);
        assert_false(enabled);
}

static void presets_enable_and_disable(void **state) {
        World *w = *state;
        InstallChanges changes = { 0 };

        world_put(w, "/usr/lib/systemd/system-preset/90-x.preset",
                  "enable a.service\nenable t@.service one two\ndisable *\n");
        world_put(w, LIB "a.service", WANTED);
        world_put(w, LIB "b.service", WANTED);
        world_put(w, LIB "t@.service", WANTED);
        world_put(w, LIB "multi-user.target", "[Unit]\n");
        expect(w, install_enable, "b.service", 0, 1, 0);
        expect(w, preset, "t@.service", 0, 2, 0);
        assert_true(world_has(w, ETC "multi-user.target.wants/t@two.service"));
        assert_int_equal(install_preset_all(w->loader, PRESET_ENABLE_ONLY, 0, &changes, NULL), 0);
        expect_state(w, "a.service", "enabled");
        expect_state(w, "b.service", "enabled");
        assert_int_equal(install_preset_all(w->loader, PRESET_FULL, 0, &changes, NULL), 0);
        expect_state(w, "b.service", "disabled");
        install_changes_release(&changes);
}

static void reverting_leaves_what_the_packages_brought(void **state) {
        World *w = *state;

        world_put(w, LIB "a.service", WANTED);
        world_put(w, LIB "a.service.d/vendor.conf", "[Unit]\n");
        world_put(w, ETC "a.service", EXEC);
        world_put(w, ETC "a.service.d/override.conf", "[Unit]\n");
        world_put(w, RUN "a.service.d/x.conf", "[Unit]\n");
        world_put(w, ETC "own.service", EXEC);
        expect(w, revert, "a.service", 0, 0, 5);
        assert_false(world_has(w, ETC "a.service"));
        assert_false(world_has(w, ETC "a.service.d"));
        assert_true(world_has(w, LIB "a.service.d/vendor.conf"));
        expect(w, revert, "own.service", 0, 0, 0);
        assert_true(world_has(w, ETC "own.service"));
}

static void links_of_an_image_do_not_reach_the_host(void **state) {
        World *w = *state;
        char outside[128];

        world_put(w, LIB "a.service", WANTED);
        (void)snprintf(outside, sizeof(outside), "%s.outside", w->root);
        assert_int_equal(mkdir(outside, 0755), 0);
        world_link(w, ETC "multi-user.target.wants",
                   outside); /* absolute: means a place in the image, not there */
        {
                InstallChanges changes = { 0 };

                assert_true(install_enable(w->loader, one("a.service"), 0, &changes, NULL, NULL) < 0);
                install_changes_release(&changes);
        }
        assert_int_equal(rmdir(outside), 0); /* still empty */
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                TEST(enabling_links_what_install_says),
                TEST(runtime_links_are_apart),
                TEST(also_units_go_along),
                TEST(nothing_to_enable_is_said),
                TEST(templates_are_enabled_as_instances),
                TEST(absent_units_are_refused),
                TEST(masks_come_and_go),
                TEST(enabled_units_stay_enabled_under_a_mask),
                TEST(aliases_in_etc_are_refused_and_disable_follows_them),
                TEST(what_is_in_the_way_is_replaced_by_force_only),
                TEST(the_same_file_by_another_way_is_the_same),
                TEST(files_elsewhere_are_linked_in),
                TEST(generated_units_are_not_touched),
                TEST(broken_files_have_no_state),
                TEST(the_default_target_is_a_link),
                TEST(dependencies_can_be_added_by_name),
                TEST(presets_are_read_in_order),
                TEST(presets_enable_and_disable),
                TEST(reverting_leaves_what_the_packages_brought),
                TEST(links_of_an_image_do_not_reach_the_host),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
