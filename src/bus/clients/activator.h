/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Bus activation: a bus daemon that runs with --systemd-activation asks us to
 * start the unit behind a name. A refusal has to be told, or its client waits
 * for the daemon's time-out.
 */

#include "manager/manager.h"

#include <systemd/sd-bus.h>

#define ACTIVATOR_INTERFACE "org.freedesktop.systemd1.Activator"

/* ActivationRequest(s unit). Always 1: it was meant for us. */
int activation_requested(Manager *m, sd_bus_message *request);
