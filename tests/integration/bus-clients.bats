#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# Clients of the bus that are not systemd's: python3-dbus (libdbus), gdbus (GDBus), and what Ansible runs; over a bus
# daemon and over what svinit serves in its place.

load helper

client=$BATS_TEST_DIRNAME/../tools/bus-client.py

the_units() {
        unit a.service <<<$'[Unit]\nDescription=Alpha\n[Service]\nExecStart=/bin/sleep infinity\n[Install]\nWantedBy=multi-user.target'
        unit bad.service <<<$'[Unit]\nStartLimitIntervalSec=0\n[Service]\nType=oneshot\nExecStart=/bin/false'
        unit s.socket <<<$'[Socket]\nListenStream=/run/s.sock'
        unit s.service <<<$'[Service]\nExecStart=/bin/sleep infinity'
        unit t.timer <<<$'[Timer]\nOnActiveSec=1h\nUnit=a.service'
        enabled s.socket t.timer
        cp "$client" "$T/out/client"
        chmod 755 "$T/out/client"
}

boot_with() { # daemon, driver
        if [[ $1 == daemon ]]; then
                enabled dbus.service
        else
                ln -s /dev/null "$T/units/dbus.socket"
                ln -s /dev/null "$T/units/dbus.service"
        fi
        boot
        wait_for busctl --system call org.freedesktop.systemd1 /org/freedesktop/systemd1 org.freedesktop.DBus.Peer Ping
}

python() { # its last line has to be that: LINE [as nobody] COMMAND...
        local expected=$1
        shift
        run inside timeout 120 "$@"
        [[ ${lines[-1]} == *"$expected"* ]] || { echo "$output"; return 1; }
}

with_python() {
        local nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups)
        python "active running" /usr/bin/python3 /out/client start a.service done
        python "failed failed" /usr/bin/python3 /out/client start bad.service failed
        python well /usr/bin/python3 /out/client exporter
        python well "${nobody[@]}" /usr/bin/python3 /out/client exporter
        python Access "${nobody[@]}" /usr/bin/python3 /out/client start a.service done
}

gdbus_call() { # PATH METHOD ARGUMENTS
        inside timeout 60 gdbus call --system -d org.freedesktop.systemd1 -o "$1" -m "${@:2}"
}

# In the background; its process id is in NAME.pid, what it says in NAME.log.
stays() { # NAME COMMAND...
        inside sh -c 'echo $$ >"/out/$0.pid"; exec "$@"' "$@" >"$T/out/$1.log" 2>&1 3>&- &
}

# It is there when it tells of a signal.
gdbus_listens() {
        ctl start --no-block bad.service && grep -q JobRemoved "$T/out/signals.log"
}

with_gdbus() {
        local path=/org/freedesktop/systemd1 log
        ctl stop a.service
        stays subscriber /usr/bin/python3 /out/client subscribe
        wait_host grep -qx subscribed "$T/out/subscriber.log"
        stays signals gdbus monitor --system -d org.freedesktop.systemd1
        log=$T/out/signals.log
        wait_host gdbus_listens
        run -0 gdbus_call "$path" org.freedesktop.systemd1.Manager.StartUnit a.service replace
        [[ $output =~ ^\(objectpath\ \'(/org/freedesktop/systemd1/job/[0-9]+)\',\)$ ]]
        wait_host grep -qF "JobRemoved (uint32 ${BASH_REMATCH[1]##*/}, objectpath '${BASH_REMATCH[1]}', 'a.service', 'done')" "$log"
        wait_host grep -q "unit/a_2eservice: org.freedesktop.DBus.Properties.PropertiesChanged ('org.freedesktop.systemd1.Unit', {.*'ActiveState': <'active'>" "$log"
        run -0 gdbus_call "$path/unit/a_2eservice" org.freedesktop.DBus.Properties.Get org.freedesktop.systemd1.Service MainPID
        [[ $output =~ ^\(\<uint32\ [1-9][0-9]*\>,\)$ ]]
        run -0 inside timeout 60 gdbus introspect --system -d org.freedesktop.systemd1 -o "$path"
        [[ $output == *"StartUnit(in  s name,"* ]]
        inside kill "$(<"$T/out/subscriber.pid")" "$(<"$T/out/signals.pid")"
}

# A controller ends the processes of its scope itself; they end all the same when it has gone.
with_controller() {
        stays worker sleep infinity
        wait_host test -s "$T/out/worker.pid"
        stays controller /usr/bin/python3 /out/client scope "$(<"$T/out/worker.pid")"
        wait_host grep -qx made "$T/out/controller.log"
        wait_state controlled.scope active
        [[ $(show controlled.scope Controller) == :1.* ]]
        ctl stop --no-block controlled.scope
        wait_host grep -qx asked "$T/out/controller.log"
        [[ $(show controlled.scope ActiveState) == deactivating ]]
        inside kill -0 "$(<"$T/out/worker.pid")"
        inside kill "$(<"$T/out/worker.pid")"
        wait_state controlled.scope inactive
        inside kill "$(<"$T/out/controller.pid")"

        stays worker2 sleep infinity
        wait_host test -s "$T/out/worker2.pid"
        stays controller2 /usr/bin/python3 /out/client scope "$(<"$T/out/worker2.pid")"
        wait_host grep -qx made "$T/out/controller2.log"
        wait_state controlled.scope active
        inside kill "$(<"$T/out/controller2.pid")"
        wait_host has_ended "$(<"$T/out/controller2.pid")" # before that it is still asked
        [[ $1 != daemon ]] || wait_host has_no_controller
        inside timeout 30 systemctl stop controlled.scope
}

has_no_controller() {
        [[ ! $(show controlled.scope Controller) ]]
}

# The calls of Ansible's module for systemd.
with_ansible() {
        run -0 inside test -d /run/systemd/system
        run -0 ctl show a.service
        [[ $output == *"LoadState=loaded"* && $output == *"ActiveState="* ]]
        run -0 ctl show nothing.service
        [[ $output == *"LoadState=not-found"* && $output == *"ActiveState=inactive"* ]]
        run -1 ctl is-enabled a.service
        run -0 ctl is-active a.service
        run -0 ctl list-unit-files a.service
        run -0 ctl daemon-reload
}

@test "python3-dbus, gdbus and Ansible's calls over dbus-daemon" {
        the_units
        boot_with daemon
        with_python
        with_gdbus
        with_controller daemon
        with_ansible
}

@test "python3-dbus, gdbus and Ansible's calls over the built-in driver" {
        the_units
        boot_with driver
        with_python
        with_gdbus
        with_controller driver
        with_ansible
}
