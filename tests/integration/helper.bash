# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What the suites share: one svinit as PID 1 in the rig for each test.
#
#   unit NAME <<E ... E      writes a unit file that the boot sees in /etc/systemd/system
#   boot [rig options]       boots it and waits until systemctl answers and the boot is done
#   inside CMD...            runs a command in the container
#   wait_logged PATTERN ...  until a line like that is in the journal
#   wait_for CMD...          until it succeeds inside, by events of svinit where it can, with a deadline
#   stop [SIGNAL]            ends it; $exit_code is svinit's
#
# $STAGE is a `make install DESTDIR=`, $RIG the rig's program, $PROBE tests/tools/probe.c (in the container:
# probe); tests/check sets them. $RIG_OPTIONS are for every boot, such as "--cgroup hybrid".

bats_require_minimum_version 1.5.0
export TZ=UTC LC_ALL=C.UTF-8
umask 022
: "${STAGE:?run by tests/check}" "${RIG:?run by tests/check}"

setup() {
        T=$(mktemp -d "${BATS_TMPDIR:-/tmp}/svinit-test-XXXXXX")
        chmod 755 "$T"
        mkdir "$T/units" "$T/out"
        chmod 777 "$T/out"
        init_pid= rig_pid= exit_code=
        boot_target=multi-user.target
        svinit_args=()
}

teardown() {
        if [[ $rig_pid ]] && kill -0 "$rig_pid" 2>/dev/null; then
                [[ ! $init_pid ]] || kill -KILL "$init_pid" 2>/dev/null || true
                wait "$rig_pid" 2>/dev/null || true
        fi
        if [[ ${BATS_TEST_COMPLETED:-} != 1 && -s $T/console ]]; then
                echo "--- console (last 40 lines)"
                tail -40 "$T/console"
        fi
        rm -rf --one-file-system "$T"
}

unit() {
        cat >"$T/units/$1"
}

# One with all that a verb may ask for.
a_service() {
        unit a.service <<'U'
[Unit]
Description=Alpha
[Service]
ExecStart=/bin/sleep infinity
ExecReload=/bin/sh -c 'echo reloaded >>/out/reloads'
[Install]
WantedBy=multi-user.target
Alias=alpha.service
U
}

# Started by the boot, as if it were enabled.
enabled() {
        mkdir -p "$T/units/multi-user.target.wants"
        local u
        for u; do ln -s "../$u" "$T/units/multi-user.target.wants/$u"; done
}

binds() {
        printf '%s\n' --bind "$STAGE/usr/lib/svinit:/usr/lib/svinit" --bind "$STAGE/usr/sbin/svinit:/usr/sbin/${svinit_name:-svinit}" \
                --bind "$STAGE/usr/bin/svctl:/usr/bin/svctl" --bind "$T/units:/etc/systemd/system" --bind "$T/out:/out"
        [[ ! ${PROBE:-} ]] || printf '%s\n' --bind "$PROBE:/usr/bin/probe"
}

# Boots and returns at once.
launch() {
        local b
        mapfile -t b < <(binds)
        rm -f "$T/pid" # of an earlier one
        "$RIG" boot --timeout 900 --pidfile "$T/pid" "${b[@]}" --env LC_ALL=C.UTF-8 \
                --env "ASAN_OPTIONS=${ASAN_OPTIONS:-}" --env "LSAN_OPTIONS=${LSAN_OPTIONS:-}" --env "UBSAN_OPTIONS=${UBSAN_OPTIONS:-}" \
                ${RIG_OPTIONS:-} "$@" -- "/usr/sbin/${svinit_name:-svinit}" "${svinit_args[@]}" >"$T/console" 2>&1 3>&- &
        rig_pid=$!
        until [[ -s $T/pid ]]; do
                kill -0 "$rig_pid" 2>/dev/null || { wait "$rig_pid"; exit_code=$?; cat "$T/console"; return 1; }
                read -rt 0.01 <> <(:) || true
        done
        init_pid=$(<"$T/pid")
}

boot() {
        launch "$@"
        wait_host test -S "/proc/$init_pid/root/run/systemd/private"
        wait_host boot_is_done
}

# A neighbour that must not notice anything of what a test does. Its unit file may be there already.
boot_beside() {
        [[ -e $T/units/well.service ]] || unit well.service <<<$'[Service]\nExecStart=/bin/sleep infinity'
        enabled well.service
        boot "$@"
        neighbour=$(show well.service MainPID)
        [ "$neighbour" != 0 ]
}

