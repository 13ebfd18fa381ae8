#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What comes into the journal, whichever way, and what is known about who has sent it.

load helper

# The value of a field in the entry with that message.
field() { # MESSAGE FIELD
        journal MESSAGE="$1" -n 1 -o json | jq -r ".\"$2\""
}

has_message() {
        [[ $(journal MESSAGE="$1") ]]
}

# FIELD VALUE MESSAGE...
all_have() {
        local m
        for m in "${@:3}"; do
                [ "$(field "$m" "$1")" = "$2" ] || { echo "$m: $1 is $(field "$m" "$1"), not $2"; return 1; }
        done
}

@test "each message says who sent it, in whatever way it came" {
        unit who.service <<'E'
[Service]
User=daemon
Slice=some.slice
StandardError=inherit
SyslogIdentifier=tag
ExecStart=/bin/bash -c 'echo by pipe; echo again >/dev/stdout; echo and again >/dev/stderr; (echo by syslog; sleep inf) | logger & (echo by stream; sleep inf) | systemd-cat -t cat & sleep inf'
E
        boot --cgroup hybrid # elsewhere a shim tells later which process it is
        ctl start who.service
        local ways=("by pipe" again "and again" "by syslog" "by stream") m
        for m in "${ways[@]}"; do wait_host has_message "$m"; done
        all_have _PID "$(show who.service MainPID)" "${ways[@]:0:3}"
        all_have _COMM bash "${ways[@]:0:3}"
        all_have _EXE "$(inside readlink -f /bin/bash)" "${ways[@]:0:3}"
        all_have _TRANSPORT stdout "${ways[@]:0:3}" "by stream"
        all_have SYSLOG_IDENTIFIER tag "${ways[@]:0:3}"
        [[ $(field "by pipe" _CMDLINE) == "/bin/bash -c echo by pipe;"* ]]
        [[ $(field "by pipe" _STREAM_ID) =~ ^[0-9a-f]{32}$ ]]
        [ "$(field again _STREAM_ID)" != "$(field "and again" _STREAM_ID)" ]
        all_have _COMM logger "by syslog"
        all_have _TRANSPORT syslog "by syslog"
        all_have _COMM cat "by stream"
        all_have SYSLOG_IDENTIFIER cat "by stream"
        all_have _UID 1 "${ways[@]}"
        all_have _GID 1 "${ways[@]}"
        all_have _CAP_EFFECTIVE 0 "${ways[@]}"
        all_have _SYSTEMD_UNIT who.service "${ways[@]}"
        all_have _SYSTEMD_SLICE some.slice "${ways[@]}"
        all_have _SYSTEMD_CGROUP /some.slice/who.service "${ways[@]}"
        all_have _SYSTEMD_INVOCATION_ID "$(show who.service InvocationID)" "${ways[@]}"
        all_have _BOOT_ID "$(inside cat /proc/sys/kernel/random/boot_id | tr -d -)" "${ways[@]}"
        all_have _MACHINE_ID "$(inside cat /etc/machine-id)" "${ways[@]}"
        all_have _HOSTNAME "$(inside hostname)" "${ways[@]}"
        stop
}

@test "what a unit may say holds for its lines and for its datagrams; who was cut short is told how much" {
        unit chatty.service <<'E'
[Service]
Type=oneshot
RemainAfterExit=yes
LogLevelMax=notice
LogExtraFields=SHIP=enterprise "NOTE=two\nlines\nIDENTIFIER=forged"
LogRateLimitIntervalSec=3s
LogRateLimitBurst=5
ExecStart=/bin/bash -c 'echo "<6>too small to print"; printf "<5>line %%s\n" {1..20}'
E
        unit quiet.service <<'E'
[Service]
Type=oneshot
RemainAfterExit=yes
LogLevelMax=notice
LogExtraFields=SHIP=voyager
StandardOutput=null
ExecStart=/bin/sh -c 'logger -p user.info too small to send; logger -p user.notice a notice; exec sleep 0'
ExecStart=/usr/bin/logger -p user.notice gone at once
E
        boot
        ctl start chatty.service quiet.service
        for m in "line 1" "a notice" "gone at once"; do wait_host has_message "$m"; done
        [ "$(journal -u chatty.service SYSLOG_IDENTIFIER=bash | grep -c '^line')" = 5 ]
        all_have SHIP enterprise "line 1"
        all_have NOTE $'two\nlines\nIDENTIFIER=forged' "line 1"
        all_have SYSLOG_IDENTIFIER bash "line 1"
        all_have SHIP voyager "gone at once"
        all_have _SYSTEMD_UNIT quiet.service "gone at once"
        all_have _SYSTEMD_INVOCATION_ID "$(show quiet.service InvocationID)" "gone at once"
        run -1 has_message "too small to print"
        [ ! "$(journal MESSAGE="too small to send" SHIP=voyager)" ]
        # The next one that passes is told of those that did not.
        wait_host suppressed
        [[ $(journal MESSAGE_ID=a596d6fe7bfa4994828e72309e95d61e -n 1) =~ ^Suppressed\ [0-9]+\ messages\ from\ chatty.service$ ]]
        [ "$(journal MESSAGE_ID=a596d6fe7bfa4994828e72309e95d61e -o json | jq -rs '.[0].N_DROPPED | tonumber >= 15')" = true ]
        stop
}

