/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Datagrams: looked at, stored, committed with a fingerprint, taken. The
 * kernel's time stamp makes the fingerprint unique.
 */

#include "journal/parse-datagram.h"
#include "journal/sender.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <syslog.h>
#include <unistd.h>

#define TMPFS_MAGIC_NUMBER 0x01021994
#define PAYLOAD_MAX ((off_t)JOURNAL_DATA_MAX)

void datagram_prepare(int fd) {
        int on = 1;

        (void)setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on));
        (void)setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on));
}

typedef struct Datagram {
        char *data; /* in the server's buffer, or `large` */
        size_t size;
        char *large; /* owned */
        int fd;      /* owned; -1: none came along */
        struct ucred ucred;
        bool has_ucred;
        Fingerprint print;
} Datagram;

static void datagram_release(Datagram *d) {
        free(d->large);
        fd_release(&d->fd);
}

static void read_control(struct msghdr *message, Datagram *d) {
        for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
                size_t n = c->cmsg_len - CMSG_LEN(0);
                struct timespec ts;

                if (c->cmsg_level != SOL_SOCKET)
                        continue;
                if (c->cmsg_type == SCM_CREDENTIALS && n == sizeof(d->ucred)) {
                        memcpy(&d->ucred, CMSG_DATA(c), sizeof(d->ucred));
                        d->has_ucred = true;
                } else if (c->cmsg_type == SO_TIMESTAMPNS && n == sizeof(ts)) {
                        memcpy(&ts, CMSG_DATA(c), sizeof(ts));
                        d->print.time = (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
                } else if (c->cmsg_type == SCM_RIGHTS)
                        for (size_t i = 0; i < n / sizeof(int); i++) {
                                int fd;

                                memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(fd));
                                if (d->fd < 0)
                                        d->fd = fd;
                                else
                                        close(fd);
                        }
        }
}

static ssize_t look(int fd, Datagram *d, char *buffer, size_t room) {
        union {
                struct cmsghdr header;
                char space[CMSG_SPACE(sizeof(struct ucred)) + CMSG_SPACE(sizeof(struct timespec)) +
                           CMSG_SPACE(sizeof(int) * 253) + 256];
        } control;
        struct iovec iov = { buffer, room };
        struct msghdr message = {
                .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)
        };
        ssize_t n;

        fd_release(&d->fd);
        n = recvmsg(fd, &message, MSG_PEEK | MSG_DONTWAIT | MSG_TRUNC | MSG_CMSG_CLOEXEC);
        if (n < 0)
                return -errno;
        read_control(&message, d);
        d->data = buffer;
        d->size = MIN((size_t)n, room);
        return n;
}

/* 1: a datagram; 0: none. */
static int datagram_look(Server *s, JournalSocket which, Datagram *d) {
        size_t room = s->buffer_size - SERVER_HEADROOM - 1;
        ssize_t n;

        *d = (Datagram){ .fd = -1 };
        n = look(s->sockets[which], d, s->buffer + SERVER_HEADROOM, room);
        if (n > (ssize_t)room) {
                d->large = malloc((size_t)n + SERVER_HEADROOM + 1);
                if (d->large)
                        n = look(s->sockets[which], d, d->large + SERVER_HEADROOM, (size_t)n);
        }
        if (n < 0)
                return 0;

        d->data[d->size] = 0;
        d->print.socket = which;
        d->print.size = (uint64_t)n;
        d->print.pid = (uint64_t)d->ucred.pid;
        return 1;
}

static void datagram_take(Server *s, JournalSocket which) {
        (void)recv(s->sockets[which], NULL, 0, MSG_DONTWAIT | MSG_TRUNC);
}

/*
 * Large messages come as a memory file. Only those can be sealed, and asking for the seals is a question to the kernel,
 * while fstat() of anything else may be one to whoever sent it, and never be answered. Sealed or not, it is read once,
 * into memory of ours: what its sender does to it meanwhile shows in the text at most.
 */
