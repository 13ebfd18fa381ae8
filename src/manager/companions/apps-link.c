/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "manager/apps-link.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define APPS_PATH PKGLIBDIR "/svinit-apps"
#define PENDING_MAX 65536
#define TOLD_MAX 1024
#define TOLD_PENDING_MAX 1024 /* figures come again: they never bring svinit-apps into trouble */

static AppsInstance *find(AppsLink *l, uint64_t id) {
        AppsInstance *i = NULL;

        HASH_FIND(hh, l->instances, &id, sizeof(id), i);
        return i;
}

static void client_free(AppsLink *l, AppsClient *c) {
        HASH_DEL(l->clients, c);
        close(c->fd);
        free(c);
}

static void instance_free(AppsLink *l, AppsInstance *i) {
        if (unit_runtime(i->unit)->apps == i)
                unit_runtime(i->unit)->apps = NULL;
        HASH_DEL(l->instances, i);
        apps_transfer_free(i->transfer);
        cleanup_fd(&i->channel);
        cleanup_fd(&i->answer);
        free(i);
}

/* "task@.service" of "task@7.service": instances of a template that nobody has made a set of are one all the same. */
static void describe_set(const Unit *u, Buf *b) {
        const Unit *set = unit_set(u);
        char *template auto_free = NULL;

        if (set)
                buf_addf(b, "\nSET=%s", set->id);
        else if (name_template(u->id, &template) >= 0 && template)
                buf_addf(b, "\nSET=%s", template);
}

static void describe(const AppsInstance *i, Buf *b) {
        const IpcSpec *ipc = &i->unit->spec->service->ipc;

        buf_addf(b, "UNIT=%s", i->unit->id);
        describe_set(i->unit, b);
        buf_addf(b, "\nMAX_MESSAGE=%" PRIu64 "\nQUEUE_MAX=%u", ipc->max_message, ipc->queue_max);
        if (ipc->call_timeout > 0 && ipc->call_timeout != USEC_INFINITY)
                buf_addf(b, "\nCALL_TIMEOUT_USEC=%" PRIu64, ipc->call_timeout);
        if (ipc->kind == IPC_NODE_CLUSTER)
                buf_add(b, "\nCLUSTER=1");
        if (i->has_helper)
                buf_add(b, "\nDRAIN=1");
        if (i->unit->spec->service->roll.stop_message)
                buf_add(b, "\nSTOP_MESSAGE=1");
        if (!i->handed)
                buf_add(b, "\nFRESH=1");
        if (!i->handed && i->unit->spec->service->roll.ready_on == READY_ON_MESSAGE)
                buf_add(b, "\nAWAIT_READY=1");
        if (i->transfer)
                buf_add(b, "\nTRANSFER=1");
}

static int send_instance(AppsLink *l, const LinkMessage *m, AppsInstance *i) {
        Buf b auto_buf = { 0 };
        int r;

        describe(i, &b);
        if (b.error < 0)
                return 0; /* for want of memory: later */
        r = link_send(l->companion.control, m, b.data, b.len, &i->channel, i->channel >= 0);
        if (r > 0)
                i->handed = true;
        return r;
}

static int send_answer(AppsLink *l, const LinkMessage *m, AppsInstance *i) {
        int r = link_send(l->companion.control, m, NULL, 0, &i->answer, i->answer >= 0);

        if (r <= 0)
                return r;
        fd_release(&i->answer);
        i->answers = false;
        return r;
}

static int send_client(AppsLink *l, const LinkMessage *m) {
        AppsClient *c = NULL;
        int r;

        HASH_FIND(hh, l->clients, &m->id, sizeof(m->id), c);
        if (!c)
                return 1;
        r = link_send(l->companion.control, m, NULL, 0, &c->fd, 1);
        if (r > 0)
                client_free(l, c);
        return r;
}

static int send_drain(AppsLink *l, const LinkMessage *m, AppsInstance *i) {
        int r = link_send(l->companion.control, m, NULL, 0, NULL, 0);

        if (i && r > 0)
                i->told_to_drain = true;
        return r;
}

static int send_message(Companion *c, const LinkMessage *m, const char *text) {
        AppsLink *l = CONTAINER_OF(c, AppsLink, companion);
        AppsInstance *i = find(l, m->id);

        switch (m->verb) {
        case APPS_INSTANCE:
                return i ? send_instance(l, m, i) : 1;
        case APPS_KEPT:
                return link_send(c->control, m, NULL, 0, &l->owing, 1);
        case APPS_CLIENT:
                return send_client(l, m);
        case APPS_DRAIN:
                return send_drain(l, m, i);
        case APPS_SOCKET:
                return i ? send_answer(l, m, i) : 1;
        default:
                return link_send(c->control, m, text, text ? strlen(text) : 0, NULL, 0);
        }
}

int apps_post(AppsLink *l, AppsVerb verb, uint64_t id, int value, const char *text) {
        return companion_post(&l->companion, &(LinkMessage){ .verb = verb, .id = id, .value = value }, text);
}

