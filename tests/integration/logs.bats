#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# svctl logs shows what journalctl shows, line by line, for each form of output and each way to choose; and what
# journalctl does with our files.

load helper

# Entries with all that makes showing them hard: several lines, bytes that are no text, escape sequences, long fields,
# fields that occur twice, no message.
writer() {
        cat >"$T/out/writer" <<'E'
import socket, struct
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.connect("/run/systemd/journal/socket")
def send(*fields):
    data = b""
    for name, value in fields:
        data += name.encode() + b"\n" + struct.pack("<Q", len(value)) + value + b"\n"
    s.send(data)
send(("MESSAGE", b"two\nlines"), ("PRIORITY", b"4"), ("CODE", b"7"), ("CODE", b"8"), ("BIN", b"a\1b"), ("ML", b"one\ntwo\nthree\nfour\nfive"))
send(("MESSAGE", b"one\ntwo\nthree\nfour\nfive\n"), ("PRIORITY", b"2"), ("SYSLOG_IDENTIFIER", b"weird\1id"), ("UNIT", b"forged.service"))
send(("MESSAGE", b"return at the end\r"), ("PRIORITY", b"7"), ("_SOURCE_REALTIME_TIMESTAMP", b"1"), ("SYSLOG_FACILITY", b"4"))
send(("MESSAGE", b"return in\rthe middle"), ("EMPTY", b""))
send(("MESSAGE", b""), ("SYSLOG_IDENTIFIER", b""))
send(("NOMESSAGE", b"1"))
send(("MESSAGE", b"link \033]8;;http://x\a there \033]8;;\a \033[2K erase \033[1;31mbold\033[m"), ("SYSLOG_IDENTIFIER", b"osc"))
send(("MESSAGE", b"tab\there \033[31mred\033[0m end"), ("SYSLOG_IDENTIFIER", b"osc"))
send(("MESSAGE", "grün ✓ 日本語".encode()), ("SYSLOG_PID", b"77"), ("TABS", b"a\tb"))
send(("MESSAGE", b"\xc2\x85next line control"), ("X", b"\x7f"))
send(("MESSAGE", b"bad\xffutf"))
send(("MESSAGE", b"b" * 5000), ("BIG", b"c" * 4091))
send(("MESSAGE", b"t"), ("BIG", b"c" * 4092))
send(("MESSAGE", b"u"), ("BIG", b"c" * 300))
send(("MESSAGE", b"a long identifier"), ("SYSLOG_IDENTIFIER", b"i" * 350))
E
        unit talk.service <<'E'
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/bin/python3 /out/writer
ExecStart=/bin/sh -c 'echo to stdout; echo "<3>an error"; echo to stderr >&2'
E
}

