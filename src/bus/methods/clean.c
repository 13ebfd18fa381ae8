/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* systemctl clean, and what of a unit there is to clean. */

#include "bus/codec/errors.h"
#include "bus/methods/unit-methods.h"
#include "manager/manager.h"

#include <errno.h>

static int read_what(Call *c, unsigned *ret) {
        const char *word;
        int r = sd_bus_message_enter_container(c->message, 'a', "s");

        *ret = 0;
        while (r >= 0 && (r = sd_bus_message_read(c->message, "s", &word)) > 0) {
                unsigned i = 0;

                while (clean_to_string(i) && !str_equal(clean_to_string(i), word))
                        i++;
                if (!clean_to_string(i) && !str_equal(word, "all"))
                        return sd_bus_error_setf(c->error, SD_BUS_ERROR_INVALID_ARGS,
                                                 "'%s' is nothing that a unit has to clean.", word);
                *ret |= clean_to_string(i) ? 1u << i : ~0u;
        }
        return r < 0 ? r : sd_bus_message_exit_container(c->message);
}

int unit_reply_clean(Call *c, Unit *u) {
        unsigned what;
        int r = read_what(c, &what);

        if (r < 0)
                return r;
        r = unit_clean(u, what);
        if (r == -EOPNOTSUPP)
                return sd_bus_error_setf(c->error, SD_BUS_ERROR_NOT_SUPPORTED,
                                         "Unit '%s' does not support cleaning.", u->id);
        if (r == -EBUSY)
                return sd_bus_error_setf(c->error, ERROR_UNIT_BUSY,
                                         "Unit %s is not inactive or has a pending job.", u->id);
        if (r == -EUNATCH)
                return sd_bus_error_setf(c->error, ERROR_NOTHING_TO_CLEAN,
                                         "Unit %s has nothing of that kind.", u->id);
        return r < 0 ? r : sd_bus_reply_method_return(c->message, NULL);
}

int get_can_clean(Object *o, const Property *p, sd_bus_message *m) {
        unsigned what = unit_cleanable(o->unit);
        int r = sd_bus_message_open_container(m, 'a', "s");

        for (unsigned i = 0; r >= 0 && clean_to_string(i); i++)
                if (what & 1u << i)
                        r = sd_bus_message_append(m, "s", clean_to_string(i));
        return r < 0 ? r : sd_bus_message_close_container(m);
}
