/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "journal/parse-datagram.h"

#include "journal/fields.h"
#include "journal/line.h"

#include <errno.h>
#include <string.h>
#include <syslog.h>

/* ---- native ---- */

static bool is_named(const char *payload, size_t n, const char *name) {
        size_t m = strlen(name);

        return n > m && payload[m] == '=' && memcmp(payload, name, m) == 0;
}

static int small_number(const char *p, size_t n, int max) {
        int v = 0;

        if (n == 0 || n > 3)
                return -1;
        for (size_t i = 0; i < n; i++) {
                if (p[i] < '0' || p[i] > '9')
                        return -1;
                v = v * 10 + (p[i] - '0');
        }
        return v <= max ? v : -1;
}

static void note(NativeEntry *e, const char *payload, size_t n) {
        if (is_named(payload, n, "MESSAGE"))
                e->message = (Piece){ payload + 8, n - 8 };
        else if (is_named(payload, n, "SYSLOG_IDENTIFIER"))
                e->identifier = (Piece){ payload + 18, n - 18 };
        else if (is_named(payload, n, "UNIT"))
                e->unit = (Piece){ payload + 5, n - 5 };
        else if (is_named(payload, n, "PRIORITY"))
                e->priority = small_number(payload + 9, n - 9, LOG_DEBUG);
        else if (is_named(payload, n, "SYSLOG_FACILITY"))
                e->facility = small_number(payload + 16, n - 16, LOG_NFACILITIES);
}

static int add_field(NativeEntry *e, char *payload, size_t name_size, size_t n) {
        int r;

        if (!field_name_is_valid(payload, name_size, false) || e->n_fields >= DATAGRAM_FIELDS_MAX) {
                e->n_ignored++;
                return 0;
        }
        r = array_reserve(&e->fields, &e->capacity, e->n_fields + 1, sizeof(struct iovec));
        if (r < 0)
                return r;
        e->fields[e->n_fields++] = (struct iovec){ payload, n };
        note(e, payload, n);
        return 0;
}

/* "NAME\n", the size as 64 bits, the value, "\n". The name is moved to stand before the value. */
static ssize_t parse_sized(NativeEntry *e, char *p, size_t n, size_t name_size) {
        size_t head = name_size + 1 + sizeof(uint64_t);
        uint64_t size;
        char *payload;
        int r;

        if (n < head)
                return -EBADMSG;
        memcpy(&size, p + name_size + 1, sizeof(size));
        if (size >= n - head || p[head + size] != '\n')
                return -EBADMSG;

        payload = p + head - name_size - 1;
        memmove(payload, p, name_size);
        payload[name_size] = '=';
        r = add_field(e, payload, name_size, name_size + 1 + size);
        return r < 0 ? r : (ssize_t)(head + size + 1);
}

ssize_t native_parse(char *buffer, size_t n, NativeEntry *ret) {
        char *p = buffer, *end = buffer + n;

        *ret = (NativeEntry){ .priority = -1, .facility = -1 };
        while (p < end) {
                char *newline = memchr(p, '\n', (size_t)(end - p)), *eq;
                size_t size = (size_t)((newline ?: end) - p);
                ssize_t r;

                if (size == 0)
                        return p + 1 - buffer; /* an empty line ends the entry */
                if (*p == '.' || *p == '#') {
                        p += size + (newline != NULL); /* control commands and comments */
                        continue;
                }
                eq = memchr(p, '=', size);
                if (eq) {
                        r = add_field(ret, p, (size_t)(eq - p), size);
                        if (r < 0)
                                return r;
                        p += size + (newline != NULL);
                        continue;
                }
                if (!newline)
                        return -EBADMSG;
                r = parse_sized(ret, p, (size_t)(end - p), size);
                if (r < 0)
                        return r;
                p += r;
        }

        return p - buffer;
}

void native_entry_release(NativeEntry *e) {
        free(e->fields);
        *e = (NativeEntry){ 0 };
}

/* ---- syslog ---- */

/* "Nov 11 22:14:15 " in front of the text, as every C library writes it. */
static size_t timestamp_length(const char *p, size_t n) {
        static const char pattern[] = "aaa dd dd:dd:dd ";

        if (n < sizeof(pattern) - 1)
                return 0;
        for (size_t i = 0; i < sizeof(pattern) - 1; i++) {
                char c = p[i];
                bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'), digit = c >= '0' && c <= '9';

                if (pattern[i] == 'a'   ? !letter
                    : pattern[i] == 'd' ? !digit && !(i == 4 && c == ' ')
                                        : c != pattern[i])
                        return 0;
        }

        return sizeof(pattern) - 1;
}

