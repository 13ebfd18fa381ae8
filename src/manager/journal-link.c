/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * svinit-journald's other half: starts it, hands it streams and sockets, and
 * keeps a duplicate of every descriptor, so that the next one goes on where a
 * killed one stopped. Messages that do not fit into the socket wait in a list.
 */

#include "journal/protocol.h"
#include "manager/files.h"
#include "manager/manager-internal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <utlist.h>

#define JOURNALD_PATH PKGLIBDIR "/svinit-journald"
#define STATE_FDS_MAX 8
#define STORED_ID ((uint64_t)1 << 63)
#define STORED_MAX 4096               /* accepted stream connections kept for svinit-journald */
#define OWN_STREAM_BYTES (256 * 1024) /* of svinit's own messages, while svinit-journald is away */
#define RESTART_DELAY (200 * USEC_PER_MSEC)

typedef struct Stream {
        uint64_t id;
        int fd;     /* owned: the read end */
        char *text; /* owned: what ADD said last */
        UT_hash_handle hh;
} Stream;

typedef struct Pending {
        uint32_t verb;
        uint64_t id; /* of a stream, or the message's id */
        char *text;  /* owned; for ADD and STORED the stream's own is sent */
        struct Pending *next, *prev;
} Pending;

struct JournalLink {
        Manager *manager;
        pid_t pid;
        int control;
        sd_event_source *source, *restart_timer;
        Stream *streams; /* hash by id */
        uint64_t next_id;
        unsigned n_stored;
        Pending *pending; /* list */
        int sockets[JOURNAL_SOCKET_MAX];
        int state[STATE_FDS_MAX];
        size_t n_state;
        bool ending, unavailable;
        usec_t last_start;
        unsigned quick_ends;
};

static int start(JournalLink *l);

static void stream_free(JournalLink *l, Stream *s) {
        HASH_DEL(l->streams, s);
        if (s->id & STORED_ID)
                l->n_stored--;
        close(s->fd);
        free(s->text);
        free(s);
}

static Stream *stream_find(JournalLink *l, uint64_t id) {
        Stream *s;

        HASH_FIND(hh, l->streams, &id, sizeof(id), s);
        return s;
}

/* Takes the descriptor. */
static Stream *stream_add(JournalLink *l, uint64_t id, int fd, const char *text) {
        Stream *s = calloc(1, sizeof(*s));

        if (!s || !(s->text = strdup(text))) {
                free(s);
                close(fd);
                return NULL;
        }
        s->id = id;
        s->fd = fd;
        HASH_ADD(hh, l->streams, id, sizeof(s->id), s);
        if (id & STORED_ID)
                l->n_stored++;
        return s;
}

