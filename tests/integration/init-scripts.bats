#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# /etc/svinit/init.d: scripts before the services, in order, or no container at all.

load helper

script() { # NAME, the text on stdin
        mkdir -p "$T/init.d"
        { echo '#!/bin/sh'; cat; } >"$T/init.d/$1"
        chmod 755 "$T/init.d/$1"
}

with_scripts() { # boot or launch, rig options
        local how=$1
        shift
        rm -f "$T/pid"
        "$how" --bind "$T/init.d:/etc/svinit/init.d" "$@"
}

@test "they run one after the other in the order of their names, before services, with svinit's environment" {
        script 20-second <<<'echo "second $COLOR" >>/out/order'
        script 10-first <<<'sleep 0.2; echo first >>/out/order'
        script 10-first.sh <<<'echo "first, too" >>/out/order'
        unit web.service <<<$'[Service]\nExecStart=/bin/sh -c "echo web >>/out/order; exec sleep infinity"'
        enabled web.service
        with_scripts boot --env COLOR=green
        wait_host grep -q web "$T/out/order"
        [ "$(cat "$T/out/order")" = $'first\nfirst, too\nsecond green\nweb' ]
        [ "$(show init-10-first.service ActiveState)" = active ]
        inside svctl cat init-20-second.service | grep -qx 'ExecStart=/etc/svinit/init.d/20-second'
        ctl daemon-reload
        [ "$(show init-20-second.service SubState)" = exited ]
        stop
        [ "$exit_code" = 0 ]
}

@test "the first that fails ends the container with its code; what comes behind it is not run" {
        script 10-good <<<'echo good >>/out/order'
        script 20-bad <<<'echo bad >>/out/order; exit 33'
        script 30-never <<<'echo never >>/out/order'
        unit web.service <<<$'[Service]\nExecStart=/bin/sh -c "echo web >>/out/order; exec sleep infinity"'
        enabled web.service
        with_scripts launch
        wait_gone
        [ "$exit_code" = 33 ]
        [ "$(cat "$T/out/order")" = $'good\nbad' ]
        grep -q 'Exit code 33: init-20-bad.service: the main process exited with code 33' "$T/console"
        script 20-bad <<<'kill -ABRT $$'
        with_scripts launch
        wait_gone
        [ "$exit_code" = 134 ]
        printf '#!/no/such/interpreter\n' >"$T/init.d/20-bad"
        with_scripts launch
        wait_gone
        [ "$exit_code" = 203 ]
}

@test "what is no script is not run, and named in one line each" {
        script 10-run <<<'echo run >>/out/order'
        script migrate <<<'echo wrong >>/out/order'
        script '30-a name' <<<'echo wrong >>/out/order'
        script 40-x.dpkg-old <<<'echo wrong >>/out/order'
        script .hidden <<<'echo wrong >>/out/order'
        echo text >"$T/init.d/50-plain"
        mkdir "$T/init.d/60-directory"
        ln -s /nowhere "$T/init.d/70-link"
        with_scripts boot
        stop
        [ "$(cat "$T/out/order")" = run ]
        [ "$(grep -c 'init.d/.* is not run: ' "$T/console")" = 6 ]
        [ "$(grep -c 'init.d/migrate is not run: its name is not two digits' "$T/console")" = 1 ]
        [ "$(grep -c 'init.d/50-plain is not run: it is not an executable file' "$T/console")" = 1 ]
        run -1 grep -q hidden "$T/console"
}

@test "where their units cannot be made, nothing is booted" {
        local i
        for i in {10..99}; do script "$i-x" <<<'echo wrong >>/out/order'; done
        with_scripts launch --run-size 200k
        wait_gone
        [ "$exit_code" = 125 ]
        [ ! -e "$T/out/order" ]
        grep -q 'No units can be made for /etc/svinit/init.d in .*: No space left' "$T/console"
}

@test "a drop-in changes what a failure does" {
        script 10-optional <<<'exit 3'
        mkdir -p "$T/units/init-10-optional.service.d"
        printf '[Service]\nX-Essential=no\n' >"$T/units/init-10-optional.service.d/optional.conf"
        with_scripts boot
        [ "$(show init-10-optional.service ActiveState)" = failed ]
        stop
        [ "$exit_code" = 0 ]
}

@test "beside a command: with --with-units they run before it, and without, not at all" {
        script 10-prepare <<<'sleep 0.2; echo prepared >>/out/order'
        svinit_args=(--with-units -- sh -c 'echo command >>/out/order; exit 5')
        with_scripts launch
        wait_gone
        [ "$exit_code" = 5 ]
        [ "$(cat "$T/out/order")" = $'prepared\ncommand' ]
        rm "$T/out/order"
        svinit_args=(-- sh -c 'echo command >>/out/order')
        with_scripts launch
        wait_gone
        [ "$(cat "$T/out/order")" = command ]
        script 10-prepare <<<'exit 12'
        rm "$T/out/order"
        svinit_args=(--with-units -- sh -c 'echo command >>/out/order')
        with_scripts launch
        wait_gone
        [ "$exit_code" = 12 ]
        [ ! -e "$T/out/order" ]
}
