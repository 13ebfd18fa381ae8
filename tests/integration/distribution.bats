#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# X-SocketDistribution=reuseport: the instances of a set have a socket each, and who gets new clients is svinit's choice.

load helper

spread() { # what tests/tools/spread.py takes; in the network of the container
        nsenter -t "$init_pid" -n -- "$BATS_TEST_DIRNAME/../tools/spread.py" 7100 "$@"
}

web() {
        unit web.socket <<<$'[Socket]\nListenStream=127.0.0.1:7100\nListenStream=/run/web.sock\nX-SocketDistribution=reuseport'
        # Type=exec: behind it the descriptors of ExecStartPost= are the program's.
        printf '%s\n' '[Service]' Type=exec X-Instances=3 Restart=on-failure RestartSec=0 \
                'ExecStartPost=/bin/sh -c "readlink /proc/$MAINPID/fd/3 /proc/$MAINPID/fd/4 >/out/fds%i"' \
                'ExecStart=/usr/bin/probe serve' "$@" | unit web.service
}

answers_of() { # INSTANCE FILE
        awk -v pid="$(show "web@$1" MainPID)" '$1 == pid { print $2 }' "$2"
}

@test "each instance has a socket of its own and some of the clients; who is about to stop gets none" {
        web 'ExecStop=/bin/sh -c "echo >/out/stops%i; read x </out/go"'
        mkfifo "$T/out/go"
        boot
        run -0 ctl start web.socket
        # As long as nobody is there the first client starts them all.
        run -0 spread 1
        [ "${lines[0]}" = 'lost 0' ]
        for i in 0 1 2; do wait_state web@$i active; done
        [ "$(sort -u <(head -qn1 "$T"/out/fds?) | wc -l)/$(sort -u <(tail -qn1 "$T"/out/fds?) | wc -l)" = 3/1 ]
        spread 300 >"$T/spread"
        grep -qx 'lost 0' "$T/spread"
        for i in 0 1 2; do [ "$(answers_of $i "$T/spread")" -gt 40 ]; done
        run -0 inside svctl status web.socket
        [[ $output == *"Clients to: web@"*"web@"*"web@"* && $output != *"not to"* ]]

        inside svctl stop --no-block web@1
        wait_host test -e "$T/out/stops1"
        run -0 inside svctl status web.socket
        [[ $output == *"not to: web@1.service"* ]]
        spread 200 >"$T/spread"
        has_lines "$T/spread" 3
        for i in 0 2; do [ "$(answers_of $i "$T/spread")" -gt 40 ]; done
        echo >"$T/out/go"
        wait_state web@1 inactive
        run -0 spread 50
        [[ ${lines[0]} == 'lost 0' && ${#lines[@]} == 3 ]]
        run -0 inside svctl status web.socket
        [[ $output != *web@1* ]]
        # Nor does the first, whose socket is the unit's; it has one again when it is back.
        sed -i /ExecStop=/d "$T/units/web.service"
        run -0 ctl daemon-reload
        run -0 ctl stop web@0
        run -0 spread 20
        [[ ${lines[0]} == 'lost 0' && ${#lines[@]} == 3 ]] # the reload has brought web@1 back
        run -0 ctl start web
        spread 300 >"$T/spread"
        has_lines "$T/spread" 4
        # And when all have gone, the next client brings them back.
        run -0 ctl stop web
        run -0 spread 1
        [ "${lines[0]}" = 'lost 0' ]
}

hold() { # INSTANCE: it accepts no more
        inside kill -STOP "$(show "$1" MainPID)"
        wait_for grep -q '^State:.T' "/proc/$(show "$1" MainPID)/status"
}

@test "who waits when an instance crashes is served by the next one; who waits when it goes for good is told so" {
        web
        boot
        run -0 ctl start web.socket web.service
        hold web@1
        spread --at-once 60 >"$T/spread" 2>"$T/open" 3>&- &
        clients=$!
        wait_host grep -q '60 open' "$T/open"
        inside kill -KILL "$(show web@1 MainPID)"
        wait "$clients" || { cat "$T/open"; return 1; }
        cat "$T/spread"
        has_lines "$T/spread" 4
        grep -qx 'lost 0' "$T/spread"
        [ "$(answers_of 1 "$T/spread")" -gt 5 ]

        wait_state web@1 active
        hold web@1
        # Files of their own: the background empties one late, and the words of the clients before would still be there.
        spread --at-once 60 >"$T/gone" 2>"$T/gone.open" 3>&- &
        clients=$!
        wait_host grep -q '60 open' "$T/gone.open"
        run -0 ctl stop web@1
        wait "$clients" || { cat "$T/gone.open"; return 1; }
        [ "$(awk '{ n += $2 } END { print n }' "$T/gone")" = 60 ]
        run -1 grep -qx 'lost 0' "$T/gone"
}

@test "svctl scale under load loses nobody" {
        web 'ExecStop=/bin/sh -c "n=$$(cat /out/n); until [ $$(cat /out/n) -ge $$((n + 2)) ]; do sleep .01; done"'
        boot
        run -0 ctl start web.socket web.service
        timeout 600 nsenter -t "$init_pid" -n -- "$BATS_TEST_DIRNAME/../tools/spread.py" 7100 --until "$T/out" >"$T/spread" 3>&- &
        load=$!
        wait_host test -s "$T/out/n"
        for n in 6 2 4 1 3; do
                run -0 inside svctl scale web "$n"
                run -0 inside svctl status web.socket
                [ "$(grep -o 'web@[0-9]*.service' <<<"${output#*Clients to}" | sort -u | wc -l)" = "$n" ]
                seen=$(<"$T/out/n")
                wait_host eval '(($(<"$T/out/n") > seen + 20))'
        done
        touch "$T/out/end"
        wait "$load"
        grep -qx 'lost 0' "$T/spread"
}

@test "datagrams go to all instances; what cannot be is said; systemd takes the files without a word" {
        unit dns.socket <<<$'[Socket]\nListenDatagram=127.0.0.1:7101\nX-SocketDistribution=reuseport'
        unit dns.service <<<$'[Service]\nX-Instances=2\nExecStart=/bin/sh -c "exec cat <&3 >/out/datagrams%i"'
        unit wrong.socket <<<$'[Socket]\nListenStream=/run/w\nAccept=yes\nX-SocketDistribution=reuseport'
        unit wrong@.service <<<$'[Service]\nExecStart=/bin/cat'
        unit odd.socket <<<$'[Socket]\nListenStream=/run/o\nX-SocketDistribution=turns'
        unit odd.service <<<$'[Service]\nExecStart=/bin/cat'
        run -0 systemd-analyze verify "$T/units/dns.socket" "$T/units/dns.service"
        [ -z "$output" ]
        boot
        run -0 ctl start dns.socket dns.service
        for i in {1..40}; do nsenter -t "$init_pid" -n -- bash -c 'echo 1234567 >/dev/udp/127.0.0.1/7101'; done
        wait_host eval '(($(cat "$T"/out/datagrams? | wc -l) == 40))'
        for i in 0 1; do [ -s "$T/out/datagrams$i" ]; done
        run -1 ctl start wrong.socket
        run -1 inside svctl verify wrong.socket odd.socket
        [[ $output == *"X-SocketDistribution=reuseport is for the instances of a set, of which Accept=yes has none"* ]]
        [[ $output == *"odd.socket:3"*"turns"*"shared or reuseport"* ]]
}

@test "who is not ready gets no clients until it is; when nobody is, all do" {
        web 'X-ReadinessCheck=exec:/bin/sh -c "test ! -e /out/busy%i"' X-HealthIntervalSec=100ms X-HealthFailures=1
        boot
        run -0 ctl start web.socket web.service
        for i in 0 1 2; do wait_host property_is web@$i Health healthy; done
        spread 300 >"$T/spread"
        has_lines "$T/spread" 4
        touch "$T/out/busy1"
        wait_host property_is web@1 Health unhealthy
        spread 200 >"$T/spread"
        has_lines "$T/spread" 3
        [[ -z $(answers_of 1 "$T/spread") ]]
        run -0 inside svctl status web.socket
        [[ $output == *"not to: web@1.service"* ]]
        touch "$T"/out/busy{0,2}
        for i in 0 2; do wait_host property_is web@$i Health unhealthy; done
        spread 300 >"$T/spread"
        has_lines "$T/spread" 4
        grep -qx 'lost 0' "$T/spread"
        rm "$T"/out/busy1
        wait_host property_is web@1 Health healthy
        spread 50 >"$T/spread"
        has_lines "$T/spread" 2
        [ "$(show web@1 NRestarts)" = 0 ]
}
