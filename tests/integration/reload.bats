#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# daemon-reload reads again what has changed and nothing else, and what runs goes on.

load helper

sleeper() {
        unit "$1.service" <<<"[Unit]
Description=${2:-$1}
[Service]
ExecStart=/bin/sleep infinity
${3:-}"
}

# A file so old that every change shows: what was written just before is read again in any case.
settle() {
        sleep 0.1
}

# What was written just before the boot has been read again when it was old enough to be known by its times.
boot_settled() {
        boot "$@"
        settle
        ctl daemon-reload
}

reloads=0

ctl() {
        [[ $1 != daemon-reload ]] || reloads=$((reloads + 1))
        inside systemctl --no-pager "$@"
}

reloads_logged() {
        [ "$(journal SYSLOG_IDENTIFIER=svinit | grep -c '^Reloaded: ')" = "$reloads" ]
}

# How many units the last reload read again.
n_changed() {
        wait_host reloads_logged
        journal SYSLOG_IDENTIFIER=svinit | sed -n 's/^Reloaded: \([0-9]*\) of .*/\1/p' | tail -1
}

reload() {
        local changed
        settle
        ctl daemon-reload
        changed=$(n_changed)
        [ "$changed" = "$1" ] || { echo "read again: $changed, expected $1"; return 1; }
}

@test "of 500 units the one that changed is read again" {
        local i
        for ((i = 0; i < 500; i++)); do
                printf '[Unit]\nDescription=Unit %d\n[Service]\nExecStart=/bin/true\n' $i >"$T/units/many$i.service"
        done
        { echo '[Unit]'; printf 'After=many%d.service\n' {0..499}; } >"$T/units/all.target"
        sleeper a
        boot_settled
        ctl start a all.target
        reload 0
        sed -i 's/Unit 77/Changed/' "$T/units/many77.service"
        reload 1
        [ "$(show many77 Description)" = Changed ]
        [ "$(show many78 Description)" = "Unit 78" ]
        reload 0
}

@test "two changes within one tick of the clock are both seen" {
        sleeper a one
        boot
        ctl start a
        settle
        for text in two six ten; do
                sed -i "s/^Description=.*/Description=$text/" "$T/units/a.service"
                ctl daemon-reload
                [ "$(show a Description)" = "$text" ]
        done
        # In place: same inode, same size.
        printf '[Unit]\nDescription=abc\n[Service]\nExecStart=/bin/true\n' >"$T/units/b.service"
        ctl daemon-reload
        [ "$(show b Description)" = abc ]
        printf '[Unit]\nDescription=xyz\n[Service]\nExecStart=/bin/true\n' >"$T/units/b.service"
        ctl daemon-reload
        [ "$(show b Description)" = xyz ]
}

@test "what runs keeps its process, counters, store, listening sockets and timers" {
        unit run.service <<'U'
[Service]
Restart=always
RestartSec=0
StartLimitBurst=100
ExecStart=/bin/sleep infinity
U
        unit echo.socket <<<$'[Socket]\nListenStream=/run/echo.sock\nAccept=yes'
        unit echo@.service <<<$'[Service]\nExecStart=/bin/cat\nStandardInput=socket'
        unit tick.timer <<<$'[Timer]\nOnActiveSec=1h\nUnit=run.service'
        unit slow.service <<<$'[Service]\nType=oneshot\nExecStart=/bin/sh -c "until test -e /out/go; do sleep 0.05; done"'
        boot_settled
        ctl start run echo.socket tick.timer
        ctl start --no-block slow
        inside kill -KILL "$(show run MainPID)"
        wait_host restarted_once run
        pid=$(show run MainPID)
        inode=$(inside stat -c %i /run/echo.sock)
        next=$(show tick.timer NextElapseUSecMonotonic)
        job=$(show slow Job)
        for u in run.service echo.socket tick.timer slow.service; do echo '# changed' >>"$T/units/$u"; done
        reload 4
        [ "$(show run MainPID)" = "$pid" ]
        [ "$(show run NRestarts)" = 1 ]
        [ "$(inside stat -c %i /run/echo.sock)" = "$inode" ]
        [ "$(show tick.timer NextElapseUSecMonotonic)" = "$next" ]
        [ -n "$job" ]
        [ "$(show slow Job)" = "$job" ]
        touch "$T/out/go"
        wait_state slow inactive
}

