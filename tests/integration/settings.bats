#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# What unit files say about the process: user, environment, directories, output, limits, names.

load helper

# A oneshot that runs a shell line, with further settings.
shell() {
        printf '[Service]\nType=oneshot\n%s\nExecStart=/bin/sh -c %s\n' "$3" "'$2'" | unit "$1.service"
}

@test "User=, Group= and their supplementary groups" {
        shell nobody 'id -un >/out/nobody; id -gn >>/out/nobody' User=nobody
        shell both 'id -u >/out/both; id -gn >>/out/both; id -Gn >>/out/both; echo $HOME $USER $LOGNAME >>/out/both' $'User=daemon\nGroup=mail\nSupplementaryGroups=adm'
        shell number 'id -u >/out/number' User=12345
        # What the container says of root is not said to others, whose account may have none of it.
        shell homeless 'echo "$${HOME-none} $${SHELL-none} $USER $ONE" >/out/homeless' User=nobody
        shell own 'echo "$HOME $ONE" >/out/own' ''
        boot --env HOME=/of-root --env SHELL=/of-root --env USER=root --env ONE=1
        ctl start nobody both number homeless own
        diff "$T/out/homeless" - <<<"none none nobody 1"
        [ "$(<"$T/out/own")" = "/of-root 1" ]
        [ "$(tr '\n' ' ' <"$T/out/nobody")" = "nobody nogroup " ]
        [ "$(sed -n 1,2p "$T/out/both" | tr '\n' ' ')" = "1 mail " ]
        [[ "$(sed -n 3p "$T/out/both")" == *adm* ]]
        [ "$(sed -n 4p "$T/out/both")" = "/usr/sbin daemon daemon" ]
        [ "$(<"$T/out/number")" = 12345 ]
}

@test "the environment comes from where systemd.exec(5) says, later ones win" {
        printf 'FILE=from file\n# a comment\nQUOTED="a b"\nOVER=file\n' >"$T/units/env"
        shell env 'env >/out/env' $'Environment=ONE=1 "TWO=two words" OVER=unit\nEnvironmentFile=/etc/systemd/system/env\nEnvironmentFile=-/no/such/file\nUnsetEnvironment=GONE'
        shell missing true EnvironmentFile=/no/such/file
        boot --env GONE=x --env STAYS=y
        ctl start env
        for line in ONE=1 "TWO=two words" "FILE=from file" "QUOTED=a b" OVER=file STAYS=y; do grep -qxF "$line" "$T/out/env"; done
        run -1 grep -q ^GONE "$T/out/env"
        grep -qE '^INVOCATION_ID=[0-9a-f]{32}$' "$T/out/env"
        run -1 grep -q '^SVINIT' "$T/out/env"
        run -1 ctl start missing
        wait_logged /no/such/file -u missing
}

@test "PermissionsStartOnly=: helpers have all privileges" {
        unit helped.service <<<$'[Service]\nPermissionsStartOnly=yes\nUser=daemon\nCapabilityBoundingSet=CAP_KILL\nNoNewPrivileges=yes\nExecStartPre=/bin/sh -c "touch /run/helped; chown mail /run/helped"\nExecStart=/bin/sh -c "id -un >/out/who; grep CapBnd /proc/self/status >>/out/who; exec sleep infinity"'
        boot
        ctl start helped
        [ "$(inside stat -c %U /run/helped)" = mail ]
        wait_host grep -q CapBnd "$T/out/who"
        [ "$(tr -s '\t\n' '  ' <"$T/out/who")" = "daemon CapBnd: 0000000000000020 " ]
}

@test "RuntimeDirectory= and its kin are made, owned, announced and removed" {
        printf '%s\n' '[Service]' User=daemon 'RuntimeDirectory=mine mine/sub' RuntimeDirectoryMode=0750 StateDirectory=mine LogsDirectory=mine CacheDirectory=mine ConfigurationDirectory=mine \
                'ExecStart=/bin/sh -c "echo $$RUNTIME_DIRECTORY $$STATE_DIRECTORY $$LOGS_DIRECTORY $$CACHE_DIRECTORY $$CONFIGURATION_DIRECTORY >/out/dirs; touch /run/mine/file; exec sleep infinity"' | unit dirs.service
        printf '%s\n' '[Service]' RuntimeDirectory=kept RuntimeDirectoryPreserve=yes 'ExecStart=/bin/sleep infinity' | unit kept.service
        boot
        ctl start dirs kept
        wait_for test -e /run/mine/file
        [ "$(<"$T/out/dirs")" = "/run/mine:/run/mine/sub /var/lib/mine /var/log/mine /var/cache/mine /etc/mine" ]
        [ "$(inside stat -c '%a %U %G' /run/mine)" = "750 daemon daemon" ]
        [ "$(inside stat -c '%a %U' /var/lib/mine)" = "755 daemon" ]
        ctl restart dirs
        wait_for test -e /run/mine/file
        ctl stop dirs kept
        run -1 inside test -e /run/mine
        inside test -d /run/kept
        inside test -d /var/lib/mine
}

