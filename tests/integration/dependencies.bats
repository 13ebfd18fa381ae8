#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What jobs come to, and what a unit's change does to others.

load helper

sleeper() { # NAME LINES...: a service that stays
        local name=$1
        shift
        { echo "[Unit]"; printf '%s\n' "$@"; printf '[Service]\nExecStart=/bin/sleep infinity\n'; } | unit "$name"
}

@test "each result of a job is what systemctl says it is" {
        sleeper slow.service
        printf '[Service]\nType=oneshot\nExecStart=/bin/sleep infinity\n' | unit slow.service
        sleeper late.service After=slow.service JobTimeoutSec=300ms
        sleeper waits.service After=slow.service
        printf '[Service]\nType=oneshot\nExecStart=/bin/false\n' | unit fails.service
        sleeper needs.service Requires=fails.service After=fails.service
        sleeper wants-active.service Requisite=idle.service After=idle.service
        sleeper idle.service
        sleeper asserts.service AssertPathExists=/nonexistent
        sleeper left-out.service ConditionPathExists=/nonexistent
        printf '[Service]\nType=oneshot\nExecCondition=/bin/false\nExecStart=/bin/true\n' | unit skipped.service
        sleeper needs-skipped.service Requires=skipped.service After=skipped.service
        boot

        run ! ctl start fails
        [[ $output == *"Job for fails.service failed"* ]]
        run ! ctl start needs
        [[ $output == *"A dependency job for needs.service failed"* ]]
        run ! ctl start wants-active
        [[ $output == *"A dependency job for wants-active.service failed"* ]]
        run ! ctl start asserts
        [[ $output == *"Assertion failed on job for asserts.service"* ]]
        run -0 ctl start left-out
        run ! ctl start needs-skipped
        [[ $output == *"A dependency job for needs-skipped.service failed"* ]]
        run ! ctl reload idle
        [[ $output == *"idle.service"* ]]

        ctl start --no-block slow
        run ! ctl start late
        [[ $output == *"Job for late.service timed out"* ]]
        inside systemctl start waits >"$T/out/waits" 2>&1 3>&- &
        client=$!
        wait_for sh -c 'systemctl list-jobs | grep -q waits.service'
        ctl cancel "$(ctl list-jobs --no-legend | awk '$2 == "waits.service" { print $1 }')"
        wait "$client" || true
        grep -q "Job for waits.service canceled" "$T/out/waits"
        stop
}

@test "what is up or down already is started or stopped without a word" {
        sleeper a.service
        boot
        ctl start a
        ctl start a
        ctl stop a
        ctl stop a
        ctl restart a
        unit last.target <<<'[Unit]'
        ctl start last.target
        wait_logged '^Reached target last.target' SYSLOG_IDENTIFIER=svinit
        [ "$(journal SYSLOG_IDENTIFIER=svinit | grep -c "^Started a.service")" = 2 ]
        [ "$(journal SYSLOG_IDENTIFIER=svinit | grep -c "^Stopped a.service")" = 1 ]
}

@test "JobTimeoutAction= ends the container" {
        printf '[Service]\nType=oneshot\nExecStart=/bin/sleep infinity\n' | unit slow.service
        sleeper late.service After=slow.service JobTimeoutSec=300ms JobTimeoutAction=exit-force
        boot
        ctl start --no-block slow late
        wait_gone
        [ "$exit_code" = 124 ]
}

@test "the start limit of svinit.conf holds for units without their own" {
        mkdir "$T/config"
        printf '[Manager]\nDefaultStartLimitBurst=2\nDefaultStartLimitIntervalSec=1h\n' >"$T/config/svinit.conf"
        printf '[Service]\nType=oneshot\nExecStart=/bin/true\n' | unit often.service
        printf '[Unit]\nStartLimitBurst=4\n[Service]\nType=oneshot\nExecStart=/bin/true\n' | unit own.service
        sleeper knows.service After=often.service After=own.service # else they would be forgotten, with the count
        enabled knows.service
        boot --bind "$T/config:/etc/svinit"
        run -0 ctl start often
        run -0 ctl start often
        run ! ctl start often
        [ "$(show often Result)" = start-limit-hit ]
        [ "$(show often StartLimitBurst)/$(show often StartLimitIntervalUSec)" = 2/1h ]
        for _ in 1 2 3 4; do run -0 ctl start own; done
        run ! ctl start own
        stop
}

@test "a circle that a daemon-reload makes of waiting jobs is broken and named" {
        printf '[Service]\nType=oneshot\nExecStart=/bin/sh -c "until [ -e /out/go ]; do sleep .05; done"\n' | unit first.service
        sleeper a.service After=first.service
        sleeper b.service After=first.service After=a.service
        boot
        ctl start --no-block first a b
        sleeper a.service After=first.service After=b.service
        ctl daemon-reload
        wait_logged 'Ordering cycle: .*\(a.service.*b.service\|b.service.*a.service\)' _PID=1
        touch "$T/out/go"
        wait_for sh -c '[ -z "$(systemctl list-jobs --no-legend)" ]'
        [ "$(ctl is-active a b | sort | paste -sd/)" = active/inactive ]
        stop
}

@test "the death of a unit stops what is bound to it, and nothing else" {
        sleeper dies.service PropagatesStopTo=follows.service OnSuccess=after.service
        for u in follows after; do sleeper $u.service; done
        sleeper bound.service BindsTo=dies.service After=dies.service
        sleeper part.service PartOf=dies.service
        sleeper needs.service Requires=dies.service
        boot
        ctl start dies follows bound part needs
        ctl kill --signal=TERM dies
        wait_state bound.service inactive
        wait_state follows.service inactive
        wait_state after.service active
        [ "$(ctl is-active part needs | paste -sd/)" = active/active ]
        stop
}

@test "isolate keeps what a timer that stays has started" {
        printf '[Timer]\nOnActiveSec=0\n' | unit kept.timer
        sleeper kept.service
        sleeper other.service
        printf '[Unit]\nAllowIsolate=yes\nRequires=basic.target\nWants=kept.timer\n' | unit iso.target
        enabled kept.timer other.service
        boot
        wait_state kept.service active
        ctl isolate iso.target # which does not wait for what it stops
        wait_state other.service inactive
        [ "$(ctl is-active kept.timer kept.service iso.target | paste -sd/)" = active/active/active ]
        stop
}
