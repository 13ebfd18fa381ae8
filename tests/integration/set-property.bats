#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# Settings that change while the unit runs: systemctl set-property, busctl, and svctl beside them.

load helper

private=(busctl --no-pager --address=unix:path=/run/systemd/private)
persistent=/etc/systemd/system.control
volatile=/run/systemd/system.control

units() {
        unit app.service <<'U'
[Service]
ExecStart=/bin/sleep infinity
TasksMax=40
MemoryMax=80M
U
        enabled app.service
}

group_has() {
        inside sh -c "cat /sys/fs/cgroup/$1/system.slice/app.service/$2" | grep -qxF -- "$3"
}

file() {
        inside cat "$1/app.service.d/50-$2.conf"
}

with() {
        local set=("$@") main
        main=$(show app MainPID)

        # for good: value, file, group, all at once
        inside "${set[@]}" set-property app.service TasksMax=30 MemoryMax=64M
        [[ $(show app TasksMax)-$(show app MemoryMax) == 30-$((64 << 20)) ]]
        file $persistent TasksMax | grep -qx 'TasksMax=30'
        file $persistent MemoryMax | grep -qx '\[Service\]'
        group_has pids pids.max 30
        group_has memory memory.limit_in_bytes $((64 << 20))
        [[ $(show app NeedDaemonReload) == no ]]
        show app DropInPaths | grep -qF 50-TasksMax.conf

        # until the next boot
        inside "${set[@]}" set-property --runtime app.service CPUQuota=50% TasksMax=20
        file $volatile CPUQuota | grep -qx 'CPUQuota=50%'
        group_has cpu cpu.cfs_quota_us 50000
        [[ $(show app CPUQuotaPerSecUSec) == 500ms ]]

        # a reload finds the same; the same process runs all the time
        ctl daemon-reload
        [[ $(show app CPUQuotaPerSecUSec)-$(show app MemoryMax) == 500ms-$((64 << 20)) ]]
        group_has memory memory.limit_in_bytes $((64 << 20))
        [[ $(show app MainPID) == "$main" ]]

        # a share of the whole
        inside "${set[@]}" set-property app.service MemoryMax=10%
        file $persistent MemoryMax | grep -qx 'MemoryMax=10%'
        ! group_has memory memory.limit_in_bytes $((64 << 20)) || return 1
        shown=$(show app MemoryMax)
        [[ $shown =~ ^[0-9]+$ ]]
        group_has memory memory.limit_in_bytes $((shown / 4096 * 4096))
        inside "${set[@]}" set-property app.service MemoryMax=64M
        file $persistent MemoryMax | grep -qx 'MemoryMax=64M'

        # nothing takes it back
        inside "${set[@]}" set-property --runtime app.service CPUQuota=
        [[ $(show app CPUQuotaPerSecUSec) == infinity ]]
        group_has cpu cpu.cfs_quota_us -1
        inside "${set[@]}" set-property app.service MemoryMax=infinity
        [[ $(show app MemoryMax) == infinity ]]

        # lists add up, and are written whole
        inside "${set[@]}" set-property app.service DeviceAllow='/dev/null rw'
        inside "${set[@]}" set-property app.service DeviceAllow='/dev/zero r'
        [[ $(file $persistent DeviceAllow | grep -c '^DeviceAllow=/dev') == 2 ]]
        inside "${set[@]}" set-property app.service DeviceAllow=
        ! file $persistent DeviceAllow | grep -q '^DeviceAllow=/dev' || return 1

        # the description is no limit, and still may change
        inside "${set[@]}" set-property app.service Description='Two words'
        [[ $(show app Description) == "Two words" ]]
        file $persistent Description | grep -qx '\[Unit\]'

        # what is settled with the start, or is none, changes nothing
        run -1 inside "${set[@]}" set-property app.service TasksMax=7 Slice=other.slice
        [[ $output == *"Cannot set property Slice, or unknown property."* ]]
        [[ $(show app TasksMax) == 30 ]] # what is for good has precedence over what is not, as of the reload
        run -1 inside "${set[@]}" set-property app.service TasksMax=-7
        run ! inside "${set[@]}" set-property app.service NoSuchThing=1
        run ! inside "${set[@]}" set-property none.service TasksMax=7

        # revert takes the files away, and a reload the values
        ctl revert app.service
        inside test ! -e $persistent/app.service.d -a ! -e $volatile/app.service.d
        ctl daemon-reload
        [[ $(show app TasksMax)-$(show app MemoryMax) == 40-$((80 << 20)) ]]
        group_has pids pids.max 40
        [[ $(show app MainPID) == "$main" ]]
}

@test "set-property: systemctl and svctl" {
        units
        boot --cgroup hybrid
        with systemctl
        with svctl

        # a unit that does not run keeps what it was told
        unit idle.service <<<$'[Service]\nExecStart=/bin/sleep infinity'
        ctl set-property idle.service TasksMax=9
        ctl start idle.service
        [[ $(show idle TasksMax) == 9 ]]
        inside "${private[@]}" call org.freedesktop.systemd1 /org/freedesktop/systemd1/unit/idle_2eservice \
                org.freedesktop.systemd1.Unit SetProperties 'ba(sv)' true 1 TasksMax t 11
        [[ $(show idle TasksMax) == 11 ]]

        # a transient unit takes its drop-ins along
        inside systemd-run --quiet --unit brief sleep infinity
        ctl set-property --runtime brief.service TasksMax=12
        inside test -e /run/systemd/transient/brief.service.d/50-TasksMax.conf
        ctl stop brief.service
        wait_host inside test ! -e /run/systemd/transient/brief.service.d -a ! -e /run/systemd/transient/brief.service
}
