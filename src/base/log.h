/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The log front end. A message is a row of base/message.def: name, priority,
 * 128-bit id, the sentence with the names of its fields, catalogue text. The
 * call gives only the fields. The record goes to the hook set at start: this
 * module opens, writes and allocates nothing that outlives the call.
 *
 *      LOG_UNIT(u->id, RESTART_SCHEDULED, FIELD_I("N_RESTARTS", n), FIELD_S("REASON", why));
 *      LOG_ERRNO(REAP_FAILED, r, FIELD_I("PID", pid));
 */

#include "base/macro.h"

#include <syslog.h>

typedef enum MessageId {
#define MESSAGE(name, priority, id, sentence, catalogue) MESSAGE_##name,
#include "base/message.def"
#undef MESSAGE
        MESSAGE_MAX,
} MessageId;

typedef struct LogField {
        const char *name; /* upper case, journal field syntax */
        const char *text; /* NULL: the number counts */
        int64_t number;
} LogField;

static inline const char *log_text(const char *s) {
        return s ? s : "";
}
#define FIELD_S(n, v) ((LogField){ (n), log_text(v), 0 })
#define FIELD_I(n, v) ((LogField){ (n), NULL, (int64_t)(v) })

typedef struct LogRecord {
        MessageId message;
        int priority;         /* syslog's 0..7 */
        const char *id;       /* MESSAGE_ID= in 32 hex digits, or "" */
        const char *unit;     /* NULL: about svinit itself */
        const char *sentence; /* rendered, one line, no newline */
        const LogField *fields;
        size_t n_fields;
        const char *file;
        int line;
        const char *func;
} LogRecord;

typedef void (*LogHook)(const LogRecord *record, void *userdata);

void log_set_hook(LogHook hook, void *userdata); /* NULL: dropped */
void log_set_max_priority(int priority);         /* default LOG_INFO */
int log_max_priority(void);
void log_emit(MessageId message, const char *unit, int error, const LogField *fields, size_t n,
              const char *file, int line, const char *func);

#define LOG_ARGS_(...)                                                                                       \
        ((const LogField[]){ __VA_ARGS__ }), (sizeof((LogField[]){ __VA_ARGS__ }) / sizeof(LogField))
#define LOG(name, ...) log_emit(MESSAGE_##name, NULL, 0, LOG_ARGS_(__VA_ARGS__), __FILE__, __LINE__, __func__)
#define LOG_UNIT(unit, name, ...)                                                                            \
        log_emit(MESSAGE_##name, (unit), 0, LOG_ARGS_(__VA_ARGS__), __FILE__, __LINE__, __func__)
/* r is a negative errno; @ERROR@ in the sentence is its text. */
#define LOG_ERRNO(name, r, ...)                                                                              \
        log_emit(MESSAGE_##name, NULL, (r), LOG_ARGS_(__VA_ARGS__), __FILE__, __LINE__, __func__)
#define LOG_UNIT_ERRNO(unit, name, r, ...)                                                                   \
        log_emit(MESSAGE_##name, (unit), (r), LOG_ARGS_(__VA_ARGS__), __FILE__, __LINE__, __func__)

/* The rows, for the catalogue and the tests. */
typedef struct MessageRow {
        const char *name;
        int priority;
        const char *id, *sentence, *catalogue;
} MessageRow;
extern const MessageRow message_rows[MESSAGE_MAX];

/* The first row with that id, which has the catalogue text for all that share it; NULL: none, also for "". */
const MessageRow *message_find(const char *id);
