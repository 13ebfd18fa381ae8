#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# svctl deploy: releases out of a real repository of git, and over a real ssh to another host.

load helper
load ssh

# A service of two instances that works where its release is, and the repository of its releases.
web() {
        git init -q -b main "$T/out/origin"
        mkdir "$T/out/srv"
        chown -R daemon "$T/out/origin" "$T/out/srv"
        unit web.service <<U
[Service]
Type=notify
NotifyAccess=all
User=daemon
X-Instances=2
TimeoutStopSec=90s
X-RollMode=surge
WorkingDirectory=/out/srv/app/current
ExecStart=/bin/sh -c ./run
TimeoutStartSec=1min
TimeoutStopSec=1min
KillMode=mixed
[X-Deploy]
Repository=/out/origin
Reference=origin/main
Path=/out/srv/app
User=daemon
KeepReleases=3
ExecPreDeploy=/bin/sh -c 'pwd >/out/pre'
ExecBuild=/bin/sh -c 'echo building \$(cat version) as \$(id -un) in \$(pwd)'
ExecBuild=/bin/sh -c 'test ! -e unbuildable && cp version built'
ExecPostDeploy=/bin/sh -c 'cp built /out/post'
$1
U
}

# A commit of the files' names and texts; "run" is the program.
commit() { # VERSION [FILE TEXT]...
        local dir=$T/out/origin version=$1
        shift
        printf '%s' "$version" >"$dir/version"
        printf '#!/bin/sh\nsystemd-notify --ready\nexec sleep infinity\n' >"$dir/run"
        chmod 755 "$dir/run"
        while (($#)); do
                printf '%s' "$2" >"$dir/$1"
                shift 2
        done
        as_owner add -A
        as_owner -c user.name=x -c user.email=x@y commit -q -m "release $version"
        rm -f "$dir/unbuildable"
}

as_owner() {
        chown -R daemon "$T/out/origin"
        setpriv --reuid=daemon --regid=daemon --clear-groups env HOME=/nonexistent git -C "$T/out/origin" "$@"
}

deploy() {
        inside svctl deploy web "$@"
}

# What is built where the instances work, by their processes.
versions() {
        local n
        for n in 0 1; do inside cat "/proc/$(show "web@$n" MainPID)/cwd/built"; echo; done | tr '\n' ' '
}

@test "deploy: update, a roll to the new release, a broken one, one that is not built, back again" {
        web
        commit one
        boot
        # nothing is there yet
        run -1 deploy rollback
        [[ $output == *"'svctl deploy web.service setup' makes it"* ]]
        run -0 deploy setup
        run -0 deploy update
        [[ $output == *"svctl start web.service starts it"* ]]
        [ "$(<"$T/out/pre")" = /out/srv/app ]
        [ "$(<"$T/out/post")" = one ]
        [ "$(stat -c %U "$T/out/srv/app/current/built" "$T/out/srv/app/repo" | sort -u)" = daemon ]
        wait_logged "building one as daemon in /out/srv/app/releases/" -u web-deploy-build.service
        run -0 ctl start web
        [ "$(versions)" = "one one " ]

        commit two
        run -0 deploy update
        [ "$(versions)" = "two two " ]
        [ "$(<"$T/out/post")" = two ]
        two=$(readlink "$T/out/srv/app/current")
        pids="$(show web@0 MainPID) $(show web@1 MainPID)"

        # it ends before it is ready: the roll fails, the link is as before, and nobody was restarted
        commit three run $'#!/bin/sh\nexit 3\n'
        run ! deploy update
        [[ $output == *"does not serve; the link leads to ${two#releases/} again"* ]]
        [ "$(readlink "$T/out/srv/app/current")" = "$two" ]
        [ "$(versions)" = "two two " ]
        [ "$(show web@0 MainPID) $(show web@1 MainPID)" = "$pids" ]
        [ "$(ls "$T/out/srv/app/releases" | wc -l)" = 2 ]
        [ "$(<"$T/out/post")" = two ]

        commit four unbuildable yes
        run ! deploy update
        [[ $output == *'web-deploy-build.service: start failed: ExecStart=/bin/sh exited with status 1/FAILURE'* ]] || { echo "$output"; false; }
        [ "$(readlink "$T/out/srv/app/current")" = "$two" ]
        [ "$(show web@0 MainPID) $(show web@1 MainPID)" = "$pids" ]

        run -0 deploy rollback
        [ "$(versions)" = "one one " ]
        run -1 deploy rollback
        [[ $output == *"there are 0 releases before"* ]]
        run -0 deploy list
        [[ ${lines[0]} == "* "*"  release one" && ${lines[1]} == "  "*"  release two" && ${#lines[@]} = 2 ]]
        run -1 deploy previous
        run -0 deploy exec -- sh -c 'pwd; id -un; exit 0'
        [ "$output" = "$(printf '%s\n' "/out/srv/app/$(readlink "$T/out/srv/app/current")" daemon)" ]
        run -0 deploy current
        [ "$output" = "/out/srv/app/$(readlink "$T/out/srv/app/current")" ]

        # a branch, a tag, a commit; only so many releases stay, and the one that serves
        as_owner branch side HEAD~2
        as_owner tag -f v1 HEAD~3
        commit five
        for ref in side v1 "$(as_owner rev-parse HEAD)"; do run -0 deploy update "$ref"; done
        [ "$(versions)" = "five five " ]
        run -0 deploy list
        [ "${#lines[@]}" = 3 ]
        [[ ${lines[0]} == *"release two" && ${lines[1]} == *"release one" && ${lines[2]} == "* "*"release five" ]]
        run -0 deploy rollback 2
        [ "$(versions)" = "two two " ]
        run -1 deploy update nosuch
        [[ $output == *"/out/origin has no branch, tag or commit 'nosuch'"* ]]
        run -1 deploy update -- --upload-pack=x
        run -2 deploy frobnicate
        [ "$(versions)" = "two two " ]
        # another one is at work
        inside_sh 'flock /out/srv/app sh -c "svctl deploy web update; echo \$?"' >"$T/locked" 2>&1
        [[ $(<"$T/locked") == *"it is being deployed already"*1 ]]
        run -1 inside svctl deploy dbus
        [[ $output == *"dbus.service has no [X-Deploy]"* ]]
        # as much of the history as is asked for, and no more time than that
        unit shallow.service <<<$'[Service]\nExecStart=/bin/true\n[X-Deploy]\nRepository=file:///out/origin\nPath=/out/srv/shallow\nUser=daemon\nFetchDepth=1'
        run -0 ctl daemon-reload
        run -0 inside svctl deploy shallow setup
        run -0 inside svctl deploy shallow update main
        [ "$(inside_sh 'setpriv --reuid=daemon --clear-groups --regid=daemon git -C /out/srv/shallow/current rev-list --count HEAD')" = 1 ]
        printf '%s\n' TimeoutSec=1s 'ExecBuild=/bin/sleep 1000' >>"$T/units/shallow.service"
        run -0 ctl daemon-reload
        run -1 inside svctl deploy shallow update main
        [[ $output == *'shallow-deploy-build.service: start failed: it has taken longer than allowed: 1s'* ]] || { echo "$output"; false; }
}

@test "deploy: on other hosts over ssh, up to the first where it fails; the unit passes systemd-analyze" {
        web $'Host=root@127.0.0.1:2222 root@127.0.0.2:2222'
        commit one
        an_ssh_daemon
        run env SYSTEMD_UNIT_PATH="$T/units:$STAGE/usr/lib/svinit/system" systemd-analyze verify --man=no --recursive-errors=no "$T/units/web.service"
        [ "$output" = "" ]
        run -0 env SYSTEMD_UNIT_PATH="$T/units:$STAGE/usr/lib/svinit/system" "$STAGE/usr/bin/svctl" verify "$T/units/web.service"
        [ "$output" = "" ]
        boot
        wait_state far.service active
        run -0 deploy update
        [[ $output == *"root@127.0.0.1:2222:"*"root@127.0.0.2:2222:"* ]]
        [ "$(ls "$T/out/srv/app/releases" | wc -l)" = 2 ]
        run -0 inside svctl -H root@127.0.0.1:2222 deploy web list
        [[ ${lines[1]} == "* "*"release one" ]]
        commit two unbuildable yes
        run ! deploy update
        [[ $output == *"root@127.0.0.1:2222: it failed there; the hosts after it are as they were"* ]]
        [ "$(ls "$T/out/srv/app/releases" | wc -l)" = 2 ]
        run -0 deploy --local list
        [ "${#lines[@]}" = 2 ]
}
