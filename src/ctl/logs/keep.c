/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The files as such: what svinit-journald (or journald) is asked to do with
 * them, which old ones go, how much they take, why there may be none to read.
 */

#include "ctl/logs/logs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define ANSWER_MAX 4096

typedef struct Archived {
        char *path; /* owned */
        uint64_t bytes, when;
} Archived;

typedef struct Files {
        Archived *v; /* those that are not written to any more */
        size_t n, capacity, n_unreadable, n_all;
        char **paths;   /* owned; of all that can be read */
        uint64_t bytes; /* of all */
} Files;

static void files_release(Files *f) {
        for (size_t i = 0; i < f->n; i++)
                free(f->v[i].path);
        free(f->v);
        strv_free(f->paths);
}

static int compare(const void *a, const void *b) {
        const Archived *x = a, *y = b;

        return (x->when > y->when) - (x->when < y->when);
}

/* "system@ID-SEQNUM-TIME.journal", "system@TIME-RANDOM.journal~": hexadecimal, in µs. */
static bool archived_time(const char *name, uint64_t *ret) {
        const char *at = strchr(name, '@'), *dash = at ? strchr(at, '-') : NULL;
        const char *number = str_ends_with(name, "~") ? at : dash ? strchr(dash + 1, '-') : NULL;
        unsigned long long t;

        if (!number || sscanf(number + 1, "%16llx", &t) != 1)
                return false;
        *ret = t;
        return true;
}

static int add_file(Files *f, const char *directory, const char *name) {
        char *path auto_free = NULL;
        struct stat st;
        uint64_t when;
        int r = str_printf(&path, "%s/%s", directory, name);

        if (r < 0)
                return r;
        if (lstat(path, &st) < 0 || !S_ISREG(st.st_mode))
                return 0;
        f->n_all++;
        if (access(path, R_OK) < 0)
                f->n_unreadable++;
        else if (strv_add(&f->paths, path) < 0)
                return -ENOMEM;
        f->bytes += (uint64_t)st.st_blocks * 512;
        if (!archived_time(name, &when))
                return 0;
        r = array_reserve(&f->v, &f->capacity, f->n + 1, sizeof(Archived));
        if (r >= 0)
                f->v[f->n++] = (Archived){ TAKE(path), (uint64_t)st.st_blocks * 512, when };
        return r;
}

/* A directory of files, or one of such directories, one for each machine. */
static int scan(Files *f, const char *path, bool deeper) {
        DIR *d = opendir(path);
        struct dirent *e;
        int r = 0;

        if (!d) {
                f->n_unreadable += errno == EACCES;
                return errno == ENOENT || errno == EACCES || errno == ENOTDIR ? 0 : -errno;
        }
        while (r >= 0 && (e = readdir(d))) {
                char *below auto_free = NULL;

                if (str_ends_with(e->d_name, ".journal") || str_ends_with(e->d_name, ".journal~"))
                        r = add_file(f, path, e->d_name);
                else if (deeper && e->d_name[0] != '.' &&
                         (r = str_printf(&below, "%s/%s", path, e->d_name)) >= 0)
                        r = scan(f, below, false);
        }
        closedir(d);
        return r;
}

/* Where svinit keeps its journal when it may not write to /run. */
static bool own_directory(Ctl *c, char *ret, size_t size) {
        const char *runtime = ctl_runtime_dir(c);

        snprintf(ret, size, "%s/log/journal", runtime);
        return !str_equal(runtime, "/run") && access(ret, F_OK) >= 0;
}

static int scan_all(Logs *l, Files *f) {
        char own[300];
        int r;

        if (l->o->directory)
                return scan(f, l->o->directory, true);
        if (own_directory(l->c, own, sizeof(own)))
                return scan(f, own, true);
        r = scan(f, "/run/log/journal", true);
        return r < 0 ? r : scan(f, "/var/log/journal", true);
}

/* With what is in memory, as nothing could be written any more. */
static int open_with_memory(Logs *l) {
        Files f = { 0 };
        int r = scan_all(l, &f);

        if (r >= 0)
                r = logs_open_memory(&l->j, f.paths);
        if (r >= 0 && l->o->follow && !l->c->quiet)
                ctl_print_error(
                        "the journal is in memory now, where it cannot be followed: what comes from here "
                        "on is not shown");
        files_release(&f);
        return r;
}

