#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# X-HealthCheck= and X-ReadinessCheck=: services of all manners are asked how they are.

load helper

# A server that answers as /out/mode says, read anew for each connection.
server() {
        cat >"$T/out/server.py" <<'P'
import os, socket, sys, threading, time
s = socket.create_server((sys.argv[2] if len(sys.argv) > 2 else "127.0.0.1", int(sys.argv[1])))
def serve(c):
    mode = open(os.environ.get("MODE", "/out/mode")).read().strip()
    try:
        c.recv(4096)
        if mode == "hang":
            c.recv(4096)
        elif mode == "drip":
            while True:
                c.sendall(b"H")
                time.sleep(0.01)
        elif mode == "huge":
            c.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            while True:
                c.sendall(b"x" * 65536)
        elif mode == "smtp":
            c.sendall(b"220 ready\r\n")
        else:
            c.sendall(b"HTTP/1.1 %s x\r\nContent-Length: 0\r\n\r\n" % mode.encode())
    except OSError:
        pass
    c.close()
while True:
    threading.Thread(target=serve, args=(s.accept()[0],), daemon=True).start()
P
}

mode() {
        echo "$1" >"$T/out/mode.new"
        mv "$T/out/mode.new" "$T/out/mode"
}

restarted_for_it() { # UNIT N: so many times, or more
        [ "$(show "$1" HealthRestarts)" -ge "$2" ]
}

# The service answers like that until it is restarted for it, and has said why; then it is well again.
falls_ill() { # MODE REASON
        local n
        n=$(show web HealthRestarts)
        mode "$1"
        wait_host restarted_for_it web $((n + 1))
        wait_logged "Unhealthy: http:[$]PORT/health: $2; it is restarted" -u web.service
        mode 200
        wait_host property_is web Health healthy
}

@test "http: who does not answer well is restarted, with the reason; whatever it sends, nothing else is harmed" {
        server
        mode 200
        # Before it has been well it may take its time; then it has none to lose.
        unit web.service <<<$'[Service]\nEnvironment=PORT=8091\nExecStart=/usr/bin/python3 /out/server.py $PORT\nRestartSec=0\nX-HealthCheck=http:$PORT/health\nX-HealthStartSec=100s\nX-HealthIntervalSec=100ms\nX-HealthTimeoutSec=2s\nX-HealthFailures=2\n[Unit]\nStartLimitIntervalSec=0'
        boot_beside
        run -0 ctl start web
        wait_host property_is web Health healthy
        run -0 inside svctl is-healthy web
        run -0 inside svctl status web
        [[ $output == *"Health: good; healthy since"* ]]
        falls_ill 500 'it answered 500'
        wait_logged "Failed with result 'health-check'" -u web.service
        falls_ill smtp 'the answer is not HTTP'
        falls_ill drip 'no answer within 2s'
        # One that starts, and never answers.
        mode hang
        run -0 ctl restart web
        run -1 inside svctl is-healthy web
        [[ $output == *web.service:\ starting* ]]
        run -1 inside svctl is-healthy
        [[ $output == *web.service:\ starting* ]]
        run -0 inside svctl is-healthy --starting-ok
        # Well, with more behind it than anybody wants to read.
        mode huge
        wait_host property_is web Health healthy
        # svinit-apps can go at any time: the next one asks.
        inside kill -KILL "$(inside pgrep -x svinit-apps)"
        falls_ill 503 'it answered 503'
        run -0 inside svctl metrics web
        [[ $output == *'svinit_unit_healthy{unit="web.service"} 1'* && $output == *'svinit_unit_health_restarts_total{unit="web.service"} '[1-9]* ]]
        run -0 inside svctl status -o json web
        [[ $output == *'"health_restarts":'* ]]
        ends_cleanly
}

