#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What svctl lists is what systemctl lists, column by column; and is-healthy, which systemctl does not have.

load helper

some_units() {
        unit a.service <<<$'[Unit]\nDescription=A service with a long description, so that a narrow terminal cannot hold it\n[Service]\nExecStart=/bin/sleep infinity'
        unit bad.service <<<$'[Service]\nExecStart=/bin/false'
        unit done.service <<<$'[Service]\nType=oneshot\nExecStart=/bin/true'
        unit hang.service <<<$'[Service]\nType=notify\nExecStart=/bin/sleep infinity\nTimeoutStartSec=infinity'
        unit again.service <<<$'[Service]\nRestart=always\nRestartSec=1h\nExecStart=/bin/false'
        unit days.timer <<<$'[Timer]\nOnActiveSec=60h\nUnit=a.service'
        unit never.timer <<<$'[Timer]\nOnCalendar=2011-01-01\nUnit=a.service'
        unit both.timer <<<$'[Timer]\nOnCalendar=2042-06-15 00:00:00 UTC\nOnActiveSec=100h\nUnit=done.service'
        unit e.socket <<<$'[Socket]\nListenStream=/run/e.sock\nListenStream=127.0.0.1:4711\nListenDatagram=127.0.0.1:99\nListenFIFO=/run/fifo'
        unit e.service <<<$'[Service]\nExecStart=/bin/sleep infinity'
        unit acc.socket <<<$'[Socket]\nListenStream=/run/acc.sock\nAccept=yes'
        unit acc@.service <<<$'[Service]\nExecStart=/bin/cat\nStandardInput=socket'
        unit w.path <<<$'[Path]\nPathExists=/run/www\nDirectoryNotEmpty=/run/ddd\nUnit=done.service'
}

calls() {
        cat <<'X'
list-units
list-units --all
list-units --plain
list-units -o json
list-units --failed
list-units --failed --plain
list-units -t socket,path
list-units a* e*
list-units nothing*
list-units --state=failed,listening
list-timers
list-timers --all
list-timers d*
list-sockets
list-sockets --show-types
list-sockets --all
list-sockets -o json
list-automounts
list-jobs
-t help
is-system-running
is-active a bad nope
is-failed a bad nope
log-level
log-target
service-watchdogs
X
}

theirs() {
        inside systemctl --no-pager --no-legend "$@" 2>&1
        echo "exit $?"
}

ours() {
        inside svctl --no-legend "$@" 2>&1
        echo "exit $?"
}

# Between two questions seconds pass, and units that nothing holds come and go.
same() {
        [ "$(theirs "$@")" = "$(ours "$@")" ]
}

@test "lists are systemctl's, in text and JSON, and is-healthy tells why not" {
        some_units
        boot
        run -0 inside svctl is-healthy
        [ "$output" = "" ]
        ctl start a days.timer both.timer e.socket acc.socket w.path done
        ctl start never.timer || true
        ctl start --no-block hang again
        wait_state hang activating
        run ctl start bad
        wait_state bad failed
        wait_host property_is again SubState auto-restart
        while read -r call; do
                wait_host same $call || { echo "svctl $call:"; diff <(theirs $call) <(ours $call); false; }
        done < <(calls)
        run -0 inside svctl list-paths --no-legend
        [ "$output" = "/run/ddd DirectoryNotEmpty w.path done.service
/run/www PathExists        w.path done.service" ]
        run -0 inside svctl list-timers
        [ "${lines[0]% *}" = "NEXT                        LEFT                  LAST PASSED UNIT       " ] || [[ ${lines[0]} == NEXT\ *LEFT\ *LAST\ *PASSED\ UNIT\ *ACTIVATES ]]
        [[ $output == *"timers listed."* ]]

        # A terminal of sixty columns: no line is longer, what is cut says so.
        run -0 inside env LC_ALL=C.UTF-8 SYSTEMD_COLORS=0 script -qc 'stty cols 60; svctl --no-pager list-units "a.*" a*' /dev/null
        [[ $output == *"A service"*"…"* ]]
        while read -r line; do [ "$(printf %s "${line%$'\r'}" | wc -m)" -le 60 ]; done <<<"$output"

        run -1 inside svctl is-healthy
        [ "$output" = "degraded: bad.service failed" ] || [ "$output" = "svinit: starting" ]
        run -0 inside svctl is-healthy a done e.socket
        [ "$output" = "" ]
        run -0 --separate-stderr inside svctl is-healthy --starting-ok a hang
        run -1 inside svctl is-healthy bad nope e hang again
        [ "$output" = "bad.service: failed
nope.service: not-found
e.service: inactive
hang.service: start
again.service: auto-restart" ]
        run -1 inside svctl is-healthy --starting-ok again
        run -1 inside svctl -q is-healthy bad
        [ "$output" = "" ]
        run -1 inside svctl is-healthy 'none*'
        run -0 inside setpriv --reuid 65534 --regid 65534 --clear-groups svctl is-healthy a

        run -0 inside env XYZ=1 svctl import-environment XYZ
        [[ $(inside svctl show-environment) == *XYZ=1* ]]
        run -1 inside svctl import-environment NOPE
        [ "$output" = "svctl: there is no variable 'NOPE' here" ]
        run -2 inside svctl service-watchdogs perhaps
        run -0 inside svctl log-level debug
        [ "$(inside systemctl log-level)" = debug ]
        run -1 inside svctl service-log-level a
        [ "$output" = "svctl: a.service has no name on the bus (BusName=)" ]
}

@test "is-healthy without svinit is 1 and says so" {
        run -1 env SVINIT_X=1 unshare --mount --user --map-root-user --ipc --pid --fork sh -c \
                "mount -t tmpfs none /run && exec '$STAGE/usr/bin/svctl' is-healthy"
        [[ $output == *"svinit"* ]]
}
