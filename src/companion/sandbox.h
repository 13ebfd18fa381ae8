/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What svinit-journald and svinit-apps give up before they read the first byte
 * of a service.
 *
 *      no_new_privs   always
 *      Landlock       files are opened below the directories that are named, and read below /proc; nowhere else,
 *                     by whatever name; no signals and no abstract sockets out of here, no TCP
 *      capabilities   none; svinit-journald keeps CAP_DAC_OVERRIDE where a journal directory belongs to somebody else
 *      seccomp        the system calls that are listed in sandbox-calls.c, and those asked for; no exec, no new
 *                     process, no socket but AF_UNIX, no memory that holds code
 *
 * With `network`, TCP connections may be made as well, and libraries be opened: svinit-apps asks services how they are.
 *
 * What the kernel does not know is left out, the rest holds. A process behind
 * Landlock may not be told by /proc what program another one runs: whose.c of
 * svinit-journald asks a child that can do nothing else.
 */

#include <stdbool.h>
#include <stddef.h>

typedef struct Sandbox {
        const char *const *directories; /* borrowed; may be written below */
        size_t n_directories;
        const unsigned short *more_calls; /* borrowed; numbers of system calls */
        size_t n_more_calls;
        bool override_permissions; /* keeps CAP_DAC_OVERRIDE */
        bool network;
} Sandbox;

/* False: part of it could not be had though the kernel knows it. */
bool sandbox_enter(const Sandbox *box);

/* The parts, for processes that need less. */
bool sandbox_drop_capabilities(bool keep_dac_override, bool keep_ptrace);
/* sandbox-calls.c */
bool sandbox_filter_calls(const Sandbox *box);
bool sandbox_filter_only(const unsigned short *calls, size_t n);
