#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# Descriptors and processes run out in PID 1 while it works: what is asked for then fails with a sentence or is tried
# again, what runs goes on, and with the means the answers are back.
# $FAULT is tests/tools/fault.c as a library, $FAULT_DRIVE writes what is to fail.

load helper

# With the neighbour behind plain.service.
boot_between() {
        unit well.service <<<$'[Unit]\nAfter=plain.service\n[Service]\nExecStart=/bin/sleep infinity'
        boot_beside "$@"
}

fork_fails_with() { # an errno; 0: it does not
        FAULT_FILE=$T/out/faults "$FAULT_DRIVE" process "$1"
}

# PID 1 may open so many more than it has.
free_descriptors() {
        local n=0 left=$1
        while [[ -e /proc/$init_pid/fd/$n ]] || ((left-- > 0)); do n=$((n + 1)); done
        prlimit --pid "$init_pid" --nofile=$n:
}

all_descriptors() {
        prlimit --pid "$init_pid" --nofile="$limit":
}

@test "no process can be made: a start fails with 'resources' and one sentence, a restart is tried again" {
        truncate -s 4096 "$T/out/faults"
        unit plain.service <<<$'[Service]\nType=exec\nExecStart=/bin/sleep infinity'
        unit pre.service <<<$'[Service]\nExecStartPre=/bin/true\nExecStart=/bin/sleep infinity'
        unit stop.service <<<$'[Service]\nExecStart=/bin/sleep infinity\nExecStop=/bin/true'
        unit reload.service <<<$'[Service]\nExecStart=/bin/sleep infinity\nExecReload=/bin/true'
        unit crash.service <<<$'[Unit]\nStartLimitIntervalSec=0\n[Service]\nRestart=always\nRestartSec=20ms\nExecStart=/bin/sleep infinity'
        unit open.socket <<<$'[Socket]\nListenStream=/run/open'
        unit open.service <<<$'[Service]\nExecStart=/usr/bin/probe serve'
        enabled stop.service reload.service crash.service open.socket
        boot_between --bind "$FAULT:/usr/lib/fault.so" --env LD_PRELOAD=/usr/lib/fault.so
        fork_fails_with 11
        for u in plain pre; do
                run -1 ctl start $u
                [ "$(show $u ActiveState)/$(show $u Result)" = failed/resources ]
                wait_host grep -q "$u.service: .*Resource temporarily unavailable" "$T/console"
                [ "$(grep -c "$u.service: .*Resource temporarily unavailable" "$T/console")" = 1 ]
        done
        run -1 ctl reload reload
        [ "$(show reload ActiveState)" = active ]
        run -0 ctl stop stop
        [ "$(show stop Result)" = resources ]
        crashed=$(show crash.service MainPID)
        inside kill -KILL "$crashed"
        wait_host restarts_in_vain
        unharmed
        fork_fails_with 0
        wait_host another_pid crash.service "$crashed"
        run -0 ctl start plain pre stop
        run -0 ctl reload reload
        inside probe connect /run/open
        ends_cleanly
}

restarts_in_vain() {
        [ "$(show crash.service Result)" = resources ] && (($(show crash.service NRestarts) > 2))
}

