/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Verbs about the manager as a whole, and kill. */

#include "ctl/core/ctl.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

VERB(daemon_reload) {
        const char *method = str_equal(argv[0], "daemon-reexec") ? "Reexecute" : "Reload";

        return ctl_connect(c) < 0 || ctl_call(c, method, NULL, NULL, argv[0], NULL) < 0 ? CTL_FAILED : CTL_OK;
}

VERB(reset_failed) {
        char **names auto_strv = NULL;
        int code = CTL_OK, r;

        if (ctl_connect(c) < 0)
                return CTL_FAILED;
        if (argc == 1)
                return ctl_call(c, "ResetFailed", NULL, &code, argv[0], NULL) < 0 ? code : CTL_OK;
        if (ctl_names(c, argv + 1, &names) < 0)
                return CTL_FAILED;
        STRV_FOREACH (n, names) {
                r = ctl_call(c, "ResetFailedUnit", NULL, NULL, *n, "s", *n);
                if (r < 0)
                        code = CTL_FAILED;
        }
        return code;
}

static int signal_number(const char *s) {
        int n;

        if (parse_int(s, &n) >= 0)
                return n > 0 && n <= SIGRTMAX ? n : -EINVAL;
        s = str_after(s, "SIG") ?: s;
        for (n = 1; n < 32; n++)
                if (str_equal(sigabbrev_np(n), s))
                        return n;
        if (str_after(s, "RTMIN+") && parse_int(str_after(s, "RTMIN+"), &n) >= 0 && n >= 0 &&
            SIGRTMIN + n <= SIGRTMAX)
                return SIGRTMIN + n;
        return -EINVAL;
}

VERB(kill) {
        char **names auto_strv = NULL;
        int code = CTL_OK, signo = signal_number(c->signal ?: "TERM");

        if (signo < 0) {
                ctl_print_error("'%s' is not a signal; expected a name such as HUP or a number from 1 to %d",
                                c->signal, SIGRTMAX);
                return ctl_usage(c);
        }
        if (ctl_connect(c) < 0 || ctl_names(c, argv + 1, &names) < 0)
                return CTL_FAILED;
        STRV_FOREACH (n, names)
                if (ctl_call(c, "KillUnit", NULL, NULL, *n, "ssi", *n, c->whom ?: "all", (int32_t)signo) < 0)
                        code = CTL_FAILED;
        return code;
}

VERB(cancel) {
        int code = CTL_OK;

        if (ctl_connect(c) < 0)
                return CTL_FAILED;
        if (argc == 1)
                return ctl_call(c, "ClearJobs", NULL, &code, argv[0], NULL) < 0 ? CTL_FAILED : CTL_OK;
        for (int i = 1; i < argc; i++) {
                unsigned id;

                if (parse_unsigned(argv[i], &id) < 0)
                        code = ctl_print_error("'%s' is not the number of a job", argv[i]);
                else if (ctl_call(c, "CancelJob", NULL, NULL, argv[i], "u", id) < 0)
                        code = CTL_FAILED;
        }
        return code;
}

/* exit [CODE], poweroff, halt, reboot: the reply comes, then svinit goes. */
VERB(exit) {
        const char *target = str_equal(argv[0], "exit")     ? "exit.target"
                             : str_equal(argv[0], "reboot") ? "reboot.target"
                                                            : "poweroff.target";
        char *plan[] = { argv[0], (char *)target, NULL };
        unsigned code;

        if (c->dry_run) {
                c->mode = "replace-irreversibly";
                return c->called_as_systemctl ? CTL_OK : verb_plan(c, 2, plan);
        }
        if (ctl_connect(c) < 0)
                return CTL_FAILED;
        if (argc > 1) {
                if (parse_unsigned(argv[1], &code) < 0 || code > 255) {
                        ctl_print_error("'%s' is not an exit code from 0 to 255", argv[1]);
                        return ctl_usage(c);
                }
                if (ctl_call(c, "SetExitCode", NULL, NULL, argv[0], "y", (int)code) < 0)
                        return CTL_FAILED;
        }
        return ctl_call(c, "StartUnit", NULL, NULL, argv[0], "ss", target, "replace-irreversibly") < 0
                       ? CTL_FAILED
                       : CTL_OK;
}

