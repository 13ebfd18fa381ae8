/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bus/clients/question.h"

#include <errno.h>
#include <utlist.h>

#include "base/log.h"
#include "bus/clients/names.h"
#include "bus/clients/server.h"
#include "bus/object.h"

#define POLKIT_NAME "org.freedesktop.PolicyKit1"
#define POLKIT_PATH "/org/freedesktop/PolicyKit1/Authority"
#define POLKIT_INTERFACE "org.freedesktop.PolicyKit1.Authority"
#define POLKIT_ALLOW_INTERACTION 1U
#define POLKIT_MESSAGE "Administrator rights are needed to $(verb) $(unit)." /* polkit fills in the details */

struct Question {
        Questions *questions;    /* borrowed */
        sd_bus_message *message; /* owned */
        sd_bus_slot *slot;       /* owned; of what was asked last */
        sd_bus_slot *match;      /* owned; the sender leaves */
        Identity who;
        CallDetails details;
        bool at_polkit;
        char cancellation[24]; /* polkit's name for it */
        struct Question *next, *prev;
};

static void question_free(Question *q) {
        Questions *all = q->questions;

        sd_bus_slot_unref(q->slot);
        sd_bus_slot_unref(q->match);
        sd_bus_message_unref(q->message);
        identity_release(&q->who);
        call_details_release(&q->details);
        DL_DELETE(all->list, q);
        all->n--;
        free(q);
}

static void refuse(Question *q, int r, const char *name, const char *text) {
        sd_bus_error error = name ? SD_BUS_ERROR_MAKE_CONST(name, text) : SD_BUS_ERROR_NULL;

        bus_refuse(q->message, name ? -EACCES : r, &error);
        question_free(q);
}

static void deny(Question *q) {
        refuse(q, 0, SD_BUS_ERROR_ACCESS_DENIED,
               "Access denied: this is for root, the user svinit runs as, and whom polkit lets.");
}

/* It need not know: who waits there is a person. */
static void cancel(Question *q) {
        sd_bus_message *m = NULL;

        if (sd_bus_message_new_method_call(q->questions->sd, &m, POLKIT_NAME, POLKIT_PATH, POLKIT_INTERFACE,
                                           "CancelCheckAuthorization") >= 0 &&
            sd_bus_message_append(m, "s", q->cancellation) >= 0 &&
            sd_bus_message_set_expect_reply(m, 0) >= 0 && sd_bus_message_set_auto_start(m, 0) >= 0)
                (void)sd_bus_send(q->questions->sd, m, NULL);
        sd_bus_message_unref(m);
}

static int on_sender_changed(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        const char *name, *old, *new;
        Question *q = userdata;

        if (sd_bus_message_read(m, "sss", &name, &old, &new) < 0 || new[0] != 0)
                return 0;
        cancel(q);
        question_free(q);
        return 0;
}

/* Once more; `details` NULL: polkit has said yes. */
static void do_call(Question *q, CallDetails *details) {
        int r = q->questions->handle(q->questions->userdata, q->message, &q->who, details);

        if (r < 0)
                refuse(q, r, NULL, NULL);
        else
                question_free(q);
}

static int on_authority(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        int authorized = false, challenge = false, r;
        Question *q = userdata;

        if (sd_bus_message_is_method_error(m, SD_BUS_ERROR_NO_REPLY)) {
                cancel(q);
                LOG(BUS_AUTHORITY_SILENT, FIELD_S("ACTION", q->details.action));
        }
        r = sd_bus_message_is_method_error(m, NULL) ? 0 : sd_bus_message_enter_container(m, 'r', "bba{ss}");
        if (r > 0)
                r = sd_bus_message_read(m, "bb", &authorized, &challenge);

        if (r > 0 && authorized)
                do_call(q, NULL);
        else if (r > 0 && challenge)
                refuse(q, 0, SD_BUS_ERROR_INTERACTIVE_AUTHORIZATION_REQUIRED,
                       "Access denied: polkit would let it after a dialogue, which the client does not "
                       "allow.");
        else
                deny(q);
        return 0;
}

