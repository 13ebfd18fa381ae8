/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * X-ExpandFileVariables=: NAME_FILE=/run/secrets/x becomes NAME=what is in the
 * file, as images for container engines have it. The file is read with
 * svinit's privileges, before the service's user is taken on; one line end at
 * its end does not belong to the value.
 */

#include "exec/child.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define VALUE_MAX (64 * 1024)

/* `buffer` has room for one byte more than a value may have. */
static int read_value(ExecContext *c, const char *path, char *buffer, size_t *ret) {
        int fd auto_fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
        size_t n = 0;

        if (fd < 0)
                return -errno;
        while (n <= VALUE_MAX) {
                ssize_t got = read(fd, buffer + n, VALUE_MAX + 1 - n);

                if (got < 0)
                        return -errno;
                if (got == 0)
                        break;
                n += (size_t)got;
        }
        if (n > VALUE_MAX) {
                exec_reason(c, "a value may have 64 KiB");
                return -E2BIG;
        }
        if (memchr(buffer, 0, n)) {
                exec_reason(c, "a variable cannot hold a zero byte");
                return -EINVAL;
        }
        n -= n > 0 && buffer[n - 1] == '\n';
        buffer[n] = 0;
        *ret = n;
        return 0;
}

static int refuse(ExecContext *c, const char *name, const char *reason, int r) {
        char text[96];

        (void)snprintf(text, sizeof(text), "%s and %s_FILE", name, name);
        exec_detail(c, text);
        exec_reason(c, reason);
        return r;
}

static int expand_one(ExecContext *c, const char *name, char ***env) {
        char *variable auto_free = NULL, *buffer auto_free = NULL, *pair auto_free = NULL;
        const char *path;
        size_t n;
        int r = str_printf(&variable, "%s_FILE", name);

        if (r < 0)
                return r;
        path = env_get(*env, variable, strlen(variable));
        if (!path)
                return 0;
        if (env_get(*env, name, strlen(name)))
                return refuse(c, name, "only one of the two may be set", -EEXIST);
        exec_detail(c, path);
        if (path[0] != '/') {
                exec_reason(c, "not an absolute path");
                return -EINVAL;
        }
        buffer = malloc(VALUE_MAX + 2);
        if (!buffer)
                return -ENOMEM;
        r = read_value(c, path, buffer, &n);
        if (r >= 0)
                r = str_printf(&pair, "%s=%s", name, buffer);
        if (r >= 0)
                r = env_set(env, pair);
        if (r >= 0)
                env_unset(*env, variable);
        explicit_bzero(buffer, VALUE_MAX + 2);
        if (pair)
                explicit_bzero(pair, strlen(pair));
        return r;
}

int environment_expand_files(ExecContext *c, char ***env) {
        exec_blame(c, "X-ExpandFileVariables");
        STRV_FOREACH (name, c->plan->exec->expand_file_variables) {
                int r = expand_one(c, *name, env);

                if (r < 0)
                        return r;
        }
        exec_detail(c, NULL);
        exec_blame(c, NULL);
        return 0;
}
