/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Datagrams between PID 1 and what runs beside it: framing, whatever the bytes. */

#include "base/macro.h"
#include "companion/link.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        static int pair[2];
        LinkIncoming in;

        if (pair[0] == 0 && socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
                abort();
        if (size == 0 || send(pair[1], data, MIN(size, (size_t)2 * LINK_MESSAGE_MAX), MSG_DONTWAIT) < 0)
                return 0;
        if (link_receive(pair[0], &in) != 1)
                abort();
        if (in.message.text_len > LINK_MESSAGE_MAX - sizeof(LinkMessage))
                abort();
        link_incoming_release(&in);
        return 0;
}
