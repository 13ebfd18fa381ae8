#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# Verbs of the real systemctl that list, configure or end the system; and svctl beside it.

load helper

@test "lists show units, jobs, files, sockets, timers and dependencies" {
        a_service
        unit hang.service <<<$'[Service]\nType=notify\nExecStart=/bin/sleep infinity\nTimeoutStartSec=infinity'
        unit s.socket <<<$'[Socket]\nListenStream=/run/s.sock'
        unit s.service <<<$'[Service]\nExecStart=/bin/sleep infinity'
        unit t.timer <<<$'[Timer]\nOnActiveSec=1h\nUnit=a.service'
        enabled a.service s.socket t.timer
        boot
        run -0 ctl list-units
        [[ $output =~ "a.service"\ +"loaded active running   Alpha" ]]
        [[ $output == *"multi-user.target"* ]]
        run -0 ctl list-units --state=failed --no-legend
        [ "$output" = "" ]
        run -0 ctl list-units --all 's.*' --plain --no-legend
        [ "${#lines[@]}" = 2 ]
        run -0 ctl list-jobs
        [[ $output == *"No jobs running."* ]]
        ctl start --no-block hang.service
        wait_state hang.service activating
        run -0 ctl list-jobs --no-legend
        [[ $output =~ [0-9]+\ hang.service\ +start\ +running ]]
        run -0 ctl cancel
        run -0 ctl list-jobs --no-legend
        [ "$output" = "" ]
        run -0 ctl list-unit-files a.service
        [[ $output =~ "a.service"\ +enabled ]] || [[ $output =~ "a.service"\ +disabled ]]
        run -0 ctl list-sockets --no-legend
        [[ $output == *"/run/s.sock"*"s.socket"*"s.service"* ]]
        run -0 ctl list-timers --no-legend
        [[ $output == *"t.timer"*"a.service"* ]]
        run -0 ctl list-dependencies multi-user.target
        [[ $output == *"a.service"*"basic.target"* ]]
        run -0 ctl list-dependencies --reverse a.service
        [[ $output == *"multi-user.target"* ]]
}

@test "enable and disable change links and nothing else; mask and unmask too" {
        a_service
        boot
        run -1 ctl is-enabled a
        [ "$output" = disabled ]
        run -0 ctl enable a
        [[ $output == *"Created symlink /etc/systemd/system/multi-user.target.wants/a.service → /etc/systemd/system/a.service."* ]]
        [ -L "$T/units/multi-user.target.wants/a.service" ]
        [ -L "$T/units/alpha.service" ]
        run -0 ctl is-enabled a
        [ "$output" = enabled ]
        run -3 ctl is-active a
        run -0 ctl enable --now a
        run -0 ctl is-active alpha.service
        run -0 ctl disable --now a
        [[ $output == *"Removed"*"multi-user.target.wants/a.service"* ]]
        [ ! -e "$T/units/multi-user.target.wants/a.service" ]
        [ ! -e "$T/units/alpha.service" ]
        run -3 ctl is-active a
        run -0 ctl mask --runtime a
        run -1 ctl is-enabled a
        [ "$output" = disabled ] || [ "$output" = masked-runtime ]
        run -0 ctl unmask --runtime a
        run -0 ctl mask missing.service
        [[ $output == *"/etc/systemd/system/missing.service → /dev/null"* ]]
        run -1 ctl start missing.service
        [[ $output == *"is masked"* ]]
        run -0 ctl unmask missing.service
        [ ! -L "$T/units/missing.service" ]
        run -1 ctl enable nothing.service
        [[ $output == *"Unit file nothing.service does not exist."* ]]
        run -1 ctl is-enabled nothing.service
}

@test "daemon-reload takes up changed files and leaves what runs alone" {
        a_service
        enabled a.service
        boot
        first=$(show a MainPID)
        sed -i 's/Alpha/Beta/' "$T/units/a.service"
        touch -d '+2 seconds' "$T/units/a.service"
        [ "$(show a NeedDaemonReload)" = yes ]
        unit new.service <<<$'[Service]\nExecStart=/bin/sleep infinity'
        run -0 ctl daemon-reload
        [ "$(show a Description)" = Beta ]
        [ "$(show a MainPID)" = "$first" ]
        [ "$(show a NeedDaemonReload)" = no ]
        run -0 ctl start new
        rm "$T/units/new.service"
        run -0 ctl daemon-reload
        [ "$(show new ActiveState)" = active ]
        [ "$(show new LoadState)" = not-found ]
        run -0 ctl stop new
        run -5 ctl start new
}

