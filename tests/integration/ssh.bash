# SPDX-License-Identifier: LGPL-2.1-or-later
# For tests that reach a container over ssh: remote.bats, deploy.bats.

# A daemon of this container that lets root in by a key, and the client's configuration for it.
an_ssh_daemon() {
        ssh-keygen -q -t ed25519 -N '' -f "$T/out/host"
        ssh-keygen -q -t ed25519 -N '' -f "$T/out/key"
        cat >"$T/out/sshd_config" <<'C'
Port 2222
ListenAddress 127.0.0.1
ListenAddress 127.0.0.2
HostKey /run/keys/host
AuthorizedKeysFile /run/keys/key.pub
StrictModes no
UsePAM no
PidFile none
PermitRootLogin yes
C
        cat >"$T/out/config" <<'C'
Host *
Port 2222
IdentityFile /run/keys/key
StrictHostKeyChecking no
UserKnownHostsFile /dev/null
LogLevel ERROR
C
        unit far.service <<'U'
[Service]
Type=notify
RuntimeDirectory=sshd keys
RuntimeDirectoryMode=0755
ExecStartPre=/bin/sh -c 'grep -q ^sshd: /etc/passwd || echo sshd:x:990:65534::/run/sshd:/usr/sbin/nologin >>/etc/passwd'
ExecStartPre=/bin/sh -c 'cp /out/host /out/key /out/key.pub /run/keys; chmod 600 /run/keys/host /run/keys/key; mkdir -p /root/.ssh; cp /out/config /root/.ssh/config'
ExecStart=/usr/sbin/sshd -D -e -f /out/sshd_config
U
        enabled far.service
}
