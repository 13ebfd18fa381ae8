/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "journal/stream.h"

#include "base/time.h"
#include "journal/client.h"
#include "journal/forward.h"
#include "journal/hash.h"
#include "journal/protocol.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#define HEADER_LINES 7
#define HEADER_MAX 4096
#define STORED_TEXT_MAX                                                                                      \
        7168 /* bytes of what PID 1 keeps about a connection: a message to it holds little more */
#define LOOK_AGAIN (1 * USEC_PER_SEC)

void stream_info_init(StreamInfo *info) {
        *info = (StreamInfo){
                .uid = -1,
                .gid = -1,
                .priority = LOG_INFO,
                .facility = LOG_DAEMON >> 3,
                .level_max = LOG_DEBUG,
                .level_prefix = true,
                .to_console = true,
        };
}

void stream_info_release(StreamInfo *info) {
        free(info->unit);
        free(info->invocation);
        free(info->identifier);
        free(info->comm);
        free(info->cgroup);
        free(info->slice);
        strv_free(info->extra);
        *info = (StreamInfo){ 0 };
}

Stream *stream_new(uint64_t id, int fd, const uint8_t run_id[16]) {
        Stream *s = calloc(1, sizeof(*s));
        uint64_t other = ~id;

        if (!s)
                return NULL;
        s->id = id;
        s->fd = fd;
        stream_info_init(&s->info);
        snprintf(s->stream_id, sizeof(s->stream_id), "%016" PRIx64 "%016" PRIx64,
                 siphash24(&id, sizeof(id), run_id), siphash24(&other, sizeof(other), run_id));
        return s;
}

void stream_free(Stream *s) {
        if (!s)
                return;
        stream_forget_fields(s);
        stream_info_release(&s->info);
        fd_release(&s->fd);
        free(s);
}

void stream_forget_fields(Stream *s) {
        s->looked_at = 0;
        for (size_t i = 0; i < ELEMENTSOF(s->sets); i++) {
                if (!s->sets[i])
                        continue;
                field_set_release(s->sets[i]);
                free(TAKE(s->sets[i]));
        }
}

/* ---- texts ---- */

static void set_number(const char *value, int64_t low, int64_t high, int64_t *field) {
        int64_t v;

        if (parse_i64(value, &v) == 0 && v >= low && v <= high)
                *field = v;
}

static void set_int(const char *value, int low, int high, int *field) {
        int64_t v = *field;

        set_number(value, low, high, &v);
        *field = (int)v;
}

static void set_bool(const char *value, bool *field) {
        bool v;

        if (parse_bool(value, &v) == 0)
                *field = v;
}

static void set_forward(const char *value, ForwardTo to, unsigned *field) {
        bool v = (*field & FORWARD_BIT(to)) != 0;

        set_bool(value, &v);
        *field = v ? *field | FORWARD_BIT(to) : *field & ~FORWARD_BIT(to);
}

static void add_to_last_field(StreamInfo *info, const char *line) {
        size_t n = strv_length(info->extra);
        char *longer = NULL;

        if (n == 0 || str_printf(&longer, "%s\n%s", info->extra[n - 1], line) < 0)
                return;
        free(info->extra[n - 1]);
        info->extra[n - 1] = longer;
}

