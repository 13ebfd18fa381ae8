/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What PID 1 and svinit-journald say to each other, over the pair of
 * companion/link.h. svinit-journald may die at any time: PID 1 keeps a
 * duplicate of every descriptor it hands over and sends all of them again to
 * the next svinit-journald. The ids of streams are chosen by PID 1 below 2^63,
 * by svinit-journald (STORE) above.
 *
 * Why each message is harmless for PID 1: it only ever adds or drops
 * bookkeeping of svinit-journald's own, and PID 1 only stores (STORE) or closes
 * (GONE) descriptors by id, in bounded number.
 *
 * What must hold on PID 1's side, or lines are lost:
 * - it reads all that a dead svinit-journald had sent before it starts the next one (SAVE_STATE, STORE, GONE);
 * - STORE for an id it has replaces the text: the connection has said who it is;
 * - STATE comes first, READY_END last, in between in any order LISTEN, ADD (with the same ids), STORED.
 * ADD for a stream that svinit-journald has counts as UPDATE. The answer to ASK carries what holds for all that comes from the unit:
 * UNIT= INVOCATION_ID= SLICE= CGROUP= LEVEL_MAX= RATE_INTERVAL_USEC= RATE_BURST= FIELD_xxx=.
 *
 * The text of ADD is lines "KEY=value": UNIT= INVOCATION_ID= IDENTIFIER= PID= UID= GID= COMM= PRIORITY= FACILITY=
 * LEVEL_PREFIX=0|1 FORMAT=native (records of fields instead of lines) LEVEL_MAX= STREAM=stdout|stderr CONSOLE=0|1 RATE_INTERVAL_USEC= RATE_BURST= FIELD_xxx=... CGROUP= SLICE=
 * SYSLOG=0|1 KMSG=0|1 TERMINAL=0|1 (its lines are forwarded there, whatever holds for the others).
 * Where the value of a field has several lines, each further one follows as "+=line".
 */

#include "base/text.h"
#include "companion/link.h"

/* Without a newline at the end. */
static inline void journal_text_add_field(Buf *b, const char *field) {
        buf_add(b, "FIELD_");
        for (; *field; field++) {
                buf_add_char(b, *field);
                if (*field == '\n')
                        buf_add(b, "+=");
        }
}

typedef enum JournalVerb {
        /* PID 1 -> svinit-journald */
        JOURNAL_ADD = 1, /* id, text, 1 fd: the read end of a service's pipe */
        JOURNAL_UPDATE,  /* id, text: the pipe now belongs to another process (PID=), same unit */
        JOURNAL_LISTEN,  /* id = JournalSocket, 1 fd: a bound socket to receive on */
        JOURNAL_STATE, /* 1..n fds: the memfd and pipes in which svinit-journald keeps what must survive it; 0 fds: make new ones */
        JOURNAL_STORED,    /* id, text, 1 fd: a descriptor that an earlier svinit-journald had stored */
        JOURNAL_READY_END, /* all descriptors of an earlier one have been handed over */
        JOURNAL_SYNC,      /* fsync what is written, then answer SYNCED with the same id */
        JOURNAL_ROTATE,    /* close the journal files, begin new ones; SYNCED with the id */
        JOURNAL_FLUSH,     /* move /run/log/journal to /var/log/journal; SYNCED with the id */
        JOURNAL_UNIT_OF,   /* answer to ASK: id = pid, text as above, or "": of none */
        JOURNAL_END,       /* read everything that is there, write it, sync, answer SYNCED, exit */
        /* svinit-journald -> PID 1 */
        JOURNAL_GONE, /* id: the pipe is at its end and all of it is written: PID 1 may close its duplicate */
        JOURNAL_SAVE_STATE, /* n fds: keep these for the next one (answer to STATE with 0 fds) */
        JOURNAL_STORE,      /* id, text, 1 fd: keep this (an accepted stream connection) until GONE */
        JOURNAL_SYNCED,     /* id */
        JOURNAL_ASK,        /* id = pid: which unit is it? (datagrams; answered by UNIT_OF) */
        JOURNAL_WALL,       /* text: to be shown on the terminals of the users that are logged in */
        JOURNAL_VERB_MAX,
} JournalVerb;

typedef enum JournalSocket {
        JOURNAL_SOCKET_NATIVE,
        JOURNAL_SOCKET_STDOUT,
        JOURNAL_SOCKET_SYSLOG,
        JOURNAL_SOCKET_KMSG,    /* /dev/kmsg, opened for reading */
        JOURNAL_SOCKET_VARLINK, /* calls: rotate, flush, sync */
        JOURNAL_SOCKET_MAX
} JournalSocket;
