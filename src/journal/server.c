/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "journal/server.h"
#include "journal/compress.h"

#include "companion/sandbox.h"
#include "journal/whose.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define PIPE_BYTES_MAX (1024 * 1024)
#define ANNOUNCE_INTERVAL (20 * USEC_PER_MSEC) /* readers that follow need not be woken for each line */
#define TRIM_DELAY (2 * USEC_PER_SEC)
#define CARE_INTERVAL (2 * USEC_PER_SEC)
#define DATAGRAMS_PER_TURN 64
#define DRAIN_TURNS_MAX 4096      /* datagrams */
#define DRAIN_STREAM_TURNS_MAX 64 /* what is in the pipe, not what is written meanwhile */
#define EVENTS_PER_TURN 64
#define ANSWER_PATIENCE_MSEC 1000 /* once: after that nobody is asked */

usec_t server_now(clockid_t clock) {
        struct timespec ts;

        clock_gettime(clock, &ts);
        return (usec_t)ts.tv_sec * USEC_PER_SEC + (usec_t)ts.tv_nsec / NSEC_PER_USEC;
}

EntryTime server_entry_time(void) {
        return (EntryTime){ server_now(CLOCK_REALTIME), server_now(CLOCK_MONOTONIC) };
}

/* What epoll gives back: the kind in the two lowest bits of the pointer, which are zero in it. */
int server_watch(Server *s, int fd, WatchKind kind, void *what, uint32_t events) {
        struct epoll_event ev = { .events = events, .data.u64 = (uint64_t)(uintptr_t)what | (uint64_t)kind };

        return epoll_ctl(s->epoll_fd, EPOLL_CTL_ADD, fd, &ev) < 0 ? -errno : 0;
}

