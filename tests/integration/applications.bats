#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# What people do with Node's process modules, as unmodified programs: one boot for all of it. Channels and pools are in
# ipc.bats, svctl run in run.bats, unmodified cluster programs in cluster.bats, rolls in roll.bats.

load helper

# X-IPC=node-cluster, so that listen(PORT) of an unmodified program is the set's socket.
node() { # NAME SCRIPT [SETTING...]
        mkdir -p "$T/out/js"
        cat >"$T/out/js/$1.js" <<<"$2"
        printf '%s\n' '[Service]' "ExecStart=/usr/bin/node /out/js/$1.js" "${@:3}" | unit "$1.service"
}

get() { # URL, with curl's options before it
        inside curl -sSf --max-time 600 --retry 20 --retry-connrefused --retry-delay 1 "$@"
}

programs() {
        node web '
                const fs = require("fs");
                require("http").createServer((q, a) => {
                        if (q.url === "/heavy") {
                                fs.writeFileSync("/out/heavy", String(process.pid));
                                while (!fs.existsSync("/out/enough")) ; // all that this thread does
                        }
                        process.send({type: "request-start"});
                        a.end(`${process.pid}\n`, () => process.send({type: "request-end"}));
                }).listen(3000);' X-Instances=2 X-IPC=node-cluster X-NodeDrain=no
        node graceful '
                const fs = require("fs"), say = s => fs.appendFileSync("/out/graceful", s + "\n");
                const server = require("http").createServer((q, a) => {
                        say("asked");
                        const timer = setInterval(() => {
                                if (!fs.existsSync("/out/answer")) return;
                                clearInterval(timer);
                                a.setHeader("Connection", "close");
                                a.end("the answer\n", () => say("answered"));
                        }, 10);
                }).listen(3001, () => say("up"));
                process.on("SIGTERM", () => { say("told to end"); server.close(() => { say("database closed"); process.exit(0); }); });
                process.on("exit", code => say(`exit ${code}`));' TimeoutStopSec=10min
        node throws '
                const fs = require("fs");
                if (fs.existsSync("/out/thrown-" + process.env.HOW)) setInterval(() => {}, 1e6);
                else {
                        fs.writeFileSync("/out/thrown-" + process.env.HOW, "");
                        if (process.env.HOW === "rejects") Promise.reject(new Error("nobody catches this"));
                        else setTimeout(function inATimer() { throw new Error("lost my way"); }, 1);
                }' Restart=on-failure RestartSec=0 Environment=HOW=throws
        sed 's/HOW=throws/HOW=rejects/' "$T/units/throws.service" | unit rejects.service
        node master '
                const cluster = require("cluster"), fs = require("fs");
                if (cluster.isMaster) {
                        const list = () => fs.writeFileSync("/out/workers", Object.values(cluster.workers).map(w => w.process.pid).join(" "));
                        let up = 0;
                        cluster.on("online", () => { if (++up % 2 === 0) { list(); fs.appendFileSync("/out/rounds", "x"); } });
                        cluster.fork(); cluster.fork();
                        process.on("SIGUSR2", () => Object.values(cluster.workers).forEach(w => { w.disconnect(); cluster.fork(); }));
                } else require("http").createServer((q, a) => a.end("x")).listen(3002);' \
                KillMode=mixed 'ExecReload=/bin/kill -USR2 $MAINPID'
        node threads '
                const { Worker, isMainThread, parentPort } = require("worker_threads"), fs = require("fs");
                if (!isMainThread) {
                        const f = n => n < 2 ? n : f(n - 1) + f(n - 2);
                        parentPort.on("message", n => parentPort.postMessage(f(n)));
                } else {
                        let got = 0;
                        for (let i = 0; i < 8; i++)
                                new Worker(__filename).on("message", v => {
                                        if (v === 6765 && ++got === 8) fs.writeFileSync("/out/computed", "8");
                                }).postMessage(20);
                }' TasksMax=100
        node who '
                let n = 0;
                process.on("SIGUSR2", () => require("fs").writeFileSync("/out/signals", String(++n)));
                require("fs").writeFileSync("/out/who", JSON.stringify([process.pid, process.ppid, process.cwd(), process.argv.slice(2),
                        process.env.GREETING]));
                setInterval(() => {}, 1e6);' WorkingDirectory=/usr/lib 'Environment="GREETING=a  \"b\" $HOME"'
        sed -i '/^ExecStart=/s|$| "two words" %%n $$HOME ${GREETING} %p|' "$T/units/who.service"
        node lines@ '
                require("readline").createInterface({input: process.stdin}).on("line", l => console.log("结果: " + l.toUpperCase()));' \
                StandardInput=socket
        unit lines.socket <<<$'[Socket]\nListenStream=/run/lines.sock\nAccept=yes'
        node server 'setTimeout(() => require("http").createServer((q, a) => a.end("served")).listen(3003), 300);' \
                X-HealthCheck=tcp:3003 X-ReadyOn=health
        unit client.service <<<$'[Unit]\nRequires=server.service\nAfter=server.service\n[Service]\nType=oneshot\nExecStart=/usr/bin/curl -sSf http://127.0.0.1:3003/\nStandardOutput=truncate:/out/client'
        unit keeps.service <<<$'[Service]\nX-Instances=2\nRuntimeDirectory=keeps\nRuntimeDirectoryPreserve=restart\nExecStart=/bin/sleep infinity'
        unit tenant@.service <<'U'
[Service]
Type=notify
NotifyAccess=all
DynamicUser=yes
User=tenant-%i
PrivateTmp=yes
StateDirectory=tenant-%i
StateDirectoryMode=0700
ExecStart=/bin/sh -c 'echo secret >$STATE_DIRECTORY/file; echo secret >/tmp/file; systemd-notify --ready; exec sleep infinity'
U
}

