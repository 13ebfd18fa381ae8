/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the files of the rig share. */

#include <stdbool.h>
#include <stdint.h>

#define RIG_FAILED 120 /* the rig itself could not do its work */
#define RIG_LIST_MAX 64

typedef struct Boot {
        const char *root; /* DIR of `rig root`; NULL: an overlay of its own on `scratch` */
        const char *scratch;
        const char *binds[RIG_LIST_MAX], *env[RIG_LIST_MAX];
        unsigned n_binds, n_env, uid, nofile;
        const char *cgroup, *pidfile, *run_size;
        int timeout; /* seconds; then SIGKILL */
        bool docker, read_only, cap_drop_all, host_network, not_pid1, keep_run;
        char **argv;
        /* cgroups.c: our groups, for removal */
        char groups[12][512];
        char homes[12][512]; /* the cgroup.procs to go back to */
        unsigned n_groups;
} Boot;

void die(const char *what) __attribute__((noreturn));
void make_overlay(const char *dir, const char *lower, bool with_jobs);
/* A container's /proc, /sys, /dev, /run over `root`; in a mount namespace of its own. */
void fill_root(const char *root, const Boot *b);
void boot_child(const Boot *b) __attribute__((noreturn));
void cgroups_enter(Boot *b); /* makes this boot's groups and moves us there, before the namespace is made */
void cgroups_mount(const char *root, const Boot *b);
void cgroups_leave(Boot *b);         /* goes back, kills and removes what is left below our groups */
void drop_privileges(const Boot *b); /* Docker's default capabilities and system call filter */
