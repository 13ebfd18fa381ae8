/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The interfaces are those of systemd 252, to the last type and flag, and every row of every table is sound. */

#include "bus-world.h"

#include "bus/codec/append.h"
#include "bus/codec/errors.h"

static int setup(void **state) {
        World *w = world_new();

        world_start_bus(w);
        *state = w;
        return 0;
}

static int teardown(void **state) {
        world_free(*state);
        return 0;
}

static InterfaceId interface_named(const char *name) {
        for (size_t i = 0; i < INTERFACE_MAX; i++) {
                const char *dot = strrchr(interfaces[i].name, '.');

                if (strcmp(dot + 1, name) == 0)
                        return i;
        }
        fail_msg("no interface %s", name);
        return INTERFACE_MAX;
}

static const PropertyRef *property_named(World *w, InterfaceId i, const char *name) {
        const PropertyIndex *x = bus_property_index(&w->bus, i);

        assert_non_null(x);
        for (size_t n = 0; n < x->n; n++)
                if (strcmp(property_name(&x->v[n]), name) == 0)
                        return &x->v[n];
        return NULL;
}

static const char *change_word(PropertyFlags f) {
        return f & PROPERTY_EMITS         ? "true"
               : f & PROPERTY_INVALIDATES ? "invalidates"
               : f & PROPERTY_CONST       ? "const"
                                          : "false";
}

/* One line of the table of systemd's members. */
typedef struct Member {
        char interface[64], kind[64], name[64], types[64], access[64], changes[64], names[256];
} Member;

/* Calls `check` for each line of that kind; how many were wrong. */
static unsigned for_each_member(World *w, const char *kind, bool (*check)(World *w, const Member *m)) {
        const char *srcdir = getenv("srcdir");
        char path[4096], line[1024];
        unsigned wrong = 0, n = 0;
        Member m;
        FILE *f;

        snprintf(path, sizeof(path), "%s/tests/introspection/systemd-252.members", srcdir ? srcdir : ".");
        f = fopen(path, "re");
        if (!f)
                fail_msg("cannot read %s", path);

        while (fgets(line, sizeof(line), f)) {
                if (line[0] == '#' || sscanf(line, "%63s %63s %63s %63s %63s %63s %255s", m.interface, m.kind,
                                             m.name, m.types, m.access, m.changes, m.names) != 7)
                        continue;
                if (strcmp(m.kind, kind) != 0)
                        continue;
                n++;
                wrong += !check(w, &m);
        }
        fclose(f);
        assert_true(n > 100);
        return wrong;
}

static bool property_is_right(World *w, const Member *m) {
        const PropertyRef *p = property_named(w, interface_named(m->interface), m->name);
        const char *access, *changes;

        if (!p) {
                print_error("%s.%s: absent (%s)\n", m->interface, m->name, m->types);
                return false;
        }
        access = p->property && p->property->set ? "readwrite" : "read";
        changes = change_word(property_flags(p));
        if (strcmp(property_signature(p), m->types) != 0 || strcmp(access, m->access) != 0 ||
            strcmp(changes, m->changes) != 0) {
                print_error("%s.%s: is %s %s %s, not %s %s %s\n", m->interface, m->name,
                            property_signature(p), access, changes, m->types, m->access, m->changes);
                return false;
        }
        return true;
}

static void every_property_has_its_type_and_flag(void **state) {
        assert_int_equal(for_each_member(*state, "property", property_is_right), 0);
}

static bool method_is_right(World *w, const Member *member) {
        const Method *table = interfaces[interface_named(member->interface)].methods;
        char types[256];

        for (const Method *m = table; m && m->member; m++) {
                snprintf(types, sizeof(types), "%s->%s", m->in[0] ? m->in : "-", m->out[0] ? m->out : "-");
                if (strcmp(m->member, member->name) == 0 && strcmp(types, member->types) == 0)
                        return true;
        }
        print_error("%s.%s: absent or not %s\n", member->interface, member->name, member->types);
        return false;
}

static void every_method_has_its_types(void **state) {
        assert_int_equal(for_each_member(*state, "method", method_is_right), 0);
}

static sd_bus_message *new_message(World *w) {
        sd_bus_message *m;

        assert_true(sd_bus_message_new_signal(w->sd, &m, "/a", "a.b", "C") >= 0);
        return m;
}

static bool signature_is_valid(World *w, const char *signature) {
        sd_bus_message *m = new_message(w);
        bool valid = signature[0] == 0 || sd_bus_message_open_container(m, 'r', signature) >= 0;

        sd_bus_message_unref(m);
        return valid;
}

