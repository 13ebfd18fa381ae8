/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/core/ssh.h"
#include "ctl/deploy/deploy.h"

#include <errno.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

/* The words over there: without Host= of the unit, which is the same there. */
static int words(int argc, char **argv, char ***ret) {
        int r = strv_add(ret, "svctl");

        if (r >= 0)
                r = strv_add(ret, "deploy");
        if (r >= 0)
                r = strv_add(ret, "--local");
        if (r >= 0)
                r = strv_add(ret, "--");
        for (int i = 1; i < argc && r >= 0; i++)
                r = strv_add(ret, argv[i]);
        return r;
}

static int on_host(Ctl *c, const char *host, char **argv) {
        int status;
        pid_t pid;

        fflush(stdout);
        pid = fork();
        if (pid < 0)
                return ctl_print_error("%s: %s", host, strerror(errno));
        if (pid == 0) {
                c->host = host;
                _exit(ssh_run(c, (int)strv_length(argv), argv, 0));
        }
        while (waitpid(pid, &status, 0) < 0)
                if (errno != EINTR)
                        return CTL_FAILED;
        return WIFEXITED(status) ? WEXITSTATUS(status) : CTL_FAILED;
}

int deploy_on_hosts(Ctl *c, char *const *hosts, int argc, char **argv) {
        char **l auto_strv = NULL;
        size_t n = 0;

        if (words(argc, argv, &l) < 0)
                return CTL_FAILED;
        STRV_FOREACH (host, hosts) {
                int code;

                if (!c->quiet && hosts[1])
                        fprintf(stderr, "%s:\n", *host);
                code = on_host(c, *host, l);
                if (code != CTL_OK) {
                        if (hosts[n + 1])
                                ctl_print_error("%s: it failed there; the hosts after it are as they were",
                                                *host);
                        return code;
                }
                n++;
        }
        return CTL_OK;
}
