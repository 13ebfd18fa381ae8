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
        wait_host another_pid crash.service "$first"
        [ "$(show crash.service NRestarts)" = 1 ]
        stop
        [ "$exit_code" = 0 ]
}

# Runs a command as the container's and waits for its end.
command_mode() {
        rm -f "$T/pid"
        svinit_args=(-- "$@")
        launch
        wait_gone
}

@test "a command's exit code is svinit's, also when it cannot be started" {
        command_mode /bin/sh -c 'exit 7'
        [ "$exit_code" = 7 ]
        command_mode /bin/true
        [ "$exit_code" = 0 ]
        command_mode /bin/sh -c 'kill -9 $$'
        [ "$exit_code" = 137 ]
        command_mode /nonexistent
        [ "$exit_code" = 127 ]
        command_mode /etc/passwd
        [ "$exit_code" = 126 ]
        command_mode /bin/sh -c 'exit 203'
        [ "$exit_code" = 203 ]
}

# Tells the name of each signal that it gets and leaves with 42 at the last one.
listener() {
        cat >"$T/out/listen" <<'S'
#!/bin/bash
for s in HUP USR1 USR2 QUIT WINCH CONT RTMIN+10; do trap "echo $s >>/out/got" $s; done
for s in TERM INT; do trap "echo $s >>/out/got; exit 42" $s; done
echo up >/out/got
while :; do sleep 0.02; done
S
        chmod 755 "$T/out/listen"
        svinit_args=(-- /out/listen)
        rm -f "$T/out/got" "$T/pid"
        launch
        wait_host grep -q up "$T/out/got"
}

@test "a command gets every signal that svinit gets, and its answer counts" {
        listener
        for s in HUP USR1 USR2 QUIT WINCH CONT RTMIN+10; do
                kill -"$s" "$init_pid"
                wait_host grep -qx "$s" "$T/out/got"
        done
        stop TERM
        [ "$exit_code" = 42 ]
        [ "$(tail -1 "$T/out/got")" = TERM ]
        listener
        stop INT
        [ "$exit_code" = 42 ]
        [ "$(tail -1 "$T/out/got")" = INT ]
}

@test "a second SIGINT kills a command that does not listen" {
        svinit_args=(-- /bin/sh -c 'trap "" INT TERM; echo up >/out/up; while :; do sleep 1; done')
        launch --env SVINIT_LOG_LEVEL=info --env SVINIT_STOP_BUDGET=100s
        wait_host test -s "$T/out/up"
        kill -INT "$init_pid"
        wait_host grep -q "Shutting down" "$T/console" # two that come at once are one
        kill -INT "$init_pid"
        SECONDS=0
        wait_gone
        [ "$exit_code" = 137 ]
        [ "$SECONDS" -lt 50 ]
}

@test "an essential service that has to be killed at the end of the budget makes exit code 137" {
        unit deaf.service <<'U'
[Service]
X-Essential=yes
ExecStart=/bin/sh -c 'trap "" TERM; : >/out/up; while :; do sleep 1; done'
U
        enabled deaf.service
        boot --env SVINIT_STOP_BUDGET=2s
        wait_host test -e "$T/out/up"
        SECONDS=0
        stop
        [ "$exit_code" = 137 ]
        [ "$SECONDS" -le 30 ] # and not 90
        grep -q 'deaf.service: Killed: still' "$T/console"
}

@test "the end of an essential service ends svinit with its code, a restart of it does not" {
        unit app.service <<'U'
[Service]
ExecStart=/bin/sleep infinity
U
        enabled app.service
        svinit_args=(--main=app.service)
        boot
        inside systemctl daemon-reload
        inside systemctl restart app.service
        [ "$(inside systemctl is-active app.service)" = active ]
        inside kill -USR1 "$(show app.service MainPID)"
        wait_gone
        [ "$exit_code" = 138 ]
}

@test "an essential service that cannot come up ends svinit too" {
        unit app.service <<'U'
[Unit]
Requires=broken.service
After=broken.service
[Service]
X-Essential=yes
ExecStart=/bin/sleep infinity
U
        unit broken.service <<'U'
[Service]
Type=oneshot
ExecStart=/bin/false
U
        enabled app.service
        launch
        wait_gone
        [ "$exit_code" = 124 ]
}

