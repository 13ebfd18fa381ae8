#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# What stays of a service that is down, and systemctl clean.

load helper

clean() {
        ctl clean "$@"
}

gone() {
        ! inside ls -d "$@" 2>/dev/null
}

@test "systemctl clean: directories by kind, private ones, links; what runs or has nothing is refused" {
        printf '%s\n' '[Service]' 'StateDirectory=kept:other kept:far/away kept/below' CacheDirectory=kept LogsDirectory=kept RuntimeDirectory=kept RuntimeDirectoryPreserve=yes \
                ConfigurationDirectory=kept 'ExecStart=/bin/sh -c "for d in lib cache log; do mkdir /var/$$d/kept/deep; >/var/$$d/kept/deep/file; done; exec sleep infinity"' | unit kept.service
        printf '%s\n' '[Service]' DynamicUser=yes StateDirectory=dyn Type=oneshot 'ExecStart=/bin/touch /var/lib/dyn/file' | unit dyn.service
        unit holds-late.target <<<$'[Unit]\nAfter=late.timer'
        enabled holds-late.target
        unit late.timer <<<$'[Timer]\nOnCalendar=yearly\nPersistent=yes'
        unit late.service <<<$'[Service]\nExecStart=/bin/sleep infinity'
        unit bare.service <<<$'[Service]\nExecStart=/bin/sleep infinity'
        boot
        ctl start kept dyn bare
        wait_for test -e /var/log/kept/deep/file
        [ "$(show kept CanClean)" = "runtime state cache logs configuration" ]
        run -1 clean kept
        [[ $output == *"kept.service is not inactive"* ]]
        ctl stop kept bare
        run -1 clean bare
        [[ $output == *"bare.service has nothing of that kind"* ]]
        run -0 clean kept # cache and runtime
        wait_host gone /var/cache/kept /run/kept
        inside test -e /var/lib/kept/deep/file -a -e /var/log/kept/deep/file -a -d /etc/kept
        [ "$(inside readlink /var/lib/other /var/lib/far/away)" = $'kept\n../kept' ] # right from wherever the base is seen
        run -0 clean --what=state kept dyn
        wait_host gone /var/lib/kept /var/lib/other /var/lib/dyn /var/lib/private/dyn
        inside test -e /var/log/kept/deep/file -a -d /etc/kept
        run -0 clean --what=all kept
        wait_host gone /var/log/kept /etc/kept
        # Of a timer it is the stamp: the next start does not make good what was missed before.
        inside_sh 'mkdir -p /var/lib/systemd/timers; touch -d "2 years ago" /var/lib/systemd/timers/stamp-late.timer'
        [ "$(show late.timer CanClean)" = state ]
        run -0 clean --what=state late.timer
        gone /var/lib/systemd/timers/stamp-late.timer
        ctl start late.timer
        [ "$(show late.timer SubState)/$(show late.service ExecMainStartTimestamp)" = waiting/ ]
        run -1 clean --what=state late.timer
        [[ $output == *"late.timer is not inactive"* ]]
        # Who puts another one there is believed at the next start.
        ctl stop late.timer
        inside_sh 'touch -d "2 years ago" /var/lib/systemd/timers/stamp-late.timer'
        ctl start late.timer
        wait_state late.service active
        run -1 clean --what=nonsense kept
        run -1 clean multi-user.target
        [[ $output == *"does not support cleaning"* ]]
        # A link is not made over what is something else.
        inside mkdir -p /var/lib/other
        ctl start kept
        wait_state kept failed
        [ "$(show kept ExecMainStatus)" = 238 ]
        inside rmdir /var/lib/other
        ctl start kept
}

@test "FileDescriptorStorePreserve=yes: dead-resources-pinned until clean --what=fdstore" {
        unit store.service <<<$'[Service]\nFileDescriptorStoreMax=5\nFileDescriptorStorePreserve=yes\nNotifyAccess=all\nExecStart=/usr/bin/probe store thing'
        enabled store.service
        boot
        stored() { [ "$(show store NFileDescriptorStore)" = 1 ]; }
        wait_host stored
        ctl stop store
        [ "$(show store ActiveState)/$(show store SubState)/$(show store CanClean)" = inactive/dead-resources-pinned/fdstore ]
        stored
        ctl list-units --all store.service | grep -q dead-resources-pinned
        run -0 clean --what=fdstore store
        [ "$(show store SubState)/$(show store NFileDescriptorStore)" = dead/0 ]
        run -1 clean --what=fdstore store
}

@test "RestartMode=debug: an automatic start says more, and all of it is kept" {
        unit loud.service <<<$'[Service]\nRestart=on-failure\nRestartSec=1ms\nRestartMode=debug\nLogLevelMax=warning\nExecStart=/bin/sh -c "echo \\"<7>run $${DEBUG_INVOCATION-0}\\"; test $$DEBUG_INVOCATION && exec sleep infinity; exit 1"'
        boot
        ctl start loud || true
        wait_host journal_has loud.service "run 1"
        run -1 journal_has loud.service "run 0"
}

@test "RemoveIPC=: objects of the user go with the last of his units, also with Docker's privileges" {
        local u
        for u in one two; do
                printf '%s\n' '[Service]' User=games RemoveIPC=yes 'ExecStart=/bin/sh -c "ipcmk -M 64 -S 3 -Q >/dev/null; mkdir /dev/shm/%p; >/dev/shm/%p/file; exec sleep infinity"' | unit $u.service
        done
        unit other.service <<<$'[Service]\nUser=daemon\nExecStart=/bin/sh -c "ipcmk -M 64; exec sleep infinity"'
        boot --docker
        ctl start one two other
        wait_for test -e /dev/shm/one/file -a -e /dev/shm/two/file
        objects() { [ "$(inside ipcs -msq | grep -c " $1 ")" = "$2" ]; }
        wait_host objects games 6
        wait_host objects daemon 1
        ctl stop one
        objects games 6
        ctl stop two
        wait_host objects games 0
        wait_host gone /dev/shm/one /dev/shm/two
        objects daemon 1
}

@test "a start waits for what is still being deleted, and keeps what it makes" {
        printf '%s\n' '[Service]' User=games RemoveIPC=yes StateDirectory=many Type=oneshot RemainAfterExit=yes \
                'ExecStart=/bin/sh -c "touch /dev/shm/run /var/lib/many/run; ipcmk -S 3"' | unit many.service
        boot
        ctl start many
        for d in /dev/shm /var/lib/many; do
                inside setpriv --reuid games --clear-groups sh -c "mkdir $d/old; cd $d/old; seq 20000 | xargs touch"
        done
        ctl stop many
        clean --what=state many
        ctl start many
        inside test -e /dev/shm/run -a -e /var/lib/many/run
        gone /dev/shm/old /var/lib/many/old
        [ "$(inside ipcs -s | grep -c " games ")" = 1 ]
}

@test "UtmpIdentifier=: a record as long as the process runs" {
        unit tty.service <<<$'[Service]\nType=exec\nUtmpIdentifier=vt77\nUtmpMode=login\nTTYPath=/dev/tty77\nStandardInput=null\nExecStart=/bin/sleep infinity'
        boot
        ctl start tty
        inside utmpdump /run/utmp | grep -q "^\[6\] .*\[vt77\].*\[tty77 "
        inside utmpdump /var/log/wtmp | grep -q "^\[5\] .*\[vt77\]"
        ctl stop tty
        is_dead() { inside utmpdump /run/utmp | grep -q "^\[8\] .*\[vt77\].*\[tty77 "; }
        wait_host is_dead
}
