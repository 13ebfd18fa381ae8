/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The command line of svinit; svinit(8). Strings point into argv. */

#include <stdbool.h>

typedef struct Options {
        const char *unit;      /* --unit= */
        const char *main_unit; /* --main= */
        char **command;        /* what follows the options; NULL: none */
        bool with_units;       /* --with-units */
} Options;

/* 1: go on; 0: help or version was printed; -1: a mistake, told on stderr. */
int options_parse(Options *o, int argc, char **argv);
