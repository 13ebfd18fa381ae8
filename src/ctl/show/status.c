/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* status: one unit on one screen, what was not applied and the last lines of its log included. */

#include "ctl/core/ctl.h"
#include "ctl/core/glyphs.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static usec_t now_usec(void) {
        struct timespec ts;

        clock_gettime(CLOCK_REALTIME, &ts);
        return (usec_t)ts.tv_sec * USEC_PER_SEC + (usec_t)ts.tv_nsec / NSEC_PER_USEC;
}

static const char *state_color(Ctl *c, const char *state) {
        if (str_equal(state, "active") || str_equal(state, "reloading"))
                return COLOR_GREEN(c);
        return str_equal(state, "failed") ? COLOR_RED(c) : "";
}

/* A timestamp as a number: the property list holds it rendered. */
static usec_t read_time(Ctl *c, const char *path, const char *property) {
        uint64_t t = 0;

        (void)sd_bus_get_property_trivial(c->bus, SD1, path, SD1_UNIT, property, NULL, 't', &t);
        return t;
}

static void print_since(Ctl *c, const char *path, const char *state) {
        const char *property =
                str_equal(state, "active") || str_equal(state, "reloading")  ? "ActiveEnterTimestamp"
                : str_equal(state, "inactive") || str_equal(state, "failed") ? "InactiveEnterTimestamp"
                : str_equal(state, "activating")                             ? "InactiveExitTimestamp"
                                                                             : "ActiveExitTimestamp";
        usec_t t = read_time(c, path, property);
        Buf b auto_buf = { 0 };

        if (t == 0)
                return;
        buf_add(&b, " since ");
        format_timestamp(t, &b);
        buf_add(&b, "; ");
        format_age(t, now_usec(), &b);
        fputs(b.data ?: "", stdout);
}

/* "(max: 64.0M, peak: 20.0M)": what is known of them. */
static void add_figure(Buf *b, const PropertyList *l, const char *word, const char *property, bool size) {
        uint64_t n = property_number(l, property, UINT64_MAX);
        bool inside = b->data && strchr(b->data, '(');

        if (n == UINT64_MAX)
                return;
        buf_addf(b, "%s%s: ", inside ? ", " : b->len > 0 ? " (" : "(", word);
        if (size)
                bytes_format(n, b);
        else
                buf_addf(b, "%" PRIu64, n);
}

static void print_figures(const char *label, Buf *b) {
        if (b->len > 0)
                printf("%11s: %s%s\n", label, b->data, strchr(b->data, '(') ? ")" : "");
}

static void print_tasks(const PropertyList *l) {
        uint64_t n = property_number(l, "TasksCurrent", UINT64_MAX);
        Buf b auto_buf = { 0 };

        if (n == UINT64_MAX)
                return;
        buf_addf(&b, "%" PRIu64, n);
        add_figure(&b, l, "max", "TasksMax", false);
        print_figures("Tasks", &b);
}

/* Of a unit that is down, the most that its last run has used. */
static void print_memory(const PropertyList *l) {
        uint64_t n = property_number(l, "MemoryCurrent", UINT64_MAX);
        Buf b auto_buf = { 0 };

        if (n == UINT64_MAX && property_number(l, "MemoryPeak", UINT64_MAX) == UINT64_MAX)
                return;
        if (n != UINT64_MAX)
                bytes_format(n, &b);
        else
                buf_add(&b, "none");
        add_figure(&b, l, "max", "MemoryMax", true);
        add_figure(&b, l, "peak", "MemoryPeak", true);
        if (property_number(l, "MemorySwapCurrent", 0) > 0)
                add_figure(&b, l, "swap", "MemorySwapCurrent", true);
        add_figure(&b, l, "available", "MemoryAvailable", true);
        print_figures("Memory", &b);
}

static void print_used(const PropertyList *l) {
        uint64_t cpu = property_number(l, "CPUUsageNSec", UINT64_MAX);
        uint64_t in = property_number(l, "IOReadBytes", UINT64_MAX);
        uint64_t out = property_number(l, "IOWriteBytes", UINT64_MAX);
        Buf b auto_buf = { 0 }, io auto_buf = { 0 };

        if (cpu != UINT64_MAX) {
                timespan_format_rounded(cpu / NSEC_PER_USEC, &b);
                printf("%11s: %s\n", "CPU", b.data);
        }
        if (in != UINT64_MAX && out != UINT64_MAX) {
                bytes_format(in, &io);
                buf_add(&io, " read, ");
                bytes_format(out, &io);
                printf("%11s: %s written\n", "IO", io.data);
        }
}

static void print_restarts(const PropertyList *l) {
        uint64_t n = property_number(l, "NRestarts", 0), kills = property_number(l, "OOMKills", 0);

        if (n > 0)
                printf("%11s: %" PRIu64 " (the last: %s)\n", "Restarts", n, property_get(l, "RestartReason"));
        if (kills > 0 && kills != UINT64_MAX)
                printf("%11s: the kernel has killed %" PRIu64 " process%s in this run for want of memory\n",
                       "OOM", kills, kills == 1 ? "" : "es");
}

