#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# svctl top: what it prints, in which order, and on a terminal. One boot for all of it.

load helper

# Figures become 9, what is short of a digit or two as well: what is left is the shape.
shape() {
        sed -E 's/[0-9]+(\.[0-9]+)?[BKMG]?/9/g; s/ +/ /g'
}

names_of() {
        tail -n +4 <<<"$output" | awk '{ print $1 }'
}

looks_right() {
        run -0 inside env COLUMNS=80 svctl top --batch -d 200ms 'a-*' b-memory c-tasks
        [ "$(shape <<<"$output")" = "9 units, 9 tasks, CPU 9%, memory 9, by cpu

UNIT CPU% TIME MEMORY MAX TASKS READ/S WRITE/S
a-cpu.service 9 9:9 9 - 9 9 9
b-memory.service 9 9:9 9 9% 9 9 9
c-tasks.service 9 9:9 9 - 9 9 9" ]
        while read -r line; do [ ${#line} = 80 ]; done < <(tail -n +3 <<<"$output")
        [[ $output == *"UNIT                           CPU%     TIME  MEMORY   MAX TASKS  READ/S WRITE/S"* ]]
        run -0 inside env COLUMNS=70 svctl top --batch -d 200ms a-cpu
        [[ $output == *$'\n'"UNIT                 CPU%     TIME  MEMORY   MAX TASKS  READ/S WRITE/S"* ]]
}

is_sorted() {
        run -0 inside svctl top --batch --sort="$1" -d 200ms '*-*.service'
        [ "$(names_of | head -1)" = "$2" ]
}

twice() {
        run -0 inside svctl top --batch -n 2 -d 100ms a-cpu
        [ "$(grep -c '^a-cpu.service ' <<<"$output")" = 2 ]
}

has_tree() {
        run -0 inside svctl top --tree -d 100ms
        [[ $output == *$'\n-.slice '*$'\n  d.slice '*$'\n    d-e.slice '*$'\n      d-deep.service '* ]]
        run -0 inside svctl top --all -d 100ms d-e.slice
        [ "$(names_of)" = d-e.slice ]
}

has_json() {
        run -0 inside sh -c 'svctl top -o json -d 100ms b-memory c-tasks | python3 -c "
import json, sys
units = {u[\"unit\"]: u for u in json.load(sys.stdin)[\"units\"]}
m = units[\"b-memory.service\"]
assert m[\"memory\"] > 20 << 20 and m[\"memoryMax\"] == 64 << 20, m
assert m[\"cpuPercent\"] is not None and m[\"slice\"] == \"system.slice\", m
assert units[\"c-tasks.service\"][\"tasks\"] == 6, units
print(len(units))"'
        [ "$output" = 2 ]
}

# What /proc knows of the processes: their threads, and their share of what they share.
has_processes() {
        run -0 inside svctl top --threads -d 100ms c-tasks
        [ "$(grep -cE '^  [0-9]+ sleep  ' <<<"$output")" = 5 ]
        run -0 inside sh -c 'svctl top --threads --sum -o json -d 100ms a-cpu b-memory | python3 -c "
import json, re, sys
units = {u[\"unit\"]: u for u in json.load(sys.stdin)[\"units\"]}
(spins,) = units[\"a-cpu.service\"][\"threads\"]
assert spins[\"tid\"] == spins[\"pid\"] and spins[\"cpuNSec\"] > 0 and spins[\"cpuPercent\"] is not None, spins
hog = units[\"b-memory.service\"]
of_kernel = sum(int(re.search(r\"^Pss: +(\\d+)\", open(\"/proc/%d/smaps_rollup\" % t[\"pid\"]).read(), re.M)[1]) << 10
                for t in hog[\"threads\"] if t[\"tid\"] == t[\"pid\"])
assert hog[\"pss\"] > 20 << 20 and abs(hog[\"pss\"] - of_kernel) < of_kernel / 20, (hog, of_kernel)
assert \"memory\" not in hog, hog"'
}

says_what_it_cannot() {
        run -2 inside svctl top --sort=age
        [[ $output == *"there is no 'age'"* ]]
        run -2 inside svctl top -n 0
        run -2 inside svctl top -d 1ms
        run -2 inside svctl top -o yaml
        run -0 inside svctl top -d 100ms 'nobody*'
        [[ $output == "0 units, 0 tasks"* ]]
}

serves_readers() {
        run -0 inside setpriv --reuid 1000 --regid 1000 --clear-groups svctl top -d 100ms a-cpu
        [[ $output == *a-cpu.service* ]]
}

has_on_screen() {
        grep -qF -- "$1" "$T/out/screen"
}

# Keys, and in the end the terminal as it was.
works_on_a_terminal() {
        mkfifo "$T/keys"
        inside script -qefc 'stty cols 70 rows 40; stty -g >/out/before; svctl top -d 100ms; echo "exit: $?" >/out/code; stty -g >/out/after' \
                /out/screen <>"$T/keys" >/dev/null 2>&1 &
        local script=$!
        wait_host has_on_screen ', by cpu'
        wait_host has_on_screen 'a-cpu.service '
        printf m >"$T/keys"
        wait_host has_on_screen ', by memory'
        printf m >"$T/keys"
        wait_host has_on_screen ', by memory, least first'
        printf n >"$T/keys"
        wait_host has_on_screen ', by name'
        printf f >"$T/keys"
        wait_host has_on_screen '      d-deep.serv~ '
        printf h >"$T/keys"
        wait_host grep -qE '^        [0-9]+ sleep ' "$T/out/screen"
        printf p >"$T/keys"
        wait_host has_on_screen ' PSS   MAX'
        printf q >"$T/keys"
        wait "$script"
        [ "$(<"$T/out/code")" = "exit: 0" ]
        [ "$(<"$T/out/before")" = "$(<"$T/out/after")" ]
        has_on_screen $'\033[?1049h'
        has_on_screen $'\033[?1049l'
}

the_units() {
        unit a-cpu.service <<<$'[Service]\nExecStart=/bin/sh -c "while :; do :; done"\nNice=10'
        unit b-memory.service <<<$'[Service]\nMemoryMax=64M\nExecStart=/usr/bin/probe hog 20'
        unit c-tasks.service <<<$'[Service]\nExecStart=/bin/sh -c "for i in 1 2 3 4 5; do sleep infinity & done; wait"'
        unit d-deep.service <<<$'[Service]\nSlice=d-e.slice\nExecStart=/bin/sleep infinity'
        enabled a-cpu.service b-memory.service c-tasks.service d-deep.service dbus.service
}

has_all() {
        run -0 inside svctl top -o json -d 100ms b-memory c-tasks
        [[ $output == *'"memory":2'???????,* && $output == *'"tasks":6,'* ]]
}

@test "svctl top: columns, order, tree, JSON, mistakes, readers, a terminal (hybrid)" {
        the_units
        boot --cgroup hybrid --bind "$BATS_TEST_DIRNAME/../../contrib/dbus:/etc/dbus-1/system.d"
        wait_state dbus.service active
        wait_host has_all
        looks_right
        is_sorted cpu a-cpu.service
        is_sorted memory b-memory.service
        is_sorted tasks c-tasks.service
        is_sorted name a-cpu.service
        twice
        has_tree
        has_json
        has_processes
        says_what_it_cannot
        serves_readers
        works_on_a_terminal
}

@test "svctl top without a cgroup" {
        the_units
        boot --cgroup none
        wait_host has_all
        is_sorted cpu a-cpu.service
        is_sorted memory b-memory.service
        is_sorted tasks c-tasks.service
        has_tree
        has_json
        has_processes
}
