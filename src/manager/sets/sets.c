/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Sets (X-Instances=): "web.service" stands for web@0.service to web@N-1.service.
 *
 * The set wants its instances, consists of them and passes reloads on: so start, stop, restart and reload of the set
 * are those of all. The other way round, a change of an instance, or of its jobs, puts the set into a list; when the
 * queue of events is empty, each set in it hears once how many of its instances are where.
 */

#include "manager/manager-internal.h"
#include "manager/roll.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

Unit *unit_set(const Unit *u) {
        if (u->type != UNIT_SERVICE)
                return NULL;
        for (const Edge *e = NULL; (e = unit_next_edge(u, DEP_PART_OF, e));)
                if (e->other->type == UNIT_SERVICE && e->other->spec->service->n_instances > 0)
                        return e->other;
        return NULL;
}

unsigned unit_set_index(const Unit *member) {
        char *instance auto_free = NULL;
        unsigned i;

        if (!member->spec->service->is_member)
                return 0;
        return name_instance(member->id, &instance) >= 0 && instance && parse_unsigned(instance, &i) >= 0 ? i
                                                                                                          : 0;
}

bool unit_is_surplus(const Unit *u) {
        const Unit *set = unit_set(u);

        return set && unit_set_index(u) >= set->spec->service->n_instances;
}

static bool is_in_set(const Unit *u) {
        return service_is_set(&unit_runtime(u)->machine.service);
}

void unit_note_for_set(Manager *m, Unit *u) {
        Unit *set = u->type != UNIT_SERVICE ? NULL : is_in_set(u) ? u : unit_set(u);
        UnitRuntime *rt;

        if (!set)
                return;
        if (set != u)
                unit_follow_shares(set, u);
        rt = unit_runtime(set);
        if (rt->in_set_list)
                return;
        rt->in_set_list = true;
        rt->set_next = m->internal->changed_sets;
        m->internal->changed_sets = rt;
        manager_kick(m);
}

static bool is_busy(const Unit *u, ActiveState state) {
        return u->job || state == DEACTIVATING ||
               (state == ACTIVATING && !machine_will_restart(&unit_runtime(u)->machine));
}

static MemberCount count_members(const Unit *set) {
        MemberCount n = { 0 };

        for (const Edge *e = NULL; (e = unit_next_edge(set, DEP_CONSISTS_OF, e));) {
                ActiveState state = machine_active_state(&unit_runtime(e->other)->machine);

                n.up += active_state_is_up(state);
                n.alive += state != INACTIVE && state != FAILED;
                n.busy += is_busy(e->other, state);
                n.failed += state == FAILED;
        }
        return n;
}

void manager_tell_sets(Manager *m) {
        UnitRuntime *rt;

        while ((rt = m->internal->changed_sets)) {
                m->internal->changed_sets = TAKE(rt->set_next);
                rt->in_set_list = false;
                (void)manager_push(m, rt->unit,
                                   &(Event){ .type = EVENT_MEMBERS,
                                             .now = dual_now(),
                                             .members = count_members(rt->unit),
                                             .value = rt->unit->job != NULL });
        }
}

void manager_count_cpus(Manager *m) {
        GroupsFacts facts;
        cpu_set_t set;
        unsigned n = sched_getaffinity(0, sizeof(set), &set) < 0 ? 1 : (unsigned)CPU_COUNT(&set);

        groups_facts(m->groups, &facts);
        if (facts.cpu_quota / 1000 < n)
                n = (unsigned)((facts.cpu_quota + 999) / 1000);
        m->usable_cpus = MAX(n, 1U);
}

/* "0-3 6": the others are not in the set any more; a list of which it has none changes nothing. */
static void keep_cpus(cpu_set_t *set, const char *list) {
        cpu_set_t kept;

        CPU_ZERO(&kept);
        for (const char *p = list ?: ""; *p; p += strspn(p, " ")) {
                unsigned long from, to;
                char *end;

                from = to = strtoul(p, &end, 10);
                if (*end == '-')
                        to = strtoul(end + 1, &end, 10);
                if (end == p)
                        break;
                for (unsigned long i = from; i <= to && i < CPU_SETSIZE; i++)
                        if (CPU_ISSET(i, set))
                                CPU_SET(i, &kept);
                p = end;
        }
        if (CPU_COUNT(&kept) > 0)
                *set = kept;
}