static void every_signature_is_valid(void **state) {
        World *w = *state;

        for (size_t i = 0; i < INTERFACE_MAX; i++) {
                const PropertyIndex *x = bus_property_index(&w->bus, i);

                for (const Method *m = interfaces[i].methods; m && m->member; m++) {
                        assert_true(signature_is_valid(w, m->in) && signature_is_valid(w, m->out));
                        assert_non_null(m->handle);
                }
                for (size_t n = 0; n < x->n; n++)
                        if (!signature_is_valid(w, property_signature(&x->v[n])))
                                fail_msg("%s.%s", interfaces[i].name, property_name(&x->v[n]));
        }
}

static void no_name_stands_twice_in_an_interface(void **state) {
        World *w = *state;

        for (size_t i = 0; i < INTERFACE_MAX; i++) {
                const PropertyIndex *x = bus_property_index(&w->bus, i);

                for (size_t n = 0; n < x->n; n++)
                        for (size_t o = 0; o < n; o++)
                                if (strcmp(property_name(&x->v[n]), property_name(&x->v[o])) == 0)
                                        fail_msg("%s.%s", interfaces[i].name, property_name(&x->v[n]));
                for (const Method *m = interfaces[i].methods; m && m->member; m++)
                        for (const Method *o = interfaces[i].methods; o != m; o++)
                                assert_string_not_equal(m->member, o->member);
        }
}

/* sd-bus refuses to close a variant whose content is not complete. */
static void check_getters(World *w, Object *o) {
        InterfaceId ids[OBJECT_INTERFACES_MAX];
        size_t n = object_interfaces(o, ids);
        unsigned wrong = 0;

        for (size_t i = 0; i < n; i++) {
                const PropertyIndex *x = bus_property_index(&w->bus, ids[i]);

                for (size_t k = 0; k < x->n; k++) {
                        sd_bus_message *m = new_message(w);
                        const PropertyRef *p = &x->v[k];

                        assert_true(sd_bus_message_open_container(m, 'v', property_signature(p)) >= 0);
                        if (property_append(o, p, m) < 0 || sd_bus_message_close_container(m) < 0) {
                                print_error("%s.%s does not append %s\n", interfaces[ids[i]].name,
                                            property_name(p), property_signature(p));
                                wrong++;
                        }
                        sd_bus_message_unref(m);
                }
        }
        assert_int_equal(wrong, 0);
}

static void every_getter_of_a_unit_appends_its_type(void **state) {
        World *w = *state;
        Object o;

        for (UnitType t = 0; t < UNIT_TYPE_MAX; t++) {
                char name[64];

                snprintf(name, sizeof(name), "a.%s", unit_type_to_string(t));
                object_of_unit(&w->bus, world_unit(w, name, ""), &o);
                check_getters(w, &o);
        }
}

static void every_getter_copes_with_what_files_say(void **state) {
        static const char text[] =
                "[Unit]\nDescription=d\nDocumentation=man:a(1)\nConditionPathExists=|!/x\nAssertUser=root\n"
                "[Service]\nType=oneshot\nExecStartPre=-/bin/a \"b "
                "c\"\nExecStart=+/bin/true\nExecStart=:/bin/x $A\n"
                "Environment=A=b \"C=d e\"\nEnvironmentFile=-/etc/x\nLimitNOFILE=1:2\nRuntimeDirectory=a:b "
                "c\n"
                "SuccessExitStatus=3 SIGUSR1\nCPUAffinity=0-3 "
                "9\nSystemCallFilter=~@mount\nDeviceAllow=/dev/null rw\n"
                "RestrictNamespaces=~user\nLogExtraFields=A=b\nStandardOutput=append:/"
                "x\nAppArmorProfile=-p\n";
        World *w = *state;
        Object o;

        object_of_unit(&w->bus, world_unit(w, "full.service", text), &o);
        check_getters(w, &o);
}

static void every_getter_of_the_manager_appends_its_type(void **state) {
        World *w = *state;
        Object o = { OBJECT_MANAGER, .bus = &w->bus, .manager = &w->manager };

        check_getters(w, &o);
        o.kind = OBJECT_LOG_CONTROL;
        check_getters(w, &o);
}

static void every_getter_of_a_job_appends_its_type(void **state) {
        World *w = *state;
        Job j = { .id = 7, .unit = world_unit(w, "a.service", "[Service]\nExecStart=/bin/true\n") };
        Object o = { OBJECT_JOB, .bus = &w->bus, .manager = &w->manager, .job = &j };

        check_getters(w, &o);
}

static void every_directive_that_is_shown_can_be_appended(void **state) {
        World *w = *state;
        unsigned n_missing = 0;

        for (size_t i = 0; i < INTERFACE_MAX; i++) {
                const PropertyIndex *x = bus_property_index(&w->bus, i);

                for (size_t n = 0; n < x->n; n++) {
                        const Directive *d = x->v[n].row;

                        if (!d || !d->codec || codec_is_appended(d->codec->id))
                                continue;
                        print_error("%s= has a codec without an appender\n", d->key);
                        n_missing++;
                }
        }
        assert_int_equal(n_missing, 0);
}

