/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "manager/companion.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utlist.h>

#define RESTART_DELAY (200 * USEC_PER_MSEC)
#define RESTART_DELAY_LONG (5 * USEC_PER_SEC)
#define QUICK_ENDS_MAX 3
#define NOT_LOADED 127 /* ld.so's: a library is missing */
#define MESSAGES_PER_TURN 64

/* A message that the socket had no room for. */
struct CompanionPending {
        uint32_t verb;
        uint64_t id;
        int32_t value;
        char *text; /* owned; NULL: none, or send() finds it */
        CompanionPending *next, *prev;
};

void companion_init(Companion *c, const CompanionType *type, Manager *m) {
        *c = (Companion){ .type = type, .manager = m, .control = -1 };
}

static void pending_free(Companion *c, CompanionPending *p) {
        DL_DELETE(c->pending, p);
        c->n_pending--;
        free(p->text);
        free(p);
}

void companion_disconnect(Companion *c) {
        CompanionPending *p, *next;

        sd_event_source_disable_unref(TAKE(c->source));
        fd_release(&c->control);
        DL_FOREACH_SAFE (c->pending, p, next)
                pending_free(c, p);
}

static void flush(Companion *c) {
        CompanionPending *p, *next;

        if (c->control < 0)
                return;
        DL_FOREACH_SAFE (c->pending, p, next) {
                const LinkMessage m = { .verb = p->verb, .id = p->id, .value = p->value };
                int r = c->type->send(c, &m, p->text);

                if (r == 0)
                        break;
                pending_free(c, p);
                if (r < 0)
                        break; /* its end is noticed by the source */
        }
        if (c->source)
                (void)sd_event_source_set_io_events(c->source, EPOLLIN | (c->pending ? EPOLLOUT : 0));
}

int companion_post(Companion *c, const LinkMessage *m, const char *text) {
        CompanionPending *p;

        if (c->control < 0)
                return 0; /* all is handed over when the next one starts */
        if (c->type->pending_max > 0 && c->n_pending >= c->type->pending_max) {
                if (c->pid > 0) /* and not ended: what it said last is still being read then */
                        (void)kill(c->pid, SIGKILL);
                return 0;
        }
        p = calloc(1, sizeof(*p));
        if (!p)
                return -ENOMEM;
        p->verb = m->verb;
        p->id = m->id;
        p->value = m->value;
        if (text && !(p->text = strdup(text))) {
                free(p);
                return -ENOMEM;
        }
        DL_APPEND(c->pending, p);
        c->n_pending++;
        flush(c);
        return 0;
}

/* 1: one message; 0: nothing there; negative: the end. */
static int receive(Companion *c) {
        LinkIncoming in;
        int r = link_receive(c->control, &in);

        if (r <= 0)
                return r;
        c->unavailable = false;
        if (in.message.verb != 0)
                c->type->receive(c, &in);
        link_incoming_release(&in);
        return 1;
}

static int on_control(sd_event_source *s, int fd, uint32_t revents, void *userdata) {
        Companion *c = userdata;
        int r = 1;

        for (unsigned i = 0; i < MESSAGES_PER_TURN && r > 0; i++)
                r = receive(c);
        if (r < 0)
                companion_disconnect(c); /* the process's end follows */
        else
                flush(c);
        if (c->manager->stopping)
                manager_kick(c->manager);
        return 0;
}

static void child(const Companion *c, CompanionArguments *arguments, int fd) {
        sigset_t none;

        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
        if (getpid() != 1)
                prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (fd == LINK_CONTROL_FD)
                (void)fcntl(fd, F_SETFD, 0);
        else
                (void)dup2(fd, LINK_CONTROL_FD);
        execv(c->type->path, arguments->argv);
        _exit(203);
}

int companion_start(Companion *c) {
        CompanionArguments arguments = { .argv = { (char *)c->type->name } };
        int pair[2], r;

        if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) < 0)
                return -errno;
        if (c->type->arguments)
                c->type->arguments(c, &arguments);
        c->pid = fork();
        if (c->pid == 0)
                child(c, &arguments, pair[1]);
        close(pair[1]);
        if (c->pid < 0) {
                r = -errno;
                close(pair[0]);
                return r;
        }
        c->control = pair[0];
        c->last_start = now_monotonic();
        r = sd_event_add_io(c->manager->event, &c->source, c->control, EPOLLIN, on_control, c);
        if (r < 0)
                return r;
        (void)sd_event_source_set_priority(c->source, c->type->priority);
        return c->type->hand_over(c);
}

static int on_restart(sd_event_source *s, uint64_t usec, void *userdata) {
        Companion *c = userdata;

        if (companion_start(c) < 0)
                companion_process_end(c, &(ProcessEnd){ .pid = c->pid });
        return 0;
}

/* It comes back at once; one that ends again and again comes back slowly. */
void companion_process_end(Companion *c, const ProcessEnd *end) {
        bool quick = now_monotonic() - c->last_start < USEC_PER_SEC;

        c->pid = 0;
        /* What it said last counts: descriptors to keep, what is done with. */
        while (c->control >= 0 && receive(c) > 0)
                ;
        companion_disconnect(c);
        if (c->ending)
                return;
        c->quick_ends = quick ? c->quick_ends + 1 : 0;
        c->unavailable = end->code == CLD_EXITED && (end->status == 203 || end->status == NOT_LOADED) &&
                         c->quick_ends > QUICK_ENDS_MAX;
        c->type->ended(c, end);
        sd_event_source_disable_unref(TAKE(c->restart_timer));
        (void)sd_event_add_time_relative(c->manager->event, &c->restart_timer, CLOCK_MONOTONIC,
                                         c->quick_ends > QUICK_ENDS_MAX ? RESTART_DELAY_LONG
                                         : c->quick_ends > 0            ? RESTART_DELAY
                                                                        : 0,
                                         USEC_PER_MSEC, on_restart, c);
}

void companion_end(Companion *c) {
        c->ending = true;
        sd_event_source_disable_unref(TAKE(c->restart_timer));
}

void companion_release(Companion *c) {
        companion_disconnect(c);
        sd_event_source_disable_unref(TAKE(c->restart_timer));
}
