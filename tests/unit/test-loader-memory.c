/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Loading and enabling units under refused memory: the same as with memory, or -ENOMEM, and then the next try does it. */

#include "refuse.h"

#include "load-world.h"
#include "unit/directive.h"

#define SERVICE "[Service]\nExecStart=/bin/true\n"

static const char rich[] = "[Unit]\n"
                           "Description=all of it, %n on %v\n"
                           "Documentation=man:a(8) https://example.org/\n"
                           "Requires=b.service c.socket\n"
                           "After=b.service c.socket basic.target\n"
                           "RequiresMountsFor=/srv/a /var/lib/%p\n"
                           "ConditionPathExists=|/etc/passwd\n"
                           "ConditionPathExists=|!/etc/shadow\n"
                           "OnFailure=d@%n.service\n"
                           "NoSuchKey=1\n"
                           "[Service]\n"
                           "Type=notify\n"
                           "ExecStartPre=-/bin/mkdir -p \"/srv/%i\"\n"
                           "ExecStart=/bin/sh -c 'exec sleep infinity' ; /bin/false\n"
                           "User=daemon\n"
                           "SupplementaryGroups=games video\n"
                           "Environment=A=1 \"B=two words\" C=%H\n"
                           "EnvironmentFile=-/etc/default/a\n"
                           "RuntimeDirectory=a/b:c\n"
                           "SetCredential=word:secret\n"
                           "SystemCallFilter=~@reboot @swap:EPERM\n"
                           "CapabilityBoundingSet=CAP_CHOWN CAP_KILL\n"
                           "LimitNOFILE=1000:2000\n"
                           "BindPaths=/srv/a:/mnt/b:rbind -/c\n"
                           "SuccessExitStatus=3 SIGHUP\n"
                           "TimeoutStartSec=1min 30s\n"
                           "MemoryMax=50%\n"
                           "CPUWeight=notanumber\n"
                           "X-HealthCheck=exec:/bin/a 'b c'\n"
                           "X-HealthCheck=http:[::1]:80/a\n"
                           "[X-Profile small]\n"
                           "MemoryMax=10M\n"
                           "Nicer=1\n"
                           "[X-Profile large]\n"
                           "Environment=A=2\n"
                           "X-ReadinessCheck=tcp:$PORT\n"
                           "[Install]\n"
                           "WantedBy=multi-user.target\n"
                           "RequiredBy=e.target\n"
                           "Alias=alias.service\n"
                           "Also=c.socket\n";

static const SpecifierHost host = { .hostname = "box", .kernel = "6.1", .runtime_dir = "/run" };

static int setup(void **state) {
        World *w;

        if (world_setup(state) < 0)
                return -1;
        w = *state;
        world_put(w, LIB "a.service", rich);
        world_put(w, ETC "a.service.d/10-more.conf",
                  "[Service]\nEnvironment=D=4\nExecStart=\nExecStart=/bin/a $A\nX-Profile=large\n");
        world_put(w, ETC "a.service.d/20-bad.conf", "no section\n");
        world_put(w, LIB "service.d/all.conf", "[Unit]\nDocumentation=man:all(7)\n");
        world_link(w, ETC "other.service", LIB "a.service");
        world_link(w, ETC "masked.service", "/dev/null");
        world_link(w, ETC "a.service.wants/d@1.service", LIB "d@.service");
        world_put(w, LIB "web.service", "[Service]\nX-Instances=2\nExecStart=/bin/a %i\n");
        world_put(w, LIB "b.service", SERVICE "[Install]\nWantedBy=multi-user.target\n");
        world_put(w, LIB "c.socket",
                  "[Socket]\nListenStream=/run/c\nListenDatagram=1234\n[Install]\nWantedBy=sockets.target\n");
        world_put(w, LIB "d@.service",
                  "[Unit]\nDescription=%i of %j\n" SERVICE
                  "[Install]\nWantedBy=multi-user.target\nDefaultInstance=one\n");
        world_put(w, LIB "e.timer",
                  "[Timer]\nOnCalendar=Mon *-*-1..7 10:00 UTC\nOnBootSec=5min\nUnit=b.service\n");
        world_put(w, LIB "e.target", "[Unit]\nWants=b.service\n[Install]\nAlias=default.target\n");
        world_put(w, LIB "srv-a.mount", "[Mount]\nWhat=/dev/vda\nWhere=/srv/a\n");
        world_put(w, "/etc/systemd/system-preset/10-a.preset", "enable a.*\ndisable *\n");
        return 0;
}