static int append_details(sd_bus_message *m, const CallDetails *d) {
        if (!d->unit || !d->verb)
                return sd_bus_message_append(m, "a{ss}", 0);
        return sd_bus_message_append(m, "a{ss}", 3, "unit", d->unit, "verb", d->verb, "polkit.message",
                                     POLKIT_MESSAGE);
}

static unsigned count_at_polkit(const Questions *all, uid_t uid) {
        Question *q;
        unsigned n = 0;

        DL_FOREACH (all->list, q) {
                n += q->at_polkit && q->who.uid == uid;
        }
        return n;
}

static int ask_authority(Question *q) {
        sd_bus_message *m __attribute__((cleanup(sd_bus_message_unrefp))) = NULL;
        bool dialogue = sd_bus_message_get_allow_interactive_authorization(q->message) > 0;
        const char *sender = sd_bus_message_get_sender(q->message);
        Questions *all = q->questions;
        int r;

        if (count_at_polkit(all, q->who.uid) >= AUTHORIZATIONS_PER_USER_MAX)
                return -ENOBUFS;
        q->at_polkit = true;
        q->slot = sd_bus_slot_unref(q->slot);
        (void)snprintf(q->cancellation, sizeof(q->cancellation), "svinit-%u", ++all->n_ever);

        if ((r = match_owner(all->sd, &q->match, sender, on_sender_changed, q)) < 0 ||
            (r = sd_bus_message_new_method_call(all->sd, &m, POLKIT_NAME, POLKIT_PATH, POLKIT_INTERFACE,
                                                "CheckAuthorization")) < 0 ||
            (r = sd_bus_message_append(m, "(sa{sv})s", "system-bus-name", 1, "name", "s", sender,
                                       q->details.action)) < 0 ||
            (r = append_details(m, &q->details)) < 0 ||
            (r = sd_bus_message_append(m, "us", dialogue ? POLKIT_ALLOW_INTERACTION : 0U, q->cancellation)) <
                    0)
                return r;
        return sd_bus_call_async(all->sd, &q->slot, m, on_authority, q,
                                 dialogue ? DIALOGUE_TIMEOUT : AUTHORIZATION_TIMEOUT);
}

/*
 * An unknown sender has left, or nobody can say who it is: it controls
 * nothing, and polkit would not know it either.
 */
static int on_identity(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        Question *q = userdata;
        int r;

        if (sd_bus_message_is_method_error(m, NULL) || identity_of_reply(m, &q->who) < 0)
                q->who = (Identity){ .uid = (uid_t)-1, .gid = (gid_t)-1 };

        r = q->questions->handle(q->questions->userdata, q->message, &q->who, &q->details);
        if (r == DISPATCH_ASK && q->who.uid == (uid_t)-1) {
                deny(q);
                return 0;
        }
        if (r == DISPATCH_ASK)
                r = ask_authority(q);
        else if (r >= 0)
                question_free(q);
        if (r < 0)
                refuse(q, r, NULL, NULL);
        return 0;
}

static unsigned count_of_sender(const Questions *all, const char *sender) {
        Question *q;
        unsigned n = 0;

        DL_FOREACH (all->list, q) {
                n += str_equal(sd_bus_message_get_sender(q->message), sender);
        }
        return n;
}

int question_ask(Questions *all, sd_bus_message *m) {
        const char *sender = sd_bus_message_get_sender(m);
        Question *q;
        int r;

        if (!sender || all->n >= QUESTIONS_MAX || count_of_sender(all, sender) >= QUESTIONS_PER_SENDER_MAX)
                return -ENOBUFS;

        q = calloc(1, sizeof(Question));
        if (!q)
                return -ENOMEM;
        q->questions = all;
        q->message = sd_bus_message_ref(m);
        DL_APPEND(all->list, q);
        all->n++;

        r = sd_bus_call_method_async(all->sd, &q->slot, DRIVER_NAME, DRIVER_PATH, DRIVER_NAME,
                                     "GetConnectionCredentials", on_identity, q, "s", sender);
        if (r < 0)
                question_free(q);
        return MIN(r, 0);
}

void questions_drop(Questions *all) {
        while (all->list)
                question_free(all->list);
}
