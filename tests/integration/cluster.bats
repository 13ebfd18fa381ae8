#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# X-IPC=node-cluster: unmodified programs call listen() and get svinit's sockets; how they leave without losing a request.

load helper

tools=$BATS_TEST_DIRNAME/../tools/node

setup_file() {
        export NODES=${NODES:-$BATS_FILE_TMPDIR/nodes}
        mkdir -p "$NODES"
        chmod 755 "$BATS_RUN_TMPDIR" "$BATS_FILE_TMPDIR" "$NODES"
        "$BATS_TEST_DIRNAME/../tools/node/versions" "$NODES"
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
        for major in $MAJORS; do
                port=3${major/own/0}0
                cluster "n$major" "$major" /out/js/web.js "Environment=PORT=$port"
        done
        boot_nodes
        for major in $MAJORS; do
                port=3${major/own/0}0
                echo "Node $major"
                run -0 ctl start "n$major"
                wait_host listens $((port + 1))
                each_answers "n$major" "$port"
                load "$T/$major.ws" websocket $((port + 1)) 4
        done
        # svinit-apps is no part of what serves them.
        apps=$(pgrep -P "$init_pid" -f '^svinit-apps')
        kill -KILL "$apps"
        for major in $MAJORS; do
                run -0 inside svctl scale "n$major" 1
                fetch "3${major/own/0}0" | grep -q old
                run -0 inside svctl scale "n$major" 3
        done
        end_loads
        for major in $MAJORS; do
                cat "$T/$major.ws" "$T/$major.ws.err"
                [ "$(member "$T/$major.ws" lost)/$(member "$T/$major.ws" refused)" = 0/0 ]
                [ "$(member "$T/$major.ws" ok)" -gt 50 ]
        done
}
