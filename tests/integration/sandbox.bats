#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# What a service is denied and what is its own: with all privileges it is applied; with Docker's, as a user and without
# what it needs the service runs, and the status says what it runs without.

load helper

# A service that writes a shell line's output to /out/NAME.
shell() {
        printf '[Service]\nType=oneshot\nStandardOutput=truncate:/out/%s\nStandardError=truncate:/out/%s\n%s\nExecStart=/bin/sh -c %s\n' \
                "$1" "$1" "$3" "'$2'" | unit "$1.service"
}

fenced() {
        printf '%s\n' '[Service]' PrivateTmp=yes PrivateDevices=yes ProtectSystem=strict ProtectHome=yes \
                ProtectKernelTunables=yes ProtectKernelModules=yes ProtectKernelLogs=yes ProtectControlGroups=yes \
                ProtectHostname=yes ProtectClock=yes ProtectProc=invisible ReadWritePaths=/out PrivateNetwork=yes \
                PrivateIPC=yes PrivateUsers=yes PrivateMounts=yes 'InaccessiblePaths=-/srv' 'ReadOnlyPaths=/usr' \
                'TemporaryFileSystem=/media' 'BindPaths=/usr/share:/media/share' NoExecPaths=/var \
                'ExecStart=/bin/sh -c "echo runs >/out/fenced; exec sleep infinity"' "$@" | unit fenced.service
}

keys_of_fenced='PrivateTmp PrivateDevices ProtectSystem ProtectHome ProtectKernelTunables ProtectKernelModules ProtectKernelLogs ProtectControlGroups ProtectHostname ProtectProc ReadWritePaths PrivateNetwork PrivateIPC PrivateUsers PrivateMounts InaccessiblePaths ReadOnlyPaths TemporaryFileSystem BindPaths NoExecPaths'

not_applied() {
        inside busctl --address=unix:path=/run/systemd/private call org.freedesktop.systemd1 \
                "$(inside busctl --address=unix:path=/run/systemd/private call org.freedesktop.systemd1 /org/freedesktop/systemd1 org.freedesktop.systemd1.Manager GetUnit s "$1" | cut -d'"' -f2)" \
                org.freedesktop.DBus.Properties Get ss org.svinit.Unit NotApplied
}

@test "with all privileges every fence stands" {
        fenced
        boot
        run -0 ctl start fenced
        wait_host test -s "$T/out/fenced"
        run -0 not_applied fenced.service
        [[ $output == *'as 0' ]]
        pid=$(show fenced MainPID)
        for ns in mnt net ipc uts user; do
                its=$(inside readlink "/proc/$pid/ns/$ns")
                [ "$its" != "$(inside readlink /proc/1/ns/$ns)" ]
        done
}

@test "with Docker's privileges the service runs without, and each directive is listed" {
        fenced
        boot --docker
        run -0 ctl start fenced
        wait_host test -s "$T/out/fenced"
        [ "$(show fenced ActiveState)" = active ]
        run -0 not_applied fenced.service
        for key in $keys_of_fenced; do [[ $output == *"$key=: "* ]] || { echo "not listed: $key"; false; }; done
        run -0 inside svctl status fenced
        [[ $output == *PrivateTmp=* ]]
}

@test "as a user the service runs without" {
        fenced
        enabled fenced.service
        launch --uid 1000
        wait_host test -s "$T/out/fenced"
        stop
        [ "$exit_code" = 0 ]
}

@test "Strict=yes: a unit that cannot be fenced fails at the first fence, 225/NETWORK" {
        fenced
        mkdir "$T/config"
        printf '[Manager]\nStrict=yes\n' >"$T/config/svinit.conf"
        boot --docker --bind "$T/config:/etc/svinit"
        ctl start fenced
        wait_state fenced failed
        [ "$(show fenced ExecMainStatus)" = 225 ]
        [ ! -e "$T/out/fenced" ]
}

filters() {
        shell denied 'mkdir /out/new; echo $?' $'SystemCallFilter=~mkdir mkdirat\nSystemCallErrorNumber=EACCES'
        shell service 'uname >/dev/null && echo fine' $'SystemCallFilter=@system-service\nSystemCallArchitectures=native'
        shell families 'probe daemon /out/p >/dev/null 2>&1; perl -e "socket(S, 2, 1, 0) or print 0+\$!, qq(\\\\n)"' RestrictAddressFamilies=AF_UNIX
        shell privileges 'grep -h -e NoNewPrivs -e ^Seccomp: /proc/self/status' $'User=nobody\nLockPersonality=yes'
        unit killed.service <<<$'[Service]\nType=oneshot\nSystemCallFilter=~sync\nExecStart=/bin/sync'
}

