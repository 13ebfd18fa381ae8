/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "journal/client.h"

#include "journal/whose.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define CMDLINE_MAX 4096

/* One read: a file of /proc never blocks, and what does not fit is not wanted. */
static ssize_t read_proc(pid_t pid, const char *name, char *buffer, size_t size) {
        char path[64];
        int fd auto_fd = -1;
        ssize_t n;

        if (pid > 0)
                snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
        else
                snprintf(path, sizeof(path), "/proc/self/%s", name);
        fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0)
                return -errno;
        n = read(fd, buffer, size - 1);
        if (n < 0)
                return -errno;
        buffer[n] = 0;
        return n;
}

void cgroup_root_load(CgroupRoot *r) {
        char text[4096];

        r->text = read_proc(0, "cgroup", text, sizeof(text)) > 0 ? strdup(text) : NULL;
}

void cgroup_root_release(CgroupRoot *r) {
        free(r->text);
        r->text = NULL;
}

static bool is_slice(const char *s, size_t n) {
        return n > 6 && memcmp(s + n - 6, ".slice", 6) == 0;
}

static bool is_unit(const char *s, size_t n) {
        static const char *const suffixes[] = { ".service", ".scope", ".socket", ".mount", ".swap" };

        for (size_t i = 0; i < ELEMENTSOF(suffixes); i++) {
                size_t m = strlen(suffixes[i]);

                if (n > m && memcmp(s + n - m, suffixes[i], m) == 0)
                        return true;
        }

        return false;
}

bool cgroup_path_unit(const char *path, char *ret_unit, size_t unit_size, char *ret_slice,
                      size_t slice_size) {
        const char *slice = "-.slice", *p = path;
        size_t slice_n = strlen(slice);

        for (;;) {
                size_t n;

                p += strspn(p, "/");
                n = strcspn(p, "/");
                if (n == 0)
                        return false;
                if (is_slice(p, n)) {
                        slice = p;
                        slice_n = n;
                        p += n;
                        continue;
                }
                /* A name that would not be one in the file system was escaped with "_". */
                if (*p == '_')
                        p++, n--;
                if (!is_unit(p, n))
                        return false;
                snprintf(ret_unit, unit_size, "%.*s", (int)n, p);
                snprintf(ret_slice, slice_size, "%.*s", (int)slice_n, slice);
                return true;
        }
}

/* The path in the line of /proc/PID/cgroup that begins with "N:controllers:"; its length goes to *ret_n. */
static const char *hierarchy_path(const char *text, const char *key, size_t key_n, size_t *ret_n) {
        for (const char *line = text; line && *line;) {
                size_t n = strcspn(line, "\n");

                if (n > key_n && memcmp(line, key, key_n) == 0) {
                        *ret_n = n - key_n;
                        return line + key_n;
                }
                line += n + (line[n] == '\n');
        }

        return NULL;
}

/* svinit-journald runs in a unit or beside svinit: what is above that is the root. */
static size_t root_length(const char *own, size_t n) {
        size_t best = n;

        for (size_t i = 0; i < n; i++)
                if (own[i] == '/' &&
                    (strncmp(own + i, "/init.scope", 11) == 0 || strncmp(own + i, "/system.slice/", 14) == 0))
                        best = i;
        return best == 1 && own[0] == '/' ? 0 : best;
}

static bool unit_in_line(const CgroupRoot *root, const char *line, char ret_unit[256], char ret_slice[256],
                         char ret_path[512]) {
        const char *first = strchr(line, ':'), *second = first ? strchr(first + 1, ':') : NULL, *path, *own;
        size_t own_n = 0, skip = 0;

        if (!second || second[1] != '/')
                return false;
        path = second + 1;
        own = root->text ? hierarchy_path(root->text, line, (size_t)(path - line), &own_n) : NULL;
        /* Who shares our group has none of its own, or none could be made: the path says nothing about it. */
        if (own && strlen(path) == own_n && strncmp(own, path, own_n) == 0)
                return false;
        if (own) {
                skip = root_length(own, own_n);
                if (strncmp(own, path, skip) != 0)
                        skip = 0;
        }
        snprintf(ret_path, 512, "%s", path[skip] ? path + skip : "/");
        return cgroup_path_unit(ret_path, ret_unit, 256, ret_slice, 256);
}

