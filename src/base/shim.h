/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What svinit-shim says to PID 1: one fixed record per datagram on its
 * SOCK_SEQPACKET socket. It is a subreaper, so every descendant of the service
 * that loses its parent becomes its child; it ends with its last child.
 */

#include <stdint.h>

typedef struct ShimRecord {
        int32_t pid; /* of a child that was reaped; the first record names the service's process with code 0 */
        int32_t code; /* CLD_EXITED, CLD_KILLED, CLD_DUMPED; 0: started */
        int32_t status;
        int32_t left; /* 0: no child left, the shim ends now; else 1 */
} ShimRecord;

#define SHIM_SOCKET_FD 3 /* in the shim */
