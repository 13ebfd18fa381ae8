/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "apps/instance.h"

#include "apps/call.h"
#include "apps/probe.h"
#include "apps/trigger.h"

#include <errno.h>
#include <string.h>

#define DEFAULT_MAX_MESSAGE (1024 * 1024)
#define COMPLAIN_INTERVAL (10 * USEC_PER_SEC)

Instance *instance_find(Apps *a, uint64_t id) {
        Instance *i = NULL;

        HASH_FIND(hh, a->instances, &id, sizeof(id), i);
        return i;
}

bool instance_matches(const Instance *i, const char *name) {
        return str_equal(i->unit, name) || (i->set && str_equal(i->set, name));
}

/* What it says */

static void count(Instance *i, const Message *m) {
        char type[MESSAGE_TYPE_LENGTH] = "(no type)";
        MessageCount *c;

        if (m->type)
                figure_copy(type, sizeof(type), m->type);
        for (size_t k = 0; k < i->n_types; k++)
                if (str_equal(i->types[k].type, type)) {
                        i->types[k].n++;
                        return;
                }
        c = &i->types[MIN(i->n_types, (size_t)MESSAGE_TYPES_MAX)];
        if (i->n_types < MESSAGE_TYPES_MAX)
                snprintf(i->types[i->n_types++].type, MESSAGE_TYPE_LENGTH, "%s", type);
        c->n++;
}

static void handle(Instance *i, const Message *m, const char *text, size_t n);