unharmed() {
        [ "$(show well.service ActiveState)/$(show well.service MainPID)/$(show well.service NRestarts)" = "active/$neighbour/0" ]
        answers
}

ends_cleanly() {
        unharmed
        stop
        [ "$exit_code" = 0 ]
}

# A boot that hangs in a job is left "starting".
boot_is_done() {
        [[ $(inside timeout 60 systemctl is-system-running --wait) =~ ^(running|degraded|starting|stopping)$ ]]
}

inside() {
        nsenter -t "$init_pid" -m -u -i -n -p -- "$@"
}

ctl() {
        inside systemctl --no-pager "$@"
}

# The command succeeds and has nothing to say.
silent() {
        local said
        said=$("$@" 2>&1) && [ -z "$said" ]
}

no_zombies() {
        local states
        states=$(inside ps -eo stat=) && [[ $'\n'$states != *$'\n'Z* ]]
}

inside_sh() {
        inside sh -c "$1"
}

# Polls with a short pause and a deadline that no machine needs: the thing waited for is outside svinit's events. The
# pause makes a process of its own, so $! is no longer what it was.
wait_host() {
        local end=$((SECONDS + ${DEADLINE:-120}))
        until "$@" >/dev/null 2>&1; do
                ((SECONDS < end)) || { echo "not within ${DEADLINE:-120} s: $*"; return 1; }
                [[ ! $rig_pid ]] || kill -0 "$rig_pid" 2>/dev/null || { echo "svinit has ended; waited for: $*"; return 1; }
                read -rt 0.02 <> <(:) || true
        done
}

wait_for() {
        wait_host inside "$@"
}

wait_state() {
        wait_host property_is "$1" ActiveState "$2"
}

# PID 1 is not held up: it answers in a time that is far from every timeout of its own.
answers() {
        timeout 20 nsenter -t "$init_pid" -m -u -i -n -p -- systemctl show -p Version >/dev/null
}

# The main process of a service has become that program.
main_is() { # UNIT NAME
        [ "$(inside cat "/proc/$(show "$1" MainPID)/comm")" = "$2" ]
}

show() {
        inside systemctl show -p "$2" --value "$1"
}

property_is() { # UNIT PROPERTY VALUE
        [ "$(show "$1" "$2")" = "$3" ]
}

restarted_once() {
        [ "$(show "$1" NRestarts)/$(show "$1" ActiveState)" = 1/active ]
}

# It runs, and not as that process.
another_pid() { # UNIT PID
        [ "$(show "$1" ActiveState)" = active ] && [ "$(show "$1" MainPID)" != "$2" ]
}

has_ended() { # PID
        ! inside kill -0 "$1"
}

has_lines() { # FILE N
        [ "$(wc -l <"$1")" = "$2" ]
}

states() { # UNIT...
        local u
        for u; do show "$u" ActiveState; done | tr '\n' ' '
}

# What a service has written to its file in /out, and nothing else.
wrote() { # NAME TEXT
        wait_host test -e "$T/out/$1"
        [ "$(cat "$T/out/$1")" = "$2" ] || { cat "$T/out/$1"; return 1; }
}

# A terminal of tmux.
t() {
        tmux -S "$T/tmux" "$@"
}

type_in() {
        t send-keys -l "$1"
        t send-keys Enter
}

run_to_end() { # ARGUMENTS of svinit
        svinit_args=("$@")
        launch
        wait_gone
}

wait_gone() {
        exit_code=0
        wait "$rig_pid" || exit_code=$?
        rig_pid=
}

stop() {
        kill -"${1:-TERM}" "$init_pid"
        wait_gone
}

journal() {
        inside journalctl --no-pager -o cat "$@"
}

journal_has() {
        journal -u "$1" | grep -qF -- "$2"
}

# What was written a moment ago shows when svinit-journald has taken it, each writer's lines in their order.
#   wait_logged PATTERN [what to ask journalctl]
wait_logged() {
        wait_host logged "$@" || { journal "${@:2}" | tail -20; return 1; }
}

logged() {
        journal "${@:2}" | grep -q -- "$1"
}

# A file that is being written may look wrong for a moment.
journal_verifies() {
        wait_host inside journalctl -q --verify || { inside journalctl --verify; return 1; }
}
