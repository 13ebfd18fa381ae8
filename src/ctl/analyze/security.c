/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * analyze security: which doors the settings of a service leave open. The
 * exposure of a unit is the weight of the open ones in that of all, from 0 to
 * 10. A setting that this container does not apply closes nothing, whatever
 * the file says.
 */

#include "ctl/analyze/analyze.h"

#include "ctl/core/table.h"

#include <linux/capability.h>
#include <stdio.h>
#include <string.h>

typedef enum Closed {
        CLOSED_BY_YES,
        CLOSED_BY_OTHER_THAN, /* the word */
        CLOSED_BY_WORD,
        CLOSED_BY_ANYTHING,        /* a list that is not empty */
        CLOSED_WITHOUT_CAPABILITY, /* of that number, in the bounding set */
        CLOSED_BY_USER,            /* another than root */
} Closed;

typedef struct Door {
        const char *setting;
        Closed closed;
        const char *word;
        int capability;
        unsigned weight;
        const char *open; /* what can happen */
} Door;

#define CAPABILITY(c) "CapabilityBoundingSet", CLOSED_WITHOUT_CAPABILITY, NULL, c

static const Door doors[] = {
        { "User", CLOSED_BY_USER, NULL, 0, 5, "It runs as root." },
        { "NoNewPrivileges", CLOSED_BY_YES, NULL, 0, 5, "It gains privileges by executing setuid programs." },
        { CAPABILITY(CAP_SYS_ADMIN), 5, "It may administer the system (CAP_SYS_ADMIN)." },
        { CAPABILITY(CAP_SYS_PTRACE), 3, "It may trace other processes (CAP_SYS_PTRACE)." },
        { CAPABILITY(CAP_NET_ADMIN), 3, "It may change interfaces, routes and filters (CAP_NET_ADMIN)." },
        { CAPABILITY(CAP_DAC_OVERRIDE), 3, "Modes of files do not hold it back (CAP_DAC_OVERRIDE)." },
        { CAPABILITY(CAP_SETUID), 3, "It may become another user (CAP_SETUID)." },
        { CAPABILITY(CAP_CHOWN), 2, "It may give files away (CAP_CHOWN)." },
        { CAPABILITY(CAP_SYS_MODULE), 3, "It may load modules into the kernel (CAP_SYS_MODULE)." },
        { CAPABILITY(CAP_SYS_RAWIO), 2, "It may use ports and raw devices (CAP_SYS_RAWIO)." },
        { CAPABILITY(CAP_KILL), 1, "It may signal processes of others (CAP_KILL)." },
        { CAPABILITY(CAP_NET_RAW), 1, "It may send and see raw packets (CAP_NET_RAW)." },
        { "AmbientCapabilities", CLOSED_BY_WORD, "0", 0, 1, "What it executes keeps capabilities." },
        { "SystemCallFilter", CLOSED_BY_ANYTHING, NULL, 0, 5, "It may use all system calls." },
        { "SystemCallArchitectures", CLOSED_BY_ANYTHING, NULL, 0, 2, "Also those of other architectures." },
        { "ProtectSystem", CLOSED_BY_OTHER_THAN, "no", 0, 4, "It may write to /usr, /boot and /etc." },
        { "ProtectHome", CLOSED_BY_OTHER_THAN, "no", 0, 3, "It sees the users' home directories." },
        { "PrivateTmp", CLOSED_BY_YES, NULL, 0, 2, "It shares /tmp and /var/tmp." },
        { "PrivateDevices", CLOSED_BY_YES, NULL, 0, 3, "It sees the devices." },
        { "DevicePolicy", CLOSED_BY_OTHER_THAN, "auto", 0, 1, "It may open each device it sees." },
        { "PrivateNetwork", CLOSED_BY_YES, NULL, 0, 3, "It reaches the network." },
        { "RestrictAddressFamilies", CLOSED_BY_ANYTHING, NULL, 0, 3, "It may open sockets of every kind." },
        { "PrivateUsers", CLOSED_BY_YES, NULL, 0, 2, "It shares the users of the system." },
        { "RestrictNamespaces", CLOSED_BY_OTHER_THAN, "infinity", 0, 3, "It may make namespaces." },
        { "RestrictSUIDSGID", CLOSED_BY_YES, NULL, 0, 2, "It may make setuid files." },
        { "RestrictRealtime", CLOSED_BY_YES, NULL, 0, 1, "It may take a processor for itself." },
        { "MemoryDenyWriteExecute", CLOSED_BY_YES, NULL, 0, 2, "It may execute what it has written." },
        { "LockPersonality", CLOSED_BY_YES, NULL, 0, 1, "It may change how the kernel treats it." },
        { "ProtectProc", CLOSED_BY_OTHER_THAN, "default", 0, 2, "It sees all processes." },
        { "ProcSubset", CLOSED_BY_OTHER_THAN, "all", 0, 1, "It sees what is no process in /proc." },
        { "ProtectKernelTunables", CLOSED_BY_YES, NULL, 0, 2, "It may change settings of the kernel." },
        { "ProtectKernelModules", CLOSED_BY_YES, NULL, 0, 2, "It may ask for modules of the kernel." },
        { "ProtectKernelLogs", CLOSED_BY_YES, NULL, 0, 1, "It may read the log of the kernel." },
        { "ProtectControlGroups", CLOSED_BY_YES, NULL, 0, 2, "It may change control groups." },
        { "ProtectClock", CLOSED_BY_YES, NULL, 0, 1, "It may set the clock." },
        { "ProtectHostname", CLOSED_BY_YES, NULL, 0, 1, "It may change the name of the host." },
        { "RootDirectory", CLOSED_BY_ANYTHING, NULL, 0, 1, "It sees the whole tree of files." },
        { "KeyringMode", CLOSED_BY_OTHER_THAN, "shared", 0, 1, "It shares keys." },
        { "NotifyAccess", CLOSED_BY_OTHER_THAN, "all", 0, 1, "All its processes may speak for it." },
        { "UMask", CLOSED_BY_WORD, "0077", 0, 1, "Others may read the files it makes." },
};

