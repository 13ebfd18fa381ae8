#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# polkit says who else may do what: Debian's polkitd, started by the bus as a unit of svinit when it is first asked.

load helper

nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups)

action() {
        printf '<action id="org.freedesktop.systemd1.%s"><defaults><allow_any>%s</allow_any></defaults></action>\n' "$1" "$2"
}

polkit_boot() {
        mkdir "$T/actions" "$T/rules" "$T/none"
        {
                echo '<!DOCTYPE policyconfig PUBLIC "-//freedesktop//DTD PolicyKit Policy Configuration 1.0//EN" "http://www.freedesktop.org/standards/PolicyKit/1/policyconfig.dtd"><policyconfig>'
                action manage-units no
                action reload-daemon auth_admin
                action manage-unit-files no
                echo '</policyconfig>'
        } >"$T/actions/test.policy"
        cat >"$T/rules/10-test.rules" <<'E'
polkit.addRule(function(action, subject) {
        if (subject.user != "nobody" || action.id != "org.freedesktop.systemd1.manage-units")
                return undefined;
        if (action.lookup("unit") == "a.service" && ["start", "restart"].indexOf(action.lookup("verb")) >= 0)
                return polkit.Result.YES;
        return undefined;
});
E
        unit a.service <<<$'[Service]\nExecStart=/bin/sleep infinity'
        unit b.service <<<$'[Service]\nExecStart=/bin/sleep infinity'
        ln -s a.service "$T/units/other-name.service"
        enabled dbus.service
        # The bus lets everything through: only svinit and polkit stand before what is done.
        mkdir "$T/policy"
        echo '<busconfig><policy context="default"><allow send_destination="org.freedesktop.systemd1"/></policy></busconfig>' >"$T/policy/test.conf"
        boot --bind "$T/policy:/etc/dbus-1/system.d" --bind "$T/actions:/usr/share/polkit-1/actions" --bind "$T/rules:/etc/polkit-1/rules.d" --bind "$T/none:/usr/share/polkit-1/rules.d" "$@"
        wait_for busctl --system call org.freedesktop.systemd1 /org/freedesktop/systemd1 org.freedesktop.DBus.Peer Ping
}

as_nobody() {
        inside "${nobody[@]}" "$@"
}

call() {
        as_nobody busctl --system --timeout=100 call org.freedesktop.systemd1 /org/freedesktop/systemd1 org.freedesktop.systemd1.Manager "$@"
}

main_pid() {
        show "$1" MainPID
}

has_new_main() {
        local now
        now=$(main_pid "$1")
        [[ $now != 0 && $now != "$2" && $(show "$1" ActiveState) == active ]]
}

@test "polkit's rules decide by unit and verb, and by nothing else" {
        local before
        polkit_boot
        as_nobody timeout 60 systemctl --no-ask-password start other-name.service
        [[ $(show polkit.service ActiveState) == active ]]
        [[ $(show a.service ActiveState) == active ]]
        before=$(main_pid a.service)
        call EnqueueUnitJob sss a.service restart replace
        wait_host has_new_main a.service "$before"
        before=$(main_pid a.service)
        run -4 as_nobody timeout 60 systemctl --no-ask-password start b.service
        run -4 as_nobody timeout 60 systemctl --no-ask-password stop a.service
        run ! as_nobody timeout 60 systemctl --no-ask-password kill a.service
        run -1 as_nobody timeout 60 systemctl --no-ask-password daemon-reload
        [[ $output == *"dialogue"* ]]
        run ! call Exit # never polkit's to give
        [[ $output == *"denied"* ]]
        run ! call MaskUnitFiles asbb 1 a.service false false
        [[ $output == *"denied"* ]]
        run ! call EnqueueUnitJob ss a.service restart # it may, but not so
        [[ $output == *"takes arguments"* ]]
        [[ $(show a.service ActiveState) == active && $(show b.service ActiveState) == inactive && $(main_pid a.service) == "$before" ]]
}

refused_for_number() {
        (($(grep -l 'too much at a time' "$T"/out/call.* | wc -l) == 4))
}

@test "a polkit that is silent holds up nobody, and who leaves has asked for nothing" {
        local i pids=()
        polkit_boot
        call StartUnit ss a.service replace
        ctl stop a.service
        inside systemctl kill --kill-whom=main -s STOP polkit.service
        for i in $(seq 20); do
                nsenter -t "$init_pid" -m -u -i -n -p -- "${nobody[@]}" busctl --system --timeout=100 call org.freedesktop.systemd1 \
                        /org/freedesktop/systemd1 org.freedesktop.systemd1.Manager StartUnit ss a.service replace >"$T/out/call.$i" 2>&1 3>&- &
                pids+=($!)
        done
        wait_host refused_for_number # 16 of one user wait, the others are refused
        answers
        inside env SYSTEMCTL_FORCE_BUS=1 timeout 20 systemctl start b.service
        [[ $(show b.service ActiveState) == active ]]
        inside_sh 'kill -KILL $(pgrep -u 65534 -x busctl)'
        wait "${pids[@]}" || true
        # Their places are free again.
        call StopUnit ss b.service replace >"$T/out/last" 2>&1 3>&- &
        pids=($!)
        inside systemctl kill --kill-whom=main -s CONT polkit.service
        wait "${pids[@]}" && false
        grep -q denied "$T/out/last"
        [[ $(show a.service ActiveState) == inactive && $(show b.service ActiveState) == active ]]
}
