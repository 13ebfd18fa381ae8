#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# --strict and Strict=yes: what cannot be applied fails the unit, with the exit code of systemd.exec(5) for it.

load helper

# What Docker's default denies: the setting, and what a strict svinit ends the unit with.
denied='PrivateTmp=yes|226
PrivateNetwork=yes|225
Nice=-5|201
OOMScoreAdjust=-500|206
CPUSchedulingPolicy=fifo|214
LimitMEMLOCK=infinity|205
AmbientCapabilities=CAP_SYS_ADMIN|218
MemoryMax=100M|219
PAMName=login|224'

units() {
        local n=0 setting
        while IFS='|' read -r setting _; do
                n=$((n + 1))
                printf '[Service]\n%s\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/touch /out/ran-%d\n' "$setting" "$n" | unit "u$n.service"
                enabled "u$n.service"
        done <<<"$denied"
}

check_failures() {
        local n=0 code setting
        while IFS='|' read -r setting code; do
                n=$((n + 1))
                echo "$setting: $(show "u$n.service" ActiveState) $(show "u$n.service" ExecMainStatus)"
                [ "$(show "u$n.service" ExecMainStatus)" = "$code" ]
                [ "$(show "u$n.service" ActiveState)" = failed ]
                [ ! -e "$T/out/ran-$n" ]
        done <<<"$denied"
}

@test "--strict: every setting that is denied here fails its unit, with systemd's exit code and the setting's name" {
        units
        svinit_args=(--strict)
        boot --docker
        check_failures
        wait_host grep -q 'u1.service: Failed at step namespace spawning /bin/touch: PrivateTmp=yes: .*, and svinit is strict' "$T/console"
        wait_host grep -q 'u8.service: Failed at step cgroup spawning /bin/touch: MemoryMax=100M: ' "$T/console"
        inside svctl doctor -o json | jq -e '.facts[] | select(.name == "strict") | .value == "yes"'
}

@test "Strict=yes in svinit.conf does the same, also after a reload" {
        units
        mkdir "$T/config"
        boot --docker --bind "$T/config:/etc/svinit"
        [ "$(show u1.service ActiveState)" = active ]
        [ "$(show u8.service ActiveState)" = active ]
        printf '[Manager]\nStrict=yes\n' >"$T/config/svinit.conf"
        ctl daemon-reload
        rm "$T/out"/ran-*
        local n
        for n in {1..9}; do ctl restart "u$n.service" || true; done
        check_failures
}

@test "without it the same units run, and each setting is listed with its reason" {
        units
        boot --docker
        local n
        for n in {1..9}; do
                [ "$(show "u$n.service" ActiveState)" = active ]
                [ -e "$T/out/ran-$n" ]
                inside busctl --address=unix:path=/run/systemd/private get-property org.freedesktop.systemd1 \
                        "/org/freedesktop/systemd1/unit/u${n}_2eservice" org.svinit.Unit NotApplied | grep -q '^as 1 '
        done
}

@test "--strict changes nothing for a unit that gets all that it asks for" {
        unit fenced.service <<<$'[Service]\nPrivateTmp=yes\nNice=5\nLimitNOFILE=512\nExecStart=/bin/sleep infinity'
        enabled fenced.service
        svinit_args=(--strict)
        boot --cgroup hybrid
        [ "$(show fenced.service ActiveState)" = active ]
}
