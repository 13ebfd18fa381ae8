#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# The stop budget is shared out: who does not want to end leaves those who stop after it their signal and their time.

load helper

# Says when it is asked to end, and ends.
orderly() { # NAME [MORE]
        unit "$1.service" <<U
[Unit]
Before=deaf.service
${2:-}
[Service]
Type=notify
ExecStart=/bin/sh -c 'trap "echo $1 >>/out/ended; exit 0" TERM; systemd-notify --ready; while :; do sleep 0.02; done'
NotifyAccess=all
U
        enabled "$1.service"
}

chain() { # BUDGET [TimeoutStopSec= of the first that stops]
        orderly last Before=middle.service
        orderly middle
        unit deaf.service <<<$'[Service]\nType=notify\nTimeoutStopSec='"${2:-90}"$'\nExecStart=/usr/bin/probe stubborn'
        enabled deaf.service
        svinit_args=(--main=deaf.service)
        boot --env SVINIT_STOP_BUDGET="$1"
        for u in deaf middle last; do [ "$(show $u ActiveState)" = active ]; done
        stop
        [ "$exit_code" = 137 ]
        [ "$(<"$T/out/ended")" = $'middle\nlast' ]
}

@test "a chain of three of which the first is deaf: the others get SIGTERM; the deaf one is named" {
        SECONDS=0
        chain 7s
        echo "after $SECONDS s"
        ((SECONDS <= 60)) # and not 90
        grep -q 'deaf.service: Killed: still deactivating when its share of the stop budget was used up' "$T/console"
        grep -q 'Exit code 137: deaf.service: it was killed: its share of the stop budget was used up' "$T/console"
        run -1 grep -q 'middle.service: Killed\|last.service: Killed\|budget was used up.*budget was used up' "$T/console"
}

@test "TimeoutStopSec= holds where it is shorter than the share" {
        chain 100s 300ms
        run -1 grep -q 'share of the stop budget' "$T/console"
}

@test "an ExecStop= that hangs leaves the service time for its signal" {
        orderly slow $'[Service]\nExecStop=/bin/sleep infinity\n[Unit]'
        boot --env SVINIT_STOP_BUDGET=4s
        stop
        [ "$exit_code" = 0 ]
        [ "$(<"$T/out/ended")" = slow ]
        run -1 grep -q 'budget was used up' "$T/console"
}

@test "a unit that was asked to stop before the container was: it has its share, and no more" {
        orderly last
        unit deaf.service <<<$'[Service]\nType=notify\nTimeoutStopSec=90\nExecStart=/usr/bin/probe stubborn'
        enabled deaf.service
        boot --env SVINIT_STOP_BUDGET=6s
        ctl stop --no-block deaf.service
        wait_state deaf.service deactivating
        stop
        [ "$exit_code" = 0 ]
        [ "$(<"$T/out/ended")" = last ]
        grep -q 'deaf.service: Killed: still deactivating when its share' "$T/console"
}
