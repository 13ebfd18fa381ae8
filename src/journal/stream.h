/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * One source of lines: the pipe of a service, or a connection to
 * /run/systemd/journal/stdout, and what is known about its sender.
 *
 * The fields of its entries are made when its first line comes (the process
 * has become what it is by then) and again after an update; one set for each
 * priority that was seen.
 */

#include "base/macro.h"
#include "base/time.h"
#include "journal/fields.h"

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

typedef struct StreamInfo {
        char *unit, *invocation, *identifier, *comm, *cgroup, *slice; /* owned */
        char **extra;                                                 /* owned; NAME=value */
        int64_t pid, uid, gid;                                        /* pid 0, uid and gid -1: unknown */
        int priority, facility;
        int level_max;
        bool level_prefix;
        bool is_stderr;
        bool is_native; /* FORMAT=native: no lines, records of PID 1 itself, see record.c */
        bool to_console;
        unsigned forward; /* FORWARD_BIT()s: destinations that the stream wants for itself */
        uint64_t rate_interval, rate_burst;
} StreamInfo;

typedef struct Stream {
        uint64_t id; /* key of `hh` */
        int fd;      /* owned */
        bool is_socket;
        bool in_header; /* a connection that has not yet said who it is */
        bool is_watched;
        bool has_asked, is_waiting; /* PID 1, for the unit; and the answer has not come */
        uint64_t carry_slot;        /* of State; 0: no partial line */
        StreamInfo info;
        FieldSet *sets[8];    /* owned; by priority */
        size_t pipe_size;     /* of a service's pipe; 0: not looked at yet */
        usec_t looked_at;     /* monotonic: when the fields of its process were made; 0: they are not */
        uint64_t start_time;  /* of that process */
        uint64_t sender_hash; /* of these fields */
        char stream_id[33];
        UT_hash_handle hh;
} Stream;

/* `run_id` and `id` make its _STREAM_ID=: the same when it is handed over to the next svinit-journald. */
Stream *stream_new(uint64_t id, int fd, const uint8_t run_id[16]);
void stream_free(Stream *s);

/* The text of ADD, UPDATE and STORED. Unknown keys are ignored; what is not named keeps its value. */
void stream_info_parse(StreamInfo *info, const char *text, size_t n);
void stream_info_init(StreamInfo *info);
void stream_info_release(StreamInfo *info);
/* The seven lines that open a connection. 0: incomplete; <0: not a header; else its length. Pure. */
int stream_header_parse(const char *text, size_t n, bool trusted, StreamInfo *ret);
/* What STORE says about it, to be read by stream_info_parse(). */
void stream_info_format(const StreamInfo *info, Buf *b);

/* What was known may have changed. */
void stream_forget_fields(Stream *s);
/* The common fields of the lines of that priority; NULL when memory is short. `host` goes into each. */
FieldSet *stream_fields(Stream *s, int priority, usec_t monotonic, const FieldSet *host);
/* The common fields of its records (FORMAT=native), which bring their own priority. */
FieldSet *stream_record_fields(Stream *s, usec_t monotonic, const FieldSet *host);
/*
 * Before lines are read: the process may have become another program, and may have another title. What /proc says is
 * kept when the process has ended.
 */
void stream_look_again(Stream *s, usec_t monotonic);
