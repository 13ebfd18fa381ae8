/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * svinit.conf: the keys of systemd-system.conf(5) that have a meaning here and
 * our own. Read from /etc/svinit/svinit.conf and svinit.conf.d, then from the
 * environment (SVINIT_STOP_BUDGET, SVINIT_LOG_FORMAT, SVINIT_LOG_LEVEL, SVINIT_PROFILE).
 */

#include "base/report.h"
#include "base/time.h"

#include <sys/types.h>

typedef struct IdList {
        id_t *v; /* owned */
        size_t n;
} IdList;

bool id_list_contains(const IdList *l, id_t id);

typedef struct Config { /* section [Manager] */
        usec_t default_timeout_start, default_timeout_stop, default_restart_delay,
                default_start_limit_interval;
        unsigned default_start_limit_burst;
        usec_t shutdown_timeout; /* ShutdownTimeoutSec=; 0: auto (9 s, 29 s in Kubernetes, none outside a container) */
        char **default_environment;
        char *log_format;  /* LogFormat=: one word, or one for stdout and one for stderr; owned; NULL: auto */
        bool real_journal; /* Journal=systemd-journald, where it is installed */
        int log_level;     /* syslog's; -1: warnings beside a command, else all but debug messages */
        bool strict;       /* Strict= */
        bool pass_environment; /* DefaultPassEnvironment= */
        bool bus_driver;       /* BusDriver= */
        char *profile;         /* DefaultProfile=: of units that choose none; owned; NULL */
        IdList control_users,
                control_groups; /* further uids and gids that may change things: BusControlUsers=, BusControlGroups= */
} Config;

void config_init(Config *c);
void config_release(Config *c);
int config_read_text(Config *c, const char *file, Text text, Report *report); /* pure */
int config_load(Config *c, char *const *environ_at_start, Report *report);
