/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The manager as a whole: reload, the end, its environment. */

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bus/clients/server.h"
#include "bus/codec/errors.h"
#include "bus/methods/manager-methods.h"
#include "bus/object.h"
#include "manager/diff.h"
#include "manager/dynamic-user.h"

#define EXIT_REBOOT 133 /* what a container's runtime sees where a machine would boot again */
#define ENVIRONMENT_MAX 4096

/* The client may be gone meanwhile: then the answer goes nowhere. */
static void on_reloaded(int r, const UnitDiffs *changes, void *userdata) {
        DeferredCall *call = userdata;

        if (r < 0)
                r = sd_bus_reply_method_errnof(call->message, r,
                                               "The configuration could not be reloaded: %s.", strerror(-r));
        else
                r = sd_bus_reply_method_return(call->message, NULL);
        deferred_call_end(call, r);
}

/* Answered when the units are read; generators may take a while. */
int method_reload(Call *c) {
        DeferredCall *call;
        int r = call_defer(c, &call);

        if (r < 0)
                return r;
        r = manager_reload(c->manager, on_reloaded, call);
        if (r < 0)
                deferred_call_free(call);
        return r;
}

/* With -f systemd would skip the units; here they are stopped in order, within the budget that ends with SIGKILL. */
static int leave(Call *c, const char *reason, int code) {
        manager_stop(c->manager, reason, code);
        return sd_bus_reply_method_return(c->message, NULL);
}

int method_exit(Call *c) {
        return leave(c, "a client asked for exit", -1);
}

int method_power_off(Call *c) {
        return leave(c, "a client asked for power-off", -1);
}

int method_reboot(Call *c) {
        return leave(c, "a client asked for reboot", EXIT_REBOOT);
}

int method_set_exit_code(Call *c) {
        uint8_t code;
        int r = sd_bus_message_read(c->message, "y", &code);

        if (r < 0)
                return r;
        manager_set_exit_code(c->manager, code);
        return sd_bus_reply_method_return(c->message, NULL);
}

/* Outer to inner: what svinit was started with, environment generators, svinit.conf, SetEnvironment(). */
int manager_environment(const Manager *m, char ***ret) {
        char **env auto_strv = NULL;
        int r;

        r = strv_copy(m->host.environment, &env);
        STRV_FOREACH (it, m->generated_environment) {
                if (r >= 0)
                        r = env_set(&env, *it);
        }
        STRV_FOREACH (it, m->config.default_environment) {
                if (r >= 0)
                        r = env_set(&env, *it);
        }
        STRV_FOREACH (it, m->environment) {
                if (r >= 0)
                        r = env_set(&env, *it);
        }
        if (r >= 0)
                *ret = TAKE(env);
        return r;
}

/* All or nothing: every entry is looked at before the first is set. */
static int check_entries(Call *c, char *const *entries, bool names_too) {
        STRV_FOREACH (it, entries) {
                if (!env_assignment_is_valid(*it) && !(names_too && env_name_is_valid(*it, strlen(*it))))
                        return sd_bus_error_setf(c->error, SD_BUS_ERROR_INVALID_ARGS,
                                                 "'%s' is not %sof the form NAME=VALUE.", *it,
                                                 names_too ? "a variable's name, and not " : "");
        }
        return 0;
}

static int set_all(Call *c, char *const *assignments) {
        char **env auto_strv = NULL;
        int r;

        r = strv_copy(c->manager->environment, &env);
        STRV_FOREACH (it, assignments) {
                if (r >= 0)
                        r = env_set(&env, *it);
        }
        if (r < 0)
                return r;
        if (strv_length(env) > ENVIRONMENT_MAX)
                return sd_bus_error_setf(c->error, SD_BUS_ERROR_LIMITS_EXCEEDED,
                                         "More than %u variables are not kept.", ENVIRONMENT_MAX);

        strv_free(c->manager->environment);
        c->manager->environment = TAKE(env);
        return 0;
}

/* Wherever a variable came from, it is gone for the services started from now on. */
static void unset_all(Manager *m, char *const *names) {
        STRV_FOREACH (it, names) {
                env_unset(m->environment, *it);
                env_unset(m->config.default_environment, *it);
                env_unset(m->host.environment, *it);
        }
}

int method_set_environment(Call *c) {
        char **assignments auto_strv = NULL;
        int r;

        if ((r = sd_bus_message_read_strv(c->message, &assignments)) < 0 ||
            (r = check_entries(c, assignments, false)) < 0 || (r = set_all(c, assignments)) < 0)
                return r;
        return sd_bus_reply_method_return(c->message, NULL);
}

int method_unset_environment(Call *c) {
        char **names auto_strv = NULL;
        int r;

        if ((r = sd_bus_message_read_strv(c->message, &names)) < 0 || (r = check_entries(c, names, true)) < 0)
                return r;
        unset_all(c->manager, names);
        return sd_bus_reply_method_return(c->message, NULL);
}

