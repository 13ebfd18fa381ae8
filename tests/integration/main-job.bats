#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# Boot, life and end of services, driven by the real systemctl.

load helper

@test "a service is started at boot, its lines are in the journal, the stop is clean" {
        unit hello.service <<'U'
[Service]
ExecStart=/bin/sh -c 'echo hello from %n; exec sleep infinity'
U
        enabled hello.service
        boot
        [ "$(inside systemctl is-active hello.service)" = active ]
        wait_host journal_has hello.service "hello from hello.service"
        stop
        [ "$exit_code" = 0 ]
}

@test "a crash is followed by a restart" {
        unit crash.service <<'U'
[Service]
ExecStart=/bin/sleep infinity
Restart=on-failure
RestartSec=10ms
U
        enabled crash.service
        boot
        first=$(show crash.service MainPID)
        inside kill -9 "$first"
        wait_host restarted crash.service "$first"
        [ "$(show crash.service NRestarts)" = 1 ]
        stop
        [ "$exit_code" = 0 ]
}

restarted() {
        local now
        now=$(show "$1" MainPID)
        [ "$now" != 0 ] && [ "$now" != "$2" ]
}
