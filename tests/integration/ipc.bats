#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# X-IPC=node: messages to and from programs as Node's child_process has them, and the process that reads them, svinit-apps.

load helper

node() { # NAME SCRIPT [SETTING...]
        mkdir -p "$T/out/js"
        cat >"$T/out/js/$1.js" <<<"$2"
        printf '%s\n' '[Service]' X-IPC=node "ExecStart=/usr/bin/node /out/js/$1.js %i" "${@:3}" | unit "$1.service"
}

apps_pid() {
        pgrep -P "$init_pid" -f '^svinit-apps'
}

another_apps() {
        local now
        now=$(apps_pid) && [ "$now" != "$1" ]
}

kill_apps() {
        local old
        old=$(apps_pid)
        kill -KILL "$old"
        wait_host another_apps "$old"
}

@test "a program gets a channel behind its sockets; stop by message; none of it without X-IPC=" {
        node web '
                const fs = require("fs");
                fs.writeFileSync("/out/env", `${process.connected} ${process.env.NODE_CHANNEL_FD}`);
                process.on("message", m => {
                        fs.appendFileSync("/out/heard", JSON.stringify(m) + "\n");
                        if (m === "shutdown") process.exit(0);
                });
                process.on("SIGTERM", () => fs.appendFileSync("/out/heard", "SIGTERM\n"));
                process.send("ready");
                fs.writeFileSync("/out/up", "");' 'X-StopMessage="shutdown"' TimeoutStopSec=60
        unit web.socket <<<$'[Socket]\nListenStream=/run/web.sock'
        unit plain.service <<<$'[Service]\nExecStart=/bin/sh -c "ls /proc/self/fd | wc -l >/out/plain; env >/out/plainenv; exec sleep infinity"'
        unit raw.service <<<$'[Service]\nX-IPC=node\nSockets=web.socket\nExecStart=/bin/sh -c "env >/out/rawenv; printf \'\\"ready\\"\\\\n\' >&$NODE_CHANNEL_FD; read -r line <&$NODE_CHANNEL_FD; echo $line >/out/rawline; exec sleep infinity"\nX-StopMessage={"a":\\n1}\nTimeoutStopSec=1ms'
        unit task@.service <<<$'[Service]\nX-IPC=node\nExecStart=/bin/sh -c "read -r line <&$NODE_CHANNEL_FD; echo $line >/out/task-%i; exec sleep infinity"'
        unit never.service <<<$'[Service]\nX-ReadyOn=message\nExecStart=/bin/true'
        boot
        run -0 ctl start plain
        wait_host test -s "$T/out/plainenv"
        run -1 grep CHANNEL "$T/out/plainenv"
        run -1 apps_pid
        run -0 ctl start web.socket web raw
        wait_host test -e "$T/out/up"
        [ "$(<"$T/out/env")" = "true undefined" ]
        run -0 ctl stop web
        [ "$(<"$T/out/heard")" = '"shutdown"' ]
        [ "$(show web Result)/$(show web ExecMainStatus)" = success/0 ]
        wait_host grep -q CHANNEL "$T/out/rawenv"
        grep -x NODE_CHANNEL_FD=4 "$T/out/rawenv"
        grep -x LISTEN_FDS=1 "$T/out/rawenv"
        run -0 ctl stop raw
        # Instances of an ordinary template are a set as well.
        run -0 ctl start task@a task@b
        run -0 inside svctl send task@ '{"for": ["all"]}'
        wait_host test -s "$T/out/task-a" -a -s "$T/out/task-b"
        [ "$(<"$T/out/task-b")" = '{"for": ["all"]}' ]
        run -1 ctl start never
        [[ $output == *"bad"*"setting"* || $output == *"bad-setting"* ]]
        # A killed svinit-apps: channels go on, also for a stop that was asked for in between.
        rm "$T/out/heard" "$T/out/up"
        run -0 ctl start web
        wait_host test -e "$T/out/up"
        pid=$(show web MainPID)
        kill_apps
        old=$(apps_pid)
        kill -STOP "$old"
        ctl stop --no-block web
        wait_state web deactivating
        kill -KILL "$old"
        wait_state web inactive
        [ "$(<"$T/out/heard")" = '"shutdown"' ]
        [ "$(show web Result)" = success ]
        # Sockets that a program sends are acknowledged, for what it says behind them waits for that; and closed. The end
        # of the channel is not the end of the process.
        node giver '
                const server = require("net").createServer();
                server.listen(0, () => {
                        process.send({type: "socket"}, server);
                        process.send("after it");
                });
                process.on("message", () => { process.disconnect(); setInterval(() => {}, 1000); });' 'X-StopMessage="shutdown"'
        run -0 ctl daemon-reload
        run -0 ctl start giver
        wait_host has_said giver '.socket == 1 and .["after it"] == 1'
        wait_host no_socket_is_left
        run -0 inside svctl send giver 1
        wait_host channel_is_closed
        [ "$(show giver ActiveState)" = active ]
        run -0 ctl stop giver
        [ "$(show giver Result)" = success ]
        stop
        [ "$exit_code" = 0 ]
}

