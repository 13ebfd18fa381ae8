/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * PrivateUsers=: root and the service's own user are what they are outside,
 * all others are nobody; PrivateNetwork= and its like.
 */

#include "exec/namespace.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static int write_file(const char *path, const char *text) {
        int fd auto_fd = open(path, O_WRONLY | O_CLOEXEC);
        size_t n = strlen(text);

        return fd < 0 || write(fd, text, n) != (ssize_t)n ? -errno : 0;
}

static void format_map(char *text, size_t n, unsigned id) {
        if (id == 0)
                (void)snprintf(text, n, "0 0 1\n");
        else
                (void)snprintf(text, n, "0 0 1\n%u %u 1\n", id, id);
}

/* Only who is outside may map more than himself: a helper that waits until the namespace is there. */
static pid_t start_mapper(int event_fd, unsigned uid, unsigned gid) {
        char path[64], map[64];
        pid_t parent = getpid(), pid = fork();
        eventfd_t ignored;

        if (pid != 0)
                return pid;
        if (eventfd_read(event_fd, &ignored) < 0)
                _exit(1);
        format_map(map, sizeof(map), gid);
        (void)snprintf(path, sizeof(path), "/proc/%d/gid_map", (int)parent);
        if (write_file(path, map) < 0)
                _exit(1);
        format_map(map, sizeof(map), uid);
        (void)snprintf(path, sizeof(path), "/proc/%d/uid_map", (int)parent);
        _exit(write_file(path, map) < 0 ? 1 : 0);
}

static int map_by_helper(unsigned uid, unsigned gid) {
        int event_fd auto_fd = eventfd(0, EFD_CLOEXEC), status = 0, r = 0;
        pid_t pid;

        if (event_fd < 0)
                return -errno;
        pid = start_mapper(event_fd, uid, gid);
        if (pid < 0)
                return -errno;
        if (unshare(CLONE_NEWUSER) < 0) {
                r = -errno;
                (void)kill(pid, SIGKILL);
        } else
                (void)eventfd_write(event_fd, 1);
        while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
                continue;
        if (r < 0)
                return r;
        return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -EPERM;
}

/* Without privileges nobody but ourselves can be mapped. */
static int map_self(void) {
        unsigned uid = geteuid(), gid = getegid();
        char map[64];
        int r;

        if (unshare(CLONE_NEWUSER) < 0)
                return -errno;
        r = write_file("/proc/self/setgroups", "deny");
        if (r < 0)
                return r;
        (void)snprintf(map, sizeof(map), "%u %u 1\n", gid, gid);
        r = write_file("/proc/self/gid_map", map);
        if (r < 0)
                return r;
        (void)snprintf(map, sizeof(map), "%u %u 1\n", uid, uid);
        return write_file("/proc/self/uid_map", map);
}

static int finish(ExecContext *c, int r) {
        if (r != -EPERM && r != -EACCES && r != -ENOSYS && r != -ENOSPC && r != -EUSERS && r != -EINVAL)
                return r;
        exec_note_text(c, "PrivateUsers", "user namespaces are denied here");
        return 0;
}

/* Who may not make other namespaces gets the right to with a user namespace. */
int user_namespace_early(ExecContext *c) {
        if (!c->plan->sandbox->private_users || geteuid() == 0 || c->tried_user_namespace)
                return 0;
        c->tried_user_namespace = true;
        return finish(c, map_self());
}

int step_user_namespace(ExecContext *c) {
        const ExecPlan *p = c->plan;
        uid_t uid = c->account.uid == (uid_t)-1 ? geteuid() : c->account.uid;
        gid_t gid = c->account.gid == (gid_t)-1 ? getegid() : c->account.gid;

        if (!p->apply_sandbox || !p->sandbox || !p->sandbox->private_users || geteuid() != 0)
                return 0;
        return finish(c, map_by_helper(uid, gid));
}

static int bring_loopback_up(void) {
        int fd auto_fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };

        return fd < 0 || ioctl(fd, SIOCSIFFLAGS, &request) < 0 ? -errno : 0;
}

static int new_network(ExecContext *c) {
        if (unshare(CLONE_NEWNET) < 0) {
                if (errno != EPERM && errno != EACCES && errno != ENOSYS && errno != ENOSPC &&
                    errno != EINVAL)
                        return -errno;
                exec_note_text(c, "PrivateNetwork", "network namespaces are denied here");
                return 0;
        }
        return bring_loopback_up();
}

/* NetworkNamespacePath= says where the service belongs: it does not run elsewhere. */
int step_network(ExecContext *c) {
        const ExecPlan *p = c->plan;
        const SandboxSpec *s = p->sandbox;
        int r;

        if (!p->apply_sandbox || !s)
                return 0;
        r = user_namespace_early(c);
        if (r < 0)
                return r;
        if (s->network_namespace_path)
                return namespace_enter(c, s->network_namespace_path, CLONE_NEWNET);
        if (p->network_fd >= 0)
                return namespace_join(p->network_fd, "/proc/self/ns/net", CLONE_NEWNET);
        return s->private_network ? new_network(c) : 0;
}
