#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# svctl verify on files: what it finds, how it says so, with what it exits. Nothing is booted.

load helper

verify() {
        (cd "$T/units" && NO_COLOR=1 SYSTEMD_UNIT_PATH="$STAGE/usr/lib/svinit/system" "$STAGE/usr/bin/svctl" verify "$@")
}

# The findings as the fields FILE:LINE:COLUMN CODE KEY.
places() {
        verify -o json "$@" | jq -r '.[] | "\(.file // "-" | split("/") | last):\(.line):\(.column) \(.severity) \(.code) \(.key)"'
}

@test "words for a shell that no shell reads are a note; in a shell's own word they are not" {
        unit words.service <<<$'[Service]\nType=oneshot\nExecStart=/bin/echo a\nExecStart=/bin/echo a | /bin/cat\nExecStartPost=/bin/true && /bin/false\nExecStop=/bin/sh -c "true | cat >/dev/null 2>&1 &"'
        run -0 verify words.service
        [ "${#lines[@]}" -eq 2 ]
        [[ $output == *":4: ExecStart=: '|' is handed to the command as an argument: no shell reads this line;"* ]]
        [[ $output == *":5: ExecStartPost=: '&&' is handed to"* ]]
        [ "$(places words.service)" = "words.service:4:23 note other ExecStart
words.service:5:25 note other ExecStartPost" ]
}

@test "a good unit is passed over in silence, with exit code 0" {
        unit good.service <<<$'[Service]\nExecStart=/bin/true'
        run -0 verify good.service
        [ "$output" = "" ]
        run -0 verify -o json good.service
        [ "$output" = "[]" ]
}

@test "a broken file: one line a mistake, with its place" {
        unit broken.service <<'U'
[Unit]
Descripton=x
After=network
[Service]
ExecStart=/bin/true "open
Type=daemon
Restart=maybe
UMask=0888
MemoryMax=much
Environment=1A=x
Nice=50
UMask=
MemoryLimit=1G
junk
[Servce]
X=1
U
        run -1 verify broken.service
        [ "${#lines[@]}" -eq 13 ]
        diff - <(places broken.service) <<'W'
broken.service:2:1 warning unknown-key Descripton
broken.service:3:7 error bad-value After
broken.service:5:11 error bad-value ExecStart
broken.service:6:6 error bad-value Type
broken.service:7:9 error bad-value Restart
broken.service:8:7 error bad-value UMask
broken.service:9:11 error bad-value MemoryMax
broken.service:10:13 error bad-value Environment
broken.service:11:6 error bad-value Nice
broken.service:12:7 error bad-value UMask
broken.service:13:1 warning old-form MemoryLimit
broken.service:14:1 warning syntax null
broken.service:15:1 warning unknown-section null
W
}

@test "-o json: every finding has all fields" {
        unit broken.service <<<$'[Service]\nExecStart=/bin/true\nNice=x\nFoo=1'
        verify -o json broken.service >"$T/findings" || [ $? -eq 1 ]
        jq -e 'length == 2 and all(.[]; keys == ["code", "column", "file", "key", "line", "section", "severity", "text"])' "$T/findings"
        jq -e '.[0] == {file: "'"$T"'/units/broken.service", line: 3, column: 6, section: "Service", key: "Nice", severity: "error",
                code: "bad-value", text: .[0].text} and (.[0].text | length > 20)' "$T/findings"
        run -2 verify -o xml broken.service
}

@test "exit codes: 0 with notes only, 1 with a warning, 1 without the file, 2 for a bad option" {
        unit note.service <<<$'[Service]\nExecStart=/bin/true\nIPAccounting=yes'
        unit warning.service <<<$'[Service]\nExecStart=/bin/true\nFoo=1'
        run -0 verify note.service
        [[ $output == note:* ]]
        run -1 verify warning.service
        run -1 verify ./missing.service
        run -1 verify "$T/units/missing.service" note.service
        run -2 verify --recursive-errors=some note.service
}