suppressed() {
        inside systemctl restart chatty.service
        [[ $(journal -u chatty.service MESSAGE_ID=a596d6fe7bfa4994828e72309e95d61e) ]]
}

# Connections that svinit-journald has taken and that say who they are when it is killed: the next one hears them.
late_headers() { # PID
        inside python3 - "$1" <<'PY'
import os, signal, socket, subprocess, sys, time
before = len(os.listdir('/proc/1/fd'))
connections = []
for i in range(300):
    connections.append(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
    connections[-1].connect('/run/systemd/journal/stdout')
deadline = time.monotonic() + 60
while len(os.listdir('/proc/1/fd')) < before + 300 and time.monotonic() < deadline:
    time.sleep(0.01)
os.kill(int(sys.argv[1]), signal.SIGSTOP)
for i, c in enumerate(connections):
    c.sendall(b'late\n\n6\n0\n0\n0\n0\nlate %d\n' % i)
os.kill(int(sys.argv[1]), signal.SIGKILL)
lines = []
while len(lines) < 300 and time.monotonic() < deadline:
    lines = subprocess.run(['journalctl', '-q', '-o', 'cat', '-t', 'late'], capture_output=True).stdout.split(b'\n')[:-1]
    time.sleep(0.05)
assert sorted(lines) == sorted(b'late %d' % i for i in range(300)), len(lines)
PY
}

has_few_open() { # PID
        [ "$(inside ls "/proc/$1/fd" | wc -l)" -lt 100 ]
}

@test "lines of any length and any bytes; payloads in memory files, and what only looks like one" {
        unit odd.service <<'E'
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/bash -c 'head -c 1048576 /dev/zero | tr "\\0" x; echo; printf "one\\0two\\n"; printf "\\xff\\xfe\\x80 raw\\n"; printf "no newline"'
E
        boot
        local pid
        pid=$(inside pgrep -x svinit-journald)
        ctl start odd.service
        wait_host has_message "no newline"
        [ "$(journal -u odd.service _LINE_BREAK=line-max | wc -l)" = 21 ]
        [ "$(journal -u odd.service SYSLOG_IDENTIFIER=bash | tr -cd x | wc -c)" = 1048576 ]
        all_have _LINE_BREAK nul one
        all_have _LINE_BREAK eof "no newline"
        has_message two
        journal -u odd.service -a | LC_ALL=C grep -aqP '^\xff\xfe\x80 raw$'
        inside python3 - <<'PY'
import array, fcntl, os, socket
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.connect('/run/systemd/journal/socket')

def send(fds, data=b''):
    try:
        s.sendmsg([data], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', fds))])
    except OSError as e:
        print(e)

def memory(data):
    fd = os.memfd_create('x', os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    os.write(fd, data)
    return fd

sealed = memory(b'MESSAGE=sealed\nBIG=' + b'y' * (1 << 20) + b'\n')
fcntl.fcntl(sealed, 1033, 15)  # F_ADD_SEALS: all of them
send([sealed])
send([memory(b'MESSAGE=not sealed\n')])
sparse = memory(b'MESSAGE=sparse\n')
os.ftruncate(sparse, 1 << 40)
send([sparse])
cut = memory(b'MESSAGE=cut\n')
os.ftruncate(cut, 0)
send([cut])
send([memory(b'\xff\0=\n\n\n\0' * 1000)])
send([memory(b'MESSAGE\n' + b'\xff' * 8 + b'x')])
send(os.pipe())
send([os.open('/', os.O_RDONLY)])
send([os.open('/dev/zero', os.O_RDONLY), sealed])
send([s.fileno()] * 200)
send([sealed], b'MESSAGE=with text\n')
for header in (b'', b'half', b'a\n\n6\n0\n0\n0\n0'):
    for i in range(100):
        c = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        c.connect('/run/systemd/journal/stdout')
        c.sendall(header)
        c.close()
s.send(b'MESSAGE=after all\n')
PY
        wait_host has_message "after all"
        [ "$(journal MESSAGE=sealed -a -o json | jq -r ".BIG | length")" = 1048576 ]
        has_message "not sealed"
        has_message "with text"
        run -1 has_message sparse
        [ "$(inside pgrep -x svinit-journald)" = "$pid" ]
        wait_host has_few_open "$pid"
        wait_host has_few_open 1
        late_headers "$pid"
        wait_host has_few_open 1
        inside logger --rfc5424 -t form -p daemon.err -u /dev/log "by the newer form"
        wait_host has_message "by the newer form"
        all_have SYSLOG_IDENTIFIER form "by the newer form"
        all_have PRIORITY 3 "by the newer form"
        journal_verifies
        stop
}

@test "a reader of the container's output that stalls, and one that goes away, hold up nobody; the journal has it all" {
        unit flood.service <<'E'
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/bin/seq -f 'flood %%.0f' 1 100000
E
        unit later.service <<'E'
[Service]
Type=oneshot
ExecStart=/bin/echo later
E
        mkfifo "$T/console"
        local reader cat
        exec {reader}<>"$T/console"
        boot
        ctl start flood.service
        wait_host journal_has flood.service "flood 100000"
        [ "$(journal -u flood.service | grep -c '^flood ')" = 100000 ]
        cat <&"$reader" >"$T/shown" 3>&- &
        cat=$!
        wait_host grep -q 'lines are not shown here because the reader was too slow' "$T/shown"
        local shown
        shown=$(grep -c '^seq.*: flood' "$T/shown")
        ((shown < 100000 && shown > 0))
        ctl start later.service
        wait_host grep -q '^echo.*: later' "$T/shown"
        kill "$cat"
        wait "$cat" || true
        exec {reader}>&-
        ctl restart flood.service later.service
        wait_host twice later.service later
        wait_host twice flood.service "flood 100000"
        [ "$(journal -u flood.service | grep -c '^flood ')" = 200000 ]
        stop
}

twice() {
        [ "$(journal -u "$1" | grep -cxF "$2")" = 2 ]
}

# By cgroup, by what svinit knows of its own processes, by what a shim says.
@test "datagrams are the unit's in every kind of place, those of forked children and of who has ended as well" {
        local place
        unit sender.service <<'E'
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/bin/logger ended
ExecStart=/bin/sh -c '(echo forked; until [ -e /out/go ]; do sleep 0.05; done) | logger'
ExecStart=/bin/sh -c 'echo $$$$ >/out/pid; until [ -e /out/late ]; do sleep 0.05; done; exec logger late'
E
        for place in v1 v1-few hybrid ro none; do
                rm -f "$T"/out/{go,late,pid}
                boot --cgroup "$place"
                ctl start --no-block sender.service
                wait_host journal_has sender.service ended || { echo "in the place: $place"; return 1; }
                wait_host journal_has sender.service forked || { echo "in the place: $place"; return 1; }
                touch "$T/out/go"
                # PID 1 takes its time before it says whose that was.
                wait_host test -s "$T/out/pid"
                kill -STOP "$init_pid"
                touch "$T/out/late"
                wait_host no_longer_runs "$(<"$T/out/pid")"
                sleep 1
                kill -CONT "$init_pid"
                wait_host journal_has sender.service late || { echo "in the place: $place"; return 1; }
                stop
        done
}

no_longer_runs() { # PID, reaped or not
        [[ $(inside ps -o stat= -p "$1") != [RSDT]* ]]
}

@test "while one unit floods the sockets the lines of another come, in order" {
        unit flood.service <<'E'
[Service]
ExecStart=/usr/bin/python3 -c 'import socket, itertools\ns = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)\ns.connect("/run/systemd/journal/socket")\nfor i in itertools.count(): s.send(b"MESSAGE=flood %%d" %% i)'
E
        unit calm.service <<'E'
[Service]
ExecStart=/bin/sh -c 'i=0; while [ $i -lt 20 ]; do i=$((i + 1)); echo "calm $i"; sleep 0.02; done; exec sleep inf'
E
        boot
        ctl start flood.service
        wait_host journal_has flood.service "flood 1000"
        ctl start calm.service
        wait_host journal_has calm.service "calm 20"
        [ "$(journal -u calm.service | grep '^calm' | cut -d' ' -f2 | paste -sd' ')" = "$(seq -s' ' 20)" ]
        [ "$(show flood.service ActiveState)" = active ]
        stop
}
