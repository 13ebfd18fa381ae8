/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/show/status.h"

#include "unit/enums.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

/* "code=exited, status=1/FAILURE", as waitid(2) has told it */
static void add_end(int code, int status, Buf *b) {
        const char *name = code == CLD_EXITED ? exit_status_to_string(status) : sigabbrev_np(status),
                   *class = code == CLD_EXITED ? exit_status_class(status) : NULL;

        if (code == CLD_EXITED)
                buf_addf(b, "code=exited, status=%d%s%s", status,
                         str_equal(class, "libc") || str_equal(class, "systemd") ? "/" : "",
                         str_equal(class, "libc") || str_equal(class, "systemd") ? name : "");
        else
                buf_addf(b, "code=%s, signal=%s", code == CLD_DUMPED ? "dumped" : "killed",
                         name ? name : "?");
}

typedef struct RunCommand {
        Buf line;
        int ignore, code, status;
        uint64_t start, end;
        uint32_t pid;
} RunCommand;

static int read_command(sd_bus_message *m, RunCommand *c) {
        const char *path, *arg;
        int r = sd_bus_message_enter_container(m, 'r', "sasbttttuii");

        if (r <= 0 || (r = sd_bus_message_read(m, "s", &path)) < 0 ||
            (r = sd_bus_message_enter_container(m, 'a', "s")) < 0)
                return r;
        for (unsigned i = 0; (r = sd_bus_message_read(m, "s", &arg)) > 0; i++) {
                buf_add(&c->line, i > 0 ? " " : "");
                add_printable(arg, &c->line);
        }
        if (r < 0 || (r = sd_bus_message_exit_container(m)) < 0 ||
            (r = sd_bus_message_read(m, "bttttuii", &c->ignore, &c->start, NULL, &c->end, NULL, &c->pid,
                                     &c->code, &c->status)) < 0 ||
            (r = sd_bus_message_exit_container(m)) < 0)
                return r;
        return 1;
}

static void print_command(const Status *s, const char *property, const RunCommand *c) {
        bool good = c->code == CLD_EXITED && c->status == 0;
        const char *color = good ? "" : c->ignore ? COLOR_YELLOW(s->ctl) : COLOR_RED(s->ctl);
        Buf end auto_buf = { 0 };

        add_end(c->code, c->status, &end);
        status_line("Process", "%u %s=%s %s(%s)%s", c->pid, property, c->line.data ? c->line.data : "", color,
                    end.data ? end.data : "", *color ? COLOR_END(s->ctl) : "");
}

/* Those that have run and ended in this run of the unit. */
static void print_commands(const Status *s, const char *interface, const char *property) {
        sd_bus_message *reply = NULL;
        int r;

        if (sd_bus_get_property(s->ctl->bus, SD1, s->path, interface, property, NULL, &reply,
                                "a(sasbttttuii)") < 0)
                return;
        r = sd_bus_message_enter_container(reply, 'a', "(sasbttttuii)");
        while (r > 0) {
                RunCommand c = { 0 };

                r = read_command(reply, &c);
                if (r > 0 && c.start > 0 && c.end > 0)
                        print_command(s, property, &c);
                buf_release(&c.line);
        }
        sd_bus_message_unref(reply);
}

static void print_all_commands(const Status *s) {
        static const char *const service[] = { "ExecCondition", "ExecStartPre", "ExecStart",
                                               "ExecStartPost", "ExecReload",   "ExecStop",
                                               "ExecStopPost" };
        static const char *const other[] = { "ExecStartPre", "ExecStartPost", "ExecStopPre", "ExecStopPost" };
        const char *end = strrchr(s->unit, '.');

        for (size_t i = 0; str_equal(end, ".service") && i < ELEMENTSOF(service); i++)
                print_commands(s, SD1 ".Service", service[i]);
        for (size_t i = 0; str_equal(end, ".socket") && i < ELEMENTSOF(other); i++)
                print_commands(s, SD1 ".Socket", other[i]);
}

