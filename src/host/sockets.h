/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Listening descriptors of socket units: opened with all options of
 * SocketSpec, without blocking. PID files and path watches, which are
 * inotify's, are next door in watch.h.
 */

#include "base/report.h"
#include "host/inherited-fds.h"
#include "unit/spec.h"

/* The directories above a path. */
int socket_make_parents(const char *path, unsigned mode);

/*
 * Opens every Listen*= line in order, but for those that somebody else has opened under that address or the name.
 * On failure nothing stays open and the report says which line and why.
 */
int listen_open(const SocketSpec *s, InheritedFds *inherited, const char *name, Report *report,
                const char *file, int **ret_fds, size_t *ret_n);
void listen_close(const SocketSpec *s, int *fds,
                  size_t n); /* unlinks what RemoveOnStop= says, frees the array */
void listen_flush(const SocketSpec *s, const int *fds, size_t n);

/*
 * X-SocketDistribution=reuseport: several sockets on one port, in socket-share.c. listen_is_shareable() says of a line's
 * descriptor whether there may be more. listen_open_more() opens one more of each such line and leaves -1 for the others;
 * `first` are those of listen_open(). On failure nothing stays open and the report says why.
 */
bool listen_is_shareable(int fd);
int listen_open_more(const SocketSpec *s, const int *first, Report *report, const char *file, int *ret_fds);
/*
 * Which of them get what is new from now on: streams at random, datagrams by their sender. Places are those that the
 * kernel counts: in order of opening, and when a socket is closed, the last one takes its place. They ascend.
 */
int listen_select(int fd, const unsigned *places, size_t n);

/* accept4() for Accept=yes: the descriptor, and "N-local-remote" for the instance name, REMOTE_ADDR/REMOTE_PORT for the environment. */
int listen_accept(int fd, unsigned number, int *ret_fd, char **ret_instance, char ***ret_environment);