/* 1: sent; 0: the socket is full; negative: the other end is gone. */
static int send_message(JournalLink *l, uint32_t verb, uint64_t id, const char *text, const int *fds,
                        size_t n_fds) {
        size_t len = text ? strlen(text) : 0;
        JournalMessage header = {
                .verb = verb, .n_fds = (uint32_t)n_fds, .id = id, .text_len = (uint32_t)len
        };
        struct iovec iov[] = { { &header, sizeof(header) }, { (void *)text, len } };
        union {
                char buf[CMSG_SPACE(STATE_FDS_MAX * sizeof(int))];
                struct cmsghdr align;
        } control = { 0 };
        struct msghdr mh = { .msg_iov = iov, .msg_iovlen = len > 0 ? 2 : 1 };

        if (n_fds > 0) {
                mh.msg_control = control.buf;
                mh.msg_controllen = CMSG_SPACE(n_fds * sizeof(int));
                struct cmsghdr *c = CMSG_FIRSTHDR(&mh);
                c->cmsg_level = SOL_SOCKET;
                c->cmsg_type = SCM_RIGHTS;
                c->cmsg_len = CMSG_LEN(n_fds * sizeof(int));
                memcpy(CMSG_DATA(c), fds, n_fds * sizeof(int));
        }
        if (sendmsg(l->control, &mh, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
                return 1;
        return errno == EAGAIN || errno == ENOBUFS || errno == ETOOMANYREFS ? 0 : -errno;
}

static int send_pending(JournalLink *l, const Pending *p) {
        Stream *s;

        switch (p->verb) {
        case JOURNAL_ADD:
        case JOURNAL_STORED:
                s = stream_find(l, p->id);
                return s ? send_message(l, p->verb, p->id, s->text, &s->fd, 1) : 1;
        case JOURNAL_LISTEN:
                return send_message(l, p->verb, p->id, NULL, &l->sockets[p->id], 1);
        case JOURNAL_STATE:
                return send_message(l, p->verb, 0, NULL, l->state, l->n_state);
        default:
                return send_message(l, p->verb, p->id, p->text, NULL, 0);
        }
}

static void pending_free(JournalLink *l, Pending *p) {
        DL_DELETE(l->pending, p);
        free(p->text);
        free(p);
}

static void flush_pending(JournalLink *l) {
        Pending *p, *next;

        if (l->control < 0)
                return;
        DL_FOREACH_SAFE (l->pending, p, next) {
                int r = send_pending(l, p);

                if (r == 0)
                        break;
                pending_free(l, p);
                if (r < 0)
                        break; /* its end is noticed by the source */
        }
        if (l->source)
                (void)sd_event_source_set_io_events(l->source, EPOLLIN | (l->pending ? EPOLLOUT : 0));
}

static int post(JournalLink *l, uint32_t verb, uint64_t id, const char *text) {
        Pending *p;

        if (l->control < 0)
                return 0; /* all is handed over when the next one starts */
        p = calloc(1, sizeof(*p));
        if (!p)
                return -ENOMEM;
        p->verb = verb;
        p->id = id;
        if (text && !(p->text = strdup(text))) {
                free(p);
                return -ENOMEM;
        }
        DL_APPEND(l->pending, p);
        flush_pending(l);
        return 0;
}

static int hand_over(JournalLink *l) {
        Stream *s, *next;
        int r;

        r = post(l, JOURNAL_STATE, 0, NULL);
        for (uint64_t i = 0; i < JOURNAL_SOCKET_MAX && r >= 0; i++)
                if (l->sockets[i] >= 0)
                        r = post(l, JOURNAL_LISTEN, i, NULL);
        HASH_ITER (hh, l->streams, s, next)
                if (r >= 0)
                        r = post(l, s->id & STORED_ID ? JOURNAL_STORED : JOURNAL_ADD, s->id, NULL);
        return r >= 0 ? post(l, JOURNAL_READY_END, 0, NULL) : r;
}

/* Is there really nothing left? A new process of the unit may have opened the pipe again meanwhile. */
static bool stream_is_at_end(const Stream *s) {
        struct pollfd p = { .fd = s->fd, .events = POLLIN };

        return poll(&p, 1, 0) == 1 && (p.revents & (POLLHUP | POLLERR)) && !(p.revents & POLLIN);
}

static void on_gone(JournalLink *l, uint64_t id) {
        Stream *s = stream_find(l, id);

        if (!s)
                return;
        if (!(id & STORED_ID) && !stream_is_at_end(s))
                (void)post(l, JOURNAL_ADD, id, NULL);
        else
                stream_free(l, s);
}

static void on_ask(JournalLink *l, uint64_t pid) {
        Unit *u = pid > 1 && pid <= INT32_MAX ? manager_unit_of_pid(l->manager, (pid_t)pid) : NULL;
        char text[UNIT_NAME_MAX + 80] = "", *p;

        if (u) {
                const uint8_t *id = unit_runtime(u)->invocation_id;

                p = text + snprintf(text, sizeof(text), "UNIT=%s\nINVOCATION_ID=", u->id);
                for (unsigned i = 0; i < 16; i++)
                        p += sprintf(p, "%02x", id[i]);
        }
        (void)post(l, JOURNAL_UNIT_OF, pid, text);
}

static void keep_state(JournalLink *l, int *fds, size_t n) {
        for (size_t i = 0; i < l->n_state; i++)
                close(l->state[i]);
        l->n_state = MIN(n, (size_t)STATE_FDS_MAX);
        for (size_t i = 0; i < l->n_state; i++)
                l->state[i] = TAKE_FD(fds[i]);
}

static void handle(JournalLink *l, const JournalMessage *msg, int *fds, size_t n_fds) {
        char text[JOURNAL_MESSAGE_MAX];

        switch (msg->verb) {
        case JOURNAL_GONE:
                on_gone(l, msg->id);
                break;
        case JOURNAL_SAVE_STATE:
                keep_state(l, fds, n_fds);
                break;
        case JOURNAL_STORE:
                snprintf(text, sizeof(text), "%.*s", (int)msg->text_len, msg->text);
                if (n_fds != 1 || !(msg->id & STORED_ID))
                        break;
                /* Stored again with what its header said. */
                if (stream_find(l, msg->id))
                        (void)str_replace(&stream_find(l, msg->id)->text, text);
                else if (l->n_stored < STORED_MAX)
                        (void)stream_add(l, msg->id, TAKE_FD(fds[0]), text);
                break;
        case JOURNAL_ASK:
                on_ask(l, msg->id);
                break;
        default:
                break;
        }
}

/* 1: one message; 0: nothing there; negative: the end. */
static int receive(JournalLink *l) {
        union {
                JournalMessage m;
                char buf[JOURNAL_MESSAGE_MAX];
        } data;
        union {
                char buf[CMSG_SPACE(STATE_FDS_MAX * sizeof(int))];
                struct cmsghdr align;
        } control;
        struct iovec iov = { data.buf, sizeof(data) };
        struct msghdr mh = { .msg_iov = &iov,
                             .msg_iovlen = 1,
                             .msg_control = control.buf,
                             .msg_controllen = sizeof(control) };
        int fds[STATE_FDS_MAX];
        size_t n_fds = 0;
        ssize_t n = recvmsg(l->control, &mh, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

        if (n < 0)
                return errno == EAGAIN || errno == EINTR ? 0 : -errno;
        if (n == 0)
                return -ECONNRESET;
        for (struct cmsghdr *c = CMSG_FIRSTHDR(&mh); c; c = CMSG_NXTHDR(&mh, c))
                if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS) {
                        n_fds = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
                        memcpy(fds, CMSG_DATA(c), n_fds * sizeof(int));
                }
        if ((size_t)n >= sizeof(JournalMessage) && data.m.text_len <= (size_t)n - sizeof(JournalMessage))
                handle(l, &data.m, fds, n_fds);
        for (size_t i = 0; i < n_fds; i++)
                cleanup_fd(&fds[i]);
        return 1;
}

static void disconnect(JournalLink *l) {
        Pending *p, *next;

        sd_event_source_disable_unref(TAKE(l->source));
        cleanup_fd(&l->control);
        l->control = -1;
        DL_FOREACH_SAFE (l->pending, p, next)
                pending_free(l, p);
}

static int on_control(sd_event_source *s, int fd, uint32_t revents, void *userdata) {
        JournalLink *l = userdata;
        int r = 1;

        for (unsigned i = 0; i < 64 && r > 0; i++)
                r = receive(l);
        if (r < 0)
                disconnect(l); /* the process's end follows */
        else
                flush_pending(l);
        if (l->manager->stopping)
                manager_kick(l->manager);
        return 0;
}

static void child(JournalLink *l, int fd) {
        char format[64];
        char *const argv[] = { (char *)"svinit-journald", format, NULL };
        sigset_t none;

        snprintf(format, sizeof(format), "--format=%s", l->manager->config.log_format ?: "prefix");
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
        if (getpid() != 1)
                prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (fd == JOURNAL_CONTROL_FD)
                (void)fcntl(fd, F_SETFD, 0);
        else
                (void)dup2(fd, JOURNAL_CONTROL_FD);
        execv(JOURNALD_PATH, argv);
        _exit(203);
}

static int start(JournalLink *l) {
        int pair[2], r;

        if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) < 0)
                return -errno;
        l->pid = fork();
        if (l->pid == 0)
                child(l, pair[1]);
        close(pair[1]);
        if (l->pid < 0) {
                r = -errno;
                close(pair[0]);
                return r;
        }
        l->control = pair[0];
        l->last_start = now_monotonic();
        r = sd_event_add_io(l->manager->event, &l->source, l->control, EPOLLIN, on_control, l);
        if (r < 0)
                return r;
        (void)sd_event_source_set_priority(l->source, PRIORITY_JOURNAL);
        return hand_over(l);
}