@test "of applications: what works, and may still be better known beforehand" {
        unit many.service <<<$'[Service]\nX-Instances=999\nStandardOutput=append:/var/log/x\nStandardError=truncate:/var/log/y\nExecStart=/bin/true'
        run -0 verify many.service
        [ "${#lines[@]}" -eq 3 ]
        [[ $output == *"These are 999 instances for $(nproc) processor"* ]]
        [[ $output == *"TimeoutStopSec=: This is not set"*"waiting for 1min 30s"* ]]
        [[ $output == *"Nothing limits the size of '/var/log/x'"* ]]
        run -0 verify --quiet many.service
        [ "$output" = "" ]
        [ "$(places many.service)" = "many.service:2:1 note other X-Instances
many.service:null:null note other TimeoutStopSec
many.service:3:1 note other StandardOutput" ]
        unit few.service <<<$'[Service]\nX-Instances=200%\nTimeoutStopSec=10s\nExecStart=/bin/true'
        run -0 verify few.service
        [ "$output" = "" ]
        unit plain.service <<<$'[Service]\nStandardOutput=append:/var/log/x\nExecStart=/bin/true'
        run -0 verify plain.service
        [ "$output" = "" ]
}

@test "--recursive-errors: the file itself, those next to it, all" {
        unit a.service <<<$'[Unit]\nWants=b.service\n[Service]\nExecStart=/bin/true'
        unit b.service <<<$'[Unit]\nWants=c.service\n[Service]\nExecStart=/bin/true\nFoo=b'
        unit c.service <<<$'[Service]\nExecStart=/bin/true\nFoo=c'
        run -0 verify --recursive-errors=no a.service
        run -1 verify --recursive-errors=one a.service
        [[ $output == *b.service:5* && $output != *c.service:3* ]]
        run -1 verify --recursive-errors=yes a.service
        [[ $output == *b.service:5* && $output == *c.service:3* ]]
}

@test "two files of one name are both verified" {
        mkdir "$T/units/one" "$T/units/two"
        printf '[Service]\nExecStart=/bin/true\nFoo=1\n' >"$T/units/one/x.service"
        printf '[Service]\nExecStart=/bin/true\nBar=1\n' >"$T/units/two/x.service"
        run -1 verify one/x.service two/x.service
        [ "${#lines[@]}" -eq 2 ]
        [[ $output == *one/x.service:3*Foo*two/x.service:3*Bar* ]]
}

@test "a template is looked at as an instance, a drop-in with its unit" {
        unit t@.service <<<$'[Service]\nExecStart=/bin/echo %i\nUser=%z'
        unit d.service <<<$'[Service]\nExecStart=/bin/true'
        mkdir "$T/units/d.service.d"
        printf '[Service]\nFoo=1\n' >"$T/units/d.service.d/10.conf"
        run -1 verify t@.service
        [[ $output == *t@.service:3* ]]
        run -1 verify d.service
        [[ $output == *10.conf:2* ]]
        run -1 verify d.service.d/10.conf
        [[ $output == *10.conf:2* ]]
}

@test "a health check that any instance of a set may answer is told; one for each is not" {
        unit shared.service <<<$'[Service]\nX-Instances=2\nEnvironment=PORT=3000\nExecStart=/bin/true\nX-HealthCheck=http:$PORT/\nX-ReadinessCheck=exec:/bin/true\nX-ReadinessCheck=unix:/run/app\nTimeoutStopSec=10s'
        unit own.service <<<$'[Service]\nX-Instances=2\nEnvironment=PORT=3000 OTHER=400%i\nX-IncrementEnvironment=PORT\nExecStart=/bin/true\nX-HealthCheck=http:$PORT/\nX-HealthCheck=tcp:$OTHER\nX-HealthCheck=tcp:500%i\nX-ReadinessCheck=unix:/run/app%i\nTimeoutStopSec=10s'
        run -1 verify shared.service
        [[ ${lines[0]} == *"shared.service:5: X-HealthCheck=: 'http:\$PORT/' is the same for all instances: any of them may answer for another."* ]]
        [[ ${lines[1]} == *"shared.service:7: X-ReadinessCheck=: 'unix:/run/app' is the same for all instances"* ]]
        [ "${#lines[@]}" = 2 ]
        run -0 verify own.service
        [ -z "$output" ]
        sed -i /X-Instances/d "$T/units/shared.service"
        run -0 verify shared.service
        [ -z "$output" ]
}

@test "a masked unit and one that needs it cannot start" {
        ln -s /dev/null "$T/units/m.service"
        unit n.service <<<$'[Unit]\nRequires=m.service\n[Service]\nExecStart=/bin/true'
        run -1 verify m.service
        [[ $output == *"m.service is masked"* ]]
        [ "$(places n.service)" = "n.service:2:10 error masked Requires" ]
}

@test "a cycle is told with all its units" {
        unit a.service <<<$'[Unit]\nAfter=b.service\nRequires=b.service\n[Service]\nExecStart=/bin/true'
        unit b.service <<<$'[Unit]\nAfter=c.service\nRequires=c.service\n[Service]\nExecStart=/bin/true'
        unit c.service <<<$'[Unit]\nAfter=a.service\n[Service]\nExecStart=/bin/true'
        run -1 verify a.service
        [[ $output == *cycle* && $output == *a.service* && $output == *b.service* && $output == *c.service* ]]
}

@test "--root: units and programs are those of the image" {
        mkdir -p "$T/image/etc/systemd/system" "$T/image/usr/bin"
        printf '[Unit]\nDefaultDependencies=no\n[Service]\nExecStart=/usr/bin/only-here\n' >"$T/image/etc/systemd/system/r.service"
        run -1 "$STAGE/usr/bin/svctl" --root="$T/image" verify r.service
        [[ $output == *only-here*"cannot be executed"* ]]
        install -m 755 /bin/true "$T/image/usr/bin/only-here"
        run -0 "$STAGE/usr/bin/svctl" --root="$T/image" verify r.service
}

realistic() {
        unit real.service <<'U'
[Service]
ExecStart=/bin/true
User=nobody
CapabilityBoundingSet=CAP_NET_BIND_SERVICE
PrivateTmp=yes
MemoryMax=100M
Nice=-5
U
}

@test "--here: without privileges, what they are needed for is named" {
        realistic
        cp "$STAGE/usr/bin/svctl" "$T/svctl"
        chmod 755 "$T/svctl" "$T/units"
        chmod 644 "$T"/units/*
        run -1 setpriv --reuid 12345 --regid 12345 --clear-groups "$T/svctl" verify --here "$T/units/real.service"
        [[ $output == *"real.service:3"*"Only root can become 'nobody'"* ]]
        [[ $output == *"real.service:5"*PrivateTmp* && $output == *"real.service:7"*"Nice"*"the unit runs without"* ]]
}

@test "--here: as root without CAP_SYS_ADMIN and CAP_SYS_NICE, as in docker, the user is no matter" {
        realistic
        export SYSTEMD_UNIT_PATH="$STAGE/usr/lib/svinit/system"
        run -0 setpriv --bounding-set -sys_admin,-sys_nice "$STAGE/usr/bin/svctl" verify --here "$T/units/real.service"
        [[ $output != *nobody* ]]
        [[ $output == *"real.service:5"*PrivateTmp* && $output == *"real.service:7"*"Nice"*"the unit runs without"* ]]
}
