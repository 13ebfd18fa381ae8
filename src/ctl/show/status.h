/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * status: what there is to know of one unit on one screen, as systemctl shows
 * it, and what systemctl does not know.
 *
 *      status.c            the verb; order of the parts, exit codes, the log
 *      status-head.c       what the unit is, since when, what starts it and what it starts
 *      status-run.c        its processes so far, what the service says, restarts and why, health
 *      status-set.c        the instances of a set
 *      status-restarts.c   when it was restarted and why, from the journal
 *      status-figures.c    memory, tasks, time, bytes
 *      status-processes.c  the tree of what runs now; also the whole container's
 *      status-manager.c    the container at a glance
 *      status-json.c       all of it, for programs
 *
 * All properties are asked for once; what is not plain text or a number there
 * is asked for again by the part that shows it.
 */

#include "ctl/core/ctl.h"
#include "ctl/core/glyphs.h"

typedef struct Status {
        Ctl *ctl;
        const char *unit; /* as it was asked for; borrowed */
        char *path;       /* of its object; owned */
        PropertyList l;   /* of all interfaces */
        usec_t now;       /* CLOCK_REALTIME */
        bool is_cut;      /* a line did not fit */
} Status;

/* A text behind "Label: "; without a label below the one before. */
void status_line(const char *label, const char *format, ...) PRINTF_LIKE(2, 3);
void status_add_time(Buf *b, usec_t t, usec_t now); /* "Mon 2026-01-05 10:00:00 UTC; 3s ago" */
const char *state_color(const Ctl *c, const char *active_state);
int status_list(const Status *s, const char *property, char ***ret); /* of texts */

void status_head(Status *s);
void status_run(Status *s);
void status_set(const Status *s);
int status_add_set_json(const Status *s, Buf *b);
void status_sockets(const Status *s); /* of a socket unit with X-SocketDistribution=reuseport */
void status_figures(const Status *s);
void status_print_restarts(const Status *s); /* the last of them, a line each */

typedef enum Health {
        HEALTH_GOOD,
        HEALTH_STARTING,
        HEALTH_BAD,
} Health;
Health status_health(const Status *s, Buf *reason);
usec_t status_next_elapse(const PropertyList *l, usec_t now); /* of a timer; 0: never */

typedef struct UnitProcess {
        char *group;   /* below that of the unit: "", "/sub" */
        char *command; /* owned, as group */
        uint32_t pid;
} UnitProcess;
typedef struct UnitProcesses {
        UnitProcess *v;
        size_t n, capacity;
} UnitProcesses;
int status_read_processes(Ctl *c, const char *unit, const char *group, UnitProcesses *ret);
void unit_processes_release(UnitProcesses *p);
void status_print_processes(Status *s, const UnitProcesses *p, const char *indent);

int status_of_manager(Ctl *c);
int status_add_json(Status *s, Buf *b); /* an object */
void status_add_figures_json(const Status *s, Buf *b);
/* Log lines of the unit's last run as text, one after the other; with c->output "json" as objects. */
int status_read_log(Status *s, unsigned lines, char **ret);
