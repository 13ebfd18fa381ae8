/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The pipes from which svinit-journald reads: one for each of a unit's stdout
 * and stderr, and svinit's own. A duplicate of every read end stays here, so
 * that the next svinit-journald goes on where a killed one stopped.
 */

#include "manager/companions/journal-internal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define OWN_STREAM_BYTES (256 * 1024) /* of svinit's own messages, while svinit-journald is away */

void journal_stream_free(JournalLink *l, JournalStream *s) {
        HASH_DEL(l->streams, s);
        if (s->id & STORED_ID)
                l->n_stored--;
        close(s->fd);
        free(s->text);
        free(s);
}

JournalStream *journal_stream_find(JournalLink *l, uint64_t id) {
        JournalStream *s;

        HASH_FIND(hh, l->streams, &id, sizeof(id), s);
        return s;
}

JournalStream *journal_stream_add(JournalLink *l, uint64_t id, int fd, const char *text) {
        JournalStream *s = calloc(1, sizeof(*s));

        if (!s || !(s->text = strdup(text))) {
                free(s);
                close(fd);
                return NULL;
        }
        s->id = id;
        s->fd = fd;
        HASH_ADD(hh, l->streams, id, sizeof(s->id), s);
        if (id & STORED_ID)
                l->n_stored++;
        return s;
}

bool journal_stream_is_at_end(const JournalStream *s) {
        struct pollfd p = { .fd = s->fd, .events = POLLIN };

        return poll(&p, 1, 0) == 1 && (p.revents & (POLLHUP | POLLERR)) && !(p.revents & POLLIN);
}

const char *journal_identifier(const Unit *u) {
        const CommandList *start = &u->spec->commands->of[COMMAND_START];
        const char *slash;

        if (u->spec->exec->syslog_identifier)
                return u->spec->exec->syslog_identifier;
        if (u->type != UNIT_SERVICE || start->n == 0)
                return u->id;
        slash = strrchr(start->v[0].path, '/');
        return slash ? slash + 1 : start->v[0].path;
}

static void describe_group(const Unit *u, Buf *b) {
        const char *slice = spec_slice(u->spec);

        if (unit_runtime(u)->group)
                buf_addf(b, "\nCGROUP=%s", group_path(unit_runtime(u)->group));
        if (slice)
                buf_addf(b, "\nSLICE=%s", slice);
}

/* What does not fit into a message to svinit-journald is left out: without the message there would be no line at all. */
static void describe_fields(const ExecSpec *e, Buf *b) {
        STRV_FOREACH (field, e->log_extra_fields) {
                size_t before = b->len;

                buf_add_char(b, '\n');
                journal_text_add_field(b, *field);
                if (!b->error && b->len >= LINK_MESSAGE_MAX - sizeof(LinkMessage)) {
                        b->len = before;
                        b->data[before] = 0;
                }
        }
}

/* What holds for all that comes from the unit, whichever way. */
void journal_describe_unit(const Unit *u, Buf *b) {
        const ExecSpec *e = u->spec->exec;
        char id[33];

        hex_format(unit_runtime(u)->invocation_id, 16, id);
        buf_addf(b, "UNIT=%s\nINVOCATION_ID=%s", u->id, id);
        describe_group(u, b);
        if (!e)
                return;
        buf_addf(b, "\nLEVEL_MAX=%d", unit_is_debugged(u) ? -1 : e->log_level_max);
        if (e->log_rate_limit_interval != USEC_INFINITY)
                buf_addf(b, "\nRATE_INTERVAL_USEC=%" PRIu64, e->log_rate_limit_interval);
        if (e->log_rate_limit_burst > 0)
                buf_addf(b, "\nRATE_BURST=%u", e->log_rate_limit_burst);
        describe_fields(e, b);
}

static bool wants_kmsg(StdOutput o) {
        return o == OUTPUT_KMSG || o == OUTPUT_KMSG_CONSOLE;
}

static bool wants_terminal(StdOutput o) {
        return o == OUTPUT_JOURNAL_CONSOLE || o == OUTPUT_KMSG_CONSOLE;
}

