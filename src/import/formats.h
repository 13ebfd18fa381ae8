/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What is imported, a file or a few for each format. An importer reads
 * im->file and leaves units and remarks in `im`; the result is 0, -EBADMSG
 * with a reason in im->report when the file as a whole cannot be used, or
 * -ENOMEM.
 */

#include "import/draft.h"

typedef struct ImportFormat {
        const char *name, *summary;
        int (*run)(Import *im);
} ImportFormat;

extern const ImportFormat import_formats[]; /* ended by a row without a name */

int import_pm2(Import *im);
int import_supervisord(Import *im);
int import_procfile(Import *im);
int import_compose(Import *im);

/* A whole file, at most IMPORT_FILE_MAX, with a NUL behind it. 0, or -EBADMSG and the reason is in the report. */
#define IMPORT_FILE_MAX (4U << 20)
int import_read_file(Import *im, const char *path, Text *ret);
int import_read(int fd, Buf *b); /* all that comes; -EFBIG: more than IMPORT_FILE_MAX */
int import_fail(Import *im, unsigned line, const char *format, ...) PRINTF_LIKE(3, 4); /* -EBADMSG */
/* split.c: the words of a command line; -EINVAL: a quote is open, -ENOMEM. */
int import_split(const char *text, char ***ret);
int import_directory_of(const Import *im, char **ret); /* of im->file, absolute; 0 or -ENOMEM */
