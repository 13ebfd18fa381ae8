#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What journalctl and svctl do with the files: rotate, flush, vacuum; and how many svinit-journald keeps by itself.

load helper

files() { # DIRECTORY PATTERN
        inside_sh "ls $1/*/ | grep -c '$2' || true"
}

# Another svinit-journald, with this in its configuration.
configure() {
        local before
        before=$(inside pgrep -x svinit-journald)
        inside_sh 'mkdir -p /run/systemd/journald.conf.d && { echo "[Journal]"; cat; } >/run/systemd/journald.conf.d/test.conf'
        inside kill -KILL "$before"
        wait_host another_than "$before"
}

another_than() {
        local now
        now=$(inside pgrep -x svinit-journald)
        [[ $now && $now != "$1" ]]
}

has_files() { # archived ones, in memory
        [ "$(files /run/log/journal "^system@")" = "$1" ]
}

say() { # until it is stored
        inside systemd-cat -t say echo "$1"
        wait_logged "^$1\$" -t say
}

kib() { # DIRECTORY
        inside du -sk "$1" | cut -f1
}

@test "journalctl rotates, flushes, syncs, vacuums and verifies our files, svctl too" {
        boot
        inside journalctl --update-catalog
        [[ $(inside journalctl -x -n all _PID=1) == *"begun execution"* ]]
        say first
        inside journalctl --sync
        inside journalctl --rotate
        [ "$(files /run/log/journal '^system@.*\.journal$')" = 1 ]
        say second
        inside svctl logs --rotate --sync
        [ "$(files /run/log/journal '^system@.*\.journal$')" = 2 ]
        say third
        inside kill -USR2 "$(inside pgrep -x svinit-journald)"
        wait_host has_files 3
        [ "$(journal -t say)" = $'first\nsecond\nthird' ]
        journal_verifies

        # A varlink client that says nothing, nonsense or something else keeps nobody from being served.
        inside python3 - <<'E'
import socket
def call(data):
    s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    s.settimeout(20)
    s.connect("/run/systemd/journal/io.systemd.journal")
    if data: s.sendall(data)
    return s
silent = call(b"")
assert call(b"nonsense\0").recv(100) == b""
assert b"MethodNotFound" in call(b'{"method":"io.systemd.Journal.Nothing"}\0').recv(200)
half = call(b'{"method":"io.systemd.Journal.')
assert call(b'{"method":"io.systemd.Journal.Synchronize"}\0').recv(100) == b'{"parameters":{}}\0'
half.sendall(b'Synchronize"}\0')
assert half.recv(100) == b'{"parameters":{}}\0'
big = call(b"x" * 1024)
assert big.recv(100) == b""
many = [call(b"") for i in range(20)]
assert call(b'{"method":"io.systemd.Journal.Synchronize","parameters":{}}\0').recv(100) == b'{"parameters":{}}\0'
E
        run inside setpriv --reuid 65534 --regid 65534 --clear-groups journalctl --rotate
        [ "$status" != 0 ]

        inside journalctl --vacuum-files=2
        [ "$(inside_sh 'ls /run/log/journal/*/*.journal | wc -l')" = 2 ]
        [ "$(journal -t say | tail -1)" = third ]
        inside svctl logs --rotate
        inside svctl logs --vacuum-files=1
        [ "$(files /run/log/journal '@')" = 0 ]
        say fourth
        inside journalctl --rotate
        inside svctl logs --vacuum-time=1h
        [ "$(files /run/log/journal '@')" = 1 ]
        inside svctl logs -q --vacuum-size=1
        [ "$(files /run/log/journal '@')" = 0 ]
        journal_verifies

        # To /var and back.
        say volatile
        inside_sh 'mkdir -p /var/log/journal'
        # Only the next svinit-journald can; it hears who had connected and not spoken yet.
        inside python3 - <<'E'
import socket, subprocess
s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
s.settimeout(60)
s.connect("/run/systemd/journal/io.systemd.journal")
subprocess.run(["journalctl", "--sync"], check=True)  # it is accepted by now
subprocess.run(["journalctl", "--flush"], check=True)
s.sendall(b'{"method":"io.systemd.Journal.Synchronize"}\0')
assert s.recv(100) == b'{"parameters":{}}\0'
E
        [ "$(inside_sh 'journalctl -o cat -t say -D /var/log/journal')" = volatile ]
        [ "$(files /run/log/journal 'journal$')" = 0 ]
        say persistent
        inside journalctl --relinquish-var
        say relinquished
        [ "$(inside_sh 'journalctl -o cat -t say -D /run/log/journal')" = relinquished ]
        inside svctl logs --flush
        [ "$(inside_sh 'journalctl -o cat -t say -D /var/log/journal')" = $'volatile\npersistent\nrelinquished' ]
        journal_verifies
        inside journalctl --header | grep -q 'State: ONLINE'
        [[ $(inside journalctl --list-boots) == *" 0 "* ]]
        stop
}

