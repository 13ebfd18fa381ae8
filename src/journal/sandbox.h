/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What svinit-journald gives up before it reads the first byte of a service.
 *
 *      no_new_privs   always
 *      Landlock       files are opened below the journal's two directories, and read below /proc; nowhere else,
 *                     by whatever name; no TCP, no signals and no abstract sockets out of here
 *      capabilities   none; CAP_DAC_OVERRIDE stays where a journal directory belongs to somebody else
 *      seccomp        the system calls that are listed in sandbox-calls.c; no exec, no new process, no socket but AF_UNIX
 *
 * What the kernel does not know is left out, the rest holds. A process behind
 * Landlock may not be told by /proc what program another one runs, so this is
 * asked from a child that can do nothing else: see whose.c.
 */

#include <stdbool.h>
#include <stddef.h>

typedef struct Sandbox {
        const char *const *directories; /* borrowed; may be written below */
        size_t n_directories;
        bool override_permissions; /* keeps CAP_DAC_OVERRIDE */
} Sandbox;

/* False: part of it could not be had though the kernel knows it. */
bool sandbox_enter(const Sandbox *box);

/* The parts, for processes that need less. */
bool sandbox_drop_capabilities(bool keep_dac_override, bool keep_ptrace);
/* sandbox-calls.c */
bool sandbox_filter_calls(void);
bool sandbox_filter_calls_of_whose(void);
