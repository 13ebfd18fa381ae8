/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Users and groups of /etc/passwd and /etc/group. PID 1 asks no name service:
 * that may go over the network, and load code. Where a name is only known to
 * one, the answer is -ESRCH; a service's own User= is looked up by its child.
 */

#include <sys/types.h>

typedef struct AccountEntry {
        uid_t uid;
        gid_t gid;
        char *name, *home, *shell; /* owned */
} AccountEntry;

void account_entry_release(AccountEntry *e);
int account_file_user(const char *name_or_uid, AccountEntry *ret); /* 0, -ESRCH, -errno */
int account_file_uid(uid_t uid, AccountEntry *ret);
int account_file_group(const char *name_or_gid, gid_t *ret);
int account_file_gid(gid_t gid, char **ret_name);

/* NAME=value lines of /etc/os-release, /etc/machine-info: the last one wins. *ret NULL when it is not there. */
int assignment_file_get(const char *path, const char *name, char **ret);
/* Several in one go: each value that is there is freed and replaced. */
int assignment_file_read(const char *path, const char *const *names, char **values, size_t n);