/* What the kernel calls it; empty when it cannot be seen from here. */
static void add_name(const Status *s, uint64_t pid, Buf *b) {
        char path[64], name[64] = "";
        FILE *f;

        snprintf(path, sizeof(path), "/proc/%" PRIu64 "/comm", pid);
        f = s->ctl->host ? NULL : fopen(path, "re");
        if (f && fgets(name, sizeof(name), f)) {
                buf_add(b, " (");
                add_printable(str_strip(name), b);
                buf_add_char(b, ')');
        }
        if (f)
                fclose(f);
}

static void print_main(const Status *s) {
        uint64_t main = property_raw(&s->l, "MainPID"), control = property_raw(&s->l, "ControlPID"),
                 last = property_raw(&s->l, "ExecMainPID");
        int code = (int)property_raw(&s->l, "ExecMainCode");
        Buf b auto_buf = { 0 };

        if (main > 0) {
                buf_addf(&b, "%" PRIu64, main);
                add_name(s, main, &b);
        } else if (last > 0 && code > 0) {
                buf_addf(&b, "%" PRIu64 " (", last);
                add_end(code, (int)property_raw(&s->l, "ExecMainStatus"), &b);
                buf_add_char(&b, ')');
        }
        if (control > 0) {
                buf_addf(&b, "%s%" PRIu64, b.len > 0 ? "; Control PID: " : "", control);
                add_name(s, control, &b);
        }
        if (b.len > 0)
                status_line(control > 0 && main == 0 && code == 0 ? "Cntrl PID" : "Main PID", "%s", b.data);
}

/* What the service has said of itself. */
static void print_told(const Status *s) {
        const char *text = property_get(&s->l, "StatusText"), *error = property_get(&s->l, "StatusBusError");
        int number = (int)property_raw(&s->l, "StatusErrno");
        Buf b auto_buf = { 0 };

        if (*text) {
                add_printable(text, &b);
                status_line("Status", "\"%s%s%s\"", COLOR(s->ctl, "0;1;36"), b.data ? b.data : "",
                            COLOR_END(s->ctl));
        }
        if (number > 0 && *error)
                status_line("Error", "%d (%s); D-Bus: %s", number, strerror(number), error);
        else if (number > 0)
                status_line("Error", "%d (%s)", number, strerror(number));
        else if (*error)
                status_line("Error", "D-Bus: %s", error);
}

/* Each descriptor that the service has left, as its name and what it is. */
static void print_fd_store(const Status *s) {
        uint64_t n = property_raw(&s->l, "NFileDescriptorStore");
        sd_bus_message *reply = NULL;
        const char *name, *path;
        int r;

        if (n == 0)
                return;
        status_line("FD Store", "%" PRIu64 " (limit: %s)", n, property_get(&s->l, "FileDescriptorStoreMax"));
        r = sd_bus_call_method(s->ctl->bus, SD1, SD1_PATH, SD1_MANAGER, "DumpUnitFileDescriptorStore", NULL,
                               &reply, "s", s->unit);
        if (r >= 0)
                r = sd_bus_message_enter_container(reply, 'a', "(suuutuusu)");
        while (r >= 0 && (r = sd_bus_message_read(reply, "(suuutuusu)", &name, NULL, NULL, NULL, NULL, NULL,
                                                  NULL, &path, NULL)) > 0)
                status_line("", "%s%s %s", s->ctl->plain ? "" : "- ", name, path);
        sd_bus_message_unref(reply);
}

static void print_restarts(const Status *s) {
        uint64_t n = property_raw(&s->l, "NRestarts"), kills = property_raw(&s->l, "OOMKills"),
                 sick = property_raw(&s->l, "HealthRestarts");

        if (n > 0)
                status_line("Restarts", "%" PRIu64 " (the last: %s)", n,
                            property_get(&s->l, "RestartReason"));
        if (sick > 0)
                status_line("", "%" PRIu64 " of them because it was not well", sick);
        if (n > 1)
                status_print_restarts(s);
        if (kills > 0 && kills != UINT64_MAX)
                status_line("OOM",
                            "the kernel has killed %" PRIu64 " process%s in this run for want of memory",
                            kills, kills == 1 ? "" : "es");
}

/* A oneshot that has run and succeeded did all that it was asked for. */
static bool has_done_its_work(const PropertyList *l) {
        return str_equal(property_get(l, "Type"), "oneshot") &&
               str_equal(property_get(l, "Result"), "success") &&
               property_raw(l, "ExecMainExitTimestamp") > 0;
}

