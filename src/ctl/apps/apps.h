/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * svctl and svinit-apps: send, call, trigger, ipc, metrics. The connection
 * comes from PID 1; the protocol is in companion/client-protocol.h.
 */

#include "companion/client-protocol.h"
#include "ctl/core/ctl.h"

typedef struct AppsAnswer {
        ClientVerb verb;
        int value;
        char *name, *text; /* owned; with a NUL behind the text */
        size_t n;          /* bytes of text */
} AppsAnswer;

void apps_answer_release(AppsAnswer *a);

typedef struct AppsConnection {
        int fd; /* owned; -1 */
} AppsConnection;

typedef enum AppsOpened {
        APPS_OPENED,
        APPS_NONE, /* svinit-apps does not run: no service needs it */
} AppsOpened;

/* An AppsOpened, or negative with *ret_exit: it has been said. */
int apps_open(Ctl *c, bool control, AppsConnection *ret, int *ret_exit);
void apps_close(AppsConnection *a);
int apps_ask(AppsConnection *a, ClientVerb verb, const char *name, const char *text, size_t n);
/* 0 and one answer; negative: svinit-apps has ended. */
int apps_read(AppsConnection *a, AppsAnswer *ret);

typedef void (*AppsItem)(Ctl *c, const AppsAnswer *item, void *userdata);
/*
 * All of it: asks, gives each ITEM to the function, and says what failed. The exit code; ret_end (may be NULL) is the END
 * where that is 0.
 */
int apps_request(Ctl *c, ClientVerb verb, const char *name, const char *text, size_t n, AppsItem item,
                 void *userdata, AppsAnswer *ret_end);
/* "web" -> "web.service"; one unit, and no pattern. The exit code. */
int apps_unit_name(Ctl *c, const char *given, char **ret);
/* An argument, or with "-" all of the standard input. The exit code. */
int apps_read_text(const char *given, char **ret, size_t *ret_n);
/* A reply as it came: a text of one line. The exit code. */
int apps_print_text(const char *text, size_t n);
