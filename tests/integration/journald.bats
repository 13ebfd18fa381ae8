#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Journal=systemd-journald: the image's own, with its units as systemd's package has them.

load helper

boot_with_journald() {
        mkdir "$T/conf"
        printf '[Manager]\nJournal=systemd-journald\n' >"$T/conf/svinit.conf"
        printf '[Journal]\nStorage=volatile\nRuntimeMaxUse=256M\nRateLimitIntervalSec=0\nAudit=no\nReadKMsg=no\nForwardToWall=no\n' >"$T/journald.conf"
        boot --cgroup hybrid --run-size 384M --bind "$T/conf:/etc/svinit" --bind "$T/journald.conf:/etc/systemd/journald.conf" "$@"
}

synced() {
        inside timeout 20 journalctl --sync
}

@test "services and svinit write to systemd-journald, and journalctl finds it by unit and run" {
        unit talk.service <<'E'
[Service]
User=daemon
LogExtraFields=SHIP=enterprise
ExecStart=/bin/sh -c 'echo to stdout; echo to stderr >&2; echo $JOURNAL_STREAM $(stat -Lc %%d:%%i /dev/stderr); exec sleep inf'
E
        boot_with_journald
        [ "$(show systemd-journald.service ActiveState)" = active ]
        run -1 inside pgrep -x svinit-journald
        ctl start talk.service
        synced
        journal -u talk.service | grep -qx "to stdout"
        journal -u talk.service | grep -qx "to stderr"
        journal -u talk.service | grep -qx "Started talk.service."
        read -r said is < <(journal -u talk.service SYSLOG_IDENTIFIER=sh | tail -1)
        [ "$said" = "$is" ]
        [ "$(journal -u talk.service MESSAGE="to stdout" -o json | jq -r '._UID + .SHIP + ._SYSTEMD_INVOCATION_ID')" = "1enterprise$(show talk.service InvocationID)" ]
        [ "$(journal MESSAGE="Started talk.service." -o json | jq -r '.INVOCATION_ID + .MESSAGE_ID')" = "$(show talk.service InvocationID)39f53479d3a045ac8e11786248231fbf" ]
        stop
        [ "$exit_code" = 0 ]
}

# What it had read and not written dies with it, as with systemd; all else waits in sockets that svinit holds.
@test "systemd-journald killed under load: nobody is held up or loses a connection, and what comes later is there" {
        unit flood.service <<'E'
[Service]
ExecStart=/bin/bash -c 'trap "" PIPE; i=0; until [ -e /out/enough ]; do echo "line $((++i))" || { echo lost >/out/lost; exit 1; }; done; echo "last $i"; exec sleep inf'
E
        boot_with_journald
        ctl start flood.service
        local i pid
        for i in 1 2 3 4; do # a fifth time would be its start limit
                wait_host journald_has_more
                pid=$(show systemd-journald.service MainPID)
                inside kill -KILL "$pid"
                wait_host journald_is_another "$pid"
        done
        touch "$T/out/enough"
        wait_host journal_has flood.service "last "
        [ ! -e "$T/out/lost" ]
        [ "$(show flood.service ActiveState)" = active ]
        [ "$(show systemd-journald.service NRestarts)" = 4 ]
        # Each line once at most, in order, up to the last one.
        journal -u flood.service | awk '/^last/ { last = $2 } /^line/ { if ($2 <= before) exit 1; before = $2 }
                END { if (!last || before != last) exit 1 }'
        inside systemd-cat -t alive echo "a connection made later"
        wait_logged "a connection made later" -t alive
        stop
}

journald_has_more() {
        local now
        now=$(journal -u flood.service -n 1)
        [[ $now && $now != "${seen:-}" ]] && seen=$now
}

journald_is_another() {
        local pid
        pid=$(show systemd-journald.service MainPID)
        [[ $pid != 0 && $pid != "$1" && $(show systemd-journald.service ActiveState) == active ]]
}
