#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# How services start, are watched and started again.

load helper

@test "simple counts as started once forked, exec once executed" {
        unit simple.service <<<$'[Service]\nType=simple\nExecStart=/no/such/program'
        unit exec.service <<<$'[Service]\nType=exec\nExecStart=/no/such/program'
        unit good.service <<<$'[Service]\nType=exec\nExecStart=/bin/sleep infinity'
        boot
        run -0 ctl start simple
        wait_state simple failed
        [ "$(show simple ExecMainStatus)" = 203 ]
        run -1 ctl start exec
        [ "$(show exec Result)/$(show exec ExecMainStatus)" = exit-code/203 ]
        run -0 ctl start good
        [ "$(inside readlink "/proc/$(show good MainPID)/exe")" = "$(readlink -f /bin/sleep)" ]
}

@test "the start of a oneshot is its end; RemainAfterExit= keeps it active" {
        unit once.service <<<$'[Service]\nType=oneshot\nExecStart=/bin/sh -c "echo 1 >>/out/once"\nExecStart=/bin/sh -c "echo 2 >>/out/once"'
        unit stays.service <<'U'
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/true
ExecStop=/bin/sh -c 'echo stopped >/out/stays'
U
        unit broken.service <<<$'[Service]\nType=oneshot\nExecStart=/bin/sh -c "exit 4"\nExecStart=/bin/touch /out/never'
        boot
        run -0 ctl start once
        [ "$(tr '\n' ' ' <"$T/out/once")" = "1 2 " ]
        [ "$(show once ActiveState)" = inactive ]
        run -0 ctl start stays
        [ "$(show stays ActiveState)/$(show stays SubState)" = active/exited ]
        run -0 ctl stop stays
        [ "$(<"$T/out/stays")" = stopped ]
        run -1 ctl start broken
        [ "$(show broken Result)/$(show broken ExecMainStatus)" = exit-code/4 ]
        [ ! -e "$T/out/never" ]
}

@test "a daemon is followed by its PIDFile=, or found without one" {
        unit file.service <<<$'[Service]\nType=forking\nPIDFile=/run/file.pid\nExecStart=/usr/bin/probe daemon /run/file.pid'
        unit guess.service <<<$'[Service]\nType=forking\nExecStart=/usr/bin/probe daemon /out/guess.pid'
        unit late.service <<<$'[Service]\nType=forking\nPIDFile=late.pid\nExecStart=/bin/sh -c "setsid sh -c \'sleep 0.3; echo $$$$ >/run/late.pid; exec sleep infinity\' &"'
        boot
        run -0 ctl start late
        [ "$(show late MainPID)" = "$(inside cat /run/late.pid)" ]
        run -0 ctl start file guess
        [ "$(show file ActiveState)/$(show guess ActiveState)" = active/active ]
        [ "$(show file MainPID)" = "$(inside cat /run/file.pid)" ]
        [ "$(show guess MainPID)" = "$(<"$T/out/guess.pid")" ]
        pid=$(show file MainPID)
        run -0 ctl stop file
        run ! inside kill -0 "$pid"
        run -1 inside test -e /run/file.pid
        inside kill -9 "$(show guess MainPID)"
        wait_state guess failed
        [ "$(show guess Result)" = signal ]
}

@test "notify: started with READY=1, by whom NotifyAccess= admits" {
        unit ready.service <<<$'[Service]\nType=notify\nExecStart=/usr/bin/probe notify "READY=1\\nSTATUS=all is well"'
        unit silent.service <<<$'[Service]\nType=notify\nTimeoutStartSec=300ms\nExecStart=/bin/sleep infinity'
        unit gone.service <<<$'[Service]\nType=notify\nExecStart=/bin/true'
        unit child.service <<'U'
[Service]
Type=notify
NotifyAccess=all
ExecStart=/bin/sh -c 'sleep infinity & echo $! >/out/child; systemd-notify --ready MAINPID=$!; exit 0'
U
        unit refused.service <<<$'[Service]\nType=notify\nExecStart=/bin/sh -c "probe notify READY=1 & exec sleep infinity"'
        boot
        run -0 ctl start ready
        [ "$(show ready StatusText)" = "all is well" ]
        run -1 ctl start silent
        [ "$(show silent Result)" = timeout ]
        run -1 ctl start gone
        [ "$(show gone Result)" = protocol ]
        run -0 ctl start child
        wait_host property_is child MainPID "$(<"$T/out/child")"
        [ "$(show child ActiveState)" = active ]
        ctl start --no-block refused
        wait_logged 'Notification refused' -u refused
        [ "$(show refused ActiveState)" = activating ]
}

@test "idle waits for the other jobs, but not for ever" {
        unit slow.service <<<$'[Service]\nType=oneshot\nExecStart=/bin/sh -c "sleep 0.5; echo slow >>/out/order"'
        unit idle.service <<<$'[Service]\nType=idle\nExecStart=/bin/sh -c "echo idle >>/out/order; exec sleep infinity"'
        enabled slow.service idle.service
        boot
        wait_host grep -q idle "$T/out/order"
        [ "$(tr '\n' ' ' <"$T/out/order")" = "slow idle " ]
}