@test "processes of no unit get SIGTERM, then SIGKILL, and are waited for" {
        boot --env SVINIT_STOP_BUDGET=100s
        inside_sh 'setsid sh -c "trap \"echo term >/out/got; exit\" TERM; echo up >/out/up; while :; do sleep 0.1; done" >/dev/null 2>&1 &'
        inside_sh 'setsid sh -c "trap \"\" TERM; echo up >/out/deaf; while :; do sleep 0.1; done" >/dev/null 2>&1 &'
        wait_host test -s "$T/out/up"
        wait_host test -s "$T/out/deaf"
        SECONDS=0
        stop
        [ "$exit_code" = 0 ]
        [ "$(<"$T/out/got")" = term ]
        [ "$SECONDS" -lt 50 ]
}

# One that takes until /out/go is there.
generator() {
        mkdir -p "$T/generators"
        cat >"$T/generators/slow" <<G
#!/bin/sh
touch /out/generating
until [ -e /out/go ]; do sleep 0.02; done
printf '[Service]\nExecStart=/bin/sleep infinity\n' >"\$1/generated.service"
mkdir -p "\$1/multi-user.target.wants"
ln -s ../generated.service "\$1/multi-user.target.wants/"
G
        chmod 755 "$T/generators/slow"
}

@test "generators run before the first unit is read; svinit answers meanwhile" {
        generator
        launch --bind "$T/generators:/etc/systemd/system-generators"
        wait_host test -S "/proc/$init_pid/root/run/systemd/private"
        run inside systemctl is-system-running
        [ "$output" = initializing ]
        touch "$T/out/go"
        inside timeout 60 systemctl is-system-running --wait
        [ "$(inside systemctl is-active generated.service)" = active ]
}

@test "daemon-reload waits for generators, svinit does not" {
        unit app.service <<'U'
[Service]
ExecStart=/bin/sleep infinity
U
        enabled app.service
        generator
        touch "$T/out/go"
        boot --bind "$T/generators:/etc/systemd/system-generators"
        pid=$(show app.service MainPID)
        rm "$T/out/go" "$T/out/generating"
        inside systemctl daemon-reload 3>&- &
        reload=$!
        wait_host test -e "$T/out/generating"
        inside systemctl kill -s KILL app.service
        wait_state app.service failed
        kill -0 "$reload"
        touch "$T/out/go"
        wait "$reload"
        [ "$(inside systemctl is-active generated.service)" = active ]
}

@test "a service whose file is gone goes on and is stopped as the file said" {
        unit keep.service <<'U'
[Service]
ExecStart=/bin/sleep infinity
ExecStop=/bin/sh -c 'echo stopped >/out/stopped'
U
        enabled keep.service
        boot
        pid=$(show keep.service MainPID)
        rm "$T/units/keep.service" "$T/units/multi-user.target.wants/keep.service"
        inside systemctl daemon-reload
        [ "$(show keep.service LoadState)" = not-found ]
        [ "$(show keep.service MainPID)" = "$pid" ]
        stop
        [ "$exit_code" = 0 ]
        [ "$(<"$T/out/stopped")" = stopped ]
}

@test "units that were only looked at are forgotten, with what they refer to" {
        unit looked@.service <<'U'
[Unit]
Wants=other@%i.service
[Service]
ExecStart=/bin/sleep infinity
U
        boot
        before=$(inside systemctl list-units --all --no-legend | wc -l)
        for i in 1 2 3; do inside systemctl show -p Id looked@$i.service >/dev/null; done
        [ "$(inside systemctl list-units --all --no-legend | grep -c -e looked@ -e other@)" = 0 ]
        [ "$(inside systemctl list-units --all --no-legend | wc -l)" -le $((before + 1)) ]
}

started_all() {
        [ "$(journal _PID=1 | grep -c '^Started burst of ')" = 300 ]
}

@test "svinit's own messages are all in the journal, however many come at once" {
        unit burst@.service <<'U'
[Unit]
Description=burst of %i
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/true
U
        boot
        inside systemctl start --no-block $(seq -f 'burst@%g.service' 300)
        inside pkill -KILL -x svinit-journald
        wait_host started_all
        [ "$(inside journalctl -o cat --no-pager -u burst@17.service | grep -c '^Started burst of 17')" = 1 ]
        run -1 grep -q 'found no room' "$T/console"
}

