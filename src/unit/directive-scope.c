/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * [Scope] of systemd.scope(5): the fields are those of a service. [Slice] has no settings of its own.
 */

#include "unit/directive-tables.h"

const Directive scope_directives[] = {
        { "Scope", "OOMPolicy", FIELD(oom_policy, service, oom_policy),
          .summary = "What happens to the scope when the kernel kills one of its processes for memory." },
        { "Scope", "RuntimeMaxSec", FIELD(timespan, service, runtime_max), .property = "RuntimeMaxUSec",
          .summary = "How long the scope may run." },
        { "Scope", "RuntimeRandomizedExtraSec", FIELD(timespan, service, runtime_randomized_extra),
          .property = "RuntimeRandomizedExtraUSec",
          .summary = "Up to how much is added to RuntimeMaxSec= by chance." },
        { "Scope", "TimeoutStopSec", FIELD(timespan, service, timeout_stop), GIVEN(service, timeout_stop_set),
          .property = "TimeoutStopUSec", .summary = "How long the end of the processes may take." },
        { 0 },
};
END_OF_TABLE(scope);