@test "output goes to files, to nowhere, to the journal under its identifier" {
        unit f.service <<<$'[Service]\nType=oneshot\nStandardOutput=file:/out/file\nStandardError=append:/out/append\nExecStart=/bin/sh -c "echo out; echo err >&2"'
        unit t.service <<<$'[Service]\nType=oneshot\nStandardOutput=truncate:/out/trunc\nExecStart=/bin/echo new'
        unit n.service <<<$'[Service]\nType=oneshot\nStandardOutput=null\nExecStart=/bin/echo never to be seen'
        unit j.service <<<$'[Service]\nType=oneshot\nSyslogIdentifier=nickname\nSyslogLevel=err\nExecStart=/bin/sh -c "echo plain; echo \\"<4>warned\\"; echo err >&2"'
        unit i.service <<<$'[Service]\nType=oneshot\nStandardInput=data\nStandardInputText=hello\nStandardOutput=file:/out/input\nExecStart=/bin/cat'
        echo 'old and longer' >"$T/out/trunc"
        echo kept >"$T/out/append"
        boot
        ctl start f t n j i
        ctl start f
        [ "$(<"$T/out/file")" = out ]
        [ "$(tr '\n' ' ' <"$T/out/append")" = "kept err err " ]
        [ "$(<"$T/out/trunc")" = new ]
        [ "$(<"$T/out/input")" = hello ]
        wait_host three_priorities
        run -1 journal_has n.service "never to be seen"
        journal_verifies
}

