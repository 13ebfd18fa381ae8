#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# svctl for a svinit elsewhere: over ssh, and in a container.

load helper
load ssh

a_unit() {
        unit a.service <<<$'[Unit]\nDescription=Alpha\n[Service]\nExecStart=/bin/sh -c "echo here I am; exec sleep infinity"\n[Install]\nWantedBy=multi-user.target'
        enabled a.service
}

far() {
        inside svctl -H root@127.0.0.1 "$@"
}

@test "over ssh: state, changes, lists, logs and files of the other side; the real systemctl -H too" {
        a_unit
        an_ssh_daemon
        boot
        wait_state far.service active
        [ "$(far is-active a.service)" = active ]
        run -3 far is-active none.service
        [ "$output" = inactive ]
        far stop a.service
        [ "$(show a.service ActiveState)" = inactive ]
        far start a.service
        [ "$(show a.service ActiveState)" = active ]
        run -0 far --plain --no-legend list-units a.service
        [[ $output == "a.service "*"loaded active running Alpha" ]]
        [ "$(far show -p MainPID --value a.service)" = "$(show a.service MainPID)" ]

        # what is said of the log comes from there, and what reads files runs there
        wait_logged "here I am" -u a.service
        run -0 far status a.service
        [[ $output == *"a.service - Alpha"* && $output == *"here I am"* ]]
        run -0 far logs a.service -o cat
        [[ $output == *"here I am"* ]]
        run -0 far cat a.service
        [[ $output == *"Description=Alpha"* ]]
        run -0 far run --quiet --pipe echo "two  words" "it's \$HOME"
        [ "$output" = "two  words it's \$HOME" ]
        run -7 far run --quiet --pipe sh -c 'exit 7'
        run -7 inside svctl run -H root@127.0.0.1 --quiet --pipe sh -c 'exit 7'

        # a unit file is changed over there
        far --quiet disable a.service
        [ "$(inside systemctl is-enabled a.service)" = disabled ]

        # with a port, and as a machine without svctl has it
        [ "$(inside svctl -H 127.0.0.1:2222 is-active a.service)" = active ]
        inside cp /usr/bin/svctl /out/svctl
        inside mount --bind /dev/null /usr/bin/svctl
        run -126 inside ssh 127.0.0.1 svctl --version
        [ "$(inside /out/svctl -H 127.0.0.1 is-active a.service)" = active ]
        inside umount /usr/bin/svctl

        run -0 --separate-stderr inside systemctl -H root@127.0.0.1 is-active a.service
        [ "$output" = active ]
        inside systemctl -H root@127.0.0.1 stop a.service
        [ "$(show a.service ActiveState)" = inactive ]

        # and as a bridge for it, where the systemd package is not
        inside mount --bind /out/svctl /usr/bin/systemd-stdio-bridge
        run -0 --separate-stderr inside systemctl -H root@127.0.0.1 start a.service
        [ "$(show a.service ActiveState)" = active ]

        # nobody there
        run -1 inside svctl -H 127.0.0.1:9 is-active a.service
        [[ $output == *"127.0.0.1:9: no svinit answers there"* ]]
        run -1 inside svctl -H 127.0.0.1 -M x status
        [[ $output == *"do not go together"* ]]
}

@test "in a container: by the number of a process or by name, with all verbs; what it cannot enter is named" {
        a_unit
        boot
        local name=c-$BASHPID svctl=$STAGE/usr/bin/svctl
        nsenter -t "$init_pid" -u hostname "$name"
        [ "$("$svctl" -M "$init_pid" is-active a.service)" = active ]
        wait_logged "here I am" -u a.service
        run -0 "$svctl" --machine="$name" status a.service
        [[ $output == *"a.service - Alpha"* && $output == *"here I am"* ]]
        run -0 "$svctl" --container "$name" logs -o cat a.service
        [[ $output == *"here I am"* ]]
        run -0 "$svctl" run -M "$name" --quiet --pipe sh -c 'cat /proc/sys/kernel/hostname' # behind the verb, too
        [ "$output" = "$name" ]
        run -0 "$svctl" -M "$name" run --quiet --pipe --wait sh -c 'cat /proc/sys/kernel/hostname; exit 0'
        [ "$output" = "$name" ]
        run -3 "$svctl" -M "$name" is-active none.service
        "$svctl" -M "$name" stop a.service
        [ "$(show a.service ActiveState)" = inactive ]

        # nothing of here goes along, nor more than the container has
        run -0 "$svctl" -M "$name" --quiet run --scope sh -c 'echo "${XDG_RUNTIME_DIR-none}"; grep CapBnd /proc/self/status; grep CapBnd /proc/1/status'
        [ "${lines[0]}" = none ]
        [ "${lines[1]}" = "${lines[2]}" ]

        run -0 "$svctl" --plain --no-legend list-machines "$name"
        [[ $output =~ ^"$name "+"running "+0\ +0\ +"$init_pid " ]]
        run -0 "$svctl" -o json list-machines "$name"
        jq -e --arg n "$name" --argjson p "$init_pid" '.[0] | .name == $n and .pid == $p and .state == "running"' <<<"$output"

        # with -r, after what is here
        run "$svctl" -r list-units multi-user.target
        [[ $output == *"$name (process $init_pid):"*"multi-user.target"* ]]
        run -1 "$svctl" -M no-such-container status
        [[ $output == *"there is no container 'no-such-container' here"*"$init_pid  $name"* ]]
        run -1 "$svctl" -M 4194305 status
        [[ $output == *"there is no process 4194305 here"* ]]
        chmod 755 "$T"
        cp "$svctl" "$T/svctl"
        run -1 setpriv --reuid 65534 --regid 65534 --clear-groups "$T/svctl" -M "$init_pid" status
        [[ $output == *"cannot be entered"*"only root may"* ]]
}
