#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What comes into the journal, whichever way, and what is known about who has sent it.

load helper

# The value of a field in the entry with that message.
field() { # MESSAGE FIELD
        journal MESSAGE="$1" -n 1 -o json | jq -r ".\"$2\""
}

has_message() {
        [[ $(journal MESSAGE="$1") ]]
}

# FIELD VALUE MESSAGE...
all_have() {
        local m
        for m in "${@:3}"; do
                [ "$(field "$m" "$1")" = "$2" ] || { echo "$m: $1 is $(field "$m" "$1"), not $2"; return 1; }
        done
}

@test "each message says who sent it, in whatever way it came" {
        unit who.service <<'E'
[Service]
User=daemon
Slice=some.slice
StandardError=inherit
SyslogIdentifier=tag
ExecStart=/bin/bash -c 'echo by pipe; echo again >/dev/stdout; echo and again >/dev/stderr; (echo by syslog; sleep inf) | logger & (echo by stream; sleep inf) | systemd-cat -t cat & sleep inf'
E
        boot
        ctl start who.service
        local ways=("by pipe" again "and again" "by syslog" "by stream") m
        for m in "${ways[@]}"; do wait_host has_message "$m"; done
        all_have _PID "$(show who.service MainPID)" "${ways[@]:0:3}"
        all_have _COMM bash "${ways[@]:0:3}"
        all_have _EXE "$(inside readlink -f /bin/bash)" "${ways[@]:0:3}"
        all_have _TRANSPORT stdout "${ways[@]:0:3}" "by stream"
        all_have SYSLOG_IDENTIFIER tag "${ways[@]:0:3}"
        [[ $(field "by pipe" _CMDLINE) == "/bin/bash -c echo by pipe;"* ]]
        [[ $(field "by pipe" _STREAM_ID) =~ ^[0-9a-f]{32}$ ]]
        [ "$(field again _STREAM_ID)" != "$(field "and again" _STREAM_ID)" ]
        all_have _COMM logger "by syslog"
        all_have _TRANSPORT syslog "by syslog"
        all_have _COMM cat "by stream"
        all_have SYSLOG_IDENTIFIER cat "by stream"
        all_have _UID 1 "${ways[@]}"
        all_have _GID 1 "${ways[@]}"
        all_have _CAP_EFFECTIVE 0 "${ways[@]}"
        all_have _SYSTEMD_UNIT who.service "${ways[@]}"
        all_have _SYSTEMD_SLICE some.slice "${ways[@]}"
        all_have _SYSTEMD_CGROUP /some.slice/who.service "${ways[@]}"
        all_have _SYSTEMD_INVOCATION_ID "$(show who.service InvocationID)" "${ways[@]}"
        all_have _BOOT_ID "$(inside cat /proc/sys/kernel/random/boot_id | tr -d -)" "${ways[@]}"
        all_have _MACHINE_ID "$(inside cat /etc/machine-id)" "${ways[@]}"
        all_have _HOSTNAME "$(inside hostname)" "${ways[@]}"
        stop
}
