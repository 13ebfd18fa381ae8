#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# The clients of systemd 252, each verb, over each transport: tests/conformance/table. The last test prints what came
# out, verb by transport.

load helper

table=$BATS_TEST_DIRNAME/../conformance/table
transports=(private daemon driver)

the_units() {
        unit a.service <<'U'
[Unit]
Description=Alpha
[Service]
ExecStart=/bin/sleep infinity
ExecReload=/bin/true
[Install]
WantedBy=multi-user.target
U
        unit b.service <<<$'[Service]\nExecStart=/bin/sleep infinity'
        unit off.service <<<$'[Service]\nExecStart=/bin/sleep infinity\n[Install]\nWantedBy=multi-user.target'
        unit bad.service <<<$'[Unit]\nStartLimitIntervalSec=0\n[Service]\nType=oneshot\nExecStart=/bin/false'
        unit fail3.service <<<$'[Service]\nExecStart=/bin/sh -c "exit 3"'
        unit once.service <<<$'[Service]\nType=oneshot\nExecStart=/bin/true'
        unit manual.service <<<$'[Unit]\nRefuseManualStart=yes\n[Service]\nExecStart=/bin/sleep infinity'
        unit hang.service <<<$'[Service]\nType=notify\nExecStart=/bin/sleep infinity\nTimeoutStartSec=infinity'
        unit dir.service <<<$'[Service]\nStateDirectory=stuff\nExecStart=/bin/sleep infinity'
        unit s.socket <<<$'[Socket]\nListenStream=/run/s.sock'
        unit s.service <<<$'[Service]\nExecStart=/bin/sleep infinity'
        unit t.timer <<<$'[Timer]\nOnActiveSec=1h\nUnit=once.service'
        unit small.target <<<$'[Unit]\nAllowIsolate=yes\nRequires=basic.target\nAfter=basic.target'
        unit closed.target <<<$'[Unit]\nDescription=Not to be isolated'
        ln -s /dev/null "$T/units/masked.service"
        enabled a.service s.socket t.timer
        printf '[Service]\nExecStart=/bin/sleep infinity\n[Install]\nWantedBy=multi-user.target\n' >"$T/out/linked.service"
        printf '#!/bin/sh\nprintf "[Service]\\nNice=7\\n" >"$1"\n' >"$T/out/editor"
        chmod 755 "$T/out/editor"
}

# After this there is one way to reach svinit.
boot_with() { # TRANSPORT
        mkdir -p "$T/config"
        [[ $1 != private ]] || printf '[Manager]\nBusDriver=no\n' >"$T/config/svinit.conf"
        if [[ $1 == daemon ]]; then
                enabled dbus.service
        else
                ln -s /dev/null "$T/units/dbus.socket"
                ln -s /dev/null "$T/units/dbus.service"
        fi
        mkdir -p "$T/presets"
        printf 'enable off.service\nenable a.service\ndisable *\n' >"$T/presets/00.preset"
        boot --cgroup hybrid --bind "$T/config:/etc/svinit" --bind "$T/presets:/etc/systemd/system-preset"
        case $1 in
        private)
                address=unix:path=/run/systemd/private
                run -1 inside test -e /run/dbus/system_bus_socket
                ;;
        *)
                address=unix:path=/run/dbus/system_bus_socket
                wait_for busctl --system call org.freedesktop.systemd1 /org/freedesktop/systemd1 org.freedesktop.DBus.Peer Ping
                inside rm /run/systemd/private
                ;;
        esac
}

# The verb of a command, as the table of results shows it: the program, and its first word or the form that is meant.
verb_of() {
        local command=$1 words w verb=
        [[ ! $command =~ script\ -qec\ \"([^\"]*)\" ]] || command=${BASH_REMATCH[1]}
        if [[ $command =~ systemd-run.*\ --(scope|pty|pipe|wait|on-active|path-property|socket-property) ]]; then
                echo "systemd-run --${BASH_REMATCH[1]}"
                return
        elif [[ $command =~ systemctl.*\ --(wait|marked|show-transaction) ]]; then
                w=" --${BASH_REMATCH[1]}"
        fi
        local option=${w:-}
        read -ra words <<<"$command"
        for w in "${words[@]}"; do
                case $verb:$w in
                :systemctl | :systemd-analyze | :busctl | :init | :telinit) verb=$w ;;
                :systemd-run | :systemd-cgls) verb=$w; break ;;
                :* | *:-*) ;;
                *) verb+=" $w$option"; break ;;
                esac
        done
        echo "${verb:-sh}"
}

