/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/run/run.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

/* Properties are added one after the other; the first failure stays. */
typedef struct Properties {
        sd_bus_message *m;
        int r;
} Properties;

static void add(Properties *p, const char *name, const char *type, ...) {
        va_list ap;

        if (p->r < 0 || (p->r = sd_bus_message_open_container(p->m, 'r', "sv")) < 0 ||
            (p->r = sd_bus_message_append_basic(p->m, 's', name)) < 0 ||
            (p->r = sd_bus_message_open_container(p->m, 'v', type)) < 0)
                return;
        va_start(ap, type);
        p->r = sd_bus_message_appendv(p->m, type, ap);
        va_end(ap);
        if (p->r >= 0 && (p->r = sd_bus_message_close_container(p->m)) >= 0)
                p->r = sd_bus_message_close_container(p->m);
}

static void add_list(Properties *p, const char *name, char **list) {
        if (!list || p->r < 0 || (p->r = sd_bus_message_open_container(p->m, 'r', "sv")) < 0 ||
            (p->r = sd_bus_message_append_basic(p->m, 's', name)) < 0 ||
            (p->r = sd_bus_message_open_container(p->m, 'v', "as")) < 0 ||
            (p->r = sd_bus_message_append_strv(p->m, list)) < 0 ||
            (p->r = sd_bus_message_close_container(p->m)) < 0)
                return;
        p->r = sd_bus_message_close_container(p->m);
}

/* As Node finds it: the first descriptor that is passed is the third. */
static void add_channel(Properties *p, const RunRequest *q) {
        if (q->channel < 0)
                return;
        add(p, "ExtraFileDescriptors", "a(hs)", 1, q->channel, "node-channel");
        add(p, "Environment", "as", 2, "NODE_CHANNEL_FD=3", "NODE_CHANNEL_SERIALIZATION_MODE=json");
}

static void add_command(Properties *p, const RunRequest *q) {
        char *as_it_is[] = { (char *)"no-env-expand", NULL };

        if (p->r < 0 || (p->r = sd_bus_message_open_container(p->m, 'r', "sv")) < 0 ||
            (p->r = sd_bus_message_append_basic(p->m, 's', "ExecStartEx")) < 0 ||
            (p->r = sd_bus_message_open_container(p->m, 'v', "a(sasas)")) < 0 ||
            (p->r = sd_bus_message_open_container(p->m, 'a', "(sasas)")) < 0 ||
            (p->r = sd_bus_message_open_container(p->m, 'r', "sasas")) < 0 ||
            (p->r = sd_bus_message_append_basic(p->m, 's', q->path)) < 0 ||
            (p->r = sd_bus_message_append_strv(p->m, q->command)) < 0 ||
            (p->r = sd_bus_message_append_strv(p->m, q->expand ? NULL : as_it_is)) < 0)
                return;
        for (int i = 0; p->r >= 0 && i < 4; i++)
                p->r = sd_bus_message_close_container(p->m);
}

/* What services and scopes have alike. */
static void add_common(Properties *p, const RunRequest *q) {
        add(p, "Description", "s", q->description);
        if (q->slice)
                add(p, "Slice", "s", q->slice);
        if (q->collect)
                add(p, "CollectMode", "s", "inactive-or-failed");
        if (q->sighup)
                add(p, "SendSIGHUP", "b", 1);
        if (q->settings && p->r >= 0)
                p->r = ctl_append_settings(p->m, q->settings);
}

static void add_streams(Properties *p, const RunRequest *q) {
        static const char *const names[] = { "StandardInputFileDescriptor", "StandardOutputFileDescriptor",
                                             "StandardErrorFileDescriptor" };
        const char *term = getenv("TERM");
        char *variable auto_free = NULL;

        for (size_t i = 0; i < ELEMENTSOF(names); i++)
                if (q->given[i] >= 0)
                        add(p, names[i], "h", q->given[i]);
        if (!q->terminal)
                return;
        add(p, "StandardInput", "s", "tty");
        add(p, "StandardOutput", "s", "tty");
        add(p, "StandardError", "s", "tty");
        add(p, "TTYPath", "s", q->terminal);
        if (term && str_printf(&variable, "TERM=%s", term) >= 0)
                add(p, "Environment", "as", 1, variable);
}

