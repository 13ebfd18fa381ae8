/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "apps/trigger.h"

#include "apps/instance.h"
#include "apps/request.h"

#include <errno.h>
#include <utlist.h>

struct Trigger {
        Client *client;  /* borrowed */
        char *action;    /* owned */
        uint64_t *ids;   /* owned: of those that have not replied */
        size_t n, n_met; /* of them; of all */
        bool met_deaf;   /* one that offers it, but has no channel */
        sd_event_source *patience;
        Trigger *prev, *next;
};

static void trigger_free(Trigger *t) {
        DL_DELETE(t->client->apps->triggers, t);
        t->client->trigger = NULL;
        sd_event_source_disable_unref(t->patience);
        free(t->action);
        free(t->ids);
        free(t);
}

void trigger_drop(Client *c) {
        if (c->trigger)
                trigger_free(c->trigger);
}

static void finish(Trigger *t, size_t n_silent) {
        Client *c = t->client;
        size_t n_met = t->n_met;

        trigger_free(t);
        if (n_silent > 0)
                client_fail(c, -ETIMEDOUT, "%zu of %zu did not reply", n_silent, n_met);
        else
                client_end(c, (int)n_met, "", 0);
}

/* False: it was not waited for. */
static bool strike(Trigger *t, uint64_t id) {
        for (size_t k = 0; k < t->n; k++)
                if (t->ids[k] == id) {
                        t->ids[k] = t->ids[--t->n];
                        return true;
                }
        return false;
}

void trigger_take_reply(Instance *i, const json_t *message) {
        const json_t *data = json_object_get(message, "data");
        const char *action = json_string_value(json_object_get(data, "action_name"));
        Trigger *t;
        char *text;

        DL_FOREACH (i->apps->triggers, t)
                if (str_equal(t->action, action) && strike(t, i->id))
                        break;
        if (!t)
                return;
        text = json_dumps(json_object_get(data, "return"), JSON_COMPACT | JSON_ENCODE_ANY);
        client_item(t->client, i->unit, 0, text ?: "null", text ? strlen(text) : 4);
        free(text);
        if (t->n == 0)
                finish(t, 0);
}

void trigger_instance_gone(Instance *i) {
        static const char why[] = "it ended";
        Trigger *t, *next;

        DL_FOREACH_SAFE (i->apps->triggers, t, next)
                if (strike(t, i->id)) {
                        client_item(t->client, i->unit, -ECONNRESET, why, sizeof(why) - 1);
                        if (t->n == 0)
                                finish(t, 0);
                }
}

static int on_silence(sd_event_source *s, uint64_t usec, void *userdata) {
        static const char why[] = "no reply";
        Trigger *t = userdata;

        for (size_t k = 0; k < t->n; k++) {
                const Instance *i = instance_find(t->client->apps, t->ids[k]);

                if (i)
                        client_item(t->client, i->unit, -ETIMEDOUT, why, sizeof(why) - 1);
        }
        finish(t, t->n);
        return 0;
}

/* The action alone, or with what goes with it: @pm2/io tells them apart. */
static char *make_message(const char *action, const char *parameter, size_t n) {
        json_t *m = parameter ? json_pack("{s:s, s:s, s:o*}", "msg", action, "action_name", action, "opts",
                                          json_loadb(parameter, n, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL))
                              : json_string(action);
        char *text = m ? json_dumps(m, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;

        json_decref(m);
        return text;
}

/* Who was there before us may offer what we have not heard. */
static bool offers(const Instance *i, const char *action) {
        return figures_have_action(&i->figures, action) || !i->fresh;
}

static Trigger *trigger_new(Client *c, const char *action) {
        Trigger *t = calloc(1, sizeof(*t));

        if (!t || !(t->action = strdup(action)) ||
            !(t->ids = calloc(HASH_COUNT(c->apps->instances) + 1, sizeof(*t->ids)))) {
                if (t)
                        free(t->action);
                free(t);
                return NULL;
        }
        t->client = c;
        c->trigger = t;
        DL_APPEND(c->apps->triggers, t);
        return t;
}

static void send_all(Trigger *t, const char *name, const char *message) {
        Instance *i, *next;

        HASH_ITER (hh, t->client->apps->instances, i, next) {
                if (!instance_matches(i, name) || !offers(i, t->action))
                        continue;
                if (!channel_is_open(&i->channel)) {
                        t->met_deaf |= figures_have_action(&i->figures, t->action);
                        continue;
                }
                t->n_met++;
                if (instance_send(i, message, strlen(message), CHANNEL_DIRECT) >= 0)
                        t->ids[t->n++] = i->id;
        }
}

void trigger_begin(Client *c, const char *name, const char *text, size_t n) {
        const char *end = memchr(text, '\n', n);
        char *action auto_free = strndup(text, end ? (size_t)(end - text) : n), *message = NULL;
        size_t n_parameter = end ? n - (size_t)(end + 1 - text) : 0;
        Trigger *t;

        if (end && request_refuse_text(c, end + 1, n_parameter))
                return;
        message = action ? make_message(action, end ? end + 1 : NULL, n_parameter) : NULL;
        t = message ? trigger_new(c, action) : NULL;
        if (t)
                send_all(t, name, message);
        free(message);
        if (!t) {
                client_fail(c, -ENOMEM, "Out of memory, or %s is no name of an action", action ?: "this");
        } else if (t->n_met == 0) {
                bool deaf = t->met_deaf;

                trigger_free(t);
                client_fail(c, -ENOENT,
                            deaf ? "%s offers the action %s, but has no channel (X-IPC=) to be told by"
                                 : "No instance of %s that runs offers the action %s",
                            name, action);
        } else if (t->n == 0)
                finish(t, t->n_met);
        else
                (void)sd_event_add_time_relative(c->apps->event, &t->patience, CLOCK_MONOTONIC,
                                                 TRIGGER_PATIENCE, USEC_PER_MSEC, on_silence, t);
}