static void print_process(Ctl *c, uint32_t pid, const char *command, bool last) {
        const Glyphs *g = ctl_glyphs();

        if (pid > 0)
                printf("             %s%u %s\n", c->plain ? "" : last ? g->right : g->branch, pid, command);
}

static void print_processes(Ctl *c, const char *unit) {
        const char *group, *command, *last = "", *previous = NULL;
        sd_bus_error error = SD_BUS_ERROR_NULL;
        sd_bus_message *reply = NULL;
        uint32_t pid,
                waiting =
                        0; /* the last of a group has another branch, so each is printed when the next is known */
        int r;

        r = sd_bus_call_method(c->bus, SD1, SD1_PATH, SD1_MANAGER, "GetUnitProcesses", &error, &reply, "s",
                               unit);
        if (r >= 0)
                r = sd_bus_message_enter_container(reply, 'a', "(sus)");
        while (r >= 0 && (r = sd_bus_message_read(reply, "(sus)", &group, &pid, &command)) > 0) {
                print_process(c, waiting, previous, !str_equal(group, last));
                if (!str_equal(group, last))
                        printf("%11s: %s\n", *last ? "" : "CGroup", group);
                last = group;
                waiting = pid;
                previous = command;
        }
        print_process(c, waiting, previous, true);
        sd_bus_message_unref(reply);
        sd_bus_error_free(&error);
}

/* Each descriptor that the service has left, as its name and what it is. */
static void print_fd_store(Ctl *c, const char *unit, const PropertyList *l) {
        uint64_t n = property_number(l, "NFileDescriptorStore", 0);
        sd_bus_error error = SD_BUS_ERROR_NULL;
        sd_bus_message *reply = NULL;
        const char *name, *path;
        int r;

        if (n == 0)
                return;
        printf("%11s: %" PRIu64 " (limit: %s)\n", "FD Store", n, property_get(l, "FileDescriptorStoreMax"));
        r = sd_bus_call_method(c->bus, SD1, SD1_PATH, SD1_MANAGER, "DumpUnitFileDescriptorStore", &error,
                               &reply, "s", unit);
        if (r >= 0)
                r = sd_bus_message_enter_container(reply, 'a', "(suuutuusu)");
        while (r >= 0 && (r = sd_bus_message_read(reply, "(suuutuusu)", &name, NULL, NULL, NULL, NULL, NULL,
                                                  NULL, &path, NULL)) > 0)
                printf("             %s%s %s\n", c->plain ? "" : "- ", name, path);
        sd_bus_message_unref(reply);
        sd_bus_error_free(&error);
}

/* "Key=: reason" lines, one for each reason with all its keys. */
static void print_reason(char **lines, const char *reason, bool first) {
        const char *separator = "";

        printf("%11s: ", first ? "Not applied" : "");
        STRV_FOREACH (l, lines) {
                const char *colon = strstr(*l, "=: ");

                if (!colon || !str_equal(colon + 3, reason))
                        continue;
                printf("%s%.*s=", separator, (int)(colon - *l), *l);
                separator = " ";
        }
        printf(": %s\n", reason);
}

static void print_not_applied(Ctl *c, const char *path) {
        sd_bus_error error = SD_BUS_ERROR_NULL;
        char **lines auto_strv = NULL, **reasons auto_strv = NULL;

        if (sd_bus_get_property_strv(c->bus, SD1, path, "org.svinit.Unit", "NotApplied", &error, &lines) >= 0)
                STRV_FOREACH (l, lines) {
                        const char *colon = strstr(*l, "=: "), *reason = colon ? colon + 3 : *l;

                        if (strv_contains(reasons, reason))
                                continue;
                        if (colon)
                                print_reason(lines, reason, !reasons);
                        else
                                printf("%11s: %s\n", reasons ? "" : "Not applied", reason);
                        if (strv_add(&reasons, reason) < 0)
                                break;
                }
        sd_bus_error_free(&error);
}

static void print_main(const PropertyList *l) {
        uint64_t main = property_number(l, "MainPID", 0), last = property_number(l, "ExecMainPID", 0);
        uint64_t code = property_number(l, "ExecMainCode", 0);

        if (main > 0)
                printf("%11s: %" PRIu64 "\n", "Main PID", main);
        else if (last > 0 && code > 0)
                printf("%11s: %" PRIu64 " (%s, status=%s)\n", "Main PID", last,
                       code == 1   ? "exited"
                       : code == 2 ? "killed"
                                   : "dumped",
                       property_get(l, "ExecMainStatus"));
}

