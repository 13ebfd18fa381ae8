/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Calls over the system bus whose sender has to be known first. Nothing waits
 * for the answers: the call is kept, with a time limit, and done again when
 * they are there.
 *
 *      call that changes something
 *        -> the bus daemon: who is it?      -> may control: done
 *        -> polkit, where it runs: may it?  -> yes: done
 *                                           -> no, nobody there, no answer in time: refused
 *
 * A sender that leaves the bus takes its question to polkit with it, and the
 * dialogue that polkit may show for it.
 */

#include "bus/clients/access.h"

#define QUESTIONS_MAX 1024
#define QUESTIONS_PER_SENDER_MAX 16
#define AUTHORIZATIONS_PER_USER_MAX 16 /* at polkit: a person may be thinking about them */
#define AUTHORIZATION_TIMEOUT (25 * USEC_PER_SEC)
#define DIALOGUE_TIMEOUT (120 * USEC_PER_SEC) /* the client allows polkit to ask somebody */

typedef struct Question Question;

/* Does the call in the name of its sender. DISPATCH_ASK: not done, `details` say what polkit has to be asked. */
typedef int (*QuestionHandler)(void *userdata, sd_bus_message *m, const Identity *who, CallDetails *details);

typedef struct Questions {
        sd_bus *sd; /* borrowed */
        QuestionHandler handle;
        void *userdata;
        Question *list; /* owned */
        unsigned n, n_ever;
} Questions;

int question_ask(Questions *q, sd_bus_message *m); /* 0, or a negative errno */
void questions_drop(Questions *q);                 /* the bus has gone, and all who asked */