has_said() {
        inside svctl ipc "$1" -o json | jq -e ".[0].received | $2"
}

no_socket_is_left() {
        local inode
        inode=$(cat "/proc/$init_pid/net/tcp" "/proc/$init_pid/net/tcp6" 2>/dev/null | awk '$4 == "0A" { print $10; exit }')
        [[ $inode ]] && ! ls -l "/proc/$(apps_pid)/fd" | grep -qF "socket:[$inode]"
}

channel_is_closed() {
        [[ $(inside svctl send giver 1 2>&1) == *"its channel is closed"* ]]
}

worker='
        let n = 0;
        process.on("message", m => {
                if (m.crash) process.exit(7);
                if (m.hang) return;
                if (m.burst) for (let k = 0; k < 3; k++) process.send({type: "burst", k});
                if (m.echo !== undefined) process.send({echo: m.echo, by: process.argv[2], n: ++n});
        });
        process.send("ready");'

# Until that many instances have said "ready".
ready() { # UNIT N
        wait_host ready_now "$@"
}

ready_now() {
        [ "$(inside svctl ipc "$1" -o json | jq '[.[].received.ready // 0 | select(. > 0)] | length')" = "$2" ]
}

@test "send, ipc and call: broadcasts and single messages, a pool with a queue, crashes and hangs are one caller's" {
        node pool "$worker" X-Instances=2 X-IPCQueueMax=2 X-CallTimeoutSec=2s Restart=always RestartSec=0 X-ReadyOn=message
        node patient "$worker" X-Instances=2 X-IPCQueueMax=2 X-ReadyOn=message
        node task@ 'process.on("message", m => {
                if (m.crash) process.exit(3);
                if (m.hang) require("fs").writeFileSync("/out/hangs-" + m.hang, "x");
                else process.send({n: m.n, pid: process.pid});
        });'
        boot
        run -1 inside svctl send pool '{}'
        [[ $output == *"pool.service has no channel"* ]]
        run -0 ctl start pool
        ready pool 2
        # One message for all, one for one; what is no JSON, and what is Node'\''s own, goes nowhere.
        run -0 inside svctl send pool '{"burst":1}'
        wait_host bursts_are '[3,3]'
        run -0 inside svctl send pool@1 $'{"burst":\n1}'
        wait_host bursts_are '[3,6]'
        run -1 inside svctl send pool '{"a":'
        [[ $output == *"no JSON text"* ]]
        run -1 inside svctl send pool '{"cmd":"NODE_HANDLE","type":"net.Native"}'
        [[ $output == *"NODE_"*"not passed on"* ]]
        head -c 1100000 /dev/zero | tr '\0' x | sed 's/.*/"&"/' >"$T/out/long"
        run -1 inside sh -c 'svctl send pool - </out/long'
        [[ $output == *"longer than X-IPCMaxMessage="* ]]
        run -0 inside svctl call pool '{"echo":[1,"ü"]}'
        [[ $output == '{"echo":[1,"ü"],"by":'* ]]
        # A crash is the error of its caller alone; the other instance works on.
        run -1 inside svctl call pool '{"crash":1}'
        [[ $output == *"ended, or closed its channel, while it worked on the call"* ]]
        run -0 inside svctl call pool '{"echo":2}'
        ready pool 2
        # One that hangs is restarted.
        pid=$(show pool@0 MainPID)
        run -1 inside svctl call pool@0 '{"hang":1}'
        [[ $output == *"did not reply within X-CallTimeoutSec="* ]]
        wait_host another_pid pool@0 "$pid"
        ready pool 2
        # Two are busy, two wait, the fifth is refused; who is killed takes a call back that nobody works on.
        run -0 ctl start patient
        ready patient 2
        for i in 1 2 3 4 5; do
                inside sh -c "echo \$\$ >/out/caller$i; exec svctl call patient '{\"hang\":1}'" >"$T/out/refused$i" 2>&1 3>&- &
        done
        wait_host grep -q "X-IPCQueueMax=2 calls wait already" "$T"/out/refused{1,2,3,4,5}
        for i in 1 2 3 4 5; do inside kill "$(<"$T/out/caller$i")" 2>/dev/null || true; done
        [ "$(grep -l "wait already" "$T"/out/refused? | wc -l)" = 1 ]
        a_process_for_a_task
        stop
        [ "$exit_code" = 0 ]
}

