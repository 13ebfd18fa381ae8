/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * RemoveIPC=: what the service's user or group has left in the kernel, System V
 * and POSIX. A process of its own does it: names are looked up, and there may be
 * much. Root's objects stay in any case.
 */

#include "exec/child.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEPTH_MAX 16

typedef struct Owner {
        uid_t uid; /* (uid_t) -1: nobody's */
        gid_t gid;
} Owner;

static bool is_theirs(const Owner *o, uid_t uid, gid_t gid) {
        return (o->uid != (uid_t)-1 && uid == o->uid) || (o->gid != (gid_t)-1 && gid == o->gid);
}

/* A segment that is still in use by somebody stays. */
static void remove_segment(int id) {
        struct shmid_ds d;

        if (shmctl(id, IPC_STAT, &d) >= 0 && d.shm_nattch == 0)
                (void)shmctl(id, IPC_RMID, NULL);
}

static void remove_semaphores(int id) {
        (void)semctl(id, 0, IPC_RMID);
}

static void remove_queue(int id) {
        (void)msgctl(id, IPC_RMID, NULL);
}

/* Lines of proc(5) /proc/sysvipc: the id is the second number, the owner stands behind `skipped` more. */
static void remove_of_kind(const Owner *o, const char *path, unsigned skipped, void (*remove_one)(int id)) {
        FILE *f = fopen(path, "re");
        char line[512];

        while (f && fgets(line, sizeof(line), f)) {
                char *p = line, *end;
                long long numbers[16];
                unsigned n = 0;

                for (; n < skipped + 4 && (numbers[n] = strtoll(p, &end, 10), end != p); n++)
                        p = end;
                if (n == skipped + 4 &&
                    is_theirs(o, (uid_t)numbers[skipped + 2], (gid_t)numbers[skipped + 3]))
                        remove_one((int)numbers[1]);
        }
        if (f)
                (void)fclose(f);
}

static void remove_below(const Owner *o, int dirfd, unsigned depth) {
        DIR *d = fdopendir(dirfd);
        struct dirent *e;

        if (!d) {
                (void)close(dirfd);
                return;
        }
        while ((e = readdir(d))) {
                struct stat st;

                /* Credentials of services are ours, whomever they were given to. */
                if (str_equal(e->d_name, ".") || str_starts_with(e->d_name, "svinit-") ||
                    str_equal(e->d_name, "..") || fstatat(dirfd, e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
                        continue;
                if (S_ISDIR(st.st_mode)) {
                        int fd = openat(dirfd, e->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

                        if (fd >= 0 && depth < DEPTH_MAX)
                                remove_below(o, fd, depth + 1);
                        else if (fd >= 0)
                                (void)close(fd);
                }
                if (is_theirs(o, st.st_uid, st.st_gid))
                        (void)unlinkat(dirfd, e->d_name, S_ISDIR(st.st_mode) ? AT_REMOVEDIR : 0);
        }
        (void)closedir(d);
}

static void remove_files(const Owner *o, const char *path) {
        int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        if (fd >= 0)
                remove_below(o, fd, 0);
}

static void remove_all(const Owner *o) {
        remove_of_kind(o, "/proc/sysvipc/shm", 5, remove_segment);
        remove_of_kind(o, "/proc/sysvipc/sem", 2, remove_semaphores);
        remove_of_kind(o, "/proc/sysvipc/msg", 5, remove_queue);
        remove_files(o, "/dev/shm");
        remove_files(o, "/dev/mqueue");
}

/* Resolved again: PID 1 asks no name service, and the child that did is gone. */
static void find_owner(const ExecSpec *e, uid_t dynamic_uid, Owner *ret) {
        const Command command = { .path = (char *)"" };
        const ExecPlan plan = {
                .exec = e, .command = &command, .apply_user = true, .dynamic_uid = dynamic_uid
        };
        ExecContext c = { .plan = &plan, .status_fd = -1, .account = { .uid = (uid_t)-1, .gid = (gid_t)-1 } };

        *ret = (Owner){ (uid_t)-1, (gid_t)-1 };
        if (step_user_account(&c) < 0 || step_group_account(&c) < 0)
                return;
        /* Ours, as root's, are not the service's. */
        if ((e->user || e->dynamic_user) && c.account.uid != 0 && c.account.uid != geteuid())
                ret->uid = c.account.uid;
        if ((e->group || e->dynamic_user) && c.account.gid != 0 && c.account.gid != getegid())
                ret->gid = c.account.gid;
}

void exec_remove_ipc(const ExecSpec *e, uid_t dynamic_uid) {
        Owner o;

        if (!e->remove_ipc || !(e->user || e->group || e->dynamic_user) || exec_fork_tidy() != 0)
                return;
        find_owner(e, dynamic_uid, &o);
        remove_all(&(Owner){ (uid_t)-1, o.gid });
        /* As the user: an owner needs no privilege, and root in a container lacks that for System V. */
        if (o.uid != (uid_t)-1 && setresuid(o.uid, o.uid, o.uid) >= 0)
                remove_all(&(Owner){ o.uid, (gid_t)-1 });
        _exit(0);
}
