/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What journalctl and others ask of a journal daemon: varlink calls on
 * /run/systemd/journal/io.systemd.journal, and the signals that journald has.
 *
 *      Rotate, SIGUSR2         begin new files
 *      FlushToVar, SIGUSR1     move to /var/log/journal
 *      Synchronize, SIGRTMIN+1 read what is there, write it, wait for the disk
 *      RelinquishVar           go back to /run/log/journal
 *
 * Root and our own user may; each is answered when it is done. A connection
 * that has not said what it wants holds nobody up: it is read when there is
 * something to read, and there are few of them.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define REQUESTS_MAX 8
#define REQUEST_BYTES_MAX 1024

typedef struct Server Server;

typedef enum Request {
        REQUEST_SYNC,
        REQUEST_ROTATE,
        REQUEST_FLUSH,
        REQUEST_RELINQUISH,
        REQUEST_UNKNOWN, /* a call of something else */
        REQUEST_MAX,
} Request;

typedef struct Requests {
        int signal_fd;         /* owned; -1: none */
        int fds[REQUESTS_MAX]; /* owned; -1: free */
        char text[REQUESTS_MAX][REQUEST_BYTES_MAX];
        size_t n[REQUESTS_MAX];
        int pending_fd; /* owned; -1: none; one that a predecessor could not answer */
        uint64_t pending_id;
        unsigned next_to_go; /* when all places are taken */
} Requests;

void requests_init(Requests *r);
void requests_release(Requests *r);
int requests_watch_signals(Server *s); /* they are blocked from then on */
void requests_accept(Server *s);
bool requests_owns(const Requests *r, const int *place);
void requests_read(Server *s, const int *place); /* one of signal_fd and fds has something to read */

/*
 * A flush that the next svinit-journald has to do is answered by it: PID 1 keeps the connection meanwhile, and those
 * of which nothing has been read.
 */
void requests_hand_over(Server *s);
bool requests_adopt(Server *s, uint64_t id, int fd, const char *text,
                    size_t n);  /* true: it is one, and taken */
void requests_begin(Server *s); /* the server is ready: those that were adopted are heard */
void requests_finish(Server *s);

/* One call, without the zero at its end. False: no varlink call. Pure. */
bool request_parse(const char *text, size_t n, Request *ret, bool *ret_wants_answer);
