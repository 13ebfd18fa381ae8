#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# The tree of control groups: slices with limits of their own, limits that change while a service runs, units that are
# frozen, groups that are given away. On a hybrid tree and on one of v1.

load helper

cg=/sys/fs/cgroup

value() { # HIERARCHY GROUP FILE
        inside cat "$cg/$1/$2/$3"
}

holds() { # VALUE HIERARCHY GROUP FILE
        [ "$(value "$2" "$3" "$4")" = "$1" ]
}

tree_units() {
        unit web.slice <<<$'[Slice]\nTasksMax=50\nMemoryMax=64M'
        unit web-in.slice <<<$'[Slice]\nCPUWeight=50'
        unit a.service <<<$'[Service]\nSlice=web-in.slice\nStartupCPUWeight=500\nExecStart=/bin/sleep infinity'
        unit b.service <<<$'[Service]\nSlice=web.slice\nExecStart=/bin/sh -c "trap \'exit 0\' TERM; echo up >/run/b; while :; do sleep 0.05; done"'
        unit hog.service <<<$'[Service]\nSlice=web-in.slice\nMemoryMax=500M\nExecStart=/usr/bin/probe hog 200'
        unit given.service <<<$'[Service]\nDelegate=yes\nUser=nobody\nExecStart=/bin/sh -c "mkdir /sys/fs/cgroup/unified/system.slice/given.service/mine && echo $$$$ >/sys/fs/cgroup/unified/system.slice/given.service/mine/cgroup.procs && echo done >/out/given; exec sleep infinity"\nExecReload=/bin/true'
}

slices_hold() {
        # Alone in the slice: whom the kernel takes is up to it.
        ctl start hog
        wait_state hog failed
        [ "$(show hog Result)" = oom-kill ]
        ctl start a b
        a=$(show a MainPID) b=$(show b MainPID)
        # On v1 a slice's limit takes in those below, whether they have limits of their own or not.
        holds 50 pids web.slice pids.max
        holds 67108864 memory web.slice memory.limit_in_bytes
        [[ $(inside cat "/proc/$a/cgroup") == *:memory:*/web.slice/web-in.slice/a.service* ]]
        [[ $(inside cat "/proc/$b/cgroup") == *:pids:*/web.slice/b.service* ]]
        holds 512 cpu web.slice/web-in.slice cpu.shares
        holds 1024 cpu web.slice/web-in.slice/a.service cpu.shares # the start is over
        run ! inside test -d "$cg/memory/system.slice"
}

limits_change() {
        printf '[Slice]\nTasksMax=60\n' >"$T/units/web.slice"
        printf '[Service]\nSlice=web-in.slice\nCPUWeight=200\nMemoryMax=32M\nMemorySwapMax=8M\nAllowedCPUs=0\nExecStart=/bin/sleep infinity\n' >"$T/units/a.service"
        ctl daemon-reload
        holds 60 pids web.slice pids.max
        holds 9223372036854771712 memory web.slice memory.limit_in_bytes
        holds 2048 cpu web.slice/web-in.slice/a.service cpu.shares
        holds 33554432 memory web.slice/web-in.slice/a.service memory.limit_in_bytes
        holds 41943040 memory web.slice/web-in.slice/a.service memory.memsw.limit_in_bytes
        # A limit in a hierarchy that the service was not in: it is taken in, as it runs.
        holds 0 cpuset web.slice/web-in.slice/a.service cpuset.cpus
        [[ $(inside cat "/proc/$a/cgroup") == *:cpuset:*/a.service* ]]
        [ "$(show a MainPID)" = "$a" ]
        printf '[Service]\nSlice=web-in.slice\nMemoryMax=48M\nExecStart=/bin/sleep infinity\n' >"$T/units/a.service"
        ctl daemon-reload
        holds 50331648 memory web.slice/web-in.slice/a.service memory.limit_in_bytes
        holds 50331648 memory web.slice/web-in.slice/a.service memory.memsw.limit_in_bytes
        holds 1024 cpu web.slice/web-in.slice/a.service cpu.shares
}

freezing_works() {
        run -0 ctl freeze b
        property_is b FreezerState frozen
        run -1 ctl freeze no-such-unit
        # A frozen service that is stopped hears of it and ends by itself.
        run -0 ctl stop b
        [ "$(show b Result)/$(show b ActiveState)" = success/inactive ]
        ctl start b
        property_is b FreezerState running
        run -0 ctl freeze web.slice
        property_is web.slice FreezerState frozen
        property_is web-in.slice FreezerState frozen
        property_is a FreezerState frozen
        property_is b FreezerState frozen
        run -0 ctl kill -s KILL a
        run -0 ctl stop b
        [ "$(show b ActiveState)" = inactive ]
        run -0 ctl thaw web.slice
        property_is web.slice FreezerState running
        wait_state a failed
        ctl stop b web.slice
        [ "$(show web.slice ActiveState)" = inactive ]
        for h in memory pids cpu; do ! inside test -d "$cg/$h/web.slice"; done
}

@test "slices have limits, which change, freeze and go (hybrid)" {
        tree_units
        boot --cgroup hybrid
        slices_hold
        limits_change
        freezing_works
        run ! inside test -d $cg/unified/web.slice
        # Given away: the user makes groups in it, and a control process still finds a place.
        ctl start given
        wait_host grep -q done "$T/out/given"
        run -0 ctl reload given
        ctl stop given
        run ! inside test -d $cg/unified/system.slice/given.service
        stop
        [ "$exit_code" = 0 ]
}

@test "slices have limits, which change, freeze and go (v1)" {
        tree_units
        boot --cgroup v1
        slices_hold
        limits_change
        freezing_works
        run ! inside test -d $cg/systemd/web.slice
        stop
        [ "$exit_code" = 0 ]
}

@test "without a cgroup a unit cannot be frozen, and says what of its settings does not hold" {
        unit web.slice <<<$'[Slice]\nMemoryMax=64M'
        unit a.service <<<$'[Service]\nSlice=web.slice\nDeviceAllow=/dev/null\nIOWeight=10\nAllowedCPUs=0\nExecStart=/bin/sleep infinity'
        boot --cgroup none
        ctl start a
        run ! ctl freeze a
        [[ $output == *"Unit 'a.service' does not support freezing."* ]]
        run -0 inside svctl status a
        for key in DeviceAllow IOWeight AllowedCPUs; do [[ $output == *"$key="* ]]; done
        run -0 inside svctl status web.slice
        [[ $output == *MemoryMax=* ]]
}