static int describe(const Unit *u, bool is_stderr, pid_t pid, char **ret) {
        const ExecSpec *e = u->spec->exec;
        StdOutput how = is_stderr && e->io.error != OUTPUT_INHERIT ? e->io.error : e->io.output;
        Buf b auto_buf = { 0 };

        buf_addf(
                &b,
                "IDENTIFIER=%s\nSTREAM=%s\nPRIORITY=%d\nFACILITY=%d\nLEVEL_PREFIX=%d\nKMSG=%d\nTERMINAL=%d\n",
                journal_identifier(u), is_stderr ? "stderr" : "stdout", e->syslog_level,
                e->syslog_facility >> 3, e->syslog_level_prefix, wants_kmsg(how), wants_terminal(how));
        if (pid > 0)
                buf_addf(&b, "PID=%d\n", (int)pid);
        journal_describe_unit(u, &b);
        return buf_take(&b, ret);
}

/* A further process of the same run writes into the pipe that is there. */
static int reopen(const JournalStream *s, int *ret) {
        char path[40];
        int fd;

        snprintf(path, sizeof(path), "/proc/self/fd/%d", s->fd);
        fd = open(path, O_WRONLY | O_CLOEXEC | O_NONBLOCK);
        if (fd < 0)
                return -errno;
        (void)fcntl(fd, F_SETFL, 0); /* services expect a blocking stdout */
        *ret = fd;
        return 0;
}

static int open_stream(JournalLink *l, Unit *u, unsigned i, int *ret) {
        UnitRuntime *rt = unit_runtime(u);
        JournalStream *s = rt->stream_ids[i] ? journal_stream_find(l, rt->stream_ids[i]) : NULL;
        int fds[2];

        if (s && reopen(s, ret) >= 0)
                return 0;
        if (pipe2(fds, O_CLOEXEC) < 0)
                return -errno;
        s = journal_stream_add(l, l->next_id++, fds[0], "");
        if (!s) {
                close(fds[1]);
                return -ENOMEM;
        }
        rt->stream_ids[i] = s->id;
        *ret = fds[1];
        return 0;
}

int journal_link_streams(Manager *m, Unit *u, int ret_fds[2]) {
        int r;

        r = open_stream(m->journal, u, 0, &ret_fds[0]);
        if (r < 0)
                return r;
        r = open_stream(m->journal, u, 1, &ret_fds[1]);
        if (r < 0)
                cleanup_fd(&ret_fds[0]);
        return r;
}

void journal_link_announce(Manager *m, Unit *u, pid_t pid) {
        JournalLink *l = m->journal;

        for (unsigned i = 0; i < 2; i++) {
                JournalStream *s = unit_runtime(u)->stream_ids[i]
                                           ? journal_stream_find(l, unit_runtime(u)->stream_ids[i])
                                           : NULL;
                char *text;
                bool is_new;

                if (!s || describe(u, i == 1, pid, &text) < 0)
                        continue;
                is_new = s->text[0] == 0;
                free(s->text);
                s->text = text;
                (void)journal_post(l, is_new ? JOURNAL_ADD : JOURNAL_UPDATE, s->id, is_new ? NULL : text);
        }
}

/* svinit's own messages: a stream as those of services, whose write end is the log front end's. */
void journal_open_own_stream(JournalLink *l) {
        char text[160];
        int fds[2];

        if (pipe2(fds, O_CLOEXEC) < 0)
                return;
        (void)fcntl(fds[1], F_SETFL, O_NONBLOCK);
        (void)fcntl(fds[1], F_SETPIPE_SZ, OWN_STREAM_BYTES);
        snprintf(text, sizeof(text),
                 "FORMAT=native\nIDENTIFIER=svinit\nUNIT=init.scope\nPID=%d\nUID=%d\nGID=%d", (int)getpid(),
                 (int)getuid(), (int)getgid());
        if (journal_stream_add(l, l->next_id++, fds[0], text))
                manager_log_to(fds[1]);
        else
                close(fds[1]);
}
