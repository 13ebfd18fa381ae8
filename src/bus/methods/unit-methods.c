/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bus/methods/unit-methods.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "bus/clients/server.h"
#include "bus/clients/signals.h"
#include "bus/codec/errors.h"
#include "bus/objects/control-group.h"
#include "bus/tables.h"

#define SIGNAL_MAX 64

static int parse_mode_word(Call *c, const char *mode, JobMode *ret) {
        int m = job_mode_from_string(mode);

        if (m < 0)
                return sd_bus_error_setf(c->error, SD_BUS_ERROR_INVALID_ARGS, "Unknown job mode '%s'.", mode);
        *ret = (JobMode)m;
        return 0;
}

/* Nothing to stop under that name, and never was: a typing error should not look like success. */
static bool unit_is_unknown(const Unit *u) {
        return (u->load_state == LOAD_NOT_FOUND || u->load_state == LOAD_ERROR ||
                u->load_state == LOAD_BAD_SETTING) &&
               u->active == INACTIVE;
}

static int error_from_load(sd_bus_error *error, const Unit *u) {
        Buf text auto_buf = { 0 };
        const char *name = load_error(u, &text);

        return sd_bus_error_set(error, name[0] ? name : ERROR_NO_SUCH_UNIT,
                                text.error < 0 ? NULL : text.data);
}

int unit_check_loaded(Call *c, const Unit *u) {
        return u->load_state == LOAD_LOADED ? 0 : error_from_load(c->error, u);
}

static int enqueue(Call *c, Unit *u, JobType type, const char *mode, Job **ret) {
        Report explanation = { 0 };
        JobMode m = JOB_REPLACE;
        int r;

        r = parse_mode_word(c, mode, &m);
        if (r < 0)
                return r;

        *ret = NULL;
        if (type == JOB_STOP && unit_is_unknown(u))
                return sd_bus_error_setf(c->error, ERROR_NO_SUCH_UNIT, "Unit %s not loaded.", u->id);
        r = manager_request(c->manager, type, u, m, &explanation, ret);
        if (r == ENQUEUE_LOAD_FAILED && u->load_state == LOAD_ERROR)
                r = error_from_load(c->error, u);
        else if (r == ENQUEUE_NOT_APPLICABLE)
                r = sd_bus_error_setf(c->error, outcome_error_name(r), "Unit %s cannot be %s.", u->id,
                                      type == JOB_RELOAD ? "reloaded" : "stopped");
        else if (r != 0)
                r = error_from_outcome(c->error, r, u->id, &explanation);
        report_release(&explanation);
        return r;
}

/* The call is answered by now: what goes wrong here cannot be an answer to it. */
static int tell_nothing_to_do(Call *c, const char *job, const Unit *u) {
        if (signal_nothing_to_do(c->connection, job, u->id) < 0)
                bus_give_up_answer(c->message);
        return 0;
}

/*
 * A client waits for JobRemoved of the path it was given. When there was
 * nothing to do there is no job, so it gets a path that no job has, and the
 * signal at once.
 */
static int reply_without_job(Call *c, const Unit *u) {
        static const char path[] = JOB_PATH_PREFIX "/0";
        int r = sd_bus_reply_method_return(c->message, "o", path);

        return r < 0 ? r : tell_nothing_to_do(c, path, u);
}

int unit_enqueue(Call *c, Unit *u, JobType type, const char *mode) {
        char *path auto_free = NULL;
        Job *j;
        int r;

        r = enqueue(c, u, type, mode, &j);
        if (r < 0)
                return r;
        if (!j)
                return reply_without_job(c, u);

        r = job_path(j, &path);
        return r < 0 ? r : sd_bus_reply_method_return(c->message, "o", path);
}

static int append_affected(sd_bus_message *m, const Job *j) {
        char *path auto_free = NULL, *owner auto_free = NULL;

        if (job_path(j, &path) < 0 || unit_path(j->unit, &owner) < 0)
                return -ENOMEM;
        return sd_bus_message_append(m, "(uosos)", j->id, path, j->unit->id, owner,
                                     job_type_to_string(j->type));
}

/* The jobs that came about since `newest`: ids grow. */
static int append_all_affected(sd_bus_message *m, const Graph *g, const Job *anchor, uint32_t newest) {
        int r = sd_bus_message_open_container(m, 'a', "(uosos)");

        for (Job *j = NULL; r >= 0 && (j = graph_next_job(g, j));)
                if (j != anchor && j->id > newest)
                        r = append_affected(m, j);
        return r < 0 ? r : sd_bus_message_close_container(m);
}

