/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/show/status.h"

#include <systemd/sd-journal.h>

/* MESSAGE_ID of "Scheduled restart job, restart counter is at ..." */
#define RESTART_SCHEDULED "MESSAGE_ID=5eb03494b6584870a536b337290809b3"
#define RESTARTS_SHOWN 3

static void add_field(sd_journal *j, const char *name, Buf *b) {
        const void *data;
        size_t n, skip = strlen(name) + 1;
        char *text auto_free = NULL;

        if (sd_journal_get_data(j, name, &data, &n) < 0 || n <= skip)
                return;
        text = strndup((const char *)data + skip, n - skip);
        if (text)
                add_printable(text, b);
}

static void print_one(const Status *s, sd_journal *j) {
        Buf b auto_buf = { 0 };
        uint64_t t = 0;

        buf_add(&b, "number ");
        add_field(j, "N_RESTARTS", &b);
        buf_add(&b, ", ");
        add_field(j, "REASON", &b);
        buf_add(&b, ", ");
        if (sd_journal_get_realtime_usec(j, &t) >= 0)
                status_add_time(&b, t, s->now);
        status_line("", "%s%s", s->ctl->plain ? "" : "- ", b.data ? b.data : "");
}

void status_print_restarts(const Status *s) {
        char *unit auto_free = NULL;
        sd_journal *j = NULL;
        unsigned n = 0;

        if (s->ctl->host || str_printf(&unit, "UNIT=%s", property_get(&s->l, "Id")) < 0 ||
            ctl_open_journal(s->ctl, &j) < 0)
                return;
        if (sd_journal_add_match(j, RESTART_SCHEDULED, 0) >= 0 && sd_journal_add_match(j, unit, 0) >= 0 &&
            sd_journal_seek_tail(j) >= 0)
                while (n++ < RESTARTS_SHOWN && sd_journal_previous(j) > 0)
                        print_one(s, j);
        sd_journal_close(j);
}
