/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/name.h"
#include "conf/words.h"
#include "cron/crontab.h"

#define SHOWN 60 /* bytes of a command in a description */

int cron_unit_name(const Crontab *t, size_t number, const char *suffix, char **ret) {
        return str_printf(ret, "%s-%zu.%s", t->unit_prefix, number, suffix);
}

/* As a value: specifiers doubled, no line continued. */
static void add_plain(Buf *b, const char *s, size_t n) {
        for (size_t i = 0; i < n && s[i]; i++) {
                if (s[i] == '%')
                        buf_add_char(b, '%');
                buf_add_char(b, s[i]);
        }
}

/* As one word, in quotes in any case: a bare ";" would end the command line. */
static int add_word(Buf *b, const char *s) {
        Buf word auto_buf = { 0 };
        int r = words_quote(s, &word);

        if (r < 0 || word.error < 0)
                return r < 0 ? r : word.error;
        if (word.data[0] != '"')
                buf_add_char(b, '"');
        add_plain(b, word.data, word.len);
        if (word.data[0] != '"')
                buf_add_char(b, '"');
        return 0;
}

static void add_description(Buf *b, const Crontab *t, const CronJob *job) {
        size_t n = strnlen(job->command, SHOWN);

        while (n > 0 && ((unsigned char)job->command[n] & 0xc0) == 0x80) /* a whole character */
                n--;
        buf_add(b, "Description=Cron: ");
        add_plain(b, job->command, n);
        buf_add(b, job->command[n]
                           ? "...\n"
                           : " \n"); /* the blank: a backslash at the end would take the next line in */
        buf_add(b, "Documentation=man:svinit-cron-generator(8)\nSourcePath=");
        add_plain(b, t->path, strlen(t->path));
        buf_add_char(b, '\n');
}

static int add_environment(Buf *b, const CronJob *job) {
        static const char *const usual[] = { "PATH=/usr/bin:/bin", "SHELL=/bin/sh" };
        int r = 0;

        for (size_t i = 0; i < ELEMENTSOF(usual); i++)
                if (!env_get(job->environment, usual[i], strcspn(usual[i], "=")))
                        buf_addf(b, "Environment=\"%s\"\n", usual[i]);
        STRV_FOREACH (e, job->environment) {
                if (r < 0)
                        break;
                buf_add(b, "Environment=");
                r = add_word(b, *e);
                buf_add_char(b, '\n');
        }
        return r;
}

/* As C escapes, so that it is one line whatever it holds. */
static void add_input(Buf *b, const char *input) {
        size_t n = strlen(input) - 1; /* StandardInputText= brings the last newline itself */

        buf_add(b, "StandardInput=data\nStandardInputText=");
        for (size_t i = 0; i < n; i++) {
                if (input[i] == '\n')
                        buf_add(b, "\\n");
                else if (input[i] == '\\' || input[i] == '%')
                        buf_addf(b, "%c%c", input[i], input[i]);
                else if (input[i] == ' ' && (i == 0 || i == n - 1)) /* would be stripped */
                        buf_add(b, "\\x20");
                else
                        buf_add_char(b, input[i]);
        }
        buf_add_char(b, '\n');
}

int cron_format_service(const Crontab *t, const CronJob *job, Buf *b) {
        const char *shell = env_get(job->environment, "SHELL", 5);
        int r;

        buf_add(b, "# Made by svinit-cron-generator.\n\n[Unit]\n");
        add_description(b, t, job);
        buf_add(b, "\n[Service]\nType=oneshot\nKillMode=process\nIgnoreSIGPIPE=no\nSyslogIdentifier="
                   "cron\nUser=");
        add_plain(b, job->user, strlen(job->user));
        buf_add(b, "\nWorkingDirectory=-~\n");
        r = add_environment(b, job);
        if (job->input)
                add_input(b, job->input);
        buf_add(b, "ExecStart=:"); /* variables are the shell's affair */
        if (r >= 0)
                r = add_word(b, shell && shell[0] == '/' ? shell : "/bin/sh");
        buf_add(b, " -c ");
        if (r >= 0)
                r = add_word(b, job->command);
        buf_add_char(b, '\n');
        return r < 0 ? r : b->error;
}

int cron_format_timer(const Crontab *t, const CronJob *job, Buf *b) {
        buf_add(b, "# Made by svinit-cron-generator.\n\n[Unit]\n");
        add_description(b, t, job);
        buf_add(b, "\n[Timer]\n");
        if (job->at_boot)
                buf_add(b, "OnStartupSec=0\n");
        STRV_FOREACH (c, job->calendars)
                buf_addf(b, "OnCalendar=%s\n", *c);
        buf_add(b, "AccuracySec=1s\n");
        return b->error;
}