int method_unset_and_set_environment(Call *c) {
        char **names auto_strv = NULL, **assignments auto_strv = NULL;
        int r;

        if ((r = sd_bus_message_read_strv(c->message, &names)) < 0 ||
            (r = sd_bus_message_read_strv(c->message, &assignments)) < 0 ||
            (r = check_entries(c, names, true)) < 0 || (r = check_entries(c, assignments, false)) < 0)
                return r;

        unset_all(c->manager, names);
        r = set_all(c, assignments);
        return r < 0 ? r : sd_bus_reply_method_return(c->message, NULL);
}

static int reply_dump_as_fd(Call *c, char *const *patterns) {
        Buf b auto_buf = { 0 };
        int fd auto_fd = -1;
        ssize_t n;

        manager_dump(c->manager, patterns, &b);
        if (b.error < 0)
                return b.error;

        fd = memfd_create("svinit-dump", MFD_CLOEXEC);
        if (fd < 0)
                return -errno;
        n = pwrite(fd, b.data ? b.data : "", b.len, 0);
        if (n != (ssize_t)b.len)
                return n < 0 ? -errno : -ENOSPC;
        return sd_bus_reply_method_return(c->message, "h", fd); /* sd-bus makes a copy of its own */
}

static int reply_dump(Call *c, char *const *patterns) {
        Buf b auto_buf = { 0 };

        manager_dump(c->manager, patterns, &b);
        if (b.error < 0)
                return b.error;
        return sd_bus_reply_method_return(c->message, "s", b.data ? b.data : "");
}

int method_dump(Call *c) {
        return reply_dump(c, NULL);
}

int method_dump_to_fd(Call *c) {
        return reply_dump_as_fd(c, NULL);
}

static int dump_matching(Call *c, int (*reply)(Call *c, char *const *patterns)) {
        char **patterns auto_strv = NULL;
        int r = call_read_words(c, &patterns);

        return r < 0 ? r : reply(c, patterns && patterns[0] ? patterns : NULL);
}

int method_dump_matching(Call *c) {
        return dump_matching(c, reply_dump);
}

int method_dump_matching_to_fd(Call *c) {
        return dump_matching(c, reply_dump_as_fd);
}

int method_set_show_status(Call *c) {
        static const char *const modes[] = { "auto", "error", "temporary" };
        const char *mode;
        bool shown = false;
        int r = sd_bus_message_read(c->message, "s", &mode);

        if (r < 0)
                return r;
        for (size_t i = 0; i < ELEMENTSOF(modes); i++)
                shown = shown || str_equal(modes[i], mode);
        if (!shown && !str_is_empty(mode) && parse_bool(mode, &shown) < 0)
                return sd_bus_error_setf(c->error, SD_BUS_ERROR_INVALID_ARGS, "Invalid show status '%s'.",
                                         mode);
        if (shown)
                return sd_bus_error_set(c->error, SD_BUS_ERROR_NOT_SUPPORTED,
                                        "svinit has no display of status; its messages are in the log.");
        return sd_bus_reply_method_return(c->message, NULL);
}

int method_dynamic_user_by_name(Call *c) {
        const DynamicUser *d;
        const char *name;
        int r = sd_bus_message_read(c->message, "s", &name);

        if (r < 0)
                return r;
        d = dynamic_user_by_name(c->manager, name);
        if (!d)
                return sd_bus_error_setf(c->error, ERROR_NO_DYNAMIC_USER, "Dynamic user %s does not exist.",
                                         name);
        return sd_bus_reply_method_return(c->message, "u", (uint32_t)d->uid);
}

int method_dynamic_user_by_uid(Call *c) {
        const DynamicUser *d;
        uint32_t uid;
        int r = sd_bus_message_read(c->message, "u", &uid);

        if (r < 0)
                return r;
        d = dynamic_user_by_uid(c->manager, uid);
        if (!d)
                return sd_bus_error_setf(c->error, ERROR_NO_DYNAMIC_USER,
                                         "Dynamic user ID %u does not exist.", uid);
        return sd_bus_reply_method_return(c->message, "s", d->name);
}

int method_get_dynamic_users(Call *c) {
        sd_bus_message *reply __attribute__((cleanup(sd_bus_message_unrefp))) = NULL;
        int r = sd_bus_message_new_method_return(c->message, &reply);

        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'a', "(us)");
        for (const DynamicUser *d = dynamic_user_first(c->manager); d && r >= 0; d = d->by_uid.next)
                r = sd_bus_message_append(reply, "(us)", (uint32_t)d->uid, d->name);
        if (r >= 0)
                r = sd_bus_message_close_container(reply);
        return r < 0 ? r : sd_bus_send(NULL, reply, NULL);
}
