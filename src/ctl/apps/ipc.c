/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* ipc: how many messages of which type went over the channels of a unit; with -f, the messages. */

#include "ctl/apps/apps.h"

#include <stdio.h>
#include <string.h>

/* "sent TAB 3", "received TAB 12 TAB request": the text is ours to cut. */
static void print_counts(const AppsAnswer *item) {
        char *save = NULL, *field = NULL;

        printf("%s\n", item->name);
        for (char *line = strtok_r(item->text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
                const char *what = strtok_r(line, "\t", &field), *n = strtok_r(NULL, "\t", &field),
                           *type = strtok_r(NULL, "", &field);

                if (!n || (!type && !str_equal(what, "sent") && str_equal(n, "0")))
                        continue;
                printf("%10s  %s%s%s\n", n, what, type ? ": " : "", type ?: "");
        }
}

static void add_counts(const AppsAnswer *item, Buf *b) {
        char *save = NULL, *field = NULL;
        Buf types auto_buf = { 0 };

        json_open(b, "{");
        json_add_member(b, "unit", item->name);
        json_open(&types, "{");
        for (char *line = strtok_r(item->text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
                const char *what = strtok_r(line, "\t", &field), *n = strtok_r(NULL, "\t", &field),
                           *type = strtok_r(NULL, "", &field);
                uint64_t v;

                if (!n || parse_u64(n, &v) < 0)
                        continue;
                if (!type) {
                        json_add_number(b, what, v);
                        continue;
                }
                if (types.data[types.len - 1] != '{')
                        buf_add_char(&types, ',');
                json_add_string(&types, type);
                buf_addf(&types, ":%s", n);
        }
        buf_add_char(&types, '}');
        json_add_key(b, "received");
        buf_add(b, types.data ?: "{}");
        buf_add_char(b, '}');
}

static void on_counts(Ctl *c, const AppsAnswer *item, void *userdata) {
        if (c->format >= FORMAT_JSON)
                add_counts(item, userdata);
        else
                print_counts(item);
}

static void on_message(Ctl *c, const AppsAnswer *item, void *userdata) {
        bool from = item->value == CLIENT_FROM_INSTANCE;

        if (item->verb == CLIENT_LOST)
                fprintf(stderr, "(%d messages came faster than they were read, and are left out)\n",
                        item->value);
        else if (c->format >= FORMAT_JSON)
                printf("{\"unit\":\"%s\",\"direction\":\"%s\",\"message\":%s}\n", item->name,
                       from ? "from" : "to", item->text);
        else
                printf("%s %s %s\n", item->name, from ? "->" : "<-", item->text);
        (void)fflush(stdout);
}

int verb_ipc(Ctl *c, int argc, char **argv) {
        char *name auto_free = NULL;
        Buf b auto_buf = { 0 };
        int code = argc > 1 ? apps_unit_name(c, argv[1], &name) : CTL_OK;

        if (code != CTL_OK)
                return code;
        if (c->logs.follow)
                return apps_request(c, CLIENT_FOLLOW, name ?: "", "", 0, on_message, NULL, NULL);
        if (c->format >= FORMAT_JSON)
                json_open(&b, "[");
        code = apps_request(c, CLIENT_COUNTS, name ?: "", "", 0, on_counts, &b, NULL);
        if (code != CTL_OK || c->format < FORMAT_JSON)
                return code;
        buf_add_char(&b, ']');
        return json_print(&b);
}
