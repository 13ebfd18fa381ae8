/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "exec/credentials.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdio.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define DIRECTORY_DEPTH_MAX 16

/* Data at the end of the list; takes it, also on failure. */
static int add_credential(CredentialList *l, const char *id, char *data, size_t size) {
        Credential new = { .id = strdup(id), .data = data, .size = size };
        int r = new.id ? array_reserve(&l->v, &l->capacity, l->n + 1, sizeof(Credential)) : -ENOMEM;

        if (r >= 0 && size > CREDENTIALS_SIZE_MAX - l->size)
                r = -E2BIG;
        if (r < 0) {
                free(new.id);
                free(data);
                return r;
        }
        l->size += size;
        l->v[l->n++] = new;
        return 0;
}

static const Credential *find_credential(const CredentialList *l, const char *id) {
        for (size_t i = 0; i < l->n; i++)
                if (str_equal(l->v[i].id, id))
                        return l->v + i;
        return NULL;
}

void credentials_release(CredentialList *l) {
        for (size_t i = 0; i < l->n; i++) {
                explicit_bzero(l->v[i].data, l->v[i].size);
                free(l->v[i].data);
                free(l->v[i].id);
        }
        free(l->v);
        *l = (CredentialList){ 0 };
}

/* To the end, with a limit: the source may be endless. */
static int read_all(int fd, size_t limit, char **ret, size_t *ret_size) {
        char *data auto_free = malloc(limit + 1);
        size_t n = 0;

        if (!data)
                return -ENOMEM;
        while (n <= limit) {
                ssize_t got = read(fd, data + n, limit + 1 - n);

                if (got < 0 && errno == EINTR)
                        continue;
                if (got < 0)
                        return -errno;
                if (got == 0)
                        break;
                n += (size_t)got;
        }
        if (n > limit)
                return -E2BIG;
        *ret = TAKE(data);
        *ret_size = n;
        return 0;
}

/* Who serves the socket learns from the name of our end which credential of which unit is asked for. */
static int connect_source(const ExecContext *c, const char *path, const char *id) {
        struct sockaddr_un ours = { .sun_family = AF_UNIX }, theirs = { .sun_family = AF_UNIX };
        int fd auto_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), n;
        uint64_t random = 0;

        if (fd < 0)
                return -errno;
        if (strlen(path) >= sizeof(theirs.sun_path))
                return -ENAMETOOLONG;
        strcpy(theirs.sun_path, path);
        (void)getrandom(&random, sizeof(random), GRND_NONBLOCK);
        n = snprintf(ours.sun_path + 1, sizeof(ours.sun_path) - 1, "%016llx/unit/%s/%s",
                     (unsigned long long)random, c->plan->unit, id);
        if ((size_t)n < sizeof(ours.sun_path) - 1 &&
            bind(fd, (struct sockaddr *)&ours,
                 (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)n)) < 0)
                return -errno;
        if (connect(fd, (struct sockaddr *)&theirs, sizeof(theirs)) < 0)
                return -errno;
        return TAKE_FD(fd);
}

static int load_file(ExecContext *c, CredentialList *l, const char *path, const char *id) {
        int fd auto_fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY), r;
        size_t size = 0;
        char *data = NULL;

        if (fd < 0 && errno == ENXIO)
                fd = connect_source(c, path, id);
        else if (fd < 0)
                fd = -errno;
        if (fd < 0)
                return fd;
        r = read_all(fd, CREDENTIALS_SIZE_MAX - l->size, &data, &size);
        return r < 0 ? r : add_credential(l, id, data, size);
}

/* Every file below a directory, as ID_NAME; links are passed over. */
static int load_directory(ExecContext *c, CredentialList *l, const char *path, const char *id,
                          unsigned depth) {
        DIR *d = opendir(path);
        struct dirent *e;
        int r = d ? 0 : -errno;

        while (r >= 0 && (e = readdir(d))) {
                char *below auto_free = NULL, *name auto_free = NULL;
                struct stat st;

                if (e->d_name[0] == '.')
                        continue;
                r = str_printf(&below, "%s/%s", path, e->d_name);
                if (r >= 0)
                        r = str_printf(&name, "%s_%s", id, e->d_name);
                if (r < 0 || lstat(below, &st) < 0)
                        continue;
                if (S_ISDIR(st.st_mode) && depth < DIRECTORY_DEPTH_MAX)
                        r = load_directory(c, l, below, name, depth + 1);
                else if (S_ISREG(st.st_mode) || S_ISSOCK(st.st_mode))
                        r = load_file(c, l, below, name);
        }
        if (d)
                closedir(d);
        return r;
}

static int load_path(ExecContext *c, CredentialList *l, const char *path, const char *id) {
        struct stat st;

        exec_detail(c, path);
        if (stat(path, &st) < 0)
                return -errno;
        return S_ISDIR(st.st_mode) ? load_directory(c, l, path, id, 0) : load_file(c, l, path, id);
}

static void find_places(const char *ret[CREDENTIAL_PLACES]) {
        ret[0] = getenv("CREDENTIALS_DIRECTORY");
        ret[1] = "/run/secrets";
        ret[2] = "/etc/credstore";
        ret[3] = "/run/credstore";
        ret[4] = "/usr/lib/credstore";
}

