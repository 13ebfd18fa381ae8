/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Values into messages. What a directive row holds goes through one table
 * indexed by codec id; what svinit only knows as text is read according to the
 * row's D-Bus signature, and shows the default when it cannot be.
 *
 * All of these fail only for want of memory.
 */

#include "unit/directive.h"

#include <systemd/sd-bus.h>

/* The D-Bus type of the row's property; NULL: it has none. */
const char *directive_signature(const Directive *d);
int append_directive(sd_bus_message *m, const Directive *d, const UnitSpec *s);

/* Text of any origin: a receiver drops the connection over bytes that are not UTF-8, so they are replaced. NULL is "". */
int append_string(sd_bus_message *m, const char *s);
int append_strv(sd_bus_message *m, char *const *l);
int append_integer(sd_bus_message *m, char type, int64_t v); /* b y n q i u x t */

/* append-text.c: the values of one setting as written, in order; none at all is fine. */
int append_text(sd_bus_message *m, const char *signature, const char *const *values, size_t n);
/* "0-3,5" or "0 1 2" as the bit mask D-Bus shows. */
int append_cpu_mask(sd_bus_message *m, const char *text);

/* Does this codec have an appender? For the tests: every codec with a signature does, or is shown by a Property row. */
bool codec_is_appended(CodecId id);
