#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# svctl has all verbs and options of systemctl, systemd-run and systemd-analyze: those that their own help names.

load helper

svctl=$STAGE/usr/bin/svctl

knows_option() { # OPTION VERB...: any answer but that there is none
        ! "$svctl" "${@:2}" "$1" --help 2>&1 >/dev/null | grep -q "there is no option\|invalid option\|unrecognized"
}

# Options as a help text names them, with a value where they want one.
options_of() {
        sed -n '/^Options:/,$p' | grep -oE '^ +(-[a-zA-Z] )?--[a-z-]+=?|^ +-[a-zA-Z]( |$)' | tr -s ' ' '\n' | sed '/^$/d; s/=$/=yes/'
}

@test "each verb and each option that systemctl names is known; so with systemd-run and systemd-analyze" {
        local word missing=() n=0
        while read -r word; do
                ((++n))
                "$svctl" complete -- "$word" | cut -f1 | grep -qxF -- "$word" || missing+=("$word")
        done < <(systemctl --help | sed '/^Options:/,$d' | grep -oE '^  [a-z][a-z-]*')
        [ "$n" -ge 60 ]
        n=0
        while read -r word; do
                ((++n))
                [[ $word != -[HMtpPsno] ]] || word+=x
                knows_option "$word" || missing+=("$word")
        done < <(systemctl --help | options_of)
        [ "$n" -ge 60 ]
        n=0
        while read -r word; do
                ((++n))
                [[ $word =~ ^--(help|version|user|host|machine)(=|$) || $word == -* && $word != --* ]] ||
                        "$svctl" complete -- run "${word%=*}" | grep -q "^${word%=*}" || missing+=("run $word")
        done < <(systemd-run --help | sed 's/^.* Options:/Options:/; s/^  /Options:\n  /' | options_of)
        [ "$n" -ge 30 ]
        n=0
        while read -r word; do
                ((++n))
                "$svctl" complete -- analyze "$word" | cut -f1 | grep -qxF -- "$word" || missing+=("analyze $word")
        done < <(systemd-analyze --help | sed -n '/^Commands:/,/^Options:/p' | sed 's/\[time\]/time/' | grep -oE '^  [a-z][a-z-]*')
        [ "$n" -ge 15 ]
        [ "${missing[*]}" = "" ] || { printf 'missing: %s\n' "${missing[@]}"; false; }
}