static void add_service(Properties *p, const RunRequest *q) {
        char cwd[PATH_MAX];

        if (q->streams != STREAMS_NONE || q->wait)
                add(p, "AddRef", "b", 1);
        if (q->streams != STREAMS_NONE)
                add(p, "org.svinit.StopWithClient", "b", 1);
        if (q->remain || (q->watch && q->streams != STREAMS_NONE)) /* so that the watch goes on */
                add(p, "RemainAfterExit", "b", 1);
        if (q->shell && !q->shell_line)
                add(p, "Type", "s", "exec");
        add_common(p, q);
        if (q->user)
                add(p, "User", "s", q->user);
        if (q->group)
                add(p, "Group", "s", q->group);
        if (q->nice)
                add_list(p, "org.svinit.Settings", (char *[]){ (char *)q->nice, NULL });
        if (q->directory)
                add(p, "WorkingDirectory", "s", q->directory);
        else if (q->same_directory && getcwd(cwd, sizeof(cwd)))
                add(p, "WorkingDirectory", "s", cwd);
        if (q->timeout)
                add_list(p, "org.svinit.Settings", (char *[]){ (char *)q->timeout, NULL });
        if (q->instances)
                add_list(p, "org.svinit.Settings", (char *[]){ (char *)q->instances, NULL });
        add_streams(p, q);
        add_channel(p, q);
        add_list(p, "Environment", q->environment);
        add_command(p, q);
}

static void add_trigger(Properties *p, const RunRequest *q) {
        add(p, "Description", "s", q->description);
        if (q->trigger == TRIGGER_TIMER)
                add(p, "RemainAfterElapse", "b", 0);
        if (p->r >= 0)
                p->r = ctl_append_settings(p->m, q->trigger_settings[q->trigger]);
}

static void open_properties(Properties *p) {
        if (p->r >= 0)
                p->r = sd_bus_message_open_container(p->m, 'a', "(sv)");
}

static void close_container(Properties *p) {
        if (p->r >= 0)
                p->r = sd_bus_message_close_container(p->m);
}

/* The service beside the unit that starts it, or nothing. */
static void add_others(Properties *p, const RunRequest *q) {
        if (p->r >= 0)
                p->r = sd_bus_message_open_container(p->m, 'a', "(sa(sv))");
        if (q->trigger_name && q->command[0]) {
                if (p->r >= 0)
                        p->r = sd_bus_message_open_container(p->m, 'r', "sa(sv)");
                if (p->r >= 0)
                        p->r = sd_bus_message_append_basic(p->m, 's', q->name);
                open_properties(p);
                add_service(p, q);
                close_container(p);
                close_container(p);
        }
        close_container(p);
}

int run_message(RunRequest *q, sd_bus_message **ret) {
        Properties p = { 0 };

        p.r = sd_bus_message_new_method_call(q->ctl->bus, &p.m, SD1, SD1_PATH, SD1_MANAGER,
                                             "StartTransientUnit");
        if (p.r >= 0)
                p.r = sd_bus_message_append(p.m, "ss", q->trigger_name ? q->trigger_name : q->name, "fail");
        open_properties(&p);
        if (q->trigger_name) {
                add_trigger(&p, q);
        } else if (q->scope) {
                add_common(&p, q);
                add(&p, "PIDs", "au", 1, (uint32_t)getpid());
        } else {
                add_service(&p, q);
        }
        close_container(&p);
        add_others(&p, q);
        if (p.r < 0) {
                sd_bus_message_unref(p.m);
                return p.r;
        }
        *ret = p.m;
        return 0;
}

