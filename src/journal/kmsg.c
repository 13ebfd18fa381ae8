/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Messages of the kernel, and of those who write to /dev/kmsg. PID 1 keeps the
 * open file and with it the place in the ring, so that a killed svinit-journald
 * loses at most the record that it had just read; that one is read again when
 * the kernel still has it: the commit says which was the last one stored.
 */

#include "journal/parse-kmsg.h"
#include "journal/server.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <syslog.h>
#include <unistd.h>

#define RECORD_MAX 8192 /* the kernel's own limit */
#define KMSG_FIELDS_MAX 8

typedef struct Fields {
        struct iovec v[KMSG_FIELDS_MAX];
        char space[KMSG_FIELDS_MAX][320];
        size_t n;
} Fields;

static void PRINTF_LIKE(2, 3) add(Fields *f, const char *format, ...) {
        va_list ap;
        int n;

        va_start(ap, format);
        n = vsnprintf(f->space[f->n], sizeof(f->space[f->n]), format, ap);
        va_end(ap);
        f->v[f->n] = (struct iovec){ f->space[f->n], (size_t)MIN(n, (int)sizeof(f->space[f->n]) - 1) };
        f->n++;
}

static void add_piece(Fields *f, const char *name, Piece p) {
        if (p.size > 0)
                add(f, "%s=%.*s", name, (int)MIN(p.size, 256U), p.data);
}

/* Ours come back when they are forwarded to where we read. */
static bool is_echo(const Server *s, const KmsgRecord *k) {
        return s->config.forward[FORWARD_KMSG] && k->facility != LOG_KERN >> 3;
}

/* MESSAGE= is put together in front of the text: what stands there has been copied. */
static void store(Server *s, const KmsgRecord *k) {
        Fields f = { .n = 0 };
        char *text = (char *)k->text.data;
        char identifier[128] = "kernel";

        if (k->text.size == 0 || is_echo(s, k))
                return;
        add(&f, "PRIORITY=%d", k->priority);
        add(&f, "SYSLOG_FACILITY=%d", k->facility);
        if (k->facility != LOG_KERN >> 3)
                snprintf(identifier, sizeof(identifier), "%.*s", (int)MIN(k->identifier.size, 127U),
                         k->identifier.data ?: "");
        add_piece(&f, "SYSLOG_IDENTIFIER", (Piece){ identifier, strlen(identifier) });
        add_piece(&f, "SYSLOG_PID", k->pid);
        add(&f, "_SOURCE_MONOTONIC_TIMESTAMP=%" PRIu64, k->monotonic);
        add_piece(&f, "_KERNEL_DEVICE", k->device);
        add_piece(&f, "_KERNEL_SUBSYSTEM", k->subsystem);
        memcpy(text - 8, "MESSAGE=", 8);
        f.v[f.n++] = (struct iovec){ text - 8, k->text.size + 8 };
        deliver(s, &(Message){ .common = &s->kernel,
                               .own = f.v,
                               .n_own = f.n,
                               .when = server_entry_time(),
                               .text = k->text.data,
                               .size = k->text.size,
                               .priority = k->priority,
                               .facility = k->facility,
                               .identifier = identifier,
                               .transport = "kernel" });
}

/* Between two that came, or the kernel has said that it has thrown some away. */
static void report_missed(Server *s, uint64_t n) {
        deliver_own(s, LOG_WARNING, "e9bf28e6e834481bb6f48f548ad13606", "Missed %" PRIu64 " kernel messages",
                    n);
}

bool kmsg_read(Server *s) {
        char *p = s->buffer + SERVER_HEADROOM;
        uint64_t expected = state_committed(&s->state)->kmsg_next;
        KmsgRecord k;
        ssize_t n;

        if (s->sockets[JOURNAL_SOCKET_KMSG] < 0)
                return false;
        n = read(s->sockets[JOURNAL_SOCKET_KMSG], p,
                 MIN(s->buffer_size - SERVER_HEADROOM - 1, (size_t)RECORD_MAX));
        if (n < 0 &&
            (errno == EPIPE || errno == EINTR)) /* overwritten: the next one is the oldest there is */
                return true;
        if (n <= 0) {
                if (n == 0 || errno != EAGAIN)
                        server_unwatch(s, s->sockets[JOURNAL_SOCKET_KMSG]);
                return false;
        }
        p[n] = 0;
        if (!kmsg_parse(p, (size_t)n, &k) || k.seqnum < expected)
                return true;
        if (expected > 0 && k.seqnum > expected)
                report_missed(s, k.seqnum - expected);
        store(s, &k);
        s->state.next.kind = WORK_NONE;
        s->state.next.carry_slot = 0;
        s->state.next.kmsg_next = k.seqnum + 1;
        storage_commit(&s->storage);
        return true;
}

/* An interrupted one may have read what it did not store. The first of all begins where PID 1 has opened it. */
void kmsg_begin(Server *s) {
        field_set_add(&s->kernel, "_TRANSPORT", "kernel");
        (void)field_set_add_all(&s->kernel, &s->host);
        if (s->sockets[JOURNAL_SOCKET_KMSG] >= 0 && state_committed(&s->state)->kmsg_next > 0)
                (void)lseek(s->sockets[JOURNAL_SOCKET_KMSG], 0, SEEK_SET);
}
