#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# The system bus's socket without a bus daemon: svinit answers there, and hands it over when a daemon starts.

load helper

socket=/run/dbus/system_bus_socket
nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups)

no_daemon() {
        ln -s /dev/null "$T/units/dbus.socket"
        ln -s /dev/null "$T/units/dbus.service"
}

bus_call() { # PATH INTERFACE MEMBER [arguments]
        inside timeout 20 busctl --system call org.freedesktop.systemd1 "$@"
}

# Whose socket it is: the bus's own driver knows the daemon's features, ours has none.
svinit_serves() {
        [[ $(inside timeout 20 busctl --system call org.freedesktop.DBus /org/freedesktop/DBus org.freedesktop.DBus GetConnectionUnixProcessID s org.freedesktop.DBus) == "u 1" ]]
}

daemon_serves() {
        ! svinit_serves && bus_call /org/freedesktop/systemd1 org.freedesktop.DBus.Peer Ping
}

@test "without a daemon everybody may look, root may touch, and clients of a bus find what they ask it for" {
        a_service
        no_daemon
        boot
        wait_host svinit_serves
        [[ $(inside stat -c %a "$socket") == 666 ]]
        inside "${nobody[@]}" systemctl --no-pager status init.scope >/dev/null
        [[ $(inside "${nobody[@]}" systemctl is-active multi-user.target) == active ]]
        run -4 inside "${nobody[@]}" systemctl start a.service
        [[ $output == *"Access denied"* || $output == *"Interactive authentication required"* ]]
        inside env SYSTEMCTL_FORCE_BUS=1 timeout 20 systemctl start a.service
        [[ $(show a.service ActiveState) == active ]]
        run -0 inside busctl --system --no-pager list
        [[ $output == *:1.*org.freedesktop.DBus*org.freedesktop.systemd1* ]]
        run -0 inside busctl --system call org.freedesktop.DBus /org/freedesktop/DBus org.freedesktop.DBus \
                GetConnectionCredentials s org.freedesktop.systemd1
        [[ $output == 'a{sv} 2 "ProcessID" u 1 "UnixUserID" u 0' ]]
        run -0 inside busctl --system --no-pager tree org.freedesktop.systemd1
        [[ $output == *unit/a_2eservice* ]]
        run -1 inside timeout 20 busctl --system call org.freedesktop.login1 /a a.b C
        [[ $output == *"org.freedesktop.login1 is not here"* ]]
        run -1 inside timeout 20 busctl --system call org.freedesktop.DBus /org/freedesktop/DBus org.freedesktop.DBus RequestName su a.b 0
        [[ $output == *"Access denied"* ]]
        run -7 inside timeout 60 systemd-run --quiet --wait sh -c 'exit 7'
        run -0 inside timeout 60 systemd-run --quiet --pipe echo through the pipe
        [[ $output == "through the pipe" ]]
}

@test "BusDriver=no leaves the socket alone" {
        no_daemon
        mkdir "$T/config"
        printf '[Manager]\nBusDriver=no\n' >"$T/config/svinit.conf"
        boot --bind "$T/config:/etc/svinit"
        inside test ! -e "$socket"
}

@test "the socket goes to a daemon that starts and comes back when it stops; no client loses an answer" {
        unit slow.service <<<$'[Service]\nType=oneshot\nExecStart=/bin/sh -c "until [ -e /out/go ]; do sleep 0.05; done"'
        boot
        ctl stop dbus.socket dbus.service
        wait_host svinit_serves
        # Who waits on the driver's connection is answered there, long after the socket has become another's.
        inside env SYSTEMCTL_FORCE_BUS=1 timeout 60 systemctl start slow.service >"$T/out/waiting" 2>&1 &
        local waiting=$!
        wait_state slow.service activating
        # Never a moment without a bus: every one of these calls is answered, by the one or by the other.
        (
                set +e
                until [[ -e $T/out/go ]]; do
                        inside timeout 20 busctl --system call org.freedesktop.DBus /org/freedesktop/DBus org.freedesktop.DBus GetId >/dev/null 2>>"$T/out/pings" || echo "failed" >>"$T/out/pings"
                done
        ) 3>&- &
        local pinging=$!
        inside env SYSTEMCTL_FORCE_BUS=1 timeout 60 systemctl start dbus.service
        wait_host daemon_serves
        touch "$T/out/go"
        wait "$waiting"
        wait "$pinging"
        cat "$T/out/pings"
        [[ $(show slow.service Result) == success ]]
        run -1 grep -q . "$T/out/pings"
        ctl stop dbus.socket dbus.service
        wait_host svinit_serves
}

@test "a daemon without dbus.socket has the socket, and one that nobody told svinit of if it takes the place" {
        ln -s /dev/null "$T/units/dbus.socket"
        unit dbus.service <<<$'[Service]\nType=notify\nExecStart=/usr/bin/dbus-daemon --system --nofork --nopidfile'
        boot
        ctl stop dbus.service
        wait_host svinit_serves
        ctl start dbus.service
        wait_host daemon_serves
        ctl stop dbus.service
        wait_host svinit_serves
        inside dbus-daemon --system --fork --nopidfile --address=unix:path=/run/dbus/mine
        inside mv /run/dbus/mine "$socket"
        wait_host inside timeout 20 busctl --system call org.freedesktop.DBus /org/freedesktop/DBus org.freedesktop.DBus GetId
        run ! svinit_serves
}
