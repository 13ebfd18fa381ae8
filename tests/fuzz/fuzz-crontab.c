/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The text of a crontab, and the units that are made from it. The first byte tells whose it is. */

#include "conf/calendar.h"
#include "cron/crontab.h"
#include "fuzz.h"

static size_t count(const Buf *text, const char *needle) {
        size_t n = 0;

        for (const char *p = text->data; (p = strstr(p, needle)); p++)
                n++;
        return n;
}

/* Which zones there are is the machine's affair. */
static void calendars_can_be_read(const CronJob *job) {
        STRV_FOREACH (c, job->calendars) {
                char *text auto_free = strdup(*c);
                CalendarSpec calendar = { 0 };

                HOLDS(text && strstr(text, ":00"));
                strstr(text, ":00")[3] = 0;
                HOLDS(calendar_parse(text, NULL, &calendar) >= 0);
                calendar_release(&calendar);
        }
        HOLDS(job->at_boot == (job->calendars == NULL));
}

static bool has_continued_line(const Buf *text) {
        bool escaped = false;

        for (const char *p = text->data; *p; p++) {
                if (*p == '\n' && escaped)
                        return true;
                escaped = *p == '\\' && !escaped;
        }
        return false;
}

/* Nothing that a line says gets out of its setting. */
static void each_setting_is_a_line(const Crontab *t, const CronJob *job) {
        Buf service auto_buf = { 0 }, timer auto_buf = { 0 };

        HOLDS(cron_format_service(t, job, &service) == 0 && cron_format_timer(t, job, &timer) == 0);
        HOLDS(count(&service, "\n[") == 2 && count(&timer, "\n[") == 2);
        HOLDS(!has_continued_line(&service) && !has_continued_line(&timer));
        HOLDS(count(&service, "\nExecStart=") == 1 && count(&service, "\nUser=") == 1);
        HOLDS(count(&service, "\nStandardInputText=") == (job->input != NULL));
        HOLDS(count(&timer, "\nOnCalendar=") == strv_length(job->calendars));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        bool own = size > 0 && data[0] & 1;
        char *text auto_free = fuzz_string(data, size);
        Crontab t = { .path = strdup("/etc/cron.d/x"),
                      .owner = own ? strdup("me") : NULL,
                      .unit_prefix = strdup("cron-x") };
        Report report = { 0 };

        HOLDS(t.path && t.unit_prefix);
        HOLDS(crontab_parse(&t, text, size, &report) == 0);
        for (size_t i = 0; i < t.n; i++) {
                calendars_can_be_read(t.jobs + i);
                each_setting_is_a_line(&t, t.jobs + i);
        }
        crontab_release(&t);
        report_release(&report);
        return 0;
}
