/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "life/machine.h"

/*
 * One row for each kind of machine. The functions of the kinds differ in the
 * type of their first argument only, which is where the union lies.
 */
#define KIND(member)                                                                                         \
        static void member##_kind_set_spec(Machine *m, const UnitSpec *spec) {                               \
                m->member.spec = spec;                                                                       \
        }                                                                                                    \
        static void member##_kind_step(Machine *m, const Event *ev, EffectList *fx) {                        \
                member##_step(&m->member, ev, fx);                                                           \
        }                                                                                                    \
        static int member##_kind_active_state(const Machine *m) {                                            \
                return member##_active_state(&m->member);                                                    \
        }                                                                                                    \
        static const char *member##_kind_sub_state(const Machine *m) {                                       \
                return member##_sub_state(&m->member);                                                       \
        }
KIND(service)
KIND(socket)
KIND(timer)
KIND(path)
KIND(scope)
KIND(simple)

typedef struct MachineKind {
        void (*set_spec)(Machine *m, const UnitSpec *spec);
        void (*step)(Machine *m, const Event *ev, EffectList *fx);
        int (*active_state)(const Machine *m);
        const char *(*sub_state)(const Machine *m);
} MachineKind;

#define ROW(member)                                                                                          \
        { member##_kind_set_spec, member##_kind_step, member##_kind_active_state, member##_kind_sub_state }

static const MachineKind kinds[UNIT_TYPE_MAX] = {
        [UNIT_SERVICE] = ROW(service), [UNIT_SOCKET] = ROW(socket), [UNIT_TIMER] = ROW(timer),
        [UNIT_PATH] = ROW(path),       [UNIT_TARGET] = ROW(simple), [UNIT_SLICE] = ROW(simple),
        [UNIT_SCOPE] = ROW(scope),     [UNIT_MOUNT] = ROW(simple),  [UNIT_AUTOMOUNT] = ROW(simple),
        [UNIT_SWAP] = ROW(simple),     [UNIT_DEVICE] = ROW(simple),
};

void machine_init(Machine *m, UnitType type, const UnitSpec *spec) {
        *m = (Machine){ .type = type, .stop_by = USEC_INFINITY };
        switch (type) {
        case UNIT_SERVICE:
                service_init(&m->service, spec);
                break;
        case UNIT_SOCKET:
                socket_init(&m->socket, spec);
                break;
        case UNIT_TIMER:
                timer_init(&m->timer, spec);
                break;
        case UNIT_PATH:
                path_init(&m->path, spec);
                break;
        case UNIT_SCOPE:
                scope_init(&m->scope, spec);
                break;
        default:
                simple_init(&m->simple, type, spec);
        }
}

void machine_set_spec(Machine *m, const UnitSpec *spec) {
        kinds[m->type].set_spec(m, spec);
}

void machine_step(Machine *m, const Event *ev, EffectList *fx) {
        const char *before = machine_sub_state(m);

        kinds[m->type].step(m, ev, fx);
        machine_keep_stop_by(m, ev, machine_sub_state(m) != before);
}

int machine_active_state(const Machine *m) {
        return kinds[m->type].active_state(m);
}

const char *machine_sub_state(const Machine *m) {
        return kinds[m->type].sub_state(m);
}

bool machine_hit_start_limit(const Machine *m) {
        return m->type == UNIT_SERVICE ? m->service.limit_hit
                                       : str_equal(machine_result(m), "start-limit-hit");
}

const char *machine_timed_out(const Machine *m, const Event *ev, usec_t *ret_limit) {
        if (m->type != UNIT_SERVICE || ev->type != EVENT_DEADLINE || m->stop_by != USEC_INFINITY)
                return NULL;
        return service_timed_out(&m->service, ev, ret_limit);
}

const char *machine_result(const Machine *m) {
        switch (m->type) {
        case UNIT_SERVICE:
                return service_result_to_string(m->service.result);
        case UNIT_SOCKET:
                return socket_result_to_string(m->socket.result);
        case UNIT_TIMER:
                return m->timer.failed_start_limit ? "start-limit-hit" : "success";
        case UNIT_PATH:
                return path_result_to_string(m->path.result);
        case UNIT_SCOPE:
                return scope_result_to_string(m->scope.result);
        case UNIT_MOUNT:
        case UNIT_AUTOMOUNT:
        case UNIT_SWAP:
                return m->simple.failed ? "resources" : "success";
        default:
                return NULL;
        }
}

usec_t machine_deadline(const Machine *m) {
        switch (m->type) {
        case UNIT_SERVICE:
                return m->service.deadline;
        case UNIT_SOCKET:
                return m->socket.deadline;
        case UNIT_TIMER:
                return m->timer.wake_monotonic;
        case UNIT_PATH:
                return USEC_INFINITY;
        case UNIT_SCOPE:
                return m->scope.deadline;
        default:
                return USEC_INFINITY;
        }
}

usec_t machine_deadline_realtime(const Machine *m) {
        return m->type == UNIT_TIMER ? m->timer.wake_realtime : USEC_INFINITY;
}

bool machine_will_restart(const Machine *m) {
        return m->type == UNIT_SERVICE && service_will_restart(&m->service);
}

int machine_passed_state(const Machine *m) {
        return m->type == UNIT_SERVICE ? m->service.passed : -1;
}

bool machine_can_reload(const Machine *m) {
        return m->type == UNIT_SERVICE && service_can_reload(&m->service);
}

pid_t machine_main_pid(const Machine *m) {
        return m->type == UNIT_SERVICE ? m->service.main_pid : 0;
}

pid_t machine_control_pid(const Machine *m) {
        if (m->type == UNIT_SERVICE)
                return m->service.control_pid;
        return m->type == UNIT_SOCKET ? m->socket.control_pid : 0;
}
