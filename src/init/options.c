/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "init/options.h"

#include "unit/enums.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char help_text[] =
        "svinit [OPTIONS]               boot default.target (or --unit=) as PID 1 or subreaper\n"
        "svinit [OPTIONS] [--] CMD ARGS run CMD as main.service; its exit code becomes svinit's\n"
        "\n"
        "      --unit=UNIT   boot this unit instead of default.target\n"
        "      --main=UNIT   this service is essential: when it ends, svinit ends with its code\n"
        "      --with-units  with CMD: boot the enabled units as well\n"
        "      --user        the manager of one user: units and sockets are the user's own\n"
        "      --strict      what cannot be applied in this container fails the unit\n"
        "  -h, --help        this text\n"
        "  -V, --version     the version\n"
        "\n"
        "With CMD, as tini and dumb-init have them:\n"
        "  -g                signals go to the process group of CMD, not to CMD alone\n"
        "  -c, --single-child  to CMD alone (the default, but for a svinit called dumb-init)\n"
        "  -r, --rewrite A:B CMD gets signal B where svinit gets A; 0 for B: nothing\n"
        "  -e CODE           this exit code of CMD becomes 0; may be repeated\n"
        "  -p SIGNAL         svinit gets this signal when its parent process dies\n"
        "  -w                say when an orphan of CMD is reaped\n"
        "  -v, --verbose     say more; may be repeated\n"
        "  -s                be a subreaper where svinit is not PID 1 (it always is)\n"
        "\n"
        "Environment: SVINIT_STOP_BUDGET (a time span such as 20s), SVINIT_LOG_FORMAT (prefix, raw,\n"
        "short-iso, json, none; or two of them: for stdout and for stderr), SVINIT_LOG_LEVEL (debug ...\n"
        "emerg), SVINIT_PROFILE (the [X-Profile NAME] of services that choose none), SVINIT_NO_WATCH "
        "(X-Watch=\n"
        "is off), TINI_VERBOSITY, TINI_KILL_PROCESS_GROUP, TINI_SUBREAPER, DUMB_INIT_DEBUG, "
        "DUMB_INIT_SETSID.\n"
        "See svinit(1), svinit.conf(5), svctl(1).\n";

enum {
        OPTION_UNIT = 256,
        OPTION_MAIN,
        OPTION_WITH_UNITS,
        OPTION_STRICT,
        OPTION_USER,
};

static const struct option long_options[] = { { "unit", required_argument, NULL, OPTION_UNIT },
                                              { "main", required_argument, NULL, OPTION_MAIN },
                                              { "with-units", no_argument, NULL, OPTION_WITH_UNITS },
                                              { "strict", no_argument, NULL, OPTION_STRICT },
                                              { "user", no_argument, NULL, OPTION_USER },
                                              { "single-child", no_argument, NULL, 'c' },
                                              { "rewrite", required_argument, NULL, 'r' },
                                              { "verbose", no_argument, NULL, 'v' },
                                              { "help", no_argument, NULL, 'h' },
                                              { "version", no_argument, NULL, 'V' },
                                              { 0 } };

static int mistake(const char *option, const char *found, const char *expected) {
        fprintf(stderr, "svinit: %s: '%s' is not valid: expected %s.\n", option, found, expected);
        return -1;
}

static int parse_rewrite(ManagerOptions *o, const char *text) {
        static const char expected[] = "two signals such as TERM:QUIT or 15:3, the second one may be 0";
        const char *colon = strchr(text, ':');
        char *from auto_free = colon ? strndup(text, (size_t)(colon - text)) : NULL;
        int a = from ? signal_from_string(from) : -1, b;

        if (a <= 0)
                return mistake("--rewrite", text, expected);
        b = str_equal(colon + 1, "0") ? 0 : signal_from_string(colon + 1);
        if (b < 0)
                return mistake("--rewrite", text, expected);
        o->rewrites[a] = b == 0 ? REWRITE_TO_NOTHING : (unsigned char)b;
        return 0;
}

static int parse_code(Options *o, const char *text) {
        char *end;
        unsigned long code = strtoul(text, &end, 10);

        if (end == text || *end || code > 255)
                return mistake("-e", text, "an exit code from 0 to 255");
        o->expected_codes[code / 64] |= UINT64_C(1) << (code % 64);
        return 0;
}

static int parse_one(Options *o, int c) {
        switch (c) {
        case OPTION_UNIT:
                o->manager.unit = optarg;
                return 0;
        case OPTION_MAIN:
                o->manager.main_unit = optarg;
                return 0;
        case OPTION_WITH_UNITS:
                o->manager.with_units = true;
                return 0;
        case OPTION_USER:
                if (!getenv("XDG_RUNTIME_DIR") || access(getenv("XDG_RUNTIME_DIR"), W_OK) < 0)
                        return mistake("--user", getenv("XDG_RUNTIME_DIR") ?: "",
                                       "a directory in XDG_RUNTIME_DIR that can be written");
                o->manager.user = true;
                return 0;
        case OPTION_STRICT:
                o->manager.strict = true;
                return 0;
        case 'g':
                o->manager.signal_group = true;
                return 0;
        case 'c':
                o->manager.signal_group = false;
                return 0;
        case 'r':
                return parse_rewrite(&o->manager, optarg);
        case 'e':
                return parse_code(o, optarg);
        case 'p':
                o->parent_death_signal = signal_from_string(optarg);
                return o->parent_death_signal > 0 ? 0 : mistake("-p", optarg, "a signal such as SIGTERM");
        case 'w':
                o->manager.tell_orphans = true;
                return 0;
        case 'v':
                o->verbosity++;
                return 0;
        case 's':
                return 0;
        default:
                fputs("Try 'svinit --help'.\n", stderr);
                return -1;
        }
}

/* The variables only say what an option could say as well. */
static void read_environment(Options *o, const char *called_as) {
        const char *verbosity = getenv("TINI_VERBOSITY"), *session = getenv("DUMB_INIT_SETSID"),
                   *debug = getenv("DUMB_INIT_DEBUG");

        /* tini begins at 1 */
        o->verbosity = verbosity && *verbosity >= '2' && *verbosity <= '9' ? (unsigned)(*verbosity - '1') : 0;
        if (str_equal(debug, "1"))
                o->verbosity = 2;
        o->manager.signal_group = getenv("TINI_KILL_PROCESS_GROUP") ||
                                  (str_equal(called_as, "dumb-init") && !str_equal(session, "0"));
}

int options_parse(Options *o, int argc, char **argv) {
        const char *slash = argc > 0 ? strrchr(argv[0], '/') : NULL;
        int c, r;

        *o = (Options){ 0 };
        read_environment(o, slash ? slash + 1 : argc > 0 ? argv[0] : "");
        while ((c = getopt_long(argc, argv, "+hVgcr:e:p:wvs", long_options, NULL)) >= 0) {
                if (c == 'h')
                        return fputs(help_text, stdout), 0;
                if (c == 'V')
                        return puts("svinit " PACKAGE_VERSION), 0;
                r = parse_one(o, c);
                if (r < 0)
                        return r;
        }
        if (optind < argc)
                o->manager.command = argv + optind;
        return 1;
}

int options_exit_code(const Options *o, int code) {
        bool expected = o->manager.command && code >= 0 && code < 256 &&
                        (o->expected_codes[code / 64] & (UINT64_C(1) << (code % 64)));

        return expected ? 0 : code;
}
