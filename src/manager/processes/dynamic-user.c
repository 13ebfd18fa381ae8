/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "manager/dynamic-user.h"

#include "host/account-file.h"
#include "manager/manager-internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* systemd's range. */
#define FIRST_UID 61184
#define N_UIDS (65519 - FIRST_UID + 1)

static const char *name_of(const Unit *u) {
        return u->spec->exec->user; /* spec_complete_sandbox() gave one */
}

DynamicUser *dynamic_user_by_name(const Manager *m, const char *name) {
        DynamicUser *d;

        HASH_FIND(by_name, m->internal->dynamic_users_by_name, name, strlen(name), d);
        return d;
}

DynamicUser *dynamic_user_by_uid(const Manager *m, uid_t uid) {
        DynamicUser *d;

        HASH_FIND(by_uid, m->internal->dynamic_users_by_uid, &uid, sizeof(uid), d);
        return d;
}

DynamicUser *dynamic_user_first(const Manager *m) {
        return m->internal->dynamic_users_by_uid;
}

static bool is_taken(const Manager *m, uid_t uid) {
        AccountEntry entry = { 0 };

        if (dynamic_user_by_uid(m, uid))
                return true;
        if (account_file_uid(uid, &entry) < 0)
                return false;
        account_entry_release(&entry);
        return true;
}

/* By the hash of the name, so that it is the same at the next start. */
static int find_uid(const Manager *m, const char *name, uid_t *ret) {
        uint32_t h = 2166136261u;

        for (const char *p = name; *p; p++)
                h = (h ^ (unsigned char)*p) * 16777619u;
        h %= N_UIDS;
        for (uid_t i = 0; i < N_UIDS; i++) {
                uid_t uid = FIRST_UID + (h + i) % N_UIDS;

                if (!is_taken(m, uid)) {
                        *ret = uid;
                        return 0;
                }
        }
        return -ENOSR;
}

static void drop(Manager *m, DynamicUser *d) {
        HASH_DELETE(by_name, m->internal->dynamic_users_by_name, d);
        HASH_DELETE(by_uid, m->internal->dynamic_users_by_uid, d);
        free(d);
}

static int add(Manager *m, const char *name, DynamicUser **ret) {
        ManagerInternal *in = m->internal;
        size_t length = strlen(name);
        DynamicUser *d;
        uid_t uid;
        int r = find_uid(m, name, &uid);

        if (r < 0)
                return r;
        d = calloc(1, sizeof(*d) + length + 1);
        if (!d)
                return -ENOMEM;
        d->uid = uid;
        memcpy(d->name, name, length + 1);
        HASH_ADD(by_uid, in->dynamic_users_by_uid, uid, sizeof(d->uid), d);
        if (!d->by_uid.tbl) {
                free(d);
                return -ENOMEM;
        }
        HASH_ADD_KEYPTR(by_name, in->dynamic_users_by_name, d->name, length, d);
        if (!d->by_name.tbl) {
                HASH_DELETE(by_uid, in->dynamic_users_by_uid, d);
                free(d);
                return -ENOMEM;
        }
        *ret = d;
        return 0;
}

int dynamic_user_take(Manager *m, Unit *u) {
        UnitRuntime *rt = unit_runtime(u);
        DynamicUser *d;
        int r;

        if (rt->dynamic_user) /* the run's other processes have it */
                return 0;
        d = dynamic_user_by_name(m, name_of(u));
        if (!d) {
                r = add(m, name_of(u), &d);
                if (r < 0)
                        return r;
        }
        d->n_units++;
        rt->dynamic_user = d;
        return 0;
}

void dynamic_user_release(Unit *u) {
        DynamicUser *d = TAKE(unit_runtime(u)->dynamic_user);

        if (d && --d->n_units == 0)
                drop(unit_runtime(u)->manager, d);
}

uid_t unit_dynamic_uid(const Unit *u) {
        const DynamicUser *d = unit_runtime(u)->dynamic_user;

        return d ? d->uid : (uid_t)-1;
}
