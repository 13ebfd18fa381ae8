#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# `svctl dump-directives --outcomes` says what becomes of each setting of systemd.exec(5) in three places. cells.table
# has the proofs; one boot for each place runs them all.

load helper

table=$BATS_TEST_DIRNAME/cells.table

rows() {
        sed '/^#/d; /^$/d; s/ | /\t/g' "$table"
}

add_row() {
        n=$((n + 1))
        key_of[n]=$1 common_of[n]=${2#-} settings_of[n]=$3 probe_of[n]=$4 answer_of[n]=$5 outcome_of[n]=$6
}

# The rows for place $1 (0, 1, 2), numbered; what PrivateUsers= makes possible is a row of its own.
read_rows() {
        local key common settings probe answer outcomes rest
        n=0
        while IFS=$'\t' read -r key common settings probe answer outcomes; do
                read -ra outcomes <<<"$outcomes"
                [ "${#outcomes[@]}" = 3 ] || { echo "not six columns: $key"; return 1; }
                case ${outcomes[$1]} in
                -) ;;
                N)
                        add_row "$key" "$common" "$settings" "$probe" "$answer" n
                        rest="PrivateUsers=yes & $common"
                        add_row "$key" "${rest% & -}" "$settings" "$probe" "$answer" a
                        ;;
                R)
                        add_row "$key" "$common" "$settings" "$probe" "$answer" "$([[ $may_raise == yes ]] && echo a || echo n)"
                        ;;
                *) add_row "$key" "$common" "$settings" "$probe" "$answer" "${outcomes[$1]}" ;;
                esac
        done < <(rows)
}