@test "exec runs as the service, a hanging one is killed; tcp, unix, messages; readiness restarts nothing" {
        unit cmd.service <<<$'[Service]\nUser=daemon\nEnvironment=A=b\nExecStart=/bin/sleep infinity\nX-HealthCheck=exec:/bin/sh -c "id -un >>/tmp/health-$A; exec test ! -e /out/sick"\nX-HealthIntervalSec=100ms\nX-HealthFailures=1\nRestartSec=0\nRestart=no\n[Unit]\nStartLimitIntervalSec=0'
        unit hang.service <<<$'[Service]\nExecStart=/bin/sleep infinity\nX-ReadinessCheck=exec:/bin/sh -c "sleep 1000; true"\nX-HealthTimeoutSec=200ms\nX-HealthIntervalSec=100ms\nX-HealthFailures=1'
        unit gate.service <<<$'[Service]\nExecStart=/bin/sleep infinity\nX-ReadinessCheck=tcp:8092\nX-ReadinessCheck=unix:/out/sock\nX-HealthIntervalSec=100ms\nX-HealthFailures=1'
        unit none.service <<<$'[Service]\nExecStart=/bin/sleep infinity\nX-HealthCheck=exec:/no/such/program\nX-HealthFailures=1\nX-HealthIntervalSec=100ms\n[Unit]\nStartLimitBurst=2\nStartLimitIntervalSec=infinity'
        cat >"$T/out/talk.py" <<'P'
import os, socket
s = socket.socket(fileno=int(os.environ["NODE_CHANNEL_FD"]))
for line in s.makefile("rb"):
    if not os.path.exists("/out/mute"):
        s.sendall(b'{"heard":' + line.strip() + b"}\n")
P
        unit talk.service <<<$'[Service]\nX-IPC=node\nExecStart=/usr/bin/python3 /out/talk.py\nX-HealthCheck=message:{"type":"ping"}\nX-HealthStartSec=100s\nX-HealthIntervalSec=100ms\nX-HealthTimeoutSec=1s\nX-HealthFailures=2\nRestartSec=0'
        boot_beside
        run -0 ctl start cmd hang gate talk
        wait_host property_is talk Health healthy
        touch "$T/out/mute"
        wait_host restarted_for_it talk 1
        wait_logged 'Unhealthy: message:.*: no answer within 1s; it is restarted' -u talk.service
        rm "$T/out/mute"
        wait_host property_is talk Health healthy
        wait_host property_is cmd Health healthy
        [ "$(inside head -n1 /tmp/health-b)" = daemon ]
        pid=$(show cmd MainPID)
        touch "$T/out/sick"
        wait_host restarted_for_it cmd 1
        rm "$T/out/sick"
        wait_host property_is cmd Health healthy
        [ "$(show cmd MainPID)" != "$pid" ]
        # Readiness: nobody there, then there, then gone again; the process stays the same.
        pid=$(show gate MainPID)
        wait_host property_is gate Health unhealthy
        run -1 inside svctl is-healthy gate
        [[ $output == *'Connection refused'* || $output == *'No such file'* ]]
        inside python3 -c 'import socket, time
a = socket.create_server(("127.0.0.1", 8092))
b = socket.socket(socket.AF_UNIX)
b.bind("/out/sock")
b.listen(5)
time.sleep(1000)' 3>&- &
        client=$!
        wait_host property_is gate Health healthy
        kill "$client"
        wait_host property_is gate Health unhealthy
        [ "$(show gate MainPID)/$(show gate NRestarts)" = "$pid/0" ]
        wait_logged 'Unhealthy: exec:/bin/sh: no answer within 200ms' -u hang.service
        [ "$(show hang NRestarts)" = 0 ]
        ctl stop hang
        run -1 inside pgrep -f 'sleep 1000; true'
        ctl start none
        wait_state none failed
        [ "$(show none Result)" = health-check ]
        run -0 inside svctl verify gate.service
        ends_cleanly
}

# "current" leads to this release now.
release() {
        ln -sfn "$1" "$T/out/next"
        mv -T "$T/out/next" "$T/out/current"
}

cwds() {
        local i
        for i in 0 1; do inside readlink "/proc/$(show "web@$i" MainPID)/cwd"; done | sed 's|.*/||' | tr '\n' ' '
}

