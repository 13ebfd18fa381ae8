#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# X-IPC=node-cluster: unmodified programs call listen() and get svinit's sockets; how they leave without losing a request.

load helper

tools=$BATS_TEST_DIRNAME/../tools/node
majors=own # and those that could be had

setup_file() {
        export NODES=${NODES:-$BATS_FILE_TMPDIR/nodes}
        mkdir -p "$NODES"
        chmod 755 "$BATS_RUN_TMPDIR" "$BATS_FILE_TMPDIR" "$NODES"
        "$BATS_TEST_DIRNAME/../tools/node/versions" "$NODES" >&3 || echo "# express and ws cannot be had from the npm registry" >&3
}

need_nodes() {
        local node
        [[ -d $NODES/node_modules/express && -d $NODES/node_modules/ws ]] || skip "no packages from the npm registry"
        missing=
        for node in 16 18 20 22 24 25 26; do
                if [[ -x $NODES/node/$node/node ]]; then majors+=" $node"; else missing+=" $node"; fi
        done
}

boot_nodes() {
        mkdir -p "$T/out/js"
        cp "$tools"/*.js "$T/out/js"
        boot --bind "$NODES:/opt/nodes"
}

# NAME NODE SCRIPT [SETTING...]: three instances of a program; the main version's is the machine's own Node.
cluster() {
        local node=/usr/bin/node
        [[ $2 == own ]] || node=/opt/nodes/node/$2/node
        printf '%s\n' '[Service]' X-Instances=3 X-IPC=node-cluster Environment=NODE_PATH=/opt/nodes/node_modules \
                Environment=HOME=/ "ExecStart=$node $3" "${@:4}" | unit "$1.service"
}

load() { # RESULT MODE PORT CLIENTS [PAUSE]
        : >"$1.err" # the background would empty it late: the last load's words were read there
        NODE_PATH=$NODES/node_modules nsenter -t "$init_pid" -n -- node "$tools/load.js" "${@:2}" >"$1" 2>"$1.err" 3>&- &
        loads+=($!)
        wait_host grep -q begun "$1.err"
}

end_loads() {
        kill "${loads[@]}"
        wait "${loads[@]}"
        loads=()
}

member() { # RESULT NAME
        jq ".$2" "$1"
}

fetch() { # PORT
        nsenter -t "$init_pid" -n -- curl -s -m 20 "http://127.0.0.1:$1/"
}

listens() { # PORT
        nsenter -t "$init_pid" -n -- ss -Hltn "sport = $1" | grep -q .
}

others() { # SET SIGNAL INSTANCE: to all of the three but one
        local i
        for i in 0 1 2; do [[ $i == "$3" ]] || inside kill -"$2" "$(show "$1@$i" MainPID)"; done
}

# With the others held, each of them answers: they share the socket.
each_answers() { # SET PORT
        local i answer
        for i in 0 1 2; do
                others "$1" STOP "$i"
                answer=$(fetch "$2")
                others "$1" CONT "$i"
                [ "${answer%% *}" = "$(show "$1@$i" MainPID)" ] || { echo "$1@$i: $answer"; return 1; }
        done
}

@test "unmodified express and ws programs, three instances, on every version of Node" {
        need_nodes
        for major in $majors; do
                port=3${major/own/0}0
                cluster "n$major" "$major" /out/js/web.js "Environment=PORT=$port"
        done
        boot_nodes
        for major in $majors; do
                port=3${major/own/0}0
                echo "Node $major"
                run -0 ctl start "n$major"
                wait_host listens $((port + 1))
                each_answers "n$major" "$port"
                load "$T/$major.ws" websocket $((port + 1)) 4
        done
        # Whatever becomes of svinit-apps: it is no part of what serves them.
        apps=$(pgrep -P "$init_pid" -f '^svinit-apps')
        kill -KILL "$apps"
        for major in $majors; do
                run -0 inside svctl scale "n$major" 1
                fetch "3${major/own/0}0" | grep -q old
                run -0 inside svctl scale "n$major" 3
        done
        end_loads
        for major in $majors; do
                cat "$T/$major.ws" "$T/$major.ws.err"
                [ "$(member "$T/$major.ws" lost)/$(member "$T/$major.ws" refused)" = 0/0 ]
                [ "$(member "$T/$major.ws" ok)" -gt 50 ]
        done
        [[ ! $missing ]] || skip "not on Node$missing, which the npm registry does not give"
}

# A server for each line of what it is told; what has become of it is a line in /out/NAME.
prober() {
        cat >"$T/out/js/prober.js" <<'J'
const fs = require('fs'), net = require('net'), dgram = require('dgram');
const say = (what, text) => fs.appendFileSync(`/out/${process.env.NAME}`, `${what} ${text}\n`);
for (const what of process.argv.slice(2)) {
  const [kind, ...rest] = what.split('=');
  const server = kind.startsWith('udp') ? dgram.createSocket(kind) : net.createServer((c) => c.end(`${process.pid}\n`));
  server.on('error', (error) => say(what, error.code));
  server.on('listening', () => say(what, JSON.stringify(server.address())));
  if (kind.startsWith('udp')) {
    server.on('message', (m, from) => server.send(`${process.pid}\n`, from.port, from.address));
    server.bind(Number(rest[0]), rest[1]);
  } else if (kind === 'fd') server.listen({ fd: Number(rest[0]) });
  else server.listen(kind === 'tcp' ? { port: Number(rest[0]), host: rest[1] } : { path: rest[0] });
}
setInterval(() => {}, 1000);
J
}

probed() { # NAME N
        wait_host has_lines "$T/out/$1" "$2" || { cat "$T/out/$1"; return 1; }
}

said() { # NAME TEXT...
        local text
        for text in "${@:2}"; do grep -qF -- "$text" "$T/out/$1" || { cat "$T/out/$1"; return 1; }; done
}

@test "ports, addresses, UDP, UNIX sockets and descriptors; nothing that the service could not have had itself" {
        mkdir -p "$T/out/js"
        prober
        single() { printf '%s\n' '[Service]' X-IPC=node-cluster "Environment=NAME=$1" "ExecStart=/usr/bin/node /out/js/prober.js $2" "${@:3}" | unit "$1.service"; }
        single root 'tcp=80 tcp=4100=127.0.0.1 tcp=4100=127.0.0.1 tcp=4101=::1 udp4=4102 udp6=4103 unix=/run/root.sock'
        single user 'tcp=81 tcp=4110 unix=/run/user/web.sock unix=/etc/web.sock unix=/run/svinit/x unix=relative' User=nobody RuntimeDirectory=user
        single ambient 'tcp=82' User=nobody AmbientCapabilities=CAP_NET_BIND_SERVICE
        single bounded 'tcp=83' 'CapabilityBoundingSet=~CAP_NET_BIND_SERVICE'
        single listed 'tcp=4120 tcp=4121 tcp=84' 'X-ClusterListen=4120 84' User=nobody
        single none 'tcp=4130 tcp=4131' X-ClusterListen=none
        single family 'tcp=4132 unix=/run/family.sock' RestrictAddressFamilies=AF_UNIX
        single private 'tcp=4133' PrivateNetwork=yes
        unit none.socket <<<$'[Socket]\nListenStream=127.0.0.1:4130\nBacklog=900'
        printf '%s\n' '[Service]' X-Instances=2 X-IPC=node-cluster Environment=NAME=pair%i 'ExecStart=/usr/bin/node /out/js/prober.js tcp=0 tcp=0 fd=3 fd=9' | unit pair.service
        unit pair.socket <<<$'[Socket]\nListenStream=127.0.0.1:4140'
        boot
        run -0 ctl start root user ambient bounded listed none.socket none family private pair.socket pair
        probed root 7
        said root 'tcp=80 {' 'tcp=4100=127.0.0.1 {' 'tcp=4100=127.0.0.1 EADDRINUSE'
        said root 'tcp=4101=::1 {' 'udp4=4102 {' 'udp6=4103 {' 'unix=/run/root.sock "/run/root.sock"'
        run -0 nsenter -t "$init_pid" -n -- python3 -c 'import socket; s = socket.socket(2, 2); s.settimeout(20); s.sendto(b"x", ("127.0.0.1", 4102)); print(s.recv(99).decode().strip())'
        [ "$output" = "$(show root MainPID)" ]
        [ "$(inside nc -U -N /run/root.sock </dev/null)" = "$(show root MainPID)" ]
        probed user 6
        said user 'tcp=81 EACCES' 'tcp=4110 {' 'unix=/etc/web.sock EACCES' 'unix=/run/svinit/x EACCES'
        said user 'unix=/run/user/web.sock "' 'unix=relative EACCES'
        [ "$(inside stat -c %U/%a /run/user/web.sock)" = nobody/755 ]
        run -1 inside test -e /etc/web.sock
        probed ambient 1
        said ambient 'tcp=82 {'
        probed bounded 1
        said bounded 'tcp=83 EACCES'
        probed listed 3
        said listed 'tcp=4120 {' 'tcp=4121 EACCES' 'tcp=84 EACCES'
        probed none 2
        said none 'tcp=4130 {' 'tcp=4131 EACCES'
        probed family 2
        said family 'tcp=4132 E' 'unix=/run/family.sock "'
        probed private 1
        said private 'tcp=4133 EACCES'
        wait_logged 'Does not get a socket for port 81: the service itself could not bind so low a port' -u user.service
        wait_logged 'Does not get a socket for port 4121: X-ClusterListen= does not name it' -u listed.service
        # Node's own backlog is 511.
        wait_host eval '[[ $(nsenter -t "$init_pid" -n -- ss -Hltn "sport = 4130") == *" 900 "* ]]'
        # Two servers on port 0 are two ports, the same in both instances.
        probed pair0 4
        probed pair1 4
        diff <(sort "$T/out/pair0") <(sort "$T/out/pair1")
        [ "$(grep -c 'tcp=0 {' "$T/out/pair0")/$(grep 'tcp=0 {' "$T/out/pair0" | sort -u | wc -l)" = 2/2 ]
        said pair0 'fd=3 {"address":"127.0.0.1","family":"IPv4","port":4140}' 'fd=9 E'
        # What was bound goes with the set, and not before.
        run -0 ctl restart pair@0
        listens "$(sed -n '0,/tcp=0/s/.*"port":\([0-9]*\)}.*/\1/p' "$T/out/pair1")"
        run -0 ctl stop root user pair
        run -1 inside test -e /run/root.sock
        run -1 listens 80
        systemd-analyze verify "$T"/units/{root,none,pair}.service "$T"/units/{none,pair}.socket >"$T/verify" 2>&1
        [ ! -s "$T/verify" ]
}

