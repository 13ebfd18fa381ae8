/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/show/status.h"

#include <errno.h>
#include <string.h>

#define LINES_DEFAULT 10

/* Keys of the object and what they are of: a text, a number, a list of texts. Svctl(1) lists them. */
static const struct {
        const char *key, *property;
        char kind;
} members[] = {
        { "unit", "Id", 's' },
        { "description", "Description", 's' },
        { "load", "LoadState", 's' },
        { "file", "FragmentPath", 's' },
        { "drop_ins", "DropInPaths", 'l' },
        { "file_state", "UnitFileState", 's' },
        { "preset", "UnitFilePreset", 's' },
        { "profile", "Profile", 's' },
        { "active", "ActiveState", 's' },
        { "sub", "SubState", 's' },
        { "result", "Result", 's' },
        { "active_since", "ActiveEnterTimestamp", 't' },
        { "inactive_since", "InactiveEnterTimestamp", 't' },
        { "triggered_by", "TriggeredBy", 'l' },
        { "triggers", "Triggers", 'l' },
        { "documentation", "Documentation", 'l' },
        { "main_pid", "MainPID", 't' },
        { "control_pid", "ControlPID", 't' },
        { "exit_code", "ExecMainCode", 'n' },
        { "exit_status", "ExecMainStatus", 'n' },
        { "status_text", "StatusText", 's' },
        { "restarts", "NRestarts", 'n' },
        { "restart_reason", "RestartReason", 's' },
        { "health_restarts", "HealthRestarts", 'n' },
        { "fd_store", "NFileDescriptorStore", 'n' },
        { "control_group", "ControlGroup", 's' },
};

static const struct {
        const char *key, *property;
} figures[] = {
        { "memory", "MemoryCurrent" },       { "memory_max", "MemoryMax" },
        { "memory_peak", "MemoryPeak" },     { "memory_available", "MemoryAvailable" },
        { "oom_kills", "OOMKills" },         { "tasks", "TasksCurrent" },
        { "tasks_max", "TasksMax" },         { "cpu_nsec", "CPUUsageNSec" },
        { "io_read_bytes", "IOReadBytes" },  { "io_write_bytes", "IOWriteBytes" },
        { "ip_in_bytes", "IPIngressBytes" }, { "ip_out_bytes", "IPEgressBytes" },
};

static bool has(const Status *s, const char *property) {
        for (size_t i = 0; i < s->l.n; i++)
                if (str_equal(s->l.v[i].name, property))
                        return true;
        return false;
}

/* What this kind of unit does not have is null. */
void status_add_figures_json(const Status *s, Buf *b) {
        for (size_t i = 0; i < ELEMENTSOF(figures); i++)
                json_add_number(b, figures[i].key,
                                has(s, figures[i].property) ? property_raw(&s->l, figures[i].property)
                                                            : UINT64_MAX);
}

static int add_members(const Status *s, Buf *b) {
        for (size_t i = 0; i < ELEMENTSOF(members); i++) {
                const char *key = members[i].key, *property = members[i].property;
                uint64_t n = property_raw(&s->l, property);
                char **list auto_strv = NULL;
                int r;

                switch (members[i].kind) {
                case 's':
                        json_add_member(b, key, property_get(&s->l, property));
                        break;
                case 'l':
                        r = status_list(s, property, &list);
                        if (r < 0)
                                return r;
                        json_add_key(b, key);
                        json_add_list(b, list);
                        break;
                default: /* 't': zero is never */
                        json_add_number(b, key,
                                        !has(s, property) || (members[i].kind == 't' && n == 0) ? UINT64_MAX
                                                                                                : n);
                }
        }
        return 0;
}

static void add_health(const Status *s, Buf *b) {
        Buf reason auto_buf = { 0 };
        Health h = status_health(s, &reason);

        json_add_member(b, "health", h == HEALTH_GOOD ? "good" : h == HEALTH_STARTING ? "starting" : "bad");
}

static int add_not_applied(const Status *s, Buf *b) {
        char **lines auto_strv = NULL;
        int r = sd_bus_get_property_strv(s->ctl->bus, SD1, s->path, "org.svinit.Unit", "NotApplied", NULL,
                                         &lines);

        json_add_key(b, "not_applied");
        json_add_list(b, lines);
        return MIN(r, 0);
}

static int add_processes(const Status *s, Buf *b) {
        UnitProcesses p = { 0 };
        int r = status_read_processes(s->ctl, s->unit, property_get(&s->l, "ControlGroup"), &p);

        json_add_key(b, "processes");
        buf_add_char(b, '[');
        for (size_t i = 0; i < p.n; i++) {
                json_open(b, "{");
                json_add_number(b, "pid", p.v[i].pid);
                json_add_member(b, "group", p.v[i].group);
                json_add_member(b, "command", p.v[i].command);
                buf_add_char(b, '}');
        }
        buf_add_char(b, ']');
        unit_processes_release(&p);
        return r;
}

/* The journal's own objects, as of svctl logs -o json. */
static int add_log(Status *s, Buf *b) {
        unsigned lines = LINES_DEFAULT;
        char *text auto_free = NULL, *save = NULL;

        if (s->ctl->lines)
                (void)parse_unsigned(s->ctl->lines, &lines);
        if (lines > 0)
                (void)status_read_log(s, lines, &text); /* without a journal there are none */
        json_add_key(b, "log");
        buf_add_char(b, '[');
        for (char *line = text ? strtok_r(text, "\n", &save) : NULL; line; line = strtok_r(NULL, "\n", &save))
                json_open(b, line);
        buf_add_char(b, ']');
        return 0;
}

int status_add_json(Status *s, Buf *b) {
        bool timer = str_ends_with(s->unit, ".timer");
        usec_t next = timer ? status_next_elapse(&s->l, s->now) : 0;
        int r;

        json_open(b, "{");
        r = add_members(s, b);
        json_add_number(b, "next_elapse", next > 0 ? next : UINT64_MAX);
        status_add_figures_json(s, b);
        add_health(s, b);
        json_add_bool(b, "needs_reload", property_raw(&s->l, "NeedDaemonReload"));
        if (r >= 0)
                r = status_add_set_json(s, b);
        if (r >= 0)
                r = add_not_applied(s, b);
        if (r >= 0)
                r = add_processes(s, b);
        if (r >= 0)
                r = add_log(s, b);
        buf_add_char(b, '}');
        return r < 0 ? r : b->error;
}