static int open_loader(const World *w, Loader **ret) {
        const LoaderOptions o = {
                .root = w->root, .host = &host, .runtime_dir = "/run", .ignore_system_services = true
        };
        int r;

        r = loader_new(&o, ret);
        if (r < 0)
                return r;
        r = loader_refresh(*ret);
        if (r < 0)
                loader_free(*ret);
        return r;
}

static void describe(const LoadedUnit *u, int outcome, Buf *b) {
        buf_addf(b, "%s %d %d", u->id, outcome, u->spec->fatal);
        for (char *const *n = u->names; n && *n; n++)
                buf_addf(b, " %s", *n);
        for (char *const *d = u->dropins; d && *d; d++)
                buf_addf(b, " %s", *d);
        buf_addf(b, "\n%s\n", u->error_text ?: "");
        for (const Directive *const *table = directive_tables; *table; table++)
                for (const Directive *d = *table; d->key; d++)
                        if (d->codec && directive_counts_for(d, u->spec->type)) {
                                size_t before = b->len;

                                buf_addf(b, "%s=", d->key);
                                assert_int_equal(directive_format(d, u->spec, b), 0);
                                if (b->len - before == strlen(d->key) + 1)
                                        b->len = before;
                                else
                                        buf_add_char(b, '\n');
                        }
}

typedef struct Loading {
        const World *world;
        const char *name;
        bool cold; /* the directories are read under refusals, too */
} Loading;

static int load_and_describe(const void *what, char **ret_text) {
        const Loading *x = what;
        unsigned long kept = refuse_in;
        Report report = { 0 };
        SpecContext c = { .specifiers = { .host = &host }, .report = &report };
        LoadedUnit u = { 0 };
        Loader *l = NULL;
        Buf b = { 0 };
        int r, outcome;

        if (!x->cold)
                memory_is_back();
        r = open_loader(x->world, &l);
        if (r < 0)
                return r;
        if (!x->cold)
                refuse_in = kept;
        r = outcome = loader_load(l, &c, x->name, &u);
        memory_is_back();
        if (r == -ENOMEM) /* the loader is none the worse for it */
                outcome = loader_load(l, &c, x->name, &u);
        if (outcome >= 0) {
                describe(&u, outcome, &b);
                assert_int_equal(buf_take(&b, ret_text), 0);
                loaded_unit_release(&u);
        }
        report_release(&report);
        loader_free(l);
        return r;
}

static void no_unit_is_another(void **state) {
        static const char *const names[] = { "a.service",      "other.service",  "masked.service",
                                             "circle.service", "absent.service", "d@x-y.service",
                                             "c.socket",       "e.timer",        "e.target",
                                             "srv-a.mount",    "a-b.slice",      "d@.service",
                                             "web.service" };
        unsigned long n = 0;

        world_link(*state, ETC "circle.service", "circle.service");
        for (size_t i = 0; i < ELEMENTSOF(names); i++) {
                const Loading x = { *state, names[i], i == 0 };

                n += refuse_each(load_and_describe, &x, names[i]);
        }
        assert_true(n > 800);
}

/* ---- links ---- */

typedef struct Change {
        const char *name;
        int (*make)(Loader *l, InstallChanges *changes, Report *r);
        int (*before)(Loader *l, InstallChanges *changes, Report *r);
        const World *world;
} Change;

#define NAMES(...)                                                                                           \
        (char *[]) {                                                                                         \
                __VA_ARGS__, NULL                                                                            \
        }

