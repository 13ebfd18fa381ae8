/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What the administrator wants: journald.conf(5), its drop-ins, the command
 * line, later ones win. Keys that are not listed here are left to others.
 */

#include "journal/forward.h"
#include "journal/render.h"
#include "journal/storage.h"

typedef struct Config {
        StorageConfig storage;
        RenderFormat formats[2]; /* of stdout and of stderr */
        bool forward[FORWARD_TO_MAX];
        int max_level[FORWARD_TO_MAX], max_level_store;
        char *tty_path; /* owned */
        bool read_kmsg;
        uint64_t line_max;
        usec_t sync_interval;
        usec_t rate_interval; /* for senders that PID 1 gave no limit; 0: none */
        uint64_t rate_burst;
        char *hostname;                     /* owned; NULL: the kernel's */
        char *machine_id;                   /* owned; 32 hexadecimal digits; NULL: /etc/machine-id */
        char *persistent_dir, *runtime_dir; /* owned */
        char *syslog_socket;                /* owned */
        char **complaints;                  /* owned; what was not understood, and where */
} Config;

int config_init(Config *c);
void config_release(Config *c);
/* One file's text. Pure. */
void config_parse(Config *c, const char *path, const char *text, size_t n);
/*
 * /etc/systemd/journald.conf, then what is in journald.conf.d of /etc, /run, /usr/local/lib and /usr/lib, by name; of
 * the same name the first counts. All below `root`, which is "" but for tests.
 */
void config_load_from(Config *c, const char *root);
/* 0, or -EINVAL after a message about the argument. */
int config_arguments(Config *c, int argc, char *argv[]);
/* "4G", "512K", "100"; 0, -EINVAL, -ERANGE. */
int config_parse_size(const char *s, uint64_t *ret);
