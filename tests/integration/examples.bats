#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# contrib/examples: each is started as its README says, and does what that says.

load helper

examples=$BATS_TEST_DIRNAME/../../contrib/examples

# Express comes from where tests/integration/cluster has it.
setup_file() {
        export NODES=${NODES:-$BATS_FILE_TMPDIR/nodes}
        mkdir -p "$NODES"
        chmod 755 "$BATS_RUN_TMPDIR" "$BATS_FILE_TMPDIR" "$NODES"
        [[ -d $NODES/node_modules/express ]] || "$BATS_TEST_DIRNAME/../tools/node/versions" "$NODES" || echo "# no express from the npm registry" >&3
}

# The folder in /srv, its units where they belong; booted, and the units pass systemd-analyze and svctl verify silently.
example() { # FOLDER [rig options]
        local folder=$1
        shift
        mkdir "$T/srv"
        cp -r "$examples/$folder" "$T/srv/$folder"
        chmod -R a+rX "$T/srv"
        cp "$T/srv/$folder/"*.{service,socket,target,timer} "$T/units/" 2>/dev/null || true
        boot --bind "$T/srv:/srv" "$@"
        run -0 inside_sh "cd /etc/systemd/system && SYSTEMD_UNIT_PATH=/etc/systemd/system:/usr/lib/svinit/system systemd-analyze verify --man=no --recursive-errors=no *.*[!s]"
        [ "$output" = "" ]
        run -0 inside_sh 'svctl verify $(cd /etc/systemd/system && ls *.service *.socket *.timer *.target 2>/dev/null | grep -v @)'
        [ "$output" = "" ]
}

get() { # URL, the body; --unix-socket and its like before it
        inside curl -sSf --max-time 30 --retry 50 --retry-delay 0 --retry-max-time 30 --retry-connrefused "$@"
}

# Asks again and again until /out/stop is there; the answers, or "lost", in /out/answers.
visitor() { # URL
        inside_sh 'while [ ! -e /out/stop ]; do curl -sf --max-time 20 '"$1"' || echo lost; done >/out/answers; echo end >>/out/answers' &
        visitor=$!
}

answers_begin_with() { # RELEASE
        tail -1 "$T/out/answers" 2>/dev/null | grep -q "^$1 "
}

@test "cron-jobs: they run, one after the other, and a failure is reported" {
        example cron-jobs
        run -0 ctl enable --now backup.timer poll.timer
        wait_logged "it is there" -u poll.service
        run -0 ctl list-timers
        [[ $output == *backup.timer* && $output == *poll.timer* ]]
        run -0 ctl start backup
        wait_logged "kept /etc/hostname" -u backup.service
        printf '[Service]\nExecStart=\nExecStart=/bin/sh -c "exit 7"\n' >"$T/out/fails.conf"
        inside_sh 'mkdir -p /etc/systemd/system/backup.service.d && cp /out/fails.conf /etc/systemd/system/backup.service.d'
        ctl daemon-reload
        run ! ctl start backup
        wait_logged "backup.service failed: exit-code, 7"
}

@test "worker-pool: each task goes to a free worker; the limits of memory" {
        example worker-pool
        run -0 ctl enable --now pool
        run -0 inside svctl call pool 91
        [ "$output" = '{"n":91,"divisor":7}' ]
        for n in 9 25 49 121 169 289; do inside svctl call pool "$n" >"$T/answer-$n" & done
        wait $(jobs -p | grep -vx "$rig_pid")
        for n in 9 25 49 121 169 289; do grep -q "^{\"n\":$n,\"divisor\":" "$T/answer-$n"; done
        [ "$(show pool@3 MemoryMax)" = $((256 << 20)) ]
}

@test "express-cluster: an unmodified program on one port; health, metrics, a roll without a lost request" {
        [[ -d $NODES/node_modules/express ]] || skip "no packages from the npm registry"
        example express-cluster --bind "$NODES:/opt/nodes"
        mkdir "$T/units/web.service.d"
        printf '[Service]\nEnvironment=NODE_PATH=/opt/nodes/node_modules\n' >"$T/units/web.service.d/express.conf"
        ctl daemon-reload
        run -0 inside svctl scale web 2
        run -0 ctl enable --now web svinit-metrics.socket
        run -0 --separate-stderr get http://127.0.0.1:3000/
        [[ $output =~ ^instance\ [01]$ ]]
        run -0 inside svctl is-healthy web@0 web@1
        asked() { get http://127.0.0.1:9453/metrics | grep -q '[{].*web@.*requests.* [1-9]\|requests.*web@.* [1-9]'; }
        wait_host asked
        visitor http://127.0.0.1:3000/
        wait_host answers_begin_with instance
        run -0 inside svctl roll web
        touch "$T/out/stop"
        wait "$visitor"
        [ "$(tail -1 "$T/out/answers")" = end ]
        run -1 grep -q lost "$T/out/answers"
        run -0 ctl stop web
}

@test "gunicorn: the socket is there before it, and a reload loses nothing" {
        example gunicorn
        run -0 ctl enable --now gunicorn.socket
        run -0 --separate-stderr get http://127.0.0.1:8000/
        [[ $output == "first "* ]]
        [ "$(show gunicorn ActiveState)" = active ]
        echo second >"$T/srv/gunicorn/release"
        chmod a+r "$T/srv/gunicorn/release"
        run -0 ctl reload gunicorn
        served_by_second() { [[ $(get http://127.0.0.1:8000/) == "second "* ]]; }
        wait_host served_by_second
        run -0 ctl restart gunicorn
        run -0 --separate-stderr get http://127.0.0.1:8000/
}

@test "stack: nginx, the application and redis; the same under svctl roll, with no visitor lost" {
        example stack
        run -0 ctl enable --now stack.target redis app.socket app nginx
        run -0 --separate-stderr get http://127.0.0.1/
        [ "$output" = "first 1" ]
        run -0 --separate-stderr get http://127.0.0.1/
        [ "$output" = "first 2" ]
        inside_sh 'kill -KILL "$(svctl show -p MainPID --value app)"'
        run -0 --separate-stderr get http://127.0.0.1/
        [ "$output" = "first 3" ]

        # as the README says: two releases, a link, a drop-in
        for r in one two bad; do
                mkdir -p "$T/srv/stack/releases/$r"
                cp "$T/srv/stack/app.py" "$T/srv/stack/releases/$r"
                echo "$r" >"$T/srv/stack/releases/$r/release"
        done
        echo 'raise SystemExit("no such module")' >"$T/srv/stack/releases/bad/app.py"
        chmod -R a+rX "$T/srv"
        ln -s releases/one "$T/srv/stack/current"
        cp -r "$examples/stack/app.service.d" "$T/units/"
        chmod -R a+rX "$T/units"
        run -0 ctl daemon-reload
        run -0 ctl restart app
        visitor http://127.0.0.1/
        wait_host answers_begin_with one
        for r in two bad; do
                ln -s "releases/$r" "$T/srv/stack/next"
                mv -T "$T/srv/stack/next" "$T/srv/stack/current"
                [ "$r" = bad ] || run -0 inside svctl roll app
                [ "$r" = two ] || run ! inside svctl roll app
                wait_host answers_begin_with two
        done
        touch "$T/out/stop"
        wait "$visitor"
        [ "$(tail -1 "$T/out/answers")" = end ]
        run -1 grep -q 'lost\|bad' "$T/out/answers"
        run -0 ctl stop stack.target nginx
}
