/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/words.h"
#include "sysv/script.h"

void script_release(Script *s) {
        free(s->path);
        free(s->unit);
        free(s->description);
        free(s->pid_file);
        strv_free(s->before);
        strv_free(s->after);
        strv_free(s->wants);
        strv_free(s->aliases);
        strv_free(s->wanted_by);
        *s = (Script){ 0 };
}

static void add_escaped(Buf *b, const char *text, const char *doubled) {
        for (; *text; text++) {
                if (strchr(doubled, *text))
                        buf_add_char(b, *text);
                buf_add_char(b, *text);
        }
}

static void add_value(Buf *b, const char *key, const char *value) {
        if (!value)
                return;
        buf_addf(b, "%s=", key);
        add_escaped(b, value, "%");
        if (str_ends_with(value, "\\")) /* it would take the next line in */
                buf_add_char(b, ' ');
        buf_add_char(b, '\n');
}

static void add_names(Buf *b, const char *key, char *const *names) {
        STRV_FOREACH (name, names)
                add_value(b, key, *name);
}

static int add_command(Buf *b, const char *key, const char *path, const char *argument) {
        Buf word auto_buf = { 0 };
        int r = words_quote(path, &word);

        if (r < 0)
                return r;
        if (word.error < 0)
                return word.error;
        buf_addf(b, "%s=", key);
        add_escaped(b, word.data, "%$");
        buf_addf(b, " %s\n", argument);
        return 0;
}

int script_format(const Script *s, Buf *b) {
        int r;

        buf_add(b,
                "# Made by svinit-sysv-generator.\n\n[Unit]\nDocumentation=man:svinit-sysv-generator(8)\n");
        add_value(b, "SourcePath", s->path);
        add_value(b, "Description", s->description);
        add_names(b, "Before", s->before);
        add_names(b, "After", s->after);
        add_names(b, "Wants", s->wants);

        /* The script forks a daemon that nobody but the script knows; without a PID file the unit stays active. */
        buf_addf(
                b,
                "\n[Service]\nType=forking\nRestart=no\nTimeoutSec=5min\nIgnoreSIGPIPE=no\nKillMode=process\n"
                "GuessMainPID=no\nRemainAfterExit=%s\n",
                s->pid_file ? "no" : "yes");
        /* Or the functions that scripts share hand the work to systemctl, which would start this unit. */
        buf_add(b, "Environment=SYSTEMCTL_SKIP_REDIRECT=1 _SYSTEMCTL_SKIP_REDIRECT=1\n");
        add_value(b, "PIDFile", s->pid_file);
        if (s->lsb) /* LSB: "program is not installed", "program is not configured" */
                buf_add(b, "SuccessExitStatus=5 6\n");
        r = add_command(b, "ExecStart", s->path, "start");
        if (r >= 0)
                r = add_command(b, "ExecStop", s->path, "stop");
        if (r >= 0 && s->can_reload)
                r = add_command(b, "ExecReload", s->path, "reload");
        return r < 0 ? r : b->error;
}