static void info_assign(StreamInfo *info, const char *key, const char *value) {
        if (str_equal(key, "UNIT")) {
                (void)str_replace(&info->unit, value);
                strv_free(TAKE(info->extra)); /* all of them follow */
        } else if (str_equal(key, "INVOCATION_ID"))
                (void)str_replace(&info->invocation, value);
        else if (str_equal(key, "IDENTIFIER"))
                (void)str_replace(&info->identifier, value);
        else if (str_equal(key, "COMM"))
                (void)str_replace(&info->comm, value);
        else if (str_equal(key, "CGROUP"))
                (void)str_replace(&info->cgroup, value);
        else if (str_equal(key, "SLICE"))
                (void)str_replace(&info->slice, value);
        else if (str_equal(key, "PID"))
                set_number(value, 0, INT_MAX, &info->pid);
        else if (str_equal(key, "UID"))
                set_number(value, 0, UINT32_MAX, &info->uid);
        else if (str_equal(key, "GID"))
                set_number(value, 0, UINT32_MAX, &info->gid);
        else if (str_equal(key, "PRIORITY"))
                set_int(value, 0, LOG_DEBUG, &info->priority);
        else if (str_equal(key, "FACILITY"))
                set_int(value, 0, LOG_NFACILITIES, &info->facility);
        else if (str_equal(key, "LEVEL_MAX"))
                set_int(value, -1, LOG_DEBUG, &info->level_max);
        else if (str_equal(key, "LEVEL_PREFIX"))
                set_bool(value, &info->level_prefix);
        else if (str_equal(key, "CONSOLE"))
                set_bool(value, &info->to_console);
        else if (str_equal(key, "SYSLOG"))
                set_forward(value, FORWARD_SYSLOG, &info->forward);
        else if (str_equal(key, "KMSG"))
                set_forward(value, FORWARD_KMSG, &info->forward);
        else if (str_equal(key, "TERMINAL"))
                set_forward(value, FORWARD_CONSOLE, &info->forward);
        else if (str_equal(key, "FORMAT"))
                info->is_native = str_equal(value, "native");
        else if (str_equal(key, "STREAM"))
                info->is_stderr = str_equal(value, "stderr");
        else if (str_equal(key, "RATE_INTERVAL_USEC"))
                (void)parse_u64(value, &info->rate_interval);
        else if (str_equal(key, "RATE_BURST"))
                (void)parse_u64(value, &info->rate_burst);
        else if (str_equal(key, "+"))
                add_to_last_field(info, value);
        else if (str_starts_with(key, "FIELD_") && field_name_is_valid(key + 6, strlen(key + 6), false)) {
                char *field = NULL;

                if (str_printf(&field, "%s=%s", key + 6, value) == 0 && !strv_contains(info->extra, field))
                        (void)strv_add(&info->extra, field);
                free(field);
        }
}

void stream_info_parse(StreamInfo *info, const char *text, size_t n) {
        char *copy auto_free = strndup(text, n), *save = NULL;

        for (char *line = copy ? strtok_r(copy, "\n", &save) : NULL; line;
             line = strtok_r(NULL, "\n", &save)) {
                char *eq = strchr(line, '=');

                if (!eq)
                        continue;
                *eq = 0;
                info_assign(info, line, eq + 1);
        }
}

int stream_header_parse(const char *text, size_t n, bool trusted, StreamInfo *ret) {
        static const ForwardTo forwards[] = { FORWARD_SYSLOG, FORWARD_KMSG, FORWARD_CONSOLE };
        char *lines[HEADER_LINES] = { 0 }, *copy auto_free = NULL, *p;
        int flags, length;
        bool forward;

        for (p = (char *)text, flags = 0; flags < HEADER_LINES; flags++) {
                p = memchr(p, '\n', n - (size_t)(p - text));
                if (!p)
                        return n >= HEADER_MAX ? -EINVAL : 0;
                p++;
        }
        length = (int)(p - text);
        if (length > HEADER_MAX || memchr(text, 0, (size_t)length))
                return -EINVAL;

        copy = strndup(text, (size_t)length);
        if (!copy)
                return -ENOMEM;
        p = copy;
        for (size_t i = 0; i < HEADER_LINES; i++)
                lines[i] = strsep(&p, "\n");

        /* "<facility and priority>" as one number. */
        if (parse_int(lines[2], &flags) < 0 || flags < 0 || flags > LOG_NFACILITIES * 8 + 7)
                return -EINVAL;
        ret->priority = flags & 7;
        if (flags & LOG_FACMASK)
                ret->facility = flags >> 3;
        if (parse_bool(lines[3], &ret->level_prefix) < 0)
                return -EINVAL;
        for (size_t i = 0; i < ELEMENTSOF(forwards); i++)
                if (parse_bool(lines[4 + i], &forward) < 0)
                        return -EINVAL;
                else if (forward)
                        ret->forward |= FORWARD_BIT(forwards[i]);
        if (*lines[0])
                (void)str_replace(&ret->identifier, lines[0]);
        if (trusted && *lines[1])
                (void)str_replace(&ret->unit, lines[1]);
        return length;
}

static void add_line(Buf *b, const char *key, const char *value) {
        if (value && !strchr(value, '\n'))
                buf_addf(b, "%s=%s\n", key, value);
}

