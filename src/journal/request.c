/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "journal/request.h"

#include "journal/server.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define PENDING "REQUEST=flush"
#define OPEN "REQUEST=" /* nothing of it has been read */

static const char *const methods[REQUEST_UNKNOWN] = {
        [REQUEST_SYNC] = "io.systemd.Journal.Synchronize",
        [REQUEST_ROTATE] = "io.systemd.Journal.Rotate",
        [REQUEST_FLUSH] = "io.systemd.Journal.FlushToVar",
        [REQUEST_RELINQUISH] = "io.systemd.Journal.RelinquishVar",
};

void requests_init(Requests *r) {
        r->signal_fd = -1;
        r->pending_fd = -1;
        for (size_t i = 0; i < REQUESTS_MAX; i++)
                r->fds[i] = -1;
}

void requests_release(Requests *r) {
        for (size_t i = 0; i < REQUESTS_MAX; i++)
                fd_release(&r->fds[i]);
        fd_release(&r->signal_fd);
        fd_release(&r->pending_fd);
}

/* ---- what is asked ---- */

bool request_parse(const char *text, size_t n, Request *ret, bool *ret_wants_answer) {
        static const char *const names[] = { "method", "oneway", NULL };
        const char *method;
        JsonObject o;
        size_t size;

        if (!json_is_object(text, n, names, &o) || !json_string_member(text, n, "method", &method, &size))
                return false;
        *ret = REQUEST_UNKNOWN;
        for (Request i = 0; i < REQUEST_UNKNOWN; i++)
                if (strlen(methods[i]) == size && memcmp(methods[i], method, size) == 0)
                        *ret = i;
        *ret_wants_answer = !(o.members & 2);
        return true;
}

/* False: the next svinit-journald has to do it. */
static bool perform(Server *s, Request what) {
        static const uint32_t verbs[] = { [REQUEST_SYNC] = JOURNAL_SYNC,
                                          [REQUEST_ROTATE] = JOURNAL_ROTATE,
                                          [REQUEST_FLUSH] = JOURNAL_FLUSH };

        if (what < ELEMENTSOF(verbs))
                return control_perform(s, verbs[what]);
        if (what == REQUEST_RELINQUISH)
                storage_relinquish(&s->storage);
        return true;
}

/* ---- signals ---- */

int requests_watch_signals(Server *s) {
        sigset_t mask;

        sigemptyset(&mask);
        sigaddset(&mask, SIGUSR1);
        sigaddset(&mask, SIGUSR2);
        sigaddset(&mask, SIGRTMIN + 1);
        if (sigprocmask(SIG_BLOCK, &mask, NULL) < 0)
                return -errno;
        s->requests.signal_fd = signalfd(-1, &mask, SFD_NONBLOCK | SFD_CLOEXEC);
        if (s->requests.signal_fd < 0)
                return -errno;
        return server_watch(s, s->requests.signal_fd, WATCH_SOCKET, &s->requests.signal_fd, EPOLLIN);
}

static void read_signal(Server *s) {
        struct signalfd_siginfo info;

        if (read(s->requests.signal_fd, &info, sizeof(info)) != sizeof(info))
                return;
        if (!perform(s, info.ssi_signo == SIGUSR1   ? REQUEST_FLUSH
                        : info.ssi_signo == SIGUSR2 ? REQUEST_ROTATE
                                                    : REQUEST_SYNC))
                control_leave_flush_to_next(s, FLUSH_UNASKED);
}

/* ---- calls ---- */

static bool may_ask(int fd) {
        struct ucred ucred;
        socklen_t size = sizeof(ucred);

        return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &ucred, &size) >= 0 &&
               (ucred.uid == 0 || ucred.uid == getuid());
}

static void close_connection(Server *s, size_t i) {
        server_unwatch(s, s->requests.fds[i]);
        fd_release(&s->requests.fds[i]);
}

static void watch(Server *s, size_t i) {
        int *fd = &s->requests.fds[i];

        if (*fd >= 0 && server_watch(s, *fd, WATCH_SOCKET, fd, EPOLLIN) < 0)
                fd_release(fd);
}

