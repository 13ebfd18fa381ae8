/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * env: the environment of a unit's main process as the kernel has it, which is
 * what the program was given. Others than root see of what looks like a secret
 * only that it is there: what is on a screen gets around.
 */

#include "ctl/core/ctl.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define ENVIRONMENT_MAX (UINT64_C(8) << 20)
#define MASK "********"

/* Part of a name, in capitals. */
static const char *const secret_words[] = { "PASS",    "SECRET", "TOKEN",   "KEY",  "CREDENTIAL", "AUTH",
                                            "PRIVATE", "CERT",   "SESSION", "SALT", "DSN" };

static bool is_secret_name(const char *name, size_t n) {
        char upper[128];

        if (n >= sizeof(upper))
                return true;
        for (size_t i = 0; i < n; i++)
                upper[i] = (char)toupper((unsigned char)name[i]);
        upper[n] = 0;
        for (size_t i = 0; i < ELEMENTSOF(secret_words); i++)
                if (strstr(upper, secret_words[i]))
                        return true;
        return false;
}

/* "postgres://user:password@host/": what is between ":" and "@". */
static const char *password_in(const char *value, size_t *ret_n) {
        const char *start = strstr(value, "://"), *colon, *at;

        if (!start)
                return NULL;
        start += 3;
        at = memchr(start, '@', strcspn(start, "/?#"));
        colon = at ? memchr(start, ':', (size_t)(at - start)) : NULL;
        if (!colon)
                return NULL;
        *ret_n = (size_t)(at - colon - 1);
        return colon + 1;
}

static void add_masked(Buf *b, const char *assignment, bool mask) {
        const char *equals = strchr(assignment, '='), *password;
        size_t n;

        if (!mask || !equals) {
                buf_add(b, assignment);
        } else if (is_secret_name(assignment, (size_t)(equals - assignment))) {
                buf_add_n(b, assignment, (size_t)(equals + 1 - assignment));
                buf_add(b, MASK);
        } else if ((password = password_in(equals + 1, &n))) {
                buf_add_n(b, assignment, (size_t)(password - assignment));
                buf_add(b, MASK);
                buf_add(b, password + n);
        } else {
                buf_add(b, assignment);
        }
}

static int read_environment(uint64_t pid, Buf *b) {
        char path[64], block[65536];
        int fd auto_fd = -1;
        ssize_t n;

        (void)snprintf(path, sizeof(path), "/proc/%llu/environ", (unsigned long long)pid);
        fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0)
                return -errno;
        while ((n = read(fd, block, sizeof(block))) > 0 && b->len < ENVIRONMENT_MAX)
                buf_add_n(b, block, (size_t)n);
        return n < 0 ? -errno : b->error;
}

static int compare(const void *a, const void *b) {
        return strcmp(*(char *const *)a, *(char *const *)b);
}

/* What is no assignment was put there by the process itself: its title, as that of nginx, and the zeros behind it. */
static int split(const Buf *text, bool mask, char ***ret) {
        int r = 0;

        for (const char *p = text->data, *end = p ? p + text->len : p; p < end && r >= 0;
             p += strlen(p) + 1) {
                Buf b auto_buf = { 0 };

                if (!strchr(p, '='))
                        continue;
                add_masked(&b, p, mask);
                r = b.error < 0 ? b.error : strv_add(ret, b.data);
        }
        if (r >= 0 && *ret)
                qsort(*ret, strv_length(*ret), sizeof(**ret), compare);
        return r;
}

static int print(Ctl *c, const char *unit, char **variables) {
        Buf b auto_buf = { 0 };

        if (c->format == FORMAT_JSON || c->format == FORMAT_JSON_PRETTY) {
                buf_add_char(&b, '{');
                STRV_FOREACH (v, variables) {
                        char *name auto_free = strndup(*v, strcspn(*v, "="));

                        if (name)
                                json_add_member(&b, name, (*v)[strlen(name)] ? *v + strlen(name) + 1 : "");
                }
                buf_add_char(&b, '}');
                return json_print(&b);
        }
        STRV_FOREACH (v, variables) {
                buf_release(&b);
                add_printable(*v, &b);
                puts(b.data ? b.data : "");
        }
        return CTL_OK;
}

static int show_one(Ctl *c, const char *unit) {
        char *path auto_free = NULL, **variables auto_strv = NULL;
        PropertyList l = { 0 };
        Buf b auto_buf = { 0 };
        uint64_t pid;
        int r = ctl_unit_path(unit, &path);

        if (r >= 0)
                r = ctl_get_all(c, path, "", &l, NULL);
        if (r >= 0 && str_equal(property_get(&l, "LoadState"), "not-found")) {
                ctl_say_not_found(c, unit);
                property_list_release(&l);
                return CTL_NO_SUCH_UNIT_STATUS;
        }
        pid = r < 0 ? 0 : property_number(&l, "MainPID", 0);
        property_list_release(&l);
        if (r < 0)
                return ctl_print_error("%s: %s", unit, strerror(-r));
        if (pid == 0) {
                ctl_print_error(
                        "%s has no main process now; 'svctl show -p Environment %s' is what its file says",
                        unit, unit);
                return CTL_NOT_ACTIVE;
        }
        r = read_environment(pid, &b);
        if (r >= 0)
                r = split(&b, geteuid() != 0, &variables);
        if (r == -EACCES || r == -EPERM)
                return ctl_print_error(
                        "%s: the environment of process %llu is for root and its own user to see", unit,
                        (unsigned long long)pid);
        if (r >= 0 && !variables && b.len > 0)
                return ctl_print_error("%s: process %llu has written over its environment, as some do that "
                                       "show a title; 'svctl show -p Environment %s' is what its file says",
                                       unit, (unsigned long long)pid, unit);
        return r < 0 ? ctl_print_error("%s: %s", unit, strerror(-r)) : print(c, unit, variables);
}

VERB(env) {
        char **names auto_strv = NULL;
        int code = CTL_OK;

        if (ctl_connect(c) < 0 || ctl_names(c, argv + 1, &names) < 0)
                return CTL_FAILED;
        STRV_FOREACH (n, names) {
                if (names[1] && c->format == FORMAT_SHORT)
                        printf("%s%s:\n", n == names ? "" : "\n", *n);
                code = show_one(c, *n) ?: code;
        }
        return code;
}