static uint32_t newest_job(const Graph *g) {
        uint32_t newest = 0;

        for (Job *j = NULL; (j = graph_next_job(g, j));)
                newest = MAX(newest, j->id);
        return newest;
}

/* "reload-or-restart" and its like are spelled out; what a client may ask for is less than what jobs can be. */
static int parse_job_type(Call *c, const char *word, JobType *ret) {
        int t = job_type_from_string(word);

        if (t < 0 || t == JOB_NOP || t == JOB_VERIFY_ACTIVE)
                return sd_bus_error_setf(c->error, SD_BUS_ERROR_INVALID_ARGS, "Unknown job type '%s'.", word);
        *ret = (JobType)t;
        return 0;
}

static int reply_transaction(Call *c, const Unit *u, const Job *j, JobType wanted, uint32_t newest) {
        sd_bus_message *reply __attribute__((cleanup(sd_bus_message_unrefp))) = NULL;
        char *path auto_free = NULL, *owner auto_free = NULL;
        int r;

        if (j)
                r = job_path(j, &path);
        else
                r = str_printf(&path, JOB_PATH_PREFIX "/0");
        if (r < 0 || (r = unit_path(u, &owner)) < 0 ||
            (r = sd_bus_message_new_method_return(c->message, &reply)) < 0 ||
            (r = sd_bus_message_append(reply, "uosos", j ? j->id : 0, path, u->id, owner,
                                       job_type_to_string(j ? j->type : wanted))) < 0 ||
            (r = append_all_affected(reply, c->manager->graph, j, newest)) < 0 ||
            (r = sd_bus_send(NULL, reply, NULL)) < 0)
                return r;

        return j ? 0 : tell_nothing_to_do(c, path, u);
}

int unit_enqueue_job(Call *c, Unit *u, const char *type, const char *mode) {
        uint32_t newest = newest_job(c->manager->graph);
        JobType t = JOB_START;
        Job *j;
        int r;

        if ((r = parse_job_type(c, type, &t)) < 0 || (r = enqueue(c, u, t, mode, &j)) < 0)
                return r;
        return reply_transaction(c, u, j, t, newest);
}

typedef struct WhomWord {
        const char *word;
        KillWhom whom;
        bool fail; /* when there is nothing to kill */
} WhomWord;

static const WhomWord whom_words[] = {
        { "", WHOM_ALL },
        { "all", WHOM_ALL },
        { "all-fail", WHOM_ALL, true },
        { "main", WHOM_MAIN },
        { "main-fail", WHOM_MAIN, true },
        { "control", WHOM_CONTROL },
        { "control-fail", WHOM_CONTROL, true },
};

int unit_kill(Call *c, Unit *u, const char *whom, int32_t signal) {
        const WhomWord *w = NULL;
        int r;

        for (size_t i = 0; i < ELEMENTSOF(whom_words); i++)
                if (str_equal(whom_words[i].word, whom))
                        w = &whom_words[i];
        if (!w)
                return sd_bus_error_setf(c->error, SD_BUS_ERROR_INVALID_ARGS,
                                         "'%s' is none of all, main, control.", whom);
        if (signal <= 0 || signal > SIGNAL_MAX)
                return sd_bus_error_setf(c->error, SD_BUS_ERROR_INVALID_ARGS, "There is no signal %i.",
                                         signal);

        r = manager_kill(c->manager, u, w->whom, signal, w->fail);
        if (r == -ESRCH)
                return sd_bus_error_setf(c->error, ERROR_NO_SUCH_PROCESS,
                                         "Unit %s has no such process to kill.", u->id);
        if (r < 0)
                return sd_bus_error_set_errnof(c->error, r, "Processes of %s could not be killed: %s.", u->id,
                                               strerror(-r));
        return sd_bus_reply_method_return(c->message, NULL);
}

int unit_reset_failed(Call *c, Unit *u) {
        manager_reset_failed(c->manager, u);
        return sd_bus_reply_method_return(c->message, NULL);
}

