#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# svinit -- CMD, as one knows it from tini and dumb-init.

load helper

# A program that says which signals it gets, with a child that does the same.
family='say() { echo "$1 $2"; }
trap "say parent TERM; exit 3" TERM; trap "say parent QUIT; exit 4" QUIT; trap "say parent USR1" USR1
sh -c "trap \"echo child TERM; exit\" TERM; trap \"echo child USR1\" USR1; echo child up; while :; do sleep 0.02; done" &
echo up; while :; do sleep 0.02; done'

patient=${family/exit 3/wait; exit 3} # the parent ends after its child

family_up() {
        grep -qx up "$T/console" && grep -qx "child up" "$T/console"
}

@test "the command alone is asked to stop, what it leaves is killed" {
        svinit_args=(-- sh -c "$family")
        launch
        wait_host family_up
        stop
        [ "$exit_code" = 3 ]
        grep -qx "parent TERM" "$T/console"
        ! grep -q "child [TU]" "$T/console"
}

@test "-g: signals reach the whole process group" {
        svinit_args=(-g -- sh -c "$patient")
        launch
        wait_host family_up
        kill -USR1 "$init_pid"
        wait_host grep -qx "child USR1" "$T/console"
        wait_host grep -qx "parent USR1" "$T/console"
        stop
        [ "$exit_code" = 3 ]
        grep -qx "child TERM" "$T/console"
}

@test "called dumb-init: the whole group; with -c the command alone" {
        svinit_name=dumb-init
        svinit_args=(sh -c "$patient")
        launch
        wait_host family_up
        kill -USR1 "$init_pid"
        wait_host grep -qx "child USR1" "$T/console"
        stop
        [ "$exit_code" = 3 ]
        rm "$T/pid"
        svinit_args=(-c sh -c "$family")
        launch
        wait_host family_up
        kill -USR1 "$init_pid"
        wait_host grep -qx "parent USR1" "$T/console"
        run -1 grep -qx "child USR1" "$T/console"
        stop
}

@test "--rewrite: another signal, or none" {
        svinit_args=(-r TERM:QUIT --rewrite 12:10 --rewrite HUP:0 -- sh -c "$family")
        launch
        wait_host family_up
        kill -HUP "$init_pid"
        kill -USR2 "$init_pid"
        wait_host grep -qx "parent USR1" "$T/console"
        stop
        [ "$exit_code" = 4 ]
        grep -qx "parent QUIT" "$T/console"
}

@test "-e: an exit code that counts as success" {
        run_to_end -e 143 -e 7 -- sh -c 'exit 7'
        [ "$exit_code" = 0 ]
        run_to_end -e 143 -- sh -c 'exit 7'
        [ "$exit_code" = 7 ]
        rm "$T/pid"
        svinit_args=(-e 143 -- sleep infinity)
        launch
        wait_for pgrep -x sleep
        stop
        [ "$exit_code" = 0 ]
}

@test "-w: orphans are named when they are reaped" {
        # It can be sent signals until it has been reaped.
        svinit_args=(-w -- sh -c '(sh -c "echo \$\$ >/out/orphan; exit 0" &); until [ -s /out/orphan ]; do sleep 0.02; done; while kill -0 "$(cat /out/orphan)"; do sleep 0.02; done')
        launch --cgroup hybrid
        wait_gone
        [ "$exit_code" = 0 ]
        grep -q "Reaped the orphan [0-9]*: exited, 0" "$T/console"
}

@test "TINI_ and DUMB_INIT_ variables" {
        svinit_args=(-- sh -c "$family")
        launch --env TINI_KILL_PROCESS_GROUP=1
        wait_host family_up
        kill -USR1 "$init_pid"
        wait_host grep -qx "child USR1" "$T/console"
        stop
        rm "$T/pid"
        launch --env DUMB_INIT_DEBUG=1 --env TINI_VERBOSITY=3
        wait_host family_up
        stop
        grep -q "^svinit: " "$T/console"
}

@test "a mistake on the command line is one line, and 125" {
        local bad
        for bad in '-r TERM' '-r FOO:1' '-r 1:FOO' '-e 256' '-e x' '-p SIGFOO'; do
                run_to_end $bad -- true
                [ "$exit_code" = 125 ]
                grep -q "svinit: .* is not valid: expected" "$T/console"
        done
        run_to_end --no-such-option -- true
        [ "$exit_code" = 125 ]
}

@test "directory, umask and environment are what svinit was given" {
        svinit_args=(-- sh -c 'cd /var; umask 027; exec svinit -- sh -c "pwd; umask; echo OWN=\$OWN"')
        launch --env OWN=mine
        wait_gone
        [ "$exit_code" = 0 ]
        printf '%s\n' /var 0027 OWN=mine | diff - "$T/console"
}

# Some processors have no jumps for it (src/init/libsystemd.h), some builds no --as-needed.
opened_when_needed() {
        ! ldd "$STAGE/usr/sbin/svinit" | grep -q libsystemd || skip "svinit is linked with libsystemd here"
}

manager_is_there() {
        grep -q libsystemd "/proc/$init_pid/maps"
}

# The command is the only child, dead ones included.
orphans_are_gone() {
        [[ $(wc -w <"/proc/$init_pid/task/$init_pid/children") == 1 ]]
}

# Leaves an orphan, says which signals it gets.
lonely='trap "echo got USR1" USR1; trap "echo got TERM; exit 6" TERM
sh -c "sleep 0.1 & echo left"; echo up; while :; do sleep 0.02; done'

