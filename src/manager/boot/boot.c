/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * From nothing to the boot transaction: generators, the default target, and
 * the moment when all of it is done.
 */

#include "manager/manager-internal.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

static int boot_unit(Manager *m, const char *name, Report *why) {
        Unit *u;
        int r;

        r = manager_load_unit(m, name, &u);
        if (r < 0)
                return r;
        return manager_enqueue(m, JOB_START, u, JOB_REPLACE, why, NULL);
}

static void log_boot_failure(Manager *m, const char *name, int r, const Report *why) {
        const char *text = why->n_findings > 0 ? why->findings[0].text
                           : r < 0             ? strerror(-r)
                                               : "it cannot be started";

        LOG(BOOT_FAILED, FIELD_S("UNIT_NAME", name), FIELD_S("TEXT", text));
        manager_note_cause(m, name, text);
}

static int boot_command(Manager *m) {
        Report why = { 0 };
        int r;

        r = manager_add_command_unit(m);
        /* Alone it refers to perpetual units only, and of these nothing is read yet. */
        while (m->internal->files_unread && graph_next_stub(m->graph))
                ;
        if (r >= 0)
                r = boot_unit(m, "main.service", &why);
        if (r != 0)
                log_boot_failure(m, "main.service", r, &why);
        report_release(&why);
        return r;
}

/* What is asked for, else default.target, else multi-user.target. */
static int boot_units(Manager *m, const char *wanted) {
        const char *const names[] = { wanted ?: "default.target", wanted ? NULL : "multi-user.target" };
        int r = -ENOENT;

        for (size_t i = 0; i < ELEMENTSOF(names) && names[i] && r != 0; i++) {
                Report why = { 0 };

                r = boot_unit(m, names[i], &why);
                if (r != 0)
                        log_boot_failure(m, names[i], r, &why);
                report_release(&why);
        }
        return r;
}

/* Nothing depends on it: without it services have no output, and run. */
static void boot_journal(Manager *m) {
        Report why = { 0 };
        int r = boot_unit(m, "systemd-journald.service", &why);

        if (r != 0)
                log_boot_failure(m, "systemd-journald.service", r, &why);
        report_release(&why);
}

static int check_main(Manager *m, const char *name) {
        Unit *u;
        int r;

        r = manager_load_unit(m, name, &u);
        if (r < 0)
                return r;
        if (u->load_state != LOAD_LOADED || u->type != UNIT_SERVICE)
                return -ENOENT;
        return 0;
}

static int enqueue_boot(Manager *m) {
        const ManagerOptions *o = &m->internal->options;
        int r = 0;

        m->units_load_start = dual_now();
        m->internal->files_unread = o->command && !o->with_units && !o->main_unit;
        if (!m->internal->files_unread)
                r = manager_read_files(m);
        if (r < 0) {
                log_boot_failure(m, o->unit ?: "default.target", r, &(Report){ 0 });
                return r;
        }
        if (o->main_unit) {
                r = check_main(m, o->main_unit);
                if (r < 0) {
                        LOG_ERRNO(BOOT_FAILED, r, FIELD_S("UNIT_NAME", o->main_unit),
                                  FIELD_S("TEXT", "--main= wants a service that can be loaded"));
                        manager_note_cause(m, o->main_unit, "--main= wants a service that can be loaded");
                        return r;
                }
        }
        if (o->command)
                r = boot_command(m);
        if (m->internal->real_journal)
                boot_journal(m);
        if (r == 0 && (!o->command || o->with_units))
                r = boot_units(m, o->unit);
        m->units_load_finish = dual_now();
        return r;
}

/* The generators are done. */
static void boot(Manager *m) {
        if (!m->stopping) {
                m->state = SYSTEM_STARTING;
                if (m->internal->scripts_lost)
                        manager_stop(m, "the scripts of /etc/svinit/init.d cannot be run",
                                     EXIT_SVINIT_FAILED);
                else if (enqueue_boot(m) != 0)
                        manager_stop(m, "the boot transaction cannot be started", EXIT_SVINIT_FAILED);
        }
        m->started = true;
        manager_reload_pending(m);
        manager_kick(m);
}

/* Whoever is not root expects nothing else. */
static void say_where_sockets_are(Manager *m) {
        if (m->host.root && !m->host.user && m->host.runtime_writable &&
            !str_equal(m->host.runtime_dir, "/run"))
                LOG(RUN_ELSEWHERE, FIELD_S("PATH", m->host.runtime_dir));
}

int manager_startup(Manager *m) {
        ManagerInternal *in = m->internal;
        const ManagerOptions *o = &in->options;
        int r = 0;

        m->state = SYSTEM_INITIALIZING;
        manager_forget_old_transients(m);
        r = manager_add_perpetual_units(m);
        if (r < 0)
                return r;
        if (!o->command || o->with_units) {
                say_where_sockets_are(m);
                r = generators_run(m, boot);
                if (r < 0)
                        LOG_ERRNO(BOOT_STEP_FAILED, r, FIELD_S("STEP", "The run of generators"));
                if (r > 0)
                        return 0;
        }
        boot(m);
        if (in->command) { /* the unit knows its process before the reaper tells of its end */
                (void)manager_drain(m, UINT_MAX);
                command_settle(m);
        }
        return 0;
}

void manager_check_started(Manager *m) {
        char text[64];
        Buf b auto_buf = { 0 };

        if (m->state != SYSTEM_STARTING || m->internal->queue_count > 0 || graph_count_jobs(m->graph) > 0)
                return;
        m->state = graph_count_failed(m->graph) > 0 ? SYSTEM_DEGRADED : SYSTEM_RUNNING;
        groups_set_starting(m->groups, false);
        if (m->finish_time.realtime == 0)
                m->finish_time = dual_now();
        timespan_format_rounded(m->finish_time.monotonic - m->userspace_time.monotonic, &b);
        snprintf(text, sizeof(text), "%s", b.data ?: "");
        LOG(STARTUP_FINISHED, FIELD_S("USERSPACE_TEXT", text),
            FIELD_I("USERSPACE_USEC", m->finish_time.monotonic - m->userspace_time.monotonic));
        if (m->observer.startup_finished)
                m->observer.startup_finished(m->observer.userdata);
        manager_give_back(m);
}
