#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The verbs that explain: what would happen, what has changed, what belongs together.

load helper

sleeper() {
        unit "$1.service" <<<"[Unit]
${2:-}
[Service]
ExecStart=/bin/sleep infinity
${3:-}"
}

web_and_friends() {
        sleeper web $'Requires=db.service\nWants=cache.service gone.service\nAfter=db.service cache.service\nConflicts=old.service\nAfter=old.service'
        sleeper db "" 'ExecReload=/bin/true'
        sleeper cache
        sleeper old
        sleeper report $'PartOf=web.service\nAfter=web.service'
}

# What is only named by something that is not loaded for long comes and goes between two questions; this holds it.
hold_loose_units() {
        unit hold.target <<<'[Unit]
After=syslog.socket syslog.service systemd-journald.socket systemd-journald.service
After=systemd-journald-dev-log.socket systemd-journald-audit.socket local-fs-pre.target umount.target'
        ctl daemon-reload
        ctl start hold.target
}

# The systemctl of systemd and ours say the same, byte for byte.
same_tree() {
        local expected
        expected=$(inside systemctl list-dependencies "$@")
        [ "$(inside svctl list-dependencies "$@")" = "$expected" ] ||
                { echo "list-dependencies $*"; diff <(inside svctl list-dependencies "$@") <(echo "$expected"); return 1; }
}

@test "plan tells each job, why it is there and what it waits for, and does nothing" {
        web_and_friends
        boot
        ctl start old
        run -0 inside svctl plan web
        echo "$output"
        [[ $output == *"stop old.service: web.service Conflicts= it"* ]]
        [[ $output == *"start db.service: web.service Requires= it"* ]]
        [[ $output == *"start cache.service: web.service Wants= it; its failure does not matter"* ]]
        [[ $output == *"start web.service: as asked"* ]]
        [[ $(grep -A1 'start web.service' <<<"$output" | tail -1) == *"after"*"db.service"* ]]
        [[ $(grep -A1 'start web.service' <<<"$output" | tail -1) == *"old.service"* ]]
        # In an order in which they can be done.
        [ "$(grep -n 'start web' <<<"$output" | cut -d: -f1)" -gt "$(grep -n 'start db' <<<"$output" | cut -d: -f1)" ]
        [ "$(grep -n 'start web' <<<"$output" | cut -d: -f1)" -gt "$(grep -n 'stop old' <<<"$output" | cut -d: -f1)" ]
        run -0 ctl list-jobs
        [[ $output == *"No jobs"* ]]
        [ "$(show web ActiveState)" = inactive ]
        [ "$(show old ActiveState)" = active ]
}

@test "plan of what is done is what happens" {
        web_and_friends
        boot
        inside svctl plan -o json web >"$T/plan"
        run -0 inside svctl --show-transaction --no-block start web
        sed -n 's/^Enqueued [a-z]* job [0-9]* //p' <<<"$output" | sed 's/\.$//' | sort >"$T/done"
        jq -r '.[0].jobs[] | .unit + "/" + .job' "$T/plan" | sort >"$T/planned"
        diff "$T/planned" "$T/done"
        [ "$(wc -l <"$T/done")" = 3 ]
}

@test "plan of a restart follows the relations back" {
        web_and_friends
        boot
        ctl start web report
        run -0 inside svctl plan --job=restart db
        [[ $output == *"restart db.service: as asked"* ]]
        [[ $output == *"restart web.service: Requires= db.service"* ]]
        [[ $output == *"restart report.service: PartOf= web.service"* ]]
        run -0 inside svctl plan --job=stop db
        [[ $output == *"stop web.service: Requires= db.service"* ]]
        run -0 inside svctl plan web
        [[ $output == *"there is nothing to do"* ]]
        run -0 inside svctl stop --dry-run db
        [[ $output == *"stop web.service: Requires= db.service"* ]]
        [ "$(show db ActiveState)" = active ]
}

@test "plan tells cycles, what was dropped to break them, and why nothing can be done" {
        sleeper one $'Wants=two.service\nAfter=two.service'
        sleeper two $'After=one.service'
        sleeper need $'Requires=missing.service'
        sleeper strict $'Requires=strict2.service\nAfter=strict2.service'
        sleeper strict2 $'After=strict.service\nRequires=strict.service'
        boot
        run -0 inside svctl plan one
        [[ $output == *"Ordering cycle: "*"two.service"*"one.service"* ]]
        [[ $output != *"start two.service"* ]]
        run -1 inside svctl plan need
        [[ $output == *"missing.service, which it requires, was not found"* ]]
        [[ $output == *"would be refused (NoSuchUnit)"* ]]
        run -1 inside svctl plan strict
        [[ $output == *"TransactionOrderIsCyclic"* ]]
        run -1 inside svctl plan -o json strict
        jq -e '.[0].error == "TransactionOrderIsCyclic" and .[0].jobs == [] and (.[0].notes | length) > 0' <<<"$output"
        run -2 inside svctl plan --job=nonsense one
}