/* A value as a shell reads it again; plain ones stay plain. */
static void add_shell_word(const char *s, Buf *b) {
        if (!s[strcspn(s, "\"\\`$*?['()<>|&;! \t\n\r")] && str_is_utf8(s, strlen(s))) {
                buf_add(b, s);
                return;
        }
        buf_add(b, "$'");
        for (; *s; s++) {
                static const char special[] = "\a\b\f\n\r\t\v", letters[] = "abfnrtv";
                const char *found = strchr(special, *s);

                if (found)
                        buf_addf(b, "\\%c", letters[found - special]);
                else if ((unsigned char)*s < ' ' || *s == 0x7f)
                        buf_addf(b, "\\%03o", (unsigned char)*s);
                else
                        buf_addf(b, strchr("\\'", *s) ? "\\%c" : "%c", *s);
        }
        buf_add_char(b, '\'');
}

static int print_environment(const Ctl *c, char *const *env) {
        Buf b auto_buf = { 0 };

        json_open(&b, c->format >= FORMAT_JSON ? "{" : "");
        STRV_FOREACH (e, env) {
                char *name auto_free = strdup(*e), *value = name ? strchr(name, '=') : NULL;

                if (!value)
                        continue;
                *value++ = 0;
                if (c->format >= FORMAT_JSON) {
                        json_add_member(&b, name, value);
                        continue;
                }
                buf_addf(&b, "%s=", name);
                if (c->format == FORMAT_CAT)
                        buf_add(&b, value);
                else
                        add_shell_word(value, &b);
                buf_add_char(&b, '\n');
        }
        if (c->format >= FORMAT_JSON) {
                buf_add_char(&b, '}');
                return json_print(&b);
        }
        fputs(b.data ? b.data : "", stdout);
        return b.error < 0 ? CTL_FAILED : CTL_OK;
}

VERB(show_environment) {
        sd_bus_error error = SD_BUS_ERROR_NULL;
        char **env auto_strv = NULL;
        int r;

        if (ctl_connect(c) < 0)
                return CTL_FAILED;
        r = sd_bus_get_property_strv(c->bus, SD1, SD1_PATH, SD1_MANAGER, "Environment", &error, &env);
        if (r < 0)
                ctl_print_error("%s", error.message ?: strerror(-r));
        sd_bus_error_free(&error);
        return r < 0 ? CTL_FAILED : print_environment(c, env);
}

static int change_environment(Ctl *c, const char *method, char **words) {
        sd_bus_error error = SD_BUS_ERROR_NULL;
        sd_bus_message *m = NULL;
        int r;

        if (ctl_connect(c) < 0)
                return CTL_FAILED;
        r = sd_bus_message_new_method_call(c->bus, &m, SD1, SD1_PATH, SD1_MANAGER, method);
        if (r >= 0)
                r = sd_bus_message_append_strv(m, words);
        if (r >= 0)
                r = sd_bus_call(c->bus, m, 0, &error, NULL);
        if (r < 0)
                ctl_print_error("%s", error.message ?: strerror(-r));
        sd_bus_error_free(&error);
        sd_bus_message_unref(m);
        return r < 0 ? CTL_FAILED : CTL_OK;
}

VERB(set_environment) {
        return change_environment(
                c, str_equal(argv[0], "set-environment") ? "SetEnvironment" : "UnsetEnvironment", argv + 1);
}

VERB(import_environment) {
        char **values auto_strv = NULL;
        int code = CTL_OK;

        for (int i = 1; i < argc; i++) {
                const char *value = getenv(argv[i]);
                char *assignment;

                if (!value)
                        code = ctl_print_error("there is no variable '%s' here", argv[i]);
                else if (str_printf(&assignment, "%s=%s", argv[i], value) < 0 ||
                         strv_push(&values, assignment) < 0)
                        return ctl_print_error("%s", strerror(ENOMEM));
        }
        return values && change_environment(c, "SetEnvironment", values) != CTL_OK ? CTL_FAILED : code;
}
