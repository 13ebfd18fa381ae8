#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# What units use, memory that runs out, and X-MemoryRestart=: with cgroups and without.

load helper

is_at_least() {
        [[ $1 =~ ^[0-9]+$ ]] && (($1 >= $2))
}

has_memory() {
        is_at_least "$(show "$1" MemoryCurrent)" "$2"
}

oom_units() {
        # The victim is a grandchild: its parent lives on, and nobody but the kernel's counter tells of it.
        unit helper.service <<<$'[Service]\nMemoryMax=20M\nMemorySwapMax=0\nOOMPolicy=stop\nExecStart=/bin/sh -c "probe hog 200; exec sleep infinity"'
        unit goes-on.service <<<$'[Service]\nMemoryMax=20M\nMemorySwapMax=0\nOOMPolicy=continue\nExecStart=/bin/sh -c "probe hog 200; echo went on; exec sleep infinity"'
        unit killed.service <<<$'[Service]\nMemoryMax=20M\nMemorySwapMax=0\nOOMPolicy=kill\nExecStart=/bin/sh -c "probe hog 200; trap : TERM; while :; do sleep 100 & wait; done"'
}

oom_is_told() {
        ctl start helper goes-on killed
        wait_state helper.service failed
        [ "$(show helper Result)" = oom-kill ]
        wait_state killed.service failed
        [ "$(show killed Result)" = oom-kill ]
        wait_host journal_has goes-on.service 'killed by the OOM killer (limit 20.0M, peak '
        [ "$(show goes-on ActiveState)" = active ]
        wait_host journal_has helper.service 'killed by the OOM killer (limit 20.0M, peak '
        [ "$(inside journalctl -o cat MESSAGE_ID=fe6faa94e7774663a0da52717891d8ef UNIT=helper.service | wc -l)" = 1 ]
        run inside svctl status helper
        [ "$status" = 3 ]
        [[ $output == *"Result: oom-kill"* && $output == *"(max: 20.0M, peak: "* ]]
        [[ $output == *"OOM: the kernel has killed 1 process in this run for want of memory"* ]]
        run -0 inside svctl status goes-on
        [[ $output == *"(max: 20.0M, peak: "*", available: "* ]]
        ctl kill -s KILL goes-on # one of ours is no other
        wait_state goes-on.service failed
        [ "$(show goes-on Result)" = signal ]
}

@test "a helper that the kernel kills for memory: OOMPolicy= decides, the log and status say so (hybrid)" {
        oom_units
        boot --cgroup hybrid
        oom_is_told
}

@test "a helper that the kernel kills for memory: OOMPolicy= decides, the log and status say so (v1)" {
        oom_units
        boot --cgroup v1
        oom_is_told
}

@test "the command is killed for memory: exit code 137, and the cause says so" {
        unit eater.service <<<$'[Service]\nX-Essential=yes\nMemoryMax=20M\nMemorySwapMax=0\nExecStart=/bin/sh -c "probe hog 200; exec sleep infinity"'
        enabled eater.service
        launch --cgroup hybrid
        wait_gone
        [ "$exit_code" = 137 ]
        grep -q 'Exit code 137: eater.service: the kernel killed it for want of memory (OOM; limit 20.0M, peak ' "$T/console"
}

@test "X-MemoryRestart=: restarted in order before the hard limit, no failure, with the reason (hybrid)" {
        unit grows.service <<<$'[Unit]\nStartLimitBurst=2\n[Service]\nMemoryMax=100M\nX-MemoryRestart=30%\nRestartSec=10ms\nExecStart=/bin/sh -c "test -e /out/grown || { : >/out/grown; probe hog 80 & }; wait; exec sleep infinity"\nExecStop=/bin/sh -c ": >/out/stopped"'
        boot --cgroup hybrid
        ctl start grows
        wait_host restarted_once grows
        [ "$(show grows Result)" = success ]
        [ -e "$T/out/stopped" ]
        wait_host journal_has grows.service 'more than X-MemoryRestart=30.0M; it is stopped and started again'
        wait_host journal_has grows.service 'Scheduled restart job, restart counter is at 1 (X-MemoryRestart=)'
        run -0 inside svctl status grows
        [[ $output == *"Restarts: 1 (the last: X-MemoryRestart=)"* ]]
}

figures() {
        unit busy.service <<<$'[Service]\nExecStart=/bin/sh -c "probe hog 20 & i=0; while [ $i -lt 10000000 ]; do i=$((i+1)); done; wait"\nExecStop=/bin/kill -TERM 0'
        unit calm.service <<<$'[Service]\nSlice=a-b.slice\nExecStart=/bin/sleep infinity'
        boot "$@"
        ctl start busy calm
        wait_host has_memory busy.service 20000000
        [ "$(show busy TasksCurrent)" -ge 2 ]
        wait_host has_cpu busy.service 100000000
        [ "$(show calm TasksCurrent)" = 1 ]
        has_memory system.slice 20000000
        [ "$(show a-b.slice TasksCurrent)" = 1 ]
        [ "$(show a.slice TasksCurrent)" = 1 ]
        is_at_least "$(show a.slice MemoryCurrent)" 1
        run -0 ctl status busy
        [[ $output == *"Tasks: "*"Memory: "*"CPU: "*"CGroup: "*"probe hog 20"* ]]
        run -0 inside svctl status busy
        [[ $output == *"Tasks: "*"Memory: "*"CPU: "*"CGroup: "*"probe hog 20"* ]]
        run -0 ctl status a.slice
        [[ $output == *"a-b.slice"*"calm.service"*"/bin/sleep infinity"* ]]
        ctl stop busy
        [ "$(show busy MemoryCurrent)" = "[not set]" ]
        has_cpu busy.service 100000000
        run ctl status busy
        [[ $output == *"CPU: "* ]]
}

has_cpu() {
        is_at_least "$(show "$1" CPUUsageNSec)" "$2"
}

@test "figures of services and slices, also when it is over (hybrid)" {
        figures --cgroup hybrid
}

@test "figures of services and slices without a cgroup" {
        figures --cgroup none
}
