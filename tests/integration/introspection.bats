#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# What a running svinit says about its objects is what systemd 252 says about its own: tests/introspection.

load helper

compare=$BATS_TEST_DIRNAME/../introspection/compare
members=$BATS_TEST_DIRNAME/../introspection/systemd-252.members
differences=$BATS_TEST_DIRNAME/../introspection/systemd-252.differences

# An object of each interface; the units need not exist: asking loads them.
objects() {
        cat <<'X'
Manager /org/freedesktop/systemd1
LogControl1 /org/freedesktop/LogControl1
Unit /org/freedesktop/systemd1/unit/a_2eservice
Service /org/freedesktop/systemd1/unit/a_2eservice
Socket /org/freedesktop/systemd1/unit/a_2esocket
Target /org/freedesktop/systemd1/unit/a_2etarget
Device /org/freedesktop/systemd1/unit/a_2edevice
Mount /org/freedesktop/systemd1/unit/a_2emount
Automount /org/freedesktop/systemd1/unit/a_2eautomount
Timer /org/freedesktop/systemd1/unit/a_2etimer
Swap /org/freedesktop/systemd1/unit/a_2eswap
Path /org/freedesktop/systemd1/unit/a_2epath
Slice /org/freedesktop/systemd1/unit/a_2eslice
Scope /org/freedesktop/systemd1/unit/a_2escope
X
}

introspected() { # PATH: the XML
        inside busctl --address=unix:path=/run/systemd/private --xml-interface introspect org.freedesktop.systemd1 "$1"
}

@test "the table of systemd's members is what its manual pages say" {
        local pages=(/usr/share/man/man5/org.freedesktop.{systemd1,LogControl1}.5.gz)
        [[ -e ${pages[0]} && -e ${pages[1]} ]] || skip "systemd's manual pages are not installed"
        "$compare" members "${pages[@]}" >"$T/members"
        diff "$T/members" <(grep -v '^#' "$members")
}

@test "a difference does not stay unseen" {
        printf '<node><interface name="org.freedesktop.LogControl1"><property name="LogLevel" type="s" access="read"/></interface></node>' >"$T/xml"
        run -1 "$compare" diff "$members" /dev/null LogControl1="$T/xml"
        [[ ${lines[1]} =~ ^LogControl1\ +3\ +2\ +1\ +0$ ]]
        [[ ${lines[2]} == "LogControl1.LogLevel: systemd has: property LogLevel s readwrite false -; here: property LogLevel s read true -" ]]
        [[ ${lines[3]} == "LogControl1.LogTarget: systemd has: "*"; here: None" ]]
        printf 'Target\tNothing\tmissing\tno reason\n' >"$T/differences"
        echo '<node><interface name="org.freedesktop.systemd1.Target"/></node>' >"$T/xml"
        run -1 "$compare" diff "$members" "$T/differences" Target="$T/xml"
        [[ $output == *"Target.Nothing: not different, but listed so"* ]]
}

@test "every interface has systemd's members, with their types, access, signals and names of arguments" {
        local interface path job pairs=()
        unit hang.service <<<$'[Service]\nType=notify\nExecStart=/bin/sleep infinity\nTimeoutStartSec=infinity'
        boot
        ctl start --no-block hang.service
        job=$(show hang.service Job)
        while read -r interface path; do
                introspected "$path" </dev/null >"$T/$interface.xml"
                grep -q "<interface name=\"org.freedesktop.*$interface\">" "$T/$interface.xml"
                pairs+=("$interface=$T/$interface.xml")
        done < <(objects; echo "Job /org/freedesktop/systemd1/job/$job")
        "$compare" diff "$members" "$differences" "${pairs[@]}" | sed 's/^/# /' >&3
        ((PIPESTATUS[0] == 0))
}
