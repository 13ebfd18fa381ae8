/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* send, trigger: something for the instances of a unit, as JSON. */

#include "ctl/apps/apps.h"

#include <stdio.h>
#include <string.h>

static void complain(Ctl *c, const AppsAnswer *item, void *userdata) {
        ctl_print_error("%s: %s.", item->name, item->text);
}

int verb_send(Ctl *c, int argc, char **argv) {
        char *name auto_free = NULL, *text auto_free = NULL;
        size_t n = 0;
        int code = apps_unit_name(c, argv[1], &name);

        if (code == CTL_OK)
                code = apps_read_text(argv[2], &text, &n);
        return code != CTL_OK ? code : apps_request(c, CLIENT_SEND, name, text, n, complain, NULL, NULL);
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
        (void)apps_print_text(item->text, item->n);
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