static int enable(Loader *l, InstallChanges *changes, Report *r) {
        return install_enable(l, NAMES("a.service", "d@.service"), 0, changes, NULL, r);
}
static int disable(Loader *l, InstallChanges *changes, Report *r) {
        return install_disable(l, NAMES("a.service", "d@.service"), 0, changes, NULL, r);
}
static int preset(Loader *l, InstallChanges *changes, Report *r) {
        return install_preset(l, NAMES("a.service", "b.service"), PRESET_FULL, 0, changes, NULL, r);
}
static int preset_all(Loader *l, InstallChanges *changes, Report *r) {
        return install_preset_all(l, PRESET_FULL, 0, changes, r);
}
static int mask(Loader *l, InstallChanges *changes, Report *r) {
        return install_mask(l, NAMES("b.service"), INSTALL_FORCE, changes);
}
static int unmask(Loader *l, InstallChanges *changes, Report *r) {
        return install_unmask(l, NAMES("b.service"), 0, changes);
}
static int set_default(Loader *l, InstallChanges *changes, Report *r) {
        return install_set_default(l, "e.target", INSTALL_FORCE, changes, r);
}
static int add_wants(Loader *l, InstallChanges *changes, Report *r) {
        return install_add_dependency(l, NAMES("b.service"), "e.target", DEP_REQUIRES, 0, changes, r);
}
static int list(Loader *l, InstallChanges *changes, Report *r) {
        UnitFileList files = { 0 };
        UnitFileState state;
        int e = install_list_files(l, &files);

        unit_file_list_release(&files);
        return e < 0 ? e : install_state(l, "a.service", &state, r);
}

static void describe_links(const World *w, Buf *b) {
        static const char *const links[] = {
                "alias.service",
                "default.target",
                "b.service",
                "multi-user.target.wants/a.service",
                "multi-user.target.wants/b.service",
                "multi-user.target.wants/d@one.service",
                "e.target.requires/a.service",
                "e.target.requires/b.service",
                "sockets.target.wants/c.socket",
        };

        for (size_t i = 0; i < ELEMENTSOF(links); i++) {
                char path[256];

                (void)snprintf(path, sizeof(path), ETC "%s", links[i]);
                buf_addf(b, "%s -> %s\n", links[i], world_link_target(w, path) ?: "none");
        }
}

/* A fresh loader each time, as each call of svctl has it; how that is made is tried above. */
static int change_once(const Change *x, int (*make)(Loader *l, InstallChanges *changes, Report *r)) {
        unsigned long kept = refuse_in;
        InstallChanges changes = { 0 };
        Report report = { 0 };
        Loader *l = NULL;
        int r;

        memory_is_back();
        r = open_loader(x->world, &l);
        if (r < 0)
                return r;
        refuse_in = kept;
        r = make(l, &changes, &report);
        memory_is_back();
        for (size_t i = 0; i < changes.n; i++)
                if (changes.v[i].error < 0)
                        r = changes.v[i].error;
        install_changes_release(&changes);
        report_release(&report);
        loader_free(l);
        return r;
}

static int change_and_describe(const void *what, char **ret_text) {
        const Change *x = what;
        Buf b = { 0 };
        int r, again;

        if (x->before) {
                unsigned long kept = refuse_in;

                memory_is_back();
                r = change_once(x, x->before);
                if (r < 0)
                        fail_msg("what comes before %s fails: %d", x->name, r);
                refuse_in = kept;
        }
        r = change_once(x, x->make);
        memory_is_back();
        if (r == -ENOMEM) {
                again = change_once(x, x->make);
                if (again < 0)
                        fail_msg("%s: the next try fails: %d", x->name, again);
        }
        describe_links(x->world, &b);
        assert_int_equal(buf_take(&b, ret_text), 0);
        return r;
}

static void no_link_is_lost(void **state) {
        const Change changes[] = {
                { "enable", enable, disable },
                { "disable", disable, enable },
                { "preset", preset, disable },
                { "preset-all", preset_all, disable },
                { "mask", mask, unmask },
                { "unmask", unmask, mask },
                { "set-default", set_default, NULL },
                { "add-wants", add_wants, NULL },
                { "list", list, NULL },
        };

        for (size_t i = 0; i < ELEMENTSOF(changes); i++) {
                Change x = changes[i];

                x.world = *state;
                assert_true(refuse_each(change_and_describe, &x, x.name) > 4);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(no_unit_is_another, setup, world_teardown),
                cmocka_unit_test_setup_teardown(no_link_is_lost, setup, world_teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
