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
        # A killed svinit-apps: channels go on, also for a stop that was asked for in between.
        rm "$T/out/heard" "$T/out/up"
        run -0 ctl start web
        wait_host test -e "$T/out/up"
        pid=$(show web MainPID)
        kill_apps
        old=$(apps_pid)
        kill -STOP "$old"
        ctl stop --no-block web
        wait_for test "$(show web ActiveState)" = deactivating
        kill -KILL "$old"
        wait_state web inactive
        [ "$(<"$T/out/heard")" = '"shutdown"' ]
        [ "$(show web Result)" = success ]
        stop
        [ "$exit_code" = 0 ]
}
