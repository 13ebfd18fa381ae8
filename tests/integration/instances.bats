#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# Sets: X-Instances= makes one unit file stand for several services; svctl scale changes how many.

load helper

web() {
        printf '%s\n' '[Unit]' Description=Web '[Service]' Environment=PORT=3000 Environment=NAME=x X-Instances=3 \
                'X-IncrementEnvironment=PORT NAME' Restart=on-failure RestartSec=0 \
                'ExecReload=/bin/sh -c "echo %i >>/out/reloads"' \
                'ExecStart=/bin/sh -c "echo $PORT $NAME $SVINIT_CPUS >/out/web%i; exec sleep infinity"' "$@" | unit web.service
}

members() { # N...
        local n
        for n; do echo "web@$n.service"; done
}

counts_cpus() { # NAME SETTING...
        printf '%s\n' '[Service]' Type=oneshot "ExecStart=/bin/sh -c 'echo \$\${SVINIT_CPUS-none} >/out/$1'" "${@:2}" |
                unit "cpus-$1.service"
}

# The processors that a unit can keep busy, for who asks: with quotas, its own and of its slices, and lists.
has_counted_cpus() {
        run -0 ctl start cpus-{unasked,all,half,three-halves,one,listed,sliced}
        [ "$(cd "$T/out" && cat unasked all half three-halves one listed sliced | tr '\n' ' ')" = \
                "none $(nproc) 1 $(($(nproc) < 2 ? 1 : 2)) 1 1 1 " ]
}

@test "a set starts, restarts, reloads and stops all its instances; each has its number" {
        web
        first=$(taskset -cp $$ | sed 's/.*: //; s/[-,].*//')
        counts_cpus unasked CPUQuota=50%
        counts_cpus all PassEnvironment=SVINIT_CPUS
        counts_cpus half PassEnvironment=SVINIT_CPUS CPUQuota=50%
        counts_cpus three-halves X-IPC=node CPUQuota=150%
        counts_cpus one PassEnvironment=SVINIT_CPUS AllowedCPUs="$first"
        counts_cpus listed PassEnvironment=SVINIT_CPUS CPUAffinity="$first"
        counts_cpus sliced PassEnvironment=SVINIT_CPUS Slice=few-cpus.slice
        unit few.slice <<<$'[Slice]\nCPUQuota=100%'
        boot
        has_counted_cpus
        run -0 ctl start web
        [ "$(states web $(members 0 1 2))" = "active active active active " ]
        [ "$(show web SubState)/$(show web MainPID)" = running/0 ]
        cpus=$(nproc)
        for i in 0 1 2; do
                wait_host test -s "$T/out/web$i"
                [ "$(<"$T/out/web$i")" = "$((3000 + i)) x $cpus" ]
        done
        first=$(show web@1 MainPID)
        run -0 ctl reload web
        [ "$(sort "$T/out/reloads" | tr '\n' ' ')" = '0 1 2 ' ]
        run -0 ctl restart web
        [ "$(states web $(members 0 1 2))" = "active active active active " ]
        [ "$(show web@1 MainPID)" != "$first" ]
        run -0 ctl stop web
        [ "$(states web $(members 0 1 2))" = "inactive inactive inactive inactive " ]
        [[ $(ctl list-dependencies --plain web) == *web@0.service*web@2.service* ]]
        # One of them alone makes the set active; the last one takes it along.
        run -0 ctl start web@1
        wait_state web active
        run -0 ctl stop web@1
        wait_state web inactive
        run -4 ctl status web@blue.service # no number, no instance
}

@test "a set is up while one instance is; it fails with the last, and ends the container if it is essential" {
        web X-Essential=on-failure Restart=no
        unit again.service <<<$'[Service]\nX-Instances=2\nRestart=always\nRestartSec=0\nExecStart=/bin/sleep infinity'
        unit none.service <<<$'[Service]\nType=notify\nX-Instances=2\nExecStart=/bin/false'
        unit tm@.service <<<$'[Service]\nX-Instances=2\nExecStart=/bin/sleep infinity'
        unit plain@.service <<<$'[Service]\nExecStart=/bin/sleep infinity'
        boot
        run -1 ctl start none
        [ "$(states none none@0 none@1)" = "failed failed failed " ]
        run -0 ctl reset-failed none
        [ "$(show none ActiveState)" = inactive ]
        run -0 ctl start tm
        [ "$(states tm tm@0 tm@1)" = "active active active " ]
        run -5 ctl start plain # a template alone is no set
        # A crash is that instance's own.
        run -0 ctl start again web
        other=$(show again@0 MainPID) crashed=$(show again@1 MainPID)
        inside kill -KILL "$crashed"
        wait_host another_pid again@1 "$crashed"
        [ "$(show again ActiveState)/$(show again@0 MainPID)" = "active/$other" ]
        run -0 inside svctl status again
        [[ $output == *"Instances: ● again@0.service active (running)"*"● again@1.service active (running)"* ]]
        for i in 0 1; do
                ctl kill -s KILL web@$i
                wait_state web@$i failed
                [ "$(show web ActiveState)" = active ]
        done
        ctl kill -s KILL web@2 || true # the container may be quicker
        wait_gone
        [ "$exit_code" = 1 ]
        grep "web.service: Failed with result 'exit-code'" "$T/console"
}