/* The client may be gone meanwhile: then the answer goes nowhere. */
static void on_frozen(int r, void *userdata) {
        DeferredCall *call = userdata;

        if (r < 0)
                r = sd_bus_reply_method_errorf(call->message, ERROR_FREEZE_CANCELLED,
                                               "Freeze operation aborted");
        else
                r = sd_bus_reply_method_return(call->message, NULL);
        deferred_call_end(call, r);
}

int unit_freeze(Call *c, Unit *u, bool freeze) {
        DeferredCall *call;
        int r = call_defer(c, &call);

        if (r < 0)
                return r;
        r = manager_freeze(c->manager, u, freeze, on_frozen, call);
        if (r >= 0)
                return 0;
        deferred_call_free(call);
        switch (r) {
        case -EOPNOTSUPP:
                return sd_bus_error_setf(c->error, SD_BUS_ERROR_NOT_SUPPORTED,
                                         "Unit '%s' does not support freezing.", u->id);
        case -EHOSTDOWN:
                return sd_bus_error_set(c->error, ERROR_UNIT_INACTIVE, "Unit is not active.");
        case -EBUSY:
                return sd_bus_error_setf(c->error, ERROR_UNIT_BUSY, "Unit '%s' has a job.", u->id);
        case -EALREADY:
                return sd_bus_error_setf(
                        c->error, ERROR_UNIT_BUSY,
                        "Previously requested freezer operation for unit '%s' is still in progress.", u->id);
        default:
                return sd_bus_error_set_errnof(c->error, r, "Unit '%s' could not be frozen or thawed: %s.",
                                               u->id, strerror(-r));
        }
}

int unit_reply_processes(Call *c, Unit *u) {
        sd_bus_message *reply __attribute__((cleanup(sd_bus_message_unrefp))) = NULL;
        int r;

        if ((r = sd_bus_message_new_method_return(c->message, &reply)) < 0 ||
            (r = append_processes(reply, c->manager, u)) < 0)
                return r;
        return sd_bus_send(NULL, reply, NULL);
}

/* Name, mode, device, inode, device that it is, path, flags. */
static int append_stored(sd_bus_message *m, const StoredFd *s) {
        char link[32], path[PATH_MAX];
        struct stat st;
        ssize_t n;
        int flags;

        snprintf(link, sizeof(link), "/proc/self/fd/%d", s->fd);
        n = readlink(link, path, sizeof(path) - 1);
        path[MAX(n, 0)] = 0;
        flags = fcntl(s->fd, F_GETFL);
        if (fstat(s->fd, &st) < 0 || flags < 0)
                return -errno;
        return sd_bus_message_append(
                m, "(suuutuusu)", s->name, (uint32_t)st.st_mode, (uint32_t)major(st.st_dev),
                (uint32_t)minor(st.st_dev), (uint64_t)st.st_ino, (uint32_t)major(st.st_rdev),
                (uint32_t)minor(st.st_rdev), str_is_utf8(path, strlen(path)) ? path : "", (uint32_t)flags);
}

int unit_reply_fd_store(Call *c, Unit *u) {
        sd_bus_message *reply __attribute__((cleanup(sd_bus_message_unrefp))) = NULL;
        const UnitRuntime *rt = unit_runtime(u);
        int r;

        r = sd_bus_message_new_method_return(c->message, &reply);
        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'a', "(suuutuusu)");
        for (size_t i = 0; r >= 0 && i < rt->n_fd_store; i++)
                r = append_stored(reply, rt->fd_store + i);
        if (r >= 0)
                r = sd_bus_message_close_container(reply);
        return r < 0 ? r : sd_bus_send(NULL, reply, NULL);
}

int method_nothing(Call *c) {
        return sd_bus_reply_method_return(c->message, NULL);
}

int method_not_supported(Call *c) {
        return sd_bus_error_setf(c->error, SD_BUS_ERROR_NOT_SUPPORTED, "svinit does not support %s.",
                                 sd_bus_message_get_member(c->message));
}

/* The Unit interface. */

static int start_as(Call *c, JobType type) {
        const char *mode;
        int r = sd_bus_message_read(c->message, "s", &mode);

        return r < 0 ? r : unit_enqueue(c, c->object->unit, type, mode);
}

static int method_start(Call *c) {
        return start_as(c, JOB_START);
}

static int method_stop(Call *c) {
        return start_as(c, JOB_STOP);
}

static int method_reload(Call *c) {
        return start_as(c, JOB_RELOAD);
}

