#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# What bad input and bad luck get: a clear message, the affected unit in a defined state, everything else unharmed,
# PID 1 answering all along.

load helper

in_journal() { # UNIT WORDS...
        local u=$1
        shift
        wait_host journal_has "$u" "$*"
}

@test "syntax errors: a line that is wrong is passed over with its place, a file that is no unit file is not loaded" {
        unit lines.service <<'U'
[Service]
ExecStart=/bin/sleep infinity
Restart=sometimes
NoSuchKey=1
this is no assignment
TimeoutStopSec=5 parsecs
U
        unit nonsense.service <<<'[Service'
        unit empty.service </dev/null
        unit nothing.service <<<$'[Service]\nType=simple'
        boot_beside
        run -0 ctl start lines
        for place in 3 4 5 6; do in_journal lines.service "lines.service:$place:"; done
        [ "$(show lines Restart)" = no ]
        run -1 ctl start empty
        [[ $output == *"empty.service is masked"* ]]
        for u in nonsense nothing; do
                run ! ctl start $u
                [[ $output == *"$u.service"* ]]
                [[ $(show $u LoadState) == error || $(show $u LoadState) == bad-setting ]]
        done
        run -1 inside svctl verify lines.service
        for place in 3 4 5 6; do [[ $output == *"lines.service:$place:"* ]]; done
        ends_cleanly
}

@test "a missing binary, an unknown user or group, a missing directory: the step is named" {
        unit binary.service <<<$'[Service]\nType=exec\nExecStart=/no/such/binary'
        unit user.service <<<$'[Service]\nType=exec\nUser=nosuchuser\nExecStart=/bin/true'
        unit group.service <<<$'[Service]\nType=exec\nGroup=nosuchgroup\nExecStart=/bin/true'
        unit dir.service <<<$'[Service]\nType=exec\nWorkingDirectory=/no/such/dir\nExecStart=/bin/true'
        unit notexec.service <<<$'[Service]\nType=exec\nExecStart=/etc/passwd'
        boot_beside
        while read -r u code words; do
                run -1 ctl start "$u"
                [ "$(show "$u" ExecMainStatus)/$(show "$u" Result)" = "$code/exit-code" ]
                in_journal "$u.service" "$words"
                run -3 ctl status "$u"
                [[ $output == *"status=$code"* ]]
        done <<'X'
binary 203 /no/such/binary: No such file or directory
user 217 there is no user 'nosuchuser'
group 216 there is no group 'nosuchgroup'
dir 200 /no/such/dir: No such file or directory
notexec 203 /etc/passwd: Permission denied
X
        ends_cleanly
}

@test "an order cycle is broken and explained" {
        unit a.service <<<$'[Unit]\nAfter=b.service\nWants=b.service\n[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/true'
        unit b.service <<<$'[Unit]\nAfter=c.service\nWants=c.service\n[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/true'
        unit c.service <<<$'[Unit]\nAfter=a.service\nWants=a.service\n[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/true'
        enabled a.service
        boot_beside
        wait_logged '^Ordering cycle: .* deleted to break it' _PID=1
        journal _PID=1 | grep '^Ordering cycle: ' | grep -q 'a.service.*b.service.*c.service\|b.service.*c.service.*a.service\|c.service.*a.service.*b.service'
        [ "$(ctl is-active a b c | grep -c '^active')" -ge 1 ]
        ends_cleanly
}

@test "a cycle of requirements is refused when it cannot be broken, started when it has no order" {
        unit x.service <<<$'[Unit]\nRequires=y.service\nAfter=y.service\n[Service]\nExecStart=/bin/sleep infinity'
        unit y.service <<<$'[Unit]\nRequires=x.service\nAfter=x.service\n[Service]\nExecStart=/bin/sleep infinity'
        unit v.service <<<$'[Unit]\nRequires=w.service\n[Service]\nExecStart=/bin/sleep infinity'
        unit w.service <<<$'[Unit]\nRequires=v.service\n[Service]\nExecStart=/bin/sleep infinity'
        boot_beside
        run ! ctl start x
        [[ $output == *"cycl"* ]]
        [ "$(show x ActiveState)/$(show y ActiveState)" = inactive/inactive ]
        run -0 ctl start v
        [ "$(show v ActiveState)/$(show w ActiveState)" = active/active ]
        ends_cleanly
}

