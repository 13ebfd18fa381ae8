/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The containers on this machine, as the kernel knows them: processes that are
 * the first of a process number space below ours. Their names are those of
 * their hosts; engines leave their ids in the names of control groups.
 */

#include "ctl/remote/container.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#define ID_MIN 12 /* hexadecimal digits: so many of an id do people type */

/* "NSpid:  812  1": the number it has in each space, from ours inwards. */
static bool is_first_of_inner_space(const char *line) {
        const char *s = line + strlen("NSpid:");
        unsigned long number = 0;
        unsigned spaces = 0;

        for (char *end; (number = strtoul(s, &end, 10), end != s); spaces++) {
                s = end;
                if (s[strspn(s, " \t\n")] == 0)
                        return spaces > 0 && number == 1;
        }
        return false;
}

static bool is_container(pid_t pid) {
        char path[64], line[512];
        bool found = false;
        FILE *f;

        snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
        f = fopen(path, "re");
        while (f && !found && fgets(line, sizeof(line), f))
                found = str_starts_with(line, "NSpid:") && is_first_of_inner_space(line);
        if (f)
                fclose(f);
        return found;
}

/* Inside it, and back. */
static void read_name(pid_t pid, char *buf, size_t n) {
        char path[64];
        struct utsname names;
        int theirs auto_fd = -1, ours auto_fd = open("/proc/self/ns/uts", O_RDONLY | O_CLOEXEC);

        snprintf(path, sizeof(path), "/proc/%d/ns/uts", (int)pid);
        theirs = open(path, O_RDONLY | O_CLOEXEC);
        if (ours < 0 || theirs < 0 || setns(theirs, CLONE_NEWUTS) < 0)
                return;
        if (uname(&names) >= 0)
                snprintf(buf, n, "%s", names.nodename);
        (void)setns(ours, CLONE_NEWUTS);
}

/* docker-ID.scope, libpod-ID.scope, cri-containerd-ID.scope, ID, machine-NAME.scope: what is between. */
static void take_id(char *component, char *buf, size_t n) {
        static const char *const prefixes[] = { "docker-", "libpod-",  "cri-containerd-",
                                                "crio-",   "machine-", "crun-" };
        char *dot = strrchr(component, '.');
        const char *id = component;

        if (dot && (str_equal(dot, ".scope") || str_equal(dot, ".service")))
                *dot = 0;
        for (size_t i = 0; i < ELEMENTSOF(prefixes); i++)
                id = str_after(id, prefixes[i]) ?: id;
        snprintf(buf, n, "%s", id);
}

static bool is_hexadecimal(const char *s) {
        return strlen(s) >= ID_MIN && s[strspn(s, "0123456789abcdef")] == 0;
}

/* The innermost component that is an id; else the last one. What svinit has made below it is not meant. */
static void read_id(pid_t pid, char *buf, size_t n) {
        char path[64], line[4096], *save = NULL;
        FILE *f;

        snprintf(path, sizeof(path), "/proc/%d/cgroup", (int)pid);
        f = fopen(path, "re");
        while (f && fgets(line, sizeof(line), f)) {
                char *group = strchr(line, '/');

                for (char *w = group ? strtok_r(group, "/\n", &save) : NULL; w;
                     w = strtok_r(NULL, "/\n", &save))
                        if (!is_hexadecimal(buf) && !str_equal(w, "init.scope") && !str_equal(w, "payload"))
                                take_id(w, buf, n);
        }
        if (f)
                fclose(f);
}

static int by_pid(const void *a, const void *b) {
        const Container *x = a, *y = b;

        return (x->pid > y->pid) - (x->pid < y->pid);
}

int containers_find(Containers *ret) {
        DIR *d = opendir("/proc");
        struct dirent *e;
        int r = d ? 0 : -errno;

        while (d && r >= 0 && (e = readdir(d))) {
                Container found = { .pid = isdigit((unsigned char)e->d_name[0]) ? atoi(e->d_name) : 0 };

                if (found.pid <= 0 || !is_container(found.pid))
                        continue;
                read_name(found.pid, found.name, sizeof(found.name));
                read_id(found.pid, found.id, sizeof(found.id));
                r = array_reserve(&ret->v, &ret->capacity, ret->n + 1, sizeof(found));
                if (r >= 0)
                        ret->v[ret->n++] = found;
        }
        if (d)
                closedir(d);
        if (ret->n > 0)
                qsort(ret->v, ret->n, sizeof(*ret->v), by_pid);
        return r;
}

void containers_release(Containers *l) {
        free(l->v);
        *l = (Containers){ 0 };
}