typedef struct Subject {
        PropertyList properties;
        char **not_applied; /* owned; "Setting=: reason" */
        char *path;         /* owned */
} Subject;

static bool is_closed_by_user(const PropertyList *l) {
        const char *user = property_get(l, "User");

        return str_equal(property_get(l, "DynamicUser"), "yes") ||
               (*user && !str_equal(user, "root") && !str_equal(user, "0"));
}

static bool is_closed(const Subject *s, const Door *d) {
        const char *value = property_get(&s->properties, d->setting);

        switch (d->closed) {
        case CLOSED_BY_YES:
                return str_equal(value, "yes");
        case CLOSED_BY_OTHER_THAN:
                return !str_equal(value, d->word);
        case CLOSED_BY_WORD:
                return str_equal(value, d->word);
        case CLOSED_BY_ANYTHING:
                return *value && !str_equal(value, "no ");
        case CLOSED_WITHOUT_CAPABILITY:
                return !(property_number(&s->properties, d->setting, UINT64_MAX) &
                         (UINT64_C(1) << d->capability));
        default:
                return is_closed_by_user(&s->properties);
        }
}

static bool is_not_applied(const Subject *s, const Door *d) {
        STRV_FOREACH (n, s->not_applied) {
                const char *rest = str_after(*n, d->setting);

                if (rest && *rest == '=')
                        return true;
        }
        return false;
}

static bool is_open(const Subject *s, const Door *d) {
        return !is_closed(s, d) || is_not_applied(s, d);
}

static unsigned exposure_in_tenths(const Subject *s) {
        unsigned open = 0, all = 0;

        for (size_t i = 0; i < ELEMENTSOF(doors); i++) {
                all += doors[i].weight;
                open += is_open(s, doors + i) ? doors[i].weight : 0;
        }
        return (open * 100 + all / 2) / all;
}

static const char *verdict(unsigned tenths) {
        return tenths <= 20 ? "tight" : tenths <= 50 ? "fair" : tenths <= 75 ? "open" : "wide open";
}

static void subject_release(Subject *s) {
        property_list_release(&s->properties);
        strv_free(s->not_applied);
        free(s->path);
        *s = (Subject){ 0 };
}

