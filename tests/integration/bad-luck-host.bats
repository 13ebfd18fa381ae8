#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# Bad luck with the host: no space, no descriptors, bad clients, floods, helpers that hang or die.

load helper

@test "no space in /run for the journal and for anything else: services run, start and stop" {
        printf '[Journal]\nStorage=volatile\n' >"$T/journald.conf"
        unit chatty.service <<<$'[Service]\nExecStart=/bin/sh -c "for i in $(seq 20000); do echo line $i of a service that talks a lot; done; echo the last line; exec sleep infinity"'
        unit directory.service <<<$'[Service]\nRuntimeDirectory=mine/deep/below\nExecStart=/bin/sleep infinity'
        unit plain.service <<<$'[Service]\nType=exec\nExecStart=/bin/sleep infinity'
        boot_beside --run-size 2M --bind "$T/journald.conf:/etc/systemd/journald.conf"
        ctl start --no-block chatty
        wait_host grep -q 'the last line' "$T/console"
        [ "$(grep -c 'of a service that talks a lot' "$T/console")" = 20000 ]
        inside sh -c 'dd if=/dev/zero of=/run/filler bs=4k 2>/dev/null; true'
        run -0 ctl start plain
        run -0 ctl daemon-reload
        unharmed
        [ "$(show chatty ActiveState)" = active ]
        inside rm /run/filler
        run -0 ctl restart directory
        unit after.service <<<$'[Service]\nType=oneshot\nExecStart=/bin/echo there is room again'
        ctl daemon-reload
        ctl start after
        wait_host journal_has after.service "there is room again"
        ends_cleanly
}

@test "no descriptors: what cannot start says so, what runs goes on" {
        local i refused
        for i in $(seq 60); do
                unit "s$i.service" <<<$'[Service]\nExecStart=/bin/sleep infinity'
                unit "s$i.socket" <<<$'[Socket]\nListenStream=/run/s'"$i"
        done
        boot_beside --nofile 48
        ctl start --no-block s{1..60}.socket >"$T/said" 2>&1 || true
        wait_host silent ctl list-jobs --no-legend
        unharmed
        refused=$(grep -c 'Failed to start.*Too many open files' "$T/said" || true)
        refused=$((refused + $(ctl list-units --no-legend --state=failed 's*.socket' | wc -l)))
        active=$(ctl list-units --no-legend --plain --state=active 's*.socket' | grep -c '^s[0-9]')
        echo "$active active, $refused refused"
        ((active > 0 && refused > 0 && active + refused == 60))
        run -0 ctl stop s{1..60}.socket
        run -0 ctl start s60.service
        ends_cleanly
}

@test "clients that send garbage or never read" {
        boot_beside
        inside_sh 'probe garbage /run/systemd/private 300 >/dev/null 2>&1 </dev/null & echo $! >/out/client'
        for i in 1 2 3 4 5; do
                run -0 timeout 20 nsenter -t "$init_pid" -m -u -i -n -p -- systemctl is-active well.service
        done
        inside kill "$(<"$T/out/client")"
        ends_cleanly
}

@test "a flood of notifications, and nonsense in them" {
        unit flood.service <<<$'[Service]\nNotifyAccess=all\nExecStart=/usr/bin/probe flood 20000'
        boot_beside
        ctl start flood
        wait_host property_is flood StatusText "the end"
        unharmed
        [ "$(show flood ActiveState)" = active ]
        ends_cleanly
}

@test "svinit-journald killed again and again under load: no line lost, none twice" {
        unit counter.service <<<$'[Service]\nExecStart=/bin/sh -c "i=0; until [ -e /out/enough ]; do n=$((i+1000)); while [ $i -lt $n ]; do echo number $i; i=$((i+1)); done; done; echo the last one; echo $i >/out/done; exec sleep infinity"'
        boot_beside
        ctl start --no-block counter
        for i in {1..4}; do
                wait_host inside pkill -KILL -x svinit-journald
                read -rt 0.0$i <> <(:) || true # so that they meet it in different places
        done
        touch "$T/out/enough"
        wait_host test -s "$T/out/done"
        DEADLINE=300 wait_host journal_has counter.service "the last one"
        journal -u counter.service | grep '^number' >"$T/got" || true
        seq -f 'number %.0f' 0 $(($(<"$T/out/done") - 1)) | cmp - "$T/got"
        journal_verifies
        ends_cleanly
}

@test "generators that hang, fail or write nonsense" {
        mkdir "$T/generators"
        printf '#!/bin/sh\nexec sleep 1000\n' >"$T/generators/hangs"
        printf '#!/bin/sh\nexit 3\n' >"$T/generators/fails"
        printf '#!/bin/sh\nprintf "[Service]\\nExecStart=/bin/sleep infinity\\n" >$1/made.service\n' >"$T/generators/works"
        printf 'no program\n' >"$T/generators/broken"
        chmod 755 "$T/generators/"*
        boot_beside --bind "$T/generators:/etc/systemd/system-generators"
        run -0 ctl start made
        wait_host grep -q 'generators/fails.*3' "$T/console"
        wait_host grep -q 'generators/hangs' "$T/console"
        ends_cleanly
}
