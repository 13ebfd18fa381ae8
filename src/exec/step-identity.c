/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Who the service is. Names are looked up by the C library and may come over
 * the network; the switch itself is made by raw system calls, which concern
 * this process alone.
 */

#include "exec/child.h"

#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NSS_BUFFER_MAX (1024 * 1024)

/* All digits and a number that may be an id. */
static bool parse_id(const char *s, unsigned *ret) {
        uint64_t id;

        if (parse_decimal(s, &id) < 0 || id >= UINT_MAX || id == 0xffff)
                return false;
        *ret = (unsigned)id;
        return true;
}

/* Calls a _r function of the C library with a buffer that grows. 1: found, 0: not. */
static int look_up_user(const char *name, uid_t uid, struct passwd *pw, char **ret_buffer) {
        for (size_t n = 1024; n <= NSS_BUFFER_MAX; n *= 4) {
                char *buffer auto_free = malloc(n);
                struct passwd *found = NULL;
                int e;

                if (!buffer)
                        return -ENOMEM;
                e = name ? getpwnam_r(name, pw, buffer, n, &found) : getpwuid_r(uid, pw, buffer, n, &found);
                if (e == ERANGE)
                        continue;
                /* Some name services answer with an error where there is simply nobody. */
                if (!found)
                        return 0;
                *ret_buffer = TAKE(buffer);
                return 1;
        }
        return -ENOBUFS;
}

static int look_up_group(const char *name, gid_t *ret) {
        unsigned id;

        if (parse_id(name, &id)) {
                *ret = (gid_t)id;
                return 0;
        }
        for (size_t n = 1024; n <= NSS_BUFFER_MAX; n *= 4) {
                char *buffer auto_free = malloc(n);
                struct group gr, *found = NULL;

                if (!buffer)
                        return -ENOMEM;
                if (getgrnam_r(name, &gr, buffer, n, &found) == ERANGE)
                        continue;
                if (!found)
                        return -ESRCH;
                *ret = gr.gr_gid;
                return 0;
        }
        return -ENOBUFS;
}

/* What is no home and no shell gives no variable, as in systemd. */
static int copy_names(const struct passwd *pw, Account *a) {
        bool no_shell = str_is_empty(pw->pw_shell) || str_ends_with(pw->pw_shell, "/nologin") ||
                        str_ends_with(pw->pw_shell, "/false");
        int r = str_replace(&a->name, pw->pw_name);

        if (r >= 0 && pw->pw_dir && pw->pw_dir[0] == '/' && pw->pw_dir[1] != 0 &&
            !str_equal(pw->pw_dir, "/nonexistent"))
                r = str_replace(&a->home, pw->pw_dir);
        if (r >= 0 && !no_shell)
                r = str_replace(&a->shell, pw->pw_shell);
        return r;
}

/* User= by name or number. A number that nobody has is fine; its group has the same number. */
static int resolve_user(ExecContext *c) {
        const ExecSpec *e = c->plan->exec;
        bool dynamic = e->dynamic_user && c->plan->dynamic_uid != (uid_t)-1;
        char *buffer auto_free = NULL;
        Account *a = &c->account;
        struct passwd pw;
        unsigned id = UINT_MAX;
        bool numeric = e->user && parse_id(e->user, &id);
        int r = 0;

        if (!e->user && !dynamic)
                return 0;
        exec_detail(c, e->user);
        if (e->user)
                r = look_up_user(numeric ? NULL : e->user, (uid_t)id, &pw, &buffer);
        if (r < 0)
                return r;
        if (r > 0) {
                a->uid = pw.pw_uid;
                a->gid = pw.pw_gid;
                return copy_names(&pw, a);
        }
        if (!numeric && !dynamic)
                return -ESRCH;
        a->uid = numeric ? (uid_t)id : c->plan->dynamic_uid;
        a->gid = (gid_t)a->uid;
        return e->user ? str_replace(&a->name, e->user) : 0;
}

static int resolve_groups_of_user(Account *a) {
        int n = 32;

        for (int turn = 0; turn < 8; turn++) {
                gid_t *list = calloc((size_t)n, sizeof(gid_t));

                if (!list)
                        return -ENOMEM;
                if (getgrouplist(a->name, a->gid, list, &n) >= 0) {
                        a->groups = list;
                        a->n_groups = n;
                        return 0;
                }
                free(list);
                n = MAX(n, 64) * 2;
        }
        return -E2BIG;
}

/* Without User= the groups that svinit has stay. */
static int resolve_groups_of_process(Account *a) {
        int n = getgroups(0, NULL);

        if (n < 0)
                return -errno;
        a->groups = calloc((size_t)n + 1, sizeof(gid_t));
        if (!a->groups)
                return -ENOMEM;
        a->n_groups = getgroups(n, a->groups);
        return a->n_groups < 0 ? -errno : 0;
}

