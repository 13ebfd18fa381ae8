#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# With what svinit exits, and which signal leads there.

load helper

@test "a command: its exit code, its death, its absence" {
        run_to_end -- sh -c 'exit 7'
        [ "$exit_code" = 7 ]
        run_to_end true
        [ "$exit_code" = 0 ]
        run_to_end -- sh -c 'kill -TERM $$'
        [ "$exit_code" = 143 ]
        run_to_end -- sh -c 'kill -KILL $$'
        [ "$exit_code" = 137 ]
        run_to_end -- no-such-program
        [ "$exit_code" = 127 ]
        grep -q no-such-program "$T/console"
        run_to_end -- /etc/passwd
        [ "$exit_code" = 126 ]
}

@test "a command has the standard streams for itself" {
        run_to_end -- sh -c 'echo out; echo err >&2; readlink /proc/self/fd/0'
        [ "$(head -2 "$T/console" | sort | tr '\n' ' ')" = "err out " ]
        [ "$(wc -l <"$T/console")" = 3 ]
}

@test "signals reach the command, its answer is the exit code" {
        svinit_args=(-- sh -c 'trap "exit 9" TERM; trap "echo hup" HUP; trap "echo usr1" USR1; echo up; while :; do sleep 0.05; done')
        launch
        wait_host grep -qx up "$T/console"
        kill -HUP "$init_pid"
        wait_host grep -qx hup "$T/console"
        kill -USR1 "$init_pid"
        wait_host grep -qx usr1 "$T/console"
        stop
        [ "$exit_code" = 9 ]
        svinit_args=(-- sleep infinity)
        rm "$T/pid"
        launch
        wait_host child_runs sleep
        stop
        [ "$exit_code" = 143 ]
}

child_runs() {
        inside pgrep -x "$1"
}

@test "--main: its exit code is the container's, the others are stopped first" {
        unit main.service <<<$'[Service]\nExecStart=/bin/sh -c "while ! test -e /out/go; do sleep 0.02; done; exit $(cat /out/go)"'
        unit other.service <<<$'[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/true\nExecStop=/bin/touch /out/stopped'
        enabled main.service other.service
        svinit_args=(--main=main.service)
        boot
        echo 3 >"$T/out/go"
        wait_gone
        [ "$exit_code" = 3 ]
        [ -e "$T/out/stopped" ]
}

@test "an essential unit: success, signal, what cannot be started, time-out, start limit" {
        svinit_args=(--main=m.service)
        unit m.service <<<$'[Service]\nExecStart=/bin/true'
        enabled m.service
        launch
        wait_gone
        [ "$exit_code" = 0 ]
        unit m.service <<<$'[Service]\nExecStart=/bin/sh -c "kill -SEGV $$$$"'
        run_to_end --main=m.service
        [ "$exit_code" = 139 ]
        unit m.service <<<$'[Service]\nExecStart=/no/such/program'
        run_to_end --main=m.service
        [ "$exit_code" = 203 ]
        unit m.service <<<$'[Service]\nUser=nosuchuser\nExecStart=/bin/true'
        run_to_end --main=m.service
        [ "$exit_code" = 217 ]
        unit m.service <<<$'[Service]\nType=notify\nTimeoutStartSec=200ms\nExecStart=/bin/sleep infinity'
        run_to_end --main=m.service
        [ "$exit_code" != 0 ]
        unit m.service <<<$'[Unit]\nStartLimitBurst=2\n[Service]\nRestart=always\nRestartSec=1ms\nExecStart=/bin/true'
        run_to_end --main=m.service
        [ "$exit_code" = 124 ]
        run_to_end --main=missing.service
        [ "$exit_code" != 0 ]
        grep -q 'missing.service' "$T/console"
}

@test "an essential unit that depends on a broken one does not end in 0" {
        unit m.service <<<$'[Unit]\nRequires=broken.service\nAfter=broken.service\n[Service]\nExecStart=/bin/sleep infinity'
        unit broken.service <<<$'[Service]\nType=oneshot\nExecStart=/bin/false'
        enabled m.service
        run_to_end --main=m.service
        [ "$exit_code" != 0 ]
}