@test "a unit whose file is gone stays until it ends, and is stopped as it was started" {
        sleeper gone gone $'Restart=always\nRestartSec=0\nExecStop=/bin/sh -c "echo stopped >/out/gone"'
        sleeper idle
        unit refers.service <<<$'[Unit]\nWants=ghost.service\n[Service]\nExecStart=/bin/sleep infinity'
        boot
        ctl start gone refers
        inside systemctl show idle >/dev/null
        run ctl list-units --all
        [[ $output == *ghost.service* ]]
        sleeper refers
        pid=$(show gone MainPID)
        rm "$T/units/gone.service" "$T/units/idle.service"
        ctl daemon-reload
        [ "$(show gone LoadState)" = not-found ]
        [ "$(show gone MainPID)" = "$pid" ]
        run -0 ctl stop gone
        [ "$(<"$T/out/gone")" = stopped ]
        run -5 ctl start gone
        # Nor does anybody want a unit any more that another one has referred to.
        run ctl list-units --all
        [[ $output == *refers.service* && $output != *idle.service* && $output != *ghost.service* ]]
}

@test "a unit that ends without its file is not started again" {
        sleeper gone gone $'Restart=always\nRestartSec=0'
        boot
        ctl start gone
        rm "$T/units/gone.service"
        ctl daemon-reload
        inside kill -KILL "$(show gone MainPID)"
        wait_state gone failed
        [ "$(show gone Result)" = resources ]
        run -0 ctl list-jobs
        [[ $output == *"No jobs"* ]]
}

@test "a mistake in one file is that unit's affair; others are reloaded" {
        sleeper good
        sleeper bad bad $'ExecStop=/bin/sh -c "echo stopped >/out/bad"'
        boot
        ctl start good bad
        pid=$(show bad MainPID)
        sed -i 's/Description=good/Description=better/' "$T/units/good.service"
        sed -i '/^ExecStart/d; s/Description=bad/Description=worse/' "$T/units/bad.service"
        ctl daemon-reload
        [ "$(show good Description)" = better ]
        [ "$(show bad LoadState)" = bad-setting ]
        [[ $(inside svctl status bad) == *"Reason: "*"/bad.service: "*"the unit cannot be used"* ]]
        [ "$(show bad ActiveState)" = active ]
        [ "$(show bad MainPID)" = "$pid" ]
        ctl stop bad
        [ "$(<"$T/out/bad")" = stopped ]
        run -1 ctl start bad
        sleeper bad mended
        ctl daemon-reload
        [ "$(show bad LoadState)" = loaded ]
        run -0 ctl start bad
}

@test "links, masks and files take each other's place" {
        sleeper real
        ln -s real.service "$T/units/other.service"
        sleeper user "user" ""
        sed -i 's/^\[Service\]/Wants=other.service\nAfter=other.service\n[Service]/' "$T/units/user.service"
        boot
        ctl start user
        [ "$(show real ActiveState)" = active ]
        [ "$(show other Id)" = real.service ]
        # The link becomes a file: a unit of its own, which user.service means from now on.
        rm "$T/units/other.service"
        sleeper other
        ctl daemon-reload
        [ "$(show other Id)" = other.service ]
        [ "$(show real Names)" = real.service ]
        [ "$(show user After | tr ' ' '\n' | grep -c '^other.service')" = 1 ]
        [[ $(show user Wants) == *other.service* && $(show user Wants) != *real.service* ]]
        ctl start other
        # Back again while both run: it stays apart until it has ended.
        rm "$T/units/other.service"
        ln -s real.service "$T/units/other.service"
        pid=$(show other MainPID)
        ctl daemon-reload
        [ "$(show other MainPID)" = "$pid" ]
        [ "$(show other LoadState)" = error ]
        ctl stop other
        [[ $(show user Wants) == *real.service* && $(show user Wants) != *other.service* ]]
        [ "$(show other Id)" = real.service ]
        run -0 ctl start other
        # A mask.
        ln -sf /dev/null "$T/units/real.service"
        ctl daemon-reload
        [ "$(show real LoadState)" = masked ]
        [ "$(show real ActiveState)" = active ]
        run -0 ctl stop real
        run -1 ctl start real
        [[ $output == *masked* ]]
}

