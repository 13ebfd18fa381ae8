#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# systemd.generator(7), systemd.environment-generator(7) and the units of init scripts.

load helper

# A shell script as a generator in /etc: generator NAME <<E ... E
generator() {
        mkdir -p "$T/generators"
        { echo '#!/bin/sh'; cat; } >"$T/generators/$1"
        chmod 755 "$T/generators/$1"
}

environment_generator() {
        mkdir -p "$T/environment"
        { echo '#!/bin/sh'; cat; } >"$T/environment/$1"
        chmod 755 "$T/environment/$1"
}

init_script() {
        mkdir -p "$T/init.d" "$T/rc2.d"
        cat >"$T/init.d/$1"
        chmod 755 "$T/init.d/$1"
}

boot_with() {
        local options=()
        [[ ! -d $T/generators ]] || options+=(--bind "$T/generators:/etc/systemd/system-generators")
        [[ ! -d $T/environment ]] || options+=(--bind "$T/environment:/etc/systemd/system-environment-generators")
        [[ ! -d $T/init.d ]] || options+=(--bind "$T/init.d:/etc/init.d" --bind "$T/rc2.d:/etc/rc2.d")
        boot "${options[@]}" "$@"
}

# For printf in a generator: a unit that says this.
saying() {
        printf '[Service]\\nType=oneshot\\nExecStart=/bin/echo %s\\n' "$1"
}

# What svinit has said until the boot was done.
own_messages() {
        wait_logged '^Reached target ' -t svinit UNIT=multi-user.target
        journal -t svinit >"$T/log"
}

@test "generators run at once, in a clean environment, with three directories" {
        generator one <<<'env >/out/env; echo "$@" >/out/arguments; ls -l /proc/self/fd >/out/fds'
        # Each waits until the other has begun: they end only when both run.
        generator left <<<'mkfifo /out/left; echo x >/out/left; cat /out/right >/dev/null; touch /out/both'
        generator right <<<'until [ -p /out/left ]; do :; done; mkfifo /out/right; cat /out/left >/dev/null; echo x >/out/right'
        boot_with --env SECRET=x --env SVINIT_STOP_BUDGET=5s
        [ "$(<"$T/out/arguments")" = "/run/systemd/generator /run/systemd/generator.early /run/systemd/generator.late" ]
        [ -e "$T/out/both" ]
        for e in SYSTEMD_SCOPE=system SYSTEMD_IN_INITRD=0 SYSTEMD_ARCHITECTURE=x86-64 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin; do
                grep -qx "$e" "$T/out/env"
        done
        grep -qE '^SYSTEMD_FIRST_BOOT=[01]$' "$T/out/env"
        [ "$(sed -n 's/^SYSTEMD_VIRTUALIZATION=//p' "$T/out/env")" = "container:$(inside systemd-detect-virt)" ]
        [ "$(sed 's/=.*//' "$T/out/env" | grep -vxE 'SYSTEMD_.*|PATH|PWD|_|SHLVL|OLDPWD')" = "" ]
        # Standard input, output, error; the fourth is what ls reads.
        [ "$(grep -c -- '->' "$T/out/fds")" = 4 ]
}

@test "what a generator writes counts at its place in the search path" {
        for name in a b; do unit $name.service <<<$'[Service]\nType=oneshot\nExecStart=/bin/echo from etc'; done
        generator make <<END
for n in a c; do printf '$(saying "from early")' >\$2/\$n.service; done
for n in a b c d; do printf '$(saying "from normal")' >\$1/\$n.service; done
for n in a b c d e; do printf '$(saying "from late")' >\$3/\$n.service; done
mkdir \$1/d.service.d \$1/multi-user.target.wants
printf '[Unit]\\nDescription=dropped in\\n' >\$1/d.service.d/x.conf
ln -s ../e.service \$1/multi-user.target.wants/e.service
END
        boot_with
        [ "$(show a.service FragmentPath)" = /run/systemd/generator.early/a.service ]
        [ "$(show b.service FragmentPath)" = /etc/systemd/system/b.service ]
        [ "$(show c.service FragmentPath)" = /run/systemd/generator.early/c.service ]
        [ "$(show d.service FragmentPath)/$(show d.service Description)" = "/run/systemd/generator/d.service/dropped in" ]
        [ "$(show e.service FragmentPath)" = /run/systemd/generator.late/e.service ]
        [ "$(show e.service UnitFileState)" = generated ]
        wait_host journal_has e.service "from late"
}

