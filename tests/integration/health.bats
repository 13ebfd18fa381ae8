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
    mode = open("/out/mode").read().strip()
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

health_is() { # UNIT STATE
        [ "$(show "$1" Health)" = "$2" ]
}

restarted_for_it() { # UNIT N: so many times, or more
        [ "$(show "$1" HealthRestarts)" -ge "$2" ]
}

@test "http: who does not answer well is restarted, with the reason; whatever it sends, nothing else is harmed" {
        server
        mode 200
        unit web.service <<<$'[Service]\nEnvironment=PORT=8091\nExecStart=/usr/bin/python3 /out/server.py $PORT\nRestartSec=0\nX-HealthCheck=http:$PORT/health\nX-HealthIntervalSec=100ms\nX-HealthTimeoutSec=2s\nX-HealthFailures=2\n[Unit]\nStartLimitIntervalSec=0'
        boot_beside
        run -0 ctl start web
        wait_host health_is web healthy
        run -0 inside svctl is-healthy web
        run -0 inside svctl status web
        [[ $output == *"Health: good; healthy since"* ]]
        mode huge
        last=$(show web HealthSince)
        wait_logged 'Healthy.' -u web.service
        [ "$(show web HealthSince)/$(show web NRestarts)" = "$last/0" ]
        mode 500
        wait_host restarted_for_it web 1
        wait_logged 'Unhealthy: http:$PORT/health: it answered 500; it is restarted' -u web.service
        wait_logged "Failed with result 'health-check'" -u web.service
        n=$(show web HealthRestarts)
        mode drip
        wait_host restarted_for_it web $((n + 1))
        wait_logged 'no answer within 2s' -u web.service
        mode smtp
        wait_logged 'the answer is not HTTP' -u web.service
        mode hang
        wait_host health_is web starting
        run -1 inside svctl is-healthy web
        [[ $output == *web.service:\ starting* ]]
        run -1 inside svctl is-healthy
        [[ $output == *web.service:\ starting* ]]
        run -0 inside svctl is-healthy --starting-ok
        mode 204
        wait_host health_is web healthy
        # svinit-apps can go at any time: the next one asks.
        apps=$(inside pgrep -x svinit-apps)
        n=$(show web HealthRestarts)
        inside kill -KILL "$apps"
        mode 503
        wait_host restarted_for_it web $((n + 1))
        run -0 inside svctl status -o json web
        [[ $output == *'"health_restarts":'* ]]
        ends_cleanly
}

@test "exec runs as the service, a hanging one is killed; tcp and unix; readiness restarts nothing" {
        unit cmd.service <<<$'[Service]\nUser=daemon\nEnvironment=A=b\nExecStart=/bin/sleep infinity\nX-HealthCheck=exec:/bin/sh -c "id -un >/tmp/health-$A; exec test ! -e /out/sick"\nX-HealthIntervalSec=100ms\nX-HealthFailures=1\nRestartSec=0\nRestart=no'
        unit hang.service <<<$'[Service]\nExecStart=/bin/sleep infinity\nX-ReadinessCheck=exec:/bin/sh -c "sleep 1000; true"\nX-HealthTimeoutSec=200ms\nX-HealthIntervalSec=100ms\nX-HealthFailures=1'
        unit gate.service <<<$'[Service]\nExecStart=/bin/sleep infinity\nX-ReadinessCheck=tcp:8092\nX-ReadinessCheck=unix:/out/sock\nX-HealthIntervalSec=100ms\nX-HealthFailures=1'
        unit none.service <<<$'[Service]\nExecStart=/bin/sleep infinity\nX-HealthCheck=exec:/no/such/program\nX-HealthFailures=1\nX-HealthIntervalSec=100ms\n[Unit]\nStartLimitBurst=2\nStartLimitIntervalSec=infinity'
        boot_beside
        run -0 ctl start cmd hang gate
        wait_host health_is cmd healthy
        [ "$(inside cat /tmp/health-b)" = daemon ]
        pid=$(show cmd MainPID)
        touch "$T/out/sick"
        wait_host restarted_for_it cmd 1
        rm "$T/out/sick"
        wait_host health_is cmd healthy
        [ "$(show cmd MainPID)" != "$pid" ]
        # Readiness: nobody there, then there, then gone again; the process stays the same.
        pid=$(show gate MainPID)
        wait_host health_is gate unhealthy
        run -1 inside svctl is-healthy gate
        [[ $output == *'Connection refused'* || $output == *'No such file'* ]]
        inside python3 -c 'import socket, time
a = socket.create_server(("127.0.0.1", 8092))
b = socket.socket(socket.AF_UNIX)
b.bind("/out/sock")
b.listen(5)
time.sleep(1000)' 3>&- &
        client=$!
        wait_host health_is gate healthy
        kill "$client"
        wait_host health_is gate unhealthy
        [ "$(show gate MainPID)/$(show gate NRestarts)" = "$pid/0" ]
        wait_logged 'Unhealthy: exec:/bin/sh: no answer within 200ms' -u hang.service
        [ "$(show hang NRestarts)" = 0 ]
        ctl stop hang
        run -1 inside pgrep -f 'sleep 1000; true'
        ctl start none
        wait_state none failed
        [ "$(show none Result)" = start-limit-hit ]
        run -0 inside svctl verify gate.service
        ends_cleanly
}