static int on_restart(sd_event_source *s, uint64_t usec, void *userdata) {
        JournalLink *l = userdata;

        if (start(l) < 0)
                journal_link_process_end(l, &(ProcessEnd){ .pid = l->pid });
        return 0;
}

bool journal_link_is_pid(const JournalLink *l, pid_t pid) {
        return l->pid == pid;
}

/* It comes back at once; one that ends again and again comes back slowly. */
void journal_link_process_end(JournalLink *l, const ProcessEnd *end) {
        bool quick = now_monotonic() - l->last_start < USEC_PER_SEC;

        l->pid = 0;
        /* What it said last counts: descriptors to keep, streams that are done with. */
        while (l->control >= 0 && receive(l) > 0)
                ;
        disconnect(l);
        if (l->ending)
                return;
        l->quick_ends = quick ? l->quick_ends + 1 : 0;
        if (end->code == CLD_EXITED && end->status == 203 && l->quick_ends > 3) {
                l->unavailable = true;
                manager_log_to(-1);
        }
        LOG(JOURNAL_ENDED, FIELD_I("STATUS", end->status));
        sd_event_source_disable_unref(TAKE(l->restart_timer));
        (void)sd_event_add_time_relative(l->manager->event, &l->restart_timer, CLOCK_MONOTONIC,
                                         l->quick_ends > 3   ? 5 * USEC_PER_SEC
                                         : l->quick_ends > 0 ? RESTART_DELAY
                                                             : 0,
                                         USEC_PER_MSEC, on_restart, l);
}

