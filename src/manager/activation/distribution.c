/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * X-SocketDistribution=reuseport: the instances of a set have a socket each, on the same port, and all of them are held
 * here. So a connection that was given to an instance waits for its successor when it crashes; and who is not ready, or
 * about to go, gets no new ones, without knowing of it.
 *
 * The first socket of all, instance 0's, is that of the unit itself: it is there from the start of the unit to its stop.
 * The others are opened with the first run of their instance and closed when it is down for good while others are up:
 * what still waits there would wait for ever. Instance 0's is exchanged for a new one then.
 */

#include "host/sockets.h"
#include "manager/manager-internal.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

typedef enum ShareState {
        SHARE_IDLE,    /* the instance is down, and stays so */
        SHARE_LEAVING, /* it is on its way there and serves what it has */
        SHARE_COMING,  /* it will be ready, or well again: that counts while none is */
        SHARE_SERVED,
} ShareState;

typedef struct Share {
        unsigned index; /* of the instance */
        ShareState state;
        bool used; /* there may be something in it */
        int *fds; /* one for each line; those that all have in common are the unit's. Owned but for instance 0's */
} Share;

struct SocketShares {
        Share *v; /* in the kernel's order: as opened, and the last one takes the place of one that is closed */
        size_t n, capacity;
};

/* A process that was left behind may have it still: that must not go on to count as one of ours. */
static void close_socket(int fd) {
        (void)shutdown(fd, SHUT_RDWR);
        (void)close(fd);
}

static Share *find(const SocketShares *s, unsigned index) {
        for (size_t i = 0; i < s->n; i++)
                if (s->v[i].index == index)
                        return s->v + i;
        return NULL;
}

int socket_shares_open(Unit *socket) {
        UnitRuntime *rt = unit_runtime(socket);
        SocketShares *s;

        if (socket->spec->socket->distribution == DISTRIBUTION_SHARED || rt->socket_shares)
                return 0;
        s = calloc(1, sizeof(*s));
        if (!s || array_reserve(&s->v, &s->capacity, 1, sizeof(*s->v)) < 0) {
                free(s);
                return -ENOMEM;
        }
        s->v[s->n++] = (Share){ .fds = rt->socket_fds };
        rt->socket_shares = s;
        return 0;
}

/* Its place is taken by the last one, as the kernel does it. */
static void drop(Unit *socket, Share *share) {
        UnitRuntime *rt = unit_runtime(socket);
        SocketShares *s = rt->socket_shares;

        for (size_t l = 0; share->index > 0 && l < rt->n_socket_fds; l++)
                if (share->fds[l] != rt->socket_fds[l])
                        close_socket(share->fds[l]);
        if (share->index > 0)
                free(share->fds);
        *share = s->v[--s->n];
}

void socket_shares_close(Unit *socket) {
        UnitRuntime *rt = unit_runtime(socket);
        SocketShares *s = rt->socket_shares;

        if (!s)
                return;
        while (s->n > 0)
                drop(socket, s->v + s->n - 1);
        free(s->v);
        free(TAKE(rt->socket_shares));
}

static int open_more(Unit *socket, int *fds) {
        const UnitRuntime *rt = unit_runtime(socket);
        Report report = { 0 };
        int r = listen_open_more(socket->spec->socket, rt->socket_fds, &report, socket->fragment_path, fds);

        if (r < 0)
                manager_log_report(socket->id, &report);
        report_release(&report);
        return r;
}

static int add_share(Unit *socket, unsigned index, ShareState state) {
        const UnitRuntime *rt = unit_runtime(socket);
        SocketShares *s = rt->socket_shares;
        int *fds, r = array_reserve(&s->v, &s->capacity, s->n + 1, sizeof(*s->v));

        if (r < 0)
                return r;
        fds = calloc(rt->n_socket_fds, sizeof(*fds));
        if (!fds)
                return -ENOMEM;
        r = open_more(socket, fds);
        if (r < 0) {
                free(fds);
                return r;
        }
        for (size_t l = 0; l < rt->n_socket_fds; l++)
                if (fds[l] < 0)
                        fds[l] = rt->socket_fds[l];
        s->v[s->n++] = (Share){ .index = index, .state = state, .fds = fds };
        return 0;
}

/* The new one is opened before the old one is closed, and so comes to the same place. Without a descriptor it stays. */
static void exchange(Unit *socket) {
        UnitRuntime *rt = unit_runtime(socket);
        int *fds auto_free = calloc(rt->n_socket_fds, sizeof(*fds));

        if (!fds || open_more(socket, fds) < 0)
                return;
        unit_drop_listening(socket);
        for (size_t l = 0; l < rt->n_socket_fds; l++)
                if (fds[l] >= 0) {
                        close_socket(rt->socket_fds[l]);
                        rt->socket_fds[l] = fds[l];
                }
}

void socket_shares_flush(const Unit *socket) {
        const UnitRuntime *rt = unit_runtime(socket);
        const SocketShares *s = rt->socket_shares;

        for (size_t i = 0; s && i < s->n; i++)
                if (s->v[i].index > 0)
                        listen_flush(socket->spec->socket, s->v[i].fds, rt->n_socket_fds);
}