@test "a directory, a FIFO, a device, a dangling link or 10 MB in place of a unit file" {
        mkdir "$T/units/dir.service"
        mkfifo "$T/units/fifo.service"
        ln -s /dev/zero "$T/units/dev.service"
        ln -s nowhere.service "$T/units/link.service"
        head -c 10000000 /dev/zero | tr '\0' 'x' >"$T/units/big.service"
        { echo '[Service]'; yes '# a comment' | head -c 10000000; } >"$T/units/long.service"
        head -c 5000 /dev/urandom >"$T/units/random.service"
        boot_beside
        for u in dir fifo dev link big long random; do
                run ! timeout 20 nsenter -t "$init_pid" -m -u -i -n -p -- systemctl start $u
                [[ $output == *"$u.service"* ]]
                [[ $(show $u LoadState) == error || $(show $u LoadState) == bad-setting || $(show $u LoadState) == not-found ]]
        done
        run -0 ctl daemon-reload
        ends_cleanly
}

@test "a PID file that never comes: failed with a clear word at TimeoutStartSec=" {
        unit nopid.service <<<$'[Service]\nType=forking\nPIDFile=/run/never.pid\nTimeoutStartSec=1500ms\nExecStart=/usr/bin/probe daemon /run/other.pid'
        unit junk.service <<<$'[Service]\nType=forking\nPIDFile=/run/junk.pid\nTimeoutStartSec=1500ms\nExecStart=/bin/sh -c "echo no number >/run/junk.pid; probe daemon /run/other2.pid"'
        unit foreign.service <<<$'[Service]\nType=forking\nPIDFile=/run/foreign.pid\nTimeoutStartSec=1500ms\nUser=daemon\nPermissionsStartOnly=yes\nExecStartPre=/bin/touch /run/foreign.pid\nExecStartPre=/bin/chown daemon /run/foreign.pid\nExecStart=/bin/sh -c "echo 1 >/run/foreign.pid; probe daemon /tmp/other3.pid"'
        boot_beside
        run -1 ctl start nopid junk foreign
        for u in nopid junk foreign; do [ "$(show $u Result)" = timeout ]; done
        in_journal nopid.service /run/never.pid
        run -1 inside pgrep -f 'probe daemon'
        ends_cleanly
}

@test "a fork bomb is held by TasksMax= and ended by a stop" {
        unit bomb.service <<<$'[Service]\nTasksMax=100\nTimeoutStopSec=5s\nExecStart=/usr/bin/probe bomb'
        boot_beside --cgroup hybrid
        ctl start bomb
        wait_host property_is bomb TasksCurrent 100
        unharmed
        run -0 timeout 60 nsenter -t "$init_pid" -m -u -i -n -p -- systemctl stop bomb
        wait_host no_bomb
        ends_cleanly
}

no_bomb() {
        run -1 inside pgrep -f 'probe bomb'
}

@test "a service that ignores SIGTERM is killed after TimeoutStopSec=" {
        unit deaf.service <<<$'[Service]\nType=notify\nTimeoutStopSec=1s\nExecStart=/usr/bin/probe stubborn'
        boot_beside
        ctl start deaf
        begin=$SECONDS
        run -0 ctl stop deaf
        ((SECONDS - begin <= 30)) # and not 90
        [ "$(show deaf Result)" = timeout ]
        ends_cleanly
}

@test "an essential service that ignores SIGTERM: the container ends within the budget, with 137" {
        unit deaf.service <<<$'[Service]\nType=notify\nExecStart=/usr/bin/probe stubborn'
        enabled deaf.service
        svinit_args=(--main=deaf.service)
        boot --env SVINIT_STOP_BUDGET=3s
        SECONDS=0
        stop
        [ "$exit_code" = 137 ]
        echo "after $SECONDS s"
        ((SECONDS >= 1 && SECONDS <= 30)) # and not 90
        grep -q 'deaf.service.*budget' "$T/console"
}
