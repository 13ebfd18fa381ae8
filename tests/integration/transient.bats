#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# Units that clients make: the real systemd-run and busctl, and svctl run beside them.

load helper

# systemd-run insists on a bus for --wait and its kin; the private socket answers like one.
bus=(env DBUS_SYSTEM_BUS_ADDRESS=unix:path=/run/systemd/private)
private=(busctl --no-pager --address=unix:path=/run/systemd/private)

run_transient() {
        inside "${bus[@]}" systemd-run --quiet "$@"
}

call() {
        inside "${private[@]}" call org.freedesktop.systemd1 /org/freedesktop/systemd1 org.freedesktop.systemd1.Manager "$@"
}

@test "systemd-run: services" {
        boot

        # plain: the unit is there, has its file, and says what it is
        inside systemd-run --unit plain --description "A plain one" --property MemoryMax=64M --setenv A=b -p CPUWeight=50 \
                -p LimitNOFILE=100:200 -p TimeoutStopSec=7s -p Environment='"C=d e"' sleep infinity
        wait_state plain.service active
        [[ $(show plain.service Transient) == yes ]]
        [[ $(show plain.service FragmentPath) == /run/systemd/transient/plain.service ]]
        [[ $(show plain.service UnitFileState) == transient ]]
        [[ $(show plain.service Description) == "A plain one" ]]
        [[ $(show plain.service MemoryMax) == $((64 * 1024 * 1024)) ]]
        [[ $(show plain.service CPUWeight) == 50 ]]
        [[ $(show plain.service LimitNOFILE)-$(show plain.service LimitNOFILESoft) == 200-100 ]]
        [[ $(show plain.service TimeoutStopUSec) == 7s ]]
        inside sh -c 'tr "\0" "\n" </proc/$(systemctl show -p MainPID --value plain)/environ' >"$T/env"
        grep -qx 'A=b' "$T/env"
        grep -qx 'C=d e' "$T/env"

        # a name in use
        run -1 inside systemd-run --unit plain sleep 1
        [[ $output == *"Unit plain.service was already loaded or has a fragment file."* ]]

        # a reload changes nothing; a stop takes the unit and its file away
        ctl daemon-reload
        [[ $(show plain.service MemoryMax)-$(show plain.service NeedDaemonReload) == $((64 * 1024 * 1024))-no ]]
        ctl stop plain.service
        wait_host is_gone plain.service

        # --wait: exit codes
        run -0 run_transient --wait true
        run -7 run_transient --wait sh -c 'exit 7'
        run -255 run_transient --wait sh -c 'kill -KILL $$$$'

        # --pipe: data goes straight through
        [[ $(echo in | inside "${bus[@]}" systemd-run --quiet --pipe tr a-z A-Z) == IN ]]
        run -3 run_transient --pipe sh -c 'echo out; exit 3'
        [[ $output == out ]]

        # what failed stays to be looked at, everything else is gone
        ctl reset-failed
        wait_host silent inside ls /run/systemd/transient

        # --remain-after-exit, --collect, a failed one
        inside systemd-run --unit stays --remain-after-exit true
        wait_state stays.service active
        run -0 inside systemd-run --unit fails false
        wait_state fails.service failed
        ctl reset-failed fails.service
        wait_host is_gone fails.service
        run -0 inside systemd-run --collect --unit goes false
        wait_host is_gone goes.service

        # identity, directory, priority
        [[ $(run_transient --pipe --uid 65534 --gid 65534 --working-directory /usr --nice 5 sh -c 'id -u; id -g; pwd; nice') == "$(printf '65534\n65534\n/usr\n5')" ]]
}

@test "systemd-run: scopes, timers, paths, sockets" {
        boot
        scopes
        triggers
        mistakes
        questions
}