@test "the environment of the manager is set, shown and unset" {
        unit e.service <<<$'[Service]\nType=oneshot\nExecStart=/bin/sh -c "echo got=$$COLOUR >/out/e"'
        boot
        run -0 ctl set-environment COLOUR=blue SIZE="very big"
        run -0 ctl show-environment
        [[ $output == *"COLOUR=blue"* && $output == *"SIZE="*"very big"* ]]
        ctl start e
        [ "$(<"$T/out/e")" = got=blue ]
        run -0 ctl unset-environment COLOUR
        run -0 ctl show-environment
        [[ $output != *COLOUR* ]]
        ctl start e
        [ "$(<"$T/out/e")" = got= ]
        run -1 ctl set-environment '1BAD=x'
}

@test "get-default and set-default name the boot target; isolate changes to another" {
        a_service
        unit small.target <<<$'[Unit]\nAllowIsolate=yes\nRequires=basic.target\nAfter=basic.target'
        unit closed.target <<<$'[Unit]\nDescription=Not to be isolated'
        enabled a.service
        boot
        run -0 ctl get-default
        [ "$output" = graphical.target ] || [ "$output" = multi-user.target ]
        run -0 ctl set-default small.target
        [[ $output == *"/etc/systemd/system/default.target → "*"small.target"* ]]
        run -0 ctl get-default
        [ "$output" = small.target ]
        run -4 ctl isolate closed.target
        [[ $output == *"may not be isolated"* ]]
        [ "$(show a ActiveState)" = active ]
        run -0 ctl isolate small.target
        wait_state a inactive
        run -0 ctl is-active small.target basic.target
}

@test "exit ends svinit with the code that was asked for" {
        boot
        ctl exit 42 || true
        wait_gone
        [ "$exit_code" = 42 ]
}

@test "poweroff is a clean end" {
        a_service
        enabled a.service
        boot
        ctl poweroff || true
        wait_gone
        [ "$exit_code" = 0 ]
}

# One row for each call: what leads there, then the call. Both programs must leave with the code that stands first.
codes() {
        cat <<'X'
0 start a
0 restart a
0 try-restart a
0 reload a
0 reload-or-restart a
0 stop a
0 start --no-block a
0 show a
0 show -p Id --value a missing.service
0 cat a
1 cat missing.service
0 status a
3 status off
3 status bad
4 status missing.service
5 start missing.service
5 stop missing.service
5 restart missing.service
1 start masked.service
1 start bad1
3 reload off2
0 kill -s CONT a
0 list-units
0 list-units --failed
0 list-unit-files
0 list-jobs
0 list-dependencies a
0 is-active a
3 is-active off
3 is-active bad
3 is-active missing.service
0 is-active off a
0 is-failed bad
1 is-failed a
0 is-enabled a
1 is-enabled off
1 is-enabled missing.service
1 is-system-running
0 reset-failed bad
1 reset-failed missing.service
0 daemon-reload
0 disable a
1 is-enabled a
0 enable a
1 enable missing.service
0 mask other.service
1 start other
0 unmask other.service
0 get-default
0 show-environment
0 set-environment A=b
0 unset-environment A
4 isolate closed.target
0 cancel
1 cancel 999999
X
}

@test "svctl has the same verbs with the same exit codes" {
        a_service
        sed -i 's/^\[Service\]/StartLimitIntervalSec=0\n&/' "$T/units/a.service"
        unit bad.service <<<$'[Service]\nExecStart=/bin/false'
        unit bad1.service <<<$'[Service]\nType=oneshot\nExecStart=/bin/false'
        unit off.service <<<$'[Service]\nExecStart=/bin/sleep infinity\n[Install]\nWantedBy=multi-user.target'
        unit off2.service <<<$'[Service]\nExecStart=/bin/sleep infinity'
        unit closed.target <<<$'[Unit]\nDescription=Not to be isolated'
        ln -s /dev/null "$T/units/masked.service"
        boot
        local program wanted call got wrong=()
        for program in systemctl svctl; do
                ctl enable -q --now a off2
                ctl start bad
                wait_state bad failed
                while read -r wanted call; do
                        got=0
                        inside timeout 20 "$program" $call >"$T/say" 2>&1 </dev/null || got=$?
                        ((got == wanted)) || wrong+=("$program $call: $got, not $wanted: $(head -3 "$T/say")")
                        [[ $call != "reset-failed bad" ]] || { ctl start bad; wait_state bad failed; }
                done < <(codes)
        done
        printf '%s\n' "${wrong[@]}"
        ((${#wrong[@]} == 0))
}