void apps_post_answer(AppsInstance *i, int error) {
        (void)apps_post(unit_runtime(i->unit)->manager->apps, APPS_SOCKET, i->id, error, NULL);
}

static int post_stop(AppsLink *l, const AppsInstance *i) {
        return apps_post(l, APPS_SAY, i->id, 0, i->unit->spec->service->roll.stop_message);
}

/* Node's own cluster module does not take being told twice. */
static bool must_drain(const AppsInstance *i) {
        return unit_runtime(i->unit)->drain && (i->has_helper || !i->told_to_drain);
}

static int hand_over(Companion *c) {
        AppsLink *l = CONTAINER_OF(c, AppsLink, companion);
        AppsInstance *i, *next;
        AppsClient *client, *next_client;
        int r = apps_post(l, APPS_HELLO, APPS_PROTOCOL_VERSION, 0, NULL);

        if (r >= 0 && l->owing >= 0)
                r = apps_post(l, APPS_KEPT, 0, 0, NULL);
        HASH_ITER (hh, l->instances, i, next) {
                fd_release(&i->answer); /* who asked is gone */
                i->answers = false;
                if (r >= 0)
                        r = apps_post(l, APPS_INSTANCE, i->id, 0, NULL);
                if (r >= 0 && i->stopping)
                        r = post_stop(l, i);
                if (r >= 0 && must_drain(i))
                        r = apps_post(l, APPS_DRAIN, i->id, 0, NULL);
        }
        if (r >= 0)
                r = apps_post(l, APPS_READY_END, 0, 0, NULL);
        HASH_ITER (hh, l->clients, client, next_client)
                if (r >= 0)
                        r = apps_post(l, APPS_CLIENT, client->id, client->right, NULL);
        return r;
}

/* It does not come up: whoever waits for it has waited long enough. */
static void give_up(AppsLink *l) {
        AppsInstance *i, *next;
        AppsClient *c, *next_client;

        HASH_ITER (hh, l->clients, c, next_client)
                client_free(l, c);
        HASH_ITER (hh, l->instances, i, next)
                apps_unsay(l->companion.manager, i);
}

static void ended(Companion *c, const ProcessEnd *end) {
        if (c->unavailable)
                give_up(CONTAINER_OF(c, AppsLink, companion));
        LOG(APPS_ENDED, FIELD_I("STATUS", end->status));
        manager_probes_lost(c->manager);
}

static const CompanionType apps = {
        .name = "svinit-apps",
        .path = APPS_PATH,
        .priority = PRIORITY_APPS,
        .pending_max = PENDING_MAX,
        .hand_over = hand_over,
        .send = send_message,
        .receive = apps_facts_receive,
        .ended = ended,
};

/* Runs from now on: what cannot be started at once is tried again. */
static int need(Manager *m, AppsLink **ret) {
        AppsLink *l = m->apps;

        if (!l) {
                if (access(APPS_PATH, X_OK) < 0)
                        return -errno;
                l = calloc(1, sizeof(*l));
                if (!l)
                        return -ENOMEM;
                companion_init(&l->companion, &apps, m);
                l->owing = -1;
                m->apps = l;
        }
        if (l->companion.ending)
                return -ESHUTDOWN;
        *ret = l;
        return 0;
}

static void start(AppsLink *l) {
        Companion *c = &l->companion;

        if (c->pid <= 0 && !c->restart_timer && companion_start(c) < 0)
                companion_process_end(c, &(ProcessEnd){ .pid = c->pid });
}

static AppsInstance *instance_new(AppsLink *l, Unit *u) {
        AppsInstance *i = calloc(1, sizeof(*i));

        if (!i)
                return NULL;
        i->id = ++l->next_id;
        i->unit = u;
        i->channel = i->answer = -1;
        HASH_ADD(hh, l->instances, id, sizeof(i->id), i);
        if (!i->hh.tbl) {
                free(i);
                return NULL;
        }
        unit_runtime(u)->apps = i;
        return i;
}

static void note_missing(Unit *u, const char *key, const char *what, int error) {
        Report why = { 0 };

        report_add(&why, SEVERITY_NOTE, NULL, 0, key, "%s=: %s: %s cannot be executed: %s.", key, what,
                   APPS_PATH, strerror(-error));
        unit_note_unapplied(u, &why);
        report_release(&why);
}

bool apps_find_helper(Unit *u) {
        AppsInstance *i = unit_runtime(u)->apps;
        const char *root = u->spec->exec->root_directory;
        Report why = { 0 };

        if (!root && access(NODE_HELPER_PATH, R_OK) >= 0) {
                if (i)
                        i->has_helper = true;
                return true;
        }
        report_add(&why, SEVERITY_NOTE, NULL, 0, "X-NodeDrain", "X-NodeDrain=: %s is not there%s.",
                   NODE_HELPER_PATH, root ? " in the service's root directory" : "");
        unit_note_unapplied(u, &why);
        report_release(&why);
        return false;
}

