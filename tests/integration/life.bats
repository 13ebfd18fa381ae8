#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# What services and svinit say to one another while a service lives, and who is gone when it ends.

load helper

@test "notify-reload: the signal, the answer with its time, done" {
        unit r.service <<<$'[Service]\nType=notify-reload\nExecStart=/usr/bin/probe reloader /out/reloads'
        unit mute.service <<<$'[Service]\nType=notify-reload\nExecStart=/usr/bin/probe stubborn\nSendSIGKILL=yes\nTimeoutStopSec=1'
        boot
        ctl start r mute
        run -0 ctl reload r
        run -0 ctl reload r
        has_lines "$T/out/reloads" 2
        mkdir "$T/units/mute.service.d"
        printf '[Service]\nTimeoutStartSec=500ms\n' >"$T/units/mute.service.d/impatient.conf"
        ctl daemon-reload
        run -1 ctl reload mute
        [ "$(show mute ActiveState)/$(show mute ReloadResult)" = active/timeout ]
}

@test "X-NotifyFd=: ready by a newline on that descriptor, with and without the shim" {
        unit n.service <<<$'[Service]\nX-NotifyFd=5\nExecStart=/bin/sh -c "echo -n starting >&5; until test -e /out/go; do sleep 0.05; done; echo >&5; exec 5>&-; exec sleep infinity"'
        unit gone.service <<<$'[Service]\nX-NotifyFd=3\nExecStart=/bin/sh -c "exec 3>&-; exit 0"'
        unit late.service <<<$'[Service]\nX-NotifyFd=9\nTimeoutStartSec=300ms\nExecStart=/bin/sleep infinity'
        unit bad.service <<<$'[Service]\nType=simple\nX-NotifyFd=3\nExecStart=/bin/sleep infinity'
        for c in hybrid none; do
                rm -f "$T/out/go" "$T/pid"
                boot --cgroup $c
                ctl start --no-block n
                wait_state n activating
                run -1 ctl start gone
                [ "$(show gone Result)" = protocol ]
                run -1 ctl start late
                [ "$(show late Result)" = timeout ]
                run ! ctl start bad
                [ "$(show n ActiveState)" = activating ]
                touch "$T/out/go"
                wait_state n active
                [ "$(show n Type)" = notify ]
                # The service had the one descriptor that it was promised, and no other.
                wait_host main_is n sleep
                [ "$(inside ls "/proc/$(show n MainPID)/fd" | tr '\n' ' ')" = "0 1 2 " ]
                stop
        done
}