/* Patterns are for those who read whole directories, as with journalctl. */
static int open_files(Logs *l) {
        glob_t found = { 0 };
        int r = 0;

        for (char **pattern = l->o->files; *pattern && r == 0; pattern++)
                r = glob(*pattern, GLOB_NOCHECK | (pattern > l->o->files ? GLOB_APPEND : 0), NULL, &found);
        r = r == 0 ? sd_journal_open_files(&l->j, (const char **)found.gl_pathv, 0) : -ENOMEM;
        globfree(&found);
        return r;
}

int logs_open(Logs *l) {
        const LogsOptions *o = l->o;
        char own[300];
        int r = 0;

        if (o->files)
                r = open_files(l);
        else if (o->directory)
                r = sd_journal_open_directory(&l->j, o->directory, 0);
        else if (open_with_memory(l) >= 0)
                return 0;
        else if (own_directory(l->c, own, sizeof(own)))
                r = sd_journal_open_directory(&l->j, own, 0);
        else
                r = sd_journal_open(&l->j, o->merge ? 0 : SD_JOURNAL_LOCAL_ONLY);
        if (r < 0)
                ctl_print_error("the journal%s%s cannot be read: %s", o->directory ? " in " : "",
                                o->directory ?: "", strerror(-r));
        return r;
}

void logs_say_why_none(Logs *l) {
        Files f = { 0 };

        if (l->c->quiet || l->o->files)
                return;
        if (scan_all(l, &f) >= 0 && f.n_unreadable > 0)
                ctl_print_error("the journal may not be read: root, the user svinit runs as and members of "
                                "the group systemd-journal may");
        else if (f.n_all == 0)
                ctl_print_error("there is no journal%s%s",
                                l->o->directory ? " in " : " in /run/log/journal or /var/log/journal",
                                l->o->directory ?: "");
        files_release(&f);
}

/* Requests */