static void the_running_process_comes_before_the_last_one(void **state) {
        World *w = *state;

        assert_true(property_named(w, INTERFACE_OF_TYPE + UNIT_SERVICE, "MainPID") <
                    property_named(w, INTERFACE_OF_TYPE + UNIT_SERVICE, "ExecMainPID"));
}

typedef struct Expected {
        const char *name;
        int64_t number;   /* of any integer type */
        const char *text; /* for strings */
} Expected;

/* Clients leave out, or call "infinity", what has exactly these values. */
static const Expected unset[] = {
        { "CPUWeight", -1 },
        { "StartupCPUWeight", -1 },
        { "CPUShares", -1 },
        { "StartupCPUShares", -1 },
        { "IOWeight", -1 },
        { "StartupIOWeight", -1 },
        { "BlockIOWeight", -1 },
        { "StartupBlockIOWeight", -1 },
        { "MemoryMin", 0 },
        { "MemoryLow", 0 },
        { "MemoryHigh", -1 },
        { "MemoryMax", -1 },
        { "MemorySwapMax", -1 },
        { "MemoryLimit", -1 },
        { "MemoryAvailable", -1 },
        { "MemoryCurrent", -1 },
        { "TasksCurrent", -1 },
        { "TasksMax", -1 },
        { "CPUUsageNSec", -1 },
        { "CPUQuotaPerSecUSec", -1 },
        { "CPUQuotaPeriodUSec", -1 },
        { "IPIngressBytes", -1 },
        { "IOReadBytes", -1 },
        { "ControlGroupId", 0 },
        { "ControlGroup", .text = "" },
        { "DevicePolicy", .text = "auto" },
        { "UID", UINT32_MAX },
        { "GID", UINT32_MAX },
        { "RuntimeMaxUSec", -1 },
        { "RuntimeRandomizedExtraUSec", 0 },
        { "WatchdogUSec", -1 },
        { "TimeoutStartUSec", 90000000 },
        { "TimeoutStopUSec", 90000000 },
        { "TimeoutAbortUSec", 90000000 },
        { "TimeoutCleanUSec", -1 },
        { "RestartUSec", 100000 },
        { "Type", .text = "simple" },
        { "ExitType", .text = "main" },
        { "Restart", .text = "no" },
        { "NotifyAccess", .text = "none" },
        { "OOMPolicy", .text = "stop" },
        { "KillMode", .text = "control-group" },
        { "KillSignal", 15 },
        { "RestartKillSignal", 15 },
        { "FinalKillSignal", 9 },
        { "WatchdogSignal", 6 },
        { "SendSIGKILL", 1 },
        { "MainPID", 0 },
        { "ExecMainCode", 0 },
        { "StatusErrno", 0 },
        { "NRestarts", 0 },
        { "Result", .text = "success" },
        { "ReloadResult", .text = "success" },
        { "UMask", 18 },
        { "RuntimeDirectoryMode", 493 },
        { "StateDirectoryMode", 493 },
        { "LogLevelMax", -1 },
        { "NUMAPolicy", -1 },
        { "RestrictNamespaces", -1 },
        { "SystemCallErrorNumber", 2147483646 },
        { "CPUSchedulingPolicy", 0 },
        { "IOSchedulingClass", 2 },
        { "IOSchedulingPriority", 4 },
        { "SyslogPriority", 30 },
        { "SyslogFacility", 3 },
        { "SyslogLevel", 6 },
        { "SyslogLevelPrefix", 1 },
        { "IgnoreSIGPIPE", 1 },
        { "StandardInput", .text = "null" },
        { "StandardOutput", .text = "journal" },
        { "StandardError", .text = "inherit" },
        { "ProtectSystem", .text = "no" },
        { "ProtectHome", .text = "no" },
        { "ProtectProc", .text = "default" },
        { "ProcSubset", .text = "all" },
        { "KeyringMode", .text = "private" },
        { "UtmpMode", .text = "init" },
        { "RuntimeDirectoryPreserve", .text = "no" },
        { "MountAPIVFS", 0 },
        { "CapabilityBoundingSet", 0x1ffffffffff },
        { "AmbientCapabilities", 0 },
        { "MountFlags", 0 },
        { "TimerSlackNSec", 50000 },
        { "ManagedOOMSwap", .text = "auto" },
        { "ManagedOOMPreference", .text = "none" },
        { "StatusText", .text = "" },
};

