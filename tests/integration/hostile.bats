#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# Clients that mean harm (tests/bus/hostile), as a user who may change nothing: nothing changes, PID 1 stays small, and
# others are served meanwhile.

load helper

MEMORY_MAX=65536 # KiB that PID 1 may grow by while all of them are at it

as_user() {
        inside env PATH=/usr/bin:/bin setpriv --reuid "$1" --regid "$1" --clear-groups "${@:2}"
}

hostile() {
        as_user 65534 timeout 250 /usr/bin/python3 -B /out/bus/hostile "$@"
}

hostile_boot() {
        unit a.service <<<$'[Unit]\nStartLimitIntervalSec=0\n[Service]\nExecStart=/bin/sleep infinity\nExecReload=/bin/true'
        unit fails.service <<<$'[Service]\nExecStart=/bin/false'
        unit s.socket <<<$'[Socket]\nListenStream=/run/s.sock\nService=a.service'
        unit t.timer <<<$'[Timer]\nOnActiveSec=10h\nUnit=a.service'
        unit p.path <<<$'[Path]\nPathExists=/run/never\nUnit=a.service'
        cp -r "$BATS_TEST_DIRNAME/../bus" "$T/out/bus"
        chmod -R a+rX "$T/out/bus"
        boot "$@"
        ctl start s.socket t.timer p.path
        ctl start a.service
        run ctl start fails.service
        wait_state fails.service failed
}

# Everything that one of the refused calls would have changed.
state() {
        ctl list-units --all --full --plain --no-legend | sort
        ctl list-jobs --no-legend
        ctl show a.service fails.service s.socket t.timer p.path -p Id,MainPID,InvocationID,NRestarts,ActiveEnterTimestampMonotonic,StateChangeTimestampMonotonic,UnitFileState,MemoryMax
        ctl show-environment
        ctl log-level
        ctl show -p NFailedUnits,ShowStatus,ServiceWatchdogs
        ls -lR "$T/units"
}

# Units that were asked for are forgotten again.
state_is_as_before() {
        state | diff -q "$T/before" -
}

memory() {
        inside awk -v f="$1:" '$1 == f { print $2 }' /proc/1/status
}

descriptors_are() {
        [[ $(inside sh -c 'ls /proc/1/fd | wc -l') == "$1" ]]
}

# Root by its own socket, and another user by the one that is under attack.
others_are_served() {
        while [[ -e /proc/$1 ]]; do
                answers
                as_user 65533 timeout 20 busctl --system --timeout=20 get-property org.freedesktop.systemd1 /org/freedesktop/systemd1 \
                        org.freedesktop.systemd1.Manager Version >/dev/null
        done
}

@test "clients that mean harm change nothing, cost little and keep nobody waiting" {
        local memory_before descriptors_before client
        ln -sf /dev/null "$T/units/dbus.service"
        ln -sf /dev/null "$T/units/dbus.socket"
        hostile_boot
        state >"$T/before"
        memory_before=$(memory VmRSS)
        descriptors_before=$(inside sh -c 'ls /proc/1/fd | wc -l')
        nsenter -t "$init_pid" -m -u -i -n -p -- env PATH=/usr/bin:/bin setpriv --reuid 65534 --regid 65534 --clear-groups \
                timeout 250 /usr/bin/python3 -B /out/bus/hostile all >"$T/said" 2>&1 3>&- &
        client=$!
        others_are_served "$client"
        wait "$client" || { cat "$T/said"; return 1; }
        cat "$T/said"
        wait_host descriptors_are "$descriptors_before"
        wait_host state_is_as_before || state | diff "$T/before" -
        echo "memory: $memory_before, at most $(memory VmHWM), now $(memory VmRSS)"
        (($(memory VmHWM) - memory_before < MEMORY_MAX))
        answers
}

@test "who listens to everything and reads nothing is no burden" {
        local memory_before client
        ln -sf /dev/null "$T/units/dbus.service"
        ln -sf /dev/null "$T/units/dbus.socket"
        hostile_boot
        memory_before=$(memory VmRSS)
        mkfifo "$T/go"
        exec 7<>"$T/go"
        nsenter -t "$init_pid" -m -u -i -n -p -- env PATH=/usr/bin:/bin setpriv --reuid 65534 --regid 65534 --clear-groups \
                timeout 250 /usr/bin/python3 -B /out/bus/hostile signals >"$T/said" 2>&1 <"$T/go" 3>&- &
        client=$!
        wait_host grep -q listening "$T/said"
        inside env PATH=/usr/bin:/bin /usr/bin/python3 -B /out/bus/hostile --address /run/systemd/private restarts
        echo >&7
        wait "$client"
        exec 7>&-
        (($(memory VmHWM) - memory_before < MEMORY_MAX))
        answers
}

@test "a bus daemon that lets everything through makes no difference" {
        local memory_before
        ln -sf /dev/null "$T/units/polkit.service"
        mkdir "$T/policy"
        echo '<busconfig><policy context="default"><allow send_destination="org.freedesktop.systemd1"/></policy></busconfig>' >"$T/policy/test.conf"
        enabled dbus.service
        hostile_boot --bind "$T/policy:/etc/dbus-1/system.d"
        wait_for busctl --system call org.freedesktop.systemd1 /org/freedesktop/systemd1 org.freedesktop.DBus.Peer Ping
        state >"$T/before"
        memory_before=$(memory VmRSS)
        hostile methods private names unread crowd deep
        (($(memory VmHWM) - memory_before < MEMORY_MAX))
        wait_for busctl --system call org.freedesktop.systemd1 /org/freedesktop/systemd1 org.freedesktop.DBus.Peer Ping
        wait_host state_is_as_before || state | diff "$T/before" -
}
