#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# Why the container ends: one line on the console and in Kubernetes' termination log; X-HoldOnFailure=.

load helper

# A kubelet mounts the file before the start; here the first unit makes it, since the rig's /dev is new for each boot.
log_unit() {
        unit log.service <<E
[Unit]
DefaultDependencies=no
Before=sysinit.target
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh -c '${1:-: >/dev/termination-log}'
E
        enabled log.service
}

# Kept open from outside, to be read when svinit and its /dev are gone.
keep_log() {
        wait_host test -e "/proc/$init_pid/root/dev/termination-log"
        exec 5<"/proc/$init_pid/root/dev/termination-log"
}

relaunch() {
        rm -f "$T/pid"
        launch "$@"
}

cause() { # CODE
        grep -oE "Exit code $1: .*" "$T/console" | tail -1
}

ends_on_go() { # how
        unit m.service <<E
[Service]
X-Essential=yes
ExecStart=/bin/sh -c 'while ! test -e /out/go; do sleep 0.02; done; $1'
E
        enabled m.service
}

@test "an essential unit's failure is one line, with the unit, the reason and the exit code" {
        log_unit
        ends_on_go 'exit 3'
        launch
        keep_log
        touch "$T/out/go"
        wait_gone
        [ "$exit_code" = 3 ]
        [ "$(cause 3)" = "Exit code 3: m.service: the main process exited with code 3" ]
        [ "$(cat <&5)" = "Exit code 3: m.service: the main process exited with code 3" ]
}

@test "what the service has written to the termination log stays in front" {
        log_unit 'printf "out of cheese" >/dev/termination-log'
        ends_on_go 'kill -SEGV $$$$'
        launch
        keep_log
        touch "$T/out/go"
        wait_gone
        [ "$exit_code" = 139 ]
        [ "$(cat <&5)" = $'out of cheese\nExit code 139: m.service: the main process was killed by SIGSEGV' ]
}

@test "a termination log that is no regular file is left alone, and keeps nobody waiting" {
        log_unit 'mkfifo /dev/termination-log'
        ends_on_go 'exit 4'
        launch
        wait_host test -p "/proc/$init_pid/root/dev/termination-log"
        touch "$T/out/go"
        wait_gone
        [ "$exit_code" = 4 ]
        [ -n "$(cause 4)" ]
}

@test "the cause is on the console even where no log is" {
        unit m.service <<<$'[Service]\nX-Essential=yes\nExecStart=/bin/sh -c "echo unseen; exit 9"'
        enabled m.service
        launch --env SVINIT_LOG_FORMAT=none
        wait_gone
        [ "$exit_code" = 9 ]
        [ "$(grep -v '^rig:' "$T/console")" = "svinit: Exit code 9: m.service: the main process exited with code 9" ]
}

@test "an ordered stop has no cause" {
        log_unit
        boot
        keep_log
        stop
        [ "$exit_code" = 0 ]
        [ -z "$(cat <&5)" ]
        run -1 grep -q 'Exit code' "$T/console"
}

@test "causes: no executable, a timeout, the start limit, a dependency, the stop budget" {
        unit m.service <<<$'[Service]\nExecStart=/no/such/program'
        svinit_args=(--main=m.service)
        enabled m.service
        launch
        wait_gone
        [ "$(cause 203)" = "Exit code 203: m.service: it could not be executed (203/EXEC): No such file or directory" ]
        unit m.service <<<$'[Service]\nType=notify\nTimeoutStartSec=200ms\nExecStart=/bin/sleep infinity'
        relaunch
        wait_gone
        [[ $(cause "$exit_code") == *"m.service: it ran into a timeout" ]]
        unit m.service <<<$'[Unit]\nStartLimitBurst=2\n[Service]\nRestart=always\nRestartSec=1ms\nExecStart=/bin/true'
        relaunch
        wait_gone
        [[ $(cause 124) == *"m.service: it was started too often (StartLimitBurst=)" ]]
        unit m.service <<<$'[Unit]\nRequires=broken.service\nAfter=broken.service\n[Service]\nExecStart=/bin/sleep infinity'
        unit broken.service <<<$'[Service]\nType=oneshot\nExecStart=/bin/false'
        relaunch
        wait_gone
        [[ $(cause "$exit_code") == *"m.service: it could not be started" ]]
        unit m.service <<<$'[Service]\nExecStart=/bin/sh -c "trap : TERM; touch /out/up; while :; do sleep 0.02; done"'
        relaunch --env SVINIT_STOP_BUDGET=2s
        wait_host test -e "$T/out/up"
        stop
        [ "$exit_code" = 137 ]
        [[ $(cause 137) == *"m.service: it was killed: the stop budget was used up" ]]
}

@test "a command's own answer is not commented, but with -v; what keeps it from running is" {
        svinit_args=(-- sh -c 'exit 7')
        launch
        wait_gone
        [ "$exit_code" = 7 ]
        [ -z "$(cause 7)" ]
        svinit_args=(-v -- sh -c 'exit 7')
        relaunch
        wait_gone
        [ "$(cause 7)" = "Exit code 7: main.service: the main process exited with code 7" ]
        svinit_args=(-- /no/such/program)
        relaunch
        wait_gone
        [[ $(cause 127) == *"could not be executed (203/EXEC): No such file or directory" ]]
}

@test "X-HoldOnFailure=: the container stays until svctl exit, and ends with the unit's code" {
        unit m.service <<<$'[Service]\nX-Essential=yes\nX-HoldOnFailure=yes\nExecStart=/bin/sh -c "exit 5"'
        unit other.service <<<$'[Service]\nExecStart=/bin/sleep infinity'
        enabled m.service other.service
        boot
        wait_state m.service failed
        wait_host grep -q 'm.service has failed: the container is kept until somebody ends it' "$T/console"
        [ "$(show other.service ActiveState)" = active ]
        inside svctl exit || true
        wait_gone
        [ "$exit_code" = 5 ]
        [ "$(cause 5)" = "Exit code 5: m.service: the main process exited with code 5" ]
}

@test "X-HoldOnFailure=: a time limit, a signal, another code" {
        unit m.service <<<$'[Service]\nX-Essential=yes\nX-HoldOnFailure=300ms\nExecStart=/bin/sh -c "exit 6"'
        enabled m.service
        launch
        wait_gone
        [ "$exit_code" = 6 ]
        grep -q 'is kept for 300ms' "$T/console"
        unit m.service <<<$'[Unit]\nFailureAction=exit\n[Service]\nX-HoldOnFailure=1h\nExecStart=/bin/sh -c "exit 7"'
        rm "$T/pid"
        boot
        wait_host grep -q 'is kept for 1h' "$T/console"
        stop
        [ "$exit_code" = 7 ]
        rm "$T/pid"
        boot
        wait_host grep -q 'is kept for 1h' "$T/console"
        inside svctl exit 44 || true
        wait_gone
        [ "$exit_code" = 44 ]
}

@test "X-HoldOnFailure=: started again with success, it is as if it had not failed" {
        unit m.service <<<$'[Service]\nX-Essential=yes\nX-HoldOnFailure=6s\nExecStart=/bin/sh -c "test -e /out/good && exec sleep infinity; until [ -e /out/good ]; do sleep 0.02; done; exit 8"'
        enabled m.service
        boot
        inside_sh 'touch /out/good; until systemctl is-failed -q m.service; do :; done; systemctl start m.service'
        sleep 6.2 # past the limit, which counts no more
        [ "$(show m.service ActiveState)" = active ]
        stop
        [ "$exit_code" = 0 ]
        run -1 grep -q 'Exit code' "$T/console"
}