@test "instances share the set's socket" {
        unit echo.socket <<<$'[Socket]\nListenStream=/run/echo.sock'
        unit echo.service <<<$'[Service]\nX-Instances=2\nExecStart=/bin/sh -c "readlink /proc/self/fd/3 >/out/fd%i; echo $LISTEN_FDS $LISTEN_FDNAMES >>/out/fd%i; exec sleep infinity"'
        boot
        ctl start echo.socket
        inside nc -U -N /run/echo.sock </dev/null & # the first client starts them all
        client=$!
        wait_state echo.service active
        for i in 0 1; do wait_host grep -q '1 echo.socket' "$T/out/fd$i"; done
        cmp "$T/out/fd0" "$T/out/fd1"
        grep -q socket: "$T/out/fd0"
        kill "$client" 2>/dev/null || true
        stop
        [ "$exit_code" = 0 ]
}

@test "svctl scale: more, fewer, of the CPUs; what runs is left alone, what makes no sense is said" {
        web
        unit one.service <<<$'[Service]\nExecStart=/bin/sleep infinity'
        boot
        ctl start web one
        pid=$(show web@0 MainPID)
        run -0 inside svctl scale web 5
        [ "$output" = 'web.service: 5 instances, before 3' ]
        [ "$(states $(members 2 3 4))" = "active active active " ]
        run -0 inside svctl scale web -2
        [ "$(states $(members 2 3 4))" = "active inactive inactive " ]
        run -0 inside svctl scale web +1
        [ "$(states $(members 3 4))" = "active inactive " ]
        run -0 inside svctl scale web 200%
        [ "$output" = "web.service: $((2 * $(nproc))) instances, before 4" ]
        run -0 inside svctl scale --permanent web 1
        [ "$(states web $(members 0 1 2))" = "active active inactive inactive " ]
        grep -qx X-Instances=1 "$T/units/../units.control/web.service.d/50-X-Instances.conf" 2>/dev/null ||
                inside grep -qx X-Instances=1 /etc/systemd/system.control/web.service.d/50-X-Instances.conf
        [ "$(show web@0 MainPID)" = "$pid" ]
        for bad in 0 10000 0% most 1.5; do
                run -1 inside svctl scale web "$bad"
                [[ $output == *"'$bad' is not a number from 1 to 1000"* ]]
        done
        run -1 inside svctl scale web -1
        [[ $output == *'has 1 instance and keeps one'* ]]
        run -1 inside svctl scale one 2
        [[ $output == *'one.service is one service: its file has no X-Instances='* ]]
        run -1 inside svctl scale web@0 2
        [[ $output == *'web@0.service is one service; the set of an instance is scaled by its own name'* ]]
        run -3 inside svctl roll web@5
        [[ $output == *'web@5.service is none of the instances that its set has'* ]]
        run -2 inside svctl scale web
        # An edited file counts as well, and a set that is stopped stays so.
        inside rm -r /etc/systemd/system.control/web.service.d
        sed -i s/X-Instances=3/X-Instances=2/ "$T/units/web.service"
        run -0 ctl daemon-reload
        wait_state web@1 active
        ctl stop web
        run -0 inside svctl scale web 4
        [ "$(states web $(members 0 3))" = "inactive inactive inactive " ]
        run -0 ctl start web
        [ "$(states web $(members 0 3))" = "active active active " ]
}

@test "a set becomes one service, and a service a set, with its restart; who needs it is restarted along" {
        unit s.service <<<$'[Service]\nX-Instances=2\nExecStart=/bin/sleep infinity'
        unit dep.service <<<$'[Unit]\nRequires=s.service\nAfter=s.service\n[Service]\nExecStart=/bin/sleep infinity'
        boot
        ctl start dep
        [ "$(states s s@0 s@1 dep)" = 'active active active active ' ]
        pid=$(show dep MainPID)
        sed -i /X-Instances/d "$T/units/s.service"
        ctl daemon-reload
        [ "$(states s s@0 s@1)/$(show s MainPID)" = 'active active active /0' ]
        run ! inside svctl roll s
        [[ $output == *'it has to be restarted'* ]]
        run -0 ctl restart s
        [ "$(states s s@0 s@1 dep)" = 'active inactive inactive active ' ]
        [ "$(show s MainPID)" != 0 ]
        [ "$(show dep MainPID)" != "$pid" ]
        echo X-Instances=2 >>"$T/units/s.service"
        ctl daemon-reload
        [ "$(states s s@0 s@1)" = 'active inactive inactive ' ]
        run -0 ctl restart s
        [ "$(states s s@0 s@1 dep)/$(show s MainPID)" = 'active active active active /0' ]
}