static void add_watchdog(const Status *s, Buf *b) {
        usec_t most = property_raw(&s->l, "WatchdogUSec"), last = property_raw(&s->l, "WatchdogTimestamp");

        if (most == 0 || most == USEC_INFINITY)
                return;
        buf_add(b, "; watchdog: ");
        if (last > 0)
                format_age(last, s->now, b);
        else
                buf_add(b, "not heard yet");
        buf_add(b, ", at least every ");
        timespan_format(most, b);
}

/* X-HealthCheck=: what they found, since when, and what the last of them that failed has said. */
static Health of_checks(const Status *s, Buf *b) {
        const char *found = property_get(&s->l, "Health"), *error = property_get(&s->l, "HealthError");
        uint64_t since = property_raw(&s->l, "HealthSince");
        Health h = str_equal(found, "unhealthy")  ? HEALTH_BAD
                   : str_equal(found, "starting") ? HEALTH_STARTING
                                                  : HEALTH_GOOD;

        buf_add(b, h == HEALTH_BAD ? "bad" : h == HEALTH_STARTING ? "starting" : "good");
        if (!*found)
                return h;
        buf_addf(b, "; %s since ", found);
        status_add_time(b, since, s->now);
        if (*error)
                buf_addf(b, " (%s)", error);
        return h;
}

Health status_health(const Status *s, Buf *reason) {
        const char *active = property_get(&s->l, "ActiveState"), *sub = property_get(&s->l, "SubState");

        if (str_equal(active, "active") || str_equal(active, "reloading")) {
                Health h = of_checks(s, reason);

                add_watchdog(s, reason);
                return h;
        }
        if (str_equal(active, "inactive") && has_done_its_work(&s->l)) {
                buf_add(reason, "good, it has done its work");
                return HEALTH_GOOD;
        }
        if (str_equal(active, "activating") && !str_equal(sub, "auto-restart")) {
                buf_addf(reason, "starting (%s)", sub);
                return HEALTH_STARTING;
        }
        buf_addf(reason, "bad (%s)", str_equal(sub, "dead") ? active : sub);
        return HEALTH_BAD;
}

static void print_health(const Status *s) {
        Buf b auto_buf = { 0 };
        Health h;

        if (!str_ends_with(s->unit, ".service") || !str_equal(property_get(&s->l, "LoadState"), "loaded"))
                return;
        h = status_health(s, &b);
        if (h == HEALTH_BAD && str_equal(property_get(&s->l, "ActiveState"), "inactive"))
                return; /* nobody has asked it for anything */
        status_line("Health", "%s%s%s", h == HEALTH_GOOD ? "" : COLOR_YELLOW(s->ctl), b.data ? b.data : "",
                    h == HEALTH_GOOD ? "" : COLOR_END(s->ctl));
}

/* "Key=: reason" lines, one for each reason with all its keys. */
static void add_reason(char *const *lines, const char *reason, Buf *b) {
        STRV_FOREACH (l, lines) {
                const char *colon = strstr(*l, "=: ");

                if (colon && str_equal(colon + 3, reason))
                        buf_addf(b, "%s%.*s=", b->len > 0 ? " " : "", (int)(colon - *l), *l);
        }
        buf_addf(b, ": %s", reason);
}

static void print_not_applied(const Status *s) {
        char **lines auto_strv = NULL, **reasons auto_strv = NULL;

        if (sd_bus_get_property_strv(s->ctl->bus, SD1, s->path, "org.svinit.Unit", "NotApplied", NULL,
                                     &lines) < 0)
                return;
        STRV_FOREACH (l, lines) {
                const char *colon = strstr(*l, "=: "), *reason = colon ? colon + 3 : *l;
                Buf b auto_buf = { 0 };

                if (strv_contains(reasons, reason))
                        continue;
                if (colon)
                        add_reason(lines, reason, &b);
                status_line(reasons ? "" : "Not applied", "%s", colon && b.data ? b.data : reason);
                if (strv_add(&reasons, reason) < 0)
                        break;
        }
}

void status_run(Status *s) {
        status_set(s);
        print_all_commands(s);
        print_main(s);
        print_told(s);
        print_fd_store(s);
        print_restarts(s);
        print_health(s);
        print_not_applied(s);
}