static int run_plain(RunRequest *q) {
        sd_bus_message *m __attribute__((cleanup(sd_bus_message_unrefp))) = NULL;
        static const char *const kinds[TRIGGER_MAX] = { NULL, "timer", "path", "socket" };
        int r = run_message(q, &m);

        if (r < 0)
                return ctl_print_error("%s: %s", q->name, strerror(-r));
        r = ctl_run_job(q->ctl, m, "start", q->name);
        if (r != CTL_OK || q->ctl->quiet)
                return r;
        if (q->trigger_name) {
                fprintf(stderr, "Running %s as unit: %s\n", kinds[q->trigger], q->trigger_name);
                if (q->command[0])
                        fprintf(stderr, "Will run service as unit: %s\n", q->name);
        } else {
                fprintf(stderr, "Running as unit: %s\n", q->name);
        }
        return r;
}

static int finish(RunRequest *q, RunEnd *end, int r) {
        if (end->ended) {
                if (!q->ctl->quiet)
                        run_say_why(q, end);
                if (!q->ctl->quiet && q->streams == STREAMS_NONE)
                        run_summary(end);
                r = run_exit_code(end);
        }
        property_list_release(&end->properties);
        return r;
}

static int run_waiting(RunRequest *q) {
        sd_event *event __attribute__((cleanup(sd_event_unrefp))) = NULL;
        RunEnd end = { 0 };

        for (int i = 0; q->streams == STREAMS_PIPE && i < 3; i++)
                q->given[i] = i;
        if (sd_event_new(&event) < 0)
                return CTL_FAILED;
        return finish(q, &end, run_and_wait(q, event, &end));
}

/* --pipe --max-output=: through here, to be counted. */
static int run_counted(RunRequest *q) {
        sd_event *event __attribute__((cleanup(sd_event_unrefp))) = NULL;
        Stream out = { .fd = -1, .to = STDOUT_FILENO }, err = { .fd = -1, .to = STDERR_FILENO };
        RunEnd end = { 0 };
        int r = sd_event_new(&event);

        if (r >= 0)
                r = run_open_streams(q, event, &out, &err);
        q->given[STDIN_FILENO] = STDIN_FILENO;
        r = r < 0 ? ctl_print_error("%s: %s", q->name, strerror(-r)) : run_and_wait(q, event, &end);
        if (end.ended)
                run_finish_streams(&out, &err);
        if ((out.truncated || err.truncated) && !q->ctl->quiet)
                ctl_print_error("%s: more output than --max-output=%s", q->name, q->max_output);
        run_close_streams(&out, &err);
        return finish(q, &end, r);
}

static int run(RunRequest *q) {
        if (q->scope)
                return run_scope(q);
        if (q->streams == STREAMS_TERMINAL)
                return run_in_terminal(q);
        if (q->streams == STREAMS_CAPTURE)
                return run_captured(q);
        if (q->streams == STREAMS_CHANNEL) {
                RunEnd end = { 0 };
                int r = run_with_channel(q, &end);

                return finish(q, &end, r);
        }
        if (q->streams == STREAMS_PIPE && q->max_output)
                return run_counted(q);
        return q->streams == STREAMS_PIPE || q->wait ? run_waiting(q) : run_plain(q);
}

/* "KEY=VALUE" of an option that has only the value. */
static int as_setting(const char *key, const char **value, char **ret) {
        if (!*value)
                return 0;
        if (str_printf(ret, "%s=%s", key, *value) < 0)
                return -ENOMEM;
        *value = *ret;
        return 0;
}

VERB(run) {
        RunRequest q = { .ctl = c, .given = { -1, -1, -1 }, .channel = -1 };
        char *nice auto_free = NULL, *timeout auto_free = NULL, *instances auto_free = NULL;
        int r = run_parse(&q, argc, argv);

        if (r > 0 && !q.scope && as_setting("Nice", &q.nice, &nice) < 0)
                r = -CTL_FAILED;
        if (r > 0 && as_setting("RuntimeMaxSec", &q.timeout, &timeout) < 0)
                r = -CTL_FAILED;
        if (r > 0 && as_setting("X-Instances", &q.instances, &instances) < 0)
                r = -CTL_FAILED;
        if (r > 0 && (ctl_connect(c) < 0 || (q.inherit_slice && run_inherit_slice(&q) < 0)))
                r = -CTL_FAILED;
        r = r <= 0 ? -r : run(&q);
        run_request_release(&q);
        return r;
}
