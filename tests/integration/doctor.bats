#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# svctl doctor: what the place allows, as PID 1 has found out.

load helper

level() { # NAME
        jq -r --arg n "$1" '.facts[] | select(.name == $n) | .level' "$T/doctor"
}

value() {
        jq -r --arg n "$1" '.facts[] | select(.name == $n) | .value' "$T/doctor"
}

as_user() {
        nsenter -t "$init_pid" -m -u -i -n -p -S 1000 -G 1000 -- svctl "$@"
}

doctor() {
        inside svctl doctor -o json >"$T/doctor"
}

@test "root with all privileges: everything is there, and the exit code is 0" {
        unit plain.service <<<$'[Service]\nExecStart=/bin/sleep infinity'
        enabled plain.service
        boot --cgroup hybrid
        doctor
        [ "$(level 'PID 1')" = full ]
        [ "$(level user)" = full ]
        [ "$(level namespaces)" = full ]
        [ "$(level mount)" = full ]
        [ "$(value libseccomp)" = found ]
        [ "$(value 'control groups')" = hybrid ]
        [ "$(value 'run-time directory')" = /run ]
        [ "$(jq '[.facts[] | select(.meaning == "")] | length' "$T/doctor")" = 0 ]
        [ "$(jq '.refused | length' "$T/doctor")" = 0 ]
        inside svctl doctor >"$T/text"
        grep -q 'No unit is refused its identity' "$T/text"
        run -2 inside svctl doctor -o yaml
}

@test "units whose directives are not applied stand under the reason, once for all of them" {
        unit a.service <<<$'[Service]\nIPAccounting=yes\nExecStart=/bin/sleep infinity'
        unit b.service <<<$'[Service]\nIPAccounting=yes\nExecStart=/bin/sleep infinity'
        enabled a.service b.service
        boot
        doctor
        [ "$(jq -r '[.not_applied[] | select(.setting | startswith("IPAccounting=")) | .units[]] | sort | join(" ")' "$T/doctor")" = "a.service b.service" ]
        [ "$(jq '[.not_applied[] | select(.setting | startswith("IPAccounting="))] | length' "$T/doctor")" = 1 ]
}

@test "a unit that cannot be who it shall be: exit code 1, with its name and the step" {
        unit lost.service <<<$'[Service]\nUser=nosuchuser\nExecStart=/bin/sleep infinity'
        unit own.service <<<$'[Service]\nExecStart=/bin/sh -c "exit 217"'
        enabled lost.service own.service
        boot
        wait_state own.service failed
        run -1 inside svctl doctor
        [[ $output == *"lost.service: 217/USER"* ]]
        [[ $output != *"refused"*"own.service"* ]] # its own code, not a step's
        ctl reset-failed lost.service
}

@test "Docker's default: what its filter and capabilities deny, and who runs without" {
        unit fenced.service <<<$'[Service]\nPrivateTmp=yes\nExecStart=/bin/sleep infinity'
        enabled fenced.service
        boot --docker
        doctor
        [ "$(level namespaces)" = missing ]
        [ "$(value clone3)" = "Function not implemented" ]
        [ "$(value capabilities | wc -w)" = 15 ] # "only" and 14
        [ "$(level seccomp)" = limited ]
        [ "$(value 'control groups')" = "shim; none is mounted" ]
        [ "$(jq -r '.not_applied[] | select(.setting | startswith("PrivateTmp=: ")) | .units | join(" ")' "$T/doctor")" = fenced.service ]
}

@test "a user without privileges: nobody else can be had, and that is told before it is tried" {
        unit other.service <<<$'[Service]\nUser=daemon\nExecStart=/bin/sleep infinity'
        unit late.timer <<<$'[Timer]\nOnBootSec=1h\nUnit=other.service'
        enabled late.timer
        launch --docker --uid 1000
        wait_host as_user is-active late.timer
        run -1 as_user doctor -o json
        [ "$(jq -r '.refused[] | .unit + " " + .setting' <<<"$output")" = "other.service User" ]
        [ "$(jq -r '.facts[] | select(.name == "capabilities") | .value' <<<"$output")" = none ]
        [ "$(jq -r '.facts[] | select(.name == "user") | .level' <<<"$output")" = limited ]
        run -1 as_user doctor
        [[ $output == *"other.service: User=: svinit is not root"* ]]
}

@test "without svinit: exit code 1 and a sentence" {
        run -1 --separate-stderr env -i XDG_RUNTIME_DIR=/nonexistent DBUS_SYSTEM_BUS_ADDRESS=unix:path=/nonexistent "$STAGE/usr/bin/svctl" doctor
        [ -n "$stderr" ]
}