# One instance does nothing but compute: who asks meanwhile is served by the other.
a_busy_instance_keeps_nobody_waiting() {
        get http://127.0.0.1:3000/heavy >"$T/out/slow" 3>&- &
        local heavy=$!
        wait_host test -s "$T/out/heavy"
        for _ in {1..20}; do
                run -0 get http://127.0.0.1:3000/
                [ "$output" != "$(<"$T/out/heavy")" ]
        done
        [ ! -s "$T/out/slow" ]
        : >"$T/out/enough"
        wait "$heavy"
        [ "$(<"$T/out/slow")" = "$(<"$T/out/heavy")" ]
}

# What the workers tell of themselves is what they were asked.
counts_are_right() {
        for _ in {1..9}; do get -o /dev/null "http://127.0.0.1:3000/[1-20]"; done
        wait_host counted '[201,201,0]'
        wait_host has_metric
}

counted() {
        [ "$(inside svctl ipc web -o json | jq -c '[map(.received["request-start"] // 0), map(.received["request-end"] // 0), map(.open.request // 0)] | map(add)')" = "$1" ]
}

has_metric() {
        [ "$(inside svctl metrics 'web@*' | sed -n 's/^svinit_unit_messages_received_total.*type="request-end"} //p' | awk '{ n += $1 } END { print n }')" = 201 ]
}

# A request that is being worked on is answered; then the program ends as it wants to, and nobody kills it.
a_stop_waits_for_the_answer() {
        wait_host grep -qx up "$T/out/graceful"
        get http://127.0.0.1:3001/ >"$T/out/answered" 3>&- &
        local client=$!
        wait_host grep -qx asked "$T/out/graceful"
        run -0 ctl stop --no-block graceful
        wait_host grep -qx 'told to end' "$T/out/graceful"
        : >"$T/out/answer"
        wait "$client"
        [ "$(<"$T/out/answered")" = 'the answer' ]
        wait_state graceful inactive
        [ "$(<"$T/out/graceful")" = $'up\nasked\ntold to end\nanswered\ndatabase closed\nexit 0' ]
        [ "$(show graceful Result)" = success ]
}

has_restarted() {
        [ "$(show "$1" ActiveState)/$(show "$1" NRestarts)" = active/1 ]
}

an_exception_is_logged_and_made_good() {
        wait_host has_restarted throws
        wait_host has_restarted rejects
        wait_logged 'Error: lost my way'
        wait_logged 'at Timeout.inATimer'
        wait_logged 'Error: nobody catches this'
        wait_logged 'rejects.service: Main process exited, code=exited, status=1'
}

workers_are_others() {
        [[ $(<"$T/out/rounds") == xx && $(<"$T/out/workers") != "$1" ]]
}

