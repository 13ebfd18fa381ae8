/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* default, rescue, emergency: a target and nothing else. And what systemctl has for machines, which a container is not. */

#include "ctl/core/ctl.h"

#include <stdio.h>

VERB(enter_target) {
        char target[64];
        char *arguments[] = { argv[0], target, NULL };

        snprintf(target, sizeof(target), "%s.target", argv[0]);
        return verb_isolate(c, 2, arguments);
}

VERB(impossible) {
        static const struct {
                const char *verb, *why;
        } reasons[] = {
                { "kexec", "its kernel is that of the host; 'svctl reboot' ends it with exit code 133" },
                { "switch-root", "its root directory is that of its image" },
                { "suspend", "it has no power management; 'freeze' holds units" },
                { "hibernate", "it has no power management; 'freeze' holds units" },
                { "hybrid-sleep", "it has no power management; 'freeze' holds units" },
                { "suspend-then-hibernate", "it has no power management; 'freeze' holds units" },
        };

        for (size_t i = 0; i < ELEMENTSOF(reasons); i++)
                if (str_equal(argv[0], reasons[i].verb))
                        return ctl_print_error("%s: a container cannot do that: %s", argv[0], reasons[i].why);
        return CTL_FAILED;
}