/* The descriptor is closed already; what came with it is a message like others. */
static void on_handle(Instance *i, const Message *m) {
        static const char ack[] = "{\"cmd\":\"NODE_HANDLE_ACK\"}";
        const json_t *with = json_object_get(m->root, "msg");
        char *text = with ? json_dumps(with, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
        Message inner;

        (void)channel_send(&i->channel, ack, sizeof(ack) - 1, CHANNEL_DIRECT);
        if (text && message_parse(text, strlen(text), &inner) >= 0) {
                if (inner.kind != MESSAGE_INTERNAL)
                        handle(i, &inner, text, strlen(text));
                message_release(&inner);
        }
        free(text);
}

static void on_internal(Instance *i, const Message *m) {
        if (str_equal(m->command, "NODE_HANDLE"))
                on_handle(i, m);
        else if (str_equal(m->command, "NODE_HANDLE_ACK") || str_equal(m->command, "NODE_HANDLE_NACK"))
                channel_acknowledged(&i->channel, str_equal(m->command, "NODE_HANDLE_ACK"));
        else if (str_equal(m->command, "NODE_CLUSTER"))
                cluster_on_message(i, m->root);
        else if (str_equal(m->command,
                           "NODE_SVINIT")) /* of svinit-node.js: there is one thing that it says */
                control_tell(i->apps, APPS_DRAINED, i->id, 0);
}

static void on_ready(Instance *i) {
        control_tell(i->apps, APPS_PASSED, i->id, APPS_GATE_MESSAGE);
        if (i->ready)
                return;
        i->ready = true;
        call_instance_free(i);
}

static void handle(Instance *i, const Message *m, const char *text, size_t n) {
        if (m->kind == MESSAGE_INTERNAL) {
                on_internal(i, m);
                return;
        }
        count(i, m);
        clients_show(i->apps, i, CLIENT_FROM_INSTANCE, text, n);
        switch (m->kind) {
        case MESSAGE_READY:
                on_ready(i);
                break;
        case MESSAGE_MONITOR:
                figures_take_monitor(&i->figures, m->root);
                break;
        case MESSAGE_ACTION:
                figures_take_action(&i->figures, m->root);
                break;
        case MESSAGE_REPLY:
                trigger_take_reply(i, m->root);
                break;
        case MESSAGE_OF_PROGRAM:
                if (!probes_take_message(i))
                        (void)call_take_reply(i, text, n);
                break;
        default:
                break;
        }
}

static Instance *of_channel(Channel *c) {
        return CONTAINER_OF(c, Instance, channel);
}

static void on_complaint(Channel *c, AppsComplaint what) {
        Instance *i = of_channel(c);
        usec_t now = 0;

        i->n_bad += what == APPS_NO_JSON;
        i->n_too_long += what == APPS_TOO_LONG;
        i->n_not_read += what == APPS_NOT_READ;
        (void)sd_event_now(i->apps->event, CLOCK_MONOTONIC, &now);
        if (i->complained[what] > 0 && now - i->complained[what] < COMPLAIN_INTERVAL)
                return;
        i->complained[what] = now;
        control_tell(i->apps, APPS_COMPLAIN, i->id, what);
}

static void on_line(Channel *c, char *line, size_t n) {
        Message m;
        int r = message_parse(line, n, &m);

        if (r == -EBADMSG && !c->may_be_torn)
                on_complaint(c, APPS_NO_JSON);
        if (r < 0)
                return;
        handle(of_channel(c), &m, line, n);
        message_release(&m);
}

static void on_closed(Channel *c) {
        Instance *i = of_channel(c);

        call_instance_gone(i);
        trigger_instance_gone(i);
        control_tell(i->apps, APPS_CLOSED, i->id, 0);
}

static void on_transfer(Channel *c, int fd) {
        control_give(of_channel(c)->apps, APPS_TRANSFER, of_channel(c)->id, fd);
}

static const ChannelOwner owner = {
        .on_line = on_line,
        .on_closed = on_closed,
        .on_complaint = on_complaint,
        .on_transfer = on_transfer,
};

int instance_send(Instance *i, const char *json, size_t n, ChannelSend how) {
        int r = channel_send(&i->channel, json, n, how);

        if (r >= 0) {
                i->n_sent++;
                clients_show(i->apps, i, CLIENT_TO_INSTANCE, json, n);
        }
        return r;
}

int instance_drain(Instance *i) {
        static const char drain[] = "{\"cmd\":\"NODE_SVINIT\",\"act\":\"drain\"}",
                          drain_and_stay[] = "{\"cmd\":\"NODE_SVINIT\",\"act\":\"drain\",\"stay\":true}";
        const char *text = i->keeps_channel ? drain_and_stay : drain;

        if (!i->has_helper)
                return cluster_disconnect(i);
        return channel_send(&i->channel, text, strlen(text), CHANNEL_DIRECT);
}

/* What PID 1 says of it */

static void assign(void *userdata, const char *key, const char *value) {
        Instance *i = userdata;
        uint64_t v = 0;

        (void)parse_u64(value, &v);
        if (str_equal(key, "UNIT"))
                (void)str_replace(&i->unit, value);
        else if (str_equal(key, "SET"))
                (void)str_replace(&i->set, value);
        else if (str_equal(key, "MAX_MESSAGE"))
                i->max_message = v;
        else if (str_equal(key, "QUEUE_MAX"))
                i->queue_max = (unsigned)MIN(v, (uint64_t)UINT32_MAX);
        else if (str_equal(key, "CALL_TIMEOUT_USEC"))
                i->call_timeout = v;
        else if (str_equal(key, "CLUSTER"))
                i->cluster.wanted = true;
        else if (str_equal(key, "DRAIN"))
                i->has_helper = true;
        else if (str_equal(key, "STOP_MESSAGE"))
                i->keeps_channel = true;
        else if (str_equal(key, "FRESH"))
                i->fresh = true;
        else if (str_equal(key, "AWAIT_READY"))
                i->ready = false;
        else if (str_equal(key, "TRANSFER"))
                i->is_transferring = true;
}

void instance_free(Instance *i) {
        if (i->hh.tbl) {
                HASH_DEL(i->apps->instances, i);
                call_instance_gone(i);
                trigger_instance_gone(i);
        }
        channel_close(&i->channel);
        cluster_release(i);
        figures_release(&i->figures);
        free(i->unit);
        free(i->set);
        free(i);
}

int instance_new(Apps *a, uint64_t id, const char *text, size_t n, int fd_given) {
        int fd auto_fd = fd_given, r;
        Instance *i;

        if (instance_find(a, id))
                return -EEXIST;
        i = calloc(1, sizeof(*i));
        if (!i)
                return -ENOMEM;
        i->apps = a;
        i->id = id;
        i->max_message = DEFAULT_MAX_MESSAGE;
        i->channel = CHANNEL_NONE;
        snprintf(i->types[MESSAGE_TYPES_MAX].type, MESSAGE_TYPE_LENGTH, "(others)");
        i->ready = true;
        i->has_channel = fd >= 0;
        r = link_text_assign(text, n, assign, i);
        if (r >= 0 && !i->unit)
                r = -EINVAL;
        if (r >= 0 && fd >= 0)
                r = channel_open(&i->channel, a->event, TAKE_FD(fd), i->max_message, i->fresh, &owner);
        i->channel.transferring = i->is_transferring;
        if (r < 0) {
                instance_free(i);
                return r;
        }
        HASH_ADD(hh, a->instances, id, sizeof(i->id), i);
        if (owing_find(&a->owing, id) > 0)
                call_inherit(i);
        else
                call_instance_free(i);
        return 0;
}