# One that has its own master and workers: it reloads itself, and none of them is left.
its_own_cluster() {
        wait_host test -s "$T/out/rounds"
        local pid workers
        pid=$(show master MainPID) workers=$(<"$T/out/workers")
        run -0 ctl reload master
        wait_host workers_are_others "$workers"
        [ "$(show master MainPID)" = "$pid" ]
        run -0 ctl stop master
        [ "$(show master Result)" = success ]
        for pid in $workers $(<"$T/out/workers"); do run -1 inside test -e "/proc/$pid"; done
}

threads_are_let_be() {
        wait_host test -s "$T/out/computed"
        [ "$(show threads ActiveState)/$(show threads NRestarts)" = active/0 ]
        run -0 inside svctl top --threads -o json -d 100ms threads
        (($(jq '.units[0].threads | length' <<<"$output") > 8))
}

knows_itself() {
        wait_host test -s "$T/out/who"
        [ "$(<"$T/out/who")" = "[$(show who MainPID),1,\"/usr/lib\",[\"two words\",\"%n\",\"\$HOME\",\"a  \\\"b\\\" \$HOME\",\"who\"],\"a  \\\"b\\\" \$HOME\"]" ]
        for n in 1 2 3; do
                run -0 ctl kill -s USR2 --kill-whom=main who
                wait_host grep -qx "$n" "$T/out/signals"
        done
}

speaks_in_lines() {
        run -0 inside_sh 'printf "Hello\nworld\n" | nc -NU /run/lines.sock'
        [ "$output" = $'结果: HELLO\n结果: WORLD' ]
}

a_client_waits_for_its_server() {
        run -0 ctl start client
        [ "$(<"$T/out/client")" = served ]
}

# One name for all instances is one directory.
files_outlive_a_roll() {
        inside_sh 'echo kept >/run/keeps/file'
        local pid
        pid=$(show keeps@0 MainPID)
        run -0 inside svctl roll keeps
        [ "$(show keeps@0 MainPID)" != "$pid" ]
        [ "$(inside cat /run/keeps/file)" = kept ]
        # One of them less is no reason to take it from the others; with the last one it goes.
        run -0 inside svctl scale keeps 1
        [ "$(inside cat /run/keeps/file)" = kept ]
        # Nor is the roll of one alone.
        run -0 inside svctl roll keeps
        [ "$(inside cat /run/keeps/file)" = kept ]
        run -0 ctl stop keeps
        run -1 inside test -e /run/keeps
}

# As the other tenant: its files, what it has in /tmp, a signal.
as_tenant() {
        inside nsenter -t "$(show tenant@b MainPID)" -m -S "$(stat -c %u "/proc/$init_pid/root/proc/$(show tenant@b MainPID)")" \
                -- "$@"
}

tenants_keep_apart() {
        [ "$(as_tenant id -u)" != 0 ]
        [ "$(as_tenant cat /var/lib/tenant-b/file /tmp/file)" = $'secret\nsecret' ]
        [ "$(inside nsenter -t "$(show tenant@a MainPID)" -m cat /var/lib/tenant-a/file)" = secret ]
        run -1 as_tenant cat /var/lib/private/tenant-a/file
        run -1 as_tenant cat /var/lib/tenant-a/file
        run ! as_tenant sh -c 'echo mine >/var/lib/private/tenant-a/file'
        run -1 as_tenant sh -c "kill -TERM $(show tenant@a MainPID)"
        [[ $output == *"not permitted"* ]]
        inside_sh 'echo other >/tmp/other'
        run -1 as_tenant cat /tmp/other
        [ "$(show tenant@a ActiveState)" = active ]
}

@test "unmodified programs: busy ones, graceful ones, throwing ones, masters, threads, lines, tenants" {
        programs
        boot --cgroup hybrid
        run -0 ctl start web graceful throws rejects master threads who lines.socket keeps tenant@a tenant@b
        knows_itself
        an_exception_is_logged_and_made_good
        a_busy_instance_keeps_nobody_waiting
        counts_are_right
        a_stop_waits_for_the_answer
        its_own_cluster
        threads_are_let_be
        speaks_in_lines
        a_client_waits_for_its_server
        files_outlive_a_roll
        tenants_keep_apart
        stop
        [ "$exit_code" = 0 ]
}
