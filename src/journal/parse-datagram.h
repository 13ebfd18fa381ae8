/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The two datagram forms: systemd's native protocol (fields) and syslog. Pure;
 * both change the buffer they read and give back pieces of it.
 */

#include "base/macro.h"

#include <sys/types.h>
#include <sys/uio.h>

#define DATAGRAM_FIELDS_MAX 1000

/* What the text of an entry is about, as far as consoles and syslog want to know. Pieces of the buffer. */
typedef struct Piece {
        const char *data; /* NULL: not there */
        size_t size;
} Piece;

typedef struct NativeEntry {
        struct iovec *fields; /* owned; payloads NAME=value */
        size_t n_fields, capacity;
        unsigned n_ignored; /* invalid or too many */
        Piece message, identifier, unit;
        int priority, facility; /* -1: not given */
} NativeEntry;

/*
 * The next entry of a native datagram. Returns the bytes it took with its
 * empty line, 0 at the end, -EBADMSG when the rest makes no sense (what was
 * found before it is kept), -ENOMEM.
 */
ssize_t native_parse(char *buffer, size_t n, NativeEntry *ret);
void native_entry_release(NativeEntry *e);

/*
 * RFC 3164 as C libraries write it to /dev/log, and RFC 5424. Of the latter the time, the name, the process and the
 * text are taken; the rest is in the raw datagram.
 */
typedef struct SyslogMessage {
        int priority, facility;
        bool has_facility;
        Piece timestamp, identifier, pid, text;
        bool needs_raw; /* text is not all that matters: keep the whole datagram */
} SyslogMessage;

void syslog_parse(char *buffer, size_t n, SyslogMessage *ret);

/* "name[pid]: " in front of a text; 0: there is none. */
size_t syslog_identifier_length(const char *p, size_t n, Piece *ret_identifier, Piece *ret_pid);
