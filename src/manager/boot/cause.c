/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Why the container ends, in one line: in the log, and in the termination log
 * of Kubernetes, which shows it in the state of the pod.
 */

#include "manager/files.h"
#include "manager/manager-internal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TERMINATION_LOG "/dev/termination-log"

/* Where the result says more than the end of the main process, which may only be what svinit did about it. */
static const char *const results[SERVICE_RESULT_MAX] = {
        [RESULT_TIMEOUT] = "it ran into a timeout",
        [RESULT_WATCHDOG] = "it did not say in time that it is alive (WatchdogSec=)",
        [RESULT_HEALTH_CHECK] = "it was not well (X-HealthCheck=)",
        [RESULT_START_LIMIT_HIT] = "it was started too often (StartLimitBurst=)",
        [RESULT_PROTOCOL] = "it did not do what its Type= asks for",
};

static void explain_oom(const RunFigures *f, Buf *b) {
        buf_add(b, "the kernel killed it for want of memory (OOM");
        if (f->memory_limit != UINT64_MAX) {
                buf_add(b, "; limit ");
                bytes_format(f->memory_limit, b);
        }
        if (f->memory_peak != UINT64_MAX) {
                buf_add(b, ", peak ");
                bytes_format(f->memory_peak, b);
        }
        buf_add(b, ")");
}

static void explain_end(const Unit *u, int code, Buf *b) {
        const UnitRuntime *rt = unit_runtime(u);
        const Service *s = &rt->machine.service;
        bool ended = u->type == UNIT_SERVICE && s->main.exit.realtime > 0;
        const char *signal_name =
                ended && s->main.code != CLD_EXITED ? signal_to_string(s->main.status) : NULL;

        if (u->type == UNIT_SERVICE && s->result == RESULT_OOM_KILL)
                explain_oom(unit_last_run(u), b);
        else if (machine_hit_start_limit(&unit_runtime(u)->machine))
                buf_add(b, results[RESULT_START_LIMIT_HIT]);
        else if (u->type == UNIT_SERVICE && results[s->result])
                buf_add(b, results[s->result]);
        else if (ended && s->main.code == CLD_EXITED && rt->failed_pid != 0 && rt->failed_pid == s->main.pid)
                buf_addf(b, "it could not be executed (%d/%s): %s", s->main.status,
                         exec_exit_code_to_string(s->main.status) ?: "?", strerror(-rt->failed_error));
        else if (signal_name)
                buf_addf(b, "the main process was killed by %s", signal_name);
        else if (ended && s->main.status != 0)
                buf_addf(b, "the main process exited with code %d", s->main.status);
        else if (u->type == UNIT_SERVICE && s->result == RESULT_EXIT_CODE)
                buf_addf(b, "one of its commands exited with code %d", code);
        else if (u->active != FAILED)
                buf_add(b, "it could not be started");
        else
                buf_addf(b, "result '%s'", machine_result(&rt->machine));
}

/* While nothing has come of it yet (X-HoldOnFailure=), what happens later counts. */
static void note(Manager *m, Buf *b) {
        char *text;

        if ((m->stopping && m->internal->cause) || buf_take(b, &text) < 0)
                return;
        free(m->internal->cause);
        m->internal->cause = text;
}

void manager_note_cause(Manager *m, const char *unit, const char *text) {
        Buf b auto_buf = { 0 };

        buf_addf(&b, "%s: %s", unit, text);
        note(m, &b);
}

void manager_note_end_as_cause(Manager *m, const Unit *u, int code) {
        Buf b auto_buf = { 0 };

        buf_addf(&b, "%s: ", u->id);
        explain_end(u, code, &b);
        note(m, &b);
}

void manager_forget_cause(Manager *m) {
        free(TAKE(m->internal->cause));
}

/* Behind what the service itself may have said there. A file is written at once; whatever else it is, is left alone. */
static void write_termination_log(const char *line) {
        int fd auto_fd =
                open(TERMINATION_LOG, O_WRONLY | O_APPEND | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW);
        Buf b auto_buf = { 0 };
        struct stat st;

        if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
                return;
        buf_addf(&b, "%s%s\n", st.st_size > 0 ? "\n" : "", line);
        if (b.error == 0 && write(fd, b.data, b.len) < 0)
                LOG_ERRNO(TERMINATION_LOG_FAILED, -errno, FIELD_S("PATH", TERMINATION_LOG));
}

/* The one line that LogFormat=none does not keep from the console. */
static void write_to_console(const char *line) {
        Buf b auto_buf = { 0 };

        buf_addf(&b, "svinit: %s\n", line);
        if (b.error == 0)
                write_nonblocking(STDERR_FILENO, b.data, b.len);
}

static bool is_answer_of_command(Manager *m) {
        const Unit *command = manager_command(m);
        const UnitRuntime *rt = command ? unit_runtime(command) : NULL;

        return rt && rt->machine.service.main.exit.realtime > 0 && rt->failed_pid == 0;
}

/* Everything is down, and the exit code is what it will be. The command's own answer needs no word on the console. */
void manager_tell_cause(Manager *m) {
        const char *why = m->internal->cause ?: m->stop_reason;
        Buf b auto_buf = { 0 };

        if (m->exit_code <= 0 || m->internal->cause_told || !why)
                return;
        m->internal->cause_told = true;
        buf_addf(&b, "Exit code %d: %s", m->exit_code, why);
        if (b.error < 0)
                return;
        for (char *p = b.data; *p; p++)
                if (*p == '\n')
                        *p = ' ';
        if (is_answer_of_command(m))
                LOG(ENDS_WITH_COMMAND, FIELD_S("TEXT", b.data), FIELD_I("EXIT_STATUS", m->exit_code));
        else
                LOG(ENDS_WITH_FAILURE, FIELD_S("TEXT", b.data), FIELD_I("EXIT_STATUS", m->exit_code));
        if (m->journal && m->config.log_format && str_ends_with(m->config.log_format, "none"))
                write_to_console(b.data);
        write_termination_log(b.data);
}
