#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# What clients notice of a server that is restarted, reloaded and killed behind its socket.

load helper

# Answered, refused and lost requests of eight clients while "$@" is done again and again.
under_load() { # UNIT TIMES COMMAND...
        local i before loader
        rm -f "$T/out/end" "$T/out/counts"
        inside /out/served load 7001 8 /out/end >"$T/out/counts" 3>&- &
        loader=$!
        for ((i = 0; i < $2; i++)); do
                before=$(show "$1" MainPID)
                "${@:3}"
                wait_host another_pid "$1" "$before"
        done
        touch "$T/out/end"
        wait "$loader"
        read -r answered refused lost <"$T/out/counts"
        echo "$answered answered, $refused refused, $lost lost"
}

kill_main() {
        inside kill -KILL "$before"
}

@test "nobody is refused while a server restarts or is killed; only what a killed one was at work on is lost" {
        "${CC:-cc}" -std=gnu11 -D_GNU_SOURCE -O1 -pthread -o "$T/out/served" "$BATS_TEST_DIRNAME/../bench/served.c"
        unit held.socket <<<$'[Socket]\nListenStream=127.0.0.1:7001\nTriggerLimitIntervalSec=0'
        unit held.service <<<$'[Unit]\nStartLimitIntervalSec=0\n[Service]\nExecStart=/out/served serve\nRestart=always\nRestartSec=0'
        boot
        ctl start held.socket held.service
        under_load held.service 20 ctl restart held.service
        [[ $refused == 0 && $lost == 0 && $answered -gt 0 ]]
        under_load held.service 20 kill_main
        # Four threads answer: so many requests are in hand at a time.
        [[ $refused == 0 && $lost -le 80 && $answered -gt 0 ]]
        # A reload, too, and a server that is stopped: who comes starts it.
        ctl daemon-reload
        before=$(show held.service MainPID)
        under_load held.service 5 ctl stop held.service
        [[ $refused == 0 && $lost == 0 && $answered -gt 0 ]]
        [ "$(show held.socket SubState)" = running ]
}