static size_t choose(const SocketShares *s, unsigned *ret_places) {
        size_t n = 0;

        for (ShareState best = SHARE_SERVED; best > SHARE_LEAVING && n == 0; best--)
                for (unsigned i = 0; i < s->n; i++)
                        if (s->v[i].state == best)
                                ret_places[n++] = i;
        for (unsigned i = 0; i < s->n && n == 0; i++) /* the first client starts them all */
                if (s->v[i].index == 0)
                        ret_places[n++] = i;
        return n;
}

void socket_shares_select(Unit *socket) {
        const UnitRuntime *rt = unit_runtime(socket);
        SocketShares *s = rt->socket_shares;
        unsigned *places auto_free = NULL;
        int r = 0;
        size_t n;

        if (!s)
                return;
        places = calloc(s->n, sizeof(*places));
        if (!places)
                r = -ENOMEM;
        n = places ? choose(s, places) : 0;
        for (size_t i = 0; i < n; i++)
                s->v[places[i]].used = true;
        for (size_t l = 0; l < rt->n_socket_fds && r >= 0; l++)
                if (listen_is_shareable(rt->socket_fds[l]))
                        r = listen_select(rt->socket_fds[l], places, n);
        if (r < 0)
                LOG_UNIT_ERRNO(socket->id, SELECT_FAILED, r, FIELD_S("UNIT", socket->id));
}

static bool is_any_served(const SocketShares *s) {
        for (size_t i = 0; i < s->n; i++)
                if (s->v[i].state == SHARE_SERVED)
                        return true;
        return false;
}

/* Who waits at an instance that is gone is told so, and may try again. */
static bool drop_deserted(Unit *socket) {
        SocketShares *s = unit_runtime(socket)->socket_shares;
        size_t before = s->n;

        if (!is_any_served(s))
                return false;
        for (size_t i = s->n; i-- > 0;) {
                if (s->v[i].state != SHARE_IDLE)
                        continue;
                if (s->v[i].index > 0)
                        drop(socket, s->v + i);
                else if (TAKE(s->v[i].used))
                        exchange(socket);
        }
        return s->n < before;
}

static ShareState state_of(const Unit *u) {
        ActiveState state = machine_active_state(&unit_runtime(u)->machine);
        JobType job = u->job ? u->job->type : JOB_NOP;

        if (active_state_is_up(state) && job != JOB_STOP && job != JOB_RESTART)
                return unit_runtime(u)->drain ? SHARE_LEAVING : unit_is_well(u) ? SHARE_SERVED : SHARE_COMING;
        if (state == ACTIVATING || job == JOB_START || job == JOB_RESTART)
                return job == JOB_STOP ? SHARE_LEAVING : SHARE_COMING;
        return unit_is_down(u) ? SHARE_IDLE : SHARE_LEAVING;
}

static void follow(Unit *socket, const Unit *instance) {
        Share *share = find(unit_runtime(socket)->socket_shares, unit_set_index(instance));
        ShareState now = state_of(instance);

        if (!share || share->state == now)
                return;
        share->state = now;
        socket_shares_select(socket); /* before one of them is closed */
        if ((now == SHARE_IDLE || now == SHARE_SERVED) && drop_deserted(socket))
                socket_shares_select(socket);
}

void unit_follow_shares(const Unit *set, const Unit *instance) {
        for (const Edge *e = NULL; (e = unit_next_edge(set, DEP_TRIGGERED_BY, e));)
                if (e->other->type == UNIT_SOCKET && unit_runtime(e->other)->socket_shares)
                        follow(e->other, instance);
}

bool unit_leaves_shares(const Unit *u) {
        const Unit *set = unit_set(u);
        bool any = false;

        for (const Edge *e = NULL; set && (e = unit_next_edge(set, DEP_TRIGGERED_BY, e));)
                if (e->other->type == UNIT_SOCKET && unit_runtime(e->other)->socket_shares) {
                        follow(e->other, u);
                        any = true;
                }
        return any;
}

int socket_fds_of(Unit *socket, const Unit *service, const int **ret) {
        const UnitRuntime *rt = unit_runtime(socket);
        unsigned index = unit_set_index(service);
        int r;

        *ret = rt->socket_fds;
        if (!rt->socket_shares || index == 0)
                return 0;
        if (!find(rt->socket_shares, index)) {
                r = add_share(socket, index, state_of(service));
                if (r < 0)
                        return r;
                socket_shares_select(socket);
        }
        *ret = find(rt->socket_shares, index)->fds;
        return 0;
}

bool socket_share(const Unit *socket, size_t i, unsigned *ret_index, bool *ret_served) {
        const SocketShares *s = unit_runtime(socket)->socket_shares;

        if (!s || i >= s->n)
                return false;
        *ret_index = s->v[i].index;
        *ret_served = s->v[i].state == SHARE_SERVED;
        return true;
}