@test "no descriptors for a while: starts fail, clients wait, a descriptor for the store is lost; then all is as before" {
        unit plain.service <<<$'[Service]\nType=exec\nExecStart=/bin/sleep infinity'
        unit store.service <<<$'[Service]\nNotifyAccess=all\nFileDescriptorStoreMax=4\nExecStart=/bin/sh -c "until test -e /out/go; do sleep 0.02; done; exec probe store it /out/stored"'
        unit crash.service <<<$'[Unit]\nStartLimitIntervalSec=0\n[Service]\nRestart=always\nRestartSec=20ms\nExecStart=/bin/sleep infinity'
        enabled crash.service store.service
        boot_between --cgroup hybrid
        limit=$(prlimit --pid "$init_pid" --nofile -o SOFT --noheadings)
        crashed=$(show crash.service MainPID)
        free_descriptors 1 # for the client
        run -1 ctl start plain
        [ "$(show plain ActiveState)/$(show plain Result)" = failed/resources ]
        wait_host grep -q 'plain.service: .*Too many open files' "$T/console"
        prlimit --pid "$init_pid" --nofile=3: # none, even when a client leaves
        touch "$T/out/go"
        inside kill -KILL "$crashed"
        inside systemctl show -p Version >"$T/waits" &
        client=$!
        wait_host grep -q 'store.service: Notification refused: svinit had no descriptor free' "$T/console"
        wait_host grep -q "crash.service: Cannot start a process for ExecStart=: Too many open files" "$T/console"
        all_descriptors
        wait "$client"
        [ -s "$T/waits" ]
        wait_host another_pid crash.service "$crashed"
        [ "$(show store ActiveState)/$(show store NFileDescriptorStore)" = active/0 ]
        run -0 ctl start plain
        run -0 ctl restart store
        wait_host property_is store NFileDescriptorStore 1
        ends_cleanly
}

@test "no descriptors and no control groups: a notification still counts" {
        unit plain.service <<<$'[Service]\nExecStart=/bin/sleep infinity'
        unit ready.service <<<$'[Service]\nType=notify\nNotifyAccess=all\nTimeoutStartSec=infinity\nExecStart=/bin/sh -c "until test -e /out/go; do sleep 0.02; done; probe notify READY=1"'
        boot_between
        ctl start --no-block ready
        wait_state ready activating
        limit=$(prlimit --pid "$init_pid" --nofile -o SOFT --noheadings)
        free_descriptors 0
        touch "$T/out/go"
        wait_host grep -q 'Started ready.service' "$T/console"
        all_descriptors
        [ "$(show ready ActiveState)" = active ]
        ends_cleanly
}

@test "20000 orphans end while clients ask; a service closes its outputs" {
        unit storm.service <<<$'[Service]\nType=oneshot\nExecStart=/usr/bin/probe orphans 20000'
        unit mute.service <<<$'[Service]\nExecStart=/bin/sh -c "echo the last word; exec >&- 2>&-; echo lost; exec sleep infinity"'
        boot_between --cgroup hybrid # without groups the service's shim would have them, and not PID 1
        ctl start mute
        ctl start --no-block storm
        asked=0
        until [ "$(show storm ActiveState)" = inactive ]; do
                answers # within 20 s, and not after the last
                asked=$((asked + 1))
        done
        echo "$asked answers"
        [ "$(show storm Result)" = success ]
        wait_host no_zombies
        wait_host journal_has mute.service "the last word"
        [ "$(show mute ActiveState)" = active ]
        run -0 ctl stop mute
        [ "$(show mute Result)" = success ]
        ends_cleanly
}

# Of the whole container: the group in which the rig has put it.
pids_group() {
        local path
        path=$(awk -F: '$2 == "pids" { print $3 }' "/proc/$init_pid/cgroup")
        [[ $path =~ ^.*/rig-[0-9]+ ]]
        group=/sys/fs/cgroup/pids${BASH_REMATCH[0]}
        [ -e "$group/pids.max" ]
}

@test "the container's limit of processes is reached: a start fails with 'resources', and works again below it" {
        unit plain.service <<<$'[Service]\nExecStart=/bin/sleep infinity'
        unit crash.service <<<$'[Unit]\nStartLimitIntervalSec=0\n[Service]\nRestart=always\nRestartSec=20ms\nExecStart=/bin/sleep infinity'
        enabled crash.service
        boot_between --cgroup hybrid
        pids_group
        cat "$group/pids.current" >"$group/pids.max"
        run -1 ctl start plain
        [ "$(show plain ActiveState)/$(show plain Result)" = failed/resources ]
        wait_host grep -q "plain.service: .*Resource temporarily unavailable" "$T/console"
        crashed=$(show crash.service MainPID)
        inside kill -KILL "$crashed"
        # One process less: its successor may have the place, whoever comes then may not.
        wait_host another_pid crash.service "$crashed"
        run -1 ctl start plain
        unharmed
        echo max >"$group/pids.max"
        run -0 ctl start plain
        ends_cleanly
}