size_t syslog_identifier_length(const char *p, size_t n, Piece *ret_identifier, Piece *ret_pid) {
        size_t word = 0, end, open;

        while (word < n && p[word] != ' ' && p[word] != '\t' && p[word] != '\n' && p[word] != 0)
                word++;
        if (word < 2 || p[word - 1] != ':')
                return 0;

        end = word - 1;
        if (p[end - 1] == ']') {
                for (open = end - 1; open > 0 && p[open] != '['; open--)
                        ;
                if (p[open] == '[') {
                        *ret_pid = (Piece){ p + open + 1, end - open - 2 };
                        end = open;
                }
        }
        if (end > 0)
                *ret_identifier = (Piece){ p, end };
        return word + (word < n && p[word] == ' ');
}

/* ---- RFC 5424: "1 TIME HOST NAME PID MESSAGE-ID STRUCTURED-DATA TEXT" behind the priority ---- */

/* A word of printable characters and the blank behind it; "-" stands for nothing. */
static bool take_word(const char **p, const char *end, Piece *ret) {
        const char *from = *p;

        while (*p<end &&* * p> ' ' && **p < 0x7f)
                (*p)++;
        if (*p == from || *p >= end || **p != ' ')
                return false;
        if (*p - from > 1 || *from != '-')
                *ret = (Piece){ from, (size_t)(*p - from) };
        (*p)++;
        return true;
}

/* "-" or "[id name=\"value\" ...]..."; a quote, a bracket and a backslash in a value stand behind a backslash. */
static bool skip_structured_data(const char **p, const char *end) {
        bool quoted = false;

        if (*p < end && **p == '-') {
                (*p)++;
                return *p == end || **p == ' ';
        }
        while (*p < end && **p == '[') {
                for ((*p)++; *p < end && (quoted || **p != ']'); (*p)++) {
                        if (quoted && **p == '\\' && *p + 1 < end)
                                (*p)++;
                        else if (**p == '"')
                                quoted = !quoted;
                }
                if (*p >= end)
                        return false;
                (*p)++;
                if (*p == end || **p == ' ')
                        return true;
        }
        return false;
}

static bool is_time(const Piece *p) {
        return !p->data || (p->size >= 20 && p->data[4] == '-' && p->data[7] == '-' && p->data[10] == 'T');
}

/* How long the head is; 0: it is not one. Changes *m only then. */
static size_t rfc5424_length(const char *from, size_t n, SyslogMessage *m) {
        const char *p = from, *end = from + n;
        Piece time = { 0 }, host = { 0 }, id = { 0 }, name = { 0 }, pid = { 0 };

        if (n < 2 || p[0] != '1' || p[1] != ' ')
                return 0;
        p += 2;
        if (!take_word(&p, end, &time) || !is_time(&time) || !take_word(&p, end, &host) ||
            !take_word(&p, end, &name) || !take_word(&p, end, &pid) || !take_word(&p, end, &id) ||
            !skip_structured_data(&p, end))
                return 0;
        if (p < end)
                p++;
        if (end - p >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0)
                p += 3;
        m->timestamp = time;
        m->identifier = name;
        m->pid = pid;
        return (size_t)(p - from);
}

/* What stands in front of the text. */
static size_t head_length(const char *p, size_t n, SyslogMessage *m) {
        size_t k = m->has_facility ? rfc5424_length(p, n, m) : 0;

        if (k > 0) {
                m->needs_raw = true; /* host, message id and structured data are not kept otherwise */
                return k;
        }
        k = timestamp_length(p, n);
        if (k > 0)
                m->timestamp = (Piece){ p, k };
        return k + syslog_identifier_length(p + k, n - k, &m->identifier, &m->pid);
}

void syslog_parse(char *buffer, size_t n, SyslogMessage *ret) {
        int value = LOG_USER | LOG_INFO;
        char *p = buffer;
        size_t k;

        *ret = (SyslogMessage){ 0 };
        while (n > 0 && (p[n - 1] == '\n' || p[n - 1] == 0 || p[n - 1] == ' '))
                n--;

        k = line_priority(p, n, true, &value);
        ret->has_facility = k > 0;
        ret->needs_raw = k == 0;
        ret->priority = value & LOG_PRIMASK;
        ret->facility = value >> 3;
        p += k;
        n -= k;

        k = head_length(p, n, ret);
        p += k;
        n -= k;

        /* A NUL ends the text for those who think in C strings. */
        if (n > 0 && memchr(p, 0, n)) {
                ret->needs_raw = true;
                n = strlen(p);
        }
        ret->text = (Piece){ p, n };
}
