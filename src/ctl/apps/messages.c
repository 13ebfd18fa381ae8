/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* send, call, trigger: something for the instances of a unit, as JSON. */

#include "ctl/apps/apps.h"

#include <stdio.h>
#include <string.h>

static void complain(Ctl *c, const AppsAnswer *item, void *userdata) {
        ctl_print_error("%s: %s.", item->name, item->text);
}

static void nothing(Ctl *c, const AppsAnswer *item, void *userdata) {
}

/* The reply as it came: a text of one line. */
static int print_text(const char *text, size_t n) {
        if (fwrite(text, 1, n, stdout) != n || putchar('\n') == EOF || fflush(stdout) == EOF)
                return ctl_print_error("Cannot write to the standard output.");
        return CTL_OK;
}

static int with_text(Ctl *c, char **argv, ClientVerb verb, AppsItem item, AppsAnswer *ret_end) {
        char *name auto_free = NULL, *text auto_free = NULL;
        size_t n = 0;
        int code = apps_unit_name(c, argv[1], &name);

        if (code == CTL_OK)
                code = apps_read_text(argv[2], &text, &n);
        return code != CTL_OK ? code : apps_request(c, verb, name, text, n, item, NULL, ret_end);
}

int verb_send(Ctl *c, int argc, char **argv) {
        return with_text(c, argv, CLIENT_SEND, complain, NULL);
}

int verb_call(Ctl *c, int argc, char **argv) {
        AppsAnswer end = { 0 };
        int code = with_text(c, argv, CLIENT_CALL, nothing, &end);

        if (code == CTL_OK)
                code = print_text(end.text, end.n);
        apps_answer_release(&end);
        return code;
}

/* One reply stands alone; several say whose they are. */
typedef struct Replies {
        char *only; /* owned: the unit asked for; no name in front */
        bool failed;
} Replies;

static void print_reply(Ctl *c, const AppsAnswer *item, void *userdata) {
        Replies *r = userdata;

        if (item->value < 0) {
                ctl_print_error("%s: %s.", item->name, item->text);
                r->failed = true;
                return;
        }
        if (!str_equal(item->name, r->only))
                printf("%s: ", item->name);
        (void)print_text(item->text, item->n);
}

int verb_trigger(Ctl *c, int argc, char **argv) {
        Replies replies = { 0 };
        Buf b auto_buf = { 0 };
        int code = apps_unit_name(c, argv[1], &replies.only);

        if (code == CTL_OK && strchr(argv[2], '\n'))
                code = ctl_print_error("An action has no line break in its name.");
        buf_add(&b, argv[2]);
        if (argc > 3)
                buf_addf(&b, "\n%s", argv[3]);
        if (code == CTL_OK)
                code = b.error < 0 ? CTL_FAILED
                                   : apps_request(c, CLIENT_TRIGGER, replies.only, b.data, b.len, print_reply,
                                                  &replies, NULL);
        free(replies.only);
        return code == CTL_OK && replies.failed ? CTL_FAILED : code;
}
