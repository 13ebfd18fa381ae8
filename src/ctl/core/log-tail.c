/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The end of a unit's log, as soon as it is in the journal. */

#include "ctl/core/job-wait.h"

#include <errno.h>
#include <systemd/sd-journal.h>
#include <time.h>

/* For svinit-journald, which takes svinit's messages from one place and the lines of programs from another. */
#define PATIENCE (USEC_PER_SEC / 2)
#define SETTLE (USEC_PER_SEC / 10)

static usec_t now_usec(void) {
        struct timespec ts;

        clock_gettime(CLOCK_MONOTONIC, &ts);
        return (usec_t)ts.tv_sec * USEC_PER_SEC + (usec_t)ts.tv_nsec / NSEC_PER_USEC;
}

static int match(sd_journal *j, const char *field, const char *unit) {
        char *text auto_free = NULL;
        int r = str_printf(&text, "%s=%s", field, unit);

        if (r < 0)
                return r;
        sd_journal_flush_matches(j);
        return sd_journal_add_match(j, text, 0);
}

static usec_t entry_time(sd_journal *j) {
        uint64_t t;

        return sd_journal_get_realtime_usec(j, &t) < 0 ? 0 : t;
}

static bool is_field(sd_journal *j, const char *field, const char *expected) {
        const void *data;
        size_t n, skip = strlen(field) + 1;

        return sd_journal_get_data(j, field, &data, &n) >= 0 && n == skip + strlen(expected) &&
               memcmp((const char *)data + skip, expected, n - skip) == 0;
}

/* "Failed with result ...": all that the unit wrote came before. */
static bool end_is_told(sd_journal *j, const char *unit, usec_t not_before) {
        static const char *const told = "d9b373ed55a64feb8242e02dbe79a49c";

        if (match(j, "UNIT", unit) < 0 || sd_journal_seek_tail(j) < 0)
                return true;
        while (sd_journal_previous(j) > 0 && entry_time(j) >= not_before)
                if (is_field(j, "MESSAGE_ID", told))
                        return true;
        return false;
}

static void add_line(sd_journal *j, Buf *b) {
        const void *data;
        size_t n;
        char *text auto_free = NULL;

        if (sd_journal_get_data(j, "MESSAGE", &data, &n) < 0 || n < 8)
                return;
        text = strndup((const char *)data + 8, n - 8);
        if (!text)
                return;
        buf_add(b, "    ");
        add_printable(text, b);
        buf_add_char(b, '\n');
}

/* From the first of them on: a skip back goes as far as there are entries. */
static unsigned read_tail(sd_journal *j, const char *unit, usec_t not_before, unsigned lines, Buf *b) {
        int r = match(j, "_SYSTEMD_UNIT", unit);
        unsigned n = 0;

        if (r >= 0)
                r = sd_journal_seek_tail(j);
        if (r >= 0)
                r = sd_journal_previous_skip(j, lines);
        while (r > 0) {
                if (entry_time(j) >= not_before && n++ < lines)
                        add_line(j, b);
                r = sd_journal_next(j);
        }
        return n;
}

int ctl_log_tail(Ctl *c, const char *unit, usec_t not_before, unsigned lines, Buf *b) {
        usec_t end = usec_add(now_usec(), PATIENCE), settled;
        sd_journal *j = NULL;
        int r = c->host ? -EOPNOTSUPP : ctl_open_journal(c, &j);

        if (r < 0)
                return r;
        (void)sd_journal_get_fd(j); /* from now on nothing that comes is missed */
        while (!end_is_told(j, unit, not_before) && now_usec() < end)
                (void)sd_journal_wait(j, usec_sub(end, now_usec()));
        settled = usec_add(now_usec(), SETTLE);
        for (;;) {
                unsigned n = read_tail(j, unit, not_before, lines, b);
                usec_t now = now_usec();

                if (n >= lines || now >= settled)
                        break;
                (void)sd_journal_wait(j, settled - now);
                buf_release(b);
        }
        sd_journal_close(j);
        return 0;
}
