/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * How the exec of a new process goes: what the child says on its status pipe.
 *
 * A unit may have several processes on the way: ExecStartPost= begins before
 * the main process of a simple service has executed. Behind a shim the pid is
 * known only when the shim tells it; the outcome waits for that.
 */

#include "manager/manager-internal.h"
#include "unit/directive.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define VALUE_SHOWN_MAX 160 /* of a setting, in a message */

struct StatusWatch {
        Unit *unit;
        int fd;    /* -1: the status is complete */
        pid_t pid; /* 0: only the shim knows */
        sd_event_source *source;
        ExecStatus status;
        StatusWatch *next;
};

static void watch_free(StatusWatch *w) {
        StatusWatch **at = &unit_runtime(w->unit)->status_watches;

        while (*at && *at != w)
                at = &(*at)->next;
        if (*at)
                *at = w->next;
        sd_event_source_disable_unref(w->source);
        cleanup_fd(&w->fd);
        free(w);
}

void unit_status_release(Unit *u) {
        while (unit_runtime(u)->status_watches)
                watch_free(unit_runtime(u)->status_watches);
}

bool key_is_of_group(const char *key) {
        const Directive *d = key ? directive_find("Service", key) : NULL;

        return d && directive_resolve(d)->part == PART_CGROUP;
}

/* A setting of a group may name several devices: each has its reason. */
static bool is_noted(const Report *r, const char *key, const char *text) {
        for (size_t i = 0; i < r->n_findings; i++)
                if (str_equal(r->findings[i].key, key) &&
                    (!key_is_of_group(key) || str_equal(r->findings[i].text, text)))
                        return true;
        return false;
}

static void log_unapplied(const Unit *u, size_t before) {
        const Report *r = &unit_runtime(u)->unapplied;

        if (r->n_findings > before)
                LOG_UNIT(u->id, NOT_APPLIED, FIELD_S("TEXT", r->findings[before].text),
                         FIELD_S("KEY", r->findings[before].key), FIELD_I("N", r->n_findings - before));
}

/* Each key once in the life of a unit, however often it is started. */
void unit_note_unapplied(Unit *u, const Report *more) {
        UnitRuntime *rt = unit_runtime(u);
        size_t before = rt->unapplied.n_findings;

        for (size_t i = 0; i < more->n_findings; i++) {
                const Finding *f = more->findings + i;

                if (!is_noted(&rt->unapplied, f->key, f->text))
                        report_add(&rt->unapplied, SEVERITY_NOTE, NULL, 0, f->key, "%s", f->text);
        }
        log_unapplied(u, before);
}

/* Told in the log is only what was not said before. */
void unit_note_unapplied_limits(Unit *u, const Report *now) {
        UnitRuntime *rt = unit_runtime(u);
        Report before = rt->unapplied;

        rt->unapplied = (Report){ 0 };
        for (size_t i = 0; i < before.n_findings; i++) {
                const Finding *f = before.findings + i;
                bool stays = !key_is_of_group(f->key);

                for (size_t k = 0; k < now->n_findings && !stays; k++)
                        stays = str_equal(f->key, now->findings[k].key) &&
                                str_equal(f->text, now->findings[k].text);
                if (stays)
                        report_add(&rt->unapplied, SEVERITY_NOTE, NULL, 0, f->key, "%s", f->text);
        }
        report_release(&before);
        unit_note_unapplied(u, now);
}

/* "Key=: reason" lines, as the child sends them. */
static void note_lines(Unit *u, const char *lines) {
        UnitRuntime *rt = unit_runtime(u);
        size_t before = rt->unapplied.n_findings;

        while (*lines) {
                size_t n = strcspn(lines, "\n"), key = strcspn(lines, "=");
                char line[UNAPPLIED_TEXT_MAX], name[64];

                snprintf(line, sizeof(line), "%.*s", (int)n, lines);
                snprintf(name, sizeof(name), "%.*s", (int)MIN(key, n), lines);
                if (!is_noted(&rt->unapplied, name, line))
                        report_add(&rt->unapplied, SEVERITY_NOTE, NULL, 0, name, "%s", line);
                lines += n + (lines[n] == '\n');
        }
        log_unapplied(u, before);
}