@test "a roll waits until the new instance is well; a release that never is goes back" {
        server
        for r in one two sick; do
                mkdir "$T/out/$r"
                for i in 0 1 2; do echo 200 >"$T/out/$r/mode$i"; done
        done
        for i in 0 1 2; do echo 500 >"$T/out/sick/mode$i"; done
        release one
        unit web.service <<<$'[Service]\nX-Instances=2\nWorkingDirectory=/out/current\nEnvironment=MODE=mode%i PORT=8093\nX-IncrementEnvironment=PORT\nExecStart=/bin/sh -c "sleep 0.2; exec python3 /out/server.py $PORT"\nX-HealthCheck=http:$PORT/\nX-ReadyOn=health\nX-HealthStartSec=100s\nX-HealthFailures=1\nX-HealthIntervalSec=100ms\nTimeoutStartSec=200s\nRestartSec=0\n[Unit]\nStartLimitIntervalSec=0'
        boot_beside
        run -0 ctl start web
        for i in 0 1; do wait_host property_is web@$i Health healthy; done
        release two
        run -0 inside svctl roll web
        [ "$(cwds)" = "two two " ]
        [ "$(show web@0 Health)/$(show web@1 Health)" = healthy/healthy ]
        # This one is never well, however long one waits.
        release sick
        mkdir "$T/units/web.service.d"
        echo $'[Service]\nX-HealthStartSec=0' >"$T/units/web.service.d/impatient.conf"
        run -1 inside svctl roll web
        [[ $output == *"roll failed"*"did not start: health-check"*"the previous generation serves"* ]]
        [ "$(cwds)" = "two two " ]
        # One of them falls ill: the other one is left alone.
        other=$(show web@0 MainPID)
        run -0 inside svctl status web
        [[ $output != *health:* ]]
        echo 503 >"$T/out/two/mode1"
        wait_host restarted_for_it web@1 1
        wait_host property_is web@1 Health starting
        run -0 inside svctl status web
        [[ $output == *"web@1.service activating (start-post), health: starting"* ]]
        echo 200 >"$T/out/two/mode1"
        wait_host property_is web@1 Health healthy
        [ "$(show web@0 MainPID)/$(show web@0 HealthRestarts)" = "$other/0" ]
        ends_cleanly
}

@test "with X-ReadyOn=health a start lasts until the service is well; who comes after it waits" {
        unit db.service <<<$'[Service]\nExecStart=/bin/sleep infinity\nX-ReadinessCheck=exec:/bin/test -e /out/up\nX-HealthIntervalSec=100ms\nX-ReadyOn=health\nTimeoutStartSec=infinity'
        unit app.service <<<$'[Unit]\nRequires=db.service\nAfter=db.service\n[Service]\nExecStart=/bin/sleep infinity\nExecStartPre=/bin/test -e /out/up'
        unit late.service <<<$'[Service]\nExecStart=/bin/sleep infinity\nX-ReadinessCheck=exec:/bin/false\nX-ReadyOn=health\nTimeoutStartSec=300ms'
        unit sick.service <<<$'[Service]\nExecStart=/bin/sleep infinity\nX-HealthCheck=exec:/bin/false\nX-HealthIntervalSec=100ms\nX-HealthFailures=1\nX-ReadyOn=health\nRestartSec=infinity'
        unit needs.service <<<$'[Unit]\nRequires=late.service\nAfter=late.service\n[Service]\nExecStart=/bin/touch /out/never'
        boot_beside
        ctl start --no-block app
        wait_host property_is db Health unhealthy
        [ "$(show db ActiveState)/$(show db SubState)/$(show app ActiveState)" = activating/start-post/inactive ]
        touch "$T/out/up"
        wait_state app active
        [ "$(show db ActiveState)/$(show db Health)" = active/healthy ]
        # Ill later, it stays what it is.
        rm "$T/out/up"
        wait_host property_is db Health unhealthy
        [ "$(show db ActiveState)" = active ]
        run -1 ctl start needs
        [ "$(show late ActiveState)/$(show late Result)" = failed/timeout ]
        [ ! -e "$T/out/never" ]
        run -1 ctl start sick
        [ "$(show sick Result)/$(show sick SubState)" = health-check/auto-restart ]
        ctl stop sick
        ends_cleanly
}
