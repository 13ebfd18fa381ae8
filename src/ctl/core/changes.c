/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What enable, disable, mask ... have done: printed as systemctl does, whether the manager did it or we. */

#include "ctl/core/ctl.h"
#include "ctl/core/glyphs.h"

#include <stdio.h>
#include <string.h>

void ctl_print_findings(const Report *r) {
        for (size_t i = 0; r && i < r->n_findings; i++) {
                Buf b auto_buf = { 0 };

                finding_format(r->findings + i, &b);
                if (b.data)
                        fprintf(stderr, "%s\n", b.data);
        }
}

int ctl_print_changes(Ctl *c, const char *verb, int result, const InstallChanges *changes) {
        const char *arrow = ctl_glyphs()->arrow;
        bool failed = false;

        for (size_t i = 0; i < changes->n; i++) {
                const InstallChange *change = changes->v + i;
                char *text auto_free = NULL;

                if (c->quiet && change->type != CHANGE_FAILED)
                        continue;
                if (change_sentence(change, verb, arrow, &text) < 0)
                        return CTL_FAILED;
                fprintf(stderr, "%s\n", text);
                failed |= change->type == CHANGE_FAILED;
        }
        if (result < 0 && !failed)
                fprintf(stderr, "Failed to %s: %s.\n", verb, strerror(-result));
        return result < 0 ? CTL_FAILED : CTL_OK;
}

void ctl_print_no_install_info(Ctl *c) {
        static const char text[] =
                "The unit files have no installation config (WantedBy=, RequiredBy=, Also=,\n"
                "Alias= settings in the [Install] section, and DefaultInstance= for template\n"
                "units). This means they are not meant to be enabled using systemctl.\n"
                " \n"
                "Possible reasons for having this kind of units are:\n"
                "%1$s A unit may be statically enabled by being symlinked from another unit's\n"
                "  .wants/ or .requires/ directory.\n"
                "%1$s A unit's purpose may be to act as a helper for some other unit which has\n"
                "  a requirement dependency on it.\n"
                "%1$s A unit may be started when needed via activation (socket, path, timer,\n"
                "  D-Bus, udev, scripted systemctl call, ...).\n"
                "%1$s In case of template units, the unit is meant to be enabled with some\n"
                "  instance name specified.\n";

        if (!c->quiet)
                fprintf(stderr, text, str_equal(ctl_glyphs()->arrow, "->") ? "*" : "\342\200\242");
}

static int read_change(sd_bus_message *m, InstallChanges *changes) {
        const char *word, *path, *source;
        int r;

        r = sd_bus_message_read(m, "(sss)", &word, &path, &source);
        if (r <= 0)
                return r;
        for (InstallChangeType t = 0; t < CHANGE_FAILED; t++)
                if (str_equal(word, install_change_to_string(t)))
                        r = install_changes_add(changes, t, path, source);
        return r < 0 ? r : 1;
}

int ctl_read_changes(sd_bus_message *m, bool *ret_info, InstallChanges *changes) {
        int r = 0, info;

        if (ret_info) {
                r = sd_bus_message_read(m, "b", &info);
                *ret_info = r >= 0 && info;
        }
        if (r >= 0)
                r = sd_bus_message_enter_container(m, 'a', "(sss)");
        while (r >= 0 && (r = read_change(m, changes)) > 0)
                ;
        return MIN(r, 0);
}
