/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The state machine of a unit of any type, as one value. The type decides
 * which member of the union counts; machine_*() dispatch through one table.
 */

#include "life/path.h"
#include "life/scope.h"
#include "life/service.h"
#include "life/simple.h"
#include "life/socket.h"
#include "life/timer.h"

typedef struct Machine {
        UnitType type;
        usec_t stop_by;  /* machine_stop_by(); USEC_INFINITY: its own time-outs are all that counts */
        usec_t stop_cut; /* what that means for the present state */
        union {
                Service service;
                Socket socket;
                Timer timer;
                Path path;
                Scope scope;
                Simple simple; /* target, slice, mount, automount, swap, device */
        };
} Machine;

void machine_init(Machine *m, UnitType type, const UnitSpec *spec);
void machine_set_spec(Machine *m, const UnitSpec *spec);
void machine_step(Machine *m, const Event *ev, EffectList *fx);
/*
 * The way down, of which a part may lie behind it already, has time until
 * then, whatever more its time-outs would allow: commands three quarters of
 * it, so that a signal comes before SIGKILL, and no state less than half a
 * second. Holds until the next start.
 */
void machine_stop_by(Machine *m, usec_t now, usec_t by);
void machine_keep_stop_by(Machine *m, const Event *ev,
                          bool entered);                 /* for machine_step(), after each step */
bool machine_stop_is_late(const Machine *m, usec_t now); /* what is left is killed now, for that reason */
int machine_active_state(const Machine *m);              /* ActiveState */
const char *machine_sub_state(const Machine *m);
/* The setting whose time has run out when EVENT_DEADLINE comes; NULL: none, or it is machine_stop_by()'s. */
const char *machine_timed_out(const Machine *m, const Event *ev, usec_t *ret_limit);
bool machine_hit_start_limit(const Machine *m);     /* the last start was refused by its start limit */
const char *machine_result(const Machine *m);       /* "success", ... ; NULL for types without a result */
usec_t machine_deadline(const Machine *m);          /* monotonic; USEC_INFINITY */
usec_t machine_deadline_realtime(const Machine *m); /* calendar timers; USEC_INFINITY */
bool machine_will_restart(const Machine *m);
int machine_passed_state(
        const Machine *m); /* ActiveState passed through in the last step (dead before auto-restart); -1 */
bool machine_can_reload(const Machine *m);
pid_t machine_main_pid(const Machine *m);    /* 0: none */
pid_t machine_control_pid(const Machine *m); /* 0: none */
