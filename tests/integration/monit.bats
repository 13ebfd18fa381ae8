#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# svctl list and svctl monit: the services and what they use, once and on a screen that goes on; keys, the log of the
# chosen one, any width, and the terminal as it was before on every end. One boot for all of it.

load helper

the_units() {
        unit a.service <<<$'[Service]\nExecStart=/bin/sh -c "echo a says hello; exec sleep infinity"'
        unit b.service <<<$'[Service]\nX-Instances=11\nExecStart=/bin/sh -c "echo I am %%i: %i; exec sleep infinity"'
        unit c-failed.service <<<$'[Service]\nExecStart=/bin/sh -c "echo c is ill; exit 3"'
        unit d-memory.service <<<$'[Service]\nExecStart=/usr/bin/probe hog 20'
        unit e-status.service <<<$'[Service]\nType=notify\nNotifyAccess=all\nExecStart=/bin/sh -c "systemd-notify --ready --status=\'Serving 7\'; exec sleep infinity"'
        enabled a.service b.service c-failed.service d-memory.service e-status.service
}

# Figures become 9 and blanks one: what is left is the shape.
shape() {
        sed -E 's/ +$//; s/[0-9]+(us|ms|s|min|h|d)\>/9s/g; s/[0-9]+(\.[0-9]+)?[BKMG]/9/g; s/[0-9]+\.[0-9]/9/g; s/ [0-9]+/ 9/g; s/ +/ /g'
}

is_tree() {
        [ "$(show f-tree.service TasksCurrent)" = 6 ]
}

# Not at once: programs that begin grow.
lists_memory_of_tree() {
        [ "$(inside svctl list -o json f-tree | jq '.[0].memory')" = "$(show f-tree.service MemoryCurrent)" ]
}