@test "X-Essential=, FailureAction=, SuccessAction=" {
        unit u.service <<<$'[Service]\nX-Essential=yes\nExecStart=/bin/sh -c "exit 21"'
        enabled u.service
        run_to_end
        [ "$exit_code" = 21 ]
        unit u.service <<<$'[Service]\nX-Essential=on-failure\nExecStart=/bin/sh -c "exit 22"'
        run_to_end
        [ "$exit_code" = 22 ]
        unit u.service <<<$'[Unit]\nFailureAction=exit\n[Service]\nExecStart=/bin/sh -c "exit 23"'
        run_to_end
        [ "$exit_code" = 23 ]
        unit u.service <<<$'[Unit]\nFailureAction=exit-force\nFailureActionExitStatus=24\n[Service]\nExecStart=/bin/false'
        run_to_end
        [ "$exit_code" = 24 ]
        unit u.service <<<$'[Unit]\nSuccessAction=exit\nSuccessActionExitStatus=25\n[Service]\nExecStart=/bin/true'
        run_to_end
        [ "$exit_code" = 25 ]
        unit u.service <<<$'[Unit]\nFailureAction=reboot\n[Service]\nExecStart=/bin/false'
        run_to_end
        [ "$exit_code" = 133 ]
        unit u.service <<<$'[Service]\nX-Essential=on-failure\nExecStart=/bin/true'
        rm "$T/pid"
        svinit_args=()
        boot
        [ "$(show multi-user.target ActiveState)" = active ]
        stop
        [ "$exit_code" = 0 ]
}

@test "stop signals: each with its code" {
        local signal code
        while read -r signal code; do
                rm -f "$T/pid"
                boot
                stop "$signal"
                echo "$signal: $exit_code"
                [ "$exit_code" = "$code" ]
        done <<<$'TERM 0\nINT 0\nPWR 0\nRTMIN+3 0\nRTMIN+4 0\nRTMIN+5 133'
}

@test "systemctl reboot, halt and exit without a code" {
        local verb code
        while read -r verb code; do
                rm -f "$T/pid"
                boot
                ctl $verb || true
                wait_gone
                echo "$verb: $exit_code"
                [ "$exit_code" = "$code" ]
        done <<<$'reboot 133\nhalt 0\nexit 0\npoweroff 0'
}

@test "SIGINT twice kills at once" {
        unit stubborn.service <<<$'[Service]\nType=notify\nTimeoutStopSec=100s\nExecStart=/usr/bin/probe stubborn'
        enabled stubborn.service
        boot --env SVINIT_STOP_BUDGET=100s
        kill -INT "$init_pid"
        wait_state stubborn.service deactivating
        begin=$SECONDS
        kill -INT "$init_pid"
        wait_gone
        ((SECONDS - begin < 50))
        grep -q 'stubborn.service: Killed: still deactivating when an immediate end was asked for' "$T/console"
}

@test "SIGUSR1 makes the private socket again where it has been removed" {
        boot
        inside rm /run/systemd/private
        run ! inside svctl is-system-running
        kill -USR1 "$init_pid"
        wait_for test -S /run/systemd/private
        [ "$(inside svctl is-active multi-user.target)" = active ]
        kill -USR1 "$init_pid"
        [ "$(inside svctl is-active multi-user.target)" = active ]
        stop
        [ "$exit_code" = 0 ]
}

@test "SIGHUP reloads, SIGUSR2 dumps to the journal, SIGWINCH does nothing, two signals change the log level" {
        unit a.service <<<$'[Unit]\nDescription=Old\n[Service]\nExecStart=/bin/sleep infinity'
        enabled a.service
        boot
        sed -i s/Old/New/ "$T/units/a.service"
        kill -HUP "$init_pid"
        wait_host property_is a.service Description New
        kill -USR2 "$init_pid"
        wait_host dumped
        kill -WINCH "$init_pid"
        [ "$(show a.service ActiveState)" = active ]
        # as systemd(1) has it: debug messages, and the level of the start again
        kill -RTMIN+22 "$init_pid"
        wait_host level_is debug
        kill -RTMIN+23 "$init_pid"
        wait_host level_is info
}

level_is() {
        [ "$(ctl log-level)" = "$1" ]
}

dumped() {
        journal _PID=1 | grep -q 'a.service.*\(active\|running\)'
}

@test "20,000 orphans are reaped; no zombie is left" {
        unit storm.service <<<$'[Service]\nType=oneshot\nExecStart=/usr/bin/probe orphans 20000'
        unit other.service <<<$'[Service]\nExecStart=/bin/sleep infinity'
        enabled other.service
        boot
        run -0 ctl start storm
        wait_host no_zombies
        [ "$(show other.service ActiveState)" = active ]
        stop
        [ "$exit_code" = 0 ]
}