static void take_in(Server *s, int fd) {
        Requests *r = &s->requests;
        size_t i;

        for (i = 0; i < REQUESTS_MAX && r->fds[i] >= 0; i++)
                ;
        if (i == REQUESTS_MAX) { /* one that is there goes: those who want something have said it by now */
                i = r->next_to_go++ % REQUESTS_MAX;
                close_connection(s, i);
        }
        r->n[i] = 0;
        r->fds[i] = fd;
        if (s->ready)
                watch(s, i);
}

void requests_accept(Server *s) {
        int fd auto_fd =
                accept4(s->sockets[JOURNAL_SOCKET_VARLINK], NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

        if (fd >= 0 && may_ask(fd))
                take_in(s, TAKE_FD(fd));
}

/* Answers are short, and nobody is waited for who does not read them. */
static void answer(int fd, Request what) {
        static const char done[] = "{\"parameters\":{}}";
        static const char unknown[] = "{\"error\":\"org.varlink.service.MethodNotFound\",\"parameters\":{}}";
        const char *text = what == REQUEST_UNKNOWN ? unknown : done;

        (void)send(fd, text, strlen(text) + 1, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void hand_over(Server *s, size_t i, const char *text) {
        uint64_t id = MAX(s->next_stream_id, 1ULL << 63);

        s->next_stream_id = id + 1;
        (void)control_send(s, JOURNAL_STORE, id, text, &s->requests.fds[i], 1);
        close_connection(s, i);
}

static void leave_to_next(Server *s, size_t i, bool wants_answer) {
        if (wants_answer)
                hand_over(s, i, PENDING);
        control_leave_flush_to_next(s, FLUSH_UNASKED);
}

void requests_hand_over(Server *s) {
        for (size_t i = 0; i < REQUESTS_MAX; i++)
                if (s->requests.fds[i] >= 0 && s->requests.n[i] == 0)
                        hand_over(s, i, OPEN);
}

void requests_begin(Server *s) {
        for (size_t i = 0; i < REQUESTS_MAX; i++)
                watch(s, i);
}

static bool is_text(const char *text, size_t n, const char *what) {
        return n == strlen(what) && memcmp(text, what, n) == 0;
}

bool requests_adopt(Server *s, uint64_t id, int fd, const char *text, size_t n) {
        Requests *r = &s->requests;

        if (is_text(text, n, OPEN)) {
                take_in(s, fd);
                (void)control_send(s, JOURNAL_GONE, id, "", NULL, 0);
                return true;
        }
        if (!is_text(text, n, PENDING))
                return false;
        fd_release(&r->pending_fd);
        r->pending_fd = fd;
        r->pending_id = id;
        return true;
}

void requests_finish(Server *s) {
        Requests *r = &s->requests;

        if (r->pending_fd < 0)
                return;
        answer(r->pending_fd, REQUEST_FLUSH);
        fd_release(&r->pending_fd);
        (void)control_send(s, JOURNAL_GONE, r->pending_id, "", NULL, 0);
}

/* False: what comes from there cannot be understood. */
static bool take_calls(Server *s, size_t i) {
        Requests *r = &s->requests;
        char *end;

        while ((end = memchr(r->text[i], 0, r->n[i]))) {
                size_t n = (size_t)(end - r->text[i]);
                bool wants_answer;
                Request what;

                if (!request_parse(r->text[i], n, &what, &wants_answer))
                        return false;
                if (!perform(s, what)) {
                        leave_to_next(s, i, wants_answer);
                        return true;
                }
                if (wants_answer)
                        answer(r->fds[i], what);
                r->n[i] -= n + 1;
                memmove(r->text[i], end + 1, r->n[i]);
        }
        return r->n[i] < REQUEST_BYTES_MAX;
}

bool requests_owns(const Requests *r, const int *place) {
        return place == &r->signal_fd || (place >= r->fds && place < r->fds + REQUESTS_MAX);
}

void requests_read(Server *s, const int *place) {
        Requests *r = &s->requests;
        size_t i = (size_t)(place - r->fds);
        ssize_t n;

        if (place == &r->signal_fd) {
                read_signal(s);
                return;
        }
        if (r->fds[i] < 0)
                return;
        n = read(r->fds[i], r->text[i] + r->n[i], REQUEST_BYTES_MAX - r->n[i]);
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
                return;
        r->n[i] += n > 0 ? (size_t)n : 0;
        if (n <= 0 || !take_calls(s, i))
                close_connection(s, i);
}
