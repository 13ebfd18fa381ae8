#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# How svctl looks: its screens at several widths, with and without colours, in UTF-8 and in ASCII, as they stand
# in svctl.screens; its JSON; and on a real terminal (tmux) the pager, the progress of jobs and top.
#
# The screens have no times, pids and measured figures in them. To write them anew:
#       SCREENS=write bats -f screens tests/integration/svctl.bats

load helper

some_units() {
        unit g-web.service <<<$'[Unit]\nDescription=A web server with a description that no narrow terminal can hold\nDocumentation=man:sleep(1) https://example.org/web\n[Service]\nExecStartPre=/bin/true\nExecStart=/bin/sleep infinity\nExecStartPost=-/bin/false\n[Install]\nWantedBy=multi-user.target'
        mkdir -p "$T/units/g-web.service.d"
        unit g-web.service.d/10-nice.conf <<<$'[Service]\nNice=1'
        unit g-web.service.d/20-more.conf <<<$'[Service]\nEnvironment=A=1'
        unit g-bad.service <<<$'[Service]\nType=oneshot\nExecStartPre=/bin/true\nExecStart=/bin/sh -c "echo one; echo two; echo three; echo four; exit 7"'
        unit g-unset.service <<<$'[Unit]\nRequires=g-bad.service\nAfter=g-bad.service\n[Service]\nExecStart=/bin/sleep infinity'
        unit g-done.service <<<$'[Unit]\nDescription=Ünïcode — 日本語\n[Service]\nType=oneshot\nExecStart=/bin/true'
        unit g-condition.service <<<$'[Unit]\nConditionPathExists=!/etc\nConditionPathExists=|/nope\n[Service]\nExecStart=/bin/true'
        unit g-slow.service <<<$'[Service]\nType=oneshot\nExecStart=/bin/sh -c "read x </out/fifo"'
        unit g-after.service <<<$'[Unit]\nAfter=g-slow.service\nRequires=g-slow.service\n[Service]\nExecStart=/bin/sleep infinity'
        unit g.socket <<<$'[Socket]\nListenStream=/run/g-a-rather-long-name-for-a-socket.sock\nListenDatagram=127.0.0.1:99\nService=g-web.service'
        unit g.path <<<$'[Path]\nPathExists=/run/www\nDirectoryNotEmpty=/run/a-directory-with-a-long-name\nUnit=g-done.service'
        unit g.timer <<<$'[Timer]\nOnCalendar=2011-01-01\nUnit=g-done.service'
        unit g.target <<<$'[Unit]\nWants=g-web.service g.socket g-condition.service\nRequires=g.path'
        mkfifo -m 666 "$T/out/fifo"
        printf '#!/bin/sh\ncat >/out/paged\n' >"$T/out/pager"
        chmod 755 "$T/out/pager"
}

# What differs from run to run: instants, ages, pids, figures.
normal() {
        sed -E -e 's/\r$//' \
                -e 's/[A-Z][a-z]{2} [0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{8} UTC/<time>/g' \
                -e 's/; [0-9a-z ]+ ago/; <age>/' \
                -e 's/(Process|Main PID): [0-9]+/\1: <pid>/' \
                -e 's/([─-])(\x1b\[[0-9;]*m)?[0-9]+ \/bin/\1\2<pid> \/bin/' \
                -e '/^ *(Memory|CPU|IO|IP|Tasks|Duration): /d' -e '/^ *Not applied: /d' -e '/^ {13}[A-Z][A-Za-z]+=.*: /d'
}

# A screen: what a terminal of that width shows.
screen() { # WIDTH LOCALE COLOURS ARGUMENTS
        echo "### $1 $2 colours=$3: svctl ${*:4}"
        inside env LC_ALL="$2" SYSTEMD_COLORS="$3" SYSTEMD_URLIFY=0 TERM=xterm SYSTEMD_PAGER= script -eqc "stty cols $1; svctl ${*:4}" /dev/null </dev/null | normal
        echo
}