three_priorities() {
        [ "$(inside journalctl -u j.service -t nickname -o json --output-fields=PRIORITY,MESSAGE | sed 's/.*"MESSAGE":"\([^"]*\)".*/\1 &/; s/ .*"PRIORITY":"\(.\)".*/ \1/' | sort | tr '\n' ' ')" = "err 3 plain 3 warned 4 " ]
}

@test "limits and scheduling" {
        shell l 'ulimit -n >/out/l; ulimit -Hn >>/out/l; ulimit -c >>/out/l; umask >>/out/l; nice >>/out/l; pwd >>/out/l' $'LimitNOFILE=123:456\nLimitCORE=0\nUMask=0027\nNice=7\nWorkingDirectory=/usr/share'
        shell o 'cat /proc/self/oom_score_adj >/out/o' OOMScoreAdjust=300
        boot
        ctl start l o
        [ "$(tr '\n' ' ' <"$T/out/l")" = "123 456 0 0027 7 /usr/share " ]
        [ "$(<"$T/out/o")" = 300 ]
}

@test "specifiers and escapes" {
        printf '%s\n' '[Unit]' 'Description=of %i' '[Service]' Type=oneshot 'ExecStart=/bin/echo %n|%N|%p|%i|%I|%j|%t|%S|%C|%L|%u|%%|%H|"a b"|\x41' StandardOutput=file:/out/%p | unit spec-ial@.service
        boot
        ctl start 'spec-ial@a-b\x20c.service'
        [ "$(<"$T/out/spec-ial")" = 'spec-ial@a-b\x20c.service|spec-ial@a-b\x20c|spec-ial|a-b\x20c|a/b c|ial|/run|/var/lib|/var/cache|/var/log|root|%|'"$(inside hostname)"'|a b|A' ] ||
                { cat "$T/out/spec-ial"; false; }
}

@test "templates, drop-ins of all kinds, aliases and links" {
        unit t@.service <<<$'[Service]\nExecStart=/bin/sleep infinity\nEnvironment=WHO=%i'
        mkdir "$T/units/t@.service.d" "$T/units/t@b.service.d" "$T/units/service.d" "$T/units/dash-.service.d"
        printf '[Service]\nEnvironment=ALL=yes\n' >"$T/units/t@.service.d/10-all.conf"
        printf '[Service]\nEnvironment=ONLY=b\nExecStart=\nExecStart=/bin/sleep 1000\n' >"$T/units/t@b.service.d/20-b.conf"
        printf '[Service]\nEnvironment=TYPE=service\n' >"$T/units/service.d/type.conf"
        printf '[Service]\nEnvironment=DASH=yes\n' >"$T/units/dash-.service.d/d.conf"
        unit dash-one.service <<<$'[Service]\nExecStart=/bin/sleep infinity'
        ln -s t@b.service "$T/units/other.service"
        ln -s t@.service "$T/units/t@b.service" 2>/dev/null || true
        ln -s dash-one.service "$T/units/not.socket"
        boot
        wait_logged 'not.socket: The link leads to dash-one.service, of which not.socket cannot be another name. It is ignored.'
        ctl start t@a t@b dash-one
        [[ " $(show t@a Environment) " == *" WHO=a "* && " $(show t@a Environment) " == *" ALL=yes "* ]]
        [[ " $(show t@b Environment) " == *" WHO=b "* && " $(show t@b Environment) " == *" ONLY=b "* ]]
        [[ $(show t@b ExecStart) == *"/bin/sleep 1000"* ]]
        [[ " $(show dash-one Environment) " == *" DASH=yes "* && " $(show dash-one Environment) " == *" TYPE=service "* ]]
        [[ $(show t@b DropInPaths) == *"t@.service.d/10-all.conf"*"t@b.service.d/20-b.conf"* ]]
        [ "$(show t@a Id)" = t@a.service ]
        run ! ctl start t@.service
}

@test "conditions skip a unit, assertions fail it" {
        unit c.service <<<$'[Unit]\nConditionPathExists=/no/such\n[Service]\nType=oneshot\nExecStart=/bin/touch /out/never'
        unit n.service <<<$'[Unit]\nConditionPathExists=!/no/such\nConditionVirtualization=container\n[Service]\nType=oneshot\nExecStart=/bin/touch /out/yes'
        unit o.service <<<$'[Unit]\nConditionPathExists=|/no/such\nConditionPathIsDirectory=|/usr\n[Service]\nType=oneshot\nExecStart=/bin/touch /out/or'
        unit a.service <<<$'[Unit]\nAssertPathExists=/no/such\n[Service]\nType=oneshot\nExecStart=/bin/touch /out/never'
        boot
        run -0 ctl start c n o
        [ "$(show c ConditionResult)/$(show c ActiveState)" = no/inactive ]
        [ -e "$T/out/yes" ]
        [ -e "$T/out/or" ]
        wait_logged 'c.service was skipped.*ConditionPathExists=/no/such'
        run -1 ctl start a
        [ ! -e "$T/out/never" ]
        wait_logged 'a.service.*AssertPathExists=/no/such'
}

@test "dependencies: Requires=, Wants=, BindsTo=, PartOf=, Conflicts=, ordering" {
        unit base.service <<<$'[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/sh -c "sleep 0.2; echo base >>/out/order"'
        unit top.service <<<$'[Unit]\nRequires=base.service\nAfter=base.service\nWants=missing.service broken.service\n[Service]\nExecStart=/bin/sh -c "echo top >>/out/order; exec sleep infinity"'
        unit broken.service <<<$'[Service]\nType=oneshot\nExecStart=/bin/false'
        unit part.service <<<$'[Unit]\nPartOf=base.service\n[Service]\nExecStart=/bin/sleep infinity'
        unit bound.service <<<$'[Unit]\nBindsTo=part.service\nAfter=part.service\n[Service]\nExecStart=/bin/sleep infinity'
        unit enemy.service <<<$'[Unit]\nConflicts=top.service\n[Service]\nExecStart=/bin/sleep infinity'
        unit needs.service <<<$'[Unit]\nRequires=broken.service\nAfter=broken.service\n[Service]\nExecStart=/bin/touch /out/never'
        boot
        run -0 ctl start top part bound
        wait_host grep -qx top "$T/out/order"
        [ "$(tr '\n' ' ' <"$T/out/order")" = "base top " ]
        inside kill -9 "$(show part MainPID)"
        wait_state bound inactive
        ctl start part bound
        before=$(show part MainPID)
        run -0 ctl restart base
        wait_state top active
        [ "$(show part MainPID)" != "$before" ]
        run -0 ctl start enemy
        wait_state top inactive
        run -0 ctl stop base
        wait_state part inactive
        run -1 ctl start needs
        [[ $output == *"A dependency job for needs.service failed."* ]]
        [ ! -e "$T/out/never" ]
}
