#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Disks that are full, read-only or not there; input of strange form. Services notice nothing of it.

load helper

# Where the next one has not been started yet, it is waited for.
replace_journald() {
        wait_for pkill -KILL -x svinit-journald
}

told_twice() {
        [ "$(journal -g '/var/log/journal cannot be written' | wc -l)" -ge 2 ]
}

kept() { # LINE
        inside svctl logs --no-pager -o cat | grep -qxF "$1"
}

in_memory() {
        inside svctl logs --no-pager -o cat -u "$1" | grep -cxF "$2"
}

@test "a disk without room, then none that may be written, then one again: no line is lost, no service waits" {
        unit full.service <<'E'
[Service]
Type=oneshot
TimeoutStartSec=60
ExecStart=/usr/bin/seq -f 'full %%.0f' 1 20000
E
        unit nowhere.service <<'E'
[Service]
Type=oneshot
TimeoutStartSec=60
ExecStart=/usr/bin/seq -f 'nowhere %%.0f' 1 2000
E
        unit again.service <<'E'
[Service]
Type=oneshot
ExecStart=/bin/echo again
E
        boot
        inside_sh 'mkdir -p /var/log/journal && mount -t tmpfs -o size=16m tmpfs /var/log/journal'
        inside_sh 'head -c 16M /dev/zero >/var/log/journal/other || :'
        replace_journald
        ctl start full.service
        wait_host journal_has full.service "full 20000"
        [[ $(journal -u full.service | grep -c '^full ') == 20000 ]]
        wait_logged '^/var/log/journal cannot be written (No space left on device); the journal goes on in /run/log/journal.$'

        # Files that were written before are there still, and read with what is in memory.
        inside_sh 'umount -l /var/log/journal && mount -t tmpfs -o ro tmpfs /var/log/journal && cp -r /run/log/journal /tmp/before &&
                mount -t tmpfs tmpfs /run/log && mv /tmp/before /run/log/journal && mount -o remount,ro /run/log'
        replace_journald
        ctl start nowhere.service
        wait_host in_memory nowhere.service "nowhere 2000"
        [[ $(inside svctl logs --no-pager -o cat -u nowhere.service | grep -c '^nowhere ') == 2000 ]]
        wait_host kept '/run/log/journal cannot be written (Read-only file system); the journal goes on in memory.'
        replace_journald
        [[ $(inside svctl logs --no-pager -o cat -u nowhere.service | grep -c '^nowhere ') == 2000 ]]
        inside svctl logs --no-pager -o cat -u full.service | grep -cx 'full 20000'
        inside svctl logs -f -n 0 -u nowhere.service 2>"$T/told" >/dev/null 3>&- &
        local follower=$!
        wait_host grep -q 'cannot be followed' "$T/told"
        kill "$follower"
        wait "$follower" || true

        inside_sh 'umount -l /run/log'
        replace_journald
        ctl start again.service
        wait_host journal_has again.service again
        [[ $(journal -u nowhere.service | grep -c '^nowhere ') == 2000 ]]
        journal_verifies

        # Not even room for a directory.
        inside_sh 'mount -t tmpfs -o nr_inodes=1 tmpfs /var/log/journal'
        replace_journald
        ctl start again.service
        wait_host told_twice
        stop
}

@test "no /var/log/journal, and /run may not be written either: it is said where svinit is, and the lines are kept" {
        unit told.service <<<$'[Service]\nType=oneshot\nExecStart=/bin/echo it is told'
        enabled told.service
        launch --read-only --keep-run
        wait_host grep -q "/run cannot be written to: svinit's sockets are in /dev/shm/svinit-0, where svctl finds them and systemctl does not." "$T/console"
        wait_host kept 'it is told'
        [[ $(inside svctl show -P ActiveState told.service) == inactive ]]
        stop
        [ "$exit_code" = 0 ]
}

@test "a line of 1 MiB, bytes that are no text, a message of 10,000 fields" {
        unit strange.service <<'E'
[Service]
Type=oneshot
ExecStart=/bin/sh -c 'head -c 1048576 /dev/zero | tr "\\0" x; echo; printf "\\377\\376 raw\\n"; echo end'
E
        cat >"$T/out/send" <<'E'
use Socket;
socket(my $s, PF_UNIX, SOCK_DGRAM, 0) or die;
connect($s, sockaddr_un("/run/systemd/journal/socket")) or die;
for my $n (10000, 500) {
        send($s, "MESSAGE=fields $n\n" . join("", map("FIELD$_=x\n", 1 .. $n)), 0) or die;
}
E
        unit many.service <<'E'
[Service]
Type=oneshot
ExecStart=/usr/bin/perl /out/send
E
        boot
        ctl start strange.service many.service
        wait_host journal_has strange.service end
        [[ $(journal -u strange.service | grep -ao x | wc -l) == 1048576 ]]
        journal -u strange.service -o json | grep -q '"MESSAGE":\[255,254,32'
        wait_logged 'fields 500' FIELD500=x
        journal_verifies
        stop
}
