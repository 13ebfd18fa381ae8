#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# D-Bus beyond systemctl: the private socket under bad clients, and the system bus when a bus daemon runs.

load helper

private=(busctl --no-pager --address=unix:path=/run/systemd/private)
nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups)

# polkit is not asked, whether the package is there or not: tests/integration/polkit.bats asks it.
dbus_boot() {
        ln -sf /dev/null "$T/units/polkit.service"
        enabled dbus.service
        boot "$@"
        wait_state dbus.service active
        wait_for busctl --system call org.freedesktop.systemd1 /org/freedesktop/systemd1 org.freedesktop.DBus.Peer Ping
}

descriptors() {
        local n
        n=$(inside sh -c 'ls /proc/1/fd | wc -l')
        (($1 <= n && n < $2))
}

@test "every object can be introspected and read" {
        a_service
        enabled a.service
        boot
        inside "${private[@]}" tree org.freedesktop.systemd1 | grep -qF unit/a_2eservice
        for path in '' /unit/a_2eservice /unit/_2d_2eslice /unit/none_2etimer; do
                inside "${private[@]}" introspect org.freedesktop.systemd1 "/org/freedesktop/systemd1$path" >"$T/shown"
                grep -q '^\.GetAll .*a{sv}' "$T/shown"
        done
        grep -q '^\.LoadState .*"not-found"' "$T/shown"
}

n_units() {
        inside "${private[@]}" get-property org.freedesktop.systemd1 /org/freedesktop/systemd1 org.freedesktop.systemd1.Manager NNames
}

@test "asking for an object loads its unit, for the time of the question" {
        local before
        a_service
        boot
        before=$(n_units)
        run -0 inside "${private[@]}" get-property org.freedesktop.systemd1 /org/freedesktop/systemd1/unit/a_2eservice \
                org.freedesktop.systemd1.Unit Description
        [[ $output == 's "Alpha"' ]]
        inside_sh 'for i in $(seq 100); do echo "nothing$i.service"; done | xargs systemctl show -p LoadState >/out/shown'
        [[ $(grep -c LoadState=not-found "$T/out/shown") == 100 ]]
        [[ $(n_units) == "$before" ]]
        run -1 inside "${private[@]}" call org.freedesktop.systemd1 /org/freedesktop/systemd1 org.freedesktop.systemd1.Manager GetUnit s a.service
        [[ $output == *"not loaded"* ]]
}

@test "clients that send garbage, nothing or too much harm nobody" {
        a_service
        enabled a.service
        boot
        inside_sh 'head -c 1000000 /dev/urandom | timeout 5 nc -U /run/systemd/private >/dev/null || true'
        # 300 that say nothing: no more are held than the cap, and ours; then none, for they do not authenticate.
        inside /usr/bin/python3 -c '
import os, socket
held = [socket.socket(socket.AF_UNIX) for _ in range(300)]
most = 0
for s in held:
    s.connect("/run/systemd/private")
    most = max(most, len(os.listdir("/proc/1/fd")))
assert 100 <= most <= 300, most
for s in held:
    s.settimeout(60)
    assert s.recv(1) == b""
'
        wait_host descriptors 0 64 # whoever did not authenticate has been dropped
        inside timeout 20 systemctl is-active a.service
        [[ $(show a.service MainPID) != 0 ]]
}

n_jobs_are() {
        [[ $(ctl show -p NJobs --value) == "$1" ]]
}

@test "a client that stands still while ten thousand jobs end is told of each of them" {
        local waiting
        unit gate.service <<<$'[Service]\nType=oneshot\nExecStart=/bin/sh -c "until [ -e /out/go ]; do sleep 0.05; done"'
        unit u@.target <<<$'[Unit]\nDefaultDependencies=no\nAfter=gate.service'
        boot
        inside_sh 'echo $$ >/out/pid; exec timeout -s KILL 600 systemctl start gate.service $(seq -f u@%.0f.target 10000)' 3>&- &
        waiting=$!
        DEADLINE=300 wait_host n_jobs_are 10001
        inside_sh 'kill -STOP $(pgrep -x -P "$(cat /out/pid)" systemctl)'
        touch "$T/out/go"
        DEADLINE=300 wait_host n_jobs_are 0
        answers
        inside_sh 'kill -CONT $(pgrep -x -P "$(cat /out/pid)" systemctl)'
        wait "$waiting"
        [[ $(ctl list-units --no-legend 'u@*.target' | grep -c ' active ') == 10000 ]]
}

@test "only its owner may connect to the private socket" {
        boot
        [[ $(inside stat -c '%a %u' /run/systemd/private) == "600 0" ]]
        run ! inside "${nobody[@]}" "${private[@]}" list
}

