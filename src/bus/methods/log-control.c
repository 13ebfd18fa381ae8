/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bus/methods/log-control.h"

#include "base/log.h"
#include "bus/codec/append.h"
#include "bus/tables.h"

#define LOG_TARGET "journal" /* svinit-journald, which has the console as one of its destinations */

/* Indexed by syslog's priorities. */
static const char *const level_words[] = { "emerg",   "alert",  "crit", "err",
                                           "warning", "notice", "info", "debug" };
_Static_assert(ELEMENTSOF(level_words) == LOG_DEBUG + 1, "a level has no word");

int get_log_level(Object *o, const Property *p, sd_bus_message *m) {
        unsigned level = (unsigned)log_max_priority();

        return append_string(m, level_words[MIN(level, (unsigned)LOG_DEBUG)]);
}

int set_log_level(Call *c, const Property *p) {
        const char *word;
        int r = sd_bus_message_read(c->message, "s", &word);

        if (r < 0)
                return r;
        for (size_t i = 0; i < ELEMENTSOF(level_words); i++)
                if (str_equal(word, level_words[i])) {
                        log_set_max_priority((int)i);
                        return 0;
                }
        return sd_bus_error_setf(c->error, SD_BUS_ERROR_INVALID_ARGS,
                                 "There is no log level '%s', only emerg, alert, crit, err, warning, notice, "
                                 "info and debug.",
                                 word);
}

int get_log_target(Object *o, const Property *p, sd_bus_message *m) {
        return append_string(m, LOG_TARGET);
}

/* Where messages go is svinit-journald's business and is set in svinit.conf. */
int set_log_target(Call *c, const Property *p) {
        const char *word;
        int r = sd_bus_message_read(c->message, "s", &word);

        if (r < 0 || str_equal(word, LOG_TARGET) || str_equal(word, "auto"))
                return r;
        return sd_bus_error_setf(c->error, SD_BUS_ERROR_NOT_SUPPORTED, "The log target is always '%s'.",
                                 LOG_TARGET);
}

const Property log_control_properties[] = {
        { "LogLevel", "s", get_log_level, 0, PROPERTY_POLLED, set_log_level },
        { "LogTarget", "s", get_log_target, 0, PROPERTY_POLLED, set_log_target },
        TEXT("SyslogIdentifier", "svinit", PROPERTY_POLLED),
        { 0 },
};