filters_work() {
        ctl start denied service families privileges
        grep -q 'Permission denied' "$T/out/denied"
        [ "$(<"$T/out/service")" = fine ]
        [ "$(<"$T/out/families")" = 97 ]
        [ "$(tr '\n\t' '  ' <"$T/out/privileges")" = "NoNewPrivs: 1 Seccomp: 2 " ]
        run ! ctl start killed
        [ "$(show killed Result)/$(show killed ExecMainStatus)" = signal/31 ] || [ "$(show killed Result)/$(show killed ExecMainStatus)" = core-dump/31 ]
}

@test "system call filters with all privileges" {
        filters
        boot
        filters_work
}

@test "system call filters with Docker's privileges" {
        filters
        boot --docker
        filters_work
}

@test "SystemCallFilter= is shown as it counts" {
        unit f.service <<<$'[Service]\nSystemCallFilter=@default\nSystemCallFilter=~brk mmap:EPERM\nSystemCallErrorNumber=EPERM\nExecStart=/bin/true'
        boot
        [[ $(show f SystemCallFilter) == *execve* && $(show f SystemCallFilter) != *brk* ]]
        [[ $(show f SystemCallFilter) == *mmap:EPERM* ]]
        [ "$(show f SystemCallErrorNumber)" = 1 ]
}

@test "without libseccomp: SystemCallFilter= fails the unit with a sentence, other filters are noted" {
        unit needs.service <<<$'[Service]\nType=oneshot\nSystemCallFilter=~mount\nExecStart=/bin/true'
        unit wants.service <<<$'[Service]\nLockPersonality=yes\nExecStart=/bin/sleep infinity'
        boot
        inside_sh 'rm -f /usr/lib/*/libseccomp.so.2*'
        inside svctl doctor -o json | jq -e '.facts[] | select(.name == "libseccomp") | .level == "missing"'
        run ! ctl start needs
        [ "$(show needs ExecMainStatus)" = 228 ]
        wait_host grep -q 'needs.service: .*SystemCallFilter=~mount: needs libseccomp, which is not installed' "$T/console"
        run -0 ctl start wants
        wait_host grep -q 'wants.service: Not applied here: LockPersonality=: needs libseccomp' "$T/console"
}

@test "PrivateTmp= is one for all commands of a run, is removed, and is shared by JoinsNamespaceOf=" {
        unit one.service <<<$'[Service]\nPrivateTmp=yes\nExecStartPre=/bin/touch /tmp/pre\nExecStart=/bin/sh -c "ls /tmp >/out/one; touch /var/tmp/v; exec sleep infinity"'
        unit two.service <<<$'[Unit]\nJoinsNamespaceOf=one.service\nAfter=one.service\n[Service]\nPrivateTmp=yes\nExecStart=/bin/sh -c "ls /tmp >/out/two; exec sleep infinity"'
        boot
        inside touch /tmp/outside
        ctl start one
        wait_host test -s "$T/out/one"
        ctl start two
        wait_host test -s "$T/out/two"
        [ "$(<"$T/out/one")/$(<"$T/out/two")" = pre/pre ]
        [ "$(inside sh -c 'ls -d /tmp/systemd-private-*-one.service-* | wc -l')" = 1 ]
        ctl stop one
        [ "$(inside sh -c 'ls -d /tmp/systemd-private-* | wc -l')" = 1 ]
        ctl stop two
        wait_host no_private_tmp
}

no_private_tmp() {
        [ "$(inside sh -c 'ls -d /tmp/systemd-private-* /var/tmp/systemd-private-* 2>/dev/null | wc -l')" = 0 ]
}

@test "PrivateNetwork=: commands that come later and units that join share it" {
        unit n.service <<<$'[Service]\nPrivateNetwork=yes\nExecStart=/bin/sleep infinity\nExecReload=/bin/sh -c "readlink /proc/self/ns/net >/out/reload"'
        unit j.service <<<$'[Unit]\nJoinsNamespaceOf=n.service\nAfter=n.service\n[Service]\nType=oneshot\nPrivateNetwork=yes\nExecStart=/bin/sh -c "readlink /proc/self/ns/net >/out/join"'
        unit p.service <<<$'[Service]\nType=oneshot\nNetworkNamespacePath=/run/netns\nExecStart=/bin/sh -c "readlink /proc/self/ns/net >/out/path"'
        boot
        ctl start n
        ctl reload n
        ctl start j
        net=$(inside readlink "/proc/$(show n MainPID)/ns/net")
        [ "$(<"$T/out/reload")" = "$net" ]
        [ "$(<"$T/out/join")" = "$net" ]
        run ! ctl start p
        [ "$(show p ExecMainStatus)" = 225 ]
        inside_sh "touch /run/netns; mount --bind /proc/$(show n MainPID)/ns/net /run/netns"
        run -0 ctl start p
        [ "$(<"$T/out/path")" = "$net" ]
}

