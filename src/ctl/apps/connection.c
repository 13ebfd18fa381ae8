/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/apps/apps.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

void apps_answer_release(AppsAnswer *a) {
        free(a->name);
        free(a->text);
        *a = (AppsAnswer){ 0 };
}

void apps_close(AppsConnection *a) {
        fd_release(&a->fd);
}

int apps_open(Ctl *c, bool control, AppsConnection *ret, int *ret_exit) {
        sd_bus_error error __attribute__((cleanup(sd_bus_error_free))) = SD_BUS_ERROR_NULL;
        sd_bus_message *reply __attribute__((cleanup(sd_bus_message_unrefp))) = NULL;
        const char *method = control ? "OpenApplications" : "WatchApplications";
        int fd, r;

        *ret = (AppsConnection){ .fd = -1 };
        *ret_exit = CTL_FAILED;
        if (ctl_connect(c) < 0)
                return -ENOTCONN;
        r = sd_bus_call_method(c->bus, SD1, SD1_PATH, OWN_MANAGER, method, &error, &reply, NULL);
        if (r < 0 && sd_bus_error_has_name(&error, SD_BUS_ERROR_FILE_NOT_FOUND))
                return APPS_NONE;
        if (r >= 0)
                r = sd_bus_message_read(reply, "h", &fd);
        if (r >= 0)
                ret->fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
        if (r < 0 || ret->fd < 0) {
                ctl_print_bus_error(c, "svinit-apps", &error, r < 0 ? r : -errno);
                *ret_exit = ctl_error_exit(&error, r);
                return -EIO;
        }
        return APPS_OPENED;
}

static int send_all(int fd, const void *data, size_t n) {
        for (const char *p = data; n > 0;) {
                ssize_t k = send(fd, p, n, MSG_NOSIGNAL);

                if (k < 0 && errno != EINTR)
                        return -errno;
                p += MAX(k, 0);
                n -= (size_t)MAX(k, 0);
        }
        return 0;
}

static int read_all(int fd, void *data, size_t n) {
        for (char *p = data; n > 0;) {
                ssize_t k = read(fd, p, n);

                if (k < 0 && errno != EINTR)
                        return -errno;
                if (k == 0)
                        return -EPIPE;
                p += MAX(k, 0);
                n -= (size_t)MAX(k, 0);
        }
        return 0;
}

int apps_ask(AppsConnection *a, ClientVerb verb, const char *name, const char *text, size_t n) {
        ClientFrame f = { .verb = verb, .name_len = (uint32_t)strlen(name), .text_len = (uint32_t)n };
        int r;

        if (f.name_len > CLIENT_NAME_MAX || n > CLIENT_TEXT_MAX)
                return -EMSGSIZE;
        r = send_all(a->fd, &f, sizeof(f));
        if (r >= 0)
                r = send_all(a->fd, name, f.name_len);
        return r < 0 ? r : send_all(a->fd, text, n);
}

static int read_text(int fd, size_t n, char **ret) {
        char *text = malloc(n + 1);
        int r;

        if (!text)
                return -ENOMEM;
        r = read_all(fd, text, n);
        if (r < 0) {
                free(text);
                return r;
        }
        text[n] = 0;
        *ret = text;
        return 0;
}

int apps_read(AppsConnection *a, AppsAnswer *ret) {
        ClientFrame f;
        int r = read_all(a->fd, &f, sizeof(f));

        if (r < 0)
                return r;
        *ret = (AppsAnswer){ .verb = f.verb, .value = f.value, .n = f.text_len };
        r = read_text(a->fd, f.name_len, &ret->name);
        if (r >= 0)
                r = read_text(a->fd, f.text_len, &ret->text);
        if (r < 0)
                apps_answer_release(ret);
        return r;
}

static int finish(AppsAnswer *end, AppsAnswer *ret_end) {
        int code = CTL_OK;

        if (end->value < 0) {
                ctl_print_error("%s.", end->text);
                code = end->value == -EACCES ? CTL_REFUSED : CTL_FAILED;
        } else if (ret_end)
                *ret_end = TAKE(*end);
        apps_answer_release(end);
        return code;
}

/* An answer comes in one piece: what is waited for is its first byte. */
static void set_timeout(const Ctl *c, const AppsConnection *a) {
        struct timeval limit = { .tv_sec = (time_t)(c->reply_timeout / USEC_PER_SEC),
                                 .tv_usec = (suseconds_t)(c->reply_timeout % USEC_PER_SEC) };

        if (c->reply_timeout > 0)
                (void)setsockopt(a->fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
}

int apps_request(Ctl *c, ClientVerb verb, const char *name, const char *text, size_t n, AppsItem item,
                 void *userdata, AppsAnswer *ret_end) {
        AppsConnection a;
        AppsAnswer answer;
        int code = CTL_FAILED, r = apps_open(c, verb <= CLIENT_FOLLOW, &a, &code);

        if (r < 0)
                return code;
        if (r == APPS_NONE)
                return ctl_print_error("%s%sno service runs with X-IPC=.", name,
                                       *name ? " has no channel: " : "there are no channels: ");
        set_timeout(c, &a);
        r = apps_ask(&a, verb, name, text, n);
        while (r >= 0 && (r = apps_read(&a, &answer)) >= 0) {
                if (answer.verb == CLIENT_END) {
                        apps_close(&a);
                        return finish(&answer, ret_end);
                }
                item(c, &answer, userdata);
                apps_answer_release(&answer);
        }
        apps_close(&a);
        if (r == -EAGAIN) {
                ctl_print_error("%s did not reply within --timeout=%s.", name, c->timeout);
                return CTL_TIMED_OUT;
        }
        return ctl_print_error(r == -EMSGSIZE
                                       ? "This is longer than svinit-apps takes."
                                       : "svinit-apps has ended before it answered; what was sent may or may "
                                         "not have arrived. It is started again: ask again.");
}

int apps_unit_name(Ctl *c, const char *given, char **ret) {
        char *argv[] = { (char *)given, NULL }, **names auto_strv = NULL;

        if (ctl_connect(c) < 0 || ctl_names(c, argv, &names) < 0)
                return CTL_FAILED;
        if (strv_length(names) != 1)
                return ctl_print_error("%s is not the name of one unit.", given);
        *ret = strdup(names[0]);
        return *ret ? CTL_OK : CTL_FAILED;
}

int apps_read_text(const char *given, char **ret, size_t *ret_n) {
        Buf b = { 0 };
        char data[65536];
        ssize_t n = 1;

        if (!str_equal(given, "-"))
                buf_add(&b, given);
        while (str_equal(given, "-") && n > 0 && b.len <= CLIENT_TEXT_MAX) {
                n = read(STDIN_FILENO, data, sizeof(data));
                if (n > 0)
                        buf_add_n(&b, data, (size_t)n);
        }
        if (n < 0 || b.error < 0) {
                buf_release(&b);
                return ctl_print_error("Cannot read the standard input.");
        }
        *ret_n = b.len;
        return buf_take(&b, ret) < 0 ? CTL_FAILED : CTL_OK;
}

int apps_print_text(const char *text, size_t n) {
        if (fwrite(text, 1, n, stdout) != n || putchar('\n') == EOF || fflush(stdout) == EOF)
                return ctl_print_error("Cannot write to the standard output.");
        return CTL_OK;
}