# The roll of a set of two under load of one kind; svctl's own words into $T/KIND.roll.
roll_under() { # KIND PORT EXPECTED_CODE
        local code=0 since
        load "$T/$1" "$1" "$2" 16 5
        wait_host is_loaded
        since=$(date +%s%N)
        inside svctl roll web >"$T/$1.roll" 2>&1 || code=$?
        echo "$1: $((($(date +%s%N) - since) / 1000000)) ms, exit code $code"
        # It is served on afterwards, and by this release.
        fetch 4200
        end_loads
        cat "$T/$1.err" "$T/$1" "$T/$1.roll"
        [ "$code" = "$3" ]
        [ "$(member "$T/$1" lost)/$(member "$T/$1" refused)" = 0/0 ]
        [ "$(member "$T/$1" ok)" -gt 20 ]
}

# Both of them have been asked something.
is_loaded() {
        [ "$(fetch 4200 | wc -w)" = 2 ]
}

serves() { # RELEASE
        [ "$(fetch 4200 | cut -d' ' -f2)" = "$1" ]
}

@test "rolled under keep-alive, new connections and WebSockets: nothing is lost; broken releases are turned back" {
        need_nodes
        web() { cluster web own /out/js/web.js X-Instances=2 Environment=PORT=4200 TimeoutStartSec=20 "$@"; }
        web Environment=RELEASE=old
        boot_nodes
        run -0 ctl start web
        wait_host listens 4201
        web Environment=RELEASE=new
        run -0 ctl daemon-reload
        serves old
        roll_under keep-alive 4200 0
        serves new
        roll_under close 4200 0
        roll_under websocket 4201 0
        # Without a channel, the same by the stop signal, on sockets of systemd's own protocol.
        printf '%s\n' '[Socket]' ListenStream=4300 X-SocketDistribution=reuseport | unit own.socket
        own() { printf '%s\n' '[Service]' X-Instances=2 X-NodeDrain=yes "Environment=RELEASE=$1" 'ExecStart=/usr/bin/node /out/js/own.js' | unit own.service; }
        printf "%s\n" "require('http').createServer((q, r) => setTimeout(() => r.end(process.pid + ' ' + process.env.RELEASE), 5)).listen({ fd: 3 });" >"$T/out/js/own.js"
        own old
        run -0 ctl daemon-reload
        run -0 ctl start own.socket own
        load "$T/own" keep-alive 4300 16 5
        own new
        run -0 ctl daemon-reload
        run -0 inside svctl roll own
        fetch 4300 | grep -q new
        end_loads
        cat "$T/own" "$T/own.err"
        [ "$(member "$T/own" lost)/$(member "$T/own" refused)" = 0/0 ]
        # A release that never listens, and one that throws.
        before=$(show web@0 MainPID)/$(show web@1 MainPID)
        printf 'setInterval(() => {}, 1000);\n' >"$T/out/js/never.js"
        printf 'throw new Error("broken release");\n' >"$T/out/js/throws.js"
        for broken in never throws; do
                cluster web own "/out/js/$broken.js" X-Instances=2 TimeoutStartSec=2
                run -0 ctl daemon-reload
                roll_under keep-alive 4200 1
                [ "$(grep -c "web" "$T/keep-alive.roll")" -ge 1 ]
                serves new
                [ "$(show web@0 MainPID)/$(show web@1 MainPID)" = "$before" ]
        done
}