screens() {
        local width look
        for width in 40 80 132; do
                for look in "C.UTF-8 0" "C.UTF-8 256" "C 0" "C 16"; do
                        screen $width $look list-units "'g-*'" "'g.*'"
                        screen $width $look list-sockets g.socket
                        screen $width $look list-paths g.path
                        screen $width $look list-unit-files "'g-*'" "'g.*'"
                        screen $width $look list-dependencies g.target
                        screen $width $look status -n0 g-web
                        screen $width $look list-timers --all g.timer
                done
        done
        for look in "C.UTF-8 0" "C 16"; do
                screen 80 $look status -n0 g-bad g-done g-condition g.socket g.path g.timer g.target
                screen 80 $look list-units --full "'g-*'"
                screen 80 $look list-units --plain --no-legend "'g-*'"
                screen 80 $look list-jobs
                screen 80 $look cat g-web
                screen 80 $look is-active g-web g-bad
        done
}

# No line of a list is longer than the terminal is wide, but those that count and those that --full wants.
fits() {
        local line width=0
        sed 's/\x1b\[[0-9;]*m//g' | while IFS= read -r line; do
                if [[ $line == "### "* ]]; then
                        width=${line#\#\#\# }; width=${width%% *}
                        [[ $line == *"svctl list-"* && $line != *--full* ]] || width=9999
                elif ((${#line} > width)) && [[ $line != *" listed."* ]]; then
                        echo "longer than $width: $line"
                        exit 1
                fi
        done
}

boot_some() {
        some_units
        boot
        inside svctl start g.target # the socket first, then its service
        ctl start g-done
        run -1 inside svctl start g-bad
        wait_state g-bad failed
        wait_state g-done inactive
        run ctl start g.timer
        ctl enable -q g-web
}

@test "the screens are what svctl.screens has: 40, 80, 132 columns, colours, UTF-8 and ASCII" {
        boot_some
        screens >"$T/screens"
        if [[ ${SCREENS:-} == write ]]; then cp "$T/screens" "$BATS_TEST_DIRNAME/svctl.screens"; fi
        diff -u "$BATS_TEST_DIRNAME/svctl.screens" "$T/screens"
        fits <"$T/screens"
}

# Piped, nothing is cut, whatever COLUMNS says, and there is no colour.
piped() {
        run -0 inside env COLUMNS=40 TERM=xterm svctl list-units 'g-*'
        [[ $output == *"A web server with a description that no narrow terminal can hold"* && $output != *$'\e'* && $output != *…* ]]
        run -0 inside env SYSTEMD_COLORS=1 svctl list-units 'g-*'
        [[ $output == *$'\e[0;1;31mg-bad.service'* ]]
        run -0 inside env SYSTEMD_COLORS=16 svctl doctor
        [[ $output != *"38;5"* ]]
        run -0 inside env SYSTEMD_COLORS=0 TERM=xterm script -qc 'svctl --no-pager list-units "g-*"' /dev/null
        [[ $output != *$'\e'* ]]
        run -0 inside env NO_COLOR=1 TERM=xterm script -qc 'svctl --no-pager list-units "g-*"' /dev/null
        [[ $output != *$'\e'* ]]
        run -0 inside env TERM=dumb script -qc 'svctl list-units "g-*"' /dev/null
        [[ $output != *$'\e'* ]]
        # A container has no locale, and a terminal that knows UTF-8 all the same: widths are those of characters.
        local look="stty cols 50; svctl --no-pager list-units --all g-done.service g-web.service"
        run -0 inside env -u LC_ALL SYSTEMD_COLORS=0 script -qc "$look" /dev/null
        [ "$output" = "$(inside env LC_ALL=C.UTF-8 SYSTEMD_COLORS=0 script -qc "$look" /dev/null)" ]
        [[ $output == *"Ünïcode"* && $output == *…* ]]
        run -0 inside env SYSTEMD_URLIFY=1 svctl cat g-web
        [[ $output == *$'\e]8;;file://'*'/etc/systemd/system/g-web.service'$'\a''/etc/systemd/system/g-web.service'* ]]
        [ "$(inside svctl -o cat list-units 'g-*')" = "$(printf 'g-bad.service\ng-web.service')" ]
        [ "$(inside svctl -o cat list-dependencies g.target)" = "$(inside svctl --plain list-dependencies g.target | sed 1d | tr -d ' ')" ]
        [ "$(inside svctl -o cat show g-web -p Id -p Nice)" = "$(printf 'g-web.service\n1')" ]
        [ "$(inside svctl -o cat cat g-web | head -1)" = "[Unit]" ]
        [ "$(inside svctl show-environment)" = "$(inside systemctl show-environment)" ]
}

# What every verb that reads has with -o json is valid, whole and the same laid out.
json() {
        inside svctl set-environment $'ODD=a "b" \\ \t\e\nc' UMLAUT=ä
        [ "$(inside svctl show-environment)" = "$(inside systemctl show-environment)" ]
        local call
        while read -r call; do
                run inside svctl -o json $call
                ((status <= 3)) || { echo "$call: $status"; return 1; }
                jq -e . <<<"$output" >/dev/null || { echo "not JSON: $call: $output"; return 1; }
                [[ $output != *$'\n'* ]] || [[ $call == doctor || $call == plan* || $call == diff* || $call == verify* ]]
                inside svctl -o json-pretty $call >"$T/pretty" || true
                [[ $call == top* || $call == "status"* || $call == show* || $call == list-timers* ]] && { jq -e . "$T/pretty" >/dev/null; continue; }
                [ "$(jq -cS . <<<"$output")" = "$(jq -cS . "$T/pretty")" ] || { echo "otherwise: $call"; cat "$T/pretty"; return 1; }
        done <<'X'
list-units
list-units --all
list-timers --all
list-sockets
list-paths
list-automounts
list-jobs
list-unit-files g*
list-dependencies g.target
status
status g-web g-bad g-done g.socket g.timer
show
show g-web
cat g-web
is-active g-web g-bad
is-failed g-bad
is-enabled g-web
is-healthy
is-healthy g-web
is-system-running
get-default
show-environment
log-level
log-target
service-watchdogs
doctor
top -n1
plan g-web
diff
verify g-web.service
X
        [ "$(inside svctl -o json show-environment | jq -r .ODD)" = $'a "b" \\ \t\e\nc' ]
        inside svctl -o json status g-web | jq -e '.[0] | .unit == "g-web.service" and .active == "active" and .health == "good" and .drop_ins[1][-12:] == "20-more.conf" and
                .main_pid == .processes[0].pid and .processes[0].command == "/bin/sleep infinity" and .triggered_by == ["g.socket"] and .result == "success" and .control_pid == null'
        inside svctl -o json status g-bad | jq -e '.[0] | .exit_status == 7 and .health == "bad" and .result == "exit-code" and .main_pid == null' ||
                { inside svctl -o json status g-bad; return 1; }
        inside svctl -o json status | jq -e '.state == "degraded" and .failed == ["g-bad.service"] and .units > 10'
        inside svctl -o json show g-web | jq -e '.[0] | .Nice == 1 and .MemoryMax == null and .CanStart == true and (.ExecStart[0][1] == ["/bin/sleep", "infinity"])'
        inside svctl -o json list-units 'g-*' | jq -e '[.[] | [.unit, .active]] == [["g-bad.service", "failed"], ["g-web.service", "active"]]'
        # Bytes that are no text, in files and in messages.
        printf '#!/bin/sh\nprintf "\\377\\001\\033[31m \\"q\\" \\\\ end\\n"\n' >"$T/out/bytes"
        chmod 755 "$T/out/bytes"
        printf '[Unit]\nDescription=x\n# \xff\xfe\x01 \xc3\n[Service]\nExecStart=/out/bytes\nType=oneshot\n' >"$T/units/g-bytes.service"
        inside svctl daemon-reload
        inside svctl start g-bytes
        inside svctl -o json cat g-bytes | jq -e '.[0].files[0].text | startswith("[Unit]")'
        inside svctl -o json status g-bytes >"$T/bytes" || [ $? = 3 ]
        jq -e '.[0].unit == "g-bytes.service"' "$T/bytes"
        inside svctl status g-bytes >"$T/bytes" || [ $? = 3 ]
        iconv -f UTF-8 -t UTF-8 "$T/bytes" >"$T/text"
}

glance() {
        run -0 inside svctl status
        [[ ${lines[0]} == "× rig" && ${lines[1]} == "      State: degraded" && ${lines[2]} == "      Since: "*" ago" ]]
        [[ $output == *$'\n     Failed: 1 unit\n             × g-bad.service: exit-code since '* && $output == *$'\n       Jobs: 0 queued\n'* ]]
        [[ $output == *$'\n     CGroup: /\n'*"/usr/sbin/svinit"*"g-web.service"*"/bin/sleep infinity"* ]]
        printf '[Service]\nNice=2\n' >"$T/units/g-web.service.d/30-new.conf"
        run -0 --separate-stderr inside svctl status -n0 g-web
        [ "$stderr" = "Warning: g-web.service or its drop-ins have changed on disk; 'svctl diff g-web.service' shows how, 'svctl daemon-reload' takes it up." ]
        inside svctl -o json status g-web | jq -e '.[0].needs_reload'
        rm "$T/units/g-web.service.d/30-new.conf"
}

# Each line that systemctl has of a unit svctl has as well, word by word; measured figures apart.
field_by_field() {
        local u
        unit g-full.service <<'END'
[Unit]
Description=Everything there is to say
Documentation=man:x(1)
[Service]
Type=notify
NotifyAccess=all
RuntimeMaxSec=1d
FileDescriptorStoreMax=4
ExecCondition=/bin/true
ExecStartPre=/bin/true
ExecStart=/bin/sh -c "systemd-notify --ready --status=Fine ERRNO=5; sleep 1000 & exec sleep infinity"
ExecStartPost=-/bin/sh -c "exit 3"
END
        printf '[Service]\nExecStart=foo\n' >"$T/units/g-broken.service"
        ln -s /dev/null "$T/units/g-masked.service"
        inside svctl daemon-reload
        inside svctl start g-full
        wait_host main_is g-full sleep # and not the shell
        for u in g-{web,bad,done,condition,full,broken,masked}.service g.{socket,path,timer,target} system.slice init.scope multi-user.target -.mount; do
                ctl status -n0 -- "$u" 2>"$T/theirs.err" | normal | sed -E 's/^( +Triggers:) ./\1/' | sort >"$T/theirs" || true
                inside svctl status -n0 -- "$u" 2>"$T/ours.err" | normal | sed -E 's/^( +Triggers:) ./\1/; s/, next .*//' | sort >"$T/ours" || true
                [ -s "$T/theirs" ]
                [ ! -s "$T/ours.err" ]
                diff <(comm -23 "$T/theirs" "$T/ours") /dev/null || { echo "missing of $u:"; cat "$T/ours"; return 1; }
        done
        rm "$T/units/g-masked.service" "$T/units/g-broken.service"
        inside svctl daemon-reload
}

told() { # EXIT-CODE TEXT ARGUMENTS
        local code=$1 text=$2
        run inside svctl "${@:3}"
        [ "$status/$output" = "$code/$text" ] || { echo "svctl ${*:3}: $status, $output"; return 1; }
}

# Wrong usage is 1 there.
as_systemctl() {
        local words
        inside ln -sf /usr/bin/svctl /out/systemctl
        while read -ra words; do
                run inside /out/systemctl "${words[@]}"
                [ "$status" = 1 ] || { echo "systemctl ${words[*]}: $status, $output"; return 1; }
        done <<'WORDS'
strat g-web
--no-pagr status
start
status -nx g-web
status --output=xml g-web
kill -s FOO g-web
exit x
WORDS
        rm "$T/out/systemctl"
}

mistakes() {
        told 2 "svctl: unknown verb 'strat'; did you mean 'start'? 'svctl --help' lists them" strat g-web
        told 2 "svctl: unknown verb 'qwertyuiop'; 'svctl --help' lists them" qwertyuiop
        told 2 "svctl: there is no option --no-pagr; did you mean 'no-pager'?" --no-pagr status
        told 2 "svctl: there is no option -y" -y status
        told 2 "svctl: option -n wants an argument: N" status -n
        told 2 "svctl: option --lines wants an argument: --lines=N" status --lines
        told 2 "svctl: option --quiet takes no argument" --quiet=yes status
        told 2 "svctl: start: too few arguments; usage: svctl start UNIT..." start
        told 2 "svctl: isolate: too many arguments; usage: svctl isolate UNIT" isolate a b
        told 2 "svctl: 'servce' is no unit type and no load state; did you mean 'service'? -t help lists them" -t servce
        told 2 "svctl: show: there is no output 'xml', only short (or text), cat, json and json-pretty" -o xml show
        told 2 "svctl: -n: 'x' is not a number of lines" status -nx
        told 2 "svctl: 'FOO' is not a signal; expected a name such as HUP or a number from 1 to 64" kill -s FOO g-web
        told 5 "svctl: g-webb.service: Unit g-webb.service not found; did you mean 'g-web.service'?" start g-webb
        told 4 "svctl: unit g-webb.service was not found; did you mean 'g-web.service'?" status g-webb
        told 1 "svctl: unit g-webb.service was not found; did you mean 'g-web.service'?" cat g-webb
        printf '[Service]\nExecStart=/bin/true\n' >"$T/units/g-idle.service"
        told 1 "svctl: g-idle.service: Unit g-idle.service not loaded." kill g-idle
        rm "$T/units/g-idle.service"
        told 1 "svctl: g-webb.service: Unit g-webb.service not found; did you mean 'g-web.service'?" set-property g-webb CPUWeight=5
        told 5 "svctl: unit g-webb.service was not found; did you mean 'g-web.service'?" scale g-webb 2
        told 5 "svctl: unit g-webb.service was not found; did you mean 'g-web.service'?" set-profile g-webb production
        told 5 "svctl: unit g-webb.service was not found" deploy g-webb
        printf '[Service]\nExecStart=bin/true\n' >"$T/units/g-relative.service"
        told 1 "svctl: g-relative.service: /etc/systemd/system/g-relative.service:2: ExecStart=: 'bin/true' is neither an absolute path nor a name without slashes; the unit cannot be used.
svctl: 'svctl verify g-relative.service' tells all that is wrong with it" start g-relative
        rm "$T/units/g-relative.service"
        printf '[Service]\nType=notify\nTimeoutStartSec=200ms\nExecStart=/bin/sleep infinity\n' >"$T/units/g-silent.service"
        run inside svctl start g-silent
        [ "$status" = 1 ]
        [[ $output == "svctl: g-silent.service: start failed: it has taken longer than allowed: 200ms; Type=notify waits until the service has sent READY=1"$'\n'* ]]
        rm "$T/units/g-silent.service"
        inside svctl reset-failed g-silent
        told 5 "svctl: unit g-webb.service was not found; did you mean 'g-web.service'?" diff g-webb
        told 5 "svctl: unit g-webb.service was not found; did you mean 'g-web.service'?" apply g-webb
        told 2 "svctl: --job-mode: there is no 'replac'; did you mean 'replace'? --job-mode=help lists them" start g-web --job-mode=replac
        told 2 "svctl: --job: there is no 'strt'; did you mean 'start'? --job=help lists them" plan --job=strt g-web
        told 2 "svctl: --kill-whom: there is no 'nobody'; --kill-whom=help lists them" kill --kill-whom=nobody g-web
        told 2 "svctl: --preset-mode: there is no 'ful'; did you mean 'full'? --preset-mode=help lists them" preset --preset-mode=ful g-web
        told 0 $'all\nmain\ncontrol' kill --kill-whom=help
        told 0 $'short\ncat\njson\njson-pretty' list-timers -o help
        told 2 "svctl: -o: there is no output 'jsn'; -o help lists them" logs -o jsn
        told 2 "svctl: status: there is no output 'jsn', only short (or text), cat, json and json-pretty, and for log lines those of logs" status -o jsn g-web
        told 1 "svctl: g-web.service: Cannot set property CPUWeigth, or unknown property. Did you mean CPUWeight=?" set-property g-web CPUWeigth=5
        told 1 "svctl: 'X' is not of the form NAME=VALUE." set-environment X
        as_systemctl
        run -0 inside svctl kill -s help
        [[ $output == SIGHUP$'\n'SIGINT$'\n'*SIGTERM* ]]
        told 0 "svctl: no unit that is loaded fits 'nothing*'" stop 'nothing*'
        told 1 "svctl: there is no option --foo" is-healthy --foo
        told 1 "svctl: '' is not a unit name" is-healthy ''
        run inside setpriv --reuid 65534 --regid 65534 --clear-groups svctl stop g-web # 1 where polkit is asked
        [ "$status" = 4 ] || [ "$status" = 1 ]
        [[ $output == "svctl: g-web.service: "*"; you are uid 65534." ]]
        run -1 unshare --mount sh -c "mount -t tmpfs none /run && exec '$STAGE/usr/bin/svctl' stop g-web"
        [ "$output" = "svctl: svinit does not run here: there is no /run/systemd/private that answers (No such file or directory)" ]
}

# The last lines come as svinit-journald has them, so this may take more than one look.
failure_is_explained() {
        inside svctl reset-failed
        run inside svctl start g-bad
        [ "$status" = 1 ] && [ "$output" = "svctl: g-bad.service: start failed: ExecStart=/bin/sh exited with status 7
    two
    three
    four
svctl: see 'svctl status g-bad.service' and 'svctl logs g-bad.service'" ]
}

needed_is_explained() {
        inside svctl reset-failed
        run inside svctl start g-unset
        [ "$status" = 1 ] && [ "$output" = "svctl: g-unset.service: start failed, as a unit that it needs could not be started: g-bad.service (failed)
    two
    three
    four
svctl: see 'svctl status g-bad.service' and 'svctl logs g-bad.service'" ]
}

# Probes in a row as a user without rights: the quickest is the program, what is slower is the machine.
probes_are_quick() {
        local best=999999 i start end
        for i in {1..10}; do
                start=${EPOCHREALTIME/./}
                inside setpriv --reuid 65534 --regid 65534 --clear-groups svctl is-healthy g-web g-done
                end=${EPOCHREALTIME/./}
                ((end - start >= best)) || best=$((end - start))
        done
        echo "# is-healthy as uid 65534, with nsenter and setpriv: $best us" >&3
        ((best < 1000000))
}

@test "output: piped, JSON, the container at a glance, mistakes, failures, probes" {
        boot_some
        piped
        json
        glance
        field_by_field
        mistakes
        wait_host failure_is_explained
        wait_host needed_is_explained
        run -0 inside svctl -q is-healthy g-web
        probes_are_quick
}

# --- a real terminal

terminal() { # COMMANDS...: in the container; what the terminal was like before and after is kept
        printf '%s\n' 'stty -g >/out/before' "$@" 'echo "code $?"' 'stty -g >/out/after' 'echo >/out/ended' 'read -r x' >"$T/out/script"
        rm -f "$T/out/before" "$T/out/after" "$T/out/ended" "$T/out/paged"
        screen=$T/tmux.$((++screens)) # not that of a server that is ending
        env TERM=xterm tmux -u -S "$screen" -f /dev/null new-session -d -x 80 -y 24 \
                "nsenter -t $init_pid -m -u -i -n -p -- env LC_ALL=C.UTF-8 sh /out/script" 3>&-
}

shows() {
        shown | grep -qF -- "$1"
}

shown() {
        tmux -S "$screen" capture-pane -p
}

ended() {
        wait_host test -e "$T/out/ended" || { shown; return 1; }
        wait_host shows 'code '
        cmp "$T/out/before" "$T/out/after"
        shown >"$T/last"
        tmux -S "$screen" kill-server
}

key() {
        tmux -S "$screen" send-keys "$1"
}

@test "a terminal: pager, progress of jobs, failures, top" {
        boot_some
        # More than the terminal has lines: less waits for a key.
        terminal 'svctl list-unit-files'
        wait_host shows 'lines 1-23'
        key q
        ended
        grep . "$T/last" | tail -1 | grep -qx 'code 0'

        # What fits is shown at once.
        terminal 'svctl list-paths --no-legend g.path'
        ended
        grep -q '^/run/www' "$T/last"

        # None, in each way to say so.
        terminal 'svctl --no-pager list-unit-files; SYSTEMD_PAGER= svctl list-unit-files; SYSTEMD_PAGER=cat svctl list-unit-files; TERM=dumb svctl list-unit-files'
        ended

        # Another one, but not on trust.
        terminal 'SYSTEMD_PAGERSECURE=0 SYSTEMD_PAGER=/out/pager svctl list-units'
        ended
        grep -q g-web.service "$T/out/paged"
        terminal 'SYSTEMD_PAGER=/out/pager svctl list-unit-files'
        wait_host shows 'lines 1-23'
        [ ! -e "$T/out/paged" ]
        key q
        ended
        terminal 'PATH=/nowhere /usr/bin/svctl list-units g.path'
        ended
        grep -q 'g.path' "$T/last"

        # svctl is killed: the pager goes as well, in its own time, and leaves the terminal as it was.
        terminal 'svctl list-unit-files & echo $! >/out/pid; wait $!; until [ "$(stty -g)" = "$(cat /out/before)" ]; do sleep 0.05; done'
        wait_host shows 'lines 1-23'
        inside_sh 'kill -KILL $(cat /out/pid)'
        ended

        # Jobs that are waited for are told, and the line goes.
        terminal 'svctl start g-after'
        wait_host shows 's: g-after.service: start waits for g-slow.service/start'
        inside svctl status -n0 g-after >"$T/status" || true
        grep -Eq '^ +Job: [0-9]+ start waiting, behind g-slow.service/start$' "$T/status"
        echo >"$T/out/fifo"
        ended
        [ "$(grep . "$T/last")" = "code 0" ]
        terminal 'svctl start g-slow'
        wait_host shows 's: g-slow.service: start (start)'
        echo >"$T/out/fifo"
        ended
        [ "$(grep . "$T/last")" = "code 0" ]

        # A failure, on the screen as in a pipe.
        terminal 'svctl start g-bad'
        ended
        [[ $(head -1 "$T/last") == "svctl: g-bad.service: start failed: ExecStart=/bin/sh exited with status 7" ]]
        grep -q 'code 1' "$T/last"

        # top takes the whole screen and gives it back.
        terminal 'svctl top'
        wait_host shows 'CPU%'
        wait_host shows 'g-web.service'
        key q
        ended
        [ "$(grep . "$T/last")" = "code 0" ]
}
