/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What the files of the link to svinit-journald share: journal-link.c (what
 * it is as a companion, its sockets), journal-message.c (what is said to it and by it),
 * journal-stream.c (the pipes of which it reads).
 */

#include "journal/protocol.h"
#include "manager/companion.h"

#define STATE_FDS_MAX 8
#define STORED_ID ((uint64_t)1 << 63) /* streams that svinit-journald accepted itself */
#define STORED_MAX 4096               /* of them are kept for it */
#define DEAD_MAX 64                   /* processes that have ended of late */
#define ASKED_MAX 64                  /* processes about which svinit-journald waits for a second look */

/* A process that has ended: its last datagrams may still wait to be read. */
typedef struct JournalDead {
        pid_t pid;
        Unit *unit; /* borrowed; NULL: none */
} JournalDead;

typedef struct JournalStream {
        uint64_t id;
        int fd;     /* owned: the read end */
        char *text; /* owned: what ADD said last */
        UT_hash_handle hh;
} JournalStream;

struct JournalLink {
        Companion companion;
        JournalStream *streams; /* hash by id */
        uint64_t next_id;
        unsigned n_stored;
        int sockets[JOURNAL_SOCKET_MAX];
        int state[STATE_FDS_MAX];
        size_t n_state;
        JournalDead dead[DEAD_MAX]; /* a ring */
        unsigned next_dead;
        pid_t asked[ASKED_MAX];
        size_t n_asked;
        sd_event_source *look_again; /* owned; NULL until it is needed */
};

/* journal-stream.c */
JournalStream *journal_stream_find(JournalLink *l, uint64_t id);
JournalStream *journal_stream_add(JournalLink *l, uint64_t id, int fd,
                                  const char *text); /* takes the descriptor; NULL: no memory */
void journal_stream_free(JournalLink *l, JournalStream *s);
/* Is there really nothing left? A new process of the unit may have opened the pipe again meanwhile. */
bool journal_stream_is_at_end(const JournalStream *s);
void journal_describe_unit(const Unit *u, Buf *b); /* as protocol.h says */
void journal_open_own_stream(JournalLink *l);      /* of svinit's own messages */

/* journal-message.c */
int journal_post(JournalLink *l, uint32_t verb, uint64_t id, const char *text);
int journal_send(Companion *c, const LinkMessage *m, const char *text);
int journal_hand_over(Companion *c);
void journal_receive(Companion *c, LinkIncoming *in);
