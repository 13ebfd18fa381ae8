/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Command lines: path, arguments and flags become the line of an Exec setting with its prefixes. */

#include "bus/codec/property-text.h"

#include <errno.h>

static const struct {
        const char *word;
        unsigned flag;
} command_flags[] = {
        { "ignore-failure", COMMAND_IGNORE_FAILURE }, { "privileged", COMMAND_FULLY_PRIVILEGED },
        { "no-setuid", COMMAND_NO_SETUID },           { "ambient", COMMAND_AMBIENT_MAGIC },
        { "no-env-expand", COMMAND_NO_ENV_EXPAND },
};

/* b, or with `extended` as. */
static int read_command_flags(Reading *r, bool extended, unsigned *ret) {
        char **words auto_strv = NULL;
        int ignore, q;

        if (!extended) {
                q = sd_bus_message_read_basic(r->m, 'b', &ignore);
                *ret = q >= 0 && ignore ? COMMAND_IGNORE_FAILURE : 0;
                return q;
        }
        q = read_string_array(r, &words);
        *ret = 0;
        STRV_FOREACH (w, words) {
                unsigned flag = 0;

                for (size_t i = 0; i < ELEMENTSOF(command_flags); i++)
                        if (str_equal(command_flags[i].word, *w))
                                flag = command_flags[i].flag;
                if (!flag)
                        return reading_refuse(r, "There is no such flag of a command.");
                *ret |= flag;
        }
        return q;
}

static int add_command(Reading *r, const char *path, char **argv, unsigned flags) {
        Command command = { .path = (char *)path, .argv = argv, .flags = flags };
        const CommandList one = { &command, 1 };
        Buf b auto_buf = { 0 };
        int q;

        if (path[0] != '/')
                return sd_bus_error_setf(r->error, SD_BUS_ERROR_INVALID_ARGS, "Path %s is not absolute.",
                                         path);
        if (!argv || !argv[0] || !argv[0][0])
                return reading_refuse(r, "A command has at least the name of its process.");
        q = r->row->codec->format(r->row, &one, &b);
        return q < 0 ? q : reading_add_buf(r, &b);
}

static int take_command(Reading *r, bool extended) {
        char **argv auto_strv = NULL;
        const char *path;
        unsigned flags = 0;
        int q = sd_bus_message_enter_container(r->m, 'r', extended ? "sasas" : "sasb");

        if (q <= 0)
                return q;
        if ((q = sd_bus_message_read_basic(r->m, 's', &path)) < 0 || (q = read_string_array(r, &argv)) < 0 ||
            (q = read_command_flags(r, extended, &flags)) < 0 ||
            (q = add_command(r, path, argv, flags)) < 0 || (q = sd_bus_message_exit_container(r->m)) < 0)
                return q;
        return 1;
}

static int take_simple_command(Reading *r, Buf *b) {
        return take_command(r, false);
}

static int take_extended_command(Reading *r, Buf *b) {
        return take_command(r, true);
}

int read_commands(Reading *r, bool extended) {
        if (extended)
                return reading_lines(r, "(sasas)", take_extended_command);
        return reading_lines(r, "(sasb)", take_simple_command);
}

static int read_simple_commands(Reading *r) {
        return read_commands(r, false);
}

const WireReader command_readers[] = {
        { "a(sasb)", read_simple_commands },
        { 0 },
};
