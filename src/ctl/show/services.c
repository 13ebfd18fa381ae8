/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/show/services.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define ROW "sssuuuttttss"

const char *service_sort_to_string(ServiceSort s) {
        static const char *const names[SERVICE_SORT_MAX] = { [SERVICES_BY_NAME] = "name",
                                                             [SERVICES_BY_CPU] = "cpu",
                                                             [SERVICES_BY_MEMORY] = "memory",
                                                             [SERVICES_BY_RESTARTS] = "restarts" };

        return (unsigned)s < SERVICE_SORT_MAX ? names[s] : NULL;
}

static void row_release(ServiceRow *r) {
        free(r->name);
        free(r->active);
        free(r->sub);
        free(r->status);
        free(r->result);
}

void services_release(ServiceLook *l) {
        for (size_t i = 0; i < l->n; i++)
                row_release(l->v + i);
        free(l->v);
        *l = (ServiceLook){ 0 };
}

static int read_row(sd_bus_message *m, ServiceLook *l) {
        const char *name, *active, *sub, *status, *result;
        ServiceRow row = { .cpu = -1 };
        int r;

        r = sd_bus_message_read(m, "(" ROW ")", &name, &active, &sub, &row.n_instances, &row.pid,
                                &row.restarts, &row.since, &row.cpu_nsec, &row.memory, &row.tasks, &status,
                                &result);
        if (r <= 0)
                return r;
        if (array_reserve(&l->v, &l->capacity, l->n + 1, sizeof(row)) < 0)
                return -ENOMEM;
        row.name = strdup(name);
        row.active = strdup(active);
        row.sub = strdup(sub);
        row.status = strdup(status);
        row.result = strdup(result);
        l->v[l->n++] = row; /* what is there is released with the look */
        return row.name && row.active && row.sub && row.status && row.result ? 1 : -ENOMEM;
}

/* "web@3.service" of "web.service" */
static bool is_instance_of(const char *instance, const char *set) {
        size_t n = strlen(set) - strlen(".service");

        return strncmp(instance, set, n) == 0 && instance[n] == '@' &&
               str_equal(instance + n + 1 + strspn(instance + n + 1, "0123456789"), ".service");
}

static uint64_t add(uint64_t a, uint64_t b) {
        return b == UINT64_MAX ? a : a == UINT64_MAX ? b : a + b;
}

/* A set runs nothing itself: its figures are those of its instances. */
static void sum_set(ServiceLook *l, ServiceRow *set) {
        set->cpu_nsec = set->memory = set->tasks = UINT64_MAX;
        set->restarts = 0;
        for (size_t i = 0; i < l->n; i++) {
                ServiceRow *r = l->v + i;

                if (!is_instance_of(r->name, set->name))
                        continue;
                r->is_instance = true;
                set->n_running += str_equal(r->active, "active") || str_equal(r->active, "reloading");
                set->restarts += r->restarts;
                set->cpu_nsec = add(set->cpu_nsec, r->cpu_nsec);
                set->memory = add(set->memory, r->memory);
                set->tasks = add(set->tasks, r->tasks);
        }
}

/* Of a set its instances are wanted, too. */
static int make_patterns(char *const *names, char ***ret) {
        int r = 0;

        STRV_FOREACH (n, names) {
                char *name = NULL, *instances = NULL;

                r = strpbrk(*n, "*?[") ? (name = strdup(*n)) ? 0 : -ENOMEM
                                       : name_mangle(*n, UNIT_SERVICE, &name);
                if (r == -EINVAL)
                        ctl_print_error("'%s' is not a unit name", *n);
                if (r >= 0 && str_ends_with(name, ".service") && !strchr(name, '@'))
                        r = str_printf(&instances, "%.*s@*.service", (int)(strlen(name) - strlen(".service")),
                                       name);
                if (r >= 0 && instances)
                        r = strv_push(ret, instances);
                if (r >= 0)
                        r = strv_push(ret, name);
                if (r < 0)
                        return r;
        }
        return r;
}

static int ask(Ctl *c, char **patterns, bool all, sd_bus_message **ret) {
        sd_bus_message *m __attribute__((cleanup(sd_bus_message_unrefp))) = NULL;
        sd_bus_error error __attribute__((cleanup(sd_bus_error_free))) = SD_BUS_ERROR_NULL;
        int r = sd_bus_message_new_method_call(c->bus, &m, SD1, SD1_PATH, OWN_MANAGER, "Services");

        if (r >= 0)
                r = sd_bus_message_append_strv(m, patterns);
        if (r >= 0)
                r = sd_bus_message_append(m, "b", all);
        if (r >= 0)
                r = sd_bus_call(c->bus, m, 0, &error, ret);
        if (r >= 0)
                return CTL_OK;
        ctl_print_error("the services cannot be listed: %s", error.message ?: strerror(-r));
        return ctl_error_exit(&error, r);
}