# On the host: it is between Node and the helper alone. Some kinds on all versions, all on the machine's own.
@test "told to leave, a program answers all it was handed: HTTP/1 and 2, pipelines, streams, WebSockets, also below TLS" {
        need_nodes
        openssl req -x509 -newkey rsa:2048 -nodes -keyout "$T/key.pem" -out "$T/cert.pem" -subj /CN=localhost -days 2 2>/dev/null
        kinds='keep-alive pipelined http2 http2-tls websocket websocket-tls websocket-client'
        for major in $majors; do
                node=$NODES/node/$major/node
                [[ $major != own ]] || { node=node; kinds+=' tls streamed websocket-slow websocket-pipelined websocket-idle upgraded'; }
                printf "$node %s\n" $kinds 'keep-alive signal' 'own-handler signal' 'websocket signal'
                kinds=${kinds%% tls*}
        done >"$T/runs"
        export NODE_PATH=$NODES/node_modules KEYS=$T
        run xargs -P 3 -L 1 sh -c 'timeout 120 "$1" "$0" "$2" "$3" $4 2>&1 || { echo "exit code $?: $*"; exit 1; }' "$tools/drain.js" <<<"$(
                awk -v helper="$BATS_TEST_DIRNAME/../../src/node/svinit-node.js" '{ $1 = $1 " " helper; print }' "$T/runs")"
        echo "$output"
        [ "$(grep -c 'until the end: ' <<<"$output")" = "$(wc -l <"$T/runs")" ]
}
