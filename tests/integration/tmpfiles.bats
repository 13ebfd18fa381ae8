#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# What svinit-tmpfiles makes of tmpfiles.d where systemd-tmpfiles is not installed.

setup() {
        [ "$(id -u)" = 0 ] || skip "owners can be set by root only"
        umask 022
        root=$(mktemp -d)
        mkdir -p "$root/etc/tmpfiles.d" "$root/usr/lib/tmpfiles.d" "$root/run" "$root/tmp"
        printf 'root:x:0:0::/:/bin/sh\ndaemon:x:1:1::/:/bin/sh\n' >"$root/etc/passwd"
        printf 'root:x:0:\ndaemon:x:1:\nutmp:x:43:\n' >"$root/etc/group"
}

teardown() {
        rm -rf "${root:?}"
}

packaged() {
        cat >"$root/usr/lib/tmpfiles.d/${1:-a}.conf"
}

tmpfiles() {
        run "$BATS_TEST_DIRNAME/../../units/svinit-tmpfiles" --root="$root"
}

is() { # path, what stat(1) says
        [ "$(stat -c '%A %u:%g' "$root$1")" = "$2" ] || {
                stat "$root$1"
                return 1
        }
}

@test "what the systemd package would have made is there" {
        tmpfiles
        is /run/lock "drwxrwxrwt 0:0"
        is /tmp "drwxrwxrwt 0:0"
        is /var/tmp "drwxrwxrwt 0:0"
        [ "$(readlink "$root/var/run")" = ../run ]
        [ -f "$root/var/log/wtmp" ] && [ -f "$root/var/log/btmp" ] && [ -f "$root/run/utmp" ]
}

@test "directories get modes and owners, below /var/run too" {
        packaged <<'T'
# a comment
  d /run/one 755 daemon root -
d /var/run/two 2775 root 1 - -
d "/run/three" 0700
T
        tmpfiles
        [ "$status" = 0 ]
        is /run/one "drwxr-xr-x 1:0"
        is /run/two "drwxrwsr-x 0:1"
        is /run/three "drwx------ 0:0"
}

@test "D is emptied, but for what x excludes" {
        mkdir "$root/run/d" "$root/run/d/stale" "$root/run/d/kept-1"
        touch "$root/run/d/.hidden"
        packaged <<'T'
D! /run/d 0711 root root -
x /run/d/kept-*
T
        tmpfiles
        [ "$(ls -A "$root/run/d")" = kept-1 ]
        is /run/d "drwx--x--x 0:0"
}

@test "files, links and FIFOs are made and left alone afterwards" {
        packaged <<'T'
f /run/text 0640 root daemon - two words\n
L /run/link - - - - /dev/shm
p /run/fifo 0600
T
        tmpfiles
        [ "$(cat "$root/run/text")" = "two words" ]
        is /run/text "-rw-r----- 0:1"
        is /run/fifo "prw------- 0:0"
        [ "$(readlink "$root/run/link")" = /dev/shm ]
        echo changed >"$root/run/text"
        tmpfiles
        [ "$(cat "$root/run/text")" = changed ]
}

@test "a file in /etc takes the place of the package's, /dev/null takes it away" {
        echo 'd /run/package' | packaged over
        echo 'd /run/admin' >"$root/etc/tmpfiles.d/over.conf"
        echo 'd /run/masked' | packaged masked
        ln -s /dev/null "$root/etc/tmpfiles.d/masked.conf"
        tmpfiles
        [ -d "$root/run/admin" ] && [ ! -e "$root/run/package" ] && [ ! -e "$root/run/masked" ]
}

@test "an unknown user is said and keeps nothing else from being made" {
        packaged <<'T'
d /run/before 0755 nobody-knows root
d /run/after 0755 daemon
T
        tmpfiles
        [ "$status" = 73 ]
        [[ $output == *nobody-knows* ]]
        is /run/before "drwxr-xr-x 0:0"
        is /run/after "drwxr-xr-x 1:0"
}

@test "an owner is never set through a link" {
        touch "$root/victim"
        ln -s ../victim "$root/run/trap"
        packaged <<'T'
d /run/trap 0777 daemon daemon
f /run/trap 0777 daemon daemon
z /run/trap 0777 daemon daemon
T
        tmpfiles
        is /victim "-rw-r--r-- 0:0"
}
