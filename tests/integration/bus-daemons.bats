#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# The system bus of dbus-daemon and of dbus-broker, both as units of svinit: our name on it, activation, Type=dbus.

load helper

owner=$BATS_TEST_DIRNAME/../tools/bus-owner.py

boot_with() { # dbus-daemon, dbus-broker
        [[ $1 != dbus-broker ]] || ln -s /usr/lib/systemd/system/dbus-broker.service "$T/units/dbus.service"
        enabled dbus.service
        unit act.service <<<$'[Service]\nType=dbus\nBusName=org.svinit.Act\nExecStart=/usr/bin/python3 /out/owner org.svinit.Act'
        unit fails.service <<<$'[Unit]\nStartLimitIntervalSec=0\n[Service]\nType=dbus\nBusName=org.svinit.Fails\nExecStart=/bin/false'
        cp "$owner" "$T/out/owner"
        boot
        wait_state dbus.service active
        [[ $(inside cat "/proc/$(show dbus.service MainPID)/comm") == "${2:-$1}" ]]
        our_name
}

our_name() {
        wait_for busctl --system call org.freedesktop.systemd1 /org/freedesktop/systemd1 org.freedesktop.DBus.Peer Ping
}

driver_call() { # MEMBER [arguments]
        inside timeout 20 busctl --system call org.freedesktop.DBus /org/freedesktop/DBus org.freedesktop.DBus "$@"
}

activatable() { # NAME UNIT
        printf '[D-BUS Service]\nName=%s\nExec=/bin/false\nUser=root\nSystemdService=%s\n' "$1" "$2" >"$T/out/$1.service"
        inside cp "/out/$1.service" /usr/share/dbus-1/system-services/
}

activation() {
        cat >"$T/out/policy.conf" <<'X'
<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-BUS Bus Configuration 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><policy context="default"><allow own_prefix="org.svinit"/><allow send_destination="org.svinit.Act"/><allow send_destination="org.svinit.Fails"/><allow send_destination="org.svinit.Missing"/></policy></busconfig>
X
        inside cp /out/policy.conf /etc/dbus-1/system.d/org.svinit.conf
        activatable org.svinit.Act act.service
        activatable org.svinit.Fails fails.service
        activatable org.svinit.Missing missing.service
        driver_call ReloadConfig
        run -1 inside timeout 60 busctl --system --timeout=50 call org.svinit.Missing / org.freedesktop.DBus.Peer Ping
        run -1 inside timeout 60 busctl --system --timeout=50 call org.svinit.Fails / org.freedesktop.DBus.Peer Ping
        [[ $(show act.service ActiveState) == inactive ]]
        inside timeout 60 busctl --system --timeout=50 call org.svinit.Act / org.freedesktop.DBus.Peer Ping
        [[ $(show act.service ActiveState) == active ]]
        # The name is lost with its owner, and the unit with the name.
        inside kill "$(show act.service MainPID)"
        wait_state act.service inactive
}

comes_back() {
        local before
        before=$(show dbus.service MainPID)
        inside kill -KILL "$before"
        wait_host inside systemctl start dbus.service
        our_name
        inside timeout 20 busctl --system call org.freedesktop.systemd1 /org/freedesktop/systemd1 \
                org.freedesktop.systemd1.Manager Subscribe
        inside env SYSTEMCTL_FORCE_BUS=1 timeout 20 systemctl start act.service
        [[ $(show act.service ActiveState) == active ]]
}

@test "dbus-daemon: activation by name, failures told at once, our name again after its death" {
        boot_with dbus-daemon
        activation
        comes_back
}

@test "dbus-broker: activation by name, failures told at once, our name again after its death" {
        boot_with dbus-broker dbus-broker-lau
        activation
        comes_back
}
