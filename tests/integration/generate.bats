#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# svctl generate, save and env: units to begin with, what runs now as units, and what a process was given.

load helper

svctl=$STAGE/usr/bin/svctl

kinds=(service node python static worker pool cron oneshot socket path)

# Stand-ins for programs that a machine need not have.
stand_ins() {
        mkdir -p "$T/bin" "$T/made"
        for p in node gunicorn busybox; do
                printf '#!/bin/sh\nexec sleep infinity\n' >"$T/bin/$p"
                chmod 755 "$T/bin/$p"
        done
        PATH=$T/bin:$PATH
}

@test "svctl generate: each kind is listed, and systemd-analyze and svctl verify have nothing to say of its units" {
        stand_ins
        run -0 "$svctl" generate
        for k in "${kinds[@]}"; do [[ $output == *"  $k "* ]]; done
        [ "$(grep -c '^  ' <<<"$output")" = ${#kinds[@]} ]
        for k in "${kinds[@]}"; do
                run -0 --separate-stderr "$svctl" generate -o "$T/made" --unit "k-$k" "$k"
                [ -z "$stderr" ]
                while read -r file; do [ -s "$file" ]; done <<<"$output"
        done
        [ "$(ls "$T/made" | wc -l)" = 16 ]
        cd "$T/made"
        for f in *; do
                # a template is looked at as one of its instances
                run -0 systemd-analyze verify "./${f/@./@1.}"
                [ -z "$output" ] || { echo "$f: $output"; return 1; }
                run -0 "$svctl" verify "./$f"
                [ -z "$output" ] || { echo "$f: $output"; return 1; }
        done
        # what is only proposed in a comment is right as well
        sed -i 's/^#\([A-Z][A-Za-z-]*=\)/\1/; /redis-server\|^Before=web/d' *
        for f in *; do
                run -0 "$svctl" verify "./$f"
                [ -z "$output" ] || { echo "all of $f: $output"; return 1; }
        done
}

@test "svctl generate: names, commands, directories, calendars; nothing is overwritten" {
        stand_ins
        cd "$T"
        run -0 "$svctl" generate node -- app/server.js --port 3000
        [[ $output == *$'\n'"ExecStart=$T/bin/node $T/app/server.js --port 3000"$'\n'* && $output == *$'\n'"WorkingDirectory=$T/app"$'\n'* ]]
        run -0 "$svctl" generate service -- sh -c 'echo $HOME 100% "x y"'
        [[ $output == *$'\n''ExecStart=/usr/bin/sh -c "echo $$HOME 100%% \"x y\""'$'\n'* || $output == *$'\n''ExecStart=/bin/sh -c "echo $$HOME 100%% \"x y\""'$'\n'* ]]
        run -0 "$svctl" generate cron --unit=nightly.timer 'Mon *-*-* 03:00' -- /bin/true
        [[ $output == "# nightly.timer"$'\n'*$'\n''OnCalendar=Mon *-*-* 03:00'$'\n'*$'\n'"# nightly.service"$'\n'*$'\n'"ExecStart=/bin/true"$'\n'* ]]
        run -0 "$svctl" generate python --unit=api pkg.main:app
        [[ $output == *"gunicorn --workers 2 --bind fd://3 pkg.main:app"* && $output == *"Requires=api.socket"* ]]
        "$svctl" generate -q worker -o "$T/made" -- ./job.py >/dev/null
        grep -qx "ExecStart=$T/./job.py" "$T/made/job.service"
        run -1 "$svctl" generate worker -o "$T/made" -- ./job.py
        [[ $output == *"$T/made/job.service is there already; --force overwrites it"* ]]
        run -0 "$svctl" generate --force worker -o "$T/made" -- ./job.py
        run -2 "$svctl" generate nod
        [[ $output == *"there is no kind 'nod'; did you mean 'node'?"* ]]
        run -1 "$svctl" generate -o "$T/nowhere" node
}

# Those that are made run as they are.
@test "svctl generate: services, sets, timers, sockets and pools start" {
        stand_ins
        printf '%s\n' 'import os, socket, time' 's = socket.socket(fileno=3)' 'while True:' ' c, _ = s.accept()' ' c.sendall(os.environ["INVOCATION_ID"].encode()); c.close()' >"$T/out/pool.py"
        "$svctl" generate -q -o "$T/units" service --unit=one >/dev/null
        "$svctl" generate -q -o "$T/units" worker --unit=two >/dev/null
        "$svctl" generate -q -o "$T/units" cron --unit=three daily -- /bin/touch /out/three >/dev/null
        "$svctl" generate -q -o "$T/units" oneshot --unit=four -- /bin/touch /out/four >/dev/null
        "$svctl" generate -q -o "$T/units" socket --unit=five -- /bin/cat >/dev/null
        "$svctl" generate -q -o "$T/units" pool --unit=six -- /usr/bin/python3 /out/pool.py >/dev/null
        "$svctl" generate -q -o "$T/units" path --unit=seven -- /bin/sh -c 'rm /var/spool/seven/* && touch /out/seven' >/dev/null
        sed -i 's/^WorkingDirectory=.*/WorkingDirectory=\//' "$T"/units/*.service
        boot
        inside svctl enable --now -q one two three.timer five.socket six.socket seven.path
        inside svctl start four three six
        wait_state one.service active
        inside setpriv --reuid 65534 --regid 65534 --clear-groups svctl generate service | grep -qx 'User=nobody'
        [ "$(inside svctl is-active two@0 two@1 six@3 three.timer four)" = $'active\nactive\nactive\nactive\nactive' ]
        [ -e "$T/out/three" ]
        [ -e "$T/out/four" ]
        [ "$(inside sh -c 'echo hello | nc -N 127.0.0.1 7000')" = hello ]
        [ "$(inside nc -U /run/six.sock </dev/null | wc -c)" = 32 ]
        inside touch /var/spool/seven/a
        wait_host test -e "$T/out/seven"
}

files() {
        inside sh -c 'cd /etc; find systemd/system systemd/system.control -type f 2>/dev/null | sort'
}

@test "svctl save: what runs is brought back, transient units too; --clear takes it away" {
        unit plain.service <<<$'[Service]\nExecStart=/bin/sleep infinity'
        unit down.service <<<$'[Service]\nExecStart=/bin/sleep infinity'
        unit once.service <<<$'[Service]\nType=oneshot\nExecStart=/bin/true'
        unit acc.socket <<<$'[Socket]\nListenStream=/run/acc.sock\nAccept=yes'
        unit acc@.service <<<$'[Service]\nExecStart=/bin/cat\nStandardInput=socket'
        boot
        inside svctl start plain once acc.socket
        inside svctl run -q --unit=made -p MemoryMax=50M sh -c 'exec sleep "$1"' sh infinity
        inside svctl run -q --unit=many --instances=2 sleep infinity
        inside svctl run -q --unit=tick --on-calendar=daily sleep infinity
        inside svctl -q scale many +1
        inside svctl set-property --runtime plain.service CPUWeight=50
        inside svctl run -q sleep infinity
        inside svctl start systemd-tmpfiles-clean.service 2>/dev/null || true
        before=$(files)

        run -0 --separate-stderr inside svctl save mine
        [[ $stderr == run-r*".service is left out: it has no name of its own (svctl run --unit=NAME)" ]]
        made=$(comm -13 <(echo "$before") <(files))
        [ "$made" = "systemd/system.control/plain.service.d/50-CPUWeight.conf
systemd/system/made.service
systemd/system/many.service
systemd/system/many.service.d/50-X-Instances.conf
systemd/system/mine.target
systemd/system/tick.service
systemd/system/tick.timer" ]
        [ "$(grep '^Wants=' "$T/units/mine.target" | grep -v dbus | sort | tr '\n' ' ')" = 'Wants=acc.socket Wants=made.service Wants=many.service Wants=plain.service Wants=tick.timer ' ]

        inside svctl stop plain made many tick.timer acc.socket
        run -0 inside svctl verify mine.target made.service tick.timer
        inside svctl start mine.target
        [ "$(inside svctl is-active plain made many@0 many@2 tick.timer acc.socket)" = "$(printf 'active\n%.0s' 1 2 3 4 5 6 | sed '/^$/d')" ]
        [ "$(show made.service MemoryMax)" = 52428800 ]
        wait_host main_is made.service sleep
        [ "$(inside cat "/proc/$(show made.service MainPID)/cmdline" | tr '\0' ' ')" = "sleep infinity " ]
        inside svctl enable -q mine.target

        # and once more at the next boot
        stop
        rm "$T/pid"
        boot
        [ "$(inside svctl is-active plain made many@2 tick.timer)" = $'active\nactive\nactive\nactive' ]

        inside svctl disable -q mine.target
        run -0 inside svctl save --clear mine
        [ -z "$(inside sh -c 'cd /etc; ls systemd/system' | grep -E 'mine|made|many|tick')" ]
        run -1 inside svctl save --clear mine
        [[ $output == *"nothing was saved as mine.target"* ]]
        run -1 inside svctl save x.service
}

@test "svctl env: what the process was given; secrets are for root" {
        unit app.service <<'U'
[Service]
User=65534
Group=65534
Environment=API_KEY=abc PLAIN=yes DATABASE_URL=postgres://user:pw@host:5/db?x=1 SITE=https://host/a@b "TEXT=two words"
ExecStart=/bin/sleep infinity
U
        unit title.service <<<$'[Service]\nEnvironment=PAD=x\nExecStart=/usr/bin/perl -e "$$0 = \'t\' x 20000; open(my $$f, q(>), q(/out/titled)); close($$f); sleep"'
        enabled app.service title.service dbus.service
        boot --bind "$BATS_TEST_DIRNAME/../../contrib/dbus:/etc/dbus-1/system.d"
        wait_state dbus.service active
        run -0 inside svctl env app
        for v in API_KEY=abc PLAIN=yes 'DATABASE_URL=postgres://user:pw@host:5/db?x=1' 'TEXT=two words' USER=nobody; do
                grep -qxF "$v" <<<"$output"
        done
        run -0 inside setpriv --reuid 65534 --regid 65534 --clear-groups svctl env app
        for v in 'API_KEY=********' PLAIN=yes 'DATABASE_URL=postgres://user:********@host:5/db?x=1' 'SITE=https://host/a@b'; do
                grep -qxF "$v" <<<"$output"
        done
        run -1 inside setpriv --reuid 1000 --regid 1000 --clear-groups svctl env app
        [[ $output == *"is for root and its own user to see"* ]]
        [ "$(inside svctl env app -o json | jq -r .TEXT)" = "two words" ]
        wait_host test -e "$T/out/titled"
        run -1 inside svctl env title
        [[ $output == *"has written over its environment, as some do that show a title; 'svctl show -p Environment title.service' is what"* ]]
        run -4 inside svctl env none
        inside svctl stop app
        run -3 inside svctl env app
        [[ $output == *"app.service has no main process now"* ]]
}