@test "without a manager plan asks the files" {
        web_and_friends
        local root=$T/root
        mkdir -p "$root/etc/systemd" "$root/usr/lib/svinit"
        cp -a "$T/units" "$root/etc/systemd/system"
        cp -a "$STAGE/usr/lib/svinit/system" "$root/usr/lib/svinit/system"
        run -0 "$STAGE/usr/bin/svctl" --root="$root" plan web
        echo "$output"
        [[ $output == *"start db.service: web.service Requires= it"* && $output == *"start web.service: as asked"* ]]
        [[ $output != *"stop old.service"* && $output != *".slice"* ]]
        [ "$("$STAGE/usr/bin/svctl" --root="$root" -o json plan web | jq -r '.[0].jobs[-1].unit')" = web.service ]
        run -1 "$STAGE/usr/bin/svctl" --root="$root" plan nothing
        [[ $output == *"would be refused (NoSuchUnit)"* ]]
}

@test "diff shows what a reload would change, and nothing when there is nothing" {
        web_and_friends
        boot
        ctl start web
        run -0 inside svctl diff
        [ -z "$output" ]
        sleep 0.1
        sed -i 's/^\[Service\]/After=report.service\n[Service]\nRestartSec=7/; s/^Wants=.*/Wants=cache.service/' "$T/units/web.service"
        touch "$T/units/db.service"
        rm "$T/units/cache.service"
        mkdir "$T/units/multi-user.target.wants"
        ln -s ../fresh.service "$T/units/multi-user.target.wants/fresh.service"
        sleeper fresh
        echo nonsense >"$T/units/old.service"
        run -0 inside svctl diff
        echo "$output"
        [[ $output == *"web.service (active): has changed"* ]]
        [[ $output == *"[Service] RestartSec: 100ms -> 7s"* ]]
        [[ $output == *"[Unit] After: +report.service"* && $output == *"[Unit] Wants: -gone.service"* ]]
        [[ $output == *"cache.service (active): has no file any more"* ]]
        [[ $output == *"fresh.service (inactive): is new, wanted by multi-user.target"* ]]
        [[ $output == *"old.service (inactive): cannot be used any more"* ]]
        [[ $output != *"db.service"*"has changed"* ]]
        [ "$(show web RestartUSec)" = 100ms ]
        run -0 inside svctl diff web
        [[ $output != *fresh.service* ]]
        run -0 inside svctl diff -o json web
        jq -e '.[0] | .unit == "web.service" and .change == "changed" and .active == "active"' <<<"$output"
        jq -e '.[0].settings | any(. == {section: "Service", key: "RestartSec", old: "100ms", new: "7s", live: true})' <<<"$output"
        ctl daemon-reload
        run -0 inside svctl diff
        [ -z "$output" ]
        [ "$(show web RestartUSec)" = 7s ]
}

@test "apply restarts, starts and stops what has changed, and --dry-run says so" {
        web_and_friends
        sleeper live
        sleeper same
        boot
        ctl start web live same
        for u in web db live same; do declare "$u=$(show $u MainPID)"; done
        sleep 0.1
        sed -i 's/sleep infinity/sleep 86400/' "$T/units/db.service"
        echo 'RestartSec=7' >>"$T/units/live.service"
        rm "$T/units/cache.service"
        mkdir "$T/units/multi-user.target.wants"
        ln -s ../fresh.service "$T/units/multi-user.target.wants/fresh.service"
        sleeper fresh
        run -0 inside svctl apply --dry-run
        echo "$output"
        [[ $output == *"Would restart db.service: [Service] ExecStart has changed."* ]]
        [[ $output == *"Would leave live.service: it takes up what has changed as it runs."* ]]
        [[ $output == *"Would stop cache.service: it has no file any more."* ]]
        [[ $output == *"Would start fresh.service: it is new, by multi-user.target."* ]]
        [[ $output != *same.service* && $output != *"web.service"* ]]
        [ "$(show db MainPID)" = "$db" ]
        [ "$(show db NeedDaemonReload)" = yes ]
        run -0 inside svctl apply
        [[ $output == *"Restarted db.service"* && $output == *"Started fresh.service"* && $output == *"Stopped cache.service"* ]]
        [ "$(show db MainPID)" != "$db" ]
        [ "$(show live MainPID)" = "$live" ]
        [ "$(show live RestartUSec)" = 7s ]
        [ "$(show same MainPID)" = "$same" ]
        [ "$(show fresh ActiveState)" = active ]
        [ "$(show cache ActiveState)" = inactive ]
        [ "$(show web ActiveState)" = active ]
        run -0 inside svctl apply
        [ "$output" = "Nothing has changed." ]
}

