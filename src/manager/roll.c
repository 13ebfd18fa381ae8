/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "manager/roll.h"

#include "manager/manager-internal.h"

void manager_instance_ready(Manager *m, Unit *u, ReadyOn gate) {
        unit_runtime(u)->gates |= (uint8_t)(1u << gate);
}

void manager_instance_unready(Manager *m, Unit *u, ReadyOn gate) {
        unit_runtime(u)->gates &= (uint8_t) ~(1u << gate);
}
