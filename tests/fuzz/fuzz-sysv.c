/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The text of an init script, and the unit that is made from it. */

#include "conf/name.h"
#include "fuzz.h"
#include "sysv/script.h"

static void names_are_units(char *const *names) {
        STRV_FOREACH (name, names)
                HOLDS(name_is_valid(*name, NAME_ANY));
}

static size_t count(const Buf *text, const char *needle) {
        size_t n = 0;

        for (const char *p = text->data; (p = strstr(p, needle)); p++)
                n++;
        return n;
}

/* Nothing the script says gets out of its line. */
static void each_setting_is_a_line(const Script *s) {
        Buf text auto_buf = { 0 };

        HOLDS(script_format(s, &text) == 0);
        HOLDS(count(&text, "\n[") == 2 && count(&text, "\\\n") == 0);
        HOLDS(count(&text, "\nExecStart=") == 1 && count(&text, "\nExecStop=") == 1);
        HOLDS(count(&text, "\nExecReload=") == s->can_reload &&
              count(&text, "\nPIDFile=") == (s->pid_file != NULL));
        HOLDS(count(&text, "\nAfter=") == strv_length(s->after) &&
              count(&text, "\nWants=") == strv_length(s->wants));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        char *text auto_free = fuzz_string(data, size);
        Script s = { .path = strdup("/etc/init.d/script"), .unit = strdup("script.service"), .position = -1 };
        Report report = { 0 };

        HOLDS(s.path && s.unit);
        HOLDS(script_parse(&s, text, size, &report) == 0 && s.loaded);
        names_are_units(s.after);
        names_are_units(s.before);
        names_are_units(s.wants);
        names_are_units(s.aliases);
        HOLDS(!s.pid_file || s.pid_file[0] == '/');
        each_setting_is_a_line(&s);
        script_release(&s);
        report_release(&report);
        return 0;
}
