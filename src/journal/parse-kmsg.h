/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * A record of /dev/kmsg:
 *
 *      6,1234,98765432,-;the text with \xNN for what is not printable
 *       SUBSYSTEM=pci
 *       DEVICE=+pci:0000:00:1f.2
 *
 * priority with facility, sequence number, microseconds since the boot, flags.
 * Pure; changes the buffer it reads and gives back pieces of it.
 */

#include "journal/parse-datagram.h"

#include <stdint.h>

typedef struct KmsgRecord {
        int priority, facility;
        uint64_t seqnum, monotonic;
        Piece identifier, pid; /* of what a process wrote to it; facility 0 is the kernel's own */
        Piece text;
        Piece device, subsystem;
} KmsgRecord;

/* Room for a NUL behind the n bytes. False: not a record. */
bool kmsg_parse(char *buffer, size_t n, KmsgRecord *ret);
