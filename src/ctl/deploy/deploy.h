/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * svctl deploy: releases of a service out of git, by what [X-Deploy] of its
 * unit says. Below Path= there are
 *
 *      repo                 what is fetched
 *      releases/SHA-TIME    a worktree for each release
 *      current              a link to the one that serves
 *
 *      deploy.c     the verb and what it is asked for; update and rollback, step by step
 *      settings.c   [X-Deploy]
 *      git.c        git, as User=
 *      releases.c   the directories and the link
 *      step.c       commands of the unit, each kind in a transient unit of its own
 *      hosts.c      the same elsewhere, over ssh
 *
 * Nothing of it is in PID 1: a unit that is rolled finds by the link where it
 * works, and keeps that directory for as long as this generation lives.
 */

#include "ctl/core/ctl.h"

#include <sys/types.h>

#define RELEASE_NAME_MAX 64

typedef struct Deploy {
        Ctl *ctl;
        char *unit;                                 /* owned; x.service */
        char *repository, *reference, *path, *user; /* owned */
        char **hosts;
        char **build, **before, **after; /* owned; values of ExecBuild=, ExecPreDeploy=, ExecPostDeploy= */
        char *timeout;                   /* owned; as it is written */
        unsigned keep, depth;
        bool switches_user; /* uid, gid and home are those of User= */
        uid_t uid;
        gid_t gid;
        char *home; /* owned */
        int lock;   /* of Path=; -1: not taken */
} Deploy;

typedef struct Releases {
        char **names;   /* owned; oldest first */
        size_t current; /* SIZE_MAX: none */
} Releases;

/* settings.c: 0, or the exit code and it was said. */
int deploy_read(Deploy *d, Ctl *c, const char *unit);
void deploy_release(Deploy *d);

/* git.c: exit codes. What git prints goes to stderr. */
int deploy_git(const Deploy *d, ...) __attribute__((sentinel));
int deploy_git_line(const Deploy *d, char **ret, ...) __attribute__((sentinel)); /* its first line, owned */
int deploy_setup(Deploy *d);
int deploy_fetch(Deploy *d);
int deploy_resolve(Deploy *d, const char *reference, char **ret_sha);
int deploy_check_out(Deploy *d, const char *sha, char **ret_name); /* into a new release */
void deploy_forget(Deploy *d, const char *name);                   /* a release, for good */

/* releases.c */
int deploy_list(const Deploy *d, Releases *ret); /* 0 or negative; none: an empty list */
void releases_release(Releases *r);
int deploy_flip(Deploy *d, const char *name); /* the link, in one step; NULL removes it. 0 or negative */
int deploy_lock(Deploy *d);                   /* the exit code */
void deploy_prune(Deploy *d);
int deploy_release_path(const Deploy *d, const char *name,
                        char **ret); /* NULL: of current, or Path= itself */

/* step.c: the exit code; nothing to do is CTL_OK. */
int deploy_step(Deploy *d, const char *what, char *const *commands, const char *directory);
int deploy_roll(Deploy *d); /* puts the unit on what the link leads to, if it is up */

/* hosts.c: the same verb on each host, one after the other, up to the first that fails. */
int deploy_on_hosts(Ctl *c, char *const *hosts, int argc, char **argv);