# About what is there while it is.
questions() {
        inside systemd-run --quiet --unit dynamic -p DynamicUser=yes -p User=ghost sleep infinity
        local uid
        wait_host main_is dynamic.service sleep
        uid=$(call LookupDynamicUserByName s ghost | cut -d' ' -f2)
        [[ $(inside sh -c 'stat -c %u /proc/$(systemctl show -p MainPID --value dynamic)') == "$uid" ]]
        [[ $(call LookupDynamicUserByUID u "$uid") == 's "ghost"' ]]
        [[ $(call GetDynamicUsers) == "a(us) 1 $uid \"ghost\"" ]]
        inside systemd-run --quiet --unit second -p DynamicUser=yes -p User=ghost sleep infinity
        run -1 call LookupDynamicUserByName s nobody-has-this
        inside systemd-analyze dump 'dyn*' | grep -q '^dynamic.service: load loaded, active active'
        [[ $(inside systemd-analyze dump 'dyn*' | grep -c .) == 1 ]]
        run -1 call SetShowStatus s sometimes
        run -0 call SetShowStatus s no
        run -1 call SetShowStatus s yes # there is none that could be switched on
        [[ $output == *"no display of status"* ]]
        ctl stop dynamic.service
        wait_host is_gone dynamic.service
        [[ $(call GetDynamicUsers) == "a(us) 1 $uid \"ghost\"" ]] # the second has it too
        ctl stop second.service
        [[ $(call GetDynamicUsers) == "a(us) 0" ]]
}

@test "systemd-run: scopes where there are control groups" {
        boot --cgroup hybrid
        scopes
        [[ $(show held.scope ControlGroup) == */system.slice/held.scope ]]
        # a child that its parent has left behind is in the scope, which ends with it
        inside sh -c 'systemd-run --quiet --scope --unit left sh -c "sleep infinity & echo \$! >/out/left" >/out/log 2>&1'
        [[ $(show left.scope ActiveState) == active ]]
        inside systemctl status left.scope | grep -qF 'sleep infinity'
        inside sh -c 'kill $(cat /out/left)'
        wait_host is_gone left.scope
        # SIGTERM is not enough: after TimeoutStopSec= comes SIGKILL
        stubborn_scope
        ctl stop stubborn.scope
        wait_state stubborn.scope failed
        [[ $(show stubborn.scope Result) == timeout ]]
        # AttachProcesses wants Delegate=
        inside systemd-run --quiet --unit host -p Delegate=yes sleep infinity
        inside sh -c 'sleep 1000 & echo $! >/out/guest'
        local guest; guest=$(<"$T/out/guest")
        call AttachProcessesToUnit ssau host.service "" 1 "$guest"
        inside systemctl status host.service | grep -qF 'sleep 1000'
        call GetUnitByPID u "$guest" | grep -qF host_2eservice
        inside systemd-run --quiet --unit closed sleep infinity
        run -1 call AttachProcessesToUnit ssau closed.service "" 1 "$guest"
        [[ $output == *"Delegate="* ]]
}

stubborn_scope() {
        inside sh -c 'systemd-run --quiet --scope --unit stubborn -p TimeoutStopSec=100ms sh -c "trap : TERM; echo ready >/out/stubborn; while :; do sleep 1000; done" >/out/log 2>&1 & '
        wait_host grep -q ready "$T/out/stubborn"
}

scopes() {
        # the client becomes the process; its exit code is the command's
        run -5 inside systemd-run --quiet --scope sh -c 'exit 5'
        inside sh -c 'systemd-run --scope --unit held --description "Held" -p CPUWeight=20 sleep infinity >/out/held 2>&1 &'
        wait_state held.scope active
        wait_host grep -qx 'Running scope as unit: held.scope' "$T/out/held"
        [[ $(show held.scope Transient)-$(show held.scope SubState)-$(show held.scope Description) == yes-running-Held ]]
        [[ $(show held.scope CPUWeight) == 20 ]]
        inside systemctl status held.scope | grep -qF 'sleep infinity'
        ctl kill --signal CONT held.scope
        # it is told who it is
        [[ $(inside systemd-run --quiet --scope sh -c 'echo ${#INVOCATION_ID}') == 32 ]]
        # the time is over
        run -143 inside systemd-run --quiet --scope --unit brief -p RuntimeMaxSec=100ms sleep infinity
        wait_state brief.scope failed
        [[ $(show brief.scope Result) == timeout ]]
        ctl reset-failed brief.scope
        wait_host is_gone brief.scope
        # abandoned, it lives on
        call AbandonScope s held.scope
        wait_host property_is held.scope SubState abandoned
        # whom processes are to be brought in for, and nobody comes
        run -1 call StartTransientUnit 'ssa(sv)a(sa(sv))' empty.scope fail 0 0
        [[ $output == *"has no PIDs"* ]]
        run -1 call StartTransientUnit 'ssa(sv)a(sa(sv))' empty.scope fail 1 PIDs au 1 4000000 0
}