static const Expected unset_in_unit[] = {
        { "JobTimeoutUSec", -1 },
        { "JobRunningTimeoutUSec", -1 },
        { "JobTimeoutAction", .text = "none" },
        { "StartLimitIntervalUSec", 10000000 },
        { "StartLimitBurst", 5 },
        { "StartLimitAction", .text = "none" },
        { "FailureAction", .text = "none" },
        { "SuccessAction", .text = "none" },
        { "FailureActionExitStatus", -1 },
        { "OnFailureJobMode", .text = "replace" },
        { "OnSuccessJobMode", .text = "fail" },
        { "CollectMode", .text = "inactive" },
        { "DefaultDependencies", 1 },
        { "Description", .text = "plain.service" },
        { "ActiveState", .text = "inactive" },
        { "SubState", .text = "dead" },
        { "LoadState", .text = "loaded" },
        { "FreezerState", .text = "running" },
        { "InactiveExitTimestamp", 0 },
};

static int64_t read_integer(sd_bus_message *m, char type) {
        union {
                uint8_t y;
                uint16_t q;
                int b, i;
                uint32_t u;
                int64_t x;
        } v = { 0 };

        assert_true(sd_bus_message_read_basic(m, type, &v) > 0);
        return type == 'y'                  ? v.y
               : type == 'q'                ? v.q
               : type == 'i' || type == 'b' ? v.i
               : type == 'u'                ? v.u
                                            : v.x;
}

static bool value_is(World *w, Object *o, InterfaceId i, const Expected *e) {
        const PropertyRef *p = property_named(w, i, e->name);
        sd_bus_message *m = new_message(w);
        const char *text = NULL;
        int64_t number = 0;
        bool same;

        assert_non_null(p);
        assert_true(property_append(o, p, m) >= 0);
        assert_true(sd_bus_message_seal(m, 1, 0) >= 0);
        if (e->text)
                assert_true(sd_bus_message_read_basic(m, 's', &text) > 0);
        else
                number = read_integer(m, property_signature(p)[0]);
        same = e->text ? strcmp(text, e->text) == 0 : number == e->number;
        if (!same)
                print_error("%s is %lld '%s', not %lld '%s'\n", e->name, (long long)number, text ? text : "",
                            (long long)e->number, e->text ? e->text : "");
        sd_bus_message_unref(m);
        return same;
}

static void what_is_not_set_is_encoded_as_clients_expect(void **state) {
        World *w = *state;
        unsigned wrong = 0;
        Object o;

        object_of_unit(&w->bus, world_unit(w, "plain.service", "[Service]\nExecStart=/bin/true\n"), &o);
        for (size_t i = 0; i < ELEMENTSOF(unset); i++)
                wrong += !value_is(w, &o, INTERFACE_OF_TYPE + UNIT_SERVICE, &unset[i]);
        for (size_t i = 0; i < ELEMENTSOF(unset_in_unit); i++)
                wrong += !value_is(w, &o, INTERFACE_UNIT, &unset_in_unit[i]);
        assert_int_equal(wrong, 0);
}

/* The graph has the same words for those who speak of an outcome without being a D-Bus error. */
static void every_outcome_has_a_name_of_its_own(void **state) {
        for (EnqueueOutcome o = ENQUEUE_OK + 1; o < ENQUEUE_OUTCOME_MAX; o++) {
                const char *word = str_after(outcome_error_name(o), ERROR_PREFIX);

                assert_non_null(word);
                assert_string_equal(word, enqueue_outcome_to_string(o));
                for (EnqueueOutcome p = ENQUEUE_OK + 1; p < o; p++)
                        assert_string_not_equal(outcome_error_name(o), outcome_error_name(p));
        }
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(every_property_has_its_type_and_flag, setup, teardown),
                cmocka_unit_test_setup_teardown(every_method_has_its_types, setup, teardown),
                cmocka_unit_test_setup_teardown(every_signature_is_valid, setup, teardown),
                cmocka_unit_test_setup_teardown(no_name_stands_twice_in_an_interface, setup, teardown),
                cmocka_unit_test_setup_teardown(every_getter_of_a_unit_appends_its_type, setup, teardown),
                cmocka_unit_test_setup_teardown(every_getter_copes_with_what_files_say, setup, teardown),
                cmocka_unit_test_setup_teardown(every_getter_of_the_manager_appends_its_type, setup,
                                                teardown),
                cmocka_unit_test_setup_teardown(every_getter_of_a_job_appends_its_type, setup, teardown),
                cmocka_unit_test_setup_teardown(every_directive_that_is_shown_can_be_appended, setup,
                                                teardown),
                cmocka_unit_test_setup_teardown(the_running_process_comes_before_the_last_one, setup,
                                                teardown),
                cmocka_unit_test_setup_teardown(what_is_not_set_is_encoded_as_clients_expect, setup,
                                                teardown),
                cmocka_unit_test(every_outcome_has_a_name_of_its_own),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