bool journal_link_available(const JournalLink *l) {
        return l && !l->unavailable;
}

void journal_link_end(JournalLink *l) {
        if (!l)
                return;
        l->ending = true;
        manager_log_to(-1); /* the end of our own stream */
        (void)post(l, JOURNAL_END, 0, NULL);
}

pid_t journal_link_pid(const JournalLink *l) {
        return l && l->pid > 0 ? l->pid : 0;
}

bool journal_link_ended(JournalLink *l) {
        return !l || l->pid <= 0;
}

static int bind_socket(JournalLink *l, JournalSocket which, int type, const char *name) {
        struct sockaddr_un sa = { .sun_family = AF_UNIX };
        int fd, one = 1;

        snprintf(sa.sun_path, sizeof(sa.sun_path), "%s/systemd/journal/%s", l->manager->host.runtime_dir,
                 name);
        (void)unlink(sa.sun_path);
        fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (fd < 0)
                return -errno;
        (void)setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &one, sizeof(one));
        if (bind(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0 || chmod(sa.sun_path, 0666) < 0 ||
            (type == SOCK_STREAM && listen(fd, SOMAXCONN) < 0)) {
                int r = -errno;

                close(fd);
                return r;
        }
        l->sockets[which] = fd;
        return 0;
}

/* /dev/log is where syslog(3) looks; a container's /dev may be read-only, then it stays as it is. */
static void link_dev_log(const JournalLink *l) {
        char target[256];

        snprintf(target, sizeof(target), "%s/systemd/journal/dev-log", l->manager->host.runtime_dir);
        (void)unlink("/dev/log");
        if (symlink(target, "/dev/log") < 0)
                LOG_ERRNO(WATCH_FAILED, -errno, FIELD_S("PATH", "/dev/log"));
}

static void bind_sockets(JournalLink *l) {
        static const struct {
                JournalSocket which;
                int type;
                const char *name;
        } all[] = { { JOURNAL_SOCKET_NATIVE, SOCK_DGRAM, "socket" },
                    { JOURNAL_SOCKET_STDOUT, SOCK_STREAM, "stdout" },
                    { JOURNAL_SOCKET_SYSLOG, SOCK_DGRAM, "dev-log" } };

        for (size_t i = 0; i < ELEMENTSOF(all); i++) {
                int r = bind_socket(l, all[i].which, all[i].type, all[i].name);

                if (r < 0)
                        LOG_ERRNO(WATCH_FAILED, r, FIELD_S("PATH", all[i].name));
        }
        if (l->sockets[JOURNAL_SOCKET_SYSLOG] >= 0 && l->manager->host.container)
                link_dev_log(l);
}

/* svinit's own messages: a stream as those of services, whose write end is the log front end's. */
static void open_own_stream(JournalLink *l) {
        char text[160];
        int fds[2];

        if (pipe2(fds, O_CLOEXEC) < 0)
                return;
        (void)fcntl(fds[1], F_SETFL, O_NONBLOCK);
        (void)fcntl(fds[1], F_SETPIPE_SZ, OWN_STREAM_BYTES);
        snprintf(text, sizeof(text),
                 "FORMAT=native\nIDENTIFIER=svinit\nUNIT=init.scope\nPID=%d\nUID=%d\nGID=%d", (int)getpid(),
                 (int)getuid(), (int)getgid());
        if (stream_add(l, l->next_id++, fds[0], text))
                manager_log_to(fds[1]);
        else
                close(fds[1]);
}

int journal_link_new(Manager *m, JournalLink **ret) {
        JournalLink *l = calloc(1, sizeof(*l));

        if (!l)
                return -ENOMEM;
        l->manager = m;
        l->control = -1;
        l->next_id = 1;
        for (size_t i = 0; i < JOURNAL_SOCKET_MAX; i++)
                l->sockets[i] = -1;
        *ret = l;
        if (access(JOURNALD_PATH, X_OK) < 0) {
                LOG_ERRNO(JOURNAL_MISSING, -errno, FIELD_S("PATH", JOURNALD_PATH));
                l->unavailable = true;
                return 0;
        }
        if (m->host.runtime_writable)
                bind_sockets(l);
        open_own_stream(l);
        return start(l);
}