@test "apply sees what generators make otherwise now" {
        mkdir "$T/out/generators"
        printf 'a 1\nb 1\n' >"$T/out/table"
        cat >"$T/out/generators/gen" <<'G'
#!/bin/sh
while read name version; do
        printf '[Service]\nEnvironment=VERSION=%s\nExecStart=/bin/sleep infinity\n' "$version" >"$1/$name.service"
done </out/table
G
        chmod +x "$T/out/generators/gen"
        boot --bind "$T/out/generators:/etc/systemd/system-generators"
        ctl start a b
        for u in a b; do declare "$u=$(show $u MainPID)"; done
        printf 'a 2\nb 1\n' >"$T/out/table"
        run -0 inside svctl apply
        [ "$output" = "Restarted a.service: [Service] Environment has changed." ]
        [ "$(show a Environment)" = VERSION=2 ]
        [ "$(show a MainPID)" != "$a" ]
        [ "$(show b MainPID)" = "$b" ]
        printf 'a 3\nb 3\n' >"$T/out/table"
        run -0 inside svctl apply b
        [ "$output" = "Restarted b.service: [Service] Environment has changed." ]
        [ "$(show a Environment)/$(show b Environment)" = VERSION=3/VERSION=3 ]
        run -0 inside svctl apply
        [ "$output" = "Nothing has changed." ]
        for verb in diff plan verify; do
                run -2 inside svctl -o xml $verb a
                [ "$output" = "svctl: $verb: there is no output 'xml', only short (or text), cat, json and json-pretty" ]
        done
}

@test "list-dependencies draws the trees that systemctl draws" {
        web_and_friends
        unit loop.target <<<$'[Unit]\nRequires=a-loop.service z.service pool.target\nDescription=x'
        sleeper a-loop $'Wants=loop.target z.service B.service'
        sleeper z $'Wants=a-loop.service'
        sleeper B
        unit pool.target <<<$'[Unit]\nWants=loop.target db.service'
        sleeper slow "" $'ExecReload=/bin/sleep infinity\nTimeoutStartSec=infinity'
        unit fails.service <<<$'[Unit]\nWants=slow.service web.service\n[Service]\nExecStart=/bin/false\nExecStartPre=/bin/sleep 0'
        unit hangs.service <<<$'[Unit]\nWants=fails.service slow.service starting.service stopping.service\n[Service]\nExecStart=/bin/sleep infinity'
        unit starting.service <<<$'[Service]\nType=oneshot\nExecStart=/bin/sleep infinity'
        sleeper stopping "" $'ExecStop=/bin/sleep infinity\nTimeoutStopSec=infinity'
        boot
        hold_loose_units
        ctl start web slow stopping
        run ctl start fails
        ctl --no-block start hangs loop.target
        ctl --no-block reload slow
        ctl --no-block stop stopping
        wait_state slow reloading
        wait_state starting activating
        wait_state stopping deactivating
        wait_state fails failed
        local u options
        for u in web.service loop.target a-loop.service hangs.service multi-user.target db shutdown.target; do
                for options in "" --all --plain "--all --plain" --reverse "--reverse --all" --after --before "--before --all" "--reverse --plain"; do
                        same_tree $options "$u"
                done
        done
        same_tree
        same_tree --full hangs web
        same_in() { diff <(inside env $1 svctl list-dependencies --all "$2") <(inside env $1 systemctl list-dependencies --all "$2") || { echo "$@"; return 1; }; }
        for u in LC_ALL=en_US.UTF-8 LC_ALL=C LC_ALL=C.UTF-8 "-u LC_ALL" COLUMNS=10 COLUMNS=20 COLUMNS=21 COLUMNS=23 COLUMNS=41; do
                same_in "$u" hangs
                same_in "$u" loop.target
        done
        same_in "-i LC_ALL=C COLUMNS=20" loop.target
}

@test "dot draws what systemd-analyze dot draws" {
        web_and_friends
        boot
        hold_loose_units
        ctl start web
        local o ours
        for o in "" --order --require web.service "web.service db.service" 'd*.service' "--from-pattern=web* --to-pattern=*.target" \
                "--from-pattern=web*" "--to-pattern=db*" "--order --to-pattern=*.slice web.service"; do
                ours=$(inside svctl dot $o 2>/dev/null | sort)
                [[ $ours == *'"->"'* ]]
                diff <(echo "$ours") <(inside systemd-analyze dot $o 2>/dev/null | sort) || { echo "dot $o"; return 1; }
        done
        # Both are all, where systemd-analyze takes the last.
        diff <(inside svctl dot --order --require web.service 2>/dev/null) <(inside svctl dot web.service 2>/dev/null)
        diff <(inside svctl dot 2>&1 >/dev/null) <(inside systemd-analyze dot 2>&1 >/dev/null)
}

@test "--show-transaction speaks as systemctl does" {
        web_and_friends
        boot
        said() { inside "$@" 2>&1 | sed 's/job [0-9]*/job N/'; }
        a=$(said svctl --show-transaction start web)
        ctl stop web db cache
        b=$(said systemctl --show-transaction start web)
        [ -n "$a" ]
        [ "$a" = "$b" ]
        a=$(said svctl -T try-reload-or-restart db)
        b=$(said systemctl -T try-reload-or-restart db)
        [ -n "$a" ]
        [ "$a" = "$b" ]
}