int apps_open_channel(Manager *m, Unit *u, int *ret_child_end) {
        AppsLink *l = NULL;
        AppsInstance *i;
        int pair[2], r;

        apps_forget_unit(m, u);
        if (u->spec->service->ipc.kind == IPC_NONE)
                return 0;
        r = need(m, &l);
        if (r == -ENOMEM || r == -ESHUTDOWN)
                return r;
        if (r < 0) {
                note_missing(u, "X-IPC", "there is no channel", r);
                return 0;
        }
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
                return -errno;
        i = instance_new(l, u);
        if (!i) {
                close(pair[0]);
                close(pair[1]);
                return -ENOMEM;
        }
        i->channel = pair[0];
        *ret_child_end = pair[1];
        return 0;
}

int apps_post_probe(Manager *m, Unit *u, uint64_t id, const char *text) {
        AppsLink *l = NULL;
        int r = need(m, &l);

        if (r < 0) {
                if (r != -ENOMEM && r != -ESHUTDOWN)
                        note_missing(u, "X-HealthCheck", "nobody asks", r);
                return r;
        }
        start(l);
        return l->companion.control < 0 ? -EAGAIN : apps_post(l, APPS_PROBE, id, 0, text);
}

void apps_announce(Manager *m, Unit *u) {
        AppsInstance *i = unit_runtime(u)->apps;

        if (!i)
                return;
        start(m->apps);
        if (!i->handed)
                (void)apps_post(m->apps, APPS_INSTANCE, i->id, 0, NULL);
}

void apps_forget_unit(Manager *m, Unit *u) {
        AppsInstance *i = unit_runtime(u)->apps;

        if (!i)
                return;
        if (i->handed)
                (void)apps_post(m->apps, APPS_FORGET, i->id, 0, NULL);
        instance_free(m->apps, i);
}

void apps_tell(Manager *m, Unit *u, const char *line) {
        AppsInstance *i = unit_runtime(u)->apps;
        AppsLink *l = NULL;

        if (active_state_is_down(u->active) || strlen(line) > TOLD_MAX || need(m, &l) < 0 ||
            l->companion.n_pending > TOLD_PENDING_MAX)
                return;
        if (!i) {
                if (!instance_new(l, u))
                        return;
                apps_announce(m, u);
                i = unit_runtime(u)->apps;
        }
        (void)apps_post(l, APPS_TOLD, i->id, 0, line);
}

/* Node's own cluster module leaves the channel, by which the message would come. */
static bool can_drain(const AppsInstance *i) {
        const ServiceSpec *s = i->unit->spec->service;

        return i->has_helper || (s->ipc.kind == IPC_NODE_CLUSTER && !s->roll.stop_message);
}

bool apps_tell_drain(Manager *m, Unit *u) {
        AppsInstance *i = unit_runtime(u)->apps;

        if (!i || i->channel < 0 || m->apps->companion.unavailable || !can_drain(i))
                return false;
        return apps_post(m->apps, APPS_DRAIN, i->id, 0, NULL) >= 0;
}

bool apps_say_stop(Manager *m, Unit *u) {
        const char *message = u->spec->service->roll.stop_message;
        AppsInstance *i = unit_runtime(u)->apps;

        if (!i || i->channel < 0 || !message || strlen(message) > LINK_MESSAGE_MAX - sizeof(LinkMessage) ||
            m->apps->companion.unavailable)
                return false;
        i->stopping = true;
        return post_stop(m->apps, i) >= 0;
}

int manager_open_applications(Manager *m, bool control, int *ret) {
        int pair[2], r;
        AppsClient *c;

        if (!m->apps || m->apps->companion.ending)
                return -ENOENT;
        if (m->apps->companion.unavailable)
                return -EHOSTDOWN;
        if (HASH_COUNT(m->apps->clients) >= APPS_CLIENTS_MAX)
                return -EBUSY;
        c = calloc(1, sizeof(*c));
        if (!c)
                return -ENOMEM;
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) {
                r = -errno;
                free(c);
                return r;
        }
        *c = (AppsClient){ .id = ++m->apps->next_id,
                           .fd = pair[0],
                           .right = control ? APPS_CLIENT_CONTROLS : APPS_CLIENT_READS };
        HASH_ADD(hh, m->apps->clients, id, sizeof(c->id), c);
        if (!c->hh.tbl) {
                close(pair[0]);
                close(pair[1]);
                free(c);
                return -ENOMEM;
        }
        (void)apps_post(m->apps, APPS_CLIENT, c->id, c->right, NULL);
        *ret = pair[1];
        return 0;
}

bool apps_link_is_pid(const AppsLink *l, pid_t pid) {
        return l && l->companion.pid == pid;
}

void apps_link_process_end(AppsLink *l, const ProcessEnd *end) {
        companion_process_end(&l->companion, end);
}

void apps_link_end(AppsLink *l) {
        if (!l || l->companion.ending)
                return;
        companion_end(&l->companion);
        companion_disconnect(&l->companion);
}

void apps_link_free(AppsLink *l) {
        AppsClient *c, *next_client;

        if (!l)
                return;
        companion_release(&l->companion);
        HASH_ITER (hh, l->clients, c, next_client)
                client_free(l, c);
        cleanup_fd(&l->owing);
        HASH_CLEAR(hh, l->instances); /* they went with their units */
        free(l);
}
