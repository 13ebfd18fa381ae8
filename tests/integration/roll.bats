#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# svctl roll: a set on a new release under load, and releases that are broken.

load helper

# Why the roll of a broken release fails.
declare -gA reasons=(
        [throws]='did not start: exit-code, status 1'
        [never]='did not start: timeout'
        [fades]='ended within 300ms (X-SettleSec=): exit-code, status 1'
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

load_begin() {
        rm -f "$T/out/stop"
        inside python3 /out/web-load.py 7070 /out/stop /out/answers &
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

releases() {
        local u
        for u in web@0 web@1; do inside readlink "/proc/$(show "$u" MainPID)/cwd"; done | sed 's|.*/||' | tr '\n' ' '
}

own() { # UNIT PROPERTY
        inside svctl show -p "$2" --value "$1"
}

@test "a set under load goes to a new release; broken ones are met by the spare: no request is lost" {
        web TimeoutStartSec=2 X-SettleSec=300ms
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
        for broken in throws never fades; do
                release "$broken"
                run -1 inside svctl roll web
                [[ $output == "svctl: web.service: roll failed: web@2.service ${reasons[$broken]}; the previous generation serves" ]]
                [ "$(show web@0 MainPID) $(show web@1 MainPID)" = "$pids" ]
                [ "$(own web.service RollResult)/$(own web@0.service HeldBack)" = failed/yes ]
        done
        load_end two
        # Who dies now comes back as it was, until somebody wants it otherwise.
        inside kill -KILL "${pids% *}"
        wait_host another_pid web@0 "${pids% *}"
        [ "$(releases)" = 'two two ' ]
        release one
        run -0 ctl restart web
        [ "$(releases)/$(own web@0.service HeldBack)" = 'one one /no' ]
        stop
        [ "$exit_code" = 0 ]
}

another_pid() {
        [ "$(show "$1" ActiveState)" = active ] && [ "$(show "$1" MainPID)" != "$2" ]
}
