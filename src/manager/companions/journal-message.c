/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What PID 1 and svinit-journald say to each other. */

#include "manager/companions/journal-internal.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* What is kept is found now, as it is now. */
int journal_send(Companion *c, const LinkMessage *m, const char *text) {
        JournalLink *l = CONTAINER_OF(c, JournalLink, companion);
        JournalStream *s;

        switch (m->verb) {
        case JOURNAL_ADD:
        case JOURNAL_STORED:
                s = journal_stream_find(l, m->id);
                return s ? link_send(c->control, m, s->text, strlen(s->text), &s->fd, 1) : 1;
        case JOURNAL_LISTEN:
                return link_send(c->control, m, NULL, 0, &l->sockets[m->id], 1);
        case JOURNAL_STATE:
                return link_send(c->control, m, NULL, 0, l->state, l->n_state);
        default:
                return link_send(c->control, m, text, text ? strlen(text) : 0, NULL, 0);
        }
}

int journal_post(JournalLink *l, uint32_t verb, uint64_t id, const char *text) {
        return companion_post(&l->companion, &(LinkMessage){ .verb = verb, .id = id }, text);
}

int journal_hand_over(Companion *c) {
        JournalLink *l = CONTAINER_OF(c, JournalLink, companion);
        JournalStream *s, *next;
        int r;

        r = journal_post(l, JOURNAL_STATE, 0, NULL);
        for (uint64_t i = 0; i < JOURNAL_SOCKET_MAX && r >= 0; i++)
                if (l->sockets[i] >= 0)
                        r = journal_post(l, JOURNAL_LISTEN, i, NULL);
        HASH_ITER (hh, l->streams, s, next)
                if (r >= 0)
                        r = journal_post(l, s->id & STORED_ID ? JOURNAL_STORED : JOURNAL_ADD, s->id, NULL);
        return r >= 0 ? journal_post(l, JOURNAL_READY_END, 0, NULL) : r;
}

static void on_gone(JournalLink *l, uint64_t id) {
        JournalStream *s = journal_stream_find(l, id);

        if (!s)
                return;
        if (!(id & STORED_ID) && !journal_stream_is_at_end(s))
                (void)journal_post(l, JOURNAL_ADD, id, NULL);
        else
                journal_stream_free(l, s);
}

void journal_link_process_of_unit_ended(JournalLink *l, pid_t pid, Unit *u) {
        if (l)
                l->dead[l->next_dead++ % DEAD_MAX] = (JournalDead){ pid, u };
}

void journal_link_forget_unit(JournalLink *l, const Unit *u) {
        for (size_t i = 0; l && i < DEAD_MAX; i++)
                if (l->dead[i].unit == u)
                        l->dead[i].unit = NULL;
}

/* The latest one: numbers are used again. */
static Unit *unit_of_dead(const JournalLink *l, pid_t pid) {
        for (unsigned i = 1; i <= DEAD_MAX; i++) {
                const JournalDead *d = &l->dead[(l->next_dead - i) % DEAD_MAX];

                if (d->pid == pid)
                        return d->unit;
        }
        return NULL;
}

static Unit *unit_of(const JournalLink *l, pid_t pid) {
        Unit *u = manager_unit_of_pid(l->companion.manager, pid);

        return u ?: unit_of_dead(l, pid);
}

static void answer(JournalLink *l, pid_t pid, const Unit *u) {
        Buf b auto_buf = { 0 };

        if (u)
                journal_describe_unit(u, &b);
        (void)journal_post(l, JOURNAL_UNIT_OF, (uint64_t)pid, b.error == 0 && b.data ? b.data : "");
}

static int on_look_again(sd_event_source *source, void *userdata) {
        JournalLink *l = userdata;
        size_t n = TAKE(l->n_asked);

        for (size_t i = 0; i < n; i++)
                answer(l, l->asked[i], unit_of(l, l->asked[i]));
        return 0;
}

/* True: the answer comes when all has been heard of what has ended by now. */
static bool look_again_later(JournalLink *l, pid_t pid) {
        if (l->n_asked >= ASKED_MAX)
                return false;
        if (!l->look_again) {
                if (sd_event_add_defer(l->companion.manager->event, &l->look_again, on_look_again, l) < 0)
                        return false;
                (void)sd_event_source_set_priority(l->look_again, PRIORITY_SIGNAL);
        } else if (sd_event_source_set_enabled(l->look_again, SD_EVENT_ONESHOT) < 0)
                return false;
        l->asked[l->n_asked++] = pid;
        return true;
}

/* It may have ended, and the word of its shim be behind this question, whose turn comes first. */
static void on_ask(JournalLink *l, uint64_t id) {
        pid_t pid = id > 1 && id <= INT32_MAX ? (pid_t)id : 0;
        const Unit *u = pid > 0 ? unit_of(l, pid) : NULL;

        if (u || pid == 0 || !look_again_later(l, pid))
                answer(l, (pid_t)id, u);
}

static void keep_state(JournalLink *l, int *fds, size_t n) {
        for (size_t i = 0; i < l->n_state; i++)
                close(l->state[i]);
        l->n_state = MIN(n, (size_t)STATE_FDS_MAX);
        for (size_t i = 0; i < l->n_state; i++)
                l->state[i] = TAKE_FD(fds[i]);
}

static void store(JournalLink *l, LinkIncoming *in, const char *text) {
        uint64_t id = in->message.id;

        if (in->n_fds != 1 || !(id & STORED_ID))
                return;
        /* Stored again with what its header said. */
        if (journal_stream_find(l, id))
                (void)str_replace(&journal_stream_find(l, id)->text, text);
        else if (l->n_stored < STORED_MAX)
                (void)journal_stream_add(l, id, link_take_fd(in, 0), text);
}

void journal_receive(Companion *c, LinkIncoming *in) {
        JournalLink *l = CONTAINER_OF(c, JournalLink, companion);
        const LinkMessage *m = &in->message;
        char text[LINK_MESSAGE_MAX];

        snprintf(text, sizeof(text), "%.*s", (int)m->text_len, m->text);
        switch (m->verb) {
        case JOURNAL_GONE:
                on_gone(l, m->id);
                break;
        case JOURNAL_SAVE_STATE:
                keep_state(l, in->fds, in->n_fds);
                break;
        case JOURNAL_STORE:
                store(l, in, text);
                break;
        case JOURNAL_ASK:
                on_ask(l, m->id);
                break;
        case JOURNAL_WALL:
                manager_tell_users(c->manager, text);
                break;
        default:
                break;
        }
}
