/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/analyze/boot.h"

#include <errno.h>
#include <string.h>

static usec_t since_start(const Boot *b, usec_t t) {
        return t == 0 ? 0 : MAX(usec_sub(t, b->start), (usec_t)1);
}

static usec_t read_instant(const Boot *b, const PropertyList *l, const char *name) {
        return since_start(b, property_number(l, name, 0));
}

static int not_over(void) {
        return ctl_print_error("the boot is not over: 'svctl list-jobs' shows what it waits for");
}

static int read_manager(Ctl *c, Boot *b) {
        sd_bus_error error __attribute__((cleanup(sd_bus_error_free))) = SD_BUS_ERROR_NULL;
        PropertyList l = { 0 };
        int r;

        r = ctl_get_all(c, SD1_PATH, SD1_MANAGER, &l, &error);
        if (r >= 0) {
                b->start = property_number(&l, "UserspaceTimestampMonotonic", 0);
                b->finish = read_instant(b, &l, "FinishTimestampMonotonic");
                b->generators_start = read_instant(b, &l, "GeneratorsStartTimestampMonotonic");
                b->generators_finish = read_instant(b, &l, "GeneratorsFinishTimestampMonotonic");
                b->load_start = read_instant(b, &l, "UnitsLoadStartTimestampMonotonic");
                b->load_finish = read_instant(b, &l, "UnitsLoadFinishTimestampMonotonic");
        }
        property_list_release(&l);
        if (r >= 0)
                r = sd_bus_get_property_trivial(c->bus, SD1, SD1_PATH, SD1_MANAGER, "UserspaceTimestamp",
                                                &error, 't', &b->started_at);
        if (r < 0)
                return ctl_print_error("%s", error.message ?: strerror(-r));
        return b->finish == 0 ? not_over() : CTL_OK;
}

static int read_target(Ctl *c, Boot *b) {
        sd_bus_message *reply = NULL;
        const char *target;
        int r;

        r = ctl_call(c, "GetDefaultTarget", &reply, NULL, "analyze", NULL);
        if (r >= 0)
                r = sd_bus_message_read(reply, "s", &target);
        if (r >= 0)
                r = str_replace(&b->target, target);
        sd_bus_message_unref(reply);
        return r;
}

static usec_t time_taken(const BootUnit *u) {
        if (u->activated >= u->activating)
                return u->activated - u->activating;
        return u->deactivated >= u->activating ? u->deactivated - u->activating : 0;
}

static BootUnit unit_of(const Boot *b, const Relative *relative) {
        const PropertyList *l = &relative->properties;
        BootUnit u = { .relative = relative,
                       .id = relative->id,
                       .activating = read_instant(b, l, "InactiveExitTimestampMonotonic"),
                       .activated = read_instant(b, l, "ActiveEnterTimestampMonotonic"),
                       .deactivating = read_instant(b, l, "ActiveExitTimestampMonotonic"),
                       .deactivated = read_instant(b, l, "InactiveEnterTimestampMonotonic"),
                       .failed = str_equal(property_get(l, "ActiveState"), "failed") };

        u.took = u.activating > 0 ? time_taken(&u) : 0;
        return u;
}

static int read_units(Ctl *c, Boot *b) {
        sd_bus_message *reply = NULL;
        size_t capacity = 0;
        const char *id;
        int r;

        r = ctl_call(c, "ListUnits", &reply, NULL, "analyze", NULL);
        if (r >= 0)
                r = sd_bus_message_enter_container(reply, 'a', "(ssssssouso)");
        while (r >= 0 && (r = sd_bus_message_read(reply, "(ssssssouso)", &id, NULL, NULL, NULL, NULL, NULL,
                                                  NULL, NULL, NULL, NULL)) > 0) {
                const Relative *relative;
                BootUnit u;

                r = relations_find(&b->relations, id, &relative);
                if (r < 0)
                        break;
                u = unit_of(b, relative);
                if (u.activating == 0)
                        continue;
                r = array_reserve(&b->units, &capacity, b->n + 1, sizeof(u));
                if (r >= 0)
                        b->units[b->n++] = u;
        }
        sd_bus_message_unref(reply);
        return MIN(r, 0);
}

static int by_begin(const void *a, const void *b) {
        const BootUnit *x = a, *y = b;

        if (x->activating != y->activating)
                return x->activating < y->activating ? -1 : 1;
        return strcmp(x->id, y->id);
}

int boot_read(Ctl *c, Boot *ret) {
        int code;

        *ret = (Boot){ .relations = { .ctl = c } };
        if (ctl_connect(c) < 0)
                return CTL_FAILED;
        code = read_manager(c, ret);
        if (code == CTL_OK && (read_target(c, ret) < 0 || read_units(c, ret) < 0))
                code = CTL_FAILED;
        if (ret->n > 0)
                qsort(ret->units, ret->n, sizeof(*ret->units), by_begin);
        return code;
}

void boot_release(Boot *b) {
        relations_release(&b->relations);
        free(b->target);
        free(b->units);
        *b = (Boot){ 0 };
}

BootUnit *boot_find(const Boot *b, const char *id) {
        for (size_t i = 0; i < b->n; i++)
                if (str_equal(b->units[i].id, id))
                        return b->units + i;
        return NULL;
}

usec_t boot_unit_end(const BootUnit *u) {
        return u->activated >= u->activating ? u->activated : u->deactivated;
}

static int by_end(const void *a, const void *b) {
        const BootUnit *x = *(BootUnit *const *)a, *y = *(BootUnit *const *)b;
        usec_t p = boot_unit_end(x), q = boot_unit_end(y);

        if (p != q)
                return p > q ? -1 : 1;
        return strcmp(x->id, y->id);
}

int boot_predecessors(const Boot *b, const BootUnit *u, usec_t fuzz, BootUnit ***ret, size_t *ret_n) {
        char **names auto_strv = NULL;
        BootUnit **found;
        size_t n = 0, kept = 0;

        if (relative_names(u->relative, "After", &names) < 0)
                return -ENOMEM;
        found = calloc(strv_length(names) + 1, sizeof(*found));
        if (!found)
                return -ENOMEM;
        STRV_FOREACH (name, names) {
                BootUnit *p = boot_find(b, *name);

                /* one that was started again later held up nothing */
                if (p && boot_unit_end(p) > 0 && boot_unit_end(p) <= MAX(u->activating, u->activated))
                        found[n++] = p;
        }
        qsort(found, n, sizeof(*found), by_end);
        while (kept < n && boot_unit_end(found[kept]) + fuzz >= boot_unit_end(found[0]))
                kept++;
        *ret = found;
        *ret_n = kept;
        return 0;
}