static void print_head(Ctl *c, const char *path, const PropertyList *l) {
        const char *active = property_get(l, "ActiveState"), *fragment = property_get(l, "FragmentPath");
        const char *file_state = property_get(l, "UnitFileState"), *result = property_get(l, "Result");

        printf("%s%s%s %s - %s\n", state_color(c, active), glyph_of_state(active), COLOR_END(c),
               property_get(l, "Id"), property_get(l, "Description"));
        printf("%11s: %s", "Loaded", property_get(l, "LoadState"));
        if (*fragment)
                printf(" (%s%s%s)", fragment, *file_state ? "; " : "", file_state);
        else if (*property_get(l, "LoadError"))
                printf(" (%s)", property_get(l, "LoadError"));
        putchar('\n');
        if (*fragment && *property_get(l, "LoadError"))
                printf("%11s: %s\n", "Reason", property_get(l, "LoadError"));
        if (*property_get(l, "DropInPaths"))
                printf("%11s: %s\n", "Drop-In", property_get(l, "DropInPaths"));
        printf("%11s: %s%s (%s)%s", "Active", state_color(c, active), active, property_get(l, "SubState"),
               COLOR_END(c));
        if (str_equal(active, "failed") ||
            (str_equal(active, "activating") && *result && !str_equal(result, "success")))
                printf(" (Result: %s)", result);
        print_since(c, path, active);
        putchar('\n');
}

static int status_exit(const PropertyList *l) {
        const char *active = property_get(l, "ActiveState");

        if (str_equal(property_get(l, "LoadState"), "not-found"))
                return CTL_NO_SUCH_UNIT_STATUS;
        return str_equal(active, "active") || str_equal(active, "reloading") ? CTL_OK : CTL_NOT_ACTIVE;
}

static int status_of(Ctl *c, const char *unit) {
        sd_bus_error error = SD_BUS_ERROR_NULL;
        PropertyList l = { 0 };
        char *path auto_free = NULL;
        unsigned lines = 10;
        int r, code;

        r = ctl_unit_path(unit, &path);
        if (r >= 0)
                r = ctl_get_all(c, path, "", &l, &error);
        if (r < 0) {
                code = ctl_print_error("%s: %s", unit, error.message ?: strerror(-r));
                sd_bus_error_free(&error);
                return code;
        }
        code = status_exit(&l);
        if (code == CTL_NO_SUCH_UNIT_STATUS) {
                ctl_print_error("unit %s was not found", unit);
                property_list_release(&l);
                return code;
        }
        if (c->lines)
                (void)parse_unsigned(c->lines, &lines);
        print_head(c, path, &l);
        STRV_FOREACH (label, ((char *[]){ (char *)"Documentation", (char *)"TriggeredBy", (char *)"Triggers",
                                          NULL }))
                if (*property_get(&l, *label))
                        printf("%11s: %s\n", str_equal(*label, "Documentation") ? "Docs" : *label,
                               property_get(&l, *label));
        print_main(&l);
        if (*property_get(&l, "StatusText"))
                printf("%11s: \"%s\"\n", "Status", property_get(&l, "StatusText"));
        if (*property_get(&l, "StatusBusError"))
                printf("%11s: %s\n", "Error", property_get(&l, "StatusBusError"));
        print_fd_store(c, unit, &l);
        print_restarts(&l);
        print_tasks(&l);
        print_memory(&l);
        print_used(&l);
        print_not_applied(c, path);
        print_processes(c, unit);
        if (lines > 0) {
                char *units[] = { (char *)property_get(&l, "Id"), NULL };

                putchar('\n');
                (void)logs_show(c, units, lines, false, read_time(c, path, "InactiveExitTimestamp"), true);
        }
        property_list_release(&l);
        return code;
}

static int status_of_manager(Ctl *c) {
        sd_bus_error error = SD_BUS_ERROR_NULL;
        PropertyList l = { 0 };
        int r = ctl_get_all(c, SD1_PATH, SD1_MANAGER, &l, &error);

        if (r < 0) {
                ctl_print_error("%s", error.message ?: strerror(-r));
                sd_bus_error_free(&error);
                return CTL_FAILED;
        }
        printf("%11s: %s\n%11s: %s loaded, %s failed\n%11s: %s queued\n%11s: %s\n%11s: %s\n", "State",
               property_get(&l, "SystemState"), "Units", property_get(&l, "NNames"),
               property_get(&l, "NFailedUnits"), "Jobs", property_get(&l, "NJobs"), "Since",
               property_get(&l, "UserspaceTimestamp"), "svinit", property_get(&l, "Version"));
        property_list_release(&l);
        putchar('\n');
        return verb_list_units(c, 1, (char *[]){ (char *)"list-units", NULL });
}

VERB(status) {
        char **names auto_strv = NULL;
        int code = CTL_OK, n = 0;

        if (ctl_connect(c) < 0)
                return CTL_FAILED;
        if (argc == 1)
                return status_of_manager(c);
        if (ctl_names(c, argv + 1, &names) < 0)
                return CTL_FAILED;
        STRV_FOREACH (name, names) {
                int r;

                if (n++ > 0)
                        putchar('\n');
                r = status_of(c, *name);
                code = code ?: r;
        }
        return code;
}