@test "links from .wants, drop-ins for types and templates, and the order of targets follow the disk" {
        sleeper a
        sleeper t@
        sleeper new
        boot_settled
        ctl start a t@1 t@2
        mkdir "$T/units/multi-user.target.wants" "$T/units/t@.service.d" "$T/units/service.d"
        ln -s ../new.service "$T/units/multi-user.target.wants/new.service"
        reload 1
        [[ $(show multi-user.target Wants) == *new.service* ]]
        [[ $(show multi-user.target After) == *new.service* ]]
        [ "$(show new LoadState)" = loaded ]
        echo $'[Unit]\nDescription=Template' >"$T/units/t@.service.d/x.conf"
        reload 2
        [ "$(show t@1 Description)" = Template ]
        echo $'[Unit]\nDescription=Special' >"$T/units/service.d/y.conf"
        settle
        ctl daemon-reload
        [ "$(show a Description)" = Special ]
        # Without the default dependencies the target no longer waits for it.
        sed -i 's/^\[Service\]/DefaultDependencies=no\n[Service]/' "$T/units/new.service"
        settle
        ctl daemon-reload
        [[ $(show multi-user.target Wants) == *new.service* ]]
        [[ $(show multi-user.target After) != *new.service* ]]
        rm "$T/units/multi-user.target.wants/new.service"
        reload 1
        [[ $(show multi-user.target Wants) != *new.service* ]]
}

@test "Type= may change under a unit that runs" {
        sleeper a
        boot
        ctl start a
        pid=$(show a MainPID)
        sed -i 's/^\[Service\]/[Service]\nType=notify/' "$T/units/a.service"
        ctl daemon-reload
        [ "$(show a Type)" = notify ]
        [ "$(show a MainPID)" = "$pid" ]
        [ "$(show a ActiveState)" = active ]
        run -0 ctl stop a
        [ "$(show a ActiveState)" = inactive ]
}

@test "what specifiers stand for counts as well" {
        sleeper a "at %H"
        sleeper b
        boot_settled
        ctl start a b
        [ "$(show a Description)" = "at $(inside hostname)" ]
        settle
        reload 0
        inside hostname elsewhere
        ctl daemon-reload
        [ "$(show a Description)" = "at elsewhere" ]
        [ "$(show a NeedDaemonReload)" = no ]
        reload 0
}

@test "NeedDaemonReload is true exactly while a reload would read other files" {
        sleeper a
        sed -i 's/^\[Service\]/After=m.service\n[Service]/' "$T/units/a.service"
        ln -s /dev/null "$T/units/m.service"
        boot
        ctl start a
        needs() { [ "$(show "${2:-a}" NeedDaemonReload)" = "$1" ]; }
        needs no
        touch "$T/units/a.service"
        needs yes
        ctl daemon-reload
        needs no
        mkdir "$T/units/a.service.d"
        needs no
        echo $'[Unit]\nDescription=x' >"$T/units/a.service.d/x.conf"
        needs yes
        ctl daemon-reload
        needs no
        rm "$T/units/a.service.d/x.conf"
        needs yes
        ctl daemon-reload
        needs no
        # Links are not counted, as with systemd.
        mkdir "$T/units/a.service.wants"
        ln -s ../m.service "$T/units/a.service.wants/m.service"
        needs no
        mkdir -p "$T/units/multi-user.target.wants"
        ln -s ../a.service "$T/units/multi-user.target.wants/a.service"
        needs no
        needs no multi-user.target
        # A mask that comes and goes.
        needs no m
        rm "$T/units/m.service"
        sleeper m
        needs yes m
        ctl daemon-reload
        needs no m
        mv "$T/units/a.service" "$T/units/a.old"
        ln -s /dev/null "$T/units/a.service"
        needs yes
        rm "$T/units/a.service"
        needs yes
        mv "$T/units/a.old" "$T/units/a.service"
        needs no
}

