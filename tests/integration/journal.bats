#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What services say and what journalctl then shows.

load helper

# A sender of datagrams that has gone before anybody looks it up cannot be told apart without cgroups: ours stay
# until then, but for logger --journald, which ends with its message.
@test "stdout, stderr, syslog and stream lines of a service are found by its name, native ones by their fields" {
        unit talk.service <<'E'
[Service]
Type=oneshot
RemainAfterExit=yes
StandardOutput=journal
StandardError=journal
ExecStart=/bin/sh -c 'echo to stdout; echo to stderr >&2; echo "<3>an error"'
ExecStart=/bin/sh -c 'printf "MESSAGE=by native\\nCODE=7\\n" | logger --journald; hold() { until [ -e /out/go ]; do sleep 0.05; done; }; (echo by syslog; hold) | logger & (echo by stream; hold) | systemd-cat -t cat'
E
        boot
        ctl start --no-block talk.service
        for words in "to stdout" "to stderr" "an error" "by syslog" "by stream"; do
                wait_host journal_has talk.service "$words"
        done
        wait_logged 'by native' CODE=7
        touch "$T/out/go"
        for words in "to stdout" "to stderr" "an error" "by syslog" "by stream"; do
                [[ $(journal -u talk.service | grep -cxF "$words") == 1 ]]
        done
        [[ $(journal -u talk.service -p err) == "an error" ]]
        [[ $(journal CODE=7) == "by native" ]]
        journal_verifies
        wait_host grep -qE '^sh(\[[0-9]+\])?: to stdout' "$T/console"
        stop
}

@test "a burst is complete although its writer is gone at once: a C program, a shell, Node" {
        local burst writers=(c shell)
        unit burst-c.service <<'E'
[Service]
Type=oneshot
ExecStart=/usr/bin/seq -f 'burst %%.0f' 1 200000
E
        unit burst-shell.service <<'E'
[Service]
Type=oneshot
ExecStart=/bin/sh -c 'i=0; while [ $$i -lt 200000 ]; do i=$$((i+1)); echo burst $$i; done'
E
        unit burst-node.service <<'E'
[Service]
Type=oneshot
ExecStart=/usr/bin/env node -e 'for (let i = 1; i <= 200000; i++) console.log("burst " + i)'
E
        ! command -v node >/dev/null || writers+=(node)
        boot
        for burst in "${writers[@]}"; do
                ctl start "burst-$burst.service"
                wait_host journal_has "burst-$burst.service" "burst 200000"
                [[ $(journal -u "burst-$burst.service" | grep -c '^burst ') == 200000 ]]
        done
        journal_verifies
        stop
}

@test "on a full disk the newest lines are there and services are not held up" {
        unit flood.service <<'E'
[Service]
Type=oneshot
TimeoutStartSec=60
ExecStart=/usr/bin/seq -f 'flood %%.0f' 1 100000
E
        boot
        inside_sh 'mkdir -p /var/log/journal && mount -t tmpfs -o size=4m tmpfs /var/log/journal'
        inside pkill -KILL -x svinit-journald
        ctl start flood.service
        wait_host journal_has flood.service "flood 100000"
        journal_verifies
        stop
}

@test "an ordered stop leaves files that the next boot can continue; one that a crash has spoilt is set aside" {
        unit hello.service <<'E'
[Service]
Type=oneshot
ExecStart=/bin/echo hello from this boot
E
        boot
        inside_sh 'mkdir -p /out/journal /var/log/journal && mount --bind /out/journal /var/log/journal'
        inside pkill -KILL -x svinit-journald
        ctl start hello.service
        wait_host journal_has hello.service "hello from this boot"
        stop
        journalctl --header -D "$T"/out/journal/* | grep -q 'State: ARCHIVED'
        journalctl --verify -D "$T"/out/journal/*
        [[ $(journalctl -o cat -D "$T"/out/journal/* | grep -c '^hello from this boot$') == 1 ]]

        # The machine lost what was not on the disk yet: the header is whole, what it leads to is not.
        python3 - "$T"/out/journal/*/system.journal <<'E'
import struct, sys
with open(sys.argv[1], "r+b") as f:
    f.seek(104)
    offset, size = struct.unpack("<QQ", f.read(16))
    f.seek(offset)
    f.write(b"\x7e" * size)
E
        boot --bind "$T/out/journal:/var/log/journal"
        ctl start hello.service
        wait_host journal_has hello.service "hello from this boot"
        [ "$(inside_sh 'ls /var/log/journal/*/*.journal~ | wc -l')" = 1 ]
        stop
}
