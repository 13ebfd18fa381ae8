#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# svinit run by a user, below another svinit: its sockets are in $XDG_RUNTIME_DIR, where `systemctl --user` looks.

load helper

as_user() {
        inside env XDG_RUNTIME_DIR=/run/user/4711 DBUS_SESSION_BUS_ADDRESS=unix:path=/run/user/4711/bus HOME=/tmp \
                setpriv --reuid 4711 --regid 4711 --clear-groups "$@"
}

@test "svinit --user has the user's units, directories and sockets, and none of the system's" {
        unit mine.service <<'U'
[Service]
User=4711
Environment=XDG_RUNTIME_DIR=/run/user/4711 HOME=/home/mine
ExecStartPre=+/bin/sh -c 'mkdir -p /run/user/4711 /home/mine; chown 4711:4711 /run/user/4711 /home/mine; chmod 700 /run/user/4711'
ExecStartPre=/bin/sh -c 'mkdir -p /home/mine/.config/systemd/user; cp /out/*.service /out/*.target /home/mine/.config/systemd/user'
ExecStart=/usr/sbin/svinit --user --unit=mine.target
U
        unit a.service <<<$'[Unit]\nDescription=Alpha\n[Service]\nExecStart=/bin/sleep infinity'
        printf '[Unit]\nDescription=Mine\nWants=b.service\n' >"$T/out/mine.target"
        printf '[Service]\nStateDirectory=stuff\nExecStart=/bin/sh -c "echo %%S %%t $STATE_DIRECTORY; exec sleep infinity"\n[Install]\nWantedBy=mine.target\n' >"$T/out/b.service"
        chmod 644 "$T/out/"*
        boot
        run -125 inside env -u XDG_RUNTIME_DIR svinit --user
        [[ $output == *"XDG_RUNTIME_DIR"* ]]
        ctl start mine.service
        wait_host inside test -S /run/user/4711/bus
        wait_host user_is_active b.service
        run -5 as_user systemctl --user start a.service
        [[ $(as_user systemctl --user show -p FragmentPath --value b.service) == /home/mine/.config/systemd/user/b.service ]]
        wait_for test -d /home/mine/.config/stuff
        run -0 as_user env HOME=/home/mine systemctl --user enable b.service
        inside test -L /home/mine/.config/systemd/user/mine.target.wants/b.service
        run -3 as_user timeout 60 systemd-run --user --quiet --wait sh -c 'exit 3'
        as_user timeout 60 systemd-run --user --quiet --on-calendar=daily --timer-property=Persistent=yes --unit=kept true
        inside test -e /home/mine/.local/share/systemd/timers/stamp-kept.timer
        as_user systemctl --user exit 7 || true
        wait_state mine.service failed
        [[ $(show mine.service ExecMainStatus) == 7 ]]
}

user_is_active() {
        [[ $(as_user systemctl --user is-active "$1") == active ]]
}

@test "systemctl --user, busctl --user and systemd-run --user drive a user's svinit, and nobody else's" {
        unit a.service <<<$'[Unit]\nDescription=Alpha\n[Service]\nExecStart=/bin/sleep infinity'
        unit small.target <<<$'[Unit]\nDescription=Little'
        unit mine.service <<'U'
[Unit]
RequiresMountsFor=/run/user
[Service]
User=4711
Environment=XDG_RUNTIME_DIR=/run/user/4711 HOME=/tmp
ExecStartPre=+/bin/sh -c 'mkdir -p /run/user/4711; chown 4711:4711 /run/user/4711; chmod 700 /run/user/4711'
ExecStart=/usr/sbin/svinit --unit=small.target
U
        boot
        ctl start mine.service
        wait_host inside test -S /run/user/4711/bus
        [[ $(inside stat -c '%a %u' /run/user/4711/systemd/private) == "600 4711" ]]
        wait_host as_user systemctl --user is-active small.target
        as_user timeout 60 systemctl --user start a.service
        [[ $(as_user systemctl --user show -p ActiveState --value a.service) == active ]]
        [[ $(show a.service ActiveState) == inactive ]]
        [[ $(as_user busctl --user get-property org.freedesktop.systemd1 /org/freedesktop/systemd1/unit/a_2eservice \
                org.freedesktop.systemd1.Unit ActiveState) == 's "active"' ]]
        run -3 as_user timeout 60 systemd-run --user --quiet --wait sh -c 'exit 3'
        run -4 as_user timeout 60 svctl run --user --quiet --pipe sh -c 'exit 4'
        run -0 as_user timeout 60 systemd-run --user --quiet --pipe id -u
        [[ $output == 4711 ]]
        # Root may do anything there, a third nothing.
        run -1 inside env XDG_RUNTIME_DIR=/run/user/4711 setpriv --reuid 65534 --regid 65534 --clear-groups systemctl --user is-active a.service
        as_user timeout 60 systemctl --user stop a.service
        [[ $(as_user systemctl --user is-active a.service) == inactive ]]
        as_user systemctl --user exit 7 || true
        wait_state mine.service failed
        [[ $(show mine.service ExecMainStatus) == 7 ]]
        inside test ! -e /run/user/4711/bus
}