@test "Reloading is signalled before and after, and generators run each time" {
        mkdir "$T/out/generators"
        cat >"$T/out/generators/gen" <<'G'
#!/bin/sh
echo run >>/out/generated
printf '[Unit]\nDescription=Number %s\n[Service]\nExecStart=/bin/true\n' "$(wc -l </out/generated)" >"$1/made.service"
G
        chmod +x "$T/out/generators/gen"
        boot --bind "$T/out/generators:/etc/systemd/system-generators"
        first=$(wc -l <"$T/out/generated")
        [ "$(show made Description)" = "Number $first" ]
        inside dbus-monitor --address unix:path=/run/systemd/private "type='signal'" >"$T/out/monitor" 2>&1 &
        hears() { ctl start made; grep -q member=JobRemoved "$T/out/monitor"; }
        wait_host hears
        ctl daemon-reload
        [ "$(wc -l <"$T/out/generated")" = $((first + 1)) ]
        [ "$(show made Description)" = "Number $((first + 1))" ]
        seen() { grep -A1 member=Reloading "$T/out/monitor" | grep -o 'boolean .*' | tr '\n' ' '; }
        wait_host eval '[ "$(seen)" = "boolean true boolean false " ]'
}

@test "drop-ins and links of the slices and the scope that are always there count" {
        sleeper extra
        sleeper first
        mkdir "$T/units/system.slice.d" "$T/units/system.slice.wants" "$T/units/slice.d" "$T/units/init.scope.d"
        printf '[Unit]\nDocumentation=man:x(1)\nAfter=first.service\n' >"$T/units/system.slice.d/a.conf"
        ln -s ../extra.service "$T/units/system.slice.wants/extra.service"
        printf '[Unit]\nNonsense=1\n' >"$T/units/slice.d/b.conf"
        printf '[Unit]\nDescription=Here\n' >"$T/units/init.scope.d/c.conf"
        boot_settled
        [ "$(show system.slice Documentation)" = '"man:x(1)"' ]
        [ "$(show system.slice Description)/$(inside systemctl show -p Description --value -- -.slice)/$(show init.scope Description)" = "System Slice/Root Slice/Here" ]
        [[ " $(show system.slice After) " == *" first.service "* && " $(show system.slice Wants) " == *" extra.service "* ]]
        [ "$(show system.slice DropInPaths)" = "/etc/systemd/system/system.slice.d/a.conf /etc/systemd/system/slice.d/b.conf" ]
        wait_logged 'b.conf:2: Nonsense=' SYSLOG_IDENTIFIER=svinit
        for u in -.slice system.slice init.scope -.mount; do
                [ "$(inside systemctl show -p LoadState,ActiveState,NeedDaemonReload,DefaultDependencies --value -- $u | sort | paste -sd/)" = active/loaded/no/no ]
        done
        reload 0
        echo 'Description=Changed' >>"$T/units/system.slice.d/a.conf"
        ln -s /dev/null "$T/units/init.scope"
        [ "$(show system.slice NeedDaemonReload)" = yes ]
        run -0 inside svctl diff
        [[ $output == *"system.slice (active): has changed"*"[Unit] Description: System Slice -> Changed"* ]]
        [[ $output == *"init.scope (active): has changed"* && $output != *"-.slice"* ]]
        reload 2
        [ "$(show system.slice Description)/$(show init.scope LoadState)" = Changed/loaded ]
        [ "$(show first ActiveState)/$(show system.slice ActiveState)" = inactive/active ]
        run -0 ctl start first
        stop
        [ "$exit_code" = 0 ]
}

@test "svinit.conf is read again, and units without settings of their own take it up" {
        sleeper a
        sleeper own own TimeoutStopSec=5
        mkdir "$T/config"
        boot --bind "$T/config:/etc/svinit"
        ctl start a own
        local pid
        pid=$(show a MainPID)
        printf '[Manager]\nDefaultTimeoutStopSec=7\nDefaultEnvironment=TOLD=yes\nLogLevel=debug\nNonsense=1\n' >"$T/config/svinit.conf"
        ctl daemon-reload
        [ "$(show a TimeoutStopUSec)/$(show own TimeoutStopUSec)/$(show a MainPID)" = "7s/5s/$pid" ]
        wait_logged 'svinit.conf:5: Nonsense=' SYSLOG_IDENTIFIER=svinit
        [ "$(ctl log-level)" = debug ]
        ctl log-level info
        ctl daemon-reload
        [ "$(ctl log-level)" = info ]
        ctl restart a
        wait_host main_is a sleep
        [[ $(inside sh -c "tr '\0' ' ' </proc/$(show a MainPID)/environ") == *"TOLD=yes"* ]]
        rm "$T/config/svinit.conf"
        ctl daemon-reload
        [ "$(show a TimeoutStopUSec)" = "1min 30s" ]
}
