/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bus/clients/access.h"
#include "bus/clients/connection.h"
#include "bus/object.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#define ACTION_PREFIX "org.freedesktop.systemd1."

/* As systemd's policy file names them. */
static const char *const actions[] = {
        [ACCESS_UNITS] = ACTION_PREFIX "manage-units",
        [ACCESS_UNIT_FILES] = ACTION_PREFIX "manage-unit-files",
        [ACCESS_RELOAD] = ACTION_PREFIX "reload-daemon",
        [ACCESS_ENVIRONMENT] = ACTION_PREFIX "set-environment",
};
_Static_assert(ELEMENTSOF(actions) == ACCESS_MAX, "each kind of access has its action, or none");

void identity_release(Identity *i) {
        free(i->groups);
        *i = (Identity){ 0 };
}

static int read_peer_groups(int fd, Identity *i) {
        socklen_t size = 0;

        if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, NULL, &size) >= 0)
                return 0; /* it has none */
        if (errno != ERANGE || size > IDENTITY_GROUPS_MAX * sizeof(gid_t))
                return errno == ENOPROTOOPT ? 0 : -errno;

        i->groups = malloc(size);
        if (!i->groups)
                return -ENOMEM;
        if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, i->groups, &size) < 0)
                return -errno;
        i->n_groups = size / sizeof(gid_t);
        return 0;
}

int identity_of_socket(int fd, Identity *ret) {
        struct ucred peer = { .uid = (uid_t)-1 };
        socklen_t size = sizeof(peer);
        Identity i;
        int r;

        if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0)
                return -errno;
        i = (Identity){ .uid = peer.uid, .gid = peer.gid, .pid = peer.pid };
        r = read_peer_groups(fd, &i);
        if (r < 0) {
                identity_release(&i);
                return r;
        }
        *ret = i;
        return 0;
}

static int read_groups(sd_bus_message *m, Identity *i) {
        const void *groups;
        size_t size;
        int r;

        if ((r = sd_bus_message_enter_container(m, 'v', "au")) < 0 ||
            (r = sd_bus_message_read_array(m, 'u', &groups, &size)) < 0)
                return r;
        if (size > 0 && !i->groups) {
                i->groups = malloc(size);
                if (!i->groups)
                        return -ENOMEM;
                memcpy(i->groups, groups, size);
                i->n_groups = size / sizeof(gid_t);
        }
        return sd_bus_message_exit_container(m);
}

static int read_credential(sd_bus_message *m, Identity *i) {
        const char *name;
        uint32_t n;
        int r = sd_bus_message_read(m, "s", &name);

        if (r < 0)
                return r;
        if (str_equal(name, "UnixGroupIDs")) /* all of them, the primary one too */
                return read_groups(m, i);
        if (!str_equal(name, "UnixUserID") && !str_equal(name, "ProcessID"))
                return sd_bus_message_skip(m, "v");

        r = sd_bus_message_read(m, "v", "u", &n);
        if (r >= 0 && str_equal(name, "UnixUserID"))
                i->uid = n;
        else if (r >= 0)
                i->pid = (pid_t)n;
        return r;
}

int identity_of_reply(sd_bus_message *m, Identity *ret) {
        Identity i = { .uid = (uid_t)-1, .gid = (gid_t)-1 };
        int r = sd_bus_message_enter_container(m, 'a', "{sv}");

        while (r >= 0 && (r = sd_bus_message_enter_container(m, 'e', "sv")) > 0)
                if ((r = read_credential(m, &i)) >= 0)
                        r = sd_bus_message_exit_container(m);
        if (r < 0) {
                identity_release(&i);
                return r;
        }
        *ret = i;
        return 0;
}

bool uid_is_ours(uid_t uid) {
        return uid == 0 || uid == geteuid();
}

bool identity_is_listed(const Manager *m, const Identity *i) {
        const IdList *groups = &m->config.control_groups;

        if (i->uid == (uid_t)-1)
                return false;
        if (id_list_contains(&m->config.control_users, i->uid) || id_list_contains(groups, i->gid))
                return true;
        for (size_t k = 0; k < i->n_groups; k++)
                if (id_list_contains(groups, i->groups[k]))
                        return true;
        return false;
}