/* "User=nosuchuser: there is no user 'nosuchuser' (No such process)": key, value, what is wrong. */
static void explain(const Unit *u, const ExecStatus *st, Buf *b) {
        const Directive *d = st->setting[0] ? directive_find("Service", st->setting) : NULL;
        const char *error = strerror(-st->error);

        if (st->setting[0]) {
                Buf value auto_buf = { 0 };
                const char *v = st->detail;

                /* Values that are secret are told by the step, or not at all. */
                if (!v[0] && d && !str_equal(d->key, "SetCredential") &&
                    directive_format(d, u->spec, &value) >= 0)
                        v = value.data ?: "";
                buf_addf(b, "%s=%.*s%s: ", st->setting, VALUE_SHOWN_MAX, v,
                         strlen(v) > VALUE_SHOWN_MAX ? "..." : "");
        } else if (st->detail[0])
                buf_addf(b, "%s: ", st->detail);
        if (st->reason[0])
                buf_addf(b, "%s (%s)", st->reason, error);
        else
                buf_add(b, error);
}

static void log_failure(const Unit *u, const ExecStatus *st) {
        const char *name = exec_exit_code_to_string(st->exit_code);
        Buf b auto_buf = { 0 };
        char code[48];

        explain(u, st, &b);
        (void)snprintf(code, sizeof(code), "%d/%s", st->exit_code, name ?: "?");
        LOG_UNIT_ERRNO(u->id, SPAWN_FAILED, st->error, FIELD_S("STEP", st->step),
                       FIELD_S("EXECUTABLE", st->command), FIELD_S("SETTING", st->setting),
                       FIELD_S("TEXT", b.data ?: ""), FIELD_I("EXIT_STATUS", st->exit_code),
                       FIELD_S("STATUS_TEXT", code));
}

static void tell(StatusWatch *w) {
        Unit *u = w->unit;
        UnitRuntime *rt = unit_runtime(u);
        const ExecStatus *st = &w->status;

        if (!st->failed) {
                (void)manager_push(
                        rt->manager, u,
                        &(Event){ .type = EVENT_EXECUTED, .now = dual_now(), .process = { .pid = w->pid } });
                return;
        }
        log_failure(u, st);
        rt->failed_pid = w->pid;
        rt->failed_error = st->error;
        /* The shim itself could not be started: there never was a process whose end would be told. */
        if (w->pid == 0)
                (void)manager_push(
                        rt->manager, u,
                        &(Event){ .type = EVENT_SPAWN_FAILED, .now = dual_now(), .error = st->error });
}

static void watch_read(StatusWatch *w) {
        int r;

        if (w->fd < 0)
                return;
        r = exec_status_read(w->fd, &w->status);
        if (r == 0)
                return;
        w->source = sd_event_source_disable_unref(w->source);
        cleanup_fd(&w->fd);
        w->fd = -1;
        if (r < 0) { /* the end of the process tells the rest */
                watch_free(w);
                return;
        }
        if (w->status.unapplied[0])
                note_lines(w->unit, w->status.unapplied);
        if (w->pid == 0 && !(w->status.failed && str_equal(w->status.step, "shim")))
                return; /* until unit_status_started() */
        tell(w);
        watch_free(w);
}

static int on_status(sd_event_source *s, int fd, uint32_t revents, void *userdata) {
        watch_read(userdata);
        return 0;
}

int unit_watch_status(Manager *m, Unit *u, int fd, pid_t pid) {
        StatusWatch *w = calloc(1, sizeof(*w));
        int r;

        if (!w) {
                close(fd);
                return -ENOMEM;
        }
        *w = (StatusWatch){ .unit = u, .fd = fd, .pid = pid, .next = unit_runtime(u)->status_watches };
        unit_runtime(u)->status_watches = w;
        r = sd_event_add_io(m->event, &w->source, fd, EPOLLHUP, on_status, w);
        if (r < 0) { /* nobody would learn that it has executed */
                watch_free(w);
                return r;
        }
        (void)sd_event_source_set_priority(w->source, PRIORITY_SHIM);
        return 0;
}

void unit_status_started(Unit *u, pid_t pid) {
        StatusWatch *oldest = NULL;

        for (StatusWatch *w = unit_runtime(u)->status_watches; w; w = w->next)
                if (w->pid == 0)
                        oldest = w;
        if (!oldest)
                return;
        oldest->pid = pid;
        if (oldest->fd >= 0)
                return;
        tell(oldest);
        watch_free(oldest);
}

void unit_status_ended(Unit *u, pid_t pid) {
        StatusWatch *w = unit_runtime(u)->status_watches;

        while (w && w->pid != pid)
                w = w->next;
        if (!w)
                return;
        if (w->fd >= 0)
                watch_read(w);
        else
                watch_free(w);
}
