/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "journal/sender.h"

#include <stdio.h>
#include <sys/epoll.h>
#include <unistd.h>

#define SENDERS_MAX 256U
#define SENDER_FRESH (1 * USEC_PER_SEC) /* a pid may belong to another process by then */
#define ASK_PAUSE (5 * USEC_PER_SEC)    /* PID 1 did not answer: it has other worries */

static void sender_free(Server *s, Sender *x) {
        HASH_DEL(s->senders, x);
        for (size_t i = 0; i < JOURNAL_SOCKET_MAX; i++)
                field_set_release(&x->sets[i]);
        free(x);
        s->n_senders--;
}

void sender_forget_all(Server *s) {
        Sender *x, *next;

        HASH_ITER (hh, s->senders, x, next)
                sender_free(s, x);
}

Sender *sender_find(Server *s, pid_t pid) {
        int64_t key = pid;
        Sender *x = NULL;

        HASH_FIND(hh, s->senders, &key, sizeof(key), x);
        return x;
}

static Sender *sender_new(Server *s, const struct ucred *ucred) {
        Sender *x;

        if (s->n_senders >= SENDERS_MAX)
                sender_forget_all(s);
        x = calloc(1, sizeof(*x));
        if (!x)
                return NULL;
        x->pid = ucred->pid;
        x->uid = ucred->uid;
        x->gid = ucred->gid;
        x->loaded = server_now(CLOCK_MONOTONIC);
        HASH_ADD(hh, s->senders, pid, sizeof(x->pid), x);
        if (!x->hh.tbl) {
                free(x);
                return NULL;
        }
        s->n_senders++;
        x->has_unit = ucred->pid > 0 && client_unit(&s->cgroup_root, ucred->pid, x->unit, x->slice, x->path);
        return x;
}

Sender *sender_get(Server *s, const struct ucred *ucred, bool *ret_is_new) {
        Sender *x = sender_find(s, ucred->pid);

        *ret_is_new = false;
        if (x && (x->uid != ucred->uid || x->gid != ucred->gid ||
                  server_now(CLOCK_MONOTONIC) - x->loaded > SENDER_FRESH)) {
                sender_free(s, x);
                x = NULL;
        }
        if (x)
                return x;
        *ret_is_new = true;
        return sender_new(s, ucred);
}

FieldSet *sender_fields(Server *s, Sender *x, JournalSocket which) {
        FieldSet *set = &x->sets[which];
        const char *comm;
        size_t n;

        if (set->n_refs > 0)
                return set;
        field_set_add(set, "_TRANSPORT", which == JOURNAL_SOCKET_NATIVE ? "journal" : "syslog");
        if (x->pid > 0) {
                field_set_add_u64(set, "_PID", (uint64_t)x->pid);
                client_add_process(set, (pid_t)x->pid, NULL);
        }
        field_set_add_u64(set, "_UID", x->uid);
        field_set_add_u64(set, "_GID", x->gid);
        if (x->has_unit)
                client_add_unit(set, x->unit, x->slice, x->path, x->invocation);
        if (sender_unit_log(s, x))
                field_set_add_payloads(set, sender_unit_log(s, x)->extra);
        (void)field_set_add_all(set, &s->host);
        comm = field_set_get(set, "_COMM", &n);
        if (comm)
                snprintf(x->comm, sizeof(x->comm), "%.*s", (int)n, comm);
        return set;
}

static void watch_datagrams(Server *s, bool wanted) {
        for (JournalSocket i = 0; i < JOURNAL_SOCKET_MAX; i++) {
                if (!sender_is_datagram(i) || s->sockets[i] < 0)
                        continue;
                if (wanted)
                        (void)server_watch(s, s->sockets[i], WATCH_SOCKET, &s->sockets[i], EPOLLIN);
                else
                        server_unwatch(s, s->sockets[i]);
        }
}

UnitLog *sender_unit_log(const Server *s, const Sender *x) {
        return x->has_unit ? unit_log_find(&s->units, x->unit) : NULL;
}

static void take_over(Sender *x, const UnitLog *unit) {
        snprintf(x->invocation, sizeof(x->invocation), "%s", unit->invocation ?: "");
}

bool sender_ask(Server *s, Sender *x) {
        usec_t t = server_now(CLOCK_MONOTONIC);
        const UnitLog *known = x->has_unit ? stream_unit_log(s, x->unit) : NULL;

        if (known)
                take_over(x, known);
        if (known || x->pid <= 1 || x->pid == getppid() || x->pid == getpid() || t < s->no_ask_before)
                return false;
        if (control_send(s, JOURNAL_ASK, (uint64_t)x->pid, "", NULL, 0) < 0)
                return false;
        s->asked_pid = (pid_t)x->pid;
        s->ask_until = t + SERVER_ASK_PATIENCE;
        watch_datagrams(s, false);
        return true;
}

static void learn(Server *s, Sender *x, StreamInfo *info) {
        const UnitLog *unit;

        if (!x->has_unit) {
                x->has_unit = true;
                snprintf(x->unit, sizeof(x->unit), "%s", info->unit);
                snprintf(x->slice, sizeof(x->slice), "%s", info->slice ?: "");
                snprintf(x->path, sizeof(x->path), "%s", info->cgroup ?: "");
        }
        if (!str_equal(x->unit, info->unit))
                return;
        stream_complete_rate(&s->config, info);
        unit = unit_log_learn(&s->units, info, false);
        if (unit)
                take_over(x, unit);
}

void sender_unit_known(Server *s, pid_t pid, const char *text, size_t n) {
        StreamInfo info;
        Sender *x;

        if (s->asked_pid == 0 || (pid != 0 && pid != s->asked_pid))
                return;
        if (pid == 0)
                s->no_ask_before = server_now(CLOCK_MONOTONIC) + ASK_PAUSE;

        x = sender_find(s, s->asked_pid);
        s->asked_pid = 0;
        s->ask_until = 0;
        stream_info_init(&info);
        info.rate_interval = UINT64_MAX;
        stream_info_parse(&info, text, n);
        if (x && info.unit)
                learn(s, x, &info);
        stream_info_release(&info);
        watch_datagrams(s, true);
}
