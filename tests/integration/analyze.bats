#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# How long the boot took: svctl analyze, beside the real systemd-analyze on the same boot.

load helper

# Both print the same; what svctl says about its own picture comes in lines before.
same() {
        run -0 --separate-stderr inside systemd-analyze --no-pager "$@"
        local theirs=$output
        run -0 --separate-stderr inside svctl analyze "$@"
        [ "$output" = "$theirs" ] || { diff <(echo "$theirs") <(echo "$output"); false; }
}

slow_boot() { # UNIT...: these as well
        unit quick.service <<<$'[Service]\nExecStart=/bin/sleep infinity'
        # behind all others, however long these take
        unit slow.service <<<$'[Unit]\nAfter=quick.service bad.service dbus.service\n[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/sleep 0.2'
        unit slower.service <<'U'
[Unit]
After=slow.service
[Service]
Type=notify
NotifyAccess=all
ExecStart=/bin/sh -c 'sleep 0.2; systemd-notify --ready; exec sleep infinity'
[Install]
Alias=another.service
U
        unit bad.service <<<$'[Service]\nExecStart=/bin/false'
        unit worse.service <<<$'[Service]\nType=oneshot\nExecStart=/bin/false'
        enabled quick.service slow.service slower.service bad.service "$@"
        ln -s slower.service "$T/units/another.service"
        boot
}

@test "the boot: time, blame and critical-chain are systemd-analyze's" {
        slow_boot
        same time
        [[ ${lines[0]} =~ ^"Startup finished in "[0-9.a-z\ ]+"s (userspace)" ]]
        [[ ${lines[1]} == "multi-user.target reached after "*" in userspace." ]]
        same blame
        [[ $output == *" slow.service"* && $output != *".target"* ]]

        # behind the two lines that explain the signs
        run -0 inside systemd-analyze --no-pager critical-chain
        local theirs=("${lines[@]:2}")
        run -0 inside svctl analyze critical-chain
        [ "${lines[*]:2}" = "${theirs[*]}" ]
        [[ ${lines[2]} == "multi-user.target @"* ]]
        [[ ${lines[3]} == "└─slower.service @"*" +"* ]]
        [[ ${lines[4]} == "  └─slow.service @"*" +"* ]]
        run -0 inside svctl --no-legend analyze critical-chain another.service quick.service
        [[ ${lines[0]} == "slower.service @"* ]]
        [[ $output == *$'\n\n'"quick.service @"* ]]
        run -0 inside svctl --no-legend analyze critical-chain --fuzz=1h
        [[ $output == *"├─"*"quick.service"* ]]
        run -1 inside svctl analyze critical-chain --fuzz=soon
        [[ $output == *"--fuzz"*"soon"* ]]

        run -0 inside svctl analyze -o json time
        jq -e '.default_target == "multi-user.target" and .userspace_usec >= .default_target_usec and .default_target_usec > 400000' <<<"$output"
        run -0 inside svctl analyze -o json critical-chain another.service quick.service
        jq -e '.[0] | .unit == "slower.service" and .depth == 0 and .at_usec > 0 and .usec > 0' <<<"$output"
        jq -e 'any(.[]; .unit == "quick.service" and .depth == 0) and any(.[]; .unit == "slow.service" and .depth == 1)' <<<"$output"
        run -0 inside svctl analyze -o json unit-paths
        jq -e 'index("/etc/systemd/system")' <<<"$output"
        run -2 inside svctl analyze -o json calendar daily
        [ "$output" = "svctl: analyze calendar: there is no JSON of it" ]
        run -0 inside svctl analyze -o json blame
        jq -e '.[0].usec >= .[1].usec and any(.[]; .unit == "slow.service" and .usec >= 200000)' <<<"$output"
}

