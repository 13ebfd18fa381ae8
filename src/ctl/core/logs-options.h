/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What only `svctl logs` is asked: journalctl's options, as they were typed. NULL, false: not said. */

#include <stdbool.h>

typedef struct LogsOptions {
        bool follow, pager_end, no_tail, no_full, utc, no_hostname, catalog, kernel, show_cursor, merge;
        bool list_boots, field_names, disk_usage, rotate, flush, sync;
        char **identifiers, **facilities, **files, **output_fields;
        const char *since, *until, *priority, *grep, *case_sensitive, *boot, *invocation;
        const char *directory, *cursor, *after_cursor, *cursor_file, *field;
        const char *vacuum_size, *vacuum_time, *vacuum_files;
} LogsOptions;
