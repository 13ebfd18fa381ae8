/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What PID 1 says, and what it is told. */

#include "apps/instance.h"
#include "apps/probe.h"

#include "apps/client.h"

#include <stdio.h>

#define MESSAGES_PER_TURN 64

/* PID 1 never waits for us; should its queue be full, waiting for it is all that can be done. */
static void tell(Apps *a, const LinkMessage *m, const int *fds, size_t n_fds) {
        (void)link_send_waiting(a->control_fd, m, NULL, 0, fds, n_fds);
}

void control_tell(Apps *a, AppsVerb verb, uint64_t id, int value) {
        tell(a, &(LinkMessage){ .verb = verb, .id = id, .value = value }, NULL, 0);
}

void control_give(Apps *a, AppsVerb verb, uint64_t id, int fd) {
        tell(a, &(LinkMessage){ .verb = verb, .id = id }, &fd, 1);
}

void control_ask(Apps *a, uint64_t id, const ListenQuestion *q) {
        (void)link_send_waiting(a->control_fd, &(LinkMessage){ .verb = APPS_LISTEN, .id = id },
                                (const char *)q, sizeof(*q), NULL, 0);
}

static void on_hello(Apps *a, const LinkMessage *m) {
        if (m->id == APPS_PROTOCOL_VERSION)
                return;
        fprintf(stderr,
                "svinit-apps: svinit speaks version %llu with me, I speak %d: both must come from one "
                "package.\n",
                (unsigned long long)m->id, APPS_PROTOCOL_VERSION);
        (void)sd_event_exit(a->event, EXIT_FAILURE);
}

static void on_forget(Apps *a, uint64_t id) {
        Instance *i = instance_find(a, id);

        if (!i)
                return;
        channel_drain(&i->channel);
        instance_free(i);
}

static void on_say(Apps *a, const LinkMessage *m) {
        Instance *i = instance_find(a, m->id);

        if (!i || message_check_outgoing(m->text, m->text_len) < 0 ||
            instance_send(i, m->text, m->text_len, CHANNEL_DIRECT) < 0)
                control_tell(a, APPS_UNSAID, m->id, 0);
}

static void adopt_owing(Apps *a, LinkIncoming *in) {
        int fd auto_fd = link_take_fd(in, 0);

        if (fd >= 0 && !a->owing.ids)
                (void)owing_adopt(&a->owing, fd);
}

/* What runs that have ended meanwhile owed, nobody waits for. */
static void on_handed_over(Apps *a) {
        int fd auto_fd = -1;

        if (!a->owing.ids && owing_new(&a->owing, &fd) >= 0)
                control_give(a, APPS_KEEP, 0, fd);
        for (uint32_t k = 0; a->owing.ids && k < OWING_SLOTS; k++)
                if (a->owing.ids[k] != 0 && !instance_find(a, a->owing.ids[k]))
                        owing_clear(&a->owing, k + 1);
}

static void on_told(Apps *a, const LinkMessage *m) {
        Instance *i = instance_find(a, m->id);
        char *line auto_free = i ? strndup(m->text, m->text_len) : NULL;

        if (line)
                figures_take_told(&i->figures, line);
}

static void dispatch(Apps *a, LinkIncoming *in) {
        const LinkMessage *m = &in->message;
        Instance *i;

        switch (m->verb) {
        case APPS_HELLO:
                on_hello(a, m);
                break;
        case APPS_INSTANCE:
                (void)instance_new(a, m->id, m->text, m->text_len, link_take_fd(in, 0));
                break;
        case APPS_KEPT:
                adopt_owing(a, in);
                break;
        case APPS_TRANSFERRED:
                i = instance_find(a, m->id);
                if (i)
                        channel_transferred(&i->channel);
                break;
        case APPS_READY_END:
                on_handed_over(a);
                break;
        case APPS_TOLD:
                on_told(a, m);
                break;
        case APPS_CLIENT:
                client_new(a, link_take_fd(in, 0), m->value == APPS_CLIENT_CONTROLS);
                break;
        case APPS_FORGET:
                on_forget(a, m->id);
                break;
        case APPS_SAY:
                on_say(a, m);
                break;
        case APPS_PROBE:
                probe_begin(a, m->id, m->text, m->text_len);
                break;
        case APPS_SOCKET:
                i = instance_find(a, m->id);
                if (i)
                        cluster_on_socket(i, m->value, link_take_fd(in, 0));
                break;
        case APPS_DRAIN:
                i = instance_find(a, m->id);
                if (i)
                        (void)instance_drain(i);
                break;
        default:
                break;
        }
}

int control_on_message(sd_event_source *s, int fd, uint32_t revents, void *userdata) {
        Apps *a = userdata;

        for (unsigned k = 0; k < MESSAGES_PER_TURN; k++) {
                LinkIncoming in;
                int r = link_receive(fd, &in);

                if (r < 0)
                        (void)sd_event_exit(a->event, EXIT_SUCCESS); /* PID 1 has ended us, or has ended */
                if (r <= 0)
                        break;
                dispatch(a, &in);
                link_incoming_release(&in);
        }
        return 0;
}