bool client_unit(const CgroupRoot *root, pid_t pid, char ret_unit[256], char ret_slice[256],
                 char ret_path[512]) {
        char text[4096], *save = NULL;

        if (read_proc(pid, "cgroup", text, sizeof(text)) <= 0)
                return false;
        for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
                if (unit_in_line(root, line, ret_unit, ret_slice, ret_path))
                        return true;
        return false;
}

/* The number in the column (from 0) of the line that begins with the key. */
static int64_t status_number(const char *text, const char *key, unsigned column) {
        const char *p = strstr(text, key);
        long long v;

        if (!p)
                return -1;
        p += strlen(key);
        for (unsigned i = 0; i < column; i++) {
                p += strspn(p, "\t ");
                p += strcspn(p, "\t \n");
        }
        return sscanf(p, "%lld", &v) == 1 && v >= 0 && v <= UINT32_MAX ? v : -1;
}

ClientIds client_parse_status(const char *text, char ret_capabilities[17]) {
        const char *p = strstr(text, "\nCapEff:");
        size_t n;

        ret_capabilities[0] = 0;
        if (p) {
                p += strlen("\nCapEff:");
                p += strspn(p, "\t ");
                n = strspn(p, "0123456789abcdef");
                for (; n > 1 && *p == '0'; n--)
                        p++;
                if (n <= 16)
                        snprintf(ret_capabilities, 17, "%.*s", (int)n, p);
        }
        return (ClientIds){ status_number(text, "\nUid:", 1), status_number(text, "\nGid:", 1) };
}

uint64_t client_parse_start_time(const char *text) {
        const char *p = strrchr(text, ')');
        unsigned long long v;

        /* Behind the name come the third field and so on; the beginning is the 22nd. */
        for (unsigned field = 2; p && field < 22; field++) {
                p = strchr(p, ' ');
                p = p ? p + 1 : NULL;
        }
        return p && sscanf(p, "%llu", &v) == 1 ? v : 0;
}

uint64_t client_start_time(pid_t pid) {
        char text[1024];

        return read_proc(pid, "stat", text, sizeof(text)) > 0 ? client_parse_start_time(text) : 0;
}

ClientIds client_add_process(FieldSet *s, pid_t pid, const char *comm_fallback) {
        char text[CMDLINE_MAX], capabilities[17] = "";
        ClientIds ids = { -1, -1 };
        ssize_t n;

        n = read_proc(pid, "comm", text, sizeof(text));
        if (n > 1)
                field_set_add_n(s, "_COMM", text, (size_t)n - 1);
        else
                field_set_add(s, "_COMM", comm_fallback);

        n = whose_program(pid, text, sizeof(text));
        if (n > 0)
                field_set_add_n(s, "_EXE", text, (size_t)n);

        n = read_proc(pid, "cmdline", text, sizeof(text));
        while (n > 0 && text[n - 1] == 0)
                n--;
        for (ssize_t i = 0; i < n; i++)
                if (text[i] == 0)
                        text[i] = ' ';
        if (n > 0)
                field_set_add_n(s, "_CMDLINE", text, (size_t)n);

        if (read_proc(pid, "status", text, sizeof(text)) > 0)
                ids = client_parse_status(text, capabilities);
        field_set_add(s, "_CAP_EFFECTIVE", capabilities);
        return ids;
}

/* The path says it, where the group is a real one or is named like one. */
static void add_slice(FieldSet *s, const char *slice, const char *path) {
        char unit[256], of_path[256];

        if (!str_is_empty(slice))
                field_set_add(s, "_SYSTEMD_SLICE", slice);
        else if (path && cgroup_path_unit(path, unit, sizeof(unit), of_path, sizeof(of_path)))
                field_set_add(s, "_SYSTEMD_SLICE", of_path);
}

void client_add_unit(FieldSet *s, const char *unit, const char *slice, const char *path,
                     const char *invocation) {
        if (str_is_empty(unit))
                return;
        field_set_add(s, "_SYSTEMD_UNIT", unit);
        add_slice(s, slice, path);
        if (!str_is_empty(path))
                field_set_add(s, "_SYSTEMD_CGROUP", path);
        if (!str_is_empty(invocation))
                field_set_add(s, "_SYSTEMD_INVOCATION_ID", invocation);
}