/* "No such process" is all that the error says. */
static int name_missing(ExecContext *c, const char *what, const char *name, int r) {
        char text[128];

        if (r != -ESRCH)
                return r;
        (void)snprintf(text, sizeof(text), "there is no %s '%s'", what, name ?: "");
        exec_detail(c, name);
        exec_reason(c, text);
        return r;
}

static int resolve_supplementary(ExecContext *c) {
        const ExecSpec *e = c->plan->exec;
        Account *a = &c->account;
        size_t n = strv_length(e->supplementary_groups), capacity;
        int r;

        if (a->uid != (uid_t)-1 && a->name)
                r = resolve_groups_of_user(a);
        else if (a->uid != (uid_t)-1) {
                a->n_groups = 0;
                r = 0;
        } else
                r = n > 0 ? resolve_groups_of_process(a) : 0;
        if (r < 0 || n == 0)
                return r;

        capacity = (size_t)a->n_groups;
        r = array_reserve(&a->groups, &capacity, capacity + n, sizeof(gid_t));
        if (r < 0)
                return r;
        STRV_FOREACH (g, e->supplementary_groups) {
                r = look_up_group(*g, a->groups + a->n_groups);
                if (r < 0)
                        exec_blame(c, "SupplementaryGroups");
                if (r < 0)
                        return name_missing(c, "group", *g, r);
                a->n_groups++;
        }
        return 0;
}

/* Ours already, as a user without privileges may have it? */
static bool has_group(gid_t gid) {
        gid_t list[256];
        int n = getgroups(ELEMENTSOF(list), list);

        for (int i = 0; i < n; i++)
                if (list[i] == gid)
                        return true;
        return gid == getgid();
}

/* Our own identity again: nothing to do, and nothing we would need a privilege for. */
static bool identity_differs(const ExecContext *c) {
        const Account *a = &c->account;

        if (geteuid() == 0)
                return true;
        if (c->plan->exec->supplementary_groups)
                for (int i = 0; i < a->n_groups; i++)
                        if (!has_group(a->groups[i]))
                                return true;
        return (a->uid != (uid_t)-1 && a->uid != getuid()) || (a->gid != (gid_t)-1 && a->gid != getgid());
}

/* Said here, in whole, and not by the first of the later steps that fails. */
static int refuse_user(ExecContext *c) {
        char text[128];

        (void)snprintf(text, sizeof(text), "svinit runs as uid %u and can be nobody else",
                       (unsigned)geteuid());
        exec_blame(c, c->plan->exec->dynamic_user ? "DynamicUser" : "User");
        exec_reason(c, text);
        return -EPERM;
}

int step_user_account(ExecContext *c) {
        if (!exec_account_is_wanted(c->plan))
                return 0;
        return name_missing(c, "user", c->plan->exec->user, resolve_user(c));
}

static bool becomes_another(const Account *a) {
        return a->switches && a->uid != (uid_t)-1 && a->uid != geteuid() && geteuid() != 0;
}

int step_group_account(ExecContext *c) {
        const ExecSpec *e = c->plan->exec;
        Account *a = &c->account;
        int r;

        if (!exec_account_is_wanted(c->plan))
                return 0;
        if (e->group) {
                r = look_up_group(e->group, &a->gid);
                if (r == -ESRCH && e->dynamic_user && a->uid != (uid_t)-1)
                        r = 0; /* made for the run, like the user */
                if (r < 0)
                        return name_missing(c, "group", e->group, r);
        }
        r = resolve_supplementary(c);
        if (r < 0)
                return r;
        a->switches = !(c->plan->command->flags & COMMAND_NO_SETUID) && identity_differs(c);
        return 0;
}

int step_may_switch(ExecContext *c) {
        return becomes_another(&c->account) ? refuse_user(c) : 0;
}

int step_groups(ExecContext *c) {
        const Account *a = &c->account;

        if (!a->switches)
                return 0;
        if (c->plan->exec->supplementary_groups)
                exec_blame(c, "SupplementaryGroups");
        else if (!c->plan->exec->group)
                exec_blame(c, "User");
        if (a->n_groups >= 0 && syscall(SYS_setgroups, (size_t)a->n_groups, a->groups) < 0) {
                /* A user namespace with one id forbids it; who stays what he is loses nothing. */
                bool same = a->uid == getuid() && a->gid == getgid() && !c->plan->exec->supplementary_groups;

                if (errno != EPERM || !same)
                        return -errno;
        }
        if (a->gid != (gid_t)-1 && syscall(SYS_setresgid, a->gid, a->gid, a->gid) < 0)
                return -errno;
        return 0;
}

int step_user(ExecContext *c) {
        const Account *a = &c->account;
        int r;

        if (!a->switches || a->uid == (uid_t)-1)
                return 0;
        exec_detail(c, a->name);
        if (a->uid != 0) {
                r = capability_keep_over_user_change(c);
                if (r < 0)
                        return r;
        }
        return syscall(SYS_setresuid, a->uid, a->uid, a->uid) < 0 ? -errno : 0;
}