triggers() {
        run -0 inside systemd-run --unit later --on-active=50ms --timer-property AccuracySec=1ms touch /out/later
        wait_host test -e "$T/out/later"
        wait_host is_gone later.timer # systemd-run asks for RemainAfterElapse=no
        inside systemd-run --unit monthly --on-calendar monthly true
        [[ $(show monthly.timer Transient) == yes ]]
        ctl list-timers monthly.timer | grep -q monthly.service
        [[ $(show monthly.timer TimersCalendar) == *"OnCalendar=*-*-01 00:00:00"* ]]
        inside systemd-run --unit seen --path-property PathExists=/out/trigger sh -c 'rm /out/trigger; echo seen >/out/seen'
        touch "$T/out/trigger"
        wait_host grep -qx seen "$T/out/seen"
        inside systemd-run --unit greet --socket-property ListenStream=/out/greet.sock sleep infinity
        [[ $(show greet.socket Listen) == "/out/greet.sock (Stream)" && $(show greet.service ActiveState) == inactive ]]
        inside sh -c 'timeout 20 nc -U /out/greet.sock </dev/null >/dev/null &'
        wait_state greet.service active
}

# Nothing is started, nothing is left behind.
mistakes() {
        local before
        before=$(inside ls /run/systemd/transient)
        run -1 call StartTransientUnit 'ssa(sv)a(sa(sv))' wrong.service fail 1 NoSuchThing s x 0
        [[ $output == *"Cannot set property NoSuchThing, or unknown property."* ]]
        run -1 call StartTransientUnit 'ssa(sv)a(sa(sv))' wrong.service fail 1 MemoryMax s 5 0
        [[ $output == *"is of type 't', not 's'"* ]]
        run -1 call StartTransientUnit 'ssa(sv)a(sa(sv))' wrong.service fail 1 Nice i 400 0
        [[ $output == *"Nice="* ]]
        run -1 call StartTransientUnit 'ssa(sv)a(sa(sv))' wrong.service fail 1 Description s $'a\n[Service]\nExecStart=/bin/touch /out/owned' 0
        run -1 call StartTransientUnit 'ssa(sv)a(sa(sv))' wrong.service fail 0 0
        [[ $output == *"ExecStart"* ]]
        run -1 call StartTransientUnit 'ssa(sv)a(sa(sv))' wrong.target fail 0 0
        [[ $output == *"does not support transient units"* ]]
        run -1 call StartTransientUnit 'ssa(sv)a(sa(sv))' wrong.service sometimes 0 0
        [[ $(inside ls /run/systemd/transient) == "$before" && ! -e $T/out/owned ]]
        # a reference ends with who took it; nobody can give back what it has not
        run -1 call UnrefUnit s dbus.service
        [[ $output == *"has not been referenced yet"* ]]
}

is_gone() {
        [[ $(show "$1" LoadState) == not-found ]] && ! inside test -e "/run/systemd/transient/$1"
}

# Both clients, the same words and exit codes.
same() {
        local theirs ours their_code=0 our_code=0
        theirs=$(inside "${bus[@]}" systemd-run "$@" 2>&1 </dev/null) || their_code=$?
        ours=$(inside svctl run "$@" 2>&1 </dev/null) || our_code=$?
        [[ $their_code == "$our_code" && $(names_out <<<"$theirs") == "$(names_out <<<"$ours")" ]] ||
                { echo "systemd-run $*: $their_code: $theirs"; echo "svctl run: $our_code: $ours"; return 1; }
}