lists() {
        run -0 inside svctl list a b c-failed e-status
        [ "$(shape <<<"$output")" = " UNIT STATE PID UP RESTARTS CPU MEMORY TASKS
 a.service running 9 9s 9 9s 9 9
 b.service 9 of 9 running - 9s 9 9s 9 9
$(for i in {0..10}; do echo " b@$i.service running 9 9s 9 9s 9 9"; done)
● c-failed.service failed (exit-code) - - 9 9s - -
 e-status.service running 9 9s 9 9s 9 9" ]
        run -0 inside svctl list --sort=memory -o cat
        [ "${lines[0]}" = d-memory.service ]
        run -0 inside sh -c 'svctl list -o json b d-memory | python3 -c "
import json, sys
u = {r[\"unit\"]: r for r in json.load(sys.stdin)}
assert len(u) == 13, u
assert u[\"d-memory.service\"][\"memory\"] > 20 << 20 and u[\"d-memory.service\"][\"pid\"] > 1, u
assert u[\"b.service\"][\"tasks\"] == 11 == sum(u[\"b@%d.service\" % i][\"tasks\"] for i in range(11)), u
assert u[\"b.service\"][\"state\"] == \"11 of 11 running\" and u[\"b.service\"][\"pid\"] is None, u
"'
        # Children, grandchildren and one whose parent has ended: the list, which looks at all at once, has what the unit has.
        unit f-tree.service <<<$'[Service]\nExecStart=/bin/sh -c "sleep 9991 & (sleep 9992 & sleep 9993 &) ; sh -c \'sleep 9994 & wait\' & wait"'
        run -0 ctl daemon-reload
        run -0 ctl start f-tree
        wait_host is_tree
        [ "$(inside svctl list -o json f-tree | jq '.[0].tasks')" = 6 ]
        wait_host lists_memory_of_tree
        run -0 inside svctl top -o json f-tree
        [[ $output == *'"tasks":6'* || $output == *'"tasks": 6'* || $output == *'"tasksCurrent":6'* ]] || { echo "$output"; return 1; }
        run -0 ctl stop f-tree
        run -2 inside svctl list --sort=age
        [[ $output == *"there is no 'age'"* ]]
        inside svctl stop a
        [[ $(inside svctl list a -o cat) == "" && $(inside svctl list -a a -o cat) == a.service ]]
        inside svctl start a
        # an automatic restart counts
        inside kill -KILL "$(show e-status.service MainPID)"
        wait_state e-status.service failed
        inside svctl start e-status
}

has_taken_its_memory() {
        (($(show d-memory.service MemoryCurrent) > 20 << 20))
}

screen() {
        t capture-pane -p
}

screen_has() {
        screen | grep -qE -- "$1"
}

screen_lacks() {
        ! screen_has "$1"
}

wait_screen() {
        wait_host screen_has "$1" || { screen; return 1; }
}

head_is() {
        [ "$(screen | head -2 | shape)" = "$1" ]
}

begin() { # COLUMNS LINES
        [[ -S $T/tmux ]] || t -f /dev/null new-session -d -x "$1" -y "$2" \
                "nsenter -t $init_pid -m -u -i -n -p -- env TERM=screen LC_ALL=C.UTF-8 PS1='shell> ' /bin/sh"
        t resize-window -x "$1" -y "$2"
        wait_screen '^shell>'
}

monit() {
        type_in "clear; rm -f /out/after; stty -g >/out/before; svctl monit $*; echo code \$?; stty -g >/out/after"
        wait_screen ' q end'
}

is_over() {
        wait_screen "^code $1"
        wait_host cmp -s "$T/out/before" "$T/out/after"
        wait_host screen_lacks 'q end'
}

shows_all() {
        monit a b c-failed d-memory e-status
        wait_screen '^  d-memory +running +[0-9]+ +[0-9a-z]+ +0 +[0-9.]+ +[0-9.]+M +1$'
        wait_screen 'a says hello'
        wait_host head_is "rig: 9 up, 9 failed, CPU 9%, memory 9
SERVICE STATE PID UP REST CPU% MEMORY TASKS"
        wait_screen '^> a +running'
        wait_screen '^    b@10 +running'
        wait_screen '^  b +11 of 11 running'
        wait_screen '^  c-failed +failed \(exit-code\)'
        wait_screen '^--- a.service'
        while read -r line; do [ "${#line}" -le 90 ]; done < <(screen)
        t send-keys q
        is_over 0
}

# The log of a set is that of its instances; of one of them its own; what comes is there as it comes.
follows_the_log() {
        monit a b c-failed d-memory e-status
        t send-keys Down
        wait_screen '^--- b.service'
        wait_screen 'I am %i: 10'
        wait_screen 'I am %i: 3'
        t send-keys j
        wait_screen '^--- b@0.service'
        wait_host screen_lacks 'I am %i: 10'
        wait_screen 'I am %i: 0'
        t send-keys End
        wait_screen '^--- e-status.service: Serving 7'
        t send-keys Home
        wait_screen '^--- a.service'
        # more than a screen of it: back, and to the end again
        inside svctl run -q --collect --unit=talk --remain-after-exit seq -f 'line %g.' 100
        t send-keys q
        is_over 0
        monit talk
        wait_screen 'line 100\.'
        wait_host screen_lacks 'line 2\.'
        for i in 1 2 3 4 5 6 7 8 9 10; do t send-keys PageUp; done
        wait_screen 'line 2\.'
        wait_screen 'lines back\)'
        wait_host screen_lacks 'line 100\.'
        for i in 1 2 3 4 5 6 7 8 9 10; do t send-keys PageDown; done
        wait_screen 'line 100\.'
        t send-keys q
        is_over 0
        inside svctl stop talk
}

acts() {
        local pid
        pid=$(show a.service MainPID)
        monit a
        t send-keys r
        wait_screen '^restart a.service\? y/n'
        t send-keys n
        wait_screen 'q end'
        [ "$(show a.service MainPID)" = "$pid" ]
        t send-keys r
        t send-keys y
        wait_screen '^asked for: restart a.service'
        wait_host another_pid a.service "$pid"
        t send-keys x
        t send-keys y
        wait_state a.service inactive
        wait_host screen_lacks '^> a '
        t send-keys q
        is_over 0
        inside svctl start a.service
}

fits() {
        monit a b c-failed d-memory e-status
        t resize-window -x 50 -y 12
        wait_screen '^SERVICE +STATE +CPU% +MEMORY$'
        wait_screen '^> a +running +[0-9.]+ +[0-9.]+[KM]$'
        [ "$(screen | grep -c .)" -le 12 ]
        t resize-window -x 24 -y 8
        wait_screen '^SERVICE +CPU%$'
        for i in 1 2 3 4 5; do t send-keys Down; done
        wait_screen '^>   b@3'
        t resize-window -x 8 -y 3
        wait_screen '^no room'
        t resize-window -x 120 -y 40
        wait_screen '^SERVICE +STATE +PID +UP +REST +CPU% +MEMORY +TASKS$'
        t send-keys q
        is_over 0
        t resize-window -x 90 -y 46
}

# Signals, ^C, ^Z, a manager that is gone, no terminal.
leaves_the_terminal() {
        monit a
        t send-keys C-c
        is_over 0
        for s in TERM HUP QUIT; do
                monit a
                inside pkill -"$s" -x svctl
                is_over 0
        done
        monit a
        t send-keys C-z
        wait_screen 'Stopped'
        wait_host screen_lacks 'q end'
        type_in fg
        wait_screen 'q end'
        t send-keys q
        wait_screen '^shell>'
        type_in 'stty -g >/out/after'
        wait_host cmp -s "$T/out/before" "$T/out/after"
        run -1 inside svctl monit
        [[ $output == *"monit wants a terminal to draw on and keys to hear; 'svctl list' and 'svctl logs -f' print"* ]]
        run -2 inside svctl monit -d 1ms
}

@test "svctl list and monit: figures, sets, the log, keys, any width, and the terminal as before" {
        the_units
        boot --cgroup hybrid
        wait_state c-failed.service failed
        wait_host has_taken_its_memory
        wait_state e-status.service active
        lists
        begin 90 46
        shows_all
        follows_the_log
        acts
        fits
        leaves_the_terminal
        t kill-server
}