@test "as many files are kept as the configuration says: bytes, number, age, free space" {
        unit talker.service <<'E'
[Service]
ExecStart=/bin/sh -c 'while echo still here; do sleep 0.2; done'
E
        unit fill.service <<'E'
[Service]
Type=oneshot
ExecStart=/usr/bin/seq -f 'fill %%.0f with a line of some length, so that there is something to be stored' 1 40000
E
        boot
        inside_sh 'mkdir -p /var/log/journal && mount -t tmpfs -o size=64m tmpfs /var/log/journal'

        # Two files of one megabyte at the most, whatever is written.
        configure <<<$'SystemMaxUse=4M\nSystemMaxFileSize=1M\nRateLimitIntervalSec=0'
        ctl start fill
        wait_logged 'fill 40000 ' -u fill
        [ "$(kib /var/log/journal)" -le 4200 ]
        [ "$(files /var/log/journal '@')" -ge 1 ]
        for size in $(inside_sh 'stat -c %s /var/log/journal/*/system@*.journal'); do [ "$size" -le 1048576 ]; done
        journal_verifies

        configure <<<$'SystemMaxFiles=2\nSystemMaxFileSize=1M\nRateLimitIntervalSec=0'
        ctl start fill
        inside journalctl --sync
        [ "$(inside_sh 'ls /var/log/journal/*/*.journal | wc -l')" -le 3 ]

        # Room is left on the file system: 64 MB, of which 62 are to stay free.
        configure <<<$'SystemKeepFree=62M\nSystemMaxFileSize=1M\nRateLimitIntervalSec=0'
        ctl start fill
        inside journalctl --sync
        [ "$(kib /var/log/journal)" -le 4200 ]

        # What is older goes when the next file begins; a file that is old enough ends.
        configure <<<$'MaxRetentionSec=1s\nMaxFileSec=1s'
        say young
        wait_host grows_old
        journal_verifies

        # Nothing is stored, or in memory only.
        configure <<<'Storage=volatile'
        say 'in memory'
        [ "$(inside_sh 'journalctl -o cat -t say -D /run/log/journal')" = 'in memory' ]
        configure <<<$'Storage=volatile\nRuntimeMaxUse=2M\nRuntimeMaxFileSize=512K\nRateLimitIntervalSec=0'
        ctl start fill
        wait_logged 'fill 40000 ' -u fill
        [ "$(kib /run/log/journal)" -le 2200 ]
        configure <<<'Storage=none'
        inside systemd-cat -t none echo lost
        inside journalctl --sync
        [ -z "$(journal -t none)" ]
        inside_sh 'umount /var/log/journal && rm -rf /var/log/journal'
        configure <<<'Storage=persistent'
        say 'made for it'
        inside test -d /var/log/journal
        [ "$(inside_sh 'journalctl -o cat -t say -D /var/log/journal')" = 'made for it' ]

        # A volume that comes while somebody never stops talking.
        inside_sh 'rm -rf /var/log/journal'
        configure <<<'Storage=auto'
        ctl start talker
        wait_logged '^still here$' -D /run/log/journal -u talker
        inside mkdir /var/log/journal
        wait_logged '^still here$' -D /var/log/journal -u talker
        stop
}

# Entries a second apart, until the first one's file is gone.
grows_old() {
        inside systemd-cat -t old echo tick
        ! journal -t say | grep -q '^young$'
}