# As the unit file wants it inside of '...'.
quoted() {
        local text=${1//\\/\\\\}
        text=${text//\'/\\\'}
        printf "'%s'" "${text//%/%%}"
}

said='echo words; echo "<4>warned"; echo "<7>gossip"; seq 20; echo complaint >&2'

# NAME SETTINGS PROBE
cell() {
        local settings=${2//@CPU@/$cpu} probe=${3//@CPU@/$cpu}
        if [[ $settings$probe == *@TTY@* ]]; then
                n_ttys=$((n_ttys + 1))
                tty_of[$1]=$n_ttys
                settings=${settings//@TTY@//out/tty/$n_ttys}
        fi
        [[ $probe != @* ]] || probe=$said
        {
                printf '[Unit]\nAfter=holder.service\n[Service]\nType=oneshot\n'
                [[ $settings == *Standard[OE]* ]] || printf 'StandardOutput=append:/out/%s\nStandardError=null\n' "$1"
                printf '%s\n' "${settings// & /$'\n'}"
                printf 'ExecStart=:/bin/sh -c %s\n' "$(quoted "$probe")"
        } | unit "$1.service"
        names+=("$1.service")
}

# There before the first cell, until the end: terminals, namespaces to join, and what svinit's own are called.
holder() {
        {
                printf '%s\n' '[Service]' PrivateIPC=yes PrivateNetwork=yes \
                        "ExecStart=/usr/bin/probe terminals /out/tty $n_ttys" \
                        "ExecStartPost=/bin/sh -c 'until [ -e /out/tty/$n_ttys ]; do sleep 0.01; done'" \
                        "ExecStartPost=-+/bin/sh -c '>/dev/fd0; >/tmp/outside'" \
                        "ExecStartPost=+/bin/sh -c 'cd /out/ns; for i in ipc net mnt uts user; do readlink /proc/self/ns/\$\$i >\$\$i.host; done'" \
                        "ExecStartPost=+/bin/sh -c 'cd /out/ns; for i in ipc net; do ln -s /proc/\$MAINPID/ns/\$\$i \$\$i; readlink /proc/\$MAINPID/ns/\$\$i >\$\$i.name; done'" \
                        "ExecStartPost=/usr/bin/perl -e 'print syscall(250, 0, -3, 0)'" 'StandardOutput=truncate:/out/ns/keyring'
        } | unit holder.service
        printf '%s\n' '[Unit]' "After=${names[*]}" '[Service]' Type=oneshot 'ExecStart=/bin/touch /out/done' | unit done.service
}

make_files() {
        local d
        mkdir -p "$T"/{data,empty,home/somebody,root/{bin,proc,sys,dev,run},etc,lib,cache,log,run,out/ns,out/tty,credstore}
        chmod 777 "$T"/{etc,lib,cache,log,out/ns,out/tty}
        echo data >"$T/data/file"
        echo 'CELL="from a file"' >"$T/data/variables"
        printf '#!/bin/sh\necho tool\n' >"$T/data/tool"
        chmod 755 "$T/data/tool"
        echo imported >"$T/credstore/cell.import"
        cp /bin/busybox "$T/root/bin/sh"
}

run_cells() { # PLACE RIG-OPTIONS...
        local place=$1 i
        shift
        declare -gA tty_of=()
        names=() n_ttys=0
        cpu=$(taskset -pc $$ | sed 's/.*: //; s/[-,].*//')
        may_raise=no
        ! setpriv --dump | grep -q 'Capability bounding set:.*sys_resource' || may_raise=yes
        make_files
        read_rows "$place"
        for ((i = 1; i <= n; i++)); do
                cell "cell-$i" "${common_of[i]}"$'\n'"${settings_of[i]}" "${probe_of[i]}"
                cell "bare-$i" "${common_of[i]}" "${probe_of[i]}"
        done
        holder
        enabled holder.service done.service "${names[@]}"
        launch --env CELLS=inherited --bind "$T/data:/cells/data" --bind "$T/empty:/cells/empty" --bind "$T/root:/cells/root" \
                --bind "$T/home:/home" --bind "$T/credstore:/etc/credstore" --bind "$T/etc:/etc/cells" --bind "$T/lib:/var/lib/cells" \
                --bind "$T/cache:/var/cache/cells" --bind "$T/log:/var/log/cells" "$@"
        DEADLINE=300 wait_host test -e "$T/out/done"
}

# svctl and what else asks svinit, as whom svinit runs.
as_svinit() {
        nsenter -t "$init_pid" -m -u -i -n -p -- setpriv --reuid "$uid" --regid "$uid" --clear-groups env "XDG_RUNTIME_DIR=$RUN" "$@"
}

answer() { # NAME PROBE
        local probe=${2#@}
        if [[ $2 == @* ]]; then
                inside env U="$1" RUN="$RUN" sh -c "J='journalctl ${journal_options} -q -o cat -u $1'; ${probe//@TTY@//out/tty/${tty_of[$1]:-}}" 2>/dev/null
        else
                cat "$T/out/$1" 2>/dev/null
        fi
}

answers_well() { # NAME PROBE PATTERN
        local words
        read -rd '' -a words < <(answer "$1" "$2") || true
        got="${words[*]}"
        # shellcheck disable=SC2053
        [[ $got == ${3//@CPU@/$cpu} ]]
}

lie() {
        echo "$1: ${key_of[i]}: ${settings_of[i]}: $2 (the table says: ${outcome_of[i]})"
        lies=$((lies + 1))
}

# Log lines and the like may still be on their way.
comes_true() {
        if [[ ${probe_of[i]} == @* ]]; then
                wait_host answers_well "cell-$i" "${probe_of[i]}" "${answer_of[i]}"
        else
                answers_well "cell-$i" "${probe_of[i]}" "${answer_of[i]}"
        fi
}

check_applied() {
        ! is_noted || lie "cell-$i" "noted: ${noted[i]}"
        comes_true || lie "cell-$i" "ended with ${status_of[i]}, the answer is '$got'"
        # Where there is one CPU it is the one anyway.
        if [[ ${outcome_of[i]} == a && (${answer_of[i]} != *@CPU@* || $(nproc) -gt 1) ]]; then
                ! answers_well "bare-$i" "${probe_of[i]}" "${answer_of[i]}" || lie "bare-$i" "the same without the setting: '$got'"
        fi
}

is_noted() {
        local setting
        for setting in ${settings_of[i]} ${common_of[i]}; do
                [[ $setting != *=* || ${noted[i]:-} != *"${setting%%=*}=:"* ]] || return 0
        done
        return 1
}

# What it runs may fail without the setting; codes from 200 on are svinit's.
check_noted() {
        ((status_of[i] < 200)) || lie "cell-$i" "ended with ${status_of[i]}"
        is_noted || lie "cell-$i" "nothing is noted"
}

check_cells() {
        local id status setting unit
        lies=0 status_of=() noted=()
        while IFS='=' read -r id status; do
                [[ $id != Id ]] || unit=${status//[!0-9]/}
                [[ $id != ExecMainStatus ]] || status_of[unit]=$status
        done < <(as_svinit svctl show -p Id -p ExecMainStatus $(printf 'cell-%d.service ' $(seq "$n")))
        while IFS=$'\t' read -r unit setting; do
                [[ $unit != cell-* ]] || noted[${unit//[!0-9]/}]+="$setting "
        done < <(as_svinit svctl doctor -o json | jq -r '.not_applied[] | .setting as $s | .units[] | . + "\t" + $s')
        for ((i = 1; i <= n; i++)); do
                case ${outcome_of[i]} in
                a | s) check_applied ;;
                n) check_noted ;;
                f*) [[ ${status_of[i]} == "${outcome_of[i]#f}" ]] || lie "cell-$i" "ended with ${status_of[i]}" ;;
                esac
        done
        echo "# $n cells" >&3
        [ "$lies" = 0 ]
}

# Every cell that begins with "applied", "noted" or "fails" has a row that says so, and no row says what its cell does not.
@test "each cell of the table has its proof, and each proof its cell" {
        "$STAGE/usr/bin/svctl" dump-directives --outcomes >"$T/outcomes"
        rows | awk -F'\t' '
                function words(o) {
                        return o ~ /^[as]$/ ? "applied" : o == "n" ? "noted" : o == "N" ? "noted applied" : o == "R" ? "applied" : o ~ /^f/ ? "fails " substr(o, 2) : ""
                }
                FNR == NR { split($6, o, " "); for (i = 1; i <= 3; i++) said[$1, i] = said[$1, i] " " words(o[i]); rows[$1]; next }
                { known[$1]; if ($1 in rows) for (i = 1; i <= 3; i++) compare($1, i, $(i + 1)) }
                !($1 in rows) && /\t(applied|noted|fails)/ { print "no proof of " $1; bad = 1 }
                function compare(key, i, cell,  first, n, s, j) {
                        first = cell; sub(/[^a-z].*/, "", first)
                        if (first ~ /^(applied|noted|fails)$/ && said[key, i] !~ first) { print key " in place " i ": no row for \"" cell "\""; bad = 1 }
                        n = split(said[key, i], s, " ")
                        for (j = 1; j <= n; j++) if (index(cell, s[j]) == 0) { print key " in place " i ": a row says " s[j] ", the cell: " cell; bad = 1 }
                }
                END { for (key in rows) if (!(key in known)) { print "no such setting: " key; bad = 1 }; exit bad }' - "$T/outcomes"
}

@test "with all privileges" {
        RUN=/run uid=0 journal_options=
        run_cells 0 --cgroup ro
        check_cells
}

@test "with Docker's default privileges" {
        RUN=/run uid=0 journal_options=
        run_cells 1 --cgroup ro --docker
        check_cells
}

@test "as a user" {
        RUN=/run/user/1000 uid=1000 journal_options="-D /run/user/1000/log/journal"
        mkdir "$T/run"
        chown 1000:1000 "$T/run"
        chmod 700 "$T/run"
        run_cells 2 --cgroup ro --uid 1000 --bind "$T/run:/run/user/1000" --env XDG_RUNTIME_DIR=/run/user/1000
        check_cells
}
