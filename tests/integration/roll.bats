#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# svctl roll: a set on a new release under load, and releases that are broken.

load helper

# Why the roll of a broken release fails.
declare -gA reasons=(
        [throws]='did not start: exit-code, status 1'
        [never]='did not start: timeout'
        [fades]='ended within 1min (X-SettleSec=): exit-code, status 1'
)

tools=$BATS_TEST_DIRNAME/../tools

# web.service: two instances behind web.socket, release "one".
web() { # SETTINGS...
        mkdir -p "$T/out/releases/"{one,two,never,throws,fades}
        for r in one two never throws fades; do echo "$r" >"$T/out/releases/$r/release"; done
        for r in never throws fades; do echo "$r-three" >"$T/out/releases/$r/release"; done
        ln -s releases/one "$T/out/current"
        cp "$tools/web-server.py" "$tools/web-load.py" "$T/out/"
        unit web.socket <<<$'[Socket]\nListenStream=127.0.0.1:7070'
        printf '%s\n' '[Service]' Type=notify X-Instances=2 WorkingDirectory=/out/current Environment=NUMBER=%i Restart=on-failure RestartSec=0 \
                'ExecStart=/usr/bin/python3 /out/web-server.py' "$@" | unit web.service
}

# "current" leads to this release now.
release() {
        ln -s "releases/$1" "$T/out/next"
        mv -T "$T/out/next" "$T/out/current"
}

load_begin() { # [KEPT NEW]: connections
        rm -f "$T/out/stop"
        inside python3 /out/web-load.py 7070 /out/stop /out/answers "$@" &
        loader=$!
        wait_host grep -q one "$T/out/answers"
}

# Served on by this release for a while; none was lost.
load_end() { # RELEASE
        local n
        n=$(wc -l <"$T/out/answers")
        wait_host served_since "$((n + 1))" "$1"
        touch "$T/out/stop"
        wait "$loader"
        tail -1 "$T/out/answers" | grep -qx end
        ! grep lost "$T/out/answers"
}

served_since() { # LINE RELEASE
        [ "$(tail -n "+$1" "$T/out/answers" | grep -c "^$2 ")" -ge 20 ]
}

releases() { # [NUMBER...]
        local i
        for i in ${@:-0 1}; do inside readlink "/proc/$(show "web@$i" MainPID)/cwd"; done | sed 's|.*/||' | tr '\n' ' '
}

own() { # UNIT PROPERTY
        inside svctl show -p "$2" --value "$1"
}

