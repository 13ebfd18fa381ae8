#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# svctl run as child_process: spawn (--pipe), exec (--capture --shell), execFile (--capture), a terminal, a watch,
# a set; and nothing of it is left when its client is gone. What it has of systemd-run is in transient.bats.

load helper

# What the JSON of --capture must be; r is the object, and the exit code is in `code`.
captured() { # EXPRESSION ARGUMENTS...
        local expression=$1 code=0
        shift
        inside svctl run --quiet --capture "$@" >"$T/json" || code=$?
        python3 - "$T/json" "$expression" "$code" <<'P' || { cat "$T/json"; return 1; }
import json, sys
r, code = json.load(open(sys.argv[1])), int(sys.argv[3])
assert eval(sys.argv[2]), (r, code)
P
}

exit_codes_are_the_commands() {
        run -7 inside svctl run -q --pipe sh -c 'exit 7'
        run -137 inside svctl run -q --pipe sh -c 'kill -KILL $$'
        run -143 inside svctl run -q --pipe sh -c 'kill -TERM $$'
        run -203 --separate-stderr inside svctl run -q --pipe /bin/nothing-there
        run -203 --separate-stderr inside svctl run --pipe /bin/nothing-there
        [[ $stderr == *"Failed at step exec spawning /bin/nothing-there: No such file or directory (203/EXEC)"* ]]
        run -217 --separate-stderr inside svctl run --pipe --uid=nobody-at-all true
        [[ $stderr == *"(217/USER)"* ]]
        run -124 inside svctl run -q --pipe --timeout=100ms sleep infinity
}

# Words are words: neither svinit nor a shell looks into them, unless it is asked to.
words_stay() {
        run -0 inside svctl run -q --pipe printf '%s\n' '$HOME' '%n' '"; rm -rf x' 'a  b' ''
        [ "$output" = '$HOME'$'\n%n\n"; rm -rf x\na  b' ]
        run -0 inside svctl run -q --pipe --setenv=A=b --expand-environment=yes echo '$A'
        [ "$output" = b ]
        run -0 inside svctl run -q --pipe --shell 'for i in 1 2; do echo $i; done | sort -r'
        [ "$output" = $'2\n1' ]
        run -0 inside svctl run -q --pipe --cwd=/usr/lib --uid=65534 --setenv=A=b sh -c 'pwd; id -u; echo $A'
        [ "$output" = $'/usr/lib\n65534\nb' ]
}

# Each stream by itself, any byte, and a good deal of them; the data does not come through svinit.
streams_are_whole() {
        inside sh -c 'svctl run -q --pipe sh -c "cat; echo err >&2" </usr/bin/svctl >/out/copy 2>/out/err'
        cmp "$STAGE/usr/bin/svctl" "$T/out/copy"
        [ "$(<"$T/out/err")" = err ]
        [ "$(inside sh -c 'svctl run -q --pipe seq 100000 | svctl run -q --pipe grep -c 7')" = "$(seq 100000 | grep -c 7)" ]
        run -0 inside sh -c 'head -c 300000000 /dev/zero | svctl run -q --pipe cat | wc -c'
        [ "$output" = 300000000 ]
}

exec_is_told_as_json() {
        captured 'r["stdout"] == "2\n" and r["stderr"] == "e\n" and r["status"] == 3 and code == 3' --shell 'printf "a\nb\n" | wc -l; echo e >&2; exit 3'
        captured 'r["stdout"] == "YQD/Yg==" and r["stderr"] == ""' --encoding=base64 printf 'a\000\377b'
        captured 'r["stdout"] == "6100ff62"' --encoding=hex printf 'a\000\377b'
        captured 'r["stdout"] == "a\0\ufffdb"' printf 'a\000\377b'
        captured 'r["timed_out"] and r["signal"] == "TERM" and r["status"] is None and r["result"] == "timeout" and code == 124' \
                --timeout=100ms sleep infinity
        captured 'not r["timed_out"] and not r["truncated"] and r["signal"] == "KILL" and code == 137' sh -c 'kill -KILL $$'
        run -1 inside svctl run --capture --encoding=ebcdic true
        run -1 inside svctl run --pipe --encoding=hex true
        # one that has failed is told, not kept
        silent inside svctl list-units --no-legend --failed
}

