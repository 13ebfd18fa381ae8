/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* How supervisord keeps a process, its defaults included, in the words of a unit. */

#include "import/supervisord.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

const char *supervisord_get(const Process *p, const char *key, char **ret_owned) {
        const IniEntry *e = ini_find(p->program->section, key);
        char *bad auto_free = NULL;
        int r;

        if (!e)
                return NULL;
        r = supervisord_expand(p->expansions, e->value, ret_owned, &bad);
        if (r >= 0)
                return *ret_owned;
        if (r == -EINVAL)
                draft_drop(p->draft, "%s (line %u): %s", key, e->line, bad);
        else
                p->program->all->import->error = r;
        return NULL;
}

long supervisord_number(const Process *p, const char *key, long otherwise) {
        char *owned auto_free = NULL, *end;
        const char *text = supervisord_get(p, key, &owned);
        long n;

        if (!text)
                return otherwise;
        n = strtol(text, &end, 10);
        if (end != text && !*end && n > -1000000 && n < 1000000000)
                return n;
        draft_drop(p->draft, "%s=%s, which is no number", key, text);
        return otherwise;
}

bool supervisord_is(const Process *p, const char *key, bool otherwise) {
        char *owned auto_free = NULL;
        const char *text = supervisord_get(p, key, &owned);
        bool value = otherwise;

        if (text && parse_bool(text, &value) < 0)
                draft_drop(p->draft, "%s=%s, which is neither true nor false", key, text);
        return value;
}

/* What ends with one of exitcodes is done; of the others than 0 the unit must be told that this is well. */
static void write_exit_codes(Process *p) {
        char *owned auto_free = NULL, **words auto_strv = NULL, **others auto_strv = NULL;
        const char *text = supervisord_get(p, "exitcodes", &owned) ?: "0";
        int r = 0;

        for (const char *c = text; *c && r >= 0; c += *c == ',') {
                size_t n = strcspn(c, ",");
                char *word auto_free = strndup(c, n);

                r = word ? strv_add(&words, str_strip(word)) : -ENOMEM;
                if (r >= 0 && !str_equal(str_strip(word), "0"))
                        r = strv_add(&others, str_strip(word));
                c += n;
        }
        if (r < 0)
                p->program->all->import->error = r;
        if (words)
                draft_words(p->draft, "Service", "RestartPreventExitStatus", words);
        if (others)
                draft_words(p->draft, "Service", "SuccessExitStatus", others);
}

static void write_restart(Process *p) {
        char *owned auto_free = NULL;
        const char *when = supervisord_get(p, "autorestart", &owned) ?: "unexpected";
        long seconds = supervisord_number(p, "startsecs", 1),
             retries = supervisord_number(p, "startretries", 3);
        bool always = false, expected = !strcasecmp(when, "unexpected");

        if (!expected && parse_bool(when, &always) < 0)
                draft_drop(p->draft, "autorestart=%s, which is none of true, false and unexpected", when);
        if (!expected && !always) {
                draft_set(p->draft, "Service", "Restart", "no");
                if (seconds > 0 && retries > 0 &&
                    (ini_find(p->program->section, "startretries") ||
                     ini_find(p->program->section, "startsecs")))
                        draft_drop(p->draft,
                                   "with autorestart=false, the retries of runs that were too short");
                return;
        }
        draft_set(p->draft, "Service", "Restart", "always");
        if (expected)
                write_exit_codes(p);
        if (seconds <= 0) {
                draft_set(p->draft, "Service", "RestartSec", "0");
                draft_set(p->draft, "Unit", "StartLimitIntervalSec", "0");
                return;
        }
        draft_set(p->draft, "Service", "RestartSec", "1s");
        draft_setf(p->draft, "Service", "X-StableSec", "%lds", seconds);
        draft_set(p->draft, "Unit", "StartLimitIntervalSec", "infinity");
        draft_setf(p->draft, "Unit", "StartLimitBurst", "%ld", MAX(retries, 0L) + 1);
}

static void write_stop(Process *p) {
        char *owned auto_free = NULL, *name auto_free = NULL;
        const char *text = supervisord_get(p, "stopsignal", &owned);
        bool group = supervisord_is(p, "stopasgroup", false);

        if (text && str_printf(&name, "%s%s",
                               isdigit((unsigned char)text[0]) || !strncasecmp(text, "SIG", 3) ? "" : "SIG",
                               text) < 0)
                p->program->all->import->error = -ENOMEM;
        for (char *c = name; c && *c; c++)
                *c = (char)toupper((unsigned char)*c);
        if (name)
                draft_text(p->draft, "Service", "KillSignal", name);
        draft_setf(p->draft, "Service", "TimeoutStopSec", "%lds", supervisord_number(p, "stopwaitsecs", 10));
        if (!group)
                draft_set(p->draft, "Service", "KillMode", "mixed");
        if (!group && !supervisord_is(p, "killasgroup", false))
                draft_remark(p->draft, "what the process leaves behind is killed with it: killasgroup and "
                                       "stopasgroup are off");
}

void supervisord_write_start(Process *p) {
        char *umask auto_free = NULL, *user auto_free = NULL, *directory auto_free = NULL;
        const IniSection *all = ini_section(&p->program->all->ini, "supervisord");
        const char *text;

        if ((text = supervisord_get(p, "user", &user) ?: ini_get(all, "user")))
                draft_text(p->draft, "Service", "User", text);
        text = supervisord_get(p, "umask", &umask) ?: ini_get(all, "umask");
        if (text)
                draft_text(p->draft, "Service", "UMask", text);
        text = supervisord_get(p, "directory", &directory) ?: ini_get(all, "directory");
        if (text)
                draft_text(p->draft, "Service", "WorkingDirectory", text);
        if (ini_get(all, "minfds"))
                draft_text(p->draft, "Service", "LimitNOFILE", ini_get(all, "minfds"));
        if (ini_get(all, "minprocs"))
                draft_text(p->draft, "Service", "LimitNPROC", ini_get(all, "minprocs"));
        write_restart(p);
        write_stop(p);
}
