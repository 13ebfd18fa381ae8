/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/run/run.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

/* What the service manager would have done for a service, this process does for itself. */

static int take_group(const char *name, gid_t *ret) {
        struct group *g = getgrnam(name);
        unsigned number;

        if (g)
                *ret = g->gr_gid;
        else if (parse_unsigned(name, &number) >= 0)
                *ret = number;
        else
                return -ESRCH;
        return 0;
}

static void set_user_environment(const struct passwd *p) {
        (void)setenv("USER", p->pw_name, 1);
        (void)setenv("LOGNAME", p->pw_name, 1);
        (void)setenv("HOME", p->pw_dir, 1);
        (void)setenv("SHELL", p->pw_shell, 1);
}

static int take_user(const char *name, uid_t *ret_uid, gid_t *ret_gid) {
        struct passwd *p = getpwnam(name);
        unsigned number;

        if (!p && parse_unsigned(name, &number) >= 0)
                p = getpwuid(number);
        if (!p)
                return -ESRCH; /* whose groups nobody knows must not go on with ours */
        *ret_uid = p->pw_uid;
        if (*ret_gid == (gid_t)-1)
                *ret_gid = p->pw_gid;
        if (initgroups(p->pw_name, *ret_gid) < 0)
                return -errno;
        set_user_environment(p);
        return 0;
}

static int become_user(const RunRequest *q) {
        uid_t uid = (uid_t)-1;
        gid_t gid = (gid_t)-1;
        int r = 0;

        if (q->group)
                r = take_group(q->group, &gid);
        if (r >= 0 && q->user)
                r = take_user(q->user, &uid, &gid);
        if (r >= 0 && gid != (gid_t)-1 && setresgid(gid, gid, gid) < 0)
                r = -errno;
        if (r >= 0 && uid != (uid_t)-1 && setresuid(uid, uid, uid) < 0)
                r = -errno;
        return r;
}

static int set_nice(const RunRequest *q) {
        int n;

        if (!q->nice)
                return 0;
        if (parse_int(q->nice, &n) < 0)
                return -EINVAL;
        return setpriority(PRIO_PROCESS, 0, n) < 0 ? -errno : 0;
}

/* The unit of the caller is known by now as that of its process. */
static void take_invocation(Ctl *c) {
        sd_bus_message *reply __attribute__((cleanup(sd_bus_message_unrefp))) = NULL;
        const uint8_t *id;
        char hex[33];
        size_t n;

        if (sd_bus_get_property(c->bus, SD1, SD1_PATH "/unit/self", SD1_UNIT, "InvocationID", NULL, &reply,
                                "ay") < 0 ||
            sd_bus_message_read_array(reply, 'y', (const void **)&id, &n) < 0 || n != 16)
                return;
        hex_format(id, n, hex);
        (void)setenv("INVOCATION_ID", hex, 1);
}

static int prepare(RunRequest *q) {
        int r = set_nice(q);

        if (r >= 0 && q->directory && chdir(q->directory) < 0)
                r = -errno;
        if (r >= 0)
                r = become_user(q);
        STRV_FOREACH (e, q->environment)
                (void)putenv(*e);
        return r;
}

int run_scope(RunRequest *q) {
        sd_bus_message *m __attribute__((cleanup(sd_bus_message_unrefp))) = NULL;
        int r;

        if (q->timeout && strv_add(&q->settings, q->timeout) < 0)
                return CTL_FAILED;
        r = run_message(q, &m);
        if (r < 0)
                return ctl_print_error("%s: %s", q->name, strerror(-r));
        r = ctl_run_job(q->ctl, m, "start", q->name);
        if (r != CTL_OK)
                return r;
        take_invocation(q->ctl);
        q->ctl->bus = sd_bus_flush_close_unref(q->ctl->bus);
        if (!q->ctl->quiet)
                fprintf(stderr, "Running scope as unit: %s\n", q->name);
        r = prepare(q);
        if (r < 0)
                return ctl_print_error("%s: %s", q->name, strerror(-r));
        execv(q->path, q->command);
        return ctl_print_error("%s: %s", q->path, strerror(errno));
}
