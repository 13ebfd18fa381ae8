#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# Services that restart without having ended: X-Watch= and X-RestartOnCalendar=.

load helper

# How many files and directories svinit watches.
watches() {
        inside sh -c 'cat /proc/1/fdinfo/* 2>/dev/null | grep -c "^inotify wd"'
}

@test "X-Watch=: a change restarts the service once, a failed one too; what does not count does not" {
        mkdir -p "$T/out/src/node_modules"
        : >"$T/out/src/app"
        unit app.service <<<$'[Service]\nExecStart=/bin/sh -c "sh /out/src/app; exec sleep infinity"\nX-Watch=/out/src\nX-Watch=/out/one.conf\nX-WatchDelaySec=50ms'
        unit asks.service <<<$'[Service]\nExecStart=/bin/sleep infinity\nExecReload=/bin/true'
        boot
        ctl start app.service
        pid=$(show app.service MainPID)
        # What is left out first: had it counted, the reason in the log would be another.
        touch "$T/out/src/node_modules/a" "$T/out/src/.a.swp" "$T/out/src/a.log"
        mkdir "$T/out/src/new"
        touch "$T/out/src/new/file"
        wait_host another_pid app.service "$pid"
        wait_logged 'Restarted, for /out/src/new has changed (X-Watch=)' -u app.service
        run -1 logged 'node_modules\|swp\|a.log' -u app.service
        # Broken, it fails; corrected, it comes back by itself.
        echo 'kill -9 $PPID $$' >"$T/out/src/app"
        wait_state app.service failed
        : >"$T/out/src/app"
        wait_state app.service active
        pid=$(show app.service MainPID)
        : >"$T/out/one.conf"
        wait_host another_pid app.service "$pid"
        wait_logged 'Restarted, for /out/one.conf has changed' -u app.service
        # What has failed and is stopped by hand is watched no longer.
        echo 'kill -9 $PPID $$' >"$T/out/src/app"
        wait_state app.service failed
        n=$(watches)
        ctl stop app.service
        [ "$(watches)" -lt "$n" ]
        : >"$T/out/src/app"
        ctl start app.service
        # Stopped by hand it stays so.
        ctl stop app.service
        echo true >"$T/out/src/app"
        ctl start asks.service
        ctl reload asks.service
        [ "$(show app.service ActiveState)" = inactive ]
}

@test "X-Watch= is off with SVINIT_NO_WATCH; X-RestartOnCalendar= restarts what runs, and starts nothing" {
        mkdir "$T/out/src"
        unit app.service <<<$'[Service]\nExecStart=/bin/sleep infinity\nX-Watch=/out/src\nX-WatchDelaySec=1ms'
        unit tick.service <<<$'[Service]\nExecStart=/bin/sleep infinity\nX-RestartOnCalendar=*:*:*\nExecStop=/bin/sh -c "echo stopped >>/out/stopped"'
        unit idle.service <<<$'[Service]\nExecStart=/bin/touch /out/started\nX-RestartOnCalendar=*:*:*'
        unit never.service <<<$'[Service]\nExecStart=/bin/sleep infinity\nX-RestartOnCalendar=2001-01-01\nX-RestartOnCalendar=soon'
        boot --env SVINIT_NO_WATCH=1
        ctl start app.service tick.service never.service
        app=$(show app.service MainPID) tick=$(show tick.service MainPID)
        [ "$(show idle.service LoadState)" = loaded ]
        touch "$T/out/src/a"
        wait_host another_pid tick.service "$tick"
        wait_host another_pid tick.service "$(show tick.service MainPID)"
        [ -s "$T/out/stopped" ]
        wait_logged 'Restarted, for a calendar event has come (X-RestartOnCalendar=)' -u tick.service
        wait_logged "'soon' is not a calendar event" SYSLOG_IDENTIFIER=svinit
        ctl stop tick.service
        [ "$(show app.service MainPID)" = "$app" ]
        [ "$(show never.service ActiveState)/$(show idle.service ActiveState)" = active/inactive ]
        [ ! -e "$T/out/started" ]
}

@test "X-TriggerMode=: a set is rolled and a service restarted, or the other way round" {
        mkdir "$T"/out/{a,b,c,d}
        unit set.service <<<$'[Service]\nX-Instances=2\nExecStart=/bin/sleep infinity\nX-Watch=/out/a\nX-WatchDelaySec=1ms\nX-SettleSec=0'
        unit hard.service <<<$'[Service]\nX-Instances=2\nExecStart=/bin/sleep infinity\nX-Watch=/out/b\nX-WatchDelaySec=1ms\nX-TriggerMode=restart'
        unit soft.service <<<$'[Service]\nExecStart=/bin/sleep infinity\nX-Watch=/out/c\nX-WatchDelaySec=1ms\nX-TriggerMode=roll\nX-SettleSec=0'
        unit plain.service <<<$'[Service]\nExecStart=/bin/sleep infinity\nX-Watch=/out/d\nX-WatchDelaySec=1ms'
        boot
        ctl start set hard soft plain
        touch "$T"/out/{a,b,c,d}/new
        wait_logged 'Rolled, for /out/a' -u set.service
        wait_logged 'Restarted, for /out/b' -u hard.service
        wait_logged 'Rolled, for /out/c' -u soft.service
        wait_logged 'Restarted, for /out/d' -u plain.service
        wait_logged 'Rolled, instances: 2' -u set.service
        for u in set@0 set@1 hard@0 hard@1 soft plain; do wait_state $u active; done
        run -1 logged 'Restarted, for' -u set.service
        run -1 logged 'Restarted, for' -u soft.service
        run -1 logged 'Rolled, for' -u hard.service
        stop
        [ "$exit_code" = 0 ]
}