@test "a syslog daemon gets what was sent as it was sent, and all of it" {
        cat >"$T/out/syslogd" <<'P'
#!/usr/bin/perl
use Socket;
open(my $in, "<&=", 3);
open(my $out, ">>", "/out/syslog"); $out->autoflush(1);
select(undef, undef, undef, 1); # the socket's queue is full by now
while (defined recv($in, $m, 8192, 0)) { $m =~ s/[\0\n]+$//; print $out "$m\n" }
P
        chmod 755 "$T/out/syslogd"
        unit syslog.service <<<$'[Unit]\nRequires=syslog.socket\nAfter=syslog.socket\n[Service]\nExecStart=/usr/bin/perl -MIO::Handle /out/syslogd'
        unit talk.service <<<$'[Service]\nType=oneshot\nExecStart=/usr/bin/perl -MSys::Syslog=:standard,:macros -e \'openlog("probe","ndelay",LOG_USER); syslog(LOG_INFO,"kept %%d",$_) for 1..500\''
        boot
        inside systemctl start syslog.service
        inside systemctl start talk.service
        wait_host grep -q "kept 500$" "$T/out/syslog"
        [ "$(grep -c 'kept' "$T/out/syslog")" = 500 ]
        grep -qE '^<14>[A-Z][a-z]{2} [ 0-9][0-9] [0-9:]{8} probe: kept 1$' "$T/out/syslog"
}

no_instances() {
        silent ctl list-units --all --no-legend 'echo@*'
}

@test "Accept=yes: an instance for each connection, counted until it ends, then forgotten" {
        unit echo.socket <<<$'[Socket]\nListenStream=/run/echo\nAccept=yes\nMaxConnections=2'
        unit echo@.service <<<$'[Service]\nStandardInput=socket\nExecStartPre=/bin/true\nExecStart=/bin/cat'
        boot
        inside systemctl start echo.socket
        cat >"$T/out/client" <<'P'
use Socket;
socket(my $s, AF_UNIX, SOCK_STREAM, 0); connect($s, sockaddr_un("/run/echo")) or die;
syswrite($s, "hello\n"); sysread($s, my $m, 100); print $m;
if ($ARGV[0]) { open(my $f, ">", $ARGV[0]); close $f; sleep 100 }
shutdown($s, 1); print sysread($s, $m, 100), "\n";
P
        [ "$(inside perl /out/client)" = "$(printf 'hello\n0')" ]
        wait_host property_is echo.socket NConnections 0
        wait_host no_instances
        inside perl /out/client /out/one >/dev/null 3>&- &
        inside perl /out/client /out/two >/dev/null 3>&- &
        wait_host test -e "$T/out/one"
        wait_host test -e "$T/out/two"
        property_is echo.socket NConnections 2
        run inside perl /out/client
        [[ "$output" != *hello* ]]
        inside pkill -f /out/client
        wait_host property_is echo.socket NConnections 0
        [ "$(show echo.socket NAccepted)" -ge 3 ]
}

@test "a job that takes longer than JobTimeoutSec= is given up, JobTimeoutAction= is done" {
        unit slow.service <<<$'[Unit]\nJobTimeoutSec=300ms\n[Service]\nType=oneshot\nTimeoutStartSec=infinity\nExecStart=/bin/sleep infinity'
        unit last.service <<<$'[Unit]\nJobRunningTimeoutSec=300ms\nJobTimeoutAction=exit-force\n[Service]\nType=oneshot\nTimeoutStartSec=infinity\nExecStart=/bin/sleep infinity'
        boot
        run -1 inside systemctl start slow.service
        [ "$(show slow.service ActiveState)" = activating ]
        inside systemctl start --no-block last.service
        wait_gone
        [ "$exit_code" = 124 ]
}

@test "services find in their environment what systemd.exec(5) promises" {
        unit env.service <<<$'[Unit]\nOnFailure=told.service\n[Service]\nType=notify\nNotifyAccess=all\nWatchdogSec=1min\nRuntimeDirectory=env\nRuntimeDirectoryMode=0700\nExecStart=/bin/sh -c \'echo pid $$$$ >/out/env; env >>/out/env; touch /run/env/x; systemd-notify --ready; exit 3\''
        unit told.service <<<$'[Service]\nType=oneshot\nExecStart=/bin/sh -c "env >/out/told; ls /run/env >>/out/told 2>&1"'
        boot
        inside systemctl start env.service || true
        wait_host grep -q MONITOR_UNIT=env.service "$T/out/told"
        pid=$(sed -n 's/^pid //p' "$T/out/env")
        for v in SYSTEMD_EXEC_PID="$pid" WATCHDOG_PID="$pid" WATCHDOG_USEC=60000000 RUNTIME_DIRECTORY=/run/env NOTIFY_SOCKET=/run/systemd/notify; do
                grep -qx "$v" "$T/out/env"
        done
        for v in MONITOR_SERVICE_RESULT=exit-code MONITOR_EXIT_CODE=exited MONITOR_EXIT_STATUS=3; do
                grep -qx "$v" "$T/out/told"
        done
        grep -q 'No such file' "$T/out/told"
}
