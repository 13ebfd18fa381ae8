/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * [Install] of systemd.unit(5): read when a unit is enabled, of no effect on running it.
 */

#include "unit/directive-tables.h"

const Directive install_directives[] = {
        { "Install", "Alias", FIELD(install_names, install, alias), .list = true, .property = "",
          .summary = "Other names the unit gets when it is enabled." },
        { "Install", "Also", FIELD(install_names, install, also), .list = true, .property = "",
          .summary = "Units that are enabled and disabled with this one." },
        { "Install", "DefaultInstance", FIELD(string, install, default_instance), .property = "",
          .summary = "The instance that is enabled when a template is." },
        { "Install", "RequiredBy", FIELD(install_names, install, required_by), .list = true, .property = "",
          .summary = "Units that require this one once it is enabled." },
        { "Install", "UpheldBy", FIELD(install_names, install, upheld_by), .list = true, .property = "",
          .summary = "Units that uphold this one once it is enabled." },
        { "Install", "WantedBy", FIELD(install_names, install, wanted_by), .list = true, .property = "",
          .summary = "Units that want this one once it is enabled." },
        { 0 },
};
END_OF_TABLE(install);
