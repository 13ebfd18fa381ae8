/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Files below a root directory.
 *
 * Paths are absolute as seen from inside of the root and carry no prefix;
 * links on the way lead to places inside of it (openat2(2)), so an image can
 * be worked on from outside without its links reaching the host. For the
 * system itself the prefix is "" and these are the plain calls.
 *
 * Nothing here blocks: FIFOs and devices are opened with O_NONBLOCK and only
 * regular files are read.
 */

#include "base/text.h"
#include "base/time.h"

#include <sys/stat.h>

typedef struct Root {
        char *prefix; /* owned; "" for the system itself, else without a slash at the end */
        int fd;       /* of the root directory; -1 for the system itself */
} Root;

#define ROOT_FILE_MAX ((off_t)4 * 1024 * 1024) /* above it a file is no unit file */

int root_init(Root *r, const char *prefix);
void root_release(Root *r);
int root_join(const Root *r, const char *path, char **ret); /* with the prefix, for people and for the spec */
const char *root_strip(const Root *r, const char *path);    /* the way back; borrowed */

int root_open(const Root *r, const char *path,
              int flags); /* a descriptor, close-on-exec, or a negative errno */
int root_stat(const Root *r, const char *path, struct stat *ret); /* follows links */
int root_read_link(const Root *r, const char *path, char **ret);  /* -EINVAL: no link */
int read_link_at(int dirfd, const char *name, char **ret);
int root_make_directory(const Root *r, const char *path); /* with its parents, mode 0755; there already: 0 */
/* The parent of a path as a descriptor (O_PATH) and the last name, borrowed from the path. */
int root_open_parent(const Root *r, const char *path, const char **ret_name);

typedef enum ReadOutcome {
        READ_OK = 0,
        READ_MASK = 1, /* empty, or /dev/null */
        READ_DIRECTORY,
        READ_NOT_REGULAR, /* a FIFO, a socket, a device */
        READ_TOO_BIG,
        READ_OUTCOME_MAX,
} ReadOutcome;
const char *read_outcome_words(ReadOutcome o); /* "is a directory, a unit file was expected" */
int read_outcome_errno(ReadOutcome o);         /* the nearest negative errno */

/* A whole file. An outcome or a negative errno; `ret_stat` (may be NULL) is filled when it could be opened. */
int root_read_file(const Root *r, const char *path, Text *ret, struct stat *ret_stat);

/* The names in a directory, sorted, without those that begin with a dot. */
int root_list(const Root *r, const char *path, char ***ret);

int path_absolute(const char *directory, const char *target,
                  char **ret);           /* lexical: "." ".." "//" resolved */
const char *path_name(const char *path); /* what follows the last slash; borrowed */
int path_parent(const char *path, char **ret);
bool stat_is_null_device(const struct stat *st);
/* Would another change show in the times? Not so within the tick of the file system's clock. */
bool stat_is_settled(const struct stat *st);
