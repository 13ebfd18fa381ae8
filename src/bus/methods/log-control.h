/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* org.freedesktop.LogControl1; the manager's interface has the same two properties. */

#include "bus/property.h"

int get_log_level(Object *o, const Property *p, sd_bus_message *m);
int set_log_level(Call *c, const Property *p);
int get_log_target(Object *o, const Property *p, sd_bus_message *m);
int set_log_target(Call *c, const Property *p);
