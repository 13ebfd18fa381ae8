/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/core/ssh.h"

#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* What the other side runs, whatever shell its user has. */
#define BRIDGE                                                                                               \
        "sh -c 'if command -v svctl >/dev/null; then exec svctl stdio-bridge; else exec "                    \
        "systemd-stdio-bridge; fi'"

static const char *ssh_program(void) {
        return getenv("SYSTEMD_SSH") ?: "ssh";
}

/* HOST or HOST:PORT; an IPv6 address stands in brackets when there is a port. */
static int split_port(const char *text, char **ret_host, const char **ret_port) {
        const char *colon = strrchr(text, ':'), *bracket = strrchr(text, ']');

        if (!colon || (bracket && colon < bracket) || (!bracket && strchr(text, ':') != colon))
                colon = NULL;
        *ret_port = colon ? colon + 1 : NULL;
        *ret_host = strndup(text, colon ? (size_t)(colon - text) : strlen(text));
        return *ret_host ? 0 : -ENOMEM;
}

/* An address of D-Bus takes some characters as they are. */
static void add_argument(Buf *b, unsigned n, const char *text) {
        buf_addf(b, ",argv%u=", n);
        for (; *text; text++)
                if (strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_/.", *text))
                        buf_add_char(b, *text);
                else
                        buf_addf(b, "%%%02x", (unsigned char)*text);
}

static int address_of(const char *host, char **ret) {
        char *name auto_free = NULL;
        Buf b auto_buf = { 0 };
        const char *port;
        unsigned n = 1;

        if (split_port(host, &name, &port) < 0)
                return -ENOMEM;
        buf_addf(&b, "unixexec:path=%s", ssh_program());
        add_argument(&b, n++, "-xT");
        if (port) {
                add_argument(&b, n++, "-p");
                add_argument(&b, n++, port);
        }
        add_argument(&b, n++, "--");
        add_argument(&b, n++, name);
        add_argument(&b, n, BRIDGE);
        return buf_take(&b, ret);
}

/* Descriptors do not travel. */
static int start(sd_bus *bus, const char *address) {
        int r = sd_bus_set_address(bus, address);

        if (r >= 0)
                r = sd_bus_set_bus_client(bus, true);
        if (r >= 0)
                r = sd_bus_negotiate_fds(bus, false);
        if (r >= 0)
                r = sd_bus_start(bus);
        return r >= 0 ? sd_bus_get_unique_name(bus, &(const char *){ NULL }) : r; /* it is there */
}

int ssh_connect(Ctl *c, sd_bus **ret) {
        char *address auto_free = NULL;
        sd_bus *bus = NULL;
        int r;

        r = address_of(c->host, &address);
        if (r >= 0)
                r = sd_bus_new(&bus);
        if (r >= 0)
                r = start(bus, address);
        if (r < 0) {
                ctl_print_error("%s: no svinit answers there (%s); is there an ssh to it, and svctl or "
                                "systemd-stdio-bridge on it?",
                                c->host, strerror(-r));
                sd_bus_unref(bus);
                return r;
        }
        *ret = bus;
        return 0;
}

/* As one word for the shell over there. */
static void add_quoted(Buf *b, const char *word) {
        buf_add(b, " '");
        for (; *word; word++)
                if (*word == '\'')
                        buf_add(b, "'\\''");
                else
                        buf_add_char(b, *word);
        buf_add_char(b, '\'');
}

/* ssh's arguments, `command` the last; owned by the caller. */
static int arguments_for(const char *host, bool terminal, const char *command, char ***ret) {
        char *name auto_free = NULL, **l = NULL;
        const char *port;
        int r;

        r = split_port(host, &name, &port);
        if (r >= 0)
                r = strv_add(&l, ssh_program());
        if (r >= 0)
                r = strv_add(&l, terminal ? "-xt" : "-xT");
        if (r >= 0 && port)
                r = strv_add(&l, "-p");
        if (r >= 0 && port)
                r = strv_add(&l, port);
        if (r >= 0)
                r = strv_add(&l, "--");
        if (r >= 0)
                r = strv_add(&l, name);
        if (r >= 0)
                r = strv_add(&l, command);
        if (r < 0)
                strv_free(l);
        else
                *ret = l;
        return r;
}

/* Is it -H HOST, --host HOST or --host=HOST, in as many words as returned? */
static int words_of_host(char *const *argument) {
        const char *a = argument[0];

        if (str_starts_with(a, "--host=") || (str_starts_with(a, "-H") && a[2]))
                return 1;
        return str_equal(a, "-H") || str_equal(a, "--host") ? 2 : 0;
}

int ssh_run(Ctl *c, int argc, char **argv, int n_options) {
        bool terminal = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
        char **arguments auto_strv = NULL;
        Buf b auto_buf = { 0 };
        int n;

        buf_add(&b, "svctl");
        for (int i = 1; i < argc; i += MAX(n, 1)) {
                n = i < n_options ? words_of_host(argv + i) : 0;
                if (n == 0)
                        add_quoted(&b, argv[i]);
        }
        if (b.error < 0 || arguments_for(c->host, terminal, b.data, &arguments) < 0)
                return ctl_print_error("%s", strerror(ENOMEM));
        fflush(stdout);
        execvp(arguments[0], arguments);
        return ctl_print_error("%s: %s", arguments[0], strerror(errno));
}

void ssh_logs(Ctl *c, const char *unit, unsigned lines) {
        char **arguments auto_strv = NULL;
        Buf b auto_buf = { 0 };
        char number[16];
        pid_t pid;

        snprintf(number, sizeof(number), "%u", lines);
        buf_add(&b, "svctl --no-pager logs -n");
        add_quoted(&b, number);
        add_quoted(&b, unit);
        if (b.error < 0 || arguments_for(c->host, false, b.data, &arguments) < 0)
                return;
        fflush(stdout);
        if (posix_spawnp(&pid, arguments[0], NULL, NULL, arguments, environ) == 0)
                (void)waitpid(pid, NULL, 0);
}