# Names are chosen anew each time, times differ, and the unit's words and the client's race each other.
names_out() {
        sed -E 's/run-[ru][0-9a-f]+/NAME/g; s/^(Service runtime: ).*/\1T/; /^CPU time/d' | sort
}

@test "svctl run says and returns what systemd-run does" {
        boot
        same --wait true
        same --wait sh -c 'exit 7'
        run -137 inside svctl run --wait sh -c 'kill -KILL $$' # as a shell has it; systemd-run says 255
        same --quiet --wait false
        same --pipe sh -c 'echo out; echo err >&2; exit 3'
        same --pipe --uid 65534 --gid 65534 -p WorkingDirectory=/usr -E A=b --nice 3 sh -c 'id -un; pwd; echo "$A"; nice'
        same --scope sh -c 'exit 5'
        same --quiet --scope --nice 4 --uid 65534 -E A=%n sh -c 'nice; id -u; echo $A'
        run -1 inside svctl run --scope --uid 4242 id # whose groups nobody knows
        [[ $output == *'No such process'* ]]
        same true
        same --on-active=1h true
        same --path-property PathExists=/none true
        run -1 inside svctl run --on-active=1h --scope true
        run -1 inside svctl run --wait --no-block true
        run -1 inside svctl run -p NoSuchThing=1 true
        [[ $output == *"Cannot set property NoSuchThing"* ]]
        run -1 inside svctl run nothing-of-that-name
        run -2 inside svctl run --no-such-option true

        # options behind the command are the command's
        [[ $(inside svctl run -q --pipe echo --wait -p x) == "--wait -p x" ]]
        [[ $(echo in | inside svctl run -q -P tr a-z A-Z) == IN ]]

        # settings as a file has them; percent signs are no specifiers
        inside svctl run --quiet --unit set -p MemoryMax=50% -p 'Environment="A=b c" D=%n' -p RestartSec=1min -p SuccessExitStatus='3 SIGKILL' \
                --slice run.slice --description '100% real' sleep infinity
        [[ $(show set.service Slice)-$(show set.service RestartUSec)-$(show set.service Description) == "run.slice-1min-100% real" ]]
        [[ $(show set.service Environment) == '"A=b c" D=%n' ]]
        inside grep -qx 'MemoryMax=50%' /run/systemd/transient/set.service
        inside grep -qx 'ExecStart=:/usr/bin/sleep infinity' /run/systemd/transient/set.service

        # a terminal of its own
        [[ $(terminal svctl run -q -t sh -c 'test -t 0 -a -t 1 -a -t 2 && stty size && read x && echo "got $x"') == *$'24 80\r\n'*"got typed"* ]]
        [[ $(terminal "${bus[@]}" systemd-run -q -t sh -c 'test -t 0 && read x && echo "got $x"') == *"got typed"* ]]
        run -6 terminal svctl run -q --pty sh -c 'read x; exit 6'

        # all there is to know of a command, as JSON
        inside svctl run --capture sh -c 'printf "a\0b\"\n"; printf "\377" >&2; exit 9' >"$T/json" || [[ $? == 9 ]]
        python3 - "$T/json" <<'P'
import json, sys
r = json.load(open(sys.argv[1]))
assert r.pop("unit").startswith("run-")
assert r == {"result": "exit-code", "status": 9, "signal": None, "timed_out": False, "truncated": False, "stdout": "a\0b\"\n", "stderr": "\ufffd"}, r
P
}

# A terminal of 24 lines and 80 columns, on which "typed" is typed.
terminal() {
        inside timeout 60 python3 -c '
import os, pty, sys, fcntl, termios, struct
pid, fd = pty.fork()
if pid == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    os.execvp(sys.argv[1], sys.argv[1:])
os.write(fd, b"typed\n")
while True:
    try:
        data = os.read(fd, 4096)
    except OSError:
        break
    if not data:
        break
    os.write(1, data)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
' "$@"
}