static bool load_payload(Datagram *d) {
        struct statfs fs;
        struct stat st;
        ssize_t n;

        if (fcntl(d->fd, F_GET_SEALS) < 0)
                return false;
        if (fstat(d->fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size <= 0 || st.st_size > PAYLOAD_MAX)
                return false;
        if (fstatfs(d->fd, &fs) < 0 || (unsigned long)fs.f_type != TMPFS_MAGIC_NUMBER)
                return false;
        free(d->large);
        d->large = malloc((size_t)st.st_size + 1);
        if (!d->large)
                return false;
        n = pread(d->fd, d->large, (size_t)st.st_size, 0);
        if (n <= 0)
                return false;
        d->data = d->large;
        d->size = (size_t)n;
        d->data[n] = 0;
        return true;
}

static char *piece_text(Piece p, char *buffer, size_t size) {
        snprintf(buffer, size, "%.*s", (int)MIN(p.size, size - 1), p.data);
        return buffer;
}

static size_t add_source_time(const Datagram *d, char *buffer, size_t size, struct iovec *ret) {
        int n = snprintf(buffer, size, "_SOURCE_REALTIME_TIMESTAMP=%" PRIu64, d->print.time / NSEC_PER_USEC);

        *ret = (struct iovec){ buffer, (size_t)n };
        return d->print.time > 0;
}

static void store_native(Server *s, const Datagram *d, Sender *x) {
        char stamp[64], identifier[128], unit[256];
        FieldSet *common = sender_fields(s, x, JOURNAL_SOCKET_NATIVE);
        UnitLog *unit_log = sender_unit_log(s, x);
        EntryTime when = server_entry_time();
        bool from_manager = x->pid == getppid();

        for (size_t at = 0; at < d->size;) {
                NativeEntry e;
                ssize_t n = native_parse(d->data + at, d->size - at, &e);

                if (e.n_fields > 0 &&
                    deliver_admits(s, unit_log, e.priority >= 0 ? e.priority : LOG_INFO, when.monotonic) &&
                    array_reserve(&e.fields, &e.capacity, e.n_fields + 1, sizeof(struct iovec)) >= 0) {
                        size_t n_own =
                                e.n_fields + add_source_time(d, stamp, sizeof(stamp), &e.fields[e.n_fields]);

                        deliver(s, &(Message){ .common = common,
                                               .own = e.fields,
                                               .n_own = n_own,
                                               .when = when,
                                               .text = e.message.data,
                                               .size = e.message.size,
                                               .priority = e.priority >= 0 ? e.priority : LOG_INFO,
                                               .facility = e.facility >= 0 ? e.facility : LOG_USER >> 3,
                                               .identifier = e.identifier.data
                                                                     ? piece_text(e.identifier, identifier,
                                                                                  sizeof(identifier))
                                                                     : x->comm,
                                               .unit = from_manager && e.unit.data
                                                               ? piece_text(e.unit, unit, sizeof(unit))
                                                       : x->has_unit ? x->unit
                                                                     : NULL,
                                               .invocation = *x->invocation ? x->invocation : NULL,
                                               .transport = "journal",
                                               .pid = (pid_t)x->pid,
                                               .to_stderr = true,
                                               .to_console = e.priority < LOG_DEBUG,
                                               .is_forwarded = true });
                }
                native_entry_release(&e);
                if (n <= 0)
                        break;
                at += (size_t)n;
        }
}

static void store_syslog(Server *s, Datagram *d, Sender *x) {
        char stamp[64], priority[16], facility[32], identifier[128 + 20], pid[40], when_text[64];
        FieldSet *common = sender_fields(s, x, JOURNAL_SOCKET_SYSLOG);
        char *raw auto_free = NULL;
        struct iovec own[8], as_it_came = { 0 };
        EntryTime when = server_entry_time();
        SyslogMessage m;
        size_t n = 0;

        syslog_parse(d->data, d->size, &m);
        if (m.text.size == 0 || !deliver_admits(s, sender_unit_log(s, x), m.priority, when.monotonic))
                return;
        /* A copy, as MESSAGE= is put together in the datagram's place. */
        if (m.needs_raw || s->config.forward[FORWARD_SYSLOG]) {
                raw = malloc(d->size + 11);
                if (raw) {
                        memcpy(raw, "SYSLOG_RAW=", 11);
                        memcpy(raw + 11, d->data, d->size);
                        as_it_came = (struct iovec){ raw + 11, d->size };
                }
        }
        if (m.needs_raw && raw)
                own[n++] = (struct iovec){ raw, d->size + 11 };
        own[n++] = (struct iovec){ priority,
                                   (size_t)snprintf(priority, sizeof(priority), "PRIORITY=%d", m.priority) };
        if (m.has_facility)
                own[n++] = (struct iovec){ facility, (size_t)snprintf(facility, sizeof(facility),
                                                                      "SYSLOG_FACILITY=%d", m.facility) };
        if (m.identifier.data) {
                int size = snprintf(identifier, sizeof(identifier), "SYSLOG_IDENTIFIER=%.*s",
                                    (int)MIN(m.identifier.size, 128U), m.identifier.data);

                own[n++] = (struct iovec){ identifier, (size_t)size };
        }
        if (m.pid.data)
                own[n++] = (struct iovec){ pid, (size_t)snprintf(pid, sizeof(pid), "SYSLOG_PID=%.*s",
                                                                 (int)MIN(m.pid.size, 20U), m.pid.data) };
        if (m.timestamp.data)
                own[n++] = (struct iovec){
                        when_text, (size_t)snprintf(when_text, sizeof(when_text), "SYSLOG_TIMESTAMP=%.*s",
                                                    (int)MIN(m.timestamp.size, 40U), m.timestamp.data)
                };
        n += add_source_time(d, stamp, sizeof(stamp), &own[n]);

        /* Everything in front of the text has been copied. In front of the datagram there is head room. */
        memcpy((char *)m.text.data - 8, "MESSAGE=", 8);
        own[n++] = (struct iovec){ (char *)m.text.data - 8, m.text.size + 8 };
        deliver(s, &(Message){ .common = common,
                               .own = own,
                               .n_own = n,
                               .when = when,
                               .text = m.text.data,
                               .size = m.text.size,
                               .priority = m.priority,
                               .facility = m.facility,
                               .identifier = m.identifier.data ? identifier + 18 : x->comm,
                               .unit = x->has_unit ? x->unit : NULL,
                               .invocation = *x->invocation ? x->invocation : NULL,
                               .transport = "syslog",
                               .pid = (pid_t)x->pid,
                               .to_stderr = true,
                               .to_console = m.priority < LOG_DEBUG,
                               .is_forwarded = true,
                               .raw = as_it_came });
}

static void store(Server *s, JournalSocket which, Datagram *d) {
        Sender nobody = { 0 }, *x = sender_find(s, d->ucred.pid);

        x = x ?: &nobody;
        if (which == JOURNAL_SOCKET_SYSLOG)
                store_syslog(s, d, x);
        else if (d->size > 0 || (d->fd >= 0 && load_payload(d)))
                store_native(s, d, x);
        for (size_t i = 0; i < JOURNAL_SOCKET_MAX; i++)
                if (x == &nobody && nobody.sets[i].n_refs > 0) {
                        storage_commit(&s->storage);
                        field_set_release(&nobody.sets[i]);
                }
}

static bool is_stored(const Server *s, const Fingerprint *p) {
        const Commit *c = state_committed(&s->state);

        return c->kind == WORK_DATAGRAM && memcmp(&c->datagram, p, sizeof(*p)) == 0;
}

bool datagram_read(Server *s, JournalSocket which) {
        Datagram d;
        Sender *x;
        bool is_new;

        if (s->sockets[which] < 0 || s->asked_pid > 0 || !datagram_look(s, which, &d))
                return false;
        if (!d.has_ucred)
                d.ucred = (struct ucred){ .uid = (uid_t)-1, .gid = (gid_t)-1 };
        x = sender_get(s, &d.ucred, &is_new);
        if (x && is_new && sender_ask(s, x)) {
                datagram_release(&d);
                return false;
        }

        store(s, which, &d);
        s->state.next.kind = WORK_DATAGRAM;
        s->state.next.datagram = d.print;
        s->state.next.carry_slot = 0;
        storage_commit(&s->storage);
        datagram_take(s, which);
        datagram_release(&d);
        return true;
}

/* The one that was stored last may not have been taken. */
void datagram_recover(Server *s) {
        for (JournalSocket i = 0; i < JOURNAL_SOCKET_MAX; i++) {
                Datagram d;

                if (!sender_is_datagram(i) || s->sockets[i] < 0 || !datagram_look(s, i, &d))
                        continue;
                if (is_stored(s, &d.print))
                        datagram_take(s, i);
                datagram_release(&d);
        }
}
