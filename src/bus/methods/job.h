/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What several interfaces say about jobs. */

#include "bus/object.h"

int append_job(sd_bus_message *m, const Job *j); /* (usssoo) */
int reply_job_order(Call *c, const Job *j, bool waits_for);
int cancel_job(Call *c, uint32_t id);