@test "on the system bus everybody may look and root may touch" {
        a_service
        dbus_boot
        inside "${nobody[@]}" systemctl --no-pager status dbus.service | grep -qF 'active (running)'
        run -4 inside "${nobody[@]}" systemctl start a.service
        [[ $output == *"Access denied"* ]]
        [[ $(show a.service ActiveState) == inactive ]]
        inside env SYSTEMCTL_FORCE_BUS=1 timeout 20 systemctl start a.service
        [[ $(show a.service ActiveState) == active ]]
}

# Access is checked before arguments are, so none are needed.
@test "on the system bus every method that changes something is refused to others" {
        local path interface member type rest
        local readers
        readers="^($(grep -v '^#' "$BATS_TEST_DIRNAME/../bus/readers" | sed 's/\*/.*/' | paste -sd '|'))\$"
        a_service
        dbus_boot
        ctl start a.service
        for path in '' /unit/a_2eservice /unit/init_2escope /unit/_2d_2eslice /unit/dbus_2esocket; do
                while read -r member type rest; do
                        [[ $type != interface ]] || interface=$member
                        [[ $type == method && ! ${member#.} =~ $readers ]] || continue
                        printf '%s %s %s\n' "/org/freedesktop/systemd1$path" "$interface" "${member#.}"
                done < <(inside busctl --system --no-pager --no-legend introspect org.freedesktop.systemd1 "/org/freedesktop/systemd1$path")
        done >"$T/out/calls"
        [ "$(cut -d' ' -f1 "$T/out/calls" | sort -u | wc -l)" = 5 ]
        grep -q ' StartTransientUnit$' "$T/out/calls"
        grep -q ' ReloadTelling$' "$T/out/calls"
        inside "${nobody[@]}" sh -c 'while read -r call; do busctl --system call org.freedesktop.systemd1 $call 2>&1 | grep -q "denied\|is for root" || echo "$call"; done </out/calls' >"$T/allowed"
        cat "$T/allowed"
        [[ ! -s $T/allowed ]]
        [[ $(show a.service ActiveState) == active ]]
}

@test "BusControlUsers= and BusControlGroups= may touch as well" {
        a_service
        mkdir "$T/config"
        printf '[Manager]\nBusControlUsers=4711 65534\n' >"$T/config/svinit.conf"
        dbus_boot --bind "$T/config:/etc/svinit"
        inside "${nobody[@]}" systemctl start a.service
        [[ $(show a.service ActiveState) == active ]]
        printf '[Manager]\nBusControlUsers=4711\n' >"$T/config/svinit.conf"
        ctl daemon-reload
        run -4 inside "${nobody[@]}" systemctl stop a.service
        [[ $(show a.service ActiveState) == active ]]
        # A group counts as well, the primary one or another, and has a name.
        printf '[Manager]\nBusControlGroups=nogroup\n' >"$T/config/svinit.conf"
        ctl daemon-reload
        run -4 inside setpriv --reuid bin --regid bin --clear-groups systemctl stop a.service
        inside setpriv --reuid bin --regid bin --groups 4713,65534 systemctl stop a.service
        [[ $(show a.service ActiveState) == inactive ]]
        inside setpriv --reuid bin --regid 65534 --clear-groups systemctl start a.service
        [[ $(show a.service ActiveState) == active ]]
}

@test "start --wait ends with the service and tells how it went" {
        unit good.service <<<$'[Service]\nExecStart=/bin/sleep 0.2'
        unit bad.service <<<$'[Service]\nExecStart=/bin/sh -c "sleep 0.2; exit 3"'
        dbus_boot
        inside timeout 20 systemctl start --wait good.service
        run -1 inside timeout 20 systemctl start --wait bad.service
        [[ $(show good.service ActiveState) == inactive ]]
}

@test "a service of Type=dbus is up when its name is taken" {
        unit named.service <<<$'[Service]\nType=dbus\nBusName=org.freedesktop.systemd1\nExecStart=/bin/sleep infinity'
        unit never.service <<<$'[Service]\nType=dbus\nBusName=org.svinit.Never\nTimeoutStartSec=1\nExecStart=/bin/sleep infinity'
        dbus_boot
        inside timeout 20 systemctl start named.service
        [[ $(show named.service ActiveState) == active ]]
        run -1 inside timeout 20 systemctl start never.service
        [[ $(show never.service Result) == timeout ]]
}

@test "the bus daemon comes back and so does our name on it" {
        dbus_boot
        inside systemctl kill -s KILL dbus.service
        inside systemctl start dbus.service
        wait_for busctl --system call org.freedesktop.systemd1 /org/freedesktop/systemd1 org.freedesktop.DBus.Peer Ping
}

@test "what only systemd's daemons could do is refused at once" {
        dbus_boot
        SECONDS=0
        inside systemctl poweroff || true
        wait_gone
        ((SECONDS < 20)) # the clients of D-Bus wait 25 s for an answer
        ((exit_code == 0))
}