/* By name only: the first place that has it. */
static int load_inherited(ExecContext *c, CredentialList *l, const char *name, const char *id) {
        const char *places[CREDENTIAL_PLACES];

        find_places(places);
        for (size_t i = 0; i < CREDENTIAL_PLACES; i++) {
                char path[PATH_MAX];
                int r;

                if (!places[i] || snprintf(path, sizeof(path), "%s/%s", places[i], name) >= (int)sizeof(path))
                        continue;
                r = load_path(c, l, path, id);
                if (r != -ENOENT)
                        return r;
        }
        return 0;
}

/* All of one place whose names match and that are not there yet. */
static int import_from(ExecContext *c, CredentialList *l, const char *place, const char *pattern) {
        DIR *d = opendir(place);
        struct dirent *e;
        int r = 0;

        while (d && r >= 0 && (e = readdir(d))) {
                char *path auto_free = NULL;

                if (e->d_name[0] == '.' || fnmatch(pattern, e->d_name, FNM_NOESCAPE) != 0 ||
                    find_credential(l, e->d_name))
                        continue;
                r = str_printf(&path, "%s/%s", place, e->d_name);
                if (r >= 0)
                        r = load_path(c, l, path, e->d_name);
        }
        if (d)
                closedir(d);
        return r;
}

static int import_all(ExecContext *c, CredentialList *l, const char *pattern) {
        const char *places[CREDENTIAL_PLACES];
        int r = 0;

        find_places(places);
        for (size_t i = 0; r >= 0 && i < CREDENTIAL_PLACES; i++)
                if (places[i])
                        r = import_from(c, l, places[i], pattern);
        return r;
}

static bool has_value(const SandboxSpec *s, const char *id) {
        size_t n = strlen(id);

        STRV_FOREACH (e, s->set_credentials)
                if (strncmp(*e, id, n) == 0 && (*e)[n] == ':')
                        return true;
        return false;
}

static int load_one(ExecContext *c, CredentialList *l, const char *entry) {
        char *id auto_free = strndup(entry, strcspn(entry, ":"));
        const char *source;
        int r;

        if (!id)
                return -ENOMEM;
        source = entry[strlen(id)] == ':' ? entry + strlen(id) + 1 : id;
        if (source[0] != '/')
                return load_inherited(c, l, source, id);
        r = load_path(c, l, source, id);
        return r == -ENOENT && has_value(c->plan->sandbox, id) ? 0 : r;
}

static int digits(const char *p, int base, int n) {
        char text[4] = "", *end;

        memcpy(text, p, strnlen(p, (size_t)n));
        long v = strtol(text, &end, base);
        return end == text + n && text[0] != '-' && text[0] != '+' ? (int)v : -1;
}

/* The character that stands behind a backslash at *p, which moves on; -1: none, the backslash is one. */
static int unescape(const char **p) {
        static const char letters[] = "abfnrtvs\\\"'", meanings[] = "\a\b\f\n\r\t\v \\\"'";
        const char *letter = **p ? strchr(letters, **p) : NULL;
        int v;

        if (letter) {
                ++*p;
                return meanings[letter - letters];
        }
        if (**p == 'x' && (v = digits(*p + 1, 16, 2)) >= 0) {
                *p += 3;
                return v;
        }
        v = digits(*p, 8, 3);
        if (v < 0 || v > 255)
                return -1;
        *p += 3;
        return v;
}

static int add_value(CredentialList *l, const char *entry) {
        const char *p = strchr(entry, ':') + 1;
        char *id auto_free = strndup(entry, (size_t)(p - entry - 1)), *data auto_free = malloc(strlen(p) + 1);
        size_t n = 0;

        if (!id || !data)
                return -ENOMEM;
        if (find_credential(l, id))
                return 0; /* what was loaded comes first */
        while (*p) {
                int v = *p;

                if (*p++ == '\\') {
                        v = unescape(&p);
                        v = v < 0 ? '\\' : v;
                }
                data[n++] = (char)v;
        }
        return add_credential(l, id, TAKE(data), n);
}

static int collect(ExecContext *c, CredentialList *l) {
        const SandboxSpec *s = c->plan->sandbox;
        int r = 0;

        exec_blame(c, "LoadCredential");
        for (char *const *e = s->load_credentials; r >= 0 && e && *e; e++)
                r = load_one(c, l, *e);
        if (r < 0)
                return r;
        exec_blame(c, "ImportCredential");
        for (char *const *e = s->import_credentials; r >= 0 && e && *e; e++)
                r = import_all(c, l, *e);
        if (r < 0)
                return r;
        exec_blame(c, "SetCredential");
        for (char *const *e = s->set_credentials; r >= 0 && e && *e; e++) {
                exec_detail(c, "...");
                r = add_value(l, *e);
        }
        return r;
}

int credentials_collect(ExecContext *c, CredentialList *ret) {
        CredentialList l = { 0 };
        int r = collect(c, &l);

        if (r == -E2BIG)
                exec_reason(c, "all credentials of a unit together may have 1 MiB");
        if (r < 0) {
                credentials_release(&l);
                return r;
        }
        *ret = l;
        return 0;
}
