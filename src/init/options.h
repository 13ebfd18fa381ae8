/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The command line of svinit, svinit(1); with a command it takes the options
 * and variables of tini(1) and dumb-init as well. Strings point into argv and
 * the environment.
 */

#include "manager/manager.h"

typedef struct Options {
        ManagerOptions manager;
        unsigned verbosity;                /* -v: added up; TINI_VERBOSITY=, DUMB_INIT_DEBUG= */
        int parent_death_signal;           /* -p: 0: none */
        uint64_t expected_codes[256 / 64]; /* -e: bit per exit code that counts as 0 */
} Options;

/* 1: go on; 0: help or version was printed; -1: a mistake, told on stderr. */
int options_parse(Options *o, int argc, char **argv);
int options_exit_code(const Options *o, int code); /* what svinit ends with */
