#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# The same small core wherever svinit may run: with each kind of cgroup or none, with Docker's privileges, not as
# PID 1, on a read-only root, as a user, with few descriptors.

load helper

core_units() {
        unit core.service <<<$'[Service]\nExecStart=/bin/sh -c "probe daemon /run/stray1; probe daemon /run/stray2; echo core is up; exec sleep infinity"\nRestart=on-failure\nRestartSec=10ms'
        unit once.service <<<$'[Service]\nType=oneshot\nExecStart=/bin/true'
        enabled core.service
}

# Start, log, restart after a crash, strays gone after a stop, clean end.
core_works() {
        wait_state core.service active
        wait_for test -s /run/stray2
        run -0 ctl start once
        [ "$(show core MainPID)" != 0 ]
        pids="$(inside cat /run/stray1 /run/stray2)"
        inside kill -0 $pids
        first=$(show core MainPID)
        inside rm /run/stray1 /run/stray2
        inside kill -9 "$first"
        wait_host another_pid core "$first"
        for pid in $pids; do run ! inside kill -0 "$pid"; done
        wait_for test -s /run/stray2
        wait_host journal_has core "core is up"
        pids="$(inside cat /run/stray1 /run/stray2)"
        run -0 ctl stop core
        for pid in $pids; do run ! inside kill -0 "$pid"; done
        [ "$(show core ActiveState)" = inactive ]
        run -0 ctl start core
        stop
        [ "$exit_code" = 0 ]
}

kill_shim() { # UNIT
        inside pkill -KILL -f "^svinit-shim $1\$"
        wait_logged "$1: svinit-shim was killed" _PID=1
}

@test "without a cgroup: the shim holds a service together; killed, svinit still sees the end of its main process" {
        core_units
        unit bare.service <<<$'[Service]\nExecStart=/bin/sleep infinity\nRestart=always\nRestartSec=0'
        unit last.service <<<$'[Service]\nExecStart=/bin/sleep infinity'
        enabled bare.service last.service
        boot --cgroup none
        bare=$(show bare MainPID)
        kill_shim bare.service
        [ "$(show bare ActiveState)/$(show bare MainPID)" = "active/$bare" ]
        inside kill -KILL "$bare"
        wait_host another_pid bare "$bare"
        kill_shim last.service
        run -0 ctl stop last
        [ "$(show last ActiveState)/$(show last Result)" = inactive/success ]
        core_works
}

@test "a read-only cgroup" {
        core_units
        boot --cgroup ro
        core_works
}

@test "cgroup v1 with few hierarchies" {
        core_units
        boot --cgroup v1-few
        run -1 inside pgrep -f svinit-shim
        core_works
}

@test "cgroup v1" {
        core_units
        boot --cgroup v1
        run -1 inside pgrep -f svinit-shim
        core_works
}

@test "a hybrid of v1 and v2" {
        core_units
        boot --cgroup hybrid
        run -1 inside pgrep -f svinit-shim
        [[ $(show core ControlGroup) == *core.service ]]
        inside grep -q core.service "/proc/$(show core MainPID)/cgroup"
        core_works
}

@test "with Docker's default privileges and system call filter" {
        core_units
        boot --docker
        core_works
}

@test "not as PID 1" {
        core_units
        boot --not-pid1
        [ "$init_pid" != "" ]
        core_works
}

@test "on a read-only root" {
        core_units
        boot --read-only
        core_works
}

@test "with 64 descriptors" {
        core_units
        boot --nofile 64
        core_works
}

@test "as a user: services run as that user, another one is refused with a reason" {
        unit mine.service <<<$'[Service]\nExecStart=/bin/sh -c "id -u >/out/id; exec sleep infinity"'
        unit same.service <<<$'[Service]\nType=oneshot\nUser=1000\nExecStart=/bin/sh -c "id -u >/out/same"'
        unit other.service <<<$'[Service]\nType=oneshot\nUser=daemon\nExecStart=/bin/true'
        enabled mine.service same.service other.service
        launch --uid 1000
        wait_host test -s "$T/out/id"
        wait_host test -s "$T/out/same"
        [ "$(<"$T/out/id")/$(<"$T/out/same")" = 1000/1000 ]
        wait_host grep -q 'other.service: .*217/USER' "$T/console"
        wait_host grep -q 'other.service: .*User=daemon: svinit runs as uid 1000' "$T/console"
        stop
        [ "$exit_code" = 0 ]
}

hungry() {
        unit hog.service <<<$'[Service]\nMemoryMax=20M\nMemorySwapMax=0\nExecStart=/bin/sh -c "echo x >>/out/runs; test $(wc -l </out/runs) -ge 3 && exec sleep infinity; exec probe hog 200"\nRestart=on-failure\nRestartSec=10ms'
}

@test "MemoryMax=: killed by the kernel, told as oom-kill, started again (hybrid)" {
        hungry
        boot --cgroup hybrid
        memory_is_capped
}

@test "MemoryMax=: killed by the kernel, told as oom-kill, started again (v1)" {
        hungry
        boot --cgroup v1
        memory_is_capped
}

memory_is_capped() {
        ctl start hog
        wait_host has_run_thrice
        [ "$(show hog NRestarts)" = 2 ]
        wait_host said_twice
        wait_logged 'killed by the OOM killer' -u hog
        [ "$(show hog MemoryMax)" = 20971520 ]
        ctl set-property --runtime hog.service MemoryMax=30M 2>/dev/null || true
}

said_twice() {
        [ "$(journal -u hog | grep -c "Failed with result 'oom-kill'")" = 2 ]
}

has_run_thrice() {
        [ "$(show hog NRestarts)/$(show hog ActiveState)" = 2/active ]
}

@test "MemoryMax= without a cgroup: the unit runs, svctl says that the limit does not" {
        hungry
        unit calm.service <<<$'[Service]\nMemoryMax=20M\nTasksMax=10\nExecStart=/bin/sleep infinity'
        boot --cgroup none
        run -0 ctl start calm
        run -0 inside svctl status calm
        [[ $output == *"MemoryMax="* && $output == *"TasksMax="* ]]
        wait_logged 'Not applied here: .*MemoryMax=' -u calm
}

@test "TasksMax= and CPUQuota= are in the cgroup" {
        unit l.service <<<$'[Service]\nTasksMax=7\nCPUQuota=50%\nExecStart=/bin/sleep infinity'
        boot --cgroup hybrid
        ctl start l
        [ "$(inside sh -c 'cat /sys/fs/cgroup/pids/system.slice/l.service/pids.max')" = 7 ]
        [ "$(inside sh -c 'cat /sys/fs/cgroup/cpu/system.slice/l.service/cpu.cfs_quota_us')" = 50000 ]
        [ "$(show l TasksCurrent)" = 1 ]
}