static void keep_group(const CgroupSpec *c, cpu_set_t *set, uint64_t *quota) {
        keep_cpus(set, c->allowed_cpus);
        if (c->cpu_quota_per_sec != USEC_INFINITY)
                *quota = MIN(*quota, c->cpu_quota_per_sec);
}

/* As many as the unit can keep busy: of those of the container, by its own limits and those of its slices. */
static unsigned unit_usable_cpus(const Manager *m, const Unit *u) {
        char *slice auto_free = strdup(u->spec->cgroup->slice ?: "system.slice");
        uint64_t quota = (uint64_t)m->usable_cpus * USEC_PER_SEC;
        cpu_set_t set;
        unsigned n;

        if (sched_getaffinity(0, sizeof(set), &set) < 0)
                CPU_ZERO(&set);
        keep_cpus(&set, u->spec->exec->cpu_affinity);
        keep_group(u->spec->cgroup, &set, &quota);
        while (slice) {
                const Unit *s = graph_find(u->graph, slice);
                char *above = NULL;

                if (s && s->spec && s->spec->cgroup)
                        keep_group(s->spec->cgroup, &set, &quota);
                (void)name_slice_parent(slice, &above);
                free(slice);
                slice = above;
        }
        n = (unsigned)((quota + USEC_PER_SEC - 1) / USEC_PER_SEC);
        return MAX(CPU_COUNT(&set) > 0 ? MIN(n, (unsigned)CPU_COUNT(&set)) : n, 1U);
}

/* For who is of this kind, or asks: PassEnvironment=SVINIT_CPUS. */
int unit_add_set_environment(Manager *m, const Unit *u, char ***env) {
        char number[32];

        if (!u->spec->service->is_member && u->spec->service->ipc.kind == IPC_NONE &&
            !strv_contains(u->spec->exec->pass_environment, "SVINIT_CPUS"))
                return 0;
        (void)snprintf(number, sizeof(number), "%u", unit_usable_cpus(m, u));
        return manager_add_env(env, "SVINIT_CPUS", number);
}

void unit_plan_increment(const Unit *u, ExecPlan *p) {
        if (!u->spec->service->increment_environment)
                return;
        p->increment_environment = u->spec->service->increment_environment;
        p->increment = unit_set_index(u);
}

void manager_ask(Manager *m, Unit *u, JobType type, JobMode mode, const char *reason) {
        Report why = { 0 };
        int r = manager_enqueue(m, type, u, mode, &why, NULL);

        if (r != 0)
                LOG_UNIT(u->id, REQUEST_REFUSED, FIELD_S("JOB_TYPE", job_type_to_string(type)),
                         FIELD_S("REASON", reason),
                         FIELD_S("TEXT", why.n_findings > 0 ? why.findings[0].text : ""));
        if (r == -ENOMEM)
                manager_try_again(m);
        report_release(&why);
}

bool unit_is_degraded(const Unit *u) {
        const ServiceSpec *s = u->spec->service;

        return u->type == UNIT_SERVICE && s->n_instances > 0 && is_in_set(u) &&
               active_state_is_up(u->active) &&
               unit_runtime(u)->machine.service.members.up <
                       instances_share(s->instances_min, s->n_instances);
}

void unit_follow_set(Manager *m, Unit *u) {
        if (u->type != UNIT_SERVICE || m->stopping)
                return;
        if (is_in_set(u)) {
                if (active_state_is_up(machine_active_state(&unit_runtime(u)->machine)) &&
                    !unit_grows_later(u))
                        manager_ask(m, u, JOB_START, JOB_REPLACE,
                                    "X-Instances="); /* brings those that are missing */
        } else if (!unit_is_down(u) && unit_is_surplus(u) && !unit_runtime(u)->seat) {
                unit_leave(m, u); /* the set has become smaller */
        }
        unit_note_for_set(m, u);
}