@test "a set under load goes to a new release; broken ones are met by the spare: no request is lost" {
        web X-SettleSec=300ms
        boot
        ctl start web.socket web
        [ "$(releases)" = 'one one ' ]
        load_begin
        first=$(show web@0 MainPID)

        release two
        run -0 inside svctl roll web
        [[ $output == 'web.service: rolled in '* ]]
        [ "$(releases)" = 'two two ' ]
        [ "$(show web@2 ActiveState)" = inactive ]
        [ "$(show web@0 MainPID)" != "$first" ]
        grep -q '^two 2$' "$T/out/answers" # the spare has served

        # Broken: it throws, it never says that it is ready, it does not last.
        pids="$(show web@0 MainPID) $(show web@1 MainPID)"
        mkdir "$T/units/web.service.d"
        for broken in throws never fades; do
                release "$broken"
                # What has to be waited for is short, what must not be over too early is long.
                case $broken in
                never) echo TimeoutStartSec=2 ;;
                fades) echo X-SettleSec=1min ;;
                esac | sed '1i[Service]' >"$T/units/web.service.d/patience.conf"
                run -0 ctl daemon-reload
                run -1 inside svctl roll web
                [[ $output == "svctl: web.service: roll failed: web@2.service ${reasons[$broken]}; the previous generation serves" ]]
                [ "$(show web@0 MainPID) $(show web@1 MainPID)" = "$pids" ]
                [ "$(own web.service RollResult)/$(own web@0.service HeldBack)" = failed/yes ]
                wait_state web@2 inactive # and no failed unit, or a probe would have the container ended for it
                inside svctl is-healthy
        done
        # A file that is broken as well, and is not read before it is rolled.
        sed -i 's/^ExecStart=.*/ExecStart=\/bin\/false/' "$T/units/web.service"
        run -1 inside svctl roll web
        [[ $output == *'did not start: exit-code, status 1; the previous generation serves' ]]
        [ "$(show web@0 MainPID) $(show web@1 MainPID)" = "$pids" ]
        load_end two
        # Who dies now comes back as it was, and so does who is started by hand; who joins them goes along.
        inside kill -KILL "${pids% *}"
        wait_host another_pid web@0 "${pids% *}"
        run -0 ctl stop web@1
        run -0 ctl start web@1
        run -0 ctl restart web@0
        run -0 inside svctl scale web 4
        [ "$(releases 0 1 2 3)/$(own web@3.service HeldBack)" = 'two two two two /yes' ]
        [ "$(inside_sh "tr '\\0' '\\n' </proc/$(show web@3 MainPID)/environ | grep NUMBER")" = NUMBER=3 ]
        pid=$(show web@3 MainPID)
        run -0 ctl daemon-reload # says nothing new
        inside kill -KILL "$pid"
        wait_host another_pid web@3 "$pid"
        sed -i 's|^ExecStart=.*|ExecStart=/usr/bin/python3 /out/web-server.py|' "$T/units/web.service"
        release throws
        run -1 inside svctl roll web
        [ "$(releases 0 1 2 3)" = 'two two two two ' ]
        # Until somebody wants it otherwise.
        release one
        run -0 ctl restart web
        [ "$(releases 0 1 2 3)/$(own web@0.service HeldBack)/$(own web@3.service HeldBack)" = 'one one one one /no/no' ]
        stop
        [ "$exit_code" = 0 ]
}

# app.service: two instances that get ready as long as /out/hold is not there.
app() { # SETTINGS...
        printf '%s\n' '[Service]' Type=notify NotifyAccess=all X-Instances=2 X-RollMode=surge \
                'ExecStart=/bin/sh -c "while [ -e /out/hold ]; do sleep 0.05; done; systemd-notify --ready; echo is ready: %i; exec sleep infinity"' "$@" | unit app.service
}

# A roll in the background that has started its spare and goes no further; its words come in /out/roll.
roll_held() { # UNIT
        touch "$T/out/hold"
        inside svctl roll "${1:-app}" >"$T/out/roll" 2>&1 &
        roller=$!
        wait_state "${2:-app@2}" activating
}

roll_goes_on() {
        rm "$T/out/hold"
        wait "$roller"
}

pids() {
        echo "$(show app@0 MainPID) $(show app@1 MainPID)"
}

