#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# Memory refused in PID 1: the operation fails with a word, the next try succeeds, nothing that runs is lost.
# $FAULT is tests/tools/fault.c as a library, $FAULT_DRIVE the program that leads svinit through its cases.

load helper

setup_units() {
        unit well.service <<<$'[Service]\nExecStart=/bin/sleep infinity'
        unit plain.service <<<$'[Unit]\nStartLimitIntervalSec=0\n[Service]\nType=exec\nExecStart=/bin/sleep infinity\nExecReload=/bin/true\n[Install]\nWantedBy=some.target'
        unit some.target <<<$'[Unit]\nWants=plain.service well.service\nAfter=plain.service'
        unit needed.service <<<$'[Unit]\nStartLimitIntervalSec=0\n[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/true'
        unit rich.service <<'U'
[Unit]
Description=all that a start may need
Requires=needed.service
StartLimitIntervalSec=0
After=needed.service
ConditionPathExists=/etc/passwd
[Service]
Type=notify
NotifyAccess=all
User=daemon
SupplementaryGroups=games
Environment=A=1 B=2
EnvironmentFile=-/etc/os-release
PassEnvironment=PATH
RuntimeDirectory=rich
StateDirectory=rich
SetCredential=word:secret
SystemCallFilter=~@reboot
NoNewPrivileges=yes
LimitNOFILE=1000
PrivateTmp=yes
ProtectSystem=yes
ExecStartPre=/bin/true
ExecStart=/usr/bin/probe notify READY=1
ExecStartPost=/bin/true
ExecStop=/bin/true
U
        unit echo.socket <<<$'[Socket]\nListenStream=/run/echo\nTriggerLimitIntervalSec=0'
        unit echo.service <<<$'[Unit]\nStartLimitIntervalSec=0\n[Service]\nExecStart=/usr/bin/probe serve'
        unit each.socket <<<$'[Socket]\nListenStream=/run/each\nAccept=yes\nTriggerLimitIntervalSec=0'
        unit each@.service <<<$'[Unit]\nStartLimitIntervalSec=0\n[Service]\nExecStart=/bin/head -n1\nStandardInput=socket'
        unit tick.timer <<<$'[Timer]\nOnActiveSec=1ms\nAccuracySec=1us'
        unit tick.service <<<$'[Unit]\nStartLimitIntervalSec=0\n[Service]\nType=oneshot\nExecStart=/bin/touch /out/ticked'
        unit store.service <<<$'[Unit]\nStartLimitIntervalSec=0\n[Service]\nType=exec\nNotifyAccess=all\nFileDescriptorStoreMax=4\nExecStart=/usr/bin/probe store it /out/stored'
        unit crash.service <<<$'[Unit]\nStartLimitIntervalSec=0\n[Service]\nType=exec\nRestart=always\nRestartSec=1ms\nExecStart=/bin/sh -c "echo $$$$ >/out/crash.pid; exec sleep infinity"'
        unit changing.service <<<$'[Unit]\nDescription=edition 0\n[Service]\nExecStart=/bin/sleep infinity'
        unit loaded@.service <<<$'[Service]\nExecStart=/bin/true'
        [[ -e $T/units/multi-user.target.wants ]] || enabled well.service
}

# svinit with the faults, which wait if they are not armed.
boot_faulty() {
        setup_units
        [[ -e $T/out/faults ]] || truncate -s 4096 "$T/out/faults"
        rm -f "$T/pid"
        launch --bind "$FAULT:/usr/lib/fault.so" --bind "$FAULT_DRIVE:/usr/bin/fault-drive" --env LD_PRELOAD=/usr/lib/fault.so "$@"
}

drive() {
        inside fault-drive "$@"
}

arm() {
        FAULT_FILE=$T/out/faults "$FAULT_DRIVE" arm "$@"
}

is_up() {
        wait_host test -S "/proc/$init_pid/root/run/systemd/private"
        inside timeout 60 systemctl is-system-running --wait >/dev/null || true
}

up_or_gone() {
        local end=$((SECONDS + 120))
        while kill -0 "$rig_pid" 2>/dev/null; do
                case $(timeout 5 nsenter -t "$init_pid" -m -u -i -n -p -- systemctl is-system-running 2>/dev/null) in
                running | degraded) return 0 ;;
                esac
                ((SECONDS < end))
                read -rt 0.02 <> <(:) || true
        done
        wait_gone
}

@test "one allocation fails during the boot: it comes up, or ends with 125 and says why" {
        local n ups=0 ends=0
        for ((n = 1; n < 30000; n = n * 3 / 2 + 1)); do
                truncate -s 4096 "$T/out/faults"
                arm "$n" 1
                boot_faulty
                echo "allocation $n"
                up_or_gone
                if [[ ! $rig_pid ]]; then
                        [ "$exit_code" = 125 ]
                        grep -q '^svinit.* memory' "$T/console"
                        ends=$((ends + 1))
                        continue
                fi
                ups=$((ups + 1))
                [[ $(FAULT_FILE=$T/out/faults "$FAULT_DRIVE" seen) != *" 0" ]] || n=30000
                arm 0 0
                run -0 ctl start well.service
                stop
                [ "$exit_code" = 0 ]
        done
        echo "$ups came up, $ends did not"
        ((ups > 4 && ends > 4))
}

@test "one allocation fails during the shutdown, then all: it ends in order, with its exit code" {
        local n
        for n in 1 2 3 5 8 13 21 34 55 89 144 233 377 "1 1000000"; do
                boot_faulty --env SVINIT_STOP_BUDGET=4s
                is_up
                [[ $n == *" "* ]] || n="$n 1"
                arm $n
                echo "allocation $n"
                begin=$SECONDS
                stop
                arm 0 0
                [ "$exit_code" = 0 ]
                ((SECONDS - begin < 30)) # and not 90
        done
}

@test "one allocation fails in all that clients do: it is told or made good, the next try succeeds, nothing is lost" {
        boot_faulty
        is_up
        drive >"$T/driven" || { tail -20 "$T/driven"; return 1; }
        stop
        [ "$exit_code" = 0 ]
}
