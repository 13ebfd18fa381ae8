/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "init/options.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

static const char help_text[] =
        "svinit [OPTIONS]               boot default.target (or --unit=) as PID 1 or subreaper\n"
        "svinit [OPTIONS] [--] CMD ARGS run CMD as main.service; its exit code becomes svinit's\n"
        "\n"
        "      --unit=UNIT   boot this unit instead of default.target\n"
        "      --main=UNIT   this service is essential: when it ends, svinit ends with its code\n"
        "      --with-units  with CMD: boot the enabled units as well\n"
        "  -h, --help        this text\n"
        "      --version     the version\n"
        "\n"
        "Environment: SVINIT_STOP_BUDGET (a time span such as 20s), SVINIT_LOG_FORMAT (prefix, raw,\n"
        "json, none), SVINIT_LOG_LEVEL (debug ... emerg).\n"
        "See svinit(8), svinit.conf(5), svctl(1).\n";

enum {
        OPTION_UNIT = 256,
        OPTION_MAIN,
        OPTION_WITH_UNITS,
        OPTION_VERSION
};

static const struct option long_options[] = { { "unit", required_argument, NULL, OPTION_UNIT },
                                              { "main", required_argument, NULL, OPTION_MAIN },
                                              { "with-units", no_argument, NULL, OPTION_WITH_UNITS },
                                              { "help", no_argument, NULL, 'h' },
                                              { "version", no_argument, NULL, OPTION_VERSION },
                                              { 0 } };

int options_parse(Options *o, int argc, char **argv) {
        int c;

        *o = (Options){ 0 };
        while ((c = getopt_long(argc, argv, "+h", long_options, NULL)) >= 0)
                switch (c) {
                case OPTION_UNIT:
                        o->unit = optarg;
                        break;
                case OPTION_MAIN:
                        o->main_unit = optarg;
                        break;
                case OPTION_WITH_UNITS:
                        o->with_units = true;
                        break;
                case 'h':
                        fputs(help_text, stdout);
                        return 0;
                case OPTION_VERSION:
                        puts("svinit " PACKAGE_VERSION);
                        return 0;
                default:
                        fputs("Try 'svinit --help'.\n", stderr);
                        return -1;
                }
        if (optind < argc)
                o->command = argv + optind;
        return 1;
}