@test "a generator that fails is named with its status and what it said; the others count" {
        generator 1-fails <<<'echo "/etc/thing.conf:3: found x, expected y" >&2; exit 3'
        generator 2-killed <<<'kill -SEGV $$'
        generator 3-works <<<"printf '$(saying made)' >\$1/made.service"
        mkdir -p "$T/generators/4-directory"
        printf 'no program\n' >"$T/generators/5-broken"
        chmod 755 "$T/generators/5-broken"
        printf '#!/bin/sh\ntouch /out/never\n' >"$T/generators/6-not-executable"
        generator 7-old.dpkg-old <<<'touch /out/never'
        boot_with
        own_messages
        grep -qx '/etc/systemd/system-generators/1-fails: /etc/thing.conf:3: found x, expected y' "$T/log"
        grep -q '1-fails exited with status 3' "$T/log"
        grep -q '2-killed was killed by SIGSEGV' "$T/log"
        grep -q '5-broken: cannot be executed: Exec format error' "$T/log"
        run -1 grep -q 3-works "$T/log"
        ctl start made
        [ ! -e "$T/out/never" ]
}

@test "a generator that hangs is killed with all that it started, and holds up nothing else" {
        generator hangs <<<'sleep 1000 & echo $! >/out/child; exec sleep 1000'
        generator leaves <<<'sleep 1000 & echo $! >/out/left'
        generator talks <<<'i=0; while [ $i -lt 300 ]; do i=$((i+1)); echo line $i; done'
        generator works <<<"printf '$(saying made)' >\$1/made.service"
        local begin=$EPOCHSECONDS reload
        boot_with
        echo "booted after $((EPOCHSECONDS - begin)) s"
        ((EPOCHSECONDS - begin < 90)) # and not 1000
        ctl start made
        own_messages
        grep -q 'hangs did not end in time and was killed' "$T/log"
        run -1 inside pgrep -x sleep
        [ "$(grep -c 'talks: line' "$T/log")" = 100 ]
        grep -q 'talks: (200 more lines)' "$T/log"
        # PID 1 answers and starts units while a reload waits for it.
        inside systemctl daemon-reload 3>&- &
        reload=$!
        wait_for pgrep -x sleep
        inside systemctl start made.service
        run -0 inside pgrep -x sleep
        rm "$T/generators/hangs"
        wait "$reload"
        run -1 inside pgrep -x sleep
}

@test "masks: a link to /dev/null or an empty file in a directory that comes first" {
        mkdir -p "$T/lib" "$T/generators"
        for name in a b c; do
                printf '#!/bin/sh\ntouch /out/%s\n' $name >"$T/lib/$name"
                chmod 755 "$T/lib/$name"
        done
        ln -s /dev/null "$T/generators/a"
        : >"$T/generators/b"
        boot_with --bind "$T/lib:/usr/local/lib/systemd/system-generators"
        [ "$(ls "$T/out")" = c ]
        # /run comes before /etc
        inside_sh 'mkdir -p /run/systemd/system-generators; printf "#!/bin/sh\ntouch /out/a-again\n" >/run/systemd/system-generators/a; chmod 755 /run/systemd/system-generators/a; ln -s /dev/null /run/systemd/system-generators/c; rm /out/c'
        ctl daemon-reload
        [ "$(ls "$T/out")" = a-again ]
}

@test "daemon-reload: generators run again, and what they no longer make is gone" {
        generator make <<END
n=\$(cat /out/count)
printf "$(saying 'run $n')" >\$1/unit-\$n.service
END
        echo 1 >"$T/out/count"
        boot_with
        [ "$(show unit-1 LoadState)" = loaded ]
        echo 2 >"$T/out/count"
        ctl daemon-reload
        [ "$(show unit-1 LoadState)/$(show unit-2 LoadState)" = not-found/loaded ]
}

@test "environment generators: in order, each sees the others' work, services and generators inherit" {
        environment_generator 10-first <<<'echo "FIRST=one"; echo "QUOTED=\"two words\""; echo OVER=first; echo "a complaint" >&2; env >/out/first'
        environment_generator 20-second <<<'echo "SECOND=\"$FIRST and more\""; echo OVER=second; echo "not an assignment"'
        environment_generator 30-fails <<<'exit 4'
        environment_generator 40-last <<<'echo "COUNT=$(cat /out/count)"'
        generator sees <<<'env >/out/generator'
        unit show-env.service <<<$'[Service]\nType=oneshot\nExecStart=/bin/sh -c "env >/out/service"'
        echo 1 >"$T/out/count"
        boot_with --env GIVEN=x
        ctl start show-env
        for f in generator service; do
                for e in FIRST=one "QUOTED=two words" OVER=second "SECOND=one and more" COUNT=1; do grep -qxF "$e" "$T/out/$f"; done
        done
        grep -qx GIVEN=x "$T/out/first"
        grep -qx SYSTEMD_SCOPE=system "$T/out/first"
        run -1 grep -q '^GIVEN=' "$T/out/generator"
        own_messages
        grep -q '10-first: a complaint' "$T/log"
        grep -q '30-fails exited with status 4' "$T/log"
        ctl show-environment | grep -qx OVER=second
        echo 2 >"$T/out/count"
        ctl daemon-reload
        ctl start show-env
        grep -qx COUNT=2 "$T/out/service"
}