bool identity_may_control(const Manager *m, const Identity *i) {
        return uid_is_ours(i->uid) || identity_is_listed(m, i);
}

void call_details_release(CallDetails *d) {
        free(d->unit);
        *d = (CallDetails){ 0 };
}

typedef struct Verb {
        const char *member, *verb;
        unsigned unit; /* which argument of the manager's method names it */
        unsigned type; /* which argument is the verb, if there is none here */
} Verb;

static const Verb verbs[] = {
        { "Start", "start" },
        { "StartUnit", "start", 1 },
        { "StartUnitWithFlags", "start", 1 },
        { "StartUnitReplace", "start", 2 },
        { "Stop", "stop" },
        { "StopUnit", "stop", 1 },
        { "Reload", "reload" },
        { "ReloadUnit", "reload", 1 },
        { "Restart", "restart" },
        { "RestartUnit", "restart", 1 },
        { "TryRestart", "try-restart" },
        { "TryRestartUnit", "try-restart", 1 },
        { "ReloadOrRestart", "reload-or-restart" },
        { "ReloadOrRestartUnit", "reload-or-restart", 1 },
        { "ReloadOrTryRestart", "reload-or-try-restart" },
        { "ReloadOrTryRestartUnit", "reload-or-try-restart", 1 },
        { "EnqueueJob", NULL, 0, 1 },
        { "EnqueueUnitJob", NULL, 1, 2 },
        { "Kill", "kill" },
        { "KillUnit", "kill", 1 },
        { "ResetFailed", "reset-failed" },
        { "ResetFailedUnit", "reset-failed", 1 },
        { "SetProperties", "set-property" },
        { "SetUnitProperties", "set-property", 1 },
        { "Ref", "ref" },
        { "RefUnit", "ref", 1 },
        { "Clean", "clean" },
        { "CleanUnit", "clean", 1 },
        { "Freeze", "freeze" },
        { "FreezeUnit", "freeze", 1 },
        { "Thaw", "thaw" },
        { "ThawUnit", "thaw", 1 },
};

/* The number-th argument, from 1; NULL: it is no string. The message stands at its beginning before and after. */
static const char *peek_string(sd_bus_message *m, unsigned number) {
        const char *s = NULL;
        int r = 1;

        for (unsigned i = 0; r > 0 && i < number; i++)
                r = sd_bus_message_read_basic(m, 's', &s);
        (void)sd_bus_message_rewind(m, 1);
        return r > 0 ? s : NULL;
}

static const Verb *find_verb(const char *member) {
        for (size_t i = 0; i < ELEMENTSOF(verbs); i++)
                if (str_equal(verbs[i].member, member))
                        return verbs + i;
        return NULL;
}

/* What a client may write in the place of a word is no word for polkit's rules. */
static const char *job_word(const char *given) {
        int t = given ? job_type_from_string(given) : -EINVAL;

        return t < 0 ? NULL : job_type_to_string((JobType)t);
}

/*
 * By its own name: a rule for the unit holds for its aliases. What is wrong
 * with the arguments the call itself will say.
 */
static int fill_details(Call *c, const Method *row) {
        CallDetails *d = c->connection->details;
        const Verb *v = find_verb(row->member);
        Unit *u = c->object->unit;
        const char *name;

        d->action = actions[row->access];
        name = !u && v ? peek_string(c->message, v->unit) : NULL;
        if (name && call_load_unit(c, name, &u) < 0)
                sd_bus_error_free(c->error);
        if (!u || !v)
                return 0;

        d->verb = v->verb ? v->verb : job_word(peek_string(c->message, v->type));
        d->unit = strdup(u->id);
        return d->unit ? 0 : -ENOMEM;
}

int access_check(Call *c, const Method *row) {
        int r;

        if (row->access == ACCESS_READ || c->connection->may_control)
                return 0;
        if (c->connection->anonymous)
                return DISPATCH_WHO;
        if (!actions[row->access] || !c->connection->details)
                return sd_bus_error_setf(c->error, SD_BUS_ERROR_ACCESS_DENIED,
                                         "%s is for root and for the user svinit runs as.", row->member);
        r = fill_details(c, row);
        return r < 0 ? r : DISPATCH_ASK;
}
