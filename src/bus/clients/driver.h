/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What a message bus answers its clients, without being one: nobody but
 * svinit can be talked to, and no names can be had. driver_methods[] are the
 * methods of org.freedesktop.DBus.
 */

#include "bus/property.h"

/* 0, or a filled error where a message is for somebody else than svinit. */
int driver_check_destination(sd_bus_message *m, sd_bus_error *error);
