#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# Sockets, timers and paths that cannot be: one line says why, the unit fails with the right result, the others stay.

load helper

fails_with() { # UNIT RESULT WORDS
        run ! ctl start "$1"
        [ "$(show "$1" ActiveState)/$(show "$1" Result)" = "failed/$2" ] || { show "$1" Result; return 1; }
        wait_logged "$3" -u "$1"
}

@test "addresses that are used, too long, forbidden, or lead in a circle" {
        local long
        long=/run/$(printf 'x%.0s' {1..120})
        unit good.socket <<<$'[Socket]\nListenStream=127.0.0.1:7001\nService=y.service'
        unit used.socket <<<$'[Socket]\nListenStream=127.0.0.1:7002\nListenStream=127.0.0.1:7001\nService=x.service'
        unit long.socket <<<$'[Socket]\nListenStream='"$long"$'\nService=x.service'
        unit loop.socket <<<$'[Socket]\nListenFIFO=/run/loop/a\nService=x.service'
        unit user.socket <<<$'[Socket]\nListenStream=/run/user.sock\nSocketUser=nobody-knows\nService=x.service'
        unit usb.socket <<<$'[Socket]\nListenUSBFunction=/dev/usb-ffs/x\nService=x.service'
        unit none.socket <<<$'[Socket]\nService=x.service'
        unit far.socket <<<$'[Socket]\nListenStream=7003\nBindToDevice=nodev0\nService=x.service'
        unit link.socket <<<$'[Socket]\nListenStream=/run/link.sock\nSymlinks=/run/theirs /run/new\nService=x.service'
        unit x.service <<<$'[Service]\nExecStart=/bin/true'
        unit y.service <<<$'[Service]\nExecStart=/usr/bin/probe serve'
        boot
        inside_sh 'ln -s loop /run/loop'
        ctl start good.socket
        fails_with used.socket resources 'Cannot listen on 127.0.0.1:7001: Address already in use'
        fails_with loop.socket resources 'Cannot listen on /run/loop/a: Too many levels of symbolic links'
        fails_with user.socket resources 'nobody-knows'
        # Bound to all interfaces it would be open to those whom the setting keeps out.
        fails_with far.socket resources 'BindToDevice=: nodev0: No such device'
        # A link that somebody else has made is his.
        inside_sh 'ln -s /elsewhere /run/theirs'
        ctl start link.socket
        [ "$(inside_sh 'readlink /run/theirs /run/new' | tr '\n' ' ')" = '/elsewhere /run/link.sock ' ]
        [ "$(show long.socket LoadState)/$(show usb.socket LoadState)/$(show none.socket LoadState)" = bad-setting/bad-setting/bad-setting ]
        run ! ctl start long.socket
        wait_logged 'long.socket:2: .* is longer than the address of a socket may be: 107 bytes' SYSLOG_IDENTIFIER=svinit
        run ! ctl start usb.socket
        wait_logged 'usb.socket:2: .*ListenUSBFunction' SYSLOG_IDENTIFIER=svinit
        # The port that used.socket had already is free again, and what was good still works.
        unit free.socket <<<$'[Socket]\nListenStream=127.0.0.1:7002\nService=x.service'
        ctl daemon-reload
        ctl start free.socket
        run -0 inside timeout 20 bash -c 'exec 3<>/dev/tcp/127.0.0.1/7001; echo hi >&3; head -1 <&3'
        [ "$output" = hi ]
}

@test "without privileges: a port below 1024 and a directory that is not ours" {
        unit low.socket <<<$'[Socket]\nListenStream=127.0.0.1:80\nService=x.service'
        unit closed.socket <<<$'[Socket]\nListenStream=/run/closed/s\nService=x.service'
        unit x.service <<<$'[Service]\nExecStart=/bin/true'
        boot --cap-drop-all
        inside sysctl -qw net.ipv4.ip_unprivileged_port_start=1024 || skip "not to be set here"
        inside_sh 'mkdir -m 0500 /run/closed && chown daemon /run/closed'
        fails_with low.socket resources 'Cannot listen on 127.0.0.1:80: Permission denied'
        fails_with closed.socket resources 'Cannot listen on /run/closed/s: Permission denied'
}

@test "timers that never elapse and paths that lead nowhere" {
        unit never.timer <<<$'[Timer]\nOnCalendar=2001-01-01\nUnit=x.service'
        unit hardly.timer <<<$'[Timer]\nOnCalendar=*-02-30\nUnit=x.service'
        unit gone.timer <<<$'[Timer]\nOnCalendar=2001-01-01\nRemainAfterElapse=no\nUnit=x.service'
        unit bad.timer <<<$'[Timer]\nOnCalendar=soon\nUnit=x.service'
        unit wake.timer <<<$'[Timer]\nOnActiveSec=1h\nWakeSystem=yes\nUnit=x.service'
        unit circle.path <<<$'[Path]\nPathExists=/run/circle/a/b\nUnit=x.service'
        unit many.path <<<$'[Path]\nPathModified=/out/many\nTriggerLimitBurst=3\nTriggerLimitIntervalSec=1h\nUnit=many.service'
        unit many.service <<<$'[Unit]\nStartLimitIntervalSec=0\n[Service]\nType=oneshot\nExecStart=/bin/true'
        unit x.service <<<$'[Service]\nExecStart=/bin/sh -c "touch /out/triggered; exec sleep infinity"'
        boot
        inside_sh 'ln -s circle /run/circle'
        ctl start never.timer hardly.timer gone.timer wake.timer many.path
        [ "$(show never.timer SubState)/$(show hardly.timer SubState)/$(show gone.timer SubState)" = elapsed/elapsed/dead ]
        run ! ctl start bad.timer
        wait_logged "bad.timer:2: .*'soon' is not a calendar event" SYSLOG_IDENTIFIER=svinit
        [[ $(inside svctl status wake.timer; inside svctl verify wake.timer 2>&1) == *WakeSystem* ]]
        run -0 ctl list-timers --all --no-legend
        [[ $output == *never.timer* && $output == *wake.timer* ]]
        fails_with circle.path resources 'Cannot watch /run/circle/a/b: Too many levels of symbolic links'
        # Once the circle is opened the path leads somewhere.
        inside_sh 'rm /run/circle; mkdir /run/elsewhere; ln -s elsewhere /run/circle'
        ctl start circle.path
        inside_sh 'mkdir /run/elsewhere/a; touch /run/elsewhere/a/b'
        wait_host test -e "$T/out/triggered"
        # More than its limit allows.
        local i
        for i in 1 2 3 4; do
                wait_host waits_or_failed
                echo "$i" >"$T/out/many"
                wait_host moved_on "$i"
        done
        wait_state many.path failed
        [ "$(show many.path Result)" = trigger-limit-hit ]
        [ "$(show wake.timer ActiveState)" = active ]
}

waits_or_failed() {
        [[ $(show many.path SubState) == @(waiting|failed) ]]
}

# Its N-th start is done, or the limit is hit.
moved_on() {
        [ "$(show many.path ActiveState)" = failed ] ||
                [ "$(journal -u many.service | grep -c 'Starting many.service')" -ge "$1" ]
}
