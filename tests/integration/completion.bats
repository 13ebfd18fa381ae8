#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# The completions of bash, zsh and fish, in the real shells.

load helper


# What bash offers for the line as it is typed, the cursor at its end.
in_bash() {
        inside bash --norc --noprofile -c '
                . /out/bash
                COMP_LINE=$1 COMP_POINT=${#1} COMP_TYPE=9
                # as bash does it: = and : are words of their own
                mapfile -t COMP_WORDS < <(grep -oE "[=:]|[^=: ]+" <<<"$1")
                [[ $1 != *" " ]] || COMP_WORDS+=("")
                COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
                compopt() { echo "compopt $*" >&2; }
                _svctl
                printf "%s\n" "${COMPREPLY[@]}"' bash "$1"
}

in_fish() {
        inside env HOME=/out fish --no-config -c 'source /out/fish; complete --do-complete=$argv[1]' "$1" | cut -f1
}

# zsh tells its completions only to a terminal: compadd is caught instead.
in_zsh() {
        inside zsh -f -c '
                words=(${(z)1}) PREFIX=
                if [[ $1 == *" " ]]; then words+=(""); fi
                CURRENT=$#words PREFIX=$words[-1]
                compadd() { local -a w; w=(${(P)@[-1]}); if (( $#w )); then print -l -- $w; fi }
                . /out/zsh || true' zsh "$1"
}

offers() { # LINE WORD...: the same of all three
        local shell line=$1
        shift
        for shell in in_bash in_fish in_zsh; do
                run -0 --separate-stderr "$shell" "$line"
                [ "$(sort <<<"$output")" = "$(printf '%s\n' "$@" | sort)" ] ||
                        { printf '%s, "%s": %s\nnot: %s\n' "$shell" "$line" "$output" "$*"; return 1; }
        done
}

@test "verbs, options, choices, units by what can be done to them, settings: the same in all shells" {
        unit up-a.service <<<$'[Service]\nExecStart=/bin/sleep infinity\nExecReload=/bin/true\n[Install]\nWantedBy=multi-user.target'
        unit up-b.service <<<$'[Service]\nExecStart=/bin/sleep infinity'
        unit up-bad.service <<<$'[Service]\nExecStart=/bin/false'
        unit 'up-at@.service' <<<$'[Service]\nExecStart=/bin/sleep infinity\n[Install]\nWantedBy=multi-user.target'
        enabled up-a.service up-b.service up-bad.service
        unit up-masked.service </dev/null
        cp "$BATS_TEST_DIRNAME/../../contrib/completion/svctl" "$T/out/bash"
        cp "$BATS_TEST_DIRNAME/../../contrib/completion/_svctl" "$T/out/zsh"
        cp "$BATS_TEST_DIRNAME/../../contrib/completion/svctl.fish" "$T/out/fish"
        boot
        wait_state up-bad.service failed

        offers "svctl is-a" is-active
        offers "svctl list-unit" list-units list-unit-files
        offers "svctl stop up-" up-a.service up-b.service
        offers "svctl start up-" up-bad.service
        offers "svctl reload up-" up-a.service
        offers "svctl reset-failed up-" up-bad.service
        offers "svctl cat up-" up-a.service up-b.service up-bad.service up-masked.service
        offers "svctl unmask up-" up-masked.service
        offers "svctl disable up-" up-a.service up-b.service up-bad.service
        offers "svctl enable up-" "up-at@.service"
        offers "svctl analyze crit" critical-chain
        offers "svctl set-property up-a.service MemoryMi" MemoryMin=
        offers "svctl --no-block kill -s SIGTE" SIGTERM
        offers "svctl start --job-mode repl" replace replace-irreversibly
        offers "svctl --job-mod" --job-mode=
        offers "svctl log-level not" notice
        offers "svctl show -p ActiveSt up-a.service -p NRest" NRestarts
        offers "svctl show up-a.service -p NRest" NRestarts
        offers "svctl link /etc/hostn" /etc/hostname
        offers "svctl run --on-cal" --on-calendar=
        offers "svctl run --max-output-a" --max-output-action=
        offers "svctl generate wo" worker
        offers "svctl moni" monit
        offers "svctl run --collect systemd-es" systemd-escape
        offers "svctl frobnicate a"

        # behind the = bash wants only the rest, the others the whole word
        run -0 in_bash "svctl top --sort=m"
        [ "$output" = memory ]
        run -0 in_bash "svctl top --sort="
        [ "$output" = $'cpu\nmemory\ntasks\nio\nname' ]
        run -0 in_fish "svctl top --sort=m"
        [ "$output" = --sort=memory ]
        run -0 in_zsh "svctl top --sort=m"
        [ "$output" = --sort=memory ]
        # and goes on without a blank behind what is not yet whole
        run -0 in_bash "svctl --job-mod"
        [[ $output == *"compopt -o nospace"* ]]

        # descriptions, where a shell shows them
        run -0 inside env HOME=/out fish --no-config -c 'source /out/fish; complete --do-complete="svctl is-act"'
        [ "$output" = $'is-active\tIs one of the units active?' ]

        # typed at real prompts
        mkdir "$T/out/functions"
        cp "$T/out/zsh" "$T/out/functions/_svctl"
        inside python3 - <<'P'
import os, pty, select, sys, time
def typed(shell, setup, line, wanted):
    pid, fd = pty.fork()
    if pid == 0:
        os.execvpe(shell[0], shell, dict(os.environ, HOME="/out", TERM="dumb", HISTFILE="/dev/null"))
    seen, end = b"", time.monotonic() + 60
    def until(what):
        nonlocal seen
        while what not in seen:
            left = end - time.monotonic()
            if left <= 0 or not select.select([fd], [], [], left)[0]:
                sys.exit("%s: no %r in %r" % (shell[0], what, seen))
            seen += os.read(fd, 4096)
        seen = seen.split(what, 1)[1]
    os.write(fd, setup.encode() + b"\recho r''eady\r")
    until(b"\r\nready")
    os.write(fd, line.encode() + b"\t")
    until(wanted)
    os.close(fd)
    os.waitpid(pid, 0)
typed(["bash", "--norc", "--noprofile", "-i"], ". /out/bash", "svctl is-act", b"svctl is-active ")
typed(["bash", "--norc", "--noprofile", "-i"], ". /out/bash", "svctl start --job-mode=isol", b"--job-mode=isolate ")
typed(["zsh", "-f", "-i"], "fpath=(/out/functions $fpath); autoload -Uz compinit; compinit -u -D", "svctl is-act", b"svctl is-active ")
typed(["zsh", "-f", "-i"], "fpath=(/out/functions $fpath); autoload -Uz compinit; compinit -u -D", "svctl stop up-b", b"up-b.service ")
P

        # a manager that is not there leaves what is on disk
        run -0 inside env SYSTEMD_OFFLINE=1 svctl complete -- start up-
        [ "$output" = $'up-a.service\nup-b.service\nup-bad.service' ]
}
