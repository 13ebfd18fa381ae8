#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# How services end: signals, kill modes, time-outs, watchdogs.

load helper

@test "what does not start, stop or report in time is ended with result 'timeout' or 'watchdog'" {
        unit pre.service <<<$'[Service]\nTimeoutStartSec=200ms\nExecStartPre=/bin/sleep infinity\nExecStart=/bin/true'
        unit stop.service <<<$'[Service]\nType=notify\nTimeoutStopSec=200ms\nExecStart=/usr/bin/probe stubborn'
        unit runtime.service <<<$'[Service]\nRuntimeMaxSec=200ms\nExecStart=/bin/sleep infinity'
        unit watchdog.service <<<$'[Service]\nType=notify\nWatchdogSec=200ms\nExecStart=/usr/bin/probe notify READY=1'
        boot
        run -1 ctl start pre
        [ "$(show pre Result)" = timeout ]
        run -0 ctl start stop runtime watchdog
        inside systemctl stop stop
        [ "$(show stop ActiveState)/$(show stop Result)/$(show stop ExecMainStatus)" = failed/timeout/9 ]
        wait_state runtime failed
        [ "$(show runtime Result)" = timeout ]
        wait_state watchdog failed
        [ "$(show watchdog Result)/$(show watchdog ExecMainStatus)" = watchdog/6 ]
        wait_logged '^pre.service: State start-pre has timed out (TimeoutStartSec=200ms), stop-sigterm follows.$' -u pre -o cat
        wait_logged '^stop.service: State stop-sigterm has timed out (TimeoutStopSec=200ms), stop-sigkill follows.$' -u stop -o cat
        wait_logged '^runtime.service: State running has timed out (RuntimeMaxSec=200ms), stop-sigterm follows.$' -u runtime -o cat
        wait_logged '^watchdog.service: State running has timed out (WatchdogSec=200ms), stop-watchdog follows.$' -u watchdog -o cat
}

# A main process and a child which note the signals they get.
family() {
        cat <<U
[Service]
KillMode=$1
TimeoutStopSec=60s
ExecStart=/bin/sh -c "/out/child $1 & trap 'echo main >>/out/$1; exit 0' TERM; echo \$! >/out/$1-pid; while :; do sleep 0.1; done"
U
}

@test "KillMode= decides who gets which signal" {
        local mode
        cat >"$T/out/child" <<'C'
#!/bin/sh
trap 'echo child >>/out/$1; exit' TERM
echo up >/out/$1-up
while :; do sleep 0.1; done
C
        chmod 755 "$T/out/child"
        for mode in control-group mixed process; do family $mode | unit $mode.service; done
        boot
        ctl start control-group mixed process
        for mode in control-group mixed process; do wait_host test -s "$T/out/$mode-up"; done
        run -0 ctl stop control-group mixed process
        [ "$(sort "$T/out/control-group" | tr '\n' ' ')" = "child main " ]
        [ "$(<"$T/out/mixed")" = main ]
        [ "$(<"$T/out/process")" = main ]
        run ! inside kill -0 "$(<"$T/out/control-group-pid")"
        run ! inside kill -0 "$(<"$T/out/mixed-pid")"
        inside kill -0 "$(<"$T/out/process-pid")"
}

@test "KillSignal=, SendSIGHUP= and a stopped process" {
        unit usr.service <<'U'
[Service]
KillSignal=SIGUSR1
SendSIGHUP=yes
ExecStart=/bin/sh -c 'trap "echo usr >>/out/got; u=1" USR1; trap "echo hup >>/out/got; h=1" HUP; echo up >/out/up; until [ "$u$h" = 11 ]; do sleep 0.05; done'
U
        unit frozen.service <<<$'[Service]\nTimeoutStopSec=10s\nExecStart=/bin/sleep infinity'
        boot
        ctl start usr frozen
        wait_host test -s "$T/out/up"
        inside kill -STOP "$(show frozen MainPID)"
        run -0 ctl stop usr
        [ "$(sort "$T/out/got" | tr '\n' ' ')" = "hup usr " ]
        run -0 ctl stop frozen
        [ "$(show frozen Result)" = success ]
}

@test "children that detach themselves end with their service" {
        unit strays.service <<<$'[Service]\nExecStart=/bin/sh -c "for i in 1 2 3; do probe daemon /out/stray$i; done; exec sleep infinity"'
        boot
        ctl start strays
        for i in 1 2 3; do wait_host test -s "$T/out/stray$i"; done
        inside kill -0 "$(<"$T/out/stray1")" "$(<"$T/out/stray2")" "$(<"$T/out/stray3")"
        run -0 ctl stop strays
        for i in 1 2 3; do run ! inside kill -0 "$(<"$T/out/stray$i")"; done
}

@test "when the main process ends, its children are stopped too" {
        unit leaver.service <<<$'[Service]\nExecStart=/bin/sh -c "probe daemon /out/stray; exit 0"'
        boot
        ctl start leaver
        wait_state leaver inactive
        run ! inside kill -0 "$(<"$T/out/stray")"
}

@test "SIGKILL comes after TimeoutStopSec=, ExecStopPost= still runs" {
        unit hard.service <<<$'[Service]\nType=notify\nTimeoutStopSec=300ms\nExecStart=/usr/bin/probe stubborn\nExecStopPost=/bin/sh -c "echo $SERVICE_RESULT >/out/post"'
        boot
        ctl start hard
        pid=$(show hard MainPID)
        ctl stop hard
        run ! inside kill -0 "$pid"
        [ "$(<"$T/out/post")" = timeout ]
        wait_logged 'hard.service: Failed with result' -u hard
}

@test "a reload that fails leaves the service running" {
        unit r.service <<<$'[Service]\nExecStart=/bin/sleep infinity\nExecReload=/bin/false'
        unit slow.service <<<$'[Service]\nTimeoutStartSec=300ms\nExecStart=/bin/sleep infinity\nExecReload=/bin/sleep infinity'
        boot
        ctl start r slow
        run -1 ctl reload r
        [ "$(show r ActiveState)" = active ]
        run -1 ctl reload slow
        [ "$(show slow ActiveState)" = active ]
}

@test "OnFailure= and OnSuccess= start their units" {
        unit f.service <<<$'[Unit]\nOnFailure=told@%n.service\n[Service]\nExecStart=/bin/sh -c "exit 6"'
        unit s.service <<<$'[Unit]\nOnSuccess=told@%n.service\n[Service]\nExecStart=/bin/true'
        unit told@.service <<<$'[Service]\nType=oneshot\nExecStart=/bin/sh -c "echo %i >>/out/told"'
        boot
        ctl start f s
        wait_host grep -qx f.service "$T/out/told"
        wait_host grep -qx s.service "$T/out/told"
        [ "$(wc -l <"$T/out/told")" = 2 ]
}

@test "a stop of the container ends all services in reverse order" {
        unit first.service <<<$'[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/true\nExecStop=/bin/sh -c "echo first >>/out/order"'
        unit second.service <<<$'[Unit]\nAfter=first.service\n[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/true\nExecStop=/bin/sh -c "sleep 0.2; echo second >>/out/order"'
        enabled first.service second.service
        boot
        stop
        [ "$exit_code" = 0 ]
        [ "$(tr '\n' ' ' <"$T/out/order")" = "second first " ]
}
