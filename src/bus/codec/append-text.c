/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <sys/mount.h>

#include "base/time.h"
#include "bus/codec/append.h"
#include "conf/words.h"

#define CPUS_MAX 8192

/* A number in any of the notations that numeric settings have; `otherwise` when it is none of them. */
static int64_t read_number(const char *text, int64_t otherwise) {
        int64_t i;
        usec_t t;

        if (!text || text[0] == 0)
                return otherwise;
        if (parse_i64(text, &i) >= 0)
                return i;
        if (timespan_parse(text, USEC_PER_SEC, &t) >= 0) /* infinity, too */
                return (int64_t)t;
        return otherwise;
}

static int append_scalar(sd_bus_message *m, char type, const char *text) {
        bool b;

        switch (type) {
        case 's':
                return append_string(m, text);
        case 'b':
                return append_integer(m, 'b', text && parse_bool(text, &b) >= 0 && b);
        case 't':
        case 'x':
                return append_integer(m, type,
                                      read_number(text, -1)); /* nothing, and infinity: all bits set */
        default:
                return append_integer(m, type, read_number(text, 0));
        }
}

/* The words of all values; an empty value starts anew. */
static int collect_words(const char *const *values, size_t n, char ***ret) {
        char **words auto_strv = NULL;

        for (size_t i = 0; i < n; i++) {
                char **more auto_strv = NULL;
                int r;

                if (values[i][0] == 0)
                        strv_free(TAKE(words));
                r = words_split(values[i], WORDS_QUOTES | WORDS_UNESCAPE_RELAX | WORDS_RELAX, &more);
                if (r == -ENOMEM || (r >= 0 && strv_add_all(&words, more) < 0))
                        return -ENOMEM;
        }

        *ret = TAKE(words);
        return 0;
}

static int append_words(sd_bus_message *m, const char *const *values, size_t n) {
        char **words auto_strv = NULL;
        int r = collect_words(values, n, &words);

        return r < 0 ? r : append_strv(m, words);
}

/* (bas): a list of what is allowed, or, after ~, of what is not. */
static int append_filter(sd_bus_message *m, const char *const *values, size_t n) {
        bool deny = n > 0 && values[0][0] == '~';
        char **words auto_strv = NULL;
        int r;

        r = collect_words(values, n, &words);
        if (r < 0 || (r = sd_bus_message_open_container(m, 'r', "bas")) < 0 ||
            (r = append_integer(m, 'b', n > 0 && !deny)) < 0)
                return r;

        STRV_FOREACH (it, words) {
                if ((*it)[0] == '~')
                        memmove(*it, *it + 1, strlen(*it));
        }
        r = append_strv(m, words);
        return r < 0 ? r : sd_bus_message_close_container(m);
}

/* (bs): a label that may be absent when it begins with a dash. */
static int append_label(sd_bus_message *m, const char *text) {
        bool optional = text && text[0] == '-';
        int r;

        if ((r = sd_bus_message_open_container(m, 'r', "bs")) < 0 ||
            (r = append_integer(m, 'b', optional)) < 0 ||
            (r = append_string(m, optional ? text + 1 : text)) < 0)
                return r;
        return sd_bus_message_close_container(m);
}

/* a(ss): "NAME:VALUE" or "NAME VALUE" */
static int append_name_and_value(sd_bus_message *m, const char *text) {
        size_t n = strcspn(text, ": \t");
        char *name auto_free = strndup(text, n);
        int r;

        if (!name)
                return -ENOMEM;
        if ((r = sd_bus_message_open_container(m, 'r', "ss")) < 0 || (r = append_string(m, name)) < 0 ||
            (r = append_string(m, text + n + (text[n] != 0))) < 0)
                return r;
        return sd_bus_message_close_container(m);
}

/* a(ssbt): "[-]FROM[:TO[:OPTIONS]]"; the number is that of mount(2) */
static int append_bind(sd_bus_message *m, const char *text) {
        bool optional = text[0] == '-';
        const char *from = text + optional, *to, *options;
        char *a auto_free = NULL, *b auto_free = NULL;
        int r;

        to = from + strcspn(from, ":");
        options = to[0] ? to + 1 + strcspn(to + 1, ":") : to;
        a = strndup(from, (size_t)(to - from));
        b = to[0] ? strndup(to + 1, (size_t)(options - to - 1)) : strdup(from);
        if (!a || !b)
                return -ENOMEM;

        if ((r = sd_bus_message_open_container(m, 'r', "ssbt")) < 0 || (r = append_string(m, a)) < 0 ||
            (r = append_string(m, b)) < 0 || (r = append_integer(m, 'b', optional)) < 0 ||
            (r = append_integer(m, 't', str_equal(options, ":norbind") ? 0 : MS_REC)) < 0)
                return r;
        return sd_bus_message_close_container(m);
}

/* Lists of records; of those that svinit cannot take apart the list is empty, `svctl cat` has the text. */
static int append_records(sd_bus_message *m, const char *signature, const char *const *values, size_t n) {
        int (*append)(sd_bus_message *, const char *) = NULL;
        int r = sd_bus_message_open_container(m, 'a', signature + 1);
        size_t first = 0;

        if (str_equal(signature, "a(ss)"))
                append = append_name_and_value;
        else if (str_equal(signature, "a(ssbt)"))
                append = append_bind;

        for (size_t i = 0; i < n; i++)
                if (values[i][0] == 0)
                        first = i + 1;
        for (size_t i = first; append && r >= 0 && i < n; i++)
                r = append(m, values[i]);
        return r < 0 ? r : sd_bus_message_close_container(m);
}

int append_text(sd_bus_message *m, const char *signature, const char *const *values, size_t n) {
        const char *last = n > 0 ? values[n - 1] : NULL;

        if (signature[1] == 0)
                return append_scalar(m, signature[0], last);
        if (str_equal(signature, "as"))
                return append_words(m, values, n);
        if (str_equal(signature, "(bas)"))
                return append_filter(m, values, n);
        if (str_equal(signature, "(bs)"))
                return append_label(m, last);
        return signature[0] == 'a' ? append_records(m, signature, values, n) : -EINVAL;
}

/* "3" or "0-3": marks the bits, remembers the highest. */
static void mark_range(uint8_t *mask, const char *text, size_t *n_bytes) {
        char *end;
        unsigned long first = strtoul(text, &end, 10), last = first;

        if (end == text)
                return;
        if (*end == '-')
                last = strtoul(end + 1, NULL, 10);

        for (unsigned long cpu = first; cpu <= last && cpu < CPUS_MAX; cpu++) {
                mask[cpu / 8] |= (uint8_t)(1U << (cpu % 8));
                *n_bytes = MAX(*n_bytes, cpu / 8 + 1);
        }
}

int append_cpu_mask(sd_bus_message *m, const char *text) {
        uint8_t mask[CPUS_MAX / 8] = { 0 };
        size_t n_bytes = 0;

        for (const char *p = text ? text : ""; *p; p += strcspn(p, ", \t\n")) {
                p += strspn(p, ", \t\n");
                if (*p)
                        mark_range(mask, p, &n_bytes);
        }
        return sd_bus_message_append_array(m, 'y', mask, n_bytes);
}