# More than is taken ends the command, or is thrown away.
output_is_bounded() {
        captured 'r["truncated"] and r["stdout"] == 512 * "y\n" and r["signal"] == "TERM" and code == 143' --max-output=1K yes
        captured 'r["truncated"] and len(r["stderr"]) == 1 << 20 and r["stdout"] == ""' --shell 'yes >&2'
        captured 'r["truncated"] and r["stdout"] == 1024 * "x" and r["status"] == 0 and code == 0' --max-output=1K \
                --max-output-action=truncate --shell 'head -c 300000 /dev/zero | tr "\0" x'
        captured 'not r["truncated"] and r["stdout"] == 1024 * "x"' --max-output=1K --shell 'head -c 1024 /dev/zero | tr "\0" x'
        [ "$(inside sh -c 'svctl run --quiet --pipe --max-output=1000 yes | wc -c')" = 1000 ]
        run -143 inside sh -c 'svctl run --pipe --max-output=1000 yes 2>&1 >/dev/null'
        [[ $output == *"more output than --max-output=1000"* ]]
        # whoever reads has gone
        inside sh -c 'svctl run -q --pipe --collect --unit=head --max-output=1G yes | head -c 10 >/dev/null'
        wait_host property_is head.service LoadState not-found
        run -1 inside svctl run --max-output=1K true
        [[ $output == *"--max-output= is for --capture and --pipe"* ]]
        run -1 inside svctl run --pipe --max-output=much true
        run -1 inside svctl run --pipe --max-output=1K --max-output-action=panic true
}

client() { # UNIT ARGUMENTS...: in the background; its pid is in $client, its exit code goes to /out/UNIT
        local unit=$1
        shift
        inside sh -c 'sh -c "echo \$\$ >/out/$0.pid; exec \"\$@\"" svctl "$@"; echo $? >/out/$0' "$unit" \
                svctl run --quiet --unit="$unit" "$@" </dev/null >"$T/$unit.out" 2>&1 3>&- &
        wait_state "$unit.service" active
        client=$(<"$T/out/$unit.pid")
}

ended_with() {
        [[ -s $T/out/$1 && $(<"$T/out/$1") == "$2" ]]
}

# Ctrl-C is the command's; a second one, and what asks the client to end, stops all of it; a killed one leaves nothing.
clients_take_it_along() {
        client a --pipe --collect sh -c 'trap "echo got INT; exit 5" INT; echo up >/out/a.up; while :; do sleep 0.05; done'
        wait_host test -s "$T/out/a.up"
        inside kill -INT "$client"
        wait_host ended_with a 5
        [ "$(<"$T/a.out")" = "got INT" ]

        client b --pipe sh -c 'trap "echo got it >/out/b.int" INT; echo up >/out/b.up; while :; do sleep 0.05; done'
        wait_host test -s "$T/out/b.up"
        inside kill -INT "$client"
        wait_host test -s "$T/out/b.int" # two that come at once are one
        inside kill -INT "$client"
        wait_host ended_with b 143

        client c --capture sh -c 'sleep infinity & exec sleep infinity'
        inside kill -TERM "$client"
        wait_host ended_with c 143

        client d --pipe sh -c 'sleep infinity & sleep infinity'
        inside kill -KILL "$client"
        wait_host ended_with d 137
        wait_host property_is d.service LoadState not-found
        run -1 inside pgrep -x sleep

        # one that is only waited for is not the client's
        client e --wait sleep infinity
        inside kill -KILL "$client"
        wait_host ended_with e 137
        property_is e.service ActiveState active
        inside svctl stop e.service
}

# A command that is started anew when its files change, ends with Ctrl-C, and comes back when it has crashed.
watches() {
        inside sh -c 'mkdir /run/watched; echo one >/run/watched/file'
        client w --pipe --watch --cwd=/run/watched sh -c 'cat file; exec sleep infinity'
        wait_host grep -qx one "$T/w.out"
        inside sh -c 'echo two >/run/watched/file'
        wait_host grep -qx two "$T/w.out"
        property_is w.service ActiveState active
        inside kill -INT "$client"
        wait_host ended_with w 143

        client x --pipe --watch-path=/run/watched/file --property=RemainAfterExit=yes sh -c 'cat /run/watched/file; [ "$(cat /run/watched/file)" != bad ]'
        inside sh -c 'echo bad >/run/watched/file'
        wait_state x.service failed
        wait_host grep -qx bad "$T/x.out"
        inside sh -c 'echo good >/run/watched/file'
        wait_host grep -qx good "$T/x.out"
        wait_state x.service active
        inside svctl stop x.service
        wait_host ended_with x 0

        # What has crashed comes back for nobody who has gone.
        local signal
        for signal in TERM KILL; do
                inside sh -c 'echo good >/run/watched/file'
                client "gone$signal" --pipe --watch-path=/run/watched/file --property=RemainAfterExit=yes sh -c '[ "$(cat /run/watched/file)" != bad ]'
                inside sh -c 'echo bad >/run/watched/file'
                wait_state "gone$signal.service" failed
                inside kill -s "$signal" "$client"
                wait_host property_is "gone$signal.service" LoadState not-found
        done
}

