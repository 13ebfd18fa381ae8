#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# The verbs about unit files over D-Bus, by the real systemctl and by svctl.

load helper

some_service() {
        unit "$1.service" <<<$'[Service]\nExecStart=/bin/sleep infinity\n[Install]\nWantedBy=multi-user.target'
}

@test "link, preset, add-wants, revert and set-default work over D-Bus" {
        some_service a
        some_service b
        boot
        inside_sh 'mkdir -p /opt /etc/systemd/system-preset /usr/lib/systemd/system
                cp /etc/systemd/system/a.service /opt/linked.service
                cp /etc/systemd/system/a.service /usr/lib/systemd/system/vendor.service
                printf "disable b.service\nenable *\n" >/etc/systemd/system-preset/10-x.preset'
        run -0 ctl link /opt/linked.service
        [[ $output == *"Created symlink /etc/systemd/system/linked.service → /opt/linked.service."* ]]
        run -0 ctl preset a b
        [ -L "$T/units/multi-user.target.wants/a.service" ]
        [ ! -e "$T/units/multi-user.target.wants/b.service" ]
        run -0 ctl add-requires multi-user.target b.service
        [ -L "$T/units/multi-user.target.requires/b.service" ]
        run -0 ctl preset-all
        [ ! -e "$T/units/multi-user.target.requires/b.service" ]
        run -0 inside_sh 'mkdir /etc/systemd/system/vendor.service.d; echo "[Unit]" >/etc/systemd/system/vendor.service.d/x.conf'
        run -0 ctl revert vendor.service
        [ ! -e "$T/units/vendor.service.d" ]
        run -0 ctl set-default multi-user.target
        run -0 ctl get-default
        [ "$output" = multi-user.target ]
        run -1 ctl add-wants nothing.target a.service
        [[ $output == *"Unit file nothing.target does not exist."* ]]
}

@test "a list that takes several turns of the event loop is complete" {
        for ((i = 0; i < 350; i++)); do
                some_service "several$i"
        done
        boot
        run -0 ctl list-unit-files 'several*.service'
        [[ $output == *"350 unit files listed."* ]]
        run -0 ctl enable several1 several2 several3
        run -0 ctl list-unit-files --state=enabled 'several*'
        [[ $output == *"3 unit files listed."* ]]
}

@test "svctl does the same as systemctl when svinit runs; UnitFilesChanged tells of each change" {
        some_service a
        some_service b
        boot
        inside dbus-monitor --address unix:path=/run/systemd/private "type='signal',member='UnitFilesChanged'" \
                "type='signal',member='JobRemoved'" >"$T/out/monitor" 2>&1 3>&- &
        hears() { ctl start b && ctl stop b && grep -q member=JobRemoved "$T/out/monitor"; }
        wait_host hears # the second rule, and so the first
        n_signals() { [ "$(grep -c 'interface=org.freedesktop.systemd1.Manager; member=UnitFilesChanged' "$T/out/monitor")" = "$1" ]; }
        run -0 inside svctl enable --now a
        [[ $output == *"Created symlink /etc/systemd/system/multi-user.target.wants/a.service"* ]]
        wait_host n_signals 1
        run -0 ctl enable a # nothing changes
        run -0 inside svctl is-active a
        run -0 inside svctl is-enabled a
        run -0 inside svctl disable --now a
        wait_host n_signals 2
        run -3 inside svctl is-active a
        run -1 inside svctl enable nothing.service
        [[ $output == *"nothing.service does not exist"* ]]
}

@test "edit takes text from stdin or an editor, and an empty file changes nothing" {
        some_service a
        boot
        run -0 inside_sh 'echo "[Unit]
Description=edited" | svctl edit --stdin a'
        run -0 inside svctl show -p Description --value a.service
        [ "$output" = edited ]
        run -0 inside_sh 'SYSTEMD_EDITOR="sed -i s/edited/twice/" script -qec "svctl edit a" /dev/null'
        run -0 inside cat /etc/systemd/system/a.service.d/override.conf
        [ "$output" = $'[Unit]\nDescription=twice' ]
        run -0 inside_sh 'SYSTEMD_EDITOR="truncate -s0" script -qec "svctl edit a" /dev/null'
        [[ $output == *"canceled: temporary file is empty."* ]]
        run -0 inside cat /etc/systemd/system/a.service.d/override.conf
        [ "$output" = $'[Unit]\nDescription=twice' ]
        run -1 inside_sh 'SYSTEMD_EDITOR=false script -qec "svctl edit a" /dev/null'
        run -0 inside_sh 'find /etc/systemd/system -name ".#*"'
        [ "$output" = "" ]
}