# --new: an instance of its own, which is gone with the call, however that ends, and with its caller.
a_process_for_a_task() {
        run -0 inside svctl call --new task@ '{"n":1}'
        [[ $output == '{"n":1,"pid":'* ]]
        first=$output
        run -0 inside svctl call --new task@ '{"n":1}'
        [[ $output == '{"n":1,"pid":'* && $output != "$first" ]]
        run -1 inside svctl call --new task@ '{"crash":1}'
        [[ $output == *"ended, or closed its channel, while it worked on the call"* ]]
        run -124 inside svctl call --new --timeout=200ms task@ '{"hang":"first"}'
        [[ $output == *"did not reply within --timeout=200ms"* ]]
        wait_host nothing_of_tasks
        inside sh -c 'echo $$ >/out/caller; exec svctl call --new task@ "{\"hang\":\"second\"}"' 3>&- &
        wait_host test -s "$T/out/hangs-second"
        inside kill -KILL "$(<"$T/out/caller")"
        wait_host nothing_of_tasks
        run -1 inside svctl call --new pool 1
        [[ $output == *"--new takes a template"* ]]
        run -2 inside svctl call --timeout=never pool 1
        # Without --new the instance is not ours: whoever has no patience leaves it the rest.
        run -124 inside svctl call --timeout=100ms patient@0 '{"hang":1}'
}

nothing_of_tasks() {
        silent inside svctl list-units --all --no-legend 'task@call-*'
}

bursts_are() {
        [ "$(inside svctl ipc pool -o json | jq -c '[.[].received.burst]')" = "$1" ]
}

