#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# Sockets, timers and paths: what starts a service later, or when somebody comes.

load helper

@test "a socket starts its service with the first connection and keeps the connections coming" {
        unit echo.socket <<<$'[Socket]\nListenStream=/run/echo.sock\nSocketMode=0600\nSocketUser=daemon\nSocketGroup=mail'
        unit echo.service <<<$'[Service]\nExecStart=/usr/bin/probe serve'
        enabled echo.socket
        boot
        [ "$(inside stat -c '%a %U %G' /run/echo.sock)" = "600 daemon mail" ]
        run -3 ctl is-active echo.service
        run -0 inside timeout 20 probe connect /run/echo.sock
        [ "${lines[0]}" = hello ]
        [ "${lines[1]}" = "$(show echo.service MainPID)" ]
        [ "$(show echo.socket SubState)" = running ]
        first=$(show echo.service MainPID)
        run -0 inside timeout 20 probe connect /run/echo.sock
        [ "${lines[1]}" = "$first" ]
        # The listening socket outlives a crash: nobody is refused.
        inside kill -9 "$first"
        wait_host has_ended "$first" # until then it may still accept somebody, and answer nobody
        run -0 inside timeout 20 probe connect /run/echo.sock
        [ "${lines[1]}" != "$first" ]
        ctl stop echo.socket echo.service
        run ! inside timeout 20 probe connect /run/echo.sock
}

job_of() { # UNIT
        ctl list-jobs --no-legend | awk -v u="$1" '$2 == u { print $1 }'
}

another_job() { # UNIT ID
        local now
        now=$(job_of "$1")
        [ "$now" ] && [ "$now" != "$2" ]
}

@test "a start that a socket asked for is cancelled or comes to nothing: who has connected is not forgotten" {
        unit hold.service <<<$'[Service]\nType=oneshot\nExecStart=/bin/sh -c "until test -e /out/go; do sleep 0.05; done"'
        unit late.socket <<<$'[Socket]\nListenStream=/run/late.sock'
        unit late.service <<<$'[Unit]\nAfter=hold.service\n[Service]\nExecStart=/usr/bin/probe serve'
        unit need.socket <<<$'[Socket]\nListenStream=/run/need.sock\nTriggerLimitBurst=3'
        unit need.service <<<$'[Unit]\nRequires=no.service\nAfter=no.service\n[Service]\nExecStart=/usr/bin/probe serve'
        unit no.service <<<$'[Service]\nType=oneshot\nExecStart=/bin/false'
        enabled late.socket need.socket
        boot
        run -0 ctl start --no-block hold
        inside timeout 300 probe connect /run/late.sock >"$T/late" &
        client=$!
        wait_host another_job late.service ""
        job=$(job_of late.service)
        run -0 ctl cancel "$job"
        wait_host another_job late.service "$job"
        touch "$T/out/go"
        wait "$client"
        grep -x hello "$T/late"
        # Asked again and again in vain, the socket gives up and lets the client go.
        run ! inside timeout 300 probe connect /run/need.sock
        wait_state need.socket failed
        [ "$(show need.socket Result)" = trigger-limit-hit ]
}

@test "Accept=yes starts an instance for each connection" {
        unit each.socket <<<$'[Socket]\nListenStream=/run/each.sock\nAccept=yes'
        unit each@.service <<<$'[Service]\nExecStart=/bin/sh -c "read word; echo $word from $REMOTE_ADDR instance %i; test -z \"$LISTEN_FDS$LISTEN_PID$LISTEN_FDNAMES\" && test ! -e /proc/$$/fd/3 && echo alone"\nStandardInput=socket'
        enabled each.socket
        boot
        run -0 inside timeout 20 probe connect /run/each.sock
        [[ $output == "hello from"*"instance 0-"* ]]
        # The connection is at 0, 1 and 2, and nowhere else: who closes those has closed it.
        [[ $output == *alone* ]]
        run -0 inside timeout 20 probe connect /run/each.sock
        [[ $output == "hello from"*"instance 1-"* ]]
        [ "$(show each.socket NAccepted)" = 2 ]
        wait_host nothing_left
        # Two connections that stay fill up one address, and no other.
        unit few.socket <<<$'[Socket]\nListenStream=7010\nAccept=yes\nMaxConnectionsPerSource=2'
        unit few@.service <<<$'[Service]\nExecStart=/bin/cat\nStandardInput=socket'
        ctl daemon-reload
        ctl start few.socket
        inside_sh 'mkfifo /run/hold; for i in 1 2; do nc -N 127.0.0.1 7010 </run/hold >/out/held$i 2>/dev/null & done; exec 3>/run/hold; until [ -e /out/go ]; do sleep 0.05; done' 3>&- &
        wait_host property_is few.socket NConnections 2
        [ "$(inside_sh 'echo more | nc -N 127.0.0.1 7010')" = "" ]
        [ "$(inside_sh 'echo other | nc -N -s 127.0.0.2 127.0.0.1 7010')" = other ]
        touch "$T/out/go"
        wait_host property_is few.socket NConnections 0
        # Who was turned away has no number.
        [ "$(show few.socket NAccepted)/$(show few.socket NRefused)" = 3/1 ]
        [ "$(inside_sh 'echo again | nc -N 127.0.0.1 7010')" = again ]
}