@test "in the middle of a roll: another roll, abort, stop, scale, daemon-reload, isolate, shutdown" {
        app X-InstancesMin=100%
        unit other.target <<<$'[Unit]\nAllowIsolate=yes'
        unit masked.service <<<$'[Service]\nX-Instances=2\nX-RollMode=replace\nX-SettleSec=0\nExecStart=/bin/sleep infinity'
        ln -s /dev/null "$T/units/masked@0.service"
        boot
        ctl start app

        # The lines of the set are those of its instances.
        wait_host lines_of_both
        run -0 inside svctl logs --no-pager -o cat app@1
        [[ $output == *'is ready: 1'* && $output != *'is ready: 0'* ]]

        # Abort: nothing has been replaced, and what waited is forgotten.
        first=$(pids)
        roll_held
        run -0 inside svctl roll --no-wait app
        [ "$(own app RollQueued)/$(own app RollState)/$(own app@2 RollPhase)" = yes/forward/starting ]
        run -0 inside svctl status app
        [[ $output == *'Roll: 0 of 2 instances, forward; another one follows'*'app@0.service active (running), old'*'app@2.service activating (start), starting'* ]]
        [ "$(inside svctl status --output=json app | jq -rc '.[0] | .roll.state, .roll.total, (.instances | map(.roll))')" = $'forward\n2\n["old","old","starting"]' ]
        run -0 inside svctl roll --abort app
        rc=0; wait "$roller" || rc=$?
        [ "$rc/$(<"$T/out/roll")" = '1/svctl: app.service: roll aborted: it was aborted; the previous generation serves' ]
        [ "$(pids)" = "$first" ]
        [ "$(own app RollQueued)/$(own app RollState)/$(show app@2 ActiveState)" = no//inactive ]
        run -1 inside svctl roll --abort app
        [[ $output == *'app.service is not being rolled'* ]]
        rm "$T/out/hold"

        # Two more are one that comes after it.
        id=$(own app RollId)
        roll_held
        run -0 inside svctl roll --no-wait app
        run -0 inside svctl roll --no-wait app@1
        roll_goes_on
        wait_host last_roll app $((id + 2))
        [ "$(own app RollResult)" = done ]

        # What is read meanwhile, and another number of instances, is for later.
        roll_held
        sed -i 's/X-Instances=2/X-Instances=3/; /Type=/iEnvironment=LATER=yes' "$T/units/app.service"
        run -0 ctl daemon-reload
        [ "$(show app@0 Environment)/$(show app@2 ActiveState)" = /activating ]
        roll_goes_on
        wait_state app@2 active
        [ "$(show app@0 Environment)" = LATER=yes ]
        inside grep -qvz LATER "/proc/$(show app@0 MainPID)/environ"
        run -0 inside svctl scale --runtime app 2
        [ "$(states app@0 app@1 app@2)" = 'active active inactive ' ]

        # One that is stopped by hand drops out.
        ctl start app
        first=$(pids)
        roll_held
        run -0 ctl stop app@1
        roll_goes_on
        [ "$(states app@0 app@1 app@2)" = 'active inactive inactive ' ]
        [ "$(own app Degraded)" = yes ]
        run -0 inside svctl status app
        [[ $output == *'degraded: fewer instances are active than X-InstancesMin='* ]]
        [ "$(show app@0 MainPID)" != "${first% *}" ]
        ctl start app

        # The set is stopped, or isolated away; then svinit ends.
        roll_held
        run -0 ctl stop app
        rc=0; wait "$roller" || rc=$?
        [ "$rc/$(<"$T/out/roll")" = '1/svctl: app.service: roll canceled: the unit was stopped or restarted' ]
        [ "$(states app@0 app@1 app@2)" = 'inactive inactive inactive ' ]
        run -1 inside svctl roll app
        [[ $output == *'app.service is not active: there is nothing to roll'* ]]
        rm "$T/out/hold"
        run -0 inside svctl roll --or-start app
        [ "$(states app@0 app@1)" = 'active active ' ]
        roll_held
        run -0 ctl restart app@0 --no-block
        run -0 ctl restart app --no-block
        rc=0; wait "$roller" || rc=$?
        [ "$rc" = 1 ]
        rm "$T/out/hold"
        wait_host all_up app@0 app@1
        wait_state app@2 inactive

        # Of a set with a masked instance the others go.
        ctl start masked
        pid=$(show masked@1 MainPID)
        run -0 inside svctl roll masked
        [ "$(show masked@1 MainPID)" != "$pid" ]
        run -3 inside svctl roll other.target
        [[ $output == *'it is no service'* ]]
        run -5 inside svctl roll nothing

        roll_held
        run -0 ctl isolate other.target
        rc=0; wait "$roller" || rc=$?
        [ "$rc" = 1 ]
        wait_state app inactive
        rm "$T/out/hold"
        ctl start app
        roll_held
        stop
        [ "$exit_code" = 0 ]
        rc=0; wait "$roller" || rc=$?
        [ "$rc" != 0 ]
}

lines_of_both() {
        local lines
        lines=$(inside svctl logs --no-pager -o cat app)
        [[ $lines == *'is ready: 0'* && $lines == *'is ready: 1'* ]]
}

last_roll() { # UNIT ID
        [ "$(own "$1" RollId)/$(own "$1" RollState)" = "$2/" ]
}

all_up() {
        local u
        for u; do property_is "$u" ActiveState active || return 1; done
}

# stages.service of a release: @N is ready as soon as /out/hold-N is gone, and ends as soon as /out/stay-N is.
stages() { # RELEASE SETTINGS...
        cat >"$T/out/stages" <<'P'
trap 'while test -e /out/stay-$1; do sleep 0.05; done; exit 0' TERM
while test -e /out/hold-$1; do sleep 0.05; done
systemd-notify --ready
while :; do sleep 0.05; done
P
        printf '%s\n' '[Service]' Type=notify NotifyAccess=all X-Instances=2 X-RollMode=surge X-SettleSec=0 TimeoutStopSec=infinity \
                "Environment=RELEASE=$1" "${@:2}" 'ExecStart=/bin/sh /out/stages %i' | unit stages.service
}

in_phase() { # UNIT PHASE
        [ "$(own "$1" RollPhase)" = "$2" ]
}

# A roll to the release "new", aborted when that instance is in that phase, with whatever keeps it there; what is to be
# gone for the way back goes then.
abort_in() { # UNIT PHASE [FILE...]
        local f roller rc=0
        for f in "${@:3}"; do touch "$T/out/$f"; done
        inside svctl roll stages >"$T/out/roll" 2>&1 &
        roller=$!
        wait_host in_phase "$1" "$2"
        inside svctl roll --abort --no-wait stages
        wait_host going_back
        for f in "${@:3}"; do rm "$T/out/$f"; done
        wait "$roller" || rc=$?
        [ "$rc/$(<"$T/out/roll")" = '1/svctl: stages.service: roll aborted: it was aborted; the previous generation serves' ]
        serves_old
}

going_back() {
        [[ $(own stages RollState) == @(backward|ending|) ]]
}

serves_old() {
        local i
        [ "$(states stages@0 stages@1 stages@2)" = 'active active inactive ' ]
        for i in 0 1; do inside grep -qz RELEASE=old "/proc/$(show stages@$i MainPID)/environ"; done
        [ "$(inside svctl is-system-running)" = running ]
}

@test "a roll is aborted in any of its phases; who waits for it may go; a spare that has to be killed is no failure" {
        stages old
        boot
        ctl start stages
        first=$(show stages@0 MainPID)/$(show stages@1 MainPID)
        stages new X-SettleSec=1000
        abort_in stages@2 starting hold-2
        abort_in stages@2 settling
        [ "$(show stages@0 MainPID)/$(show stages@1 MainPID)" = "$first" ]
        stages new
        abort_in stages@0 leaving stay-0
        abort_in stages@0 starting hold-0
        [ "$(show stages@1 MainPID)" = "${first#*/}" ]
        abort_in stages@1 leaving stay-1
        abort_in stages@1 starting hold-1

        # Who has asked is interrupted: the roll goes on, and its spare, that does not want to go, goes.
        stages new TimeoutStopSec=1ms
        touch "$T/out/hold-2"
        inside svctl roll stages &
        roller=$!
        wait_host in_phase stages@2 starting
        inside kill -TERM "$(inside pgrep -x svctl)" # SIGINT may be ignored where the suite runs in the background
        rc=0; wait "$roller" || rc=$?
        [ "$rc" != 0 ]
        in_phase stages@2 starting
        touch "$T/out/stay-2"
        id=$(own stages RollId)
        rm "$T/out/hold-2"
        wait_host last_roll stages "$id"
        [ "$(own stages RollResult)" = done ]
        for i in 0 1; do inside grep -qz RELEASE=new "/proc/$(show stages@$i MainPID)/environ"; done
        wait_logged "Failed with result 'timeout'" -u stages@2.service
        wait_state stages@2 inactive
        [ "$(inside svctl is-system-running)" = running ]
        stop
        [ "$exit_code" = 0 ]
}

@test "a service that is no set is rolled as one instance, and put back; a set as one by one" {
        mkdir -p "$T/out/releases/"{one,two,throws}
        echo one >"$T/out/releases/one/release"
        echo two >"$T/out/releases/two/release"
        echo throws-three >"$T/out/releases/throws/release"
        ln -s releases/one "$T/out/current"
        cp "$tools/web-server.py" "$tools/web-load.py" "$T/out/"
        unit one.socket <<<$'[Socket]\nListenStream=127.0.0.1:7070'
        # Its end would be that of the container, and of what is bound to it.
        unit one.service <<<$'[Service]\nType=notify\nX-Essential=yes\nWorkingDirectory=/out/current\nX-Watch=/out/watched\nExecStart=/usr/bin/python3 /out/web-server.py'
        unit bound.service <<<$'[Unit]\nBindsTo=one.service\nAfter=one.service\n[Service]\nExecStart=/bin/sleep infinity'
        app X-RollMode=replace X-RollParallel=100% X-Watch=/out/watched-set X-WatchDelaySec=10ms
        touch "$T/out/watched-set"
        boot
        ctl start one.socket one bound app
        bound=$(show bound MainPID)
        load_begin
        release two
        run -0 inside svctl roll one
        [ "$(inside readlink "/proc/$(show one MainPID)/cwd")" = /out/releases/two ]
        release throws
        run -1 inside svctl roll one
        [ "$output" = 'svctl: one.service: roll failed: one.service did not start: exit-code, status 1; the previous generation serves' ]
        [ "$(inside readlink "/proc/$(show one MainPID)/cwd")" = /out/releases/two ]
        [ "$(show bound MainPID)/$(own one HeldBack)" = "$bound/yes" ]
        load_end two

        # One instance alone; a change of a file is a roll of the set.
        first=$(pids)
        run -0 inside svctl roll app@1
        second=$(pids)
        [ "${first% *}" = "${second% *}" ]
        [ "${first#* }" != "${second#* }" ]
        id=$(own app RollId)
        echo >"$T/out/watched-new"
        mv "$T/out/watched-new" "$T/out/watched-set" # at once: what is written in two steps may be two rolls
        wait_host last_roll app $((id + 1))
        [ "$(own app RollResult)" = done ]
        third=$(pids)
        [ "${third% *}" != "${second% *}" ]
        [ "${third#* }" != "${second#* }" ]
        # The second does not start: the first, which did, goes back.
        sed -i 's/100%/1/; s/^ExecStart=.*/ExecStart=\/bin\/sh -c "test %i = 0 \&\& systemd-notify --ready \&\& exec sleep 1000"/' "$T/units/app.service"
        run -1 inside svctl roll app
        [[ $output == *'app@1.service did not start: exit-code, status 1; the previous generation serves' ]]
        [ "$(states app@0 app@1)" = 'active active ' ]
        fourth=$(pids)
        [ "${fourth% *}" != "${third% *}" ]
        for i in $fourth; do [ "$(inside_sh "tr '\\0' ' ' </proc/$i/cmdline")" = 'sleep infinity ' ]; done
        # Without a rollback it stops where it is.
        sed -i '/X-Instances/aX-RollRollback=no\nX-SettleSec=10' "$T/units/app.service"
        sed -i 's/^ExecStart=.*/ExecStart=\/bin\/false/' "$T/units/app.service"
        run -1 inside svctl roll app
        [[ $output == *'roll failed: app@0.service did not start: exit-code, status 1;'* ]]
        [ "$(states app@0 app@1)" = 'failed active ' ]
        [ "$(show app@1 MainPID)" = "${fourth#* }" ]
        stop
        [ "$exit_code" != 125 ]
}

@test "X-SocketDistribution=reuseport: who leaves gets no new clients, and is stopped when the last one has gone" {
        web Environment=RUDE=yes Environment=SLOW=0.02 User=nobody
        sed -i '/^Listen/aX-SocketDistribution=reuseport' "$T/units/web.socket"
        boot
        ctl start web.socket web
        load_begin 0 8
        release two
        run -0 inside svctl roll web
        [ "$(releases)" = 'two two ' ]
        load_end two
        stop
        [ "$exit_code" = 0 ]
}