@test "metrics and actions: of @pm2/io on the channel, by sd_notify from any language; OpenMetrics, JSON, HTTP" {
        node io '
                process.on("message", m => {
                        const name = typeof m === "string" ? m : m.msg;
                        const reply = r => process.send({type: "axm:reply", data: {at: 0, action_name: name, return: r}});
                        if (name === "hello") reply({world: 1});
                        if (name === "add") reply(m.opts.a + m.opts.b);
                        if (name === "mute") process.send({type: "axm:option:configuration", data: {}});
                });
                for (const a of ["hello", "add", "mute"])
                        process.send({type: "axm:action", data: {action_name: a, action_type: "custom", arity: 1}});
                process.send({type: "axm:monitor", data: {
                        "Heap Size": {value: "12.5", unit: "MiB", type: "v8"}, users: {value: 3}, "a\"b\\\n\t": {value: 1},
                        version: {value: "1.2.3"}, bad: 7, worse: null}});
                process.send({type: "process:exception", data: {message: "x"}});
                for (let n = 0; n < 5; n++) process.send({type: "request-start"});
                for (let n = 0; n < 3; n++) process.send({type: "request-end"});
                process.send("ready");' X-Instances=2 X-ReadyOn=message
        node ticks 'process.send({type: "once"}); setInterval(() => process.send({type: "tick"}), 20); process.send("ready");' \
                X-ReadyOn=message
        ln -s /dev/null "$T/units/dbus.socket"
        ln -s /dev/null "$T/units/dbus.service"
        unit shell.service <<<$'[Service]\nType=notify\nNotifyAccess=all\nExecStart=/bin/sh -c \'systemd-notify --ready X_METRIC_jobs=41 "X_METRIC_queue depth=7" X_METRIC_=8 "X_ACTIONS=a b"; exec sleep infinity\''
        boot
        # Nobody has a channel: figures of svinit alone, and no svinit-apps for them.
        run -0 inside svctl metrics
        [[ $output == *'svinit_unit_state{unit="svinit-tmpfiles-setup.service",state="active"} 1'*"# EOF" ]]
        run -1 apps_pid
        run -0 ctl start io shell ticks
        ready io 2
        run -0 inside svctl trigger io hello
        [ "$(sort <<<"$output")" = 'io@0.service: {"world":1}
io@1.service: {"world":1}' ]
        run -0 inside svctl trigger io@1 add '{"a":2,"b":40}'
        [ "$output" = 42 ]
        # How many are at work, by the messages that say when one begins and ends; how many came a second.
        run -0 inside svctl ipc io@0
        grep -qx ' *2  open: request' <<<"$output"
        run -0 inside svctl ipc -o json io@0
        [ "$(jq -c '.[0] | [.open.request, .received["request-start"], .received["request-end"]]' <<<"$output")" = '[2,5,3]' ]
        run -0 inside svctl ipc -d 100ms io@0
        grep -qxE ' *5 +0\.0/s  received: request-start' <<<"$output"
        run -0 inside svctl ipc -d 1s -o json ticks
        jq -e '.[0].received_per_second.tick > 0 and .[0].received_per_second.once == 0' <<<"$output"
        run -2 inside svctl ipc -d soon io
        run -1 inside svctl trigger io none
        [[ $output == *"No instance of io.service that runs offers the action none"* ]]
        wait_host in_metrics 'svinit_application_metric{unit="shell.service",name="jobs"} 41'
        run -1 inside svctl trigger shell a
        [[ $output == *"shell.service offers the action a, but has no channel"* ]]
        run -1 inside svctl trigger io@0 hello '{'
        run -1 inside svctl trigger io@0 mute
        [[ $output == *"io@0.service: no reply"*"1 of 1 did not reply"* ]]
        wait_host in_metrics 'svinit_application_metric{unit="shell.service",name="queue depth"} 7'
        run -0 inside svctl metrics
        echo "$output" >"$T/out/metrics"
        for line in 'svinit_application_metric{unit="io@0.service",name="Heap Size",measure="MiB"} 12.5' \
                'svinit_application_metric{unit="io@1.service",name="users"} 3' \
                'svinit_application_metric{unit="io@1.service",name="a\"b\\??"} 1' \
                'svinit_application_metric{unit="shell.service",name="jobs"} 41' \
                'svinit_unit_messages_received_total{unit="io@0.service",type="process:exception"} 1' \
                'svinit_unit_messages_open{unit="io@1.service",type="request"} 2' \
                'svinit_unit_restarts_total{unit="shell.service"} 0'; do
                grep -qxF "$line" "$T/out/metrics"
        done
        [ "$(tail -1 "$T/out/metrics")" = '# EOF' ]
        run -1 grep -qE '1\.2\.3|name=""' "$T/out/metrics"
        # Each line is one that the format has; each family is told once, and its samples follow it.
        run -1 grep -vE '^(# (TYPE|UNIT|HELP) svinit_[a-z_]+ .+|# EOF|svinit_[a-z_]+\{[a-z]+="([^"\\]|\\.)*"(,[a-z]+="([^"\\]|\\.)*")*\} -?[0-9.]+(e[+-][0-9]+)?)$' "$T/out/metrics"
        [ "$(grep -c '^# TYPE' "$T/out/metrics")" = "$(grep '^# TYPE' "$T/out/metrics" | sort -u | wc -l)" ]
        run -0 inside svctl metrics -o json io@0 shell
        [ "$(jq -c '.[0] | [.unit, .state, .received["axm:action"], .metrics["Heap Size"], .metrics.version.value, .actions]' <<<"$output")" = \
                '["io@0.service","active",3,{"value":"12.5","measure":"MiB"},"1.2.3",["hello","add","mute"]]' ]
        [ "$(jq -c '.[1].actions' <<<"$output")" = '["a","b"]' ]
        # A set with its instances, once each.
        run -0 inside svctl metrics -o json io io@0
        [ "$(jq -c '[.[].unit] | sort' <<<"$output")" = '["io.service","io@0.service","io@1.service"]' ]
        run -5 inside svctl metrics oi
        [[ $output == "svctl: unit oi.service was not found"* ]]
        # Who may only look sees figures, and neither messages nor a way to send some.
        other() { inside setpriv --reuid=65534 --regid=65534 --clear-groups svctl "$@"; }
        run -0 other metrics shell
        [[ $output == *'svinit_application_metric{unit="shell.service",name="jobs"} 41'* ]]
        run -0 other ipc io
        for verb in "ipc -f io" "send io 1" "call io 1" "trigger io hello"; do
                run -4 other $verb
                [[ $output == *"is for root"*"you are uid 65534"* ]]
        done
        # Somebody who scrapes.
        run -0 ctl start svinit-metrics.socket
        inside_sh "printf 'GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n' | nc -N 127.0.0.1 9453" >"$T/out/http"
        head -1 "$T/out/http" | grep -q '^HTTP/1.0 200 OK'
        grep -q '^Content-Type: application/openmetrics-text; version=1.0.0' "$T/out/http"
        grep -q 'svinit_application_metric{unit="shell.service",name="jobs"} 41' "$T/out/http"
        [ "$(tail -1 "$T/out/http")" = '# EOF' ]
        [[ $(inside_sh "printf 'GET / HTTP/1.0\r\n\r\n' | nc -N 127.0.0.1 9453") == "HTTP/1.0 404 Not Found"* ]]
        [[ $(inside_sh "printf 'POST /metrics HTTP/1.0\r\n\r\n' | nc -N 127.0.0.1 9453") == "HTTP/1.0 405"* ]]
        stop
        [ "$exit_code" = 0 ]
}

in_metrics() {
        inside svctl metrics | grep -qxF "$1"
}

@test "svinit-apps killed again and again under load: no program notices, no reply goes to another caller" {
        node echo '
                process.on("disconnect", () => process.exit(9));
                process.on("message", m => { if (m.echo !== undefined) process.send({echo: m.echo}); });' \
                X-Instances=2 Restart=always RestartSec=0
        boot_beside
        run -0 ctl start echo
        pids=$(show echo@0 MainPID),$(show echo@1 MainPID)
        # Long messages for all, longer than a socket holds; and calls, of which each must get its own reply or a sentence.
        cat >"$T/out/load" <<'L'
head -c 400000 /dev/zero | tr '\0' y | sed 's/.*/{"ignored":"&"}/' >/out/big
n=0
while [ ! -e /out/enough ]; do
        svctl send echo - </out/big >/dev/null 2>&1
        n=$((n + 1))
        if r=$(svctl call echo "{\"echo\":\"$1-$n\"}" 2>/out/why$1); then
                if [ "$r" = "{\"echo\":\"$1-$n\"}" ]; then echo >>/out/right; else echo "$1-$n: $r" >>/out/wrong; fi
        else
                grep -qE 'svinit-apps has ended before it answered|has no channel|no more may wait' /out/why$1 || cat /out/why$1 >>/out/wrong
        fi
done
L
        for i in 1 2; do inside sh /out/load "$i" >"$T/out/load$i" 2>&1 3>&- & loads+=($!); done
        for i in 1 2 3 4 5 6; do
                wait_host more_replies
                kill_apps
        done
        wait_host more_replies
        : >"$T/out/enough"
        wait "${loads[@]}"
        [ ! -e "$T/out/wrong" ] || { cat "$T/out/wrong"; false; }
        [ "$(show echo@0 MainPID),$(show echo@1 MainPID)" = "$pids" ]
        run -0 inside svctl call echo@0 '{"echo":1}'
        [ "$output" = '{"echo":1}' ]
        ends_cleanly
}

# One more than when it was asked last.
more_replies() {
        local n
        n=$(wc -l <"$T/out/right")
        ((n > ${replies:-0})) && replies=$n
}

@test "floods on the channel: 1 GB without a newline, no JSON, a worker that never reads" {
        writes() { # NAME SHELL
                printf '%s\n' '[Service]' X-IPC=node NotifyAccess=all "ExecStart=/bin/sh -c '$2'" | unit "$1.service"
        }
        writes giant 'head -c 1000000000 /dev/zero >&$NODE_CHANNEL_FD; echo >&$NODE_CHANNEL_FD; echo 7 >&$NODE_CHANNEL_FD; exec sleep infinity'
        writes noise 'while :; do echo "{nonsense"; echo "[1"; done >&$NODE_CHANNEL_FD'
        writes deaf 'exec sleep infinity'
        node pool "$worker"
        boot_beside
        run -0 ctl start pool deaf
        ready pool 1
        run -0 ctl start giant
        DEADLINE=300 wait_host in_counts giant '."dropped: too long" == 1 and .received["(no type)"] == 1'
        run -0 ctl start noise
        wait_host in_counts noise '."dropped: no JSON" > 1000'
        # The others are served meanwhile; svinit-apps has not grown with it.
        run -0 inside svctl call pool '{"echo":1}'
        rss=$(awk '/^VmHWM/ { print $2 }' "/proc/$(apps_pid)/status")
        ((rss < 32768)) || { echo "svinit-apps used $rss KiB"; false; }
        # Who does not read: what may wait is bounded, and then it is refused.
        head -c 300000 /dev/zero | tr '\0' z | sed 's/.*/"&"/' >"$T/out/text"
        wait_host refused
        run -1 inside sh -c 'svctl send deaf - </out/text'
        [[ $output == *"deaf.service: it does not read from its channel, and no more may wait there"* ]]
        run -0 inside svctl call pool '{"echo":2}'
        # Told, and not once a line.
        wait_logged 'longer than X-IPCMaxMessage= allows'
        wait_logged 'does not read from its channel'
        (($(ctl_logs noise | grep -c 'no JSON text') < 20))
        ends_cleanly
}

ctl_logs() {
        inside journalctl --no-pager -q "UNIT=$1.service" + "_SYSTEMD_UNIT=$1.service" + "_COMM=svinit"
}

in_counts() {
        inside svctl ipc "$1" -o json | jq -e ".[0] | $2"
}

refused() {
        ! inside sh -c 'svctl send deaf - </out/text'
}

@test "a roll waits for the message; a release that never sends it is turned back" {
        release() { # SCRIPT
                node web "$1" X-Instances=2 X-ReadyOn=message TimeoutStartSec=6s X-RollMode=surge X-DrainTimeoutSec=0
        }
        good='process.on("message", m => process.send({release: VERSION})); process.send("ready");'
        release "${good/VERSION/1}"
        boot
        run -0 ctl start web
        ready web 2
        release "${good/VERSION/2}"
        run -0 ctl daemon-reload
        run -0 inside svctl roll web
        run -0 inside svctl call web '1'
        [ "$output" = '{"release":2}' ]
        pids=$(show web@0 MainPID),$(show web@1 MainPID)
        run -0 inside svctl metrics web
        [[ $output == *'svinit_unit_instances{unit="web.service"} 2'*'svinit_unit_rolls_total{unit="web.service"} 1'* ]]
        # It runs, and says nothing that counts.
        sed -i 's/process.send("ready")/process.send("almost ready")/' "$T/out/js/web.js"
        run -1 inside svctl roll web
        [ "$(show web@0 MainPID),$(show web@1 MainPID)" = "$pids" ]
        run -0 inside svctl call web '1'
        [ "$output" = '{"release":2}' ]
        stop
}

# A program that is stopped by a message, with and without the helper for leaving.
leaver() { # NAME PORT SETTING...
        node "$1" '
                const fs = require("fs");
                const note = what => fs.appendFileSync("/out/NAME", what + "\n");
                process.on("SIGTERM", () => note("SIGTERM"));
                process.on("message", m => { note(m); process.exit(0); });
                require("http").createServer((request, response) => {
                        if (request.url !== "/slow") return response.end("up");
                        note("asked");
                        const wait = setInterval(() => {
                                if (!fs.existsSync("/out/go")) return;
                                clearInterval(wait);
                                note("answered");
                                response.end("ok");
                        }, 20);
                }).listen(PORT, "127.0.0.1");' X-Instances=1 X-RollMode=replace 'X-StopMessage="shutdown"' TimeoutStopSec=300 "${@:3}"
        sed -i "s/PORT/$2/; s/NAME/$1/" "$T/out/js/$1.js"
        sed -i 's/^X-IPC=.*/X-IPC=node-cluster/' "$T/units/$1.service"
}

serves_at() { # PORT
        [ "$(inside curl -s "http://127.0.0.1:$1/")" = up ]
}

is_leaving() { # UNIT
        [ "$(inside svctl show -p RollPhase --value "$1")" = leaving ]
}

@test "in a roll the stop message comes, and with the helper it comes when the last connection is gone" {
        leaver with 4300
        leaver without 4301 X-NodeDrain=no
        boot
        run -0 ctl start with without
        wait_host serves_at 4301
        run -0 inside svctl roll without
        [ "$(<"$T/out/without")" = shutdown ]
        wait_host serves_at 4300
        inside curl -s http://127.0.0.1:4300/slow >"$T/answer" &
        client=$!
        wait_host grep -qs asked "$T/out/with"
        inside svctl roll with &
        roller=$!
        wait_host is_leaving with@0
        touch "$T/out/go"
        wait "$client"
        wait "$roller"
        [ "$(<"$T/answer")/$(tr '\n' ' ' <"$T/out/with")" = 'ok/asked answered shutdown ' ]
        stop
        [ "$exit_code" = 0 ]
}

@test "1,000 calls over 4 workers, some of them killed in the middle: each gets its reply, or its worker's end" {
        node pool '
                process.on("message", m => {
                        if (m.task % 250 === 7) process.kill(process.pid, "SIGKILL");
                        else setImmediate(() => process.send({done: m.task}));
                });
                process.send("ready");' X-Instances=4 X-ReadyOn=message Restart=always RestartSec=0 StartLimitIntervalSec=0
        cat >"$T/out/call" <<'C'
r=$(svctl call pool "{\"task\":$1}" 2>&1)
if [ "$r" = "{\"done\":$1}" ]; then echo "$1" >>/out/done
elif [ "${r#*ended, or closed its channel, while it worked on the call}" != "$r" ]; then echo "$1" >>/out/killed
else echo "$1: $r" >>/out/wrong; fi
C
        boot
        run -0 ctl start pool
        ready pool 4
        run -0 inside sh -c 'seq 1000 | xargs -P 8 -n 1 sh /out/call'
        [ ! -e "$T/out/wrong" ] || { cat "$T/out/wrong"; false; }
        [ "$(sort -n "$T/out/killed" | tr '\n' ' ')" = '7 257 507 757 ' ]
        [ "$(sort -nu "$T/out/done" | wc -l)/$(wc -l <"$T/out/done")" = 996/996 ]
        stop
        [ "$exit_code" = 0 ]
}

@test "an svinit-apps that does not come up: services run, stop, and nobody waits for it" {
        printf '#!/bin/sh\nexit 127\n' >"$T/broken"
        chmod 755 "$T/broken"
        node web 'process.on("SIGTERM", () => process.exit(0)); process.on("message", () => {});' \
                'X-StopMessage="shutdown"' TimeoutStopSec=300
        boot_beside --bind "$T/broken:/usr/lib/svinit/svinit-apps"
        run -0 ctl start web
        # Asked for before svinit gives up, or after: both end.
        run -1 inside timeout 60 svctl ipc
        wait_host gave_up
        run -0 timeout 60 nsenter -t "$init_pid" -m -u -i -n -p -- systemctl stop web
        [ "$(show web Result)" = success ]
        ends_cleanly
}

gave_up() {
        [[ $(inside timeout 60 svctl ipc 2>&1) == *"svinit-apps does not come up"* ]]
}
