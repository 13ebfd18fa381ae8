/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * State that outlives the service: a counter in a memfd that the service
 * leaves with its manager (FDSTORE=1) and finds again at its next start, after
 * a restart as after a crash.
 *
 *      cc -o counter counter.c -lsystemd
 *
 *      [Service]
 *      Type=notify
 *      ExecStart=/usr/local/bin/counter
 *      FileDescriptorStoreMax=1
 *      Restart=always
 *
 * Each SIGHUP (systemctl kill --signal=HUP) counts one more; STATUS= shows it.
 */

#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#define NAME "counter"

/* The memfd of the run before, or -1. */
static int find_stored(void) {
        char **names = NULL;
        int n = sd_listen_fds_with_names(1, &names), fd = -1;

        for (int i = 0; i < n; i++) {
                if (strcmp(names[i], NAME) == 0)
                        fd = SD_LISTEN_FDS_START + i;
                free(names[i]);
        }
        free(names);
        return fd;
}

static int make_and_store(void) {
        int fd = memfd_create(NAME, MFD_CLOEXEC);

        if (fd < 0 || ftruncate(fd, sizeof(unsigned long)) < 0)
                return -1;
        if (sd_pid_notify_with_fds(0, 0, "FDSTORE=1\nFDNAME=" NAME, &fd, 1) <= 0)
                fprintf(stderr, "Nobody keeps the counter: it ends with this process.\n");
        return fd;
}

int main(void) {
        volatile unsigned long *count;
        int fd = find_stored(), signal;
        sigset_t set;

        if (fd < 0)
                fd = make_and_store();
        if (fd < 0)
                return EXIT_FAILURE;
        count = mmap(NULL, sizeof(*count), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        if (count == MAP_FAILED)
                return EXIT_FAILURE;

        sigemptyset(&set);
        sigaddset(&set, SIGHUP);
        sigaddset(&set, SIGTERM);
        sigprocmask(SIG_BLOCK, &set, NULL);
        sd_notifyf(0, "READY=1\nSTATUS=%lu counted", *count);
        while (sigwait(&set, &signal) == 0 && signal == SIGHUP)
                sd_notifyf(0, "STATUS=%lu counted", ++*count);
        return EXIT_SUCCESS;
}
