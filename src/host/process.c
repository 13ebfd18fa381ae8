/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What /proc tells about a process, and the clocks.
 */

#include "host/process.h"

#include "base/text.h"
#include "host/proc-file.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static int spare_fd = -1; /* of the process */

int proc_keep_spare(void) {
        if (spare_fd < 0)
                spare_fd = open("/", O_PATH | O_CLOEXEC);
        return spare_fd < 0 ? -errno : 0;
}

static int read_file(const char *path, char *buffer, size_t size) {
        int fd auto_fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
        size_t n = 0;

        if (fd < 0)
                return -errno;
        while (n + 1 < size) {
                ssize_t got = read(fd, buffer + n, size - 1 - n);

                if (got < 0 && errno == EINTR)
                        continue;
                if (got < 0)
                        return -errno;
                if (got == 0)
                        break;
                n += (size_t)got;
        }
        buffer[n] = 0;
        return (int)n;
}

int proc_read(const char *path, char *buffer, size_t size) {
        int r = read_file(path, buffer, size);

        if (r != -EMFILE || spare_fd < 0)
                return r;
        close(spare_fd);
        spare_fd = -1;
        r = read_file(path, buffer, size);
        (void)proc_keep_spare();
        return r;
}

int proc_read_of(pid_t pid, const char *file, char *buffer, size_t size) {
        char path[64];

        (void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
        return proc_read(path, buffer, size);
}

/* State and parent; the name in front of them may hold blanks and brackets. */
static int process_stat(pid_t pid, char *ret_state, pid_t *ret_parent) {
        char text[512], *p;
        int parent, r = proc_read_of(pid, "stat", text, sizeof(text));

        if (r < 0)
                return r;
        p = strrchr(text, ')');
        if (!p || sscanf(p + 1, " %c %d", ret_state, &parent) != 2)
                return -EBADMSG;
        *ret_parent = (pid_t)parent;
        return 0;
}

pid_t process_parent(pid_t pid) {
        pid_t parent;
        char state;

        return process_stat(pid, &state, &parent) < 0 ? 0 : parent;
}

bool process_exists(pid_t pid) {
        pid_t parent;
        char state;

        return pid > 0 && process_stat(pid, &state, &parent) >= 0 && state != 'Z' && state != 'X';
}

#define PF_EXITING 4
#define PENDING_SIGKILL (1UL << (SIGKILL - 1))

/* Behind the name: state, ... flags as the 7th and pending signals as the 29th word. */
bool process_is_ending(pid_t pid) {
        unsigned long flags, pending;
        char text[1024], state, *p;

        if (proc_read_of(pid, "stat", text, sizeof(text)) < 0 || !(p = strrchr(text, ')')))
                return true;
        if (sscanf(p + 1,
                   " %c %*d %*d %*d %*d %*d %lu %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %*u %*u %*d "
                   "%*u %*u %*u %*u %*u %*u %lu",
                   &state, &flags, &pending) != 3)
                return true;
        return state == 'Z' || state == 'X' || flags & PF_EXITING || pending & PENDING_SIGKILL;
}

int process_comm(pid_t pid, char ret[16]) {
        char text[64];
        int r = proc_read_of(pid, "comm", text, sizeof(text));

        if (r < 0)
                return r;
        text[strcspn(text, "\n")] = 0;
        (void)snprintf(ret, 16, "%.15s", text);
        return 0;
}

/* Arguments end in NUL; what would disturb a terminal or is no UTF-8 is shown as a question mark. */
static void make_printable(char *s, size_t n) {
        bool utf8;

        for (size_t i = 0; i < n; i++)
                if (s[i] == 0)
                        s[i] = ' ';
        s[n] = 0;
        utf8 = str_is_utf8(s, n);
        for (size_t i = 0; i < n; i++)
                if (iscntrl((unsigned char)s[i]) || (!utf8 && (unsigned char)s[i] >= 0x80))
                        s[i] = '?';
        while (n > 0 && s[n - 1] == ' ')
                s[--n] = 0;
}

int process_command_line(pid_t pid, size_t max, char **ret) {
        char *text auto_free = NULL, comm[16];
        int r;

        ENSURE(max > 0 && max < SIZE_MAX / 2, -EINVAL);
        text = malloc(max + 1);
        if (!text)
                return -ENOMEM;
        r = proc_read_of(pid, "cmdline", text, max + 1);
        if (r < 0)
                return r;
        make_printable(text, (size_t)r);
        if (text[0]) {
                *ret = TAKE(text);
                return 0;
        }
        /* Kernel threads and zombies have none. */
        r = process_comm(pid, comm);
        return r < 0 ? r : str_printf(ret, "[%s]", comm);
}

static usec_t now_by(clockid_t clock) {
        struct timespec ts;

        if (clock_gettime(clock, &ts) < 0)
                return 0;
        return (usec_t)ts.tv_sec * USEC_PER_SEC + (usec_t)ts.tv_nsec / NSEC_PER_USEC;
}

usec_t now_monotonic(void) {
        return now_by(CLOCK_MONOTONIC);
}

usec_t now_realtime(void) {
        return now_by(CLOCK_REALTIME);
}

DualTime dual_now(void) {
        return (DualTime){ .realtime = now_realtime(), .monotonic = now_monotonic() };
}
