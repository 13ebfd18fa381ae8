/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * libsystemd, opened when it is needed. With the seven libraries that it
 * brings along it is half of the time that a start takes, and a command that
 * runs by itself needs none of it (manager/processes/alone.c).
 *
 * libsystemd.def lists the functions that svinit calls. For each there is a
 * jump of the same name through a table that libsystemd_open() fills, so that
 * the callers are written as if they were linked. One that is missing in the
 * list does no harm: the linker then takes the library from the start, as it
 * does on processors for which no jump is written.
 */

/* 0, -ENOMEM, or -ENOENT with the dynamic linker's words. Until then every function does nothing, as for sd_event_unref(NULL). */
int libsystemd_open(const char **ret_why);
