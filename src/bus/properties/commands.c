/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The Exec* arrays: each command line with the record of its last run. */

#include <errno.h>

#include "bus/codec/append.h"
#include "bus/tables.h"

typedef struct FlagWord {
        CommandFlags flag;
        const char *word;
} FlagWord;

static const FlagWord flag_words[] = {
        { COMMAND_IGNORE_FAILURE, "ignore-failure" }, { COMMAND_FULLY_PRIVILEGED, "privileged" },
        { COMMAND_NO_SETUID, "no-setuid" },           { COMMAND_AMBIENT_MAGIC, "ambient" },
        { COMMAND_NO_ENV_EXPAND, "no-env-expand" },
};

static int append_flags(sd_bus_message *m, unsigned flags, bool extended) {
        int r;

        if (!extended)
                return append_integer(m, 'b', flags & COMMAND_IGNORE_FAILURE);

        r = sd_bus_message_open_container(m, 'a', "s");
        for (size_t i = 0; r >= 0 && i < ELEMENTSOF(flag_words); i++)
                if (flags & flag_words[i].flag)
                        r = sd_bus_message_append_basic(m, 's', flag_words[i].word);
        return r < 0 ? r : sd_bus_message_close_container(m);
}

static int append_command(sd_bus_message *m, const Command *c, const RunRecord *run, bool extended) {
        int r;

        if ((r = sd_bus_message_open_container(m, 'r', extended ? "sasasttttuii" : "sasbttttuii")) < 0 ||
            (r = append_string(m, c->path)) < 0 || (r = append_strv(m, c->argv)) < 0 ||
            (r = append_flags(m, c->flags, extended)) < 0 ||
            (r = sd_bus_message_append(m, "ttttuii", run->start.realtime, run->start.monotonic,
                                       run->exit.realtime, run->exit.monotonic, (uint32_t)run->pid, run->code,
                                       run->status)) < 0)
                return r;
        return sd_bus_message_close_container(m);
}

int append_commands(sd_bus_message *m, const CommandList *list, const RunRecord *record, unsigned which,
                    bool extended) {
        static const RunRecord never;
        int r;

        r = sd_bus_message_open_container(m, 'a', extended ? "(sasasttttuii)" : "(sasbttttuii)");
        for (size_t i = 0; r >= 0 && i < list->n; i++)
                r = append_command(m, &list->v[i], record && i == which ? record : &never, extended);
        return r < 0 ? r : sd_bus_message_close_container(m);
}
