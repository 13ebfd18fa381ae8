/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "manager/health.h"

#include "apps/protocol.h"
#include "manager/apps-link.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#define APPS_GRACE USEC_PER_SEC /* svinit-apps keeps the time; it may be busy */

usec_t probe_timeout(const Probe *p) {
        return p->kind == HEALTH_EXEC ? p->deadline : usec_add(p->deadline, APPS_GRACE);
}

/* Commands */

static void run(Manager *m, Probe *p) {
        char text[HEALTH_ERROR_MAX];
        ProcessInfo process;
        int r = unit_spawn_command(m, p->watch->unit, COMMAND_RELOAD, probe_check(p)->command, true,
                                   &process);

        if (r >= 0) {
                p->pid = process.pid;
                return;
        }
        snprintf(text, sizeof(text), "it cannot be started (%s)", strerror(-r));
        probe_answered(m, p,
                       is_passing(r) ? "" : text); /* what is short just now is no news of the service */
}

/* With what it has started, as far as that is still its group. */
static void kill_command(const Probe *p) {
        if (p->pid > 0 && kill(-p->pid, SIGKILL) < 0)
                (void)kill(p->pid, SIGKILL);
}

/* svinit-apps */

/* A number, or that of the variable, as the processes of the unit see it. */
static int find_port(const Manager *m, const Unit *u, const char *port, unsigned *ret) {
        const ServiceSpec *s = u->spec->service;
        const char *value;
        unsigned n;

        if (port[0] >= '0' && port[0] <= '9')
                return parse_unsigned(port, ret);
        value = env_get(u->spec->exec->environment, port, strlen(port));
        if (!value)
                value = env_get(m->host.environment, port, strlen(port));
        if (!value || parse_unsigned(value, &n) < 0)
                return -EINVAL;
        if (s->is_member && strv_contains(s->increment_environment, port))
                n += unit_set_index(u);
        if (n == 0 || n > 65535)
                return -ERANGE;
        *ret = n;
        return 0;
}

static int describe(const Manager *m, const Probe *p, Buf *b) {
        const HealthCheck *k = probe_check(p);
        const AppsInstance *instance = unit_runtime(p->watch->unit)->apps;
        unsigned port = 0;
        int r = k->port ? find_port(m, p->watch->unit, k->port, &port) : 0;

        if (r < 0)
                return r;
        buf_addf(b, "KIND=%s\nTIMEOUT_USEC=%" PRIu64, health_kind_to_string(k->kind),
                 health_timeout(&p->watch->unit->spec->service->health));
        if (k->port)
                buf_addf(b, "\nPORT=%u", port);
        if (k->host)
                buf_addf(b, "\nHOST=%s", k->host);
        if (k->kind == HEALTH_MESSAGE)
                buf_addf(b, "\nINSTANCE=%" PRIu64 "\nTEXT=%s", instance ? instance->id : 0, k->path);
        else if (k->path)
                buf_addf(b, "\nPATH=%s", k->path);
        return b->error;
}

static void drop_id(Manager *m, Probe *p) {
        if (p->id > 0)
                HASH_DEL(m->internal->probes, p);
        p->id = 0;
}

static int add_id(Manager *m, Probe *p) {
        p->id = ++m->internal->last_probe;
        HASH_ADD(hh, m->internal->probes, id, sizeof(p->id), p);
        if (p->hh.tbl)
                return 0;
        p->id = 0;
        return -ENOMEM;
}

static void request(Manager *m, Probe *p) {
        Buf b auto_buf = { 0 };
        int r = describe(m, p, &b);

        if (r == -EINVAL || r == -ERANGE) {
                probe_answered(m, p, "the variable that should have the port has none");
                return;
        }
        if (r >= 0)
                r = add_id(m, p);
        if (r >= 0)
                r = apps_post_probe(m, p->watch->unit, p->id, b.data);
        if (r < 0) {
                drop_id(m, p);
                probe_answered(m, p, "");
        }
}

static void explain(int code, usec_t timeout, char text[HEALTH_ERROR_MAX]) {
        Buf span auto_buf = { 0 };

        if (code >= APPS_PROBE_ERRNO)
                snprintf(text, HEALTH_ERROR_MAX, "%s", strerror(code - APPS_PROBE_ERRNO));
        else if (code >= APPS_PROBE_STATUS)
                snprintf(text, HEALTH_ERROR_MAX, "it answered %d", code);
        else if (code == APPS_PROBE_LATE) {
                timespan_format(timeout, &span);
                snprintf(text, HEALTH_ERROR_MAX, "no answer within %s", span.data ? span.data : "time");
        } else
                snprintf(text, HEALTH_ERROR_MAX, "%s",
                         code == APPS_PROBE_NO_JSON      ? "that is no JSON text which could be sent"
                         : code == APPS_PROBE_NO_HTTP    ? "the answer is not HTTP"
                         : code == APPS_PROBE_NO_CHANNEL ? "it has no channel, or does not read from it"
                                                         : "it closed the connection without an answer");
}

static bool status_is_good(int code) {
        return code >= 200 && code < 400;
}

void manager_probe_answered(Manager *m, uint64_t id, int code) {
        char text[HEALTH_ERROR_MAX];
        Probe *p = NULL;

        HASH_FIND(hh, m->internal->probes, &id, sizeof(id), p);
        if (!p)
                return; /* too late, or of a run that has ended */
        drop_id(m, p);
        if (code == APPS_PROBE_WELL || status_is_good(code)) {
                probe_answered(m, p, NULL);
                return;
        }
        explain(code, health_timeout(&p->watch->unit->spec->service->health), text);
        probe_answered(m, p, code == APPS_PROBE_UNKNOWN || code < 0 ? "" : text);
}

void manager_probes_lost(Manager *m) {
        Probe *p, *next;

        HASH_ITER (hh, m->internal->probes, p, next) {
                drop_id(m, p);
                probe_answered(m, p, "");
        }
}

/* All */

void probe_ask(Manager *m, Probe *p) {
        if (p->kind == HEALTH_EXEC)
                run(m, p);
        else
                request(m, p);
}

void probe_forget(Manager *m, Probe *p) {
        drop_id(m, p);
        if (p->kind == HEALTH_EXEC)
                kill_command(p);
}