@test "what a service says of its errors is shown, until its next start" {
        unit e.service <<<$'[Service]\nType=notify\nExecStart=/bin/sh -c "test -e /out/second && exec probe notify READY=1; touch /out/second; exec probe notify \\"READY=1\\nERRNO=28\\nBUSERROR=org.example.Full\\nSTATUS=full\\""'
        boot
        ctl start e
        [ "$(show e StatusErrno)" = 28 ]
        [ "$(show e StatusBusError)" = org.example.Full ]
        ctl restart e
        [ "$(show e StatusErrno)/$(show e StatusBusError)/$(show e StatusText)" = 0// ]
}

@test "who may not notify is told of once, not a thousand times" {
        unit f.service <<<$'[Service]\nType=notify\nExecStart=/bin/sh -c "probe flood 1000 & exec probe notify READY=1"'
        unit end.service <<<$'[Service]\nType=oneshot\nExecStart=/bin/true'
        boot
        ctl start f
        wait_host journal_has f 'Notification refused'
        ctl start end
        [ "$(journal -u f | grep -c 'Notification refused')" = 1 ]
        [ "$(show f StatusText)" = "" ]
}

@test "a flood of messages that does not end: svinit works on, and stops the sender" {
        unit flood.service <<<$'[Service]\nType=exec\nNotifyAccess=main\nExecStart=/usr/bin/probe flood 1000000000'
        unit crash.service <<<$'[Unit]\nStartLimitIntervalSec=0\n[Service]\nRestart=always\nRestartSec=1ms\nExecStart=/bin/sh -c "echo run >>/out/crash; test $(wc -l </out/crash) -ge 20 && exec sleep infinity; exit 1"'
        unit end.service <<<$'[Service]\nType=oneshot\nExecStart=/bin/true'
        boot
        ctl start flood
        for i in 1 2 3 4 5; do run -0 inside timeout 20 systemctl start end; done
        ctl start crash
        wait_host has_lines "$T/out/crash" 20
        [ "$(show flood ActiveState)" = active ]
        run -0 inside timeout 20 systemctl stop flood
        [ "$(show flood Result)" = success ]
}

@test "RestartMode=debug: the new process knows that it is watched" {
        unit d.service <<<$'[Service]\nRestart=on-failure\nRestartMode=debug\nRestartSec=10ms\nExecStart=/bin/sh -c "echo run$DEBUG_INVOCATION >>/out/debug; test $(wc -l </out/debug) -ge 2 && exec sleep infinity; exit 1"'
        boot
        ctl start d
        wait_host has_lines "$T/out/debug" 2
        [ "$(tr '\n' ' ' <"$T/out/debug")" = "run run1 " ]
}

# Restarted by us, stopped and started, crashed: what is left of the store?
@test "stored descriptors are kept as FileDescriptorStorePreserve= says" {
        for p in no restart yes; do
                unit $p.service <<<$'[Unit]\nAfter=slow.service\n[Service]\nFileDescriptorStoreMax=2\nRestart=on-failure\nRestartSec=10ms\nFileDescriptorStorePreserve='$p$'\nExecStart=/bin/sh -c "echo run $LISTEN_FDNAMES $FDSTORE >>/out/%p; test $(wc -l </out/%p) = 1 && exec probe store the-file; exec sleep infinity"'
        done
        unit slow.service <<<$'[Service]\nType=oneshot\nExecStart=/bin/sleep infinity'
        enabled no.service restart.service yes.service
        boot
        for p in no restart yes; do wait_host property_is $p NFileDescriptorStore 1; done
        run inside svctl status yes
        [[ $output == *"FD Store: 1 (limit: 2)"*"the-file /memfd:stored"* ]]
        for p in no restart yes; do inside kill -9 "$(show $p MainPID)"; done
        for p in no restart yes; do wait_host has_lines "$T/out/$p" 2; done
        property_is no NFileDescriptorStore 0
        property_is restart NFileDescriptorStore 1
        property_is yes NFileDescriptorStore 1
        ctl restart restart yes
        for p in restart yes; do wait_host has_lines "$T/out/$p" 3; done

        # The second half of a restart waits, and then nobody wants it any more.
        ctl --no-block start slow
        wait_host property_is slow SubState start
        ctl --no-block restart restart
        wait_state restart inactive
        property_is restart NFileDescriptorStore 1
        ctl cancel "$(show restart Job)"
        property_is restart NFileDescriptorStore 0
        ctl stop slow
        ctl start restart
        wait_host has_lines "$T/out/restart" 4
        ctl stop restart yes
        property_is yes NFileDescriptorStore 1
        ctl start restart yes
        wait_host has_lines "$T/out/restart" 5
        wait_host has_lines "$T/out/yes" 4
        [ "$(tr '\n' ' ' <"$T/out/no")" = "run 2 run 2 " ]
        [ "$(tr '\n' ' ' <"$T/out/restart")" = "run 2 run the-file 2 run the-file 2 run 2 run 2 " ]
        [ "$(tr '\n' ' ' <"$T/out/yes")" = "run 2 run the-file 2 run the-file 2 run the-file 2 " ]
}

@test "two hundred daemons of a service without a cgroup: none is left after its stop" {
        unit s.service <<<$'[Service]\nExecStart=/usr/bin/probe strays 200 /out/strays\nTimeoutStopSec=500ms'
        boot --cgroup none
        ctl start s
        wait_host test -s "$T/out/strays"
        [ "$(inside pgrep -xc probe)" = 201 ]
        shims=$(inside pgrep -xc svinit-shim)
        run -0 ctl stop s
        [ "$(inside pgrep -xc probe)" = 0 ]
        [ "$(inside pgrep -xc svinit-shim)" = $((shims - 1)) ]
}