void journal_link_free(JournalLink *l) {
        Stream *s, *next;

        if (!l)
                return;
        manager_log_to(-1);
        disconnect(l);
        sd_event_source_disable_unref(l->restart_timer);
        HASH_ITER (hh, l->streams, s, next)
                stream_free(l, s);
        for (size_t i = 0; i < JOURNAL_SOCKET_MAX; i++)
                cleanup_fd(&l->sockets[i]);
        for (size_t i = 0; i < l->n_state; i++)
                close(l->state[i]);
        free(l);
}

static const char *identifier_of(const Unit *u) {
        const CommandList *start = &u->spec->service->commands[COMMAND_START];
        const char *slash;

        if (u->spec->exec->syslog_identifier)
                return u->spec->exec->syslog_identifier;
        if (u->type != UNIT_SERVICE || start->n == 0)
                return u->id;
        slash = strrchr(start->v[0].path, '/');
        return slash ? slash + 1 : start->v[0].path;
}

static int describe(const Unit *u, bool is_stderr, pid_t pid, char **ret) {
        const UnitRuntime *rt = unit_runtime(u);
        const ExecSpec *e = u->spec->exec;
        Buf b auto_buf = { 0 };

        buf_addf(&b,
                 "UNIT=%s\nIDENTIFIER=%s\nSTREAM=%s\nPRIORITY=%d\nFACILITY=%d\nLEVEL_PREFIX=%d\nINVOCATION_"
                 "ID=",
                 u->id, identifier_of(u), is_stderr ? "stderr" : "stdout", e->syslog_level,
                 e->syslog_facility >> 3, e->syslog_level_prefix);
        for (unsigned i = 0; i < 16; i++)
                buf_addf(&b, "%02x", rt->invocation_id[i]);
        if (pid > 0)
                buf_addf(&b, "\nPID=%d", (int)pid);
        if (rt->group)
                buf_addf(&b, "\nCGROUP=%s", group_path(rt->group));
        if (e->log_level_max >= 0)
                buf_addf(&b, "\nLEVEL_MAX=%d", e->log_level_max);
        if (e->log_rate_limit_interval != USEC_INFINITY)
                buf_addf(&b, "\nRATE_INTERVAL_USEC=%" PRIu64 "\nRATE_BURST=%u", e->log_rate_limit_interval,
                         e->log_rate_limit_burst);
        STRV_FOREACH (field, e->log_extra_fields)
                buf_addf(&b, "\nFIELD_%s", *field);
        return buf_take(&b, ret);
}

/* A further process of the same run writes into the pipe that is there. */
static int reopen(const Stream *s, int *ret) {
        char path[40];
        int fd;

        snprintf(path, sizeof(path), "/proc/self/fd/%d", s->fd);
        fd = open(path, O_WRONLY | O_CLOEXEC | O_NONBLOCK);
        if (fd < 0)
                return -errno;
        (void)fcntl(fd, F_SETFL, 0); /* services expect a blocking stdout */
        *ret = fd;
        return 0;
}

static int open_stream(JournalLink *l, Unit *u, unsigned i, int *ret) {
        UnitRuntime *rt = unit_runtime(u);
        Stream *s = rt->stream_ids[i] ? stream_find(l, rt->stream_ids[i]) : NULL;
        int fds[2];

        if (s && reopen(s, ret) >= 0)
                return 0;
        if (pipe2(fds, O_CLOEXEC) < 0)
                return -errno;
        s = stream_add(l, l->next_id++, fds[0], "");
        if (!s) {
                close(fds[1]);
                return -ENOMEM;
        }
        rt->stream_ids[i] = s->id;
        *ret = fds[1];
        return 0;
}

int journal_link_streams(Manager *m, Unit *u, int ret_fds[2]) {
        int r;

        r = open_stream(m->journal, u, 0, &ret_fds[0]);
        if (r < 0)
                return r;
        r = open_stream(m->journal, u, 1, &ret_fds[1]);
        if (r < 0)
                cleanup_fd(&ret_fds[0]);
        return r;
}

void journal_link_announce(Manager *m, Unit *u, pid_t pid) {
        JournalLink *l = m->journal;

        for (unsigned i = 0; i < 2; i++) {
                Stream *s = unit_runtime(u)->stream_ids[i] ? stream_find(l, unit_runtime(u)->stream_ids[i])
                                                           : NULL;
                char *text;
                bool is_new;

                if (!s || describe(u, i == 1, pid, &text) < 0)
                        continue;
                is_new = s->text[0] == 0;
                free(s->text);
                s->text = text;
                (void)post(l, is_new ? JOURNAL_ADD : JOURNAL_UPDATE, s->id, is_new ? NULL : text);
        }
}
