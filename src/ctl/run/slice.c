/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/run/run.h"

#include <errno.h>
#include <unistd.h>

/* Of the unit that this process belongs to. */
static int own_slice(Ctl *c, char **ret) {
        sd_bus_message *reply = NULL;
        const char *path, *interface;
        char *unit auto_free = NULL;
        int r;

        r = ctl_call(c, "GetUnitByPID", &reply, NULL, "--slice-inherit", "u", (uint32_t)getpid());
        if (r >= 0)
                r = sd_bus_message_read(reply, "o", &path);
        if (r >= 0)
                r = sd_bus_get_property_string(c->bus, SD1, path, SD1_UNIT, "Id", NULL, &unit);
        interface = unit && str_ends_with(unit, ".scope") ? SD1 ".Scope" : SD1 ".Service";
        if (r >= 0)
                r = sd_bus_get_property_string(c->bus, SD1, path, interface, "Slice", NULL, ret);
        sd_bus_message_unref(reply);
        return r;
}

/* a.slice and b(.slice) are a-b.slice; the root slice and b are b.slice. */
int run_inherit_slice(RunRequest *q) {
        char *own auto_free = NULL, *below auto_free = NULL;
        int r = own_slice(q->ctl, &own);

        if (r < 0)
                return r;
        if (q->slice && name_mangle(q->slice, UNIT_SLICE, &below) < 0) {
                ctl_print_error("--slice: '%s' is not the name of a slice", q->slice);
                return -EINVAL;
        }
        if (!below)
                r = str_replace(&q->inherited, own);
        else if (str_equal(own, "-.slice"))
                r = str_replace(&q->inherited, below);
        else
                r = str_printf(&q->inherited, "%.*s-%s", (int)(strlen(own) - strlen(".slice")), own, below);
        q->slice = q->inherited;
        return r;
}
