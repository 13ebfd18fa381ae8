/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What an application writes on its channel, in pieces of any size: up to what svinit-apps would tell of it. */

#include "apps/apps.h"
#include "apps/instance.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static Apps apps;

static void begin(void) {
        int pair[2];

        if (apps.event)
                return;
        (void)sd_event_new(&apps.event);
        /* PID 1, which hears and says nothing. */
        if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
                abort();
        apps.control_fd = pair[0];
        (void)shutdown(pair[0], SHUT_RDWR);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        static const char text[] =
                "UNIT=a@0.service\nSET=a.service\nMAX_MESSAGE=4096\nQUEUE_MAX=1\nCLUSTER=1\nFRESH=1";
        Buf b auto_buf = { 0 };
        Instance *i;
        int pair[2];
        size_t step = size > 0 ? data[0] % 64 + 1 : 1;

        begin();
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0 ||
            instance_new(&apps, 1, text, sizeof(text) - 1, pair[0]) < 0)
                abort();
        i = instance_find(&apps, 1);
        i->owes = true;
        for (size_t k = 1; k < size && channel_is_open(&i->channel); k += step)
                channel_feed(&i->channel, (const char *)data + k, MIN(step, size - k));
        while (i->cluster.questions)
                cluster_on_socket(i, -EACCES, -1);
        figures_describe(&i->figures, &b);
        if (!str_is_utf8(b.data ?: "", b.len))
                abort();
        instance_free(i);
        close(pair[1]);
        return 0;
}