@test "an environment generator that hangs is killed, and the rest runs" {
        environment_generator 10-hangs <<<'sleep 1000; echo LATE=x'
        environment_generator 20-late <<<'echo NEXT=x'
        generator works <<<"printf '$(saying made)' >\$1/made.service"
        boot_with
        ctl start made
        own_messages
        grep -q '10-hangs did not end in time and was killed' "$T/log"
}

@test "nothing writable for generated units: said plainly, and svinit runs on" {
        mkdir "$T/run"
        generator one <<<'touch /out/never'
        launch --read-only --uid 1000 --bind "$T/run:/run" --bind "$T/run:/dev/shm" --bind "$T/generators:/etc/systemd/system-generators"
        wait_host grep -q 'cannot be written to: generators do not run (.* are installed)' "$T/console"
        [ ! -e "$T/out/never" ]
}

# ---- svinit-sysv-generator ----

@test "an init script without unit: started by its link, stopped, reloaded, ordered" {
        init_script probe-daemon <<'END'
#!/bin/sh
### BEGIN INIT INFO
# Provides:          probe-daemon probe-alias
# Required-Start:    $remote_fs $syslog
# Should-Start:      first
# Default-Start:     2 3 4 5
# Short-Description: a daemon of the old days
### END INIT INFO
echo "$1 ${SYSTEMCTL_SKIP_REDIRECT:-no}" >>/out/calls
case $1 in
start) sleep 1000 & ;;
reload) ;;
stop) exit 0 ;;
*) echo "Usage: $0 {start|stop|reload}" ;;
esac
END
        init_script idle <<<$'#!/bin/sh\n### BEGIN INIT INFO\n# Provides: idle\n### END INIT INFO\ntrue'
        ln -s ../init.d/probe-daemon "$T/rc2.d/S20probe-daemon"
        ln -s ../init.d/idle "$T/rc2.d/K20idle"
        boot_with
        [ "$(show probe-daemon ActiveState)" = active ]
        [ "$(show probe-daemon FragmentPath)" = /run/systemd/generator.late/probe-daemon.service ]
        [ "$(show probe-daemon SourcePath)" = /etc/init.d/probe-daemon ]
        [ "$(show probe-alias Id)" = probe-daemon.service ]
        [ "$(show probe-daemon Description)" = "LSB: a daemon of the old days" ]
        [[ " $(show probe-daemon After) " == *" first.service "* ]]
        [[ " $(show probe-daemon After) " == *" remote-fs.target "* ]]
        [ "$(show idle ActiveState)" = inactive ]
        [ "$(show probe-daemon UnitFileState)" = generated ]
        ctl reload probe-daemon
        ctl stop probe-daemon
        [ "$(<"$T/out/calls")" = $'start 1\nreload 1\nstop 1' ]
        ctl start idle
}

@test "an init script's native unit, a mask of it, and a masked generator" {
        init_script native <<<$'#!/bin/sh\ntouch /out/never'
        init_script masked <<<$'#!/bin/sh\ntouch /out/never'
        init_script own <<<$'#!/bin/sh\ntrue'
        for s in native masked own; do ln -s "../init.d/$s" "$T/rc2.d/S01$s"; done
        unit native.service <<<$'[Service]\nType=oneshot\nExecStart=/bin/true'
        ln -s /dev/null "$T/units/masked.service"
        boot_with
        [ "$(show native FragmentPath)" = /etc/systemd/system/native.service ]
        [ "$(show native ActiveState)" = inactive ]
        [ "$(show masked LoadState)" = masked ]
        [ "$(show own LoadState)" = loaded ]
        ctl stop own
        inside_sh 'mkdir -p /run/systemd/system-generators; ln -s /dev/null /run/systemd/system-generators/svinit-sysv-generator'
        ctl daemon-reload
        [ "$(show own LoadState)" = not-found ]
        [ ! -e "$T/out/never" ]
}

@test "a bad LSB header: one line with file, line, what was found and expected; the rest counts" {
        init_script bad <<<$'#!/bin/sh\n### BEGIN INIT INFO\n# Provides: x.socket\n# Required-Start: $a/b other\n### END INIT INFO\n# pidfile: relative.pid'
        boot_with
        own_messages
        grep -q '/etc/init.d/bad:3: "Provides:" has "x.socket"' "$T/log"
        grep -q '/etc/init.d/bad:4: "Required-Start:" has "$a/b"' "$T/log"
        grep -q '/etc/init.d/bad:6: "pidfile:" has "relative.pid", an absolute path was expected' "$T/log"
        [[ " $(show bad After) " == *" other.service "* ]]
}
