#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# The real, unmodified systemctl on units: what its verbs print and with what they exit.

load helper

@test "start, stop, restart and try-restart move a unit" {
        a_service
        boot
        run -0 ctl start a
        [ "$(show a ActiveState)" = active ]
        first=$(show a MainPID)
        run -0 ctl start a
        [ "$(show a MainPID)" = "$first" ]
        run -0 ctl restart a
        second=$(show a MainPID)
        [ "$second" != "$first" ]
        run -0 ctl try-restart a
        third=$(show a MainPID)
        [ "$third" != "$second" ]
        run -0 ctl stop a
        [ "$(show a ActiveState)" = inactive ]
        run -0 ctl try-restart a
        [ "$(show a ActiveState)" = inactive ]
        run -0 ctl reload-or-restart a
        [ "$(show a ActiveState)" = active ]
}

@test "a missing unit, a masked one and a failing one are told by exit code and words" {
        unit bad.service <<<$'[Service]\nType=oneshot\nExecStart=/bin/false'
        unit ok.service <<<$'[Service]\nExecStart=/bin/sleep infinity'
        ln -s /dev/null "$T/units/masked.service"
        boot
        run -5 ctl start missing.service
        [[ $output == *"Unit missing.service not found."* ]]
        run -5 ctl stop missing.service
        [[ $output == *"Unit missing.service not loaded."* ]]
        run -5 ctl try-restart missing.service
        run -1 ctl start masked.service
        [[ $output == *"Unit masked.service is masked."* ]]
        run -1 ctl start bad.service
        [[ $output == *"Job for bad.service failed because the control process exited with error code."* ]]
        run -5 ctl start ok.service missing.service
        [ "$(show ok.service ActiveState)" = active ]
}

@test "reload runs ExecReload= and keeps the process; without one it is refused" {
        a_service
        unit plain.service <<<$'[Service]\nExecStart=/bin/sleep infinity'
        enabled a.service plain.service
        boot
        first=$(show a MainPID)
        run -0 ctl reload a
        run -0 ctl try-reload-or-restart a
        [ "$(show a MainPID)" = "$first" ]
        [ "$(wc -l <"$T/out/reloads")" = 2 ]
        run -3 ctl reload plain
        [[ $output == *"Unit plain.service cannot be reloaded."* ]]
        ctl stop a
        run -1 ctl reload a
        [[ $output == *"a.service is not active, cannot reload."* ]]
}

@test "kill sends the signal to whom it was asked" {
        unit k.service <<'U'
[Service]
ExecStart=/bin/sh -c 'sleep 1000 & trap "echo usr1 >>/out/got" USR1; trap "echo hup >>/out/got" HUP; echo up >/out/up; while :; do wait; done'
U
        enabled k.service
        boot
        wait_host test -s "$T/out/up"
        ctl kill -s USR1 --kill-whom=main k
        wait_host grep -qx usr1 "$T/out/got"
        ctl kill -s HUP --kill-whom=main k
        wait_host grep -qx hup "$T/out/got"
        run -1 ctl kill --kill-whom=control k
        ctl kill -s KILL k
        wait_state k failed
        [ "$(show k Result)" = signal ]
        run -1 ctl kill -s NOSUCH k
}

@test "status shows what an administrator looks for, with LSB exit codes" {
        unit a.service <<'U'
[Unit]
Description=Alpha
Documentation=man:sleep(1)
[Service]
ExecStart=/bin/sh -c 'echo first words; exec sleep infinity'
U
        unit bad.service <<<$'[Service]\nExecStart=/bin/sh -c "exit 9"'
        enabled a.service bad.service
        boot
        wait_state bad.service failed
        wait_host journal_has a.service "first words"
        wait_host main_is a sleep
        run -0 ctl status a
        [[ $output == *"● a.service - Alpha"* ]]
        [[ $output == *"Loaded: loaded (/etc/systemd/system/a.service; enabled"* || $output == *"Loaded: loaded (/etc/systemd/system/a.service; static"* ]]
        [[ $output == *"Active: active (running) since "* ]]
        [[ $output == *"Docs: man:sleep(1)"* ]]
        [[ $output == *"Main PID: $(show a MainPID) (sleep)"* ]]
        [[ $output == *"CGroup: "*"sleep infinity"* ]]
        [[ $output == *"first words"* ]]
        run -3 ctl status bad
        [[ $output == *"× bad.service"* ]]
        [[ $output == *"Active: failed (Result: exit-code)"* ]]
        [[ $output == *"(code=exited, status=9)"* ]]
        run -4 ctl status missing.service
        [[ $output == *"Unit missing.service could not be found."* ]]
        run -0 ctl status "$(show a MainPID)"
        [[ $output == *"● a.service - Alpha"* ]]
        run -0 ctl status
        [[ $output == *"State: degraded"* ]]
        [[ $output == *"a.service"* ]]
}

@test "show prints properties of units, jobs and the manager" {
        a_service
        enabled a.service
        boot
        run -0 ctl show a -p Id,Names,Type,Restart,RestartUSec,LoadState,ActiveState,SubState,KillSignal
        [ "$(sort <<<"$output")" = "$(sort <<'X'
Id=a.service
Names=a.service
Type=simple
Restart=no
RestartUSec=100ms
LoadState=loaded
ActiveState=active
SubState=running
KillSignal=15
X
)" ]
        run -0 ctl show a -p ExecStart
        [[ $output == "ExecStart={ path=/bin/sleep ; argv[]=/bin/sleep infinity ; ignore_errors=no ; start_time="* ]]
        run -0 ctl show a
        [ "${#lines[@]}" -gt 150 ]
        run -0 ctl show
        [[ $output == *"SystemState=running"* && $output == *"Version="* ]]
        run -0 ctl show missing.service -p LoadState --value
        [ "$output" = not-found ]
}

@test "cat prints the file and its drop-ins" {
        a_service
        mkdir "$T/units/a.service.d"
        printf '[Service]\nNice=3\n' >"$T/units/a.service.d/nice.conf"
        boot
        run -0 ctl cat a
        [ "${lines[0]}" = "# /etc/systemd/system/a.service" ]
        [[ $output == *"ExecStart=/bin/sleep infinity"*"# /etc/systemd/system/a.service.d/nice.conf"*"Nice=3"* ]]
        run -1 ctl cat missing.service
        [[ $output == *"No files found for missing.service."* ]]
}

@test "is-active, is-failed and is-system-running answer with words and codes" {
        a_service
        unit bad.service <<<$'[Service]\nExecStart=/bin/false'
        unit off.service <<<$'[Service]\nExecStart=/bin/sleep infinity'
        enabled a.service
        boot
        run -0 ctl is-system-running
        [ "$output" = running ]
        run -0 ctl is-active a
        [ "$output" = active ]
        run -3 ctl is-active off
        [ "$output" = inactive ]
        run -3 ctl is-active missing.service
        [ "$output" = inactive ]
        run -1 ctl is-failed a
        [ "$output" = active ]
        ctl start bad.service
        wait_state bad.service failed
        run -3 ctl is-active bad
        [ "$output" = failed ]
        run -0 ctl is-failed bad
        [ "$output" = failed ]
        run -0 ctl is-active off a
        run -1 ctl is-system-running
        [ "$output" = degraded ]
        run -0 ctl reset-failed bad
        [ "$(show bad ActiveState)" = inactive ]
        run -0 ctl is-system-running
        ctl start bad.service
        wait_state bad.service failed
        run -0 ctl reset-failed
        run -0 ctl is-system-running
        run -1 ctl reset-failed missing.service
        [[ $output == *"Unit missing.service not loaded."* ]]
}
