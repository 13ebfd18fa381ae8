#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# What a start that fails between fork and exec says: step, setting, value, reason and exit code, for each step.

load helper

table=$BATS_TEST_DIRNAME/steps.table

rows() {
        sed -n '/^#/d; / | /s/ | /\t/gp' "$table"
}

# NAME SETTINGS: a unit that the step keeps from running.
failing() {
        {
                printf '[Service]\nType=oneshot\n%s\n' "${2// & /$'\n'}"
                [[ $2 == *ExecStart=* ]] || echo ExecStart=/bin/true
        } | unit "$1.service"
        names+=("$1.service")
}

make_units() { # PLACE
        local place step settings code said
        names=() n=0
        while IFS=$'\t' read -r place step settings code said; do
                [[ $place == "$1" ]] || continue
                n=$((n + 1))
                failing "step-$n" "$settings"
                step_of[n]=$step settings_of[n]=$settings code_of[n]=$code said_of[n]=$said
        done < <(rows)
        enabled "${names[@]}"
        printf '%s\n' '[Unit]' "After=${names[*]}" '[Service]' Type=oneshot 'ExecStart=/bin/touch /out/done' | unit done.service
        enabled done.service
}

# Terminals that another session has, files where directories should be.
make_busy() {
        local d
        mkdir -p "$T"/{busy,out/tty}
        head -c 2000000 /dev/zero >"$T/busy/large"
        printf 'no program\0\1\2' >"$T/busy/nonsense"
        printf '#!/no/such\n' >"$T/busy/script"
        printf '#!/bin/sh\r\n' >"$T/busy/dos-script"
        perl -MSocket -e 'socket(S, PF_UNIX, SOCK_STREAM, 0); bind(S, sockaddr_un($ARGV[0])) or die' "$T/busy/socket"
        chmod 755 "$T"/busy/{nonsense,script,dos-script}
        binds_of_busy=(--bind "$T/busy:/busy")
        for d in var/lib var/cache var/log etc; do binds_of_busy+=(--bind "$T/busy/script:/$d/busy"); done
        printf '%s\n' '[Unit]' "Before=${names[*]}" '[Service]' 'ExecStart=/usr/bin/probe terminals /out/tty 2' \
                "ExecStartPost=/bin/sh -c 'until [ -e /out/tty/2 ]; do sleep 0.01; done'" 'ExecStartPost=/bin/touch /run/busy' | unit terminals.service
        printf '%s\n' '[Unit]' After=terminals.service "Before=${names[*]}" '[Service]' StandardInput=tty-force TTYPath=/out/tty/1 \
                Type=exec 'ExecStart=/bin/sleep infinity' | unit session.service
        enabled terminals.service session.service
}

# The console has its lines from svinit-journald.
all_have_ended() {
        [ "$(grep -c 'step-[0-9]*.service: Main process exited' "$T/console")" -ge "$n" ]
}

check_steps() {
        local i line lies=0
        wait_host all_have_ended || true # what is missing is told below
        for ((i = 1; i <= n; i++)); do
                line=$(grep "step-$i.service: Failed at step" "$T/console" || true)
                # shellcheck disable=SC2053
                if [[ $line != *"step-$i.service: Failed at step ${step_of[i]} spawning "*": "${said_of[i]}" (${code_of[i]})" ]]; then
                        echo "${settings_of[i]}: ${line:-nothing is said}"
                        lies=$((lies + 1))
                fi
                grep -q "step-$i.service: Main process exited, code=exited, status=${code_of[i]}" "$T/console" || {
                        echo "${settings_of[i]}: $(grep "step-$i.service: Main" "$T/console")"
                        lies=$((lies + 1))
                }
        done
        [ "$n" -gt 5 ]
        [ "$lies" = 0 ]
}

@test "each step has its failures, or a reason why it has none" {
        sed -n 's/^        { "\([a-z-]*\)", [0-9]*,.*/\1/p' "$BATS_TEST_DIRNAME/../../src/exec/steps.c" | sort -u >"$T/steps"
        { rows | cut -f2; sed -n 's/^\([a-z-]*\): .*/\1/p' "$table"; } | sort -u >"$T/told"
        [ "$(wc -l <"$T/steps")" -gt 30 ]
        diff "$T/steps" "$T/told"
}

@test "as root with all privileges" {
        make_units root
        make_busy
        launch "${binds_of_busy[@]}"
        DEADLINE=300 wait_host test -e "$T/out/done"
        check_steps
}

@test "strict, with Docker's default privileges and without libseccomp" {
        make_units strict
        make_busy
        svinit_args=(--strict)
        : >"$T/nothing"
        local library binds=()
        for library in /usr/lib/*/libseccomp.so.2*; do binds+=(--bind "$T/nothing:$library"); done
        launch --docker "${binds_of_busy[@]}" "${binds[@]}"
        DEADLINE=300 wait_host test -e "$T/out/done"
        check_steps
}

@test "as a user" {
        make_units user
        launch --uid 1000
        DEADLINE=300 wait_host test -e "$T/out/done"
        check_steps
}