lonely_up() {
        grep -qx up "$T/console"
}

@test "what a command alone needs is done without a manager, which comes when it is asked for" {
        opened_when_needed
        svinit_args=(-- sh -c "$lonely")
        launch
        wait_host lonely_up
        wait_host orphans_are_gone
        kill -USR1 "$init_pid"
        wait_host grep -qx "got USR1" "$T/console"
        run ! manager_is_there
        [ "$(inside svctl is-active main.service)" = active ]
        manager_is_there
        pid=$(inside svctl show --value -p MainPID main.service)
        [ "$(inside cat "/proc/$pid/comm")" = sh ]
        inside grep -qz "INVOCATION_ID=$(inside svctl show --value -p InvocationID main.service)" "/proc/$pid/environ"
        inside svctl list-units --all | grep -q '^ *-.slice'
        inside svctl start basic.target
        [ "$(inside svctl is-active basic.target)" = active ]
        kill -USR1 "$init_pid"
        stop
        [ "$exit_code" = 6 ]
        grep -qx "got TERM" "$T/console"
}

@test "without libsystemd: a command is still looked after, units are not" {
        opened_when_needed
        local lib
        lib=$(ldd "$STAGE/usr/bin/svctl" | sed -n 's/.*libsystemd.so.0 => \([^ ]*\) .*/\1/p')
        svinit_args=(-- sh -c "$lonely")
        launch --bind "/dev/null:$(readlink -f "$lib")"
        wait_host lonely_up
        stop
        [ "$exit_code" = 6 ]
        grep -q "^svinit: cannot start: .*libsystemd" "$T/console"
        grep -qx "got TERM" "$T/console"
        rm "$T/pid"
        svinit_args=()
        launch --bind "/dev/null:$(readlink -f "$lib")"
        wait_gone
        [ "$exit_code" = 125 ]
        grep -q "^svinit: cannot start: .*libsystemd" "$T/console"
}

# A program on a terminal of its own: at_terminal PROGRAM... with keys() typing; what is seen is in $T/tty.
at_terminal() {
        local b
        mapfile -t b < <(binds)
        : >"$T/tty"
        cat >"$T/run" <<E
stty rows 33 cols 77
exec "$RIG" boot --timeout 600 --pidfile "$T/pid" ${b[*]@Q} --env PS1=ready: --env TERM=dumb -- ${*@Q}
E
        (wait_host init_pid_of_file; keys) | SHELL=/bin/bash timeout 600 script -qefc "bash '$T/run'" "$T/tty" >/dev/null 2>&1 3>&- || exit_code=$?
        tr -d '\r' <"$T/tty" >"$T/console"
}

init_pid_of_file() {
        [[ -s $T/pid ]] && init_pid=$(<"$T/pid")
}

# Each key is sent when what it answers has been seen.
expect_line() {
        wait_host grep -aqE "$1" "$T/tty"
}

state_of() { # NAME: of the one process that is called so
        inside ps -o stat= -C "$1"
}

is_stopped() {
        [[ $(state_of "$1") == T* ]]
}

@test "a terminal: job control, ^C, the size; the exit code of the shell" {
        keys() {
                expect_line 'ready'; printf 'sleep 300\n'
                wait_for pgrep -x sleep >/dev/null; printf '\032'
                expect_line 'Stopped'; printf 'stty size; fg\n'
                expect_line '^33 77'; printf '\003'
                printf 'echo st-$?\n'; expect_line '^st-130'; printf 'exit 5\n'
        }
        at_terminal /usr/sbin/svinit -- bash --norc -i
        [ "$exit_code" = 5 ]
        grep -qE '^33 77' "$T/console"
}

# A job of a shell: it stops with its command, comes to the foreground with it, and gives the terminal back.
job_keys() {
        expect_line 'ready'; printf 'svinit -- cat\n'
        wait_host is_in_foreground; printf 'one\n'; wait_host said_twice one
        [[ -z $1 ]] || wait_for $1
        printf '\032'
        wait_host is_stopped cat; wait_host is_stopped svinit
        expect_line 'Stopped.*svinit -- cat'; printf 'echo here-$((1+1)); fg\n'
        expect_line '^here-2'; wait_host is_in_foreground; printf 'two\n'
        wait_host said_twice two; printf '\004'
        printf 'echo st-$?\n'; expect_line '^st-0'
        printf 'svinit -- cat &\n'; wait_host is_stopped svinit
        printf 'echo mine-$((2+2)); fg\n'; expect_line '^mine-4'
        wait_host is_in_foreground; printf '\003'
        wait_host has_gone cat # else it takes the next line along
        printf 'echo st-$?\n'; expect_line '^st-130'; printf 'exit 5\n'
}

has_gone() {
        [[ -z $(state_of "$1") ]]
}

is_in_foreground() {
        [[ $(state_of cat) == S*+ ]]
}

# As it was typed, and by cat.
said_twice() {
        [ "$(grep -ac "^$1" "$T/tty")" -ge 2 ]
}

@test "as a job of a shell it stops with the command and is continued with it" {
        keys() { job_keys; }
        at_terminal /bin/bash --norc -i
        [ "$exit_code" = 5 ]
}

@test "as a job of a shell, and with a manager" {
        keys() { job_keys "svctl is-active main.service"; }
        at_terminal /bin/bash --norc -i
        [ "$exit_code" = 5 ]
}