# Instances of connections that have ended do not pile up.
nothing_left() {
        silent ctl list-units --all --no-legend 'each@*'
}

@test "several sockets are passed with their names, TCP and datagrams too" {
        unit many.socket <<<$'[Socket]\nListenStream=127.0.0.1:7001\nListenDatagram=/run/many.dgram\nFileDescriptorName=main\nService=many.service'
        unit more.socket <<<$'[Socket]\nListenFIFO=/run/many.fifo\nFileDescriptorName=fifo\nService=many.service'
        unit many.service <<<$'[Unit]\nAfter=many.socket more.socket\n[Service]\nSockets=many.socket more.socket\nExecStart=/usr/bin/probe fds\nStandardOutput=file:/out/fds'
        boot
        ctl start many.socket more.socket many.service
        wait_host grep -q '^5' "$T/out/fds"
        [ "$(head -1 "$T/out/fds")" = "3 main:main:fifo mine" ]
        grep -qx '5 other' "$T/out/fds"
        unit tcp.socket <<<$'[Socket]\nListenStream=7002\nBindIPv6Only=both'
        unit tcp.service <<<$'[Service]\nExecStart=/usr/bin/probe serve'
        ctl daemon-reload
        ctl start tcp.socket
        [ "$(show tcp.socket Listen)" = "[::]:7002 (Stream)" ]
        run -0 inside timeout 20 bash -c 'exec 3<>/dev/tcp/127.0.0.1/7002; echo hi >&3; head -1 <&3'
        [ "$output" = hi ]
}

@test "a socket that cannot be bound fails with a reason and harms nobody" {
        unit one.socket <<<$'[Socket]\nListenStream=127.0.0.1:7003\nService=x.service'
        unit two.socket <<<$'[Socket]\nListenStream=127.0.0.1:7003\nService=x.service'
        unit x.service <<<$'[Service]\nExecStart=/usr/bin/probe serve'
        boot
        run -0 ctl start one.socket
        run -1 ctl start two.socket
        [ "$(show two.socket ActiveState)" = failed ]
        wait_logged '[Ii]n use' -u two.socket
        [ "$(show one.socket ActiveState)" = active ]
}

@test "a service that fails at once does not spin with its socket" {
        unit spin.socket <<<$'[Socket]\nListenStream=/run/spin.sock'
        unit spin.service <<<$'[Service]\nExecStart=/bin/false'
        enabled spin.socket
        boot
        inside sh -c 'timeout 20 probe connect /run/spin.sock || true'
        wait_state spin.socket failed
        [[ $(show spin.socket Result) == service-start-limit-hit || $(show spin.socket Result) == trigger-limit-hit ]]
}

@test "monotonic timers elapse, repeat and are told in list-timers" {
        unit once.timer <<<$'[Timer]\nOnActiveSec=200ms\nAccuracySec=1ms'
        unit once.service <<<$'[Service]\nType=oneshot\nExecStart=/bin/sh -c "echo $TRIGGER_UNIT $TRIGGER_TIMER_REALTIME_USEC $TRIGGER_TIMER_MONOTONIC_USEC >>/out/once"'
        unit idle.timer <<<$'[Timer]\nOnActiveSec=1h\nUnit=nothing.service'
        unit again.timer <<<$'[Timer]\nOnActiveSec=50ms\nOnUnitActiveSec=100ms\nAccuracySec=1ms\nUnit=again-job.service'
        unit again-job.service <<<$'[Service]\nType=oneshot\nExecStart=/bin/sh -c "echo x >>/out/again"'
        enabled once.timer again.timer
        boot
        wait_host test -s "$T/out/once"
        wait_host has_at_least "$T/out/again" 4
        [ "$(wc -l <"$T/out/once")" = 1 ]
        [[ $(show once.timer LastTriggerUSec) != n/a ]]
        # Who starts it says so, and a timer of nothing does not begin to wait.
        grep -qx 'once.timer [0-9]* [0-9]*' "$T/out/once"
        run -1 ctl start idle.timer
        [ "$(show idle.timer ActiveState)" = inactive ]
        wait_logged 'idle.timer: nothing.service, which it triggers, is not loaded' -u idle.timer
        ctl stop again.timer
        [ "$(show again.timer ActiveState)" = inactive ]
}

has_at_least() {
        [ "$(wc -l <"$1")" -ge "$2" ]
}

