/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * svinit-journald as a whole: one thread, one epoll loop.
 *
 *      control.c    what PID 1 says: streams and sockets to read, sync, rotate, end
 *      intake.c     streams: held pipe -> lines
 *      connection.c what opens a connection
 *      record.c     the stream of PID 1's own messages
 *      datagram.c   native and syslog sockets
 *      sender.c     who sent a datagram
 *      kmsg.c       messages of the kernel
 *      request.c    what journalctl asks for
 *      deliver.c    one message to the journal, the consoles and where it is forwarded to
 *
 * Nothing is read before PID 1 has handed over everything (READY_END), as what
 * an interrupted predecessor left in the State must be finished first.
 */

#include "journal/client.h"
#include "journal/config.h"
#include "journal/console.h"
#include "journal/protocol.h"
#include "journal/request.h"
#include "journal/storage.h"
#include "journal/stream.h"
#include "journal/syslog-out.h"
#include "journal/unit-log.h"

#include <inttypes.h>
#include <time.h>

typedef struct Server Server;

typedef enum WatchKind {
        WATCH_CONTROL,
        WATCH_STREAM,
        WATCH_SOCKET,
        WATCH_CONSOLE
} WatchKind;

typedef struct Sender Sender;

/* For PID 1's answer to ASK. Who logs waits as long, so not for ever; but PID 1 does answer, however slow the machine. */
#define SERVER_ASK_PATIENCE (10 * USEC_PER_SEC)

typedef struct Server {
        Config config;
        State state;
        Storage storage;
        Console consoles[2];
        bool console_watched[2];
        SyslogOut syslog;
        Forward forward;
        UnitLogs units;
        FieldSet kernel; /* what its messages have in common */
        FieldSet host;   /* _BOOT_ID, _MACHINE_ID, _HOSTNAME */
        FieldSet self;   /* our own messages */
        CgroupRoot cgroup_root;
        int epoll_fd, control_fd, null_fd;
        Requests requests;
        int sockets[JOURNAL_SOCKET_MAX]; /* owned; -1: not given */
        Stream *streams;                 /* uthash by id */
        Sender *senders;                 /* uthash by pid, see sender.c */
        unsigned n_senders;
        uint64_t next_stream_id;
        char *buffer; /* owned; input, with room for a field name and a carried line in front */
        size_t buffer_size;
        bool ready; /* PID 1 has handed over everything */
        bool ending;
        bool is_exposed; /* a part of the sandbox could not be had */
        bool draining;
        bool is_critical;            /* something of LOG_CRIT or worse came: to the disk at once */
        usec_t sync_at, announce_at; /* monotonic; 0: not wanted */
        usec_t trim_at;              /* when nothing has come for a while */
        usec_t care_at;              /* when something has come, whatever comes after it */
        usec_t announced;
        bool persistent_is_missing; /* since the sandbox was closed */
        usec_t ask_until;           /* a datagram waits for PID 1's answer */
        pid_t asked_pid;
        usec_t no_ask_before;
        usec_t streams_ask_until; /* connections wait for PID 1's answer */
} Server;

/* The text of input begins behind this much room. */
#define SERVER_HEADROOM (16 + STATE_CARRY_MAX)

/* One message on its way. */
typedef struct Message {
        FieldSet *common;
        const struct iovec *own; /* payloads, MESSAGE= among them */
        size_t n_own;
        EntryTime when;
        const char *text; /* of MESSAGE=, for those who want a line */
        size_t size;
        int priority, facility;
        const char *identifier, *unit, *invocation, *transport;
        pid_t pid;
        bool to_stderr, to_console;
        bool is_forwarded;          /* as the configuration says; `forward` besides */
        unsigned forward;           /* FORWARD_BIT()s */
        const Foresight *foresight; /* of own[0]; may be NULL */
        struct iovec raw; /* for the syslog socket, as it came by /dev/log; empty: made of the above */
} Message;

int server_init(Server *s, int argc, char *argv[]);
int server_run(Server *s);
void server_begin(Server *s); /* everything was handed over */
void server_end(Server *s);   /* everything that was taken is stored; the file is closed */
void server_release(Server *s);
int server_watch(Server *s, int fd, WatchKind kind, void *what, uint32_t events);
void server_unwatch(Server *s, int fd);
usec_t server_now(clockid_t clock);
EntryTime server_entry_time(void);
/* Input was taken: arms what follows from that (announcing, sync). */
void server_after_input(Server *s);
/* Reads everything that is there now. */
void server_drain(Server *s);

/* deliver.c */
void deliver(Server *s, const Message *m);
/* A message of our own; `id` is its MESSAGE_ID=, or NULL. */
void deliver_own(Server *s, int priority, const char *id, const char *format, ...) PRINTF_LIKE(4, 5);
/* LogLevelMax= and the limit of the unit. False: it goes nowhere. */
bool deliver_admits(Server *s, UnitLog *unit, int priority, usec_t monotonic);
void deliver_flush(Server *s);

/* control.c; false: PID 1 is gone. */
bool control_dispatch(Server *s);
/* What JOURNAL_SYNC, _ROTATE and _FLUSH ask for. False: only the next svinit-journald can. */
bool control_perform(Server *s, uint32_t verb);
/* The directory came after the sandbox was closed: the next one, which PID 1 starts at once, may use it. */
#define FLUSH_UNASKED UINT64_MAX /* nobody at PID 1's end waits for it */
void control_leave_flush_to_next(Server *s, uint64_t id);
int control_send(Server *s, JournalVerb verb, uint64_t id, const char *text, const int *fds, size_t n_fds);

/* intake.c */
int stream_adopt(Server *s, uint64_t id, int fd, const char *text, size_t n, bool is_connection);
/* What PID 1 says about a stream that is there. */
void stream_update(Server *s, Stream *stream, const char *text, size_t n);
void stream_drop(Server *s, Stream *stream); /* it is at its end, and PID 1 is told */
/* One batch. True when there may be more. */
bool stream_read(Server *s, Stream *stream);
/* What an interrupted svinit-journald had in its hands. */
void stream_recover(Server *s);
/* A unit that says nothing of its own about limits has the journal's. */
void stream_complete_rate(const Config *c, StreamInfo *info);
/* What PID 1 has said about a unit of which there is a stream; NULL: it has to be asked. */
UnitLog *stream_unit_log(Server *s, const char *unit);

/* connection.c */
void stream_accept(Server *s);
bool connection_read_header(Server *s, Stream *stream);
/* What they have said before everything was handed over: they are watched for changes only. */
void connections_begin(Server *s);
/* A header that was committed may still be in front of the lines. */
void connection_recover(Server *s, const Commit *c);
/* PID 1's answer about the sender of connections; pid 0: there was none in time. */
void stream_unit_known(Server *s, pid_t pid, const char *text, size_t n);

/* record.c */
void record_deliver(Server *s, Stream *stream, char *text, size_t n, EntryTime when);

/* kmsg.c; one record. True when there may be more. */
void kmsg_begin(Server *s);
bool kmsg_read(Server *s);

/* datagram.c; one datagram. True when there may be more. */
bool datagram_read(Server *s, JournalSocket socket);
void datagram_prepare(int fd);
void datagram_recover(Server *s);

/* sender.c; PID 1's answer: pid 0, there was none in time. */
void sender_unit_known(Server *s, pid_t pid, const char *text, size_t n);
void sender_forget_all(Server *s);