@test "all Exec lines run in their order, with their prefixes" {
        unit all.service <<'U'
[Service]
Environment=WORD=expanded
User=daemon
ExecCondition=/bin/sh -c 'echo condition >>/out/order'
ExecStartPre=-/bin/sh -c 'echo pre1 >>/out/order; exit 3'
ExecStartPre=+/bin/sh -c 'echo pre2 $(id -un) >>/out/order'
ExecStart=@/bin/sh named -c 'echo start $0 $(id -un) $WORD >>/out/order; exec sleep infinity'
ExecStartPost=:/bin/echo $WORD
ExecStartPost=/bin/sh -c 'echo post $MAINPID >>/out/order'
ExecReload=/bin/sh -c 'echo reload >>/out/order'
ExecStop=/bin/sh -c 'echo stop >>/out/order'
ExecStopPost=/bin/sh -c 'echo stoppost $SERVICE_RESULT $EXIT_CODE $EXIT_STATUS >>/out/order'
U
        boot
        run -0 ctl start all
        wait_host grep -q start "$T/out/order"
        pid=$(show all MainPID)
        wait_host main_is all sleep
        [ "$(inside tr '\0' ' ' <"/proc/$init_pid/root/proc/$pid/cmdline")" = "sleep infinity " ]
        run -0 ctl reload all
        run -0 ctl stop all
        [ "$(sed 's/^start .*/start/' "$T/out/order" | grep -v '^start$\|^post' | tr '\n' ' ')" = "condition pre1 pre2 root reload stop stoppost success killed TERM " ]
        grep -qx "start named daemon expanded" "$T/out/order" || grep -qx "start -c daemon expanded" "$T/out/order"
        grep -qx "post $pid" "$T/out/order"
        wait_logged '^\$WORD$' -u all
}

@test "ExecCondition=: 1 to 254 skips the unit, 255 fails it" {
        unit skip.service <<<$'[Service]\nExecCondition=/bin/sh -c "exit 7"\nExecStart=/bin/touch /out/never'
        unit fail.service <<<$'[Service]\nExecCondition=/bin/sh -c "exit 255"\nExecStart=/bin/touch /out/never'
        unit keeper.service <<<$'[Unit]\nAfter=skip.service\n[Service]\nExecStart=/bin/sleep infinity'
        enabled keeper.service # so that skip.service stays in memory
        boot
        run -0 ctl start skip
        [ "$(ctl show skip -p ActiveState,Result --value | sort | tr '\n' ' ')" = "exec-condition inactive " ]
        run -1 ctl start fail
        [ "$(show fail ActiveState)/$(show fail Result)" = failed/exit-code ]
        [ ! -e "$T/out/never" ]
}

@test "Restart= answers to the ways of ending as systemd.service(5) tells" {
        local word
        for word in no on-success on-failure on-abnormal on-abort always; do
                printf '[Service]\nRestart=%s\nRestartSec=10ms\nExecStart=/bin/sh -c "echo x >>/out/%s-zero; sleep 0.1; test $(wc -l </out/%s-zero) -ge 2 && exec sleep infinity; exit 0"' $word $word $word | unit "$word-zero.service"
                printf '[Service]\nRestart=%s\nRestartSec=10ms\nExecStart=/bin/sh -c "echo x >>/out/%s-code; sleep 0.1; test $(wc -l </out/%s-code) -ge 2 && exec sleep infinity; exit 5"' $word $word $word | unit "$word-code.service"
                printf '[Service]\nRestart=%s\nRestartSec=10ms\nExecStart=/bin/sh -c "echo x >>/out/%s-kill; sleep 0.1; test $(wc -l </out/%s-kill) -ge 2 && exec sleep infinity; kill -SEGV $$$$"' $word $word $word | unit "$word-kill.service"
        done
        boot
        ctl start {no,on-success,on-failure,on-abnormal,on-abort,always}-{zero,code,kill}
        for word in on-success-zero on-failure-code on-failure-kill on-abnormal-kill on-abort-kill always-{zero,code,kill}; do
                wait_host restarted_once "$word"
        done
        for word in no-zero on-failure-zero on-abnormal-zero on-abort-zero; do wait_state $word inactive; done
        for word in no-code no-kill on-success-code on-success-kill on-abnormal-code on-abort-code; do wait_state $word failed; done
}

@test "exit codes: SuccessExitStatus=, RestartPreventExitStatus=, RestartForceExitStatus=" {
        unit fine.service <<<$'[Service]\nSuccessExitStatus=75 USR1\nExecStart=/bin/sh -c "exit 75"'
        unit prevent.service <<<$'[Service]\nRestart=always\nRestartPreventExitStatus=9\nExecStart=/bin/sh -c "exit 9"'
        unit force.service <<<$'[Service]\nRestartForceExitStatus=8\nRestartSec=10ms\nExecStart=/bin/sh -c "test -e /out/f && exec sleep infinity; touch /out/f; exit 8"'
        boot
        ctl start fine prevent force
        wait_state fine inactive
        [ "$(show fine Result)" = success ]
        wait_state prevent failed
        [ "$(show prevent NRestarts)" = 0 ]
        wait_host restarted_once force
}

@test "the start limit stops a loop, reset-failed lets it start again" {
        unit loop.service <<<$'[Unit]\nStartLimitBurst=3\nStartLimitIntervalSec=1min\n[Service]\nRestart=always\nRestartSec=10ms\nExecStart=/bin/sh -c "echo x >>/out/loop; exit 1"'
        boot
        ctl start loop
        wait_state loop failed
        [ "$(show loop Result)" = exit-code ]
        wait_logged '^loop.service: Start request repeated too quickly.$' -u loop.service
        [ "$(wc -l <"$T/out/loop")" = 3 ]
        run -1 ctl start loop
        [[ $output == *"loop.service"* ]]
        ctl reset-failed loop
        run -0 ctl start loop
        wait_state loop failed
        [ "$(wc -l <"$T/out/loop")" = 6 ]
}