static int method_restart(Call *c) {
        return start_as(c, JOB_RESTART);
}

static int method_try_restart(Call *c) {
        return start_as(c, JOB_TRY_RESTART);
}

static int method_reload_or_restart(Call *c) {
        return start_as(c, JOB_RELOAD_OR_RESTART);
}

static int method_reload_or_try_restart(Call *c) {
        return start_as(c, JOB_RELOAD_OR_TRY_RESTART);
}

static int method_enqueue_job(Call *c) {
        const char *type, *mode;
        int r = sd_bus_message_read(c->message, "ss", &type, &mode);

        return r < 0 ? r : unit_enqueue_job(c, c->object->unit, type, mode);
}

static int method_kill(Call *c) {
        const char *whom;
        int32_t signal;
        int r = sd_bus_message_read(c->message, "si", &whom, &signal);

        return r < 0 ? r : unit_kill(c, c->object->unit, whom, signal);
}

static int method_clean(Call *c) {
        return unit_reply_clean(c, c->object->unit);
}

static int method_reset_failed(Call *c) {
        return unit_reset_failed(c, c->object->unit);
}

static int method_freeze(Call *c) {
        return unit_freeze(c, c->object->unit, true);
}

static int method_thaw(Call *c) {
        return unit_freeze(c, c->object->unit, false);
}

static int method_get_processes(Call *c) {
        return unit_reply_processes(c, c->object->unit);
}

static int method_set_properties(Call *c) {
        return unit_set_properties(c, c->object->unit);
}

static int method_attach_processes(Call *c) {
        return unit_attach_processes(c, c->object->unit);
}

static int method_abandon(Call *c) {
        return unit_abandon(c, c->object->unit);
}

static int method_ref(Call *c) {
        return unit_hold(c, c->object->unit);
}

static int method_unref(Call *c) {
        return unit_let_go(c, c->object->unit);
}

#define PROCESS_METHODS                                                                                      \
        { "GetProcesses", "", "a(sus)", ACCESS_READ, method_get_processes, "processes" }, {                  \
                "AttachProcesses", "sau", "", ACCESS_CONTROL, method_attach_processes, "subcgroup pids"      \
        }

const Method unit_methods[] = {
        { "Start", "s", "o", ACCESS_UNITS, method_start, "mode job" },
        { "Stop", "s", "o", ACCESS_UNITS, method_stop, "mode job" },
        { "Reload", "s", "o", ACCESS_UNITS, method_reload, "mode job" },
        { "Restart", "s", "o", ACCESS_UNITS, method_restart, "mode job" },
        { "TryRestart", "s", "o", ACCESS_UNITS, method_try_restart, "mode job" },
        { "ReloadOrRestart", "s", "o", ACCESS_UNITS, method_reload_or_restart, "mode job" },
        { "ReloadOrTryRestart", "s", "o", ACCESS_UNITS, method_reload_or_try_restart, "mode job" },
        { "EnqueueJob", "ss", "uososa(uosos)", ACCESS_UNITS, method_enqueue_job,
          "job_type job_mode job_id job_path unit_id unit_path job_type affected_jobs" },
        { "Kill", "si", "", ACCESS_UNITS, method_kill, "whom signal" },
        { "ResetFailed", "", "", ACCESS_UNITS, method_reset_failed },
        { "SetProperties", "ba(sv)", "", ACCESS_UNITS, method_set_properties, "runtime properties" },
        { "Ref", "", "", ACCESS_UNITS, method_ref },
        { "Unref", "", "", ACCESS_UNITS, method_unref },
        { "Clean", "as", "", ACCESS_UNITS, method_clean, "mask" },
        { "Freeze", "", "", ACCESS_UNITS, method_freeze },
        { "Thaw", "", "", ACCESS_UNITS, method_thaw },
        { 0 },
};

const Method process_methods[] = { PROCESS_METHODS, { 0 } };

const Method service_methods[] = {
        { "BindMount", "ssbb", "", ACCESS_UNITS, method_not_supported, "source destination read_only mkdir" },
        { "MountImage", "ssbba(ss)", "", ACCESS_UNITS, method_not_supported,
          "source destination read_only mkdir options" },
        PROCESS_METHODS,
        { 0 },
};

const Method scope_methods[] = {
        { "Abandon", "", "", ACCESS_UNITS, method_abandon },
        PROCESS_METHODS,
        { 0 },
};