static int connect_journald(Ctl *c) {
        struct sockaddr_un sa = { .sun_family = AF_UNIX };
        int fd auto_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

        snprintf(sa.sun_path, sizeof(sa.sun_path), "%.60s/systemd/journal/io.systemd.journal",
                 ctl_runtime_dir(c));
        if (fd < 0 || connect(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0)
                return -errno;
        return TAKE_FD(fd);
}

/* One varlink call; the answer has no content but whether it is an error. */
static int call(Ctl *c, const char *method) {
        char request[128], answer[ANSWER_MAX];
        int fd auto_fd = connect_journald(c);
        size_t have = 0;
        int n;

        if (fd < 0)
                return fd;
        n = snprintf(request, sizeof(request), "{\"method\":\"io.systemd.Journal.%s\",\"parameters\":{}}",
                     method);
        if (send(fd, request, (size_t)n + 1, MSG_NOSIGNAL) != n + 1)
                return -errno;
        while (!memchr(answer, 0, have)) {
                ssize_t got = have < sizeof(answer) ? read(fd, answer + have, sizeof(answer) - have) : 0;

                if (got <= 0)
                        return got < 0 ? -errno : -EPROTO;
                have += (size_t)got;
        }
        return !strstr(answer, "\"error\"") ? 0 : strstr(answer, "PermissionDenied") ? -EACCES : -EPROTO;
}

static int ask(Logs *l, const char *method, const char *what) {
        int r = call(l->c, method);

        if (r < 0)
                ctl_print_error("svinit-journald could not be asked to %s: %s", what, strerror(-r));
        return r;
}

/* Vacuum */

static int parse_bytes(const char *text, uint64_t *ret) {
        static const char suffixes[] = "KMGTPE";
        const char *s;
        uint64_t n;
        char *end;

        if (*text < '0' || *text > '9')
                return -EINVAL;
        errno = 0;
        n = strtoull(text, &end, 10);
        s = *end ? strchr(suffixes, *end) : NULL;
        for (const char *p = suffixes; s && p <= s; p++)
                if (__builtin_mul_overflow(n, 1024ULL, &n))
                        return -ERANGE;
        if (errno || (*end && (!s || end[1])))
                return -EINVAL;
        *ret = n;
        return 0;
}

static int vacuum_limits(const LogsOptions *o, uint64_t *ret_bytes, uint64_t *ret_files, usec_t *ret_oldest) {
        usec_t age = 0, now = (usec_t)time(NULL) * USEC_PER_SEC;

        *ret_bytes = *ret_files = *ret_oldest = 0;
        if (o->vacuum_size && parse_bytes(o->vacuum_size, ret_bytes) < 0)
                return ctl_print_error("--vacuum-size: '%s' is not a size such as 100M", o->vacuum_size),
                       -EINVAL;
        if (o->vacuum_files && parse_u64(o->vacuum_files, ret_files) < 0)
                return ctl_print_error("--vacuum-files: '%s' is not a number", o->vacuum_files), -EINVAL;
        if (o->vacuum_time && timespan_parse(o->vacuum_time, USEC_PER_SEC, &age) < 0)
                return ctl_print_error("--vacuum-time: '%s' is not a time such as 2weeks", o->vacuum_time),
                       -EINVAL;
        *ret_oldest = age > 0 ? usec_sub(now, age) : 0;
        return 0;
}

/* The oldest go, until what is left keeps to each limit. Zero is no limit. */
static int vacuum(Logs *l) {
        uint64_t max_bytes, max_files, freed = 0, bytes = 0;
        char size[24] = "";
        usec_t oldest;
        Files f = { 0 };
        Buf b auto_buf = { 0 };
        int r = vacuum_limits(l->o, &max_bytes, &max_files, &oldest);

        if (r >= 0)
                r = scan_all(l, &f);
        if (r >= 0 && f.n > 0)
                qsort(f.v, f.n, sizeof(Archived), compare);
        for (size_t i = 0; r >= 0 && i < f.n; i++)
                bytes += f.v[i].bytes;
        for (size_t i = 0; r >= 0 && i < f.n; i++) {
                size_t left = f.n_all - i;

                if ((max_bytes == 0 || bytes <= max_bytes) && (max_files == 0 || left <= max_files) &&
                    f.v[i].when >= oldest)
                        break;
                bytes -= f.v[i].bytes;
                if (unlink(f.v[i].path) < 0) {
                        ctl_print_error("%s: %s", f.v[i].path, strerror(errno));
                        r = -errno;
                        break;
                }
                freed += f.v[i].bytes;
                bytes_format(f.v[i].bytes, &b);
                snprintf(size, sizeof(size), "%s", b.data ?: "");
                b.len = 0;
                if (!l->c->quiet)
                        fprintf(l->out, "Deleted %s (%s).\n", f.v[i].path, size);
        }
        files_release(&f);
        b.len = 0;
        bytes_format(freed, &b);
        if (r >= 0 && !l->c->quiet)
                fprintf(l->out, "Freed %s of archived journal files.\n", b.data ?: "");
        return r;
}

static int print_usage(Logs *l) {
        Files f = { 0 };
        Buf b auto_buf = { 0 };
        int r = scan_all(l, &f);

        bytes_format(f.bytes, &b);
        if (r >= 0)
                fprintf(l->out, "Archived and active journals take up %s in the file system.\n",
                        b.data ?: "");
        else
                ctl_print_error("the journal's directory cannot be read: %s", strerror(-r));
        files_release(&f);
        return r;
}

bool logs_keep_asked(const LogsOptions *o) {
        return o->rotate || o->flush || o->sync || o->disk_usage || o->vacuum_size || o->vacuum_time ||
               o->vacuum_files;
}

int logs_keep(Logs *l) {
        const LogsOptions *o = l->o;
        int r = 0;

        if (o->flush)
                r = ask(l, "FlushToVar", "move its files to /var");
        if (r >= 0 && o->sync)
                r = ask(l, "Synchronize", "wait for the disk");
        if (r >= 0 && o->rotate)
                r = ask(l, "Rotate", "begin new files");
        if (r >= 0 && (o->vacuum_size || o->vacuum_time || o->vacuum_files))
                r = vacuum(l);
        if (r >= 0 && o->disk_usage)
                r = print_usage(l);
        return r < 0 ? CTL_FAILED : CTL_OK;
}