# An unmodified child of child_process.fork(): messages, order, size, its own output, its end, ours.
forks() {
        cat >"$T/out/child.js" <<'J'
console.log('its own output');
process.on('message', m => process.send({ n: m.n, text: m.text, connected: process.connected }));
process.on('disconnect', () => console.log('let go'));
J
        run -0 --separate-stderr inside sh -c 'printf "{\"n\":1}\n{\"n\":2,\"text\":\"a\\\\nb\"}" | svctl run -q --ipc node /out/child.js'
        [ "$output" = $'{"n":1,"connected":true}\n{"n":2,"text":"a\\nb","connected":true}' ]
        [ "$stderr" = $'its own output\nlet go' ]
        python3 -c 'for i in range(2000): print("{\"n\":%d,\"text\":\"%s\"}" % (i, "x" * (i * 37 % 5000)))' >"$T/out/lines"
        inside sh -c 'svctl run -q --ipc node /out/child.js </out/lines >/out/replies 2>/dev/null'
        diff <(sed 's/}$//' "$T/out/lines") <(sed 's/,"connected":true}$//' "$T/out/replies")
        run -4 inside sh -c 'svctl run -q --ipc node -e "process.send({ready: true}, () => process.exit(4))" </dev/null'
        [ "$output" = '{"ready":true}' ]
        client f --ipc node -e 'setInterval(() => {}, 1000)'
        inside kill -KILL "$client"
        wait_host property_is f.service LoadState not-found
        run -1 inside svctl run --ipc --pipe true
}

sets() {
        inside svctl run -q --unit=many --instances=3 sh -c 'sleep infinity'
        wait_state many@2.service active
        inside svctl -q scale many +1
        property_is many@3.service ActiveState active
        inside svctl stop many
        wait_host property_is many.service LoadState not-found
        run -1 inside svctl run --instances=2 --pipe true
}

@test "svctl run: exit codes, words, streams, JSON, limits, clients that go, a watch, a set" {
        boot
        exit_codes_are_the_commands
        inside svctl reset-failed
        words_stay
        streams_are_whole
        exec_is_told_as_json
        output_is_bounded
        clients_take_it_along
        watches
        forks
        sets
        wait_host silent inside ls /run/systemd/transient || { inside ls /run/systemd/transient; inside svctl list-units --failed; return 1; }
}

screen_has() {
        t capture-pane -p | grep -qF -- "$1"
}

screen_ends_with() {
        [[ $(t capture-pane -p | sed '/^$/d' | tail -1) == "$1" ]]
}

@test "svctl run --pty: window size, Ctrl-C, exit code, ^] ^] ^], and the terminal is as before" {
        boot
        t -f /dev/null new-session -d -x 90 -y 30 "nsenter -t $init_pid -m -u -i -n -p -- env TERM=screen PS1='outer> ' /bin/sh"
        wait_host screen_ends_with 'outer>'
        type_in 'stty -g >/out/before; svctl run --pty --unit=t env PS1="inner> " sh; echo "code $?"; stty -g >/out/after'
        wait_host screen_ends_with 'inner>'
        type_in 'stty size'
        wait_host screen_has '30 90'
        t resize-window -x 70 -y 20
        type_in 'stty size'
        wait_host screen_has '20 70'
        # What is typed does not look like what is answered.
        type_in $'sh -c "trap \\"echo was inter\'\'rupted; exit\\" INT; echo n\'\'ow; while :; do sleep 0.05; done"'
        wait_host screen_has 'now'
        t send-keys C-c
        wait_host screen_has 'was interrupted'
        type_in 'exit 5'
        wait_host screen_has 'code 5'
        wait_host cmp -s "$T/out/before" "$T/out/after"

        # left by its escape
        rm "$T/out/after"
        type_in 'svctl run --pty --unit=u env PS1="inner> " sh; stty -g >/out/after'
        wait_host screen_ends_with 'inner>'
        t send-keys C-] C-] C-] # within a second
        wait_host cmp -s "$T/out/before" "$T/out/after"
        wait_host property_is u.service LoadState not-found

        # asked to end, the client puts the terminal back; its own end takes the command along
        rm "$T/out/after"
        type_in 'sh -c '\''echo $$ >/out/v.pid; exec svctl run --pty --unit=v sleep infinity'\''; stty -g >/out/after'
        wait_state v.service active
        inside kill -TERM "$(<"$T/out/v.pid")"
        wait_host cmp -s "$T/out/before" "$T/out/after"
        wait_host property_is v.service LoadState not-found
        type_in 'sh -c '\''echo $$ >/out/w.pid; exec svctl run --pty --unit=w sleep infinity'\'
        wait_state w.service active
        t kill-session
        wait_host property_is w.service LoadState not-found
}