@test "calendar timers: the next time is right, Persistent= catches up" {
        unit daily.timer <<<$'[Timer]\nOnCalendar=*-*-* 03:04:05 UTC'
        unit daily.service <<<$'[Service]\nType=oneshot\nExecStart=/bin/true'
        unit soon.timer <<<$'[Timer]\nOnCalendar=*:*:*\nAccuracySec=1ms'
        unit soon.service <<<$'[Service]\nType=oneshot\nExecStart=/bin/sh -c "echo x >>/out/soon"'
        unit missed.timer <<<$'[Timer]\nOnCalendar=daily\nPersistent=yes'
        unit missed.service <<<$'[Service]\nType=oneshot\nExecStart=/bin/sh -c "echo x >>/out/missed"'
        enabled daily.timer soon.timer
        boot
        [[ $(show daily.timer NextElapseUSecRealtime) == *" 03:04:05 UTC" ]]
        wait_host has_at_least "$T/out/soon" 2
        inside mkdir -p /var/lib/systemd/timers
        inside touch -d '3 days ago' /var/lib/systemd/timers/stamp-missed.timer
        ctl start missed.timer
        wait_host has_at_least "$T/out/missed" 1
        wait_host stamp_is_fresh
}

stamp_is_fresh() {
        [ $(($(date +%s) - $(inside stat -c %Y /var/lib/systemd/timers/stamp-missed.timer))) -lt 60 ]
}

@test "path units start their service for what they watch" {
        unit exists.path <<<$'[Path]\nPathExists=/out/flag\nPathExistsGlob=/out/fl[a-z]gs\nPathModified=/out/nothing'
        unit exists.service <<<$'[Service]\nType=oneshot\nExecStart=/bin/sh -c "rm /out/fl*g*; echo $TRIGGER_UNIT $TRIGGER_PATH >>/out/exists"'
        unit changed.path <<<$'[Path]\nPathChanged=/out/other\nPathChanged=/out/file'
        unit changed.service <<<$'[Service]\nType=oneshot\nExecStart=/bin/sh -c "echo $TRIGGER_UNIT $TRIGGER_PATH >>/out/changed"\nRemainAfterExit=yes'
        unit full.path <<<$'[Path]\nDirectoryNotEmpty=/out/a/spool\nMakeDirectory=yes'
        unit full.service <<<$'[Service]\nType=oneshot\nExecStart=/bin/sh -c "rm /out/a/spool/*; echo x >>/out/full"'
        enabled exists.path changed.path full.path
        boot
        inside touch /out/flag
        wait_host has_at_least "$T/out/exists" 1
        inside touch /out/flag
        wait_host has_at_least "$T/out/exists" 2
        wait_state exists.service inactive
        inside touch /out/flxgs
        wait_host has_at_least "$T/out/exists" 3
        printf 'exists.path /out/%s\n' flag flag flxgs | cmp - "$T/out/exists"
        inside sh -c 'echo 1 >/out/file'
        wait_host has_at_least "$T/out/changed" 1
        [ "$(<"$T/out/changed")" = "changed.path /out/file" ]
        [[ $(details changed.service) == 'a(ss) 2 "trigger_unit" "changed.path" "trigger_path" "/out/file"' ]]
        ctl stop changed.path changed.service
        [[ $(details changed.service) == "a(ss) 0" ]]
        wait_for test -d /out/a/spool
        inside touch /out/a/spool/job
        wait_host has_at_least "$T/out/full" 1
        ctl stop exists.path
        inside touch /out/flag
        inside touch /out/a/spool/job
        wait_host has_at_least "$T/out/full" 2
        [ "$(wc -l <"$T/out/exists")" = 3 ]
}

details() {
        inside busctl get-property org.freedesktop.systemd1 "/org/freedesktop/systemd1/unit/${1%.service}_2eservice" org.freedesktop.systemd1.Unit ActivationDetails
}

@test "a new time zone moves calendar timers and triggers those that ask for it" {
        unit noon.timer <<<$'[Timer]\nOnCalendar=*-*-* 12:00:00\nUnit=true.service'
        unit fixed.timer <<<$'[Timer]\nOnCalendar=*-*-* 12:00:00 UTC\nUnit=true.service'
        unit zone.timer <<<$'[Timer]\nOnTimezoneChange=yes\nUnit=told.service'
        unit clock.timer <<<$'[Timer]\nOnClockChange=yes\nUnit=never.service'
        unit true.service <<<$'[Service]\nType=oneshot\nExecStart=/bin/true'
        unit told.service <<<$'[Service]\nType=oneshot\nExecStart=/bin/sh -c "echo told >>/out/told"'
        unit never.service <<<$'[Service]\nType=oneshot\nExecStart=/bin/touch /out/never'
        boot
        inside ln -sfn /usr/share/zoneinfo/Etc/GMT-3 /etc/localtime
        ctl start noon.timer fixed.timer zone.timer clock.timer
        [ "$(show clock.timer ActiveState)/$(show zone.timer SubState)" = active/waiting ]
        next() { inside env TZ=UTC date -d "$(inside env TZ=UTC systemctl show -p NextElapseUSecRealtime --value "$1")" +%H; }
        [ "$(next noon.timer)/$(next fixed.timer)" = 09/12 ]
        inside ln -sfn /usr/share/zoneinfo/Etc/GMT-7 /etc/localtime.new
        inside mv -T /etc/localtime.new /etc/localtime
        wait_host test -s "$T/out/told"
        [ "$(next noon.timer)/$(next fixed.timer)" = 05/12 ]
        [ "$(cat "$T/out/told")" = told ]
        [ ! -e "$T/out/never" ]
        wait_state zone.timer active
}
