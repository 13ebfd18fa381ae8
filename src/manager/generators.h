/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Between PID 1 (generators.c) and the process that runs generators for it
 * (generator-run.c): what is to be run, and how the outcome is told.
 *
 * The runner is a fork of PID 1 with no descriptor but the pipe. It first runs
 * the environment generators one after the other, each with what those before
 * it have set, then all generators at once. Each has its limit; one that is
 * late is killed with all its process group, and so is what any of them left
 * behind. On the pipe go records of three strings that end in NUL: kind, path
 * of the program (or ""), text. The last record is RUNNER_DONE; a pipe that
 * ends without it means that the runner was killed.
 */

#include "base/text.h"
#include "base/time.h"

#define RUNNER_SAID "said"             /* a line of its output */
#define RUNNER_FAILED "failed"         /* text: "exited with status 3" */
#define RUNNER_ASSIGNMENT "assignment" /* text: NAME=VALUE */
#define RUNNER_DONE "done"

/* Limits. The last is PID 1's, for a runner that hangs in the kernel. */
#define GENERATOR_PATIENCE (10 * USEC_PER_SEC)
#define ENVIRONMENT_GENERATORS_PATIENCE (5 * USEC_PER_SEC) /* for all of them */
#define RUNNER_PATIENCE (GENERATOR_PATIENCE + ENVIRONMENT_GENERATORS_PATIENCE + 3 * USEC_PER_SEC)

#define GENERATORS_MAX 64 /* of each kind */

typedef struct GeneratorPlan {
        char **environment_generators; /* owned; paths, in the order of their names */
        char **generators;             /* owned */
        char *directories[3];          /* owned; normal, early, late */
        char **inherited;              /* owned; what services inherit: for environment generators */
        char **facts;                  /* owned; SYSTEMD_SCOPE= and so on: for both */
} GeneratorPlan;

void generator_plan_release(GeneratorPlan *p);

/* In the forked process; never returns. */
void generator_runner(const GeneratorPlan *p, int fd) __attribute__((noreturn));