trimmed() {
        local text=$1
        text=${text//$'\r'/}
        text=${text#"${text%%[![:space:]]*}"}
        printf '%s' "${text%"${text##*[![:space:]]}"}"
}

# Says what is wrong.
judge() { # CODE PATTERN STATUS OUTPUT
        [[ $3 =~ ^($1)$ ]] || { echo "exit code $3, not $1: $4"; return 1; }
        if [[ $2 == - ]]; then
                [[ ! $4 ]] || { echo "says: $4"; return 1; }
        else
                [[ $4 =~ $2 ]] || { echo "does not match '$2': $4"; return 1; }
        fi
}

# These stop the bus daemon as well, which may be gone before it has passed on their answer.
answer_is_lost() { # TRANSPORT COMMAND WHY
        [[ $1 == daemon && $2 == "systemctl --no-block "@(rescue|emergency) && $3 == *"Transport endpoint is not connected"* ]]
}

run_row() { # CODE PATTERN COMMAND
        local status=0 output
        output=$(inside timeout 60 env DBUS_SYSTEM_BUS_ADDRESS="$address" SYSTEMD_PAGER= SYSTEMD_COLORS=0 LC_ALL=C.UTF-8 bash -c "$3" 2>&1 </dev/null) || status=$?
        judge "$1" "$2" "$status" "$(trimmed "$output")"
}

run_table() { # TRANSPORT
        local code pattern command why line=0 wrong=0
        while IFS=$'\t' read -r code pattern command <&7; do
                line=$((line + 1))
                [[ $code && $code != "#"* ]] || continue
                if why=$(run_row "$code" "$pattern" "$command") || answer_is_lost "$1" "$command" "$why"; then
                        printf '%s\tok\n' "$(verb_of "$command")"
                else
                        printf '%s\tFAILED\n' "$(verb_of "$command")"
                        printf '%s\n' "table:$line: $command: ${why:0:600}" >&2
                        wrong=$((wrong + 1))
                fi
        done 7<"$table" >"$BATS_FILE_TMPDIR/$1"
        ((wrong == 0))
}

# The verbs that end svinit: what it ends with, and the command. A boot for each.
endings() {
        cat <<'X'
0 systemctl poweroff
0 systemctl halt
133 systemctl reboot
42 systemctl exit 42
0 systemctl -f poweroff
0 init 0
133 telinit 6
X
}

run_endings() { # TRANSPORT
        local code command word wrong=0
        while read -r code command <&7; do
                (
                        setup
                        trap teardown EXIT
                        boot_with "$1"
                        inside timeout 60 env DBUS_SYSTEM_BUS_ADDRESS="$address" $command >"$T/say" 2>&1 </dev/null || true
                        wait_gone
                        ((exit_code == code)) || { echo "$command: svinit ended with $exit_code, not $code"; cat "$T/say"; exit 1; }
                ) >&2 && word=ok || { word=FAILED; wrong=$((wrong + 1)); }
                printf '%s\t%s\n' "$(verb_of "${command/-f /}")" "$word"
        done 7< <(endings) >>"$BATS_FILE_TMPDIR/$1"
        ((wrong == 0))
}

# One line for each verb: how many rows there were and, for each transport, how many of them came out as they should.
print_table() { # a file for each transport
        awk -F'\t' -v transports="${transports[*]}" '
                !($1 in known) { verbs[++n] = $1; known[$1] }
                { rows[$1, t]++; good[$1, t] += $2 == "ok" }
                END {
                        split(transports, names, " ")
                        printf "%-36s", "verb"
                        for (i = 1; i <= 3; i++) printf "%12s", names[i]
                        print ""
                        for (v = 1; v <= n; v++) {
                                printf "%-36s", verbs[v]
                                for (i = 1; i <= 3; i++) {
                                        printf "%12s", good[verbs[v], i] + 0 "/" rows[verbs[v], i] + 0
                                        bad += good[verbs[v], i] != rows[verbs[v], i] || !rows[verbs[v], i]
                                }
                                print ""
                        }
                        exit bad > 0 || n == 0
                }' t=1 "$1" t=2 "$2" t=3 "$3"
}

@test "a row that is not so is told" {
        judge 0 - 0 ""
        judge 0 '^a$' 0 a
        judge '5|1' x 1 x
        run -1 judge 0 - 1 ""
        run -1 judge 0 - 0 a
        run -1 judge 0 '^a$' 0 ab
        run -1 judge 1 '^a$' 10 a
        [[ $(verb_of "systemctl --no-block start a") == "systemctl start" ]]
        printf 'v\tok\n' >"$T/one"
        printf 'v\tFAILED\n' >"$T/two"
        print_table "$T/one" "$T/one" "$T/one"
        run -1 print_table "$T/one" "$T/two" "$T/one"
        run -1 print_table "$T/one" /dev/null "$T/one"
        [[ $(verb_of 'EDITOR=x script -qec "systemctl edit off" /dev/null') == "systemctl edit" ]]
        [[ $(verb_of "systemd-run --quiet --wait true") == "systemd-run --wait" ]]
}

@test "every verb over the private socket" {
        the_units
        boot_with private
        run_table private
}

@test "every verb over dbus-daemon" {
        the_units
        boot_with daemon
        run_table daemon
}

@test "every verb over the built-in driver" {
        the_units
        boot_with driver
        run_table driver
}

@test "the verbs that end svinit, over each transport" {
        local t wrong=0
        for t in "${transports[@]}"; do
                run_endings "$t" || wrong=1
        done
        ((wrong == 0))
}

@test "verb by transport" {
        cd "$BATS_FILE_TMPDIR"
        print_table "${transports[@]}" | sed 's/^/# /' >&3
        ((PIPESTATUS[0] == 0))
}
