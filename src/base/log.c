/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/log.h"

#include "base/text.h"

#include <stdio.h>

#define SENTENCE_MAX 2048 /* bytes with the NUL; a longer sentence is cut and ends in "..." */
#define FIELDS_MAX 32     /* fields of a call, without ERRNO */

const MessageRow message_rows[MESSAGE_MAX] = {
#define MESSAGE(n, p, i, s, c)                                                                               \
        [MESSAGE_##n] = { .name = #n, .priority = (p), .id = (i), .sentence = (s), .catalogue = (c) },
#include "base/message.def"
#undef MESSAGE
};

const MessageRow *message_find(const char *id) {
        for (size_t i = 0; id[0] && i < MESSAGE_MAX; i++)
                if (strcmp(message_rows[i].id, id) == 0)
                        return &message_rows[i];
        return NULL;
}

static LogHook log_hook;
static void *log_userdata;
static int max_priority = LOG_INFO;

void log_set_hook(LogHook hook, void *userdata) {
        log_hook = hook;
        log_userdata = userdata;
}

void log_set_max_priority(int priority) {
        max_priority = priority;
}

int log_max_priority(void) {
        return max_priority;
}

typedef struct Sentence {
        char text[SENTENCE_MAX];
        size_t len;
        bool cut;
} Sentence;

/* Appends one line's worth: a control character becomes a blank, what does not fit is left out. */
static void sentence_add(Sentence *s, const char *text, size_t n) {
        for (size_t i = 0; i < n && !s->cut; i++) {
                if (s->len + sizeof("...") >= sizeof(s->text))
                        s->cut = true;
                else
                        s->text[s->len++] = (unsigned char)text[i] < ' ' || text[i] == 0x7f ? ' ' : text[i];
        }
}

static void sentence_end(Sentence *s) {
        if (s->cut) {
                /* Not in the middle of a UTF-8 sequence. */
                while (s->len > 0 && ((unsigned char)s->text[s->len - 1] & 0xc0) == 0x80)
                        s->len--;
                if (s->len > 0 && (unsigned char)s->text[s->len - 1] >= 0xc0)
                        s->len--;
                memcpy(s->text + s->len, "...", 3);
                s->len += 3;
        }
        s->text[s->len] = 0;
}

static void sentence_add_number(Sentence *s, int64_t number) {
        char digits[24];
        int n = snprintf(digits, sizeof(digits), "%lld", (long long)number);

        sentence_add(s, digits, (size_t)n);
}

static bool name_equals(const char *name, size_t n, const char *expected) {
        return strlen(expected) == n && memcmp(name, expected, n) == 0;
}

/* The value of @NAME@: a field of the call first, then what the record knows by itself. False: nothing of the kind. */
static bool sentence_add_value(Sentence *s, const LogRecord *record, int error, const char *name, size_t n) {
        const char *text = NULL;

        for (size_t i = 0; i < record->n_fields; i++) {
                const LogField *f = &record->fields[i];

                if (!name_equals(name, n, f->name))
                        continue;
                if (f->text)
                        sentence_add(s, f->text, strlen(f->text));
                else
                        sentence_add_number(s, f->number);
                return true;
        }

        if (name_equals(name, n, "UNIT"))
                text = record->unit ? record->unit : "svinit";
        else if (name_equals(name, n, "ERROR"))
                text = strerror(error < 0 ? -error : error);
        else if (name_equals(name, n, "FILE"))
                text = record->file;
        else if (name_equals(name, n, "FUNC"))
                text = record->func;
        else if (name_equals(name, n, "LINE")) {
                sentence_add_number(s, record->line);
                return true;
        }
        if (text)
                sentence_add(s, text, strlen(text));
        return text != NULL;
}

/* A placeholder without a value stays as it stands: it can be seen then, and the line is still of use. */
static void sentence_render(Sentence *s, const LogRecord *record, const char *pattern, int error) {
        while (*pattern) {
                size_t plain = strcspn(pattern, "@"), n;

                sentence_add(s, pattern, plain);
                pattern += plain;
                if (*pattern == 0)
                        break;

                n = strspn(pattern + 1, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789");
                if (pattern[1 + n] == '@' && sentence_add_value(s, record, error, pattern + 1, n))
                        pattern += n + 2;
                else
                        sentence_add(s, pattern++, 1);
        }
        sentence_end(s);
}

void log_emit(MessageId message, const char *unit, int error, const LogField *fields, size_t n,
              const char *file, int line, const char *func) {
        static bool inside;
        LogField all[FIELDS_MAX + 1];
        Sentence sentence;
        LogRecord record;

        if ((unsigned)message >= MESSAGE_MAX || message_rows[message].priority > max_priority)
                return;
        /* A hook that logs would call itself; what it has to say is lost rather than the stack. */
        if (!log_hook || inside)
                return;

        n = MIN(n, (size_t)FIELDS_MAX);
        if (n > 0)
                memcpy(all, fields, n * sizeof(LogField));
        if (error != 0)
                all[n++] = FIELD_I("ERRNO", error < 0 ? -(int64_t)error : error);
        record = (LogRecord){
                .message = message,
                .priority = message_rows[message].priority,
                .id = message_rows[message].id,
                .unit = unit,
                .sentence = sentence.text,
                .fields = all,
                .n_fields = n,
                .file = file,
                .line = line,
                .func = func,
        };
        sentence.len = 0;
        sentence.cut = false;
        sentence_render(&sentence, &record, message_rows[message].sentence, error);

        inside = true;
        log_hook(&record, log_userdata);
        inside = false;
}