@test "the boot as a picture is valid XML with a bar for each unit; so is systemd-analyze's" {
        slow_boot worse.service
        inside svctl analyze plot >"$T/boot.svg"
        python3 - "$T/boot.svg" <<'P'
import sys, xml.etree.ElementTree as tree
svg = tree.parse(sys.argv[1]).getroot()
ns = "{http://www.w3.org/2000/svg}"
assert svg.tag == ns + "svg"
width, height = float(svg.get("width")), float(svg.get("height"))
bars = {}
for group in svg.iter(ns + "g"):
    name = group.find(ns + "text").text
    bars[name] = {r.get("class"): (float(r.get("x")), float(r.get("width"))) for r in group.iter(ns + "rect")}
    for r in group.iter(ns + "rect"):
        assert 0 <= float(r.get("x")) and float(r.get("x")) + float(r.get("width")) <= width, name
        assert 0 <= float(r.get("y")) <= height - 14, name
for unit in ("slow.service", "slower.service", "quick.service", "multi-user.target"):
    assert "starting" in bars[unit] and "up" in bars[unit], unit
assert bars["bad.service"]["failed"][0] >= bars["bad.service"]["starting"][0]
assert list(bars["worse.service"]) == ["failed"], bars["worse.service"]
slow, slower = bars["slow.service"]["starting"], bars["slower.service"]["starting"]
assert slow[1] > 2 and slower[0] >= slow[0] + slow[1] - 0.2, (slow, slower)
bold = [t.text for t in svg.iter(ns + "text") if t.get("class") == "critical"]
assert "slow.service" in bold and "slower.service" in bold, bold
assert not {"quick.service", "bad.service"} <= set(bold), bold  # side by side: all cannot have waited for both
P
        inside systemd-analyze plot >"$T/theirs.svg"
        python3 -c 'import sys, xml.etree.ElementTree as t; t.parse(sys.argv[1])' "$T/theirs.svg"
        grep -q "slower.service" "$T/theirs.svg"

        # what else the real one asks the manager
        same dump
        [[ $output == *"slower.service"* ]]
        same dump 'slow*'
        [[ $output != *"quick.service"* ]]
        run -0 --separate-stderr inside systemd-analyze dot quick.service
        [[ $output == *'"quick.service"->"basic.target"'* ]]
        [ "$(inside systemd-analyze log-level)" = info ]
        inside systemd-analyze log-level debug
        [ "$(inside systemd-analyze log-level)" = debug ]
        inside systemd-analyze log-level info
        [ "$(inside systemd-analyze service-watchdogs)" = yes ]
        run -0 inside systemd-analyze --no-pager security quick.service
        [[ $output == *"Overall exposure level for quick.service"* ]]
        run -0 inside svctl analyze security quick.service
        [[ $output == *"quick.service: exposure 9."*" of 10, wide open."* ]]
        run -0 inside svctl --no-legend analyze security
        [[ $output =~ quick.service\ +9\.[0-9]\ wide\ open ]]
        inside systemd-run -q --unit=shut -p NoNewPrivileges=yes -p User=nobody -p CapabilityBoundingSet= sleep 1000
        run -0 inside svctl -o json analyze security shut.service
        jq -e 'map(select(.setting == "NoNewPrivileges" or .setting == "User" or .setting == "CapabilityBoundingSet")) |
                length == 12 and all(.state == "closed")' <<<"$output"
        jq -e 'any(.setting == "ProtectSystem" and .state == "open")' <<<"$output"
        run -1 inside svctl analyze security basic.target
        run -0 inside systemd-analyze unit-paths
        [[ $output == *"/etc/systemd/system"* ]]

        # and what needs none
        same capability
        same capability cap_kill 7
        same exit-status
        run -12 inside svctl analyze compare-versions 1.9 1.10
        [ "$output" = "$(inside systemd-analyze compare-versions 1.9 1.10)" ]
        run -1 inside svctl analyze compare-versions 1.9 gt 1.10
        mkdir -p "$T/out/root"/{etc,run,usr/lib}/svinit/x.conf.d
        echo main >"$T/out/root/usr/lib/svinit/x.conf"
        for place in etc run usr/lib; do echo "a of $place" >"$T/out/root/$place/svinit/x.conf.d/10-a.conf"; done
        echo b >"$T/out/root/usr/lib/svinit/x.conf.d/20-b.conf"
        ln -s /dev/null "$T/out/root/run/svinit/x.conf.d/20-b.conf"
        echo c >"$T/out/root/usr/lib/svinit/x.conf.d/05-c.conf"
        run -0 inside svctl --root=/out/root analyze cat-config svinit/x.conf
        [ "$output" = "$(printf '%s\n' '# /out/root/usr/lib/svinit/x.conf' main '' '# /out/root/usr/lib/svinit/x.conf.d/05-c.conf' c '' \
                '# /out/root/etc/svinit/x.conf.d/10-a.conf' 'a of etc')" ]
        run -0 inside systemd-analyze --no-pager syscall-filter @clock @mount
        local theirs
        theirs=$(grep -v '^ *#' <<<"$output")
        run -0 inside svctl analyze syscall-filter @clock mount
        [ "$output" = "$theirs" ]
}

@test "what the boot took is not told before it is over" {
        unit hang.service <<<$'[Service]\nType=oneshot\nTimeoutStartSec=infinity\nExecStart=/bin/sleep infinity'
        enabled hang.service
        launch
        wait_host test -S "/proc/$init_pid/root/run/systemd/private"
        wait_state hang.service activating
        for check in time blame critical-chain plot; do
                run -1 inside svctl analyze "$check"
                [[ $output == *"the boot is not over"* ]]
        done
}