void server_unwatch(Server *s, int fd) {
        (void)epoll_ctl(s->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
}

/*
 * The file behind the mapping was cut, or its disk failed (SIGBUS), or it
 * leads out of itself, as one can that was closed in order and then not
 * written back before the machine stopped (SIGSEGV). The journal's own state
 * is in memory: the next svinit-journald repeats the batch in a new file.
 */
static SharedState *shared_for_signal;

static void on_bad_memory(int sig) {
        if (shared_for_signal)
                shared_for_signal->is_damaged = true;
        (void)signal(sig, SIG_DFL); /* the access is repeated, and ends us */
}

/* ---- beginning and end ---- */

static bool parse_id(const char *text, Id128 *ret) {
        unsigned byte;
        size_t n = 0;

        for (; *text && n < sizeof(ret->bytes); text++) {
                if (*text == '-')
                        continue;
                if (sscanf(text, "%2x", &byte) != 1 || !text[1])
                        return false;
                ret->bytes[n++] = (uint8_t)byte;
                text++;
        }

        return n == sizeof(ret->bytes);
}

static bool read_id(const char *path, Id128 *ret) {
        char text[64] = "";
        int fd auto_fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

        return fd >= 0 && read(fd, text, sizeof(text) - 1) > 0 && parse_id(str_strip(text), ret);
}

static void add_id(FieldSet *set, const char *name, const Id128 *id) {
        char text[33];

        hex_format(id->bytes, sizeof(id->bytes), text);
        field_set_add(set, name, text);
}

static void load_host(Server *s) {
        Storage *storage = &s->storage;
        char hostname[256] = "";

        if (read_id("/proc/sys/kernel/random/boot_id", &storage->boot_id))
                add_id(&s->host, "_BOOT_ID", &storage->boot_id);
        storage->has_machine_id = s->config.machine_id ? parse_id(s->config.machine_id, &storage->machine_id)
                                                       : read_id("/etc/machine-id", &storage->machine_id);
        if (storage->has_machine_id)
                add_id(&s->host, "_MACHINE_ID", &storage->machine_id);
        if (!s->config.hostname)
                (void)gethostname(hostname, sizeof(hostname) - 1);
        field_set_add(&s->host, "_HOSTNAME", s->config.hostname ?: hostname);

        field_set_add(&s->self, "SYSLOG_IDENTIFIER", "svinit-journald");
        field_set_add_u64(&s->self, "SYSLOG_FACILITY", LOG_SYSLOG >> 3);
        field_set_add(&s->self, "_TRANSPORT", "driver");
        field_set_add_u64(&s->self, "_PID", (uint64_t)getpid());
        field_set_add_u64(&s->self, "_UID", getuid());
        field_set_add_u64(&s->self, "_GID", getgid());
        client_add_process(&s->self, getpid(), "svinit-journald");
        (void)field_set_add_all(&s->self, &s->host);
}

/* Two descriptors for each service: as many as we are allowed. */
static void raise_nofile(void) {
        struct rlimit limit;

        if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
                return;
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
}

int server_init(Server *s, int argc, char *argv[]) {
        int r;

        *s = (Server){ .epoll_fd = -1,
                       .control_fd = LINK_CONTROL_FD,
                       .null_fd = -1,
                       .state = STATE_INIT,
                       .storage.dirfd = -1,
                       .storage.file = JOURNAL_FILE_INIT,
                       .syslog.fd = -1,
                       .forward = FORWARD_INIT };
        for (size_t i = 0; i < JOURNAL_SOCKET_MAX; i++)
                s->sockets[i] = -1;

        requests_init(&s->requests);
        raise_nofile();
        r = config_init(&s->config);
        if (r < 0)
                return r;
        config_load_from(&s->config, "");
        r = config_arguments(&s->config, argc, argv);
        if (r < 0)
                return r;

        s->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
        s->null_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
        if (s->epoll_fd < 0)
                return -errno;
        return server_watch(s, s->control_fd, WATCH_CONTROL, NULL, EPOLLIN);
}

/* A terminal that shows all lines anyway is not for those that are forwarded. */
static void open_forwards(Server *s) {
        syslog_out_init(&s->syslog, s->config.syslog_socket);
        forward_open(&s->forward, s->config.tty_path);
        for (unsigned i = 0; i < ELEMENTSOF(s->consoles); i++)
                if (s->consoles[i].is_terminal && s->consoles[i].format != RENDER_NONE)
                        forward_leave_out_terminal(&s->forward, s->consoles[i].fd);
        if (!s->config.read_kmsg)
                fd_release(&s->sockets[JOURNAL_SOCKET_KMSG]);
        kmsg_begin(s);
}

/* Everything is open that is opened by name, and nothing has been read from a service. */
static void close_doors(Server *s) {
        const char *const directories[] = { s->config.persistent_dir, s->config.runtime_dir };

        s->persistent_is_missing = access(s->config.persistent_dir, F_OK) < 0;
        tzset();
        storage_make_runtime_base(&s->storage);
        whose_begin();
        s->is_exposed =
                !sandbox_enter(&(Sandbox){ .directories = directories,
                                           .n_directories = ELEMENTSOF(directories),
                                           .override_permissions = storage_needs_override(&s->storage) });
}

static void finish_flush(Server *s) {
        uint64_t id = s->state.shared->flush;

        if (id == 0)
                return;
        s->state.shared->flush = 0;
        (void)storage_flush(&s->storage);
        requests_finish(s);
        if (id != FLUSH_UNASKED)
                (void)control_send(s, JOURNAL_SYNCED, id, "", NULL, 0);
}

void server_begin(Server *s) {
        int pipe_bytes = fcntl(state_held_read(&s->state), F_GETPIPE_SZ);

        s->buffer_size = SERVER_HEADROOM + (size_t)(pipe_bytes > 0 ? MIN(pipe_bytes, PIPE_BYTES_MAX) : 65536);
        s->buffer = malloc(s->buffer_size);
        if (!s->buffer)
                abort(); /* nothing has been read: the next one begins where this one began */

        storage_init(&s->storage, &s->config.storage, &s->state);
        load_host(s);
        cgroup_root_load(&s->cgroup_root);
        for (unsigned i = 0; i < ELEMENTSOF(s->consoles); i++)
                console_init(&s->consoles[i], &s->state, i, STDOUT_FILENO + (int)i, s->config.formats[i]);
        open_forwards(s);

        if (s->config.storage.compress_from > 0)
                (void)compress_open();
        shared_for_signal = s->state.shared;
        storage_open(&s->storage);
        (void)requests_watch_signals(s);
        close_doors(s);
        s->ready = true;
        stream_recover(s);
        datagram_recover(s);
        connections_begin(s);
        finish_flush(s);
        if (s->is_exposed)
                deliver_own(s, LOG_WARNING, NULL, "The kernel refused a part of svinit-journald's sandbox.");
        STRV_FOREACH (complaint, s->config.complaints)
                deliver_own(s, LOG_WARNING, NULL, "%s", *complaint);
        server_after_input(s);
}

void server_end(Server *s) {
        if (!s->state.shared)
                return;
        if (s->ready)
                storage_commit(&s->storage);
        for (unsigned i = 0; i < ELEMENTSOF(s->consoles); i++) {
                Console *c = &s->consoles[i];

                while (c->state && console_flush(c) && !c->is_stalled)
                        console_make_room(c);
        }
        storage_close(&s->storage);
}

void server_release(Server *s) {
        Stream *stream, *next;

        HASH_ITER (hh, s->streams, stream, next) {
                HASH_DEL(s->streams, stream);
                stream_free(stream);
        }
        sender_forget_all(s);
        unit_logs_release(&s->units);
        for (size_t i = 0; i < JOURNAL_SOCKET_MAX; i++)
                fd_release(&s->sockets[i]);
        for (size_t i = 0; i < ELEMENTSOF(s->consoles); i++)
                console_release(&s->consoles[i]);
        syslog_out_release(&s->syslog);
        requests_release(&s->requests);
        forward_release(&s->forward);
        field_set_release(&s->kernel);
        storage_close(&s->storage);
        shared_for_signal = NULL;
        state_release(&s->state);
        field_set_release(&s->host);
        field_set_release(&s->self);
        cgroup_root_release(&s->cgroup_root);
        config_release(&s->config);
        fd_release(&s->epoll_fd);
        fd_release(&s->null_fd);
        free(s->buffer);
}

/* ---- what follows from input ---- */

void server_after_input(Server *s) {
        usec_t t = server_now(CLOCK_MONOTONIC);

        if (!s->storage.is_dirty)
                return;
        if (s->announce_at == 0)
                s->announce_at = MAX(t, s->announced + ANNOUNCE_INTERVAL);
        if (s->sync_at == 0)
                s->sync_at = usec_add(t, s->config.sync_interval);
        if (s->is_critical)
                s->sync_at = t;
        s->is_critical = false;
        s->trim_at = t + TRIM_DELAY;
        if (s->care_at == 0)
                s->care_at = t + CARE_INTERVAL;
}

static void report_place(Server *s) {
        const Storage *storage = &s->storage;
        const Config *c = &s->config;

        if (storage->left.error > 0 && journal_file_is_open(&storage->file))
                deliver_own(s, LOG_WARNING, NULL, "%s cannot be written (%s); the journal goes on in %s.",
                            storage->left.is_runtime ? c->runtime_dir : c->persistent_dir,
                            strerror(TAKE(s->storage.left.error)),
                            storage->is_memory    ? "memory"
                            : storage->is_runtime ? c->runtime_dir
                                                  : c->persistent_dir);
}

static void report_losses(Server *s) {
        if (s->storage.n_dropped > 0 && journal_file_is_open(&s->storage.file))
                deliver_own(s, LOG_WARNING, "e9bf28e6e834481bb6f48f548ad13606",
                            "%" PRIu64 " messages could not be stored and are lost to the journal.",
                            TAKE(s->storage.n_dropped));
        if (s->syslog.n_missed > 0)
                deliver_own(s, LOG_WARNING, "0027229ca0644181a76c4e92458afa2e",
                            "Forwarding to syslog missed %" PRIu64 " messages.", TAKE(s->syslog.n_missed));
        if (s->forward.n_missed > 0)
                deliver_own(s, LOG_WARNING, NULL,
                            "Forwarding to the console, the kernel's log or users missed %" PRIu64
                            " messages.",
                            TAKE(s->forward.n_missed));
}

static bool is_due(usec_t *at, usec_t t) {
        if (*at == 0 || *at > t)
                return false;
        *at = 0;
        return true;
}

/* A volume may have been mounted there since. */
static void flush_when_possible(Server *s) {
        const Storage *storage = &s->storage;

        if (!s->persistent_is_missing || !storage->is_runtime || storage->is_relinquished ||
            storage->config.mode == STORAGE_VOLATILE)
                return;
        if (access(s->config.persistent_dir, W_OK | X_OK) >= 0 && storage_flush(&s->storage) == -EACCES)
                control_leave_flush_to_next(s, FLUSH_UNASKED);
}

static void on_time(Server *s) {
        usec_t t = server_now(CLOCK_MONOTONIC);
        bool is_open = journal_file_is_open(&s->storage.file);

        if (is_due(&s->announce_at, t) && is_open) {
                journal_file_announce(&s->storage.file);
                s->announced = t;
        }
        if (is_due(&s->care_at, t)) {
                report_place(s);
                report_losses(s);
                storage_commit(&s->storage);
                flush_when_possible(s);
                deliver_flush(s);
        }
        if (is_due(&s->trim_at, t) && journal_file_is_open(&s->storage.file))
                journal_file_trim(&s->storage.file);
        if (is_due(&s->sync_at, t))
                storage_sync_later(&s->storage);
        if (is_due(&s->streams_ask_until, t))
                stream_unit_known(s, 0, "", 0);
        if (is_due(&s->ask_until, t))
                sender_unit_known(s, 0, "", 0);
}

static int next_timeout(const Server *s) {
        const usec_t deadlines[] = { s->announce_at, s->trim_at,   s->care_at,
                                     s->sync_at,     s->ask_until, s->streams_ask_until };
        usec_t t = server_now(CLOCK_MONOTONIC), first = USEC_INFINITY;

        for (size_t i = 0; i < ELEMENTSOF(deadlines); i++)
                if (deadlines[i] > 0)
                        first = MIN(first, deadlines[i]);
        if (first == USEC_INFINITY)
                return -1;
        return (int)MIN((usec_sub(first, t) + USEC_PER_MSEC - 1) / USEC_PER_MSEC, (usec_t)INT32_MAX);
}

/* ---- the loop ---- */

static bool read_message(Server *s, JournalSocket which) {
        return which == JOURNAL_SOCKET_KMSG ? kmsg_read(s) : datagram_read(s, which);
}

static void on_socket(Server *s, const int *place) {
        JournalSocket which = (JournalSocket)(place - s->sockets);

        if (s->ending) /* the next one gets what comes now */
                return;
        if (requests_owns(&s->requests, place)) {
                requests_read(s, place);
                return;
        }
        if (which == JOURNAL_SOCKET_STDOUT || which == JOURNAL_SOCKET_VARLINK) {
                which == JOURNAL_SOCKET_STDOUT ? stream_accept(s) : requests_accept(s);
                return;
        }
        for (unsigned i = 0; i < DATAGRAMS_PER_TURN && read_message(s, which); i++)
                ;
        deliver_flush(s);
        server_after_input(s);
}

static void on_console(Server *s) {
        deliver_flush(s);
        /* A line about what was dropped may have been added. */
        storage_commit(&s->storage);
        deliver_flush(s);
}

/* PID 1 comes last: what it says may free any stream, while a stream's event frees that stream at most. */
static bool on_events(Server *s, const struct epoll_event *events, int n) {
        bool from_manager = false;

        for (int i = 0; i < n; i++) {
                void *what = (void *)(uintptr_t)(events[i].data.u64 & ~(uint64_t)3);

                switch ((WatchKind)(events[i].data.u64 & 3)) {
                case WATCH_CONTROL:
                        from_manager = true;
                        break;
                case WATCH_STREAM:
                        if (s->ready)
                                (void)stream_read(s, what);
                        break;
                case WATCH_SOCKET:
                        on_socket(s, what);
                        break;
                case WATCH_CONSOLE:
                        on_console(s);
                        break;
                }
        }

        return (!from_manager || control_dispatch(s)) && !s->ending;
}

int server_run(Server *s) {
        struct epoll_event events[EVENTS_PER_TURN];

        (void)signal(SIGPIPE, SIG_IGN);
        (void)signal(SIGXFSZ, SIG_IGN);
        (void)signal(SIGBUS, on_bad_memory);
        (void)signal(SIGSEGV, on_bad_memory);

        for (;;) {
                int n = epoll_wait(s->epoll_fd, events, EVENTS_PER_TURN, next_timeout(s));

                if (n < 0 && errno != EINTR)
                        return -errno;
                if (n > 0 && !on_events(s, events, n))
                        break;
                if (s->ready)
                        on_time(s);
        }

        if (!s->ending) {
                /* PID 1 is gone: what was taken is stored, nothing more can come in order. */
                server_end(s);
        }
        return 0;
}

static void drain_datagrams(Server *s, JournalSocket which) {
        for (unsigned i = 0; i < DRAIN_TURNS_MAX; i++) {
                struct pollfd p = { .fd = s->control_fd, .events = POLLIN };

                if (read_message(s, which))
                        continue;
                if (s->asked_pid == 0)
                        return;
                /* It waits for PID 1 to say whose it is. */
                if (poll(&p, 1, ANSWER_PATIENCE_MSEC) <= 0 || !control_dispatch(s))
                        sender_unit_known(s, 0, "", 0);
        }
}

void server_drain(Server *s) {
        Stream *stream, *next;

        if (s->sockets[JOURNAL_SOCKET_STDOUT] >= 0)
                for (unsigned i = 0; i < DATAGRAMS_PER_TURN; i++)
                        stream_accept(s);
        HASH_ITER (hh, s->streams, stream, next) {
                uint64_t id = stream->id;

                for (unsigned i = 0; stream && i < DRAIN_STREAM_TURNS_MAX && stream_read(s, stream); i++)
                        HASH_FIND(hh, s->streams, &id, sizeof(id), stream);
        }
        for (JournalSocket i = 0; i < JOURNAL_SOCKET_MAX; i++)
                if (i != JOURNAL_SOCKET_STDOUT && i != JOURNAL_SOCKET_VARLINK)
                        drain_datagrams(s, i);
        deliver_flush(s);
        server_after_input(s);
}