credentials() {
        unit c.service <<<$'[Service]\nUser=daemon\nLoadCredential=key:/run/secret\nSetCredential=plain:some text\nEnvironment=WHERE=%d\nExecStart=/bin/sh -c "cat $CREDENTIALS_DIRECTORY/key $WHERE/plain >/out/c; exec sleep infinity"'
        unit m.service <<<$'[Service]\nType=oneshot\nLoadCredential=key:/run/no-secret\nExecStart=/bin/true'
        unit e.service <<<$'[Service]\nType=oneshot\nLoadCredentialEncrypted=key:/run/secret\nExecStart=/bin/true'
}

credentials_work() {
        inside_sh 'umask 077; printf "a secret, " >/run/secret'
        ctl start c
        wait_host grep -qx "a secret, some text" "$T/out/c"
        [ "$(inside stat -Lc '%a %U' /run/credentials/c.service/key /run/credentials/c.service | tr '\n' ' ')" = "400 daemon 500 daemon " ]
        inside stat -Lfc %T /run/credentials/c.service | grep -q tmpfs
        ctl stop c
        run -1 inside test -e /run/credentials/c.service
        run ! ctl start m
        [ "$(show m ExecMainStatus)" = 243 ]
        wait_logged /run/no-secret -u m
        run ! ctl start e
}

@test "credentials with all privileges" {
        credentials
        boot
        credentials_work
}

@test "credentials with Docker's privileges" {
        credentials
        boot --docker
        credentials_work
}

dynamic() {
        shell d 'id -u; touch $STATE_DIRECTORY/file && ls /var/lib/private 2>/dev/null; touch /usr/x || echo closed' $'DynamicUser=yes\nStateDirectory=dyn'
        shell o 'id -u' $'DynamicUser=yes\nUser=dyno'
        shell plain 'id -u; ls $STATE_DIRECTORY' $'User=daemon\nStateDirectory=dyn'
}

@test "DynamicUser=: a number by name, a private state directory, and back" {
        dynamic
        # The name is the unit's, less its instance; instances share the user. What can be no name is hashed.
        unit inst@.service <<<$'[Service]\nType=oneshot\nDynamicUser=yes\nExecStart=/bin/sh -c "echo $USER $LOGNAME $${HOME-none} $(id -u) >/out/inst-%i"\nExecStartPre=+/usr/bin/install -m 666 /dev/null /out/inst-%i\nReadWritePaths=/out'
        cp "$T/units/inst@.service" "$T/units/2.dots@.service"
        boot --env HOME=/root
        ctl start d o inst@a inst@b 2.dots@c
        [ "$(cut -d' ' -f1-3 "$T/out/inst-a")" = 'inst inst none' ]
        cmp "$T/out/inst-a" "$T/out/inst-b"
        [[ $(<"$T/out/inst-c") =~ ^_du[0-9a-f]{16}\ _du[0-9a-f]{16}\ none\ 6[0-9]{4}$ ]]
        [ "$(show inst@a User)/$(show inst@a Group)/$(show o User)/$(show o Group)" = inst/inst/dyno/dyno ]
        [[ "$(sed -n 1p "$T/out/d")" -ge 61184 && "$(sed -n 1p "$T/out/d")" -le 65519 ]]
        [ "$(sed -n 2p "$T/out/d")" = dyn ]
        grep -qx closed "$T/out/d"
        [ "$(inside stat -c '%a %U' /var/lib/private)" = "700 root" ]
        [ "$(inside readlink /var/lib/dyn)" = private/dyn ]
        [ "$(inside stat -Lc %u /var/lib/dyn/file)" = "$(sed -n 1p "$T/out/d")" ]
        first=$(sed -n 1p "$T/out/d")
        ctl start d
        [ "$(sed -n 1p "$T/out/d")" = "$first" ]
        ctl start plain
        [ "$(tr '\n' ' ' <"$T/out/plain")" = "1 file " ]
        run ! inside test -L /var/lib/dyn
        [ "$(show d NoNewPrivileges)/$(show d ProtectSystem)/$(show d RestrictSUIDSGID)" = yes/strict/yes ]
}

@test "DynamicUser= with Docker's privileges" {
        dynamic
        boot --docker
        ctl start d o
        [[ "$(sed -n 1p "$T/out/d")" -ge 61184 ]]
        [ "$(inside stat -Lc %u /var/lib/dyn/file)" = "$(sed -n 1p "$T/out/d")" ]
}