void stream_info_format(const StreamInfo *info, Buf *b) {
        add_line(b, "UNIT", info->unit);
        add_line(b, "IDENTIFIER", info->identifier);
        add_line(b, "COMM", info->comm);
        add_line(b, "INVOCATION_ID", info->invocation);
        add_line(b, "SLICE", info->slice);
        add_line(b, "CGROUP", info->cgroup);
        buf_addf(b, "PID=%" PRIi64 "\nUID=%" PRIi64 "\nGID=%" PRIi64 "\n", info->pid, info->uid, info->gid);
        buf_addf(b, "PRIORITY=%d\nFACILITY=%d\nLEVEL_PREFIX=%d\n", info->priority, info->facility,
                 info->level_prefix);
        buf_addf(b, "SYSLOG=%d\nKMSG=%d\nTERMINAL=%d\n", (info->forward & FORWARD_BIT(FORWARD_SYSLOG)) != 0,
                 (info->forward & FORWARD_BIT(FORWARD_KMSG)) != 0,
                 (info->forward & FORWARD_BIT(FORWARD_CONSOLE)) != 0);
        buf_addf(b, "LEVEL_MAX=%d\nRATE_INTERVAL_USEC=%" PRIu64 "\nRATE_BURST=%" PRIu64 "\n", info->level_max,
                 info->rate_interval, info->rate_burst);
        STRV_FOREACH (extra, info->extra)
                if (b->len + strlen(*extra) < STORED_TEXT_MAX) {
                        journal_text_add_field(b, *extra);
                        buf_add_char(b, '\n');
                }
}

/* ---- fields ---- */

/* Of a process that is gone the pipe still tells who it was: it belongs to the user who writes into it. */
static ClientIds owner_of(const Stream *s) {
        struct stat st;

        if (s->is_socket || s->fd < 0 || fstat(s->fd, &st) < 0 || !S_ISFIFO(st.st_mode))
                return (ClientIds){ -1, -1 };
        return (ClientIds){ st.st_uid, st.st_gid };
}

static void add_sender(FieldSet *set, const Stream *s) {
        const StreamInfo *info = &s->info;
        ClientIds ids = { -1, -1 };

        if (info->pid > 0) {
                field_set_add_u64(set, "_PID", (uint64_t)info->pid);
                ids = client_add_process(set, (pid_t)info->pid, info->comm);
        } else
                field_set_add(set, "_COMM", info->comm);
        if (info->uid >= 0)
                ids = (ClientIds){ info->uid, info->gid };
        else if (ids.uid < 0)
                ids = owner_of(s);
        if (ids.uid >= 0)
                field_set_add_u64(set, "_UID", (uint64_t)ids.uid);
        if (ids.gid >= 0)
                field_set_add_u64(set, "_GID", (uint64_t)ids.gid);
        client_add_unit(set, info->unit, info->slice, info->cgroup, info->invocation);
}

/* The first look at the process, and how what was seen is known again. */
static void note_look(Stream *s, const FieldSet *sender, usec_t monotonic) {
        if (s->looked_at > 0)
                return;
        s->looked_at = monotonic;
        s->start_time = s->info.pid > 0 ? client_start_time((pid_t)s->info.pid) : 0;
        s->sender_hash = sender->xor_hash;
}

void stream_look_again(Stream *s, usec_t monotonic) {
        FieldSet now = { 0 };

        if (s->looked_at == 0 || s->start_time == 0 || monotonic - s->looked_at < LOOK_AGAIN)
                return;
        s->looked_at = monotonic;
        if (client_start_time((pid_t)s->info.pid) != s->start_time)
                return;
        add_sender(&now, s);
        if (now.xor_hash != s->sender_hash)
                stream_forget_fields(s);
        field_set_release(&now);
}

FieldSet *stream_fields(Stream *s, int priority, usec_t monotonic, const FieldSet *host) {
        FieldSet *set = s->sets[priority & 7];

        if (set)
                return set;
        set = calloc(1, sizeof(*set));
        if (!set)
                return NULL;

        add_sender(set, s);
        note_look(s, set, monotonic);
        field_set_add_u64(set, "PRIORITY", (uint64_t)priority);
        field_set_add_u64(set, "SYSLOG_FACILITY", (uint64_t)s->info.facility);
        field_set_add(set, "SYSLOG_IDENTIFIER", s->info.identifier);
        field_set_add(set, "_TRANSPORT", "stdout");
        field_set_add(set, "_STREAM_ID", s->stream_id);
        field_set_add_payloads(set, s->info.extra);
        (void)field_set_add_all(set, host);
        return s->sets[priority & 7] = set;
}

FieldSet *stream_record_fields(Stream *s, usec_t monotonic, const FieldSet *host) {
        FieldSet *set = s->sets[0];

        if (set)
                return set;
        set = calloc(1, sizeof(*set));
        if (!set)
                return NULL;

        add_sender(set, s);
        note_look(s, set, monotonic);
        field_set_add(set, "_TRANSPORT", "journal");
        (void)field_set_add_all(set, host);
        return s->sets[0] = set;
}