@test "VERB --help: its own options first, of two with one letter its own; nothing else of the help" {
        local verb n=0
        while read -r verb; do
                run -0 "$svctl" "$verb" --help
                [[ ${lines[0]} == "svctl [OPTIONS] $verb"* && ${#lines[@]} -lt 80 ]] || { echo "$verb: $output"; return 1; }
                # What is completed is what is said of it.
                diff <("$svctl" complete -- "$verb" -- | cut -f1 | sed 's/=$//' | sort -u) \
                        <(grep -oE '^ +(-[a-zA-Z], )?--[a-z-]+' <<<"$output" | grep -oE -- '--.*' | sort -u) || { echo "of $verb"; return 1; }
                n=$((n + 1))
        done < <("$svctl" --help | sed '/^Options:/,$d' | grep -oE '^  [a-z][a-z-]*')
        [ "$n" -ge 90 ]
        [ "$("$svctl" kill --help | sed -n '/^Options:/,/^$/p')" = "Options:
  -s, --signal=SIGNAL                  kill: which signal (TERM)
      --kill-whom=WHOM                 kill: all, main or control" ]
        run -0 "$svctl" top -h
        [[ $output == *"  -r, --reverse  "* && $output != *"-r, --recursive"* ]]
        run -0 "$svctl" run --help
        [[ $output == "svctl [OPTIONS] run [OPTIONS] COMMAND..."*"--slice-inherit"* ]]
        # Each verb's options stand under one heading.
        [ "$("$svctl" --help | grep '^Options of' | sort | uniq -d)" = "" ]
}

@test "what a container cannot do is refused by name; what systemctl takes is taken" {
        local verb
        for verb in kexec suspend hibernate hybrid-sleep suspend-then-hibernate "switch-root /"; do
                run -1 "$svctl" $verb
                [[ $output == "svctl: ${verb%% *}: a container cannot do that: "* ]]
        done
        run -1 "$svctl" reboot --firmware-setup
        [[ $output == *"--firmware-setup"*"no firmware"* ]]
        run -2 "$svctl" restart
        run -2 "$svctl" reload-or-restart
        run -1 "$svctl" --timestamp=soon status
        [[ $output == *"--timestamp: 'soon'"* ]]
}

started_again() { # INVOCATION
        [ "$(show short.service InvocationID)" != "$1" ]
}

@test "waiting, marks, dependencies, processes, jobs, points in time" {
        unit a.service <<<$'[Unit]\nWants=b.service\nDocumentation=https://a.example/ man:nothing-of-the-kind(1)\n[Service]\nExecStart=/bin/sleep infinity\nExecReload=/bin/true'
        unit b.service <<<$'[Unit]\nWants=c.service\n[Service]\nExecStart=/bin/sleep infinity'
        unit c.service <<<$'[Service]\nExecStart=/bin/sleep infinity'
        unit short.service <<<$'[Service]\nExecStart=/bin/sleep 0.1'
        unit bad.service <<<$'[Service]\nExecStart=/bin/sh -c "sleep 0.1; exit 3"'
        unit hang.service <<<$'[Service]\nType=notify\nTimeoutStartSec=infinity\nExecStart=/bin/sleep infinity'
        unit x.slice <<<'[Slice]'
        unit in.service <<<$'[Service]\nType=oneshot\nSlice=x.slice\nExecStart=/usr/bin/svctl run --quiet --slice-inherit --slice=y --unit=inner --remain-after-exit true'
        boot
        inside svctl start a.service

        # --wait: until they are down, with what became of them
        inside svctl start --wait short.service
        [ "$(show short.service ActiveState)" = inactive ]
        run -1 inside svctl restart --wait bad.service short.service
        [ "$(show bad.service ActiveState)" = failed ]
        run -1 inside svctl is-system-running --wait
        [ "$output" = degraded ]
        inside svctl reset-failed

        # marks
        local pid
        pid=$(show b.service MainPID)
        inside systemctl set-property b.service Markers=needs-restart
        inside svctl reload-or-restart --marked
        [ "$(show b.service MainPID)" != "$pid" ]
        run -2 inside svctl restart --marked

        # what is pulled in, what a process belongs to
        run -0 inside svctl --plain --no-legend list-units --with-dependencies a.service
        [[ $output == *a.service*b.service*c.service* ]]
        run -0 inside svctl --no-legend list-unit-files --with-dependencies b.service
        [[ $output == *b.service*c.service* && $output != *a.service* ]]
        [ "$(inside svctl --no-legend list-unit-files | wc -l)" -gt 20 ]
        [ "$(inside svctl --no-legend list-unit-files --with-dependencies | wc -l)" -gt 20 ]
        run -0 inside svctl cat --with-dependencies b.service
        [[ $output == *"/b.service"*"/c.service"* ]]
        run -0 inside svctl status "$(show c.service MainPID)"
        [[ $output == *"c.service"* ]]
        run -1 inside svctl help a.service
        [[ $output == *"https://a.example/"* ]]

        # jobs
        inside svctl start --no-block hang.service
        wait_state hang.service activating
        run -0 inside svctl --no-legend list-jobs 'hang*'
        [[ $output =~ ^\ *([0-9]+)\ +hang.service\ +start\ +running ]]
        run -0 inside svctl show "${BASH_REMATCH[1]}" -p JobType --value
        [ "$output" = start ]
        silent inside svctl --no-legend list-jobs 'none*'
        inside svctl stop hang.service

        # -P, --legend=, --timestamp=
        [ "$(inside svctl show -P Id a.service)" = a.service ]
        run -0 inside svctl --legend=no list-units a.service
        [[ $output != *UNIT* ]]
        run -0 inside svctl show --timestamp=unix -P ActiveEnterTimestamp a.service
        [[ $output =~ ^@[0-9]{10}$ ]]
        run -0 inside svctl show --timestamp=us+utc -P ActiveEnterTimestamp a.service
        [[ $output =~ \.[0-9]{6}\ UTC$ ]]
        for style in pretty unix us utc us+utc; do
                run -0 inside systemctl show --timestamp="$style" -P ActiveEnterTimestamp a.service
                local theirs=$output
                run -0 inside svctl show --timestamp="$style" -P ActiveEnterTimestamp a.service
                [ "$output" = "$theirs" ]
        done

        # run: in the slice of the caller; a timer for a unit that is there
        inside svctl start in.service
        [ "$(show inner.service Slice)" = x-y.slice ]
        local before
        before=$(show short.service InvocationID)
        inside svctl run --quiet --on-active=100ms --timer-property=AccuracySec=1ms --unit=short.service
        wait_host started_again "$before"

        # the manager of a user, by its directory and no other way
        inside_sh 'mkdir /out/mine && ln -s /run/systemd /out/mine/systemd'
        [ "$(inside env XDG_RUNTIME_DIR=/out/mine svctl --user is-active a.service)" = active ]
        run -1 inside env XDG_RUNTIME_DIR=/out/none svctl --user start a.service
        [[ $output == *"/out/none/systemd/private"* ]]

        # dry runs do nothing; the targets of systemctl's verbs are entered
        run -0 inside svctl poweroff --dry-run
        [[ $output == *"poweroff.target"* ]]
        inside svctl rescue
        wait_state a.service inactive
        inside svctl default
        [ "$(show multi-user.target ActiveState)" = active ]
}