int services_read(Ctl *c, char *const *names, bool all, ServiceLook *ret) {
        sd_bus_message *reply __attribute__((cleanup(sd_bus_message_unrefp))) = NULL;
        char **patterns auto_strv = NULL;
        int r = make_patterns(names, &patterns), code;

        if (r < 0)
                return r == -EINVAL ? CTL_USAGE : CTL_FAILED;
        code = ask(c, patterns, all, &reply);
        if (code != CTL_OK)
                return code;
        r = sd_bus_message_read(reply, "t", &ret->time);
        if (r >= 0)
                r = sd_bus_message_enter_container(reply, 'a', "(" ROW ")");
        while (r >= 0 && (r = read_row(reply, ret)) > 0)
                ;
        for (size_t i = 0; i < ret->n; i++)
                if (ret->v[i].n_instances > 0)
                        sum_set(ret, ret->v + i);
        return r < 0 ? ctl_print_error("%s", strerror(-r)) : CTL_OK;
}

/* Both are in the order of svinit's list, which changes rarely. */
void services_rates(ServiceLook *now, const ServiceLook *before) {
        usec_t span = usec_sub(now->time, before->time);
        size_t at = 0;

        for (size_t i = 0; i < now->n && span > 0; i++) {
                ServiceRow *r = now->v + i;

                for (size_t k = 0; k < before->n; k++, at++) {
                        const ServiceRow *old = before->v + at % before->n;

                        if (!str_equal(old->name, r->name))
                                continue;
                        if (old->cpu_nsec != UINT64_MAX && r->cpu_nsec != UINT64_MAX &&
                            r->cpu_nsec >= old->cpu_nsec)
                                r->cpu = (double)(r->cpu_nsec - old->cpu_nsec) / 10.0 / (double)span;
                        break;
                }
        }
}

static int compare_numbers(double a, double b) {
        return a > b ? -1 : a < b;
}

static double known(uint64_t n) {
        return n == UINT64_MAX ? -1 : (double)n;
}

typedef struct Order {
        ServiceSort sort;
        bool reverse;
} Order;

static int compare(const void *a, const void *b, void *userdata) {
        const ServiceRow *x = a, *y = b;
        const Order *o = userdata;
        int order = 0;

        if (o->sort == SERVICES_BY_CPU)
                order = compare_numbers(x->cpu >= 0 ? x->cpu : known(x->cpu_nsec) / 1e18,
                                        y->cpu >= 0 ? y->cpu : known(y->cpu_nsec) / 1e18);
        else if (o->sort == SERVICES_BY_MEMORY)
                order = compare_numbers(known(x->memory), known(y->memory));
        else if (o->sort == SERVICES_BY_RESTARTS)
                order = compare_numbers(x->restarts, y->restarts);
        if (order == 0) {
                size_t n = strcspn(x->name, "@."), m = strcspn(y->name, "@.");

                order = strncmp(x->name, y->name, MIN(n, m)) ?: (int)n - (int)m;
                if (order == 0) /* the set before its instances, and 10 behind 9 */
                        order = (x->name[n] == '@') - (y->name[m] == '@') ?: strverscmp(x->name, y->name);
        }
        return o->reverse ? -order : order;
}

void services_sort(ServiceLook *l, ServiceSort sort, bool reverse) {
        Order o = { sort, reverse };

        if (l->n > 0)
                qsort_r(l->v, l->n, sizeof(*l->v), compare, &o);
}

const char *service_state(const ServiceRow *r, char text[64]) {
        if (r->n_instances > 0)
                (void)snprintf(text, 64, "%u of %u running", r->n_running, r->n_instances);
        else if (str_equal(r->active, "failed"))
                (void)snprintf(text, 64, "failed (%s)", r->result);
        else
                (void)snprintf(text, 64, "%s", r->sub);
        return text;
}

void service_age(const ServiceRow *r, usec_t now, char text[32]) {
        uint64_t s = usec_sub(now, r->since) / USEC_PER_SEC;

        text[0] = 0;
        if (r->since == 0 || (!str_equal(r->active, "active") && !str_equal(r->active, "reloading")))
                return;
        if (s < 120)
                (void)snprintf(text, 32, "%" PRIu64 "s", s);
        else if (s < UINT64_C(120) * 60)
                (void)snprintf(text, 32, "%" PRIu64 "min", s / 60);
        else if (s < UINT64_C(48) * 3600)
                (void)snprintf(text, 32, "%" PRIu64 "h", s / 3600);
        else
                (void)snprintf(text, 32, "%" PRIu64 "d", s / 86400);
}