static int subject_read(Ctl *c, const char *unit, Subject *ret) {
        sd_bus_error error __attribute__((cleanup(sd_bus_error_free))) = SD_BUS_ERROR_NULL;
        int r;

        r = ctl_unit_path(unit, &ret->path);
        if (r >= 0)
                r = ctl_get_all(c, ret->path, SD1 ".Service", &ret->properties, &error);
        if (r >= 0)
                (void)sd_bus_get_property_strv(c->bus, SD1, ret->path, OWN_UNIT, "NotApplied", NULL,
                                               &ret->not_applied);
        return r < 0 ? ctl_print_error("%s: %s", unit, error.message ?: strerror(-r)) : CTL_OK;
}

static void add_tenths(Table *t, unsigned tenths) {
        char text[16];

        snprintf(text, sizeof(text), "%u.%u", tenths / 10, tenths % 10);
        table_add_number(t, text, tenths);
}

static int print_unit(Ctl *c, const char *unit) {
        static const Column columns[] = { { "SETTING", "setting", .names = true },
                                          { "WEIGHT", "weight", .number = true },
                                          { "STATE", "state" },
                                          { "OTHERWISE", "otherwise", .shrinks = true },
                                          { 0 } };
        Table t = { .columns = columns, .marks = true };
        Subject s = { 0 };
        unsigned tenths;
        int code = subject_read(c, unit, &s);

        for (size_t i = 0; i < ELEMENTSOF(doors) && code == CTL_OK; i++) {
                bool open = is_open(&s, doors + i);
                char weight[16];

                snprintf(weight, sizeof(weight), "%u", doors[i].weight);
                table_add(&t, doors[i].setting);
                table_add_number(&t, weight, doors[i].weight);
                table_add(&t, !open ? "closed" : is_closed(&s, doors + i) ? "not applied here" : "open");
                table_color(&t, open ? COLOR_RED(c) : COLOR_GREEN(c));
                table_add(&t, doors[i].open);
                if (open)
                        table_dot(&t, COLOR_RED(c));
        }
        tenths = exposure_in_tenths(&s);
        if (code == CTL_OK)
                code = table_print(&t, c);
        if (code == CTL_OK && !c->output && !c->no_legend)
                printf("\n%s: exposure %u.%u of 10, %s.\n", unit, tenths / 10, tenths % 10, verdict(tenths));
        subject_release(&s);
        return code;
}

static int add_service(Ctl *c, Table *t, const char *unit) {
        Subject s = { 0 };
        int code = subject_read(c, unit, &s);
        unsigned tenths = exposure_in_tenths(&s);

        subject_release(&s);
        if (code != CTL_OK)
                return code;
        table_add(t, unit);
        add_tenths(t, tenths);
        table_add(t, verdict(tenths));
        table_color(t, tenths > 75 ? COLOR_RED(c) : tenths > 50 ? COLOR_YELLOW(c) : COLOR_GREEN(c));
        return CTL_OK;
}

static int by_name(const void *a, const void *b) {
        return strcmp(*(char *const *)a, *(char *const *)b);
}

static int print_all(Ctl *c) {
        static const Column columns[] = { { "UNIT", "unit", .shrinks = true },
                                          { "EXPOSURE", "exposure_tenths", .number = true },
                                          { "VERDICT", "verdict" },
                                          { 0 } };
        char *all[] = { (char *)"*.service", NULL }, **names auto_strv = NULL;
        Table t = { .columns = columns };
        int code = CTL_OK;

        if (ctl_names(c, all, &names) < 0)
                return CTL_FAILED;
        if (names)
                qsort(names, strv_length(names), sizeof(*names), by_name);
        STRV_FOREACH (n, names) {
                char *load auto_free = NULL;

                if (ctl_get_string(c, *n, SD1_UNIT, "LoadState", &load) >= 0 && str_equal(load, "loaded"))
                        code = add_service(c, &t, *n) ?: code;
        }
        return table_print(&t, c) ?: code;
}

int analyze_security(Ctl *c, int argc, char **argv) {
        char **names auto_strv = NULL;
        int code = CTL_OK;

        if (ctl_connect(c) < 0)
                return CTL_FAILED;
        if (argc == 1)
                return print_all(c);
        if (ctl_names(c, argv + 1, &names) < 0)
                return CTL_FAILED;
        STRV_FOREACH (n, names) {
                if (!str_ends_with(*n, ".service"))
                        code = ctl_print_error("%s is no service", *n);
                else
                        code = print_unit(c, *n) ?: code;
        }
        return code;
}