# What stands on each line of this is asked of both. JSON objects have no order: their members are compared sorted.
questions() {
        local mode
        for mode in short short-full short-iso short-iso-precise short-precise short-monotonic short-delta short-unix \
                with-unit verbose export json json-pretty json-sse json-seq cat; do
                printf '%s\n' "-o $mode" "-u talk -o $mode" "-o $mode -r -a" "-u talk -o $mode --no-full" "-o $mode -n 20 -x"
        done
        cat <<'X'
-n 3
-n
-n all
-n 0
-n5 -r
-u ta* -u d*
-q -u nope
-u -.slice
-g TO
-g to
-g t?o|Started
-g zork
-g TO --case-sensitive=no
-g to --case-sensitive
-n 2 -g svinit
--list-boots
-D /run/log/journal -b
--file=/run/log/journal/*/system.journal -n 3
-D /run/log/journal -b all -n 2
-n2 --show-cursor
-k
-p err
-p 5..3
-p warning
--facility=help
--facility=auth,daemon
--facility=3
-t osc -t sh
CODE=7
CODE=7 + PRIORITY=2
CODE=7 PRIORITY=2
/bin/sh
_PID=1 -u talk
-S yesterday
-S -1h -U +1h
-U yesterday
-U now -n 100
--utc -o short-full
--no-hostname
_TRANSPORT=stdout -o cat --output-fields=PRIORITY
-o verbose --output-fields=MESSAGE,ML,CODE
-o export --output-fields=MESSAGE,ML,CODE
-q -t nobody
-u talk -p warning -g l
-r -n 4 -o cat
--disk-usage
X
}

answer() { # PROGRAM... QUESTION
        local out rc=0
        out=$(inside "$@" 2>&1 </dev/null | tr '\0' '@'; exit "${PIPESTATUS[0]}") || rc=$?
        case "$*" in *json*) out=$(tr '{},' '\n' <<<"$out" | sort) ;; esac
        printf '%s\nexit %s\n' "$out" "$rc"
}

same() {
        [ "$(answer journalctl --no-pager "$@")" = "$(answer svctl logs "$@")" ]
}

newest_is_newest() {
        [ "$(inside svctl logs -S yesterday -n 1 -o cat)" = "$(journal -n 1)" ]
}

written() { # times
        [ "$(journal -u talk | grep -c 'to std')" = "$1" ]
}

@test "each form of output, each choice and each answer is journalctl's, line by line" {
        writer
        boot
        ctl start talk
        wait_host written 2
        while read -r question; do
                set -f
                wait_host same $question ||
                        { echo "svctl logs $question:"; diff <(answer journalctl --no-pager $question) <(answer svctl logs $question) | head -20; false; }
                set +f
        done < <(questions)

        # Names in any order.
        [ "$(inside svctl logs -N | sort)" = "$(inside journalctl -N | sort)" ]
        [ "$(inside svctl logs -F _SYSTEMD_UNIT | sort)" = "$(inside journalctl -F _SYSTEMD_UNIT | sort)" ]

        # One entry after the other, by cursors.
        inside_sh 'rm -f /tmp/place; for i in $(seq 100); do svctl logs -u talk -o cat -n +1 --cursor-file=/tmp/place; done' >"$T/one-by-one"
        [ "$(cat "$T/one-by-one")" = "$(journal -u talk)" ]
        cursor=$(inside svctl logs -u talk -n 2 -o json | jq -r .__CURSOR | head -1)
        [ "$(inside svctl logs -u talk --cursor "$cursor" -o cat)" = "$(journal -u talk -n 2)" ]
        [ "$(inside svctl logs -u talk --after-cursor "$cursor" -o cat)" = "$(journal -u talk -n 1)" ]
        [ "$(inside svctl logs -u talk -n +1 -o cat)" = "Starting talk.service..." ]
        wait_host newest_is_newest

        # Runs of a unit, by number and by id.
        first=$(show talk InvocationID)
        ctl restart talk
        wait_host written 4
        second=$(show talk InvocationID)
        [ "$(inside svctl logs talk --invocation=-1 _TRANSPORT=stdout -o json | jq -r ._SYSTEMD_INVOCATION_ID | sort -u)" = "$first" ]
        [ "$(inside svctl logs talk --invocation=0 _TRANSPORT=stdout -o json | jq -r ._SYSTEMD_INVOCATION_ID | sort -u)" = "$second" ]
        [ "$(inside svctl logs --invocation="$second" -o cat | grep -c 'to std')" = 2 ]

        # What is wrong is said in one line, with what would be right.
        for wrong in "-o nope" "-nnine" "-p loud" "-b -5" "-S never" "-g [" "--facility=x" "-D /nowhere" "-F lower" "--invocation=0" \
                "--after-cursor=x" "CODE=7 +" "-f -r" "--vacuum-size=much"; do
                run inside svctl logs $wrong
                [ "$status" != 0 ] && [[ ${lines[0]} == "svctl: "* ]] || { echo "svctl logs $wrong: $status: $output"; false; }
        done

        run inside svctl logs -u talc
        [ "$status/${lines[*]}" = "0/-- No entries -- svctl: unit talc.service was not found; did you mean 'talk.service'?" ] || { echo "$status/$output"; false; }

        # Who may not read is told so; who may is not.
        run inside setpriv --reuid 65534 --regid 65534 --clear-groups svctl logs
        [[ $output == *"the journal may not be read"* ]]
        inside mkdir /run/none
        run inside svctl logs -D /run/none
        [[ $output == *"there is no journal in /run/none"* ]]

        # On a terminal: units under each other, each in its colour, whatever they write.
        run inside env TERM=xterm script -qc 'svctl logs --no-pager talk dbus -n 60' /dev/null
        [[ $output == *$'\e['* && $output == *talk*"|"*"to stdout"* && $output != *$'\e[2K'* ]]
}

is_followed() { # FILE
        inside_sh 'echo again >/run/two.fifo'
        grep -q 'two again' "$1"
}

@test "logs -f shows lines as they come, of those units alone, and ends with its reader" {
        for u in one two three; do
                unit $u.service <<E
[Service]
ExecStartPre=/usr/bin/mkfifo /run/$u.fifo
ExecStart=/bin/sh -c 'echo $u is there; while read l; do echo "$u \$l"; done <>/run/$u.fifo'
E
        done
        boot
        ctl start one two
        wait_logged 'one is there' -u one
        wait_logged 'two is there' -u two
        inside svctl logs -f -o cat -n 0 one >"$T/follow" 3>&- &
        follower=$!
        inside svctl logs -f one two -n 0 3>&- | sed -u '/two last/q' >"$T/last" &
        reader=$!
        wait_host both_follow
        inside_sh 'for i in 1 2 3; do echo $i >/run/one.fifo; echo $i >/run/two.fifo; done; echo last >/run/two.fifo'
        wait_host grep -q 'two last' "$T/last"
        wait_host grep -q 'one 3' "$T/follow"
        run -1 grep -q 'two\|is there' "$T/follow"
        wait "$reader"
        kill "$follower"
        wait "$follower" || true
        # a pattern, and units that write their first line when it is followed already
        local pattern followers=()
        for pattern in 't*' 'three*'; do
                inside svctl logs -f -o cat -n 0 "$pattern" two.service 3>&- >"$T/follow-$pattern" &
                followers+=($!)
                wait_host is_followed "$T/follow-$pattern"
        done
        inside svctl logs -f -o cat 'thre?.*' 3>&- >"$T/follow-alone" &
        followers+=($!)
        ctl start three
        inside_sh 'echo hear >/run/one.fifo; echo 1 >/run/three.fifo; echo end >/run/two.fifo'
        for pattern in 't*' 'three*'; do
                wait_host grep -q 'three is there' "$T/follow-$pattern"
                wait_host grep -q 'Started three.service' "$T/follow-$pattern"
                wait_host grep -q 'three 1' "$T/follow-$pattern"
                wait_host grep -q 'two end' "$T/follow-$pattern"
                run -1 grep one "$T/follow-$pattern"
        done
        wait_host grep -q 'three 1' "$T/follow-alone"
        run -1 grep -e one -e two "$T/follow-alone"
        kill "${followers[@]}"
        wait "${followers[@]}" || true
        stop
}

@test "logs -f begins behind a time or an entry, and goes on where the journal goes" {
        local cursor way followers=()
        unit one.service <<'E'
[Service]
ExecStartPre=/usr/bin/mkfifo /run/one.fifo
ExecStart=/bin/sh -c 'echo one is there; while read l; do echo "one $l"; done <>/run/one.fifo'
E
        boot
        ctl start one
        wait_logged 'one is there' -u one
        cursor=$(inside svctl logs -o cat -n 1 --show-cursor one | sed -n 's/^-- cursor: //p')
        for way in --lines=0 --since=now "--after-cursor=$cursor"; do
                inside svctl logs -f -o cat "$way" one 3>&- >"$T/follow${way%%=*}" &
                followers+=($!)
                wait_host is_heard "$T/follow${way%%=*}"
        done
        inside mkdir /var/log/journal
        inside svctl logs --flush
        inside test ! -e "/run/log/journal/$(inside cat /etc/machine-id)/system.journal"
        inside_sh 'echo moved >/run/one.fifo'
        for way in --lines --since --after-cursor; do
                wait_host grep -qx 'one moved' "$T/follow$way"
                run ! grep 'one is there' "$T/follow$way"
                [[ $(grep -cx 'one moved' "$T/follow$way") == 1 ]]
        done
        kill "${followers[@]}"
        wait "${followers[@]}" || true
        stop
}

is_heard() {
        inside_sh 'echo tick >/run/one.fifo'
        grep -q 'one tick' "$1"
}

# Lines come until both of them have begun.
both_follow() {
        inside_sh 'echo tick >/run/one.fifo; echo tick >/run/two.fifo'
        grep -q 'one tick' "$T/follow" && grep -q 'two tick' "$T/last"
}
